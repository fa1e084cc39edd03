"""Which accounts are densely connected: a division of the network, which says nothing of who belongs where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import frames, measures
from workbench.analysis.networks import edges_between, node_handles, selected
from workbench.analysis.parameters import checked

METHOD: Final = (
    "densely connected accounts: communities by Louvain's method (Blondel et al. 2008) and k-core numbers "
    "(Seidman 1983) over counted interactions; a place in the network, nothing about a person"
)


@checked
def groups(
    interactions: pd.DataFrame,
    *,
    kinds: Sequence[str] | None = None,
    until: object = None,
    resolution: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Number the densely connected parts of the network of interactions.

    In: as ``interaction_network``. Out: node (account's entity_id, or handle where only that is known), handle,
    community (0 is the largest), community_size, k_core, neighbours (accounts it acted towards or that acted
    towards it), n (acts of both directions), seed, and what every result carries; exhibits are of the node's
    own acts and those towards it, the earliest first. In order of community, then of k_core, the highest first.
    Raises as ``interaction_network``, parameters as there; ``resolution`` above 1 gives smaller parts.

    Method: as ``measures.communities`` and ``measures.core_numbers``. Limits: the number of a community says
    nothing of belonging to any group of people: a shop, a school class and a victim among harassers are densely
    connected too. Other seeds and resolutions divide otherwise. Nothing is handed on from one account to its
    neighbours.
    """
    kept, counts, parameters = selected(interactions, "groups", kinds, until)
    edges = edges_between(kept, parameters, counts)
    community = measures.communities(edges, resolution=resolution, seed=seed)
    core = measures.core_numbers(edges)
    number = np.array([community[node] for node in edges.nodes], dtype=np.int64)
    pairs = edges.both_ways()
    ends = np.append(pairs.source, pairs.target)
    sides = pd.Index(edges.nodes).get_indexer(kept[["actor", "target"]].to_numpy(dtype=object).ravel())
    found = pd.DataFrame(
        {
            "node": pd.Series(edges.nodes, dtype="str"),
            "handle": node_handles(kept, edges.nodes),
            "community": number,
            "community_size": np.bincount(number, minlength=1)[number],
            "k_core": np.array([core[node] for node in edges.nodes], dtype=np.int64),
            "neighbours": np.bincount(ends, minlength=len(edges.nodes)),
            "n": np.bincount(sides, minlength=len(edges.nodes)),
        }
    )
    cites = frames.cited(kept["exhibit"].repeat(2), sides.astype(np.int64), len(edges.nodes))
    ordered = found.join(cites).sort_values(
        ["community", "k_core", "node"], ascending=[True, False, True], kind="stable"
    )
    return frames.result(
        ordered, method=METHOD, parameters=parameters | {"resolution": resolution}, counts=counts, seed=seed
    )
