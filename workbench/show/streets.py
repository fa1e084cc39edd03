"""Streets under a map: the tiles of a department's own server, as pictures inside the figure.

Tiles are in Web Mercator, the map has kilometres: each tile is put where its corners are. What lies inside it is off by
less than a pixel on maps up to 20 km wide, and by up to two on those of 100 km (below 60° of latitude).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from workbench.mercator import Area, Tile
from workbench.records import Record
from workbench.show import layers
from workbench.show.mapping import WIDTH

if TYPE_CHECKING:
    from workbench.show.mapping import View

_PALE: Final = 0.75


class Piece(Record, frozen=True, kw_only=True):
    """A tile and its picture: ``media_type`` is image/png or image/jpeg, and ``data`` is that."""

    tile: Tile
    media_type: str
    data: bytes


class Street(Record, frozen=True, kw_only=True):
    """What lies under a map, and the line that stands below it: whose tiles they are, or why there are none.

    ``gaps`` are tiles that did not come: they are drawn as gaps, since white would look like empty land.
    """

    note: str
    pieces: tuple[Piece, ...] = ()
    gaps: tuple[Tile, ...] = ()


def shown(view: View) -> Area:
    """Give what a map's frame shows, in degrees."""
    window = view.window
    return Area(west=window.west, south=window.south, east=window.east, north=window.north)


def drawn(street: Street, view: View) -> list[dict[str, Any]]:
    """Draw the tiles that lie in the frame, each a picture of its own; pale, so that what lies over them is read."""
    there = [_layer(piece, *box) for piece in street.pieces if (box := _box(piece.tile, view)) is not None]
    return there + _gaps([box for tile in street.gaps if (box := _box(tile, view)) is not None])


def _gaps(boxes: list[tuple[int, int, int, int]]) -> list[dict[str, Any]]:
    """Draw tiles that did not come: an outline with both diagonals, and words in the middle of each."""
    if not boxes:
        return []
    crossed = [
        line
        for x, y, x2, y2 in boxes
        for line in (
            [[x, y], [x2, y], [x2, y2], [x, y2], [x, y]],
            [[x, y], [x2, y2]],
            [[x2, y], [x, y2]],
        )
    ]
    lines = {"type": "MultiLineString", "coordinates": crossed}
    words = [{"x": (x + x2) / 2, "y": (y + y2) / 2, "words": "no tile"} for x, y, x2, y2 in boxes]
    return [
        layers.shape(lines, filled=False, stroke="#767676", strokeWidth=1, strokeDash=[4, 3]),
        *layers.haloed(words, "words", clip=True),
    ]


def _box(tile: Tile, view: View) -> tuple[int, int, int, int] | None:
    """Give left, upper, right and lower edge in whole pixels, so that no seam shows; None outside the frame."""
    area = tile.area
    # By its middle: an edge may be the line where longitudes begin anew, which lies on both sides of a map.
    middle, upper = view.pixel(area.north, (area.west + area.east) / 2)
    half = view.pixels((area.east - area.west) / 2 * view.degree)
    lower = view.pixel(area.south, area.west)[1]
    x, x2, y, y2 = round(middle - half), round(middle + half), round(upper), round(lower)
    return (x, y, x2, y2) if x < WIDTH and x2 > 0 and y < view.height and y2 > 0 else None


def _layer(piece: Piece, x: int, y: int, x2: int, y2: int) -> dict[str, Any]:
    data = base64.b64encode(piece.data).decode("ascii")
    return {
        "data": {"values": [{"x": x, "y": y}]},
        "mark": {
            "type": "image",
            "url": f"data:{piece.media_type};base64,{data}",
            "width": x2 - x,
            "height": y2 - y,
            "align": "left",
            "baseline": "top",
            "aspect": False,
            "clip": True,
            "opacity": _PALE,
            "aria": False,
        },
        "encoding": layers.AT,
    }
