"""Both engines give equal answers, in any order of rows and however often; Zachary's club as published."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import networkit
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analysis import engines, measures
from workbench.analysis.edges import Edges, of_graph
from workbench.analysis.engines import Networkit, Networkx
from workbench.errors import UsageError


def karate() -> Any:
    return nx.karate_club_graph()


def cliques(count: int = 6, size: int = 7) -> Any:
    """Make a ring of cliques, each joined to the next by one edge: the division is beyond doubt."""
    return nx.ring_of_cliques(count, size)


GRAPHS: dict[str, Callable[[], Any]] = {
    "karate": karate,
    "cliques": cliques,
    "lesmis": nx.les_miserables_graph,
    "random": lambda: nx.gnm_random_graph(80, 200, seed=3),
    "directed": lambda: nx.gnp_random_graph(60, 0.05, seed=4, directed=True),
    "loops": lambda: nx.Graph([(0, 0), (0, 1), (1, 1), (2, 2)]),
    "alone": lambda: nx.empty_graph(5),
    "one": lambda: nx.empty_graph(1),
    "nothing": nx.Graph,
    "path": lambda: nx.path_graph(9, create_using=nx.DiGraph),
    "names": lambda: nx.Graph([("мира", "文字"), ("文字", "\u202ex"), ("", "a b")]),
}


@pytest.fixture(params=sorted(GRAPHS))
def edges(request: pytest.FixtureRequest) -> Edges:
    return of_graph(GRAPHS[request.param]())


def parts(numbers: Any) -> Any:
    return {frozenset(np.flatnonzero(numbers == each).tolist()) for each in set(numbers.tolist())}


def modularity(edges: Edges, numbers: Any) -> float:
    graph: Any = nx.Graph()
    graph.add_nodes_from(range(len(edges.nodes)))
    both = edges.both_ways()
    graph.add_weighted_edges_from(zip(both.source, both.target, both.weight, strict=True))
    return float(nx.community.modularity(graph, parts(numbers))) if len(both) else 0.0


def test_core_numbers_are_equal(edges: Edges) -> None:
    assert Networkit().cores(edges).tolist() == Networkx().cores(edges).tolist()


def test_components_are_equal(edges: Edges) -> None:
    assert parts(Networkit().components(edges)) == parts(Networkx().components(edges))


@pytest.mark.parametrize("damping", [0.0, 0.5, 0.85])
def test_walks_are_equal(edges: Edges, damping: float) -> None:
    one, other = (each.walks(edges, damping) for each in (Networkit(), Networkx()))
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert one.sum() == pytest.approx(1 if edges.nodes else 0)


def test_betweenness_of_all_nodes_is_equal(edges: Edges) -> None:
    if len(edges.nodes) < 3:
        return
    one, other = (each.between(edges, len(edges.nodes), 0) for each in (Networkit(), Networkx()))
    np.testing.assert_allclose(one, other, atol=1e-9)


def test_sampled_betweenness_is_near_the_exact_one() -> None:
    edges = of_graph(nx.connected_watts_strogatz_graph(200, 6, 0.2, seed=2))
    exact = Networkx().between(edges, 200, 0)
    for each in (Networkit(), Networkx()):
        sampled = each.between(edges, 100, 7)
        assert np.corrcoef(exact, sampled)[0, 1] > 0.9
        assert sampled.mean() == pytest.approx(exact.mean(), rel=0.25)


def test_communities_of_clear_structure_are_equal() -> None:
    edges = of_graph(cliques())
    expected = {frozenset(range(7 * each, 7 * each + 7)) for each in range(6)}
    number = {node: place for place, node in enumerate(edges.nodes)}
    planted = {frozenset(number[node] for node in part) for part in expected}
    assert parts(Networkit().communities(edges, 1.0, 0)) == planted
    assert parts(Networkx().communities(edges, 1.0, 0)) == planted


def test_communities_are_no_worse_divided(edges: Edges) -> None:
    ours, theirs = (modularity(edges, each.communities(edges, 1.0, 0)) for each in (Networkit(), Networkx()))
    assert ours >= theirs - 0.03


@pytest.mark.parametrize("kind", [Networkx, Networkit])
def test_a_repeated_run_gives_the_same(kind: Any, edges: Edges) -> None:
    first, second = (kind().communities(edges, 1.0, 5).tolist() for _ in range(2))
    assert first == second
    if len(edges.nodes) > 2:
        first, second = (kind().between(edges, 2, 5).tolist() for _ in range(2))
        assert first == second


def test_the_thread_count_of_the_process_is_left_as_it_was() -> None:
    before = networkit.getMaxNumberOfThreads()
    networkit.setNumberOfThreads(2)
    try:
        Networkit().cores(of_graph(karate()))
        assert networkit.getMaxNumberOfThreads() == 2
    finally:
        networkit.setNumberOfThreads(before)


def test_the_engine_is_chosen_by_the_number_of_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = of_graph(karate())
    assert isinstance(engines.engine(edges), Networkx)
    monkeypatch.setattr(engines, "LARGE", len(edges) - 1)
    assert isinstance(engines.engine(edges), Networkit)


@pytest.mark.parametrize("large", [0, 50_000])
def test_zacharys_club_as_published(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zachary, J. Anthropological Research 33, 1977: 34 members, 78 ties; known core, modularity and hubs."""
    monkeypatch.setattr(engines, "LARGE", large)
    graph = karate()
    core: dict[Any, Any] = measures.core_numbers(graph)
    assert sorted(node for node, k in core.items() if k == 4) == [0, 1, 2, 3, 7, 8, 13, 30, 32, 33]
    assert max(core.values()) == 4
    assert min(core.values()) == 1
    unweighted: Any = nx.Graph(list(graph.edges()))
    found = measures.communities(unweighted)
    division = [{n for n in found if found[n] == each} for each in set(found.values())]
    # The greatest modularity there is is 0.4198 (Brandes et al., IEEE TKDE 20(2), 2008).
    assert 0.40 < nx.community.modularity(unweighted, division) <= 0.4198
    between = measures.betweenness(unweighted, samples=34)
    # Freeman's values as given by Brandes and by UCINET: the instructor and the president lead.
    assert between[0] == pytest.approx(0.4376, abs=1e-4)
    assert between[33] == pytest.approx(0.3041, abs=1e-4)
    share = measures.walk_shares(unweighted)
    assert sorted(share, key=lambda node: -share[node])[:2] == [33, 0]
    assert share[33] == pytest.approx(0.10092, abs=1e-5)
    assert set(measures.components(graph).values()) == {0}


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4)), max_size=30),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_any_small_network_in_any_order(rows: list[tuple[int, int, int]], chance: Any) -> None:
    graph: Any = nx.MultiDiGraph()
    graph.add_nodes_from(range(9))
    graph.add_edges_from((a, b, {"n": n}) for a, b, n in rows)
    mixed: Any = nx.MultiDiGraph()
    nodes, more = list(range(9)), list(rows)
    chance.shuffle(nodes)
    chance.shuffle(more)
    mixed.add_nodes_from(nodes)
    mixed.add_edges_from((a, b, {"n": n}) for a, b, n in more)
    for measure in (measures.communities, measures.core_numbers, measures.components, measures.walk_shares):
        assert measure(graph) == pytest.approx(measure(mixed), abs=1e-12)
    edges = of_graph(graph)
    np.testing.assert_allclose(Networkit().walks(edges, 0.85), Networkx().walks(edges, 0.85), atol=1e-6)
    assert Networkit().cores(edges).tolist() == Networkx().cores(edges).tolist()
    assert parts(Networkit().components(edges)) == parts(Networkx().components(edges))


