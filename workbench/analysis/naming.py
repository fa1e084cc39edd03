"""Those whom a case names: put first in a long result, or the only ones whose rows are shown.

Whoever is named here was named by a person: a target that was approved, a subject, a complainant, an account that an
officer asked for or noted something about. Being named says where to begin to read, nothing of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.analysis import frames
from workbench.analysis.minimising import ACCOUNTS, holds_names, is_known, known_names
from workbench.analysis.parameters import checked
from workbench.handles import folded

Named = Mapping[str, Sequence[str]] | Sequence[str]
"""Identifiers and handles that a case names: a list, or such lists by the words for how they are named."""

_SEVERAL: Final = re.compile("[;,] ")
"""What parts several accounts in one cell."""


@checked
def named_first(found: pd.DataFrame, *, named: Named, by: Sequence[str] = ()) -> pd.DataFrame:
    """Put the rows that name one of these accounts before the others; each part stays in its order.

    In: a result or a table; ``named``: identifiers and handles (a handle without a server means every account of that
    name), or these by how they are named, as ``case.named`` gives them; ``by``: the columns to look at, such as
    ``actor`` and ``actor_handle``; none: all that name accounts. Out: the same rows; ``attrs["order"]`` says their
    order. Raises UsageError for one name instead of a list, and for columns that are not there.
    """
    mine = naming(frames.having(found, "named_first", by), every_name(named), by)
    moved = found.iloc[np.argsort(~mine, kind="stable")].reset_index(drop=True)
    rest = str(found.attrs.get("order", "")) or "as they came"
    told = (
        f"rows of accounts that the case names ({int(mine.sum())}) before all others; {rest}"
        if mine.any()
        else rest
    )
    moved.attrs = {**found.attrs, "order": told}
    return moved


@checked
def holding(found: pd.DataFrame, *, named: Named, part: str = "") -> pd.DataFrame:
    """Keep the rows in which one of these accounts stands; the others are counted.

    ``part``: a column that numbers parts, such as ``community``: then all rows of a part that holds a named account are
    kept, those of named accounts first. In and raises as ``named_first``. How many rows (and parts) are left out is in
    ``attrs["counts"]`` as ``unnamed`` (and ``unnamed_parts``), and ``said`` tells it.
    """
    mine = naming(found, every_name(named), ())
    kept, order = mine, np.arange(int(mine.sum()))
    counts = {"unnamed": int((~mine).sum())}
    if part and len(frames.having(found, "holding", (part,))):
        kept = found[part].isin(found.loc[mine, part].unique()).to_numpy(dtype=bool)
        order = np.lexsort((~mine[kept], pd.factorize(found.loc[kept, part])[0]))
        counts = {"unnamed": int((~kept).sum()), "unnamed_parts": int(found.loc[~kept, part].nunique())}
    left = found[kept].iloc[order].reset_index(drop=True)
    left.attrs = {**found.attrs, "counts": {**found.attrs.get("counts", {}), **counts}}
    if part:
        left.attrs["order"] = f"{part} by {part}, named accounts before the others"
    return left


def every_name(named: Named) -> list[str]:
    """Give all names, however they are named."""
    return list(chain.from_iterable(named.values()) if isinstance(named, Mapping) else named)


def naming(found: pd.DataFrame, names: Sequence[str], by: Sequence[str]) -> NDArray[np.bool_]:
    """Say of each row whether one of its columns names one of these; each different text is looked at once."""
    known = known_names(names)
    mine = np.zeros(len(found), dtype=bool)
    for column in by or [name for pair in ACCOUNTS for name in pair if holds_names(found, name)]:
        texts = found[column].astype("str")
        mine |= texts.isin([text for text in texts.unique() if _names_one(text, known)]).to_numpy(dtype=bool)
    return mine


def _names_one(text: str, known: set[str]) -> bool:
    return any(is_known(part, known) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    for each in _SEVERAL.split(text):
        name = folded(each)
        yield name
        # An account of which only the handle is known is called platform:@handle.
        yield name.rpartition(":@")[2]
