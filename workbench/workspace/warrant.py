"""The warrant of a case of the purpose ``wanted``: its reference, when it was verified active, how long ago that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from workbench.show import Words, case_banner
from workbench.times import from_micros

_NO_TIME = (
    "No time of verification is stated: whether the warrant is active is not known here. "
    "Verify it, then state when with a new version of the case."
)
_NO_AGE = (
    "How long ago that is cannot be told from these words. Verify the warrant again before acting; "
    "state the time as 2026-01-31T20:00-05:00."
)
_STATED: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d\S*)?(?=$|,?\s+\D)")
"""A day or a moment, and after it whatever words the officer added, such as who verified."""

_AHEAD = "The stated time of verification lies in the future: it cannot be right."
_ALWAYS = "A warrant can be served or recalled at any hour: verify again before acting on anything here."


def shown(facts: Mapping[str, str], now: int, zone: ZoneInfo) -> Words:
    """Show the warrant's reference and the age of its verification at ``now`` (microseconds since 1970 UTC)."""
    reference, verified = (facts.get(name, "").strip() for name in ("warrant", "warrant_verified"))
    moment = from_micros(now)
    age, warning = _age(verified, moment, zone)
    lines = {
        "Warrant": reference or "not stated",
        "Verified active": verified or "not stated",
        "How long ago": age,
        "Looked at": f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}",
    }
    return case_banner(lines, title="Warrant", warnings=[*filter(None, [warning]), _ALWAYS])


def _age(verified: str, now: datetime, zone: ZoneInfo) -> tuple[str, str]:
    if not verified:
        return "not known", _NO_TIME
    stated = _read(verified, zone)
    if stated is None:
        return "not known", _NO_AGE
    hours = (now - stated).total_seconds() / 3600
    if hours < 0:
        return "not known", _AHEAD
    days = f"{int(hours // 24)} days" if hours >= 48 else f"{int(hours)} hours"
    return days, ""


def _read(text: str, zone: ZoneInfo) -> datetime | None:
    """Read the day or moment, as ISO 8601, with which the words begin; one without a zone is local. Else None."""
    stated = _STATED.match(text)
    try:
        if stated is None:
            return None
        if stated[1] is None:
            return datetime.combine(date.fromisoformat(stated[0]), time.min, zone)
        read = datetime.fromisoformat(stated[0].rstrip(","))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=zone)
