"""Those whom a case names: first in a long result, or the only ones whose rows are shown; the rest is counted."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, interactions
from workbench import analysis
from workbench.errors import UsageError

NAMES = ("ann", "bob", "cy", "dee", "eve")


def acted(*pairs: tuple[str, str]) -> pd.DataFrame:
    rows = [act(f"2026-03-{1 + n:02d}T00:00:00Z", a, b, kind="reply") for n, (a, b) in enumerate(pairs)]
    return interactions(*rows)


def test_named_accounts_stand_first_and_each_part_keeps_its_order() -> None:
    many = [(name, "me") for name in ("ann", "ann", "ann", "bob", "bob", "cy")]
    found = analysis.pattern(acted(*many), target="me")
    assert found["actor"].tolist() == ["ann", "bob", "cy"]
    named = {"complainant": ["me"], "asked for": ["@CY@town"]}
    first = analysis.named_first(found, named=named, by=("actor", "actor_handle"))
    assert first["actor"].tolist() == ["cy", "ann", "bob"]
    told = "rows of accounts that the case names (1) before all others; most occasions first, then most posts"
    assert first.attrs["order"] == told
    everywhere = analysis.named_first(
        found, named=named
    )  # the target's column names the complainant in each row
    assert everywhere["actor"].tolist() == ["ann", "bob", "cy"]


def test_nobody_named_leaves_the_order_and_its_words() -> None:
    found = analysis.pattern(acted(("ann", "me"), ("bob", "me")), target="me")
    same = analysis.named_first(found, named=[])
    pd.testing.assert_frame_equal(same, found)
    assert same.attrs["order"] == "most occasions first, then most posts"


def test_a_handle_without_server_and_an_account_known_by_handle_alone_are_found() -> None:
    table = pd.DataFrame({"who": ["x.com/accounts/1", "x:@Ann", "a.test/u; b.test/ann@far"], "n": [1, 2, 3]})
    assert analysis.named_first(table, named=["ann"], by=("who",))["n"].tolist() == [2, 1, 3]
    assert analysis.named_first(table, named=["b.test/ann@far"], by=("who",))["n"].tolist() == [3, 1, 2]


def test_one_name_in_place_of_a_list_and_a_column_that_is_not_there_are_refused() -> None:
    table = pd.DataFrame({"who": ["ann"]})
    with pytest.raises(UsageError, match="named"):
        analysis.named_first(table, named="ann")
    with pytest.raises(UsageError, match="complainant"):
        analysis.named_first(table, named={"complainant": "ann"})
    with pytest.raises(UsageError, match="columns"):
        analysis.named_first(table, named=["ann"], by=("actor",))
    with pytest.raises(UsageError, match="columns"):
        analysis.holding(table, named=["ann"], part="community")


def test_parts_without_a_named_account_are_left_out_and_counted() -> None:
    circles = [("ann", "bob"), ("bob", "cy"), ("cy", "ann"), ("dee", "eve"), ("eve", "dee")]
    found = analysis.groups(acted(*circles))
    kept = analysis.holding(found, named=["cy"], part="community")
    assert kept["node"].tolist() == ["cy", "ann", "bob"]
    assert kept.attrs["counts"]["unnamed"] == 2
    told = analysis.said(kept)
    assert "2 results without an account that the case names, 1 part without any such account" in told
    assert "unnamed" not in found.attrs["counts"]


@settings(deadline=None, max_examples=40)
@given(
    pairs=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12),
    named=st.sets(st.sampled_from(NAMES)),
)
def test_what_holds_a_named_account_is_what_a_plain_look_finds(
    pairs: list[tuple[str, str]], named: set[str]
) -> None:
    found = analysis.ties(acted(*pairs))
    kept = analysis.holding(found, named=sorted(named))
    plain = [(a, b) for a, b in zip(found["a"], found["b"], strict=True) if {a, b} & named]
    assert list(zip(kept["a"], kept["b"], strict=True)) == plain
    assert kept.attrs["counts"]["unnamed"] == len(found) - len(plain)
    first = analysis.named_first(found, named=sorted(named))
    rest = [(a, b) for a, b in zip(found["a"], found["b"], strict=True) if not {a, b} & named]
    assert list(zip(first["a"], first["b"], strict=True)) == plain + rest
