"""A network of accounts, drawn live and still, without any request and with captured words as mere words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import networkx as nx
import numpy as np
from pyvis.network import Network

from workbench.counts import counted
from workbench.records import Record
from workbench.show import colours, labelling
from workbench.show.arranged import signed
from workbench.show.figure import POLICY, Figure, cites, nothing
from workbench.show.layout import places
from workbench.show.words import escaped, line

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from workbench.show.labelling import Label
    from workbench.show.layout import Points

PHYSICS: Final = 500
"""Up to this many nodes the live picture moves; above, places are computed before."""

LIVE: Final = 5_000
"""Above this many nodes only the densest part is drawn, and it stands still."""

CORE: Final = 500
"""The most nodes of a densest part."""

EDGES: Final = 20_000
"""The most edges drawn: those that stand for most acts."""

_SIZE: Final = 760
_MARGIN: Final = 60
_THIN: Final = ((400, 1.0), (2_500, 0.5))
_THINNEST: Final = 0.25
_LEAST: Final = 1.8
_SHORT: Final = 7.0
_FEW: Final = 60
"""Up to so many dots have their full size."""

_OUTSIDE: Final = re.compile(
    r"<!--.*?-->|<link\b[^>]*>|<script\b[^>]*\bsrc\s*=[^>]*>\s*</script>|<center>\s*<h1>\s*</h1>\s*</center>",
    re.DOTALL,
)

# A frame far down a page may be laid out only when somebody scrolls there: what was fitted into no width at all
# would stand half outside. So it is fitted again whenever it gets another size or comes into sight, until touched.
_FIT: Final = """<script>
let touched = false;
const fitted = () => { if (!touched) { network.redraw(); network.fit({animation: false}); } };
for (const each of ["dragStart", "zoom"]) network.on(each, () => { touched = true; });
for (const each of ["resize", "stabilized"]) network.on(each, fitted);
new IntersectionObserver(fitted).observe(document.getElementById("mynetwork"));
fitted();
</script>"""


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


class _Dots(Record, frozen=True, kw_only=True):
    """The dots of the still picture, in pixels: middles, shape (n, 2), and radii."""

    at: Any
    radii: list[float]


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
    kinds = sorted({edge.kind for edge in drawn.edges})
    dots = _dots(drawn, at)
    labels = labelling.placed(drawn.names, drawn.degrees, dots.at, dots.radii, _SIZE)
    alt = (
        f"Network of {counted(graph.number_of_nodes(), 'account')} and {counted(graph.number_of_edges(), 'edge')}"
        f"{' of these kinds: ' + ', '.join(line(kind, 30) for kind in kinds) if kinds else ''}."
    )
    live = bool(drawn.names) and graph.number_of_nodes() <= LIVE
    return Figure(
        title=title,
        alt=alt,
        note=f"{drawn.note}{_named(drawn, labels, live=live)}"
        "An arrow says that an act was captured; place and nearness mean nothing",
        svg=_svg(drawn, dots, labels, alt),
        page=_live(drawn, dots) if live else "",
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
    names = [line(signed(str(graph.nodes[node].get("handle") or node)), 60) for node in chosen]
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


def _named(drawn: _Drawn, labels: Sequence[Label], *, live: bool) -> str:
    """Say whose names are written, where not all are."""
    if len(labels) == len(drawn.names):
        return ""
    more = "; pointing at a dot or coming nearer shows the others" * live
    return (
        f"Names are written of {len(labels):,} of {len(drawn.names):,} accounts, of most edges first{more}. "
    )


def _live(drawn: _Drawn, dots: _Dots) -> str:
    moves = len(drawn.names) <= PHYSICS
    # The same picture as the still one, larger where there are many, so that there is room to come nearer.
    larger = max(len(drawn.names) / _FEW, 1.0) ** 0.5
    drawing = Network(
        height=f"{_SIZE - 60}px", width="100%", directed=True, notebook=False, cdn_resources="in_line"
    )
    drawing.set_options(json.dumps(_options(larger, moves=moves)))
    below = labelling.placed(drawn.names, drawn.degrees, dots.at, dots.radii, _SIZE, below=True)
    _add_nodes(drawing, drawn, dots, {label.node for label in below}, larger)
    place = colours.places(edge.kind for edge in drawn.edges)
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
            "smooth": {"enabled": True, "type": "curvedCW", "roundness": _bend(place[edge.kind])},
        }
        for edge in drawn.edges
    )
    return _inside(_rendered(drawing, moves=moves), sorted({edge.kind for edge in drawn.edges}))


def _options(larger: float, *, moves: bool) -> dict[str, Any]:
    """Give what the live picture does. Bent lines need no bodies of their own, as its moving ones would."""
    spread = {
        "gravitationalConstant": -6000 * larger,
        "centralGravity": 0.3,
        "springLength": 90 * larger,
        "springConstant": 0.02,
    }
    calm = {"enabled": True, "iterations": 60, "updateInterval": 20, "fit": True}
    return {
        "nodes": {"shape": "dot"},
        "edges": {"arrows": {"to": {"scaleFactor": 0.6}}, "selectionWidth": 2},
        "interaction": {"hover": True, "tooltipDelay": 100, "hideEdgesOnDrag": True},
        "layout": {"improvedLayout": False},
        "physics": {"enabled": moves, "barnesHut": spread, "stabilization": calm},
    }


def _add_nodes(drawing: Network, drawn: _Drawn, dots: _Dots, named: Collection[int], larger: float) -> None:
    """Add the dots. Numbers name them in the script: a captured name like "__proto__" must not be a key there."""
    at = ((dots.at - _SIZE / 2) * larger).round(1).tolist()
    for node, (name, degree) in enumerate(zip(drawn.names, drawn.degrees, strict=True)):
        # A small name is written when one comes nearer; a white edge keeps it readable where lines cross it.
        size = labelling.SIZE * larger if node in named else labelling.SIZE * larger / 2
        drawing.add_node(
            node,
            label=name,
            title=f"{name}\n{degree} edges",
            x=at[node][0],
            y=at[node][1],
            size=dots.radii[node] * larger,
            borderWidth=larger * min(dots.radii[node] / 6, 1.0),
            color={"background": "#56B4E9", "border": "#333333"},
            font={"size": size, "strokeWidth": size / 4, "strokeColor": "#ffffff", "color": "#000000"},
            scaling={"label": {"drawThreshold": 8}},
        )


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
    kept = kept[:end] + _key(kinds) + _FIT + kept[end:]
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return kept.replace("<html>", '<!DOCTYPE html><html lang="en">', 1).replace(
        "<head>", f"<head>{policy}", 1
    )


def _dots(drawn: _Drawn, at: Points) -> _Dots:
    """Place the dots on the still picture: smaller where there are many, larger with more edges."""
    small = min((_FEW / max(len(drawn.names), 1)) ** 0.4, 1.0)
    return _Dots(
        at=(_MARGIN + at * (_SIZE - 2 * _MARGIN)).round(1),
        radii=[round(max((3 + min(degree, 100) ** 0.5) * small, _LEAST), 1) for degree in drawn.degrees],
    )


def _svg(drawn: _Drawn, dots: _Dots, labels: Sequence[Label], alt: str) -> str:
    kinds = sorted({edge.kind for edge in drawn.edges})
    points = dots.at.tolist()
    place = colours.places(kinds)
    # Where there are many, thin pale lines leave the dots and names to be seen.
    thin = next((thin for most, thin in _THIN if len(drawn.edges) <= most), _THINNEST)
    lines = "".join(_line(points[e.source], points[e.target], place[e.kind], e.n, thin) for e in drawn.edges)
    circles = "".join(
        f'<circle cx="{x}" cy="{y}" r="{radius}"/>' for (x, y), radius in zip(points, dots.radii, strict=True)
    )
    words = "".join(
        f'<text x="{each.x}" y="{each.y}">{escaped(drawn.names[each.node])}</text>' for each in labels
    )
    legend = "".join(_legend(row, kind, place[kind]) for row, kind in enumerate(kinds))
    height = _SIZE + 20 * len(kinds)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE}" height="{height}" role="img" '
        f'font-family="sans-serif" font-size="{labelling.SIZE}"><title>{escaped(alt)}</title>'
        f"<defs>{''.join(_arrow(place[kind], thin) for kind in kinds)}</defs>"
        '<rect width="100%" height="100%" fill="#fff"/>'
        f'<g fill="none" stroke-opacity="{0.4 + 0.4 * thin}">{lines}</g>'
        f'<g fill="#56B4E9" stroke="#000" stroke-width="{thin}">{circles}</g>'
        f'<g text-anchor="middle" stroke="#fff" stroke-width="3.5" stroke-linejoin="round">{words}</g>'
        f'<g text-anchor="middle">{words}</g>{legend}</svg>'
    )


def _arrow(place: int, thin: float) -> str:
    """Define the head of one kind's arrows, in its colour and of one size whatever the line's width."""
    edge = 2 + 6 * thin
    return (
        f'<marker id="a{place}" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="{edge}" markerHeight="{edge}" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0L6,3L0,6z" fill="{colours.OKABE_ITO[place]}"/>'
        "</marker>"
    )


def _bend(place: int) -> float:
    # Bent to one side, so that there and back are two lines; more so for each kind.
    return 0.08 + 0.04 * place


def _line(start: list[float], end: list[float], place: int, n: int, thin: float) -> str:
    x = (start[0] + end[0]) / 2 + (end[1] - start[1]) * _bend(place)
    y = (start[1] + end[1]) / 2 - (end[0] - start[0]) * _bend(place)
    # The arrow ends before the dot, not under it.
    away = max(float(np.hypot(end[0] - x, end[1] - y)), 1e-6)
    short = min(_SHORT / away, 0.9)
    tip = [end[0] + (x - end[0]) * short, end[1] + (y - end[1]) * short]
    return (
        f'<path d="M{start[0]},{start[1]}Q{x:.1f},{y:.1f} {tip[0]:.1f},{tip[1]:.1f}" {_stroke(place)} '
        f'stroke-width="{(1 + min(np.log1p(n), 5) / 2) * thin:.1f}" marker-end="url(#a{place})"/>'
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
