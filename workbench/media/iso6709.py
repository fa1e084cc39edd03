"""Points written as ISO 6709 says (Annex H of the 2008 and 2022 editions), as cameras put them into films.

``±DD.D±DDD.D±AAA.ACRSWGS_84/``: latitude, longitude, then maybe altitude and maybe a reference system, ended by
a solidus. Degrees may also be ``DDMM`` or ``DDMMSS`` (longitude ``DDDMM``, ``DDDMMSS``) with decimals of the
last unit. Many devices leave out the solidus, which is borne with.
"""

from __future__ import annotations

import re

from workbench.media import spots
from workbench.records import Record

_POINT = re.compile(
    r"(?P<lat>[+-](?:[0-9]{6}|[0-9]{4}|[0-9]{2}))(?P<lat_part>\.[0-9]{1,30})?"
    r"(?P<lon>[+-](?:[0-9]{7}|[0-9]{5}|[0-9]{3}))(?P<lon_part>\.[0-9]{1,30})?"
    r"(?:[+-][0-9]{1,12}(?:\.[0-9]{1,30})?)?(?P<crs>CRS[^/]{1,40})?/?"
)


class Point(Record, frozen=True, kw_only=True):
    """Degrees, what the last digit is worth in metres, and the reference system as written."""

    latitude: float
    longitude: float
    digits_m: float
    crs: str = ""


def parse(text: str) -> Point | None:
    """Read a point; None for anything else, minutes or seconds of 60 and more among them."""
    match = _POINT.fullmatch(text.strip())
    if match is None:
        return None
    latitude, lat_m = _degrees(match["lat"], match["lat_part"] or "", 2)
    longitude, lon_m = _degrees(match["lon"], match["lon_part"] or "", 3)
    if latitude is None or longitude is None:
        return None
    crs = (match["crs"] or "").removeprefix("CRS")
    return Point(latitude=latitude, longitude=longitude, digits_m=max(lat_m, lon_m), crs=crs)


def _degrees(digits: str, part: str, wide: int) -> tuple[float | None, float]:
    sign, rest = (-1.0 if digits[0] == "-" else 1.0), digits[1:]
    units = [rest[:wide], *(rest[n : n + 2] for n in range(wide, len(rest), 2))]
    values = [float(unit) for unit in units[:-1]] + [float(units[-1] + part)]
    if any(value >= 60 for value in values[1:]):
        return None, 0.0
    degrees = sum(value / 60**power for power, value in enumerate(values))
    return sign * degrees, spots.worth(max(0, len(part) - 1), 60 ** (len(units) - 1))
