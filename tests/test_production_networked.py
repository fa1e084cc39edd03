"""A network as XML: what XML cannot hold is taken out and counted, and names that then are equal stay apart."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tests.show_kit import HOSTILE
from workbench.production import networked


def graph() -> nx.MultiDiGraph[str]:
    made: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    made.add_node("a\x00", handle=HOSTILE)
    made.add_node("a\x01", handle="")
    made.add_node("слово \U0001f600", handle=None)
    about: dict[str, Any] = {"kind": "reply", "n": 2, "exhibits": ("E1", "E2"), "exhibit_count": 9}
    made.add_edge("a\x00", "a\x01", **about, first="2026-05-01T00:00:00+00:00", last="")
    made.add_edge("a\x00", "a\x01", **{**about, "kind": "\ud800mention"})
    return made


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_what_xml_cannot_hold_is_counted(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"network.{form}"
    removed = networked.write(graph(), path, "graphml" if form == "graphml" else "gexf")
    # Two in names of nodes (one of them its label too), one in the hostile handle, one lone surrogate.
    assert removed == 5
    found = nx.read_graphml(path) if form == "graphml" else nx.read_gexf(path)
    nodes = dict(found.nodes(data=True))
    assert len(nodes) == 3
    assert sorted(about["entity_id"] for about in nodes.values()) == ["a", "a", "слово \U0001f600"]
    assert any("<img src=x onerror=alert(1)>" in about["label"] for about in nodes.values())
    kinds = sorted(about["kind"] for _, _, about in found.edges(data=True))
    assert kinds == ["mention", "reply"]
    assert {about["exhibits"] for _, _, about in found.edges(data=True)} == {"E1; E2"}
    assert {about["weight"] for _, _, about in found.edges(data=True)} == {2.0}


def test_the_same_network_gives_the_same_bytes_on_any_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for form in ("graphml", "gexf"):
        for day in ("2026-01-01", "2027-12-31"):
            monkeypatch.setattr(time, "strftime", lambda *_, day=day: day)
            path = tmp_path / f"{day}.{form}"
            networked.write(graph(), path, "graphml" if form == "graphml" else "gexf")
            found[day, form] = path.read_bytes()
            assert day.encode() not in found[day, form]
        assert found["2026-01-01", form] == found["2027-12-31", form]


def test_an_empty_network_is_written(tmp_path: Path) -> None:
    empty: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for form in ("graphml", "gexf"):
        path = tmp_path / f"network.{form}"
        assert networked.write(empty, path, "graphml" if form == "graphml" else "gexf") == 0
    assert len(nx.read_graphml(tmp_path / "network.graphml")) == 0
