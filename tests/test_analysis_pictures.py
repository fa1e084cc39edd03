"""What posts carry: each picture once beside its post, with the file that holds its bytes."""

from __future__ import annotations

import pandas as pd

from tests.analysis_kit import at, made, post, posts
from workbench import analysis

POSTS = posts(
    post("2026-03-02T10:00:00Z", "a", entity_id="p1", sensitive=True),
    post("2026-03-05T10:00:00Z", "b", entity_id="p2"),
    post(None, "b", entity_id="p3"),
)
MEDIA = made(
    "media",
    [
        {"entity_id": "m1", "post": "p1", "kind": "image", "uri": "https://x/1", "description": "a cat"},
        {"entity_id": "m1", "post": "p1", "kind": "image", "uri": "https://x/1", "sha256": "aa"},
        {"entity_id": "m2", "post": "p2", "kind": "video", "uri": "https://x/2"},
        {"entity_id": "m3", "post": "p3", "kind": "image", "uri": "https://x/3"},
        {"entity_id": "m4", "post": "elsewhere", "kind": "image"},
        {"entity_id": "m3", "post": "", "kind": "image", "uri": "https://x/3", "sha256": "dd"},
    ],
)
FILES = pd.DataFrame(
    {
        "entity_id": ["f1", "f2", "f3"],
        "exhibit": ["2026-0417-E0100", "2026-0417-E0101", "2026-0417-E0102"],
        "uri": ["", "https://x/2", "https://x/2"],
        "sha256": ["aa", "bb", "cc"],
    }
)


def test_each_is_listed_once_the_latest_first_with_its_file() -> None:
    found = analysis.posted_media(MEDIA, POSTS, FILES)
    assert found["media"].tolist() == ["m2", "m1", "m3"]
    assert found["file"].tolist() == ["2026-0417-E0102", "2026-0417-E0100", ""]
    assert found["sha256"].tolist() == ["cc", "aa", "dd"]
    assert found["sensitive"].tolist() == [False, True, False]
    assert found["published"].tolist()[:2] == [at("2026-03-05T10:00:00Z"), at("2026-03-02T10:00:00Z")]
    assert found["exhibits"].tolist()[1] == ("2026-0417-E0001#/0", "2026-0417-E0000#/0", "2026-0417-E0100")
    assert found.attrs["counts"] == {"rows": 6, "repeated": 1, "without_post": 2}


def test_the_bytes_may_have_been_fetched_later_as_a_row_without_a_post() -> None:
    found = analysis.posted_media(MEDIA, POSTS, FILES.assign(sha256=["aa", "bb", "dd"], uri=""))
    assert found["file"].tolist() == ["", "2026-0417-E0100", "2026-0417-E0102"]


def test_a_period_is_the_posts_and_leaves_out_what_has_no_time() -> None:
    until = at("2026-03-02T10:00:00Z")
    found = analysis.posted_media(MEDIA, POSTS, until=until)
    assert found["media"].tolist() == ["m1"]
    assert found["file"].tolist() == [""]
    assert found.attrs["counts"]["out_of_window"] == 2
    assert analysis.posted_media(MEDIA, POSTS, since=until)["media"].tolist() == ["m2", "m1"]


def test_the_order_of_rows_is_no_matter_and_nothing_gives_nothing() -> None:
    found = analysis.posted_media(MEDIA, POSTS, FILES)
    again = analysis.posted_media(MEDIA[::-1], POSTS[::-1], FILES[::-1])
    pd.testing.assert_frame_equal(found, again)
    none = analysis.posted_media(made("media", []), posts(), FILES[:0])
    assert none.empty
    assert list(none.columns) == list(found.columns)
