"""Which accounts a handle means: as captured, by handle, address or stable identifier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.analysis.contacts import sided
from workbench.handles import bearing, folded, folded_all

_SIDES: Final = ("actor", "actor_handle", "target", "target_handle")


_ALL: Final = ("entity_id", "exhibit", "platform", "kind", "published", "published_basis", "captured_at")
POSTS: Final = (*_ALL, "author", "author_handle", "content", "in_reply_to_author", "sensitive")
"""Columns of posts that analyses of when, with whom and where read: far fewer than there are."""

LOOKED: Final = (
    *("entity_id", "exhibit", "author", "author_handle", "state", "content_raw"),
    *("published", "published_basis", "captured_at"),
)
OBSERVED: Final = (*LOOKED, "platform", "server", "native_id", "uri", "in_reply_to")
"""Columns of posts that tell what changed between two looks at them; the further ones, where a look may lack one."""

INTERACTIONS: Final = (*_ALL, "server", *_SIDES, "post")
"""The same of interactions."""


BEFORE: Final = "captured before as"
NOBODY: Final = "no captured profile bears this name: look how it is written, or capture the account"
NAMELESS: Final = "no account is named, and none is an approved target: name one in the parameters above"
"""What is said of such a name, and where there is none: tables without rows below would look like an answer."""


def resolved(names: Sequence[str], accounts: pd.DataFrame, posts: pd.DataFrame) -> tuple[str, ...]:
    """Give the stable identifiers and handles of the captured accounts that bear one of the names.

    In: accounts with ``entity_id, handle, uri, url, server``; posts with ``author, author_handle, server``. A
    handle without a server means every account of that name, on whatever server: the caller shows which. A
    name that no captured account bears stays as it is.
    """
    rows = _rows(accounts, ("entity_id", "handle", "uri", "url")) | _rows(posts, ("author", "author_handle"))
    found = [part for name in names for part in _bearers(name, rows) or (name,)]
    return tuple(dict.fromkeys(found))


def borne(people: Sequence[str], accounts: pd.DataFrame) -> pd.DataFrame:
    """List the captured accounts that bear these names, one row each; then names that none of them bears.

    In: accounts with ``entity_id, handle, exhibit``. Columns: handle, entity_id, note, exhibit (of the last
    captured, whose note names the handles that it bore in earlier captures); of a name that no captured account
    bears identifier and exhibit are empty, and the note says so. Where nobody is named, one row says that.
    """
    every = chosen(accounts, people, columns=("handle", "entity_id"))
    held = every.drop_duplicates("entity_id", keep="last")
    known = folded_all([*every["handle"], *every["entity_id"]])
    left = [name for name in dict.fromkeys(people) if folded(name) not in known]
    unnamed, note = (left, NOBODY) if people else ([""], NAMELESS)
    unknown = pd.DataFrame({"handle": unnamed, "entity_id": "", "note": note, "exhibit": ""}, dtype="str")
    notes = [_earlier(every, *pair) for pair in zip(held["entity_id"], held["handle"], strict=True)]
    known_ones = held[["handle", "entity_id", "exhibit"]].assign(
        note=pd.Series(notes, held.index, dtype="str")
    )
    return pd.concat([known_ones[list(unknown.columns)], unknown], ignore_index=True)


def _earlier(accounts: pd.DataFrame, identifier: str, handle: str) -> str:
    """Name the other handles that an account was captured with, so that a name it gave up is not called unknown."""
    borne_by = accounts.loc[accounts["entity_id"] == identifier, "handle"]
    others = {folded(name): name for name in reversed(borne_by.tolist()) if name}
    others.pop(folded(handle), None)
    return f"{BEFORE} {', '.join(reversed(others.values()))}" if others else ""


def involving(interactions: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
    """Keep the interactions in which one of these acts or is acted towards."""
    return _kept(interactions, bearing(interactions, _SIDES, folded_all(people)))


def between(interactions: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
    """Keep the interactions in which one of these acts towards another of these.

    A side of which only the handle was captured is the one account that bears it there (``contacts.sided``), so
    that an identifier finds the acts which platforms tell by handle alone. The rows stay as they are.
    """
    wanted = folded_all(people)
    named = sided(interactions)
    actor, target = (bearing(named, pair, wanted) for pair in (_SIDES[:2], _SIDES[2:]))
    other = named["actor"].map(folded) != named["target"].map(folded)
    other &= named["actor_handle"].map(folded) != named["target_handle"].map(folded)
    return _kept(interactions, actor & target & other)


def chosen(
    posts: pd.DataFrame, people: Sequence[str], columns: Sequence[str] = ("author_handle", "author")
) -> pd.DataFrame:
    """Keep the rows in which one of the ``columns`` names one of these."""
    return _kept(posts, bearing(posts, columns, folded_all(people)))


def written_by(people: Sequence[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Give the condition under which a stored post is one that ``chosen`` keeps: the rest is never read."""
    return _named(("author", "author_handle"), people)


def touching(people: Sequence[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Give the condition under which a stored interaction is one that ``involving`` keeps."""
    return _named(_SIDES, people)


def being(column: str, identifiers: Iterable[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Give the condition under which a stored row's column holds one of these; empty ones count for nothing."""
    return pc.is_in(pc.field(column), pa.array(sorted(set(identifiers) - {""}), pa.string()))


def _named(columns: Sequence[str], people: Sequence[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    wanted = pa.array(sorted(folded_all(people)), pa.string())
    bare = (pc.utf8_lower(pc.utf8_ltrim(pc.utf8_trim_whitespace(pc.field(name)), "@")) for name in columns)
    return reduce(or_, (pc.is_in(name, wanted) for name in bare))


def _kept(frame: pd.DataFrame, mine: pd.Series[bool]) -> pd.DataFrame:
    kept = frame[mine.astype(bool)].reset_index(drop=True)
    kept.attrs = dict(frame.attrs)
    return kept


def _rows(frame: pd.DataFrame, names: Sequence[str]) -> dict[tuple[str, ...], frozenset[str]]:
    """Give each account's stable identifier and handle, with all names by which it may be meant."""
    columns = [*names, "server"]
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for *parts, server in frame[columns].drop_duplicates().itertuples(index=False, name=None):
        key = tuple(part for part in parts[:2] if part)
        found[key] = found.get(key, frozenset()) | frozenset(_names(parts, server))
    return found


def _names(parts: Sequence[str], server: str) -> Iterator[str]:
    yield from (folded(part) for part in parts if part)
    name = folded(parts[1]).partition("@")[0]
    if name and "/" not in name:
        yield name
        # As a page of the server that showed it, which need not be the one that its handle names.
        yield from (f"{scheme}://{server}/@{name}" for scheme in ("https", "http"))


def _bearers(name: str, rows: dict[tuple[str, ...], frozenset[str]]) -> tuple[str, ...]:
    wanted = folded(name)
    return tuple(part for key, names in rows.items() if wanted in names for part in key)
