"""EXIF as CIPA DC-008 (Exif 2.32 and 3.0) lays it down: when, with what, and where a picture was taken.

Takes tag -> value as Pillow reads the IFDs. Clauses by tag: DateTimeOriginal (36867) has no zone, which
OffsetTimeOriginal (36881, since 2.31) adds as ``±HH:MM``; SubSecTimeOriginal (37521) adds digits. Without an
offset the moment stays ambiguous: nothing here guesses the zone of a place. GPSTimeStamp (7) and GPSDateStamp
(29) are UTC. GPSHPositioningError (31, since 2.31) is in metres; GPSDOP (11) has no unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from workbench import times
from workbench.media import spots
from workbench.media.facts import Gathered
from workbench.rows import Moment

Tags = Mapping[int, Any]

_DEVICE: Final = {"make": 0x010F, "model": 0x0110, "software": 0x0131}
_SERIAL: Final = 0xA431  # BodySerialNumber
_ORIGINAL, _OFFSET, _SUBSECOND = 0x9003, 0x9011, 0x9291
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_TIME, _STATUS, _DOP, _DATUM, _DATE, _ERROR = 7, 9, 11, 18, 29, 31
_HOUR: Final = 3_600_000_000
_EARLIEST, _LATEST = -13 * _HOUR, 15 * _HOUR  # zones are UTC-12 to UTC+14; an hour for the age of the fix
_UNITS: Final = (1, 60, 3600)


def read(found: Gathered, base: Tags, detail: Tags, gps: Tags) -> None:
    """Take what IFD 0, the Exif IFD and the GPS IFD say."""
    found.fields += len(base) + len(detail) + len(gps)
    for name, tag in _DEVICE.items():
        found.say(name, base.get(tag, ""))
    found.say("serial", detail.get(_SERIAL, ""))
    found.taken = taken(found, detail)
    if _LATITUDE in gps or _LONGITUDE in gps:
        _place(found, detail, gps)


def taken(found: Gathered, detail: Tags) -> Moment | None:
    """Give DateTimeOriginal with its offset (explicit), or alone (ambiguous); None where blank or absent."""
    date = found.clean(detail.get(_ORIGINAL, ""))
    if not date.strip(" :0"):
        return None
    part = found.clean(detail.get(_SUBSECOND, ""))
    offset = found.clean(detail.get(_OFFSET, ""))
    raw = f"{date}{'.' + part if part.isdigit() else ''}{' ' + offset if offset else ''}"
    try:
        moment = datetime.strptime(f"{date} {offset.replace('Z', '+00:00')}", "%Y:%m:%d %H:%M:%S %z")
    except ValueError:
        return Moment(raw, None, "ambiguous")
    micros = int(part[:6].ljust(6, "0")) if part.isascii() and part.isdigit() else 0
    return times.explicit(raw, moment + timedelta(microseconds=micros))


def _place(found: Gathered, detail: Tags, gps: Tags) -> None:
    latitude = angle(gps.get(_LATITUDE), found.clean(gps.get(_LATITUDE_REF, "")), "NS")
    longitude = angle(gps.get(_LONGITUDE), found.clean(gps.get(_LONGITUDE_REF, "")), "EW")
    if latitude is None or longitude is None:
        shown = str([gps.get(tag) for tag in (_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE)])
        expected = "degrees, minutes, seconds and N, S, E or W"
        found.problem("bad-value", "exif GPS", expected=expected, found=shown)
        return
    if found.clean(gps.get(_STATUS, "")) == "V":
        shown = "V: the measurement was interrupted, so the place may be an older one"
        found.problem("bad-value", "exif GPSStatus", expected="A", found=shown)
    error, dop = _number(gps.get(_ERROR)), _number(gps.get(_DOP))
    stated = spots.Stated(
        latitude=latitude[0],
        longitude=longitude[0],
        digits_m=max(latitude[1], longitude[1]),
        said_m=error or (dop * spots.DOP_M if dop else None),
        datum=found.clean(gps.get(_DATUM, "")),
    )
    fixed = _fixed(found, gps)
    spots.add(found, "exif", stated, at=fixed)
    _compare(found, found.clean(detail.get(_ORIGINAL, "")), fixed)


def angle(values: object, ref: str, refs: str) -> tuple[float, float] | None:
    """Give degrees, and metres for a unit of the last digit; None where they are no angle.

    ``values`` are up to three rationals; ``refs`` the letters for plus and minus.
    """
    parts = values if isinstance(values, tuple) else (values,)
    numbers = [_number(part) for part in parts]
    if not 1 <= len(numbers) <= 3 or not ref or ref[0].upper() not in refs:
        return None
    degrees, digits = 0.0, spots.worth(0)
    for number, part, unit in zip(numbers, parts, _UNITS, strict=False):
        if number is None or number < 0 or (unit > 1 and number > 60):
            return None
        degrees += number / unit
        denominator = int(getattr(part, "denominator", 1))
        if number or denominator > 1:
            digits = spots.METRES_PER_DEGREE / unit / max(1, denominator)
    return (degrees if ref[0].upper() == refs[0] else -degrees), digits


def _fixed(found: Gathered, gps: Tags) -> Moment | None:
    """Read GPSDateStamp and GPSTimeStamp, which are UTC (Exif 2.32, 4.6.6)."""
    date = found.clean(gps.get(_DATE, ""))
    clock = gps.get(_TIME)
    numbers = [_number(part) for part in clock] if isinstance(clock, tuple) else []
    if len(numbers) != 3 or any(part is None for part in numbers):
        return Moment(date, None, "ambiguous") if date.strip(" :") else None
    hours, minutes, seconds = (float(part or 0) for part in numbers)
    raw = f"{date} {hours:02g}:{minutes:02g}:{seconds:06.3f}".strip()
    if not (hours < 24 and minutes < 60 and seconds < 61):
        return Moment(raw, None, "ambiguous")
    try:
        day = datetime.strptime(date, "%Y:%m:%d").replace(tzinfo=UTC)
        moment = day + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return Moment(raw, None, "ambiguous")
    return times.explicit(raw, moment)


def _compare(found: Gathered, date: str, fixed: Moment | None) -> None:
    """Name a clock and a GPS time that no time zone brings together: one of the two is wrong."""
    try:
        local = datetime.strptime(f"{date} +0000", "%Y:%m:%d %H:%M:%S %z")
    except ValueError:
        return
    if fixed is None or fixed.utc is None:
        return
    apart = times.to_micros(local) - fixed.utc
    if not _EARLIEST <= apart <= _LATEST:
        expected = f"a clock within a time zone of the GPS time, {fixed.raw} UTC"
        found.problem("disagreement", "exif DateTimeOriginal", expected=expected, found=date)


def _number(value: object) -> float | None:
    """Give a rational as a number; None for 0/0, and for what is none."""
    try:
        number = float(value)  # type: ignore[arg-type] # what is no number is what the except is for
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None
