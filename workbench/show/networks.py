"""A network of accounts, drawn live and still, without any request and with captured words as mere words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import networkx as nx
import numpy as np
from pyvis.network import Network

from workbench.records import Record
from workbench.show import colours
from workbench.show.figure import POLICY, Figure, cites
from workbench.show.layout import places
from workbench.show.words import escaped, line

if TYPE_CHECKING:
    from workbench.show.layout import Points

PHYSICS: Final = 500
"""Up to this many nodes the live picture moves; above, places are computed before."""

LIVE: Final = 5_000
"""Above this many nodes only the densest part is drawn, and it stands still."""

CORE: Final = 500
"""The most nodes of a densest part."""

EDGES: Final = 20_000
"""The most edges drawn: those that stand for most acts."""

_LABELS: Final = 60
_SIZE: Final = 760
_MARGIN: Final = 60
_OUTSIDE: Final = re.compile(
    r"<!--.*?-->|<link\b[^>]*>|<script\b[^>]*\bsrc\s*=[^>]*>\s*</script>|<center>\s*<h1>\s*</h1>\s*</center>",
    re.DOTALL,
)


class _Edge(Record, frozen=True, kw_only=True):
    source: int
    target: int
    kind: str
    n: int
    hint: str


class _Drawn(Record, frozen=True, kw_only=True):
    """What is drawn of a graph: node names and sizes by number, edges, and what was left out, in words."""

    names: list[str]
    degrees: list[int]
    edges: list[_Edge]
    note: str


def network(graph: nx.MultiDiGraph[Any], *, title: str = "Network") -> Figure:
    """Draw who acted towards whom; takes what ``analysis.interaction_network`` gives.

    Up to 500 nodes the live picture arranges itself, up to 5,000 its places are computed before; of a larger
    graph the densest part (k-core, at most 500 nodes) is drawn as a still picture. At most 20,000 edges are
    drawn. The note says what is not shown. Place and nearness carry no meaning.
    """
    drawn = _drawn(graph)
    at = places(len(drawn.names), np.array([(e.source, e.target) for e in drawn.edges]).reshape(-1, 2))
    kinds = sorted({edge.kind for edge in drawn.edges})
    alt = (
        f"Network of {graph.number_of_nodes()} accounts and {graph.number_of_edges()} edges"
        f"{' of these kinds: ' + ', '.join(line(kind, 30) for kind in kinds) if kinds else ''}."
    )
    live = bool(drawn.names) and graph.number_of_nodes() <= LIVE
    return Figure(
        title=title,
        alt=alt,
        note=f"{drawn.note}An arrow says that an act was captured; place and nearness mean nothing",
        svg=_svg(drawn, at, kinds, alt),
        page=_live(drawn, at) if live else "",
        height=_SIZE,
        below=cites(
            [about.get("exhibits", ()) for _, _, about in graph.edges(data=True)],
            [int(about.get("exhibit_count", 0)) for _, _, about in graph.edges(data=True)],
        ),
    )


def _drawn(graph: nx.MultiDiGraph[Any]) -> _Drawn:
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
        _Edge(
            source=number[source],
            target=number[target],
            kind=str(about.get("kind", "")),
            n=int(about.get("n", 1)),
            hint=_hint(about),
        )
        for source, target, about in inside
    ]
    names = [line(str(graph.nodes[node].get("handle") or node), 60) for node in chosen]
    names, server = _without_server(names)
    note += f"All of them are of {server}. " if server else ""
    return _Drawn(names=names, degrees=[graph.degree(node) for node in chosen], edges=edges, note=note)


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


def _live(drawn: _Drawn, at: Points) -> str:
    moves = len(drawn.names) <= PHYSICS
    drawing = Network(
        height=f"{_SIZE - 60}px", width="100%", directed=True, notebook=False, cdn_resources="in_line"
    )
    if moves:
        # Far enough apart for the names to be read.
        drawing.barnes_hut(gravity=-5000, central_gravity=0.6, spring_length=100, spring_strength=0.04)
    drawing.toggle_physics(moves)
    place = colours.places(edge.kind for edge in drawn.edges)
    # Numbers name the nodes in the script: a captured name like "__proto__" must not be a key there.
    for node, (name, degree) in enumerate(zip(drawn.names, drawn.degrees, strict=True)):
        x, y = (at[node] * 2000 - 1000).tolist()
        size = 8 + 3 * degree**0.5
        drawing.add_node(
            node,
            label=name,
            title=f"{name}\n{degree} edges",
            x=x,
            y=y,
            size=size,
            color="#56B4E9",
            # A white edge keeps a name readable where lines cross it.
            font={"size": 20, "strokeWidth": 4, "strokeColor": "#ffffff"},
        )
    # Straight to the list: pyvis' own way looks through all edges for each one it adds.
    drawing.edges.extend(
        {
            "from": edge.source,
            "to": edge.target,
            "arrows": "to",
            "title": edge.hint,
            "color": colours.OKABE_ITO[place[edge.kind]],
            "dashes": list(colours.DASHES[place[edge.kind]]) or False,
            "width": 1 + float(np.log1p(edge.n)),
        }
        for edge in drawn.edges
    )
    return _inside(_rendered(drawing, moves=moves), sorted({edge.kind for edge in drawn.edges}))


def _rendered(drawing: Network, *, moves: bool) -> str:
    # Network.generate_html writes titles that contain "href" into the page as markup; so the template is
    # filled here, with that switched off. Its "tojson" escapes <, > and & inside the script.
    nodes, edges, heading, height, width, options = drawing.get_network_data()
    template = drawing.templateEnv.get_template(drawing.path)
    text: str = template.render(
        nodes=nodes,
        edges=edges,
        heading=heading,
        height=height,
        width=width,
        options=options,
        physics_enabled=moves,
        use_DOT=False,
        tooltip_link=False,
        conf=False,
        bgcolor="#ffffff",
        select_menu=False,
        filter_menu=False,
        neighborhood_highlight=False,
        cdn_resources="in_line",
    )
    return text


def _inside(rendered: str, kinds: list[str]) -> str:
    """Strip what would be fetched from elsewhere, forbid all the rest of it, and add the legend."""
    script = rendered.index("new vis.DataSet")
    kept = _OUTSIDE.sub("", rendered[:script]) + rendered[script:]
    end = kept.rindex("</body>")
    kept = kept[:end] + _key(kinds) + kept[end:]
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return kept.replace("<html>", '<!DOCTYPE html><html lang="en">', 1).replace(
        "<head>", f"<head>{policy}", 1
    )


def _svg(drawn: _Drawn, at: Points, kinds: list[str], alt: str) -> str:
    points = (_MARGIN + at * (_SIZE - 2 * _MARGIN)).round(1).tolist()
    place = colours.places(kinds)
    named = set(sorted(range(len(drawn.names)), key=lambda node: -drawn.degrees[node])[:_LABELS])
    lines = "".join(_line(points[e.source], points[e.target], place[e.kind], e.n) for e in drawn.edges)
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="{3 + min(drawn.degrees[node], 100) ** 0.5:.1f}"/>'
        for node, (x, y) in enumerate(points)
    )
    labels = "".join(
        f'<text x="{points[node][0]}" y="{points[node][1] - 8}">{escaped(drawn.names[node])}</text>'
        for node in sorted(named)
    )
    legend = "".join(_legend(row, kind, place[kind]) for row, kind in enumerate(kinds))
    height = _SIZE + 20 * len(kinds)
    arrow = (
        '<marker id="a" viewBox="0 0 6 6" refX="11" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE}" height="{height}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>{escaped(alt)}</title>'
        f'<defs>{arrow}<path d="M0,0L6,3L0,6z"/></marker></defs>'
        '<rect width="100%" height="100%" fill="#fff"/>'
        f'<g fill="none" stroke-opacity="0.6">{lines}</g>'
        f'<g fill="#56B4E9" stroke="#000">{dots}</g>'
        f'<g text-anchor="middle" paint-order="stroke" stroke="#fff" stroke-width="3">{labels}</g>{legend}</svg>'
    )


def _line(start: list[float], end: list[float], place: int, n: int) -> str:
    # Bent to one side, so that there and back are two lines; more so for each kind.
    bend = 0.08 + 0.04 * place
    x = (start[0] + end[0]) / 2 + (end[1] - start[1]) * bend
    y = (start[1] + end[1]) / 2 - (end[0] - start[0]) * bend
    return (
        f'<path d="M{start[0]},{start[1]}Q{x:.1f},{y:.1f} {end[0]},{end[1]}" {_stroke(place)} '
        f'stroke-width="{1 + min(np.log1p(n), 5) / 2:.1f}" marker-end="url(#a)"/>'
    )


def _legend(row: int, kind: str, place: int) -> str:
    y = _SIZE + 20 * row
    return (
        f'<path d="M20,{y}h50" {_stroke(place)} stroke-width="2"/>'
        f'<text x="80" y="{y + 4}">{escaped(line(kind, 60))}</text>'
    )


def _key(kinds: list[str]) -> str:
    """Draw the legend of the live picture: each kind with its line."""
    place = colours.places(kinds)
    lines = "".join(
        f'<span style="margin-right:2em;white-space:nowrap"><svg width="54" height="10"><path d="M2,5h50" '
        f'{_stroke(place[kind])} stroke-width="2"/></svg> {escaped(line(kind, 60))}</span>'
        for kind in kinds
    )
    return f'<p style="font:13px sans-serif;margin:4px 8px">{lines}</p>'


def _stroke(place: int) -> str:
    dashes = " ".join(map(str, colours.DASHES[place]))
    return f'stroke="{colours.OKABE_ITO[place]}"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
