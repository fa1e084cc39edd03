"""Why one exhibit is withheld."""

from __future__ import annotations

from workbench.records import Record


class Kept(Record, frozen=True, kw_only=True):
    """An exhibit that is withheld: as contraband or hidden, why in words, and the exhibit that bears the mark."""

    mark: str
    why: str
    by: int
