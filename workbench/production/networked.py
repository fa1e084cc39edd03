"""An interaction network for other programs, as GraphML or GEXF: XML holds less than captured text may."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, Literal

import networkx as nx
from networkx.readwrite.gexf import GEXFWriter

Format = Literal["graphml", "gexf"]
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (production 2, Char)."""


def write(graph: nx.MultiDiGraph[str], path: Path, form: Format) -> int:
    """Write a network; give how many characters were taken out because XML has no place for them.

    Nodes are named ``n0``, ``n1`` …; ``entity_id`` and ``label`` (the handle) say who they are, since two names may
    differ only in what XML cannot hold. Edges have kind, n (and the same as weight), first, last, exhibits (joined
    with semicolons), exhibit_count; what is missing is left out.
    """
    cleaner = _Cleaner()
    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    names = {node: f"n{number}" for number, node in enumerate(graph)}
    for node, about in graph.nodes(data=True):
        told = cleaner.attributes(about)
        label = told.get("handle") or cleaner.text(str(node))
        plain.add_node(names[node], **{**told, "entity_id": cleaner.text(str(node)), "label": label})
    for source, target, about in graph.edges(data=True):
        told = cleaner.attributes(about)
        plain.add_edge(names[source], names[target], **{**told, "weight": float(about.get("n", 1))})
    if form == "graphml":
        nx.write_graphml(plain, path, named_key_ids=True)
    else:
        _gexf(plain, path)
    return cleaner.removed


def _gexf(plain: nx.MultiDiGraph[str], path: Path) -> None:
    """Write GEXF as networkx does, but without today's date: the same network gives the same bytes."""
    writer = GEXFWriter()
    writer.add_graph(plain)
    for meta in writer.xml.iter("meta"):
        meta.attrib.pop("lastmodifieddate", None)
    with path.open("wb") as file:
        writer.write(file)


class _Cleaner:
    """Makes attributes fit for XML and counts what it takes out."""

    def __init__(self) -> None:
        self.removed = 0

    def text(self, text: str) -> str:
        found, count = _FORBIDDEN.subn("", text)
        self.removed += count
        return found

    def attributes(self, about: dict[str, Any]) -> dict[str, Any]:
        """Leave out what is missing, join lists, keep numbers."""
        return {name: self._value(value) for name, value in about.items() if value not in {None, ""}}

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - an attribute of a graph
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, tuple | list):
            return self.text("; ".join(map(str, value)))
        return self.text(str(value))
