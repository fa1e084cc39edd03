"""Which accounts are in touch with the same others: a lead, each with what speaks for and against it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import COLUMNS, is_named, parties
from workbench.analysis.parameters import checked
from workbench.handles import folded_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

METHOD: Final = (
    "common contacts: Jaccard similarity, and Adamic-Adar (2003), where a contact counts less the more it has; "
    "a lead, never an identification"
)
NAMED: Final = 25
"""The most common contacts that one result row names."""
MOST_PAIRS: Final = 10_000_000
_FEW: Final = 5
_MANY: Final = 50


@checked
def shared_contacts(
    interactions: pd.DataFrame,
    *,
    accounts: str | Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    at_least: int = 2,
    hub: int = 1000,
    top: int = 200,
) -> pd.DataFrame:
    """List pairs of accounts that are in touch with the same others, as leads.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published`` and, if there,
    ``platform``. Out: a, a_handle, b, b_handle (in order of their names), n_common, similarity (Jaccard, 0 to 1),
    adamic_adar, contacts_a, contacts_b (how many each has), contacts (handles of the common ones, at most 25, those
    with fewest contacts first), in_touch (a and b with each other), reasons_for, reasons_against (tuples of words),
    and what every result carries; exhibits are the interactions of a and b with the common contacts. Greatest
    adamic_adar first, at most ``top``; the rest is counted ("not_shown").

    Two accounts are in touch where either acted towards the other. ``accounts`` (entity_ids or handles) keeps pairs
    with at least one of them; ``kinds`` keeps only these kinds; ``at_least`` is the least n_common. Accounts in touch
    with more than ``hub`` others are left out first, unless asked for, and so are, from the greatest down, those that
    would make more than ten million pairs; they are counted ("hubs"). Raises UsageError for missing columns.

    Source: Adamic and Adar, Friends and Neighbors on the Web, 2003; Jaccard 1901. Limits: people of one school, town or
    family share contacts; what was captured around one account shows its contacts best.
    """
    rows = frames.prepared(interactions, "shared_contacts", needs=COLUMNS, optional=("platform",))
    kept, counts = parties(*frames.once(rows))
    kept, counts = frames.dropped(kept, kept["actor"] == kept["target"], counts, "to_self")
    if kinds is not None:
        kept, counts = frames.dropped(kept, ~kept["kind"].isin(list(kinds)), counts, "other_kinds")
    asked = None if accounts is None else [accounts] if isinstance(accounts, str) else list(accounts)
    ties = _ties(kept, asked, hub)
    counts = counts | {"hubs": ties.hubs}
    pairs = _pairs(ties, at_least, only_asked=asked is not None)
    shown = pairs.head(top).reset_index(drop=True)
    counts = counts | {"not_shown": len(pairs) - len(shown)}
    parameters = {"accounts": asked, "kinds": None if kinds is None else sorted(kinds), "at_least": at_least}
    return frames.result(
        _told(shown, ties, kept),
        method=METHOD,
        parameters=parameters | {"hub": hub, "top": top},
        counts=counts,
    )


class _Ties(NamedTuple):
    """Who is in touch with whom, both ways, in order of ``center``; accounts by the rank of their name."""

    names: pd.Series[str]
    center: NDArray[np.int64]
    other: NDArray[np.int64]
    degree: NDArray[np.int64]
    asked: NDArray[np.bool_]
    hubs: int


def _ties(kept: pd.DataFrame, asked: list[str] | None, hub: int) -> _Ties:
    both = pd.concat([kept["actor"], kept["target"]], ignore_index=True)
    code, names = pd.factorize(both, sort=True)
    one, other = code[: len(kept)].astype(np.int64), code[len(kept) :].astype(np.int64)
    width = len(names)
    key = np.unique(np.concatenate([one * width + other, other * width + one]))
    center, other = (key // width, key % width) if width else (key, key)
    wanted = _wanted(kept, pd.Series(names, dtype="str"), asked)
    degree = np.bincount(center, minlength=width)
    cut = (degree > hub) & ~wanted
    cut |= _too_many(degree, cut) & ~wanted
    stay = ~cut[center] & ~cut[other]
    center, other = center[stay], other[stay]
    return _Ties(
        names=pd.Series(names, dtype="str"),
        center=center,
        other=other,
        degree=np.bincount(center, minlength=width),
        asked=wanted,
        hubs=int(cut.sum()),
    )


def _too_many(degree: NDArray[np.int64], cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark, from the greatest down, the accounts without which the rest makes few enough pairs."""
    pairs = np.where(cut, 0, degree * degree)
    order = np.argsort(pairs, kind="stable")
    out = np.zeros(len(degree), dtype=bool)
    out[order[np.cumsum(pairs[order]) > MOST_PAIRS]] = True
    return out


