"""First appearance and spread: order of time, reposts and later uploads apart, and no origin claimed."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions, post, posts
from tests.looks_kit import carried, file, files, media
from workbench import analysis

A = 0x0123_4567_89AB_CDEF
NIGHT = "2026-03-01T22:00:00Z"


def case() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A picture posted by a, posted again by b, re-encoded by c, addressed by d; reposted by r."""
    told = posts(
        post("2026-03-02T10:00:00Z", "b", entity_id="p-b", native_id="2"),
        post(
            NIGHT,
            "a",
            entity_id="p-a",
            native_id="1",
            published_basis="explicit",
            uri="https://town.example/1",
        ),
        post("2026-03-03T10:00:00Z", "c", entity_id="p-c", native_id="3"),
        post("2026-03-04T10:00:00Z", "d", entity_id="p-d", native_id="4"),
        post(None, "e", entity_id="p-e", native_id="5"),
        post("2026-03-05T10:00:00Z", "r", entity_id="p-r", kind="repost"),
        post("2026-03-05T10:00:00Z", "x", entity_id="p-x", native_id="9"),
    )
    shown = media(
        carried("p-a", sha256="one"),
        carried("p-b", sha256="one"),
        carried("p-c", sha256="two"),
        carried("p-d", uri="https://cdn.example/one.jpg"),
        carried("p-e", sha256="one"),
        carried("p-r", sha256="one"),
        carried("p-x", uri="https://cdn.example/unheld.jpg"),
        carried("p-gone", sha256="one"),
    )
    held = files(file("one", A, uri="https://cdn.example/one.jpg"), file("two", A ^ 5))
    acts = interactions(
        act("2026-03-01T23:00:00Z", "r", "a", "repost", object="p-a", post="p-r"),
        act("2026-03-02T11:00:00Z", "s", "", "repost", object="2"),
        act("2026-03-02T12:00:00Z", "t", "a", "repost", object="https://town.example/1"),
        act("2026-03-02T12:00:00Z", "t", "q", "repost", object="p-nothing"),
        act("2026-03-02T12:00:00Z", "t", "a", "like", object="p-a"),
        act(None, "u", "a", "repost", object="p-a"),
    )
    return told, shown, held, acts


def test_a_file_fetched_later_does_not_stand_for_the_attachment() -> None:
    told = posts(post(NIGHT, "a", entity_id="p-a"), post("2026-03-02T10:00:00Z", "b", entity_id="p-b"))
    address = "https://cdn.example/one.jpg"
    shown = media(
        carried("p-a", entity_id=address, uri=address, captured_at="2026-03-05T10:00:00Z"),
        carried("p-b", entity_id=address, uri=address, captured_at="2026-03-05T10:00:01Z"),
        carried("", entity_id=address, uri=address, captured_at="2026-03-05T10:00:02Z"),
    )
    found = analysis.first_seen(shown, told, media_files=files(file("one", A, uri=address)))
    assert found["post"].tolist() == ["p-a", "p-b"]
    assert found.attrs["counts"]["postless"] == 1


def test_the_earliest_captured_appearance_comes_first() -> None:
    told, shown, held, _ = case()
    near = analysis.near_duplicates(held)
    found = analysis.first_seen(shown, told, media_files=held, near=near)
    group = found[found["group"] == "sha256:one"]
    assert group["post"].tolist() == ["p-a", "p-b", "p-c", "p-d", "p-e", "p-gone"]
    assert group["rank"].tolist()[:4] == [1, 2, 3, 4]
    assert group["rank"].isna().tolist()[4:] == [True, True]
    assert group["alike"].tolist()[:4] == ["first", "same media", "near duplicate", "same media"]
    assert (group["author"].iloc[0], group["basis"].iloc[0]) == ("a", "explicit")
    assert group["published"].iloc[0] == at(NIGHT)
    assert group["exhibit_count"].iloc[0] == 2
    assert found.attrs["counts"]["reposts"] == 1
    assert found.loc[found["post"] == "p-x", "media"].tolist() == ["https://cdn.example/unheld.jpg"]


def test_without_hashes_only_the_same_file_or_address_is_the_same() -> None:
    told, shown, _, _ = case()
    found = analysis.first_seen(shown, told)
    assert found.groupby("group")["post"].apply(list).to_dict() == {
        "https://cdn.example/one.jpg": ["p-d"],
        "https://cdn.example/unheld.jpg": ["p-x"],
        "sha256:one": ["p-a", "p-b", "p-e", "p-gone"],
        "sha256:two": ["p-c"],
    }


def test_an_address_that_showed_two_files_names_neither() -> None:
    told = posts(post(NIGHT, entity_id="p"))
    held = files(file("x", uri="https://cdn.example/now"), file("y", uri="https://cdn.example/now"))
    found = analysis.first_seen(media(carried("p", uri="https://cdn.example/now")), told, media_files=held)
    assert found["media"].tolist() == ["https://cdn.example/now"]


