"""Outlines to draw a map on: countries everywhere, states and counties of the United States.

Vendored (``data/LICENCE.md``) as TopoJSON: arcs of whole numbers, each from the one before, scaled to degrees; a
ring names its arcs, a negative number meaning the arc backwards (TopoJSON specification 1.0, 2.1.4).
"""

from __future__ import annotations

import gzip
import json
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

Line = NDArray[np.float64]
"""Longitude and latitude in degrees, WGS 84, shape (n, 2)."""

Level = Literal["countries", "states", "counties"]
_FILES: Final = {"world": "countries-50m.json.gz", "us": "us-counties-10m.json.gz"}
_CORNERS: Final = 2
_US: Final = "840"
_TURNS: Final = (-720.0, -360.0, 0.0, 360.0, 720.0)
_HALF_TURN, _QUARTER_TURN = 180.0, 90.0


class Window(Record, frozen=True, kw_only=True):
    """What is looked at: degrees; ``west`` to ``east`` may reach beyond 180, where it crosses the antimeridian."""

    west: float
    east: float
    south: float
    north: float


class _Atlas:
    """One file: its arcs, and which of them each layer's shapes are made of."""

    def __init__(self, name: str) -> None:
        packed = files("workbench.show").joinpath("data", name).read_bytes()
        held = json.loads(gzip.decompress(packed))
        scale, move = (np.array(held["transform"][key]) for key in ("scale", "translate"))
        arcs = (np.cumsum(np.array(arc, dtype=np.int64), axis=0) * scale + move for arc in held["arcs"])
        self.arcs = [_unbroken(arc) for arc in arcs]
        self.layers: dict[str, Any] = held["objects"]

    def borders(self, layer: str, without: str = "") -> list[Line]:
        """Give the arcs that bound the shapes of a layer, each once, but for those of the shape ``without``."""
        used = {arc if arc >= 0 else ~arc for name, ring in self._rings(layer) for arc in ring}
        gone = {
            arc if arc >= 0 else ~arc for name, ring in self._rings(layer) if name == without for arc in ring
        }
        return [self.arcs[number] for number in sorted(used - gone)]

    def rings(self, layer: str, without: str = "") -> list[Line]:
        """Give the closed lines around the shapes of a layer, holes among them."""
        return [self._ring(ring) for name, ring in self._rings(layer) if name != without or not without]

    def _ring(self, ring: list[int]) -> Line:
        parts = [self.arcs[arc] if arc >= 0 else self.arcs[~arc][::-1] for arc in ring]
        # An arc begins where the one before it ended.
        return _closed(_unbroken(np.concatenate([parts[0], *(part[1:] for part in parts[1:])])))

    def _rings(self, layer: str) -> Iterator[tuple[str, list[int]]]:
        for shape in self.layers[layer]["geometries"]:
            arcs = shape.get("arcs", [])
            polygons = [arcs] if shape["type"] == "Polygon" else arcs
            for polygon in polygons:
                yield from ((str(shape.get("id", "")), ring) for ring in polygon)


def _unbroken(line: Line) -> Line:
    """Let longitudes run on across the antimeridian, where the file lets them jump."""
    return np.stack([np.unwrap(line[:, 0], period=360), line[:, 1]], axis=1)


def _closed(ring: Line) -> Line:
    """Close a ring that goes once around the globe, as that of Antarctica does, over the pole."""
    turned = ring[-1, 0] - ring[0, 0]
    if abs(turned) < _HALF_TURN:
        return ring
    pole = math.copysign(_QUARTER_TURN, float(ring[:, 1].mean()))
    return np.concatenate([ring, [[ring[-1, 0], pole], [ring[0, 0], pole]]])


@cache
def _atlas(name: str) -> _Atlas:
    return _Atlas(_FILES[name])


def land(window: Window, *, fine: bool) -> list[Line]:
    """Give the land in a window as rings cut at its edges, holes among them; ``fine`` is finer for the US."""
    if fine:
        rings = _atlas("world").rings("countries", without=_US) + _atlas("us").rings("nation")
    else:
        rings = _atlas("world").rings("land")
    cut = (_clipped(ring, window) for ring in _near(rings, window))
    # A ring of GeoJSON ends where it began.
    return [np.concatenate([ring, ring[:1]]) for ring in cut if len(ring) > _CORNERS]


def borders(window: Window, level: Level, *, fine: bool) -> list[Line]:
    """Give the lines of a level that meet a window: of countries for the world, of the others for the US only.

    ``fine`` leaves the US out of the countries: their states' lines are finer.
    """
    if level == "countries":
        return _near(_atlas("world").borders("countries", without=_US if fine else ""), window)
    return _near(_atlas("us").borders(level), window)


def _near(lines: list[Line], window: Window) -> list[Line]:
    """Keep the lines that meet the window, turned by whole turns to where it looks."""
    found = []
    for line in lines:
        (west, south), (east, north) = line.min(axis=0), line.max(axis=0)
        if north < window.south or south > window.north:
            continue
        found += [
            line + np.array([turn, 0.0])
            for turn in _TURNS
            if east + turn >= window.west and west + turn <= window.east
        ]
    return found


def _clipped(ring: Line, window: Window) -> Line:
    """Cut a ring at a window's four edges (Sutherland and Hodgman 1974)."""
    for axis, edge, sign in (
        (0, window.west, 1),
        (0, window.east, -1),
        (1, window.south, 1),
        (1, window.north, -1),
    ):
        ring = _cut(ring, axis, edge, sign)
        if not len(ring):
            break
    return ring


def _cut(ring: Line, axis: int, edge: float, sign: int) -> Line:
    """Keep what of a ring is on one side of an edge, with the points where it crosses it."""
    after = np.roll(ring, -1, axis=0)
    inside = sign * (ring[:, axis] - edge) >= 0
    crosses = inside != np.roll(inside, -1)
    if not crosses.any():
        return ring if inside.all() else ring[:0]
    step = np.where(crosses, after[:, axis] - ring[:, axis], 1.0)
    met = ring + (after - ring) * ((edge - ring[:, axis]) / step)[:, None]
    both = np.stack([ring, met], axis=1).reshape(-1, 2)
    kept: Line = both[np.stack([inside, crosses], axis=1).ravel()]
    return kept
