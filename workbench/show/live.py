"""The live picture of a network, in a page of its own: it moves, and says of each dot and line what it stands for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyvis.network import Network

from workbench.show import colours, labelling
from workbench.show.figure import POLICY
from workbench.show.still import FEW, SIZE, Dots, Drawn, bend, stroke
from workbench.show.words import escaped, line

if TYPE_CHECKING:
    from collections.abc import Collection

PHYSICS: Final = 500
"""Up to this many nodes the picture moves; above, places are computed before."""

_MOVING_APART: Final = 12

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


def page(drawn: Drawn, dots: Dots) -> str:
    """Give the page that draws a network; it fetches nothing."""
    moves = len(drawn.names) <= PHYSICS
    # The same picture as the still one, larger where there are many, so that there is room to come nearer.
    larger = max(len(drawn.names) / FEW, 1.0) ** 0.5
    drawing = Network(
        height=f"{SIZE - 60}px", width="100%", directed=True, notebook=False, cdn_resources="in_line"
    )
    drawing.set_options(json.dumps(_options(larger, moves=moves)))
    _add_nodes(drawing, drawn, dots, _written(drawn, dots), larger)
    place = colours.places(drawn.kinds)
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
            "smooth": {"enabled": True, "type": "curvedCW", "roundness": bend(place[edge.kind])},
        }
        for edge in drawn.edges
    )
    return _inside(_rendered(drawing, moves=moves), drawn.kinds)


def _written(drawn: Drawn, dots: Dots) -> Collection[int]:
    """Choose the names that are written at first: of few accounts all, since they move apart."""
    if len(drawn.names) <= _MOVING_APART:
        return range(len(drawn.names))
    below = labelling.placed(drawn.names, drawn.degrees, dots.at, dots.radii, SIZE, below=True)
    return {label.node for label in below}


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


def _add_nodes(drawing: Network, drawn: Drawn, dots: Dots, named: Collection[int], larger: float) -> None:
    """Add the dots. Numbers name them in the script: a captured name like "__proto__" must not be a key there."""
    at = ((dots.at - SIZE / 2) * larger).round(1).tolist()
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


def _key(kinds: list[str]) -> str:
    """Draw the legend of the live picture: each kind with its line."""
    place = colours.places(kinds)
    lines = "".join(
        f'<span style="margin-right:2em;white-space:nowrap"><svg width="54" height="10"><path d="M2,5h50" '
        f'{stroke(place[kind])} stroke-width="2"/></svg> {escaped(line(kind, 60))}</span>'
        for kind in kinds
    )
    return f'<p style="font:13px sans-serif;margin:4px 8px">{lines}</p>'
