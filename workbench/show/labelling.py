"""Which names of a network are written beside their dots, and where: those of most edges, and none over another."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np

from workbench.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST: Final = 60
"""Most names that are written on a picture."""

SIZE: Final = 11
"""The letters' size in pixels."""

_LETTER, _WIDE, _TALL = 0.56, 1.0, 1.2
"""How wide letters are, of Latin and of East Asian scripts, and how tall a line is, by the letters' size."""


class Label(Record, frozen=True, kw_only=True):
    """A name's place: the node's number, the middle of its words and their base line, in pixels."""

    node: int
    x: float
    y: float


def placed(
    names: Sequence[str],
    degrees: Sequence[int],
    points: NDArray[np.float64],
    radii: Sequence[float],
    edge: float,
    *,
    below: bool = False,
) -> list[Label]:
    """Choose names to write on a square picture of ``edge`` pixels, dots at ``points`` with ``radii``.

    Those of most edges first, each below, above, to the right or to the left of its dot: where it covers no other
    name, stays in the picture, and covers the fewest dots; with ``below`` nowhere else. A name for which there is no
    such place is left out.
    """
    found: list[Label] = []
    boxes: list[tuple[float, float, float, float]] = []
    order = sorted(range(len(names)), key=lambda node: (-degrees[node], node))
    for node in order[: 4 * MOST]:
        if len(found) == MOST:
            break
        free = [
            (label, box)
            for label, box in _around(node, names[node], points[node], radii[node])[: 1 if below else 4]
            if _inside(box, edge) and not any(_meet(box, other) for other in boxes)
        ]
        if free:
            label, box = min(free, key=lambda each: _covered(each[1], points))
            found.append(label)
            boxes.append(box)
    return found


def _around(
    node: int, name: str, point: NDArray[np.float64], radius: float
) -> list[tuple[Label, tuple[float, float, float, float]]]:
    """Give the four places of a name, each with its box: left, upper, right and lower edge."""
    wide, tall = _width(name), SIZE * _TALL
    x, y = point.tolist()
    aside = radius + 3 + wide / 2
    middles = [(x, y + radius + 2 + tall / 2), (x, y - radius - 2 - tall / 2), (x + aside, y), (x - aside, y)]
    return [
        (
            Label(node=node, x=round(mx, 1), y=round(my + SIZE * 0.36, 1)),
            (mx - wide / 2, my - tall / 2, mx + wide / 2, my + tall / 2),
        )
        for mx, my in middles
    ]


def _width(name: str) -> float:
    letters = sum(_WIDE if unicodedata.east_asian_width(each) in "WF" else _LETTER for each in name)
    return letters * SIZE


def _inside(box: tuple[float, float, float, float], edge: float) -> bool:
    return min(box) >= 0 and max(box) <= edge


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _covered(box: tuple[float, float, float, float], points: NDArray[np.float64]) -> int:
    """Count the dots whose middle a box covers, or nearly."""
    left, top, right, bottom = box
    there = (points > [left - 2, top - 2]) & (points < [right + 2, bottom + 2])
    return int(there.all(axis=1).sum())
