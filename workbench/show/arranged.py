"""How a table is arranged on a page: few columns, long identifiers and citations on a line under each row.

Nothing is dropped in silence: what is the same in every row, or empty in every row, is said once below.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from workbench.records import Record
from workbench.show import columns
from workbench.show.cells import EMPTY, SHOWN_PARTS, cell, handle_cell, plain, written
from workbench.show.columns import ONCE, UNDER, column
from workbench.show.words import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

_ONCE: Final = ("method", "parameters", "seed")
_CITES: Final = ("exhibit", "exhibits")
_ROOMY: Final = 7
"""With no more columns than this, reasons stand in columns of their own, beside each other."""

_NAMED: Final = (("handle", "entity_id"), ("candidate", "candidate_id"), ("handle", "node"))
_TIME: Final = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)$")
_LOCAL: Final = "local"
_SHOWN_CITES: Final = 8
_NUMBER: Final = re.compile(r"[0-9-]+-(E[0-9]{4,9})(?:#|$)")
"""A citation; of those that a row does not print only this is told, so that no page cites them by it."""
_NAMED_LETTERS: Final = 120
"""Of many values of a parameter as many are named as fit into so many letters."""
_ENOUGH: Final = 3


class Arranged(Record, frozen=True, kw_only=True):
    """A table ready to be drawn: escaped HTML for heads, cells and the line under each row; notes as plain text.

    ``meanings`` are names of columns with what they say, plain text, for those whose names do not say all.
    """

    heads: list[str]
    rows: list[list[str]]
    under: list[str]
    notes: list[str]
    meanings: list[tuple[str, str]]


def arranged(frame: pd.DataFrame, *, zone: str | None, fixed: bool, rows: int) -> Arranged:
    """Arrange the first ``rows`` rows. ``fixed`` keeps exactly the columns there are, in their order."""
    drawn = frame.head(rows).reset_index(drop=True)
    names = [str(name) for name in drawn.columns]
    below: list[str] = []
    notes: list[str] = []
    same: list[str] = []
    if not fixed:
        below = [name for name in names if _is_under(drawn, name)]
        names, same, notes = _fewer(frame, drawn, names, below)
        below = [name for name in below if name not in same and not _uncited(drawn, name)]
        if not names:  # nothing would be left to stand over
            names, below = below, []
    ids = {} if fixed else _identifiers(drawn, names)
    names = [name for name in names if name not in ids.values()]
    below = [name for name in below if name not in ids.values()]
    cells = [_column(drawn, name, ids.get(name, ""), zone) for name in names]
    return Arranged(
        heads=[_head(name) for name in names],
        rows=[list(row) for row in zip(*cells, strict=True)] if cells else [],
        under=[_line(drawn, place, below) for place in range(len(drawn))] if below else [],
        notes=notes,
        meanings=columns.said([_title(name) for name in (*names, *_told(drawn, below), *same)]),
    )


def _told(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Keep the columns of which any row has something to say."""
    return [name for name in names if any(_below(name, value) for value in frame[name])]


def _is_under(frame: pd.DataFrame, name: str) -> bool:
    if name.startswith("reasons_") and len(frame.columns) <= _ROOMY + len((*_ONCE, *_CITES, "exhibit_count")):
        return False
    return column(name).place == UNDER or _is_cites(frame, name)


def _is_cites(frame: pd.DataFrame, name: str) -> bool:
    # In some tables "exhibits" is how many there are.
    return name in _CITES and not pd.api.types.is_numeric_dtype(frame[name])


def _uncited(drawn: pd.DataFrame, name: str) -> bool:
    """Say whether no row cites anything in a column of citations."""
    return name in _CITES and all(written(value) == EMPTY for value in drawn[name])


