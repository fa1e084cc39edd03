"""The captured accounts at one look: named ones first, then by plain counts of what was captured."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, interactions, made, post, posts
from workbench import analysis

NAMES = ("ann", "bob", "cy", "dee")
SHOWN = ["entity_id", "named_as", "acts_towards", "captured_posts", "captured_acts"]


def profiles(*names: str) -> pd.DataFrame:
    return made("accounts", [{"entity_id": name, "handle": f"@{name}@town"} for name in names])


def test_named_accounts_come_in_the_order_of_their_names_and_then_the_most_acts() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", "ann", "me", post="p1"),
        act("2026-03-01T00:00:00Z", "ann", "me", "reply", post="p1"),
        act("2026-03-01T00:00:00Z", "ann", "dee", "mention", post="p1"),
        act("2026-03-02T00:00:00Z", "bob", "me", post="p2"),
        act("2026-03-03T00:00:00Z", "bob", "me", post="p3"),
        act("2026-03-03T00:00:00Z", "bob", "me", "like"),
    )
    written = posts(*(post("2026-03-01T00:00:00Z", "cy") for _ in range(9)))
    found = analysis.account_overview(
        profiles("ann", "bob", "cy", "dee", "me"),
        written,
        table,
        named={"complainant": ["@me"], "noted": ["dee", "me"]},
        target="@me@town",
    )
    assert found[SHOWN].to_numpy().tolist() == [
        ["me", "complainant, noted", 0, 0, 0],
        ["dee", "noted", 0, 0, 0],
        ["bob", "", 2, 0, 3],
        ["ann", "", 1, 0, 1],
        ["cy", "", 0, 9, 0],
    ]
    assert found.attrs["order"].startswith("accounts that the case names (2), then the others by acts")


def test_an_account_is_listed_once_as_last_captured_and_counted_under_its_handle_too() -> None:
    rows = [
        {"entity_id": "1", "handle": "@old@town", "captured_at": "2026-03-01T00:00:00Z", "name": "Old"},
        {"entity_id": "1", "handle": "@new@town", "captured_at": "2026-03-02T00:00:00Z", "name": "New"},
    ]
    by_handle = {"author": "", "author_handle": "@new@town"}
    written = posts(post("2026-03-01T00:00:00Z", "1"), post("2026-03-01T00:00:00Z") | by_handle)
    found = analysis.account_overview(made("accounts", rows), written, interactions())
    assert found[["name", "captured_posts"]].to_numpy().tolist() == [["New", 2]]
    assert found.attrs["counts"]["repeated"] == 1


@settings(deadline=None, max_examples=40)
@given(
    acted=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20),
    written=st.lists(st.sampled_from(NAMES), max_size=20),
)
def test_the_counts_are_those_of_plain_loops(acted: list[tuple[str, str]], written: list[str]) -> None:
    table = interactions(*(act("2026-03-01T00:00:00Z", a, b) for a, b in acted))
    wrote = posts(*(post("2026-03-01T00:00:00Z", name) for name in written))
    found = analysis.account_overview(profiles(*NAMES), wrote, table, target="ann")
    towards = Counter(a for a, b in acted if b == "ann" and a != "ann")
    acts, said = Counter(a for a, _ in acted), Counter(written)
    most_first = sorted(NAMES, key=lambda name: (-towards[name], -said[name], -acts[name], name))
    expected = [[name, towards[name], said[name], acts[name]] for name in most_first]
    assert found[["entity_id", *SHOWN[2:]]].to_numpy().tolist() == expected
