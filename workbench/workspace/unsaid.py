"""Words of contraband stand in no table that is shown: the rows stay, what was captured as words does not.

An act in it counts, with its time, its accounts and its citation; what it said is read by nobody here. What a mark
reaches is told by ``workbench.withholding``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pandas as pd

WORDS: Final = {
    "accounts": ("name", "note_raw", "note"),
    "posts": ("content_raw", "content", "summary", "tags", "links", "signature"),
    "post_versions": ("content_raw", "content"),
    "media": ("description",),
    "places": ("name",),
    "leads": ("value", "reason"),
    "issues": ("found",),
}
"""Table -> the columns that hold captured words, or addresses in them."""

_CITED: Final = "exhibit"
_FEW: Final = 500


def columns(table: str, wanted: Iterable[str] | None) -> list[str] | None:
    """Give the columns to read: those wanted, and the citation where one of them holds words."""
    chosen = None if wanted is None else list(wanted)
    if chosen is None or _CITED in chosen or not set(WORDS.get(table, ())).intersection(chosen):
        return chosen
    return [*chosen, _CITED]


def without(
    frame: pd.DataFrame, table: str, contraband: Collection[int], wanted: list[str] | None
) -> pd.DataFrame:
    """Empty the words of rows that cite contraband, by exhibit number; keep the columns wanted (None: all)."""
    held = [name for name in WORDS.get(table, ()) if name in frame.columns]
    if held and not frame.empty:
        marked = _citing(frame[_CITED], contraband)
        if marked.any():
            frame = frame.assign(**{name: _emptied(frame[name], marked) for name in held})
    return frame if wanted is None else frame[wanted]


def _citing(cites: pd.Series[Any], numbers: Collection[int]) -> pd.Series[Any]:
    # One pattern for few is a seventh of the work over a million rows.
    if len(numbers) <= _FEW:
        named = "|".join(f"{number:04d}" for number in sorted(numbers))
        return cites.str.contains(rf"^[^#]*-E(?:{named})(?:#|$)", regex=True)
    return cites.str.extract(r"^[^#]*-E([0-9]+)", expand=False).astype("int64").isin(list(numbers))


def _emptied(column: pd.Series[Any], marked: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype == object:
        return pd.Series(
            [() if each else value for value, each in zip(column, marked, strict=True)], column.index
        )
    return column.mask(marked, "")
