"""Whom an account met anew before a moment, and with whom contact went both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import SIDES, ego_network, whose
from workbench.analysis.parameters import checked
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

NEW: Final = (
    "the first captured contact of each peer, in either direction, falls in the days before the moment"
)
MUTUAL: Final = "peers towards whom the person acted and who acted towards the person, counted"


@checked
def new_contacts(
    interactions: pd.DataFrame, *, person: str | Sequence[str], before: object, days: int = 7
) -> pd.DataFrame:
    """List the peers whose first captured contact with the person falls in the days before a moment.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published``: **all** there are, not
    those of a period, or old contacts look new.
    Out: peer, peer_handle, first, last (UTC, up to the moment), first_direction ("out": the person acted, "in": the
    peer did), first_kind, n_out, n_in, mutual (both ways), days_before (from the first contact to the moment),
    record_days (from the person's first captured act of any kind to this contact: with few, everybody is new), and
    what every result carries; exhibits are the earliest ones. Newest contact first.

    ``person`` is one or more entity_ids or handles. Peers with an undated act are left out and counted, since that
    act may be older. Raises UsageError for missing columns, a time without a zone or less than one day.

    Limits: first captured is not first: older contact may be private, deleted, elsewhere or outside the scope.
    """
    if days < 1:
        raise UsageError("new is counted in days", where="days", expected="1 or more", found=str(days))
    moment = frames.instant(before, "before")
    ego, counts, names = ego_network(interactions, person, "new_contacts", apart=False)
    undated = set(ego.loc[ego["published"].isna(), "peer"])
    ego, counts = frames.dated(ego, counts)
    ego, counts = frames.dropped(ego, ego["peer"].isin(undated), counts, "maybe_older")
    ego, counts = frames.dropped(ego, ego["published"] >= moment, counts, "out_of_window")
    found = _both_ways(ego)
    begun = ego["published"].min()
    found["days_before"] = _days(pd.Series(moment, index=found.index), found["first"])
    found["record_days"] = _days(found["first"], pd.Series(begun, index=found.index, dtype=frames.TIME))
    found = found[found["first"] >= moment - pd.Timedelta(days=days)]
    found = found.sort_values(["first", "peer"], ascending=[False, True], kind="stable")
    parameters = {"person": sorted(names), "before": moment.isoformat(), "days": days}
    return frames.result(found, method=NEW, parameters=parameters, counts=counts)


@checked
def mutual_contacts(
    interactions: pd.DataFrame, *, person: str | Sequence[str], until: object = None, apart: bool = False
) -> pd.DataFrame:
    """List the peers with whom contact went both ways, the latest contact first.

    In: as ``new_contacts``. Out: with ``apart``: account, account_handle (whose contact it is); always: peer,
    peer_handle, n_out, n_in, first, last, first_direction, first_kind, and what
    every result carries. ``until`` leaves out what came later; undated acts are left out and counted. Several accounts
    count as one person's; ``apart`` counts for each by itself, and contact among them from both its ends.
    Raises UsageError for missing columns or a time without a zone.

    Limits: a reply to a stranger and the stranger's reply are mutual too; it says nothing of acquaintance.
    """
    ego, counts, names = ego_network(interactions, person, "mutual_contacts", apart=apart)
    ego, counts = frames.up_to(*frames.dated(ego, counts), until)
    sides = SIDES if apart else SIDES[1:]
    found = _both_ways(ego, sides)
    found = found[found["mutual"]].drop(columns="mutual")
    by = ["last", "peer", *sides[:-1]]
    found = found.sort_values(by, ascending=[False] + [True] * (len(by) - 1), kind="stable")
    parameters = {"person": sorted(names), "until": frames.as_asked(until), "apart": apart}
    return frames.result(found, method=MUTUAL, parameters=parameters, counts=counts)


def _both_ways(ego: pd.DataFrame, sides: Sequence[str] = SIDES[1:]) -> pd.DataFrame:
    """Count each peer's acts both ways; ``ego`` is dated and in order of time."""
    code, keys = frames.groups_of(ego, sides)
    grouped = ego.groupby(code, sort=True)
    out = np.bincount(code, weights=ego["direction"] == "out", minlength=len(keys)).astype(np.int64)
    n = np.bincount(code, minlength=len(keys))
    found = whose(keys, ego).assign(
        first=grouped["published"].min().astype(frames.TIME).reset_index(drop=True),
        last=grouped["published"].max().astype(frames.TIME).reset_index(drop=True),
        first_direction=grouped["direction"].first().to_numpy(),
        first_kind=grouped["kind"].first().to_numpy(),
        n_out=out,
        n_in=n - out,
        mutual=(out > 0) & (n > out),
    )
    return found.join(frames.cited(ego["exhibit"], code, len(keys)))


def _days(later: pd.Series[pd.Timestamp], earlier: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    gap = (later.astype(frames.TIME) - earlier.astype(frames.TIME)).dt.total_seconds() / 86_400
    return gap.astype(float).round(2)
