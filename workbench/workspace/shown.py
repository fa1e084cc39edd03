"""A result on the page: what it was made from, how, and its rows, with local time beside UTC.

Captured words are escaped and their unseen characters made visible; a table without rows says so.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from workbench.records import Record
from workbench.show.tables import Words, table

ROWS = 50


class Shown(Record, frozen=True, kw_only=True):
    """A table as people read it. ``frame`` is all of it; ``limit`` rows are drawn, ``more`` names what draws more."""

    frame: pd.DataFrame
    zone: ZoneInfo
    title: str = ""
    limit: int = ROWS
    more: str = "limit"

    def words(self) -> Words:
        """Give the page's HTML, and the same said in a line of plain text."""
        return table(self.frame, title=self.title, zone=self.zone.key, rows=self.limit, more=self.more)

    def __repr__(self) -> str:
        """Say what the table is and was made from; its rows are in ``frame``."""
        return self.words().plain

    def _repr_html_(self) -> str:
        return self.words().fragment()


class Several(Record, frozen=True, kw_only=True):
    """Tables that are shown one below the other."""

    parts: tuple[Shown, ...]

    def __repr__(self) -> str:
        """Say what each table is."""
        return "\n".join(map(repr, self.parts))

    def _repr_html_(self) -> str:
        return "".join(part.words().fragment() for part in self.parts)
