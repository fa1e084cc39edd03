"""How far two accounts post at the same hours of the day: a lead, with what speaks for and against it."""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import is_named
from workbench.analysis.parameters import checked
from workbench.counts import counted
from workbench.errors import UsageError
from workbench.handles import folded_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

METHOD: Final = (
    "posts by local hour of the day, each account's as shares: the lesser of both shares, added up (histogram "
    "intersection, Swain and Ballard 1991); a lead, never an identification"
)
_NEEDS: Final = ("author", "author_handle", "hour", "posts", "exhibits", "exhibit_count")
_FEW: Final = 30
_COMMON: Final = "people of one town with the same work or the same nights post at the same hours"


@checked
def shared_hours(active: pd.DataFrame, *, accounts: Sequence[str]) -> pd.DataFrame:
    """Hold the hours of each other account against those of the accounts asked for, the most alike first.

    In: what ``active_hours`` gives. Out: a (one of ``accounts``, entity_ids or handles), a_handle, b (any other),
    b_handle, similarity (0: no hour in common, 1: the same shares), posts_a, posts_b, reasons_for, reasons_against
    (tuples of words), and what every result carries; exhibits are both accounts', those of the hours in common first.
    Raises UsageError for another table.

    Limits: work, sleep and season make hours alike; few posts make them alike or unlike by chance, which is then
    among the reasons. An account can be of several people, and posts can be scheduled.
    """
    if missing := [name for name in _NEEDS if name not in active.columns and len(active.columns)]:
        raise UsageError(
            "these are no hours", expected=", ".join(missing), todo="pass what active_hours gives"
        )
    rows = pd.DataFrame({name: active.get(name, pd.Series(dtype=object)) for name in _NEEDS})
    rows = rows.reset_index(drop=True)
    rows = rows.assign(**{name: frames.text(rows, name) for name in ("author", "author_handle")})
    # In an order that no row order changes; an account's hours of one name are of several days.
    rows = rows.sort_values(["author", "hour", "exhibits"], kind="stable", ignore_index=True)
    asked = is_named(rows, "author", folded_all(accounts))
    mine, others = (_hours(rows[which]) for which in (asked, ~asked))
    found = [_pair(a, b, alike) for a in mine for b, alike in zip(others, _similar(a, others), strict=True)]
    columns = ["a", "a_handle", "b", "b_handle", "similarity", "posts_a", "posts_b"]
    made = pd.DataFrame(
        found, columns=[*columns, "reasons_for", "reasons_against", "exhibits", "exhibit_count"]
    )
    made = made.astype(
        {"similarity": float, "posts_a": np.int64, "posts_b": np.int64, "exhibit_count": np.int64}
    )
    ordered = made.sort_values(["similarity", "a", "b"], ascending=[False, True, True], kind="stable")
    parameters = {"accounts": sorted(folded_all(accounts))}
    counts = {"rows": len(rows)} | active.attrs.get("counts", {})
    return frames.result(ordered, method=METHOD, parameters=parameters, counts=counts)


class _Hours(NamedTuple):
    """One account's posts by hour of the day, with what its hours cite."""

    author: str
    handle: str
    posts: NDArray[np.int64]
    cites: dict[int, tuple[str, ...]]
    exhibit_count: int


def _hours(rows: pd.DataFrame) -> list[_Hours]:
    """Gather each account's hours, in one pass over rows that are in order of account and hour."""
    columns = (rows[name].tolist() for name in _NEEDS)
    return [
        _of_one(author, list(held))
        for author, held in groupby(zip(*columns, strict=True), key=lambda row: str(row[0]))
    ]


def _of_one(author: str, held: Sequence[tuple[Any, ...]]) -> _Hours:
    posts, cites = np.zeros(24, dtype=np.int64), dict[int, list[str]]()
    for _, _, hour, count, exhibits, _ in held:
        posts[hour] += count
        cites.setdefault(hour, []).extend(exhibits)
    few = {hour: tuple(dict.fromkeys(each))[: frames.CAP] for hour, each in cites.items()}
    return _Hours(author, held[0][1], posts, few, sum(row[5] for row in held))


def _similar(a: _Hours, others: Sequence[_Hours]) -> list[float]:
    """Add up the lesser of both shares, hour by hour, for each of the others."""
    if not others:
        return []
    posts = np.stack([each.posts for each in others])
    shares = posts / posts.sum(axis=1, keepdims=True)
    return [round(float(alike), 4) for alike in np.minimum(a.posts / a.posts.sum(), shares).sum(axis=1)]


def _pair(a: _Hours, b: _Hours, alike: float) -> dict[str, object]:
    """Compare two accounts' hours."""
    posts_a, posts_b = int(a.posts.sum()), int(b.posts.sum())
    common = np.flatnonzero((a.posts > 0) & (b.posts > 0)).tolist()
    few = [f"one of them has fewer than {_FEW} posts captured"] if min(posts_a, posts_b) < _FEW else []
    return {
        "a": a.author,
        "a_handle": a.handle,
        "b": b.author,
        "b_handle": b.handle,
        "similarity": alike,
        "posts_a": posts_a,
        "posts_b": posts_b,
        "reasons_for": _for(len(common)),
        "reasons_against": (*few, _COMMON if common else "no hour of the day in common"),
        "exhibits": _cited(a, b, common),
        "exhibit_count": a.exhibit_count + b.exhibit_count,
    }


def _cited(a: _Hours, b: _Hours, common: Sequence[int]) -> tuple[str, ...]:
    """Cite both accounts' posts, those of the hours in common first."""
    hours = [*common, *(hour for hour in range(24) if hour not in set(common))]
    cites = chain.from_iterable(each.cites.get(hour, ()) for hour in hours for each in (a, b))
    seen: dict[str, None] = {}
    for cite in cites:
        seen[cite] = None
        if len(seen) == frames.CAP:
            break
    return tuple(seen)


def _for(common: int) -> tuple[str, ...]:
    return (f"{counted(common, 'hour')} of the day in common",) if common else ()