def _fewer(
    frame: pd.DataFrame, drawn: pd.DataFrame, names: Sequence[str], below: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """Choose the columns that differ from row to row; give those that do not, and say them."""
    once = [name for name in _ONCE if name in names and _alike(frame[name])]
    counted = {"exhibit_count"} & set(names) if "exhibits" in drawn.columns else set()
    left = [name for name in names if name not in once and name not in counted and name not in below]
    if _LOCAL in left and any(_is_time(drawn, name) for name in left if name != _LOCAL):
        left.remove(_LOCAL)
    empty = [name for name in left if len(drawn) and all(written(value) == EMPTY for value in drawn[name])]
    empty += [name for name in below if len(drawn) and _uncited(drawn, name)]
    foldable = [name for name in left if column(name).place == ONCE] + [
        name for name in below if name not in _CITES and _told(drawn, [name])
    ]
    same = [name for name in foldable if name not in empty and len(drawn) >= _ENOUGH and _alike(drawn[name])]
    notes = [_note(name, str(frame[name].iloc[0])) for name in once if len(frame)]
    if same:
        told = [name for name in same if f"{name}_handle" not in same]
        said = ", ".join(f"{_title(name)} {plain(drawn[name].iloc[0])}" for name in told)
        notes.append(f"The same in every row: {said}.")
    if empty:
        notes.append(f"Empty in every row: {', '.join(empty)}.")
    return [name for name in left if name not in {*empty, *same}], same, notes


def _alike(column: pd.Series[Any]) -> bool:
    return len(set(column.astype(str))) <= 1


def _note(name: str, value: str) -> str:
    if name == "parameters":
        try:
            held = json.loads(value)
        except ValueError:
            held = None
        if isinstance(held, dict):
            value = ", ".join(f"{key} {_parameter(each)}" for key, each in held.items()) or "none"
    return f"{name.capitalize()}: {value.rstrip('.')}."


def _parameter(value: object) -> str:
    if isinstance(value, list):
        parts = [str(each) for each in value[:SHOWN_PARTS]]
        while len(value) > SHOWN_PARTS and len(parts) > 1 and sum(map(len, parts)) > _NAMED_LETTERS:
            parts.pop()
        named = " + ".join(parts) or "none"
        return named + (f" and {len(value) - len(parts)} more" if len(value) > len(parts) else "")
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return written(value)
    return _TIME.sub(_second, value) if isinstance(value, str) else str(value)


def _second(found: re.Match[str]) -> str:
    """Write a moment of UTC to the second: moments beside each other are parted by a millionth of one."""
    return f"{found[1]} {found[2]} UTC"


def _is_time(frame: pd.DataFrame, name: str) -> bool:
    return isinstance(frame[name].dtype, pd.DatetimeTZDtype)


def _identifiers(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Find columns that name the same thing twice: handle -> its stable identifier."""
    held = set(frame.columns)
    found = {handle: name for handle, name in _NAMED if handle in names and name in held}
    return found | {
        f"{name}_handle": name
        for name in names
        if f"{name}_handle" in names and f"{name}_handle" not in found
    }


def _column(frame: pd.DataFrame, name: str, identifier: str, zone: str | None) -> list[str]:
    if not identifier:
        return [cell(value, zone, column(name).form) for value in frame[name]]
    pairs = list(zip(frame[name].astype(str), frame[identifier].astype(str), strict=True))
    bearers: defaultdict[str, set[str]] = defaultdict(set)
    for handle, stable in pairs:
        bearers[handle].add(stable)
    # The stable identifier stands below a handle that says too little, and where accounts are listed.
    always = (name, identifier) in _NAMED
    return [handle_cell(handle, stable, both=always or len(bearers[handle]) > 1) for handle, stable in pairs]


def _title(name: str) -> str:
    return name.removesuffix("_handle") or name


def _head(name: str) -> str:
    return escaped(_title(name)).replace("_", "_<wbr>")


def _line(frame: pd.DataFrame, place: int, names: Sequence[str]) -> str:
    """Write what stands under a row: citations first, then long identifiers, each with its name."""
    row = frame.iloc[place]
    ordered = sorted(names, key=lambda name: name not in _CITES)
    said = {value for value in row if isinstance(value, str)}
    parts = [
        ("" if _is_said(row[name], said) else _cites(name, row))
        if name in _CITES
        else _identifier(name, row[name])
        for name in ordered
    ]
    return " ".join(part for part in parts if part)


def _is_said(cites: object, said: set[str]) -> bool:
    """Say whether the only citation of a row is what the row is about, and stands in it already."""
    return isinstance(cites, tuple | list) and len(cites) == 1 and cites[0] in said


def _identifier(name: str, value: object) -> str:
    text = _below(name, value)
    return f'<span class="wb-name">{escaped(name)}</span> <code>{escaped(text)}</code>' if text else ""


def _below(name: str, value: object) -> str:
    """Write what stands under a row; empty where there is nothing to say."""
    text = plain(value)
    return "" if text == EMPTY or (column(name).form == columns.NUMBER and text == "0") else text


def _cites(name: str, row: pd.Series[Any]) -> str:
    value = row[name]
    cites = [str(each) for each in value] if isinstance(value, (tuple, list)) else [str(value or "")]
    shown = " ".join(f"<code>{escaped(cite)}</code>" for cite in cites[:_SHOWN_CITES] if cite)
    count = int(row["exhibit_count"]) if name == "exhibits" and "exhibit_count" in row.index else len(cites)
    more = count - min(len(cites), _SHOWN_CITES)
    rest = ", ".join(
        dict.fromkeys(found[1] for cite in cites[_SHOWN_CITES:] if (found := _NUMBER.match(cite)))
    )
    told = f' <span title="{rest}">and {more} more</span>' if rest else f" and {more} more"
    return f'<span class="wb-name">{name}</span> {shown or EMPTY}' + (told if more > 0 else "")
