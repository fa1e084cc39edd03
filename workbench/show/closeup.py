"""What a map too close for outlines is drawn on: lines at round distances, and a small map of the region beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workbench.show import layers
from workbench.show.mapping import ASIDE, WIDTH, region

if TYPE_CHECKING:
    from workbench.show.mapping import View

BAR: Final = (14, 14)
"""Where the scale begins: pixels from the left and from below."""

_GAP: Final = 8
_SIDE: Final = ASIDE - 2 * _GAP
_TALL: Final = 116
_LINE: Final = "#d4d4d4"


def ground(view: View) -> list[dict[str, Any]]:
    """Draw the lines and, in the upper right corner, the region."""
    return [layers.shape(_grid(view), filled=False, stroke=_LINE, strokeWidth=0.8), *_region(view)]


def _grid(view: View) -> dict[str, Any]:
    """Draw lines as far apart as the scale is long, one of them through its beginning."""
    step, (left, below) = view.bar[1], BAR
    across = np.arange(left % step, WIDTH, step).round(1).tolist()
    down = np.arange((view.height - below) % step, view.height, step).round(1).tolist()
    lines = [[[x, 0], [x, view.height]] for x in across] + [[[0, y], [WIDTH, y]] for y in down]
    return {"type": "MultiLineString", "coordinates": lines}


def _region(view: View) -> list[dict[str, Any]]:
    """Draw the region with a cross where the map is."""
    around = region(view, _SIDE, _TALL)
    size = _SIDE / WIDTH
    left, top = WIDTH - _SIDE - _GAP, _GAP
    right, bottom = left + _SIDE, top + round(around.height * size)

    def small(lines: list[list[list[float]]]) -> list[list[list[float]]]:
        return [
            [[round(left + x * size, 1), round(top + y * size, 1)] for x, y in _within(line, around.height)]
            for line in lines
        ]

    frame: list[list[float]] = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    x, y = (left + right) / 2, (top + bottom) / 2
    cross = [[[x - 6, y], [x + 6, y]], [[x, y - 6], [x, y + 6]]]
    land = {"type": "Polygon", "coordinates": small(around.land)}
    lines = [line for level in around.lines.values() for line in small(level)]
    return [
        layers.shape({"type": "Polygon", "coordinates": [frame]}, fill="#ffffff", stroke=None),
        *[layers.shape(land, fill="#e4e4e4", stroke=None)] * bool(around.land),
        *[_drawn(lines, "#777777", 0.6)] * bool(lines),
        _drawn([frame], "#444444", 1.0),
        _drawn(cross, "#000000", 2.0),
    ]


def _drawn(lines: list[list[list[float]]], colour: str, width: float) -> dict[str, Any]:
    made = {"type": "MultiLineString", "coordinates": lines}
    return layers.shape(made, filled=False, stroke=colour, strokeWidth=width)


def _within(line: list[list[float]], height: int) -> list[list[float]]:
    """Keep the small map inside its frame: points beyond it are put on its edge."""
    edge: list[list[float]] = np.clip(np.array(line), 0, [WIDTH, height]).tolist()
    return edge
