"""How well a place in a file is known, and whether it can be one at all.

A file states coordinates with many digits, whatever the receiver knew. ``precision_m`` is therefore the
largest of: what the file says of its error; what its last digit is worth; and, where the file says nothing of
its error, 5 m, since a phone under an open sky is typically within a radius of 4.9 m (GPS.gov, "GPS
Accuracy", after van Diggelen and Enge 2015). It is a radius in metres and no promise: among buildings errors
are larger.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from workbench.media.facts import Gathered, Spot
from workbench.records import Record
from workbench.rows import Moment

METRES_PER_DEGREE: Final = 111_320.0
"""Of latitude; one of longitude is never longer."""
Source = Literal["exif", "xmp", "container"]

LEAST_M: Final = 5.0
"""What no file without a word on its error is taken to be better than."""
DOP_M: Final = 5.0
"""Metres for each unit of dilution of precision: a usual user range error of civil receivers, an assumption."""


class Stated(Record, frozen=True, kw_only=True):
    """A place as a file states it, in degrees.

    ``digits_m`` is what the last digit is worth; ``said_m`` the error that the file states, None for none;
    ``datum`` the geodetic datum that it names, empty for none.
    """

    latitude: float
    longitude: float
    digits_m: float
    said_m: float | None = None
    datum: str = ""


def add(found: Gathered, source: Source, stated: Stated, *, name: str = "", at: Moment | None = None) -> None:
    """Keep a place, or name what is wrong with it."""
    latitude, longitude, said_m = stated.latitude, stated.longitude, stated.said_m
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        shown = f"{latitude}, {longitude}"
        found.problem("bad-value", f"{source} place", expected="degrees on the earth", found=shown)
        return
    if latitude == 0 == longitude:
        expected, shown = "a place", "0, 0: what receivers without a fix write"
        found.problem("bad-value", f"{source} place", expected=expected, found=shown)
        return
    precision = max(stated.digits_m, said_m if said_m is not None and _usable(said_m) else LEAST_M)
    known = _is_wgs84(stated.datum)
    if not known:
        found.problem("bad-value", f"{source} datum", expected="WGS 84", found=stated.datum)
    found.spots.append(
        Spot(
            source=source,
            latitude=latitude,
            longitude=longitude,
            precision_m=round(precision, 3) if known else None,
            name=found.clean(name),
            at=at,
        )
    )


def worth(decimals: int, per_degree: int = 1) -> float:
    """Give metres for one unit of the last digit; ``per_degree`` is 1, 60 for minutes, 3600 for seconds."""
    return float(METRES_PER_DEGREE / per_degree / 10 ** min(decimals, 30))


def _usable(metres: float) -> bool:
    return math.isfinite(metres) and metres > 0


def _is_wgs84(datum: str) -> bool:
    letters = "".join(c for c in datum.upper() if c.isalnum())
    return letters in {"", "WGS84", "WGS1984", "CRSWGS84", "EPSG4326"}
