"""What a map is drawn of: shapes and symbols as layers of Vega-Lite, all of them in pixels already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from workbench.show import colours
from workbench.show.mapping import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LABEL_PX: Final = 12
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


def labels(placed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write the numbers of symbols that lie on each other into one label."""
    found: dict[tuple[float, float], dict[str, Any]] = {}
    for each in placed:
        cell = (each["x"] // _LABEL_PX, each["y"] // _LABEL_PX)
        if cell in found:
            found[cell]["no"] += f", {each['no']}"
        else:
            found[cell] = {name: each[name] for name in ("x", "y", "no")}
    return list(found.values())


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
