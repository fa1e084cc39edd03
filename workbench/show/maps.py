"""Maps of stated places: numbered, precision drawn to scale, sources told apart by shape; nothing is fetched.

The map is flat: kilometres east and north of its middle (equirectangular with the middle's parallel true to scale).
Outlines are vendored and coarse: they show the region, not the street. Nobody's tiles are asked for from here: an
address of a tile tells who looks where. A department may have a server of its own; ``case.street`` gives its tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pandas as pd

from workbench import analysis
from workbench.analysis import frames
from workbench.counts import counted
from workbench.errors import UsageError
from workbench.show import closeup, layers, streets
from workbench.show.charts import chart
from workbench.show.figure import Figure
from workbench.show.mapping import WIDTH, View, looked_at
from workbench.show.tables import table
from workbench.show.words import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.mercator import Area
    from workbench.show.streets import Street

SPOTS: Final = 300
"""Above so many different spots the map counts places by squares instead of drawing each."""

LISTED: Final = 60
"""Most places in the table under the map."""

_FLAT_M: Final = 2_000_000.0
_SQUARE_PX: Final = 20
_SYMBOL_PX: Final = 5
_NEEDED: Final = ("latitude", "longitude", "precision_m", "source", "when", "exhibits")
_LINES: Final = {"countries": ("#444444", 1.3), "states": ("#777777", 0.9), "counties": ("#aaaaaa", 0.6)}


def map(  # noqa: A001 - what it is
    frame: pd.DataFrame, *, title: str = "Places", zone: str | None = None, street: Street | None = None
) -> Figure:
    """Draw where things were said to be; takes what ``analysis.places`` gives.

    Each spot has its numbers, which the table under the map explains with their citations, times in ``zone``
    (default: that of the analysis, else UTC). A precision in metres is drawn as a circle to scale, with a hollow
    symbol in its middle; a place without one has a hollow symbol too, and the note says so. Above 300 spots, places
    are counted by squares. Places without usable coordinates are counted in the note.

    ``street``, what ``case.street`` gives for the same places, lies under them in the place of the outlines; where it
    brings no tiles, the note says why.

    Raises UsageError for missing columns or an unknown zone.
    """
    _check(frame)
    zone = zone or _zone(frame)
    frames.zone_of(zone)
    held, left_out = _usable(frame)
    tiled = street is not None and bool(street.pieces)
    view = _view(held, street=tiled)
    spots = _spots(held, zone)
    binned = len(spots) > SPOTS
    drawn = _squares(held, view, zone) if binned else _drawn(spots, view)
    notes = [
        f"Times are local ({zone})" * bool(len(held)),
        *left_out,
        *_precision(held, binned=binned),
        *([] if tiled else _about(view)),
        street.note if street else "",
        analysis.said(frame),
    ]
    return chart(
        {
            "width": WIDTH,
            "height": view.height,
            "layer": [
                *(streets.drawn(street, view) if street and tiled else _ground(view)),
                _frame(view),
                *drawn,
                *_scale(view),
            ],
            "view": {"stroke": None},
        },
        title=title,
        alt=_alt(held),
        note=". ".join(note.rstrip(".") for note in notes if note),
        height=view.height + (110 if binned else 75),
        below=_below(held, zone),
    )


def street_area(frame: pd.DataFrame) -> Area | None:
    """Give the area that a map of these places shows when it shows streets; None where it has no place.

    Raises UsageError for missing columns.
    """
    _check(frame)
    held, _ = _usable(frame)
    return streets.shown(_view(held, street=True)) if len(held) else None


def _view(held: pd.DataFrame, *, street: bool) -> View:
    where = (held["latitude"], held["longitude"], held["precision_m"].fillna(0.0))
    return looked_at(*where, street=street)


def _check(frame: pd.DataFrame) -> None:
    missing = set(_NEEDED) - set(frame.columns)
    if missing and len(frame.columns):
        raise UsageError(
            "this table has no places",
            expected=", ".join(sorted(missing)),
            todo="pass what analysis.places gives",
        )


def _zone(frame: pd.DataFrame) -> str:
    return str(frames.parameters_of(frame).get("zone", "UTC"))


_FARTHEST_M: Final = 20_037_508.0
"""Half the way around the Earth: a precision beyond says nothing."""


def _usable(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Keep what has coordinates on the globe, numbered from 1; say how many have none."""
    if not len(frame.columns):
        frame = pd.DataFrame({name: [] for name in _NEEDED}).astype({"when": frames.TIME, "source": str})
    at = frame[["latitude", "longitude"]].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    stated = at.notna().all(axis=1)
    there = stated & at["latitude"].between(-90, 90) & at["longitude"].between(-180, 180)
    held = frame[there].reset_index(drop=True)
    precision = pd.to_numeric(held["precision_m"], errors="coerce").astype(np.float64)
    held = held.assign(
        **{name: at.loc[there, name].to_numpy() for name in at},
        precision_m=precision.where((precision > 0) & (precision <= _FARTHEST_M)),
        no=np.arange(1, len(held) + 1),
    )
    told = (
        (int((~stated).sum()), "without coordinates"),
        (int((stated & ~there).sum()), "with impossible ones"),
    )
    return held, [f"{counted(n, 'place')} {words} not drawn" for n, words in told if n]


