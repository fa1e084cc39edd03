"""New and mutual contacts: first captured contact, both ways, against plain loops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions
from workbench import analysis
from workbench.errors import UsageError

BEFORE = "2026-03-20T00:00:00-04:00"


def test_new_is_whose_first_contact_falls_in_the_days_before() -> None:
    table = interactions(
        act("2026-01-01T10:00:00Z", "a", "old"),
        act("2026-03-18T10:00:00Z", "a", "old"),
        act("2026-03-15T16:00:00Z", "new", "a", "reply"),
        act("2026-03-16T10:00:00Z", "a", "new"),
        act("2026-03-19T04:00:00Z", "a", "newer", "follow"),
        act("2026-03-20T04:00:00Z", "a", "later"),
        act("2026-03-19T10:00:00Z", "b", "c"),
    )
    found = analysis.new_contacts(table, person="a", before=BEFORE, days=7)
    columns = ["peer", "first_direction", "first_kind", "n_out", "n_in", "mutual", "days_before"]
    assert found[columns].to_numpy().tolist() == [
        ["newer", "out", "follow", 1, 0, False, 1.0],
        ["new", "in", "reply", 1, 1, True, 4.5],
    ]
    assert found["record_days"].tolist() == [76.75, 73.25]
    assert found["exhibits"].tolist()[1] == ("2026-0417-E0002#/0", "2026-0417-E0003#/0")
    assert found.attrs["counts"]["out_of_window"] == 1
    assert analysis.new_contacts(table, person="a", before=BEFORE, days=2)["peer"].tolist() == ["newer"]


def test_a_peer_with_an_undated_act_may_be_older_and_is_counted() -> None:
    table = interactions(act(None, "a", "b"), act("2026-03-19T10:00:00Z", "a", "b"))
    found = analysis.new_contacts(table, person="a", before=BEFORE)
    assert found.empty
    assert "1 without a usable time, 1 of accounts with an act that may be older" in analysis.said(found)


def test_mutual_contacts_went_both_ways() -> None:
    table = interactions(
        act("2026-03-01T10:00:00Z", "a", "b"),
        act("2026-03-02T10:00:00Z", "b", "a"),
        act("2026-03-03T10:00:00Z", "a", "c"),
        act("2026-03-04T10:00:00Z", "c", "a"),
    )
    found = analysis.mutual_contacts(table, person="a")
    assert found[["peer", "n_out", "n_in"]].to_numpy().tolist() == [["c", 1, 1], ["b", 1, 1]]
    assert found["last"].iloc[0] == at("2026-03-04T10:00:00Z")
    assert analysis.mutual_contacts(table, person="a", until="2026-03-03T12:00:00Z")["peer"].tolist() == ["b"]


def test_less_than_a_day_and_a_time_without_zone_are_refused() -> None:
    with pytest.raises(UsageError, match="counted in days"):
        analysis.new_contacts(interactions(), person="a", before=BEFORE, days=0)
    with pytest.raises(UsageError, match="needs its zone"):
        analysis.new_contacts(interactions(), person="a", before="2026-03-20")


def test_nothing_gives_nothing_with_all_columns() -> None:
    for found in (
        analysis.new_contacts(interactions(), person="a", before=BEFORE),
        analysis.mutual_contacts(interactions(), person="a"),
    ):
        assert found.empty
        assert {"peer", "first", "n_in", "exhibits", "method", "parameters"} <= set(found.columns)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 28), st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=20),
    st.integers(1, 20),
)
def test_they_are_what_plain_loops_find(drawn: list[tuple[int, str, str]], days: int) -> None:
    rows = [act(f"2026-03-{day:02d}T12:00:00Z", one, other) for day, one, other in drawn]
    moment = 20
    first: dict[str, int] = {}
    ways: dict[str, set[str]] = {}
    for day, one, other in drawn:
        peer, way = (other, "out") if one == "a" else (one, "in")
        if "a" in (one, other) and one != other and day < moment:
            first[peer] = min(first.get(peer, 99), day)
            ways.setdefault(peer, set()).add(way)
    end = f"2026-03-{moment:02d}T00:00:00Z"
    found = analysis.new_contacts(interactions(*rows), person="a", before=end, days=days)
    assert set(found["peer"]) == {peer for peer, day in first.items() if day >= moment - days}
    both = analysis.mutual_contacts(interactions(*rows), person="a", until=end)
    assert set(both["peer"]) == {peer for peer, seen in ways.items() if len(seen) == 2}


def test_contact_both_ways_can_be_looked_at_account_by_account() -> None:
    acts = interactions(
        act("2026-03-01T10:00:00Z", "a", "x"),
        act("2026-03-02T10:00:00Z", "x", "b"),
        act("2026-03-03T10:00:00Z", "a", "b"),
        act("2026-03-04T10:00:00Z", "b", "a"),
    )
    joined = analysis.mutual_contacts(acts, person=("a", "b"))
    assert joined["peer"].tolist() == ["x"]
    apart = analysis.mutual_contacts(acts, person=("a", "b"), apart=True)
    assert apart[["account", "peer", "n_out", "n_in"]].to_numpy().tolist() == [
        ["b", "a", 1, 1],
        ["a", "b", 1, 1],
    ]
