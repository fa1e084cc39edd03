"""Acts directed at someone, gathered into occasions: what a pattern of conduct is counted over.

One brief continuous event is one occasion, however many posts it has (DOMAIN: three acts are not three posts).
How long a pause ends an occasion is a choice; so the count is always shown for several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import COLUMNS, is_named, parties
from workbench.analysis.parameters import checked, refused
from workbench.errors import UsageError
from workbench.handles import folded_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DIRECTED: Final = ("reply", "mention", "quote", "message")
"""Kinds that address someone. Reposts, likes and follows count only when asked for."""

GAPS: Final = ("10min", "1h", "24h")
THREE: Final = 3
"""M.G.L. c.265 §43 and §43A: three or more acts. Whether they are acts in law, a person decides."""

INCIDENTS: Final = "acts of one account towards another; a pause longer than merge_gap begins a new occasion"
PATTERN: Final = "occasions counted by actor and target, at several merge gaps"
_PAIR: Final = ("actor", "target")


@checked
def incidents(
    interactions: pd.DataFrame,
    *,
    merge_gap: str = "1h",
    kinds: Sequence[str] = DIRECTED,
    target: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Gather acts into occasions.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published`` and, if there,
    ``post, platform``. Out: actor, actor_handle, target, target_handle, incident (number within the pair, from
    1, in order of time), start, end (UTC), n_posts (different posts, or acts that no post carries), kinds,
    merge_gap, and what every result carries. The pair with most occasions first.

    A pause of exactly ``merge_gap`` still belongs to the occasion, a longer one ends it. ``target`` keeps acts
    towards these accounts (entity_ids or handles). Acts without a usable time, towards an unknown account, of
    an account towards itself or of other kinds are left out and counted.
    Raises UsageError for missing columns, an unreadable merge_gap or a time without a zone.

    Method: sessionisation by gap. Limits: an act found here addresses an account; whether it was directed at
    the person, and what was meant, a person decides.
    """
    kept, counts = directed(interactions, "incidents", kinds, target)
    code, keys = frames.groups_of(_numbered(kept, gap_of(merge_gap)), (*_PAIR, "incident"))
    found = _gathered(kept, code, keys).assign(merge_gap=merge_gap)
    found = found.assign(many=found.groupby(list(_PAIR), sort=False)["incident"].transform("size"))
    found = found.sort_values(
        ["many", *_PAIR, "incident"], ascending=[False, True, True, True], kind="stable", ignore_index=True
    )
    columns = ["actor", "actor_handle", "target", "target_handle", "incident", "start", "end", "n_posts"]
    return frames.result(
        found[[*columns, "kinds", "merge_gap", "exhibits", "exhibit_count"]],
        method=INCIDENTS,
        parameters=parameters_of(kinds, target) | {"merge_gap": merge_gap},
        counts=counts,
        order="the pair with most occasions first, each pair in order of time",
    )