def _wanted(kept: pd.DataFrame, names: pd.Series[str], asked: list[str] | None) -> NDArray[np.bool_]:
    """Mark the accounts asked for, by entity_id or by a handle they bore."""
    if asked is None:
        return np.zeros(len(names), dtype=bool)
    wanted = folded_all(asked)
    found = {name for side in ("actor", "target") for name in kept.loc[is_named(kept, side, wanted), side]}
    return names.isin(found).to_numpy(dtype=bool)


def _pairs(ties: _Ties, at_least: int, *, only_asked: bool) -> pd.DataFrame:
    """Count for each pair the contacts in common, by writing out each contact's pairs of contacts."""
    left = np.flatnonzero(ties.asked[ties.other]) if only_asked else np.arange(len(ties.center))
    ends = np.searchsorted(ties.center, ties.center[left], side="right")
    starts = np.searchsorted(ties.center, ties.center[left], side="left")
    size = ends - starts
    one = np.repeat(left, size)
    two = frames.ranges(starts, size)
    a, b = ties.other[one], ties.other[two]
    # Each pair once: in order of names, but for pairs that only the second one brings in.
    fits = (a < b) | ((a > b) & only_asked & ~ties.asked[b])
    a, b, common = np.minimum(a, b)[fits], np.maximum(a, b)[fits], ties.center[one][fits]
    width = max(len(ties.names), 1)
    key, group, n_common = np.unique(a * width + b, return_inverse=True, return_counts=True)
    with np.errstate(divide="ignore"):
        weight = 1 / np.log(ties.degree[common])
    found = pd.DataFrame(
        {
            "a": key // width,
            "b": key % width,
            "n_common": n_common,
            "adamic_adar": np.bincount(group, weights=weight, minlength=len(key)),
        }
    )
    of_a, of_b = ties.degree[found["a"].to_numpy()], ties.degree[found["b"].to_numpy()]
    found = found.assign(similarity=n_common / (of_a + of_b - n_common), contacts_a=of_a, contacts_b=of_b)
    found["common"] = _listed(common, group, len(key), ties.degree)
    found = found[found["n_common"] >= max(at_least, 1)]
    # Sums of floats depend on their order in the last digits: rounded, so that equal ones are equal.
    found = found.assign(adamic_adar=found["adamic_adar"].round(9))
    return found.sort_values(
        ["adamic_adar", "similarity", "a", "b"], ascending=[False, False, True, True], ignore_index=True
    )


def _listed(
    common: NDArray[np.int64], group: NDArray[np.int64], groups: int, degree: NDArray[np.int64]
) -> pd.Series[str]:
    """Gather each pair's common contacts, those with fewest contacts first."""
    order = np.lexsort((common, degree[common], group))
    edges = np.searchsorted(group[order], np.arange(groups + 1))
    sorted_common = common[order]
    return pd.Series([sorted_common[start:end] for start, end in pairwise(edges.tolist())], dtype=object)


