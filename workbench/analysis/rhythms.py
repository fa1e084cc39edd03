"""How far two accounts post at the same hours of the day: a lead, with what speaks for and against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import is_named
from workbench.analysis.parameters import checked
from workbench.counts import counted
from workbench.errors import UsageError
from workbench.handles import folded

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
    # In an order that no row order changes; an account's hours of one name are of several days.
    rows = rows.sort_values(["hour", "exhibits"], kind="stable", ignore_index=True)
    asked = is_named(rows, "author", {folded(name) for name in accounts})
    mine, others = sorted(set(rows["author"][asked])), sorted(set(rows["author"][~asked]))
    found = [_pair(rows[rows["author"] == a], rows[rows["author"] == b]) for a in mine for b in others]
    columns = ["a", "a_handle", "b", "b_handle", "similarity", "posts_a", "posts_b"]
    made = pd.DataFrame(
        found, columns=[*columns, "reasons_for", "reasons_against", "exhibits", "exhibit_count"]
    )
    made = made.astype(
        {"similarity": float, "posts_a": np.int64, "posts_b": np.int64, "exhibit_count": np.int64}
    )
    ordered = made.sort_values(["similarity", "a", "b"], ascending=[False, True, True], kind="stable")
    parameters = {"accounts": sorted(folded(name) for name in accounts)}
    counts = {"rows": len(rows)} | active.attrs.get("counts", {})
    return frames.result(ordered, method=METHOD, parameters=parameters, counts=counts)


def _pair(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, object]:
    """Compare two accounts' hours; each is the rows of one of them."""
    of_a, of_b = _by_hour(a), _by_hour(b)
    posts_a, posts_b = int(of_a.sum()), int(of_b.sum())
    alike = round(float(np.minimum(of_a / posts_a, of_b / posts_b).sum()), 4)
    common = np.flatnonzero((of_a > 0) & (of_b > 0))
    both = pd.concat([a, b]).assign(apart=lambda rows: ~rows["hour"].isin(common))
    both = both.sort_values(["apart", "hour"], kind="stable")
    cites = list(dict.fromkeys(cite for held in both["exhibits"] for cite in held))
    few = [f"one of them has fewer than {_FEW} posts captured"] if min(posts_a, posts_b) < _FEW else []
    return {
        "a": a["author"].iloc[0],
        "a_handle": a["author_handle"].iloc[0],
        "b": b["author"].iloc[0],
        "b_handle": b["author_handle"].iloc[0],
        "similarity": alike,
        "posts_a": posts_a,
        "posts_b": posts_b,
        "reasons_for": _for(len(common)),
        "reasons_against": (*few, _COMMON if len(common) else "no hour of the day in common"),
        "exhibits": tuple(cites[: frames.CAP]),
        "exhibit_count": int(both["exhibit_count"].sum()),
    }


def _for(common: int) -> tuple[str, ...]:
    return (f"{counted(common, 'hour')} of the day in common",) if common else ()


def _by_hour(rows: pd.DataFrame) -> NDArray[np.int64]:
    counts = np.zeros(24, dtype=np.int64)
    np.add.at(counts, rows["hour"].to_numpy(dtype=np.int64), rows["posts"].to_numpy(dtype=np.int64))
    return counts