@checked
def pattern(
    interactions: pd.DataFrame,
    *,
    merge_gap: str = "1h",
    gaps: Sequence[str] = GAPS,
    kinds: Sequence[str] = DIRECTED,
    target: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Count occasions for each actor and target, and say how the count depends on the merge gap.

    In: as ``incidents``. Out: actor, actor_handle, target, target_handle, n_posts, n_incidents, span_days
    (first to last act), first, last (UTC), three_or_more (n_incidents is at least 3), merge_gap,
    depends_on_gap (three_or_more is not the same at all ``gaps``), one column ``n_incidents_GAP`` for each of
    ``gaps``, and what every result carries. Most occasions first.

    The sensitivity table is ``sensitivity``. Raises as ``incidents``.

    Method: the rule of three occasions, M.G.L. c.265 §43 and §43A; counting is over occasions, never posts.
    Limits: an occasion is not an act in law; the number says where to read, not what to conclude.
    """
    kept, counts = directed(interactions, "pattern", kinds, target)
    gaps = list(dict.fromkeys(gaps))
    code, keys = frames.groups_of(kept, _PAIR)
    found = _gathered(kept, code, keys)
    counted = {gap: _occasions(kept, code, len(keys), gap) for gap in (merge_gap, *gaps)}
    at_least = np.array([counted[gap] >= THREE for gap in gaps]).reshape(len(gaps), len(keys))
    found = found.rename(columns={"start": "first", "end": "last"}).assign(
        n_incidents=counted[merge_gap],
        span_days=(found["end"] - found["start"]).dt.total_seconds() / 86_400,
        three_or_more=counted[merge_gap] >= THREE,
        merge_gap=merge_gap,
        depends_on_gap=np.logical_xor(at_least.any(axis=0), at_least.all(axis=0)),
        **{f"n_incidents_{gap}": counted[gap] for gap in gaps},
    )
    columns = ["actor", "actor_handle", "target", "target_handle", "n_posts", "n_incidents", "span_days"]
    columns += ["first", "last", "three_or_more", "merge_gap", "depends_on_gap"]
    columns += [*(f"n_incidents_{gap}" for gap in gaps)]
    ordered = found[[*columns, "exhibits", "exhibit_count"]].sort_values(
        ["n_incidents", "n_posts", "actor", "target"], ascending=[False, False, True, True], kind="stable"
    )
    parameters = parameters_of(kinds, target) | {"merge_gap": merge_gap, "gaps": list(gaps)}
    return frames.result(
        ordered,
        method=PATTERN,
        parameters=parameters,
        counts=counts,
        order="most occasions first, then most posts",
    )


@checked
def sensitivity(
    interactions: pd.DataFrame,
    *,
    merge_gap: str = "1h",
    gaps: Sequence[str] = GAPS,
    kinds: Sequence[str] = DIRECTED,
    target: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Give the sensitivity table of ``pattern``: one row for each actor and target, a column for each merge gap.

    Out: actor, actor_handle, target, target_handle, n_posts, one column ``n_incidents_GAP`` for each of ``gaps``,
    three_or_more_at (the gaps at which there are at least 3), depends_on_gap, and what every result carries. In,
    order (by ``merge_gap``), raises and limits as ``pattern``; without any gap there is no table.
    """
    if not gaps:
        raise refused("gaps", "at least one length of time", gaps)
    gaps = list(dict.fromkeys(gaps))
    found = pattern(interactions, merge_gap=merge_gap, gaps=gaps, kinds=kinds, target=target)
    columns = [f"n_incidents_{gap}" for gap in gaps]
    enough = (found[columns] >= THREE).to_numpy()
    at = [", ".join(gap for gap, each in zip(gaps, row, strict=True) if each) for row in enough]
    found = found.assign(three_or_more_at=pd.Series(at, index=found.index, dtype="str"))
    pair = ["actor", "actor_handle", "target", "target_handle", "n_posts"]
    tail = ["exhibits", "exhibit_count", "method", "parameters"]
    return found[[*pair, *columns, "three_or_more_at", "depends_on_gap", *tail]]


def parameters_of(
    kinds: Sequence[str], target: str | Sequence[str] | None, actor: str | Sequence[str] = ()
) -> dict[str, object]:
    """Name the kinds, the targets and, if asked for, the actors as a result's parameters do."""
    named = {"actor": _names(actor)} if actor else {}
    return {"kinds": list(kinds), "target": target if target is None else _names(target), **named}


def of_actors(
    kept: pd.DataFrame, counts: dict[str, int], actor: str | Sequence[str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep the acts of these accounts, or all where none is named."""
    if not actor:
        return kept, counts
    return frames.dropped(kept, ~is_named(kept, "actor", _names(actor)), counts, "other_actors")


def _names(target: str | Sequence[str]) -> list[str]:
    return sorted(folded_all(target))


def gap_of(text: str) -> int:
    """Read a pause as microseconds."""
    try:
        gap: Any = pd.Timedelta(text)
    except ValueError as error:
        raise UsageError(
            "this is not a length of time", where="merge_gap", expected="10min, 1h", found=text
        ) from error
    if pd.isna(gap) or gap < pd.Timedelta(0):
        raise UsageError("this is not a length of time", where="merge_gap", expected="10min, 1h", found=text)
    return int(gap / pd.Timedelta(1, "us"))


def directed(
    interactions: pd.DataFrame, analysis: str, kinds: Sequence[str], target: str | Sequence[str] | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give the dated acts in question, by pair and time, each with the post that carries it."""
    rows = frames.prepared(interactions, analysis, needs=COLUMNS, optional=("post", "platform"))
    kept, counts = frames.once(rows)
    kept, counts = frames.dropped(kept, ~kept["kind"].isin(list(kinds)), counts, "other_kinds")
    kept, counts = frames.dated(*parties(kept, counts))
    kept, counts = frames.dropped(kept, kept["actor"] == kept["target"], counts, "to_self")
    if target is not None:
        kept, counts = frames.dropped(
            kept, ~is_named(kept, "target", _names(target)), counts, "other_targets"
        )
    kept = kept.assign(carrier=carriers(kept))
    return kept.sort_values(
        [*_PAIR, "published", "exhibit", "entity_id"], kind="stable", ignore_index=True
    ), counts


def carriers(kept: pd.DataFrame) -> pd.Series[str]:
    """Name the post that carries each act, or the act itself where none does: what one person did once."""
    carrier = frames.filled(kept["post"], kept["entity_id"])
    # An act with neither a post nor an identity of its own is still one act: its exhibit names it.
    return frames.filled(carrier, kept["exhibit"])


def _breaks(kept: pd.DataFrame, pair: NDArray[np.int64], gap: int) -> NDArray[np.bool_]:
    """Mark the acts that begin an occasion."""
    at = frames.stamps(kept["published"])
    begins = np.ones(len(kept), dtype=bool)
    begins[1:] = (pair[1:] != pair[:-1]) | (np.diff(at) > gap)
    return begins


def _numbered(kept: pd.DataFrame, gap: int) -> pd.DataFrame:
    pair, _ = frames.groups_of(kept, _PAIR)
    begun = pd.Series(_breaks(kept, pair, gap).astype(np.int64)).groupby(pair).cumsum()
    return kept.assign(incident=begun.to_numpy(dtype=np.int64))


def _occasions(kept: pd.DataFrame, pair: NDArray[np.int64], pairs: int, gap: str) -> NDArray[np.int64]:
    return np.bincount(pair[_breaks(kept, pair, gap_of(gap))], minlength=pairs).astype(np.int64)


def _gathered(kept: pd.DataFrame, code: NDArray[np.int64], keys: pd.DataFrame) -> pd.DataFrame:
    """Describe groups of acts: handles, start, end, different posts, kinds, citations."""
    grouped = kept["published"].groupby(code, sort=True)
    found = keys.assign(
        start=grouped.min().astype(frames.TIME).reset_index(drop=True),
        end=grouped.max().astype(frames.TIME).reset_index(drop=True),
        n_posts=frames.different(kept["carrier"], code, len(keys)),
        kinds=frames.kinds_of(kept["kind"], code, len(keys)),
    )
    in_time = kept.sort_values("published", kind="stable")
    for side in _PAIR:
        found[f"{side}_handle"] = frames.mapped(found[side], frames.handles(in_time, side, f"{side}_handle"))
    return found.join(frames.cited(kept["exhibit"], code, len(keys)))
