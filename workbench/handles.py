"""How names of accounts are compared: one rule, for analyses, for what people wrote, and for what they ask for."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pandas as pd


def folded(name: str) -> str:
    """Give a handle or identifier as names are compared: without blanks and signs in front, in small letters."""
    return name.strip().lstrip("@").lower()


def folded_all(names: str | Iterable[str]) -> set[str]:
    """Give one name, or several, as names are compared."""
    return {folded(name) for name in ([names] if isinstance(names, str) else names)}


def bearing(frame: pd.DataFrame, columns: Iterable[str], names: Collection[str]) -> pd.Series[bool]:
    """Say of each row whether one of these columns, text without nulls, holds one of the (folded) names."""
    # Each different name is folded once: of a million rows only a few differ.
    return reduce(
        or_,
        (
            frame[each].isin([name for name in frame[each].unique() if folded(name) in names])
            for each in columns
        ),
    )
