"""Shared contacts: equal to networkx's measures, hubs cut and said, reasons on both sides."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, interactions
from workbench import analysis
from workbench.analysis import sharing

WHEN = "2026-03-01T10:00:00Z"
ACCOUNTS = ["a", "b", "c", "d", "e", "ف", "ไทย", "日本"]


def table(*pairs: tuple[str, str]) -> pd.DataFrame:
    return interactions(*(act(WHEN, actor, target) for actor, target in pairs))


@given(
    st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS)), max_size=30),
    st.sampled_from([2, 3, 1000]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_measures_are_those_of_networkx_in_any_order(
    pairs: list[tuple[str, str]], hub: int, rng: Random
) -> None:
    made = table(*pairs)
    mixed = made.iloc[rng.sample(range(len(made)), len(made))]
    one = analysis.shared_contacts(made, at_least=1, hub=hub)
    pd.testing.assert_frame_equal(one, analysis.shared_contacts(mixed, at_least=1, hub=hub))
    graph: nx.Graph[Any] = nx.Graph(pair for pair in pairs if pair[0] != pair[1])
    hubs = [node for node, degree in graph.degree() if degree > hub]
    graph.remove_nodes_from(hubs)
    assert one.attrs["counts"]["hubs"] == len(hubs)
    expected = {
        (a, b): set(nx.common_neighbors(graph, a, b))
        for a, b in combinations(sorted(graph), 2)
        if any(nx.common_neighbors(graph, a, b))
    }
    found = {(row["a"], row["b"]): row for row in one.to_dict(orient="records")}
    assert set(found) == set(expected)
    for (a, b), row in found.items():
        assert row["n_common"] == len(expected[a, b])
        assert set(row["contacts"]) == {f"{name}@town" for name in expected[a, b]}
        ((_, _, adamic_adar),) = nx.adamic_adar_index(graph, [(a, b)])
        ((_, _, jaccard),) = nx.jaccard_coefficient(graph, [(a, b)])
        assert row["adamic_adar"] == pytest.approx(adamic_adar)
        assert row["similarity"] == pytest.approx(jaccard)
        assert row["in_touch"] == graph.has_edge(a, b)
        assert (row["contacts_a"], row["contacts_b"]) == (graph.degree(a), graph.degree(b))


def test_only_pairs_with_the_asked_ones_are_given_each_once() -> None:
    made = table(("a", "x"), ("b", "x"), ("c", "x"), ("a", "y"), ("b", "y"), ("y", "c"))
    every = analysis.shared_contacts(made)
    assert every[["a", "b"]].to_numpy().tolist() == [["x", "y"], ["a", "b"], ["a", "c"], ["b", "c"]]
    asked = analysis.shared_contacts(made, accounts="@C@town")
    assert asked[["a", "b"]].to_numpy().tolist() == [["a", "c"], ["b", "c"]]
    both = analysis.shared_contacts(made, accounts=["c", "b"])
    assert both[["a", "b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]


def test_the_interactions_with_the_common_contacts_are_cited() -> None:
    made = table(("a", "x"), ("x", "a"), ("b", "x"), ("a", "y"), ("b", "y"), ("a", "z"), ("q", "y"))
    row = analysis.shared_contacts(made, accounts=["a"]).iloc[0]
    assert (row["a"], row["b"], row["contacts"]) == ("a", "b", ("x@town", "y@town"))
    assert row["exhibits"] == tuple(f"2026-0417-E000{n}#/0" for n in range(5))
    assert row["exhibit_count"] == 5


def test_reasons_stand_on_both_sides() -> None:
    made = table(("a", "x"), ("b", "x"), ("a", "y"), ("b", "y"), ("a", "b"))
    row = analysis.shared_contacts(made, accounts=["a"]).set_index("b").loc["b"]
    assert row["reasons_for"] == (
        "in touch with 2 of the same accounts",
        "of these, 2 in touch with nobody else",
        "in touch with each other",
    )
    assert row["reasons_against"] == (
        "one of them has fewer than 5 contacts captured",
        "people of one school, town or family share contacts",
    )


def test_a_hub_is_cut_but_never_one_that_is_asked_for() -> None:
    pairs = [("star", f"n{n}") for n in range(30)]
    assert len(analysis.shared_contacts(table(*pairs), at_least=1, hub=10)) == 0
    kept = analysis.shared_contacts(
        table(*pairs, ("n0", "n1"), ("x", "n0"), ("x", "n1")), accounts="star", hub=10
    )
    assert kept[["a", "b", "n_common"]].to_numpy().tolist() == [["star", "x", 2]]


def test_what_would_make_too_many_pairs_is_cut_from_the_greatest_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "MOST_PAIRS", 50)
    pairs = [("big", f"n{n}") for n in range(9)] + [("small", f"n{n}") for n in range(3)]
    found = analysis.shared_contacts(table(*pairs), at_least=1)
    assert found.attrs["counts"]["hubs"] == 1
    assert set(found["contacts"]) == {("small@town",)}


def test_the_rest_is_counted() -> None:
    made = table(*((one, "x") for one in "abcdef"))
    found = analysis.shared_contacts(made, at_least=1, top=4)
    assert (len(found), found.attrs["counts"]["not_shown"]) == (4, 11)


def test_kinds_and_contacts_with_oneself_are_left_out() -> None:
    rows: list[dict[str, Any]] = [act(WHEN, "a", "x", "like"), act(WHEN, "b", "x"), act(WHEN, "a", "a")]
    found = analysis.shared_contacts(interactions(*rows), kinds=["mention"], at_least=1)
    assert len(found) == 0
    assert found.attrs["counts"] | {"other_kinds": 1, "to_self": 1} == found.attrs["counts"]
