"""Two engines that compute the same measures: networkx, and networkit where a network is large.

Both take ``Edges`` and give one value for each node, by number. Networkit runs in one thread, so that a
repeated run gives the same values; its thread count belongs to the process and is put back afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from workbench.analysis.edges import Edges, Numbers

LARGE: Final = 20_000
"""From this many edges on, networkit computes."""

_CLOSE: Final = 1e-8
_STEPS: Final = 1_000
Values = NDArray[np.float64]


class Engine(Protocol):
    """What an engine computes; direction counts for ``walks`` only, weight for it and ``communities``."""

    def communities(self, edges: Edges, resolution: float, seed: int) -> Numbers:
        """Put each node into one community (Louvain); numbers have no order."""

    def cores(self, edges: Edges) -> Numbers:
        """Give each node's core number."""

    def components(self, edges: Edges) -> Numbers:
        """Put each node into its connected component; numbers have no order."""

    def walks(self, edges: Edges, damping: float) -> Values:
        """Give each node's PageRank; what reaches a node without way out goes on to all alike."""

    def between(self, edges: Edges, samples: int, seed: int) -> Values:
        """Give each node's share of shortest paths, estimated from so many nodes (all: exact)."""


def engine(edges: Edges) -> Engine:
    """Choose the engine by the number of edges."""
    return Networkit() if len(edges) > LARGE else Networkx()


class Networkx:
    """The measures of networkx."""

    def communities(self, edges: Edges, resolution: float, seed: int) -> Numbers:  # noqa: D102
        parts = nx.community.louvain_communities(
            _graph(edges.both_ways()), weight="weight", resolution=resolution, seed=seed
        )
        return _parts(parts, len(edges.nodes))

    def cores(self, edges: Edges) -> Numbers:  # noqa: D102
        return _values(nx.core_number(_graph(edges.both_ways())), np.int64)

    def components(self, edges: Edges) -> Numbers:  # noqa: D102
        return _parts(nx.connected_components(_graph(edges.both_ways())), len(edges.nodes))

    def walks(self, edges: Edges, damping: float) -> Values:  # noqa: D102
        if not edges.nodes:
            return np.zeros(0)
        close = _CLOSE / len(edges.nodes)
        return _values(
            nx.pagerank(_graph(edges.each_way()), alpha=damping, tol=close, max_iter=_STEPS), np.float64
        )

    def between(self, edges: Edges, samples: int, seed: int) -> Values:  # noqa: D102
        count = min(samples, len(edges.nodes)) or None
        found = nx.betweenness_centrality(_graph(edges.both_ways()), k=count, seed=seed)
        return _values(found, np.float64)


class Networkit:
    """The measures of networkit (Staudt, Sazonovs, Meyerhenke, Network Science 4(4), 2016)."""

    def communities(self, edges: Edges, resolution: float, seed: int) -> Numbers:  # noqa: D102
        # Nodes are taken in their order: no chance is left that the seed could steer.
        with _alone(edges.both_ways(), seed) as (kit, graph):
            found = kit.community.PLM(graph, refine=True, gamma=resolution, par="none", turbo=True)
            found.run()
            return np.array(found.getPartition().getVector(), dtype=np.int64)

    def cores(self, edges: Edges) -> Numbers:  # noqa: D102
        with _alone(edges.both_ways()) as (kit, graph):
            found = kit.centrality.CoreDecomposition(graph)
            return _read(found).astype(np.int64)

    def components(self, edges: Edges) -> Numbers:  # noqa: D102
        with _alone(edges.both_ways()) as (kit, graph):
            found = kit.components.ConnectedComponents(graph)
            found.run()
            return np.array(found.getPartition().getVector(), dtype=np.int64)

    def walks(self, edges: Edges, damping: float) -> Values:  # noqa: D102
        with _alone(edges.each_way()) as (kit, graph):
            sinks = kit.centrality.SinkHandling.DistributeSinks
            found = kit.centrality.PageRank(graph, damp=damping, tol=_CLOSE, distributeSinks=sinks)
            found.norm = kit.centrality.Norm.L1_NORM
            return _read(found)

    def between(self, edges: Edges, samples: int, seed: int) -> Values:  # noqa: D102
        # Weights would be read as distances here.
        with _alone(edges.both_ways(), seed, weighted=False) as (kit, graph):
            if samples >= len(edges.nodes):
                return _read(kit.centrality.Betweenness(graph, normalized=True))
            return _read(kit.centrality.EstimateBetweenness(graph, samples, normalized=True, parallel=False))


def _graph(edges: Edges) -> nx.Graph[int]:
    graph: nx.Graph[int] = nx.DiGraph() if edges.directed else nx.Graph()
    graph.add_nodes_from(range(len(edges.nodes)))
    graph.add_weighted_edges_from(
        zip(edges.source.tolist(), edges.target.tolist(), edges.weight.tolist(), strict=True)
    )
    return graph


def _values(found: dict[int, Any], kind: type[Any]) -> NDArray[Any]:
    return np.array([found[node] for node in range(len(found))], dtype=kind)


def _parts(parts: Any, count: int) -> Numbers:  # noqa: ANN401 - networkx gives lists or generators
    held = np.zeros(count, dtype=np.int64)
    for number, part in enumerate(parts):
        held[list(part)] = number
    return held


def _read(algorithm: Any) -> Values:  # noqa: ANN401 - networkit has no types
    algorithm.run()
    return np.array(algorithm.scores(), dtype=np.float64)


def _kit(kit: Any, edges: Edges, *, weighted: bool) -> Any:  # noqa: ANN401 - networkit has no types
    kind = {"weighted": weighted, "directed": edges.directed}
    if not len(edges):
        return kit.Graph(len(edges.nodes), **kind)
    ends = edges.source.astype(np.uint64), edges.target.astype(np.uint64)
    return kit.GraphFromCoo((edges.weight, ends), n=len(edges.nodes), **kind)


@contextmanager
def _alone(edges: Edges, seed: int = 0, *, weighted: bool = True) -> Iterator[tuple[Any, Any]]:
    """Give networkit in one thread with a fixed seed, and the edges as its graph.

    The graph is held here until all is read: not every algorithm of networkit keeps the graph it was given.
    """
    import networkit  # noqa: PLC0415 - heavy, and needed for large networks only

    threads = networkit.getMaxNumberOfThreads()
    networkit.setNumberOfThreads(1)
    networkit.setSeed(seed, False)
    try:
        yield networkit, _kit(networkit, edges, weighted=weighted)
    finally:
        networkit.setNumberOfThreads(threads)
