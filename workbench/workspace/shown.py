"""A result on the page: what it was made from, how, and its rows, with local time beside UTC.

Captured words are escaped and their unseen characters made visible; a table without rows says so.
"""

from __future__ import annotations

import html
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.analysis import said
from workbench.records import Record
from workbench.show.words import escaped, line

ROWS = 50
_WORDS = 300
_ONCE = ("method", "parameters", "seed")
_LIST = 4
_LOCAL = "local"


class Shown(Record, frozen=True, kw_only=True):
    """A table as people read it. ``frame`` is the whole of it; at most ``limit`` rows are drawn."""

    frame: pd.DataFrame
    zone: ZoneInfo
    title: str = ""
    limit: int = ROWS

    def notes(self) -> list[str]:
        """Say what the table was made from, how, and what is not drawn; plain text."""
        notes = [said(self.frame)]
        if len(self.frame):
            notes += [f"{name.capitalize()}: {value}" for name in _ONCE if (value := self._only(name))]
        else:
            notes.append("No rows. What was not captured is not thereby absent.")
        if undated := self.frame.attrs.get("undated"):
            notes.append(f"{undated} without a usable time are not in this period.")
        if len(self.frame) > self.limit:
            notes.append(
                f"The first {self.limit} of {len(self.frame)} rows; the rest is in the table itself."
            )
        return [note for note in notes if note]

    def __repr__(self) -> str:
        """Give notes and rows as plain text."""
        rows = self._drawn()
        words = "" if rows.empty else rows.to_string(index=False)
        return "\n".join([part for part in (self.title, words, *self.notes()) if part])

    def _repr_html_(self) -> str:
        rows = self._drawn()
        title = f"<h4>{html.escape(self.title)}</h4>" if self.title else ""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes())
        if rows.empty:
            return title + notes
        head = "".join(f"<th style='text-align:left'>{html.escape(str(name))}</th>" for name in rows.columns)
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{escaped(value)}</td>" for value in row) + "</tr>"
            for row in rows.itertuples(index=False)
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"{title}<div style='overflow-x:auto'>{table}</div>{notes}"

    def _only(self, name: str) -> str:
        if name not in self.frame.columns:
            return ""
        values = self.frame[name].astype(str).unique()
        return str(values[0]) if len(values) == 1 else ""

    def _drawn(self) -> pd.DataFrame:
        drawn: dict[str, list[str]] = {}
        for name in self.frame.columns:
            if name in _ONCE and self._only(name):
                continue
            column: pd.Series[Any] = self.frame[name].head(self.limit)
            if isinstance(column.dtype, pd.DatetimeTZDtype):
                drawn |= self._times(str(name), column)
            else:
                drawn[str(name)] = [_words(value) for value in column]
        return pd.DataFrame(drawn)

    def _times(self, name: str, column: pd.Series[Any]) -> dict[str, list[str]]:
        """Write a time in UTC and local; a result that has a local column of its own needs each once."""
        local = [_time(value) for value in column.dt.tz_convert(self.zone)]
        utc = [_time(value) for value in column.dt.tz_convert("UTC")]
        if name == _LOCAL:
            return {name: local}
        shown = {f"{name} (UTC)": utc}
        return shown if _LOCAL in self.frame.columns else shown | {f"{name} (local)": local}


def _time(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, pd.Timestamp) else ""


def _words(value: object) -> str:
    if isinstance(value, tuple | list):
        more = [f"and {len(value) - _LIST} more"] if len(value) > _LIST else []
        return ", ".join([line(str(each), _WORDS) for each in value[:_LIST]] + more)
    if value is None or (not isinstance(value, str) and bool(pd.isna(value))):  # type: ignore[call-overload]
        return ""
    return f"{value:.4g}" if isinstance(value, float) else line(str(value), _WORDS)
