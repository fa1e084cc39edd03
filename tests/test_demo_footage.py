"""Photos and videos drawn by code: whole files that say fiction, copies that are alike, scenes that are not."""

from __future__ import annotations

import io

import av
import imagehash
import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from workbench.demo import footage
from workbench.demo.model import File
from workbench.demo.town import before, build, files_of

FILES = {file.key: file for file in files_of()}


def _distance(one: str, two: str, moment: float = 0.5) -> int:
    hashes = [imagehash.phash(footage.still(FILES[key], moment)) for key in (one, two)]
    return int(hashes[0] - hashes[1])


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_every_file_is_whole_and_says_fiction(file: File) -> None:
    data = footage.data(file)
    assert b"FICTION" in data
    if file.kind == "mp4":
        with av.open(io.BytesIO(data), "r") as video:
            keys = [frame.key_frame for frame in video.decode(video=0)]
        assert (len(keys), keys[0]) == (footage.FRAMES, True)
    else:
        with Image.open(io.BytesIO(data)) as photo:
            photo.load()
            assert photo.size == footage.size(file)


def test_all_places_lie_in_the_open_sea() -> None:
    for file in FILES.values():
        if file.place:
            assert 41 < file.place[0] < 42
            assert -67 < file.place[1] < -66


def test_every_file_is_posted_and_every_posted_file_exists() -> None:
    assert {post.file for post in build().posts} - {""} == set(FILES)


def test_the_container_tells_time_and_place() -> None:
    with av.open(io.BytesIO(footage.data(FILES["v_shove"]))) as video:
        held = dict(video.metadata)
    assert held["creation_time"].startswith("2026-04-26T03:41:06")
    assert held["location"].startswith("+41.3012-066.7034")


def test_a_copy_that_was_made_small_says_nothing_of_time_and_place() -> None:
    with av.open(io.BytesIO(footage.data(FILES["v_small"]))) as video:
        assert not {"creation_time", "location"} & set(video.metadata)


def test_copies_are_alike_and_other_events_are_not() -> None:
    assert _distance("v_shove", "v_small") <= 2
    for other in ("v_play", "v_older", "v_window", "p_morning"):
        assert _distance("v_shove", other) > 10, other


def test_the_mirrored_copy_is_the_same_picture_turned_over() -> None:
    turned = ImageOps.mirror(footage.still(FILES["v_mirror"], 0.5)).crop((0, 0, 240, 124))
    straight = footage.still(FILES["v_shove"], 0.5).resize((240, 136)).crop((0, 0, 240, 124))
    assert sum(ImageStat.Stat(ImageChops.difference(turned, straight)).mean) < 6
    assert _distance("v_shove", "v_mirror") > 10


def test_before_edits_and_deletions_all_words_stand() -> None:
    old = before(build())
    assert not any(post.deleted or post.edits for post in old.posts)
    assert [post.id for post in old.posts] == [post.id for post in build().posts]
