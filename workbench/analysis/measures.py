"""Measures over a network: one value for each node, computed from counted acts, never from a person.

Each takes a networkx graph (as ``interaction_network`` gives it) or ``Edges`` (``interaction_edges``, without
the detour over a graph) and gives ``{node: value}``. Up to 20,000 edges networkx computes, above networkit: the
answers are equal but for communities, which both seek by Louvain's method and may draw differently. A value
says where in the captured network a node stands. It says nothing of what the account's holder did or is.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

import networkx as nx
import numpy as np

from workbench.analysis import frames
from workbench.analysis.edges import Edges, by_size, of_graph
from workbench.analysis.engines import engine
from workbench.analysis.parameters import checked, refused
from workbench.errors import UsageError

COMMUNITIES: Final = "densely connected parts by Louvain's method (Blondel et al. 2008), direction left out"
CORES: Final = "k-core numbers (Seidman 1983; Batagelj and Zaversnik 2003), direction left out"
COMPONENTS: Final = "connected components, direction left out"
WALKS: Final = "PageRank (Brin and Page 1998), each edge weighted by its acts; dead ends go on to all alike"
BETWEEN: Final = "betweenness (Freeman 1977; Brandes 2001), estimated from sampled nodes, direction left out"

if TYPE_CHECKING:
    Network = nx.Graph[Any] | Edges


class Measured(dict[Hashable, Any]):
    """``{node: value}``, with how it came about: ``method``, ``parameters`` (JSON) and ``seed`` (None: no chance)."""

    method: str = ""
    parameters: str = "{}"
    seed: int | None = None

    def __repr__(self) -> str:
        """Say how the values came about; there may be too many to print."""
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"<{len(self)} nodes: {self.method}; {self.parameters}{seed}>"


@checked
def communities(network: Network, *, resolution: float = 1.0, seed: int = 0) -> Measured:
    """Number the densely connected parts of a network.

    In: a networkx graph or ``Edges``. Out: node to number; 0 is the largest part, equal ones in order of
    their first node. Raises UsageError for a resolution that is not above 0.

    Method: Louvain, Blondel, Guillaume, Lambiotte, Lefebvre, *J. Stat. Mech.* P10008, 2008; edges weighted by
    their acts. Above 20,000 edges nodes are visited in order of their names and ``seed`` changes nothing.
    Limits: there may be other divisions as good; a number is a place in the network and no group of people.
    """
    if not resolution > 0:
        raise UsageError("the resolution must be above 0", found=str(resolution))
    edges = edges_of(network)
    found = by_size(engine(edges).communities(edges, resolution, seed))
    return _measured(edges, found, COMMUNITIES, {"resolution": resolution}, seed)


@checked
def core_numbers(network: Network) -> Measured:
    """Give the largest k for which each node is in a part where all have k neighbours.

    In: a networkx graph or ``Edges``. Out: node to whole number, 0 for a node alone. Raises UsageError
    for what is no network.

    Method: Seidman, *Social Networks* 5(3), 1983; Batagelj and Zaveršnik, 2003. Weights do not count.
    Limits: being captured from many sides raises the number.
    """
    edges = edges_of(network)
    return _measured(edges, engine(edges).cores(edges), CORES, {})


@checked
def components(network: Network) -> Measured:
    """Number the connected components; 0 is the largest. In, out and raises as ``communities``."""
    edges = edges_of(network)
    return _measured(edges, by_size(engine(edges).components(edges)), COMPONENTS, {})


@checked
def walk_shares(network: Network, *, damping: float = 0.85) -> Measured:
    """Give the share of time that a walk along the captured acts spends at each node (PageRank).

    In: a networkx graph or ``Edges``. Out: node to share; shares add up to 1. Raises UsageError for a damping
    outside 0 to 1.

    Method: Brin and Page, 1998; the walk follows an act with probability ``damping``, edges weighted by their
    acts, and else, or where no act leads on, begins anywhere. Limits: it says where captured acts lead, thus
    where to read on; what is captured more is reached more. It is no measure of a person's standing.
    """
    if not 0 <= damping < 1:
        raise UsageError("the damping is a share", expected="from 0 to below 1", found=str(damping))
    edges = edges_of(network)
    return _measured(edges, engine(edges).walks(edges, damping), WALKS, {"damping": damping})


@checked
def betweenness(network: Network, *, samples: int = 100, seed: int = 0) -> Measured:
    """Estimate which share of shortest paths leads over each node.

    In: a networkx graph or ``Edges``. Out: node to share (0 to 1). With ``samples`` of at least the number of
    nodes it is exact. Raises UsageError for less than one sample.

    Method: Freeman 1977 by Brandes' algorithm, *J. Math. Sociology* 25(2), 2001, from ``samples`` nodes drawn
    with ``seed`` (Brandes and Pich 2007; above 20,000 edges Geisberger, Sanders, Schultes 2008). Limits: an
    estimate from few nodes is rough; one act not captured may move all paths.
    """
    if samples < 1:
        raise UsageError("at least one node must be sampled", where="samples", found=str(samples))
    edges = edges_of(network)
    found = engine(edges).between(edges, samples, seed)
    return _measured(edges, found, BETWEEN, {"samples": min(samples, len(edges.nodes))}, seed)


def edges_of(network: Network) -> Edges:
    """Take a network as edges; raise UsageError for what is none."""
    if not isinstance(network, nx.Graph | Edges):
        raise refused("network", "a networkx graph, or what interaction_edges gives", network)
    return network if isinstance(network, Edges) else of_graph(network)


def _measured(
    edges: Edges,
    values: np.ndarray[Any, Any],
    method: str,
    parameters: dict[str, Any],
    seed: int | None = None,
) -> Measured:
    found = Measured(zip(edges.nodes, values.tolist(), strict=True))
    found.method = method
    found.parameters = frames.as_text({**edges.parameters, **parameters})
    found.seed = seed
    return found
