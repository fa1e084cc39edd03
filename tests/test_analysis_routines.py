"""Routines: the divergence beside a hand calculation and scipy, local hours over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from tests.analysis_kit import post, posts
from workbench import analysis
from workbench.analysis.routines import parts_of_divergence
from workbench.errors import UsageError

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def test_the_divergence_of_two_coins_is_what_hand_calculation_gives() -> None:
    # P = (1/2, 1/2), Q = (1, 0), M = (3/4, 1/4):
    # (1/2 log2(2/3) + 1/2 log2 2 + log2(4/3)) / 2 = 0.311278...
    parts = parts_of_divergence(np.array([2, 2]), np.array([7, 0]))
    by_hand = (0.5 * np.log2(2 / 3) + 0.5 * 1 + np.log2(4 / 3)) / 2
    assert parts.sum() == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.311278, abs=1e-6)
    assert parts_of_divergence(np.array([3, 0]), np.array([0, 5])).sum() == pytest.approx(1)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_divergence_is_scipys_distance_squared_symmetric_and_between_0_and_1(
    pairs: list[tuple[int, int]],
) -> None:
    p, q = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    if not (p.any() and q.any()):
        return
    ours = parts_of_divergence(p, q).sum()
    assert ours == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-9)
    assert ours == pytest.approx(parts_of_divergence(q, p).sum(), abs=1e-12)
    assert -1e-12 <= ours <= 1 + 1e-12


def hourly(hours: list[int], day: int) -> list[dict[str, object]]:
    return [post((START + timedelta(days=day + n, hours=hour)).isoformat()) for n, hour in enumerate(hours)]


def test_a_shift_from_evening_to_night_is_found_and_is_not_chance() -> None:
    table = posts(*hourly([18] * 20, 0), *hourly([2] * 20, 20))
    found = analysis.routine_shift(table, split=START + timedelta(days=20), zone="UTC", bins="hour_of_day")
    assert found["hour_of_day"].tolist() == [2, 18]
    assert found[["before", "after"]].to_numpy().tolist() == [[0, 20], [20, 0]]
    assert found["divergence"].tolist() == pytest.approx([1, 1])
    assert found["part"].sum() == pytest.approx(1)
    assert found["chance"].iloc[0] == pytest.approx(1 / 1000)
    assert found["seed"].tolist() == [0, 0]
    assert found["exhibit_count"].tolist() == [20, 20]


def test_chance_is_that_of_dealing_the_posts_anew_in_every_way() -> None:
    """Of 252 ways to deal five of ten posts to before, 252 differ at least as 3 to 2, 52 at least as 4 to 1 do."""
    for before, ways in ((3, 252), (4, 52), (5, 2)):
        hours = [18] * before + [2] * (5 - before), [18] * (5 - before) + [2] * before
        table = posts(*hourly(hours[0], 0), *hourly(hours[1], 20))
        found = analysis.routine_shift(
            table,
            split=START + timedelta(days=20),
            zone="UTC",
            bins="hour_of_day",
            min_posts=5,
            shuffles=9_999,
        )
        assert found["chance"].iloc[0] == pytest.approx(ways / 252, abs=0.012)


def test_a_post_at_the_very_moment_counts_as_after() -> None:
    table = posts(*hourly([0, 0, 0, 0], 0))
    found = analysis.routine_shift(table, split=START + timedelta(days=2), zone="UTC", min_posts=2)
    assert (found["n_before"].iloc[0], found["n_after"].iloc[0]) == (2, 2)


def test_an_unchanged_routine_is_as_divergent_as_chance() -> None:
    chance = np.random.default_rng(8)
    table = posts(*hourly(chance.integers(0, 24, 120).tolist(), 0))
    found = analysis.routine_shift(table, split=START + timedelta(days=60), zone="UTC")
    assert found["divergence"].iloc[0] == pytest.approx(found["by_chance"].iloc[0], abs=0.15)
    assert found["chance"].iloc[0] > 0.05
    again = analysis.routine_shift(table, split=START + timedelta(days=60), zone="UTC")
    assert again.equals(found)


def test_too_few_posts_on_one_side_are_counted_not_compared() -> None:
    table = posts(*hourly([18] * 20, 0))
    found = analysis.routine_shift(table, split=START + timedelta(days=15), zone="UTC")
    assert found.empty
    assert found.attrs["counts"]["too_few"] == 20
    assert "too few posts" in analysis.said(found)


def test_unknown_bins_are_refused() -> None:
    with pytest.raises(UsageError, match="bins"):
        analysis.routine_shift(posts(), split=START, zone="UTC", bins="moon phase")  # type: ignore[arg-type]


def test_hours_are_local_on_both_sides_of_a_clock_change() -> None:
    # 2026-03-08: New York goes to summer time. Both posts are at 20:00 there, on a Friday and a Monday.
    table = posts(post("2026-03-07T01:00:00Z"), post("2026-03-10T00:00:00Z"))
    found = analysis.active_hours(table, zone="America/New_York")
    assert found[["day", "hour", "hour_of_week"]].to_numpy().tolist() == [[0, 20, 20], [4, 20, 116]]
    assert found["share"].tolist() == [0.5, 0.5]


def test_zone_candidates_are_the_offsets_that_leave_the_night_quiet() -> None:
    # Posts at 7:00 to 23:00 in UTC-5, evenly, all year: only a few offsets put the quiet hours at night.
    hours = [(hour + 5) % 24 for hour in range(7, 24)] * 8
    found = analysis.active_hours(posts(*hourly(hours, 0)), zone="UTC")
    assert found["zone_candidates"].unique().tolist() == ["UTC-6, UTC-5, UTC-4"]
    few = analysis.active_hours(posts(*hourly(hours[:50], 0)), zone="UTC")
    assert few["zone_candidates"].unique().tolist() == [""]
    even = analysis.active_hours(posts(*hourly(list(range(24)) * 5, 0)), zone="UTC")
    assert even["zone_candidates"].unique().tolist() == [""]