def _told(pairs: pd.DataFrame, ties: _Ties, kept: pd.DataFrame) -> pd.DataFrame:
    handles = frames.mapped(ties.names, _handles(kept))
    a, b = pairs["a"].to_numpy(dtype=np.int64), pairs["b"].to_numpy(dtype=np.int64)
    in_touch = _linked(ties, a, b)
    shown = frames.filled(handles, ties.names).tolist()
    reasons = [
        _reasons(ties.degree[common], min(of_a, of_b), linked=bool(linked))
        for common, of_a, of_b, linked in zip(
            pairs["common"], pairs["contacts_a"], pairs["contacts_b"], in_touch, strict=True
        )
    ]
    found = pd.DataFrame(
        {
            "a": ties.names.iloc[a].to_numpy(),
            "a_handle": handles.iloc[a].to_numpy(),
            "b": ties.names.iloc[b].to_numpy(),
            "b_handle": handles.iloc[b].to_numpy(),
            **{
                name: pairs[name]
                for name in ("n_common", "similarity", "adamic_adar", "contacts_a", "contacts_b")
            },
            "contacts": pd.Series(
                [tuple(shown[each] for each in common[:NAMED]) for common in pairs["common"]], dtype=object
            ),
            "in_touch": in_touch,
            "reasons_for": pd.Series([pro for pro, _ in reasons], dtype=object),
            "reasons_against": pd.Series([contra for _, contra in reasons], dtype=object),
        }
    )
    return found.join(_cited(pairs, ties, kept))


def _handles(kept: pd.DataFrame) -> pd.Series[str]:
    sides = [
        kept[[side, f"{side}_handle"]].set_axis(["id", "handle"], axis=1) for side in ("target", "actor")
    ]
    both = pd.concat(sides, ignore_index=True).assign(
        handle=lambda held: held["handle"].str.removeprefix("@")
    )
    return frames.handles(both, "id", "handle")


def _linked(ties: _Ties, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
    width = max(len(ties.names), 1)
    return np.isin(a * width + b, ties.center * width + ties.other)


def _reasons(
    degrees: NDArray[np.int64], fewest: int, *, linked: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rare = int((degrees == 2).sum())
    pro = [
        (True, f"in touch with {len(degrees)} of the same accounts"),
        (rare > 0, f"of these, {rare} in touch with nobody else"),
        (linked, "in touch with each other"),
    ]
    contra = [
        (fewest < _FEW, f"one of them has fewer than {_FEW} contacts captured"),
        (
            bool(np.median(degrees) > _MANY),
            f"most common contacts are in touch with more than {_MANY} others",
        ),
        (True, "people of one school, town or family share contacts"),
    ]
    return frames.holding(pro), frames.holding(contra)


def _cited(pairs: pd.DataFrame, ties: _Ties, kept: pd.DataFrame) -> pd.DataFrame:
    """Cite the interactions of both with the common contacts, in order of time."""
    width = max(len(ties.names), 1)
    place = pd.Series(np.arange(len(ties.names)), index=pd.Index(ties.names))
    one, other = (kept[side].map(place).to_numpy(dtype=np.int64) for side in ("actor", "target"))
    tie = np.minimum(one, other) * width + np.maximum(one, other)
    order = np.argsort(tie, kind="stable")
    sizes = [2 * len(common) for common in pairs["common"]]
    ends = [np.concatenate([np.full(len(common), end), np.full(len(common), far)])
            for common, end, far in zip(pairs["common"], pairs["a"], pairs["b"], strict=True)]  # fmt: skip
    near = np.concatenate([*ends, np.empty(0, dtype=np.int64)]).astype(np.int64)
    far = np.concatenate([*(np.tile(common, 2) for common in pairs["common"]), np.empty(0, dtype=np.int64)])
    wanted = np.minimum(near, far).astype(np.int64) * width + np.maximum(near, far).astype(np.int64)
    starts, stops = (np.searchsorted(tie[order], wanted, side=side) for side in ("left", "right"))
    many = stops - starts
    rows = order[frames.ranges(starts, many)]
    group = np.repeat(np.repeat(np.arange(len(pairs)), sizes), many)
    by_time = np.lexsort((rows, group))
    return frames.cited(kept["exhibit"].iloc[rows[by_time]], group[by_time], len(pairs))
