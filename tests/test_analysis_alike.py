"""Near duplicates: pairs, videos by their frames, flat pictures left out, and chains named as chains."""

from __future__ import annotations

from itertools import combinations

import imagehash
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.looks_kit import file, files, shot, shots
from workbench import analysis
from workbench.analysis.alike import CHAINED
from workbench.errors import UsageError

A = 0x0123_4567_89AB_CDEF
OTHER = 0xF0F0_3C3C_5A5A_9696


def flipped(value: int, bits: int, start: int = 0) -> int:
    return value ^ (((1 << bits) - 1) << start)


def test_a_pair_says_how_near_where_and_from_which_bytes() -> None:
    table = files(
        file("one", A, uri="https://town.example/1.jpg", dhash="00000000000000ff"),
        file("two", flipped(A, 3), uri="https://town.example/2.jpg", dhash="00000000000000fe"),
        file("two", flipped(A, 3), uri="https://mirror.example/2.jpg", captured_at="2026-03-19T00:00:00Z"),
        file("far", OTHER),
    )
    found = analysis.near_duplicates(table)
    assert len(found) == 1
    pair = found.iloc[0]
    assert (pair["a"], pair["b"], pair["what"]) == ("sha256:one", "sha256:two", "pictures")
    assert (pair["hamming"], pair["dhash_hamming"], pair["share"]) == (3, 1, 1.0)
    assert pair["uris_b"] == ("https://mirror.example/2.jpg", "https://town.example/2.jpg")
    assert pair["exhibits"] == (table["exhibit"][0], table["exhibit"][1])
    assert "within" in pair["parameters"]
    assert found.attrs["counts"]["repeated"] == 1


@pytest.mark.parametrize(("bits", "listed"), [(0, True), (8, True), (9, False)])
def test_the_bound_is_included(bits: int, listed: bool) -> None:
    assert len(analysis.near_duplicates(files(file("a", A), file("b", flipped(A, bits))))) == listed


def test_a_missing_second_opinion_is_missing() -> None:
    found = analysis.near_duplicates(files(file("a", A, dhash="00000000000000ff"), file("b", A)))
    assert pd.isna(found["dhash_hamming"].iloc[0])


def test_flat_and_hashless_files_are_left_out_and_counted() -> None:
    table = files(
        file("black", 0),
        file("also black", 0),
        file("nearly", 1 << 63),
        file("white", 2**64 - 1),
        file("none", ""),
        file("sound", "", kind="audio"),
        file("broken", "not a hash at all"),
    )
    found = analysis.near_duplicates(table)
    assert len(found) == 0
    assert found.attrs["counts"]["flat"] == 4
    assert found.attrs["counts"]["hashless"] == 2
    assert "flat pictures" in analysis.said(found)


def test_videos_are_alike_by_the_share_of_their_frames() -> None:
    table = files(file("film", kind="video"), file("part", kind="video"), file("else", kind="video"))
    scenes = [A, OTHER, A ^ 0xFFFF_0000_FFFF_0000, OTHER ^ 0x0F0F_0F0F_0F0F_0F0F]
    frames = shots(
        *(shot("film", number, scene) for number, scene in enumerate(scenes)),
        shot("part", 0, flipped(scenes[1], 2)),
        shot("part", 1, flipped(scenes[2], 2)),
        shot("else", 0, flipped(scenes[0], 1)),
        *(shot("else", number, 0xAAAA_5555_0000_FFFF ^ (0x1111_1111 << number)) for number in (1, 2, 3, 4)),
        shot("gone", 0, A),
    )
    found = analysis.near_duplicates(table, frames)
    assert found[["a", "b", "what"]].to_numpy().tolist() == [["sha256:film", "sha256:part", "videos"]]
    pair = found.iloc[0]
    assert (pair["frames_a"], pair["frames_b"], pair["matched_a"], pair["matched_b"]) == (4, 2, 2, 2)
    assert pair["share"] == 1.0
    assert len(analysis.near_duplicates(table, frames, share=0.2)) == 2


def test_a_picture_out_of_a_video_is_found() -> None:
    table = files(file("film", kind="video"), file("still", flipped(A, 1)))
    found = analysis.near_duplicates(table, shots(shot("film", 0, A), shot("film", 1, OTHER)))
    assert found["what"].tolist() == ["picture and video"]
    assert found[["frames_a", "matched_a", "frames_b", "matched_b"]].to_numpy().tolist() == [[2, 1, 1, 1]]


