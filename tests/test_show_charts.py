"""Charts: the data inside, local times the same for every viewer, hostile words harmless."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.analysis_kit import post, posts
from tests.show_kit import HOSTILE, requests_of, tags_of
from workbench import analysis, show
from workbench.errors import UsageError


def spec_of(figure: show.Figure) -> dict[str, Any]:
    found = re.search(r'vegaEmbed\("#vis", (\{.*\}), \{"mode"', figure.page)
    assert found is not None
    spec: dict[str, Any] = json.loads(found[1])
    return spec


def values_of(figure: show.Figure) -> list[dict[str, Any]]:
    spec = spec_of(figure)
    holder = spec if "data" in spec else spec["layer"][0]
    held: list[dict[str, Any]] = holder["data"]["values"]
    return held


def table() -> pd.DataFrame:
    return posts(
        post("2026-03-08T06:30:00Z", "a", content=HOSTILE),
        post("2026-03-08T07:30:00Z", "b", content="слово", author_handle=HOSTILE),
    )


def test_times_are_drawn_as_the_clock_stood_in_the_zone() -> None:
    told = analysis.timeline(table(), zone="America/New_York")
    figure = show.timeline(told, marks={"last seen": "2026-03-08T02:00:00-05:00"})
    assert [value["at"] for value in values_of(figure)] == ["2026-03-08T01:30:00Z", "2026-03-08T03:30:00Z"]
    assert [value["when"] for value in values_of(figure)] == [
        "2026-03-08 01:30:00 EST",
        "2026-03-08 03:30:00 EDT",
    ]
    assert spec_of(figure)["layer"][1]["data"]["values"] == [
        {"at": "2026-03-08T03:00:00Z", "mark": "last seen"}
    ]
    assert "2 entries by 2 accounts" in figure.alt
    assert "America/New_York" in figure.note


def test_a_table_of_posts_is_drawn_as_well() -> None:
    assert len(values_of(show.timeline(table(), zone="America/New_York"))) == 2


def test_hostile_words_neither_end_the_script_nor_fetch_anything() -> None:
    figure = show.timeline(analysis.timeline(table()), marks={HOSTILE: "2026-03-08T02:00:00Z"})
    assert requests_of(figure.html()) == []
    assert [tag for tag, _ in tags_of(figure.page)].count("script") == 2
    assert [tag for tag, _ in tags_of(figure.page)].count("img") == 0
    assert "<img" not in figure.svg
    assert values_of(figure)[0]["words"].startswith("</script><img src=x onerror=alert(1)>")
    assert "⟨U+202E⟩" in values_of(figure)[0]["words"]


def test_no_posts_at_all_are_drawn_as_nothing_and_said() -> None:
    for figure in (show.timeline(posts()), show.timeline(pd.DataFrame()), show.hours(pd.DataFrame())):
        assert figure.svg.startswith("<svg")
        assert "without any" in figure.alt or "No posts" in figure.alt
        # No axes and no zone: they would look like something that was found.
        assert figure.page == ""
        assert figure.alt.rstrip(".") in figure.svg
        assert "UTC" not in figure.fragment()


def test_many_posts_are_counted_by_day_and_many_accounts_are_said() -> None:
    chance = np.random.default_rng(2)
    count = 4000
    when = pd.to_datetime(1_750_000_000 + chance.integers(0, 40_000_000, count), unit="s", utc=True)
    number = pd.Series(np.arange(count)).astype("str")
    who = pd.Series(chance.integers(0, 40, count)).astype("str")
    rows = pd.DataFrame(
        {
            "entity_id": number,
            "exhibit": "E" + number,
            "kind": "post",
            "author": who,
            "author_handle": who,
            "content": "",
        }
    )
    figure = show.timeline(rows.assign(published=when))
    values = values_of(figure)
    assert len(values) <= 1500
    assert "each dot counts the entries of a month" in figure.note
    assert "Not drawn: 10 accounts with fewer entries" in figure.note
    shown = who.value_counts().sort_index().sort_values(ascending=False, kind="stable").head(30)
    assert sum(value["n"] for value in values) == shown.sum()


def test_a_post_without_its_account_has_a_lane_with_a_name() -> None:
    rows = posts(post("2026-03-08T06:30:00Z", "", author_handle=""), post("2026-03-08T07:30:00Z", "b"))
    assert sorted({value["who"] for value in values_of(show.timeline(rows))}) == [
        "b@town",
        "no known account",
    ]


def test_two_accounts_with_one_handle_keep_their_own_lanes() -> None:
    rows = posts(
        post("2026-03-08T06:30:00Z", "a", author_handle="x"),
        post("2026-03-08T07:30:00Z", "b", author_handle="x"),
    )
    assert sorted({value["who"] for value in values_of(show.timeline(rows))}) == ["x [a]", "x [b]"]


def test_hours_are_added_up_and_also_written() -> None:
    active = analysis.active_hours(table(), zone="America/New_York")
    figure = show.hours(active)
    values = values_of(figure)
    assert len(values) == 168
    assert [(v["day"], v["hour"]) for v in values if v["posts"]] == [("Sun", 1), ("Sun", 3)]
    assert "2 in all" in figure.alt
    assert requests_of(figure.html()) == []
    with pytest.raises(UsageError, match="hours of the week"):
        show.hours(pd.DataFrame({"x": [1]}))


def test_the_shades_of_one_post_are_told_by_0_and_1_once_each() -> None:
    figure = show.hours(analysis.active_hours(posts(post("2026-03-01T10:00:00Z")), zone="UTC"))
    # The hour on the axis, the number in the cell, and the one beside the shades.
    assert figure.svg.count(">1</text>") == 3
