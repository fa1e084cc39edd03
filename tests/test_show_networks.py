"""The network: nothing fetched, captured names as mere words, and what is left out in words."""

from __future__ import annotations

import json
import re
from typing import Any

import networkx as nx
import numpy as np
import pytest
from pyvis.network import Network

from tests.analysis_kit import act, interactions
from tests.show_kit import HOSTILE, requests_of, tags_of
from workbench import analysis, show
from workbench.show import colours, networks
from workbench.show.layout import places


def graph_of(simple: nx.Graph[Any]) -> nx.MultiDiGraph[str]:
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(f"a{node}" for node in simple)
    for a, b in simple.edges:
        graph.add_edge(f"a{a}", f"a{b}", "reply", kind="reply", n=a + 1)
    return graph


def data_of(page: str, name: str) -> list[dict[str, Any]]:
    found = re.search(rf"{name} = new vis\.DataSet\((.*)\);", page)
    assert found is not None
    held: list[dict[str, Any]] = json.loads(found[1])
    return held


def test_a_name_with_a_server_has_its_sign_as_everywhere_else() -> None:
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_node("https://a/1", handle="ada@a.test")
    graph.add_node("x", handle="account 7")
    graph.add_edge("https://a/1", "x", kind="reply", n=1)
    figure = show.network(graph)
    assert ">@ada@a.test<" in figure.svg
    assert ">account 7<" in figure.svg


def test_a_hostile_name_is_a_label_and_nothing_else() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", "__proto__", "b", actor_handle=HOSTILE),
        act("2026-03-01T00:00:00Z", "b", "c", HOSTILE),
    )
    figure = show.network(analysis.interaction_network(table))
    assert requests_of(figure.html()) == []
    tags = [tag for tag, _ in tags_of(figure.page)]
    assert "img" not in tags
    assert tags.count("script") == 4
    assert "</script><img" not in figure.page
    assert "<img" not in figure.svg
    assert "innerHTML = nodeData" not in figure.page  # pyvis shows titles with "href" in them as markup
    nodes = data_of(figure.page, "nodes")
    assert {node["id"] for node in nodes} == {0, 1, 2}
    assert any(node["label"].startswith("</script><img src=x onerror") for node in nodes)


def test_the_page_fetches_nothing_and_forbids_it() -> None:
    page = show.network(graph_of(nx.path_graph(3))).page
    policy = page.index("Content-Security-Policy")
    assert policy < page.index("<script")
    outside = re.findall(
        r"<(?:link|script|img|iframe)\b[^>]*(?:src|href)\s*=[^>]*>", page[: page.index("<script")]
    )
    assert outside == []
    assert requests_of(page) == []
    assert "bootstrap" not in page
    assert "//cdn" not in page


def test_the_check_finds_what_pyvis_itself_would_fetch() -> None:
    drawing = Network(cdn_resources="in_line", notebook=False)
    found = requests_of(drawing.generate_html())
    assert any(each.startswith("<link href='https://cdn.jsdelivr.net/") for each in found)
    assert any(each.startswith("<script src='https://cdn.jsdelivr.net/") for each in found)


def test_edges_keep_their_direction_kind_and_citations() -> None:
    table = interactions(*(act(f"2026-03-01T00:{n:02d}:00Z") for n in range(5)), act(None, kind="like"))
    edges = data_of(show.network(analysis.interaction_network(table)).page, "edges")
    assert [(edge["from"], edge["to"], edge["arrows"]) for edge in edges] == [(0, 1, "to"), (0, 1, "to")]
    by_kind = {edge["title"].split(" ")[0]: edge for edge in edges}
    assert by_kind["like"]["color"] != by_kind["mention"]["color"]
    assert by_kind["like"]["dashes"] != by_kind["mention"]["dashes"]
    assert "2026-0417-E0000#/0" in by_kind["mention"]["title"]
    assert "2 more" in by_kind["mention"]["title"]


def test_no_nodes_at_all_are_drawn_as_nothing() -> None:
    figure = show.network(nx.MultiDiGraph())
    assert figure.page == ""
    assert figure.svg.startswith("<svg")
    assert "0 accounts" in figure.alt


def test_above_500_nodes_places_are_computed_before() -> None:
    small, large = (show.network(graph_of(nx.cycle_graph(n))).page for n in (500, 501))
    assert re.search(r'"physics": \{[^}]*(\{[^}]*\},\s*)?"enabled": true', small)
    assert re.search(r'"physics": \{\s*"enabled": false', large)
    assert all("x" in node for node in data_of(large, "nodes"))


