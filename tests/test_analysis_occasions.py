"""Occasions: one continuous event is one, however many posts; the count for several pauses side by side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions
from workbench import analysis
from workbench.errors import UsageError

START = datetime(2026, 3, 1, tzinfo=UTC)


def after(*minutes: float) -> pd.DataFrame:
    return interactions(*(act((START + timedelta(minutes=minute)).isoformat()) for minute in minutes))


def test_ten_posts_in_one_burst_are_one_occasion() -> None:
    found = analysis.pattern(after(*range(10)))
    assert found[["n_posts", "n_incidents", "three_or_more"]].to_numpy().tolist() == [[10, 1, False]]


def test_a_pause_of_exactly_the_gap_belongs_to_the_occasion() -> None:
    found = analysis.incidents(after(0, 60, 120.5, 180.5))
    assert found["incident"].tolist() == [1, 2]
    assert found["n_posts"].tolist() == [2, 2]
    assert (found["start"].iloc[0], found["end"].iloc[0]) == (
        at("2026-03-01T00:00:00Z"),
        at("2026-03-01T01:00:00Z"),
    )


def test_the_pattern_says_when_it_depends_on_the_gap() -> None:
    found = analysis.pattern(after(0, 30, 120, 400, 3000))
    row = found.iloc[0]
    assert [row[f"n_incidents_{gap}"] for gap in ("10min", "1h", "24h")] == [5, 4, 2]
    assert (row["three_or_more"], row["depends_on_gap"]) == (True, True)
    assert row["span_days"] == pytest.approx(3000 / 1440)
    wide = analysis.sensitivity(after(0, 30, 120, 400, 3000))
    assert wide[["n_incidents_10min", "n_incidents_1h", "n_incidents_24h"]].to_numpy().tolist() == [[5, 4, 2]]
    assert wide[["three_or_more_at", "depends_on_gap"]].to_numpy().tolist() == [["10min, 1h", True]]
    assert not analysis.pattern(after(0)).iloc[0]["depends_on_gap"]


def test_one_post_that_replies_and_mentions_is_one_post() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", kind="reply", post="p"),
        act("2026-03-01T00:00:00Z", kind="mention", post="p"),
    )
    found = analysis.incidents(table)
    assert (found["n_posts"].iloc[0], found["kinds"].iloc[0], found["exhibit_count"].iloc[0]) == (
        1,
        "mention, reply",
        2,
    )


def test_what_is_left_out_is_counted() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", kind="like"),
        act(None),
        act("2026-03-01T00:00:00Z", "a", "a"),
        act("2026-03-01T00:00:00Z", "a", ""),
        act("2026-03-01T00:00:00Z", "a", "c"),
        act("2026-03-01T00:00:00Z", "a", "b"),
    )
    found = analysis.pattern(table, target="@B@town")
    counts = found.attrs["counts"]
    assert len(found) == 1
    assert {
        name: counts[name] for name in ("other_kinds", "undated", "to_self", "no_peer", "other_targets")
    } == {
        "other_kinds": 1,
        "undated": 1,
        "to_self": 1,
        "no_peer": 1,
        "other_targets": 1,
    }


@pytest.mark.parametrize("gap", ["soon", "-1h", "", "NaT"])
def test_an_unreadable_gap_is_refused(gap: str) -> None:
    with pytest.raises(UsageError, match="length of time"):
        analysis.incidents(after(0), merge_gap=gap)


@given(
    st.lists(st.integers(0, 20_000), min_size=1, max_size=25), st.integers(0, 3_000), st.integers(0, 3_000)
)
@settings(max_examples=50, deadline=None)
def test_occasions_agree_with_a_plain_loop_and_longer_pauses_never_give_more(
    minutes: list[int], one: int, more: int
) -> None:
    table, times = after(*minutes), sorted(minutes)
    short, long = f"{one}min", f"{one + more}min"
    found = analysis.pattern(table, merge_gap=short, gaps=[short, long])
    row = found.iloc[0]
    expected = 1 + sum(b - a > one for a, b in pairwise(times))
    assert row["n_incidents"] == expected
    assert 1 <= row[f"n_incidents_{long}"] <= row["n_incidents"] <= row["n_posts"] == len(minutes)
    incidents = analysis.incidents(table, merge_gap=short)
    assert len(incidents) == expected
    assert incidents["n_posts"].sum() == len(minutes)
