"""How one value of a table is written: as a cell of HTML, escaped, and as plain text."""

from __future__ import annotations

import math
import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from workbench.analysis import frames
from workbench.counts import yes
from workbench.show import columns
from workbench.show.words import escaped

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = re.compile(r"\d{4}-\d{4,6}-E\d{4,8}|(sha256:)?[0-9a-f]{12}…")
"""An exhibit, or the first digits of a hash: names that are read as one."""
_HASHED: Final = re.compile(r"(sha256:)?[0-9a-f]{64}")
_DIGITS: Final = 12
_AT: Final = re.compile(r"@?[\w.+-]{1,30}@[\w.-]{1,40}")
_HANDLE: Final = re.compile(r"@?[\w.+-]{1,30}(@[\w.-]{1,40})?")
_BREAK: Final = re.compile(r"(?<=\w)(?=@)|(?<=[\w.-]/)(?=@?[\w.-]{3,60}(?:$|[/;\s]))")
"""Where a handle or an address may be broken: before its server, before each part after it."""
_USER: Final = re.compile(r"[\w.+-]{1,30}@[\w-]+(\.[\w-]+)+")
_MIDNIGHT: Final = time()
SHOWN_PARTS: Final = 6
"""The most parts of one value that a cell names."""
_LONG: Final = 400
_SENTENCE: Final = 40
"""From this length on words are given a wider column."""
EMPTY: Final = "–"
"""What stands for a value that is missing."""


def cell(value: Any, zone: str | None, form: str = "") -> str:  # noqa: ANN401 - a table holds anything
    """Write a value as a cell: times in ``zone`` and in UTC; ``form`` is one of ``show.columns``."""
    value = _FORMS[form](value) if form in _FORMS else value
    if isinstance(value, datetime) and value is not pd.NaT:
        return f'<td class="wb-time">{"<br>".join(_moment(value, zone))}</td>'
    if isinstance(value, tuple | list):
        parts = [written(each) for each in value]
        more = f"; and {len(parts) - SHOWN_PARTS} more" if len(parts) > SHOWN_PARTS else ""
        text = "; ".join(parts[:SHOWN_PARTS]) + more or EMPTY
    else:
        text = written(value)
    # Long words scroll on the screen and are whole in print; nothing is folded away or cut.
    if len(text) > _LONG:
        return f'<td class="wb-words wb-said"><div tabindex="0" class="wb-long"><bdi>{escaped(text)}</bdi></div></td>'
    kind = "wb-short" if _is_short(text) else "wb-words"
    kind += " wb-said" if len(text) > _SENTENCE else " wb-handle" if _AT.fullmatch(text) else ""
    return f'<td class="{kind}"><bdi>{breaking(text)}</bdi></td>'


def signed(handle: str) -> str:
    """Give a handle with its sign in front, as everywhere else; analyses that join observations hold it without."""
    return f"@{handle}" if _USER.fullmatch(handle) else handle


def handle_cell(handle: str, stable: str, *, both: bool) -> str:
    """Write an account as a cell: its handle, below it the stable identifier where it has none or ``both`` asks."""
    if not handle:
        return f'<td class="wb-words"><bdi>{breaking(stable) or EMPTY}</bdi></td>'
    handle = signed(handle)
    under = (
        f"<br><small><bdi>{breaking(stable)}</bdi></small>" if both and stable and stable != handle else ""
    )
    kind = "wb-words wb-handle" if _HANDLE.fullmatch(handle) else "wb-words"
    return f'<td class="{kind}"><bdi>{breaking(handle)}</bdi>{under}</td>'


def breaking(text: str) -> str:
    """Escape a text; a handle in it breaks before its server, an address before its last part."""
    return "<wbr>".join(escaped(part) for part in _BREAK.split(text))


def _is_short(text: str) -> bool:
    """Say whether a text is to stay on one line: a few letters, one word of usual length, or such a name."""
    return (
        len(text) <= len("complete")
        or _NAME.fullmatch(text) is not None
        or (len(text) <= len("disagreement") and len(text.split()) == 1)
    )


def _moment(value: datetime, zone: str | None) -> list[str]:
    """Write a time in local time and in UTC, each with the zone's name."""
    if value.tzinfo is None:
        return [_two(value, "no zone")]
    if zone is None:
        # The local time of an analysis may lie beyond the years that can be written.
        there = value if 1 <= value.year <= 9999 else frames.local(value, frames.zone_of("UTC"))
        return [_two(there, there.tzname() or "")]
    local, utc = (frames.local(value, frames.zone_of(name)) for name in (zone, "UTC"))
    both = [_two(local, local.tzname() or ""), _two(utc, "UTC")]
    # A day alone is told as midnight UTC: the local hour of the day before must not be read first.
    first, second = both[::-1] if utc.time() == _MIDNIGHT else both
    return [first, f"<small>{second}</small>"]


def _two(value: datetime, zone: str) -> str:
    """Write day and time as two parts, neither of which is broken; on narrow paper one stands under the other."""
    return f"<span>{value:%Y-%m-%d}</span> <span>{value:%H:%M:%S} {escaped(zone)}</span>"


def written(value: object) -> str:
    """Write one value: a missing one as a dash, several with semicolons."""
    if isinstance(value, (tuple, list)):
        return "; ".join(written(each) for each in value) or EMPTY
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return EMPTY
    if type(value).__name__ in {"bool", "bool_"}:
        return yes(value)
    if isinstance(value, float):
        # From a thousand on four digits would leave whole ones out, or write a power of ten.
        return f"{value:.0f}" if value.is_integer() or abs(value) >= 1000 else f"{value:.4g}"
    return str(value) or EMPTY


def plain(value: object) -> str:
    """Write one value as plain text, a time with its own zone."""
    if isinstance(value, datetime) and not pd.isna(value):
        return f"{value:%Y-%m-%d %H:%M:%S} {value.tzname() or 'no zone'}"
    return written(value)


def _degrees(value: object) -> object:
    """Write degrees to the fifth digit, about a metre: four significant ones would be ten kilometres off."""
    return f"{value:.5f}" if isinstance(value, float) and not math.isnan(value) else value


def _metres(value: object) -> object:
    return f"{value:.0f}" if isinstance(value, float) and not math.isnan(value) else value


def _hundredths(value: object) -> object:
    return round(value, 2) if isinstance(value, float) else value


def _first_digits(value: object) -> object:
    if isinstance(value, tuple | list):
        return tuple(_first_digits(each) for each in value)
    if isinstance(value, str) and _HASHED.fullmatch(value):
        return f"{value[: len(value) - 64 + _DIGITS]}…"
    return value


_FORMS: Final[dict[str, Callable[[object], object]]] = {
    columns.DAYS: _hundredths,
    columns.DEGREES: _degrees,
    columns.HASH: _first_digits,
    columns.METRES: _metres,
    columns.NUMBER: lambda value: None if value == 0 else value,
}