def _precision(held: pd.DataFrame, *, binned: bool) -> Iterable[str]:
    if held.empty:
        return
    known = held["precision_m"].dropna()
    if binned:
        yield "Each symbol counts the places of one source in a square"
        if len(known):
            yield f"precision is not drawn: it is from {_length(known.min())} to {_length(known.max())}"
        return
    if len(known):
        yield "Circles show the precision that is stated, to scale"
    if len(known) < len(held):
        yield f"{len(held) - len(known)} of {len(held)} state no precision: their symbol is hollow, with a dashed edge"


def _about(view: View) -> Iterable[str]:
    """Say what lies under the places, and how far the scale holds."""
    if view.close:
        yield f"The lines are {_length(view.bar[0])} apart"
    yield view.words
    if view.metres * WIDTH > _FLAT_M:
        yield "The scale holds from north to south; from east to west distances are drawn too long or too short"


def _alt(held: pd.DataFrame) -> str:
    if held.empty:
        return "Map without any place."
    (south, north), (west, east) = (
        (held[name].min(), held[name].max()) for name in ("latitude", "longitude")
    )
    sources = ", ".join(
        f"{count} {line(str(name), 30)}" for name, count in held["source"].value_counts().sort_index().items()
    )
    return (
        f"Map of {len(held)} places ({sources}), latitude {south:.3f} to {north:.3f}, "
        f"longitude {west:.3f} to {east:.3f}."
    )


# --- what is drawn --------------------------------------------------------------------------------


def _ground(view: View) -> list[dict[str, Any]]:
    if view.close:
        return closeup.ground(view)
    shapes = [
        layers.shape({"type": "Polygon", "coordinates": view.land}, fill="#eeeeee", stroke=None)
    ] * bool(view.land)
    for level, lines in view.lines.items():
        colour, width = _LINES[level]
        width = width if len(view.lines) > 1 else width / 2
        made = {"type": "MultiLineString", "coordinates": lines}
        shapes.append(layers.shape(made, filled=False, stroke=colour, strokeWidth=width))
    return shapes


def _frame(view: View) -> dict[str, Any]:
    """Draw the map's edge over its ground, which would hide half of it."""
    corners = [[0, 0], [WIDTH, 0], [WIDTH, view.height], [0, view.height], [0, 0]]
    made = {"type": "LineString", "coordinates": corners}
    return layers.shape(made, filled=False, stroke="#444444", clip=False)


def _spots(held: pd.DataFrame, zone: str) -> list[dict[str, Any]]:
    """Gather the places that are at one spot, of one source and precision, into one symbol each."""
    keys = [
        held["latitude"].round(5),
        held["longitude"].round(5),
        held["precision_m"].fillna(-1.0),
        held["source"],
    ]
    spots: list[dict[str, Any]] = []
    for key, rows in held.groupby(keys, sort=False):
        latitude, longitude, precision, source = cast("tuple[float, float, float, str]", key)
        if len(spots) > SPOTS:
            break
        numbers = [str(each) for each in rows["no"]]
        more = f" +{len(numbers) - 3}" if len(numbers) > 3 else ""
        spots.append(
            {
                "latitude": float(latitude),
                "longitude": float(longitude),
                "precision_m": float(precision),
                "no": ", ".join(numbers[:3]) + more,
                "precision": _length(precision) if precision > 0 else "not stated",
                **_told(rows, str(source), zone),
            }
        )
    return spots


def _told(rows: pd.DataFrame, source: str, zone: str) -> dict[str, Any]:
    """Say what a symbol stands for: source, names, times and citations."""
    when = rows["when"].dropna()
    local = (
        [
            frames.local(at, frames.zone_of(zone)).strftime("%Y-%m-%d %H:%M %Z")
            for at in (when.min(), when.max())
        ]
        if len(when)
        else []
    )
    cites = list(dict.fromkeys(cite for each in rows["exhibits"] for cite in each))
    names = list(dict.fromkeys(str(name) for name in rows.get("name", ()) if name))
    return {
        "source": line(source, 30),
        "name": "; ".join(line(name, 160) for name in names[:3]),
        "when": " to ".join(dict.fromkeys(local)) or "no time",
        "exhibits": ", ".join(cites[:3]) + (f" and {len(cites) - 3} more" if len(cites) > 3 else ""),
    }