def test_parallel_edges_add_up_and_loops_are_left_out() -> None:
    graph: Any = nx.MultiDiGraph([("a", "b", {"n": 2}), ("a", "b", {"n": 3}), ("b", "a", {}), ("a", "a", {})])
    edges = of_graph(graph)
    assert list(zip(edges.source, edges.target, edges.weight, strict=True)) == [(0, 1, 5), (1, 0, 1)]
    both = edges.both_ways()
    assert list(zip(both.source, both.target, both.weight, strict=True)) == [(0, 1, 6)]
    assert both.both_ways() is both
    there = both.each_way()
    assert list(zip(there.source, there.target, there.weight, strict=True)) == [(0, 1, 6), (1, 0, 6)]
    assert there.each_way() is there


def test_no_value_comes_from_a_neighbour() -> None:
    """A label on one node changes nothing anywhere."""
    plain, marked = karate(), karate()
    marked.nodes[0]["label"] = "named in the predicate"
    combos = (measures.communities, measures.core_numbers, measures.walk_shares, measures.betweenness)
    for one, other in ((measure(plain), measure(marked)) for measure in combos):
        assert one == other


def test_values_tell_how_they_came_about() -> None:
    found = measures.betweenness(karate(), samples=10, seed=4)
    assert '"samples": 10' in repr(found)
    assert "seed 4" in repr(found)
    assert "34 nodes" in repr(found)
    assert measures.core_numbers(karate()).seed is None


def test_what_cannot_be_asked_is_refused() -> None:
    for ask in (
        partial(measures.communities, resolution=0),
        partial(measures.walk_shares, damping=1.0),
        partial(measures.betweenness, samples=0),
    ):
        with pytest.raises(UsageError):
            ask(karate())


def test_a_high_resolution_divides_finer() -> None:
    coarse, fine = (set(measures.communities(karate(), resolution=r).values()) for r in (0.5, 3.0))
    assert len(coarse) < len(fine)


def test_the_largest_community_is_number_nought() -> None:
    graph: Any = nx.Graph([*combinations("abc", 2), *combinations("vwxyz", 2), *combinations("def", 2)])
    found = measures.communities(graph)
    assert {node for node in found if found[node] == 0} == set("vwxyz")
    assert {node for node in found if found[node] == 1} == set("abc")
