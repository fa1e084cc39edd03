"""What part of the globe a map shows, and where on it a place is: degrees to pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import pandas as pd

from workbench.records import Record
from workbench.show import outlines
from workbench.show.outlines import Level, Line, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 640
"""A map's width in pixels."""

HEIGHT: Final = 480
"""Its greatest height."""

ROUGH_M: Final = 60_000.0
"""On a map narrower than this, in metres, the outlines would lie: they are off by a kilometre and more."""

ASIDE: Final = 170
"""Pixels at the right of such a map that hold no place: there stands a small map of the region."""

_WHOSE: Final = "Natural Earth; US Census Bureau"
_LEAST_HEIGHT: Final = 260
_DEGREE_M: Final = 111_320.0

_ONE_SPOT_M: Final = 50.0
"""Places no farther apart than this, in metres, are one spot: no scale follows from them."""

_SPOT_M, _LEAST_M = 40_000.0, 400.0
_STREET_SPOT_M, _STREET_M = 2_000.0, 600.0
"""How wide a map is at least, in metres: around one spot, and around places apart; without streets and with."""

_AROUND_M: Final = (300_000.0, 1_000_000.0, 3_000_000.0)
_MARGIN: Final = 1.25
_WIDE: Final = 90.0
_STATES_M, _COUNTIES_M = 7_000_000.0, 600_000.0
_CORNERS: Final = 60
_POLE: Final = 89.9