def test_a_very_large_graph_shows_its_densest_part_and_says_so() -> None:
    simple = nx.path_graph(5001)
    simple.add_edges_from(nx.complete_graph(12).edges)
    figure = show.network(graph_of(simple))
    assert figure.page == ""
    assert "Of 5,001 accounts the 500 of the densest part are drawn (k-core, k from 1 to 11)" in figure.note
    named = set(re.findall(r">(a\d+)</text>", figure.svg))
    assert len({f"a{n}" for n in range(12)} & named) >= 8, "those of most edges are named, where they fit"


def test_of_few_accounts_every_name_is_written_in_the_live_picture_too() -> None:
    # As they lie at first, long names lie over each other; they are about to move apart.
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for number in range(5):
        graph.add_node(
            str(number), handle=f"a_very_long_name_of_account_{number}_indeed@a.very.long.server.test"
        )
        graph.add_edge("0", str(number), kind="reply", n=1)
    nodes = data_of(show.network(graph).page, "nodes")
    assert len({node["font"]["size"] for node in nodes}) == 1
    assert nodes[0]["font"]["size"] > 8, "below that a name is not drawn"


def test_where_not_all_names_are_written_it_is_said_and_the_rest_is_small() -> None:
    few, many = (show.network(graph_of(nx.cycle_graph(n))) for n in (6, 300))
    assert "Names are written" not in few.note
    written = len(set(re.findall(r">(a\d+)</text>", many.svg)))
    assert f"Names are written of {written} of 300 accounts" in many.note
    assert "pointing at a dot or coming nearer shows the others" in many.note
    nodes = data_of(many.page, "nodes")
    sizes = sorted({node["font"]["size"] for node in nodes})
    assert len(sizes) == 2
    assert sum(node["font"]["size"] == sizes[1] for node in nodes) <= 60
    assert all(node["title"].startswith(node["label"]) for node in nodes), "pointing at it shows its name"


def test_lines_and_arrows_are_told_apart_without_colour() -> None:
    table = interactions(*(act(None, kind=kind) for kind in ("reply", "mention", "repost", "message")))
    figure = show.network(analysis.interaction_network(table))
    patterns = {edge["color"]: tuple(edge["dashes"] or ()) for edge in data_of(figure.page, "edges")}
    assert len(set(patterns.values())) == len(patterns) == 4
    lines = re.findall(r'<path d="M20,[^>]*stroke="(#\w+)"(?: stroke-dasharray="([^"]*)")?', figure.svg)
    assert len({dashes for _, dashes in lines}) == 4


@pytest.mark.parametrize("colour", colours.OKABE_ITO)
def test_every_colour_is_seen_on_white(colour: str) -> None:
    """The relative luminance of WCAG 2: at least 2 to 1, also where print makes it a grey."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (light + 0.05) > 2


def test_parts_that_nothing_joins_leave_room_for_the_rest() -> None:
    parts: Any = nx.disjoint_union(nx.barabasi_albert_graph(300, 3, seed=1), nx.empty_graph(20))
    at = places(320, np.array(parts.edges, dtype=np.int64))
    joined = at[:300]
    assert (joined.max(axis=0) - joined.min(axis=0) > 0.5).all()


def test_too_many_edges_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "EDGES", 5)
    figure = show.network(graph_of(nx.cycle_graph(9)))
    assert "Of 9 edges the 5 that stand for most acts are drawn" in figure.note
    assert len(data_of(figure.page, "edges")) == 5


@pytest.mark.parametrize("count", [0, 1, 2, 30, 450])
def test_places_are_finite_inside_the_picture_and_the_same_again(count: int) -> None:
    edges = np.array(nx.cycle_graph(count).edges, dtype=np.int64).reshape(-1, 2)
    at = places(count, edges)
    assert at.shape == (count, 2)
    assert np.isfinite(at).all()
    assert ((at >= 0) & (at <= 1)).all()
    assert np.array_equal(at, places(count, edges))


def test_joined_nodes_lie_nearer_than_others() -> None:
    parts = nx.disjoint_union(nx.complete_graph(8), nx.complete_graph(8))
    at = places(16, np.array(parts.edges, dtype=np.int64))
    apart = np.linalg.norm(at[:, None] - at[None], axis=2)
    assert apart[:8, :8].mean() < apart[:8, 8:].mean() / 2
