"""Dossiers: each value with when it was seen, changes told from first sights, days counted in local time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import at, made, post, posts
from workbench import analysis

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def seen(day: int, handle: str = "mira@town", **more: Any) -> dict[str, Any]:
    captured = (START + timedelta(days=day)).isoformat()
    return {"entity_id": "m", "handle": handle, "captured_at": captured, "exhibit": f"E{day}", **more}


def test_each_value_is_told_with_when_it_was_seen() -> None:
    table = made(
        "accounts",
        [
            seen(3, "mira.new@town", name="M", note="gone", moved_to="x@other", followers=12),
            seen(0, name="Mira", note="hello", followers=10),
            seen(1, name="Mira", note="", followers=10),
            seen(2, name="M", note="hello", followers=11),
            {"entity_id": "other", "handle": "else@town", "name": "E"},
        ],
    )
    found = analysis.dossier(table, account="@MIRA@town")
    assert set(found["account"]) == {"m"}
    told = found[["field", "value", "value_before", "n_seen", "change"]].to_numpy().tolist()
    assert told == [
        ["handle", "mira@town", "", 3, False],
        ["handle", "mira.new@town", "mira@town", 1, True],
        ["name", "Mira", "", 2, False],
        ["name", "M", "Mira", 2, True],
        ["note", "hello", "", 1, False],
        ["note", "", "hello", 1, True],
        ["note", "hello", "", 1, True],
        ["note", "gone", "hello", 1, True],
        ["moved_to", "", "", 3, False],
        ["moved_to", "x@other", "", 1, True],
        ["followers", "10", "", 2, False],
        ["followers", "11", "10", 1, True],
        ["followers", "12", "11", 1, True],
    ]
    name = found[found["field"] == "name"].iloc[1]
    assert (name["first_seen"], name["last_seen"]) == (
        at((START + timedelta(days=2)).isoformat()),
        at((START + timedelta(days=3)).isoformat()),
    )
    assert name["exhibits"] == ("E2", "E3")
    assert found.attrs["counts"]["others"] == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["", "Mira", "مريم", "ミラ", "🙂"])),
        max_size=12,
        unique=True,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=50, deadline=None)
def test_runs_are_those_of_a_plain_loop_in_any_order(rows: list[tuple[int, str]], rng: Random) -> None:
    table = made("accounts", [seen(day, name=name) for day, name in rows])
    mixed = table.iloc[rng.sample(range(len(table)), len(table))]
    one = analysis.dossier(table, account="m")
    pd.testing.assert_frame_equal(one, analysis.dossier(mixed, account="m"))
    filled = {day for day, name in rows if name}
    names = [name for day, name in sorted(rows) if name or day not in filled]
    expected = [(name, len(list(run))) for name, run in groupby(names)] if any(names) else []
    part = one[one["field"] == "name"]
    assert list(zip(part["value"], part["n_seen"], strict=True)) == expected


def test_what_one_member_of_an_archive_leaves_empty_is_no_change() -> None:
    both = made("accounts", [seen(1, name="Mira"), seen(1, name=""), seen(2, name="")])
    found = analysis.dossier(both, account="m")
    names = found[found["field"] == "name"]
    assert names[["value", "change"]].to_numpy().tolist() == [["Mira", False], ["", True]]


@given(st.lists(st.tuples(st.integers(0, 4000), st.sampled_from("ab")), max_size=20))
@settings(max_examples=40, deadline=None)
def test_days_are_local_ones(rows: list[tuple[int, str]]) -> None:
    times = [((START + timedelta(minutes=minutes)), author) for minutes, author in rows]
    table = posts(*(post(when.isoformat(), author) for when, author in times))
    found = analysis.posts_per_day(table, account="A@town", zone="America/New_York")
    zone = ZoneInfo("America/New_York")
    expected = Counter(when.astimezone(zone).date().isoformat() for when, author in times if author == "a")
    assert dict(zip(found["day"], found["posts"], strict=True)) == dict(expected)
    assert set(found["author"]) <= {"a"}
    assert found.attrs["counts"]["others"] == sum(author == "b" for _, author in rows)


def test_reposts_are_told_apart() -> None:
    when = START.isoformat()
    found = analysis.posts_per_day(posts(post(when), post(when, kind="repost"), post(None)))
    assert found[["posts", "reposts"]].to_numpy().tolist() == [[2, 1]]
    assert found.attrs["counts"]["undated"] == 1