class View(Record, frozen=True, kw_only=True):
    """A map's frame: the middle in degrees, metres of a pixel, height in pixels, what is drawn as its ground.

    ``stretch`` is the length of a degree of longitude by that of latitude. ``land`` are rings, ``lines`` borders by
    level, both in pixels from the upper left corner. ``close`` is too close for any.
    """

    latitude: float
    longitude: float
    metres: float
    stretch: float
    height: int
    land: list[list[list[float]]]
    lines: dict[Level, list[list[list[float]]]]
    close: bool = False

    @property
    def degree(self) -> float:
        """Give the metres that a degree of longitude is drawn as."""
        return self.stretch * _DEGREE_M

    @property
    def window(self) -> Window:
        """Give what lies in the frame, in degrees; beyond 180 where it crosses that line."""
        east = min(WIDTH / 2 * self.metres / _DEGREE_M / self.stretch, 180.0)
        north = self.height / 2 * self.metres / _DEGREE_M
        return Window(
            west=self.longitude - east,
            east=self.longitude + east,
            south=max(self.latitude - north, -90.0),
            north=min(self.latitude + north, 90.0),
        )

    @property
    def words(self) -> str:
        """Say what the outlines are."""
        if self.close:
            return f"Outlines would be too coarse so near: the small map shows the region ({_WHOSE})"
        kinds = [name for name, lines in self.lines.items() if lines]
        if not kinds:
            return "No outline of those that are here lies in this part of the globe"
        drawn = f"Outlines of {' and '.join(kinds)}, coarse ({_WHOSE})"
        return f"{drawn}: they show the region, not the street"

    @property
    def bar(self) -> tuple[float, float]:
        """Give a round length in metres of at most a quarter of the width, and its pixels."""
        most = self.metres * WIDTH / 4
        unit = 10.0 ** math.floor(math.log10(most))
        length = max(each * unit for each in (1, 2, 5) if each * unit <= most)
        return length, length / self.metres

    def all(
        self, latitude: pd.Series[float], longitude: pd.Series[float]
    ) -> tuple[pd.Series[float], pd.Series[float]]:
        """Give the pixels of places, from the left and from above."""
        east = (longitude - self.longitude + 180) % 360 - 180
        x = WIDTH / 2 + east * self.stretch * _DEGREE_M / self.metres
        y = self.height / 2 - (latitude - self.latitude) * _DEGREE_M / self.metres
        return x, y

    def pixel(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Give the pixels of one place."""
        x, y = self.all(pd.Series([latitude]), pd.Series([longitude]))
        return round(float(x[0]), 1), round(float(y[0]), 1)

    def pixels(self, metres: float) -> float:
        """Give how many pixels so many metres are."""
        return metres / self.metres

    def circle(self, latitude: float, longitude: float, metres: float) -> list[list[float]]:
        """Give the ring of all places so many metres from one, in pixels."""
        x, y = self.pixel(latitude, longitude)
        turn = np.linspace(0, 2 * np.pi, _CORNERS + 1)
        radius: float = self.pixels(metres)
        # Away from the map's own parallel a degree of longitude is drawn longer or shorter than it is.
        wide = radius * self.stretch / max(math.cos(math.radians(min(abs(latitude), _POLE))), 0.01)
        ring = np.stack([x + wide * np.sin(turn), y - radius * np.cos(turn)], axis=1)
        return _rounded(ring)


def looked_at(
    latitude: pd.Series[float],
    longitude: pd.Series[float],
    precision_m: pd.Series[float],
    *,
    street: bool = False,
) -> View:
    """Choose the part of the globe that holds all places with their circles; without any, the whole globe.

    How wide it is follows from how far apart the places are; around one spot it is 40 km wide, 2 km where streets
    are shown. Where it is too close for the outlines, the right edge holds no place.
    """
    if latitude.empty:
        return _grounded(_view(0.0, 0.0, 360.0, 170.0))
    reach = precision_m / _DEGREE_M
    low, high = max(float((latitude - reach).min()), -90.0), min(float((latitude + reach).max()), 90.0)
    wide: pd.Series[float] = reach / np.cos(np.radians(latitude.abs().clip(upper=_POLE)))
    middle, span = _around(longitude, wide)
    least = _least(latitude, longitude, street=street)
    found = _view((low + high) / 2, middle, span * _MARGIN, (high - low) * _MARGIN, least)
    if street:
        return found
    return _beside(found) if found.metres * WIDTH < ROUGH_M else _grounded(found)


def _least(latitude: pd.Series[float], longitude: pd.Series[float], *, street: bool) -> float:
    """Give how many metres wide a map of these is at least."""
    tall = float(latitude.max() - latitude.min())
    wide = _around(longitude, longitude * 0)[1] * math.cos(math.radians(float(latitude.abs().min())))
    apart = max(tall, wide) * _DEGREE_M > _ONE_SPOT_M
    if street:
        return _STREET_M if apart else _STREET_SPOT_M
    return _LEAST_M if apart else _SPOT_M


def _beside(frame: View) -> View:
    """Make room at the right edge, where the small map stands."""
    metres = frame.metres * WIDTH / (WIDTH - ASIDE)
    longitude = frame.longitude + ASIDE / 2 * metres / frame.degree
    return msgspec.structs.replace(frame, metres=metres, longitude=longitude, close=True)


def region(frame: View, wide: float, high: float) -> View:
    """Give what lies around a map: the nearest part of the globe with enough outlines, ``wide`` by ``high`` alike.

    Its pixels are those of a map as wide as any other.
    """
    found = frame
    for across in _AROUND_M:
        tall = across * high / wide / _DEGREE_M
        found = _grounded(_view(frame.latitude, frame.longitude, 0.0, tall, across))
        if _drawn_length(found) > WIDTH:
            break
    return found


def _drawn_length(frame: View) -> float:
    """Give the length of all outlines, in pixels: a stub in a corner tells nobody where this is."""
    return sum(
        float(np.hypot(*np.diff(np.array(line), axis=0).T).sum())
        for lines in frame.lines.values()
        for line in lines
    )


def _around(longitude: pd.Series[float], reach: pd.Series[float]) -> tuple[float, float]:
    """Find the middle and width of the shortest stretch of the parallel that holds all longitudes."""
    ordered = np.sort(longitude.to_numpy() % 360)
    gaps = np.diff(np.append(ordered, ordered[0] + 360))
    first = (int(gaps.argmax()) + 1) % len(ordered)
    start = float(ordered[first])
    east = (longitude - start) % 360
    low, high = float((east - reach).min()), float((east + reach).max())
    return (start + (low + high) / 2 + 180) % 360 - 180, min(high - low, 360.0)


def _view(latitude: float, longitude: float, wide: float, high: float, least_m: float = _SPOT_M) -> View:
    """Make the view of a stretch in degrees, without its ground; it is at least so many metres wide."""
    stretch = 1.0 if wide > _WIDE else max(math.cos(math.radians(latitude)), 0.05)
    across = min(max(wide * stretch * _DEGREE_M, least_m), 360 * _DEGREE_M)
    metres = max(across / WIDTH, high * _DEGREE_M / HEIGHT)
    height = round(min(max(high * _DEGREE_M / metres, _LEAST_HEIGHT), HEIGHT))
    return View(
        latitude=latitude,
        longitude=longitude,
        metres=metres,
        stretch=stretch,
        height=height,
        land=[],
        lines={},
    )


def _grounded(frame: View) -> View:
    window = frame.window
    across = frame.metres * WIDTH
    fine = across < _STATES_M
    levels: list[Level] = ["countries"]
    levels += ["states"] if fine else []
    levels += ["counties"] if across < _COUNTIES_M else []
    land = [ring for each in outlines.land(window, fine=fine) if len(ring := _thinned(frame, each)) > 3]
    lines: dict[Level, list[list[list[float]]]] = {
        level: [
            part
            for each in outlines.borders(window, level, fine=fine)
            for piece in _inside(each, window)
            if len(part := _thinned(frame, piece)) > 1
        ]
        # The finest first, so that coarser lines lie over it.
        for level in reversed(levels)
    }
    return msgspec.structs.replace(
        frame, land=land, lines={level: found for level, found in lines.items() if found}
    )


def _inside(line: Line, window: Window) -> Sequence[Line]:
    """Cut a line into the pieces that lie in the window, each with the points just outside."""
    x, y = line[:, 0], line[:, 1]
    there = (x >= window.west) & (x <= window.east) & (y >= window.south) & (y <= window.north)
    near = there | np.append(there[1:], False) | np.append(False, there[:-1])
    edges = np.flatnonzero(np.diff(near.astype(np.int8))) + 1
    return [
        piece for piece, kept in zip(np.split(line, edges), np.split(near, edges), strict=True) if kept[0]
    ]


def _thinned(frame: View, line: Line) -> list[list[float]]:
    """Give a line in pixels, without points that fall on the pixel of the one before."""
    x = WIDTH / 2 + (line[:, 0] - frame.longitude) * frame.stretch * _DEGREE_M / frame.metres
    y = frame.height / 2 - (line[:, 1] - frame.latitude) * _DEGREE_M / frame.metres
    # Of the whole globe a pixel is enough; a border of a county shows its half pixels.
    step = 1.0 if frame.metres * WIDTH > _STATES_M else 0.5
    points = np.round(np.stack([x, y], axis=1) / step) * step
    moved = np.append(True, np.any(np.diff(points, axis=0) != 0, axis=1))
    return _rounded(points[moved])


def _rounded(points: Line) -> list[list[float]]:
    rounded: list[list[float]] = np.round(points, 1).tolist()
    return rounded
