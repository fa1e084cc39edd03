"""Media at one look: each content once, with its earliest captured post, near duplicates together."""

from __future__ import annotations

import pandas as pd

from tests.analysis_kit import at, made, post, posts
from workbench import analysis
from workbench.analysis import frames

FILES = made(
    "media_files",
    [
        {
            "entity_id": "sha256:aa",
            "sha256": "aa",
            "kind": "image",
            "media_type": "image/png",
            "phash": "ff00ff00ff00ff00",
        },
        {
            "entity_id": "sha256:aa",
            "sha256": "aa",
            "kind": "image",
            "media_type": "image/png",
            "phash": "ff00ff00ff00ff00",
            "captured_at": "2026-03-21T00:00:00Z",
        },
        {
            "entity_id": "sha256:bb",
            "sha256": "bb",
            "kind": "image",
            "media_type": "image/jpeg",
            "phash": "ff00ff00ff00ff01",
            "width": 64,
            "taken": "2026-03-01T09:00:00Z",
        },
        {
            "entity_id": "sha256:cc",
            "sha256": "cc",
            "kind": "video",
            "media_type": "video/mp4",
            "duration": 3.5,
            "taken": "2026-03-03T09:00:00Z",
            "taken_raw": "3855373200",
        },
    ],
)
POSTS = posts(
    post("2026-03-05T10:00:00Z", "a", entity_id="p1"),
    post("2026-03-02T10:00:00Z", "b", entity_id="p2", sensitive=True),
    post("2026-03-03T10:00:00Z", "c", entity_id="p3"),
)
MEDIA = made(
    "media",
    [
        {"entity_id": "m1", "post": "p1", "kind": "image", "sha256": "aa", "description": "late"},
        {"entity_id": "m2", "post": "p2", "kind": "image", "sha256": "aa", "description": "early"},
        {"entity_id": "m3", "post": "p3", "kind": "video", "uri": "https://x/3"},
        {"entity_id": "m4", "post": "p3", "kind": "video", "sha256": "cc"},
    ],
)
FRAMES = made(
    "key_frames",
    [
        {
            "entity_id": f"sha256:cc#frame-{n}",
            "media": "sha256:cc",
            "sha256": "cc",
            "number": n,
            "at": n * 1.5,
        }
        for n in (1, 0)
    ],
)


def _overview() -> pd.DataFrame:
    near = analysis.near_duplicates(FILES)
    posted = analysis.posted_media(MEDIA, POSTS, FILES)
    return analysis.media_overview(FILES, posted, analysis.duplicate_groups(near))


def test_each_content_stands_once_with_its_earliest_post_and_duplicates_together() -> None:
    found = _overview()
    assert found["media"].tolist() == ["sha256:aa", "sha256:bb", "m3", "sha256:cc"]
    assert found["group"].tolist() == ["near duplicates 1: 2 files", "near duplicates 1: 2 files", "", ""]
    assert found["n_posts"].tolist() == [2, 0, 1, 1]
    assert found["author"].tolist() == ["b", "", "c", "c"]
    assert found["published"].tolist()[0] == at("2026-03-02T10:00:00Z")
    assert found["sensitive"].tolist() == [True, False, False, False]
    assert found["description"].tolist()[0] == "early"
    assert found["file"].tolist() == ["2026-0417-E0001#/0", "2026-0417-E0002#/0", "", "2026-0417-E0003#/0"]
    assert found["taken"].tolist()[1] == at("2026-03-01T09:00:00Z")
    assert found["exhibits"].tolist()[0][0] == "2026-0417-E0001#/0"
    assert found["exhibit_count"].tolist() == [2, 1, 1, 2]


def test_a_time_without_a_zone_stays_in_the_file_s_own_words() -> None:
    files = FILES.assign(
        taken_raw=["", "", "2008:10:22 16:28:39", ""],
        taken=pd.Series(pd.NaT, index=FILES.index, dtype=frames.TIME),
    )
    overview = analysis.media_overview(files, analysis.posted_media(MEDIA, POSTS, files))
    (row,) = overview[overview["taken_raw"] != ""].to_dict("records")
    assert (row["media"], row["taken_raw"]) == ("sha256:bb", "2008:10:22 16:28:39")
    assert pd.isna(row["taken"])


def test_key_frames_stand_in_order_with_what_is_known_of_their_film() -> None:
    found = analysis.frame_overview(FRAMES, _overview())
    assert found["number"].tolist() == [0, 1]
    assert found["note"].tolist() == ["at 0.0 s", "at 1.5 s"]
    assert found["author"].tolist() == ["c", "c"]
    assert found["taken"].tolist() == [at("2026-03-03T09:00:00Z")] * 2
    assert found["taken_raw"].tolist() == ["3855373200"] * 2
    assert found["file"].tolist() == ["2026-0417-E0001#/0", "2026-0417-E0000#/0"]
    assert not found["sensitive"].any()


def test_a_place_of_a_file_has_who_posted_it_but_not_the_post_s_time() -> None:
    stated = made("places", [{"about": "sha256:aa", "source": "exif", "latitude": 1.0, "longitude": 2.0}])
    found = analysis.places(stated, POSTS, media=_overview())
    assert found["who"].tolist() == ["b"]
    assert found["when"].isna().all()


def test_nothing_gives_nothing_with_all_columns() -> None:
    posted = analysis.posted_media(made("media", []), posts())
    none = analysis.media_overview(made("media_files", []), posted)
    assert none.empty
    assert list(none.columns) == list(_overview().columns)
    assert analysis.frame_overview(made("key_frames", []), none).empty