def test_mirror_images_are_found_when_asked_for() -> None:
    straight = Image.new("L", (96, 64))
    straight.putdata([(7 * x * x + 13 * y + 5 * x * y) % 251 for y in range(64) for x in range(96)])
    shapes = straight.resize((12, 8)).resize((96, 64), Image.Resampling.BICUBIC)
    hashes = [int(str(imagehash.phash(one)), 16) for one in (shapes, ImageOps.mirror(shapes))]
    table = files(file("one", hashes[0]), file("turned", hashes[1]), file("else", OTHER))
    assert not len(analysis.near_duplicates(table))
    found = analysis.near_duplicates(table, mirrored=True)
    assert found[["a", "b", "mirrored"]].to_numpy().tolist() == [["sha256:one", "sha256:turned", True]]
    assert found["dhash_hamming"].isna().all()


def test_no_second_opinion_is_given_on_mirror_images() -> None:
    turned = file("b", A ^ 0x5555_5555_5555_5555, dhash="00000000000000ff")
    found = analysis.near_duplicates(files(file("a", A, dhash="00000000000000ff"), turned), mirrored=True)
    assert found["mirrored"].tolist() == [True]
    assert found["dhash_hamming"].isna().all()


@given(
    st.lists(
        st.tuples(st.sampled_from([A, OTHER, A ^ 0x5555_5555_5555_5555]), st.integers(0, 3)), max_size=9
    ),
    st.integers(1, 40),
    st.sampled_from([0, 2, 8, 32]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_pairs_are_those_of_comparing_each_with_each(
    shown: list[tuple[int, int]], most: int, within: int, mirrored: bool
) -> None:
    hashes = [flipped(value, bits) for value, bits in shown]
    table = files(*(file(f"f{number}", value) for number, value in enumerate(hashes)))
    ways = (0, 0x5555_5555_5555_5555) if mirrored else (0,)
    apart = sorted(
        ((one ^ other ^ turn).bit_count(), bool(turn), a, b)
        for (a, one), (b, other) in combinations(enumerate(hashes), 2)
        for turn in ways
        if (one ^ other ^ turn).bit_count() <= within
    )
    found = analysis.near_duplicates(table, within=within, most=most, mirrored=mirrored)
    assert found.attrs["counts"]["beyond"] == max(len(apart) - most, 0)
    nearest = {(a, b): bits for bits, _, a, b in reversed(apart)}
    columns = (found[name].tolist() for name in ("a", "b", "hamming", "mirrored"))
    told = {(int(a[-1]), int(b[-1])): (bits, turn) for a, b, bits, turn in zip(*columns, strict=True)}
    turned = {(a, b) for bits, turn, a, b in apart if turn and bits < (hashes[a] ^ hashes[b]).bit_count()}
    if len(apart) <= most:
        assert told == {pair: (bits, pair in turned) for pair, bits in nearest.items()}
    else:  # of pairs as far apart as the last one kept, which is kept depends on where they stand
        last = apart[most - 1][0]
        assert len(told) <= most
        assert max(bits for bits, _ in told.values()) <= last
        sure = {pair: (bits, pair in turned) for pair, bits in nearest.items() if bits < last}
        assert told.items() >= sure.items()


def test_what_is_nearer_as_it_is_is_not_called_mirrored() -> None:
    table = files(file("one", A), file("two", flipped(A, 2)))
    straight, asked = analysis.near_duplicates(table), analysis.near_duplicates(table, mirrored=True)
    assert asked["mirrored"].tolist() == [False]
    assert straight.drop(columns="parameters").equals(asked.drop(columns="parameters"))


def test_the_nearest_pairs_are_kept_and_the_others_counted() -> None:
    found = analysis.near_duplicates(files(*(file(f"f{n}", A) for n in range(5))), most=3)
    assert len(found) == 3
    assert found.attrs["counts"]["beyond"] == 7


def test_a_chain_is_called_a_chain() -> None:
    near = analysis.near_duplicates(
        files(
            file("a", A),
            file("b", flipped(A, 6)),
            file("c", flipped(A, 12)),
            file("x", OTHER),
            file("y", flipped(OTHER, 1)),
        )
    )
    found = analysis.duplicate_groups(near).set_index("media")
    assert found["group"].to_dict() == {
        f"sha256:{n}": g for n, g in zip("abcxy", [0, 0, 0, 1, 1], strict=True)
    }
    assert found["all_alike"].tolist() == [False] * 3 + [True] * 2
    assert found["note"].tolist() == [CHAINED] * 3 + [""] * 2
    assert found["near"].tolist() == [1, 2, 1, 1, 1]
    assert found["farthest"].tolist() == [6, 6, 6, 1, 1]
    assert found.loc["sha256:b", "exhibit_count"] == 3
    assert "within" in found["parameters"].iloc[0]


def test_what_makes_no_sense_is_refused() -> None:
    table = files(file("a", A))
    for wrong in ({"within": 33}, {"within": -1}, {"share": 1.5}, {"most": 0}):
        with pytest.raises(UsageError, match="out of range"):
            analysis.near_duplicates(table, **wrong)
    with pytest.raises(UsageError, match="lacks columns"):
        analysis.duplicate_groups(table)
