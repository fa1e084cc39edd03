"""Which accounts a handle means: as captured, by handle, address or stable identifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd


def folded(name: str) -> str:
    """Give a handle as handles are compared: without the signs in front, in small letters."""
    return name.strip().lstrip("@").lower()


def resolved(names: Sequence[str], accounts: pd.DataFrame, posts: pd.DataFrame) -> tuple[str, ...]:
    """Give the names and, behind them, the handles and entity_ids of the captured accounts that bear one.

    In: accounts with ``entity_id, handle, uri, url``; posts with ``author, author_handle``. A handle without a
    server means every account of that name, on whatever server: the caller shows which.
    """
    known = accounts[["entity_id", "handle", "uri", "url"]].drop_duplicates()
    authors = posts[["author", "author_handle"]].drop_duplicates()
    rows = [*known.itertuples(index=False, name=None), *authors.itertuples(index=False, name=None)]
    found = [part for name in names for row in rows if _bears(name, row) for part in row[:2] if part]
    return tuple(dict.fromkeys([*names, *found]))


def chosen(posts: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
    """Keep the rows whose ``author`` or ``author_handle`` is one of these."""
    wanted = {folded(name) for name in people}
    mine = posts["author_handle"].map(folded).isin(wanted) | posts["author"].map(folded).isin(wanted)
    kept = posts[mine.astype(bool)].reset_index(drop=True)
    kept.attrs = dict(posts.attrs)
    return kept


def _bears(name: str, row: Sequence[str]) -> bool:
    return folded(name) in set(_names(row))


def _names(row: Sequence[str]) -> Iterator[str]:
    for part in row:
        if part:
            yield folded(part)
    # The name alone, without its server; an address has none.
    handle = folded(row[1])
    if "/" not in handle:
        yield handle.partition("@")[0]
