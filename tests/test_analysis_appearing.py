"""Co-appearance: pairs beside a plain loop and beside networkx's projection, crowds left out."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions, post, posts
from tests.looks_kit import carried, file, files, media
from workbench import analysis
from workbench.errors import UsageError

A = 0x0123_4567_89AB_CDEF


def test_who_is_named_on_the_same_picture_appears_together() -> None:
    acts = interactions(
        act("2026-03-01T10:00:00Z", "p", "a", post="one"),
        act("2026-03-01T10:00:00Z", "p", "b", post="one"),
        act("2026-03-02T10:00:00Z", "q", "b", post="two"),
        act("2026-03-02T10:00:00Z", "q", "c", post="two"),
        act("2026-03-03T10:00:00Z", "q", "a", post="bare"),
        act("2026-03-03T10:00:00Z", "q", "b", post="bare"),
        act("2026-03-03T10:00:00Z", "q", "c", "like", post="bare"),
    )
    shown = media(carried("one", sha256="x"), carried("two", sha256="x"))
    found = analysis.co_appearance(acts, shown, posts(post(None, "p", entity_id="one")))
    assert found[["a", "b", "how", "n"]].to_numpy().tolist() == [
        ["a", "b", "named together", 2],
        ["a", "c", "named together", 1],
        ["b", "c", "named together", 1],
    ]
    assert found["media"].tolist() == [("bare", "sha256:x"), ("sha256:x",), ("sha256:x",)]
    pair = found.iloc[0]
    assert (pair["first"], pair["last"]) == (at("2026-03-01T10:00:00Z"), at("2026-03-03T10:00:00Z"))
    assert pair["exhibit_count"] == 4
    assert (pair["a_handle"], pair["b_handle"]) == ("a@town", "b@town")
    assert found.attrs["counts"]["other_kinds"] == 1


def test_who_posted_the_same_or_nearly_the_same_appears_together() -> None:
    held = files(file("x", A), file("y", A ^ 1))
    told = posts(
        post("2026-03-01T00:00:00Z", "a", entity_id="1"),
        post("2026-03-01T00:00:00Z", "b", entity_id="2"),
        post("2026-03-01T00:00:00Z", "c", entity_id="3", kind="repost"),
    )
    shown = media(carried("1", sha256="x"), carried("2", sha256="y"), carried("3", sha256="x"))
    none = analysis.co_appearance(interactions(), shown, told, media_files=held)
    assert len(none) == 0
    near = analysis.near_duplicates(held)
    found = analysis.co_appearance(interactions(), shown, told, media_files=held, near=near)
    assert found[["a", "b", "how", "n"]].to_numpy().tolist() == [["a", "b", "posted the same", 1]]


def test_a_crowd_makes_no_pairs_and_is_counted() -> None:
    acts = interactions(*(act(None, "p", f"n{n}", post="rally") for n in range(6)))
    found = analysis.co_appearance(acts, media(), posts(), most=5)
    assert len(found) == 0
    assert found.attrs["counts"]["crowded"] == 6
    assert len(analysis.co_appearance(acts, media(), posts(), most=6)) == 15


@given(st.lists(st.tuples(st.sampled_from("ab文д\u202e"), st.sampled_from(["1", "2", "3"])), max_size=25))
@settings(max_examples=40, deadline=None)
def test_pairs_are_those_of_networkx(rows: list[tuple[str, str]]) -> None:
    acts = interactions(*(act("2026-03-01T00:00:00Z", "poster", name, post=thing) for name, thing in rows))
    found = analysis.co_appearance(acts, media(), posts())
    graph: nx.Graph[object] = nx.Graph([("nobody", "no post"), *((n, ("post", thing)) for n, thing in rows)])
    people = sorted({name for name, _ in rows})
    projected = nx.bipartite.weighted_projected_graph(graph, people)
    expected = {
        (a, b): projected.edges[a, b]["weight"]
        for a, b in combinations(people, 2)
        if projected.has_edge(a, b)
    }
    assert {(row.a, row.b): row.n for row in found.itertuples()} == expected
    turned = analysis.co_appearance(acts.iloc[::-1], media(), posts())
    pd.testing.assert_frame_equal(found, turned)


def test_kinds_are_those_asked_for() -> None:
    acts = interactions(act(None, "p", "a", post="1"), act(None, "p", "b", "reply", post="1"))
    assert len(analysis.co_appearance(acts, media(), posts(), kinds=["mention", "reply"])) == 1
    with pytest.raises(UsageError, match="list"):
        analysis.co_appearance(acts, media(), posts(), kinds="mention")
