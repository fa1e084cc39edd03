"""Silences: the arithmetic beside plain loops, the open gap, and what a missing baseline says."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import at, post, posts
from workbench import analysis

START = datetime(2026, 3, 1, tzinfo=UTC)


def daily(count: int, author: str = "a") -> list[dict[str, object]]:
    return [post((START + timedelta(days=n)).isoformat(), author) for n in range(count)]


def test_a_week_of_silence_after_daily_posts_is_found_first() -> None:
    found = analysis.silence(posts(*daily(10), *daily(18, "b")), until=at("2026-03-18T00:00:00Z"))
    first = found.iloc[0]
    assert (first["author"], first["author_handle"], first["open"]) == ("a", "a@town", True)
    assert (first["gap_start"], first["gap_end"]) == (at("2026-03-10T00:00:00Z"), at("2026-03-18T00:00:00Z"))
    assert (first["hours"], first["baseline_p95"], first["ratio"], first["baseline_gaps"]) == (192, 24, 8, 9)
    assert first["exhibits"] == ("2026-0417-E0009#/0",)


def test_the_end_of_the_time_looked_at_is_the_last_capture_and_is_cited() -> None:
    again = post(
        START.isoformat(), entity_id="thing-0", captured_at="2026-03-30T00:00:00Z", exhibit="2026-0417-E0050"
    )
    found = analysis.silence(posts(*daily(10), again))
    gap = found[found["open"]].iloc[0]
    assert gap["gap_end"] == at("2026-03-30T00:00:00Z")
    assert gap["exhibits"] == ("2026-0417-E0009#/0", "2026-0417-E0050")


def test_files_given_to_us_are_no_look_at_the_account() -> None:
    seen = posts(*daily(10), *daily(10, "b"))
    given_to_us = pd.DataFrame({"exhibit": seen["exhibit"].str.partition("#")[0]}).drop_duplicates()
    given_to_us["source"] = "import-0001"
    first = given_to_us["exhibit"].iloc[0]
    given_to_us.loc[given_to_us["exhibit"] == first, "source"] = "capture-0001"  # a, looked at once
    found = analysis.silence(seen, exhibits=given_to_us)
    usual = analysis.silence(seen)
    assert usual["open"].sum() == 2
    assert found[found["open"]]["author"].tolist() == ["b", "a"]
    never, looked = found[found["open"]].iloc[0], found[found["open"]].iloc[1]
    assert looked["gap_end"] == seen["captured_at"].iloc[0]
    assert never[["gap_end", "hours", "ratio"]].isna().all()
    assert "given to us" in never["note"]
    assert never["exhibits"] == ("2026-0417-E0019#/0",)
    assert analysis.silence(seen, exhibits=given_to_us, until="2026-04-01T00:00:00Z")["gap_end"].notna().all()


def test_of_accounts_that_only_files_tell_of_the_last_sign_comes_first() -> None:
    # By name "a" is first; but "b" was heard of later, and that parts before from after.
    seen = posts(*daily(10), *daily(12, "b"))
    given_to_us = pd.DataFrame({"exhibit": seen["exhibit"].str.partition("#")[0]}).drop_duplicates()
    given_to_us["source"] = "import-0001"
    found = analysis.silence(seen, exhibits=given_to_us)
    assert found[found["open"]]["author"].tolist() == ["b", "a"]
    assert found.iloc[0]["gap_start"] == found["gap_start"].max()


def test_too_few_gaps_give_no_baseline_but_are_not_hidden() -> None:
    found = analysis.silence(posts(*daily(3)), until="2026-03-18T00:00:00Z")
    assert len(found) == 1
    assert np.isnan(found["ratio"].iloc[0])
    assert np.isnan(found["robust_z"].iloc[0])
    assert "too few" in found["note"].iloc[0]


def test_posts_all_at_once_give_no_ratio_and_no_warning() -> None:
    found = analysis.silence(
        posts(*(post(START.isoformat()) for _ in range(9))), until="2026-03-02T00:00:00Z"
    )
    assert found["hours"].tolist() == [24]
    assert np.isnan(found["ratio"].iloc[0])


def test_no_gap_is_open_when_the_time_looked_at_ends_before_the_last_post() -> None:
    found = analysis.silence(posts(*daily(10)), until="2026-03-05T00:00:00Z")
    assert not found["open"].any()


def test_robust_z_is_iglewicz_and_hoaglins() -> None:
    hours = [1, 2, 4, 8, 16, 400]
    times = [START + timedelta(hours=sum(hours[:n])) for n in range(len(hours) + 1)]
    found = analysis.silence(posts(*(post(time.isoformat()) for time in times)), until=times[-1], min_gaps=3)
    logs = np.log(np.array(hours) + 1 / 3600)
    median = statistics.median(logs)
    spread = statistics.median(abs(logs - median))
    assert found["hours"].iloc[0] == 400
    assert found["robust_z"].iloc[0] == pytest.approx(0.6745 * (logs[-1] - median) / spread)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=25, unique=True), st.integers(1, 3_000))
@settings(max_examples=60, deadline=None)
def test_each_gap_is_measured_against_the_others(minutes: list[int], rest: int) -> None:
    times = [START + timedelta(minutes=minute) for minute in sorted(minutes)]
    until = times[-1] + timedelta(minutes=rest)
    found = analysis.silence(
        posts(*(post(time.isoformat()) for time in times)), until=until, top=99, min_gaps=1
    )
    gaps = [(b - a).total_seconds() / 3600 for a, b in pairwise(times)]
    expected = sorted(
        round(gap / float(np.quantile([*gaps[:n], *gaps[n + 1 :]], 0.95)), 9)
        for n, gap in enumerate(gaps)
        if len(gaps) > 1 and gap >= np.quantile([*gaps[:n], *gaps[n + 1 :]], 0.95)
    )
    closed = found[~found["open"]]
    assert [round(ratio, 9) for ratio in sorted(closed["ratio"])] == pytest.approx(expected)
    still = found[found["open"]].iloc[0]
    assert still["hours"] == pytest.approx(rest / 60)
    if gaps:
        assert still["baseline_p95"] == pytest.approx(np.quantile(gaps, 0.95))


def test_a_pause_among_posts_sent_together_is_given_and_said_to_have_no_ratio() -> None:
    together = [post("2026-03-01T00:00:00Z", entity_id=f"p{number}") for number in range(30)]
    table = posts(*together, post("2026-03-10T00:00:00Z", entity_id="q"))
    found = analysis.silence(table, until="2026-03-20T00:00:00Z")
    assert found[["open", "hours"]].to_numpy().tolist() == [[True, 240.0], [False, 216.0]]
    # Beside the pause itself there are 29 gaps of no length; beside the open one the pause, too.
    assert found["baseline_p95"].tolist() == [0.0, 0.0]
    assert found["ratio"].isna().all()
    assert all("no length" in note for note in found["note"])
