"""Bursts: the automaton beside every possible way, gaps of zero, and the same rows in any order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions, post, posts
from workbench import analysis
from workbench.analysis.bursting import optimal_states
from workbench.errors import UsageError

START = datetime(2026, 3, 1, tzinfo=UTC)
EXAMPLE = (4, 17, 23, 27, 33, 35, 37, 76, 77, 82, 84, 88, 90, 92)
"""The example in the manual of the R package bursts."""


def stream(seconds: Sequence[float], author: str = "a") -> list[dict[str, object]]:
    return [post((START + timedelta(seconds=s)).isoformat(), author) for s in seconds]


def moment(seconds: float) -> pd.Timestamp:
    return at((START + timedelta(seconds=seconds)).isoformat())


def cost(states: Sequence[int], gaps: Sequence[float], s: float, gamma: float) -> float:
    """Kleinberg's cost of a way, term by term as the paper writes it."""
    rate = len(gaps) / sum(gaps)
    total, before = 0.0, 0
    for state, gap in zip(states, gaps, strict=True):
        pace = rate * s**state
        total += max(state - before, 0) * gamma * math.log(len(gaps)) - math.log(pace * math.exp(-pace * gap))
        before = state
    return total


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=7),
    st.sampled_from([1.5, 2.0, 3.0]),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_no_way_through_the_levels_is_cheaper(gaps: list[int], s: float, gamma: float) -> None:
    states = optimal_states(np.array(gaps, dtype=np.float64), s=s, gamma=gamma, levels=3)
    best = min(cost(way, gaps, s, gamma) for way in itertools.product(range(4), repeat=len(gaps)))
    assert cost(states.tolist(), gaps, s, gamma) == pytest.approx(best, abs=1e-9)


@given(st.lists(st.integers(1, 2000), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_more_levels_than_kleinbergs_bound_bring_nothing(gaps: list[int]) -> None:
    held = np.array(gaps, dtype=np.float64)
    bound = optimal_states(held, s=2, gamma=0.5)
    more = optimal_states(held, s=2, gamma=0.5, levels=20)
    assert cost(bound.tolist(), gaps, 2, 0.5) == pytest.approx(cost(more.tolist(), gaps, 2, 0.5), abs=1e-9)


def test_the_example_of_the_r_package_has_the_cheapest_way_of_all() -> None:
    gaps = np.diff(EXAMPLE).astype(np.float64)
    states = optimal_states(gaps, s=2, gamma=0.1, levels=2).tolist()
    best = min(cost(way, gaps.tolist(), 2, 0.1) for way in itertools.product(range(3), repeat=len(gaps)))
    assert cost(states, gaps.tolist(), 2, 0.1) == pytest.approx(best)
    found = analysis.bursts(posts(*stream(EXAMPLE)), gamma=0.1, levels=2)
    assert not ((found["start"] <= moment(37)) & (found["end"] >= moment(76))).any(), (
        "the long gap is in no burst"
    )
    assert found["n_posts"].tolist() == [
        sum(start <= moment(s) <= end for s in EXAMPLE)
        for start, end in zip(found["start"], found["end"], strict=True)
    ]
    assert set(found["level"]) == {1, 2}


def test_a_storm_of_posts_is_found_with_its_edges_and_its_exhibits() -> None:
    calm = [n * 86_400 for n in range(20)]
    storm = [10 * 86_400 + 3600 + n * 60 for n in range(15)]
    found = analysis.bursts(posts(*stream(calm), *stream(storm)), levels=1)
    row = found.iloc[0]
    assert len(found) == 1
    assert (row["actor"], row["actor_handle"], row["level"]) == ("a", "a@town", 1)
    assert row["start"] == at((START + timedelta(seconds=10 * 86_400)).isoformat())
    assert row["end"] == at((START + timedelta(seconds=storm[-1])).isoformat())
    assert (row["n_posts"], row["exhibit_count"]) == (16, 16)
    assert row["exhibits"][0] == "2026-0417-E0010#/0"
    assert row["exhibits"][1] == "2026-0417-E0020#/0"


def test_deeper_bursts_lie_within_shallower_ones() -> None:
    rng = np.random.default_rng(4)
    spots = np.cumsum(rng.choice([3, 60, 4000], size=300, p=[0.4, 0.3, 0.3])).tolist()
    found = analysis.bursts(posts(*stream(spots)), gamma=0.3)
    assert found["level"].max() > 1
    spans = list(zip(found["level"], found["start"], found["end"], strict=True))
    for level, start, end in spans:
        assert level == 1 or any(
            around == level - 1 and first <= start and end <= last for around, first, last in spans
        )


def test_posts_of_one_second_are_a_burst_and_no_error() -> None:
    found = analysis.bursts(posts(*stream([n * 3600 for n in range(12)]), *stream([7200] * 9)), levels=1)
    assert found["n_posts"].tolist() == [10]
    assert found["start"].tolist() == found["end"].tolist() == [at("2026-03-01T02:00:00Z")]


def test_even_gaps_have_no_burst_and_short_streams_are_counted() -> None:
    found = analysis.bursts(posts(*stream([n * 60 for n in range(50)]), *stream([1, 2, 3], "b")))
    assert len(found) == 0
    assert found.attrs["counts"]["too_few"] == 3
    assert list(found.columns)[:6] == ["actor", "actor_handle", "level", "start", "end", "n_posts"]


def test_interactions_are_read_by_actor_and_kind() -> None:
    spots = [n * 86_400 for n in range(12)] + [500 + n for n in range(12)]
    rows = [
        act((START + timedelta(seconds=s)).isoformat(), "x", kind=kind)
        for s, kind in itertools.product(spots, ("reply", "like"))
    ]
    found = analysis.bursts(interactions(*rows), kinds=["reply"], levels=1)
    assert found["actor"].tolist() == ["x"]
    assert found["n_posts"].tolist() == [13]
    assert found.attrs["counts"]["other_kinds"] == len(spots)


@pytest.mark.parametrize(
    "wrong", [{"s": 1.0}, {"gamma": -1}, {"levels": 0}, {"floor_s": 0}, {"gamma": float("nan")}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        analysis.bursts(posts(), **wrong)  # type: ignore[arg-type]  # whatever a notebook passes


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 5000)), st.sampled_from(["a", "ب", "ไทย", "日本", "🙂"])
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_any_order_of_rows_gives_the_same(rows: list[tuple[int | None, str]], rng: Random) -> None:
    made = posts(
        *(
            post(None if s is None else (START + timedelta(seconds=s)).isoformat(), author)
            for s, author in rows
        )
    )
    mixed = made.iloc[rng.sample(range(len(made)), len(made))]
    one = analysis.bursts(made, min_posts=2, gamma=0.1)
    other = analysis.bursts(mixed, min_posts=2, gamma=0.1)
    pd.testing.assert_frame_equal(one, other)
    assert one.attrs == other.attrs
