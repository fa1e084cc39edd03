"""Ties, the graph and its edges: one count told three ways, cut before building, filled as networkx would."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions
from workbench import analysis
from workbench.analysis.networks import FOR_A_PERSON
from workbench.errors import UsageError

NAMES = ["a", "b", "c", "мира", "文字", "\u202ex"]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(["reply", "like"]),
        st.sampled_from([None, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]),
    ),
    max_size=30,
)


def table(rows: list[tuple[str, str, str, str | None]]) -> pd.DataFrame:
    return interactions(*(act(when, a, b, kind) for a, b, kind, when in rows))


def test_a_tie_says_who_how_often_when_and_from_which_bytes() -> None:
    found = analysis.ties(
        interactions(
            act("2026-03-02T10:00:00Z"),
            act("2026-03-01T10:00:00Z"),
            act(None),
            act("2026-03-03T10:00:00Z", kind="like"),
            act("2026-03-03T10:00:00Z", "b", "b"),
        )
    )
    tie = found.iloc[0]
    assert (tie["a"], tie["a_handle"], tie["b"], tie["b_handle"]) == ("a", "a@town", "b", "b@town")
    assert (tie["kind"], tie["n"], tie["n_undated"]) == ("mention", 3, 1)
    assert (tie["first"], tie["last"]) == (at("2026-03-01T10:00:00Z"), at("2026-03-02T10:00:00Z"))
    assert tie["exhibits"] == ("2026-0417-E0001#/0", "2026-0417-E0000#/0", "2026-0417-E0002#/0")
    assert found["kind"].tolist() == ["mention", "like"]
    assert found.attrs["counts"]["to_self"] == 1


def test_why_a_tie_matters_is_left_to_a_person() -> None:
    found = analysis.ties(interactions(act(None), act(None, "b", "c")))
    assert found[list(FOR_A_PERSON)].to_numpy().tolist() == [[""] * 4] * 2


@given(ACTS)
@settings(max_examples=40, deadline=None)
def test_ties_graph_and_edges_count_what_a_plain_loop_counts(
    rows: list[tuple[str, str, str, str | None]],
) -> None:
    apart = [row for row in rows if row[0] != row[1]]
    ties = analysis.ties(table(rows)).set_index(["a", "b", "kind"])
    assert ties["n"].to_dict() == dict(Counter(row[:3] for row in apart))
    times: dict[Any, list[pd.Timestamp]] = defaultdict(list)
    for a, b, kind, when in apart:
        times[a, b, kind] += [at(when)] if when else []
    for key, held in times.items():
        tie = ties.loc[key]
        assert tie["n_undated"] == ties.loc[key, "n"] - len(held)
        assert (tie["first"], tie["last"]) == (min(held), max(held)) if held else pd.isna(tie["first"])
    edges = analysis.interaction_edges(table(rows))
    weights = {
        (edges.nodes[a], edges.nodes[b]): n
        for a, b, n in zip(edges.source, edges.target, edges.weight, strict=True)
    }
    assert weights == dict(Counter(row[:2] for row in apart))
    assert edges.nodes == sorted({name for row in apart for name in row[:2]})


@given(ACTS)
@settings(max_examples=30, deadline=None)
def test_the_graph_is_filled_as_networkx_fills_it(rows: list[tuple[str, str, str, str | None]]) -> None:
    graph = analysis.interaction_network(table(rows))
    again: Any = nx.MultiDiGraph(**graph.graph)
    again.add_nodes_from(graph.nodes(data=True))
    again.add_edges_from(graph.edges(keys=True, data=True))
    assert nx.utils.graphs_equal(graph, again)
    assert {node: dict(graph.pred[node]) for node in graph} == {
        node: dict(again.pred[node]) for node in again
    }
    graph.remove_nodes_from(list(graph))
    assert graph.number_of_edges() == 0


def test_a_part_is_cut_before_it_is_built() -> None:
    rows = table([("a", "b", "like", None), ("b", "c", "like", None), ("a", "d", "like", None)])
    cut = analysis.interaction_network(rows, among=["a", "b", "c", "nobody"])
    assert sorted(cut.edges()) == [("a", "b"), ("b", "c")]
    assert cut.graph["counts"]["not_among"] == 1
    whole = analysis.interaction_network(rows)
    assert dict(cut.edges["a", "b", "like"])["exhibits"] == whole.edges["a", "b", "like"]["exhibits"]


def test_edges_and_graph_measure_the_same() -> None:
    rows = table([("a", "b", "like", None), ("b", "a", "like", None), ("b", "c", "reply", None)])
    graph, edges = analysis.interaction_network(rows), analysis.interaction_edges(rows)
    for measure in (analysis.measures.core_numbers, analysis.measures.walk_shares):
        assert measure(graph) == pytest.approx(measure(edges))


def test_parameters_are_told_and_checked() -> None:
    rows = table([("a", "b", "like", "2026-03-01T00:00:00Z")])
    edges = analysis.interaction_edges(rows, kinds=["like"], until="2026-02-01T00:00:00Z")
    assert (len(edges), edges.nodes) == (0, [])
    assert edges.counts["out_of_window"] == 1
    assert '"kinds": ["like"]' in analysis.measures.core_numbers(edges).parameters
    with pytest.raises(UsageError, match="list"):
        analysis.ties(rows, kinds="like")


def test_ties_that_nobody_answered_are_those_of_one_direction_the_fewest_acts_first() -> None:
    table = interactions(
        *(act(f"2026-03-0{n}T00:00:00Z", "a", "b", kind) for n, kind in ((1, "reply"), (2, "mention"))),
        act("2026-03-03T00:00:00Z", "a", "c"),
        act("2026-03-04T00:00:00Z", "c", "a", "like"),
        act("2026-03-05T00:00:00Z", "d", "a"),
    )
    ties = analysis.ties(table)
    alone = analysis.one_way(ties)
    assert alone[["a", "b", "kind"]].to_numpy().tolist() == [
        ["d", "a", "mention"],
        ["a", "b", "mention"],
        ["a", "b", "reply"],
    ]
    assert alone.attrs["counts"] == ties.attrs["counts"]
    assert len(analysis.one_way(ties.iloc[:0])) == 0
    with pytest.raises(UsageError, match="no ties"):
        analysis.one_way(ties.drop(columns="n"))
