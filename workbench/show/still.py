"""The still picture of a network: dots, arrows, names and a legend, for print and for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.records import Record
from workbench.show import colours, labelling
from workbench.show.words import escaped, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.show.labelling import Label
    from workbench.show.layout import Points

SIZE: Final = 760
"""Pixels a side of the picture."""

FEW: Final = 60
"""Up to so many dots have their full size."""

_MARGIN: Final = 60
_THIN: Final = ((400, 1.0), (2_500, 0.5))
_THINNEST: Final = 0.25
_LEAST: Final = 1.8
_SHORT: Final = 7.0


class Edge(Record, frozen=True, kw_only=True):
    """Acts of one kind of one node towards another: the numbers of both, how many acts, and words about them."""

    source: int
    target: int
    kind: str
    n: int
    hint: str


class Drawn(Record, frozen=True, kw_only=True):
    """What is drawn of a graph: node names and sizes by number, edges, and what was left out, in words."""

    names: list[str]
    degrees: list[int]
    edges: list[Edge]
    note: str

    @property
    def kinds(self) -> list[str]:
        """Name the kinds of acts that are drawn, in order."""
        return sorted({edge.kind for edge in self.edges})


class Dots(Record, frozen=True, kw_only=True):
    """The dots of the still picture, in pixels: middles, shape (n, 2), and radii."""

    at: Any
    radii: list[float]


def dots(drawn: Drawn, at: Points) -> Dots:
    """Place the dots on the still picture: smaller where there are many, larger with more edges."""
    small = min((FEW / max(len(drawn.names), 1)) ** 0.4, 1.0)
    return Dots(
        at=(_MARGIN + at * (SIZE - 2 * _MARGIN)).round(1),
        radii=[round(max((3 + min(degree, 100) ** 0.5) * small, _LEAST), 1) for degree in drawn.degrees],
    )


def svg(drawn: Drawn, dots: Dots, labels: Sequence[Label], alt: str) -> str:
    """Draw the picture as SVG, with these names written; ``alt`` says what it shows."""
    kinds, points = drawn.kinds, dots.at.tolist()
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
    height = SIZE + 20 * len(kinds)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{height}" role="img" '
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


def bend(place: int) -> float:
    """Give how far a kind's lines are bent to one side, so that there and back are two; more so for each kind."""
    return 0.08 + 0.04 * place


def _line(start: list[float], end: list[float], place: int, n: int, thin: float) -> str:
    x = (start[0] + end[0]) / 2 + (end[1] - start[1]) * bend(place)
    y = (start[1] + end[1]) / 2 - (end[0] - start[0]) * bend(place)
    # The arrow ends before the dot, not under it.
    away = max(float(np.hypot(end[0] - x, end[1] - y)), 1e-6)
    short = min(_SHORT / away, 0.9)
    tip = [end[0] + (x - end[0]) * short, end[1] + (y - end[1]) * short]
    return (
        f'<path d="M{start[0]},{start[1]}Q{x:.1f},{y:.1f} {tip[0]:.1f},{tip[1]:.1f}" {stroke(place)} '
        f'stroke-width="{(1 + min(np.log1p(n), 5) / 2) * thin:.1f}" marker-end="url(#a{place})"/>'
    )


def _legend(row: int, kind: str, place: int) -> str:
    y = SIZE + 20 * row
    return (
        f'<path d="M20,{y}h50" {stroke(place)} stroke-width="2"/>'
        f'<text x="80" y="{y + 4}">{escaped(line(kind, 60))}</text>'
    )


def stroke(place: int) -> str:
    """Give the colour and pattern of a kind's lines, as attributes of SVG."""
    dashes = " ".join(map(str, colours.DASHES[place]))
    return f'stroke="{colours.OKABE_ITO[place]}"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
