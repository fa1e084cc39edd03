"""A network of accounts, drawn live and still, without any request and with captured words as mere words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import networkx as nx
import numpy as np

from workbench.counts import counted
from workbench.show import labelling, live, still
from workbench.show.cells import signed
from workbench.show.figure import Figure, cites, nothing
from workbench.show.layout import places
from workbench.show.still import SIZE, Drawn, Edge
from workbench.show.words import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.show.labelling import Label

LIVE: Final = 5_000
"""Above this many nodes only the densest part is drawn, and it stands still."""

CORE: Final = 500
"""The most nodes of a densest part."""

EDGES: Final = 20_000
"""The most edges drawn: those that stand for most acts."""


def network(graph: nx.MultiDiGraph[Any], *, title: str = "Network") -> Figure:
    """Draw who acted towards whom; takes what ``analysis.interaction_network`` gives.

    Up to 500 nodes the live picture arranges itself, up to 5,000 its places are computed before; of a larger
    graph the densest part (k-core, at most 500 nodes) is drawn as a still picture. At most 20,000 edges are
    drawn. The note says what is not shown. Place and nearness carry no meaning.
    """
    if not graph:
        return nothing(title, "Network of 0 accounts: no act of one towards another.")
    drawn = _drawn(graph)
    at = places(len(drawn.names), np.array([(e.source, e.target) for e in drawn.edges]).reshape(-1, 2))
    kinds = drawn.kinds
    dots = still.dots(drawn, at)
    labels = labelling.placed(drawn.names, drawn.degrees, dots.at, dots.radii, SIZE)
    alt = (
        f"Network of {counted(graph.number_of_nodes(), 'account')} and {counted(graph.number_of_edges(), 'edge')}"
        f"{' of these kinds: ' + ', '.join(line(kind, 30) for kind in kinds) if kinds else ''}."
    )
    moving = bool(drawn.names) and graph.number_of_nodes() <= LIVE
    return Figure(
        title=title,
        alt=alt,
        note=f"{drawn.note}{_named(drawn, labels, moving=moving)}"
        "An arrow says that an act was captured; place and nearness mean nothing",
        svg=still.svg(drawn, dots, labels, alt),
        page=live.page(drawn, dots) if moving else "",
        height=SIZE,
        below=cites(
            [about.get("exhibits", ()) for _, _, about in graph.edges(data=True)],
            [int(about.get("exhibit_count", 0)) for _, _, about in graph.edges(data=True)],
        ),
    )


def _drawn(graph: nx.MultiDiGraph[Any]) -> Drawn:
    chosen, note = _chosen(graph)
    number = {node: place for place, node in enumerate(chosen)}
    inside = [
        (source, target, about)
        for source, target, about in graph.edges(data=True)
        if source in number and target in number
    ]
    if len(inside) > EDGES:
        note += f"Of {len(inside):,} edges the {EDGES:,} that stand for most acts are drawn. "
        inside = sorted(inside, key=lambda edge: -int(edge[2].get("n", 1)))[:EDGES]
    edges = [
        Edge(
            source=number[source],
            target=number[target],
            kind=str(about.get("kind", "")),
            n=int(about.get("n", 1)),
            hint=_hint(about),
        )
        for source, target, about in inside
    ]
    names = [line(signed(str(graph.nodes[node].get("handle") or node)), 60) for node in chosen]
    names, server = _without_server(names)
    note += f"All of them are of {server}. " if server else ""
    return Drawn(names=names, degrees=[graph.degree(node) for node in chosen], edges=edges, note=note)


def _without_server(names: list[str]) -> tuple[list[str], str]:
    """Shorten handles that all name one server; else they stay, since a bare handle is another platform's."""
    parts = [name.lstrip("@").partition("@") for name in names]
    servers = {server for _, _, server in parts}
    if len(servers) != 1 or not all(user and server for user, _, server in parts):
        return names, ""
    return [f"@{user}" for user, _, _ in parts], servers.pop()


def _chosen(graph: nx.MultiDiGraph[Any]) -> tuple[list[Any], str]:
    if graph.number_of_nodes() <= LIVE:
        return list(graph), ""
    simple: nx.Graph[Any] = nx.Graph(graph.to_undirected(as_view=True))
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    core = nx.core_number(simple)
    densest = sorted(core, key=lambda node: (-core[node], -simple.degree(node), str(node)))[:CORE]
    note = (
        f"Of {len(simple):,} accounts the {len(densest)} of the densest part are drawn (k-core, k from "
        f"{core[densest[-1]]} to {core[densest[0]]}); the others are in the table, "
        "and 'workbench export' gives the whole as GraphML or GEXF. "
    )
    return densest, note


def _hint(about: dict[str, Any]) -> str:
    cites = list(about.get("exhibits", ()))
    more = int(about.get("exhibit_count", len(cites))) - len(cites[:3])
    parts = [f"{about.get('kind', '')} × {about.get('n', 1)}"]
    parts += [f"{about['first']} to {about['last']}"] if about.get("first") else []
    parts += [", ".join(map(str, cites[:3])) + (f" and {more} more" if more > 0 else "")] if cites else []
    return "\n".join(line(part, 200) for part in parts)


def _named(drawn: Drawn, labels: Sequence[Label], *, moving: bool) -> str:
    """Say whose names are written, where not all are."""
    if len(labels) == len(drawn.names):
        return ""
    more = "; pointing at a dot or coming nearer shows the others" * moving
    return (
        f"Names are written of {len(labels):,} of {len(drawn.names):,} accounts, of most edges first{more}. "
    )
