"""Hours in common: reckoned as by hand, with reasons both ways, and on the town as its key says."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.analysis_kit import post, posts
from workbench import analysis
from workbench.errors import UsageError


def _active(*rows: tuple[str, int]) -> pd.DataFrame:
    told = posts(*(post(f"2026-01-{1 + n:02d}T{hour:02d}:00:00Z", who) for n, (who, hour) in enumerate(rows)))
    return analysis.active_hours(told, zone="UTC")


def test_the_lesser_shares_of_each_hour_are_added_up() -> None:
    active = _active(
        ("a", 1), ("a", 1), ("a", 1), ("a", 7), ("b", 1), ("b", 7), ("c", 1), ("c", 9), ("d", 12)
    )
    found = analysis.shared_hours(active, accounts=["@A@town"])
    assert found[["a", "b", "similarity", "posts_a", "posts_b"]].to_numpy().tolist() == [
        ["a", "b", 0.75, 4, 2],
        ["a", "c", 0.5, 4, 2],
        ["a", "d", 0.0, 4, 1],
    ]
    assert found["reasons_for"].tolist() == [
        ("2 hours of the day in common",),
        ("1 hour of the day in common",),
        (),
    ]
    assert all("fewer than 30" in reasons[0] for reasons in found["reasons_against"])
    # The hours in common first: three of a's posts and one of c's.
    assert found["exhibit_count"].tolist() == [6, 6, 5]
    cited = [cite.partition("-E")[2] for cite in found["exhibits"].tolist()[1]]
    assert cited == [f"000{n}#/0" for n in (0, 1, 2, 6, 3, 7)]


def test_nobody_to_compare_and_another_table() -> None:
    assert len(analysis.shared_hours(_active(("a", 1)), accounts=["a"])) == 0
    assert len(analysis.shared_hours(pd.DataFrame(), accounts=["a"])) == 0
    with pytest.raises(UsageError, match="no hours"):
        analysis.shared_hours(posts(post("2026-01-01T00:00:00Z")), accounts=["a"])
