"""Edges as arrays: what measures are computed from, so that a big network never becomes a graph of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from workbench.records import Record

Numbers = NDArray[np.int64]


class Edges(Record, frozen=True, kw_only=True, eq=False):
    """A network as arrays. Nodes are numbered in the order of ``nodes``; an edge goes from source to target.

    ``weight`` says for how many acts an edge stands. There is one edge for each pair (of one direction, where
    ``directed``), and none of a node to itself. ``parameters`` and ``counts`` say what it was made from.
    """

    nodes: list[Any]
    source: Numbers
    target: Numbers
    weight: NDArray[np.float64]
    directed: bool = True
    parameters: Mapping[str, Any] = {}
    counts: Mapping[str, int] = {}

    def __len__(self) -> int:
        """Count the edges."""
        return len(self.source)

    def both_ways(self) -> Edges:
        """Forget the direction: one edge for each pair, with the acts of both added up."""
        if not self.directed:
            return self
        low, high = np.minimum(self.source, self.target), np.maximum(self.source, self.target)
        return merged(self, low, high, self.weight, directed=False)

    def each_way(self) -> Edges:
        """Give an edge without direction as two, there and back."""
        if self.directed:
            return self
        source, target = np.append(self.source, self.target), np.append(self.target, self.source)
        return merged(self, source, target, np.append(self.weight, self.weight), directed=True)


def merged(
    like: Edges, source: Numbers, target: Numbers, weight: NDArray[np.float64], *, directed: bool
) -> Edges:
    """Add up edges of the same ends, leave out those of a node to itself, put them in order."""
    apart = source != target
    key = source[apart] * max(len(like.nodes), 1) + target[apart]
    held, place = np.unique(key, return_inverse=True)
    source, target = np.divmod(held, max(len(like.nodes), 1))
    return Edges(
        nodes=like.nodes,
        source=source,
        target=target,
        weight=np.bincount(place, weights=weight[apart], minlength=len(held)).astype(np.float64),
        directed=directed,
        parameters=like.parameters,
        counts=like.counts,
    )


def numbered(
    nodes: list[Any],
    source: Numbers,
    target: Numbers,
    weight: NDArray[np.float64],
    **about: Any,  # noqa: ANN401 - fields of Edges
) -> Edges:
    """Make edges of numbered ends; parallel ones are added up."""
    none = np.zeros(0, dtype=np.int64)
    directed = about.pop("directed", True)
    empty = Edges(nodes=nodes, source=none, target=none, weight=none.astype(np.float64), **about)
    if not directed:
        source, target = np.minimum(source, target), np.maximum(source, target)
    return merged(empty, source, target, weight, directed=directed)


def of_graph(graph: nx.Graph[Any]) -> Edges:
    """Read a networkx graph; an edge's weight is its attribute ``n``, else ``weight``, else 1.

    Nodes are put in order of their text, so that the order in which the graph was filled does not matter.
    """
    nodes = sorted(graph, key=lambda node: (str(node), type(node).__name__))
    number = {node: place for place, node in enumerate(nodes)}
    rows = [
        (number[a], number[b], about.get("n", about.get("weight", 1)))
        for a, b, about in graph.edges(data=True)
    ]
    source, target, weight = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return numbered(
        nodes, source.astype(np.int64), target.astype(np.int64), weight, directed=graph.is_directed()
    )


def by_size(parts: Numbers) -> Numbers:
    """Number parts from the largest on; equal ones in order of their first node."""
    _, first, place, sizes = np.unique(parts, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return number[place]