def _drawn(spots: Sequence[dict[str, Any]], view: View) -> list[dict[str, Any]]:
    if not spots:
        words = {"x": WIDTH / 2, "y": view.height / 2, "words": "No place with coordinates"}
        return [layers.text([words], "words", fontSize=14)]
    placed = []
    rings: dict[str, list[list[list[float]]]] = {}
    for spot in spots:
        x, y = view.pixel(spot["latitude"], spot["longitude"])
        radius = view.pixels(spot["precision_m"])
        kind = "unknown" if spot["precision_m"] < 0 else "area" if radius > _SYMBOL_PX else "exact"
        placed.append({**spot, "x": x, "y": y, "kind": kind})
        if kind == "area":
            ring = view.circle(spot["latitude"], spot["longitude"], spot["precision_m"])
            rings.setdefault(spot["source"], []).append(ring)
    tips = ["no", "source", "name", "when", "precision", "exhibits"]
    scales = layers.scales(spot["source"] for spot in spots)
    kinds = [kind for kind in ("exact", "area", "unknown") if any(each["kind"] == kind for each in placed)]
    symbols = [layers.symbols(placed, kind, scales, tips) for kind in kinds]
    return [
        *layers.rings(rings, scales),
        *symbols,
        *layers.haloed(layers.labels(placed), "no", align="left"),
    ]


def _squares(held: pd.DataFrame, view: View, zone: str) -> list[dict[str, Any]]:
    """Count places by squares of the map and by source; a symbol stands in its square."""
    every = view.all(held["latitude"], held["longitude"])
    keys = [*(each // _SQUARE_PX for each in every), held["source"].map(lambda source: line(str(source), 30))]
    scales = layers.scales(keys[2])
    beside = {source: _beside(number) for number, source in enumerate(scales["color"]["scale"]["domain"])}
    placed = []
    for key, rows in held.groupby(keys, sort=True):
        across, down, source = cast("tuple[float, float, str]", key)
        x, y = across * _SQUARE_PX + beside[source][0], down * _SQUARE_PX + beside[source][1]
        placed.append({"x": x, "y": y, "kind": "exact", "n": len(rows), **_told(rows, source, zone)})
    layer = layers.symbols(placed, "exact", scales, ["n", "source", "name", "when", "exhibits"])
    layer["encoding"]["size"] = {
        "field": "n",
        "type": "quantitative",
        "scale": {"range": [8, 100], "zero": False},
        "legend": {"orient": "bottom", "title": "places"},
    }
    return [layer]


def _beside(number: int) -> tuple[float, float]:
    """Give each source a corner of its square, so that none hides another."""
    return _SQUARE_PX * (0.3 + 0.4 * (number % 2)), _SQUARE_PX * (0.3 + 0.4 * (number // 2 % 2))


def _scale(view: View) -> list[dict[str, Any]]:
    """Draw a bar of a round length, with its words."""
    metres, pixels = view.bar
    left, below = closeup.BAR
    low = view.height - below
    ends = [{"x": left, "x2": left + pixels, "y": low, "words": _length(metres)}]
    bars = [
        {
            "data": {"values": ends},
            "mark": {"type": "rule", "strokeWidth": width, "color": colour},
            "encoding": {**layers.AT, "x2": {"field": "x2"}},
        }
        for colour, width in (("#ffffff", 6), ("#000000", 3))
    ]
    return [*bars, *layers.haloed(ends, "words", align="left", dy=-9, fontWeight="bold")]


def _length(metres: float) -> str:
    if metres < 1_000:
        return f"{metres:,.0f} m"
    return f"{metres / 1_000:,.0f} km" if metres >= 10_000 else f"{metres / 1_000:.3g} km"


def _below(held: pd.DataFrame, zone: str) -> str:
    """Write the table that explains the numbers: when, who, source, name, coordinates, precision, citations."""
    if held.empty:
        return ""
    shown = ["no", "when", "who_handle", "source", "name", "latitude", "longitude", "precision_m", "exhibits"]
    columns = [name for name in (*shown, "exhibit_count") if name in held.columns]
    told = held[columns].assign(
        latitude=held["latitude"].map("{:.5f}".format),
        longitude=held["longitude"].map("{:.5f}".format),
        precision_m=[_length(each) if each > 0 else "not stated" for each in held["precision_m"]],
    )
    return table(told.rename(columns={"precision_m": "precision"}), zone=zone, rows=LISTED).markup