def test_equal_times_share_a_rank() -> None:
    told = posts(*(post(NIGHT, name, entity_id=name) for name in "ab"))
    found = analysis.first_seen(media(*(carried(name, sha256="one") for name in "ab")), told)
    assert found["rank"].tolist() == [1, 1]
    assert found["alike"].tolist() == ["first", "first"]


def test_reposts_and_later_uploads_are_told_apart() -> None:
    told, shown, held, acts = case()
    found = analysis.spread(shown, told, acts, media_files=held, near=analysis.near_duplicates(held))
    rows = found[["act", "basis", "who", "whom", "earlier"]].to_numpy().tolist()
    stated, order = "stated by the platform", "order of time only"
    assert rows == [
        ["repost", stated, "r", "a", "p-a"],
        ["later upload", order, "b", "a", "p-a"],
        ["repost", stated, "s", "b", "p-b"],
        ["repost", stated, "t", "a", "p-a"],
        ["later upload", order, "c", "a", "p-a"],
        ["later upload", order, "d", "a", "p-a"],
    ]
    assert found["hours_after"].tolist()[:2] == [1.0, 12.0]
    assert found["post"].tolist()[:2] == ["p-r", "p-b"]
    assert found.attrs["counts"]["no_media"] == 1
    assert found.attrs["counts"]["undated"] == 3
    assert (found["group"] == "sha256:one").all()


def test_what_was_passed_on_is_the_file_of_that_post_and_not_another_of_its_group() -> None:
    told, shown, held, acts = case()
    near = analysis.near_duplicates(held)
    found = analysis.spread(shown, told, acts, media_files=held, near=near)
    seen = analysis.first_seen(shown, told, media_files=held, near=near).set_index("post")["media"]
    later = found["act"] == "later upload"
    assert found.loc[later, "media"].tolist() == seen[found.loc[later, "post"]].tolist()
    assert found.loc[~later, "media"].tolist() == seen[found.loc[~later, "earlier"]].tolist()
    assert set(found["media"]) > {"sha256:two"}


@pytest.mark.parametrize("times", [1, 3])
def test_what_is_told_as_left_out_was_read(times: int) -> None:
    told, shown, held, _ = case()
    posted, media_rows = (pd.concat([each] * times, ignore_index=True) for each in (told, shown))
    found = analysis.first_seen(media_rows, posted, media_files=held)
    counts = found.attrs["counts"]
    assert counts["rows"] == times * len(shown)
    left = counts["repeated"] + counts["postless"] + counts["reposts"]
    assert len(found) == counts["rows"] - left
    assert counts["repeated"] == (times - 1) * (len(shown) - counts["postless"] // times)


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 9) | st.none()), max_size=15))
@settings(max_examples=40, deadline=None)
def test_ranks_agree_with_a_plain_loop(rows: list[tuple[str, int | None]]) -> None:
    told = posts(
        *(
            post(None if day is None else f"2026-03-{day:02d}T00:00:00Z", entity_id=f"p{n}")
            for n, (_, day) in enumerate(rows)
        )
    )
    shown = media(*(carried(f"p{n}", sha256=name) for n, (name, _) in enumerate(rows)))
    found = analysis.first_seen(shown, told).set_index("post")["rank"]
    days: dict[str, list[int]] = defaultdict(list)
    for name, day in rows:
        days[name] += [day] if day else []
    for n, (name, day) in enumerate(rows):
        if day is None:
            assert pd.isna(found[f"p{n}"])
        else:
            assert found[f"p{n}"] == 1 + sum(other < day for other in days[name])


@pytest.mark.parametrize("name", ["first_seen", "spread"])
def test_the_limits_are_in_the_words(name: str) -> None:
    words = " ".join(getattr(analysis, name).__doc__.split())
    assert "is not the origin" in words or "is only later" in words


def test_what_an_archive_holds_and_the_attachment_that_names_it_is_one_thing() -> None:
    path = "/media_attachments/files/1/a.jpg"
    ada, bob = (
        (
            carried(post, uri=path, entity_id=f"{post}#media:{path}"),
            # Its bytes: a row of their own, which names no post. Bob's archive has another file of that path.
            carried("", uri=path, sha256=held, entity_id=f"{post}#media:{path}"),
        )
        for post, held in (("one", "x"), ("two", "y"))
    )
    told = posts(
        post("2026-03-01T00:00:00Z", "ada", entity_id="one"),
        post("2026-03-02T00:00:00Z", "bob", entity_id="two"),
    )
    held = files(file("x"), file("y"))
    found = analysis.first_seen(media(*ada, *bob), told, media_files=held)
    assert found[["media", "post", "rank"]].to_numpy().tolist() == [
        ["sha256:x", "one", 1],
        ["sha256:y", "two", 1],
    ]
    shown = analysis.posted_media(media(*ada, *bob), told, held)
    assert dict(zip(shown["post"], shown["sha256"], strict=True)) == {"one": "x", "two": "y"}
    assert (shown["file"] != "").all()
    unheld = analysis.first_seen(media(ada[0], bob[0]), told, media_files=files())
    assert unheld["rank"].tolist() == [1, 1], "a path within an archive is no address"
    assert unheld["group"].nunique() == 2
