"""Map tiles: which ones cover an area, and where on the globe each lies. Pure.

The scheme is the usual one (EPSG:3857, "XYZ"): at zoom z the globe between 85.05° south and north is a square of
2^z by 2^z tiles, counted from the north-west corner.
"""

from __future__ import annotations

import math
from typing import Final

from workbench.errors import UsageError
from workbench.records import Record

MOST_TILES: Final = 16
"""Most tiles of one map."""

MOST_M: Final = 100_000.0
"""Widest area that is asked for, in metres: on a wider map streets cannot be seen."""

HIGHEST: Final = 22
"""Highest zoom that any server is asked for."""

_EDGE: Final = 85.0511
_DEGREE_M: Final = 111_320.0


class Area(Record, frozen=True, kw_only=True):
    """A part of the globe in degrees (WGS 84); ``east`` is above ``west``, and above 180 where it crosses that line."""

    west: float
    south: float
    east: float
    north: float

    @property
    def text(self) -> str:
        """Write it as ``read`` reads it."""
        return ",".join(f"{each:.6f}" for each in (self.west, self.south, self.east, self.north))

    @property
    def widest(self) -> float:
        """Give the longer of its two sides in metres."""
        middle = math.radians((self.south + self.north) / 2)
        wide = (self.east - self.west) * math.cos(middle)
        return max(wide, self.north - self.south) * _DEGREE_M


class Tile(Record, frozen=True, kw_only=True):
    """A tile: zoom, column from the west, row from the north."""

    zoom: int
    x: int
    y: int

    @property
    def area(self) -> Area:
        """Give the part of the globe that it shows."""
        count = 2**self.zoom
        west, east = (at / count * 360 - 180 for at in (self.x, self.x + 1))
        north, south = (_latitude(at / count) for at in (self.y, self.y + 1))
        return Area(west=west, south=south, east=east, north=north)


def read(text: str) -> Area:
    """Read an area, ``WEST,SOUTH,EAST,NORTH`` in degrees; raise UsageError for anything else."""
    try:
        west, south, east, north = (float(part) for part in text[:200].split(","))
    except ValueError as error:
        raise _no_area(text) from error
    fits = -540 <= west < east <= min(west + 360, 540) and -90 <= south < north <= 90
    if not fits:  # what is no number (NaN) fits nowhere
        raise _no_area(text)
    return Area(west=west, south=south, east=east, north=north)


def covering(area: Area, highest: int) -> list[Tile]:
    """List the tiles of the finest zoom, up to ``highest``, at which at most 16 cover an area.

    Raises UsageError for an area that is too wide, beyond what tiles show, or so small that one tile of ``highest``
    is wider than all of it.
    """
    if area.widest > MOST_M:
        raise UsageError(
            "this area is too wide for street level",
            expected=f"at most {MOST_M / 1000:.0f} km",
            found=f"{area.widest / 1000:.0f} km",
        )
    if area.south >= _EDGE or area.north <= -_EDGE:
        raise UsageError("no tile shows this area", expected=f"between {_EDGE}° south and north")
    zoom = _finest(area, min(highest, HIGHEST))
    columns, rows = _spanned(area, zoom)
    found = [Tile(zoom=zoom, x=x % 2**zoom, y=y) for y in rows for x in columns]
    if found[0].area.widest > area.widest:
        raise UsageError("the tile server shows no streets", found=f"its highest zoom is {highest}")
    return found


def _finest(area: Area, highest: int) -> int:
    for zoom in range(highest, 0, -1):
        columns, rows = _spanned(area, zoom)
        if len(columns) * len(rows) <= MOST_TILES:
            return zoom
    return 0


def _spanned(area: Area, zoom: int) -> tuple[range, range]:
    """Give the columns, counted on beyond the edge of the map, and the rows that an area touches."""
    count = 2**zoom
    first, last = ((longitude + 180) / 360 * count for longitude in (area.west, area.east))
    top, bottom = (_row(latitude) * count for latitude in (area.north, area.south))
    columns = range(math.floor(first), max(math.ceil(last), math.floor(first) + 1))
    rows = range(min(math.floor(top), count - 1), min(max(math.ceil(bottom), math.floor(top) + 1), count))
    return columns, rows


def _row(latitude: float) -> float:
    """Give how far down the map a latitude is, 0 to 1."""
    angle = math.radians(max(min(latitude, _EDGE), -_EDGE))
    return max((1 - math.asinh(math.tan(angle)) / math.pi) / 2, 0.0)


def _latitude(row: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row))))


def _no_area(text: str) -> UsageError:
    return UsageError(
        "this is not an area",
        expected="WEST,SOUTH,EAST,NORTH in degrees, such as -71.45,42.46,-71.41,42.50",
        found=text[:80],
    )
