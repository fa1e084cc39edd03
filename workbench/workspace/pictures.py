"""A case's pictures on one sheet: what may be shown is shown small, what is withheld says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.errors import AuthorityError, InputError
from workbench.show import Tile, Words, contact_sheet

Small = Callable[[str, float, bool], bytes]
"""Gives the small picture of a citation, at so many seconds into a film, hidden ones only where asked for."""

SENSITIVE = "marked sensitive: not shown"
NOT_HELD = "its bytes are not held"
_APART = "no near duplicate found"
_ASK = "show_hidden asks for it"


def sheet(
    frame: pd.DataFrame, small: Small, *, title: str, zone: ZoneInfo, show_hidden: bool, limit: int
) -> Words:
    """Lay the first ``limit`` rows of a result on a contact sheet.

    Columns used, each where there: file (citation of the bytes; empty: not held), at (seconds into a film),
    published or captured (the time shown), author_handle or author, group, description, sensitive, media_type, note.
    Hidden and sensitive pictures are shown only with ``show_hidden``; contraband never is.
    """
    drawn = frame.head(limit)
    if "group" in drawn.columns and (drawn["group"] != "").any():
        drawn = drawn.assign(group=drawn["group"].mask(drawn["group"] == "", _APART))
    rows: Iterable[Any] = drawn.itertuples(index=False)
    tiles = [_tile(row._asdict(), small, zone, show_hidden=show_hidden) for row in rows]
    left = len(frame) - len(tiles)
    note = f"{left:,} more are not on this sheet." if left > 0 else ""
    return contact_sheet(tiles, title=title, note=note)


def _tile(row: dict[str, Any], small: Small, zone: ZoneInfo, *, show_hidden: bool) -> Tile:
    file = str(row.get("file", ""))
    picture, note = b"", ""
    if not file:
        note = NOT_HELD
    elif _true(row.get("sensitive")) and not show_hidden:
        note = f"{SENSITIVE}; {_ASK}"
    else:
        picture, note = _picture(file, float(row.get("at") or 0.0), small, hidden=show_hidden)
    return Tile(
        citation=file or _cited(row),
        alt=_alt(row),
        lines=(_time(row, zone), _who(row), str(row.get("note", ""))),
        picture=picture,
        note=note,
        group=str(row.get("group", "")),
    )


def _picture(file: str, at: float, small: Small, *, hidden: bool) -> tuple[bytes, str]:
    try:
        return small(file, at, hidden), ""
    except AuthorityError as error:
        return b"", error.what
    except InputError:
        return b"", "its bytes cannot be read as a picture"


def _alt(row: dict[str, Any]) -> str:
    kind = str(row.get("media_type") or row.get("kind") or "picture")
    said = str(row.get("description") or "")
    return f"{kind} of {_who(row) or 'an unknown account'}" + (
        f"; described by its author: {said}" if said else ""
    )


def _who(row: dict[str, Any]) -> str:
    return str(row.get("author_handle") or row.get("author") or "")


def _time(row: dict[str, Any], zone: ZoneInfo) -> str:
    for name, words in (("published", ""), ("captured", "captured ")):
        moment: Any = row.get(name)
        if moment is not None and not pd.isna(moment):
            return f"{words}{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    return "time not known"


def _cited(row: dict[str, Any]) -> str:
    cites = row.get("exhibits") or (row.get("exhibit", ""),)
    return str(cites[0])


def _true(value: Any) -> bool:  # noqa: ANN401 - of a frame: True, False, missing or not there
    return not (value is None or value is pd.NA) and bool(value)
