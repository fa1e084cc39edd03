"""The quick search finds exactly what comparing each with each finds."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analysis import hamming
from workbench.errors import UsageError


def each_with_each(hashes: list[int], within: int) -> list[tuple[int, int, int]]:
    """Compare in plain Python."""
    found = [
        (low, high, (hashes[low] ^ hashes[high]).bit_count())
        for low in range(len(hashes))
        for high in range(low + 1, len(hashes))
    ]
    return sorted((each for each in found if each[2] <= within), key=lambda e: (e[2], e[0], e[1]))


def found(hashes: Any, within: int, most: int = 1_000_000) -> tuple[list[tuple[int, ...]], int]:
    pairs, beyond = hamming.pairs_within(np.array(hashes, dtype=np.uint64), within, most)
    return list(zip(*(each.tolist() for each in pairs), strict=True)), beyond


@pytest.mark.parametrize("within", [0, 1, 2, 4, 8, 10, 16, 32])
@pytest.mark.parametrize("few", [0, 2_000])
def test_all_pairs_and_no_others(within: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "_FEW", few)
    monkeypatch.setattr(hamming, "_CHUNK", 500)
    chance = np.random.default_rng(within)
    hashes = [int(each) for each in chance.integers(0, 2**63, 60)]
    for near in range(120):
        flips = chance.choice(64, near % 13, replace=False)
        hashes.append(hashes[near % 60] ^ sum(1 << int(bit) for bit in flips))
    hashes += [0, 2**64 - 1, 1, 2**63, hashes[0], hashes[0]]
    assert found(hashes, within) == (each_with_each(hashes, within), 0)


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 15), max_size=25), st.integers(0, 12))
@settings(max_examples=80, deadline=None)
def test_any_hashes(hashes: list[int], within: int) -> None:
    assert found(hashes, within) == (each_with_each(hashes, within), 0)


def test_the_nearest_are_kept_and_the_others_counted() -> None:
    hashes = [0, 1, 3, 7, 15, 0]
    whole = each_with_each(hashes, 4)
    assert found(hashes, 4, most=5) == (whole[:5], len(whole) - 5)


def test_hashes_are_read_strictly() -> None:
    texts = [
        "00000000000000ff",
        "",
        "ff",
        "-0000000000000f0",
        "00000000000000f_",
        "zz" * 8,
        "٣" * 16,
        "f" * 17,
    ]
    hashes, valid = hamming.read(texts)
    assert valid.tolist() == [True] + [False] * 7
    assert hashes.tolist() == [255] + [0] * 7
    assert hamming.ones(hashes).tolist() == [8] + [0] * 7


def test_as_many_as_matter_are_compared_in_bands_and_counted_right() -> None:
    chance = np.random.default_rng(2)
    base = chance.integers(0, 2**63, 3_000, dtype=np.uint64)
    flipped = base ^ (np.uint64(1) << chance.integers(0, 64, 3_000).astype(np.uint64))
    pairs, _ = found(np.concatenate([base, flipped]), 8)
    whole = np.bitwise_count(base[:, None] ^ flipped[None, :])
    expected = {(low, 3_000 + high) for low, high in np.argwhere(whole <= 8).tolist()}
    assert {(low, high) for low, high, _ in pairs if low < 3_000 <= high} == expected
    assert len(expected) >= 3_000


def test_more_pairs_than_memory_holds_are_counted_and_not_written_out() -> None:
    count, most = 200_000, 1000
    hashes = np.full(count, 0x0123456789ABCDEF, dtype=np.uint64)
    hashes[5] ^= np.uint64(1)
    (low, high, differ), beyond = hamming.pairs_within(hashes, 8, most)
    assert len(low) + beyond == count * (count - 1) // 2
    assert (set(low.tolist()), high[:5].tolist(), set(differ.tolist())) == ({0}, [1, 2, 3, 4, 6], {0})


@given(
    st.lists(st.sampled_from([0, 1, 3, 7, 0xFF, 1 << 63]), min_size=1, max_size=25),
    st.integers(0, 9),
    st.integers(1, 40),
)
@settings(max_examples=150, deadline=None)
def test_the_nearest_first_pairs_are_those_of_a_plain_sort(values: list[int], within: int, most: int) -> None:
    every = sorted(
        ((one ^ other).bit_count(), low, high)
        for (low, one), (high, other) in itertools.combinations(enumerate(values), 2)
        if (one ^ other).bit_count() <= within
    )
    (low, high, differ), beyond = hamming.pairs_within(np.array(values, dtype=np.uint64), within, most)
    assert list(zip(differ.tolist(), low.tolist(), high.tolist(), strict=True)) == every[:most]
    assert beyond == len(every) - len(every[:most])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 63), st.integers(0, 63)), min_size=2, max_size=30),
    st.integers(1, 9),
    st.integers(1, 60),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_in_bands_too_the_nearest_are_kept_and_each_pair_is_counted_once(
    close: list[tuple[int, int, int]], within: int, most: int, banded: bool
) -> None:
    centres = (0x0123456789ABCDEF, 0xFEDCBA9876543210, 0x0123456789ABCDE0, 0)
    hashes = [centres[which] ^ (1 << one) ^ (1 << other) for which, one, other in close]
    whole = each_with_each(hashes, within)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming, "_FEW", 0)
        patch.setattr(hamming, "_DEARER", 0 if banded else 1 << 40)
        patch.setattr(hamming, "_CHUNK", 40)
        patch.setattr(hamming, "_BLOCK", 40)
        patch.setattr(hamming, "_COMPARED", 1 << 62)
        assert found(hashes, within, most) == (whole[:most], len(whole) - len(whole[:most]))


def _all_close(count: int) -> Any:
    chance = np.random.default_rng(3)
    hashes = np.full(count, 0x0123456789ABCDEF, dtype=np.uint64)
    for _ in range(4):
        hashes ^= np.uint64(1) << chance.integers(0, 64, count).astype(np.uint64)
    return hashes


def test_different_hashes_that_all_lie_close_together_take_bounded_memory() -> None:
    hashes = _all_close(5_000)
    tracemalloc.start()
    (low, high, differ), beyond = hamming.pairs_within(hashes, 8, 1_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(low) + beyond == 5_000 * 4_999 // 2
    assert peak < 50_000_000  # all pairs, as three numbers each, would be 300 MB
    apart = np.bitwise_count(hashes[:, None] ^ hashes[None, :]).astype(np.int64)
    every = np.argwhere(np.triu(apart <= differ[-1], 1))
    nearest = sorted((int(apart[a, b]), int(a), int(b)) for a, b in every)[:1_000]
    assert list(zip(differ.tolist(), low.tolist(), high.tolist(), strict=True)) == nearest


def test_more_comparisons_than_can_be_waited_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "_COMPARED", 2_000_000)
    with pytest.raises(UsageError, match="too many pictures that are nearly alike"):
        hamming.pairs_within(_all_close(3_000), 8, 10)
    chance = np.random.default_rng(4).integers(0, 2**63, 3_000, dtype=np.uint64)
    assert (
        len(hamming.pairs_within(chance, 8, 10)[0][0]) <= 10
    )  # as many that lie apart are compared in bands
