"""Times as sources give them: raw kept, UTC where known, with the basis.

All UTC values are integers, microseconds since 1970-01-01 UTC. Nothing here guesses a zone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from workbench.rows import Moment

Clock = Callable[[], int]
"""Gives microseconds since 1970-01-01 UTC; injected, so that tests can hold time still."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_MICROSECOND = timedelta(microseconds=1)
_END = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


def now() -> int:
    """Read the system clock: microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def to_micros(moment: datetime) -> int:
    """Turn an aware datetime into microseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Turn microseconds since 1970-01-01 UTC into an aware datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def stamp(micros: int) -> str:
    """Write a time as the custody log does: ``2026-11-23T01:02:03.123456Z``."""
    return from_micros(micros).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def beside_utc(moment: datetime, zone: tzinfo) -> str:
    """Write a moment to the minute in a zone and in UTC: ``2026-03-14 20:40 CDT (2026-03-15 01:40 UTC)``."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z} ({moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def read_stamp(text: str) -> int:
    """Read what ``stamp`` wrote; raise ValueError otherwise."""
    if not _STAMP.fullmatch(text):
        raise ValueError(f"not a time of the custody log: {text[:40]!r}")
    return to_micros(datetime.fromisoformat(text))


def explicit(raw: str, moment: datetime) -> Moment:
    """Give a time that names its zone; one that no calendar has in UTC, at either end of all years, is ambiguous."""
    micros = to_micros(moment)
    try:
        from_micros(micros)
    except OverflowError:
        return Moment(raw, None, "ambiguous")
    return Moment(raw, micros, "explicit")


def iso(raw: str) -> Moment:
    """Read ISO 8601 with a zone (explicit); without one, or unreadable, it is ambiguous."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return Moment(raw, None, "ambiguous")
    if moment.tzinfo is None:
        return Moment(raw, None, "ambiguous")
    return explicit(raw, moment)


def unix(raw: str | float, *, per_second: int = 1) -> Moment:
    """Read a count since 1970 (``per_second`` 1 or 1000); unreadable is ambiguous."""
    try:
        micros = round(float(raw) * 1_000_000 / per_second)
        from_micros(micros)
    except (ValueError, OverflowError):
        return Moment(str(raw), None, "ambiguous")
    return Moment(str(raw), micros, "unix")


def twitter(raw: str) -> Moment:
    """Read ``Sun Oct 07 07:39:51 +0000 2012``, independent of the machine's locale."""
    try:
        _, month, day, clock, zone, year = raw.split(" ")
        hour, minute, second = map(int, clock.split(":"))
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
            return Moment(raw, None, "ambiguous")
        micros = _midnight(year, month, day, zone) + (hour * 3600 + minute * 60 + second) * 1_000_000
        return Moment(raw, micros, "explicit") if micros < _END else Moment(raw, None, "ambiguous")
    except (ValueError, KeyError, IndexError, OverflowError):
        return Moment(raw, None, "ambiguous")


@lru_cache(maxsize=1024)
def _midnight(year: str, month: str, day: str, zone: str) -> int:
    """Give when a day began; remembered, because posts come day by day."""
    sign = {"+": 1, "-": -1}[zone[0]]
    offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return to_micros(datetime(int(year), _MONTHS[month], int(day), tzinfo=UTC) - offset)
