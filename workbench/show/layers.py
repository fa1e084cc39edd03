"""What a map is drawn of: shapes and symbols as layers of Vega-Lite, all of them in pixels already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from workbench.show import colours
from workbench.show.mapping import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LABEL_PX, _LETTER_PX = 12, 6.5
_LABELLED: Final = 5
_SHAPES: Final = {
    "geotag": "circle",
    "exif": "square",
    "xmp": "diamond",
    "container": "triangle-down",
    "stated": "triangle-up",
}
_OTHER_SHAPES: Final = ("cross", "triangle-right", "triangle-left")
PIXELS: Final = {"type": "identity", "scale": 1, "translate": [0, 0]}
"""Shapes are in pixels already."""

AT: Final = {
    name: {
        "field": name,
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, most], "range": [0, most]},
    }
    for name, most in (("x", WIDTH), ("y", HEIGHT))
}
"""Places are in pixels already, from the upper left corner."""


def shape(geometry: dict[str, Any], **mark: Any) -> dict[str, Any]:  # noqa: ANN401 - properties of a mark
    """Draw a geometry of GeoJSON; ``mark`` are properties of its mark."""
    return {
        "data": {"values": [{"type": "Feature", "geometry": geometry, "properties": {}}]},
        "mark": {"type": "geoshape", "clip": True, **mark},
        "projection": PIXELS,
    }


def rings(drawn: dict[str, list[list[list[float]]]], scales: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw the circles of each source, as rings in pixels, in its colour."""
    colour = dict(zip(scales["color"]["scale"]["domain"], scales["color"]["scale"]["range"], strict=True))
    return [
        shape(
            {"type": "MultiPolygon", "coordinates": [[ring] for ring in circles]},
            fill=colour[source],
            fillOpacity=0.12,
            stroke=colour[source],
            strokeWidth=1.5,
        )
        for source, circles in drawn.items()
    ]


def symbols(
    placed: Sequence[dict[str, Any]], kind: str, scales: dict[str, Any], tips: Sequence[str]
) -> dict[str, Any]:
    """Draw the places of one kind: exact, an area (hollow), or of unknown precision (hollow and dashed)."""
    mark: dict[str, Any] = {"type": "point", "size": 70, "strokeWidth": 1.8, "clip": True}
    # A dark edge keeps light colours apart from the land, in grey too.
    exact = {"filled": True, "stroke": "#000000", "strokeWidth": 0.7, "opacity": 1}
    mark |= exact if kind == "exact" else {"fill": "#ffffff", "fillOpacity": 0.6, "opacity": 1}
    mark |= {"strokeDash": [2, 2]} if kind == "unknown" else {}
    return {
        "data": {"values": [each for each in placed if each["kind"] == kind]},
        "mark": mark,
        "encoding": {
            **AT,
            "color": scales["color"],
            "shape": scales["shape"],
            "tooltip": [{"field": name, "type": "nominal"} for name in tips],
        },
    }


def text(values: Sequence[dict[str, Any]], field: str, **mark: Any) -> dict[str, Any]:  # noqa: ANN401
    """Write the words of a field at their places."""
    return {
        "data": {"values": list(values)},
        "mark": {"type": "text", "fontSize": 11, **mark},
        "encoding": {**AT, "text": {"field": field, "type": "nominal"}},
    }


def haloed(values: Sequence[dict[str, Any]], field: str, **mark: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Write words with a white edge, so that they are read whatever lies below."""
    edge = {"stroke": "#ffffff", "strokeWidth": 3.5, "strokeJoin": "round", "aria": False}
    return [text(values, field, **mark, **edge), text(values, field, **mark)]


def labels(placed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write the numbers beside their symbols, inside the map; those that would lie on each other are one label."""
    found: list[dict[str, Any]] = []
    for each in placed:
        label = {"x": each["x"], "y": each["y"], "numbers": [each["no"]]}
        on = next((other for other in found if _overlap(label, other)), None)
        if on is None:
            found.append(label)
        else:
            on["numbers"].append(each["no"])
    return [{**dict(zip("xy", _corner(each), strict=True)), "no": _joined(each)} for each in found]


def _joined(label: dict[str, Any]) -> str:
    numbers = label["numbers"]
    more = f" +{len(numbers) - _LABELLED}" * (len(numbers) > _LABELLED)
    return ", ".join(numbers[:_LABELLED]) + more


def _corner(label: dict[str, Any]) -> tuple[float, float]:
    """Give where a label's words begin: to the right of its symbol, or to the left where the map ends."""
    wide = _LETTER_PX * len(_joined(label))
    right = label["x"] + 8 + wide <= WIDTH
    return round(label["x"] + 8 if right else label["x"] - 8 - wide, 1), label["y"] - 6


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    (x, y), (x2, y2) = _corner(one), _corner(other)
    first, second = (_LETTER_PX * len(_joined(each)) for each in (one, other))
    return abs(y - y2) < _LABEL_PX and x < x2 + second and x2 < x + first


def scales(sources: Iterable[str]) -> dict[str, Any]:
    """Give each source its colour and its shape, always the same for those that tables know."""
    names = sorted(set(sources))
    shapes, others = dict(_SHAPES), iter(_OTHER_SHAPES * len(names))
    for name in names:
        if name not in shapes:
            shapes[name] = next(others)
    place = {name: number % len(colours.OKABE_ITO) for number, name in enumerate(shapes)}
    legend = {"orient": "bottom", "title": None}
    marked = {
        "color": [colours.OKABE_ITO[place[name]] for name in names],
        "shape": [shapes[name] for name in names],
    }
    return {
        channel: {
            "field": "source",
            "type": "nominal",
            "scale": {"domain": names, "range": values},
            "legend": legend,
        }
        for channel, values in marked.items()
    }
