"""Whom a person was in touch with last, and who the two sides of an interaction are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked
from workbench.handles import bearing, folded_all

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

CONTACTS: Final = "interactions of the person counted by peer and direction (ego network)"
COLUMNS: Final = ("kind", "actor", "actor_handle", "target", "target_handle")
"""What an analysis of interactions needs of them: the kind, and both sides."""


_BY_POSTS: Final = ("reply", "mention", "quote", "repost", "message")
"""What a post does by being there, once towards each account; a reaction to it can be given again."""


@checked
def last_contacts(
    interactions: pd.DataFrame, *, person: str | Sequence[str], until: object = None, apart: bool = False
) -> pd.DataFrame:
    """List whom a person's accounts were in touch with, the latest contact first.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published``.
    Out: with ``apart``: account, account_handle (whose contact it is); always: peer (account's entity_id, or handle
    where only that is known), peer_handle, direction ("out": the person acted, "in": the peer did), n
    (interactions), n_undated (of them without a usable time), first, last (UTC), last_kind, kinds, and what every
    result carries; exhibits are the latest ones.

    ``person`` is one or more entity_ids or handles; ``until`` leaves out what came later. Several accounts count as one
    person's, and acts among them are no contact; ``apart`` counts for each account by itself, acts among them too.
    Raises UsageError for missing columns or a time without a zone.

    Method: the person's ego network, counted; a post that answers an account and names it counts once, as the answer.
    Limits: a mention is not a meeting; only public or captured
    contact is seen, and one the peer deleted is not. An act towards an unknown account is
    counted as left out.
    """
    ego, counts, names = ego_network(interactions, person, "last_contacts", apart=apart)
    ego, counts = frames.up_to(ego, counts, until)
    latest = ego.iloc[::-1].sort_values(
        "published", ascending=False, na_position="last", kind="stable", ignore_index=True
    )
    found = _by_peer(latest, apart=apart)
    parameters = {"person": sorted(names), "until": frames.as_asked(until), "apart": apart}
    return frames.result(
        found, method=CONTACTS, parameters=parameters, counts=counts, order="the latest contact first"
    )


def ego_network(
    interactions: pd.DataFrame, person: str | Sequence[str], analysis: str, *, apart: bool
) -> tuple[pd.DataFrame, dict[str, int], set[str]]:
    """Give a person's interactions, in order of time; the counts so far; and the folded names of the person.

    Columns ``account, account_handle`` (the person's side), ``peer, peer_handle, direction`` and those there were.
    """
    rows = frames.prepared(interactions, analysis, needs=COLUMNS, optional=("platform", "post"))
    kept, counts = answering(*parties(*frames.once(rows)))
    names = folded_all(person)
    return _turned(kept, names, apart=apart), counts, names


def _turned(kept: pd.DataFrame, names: set[str], *, apart: bool) -> pd.DataFrame:
    """Turn each interaction of the person to the peer's side.

    What the named accounts did towards each other is left out, unless they are looked at ``apart``; what an account
    did to itself always is.
    """
    acted, received = (is_named(kept, side, names) for side in ("actor", "target"))
    others = (kept["actor"] != kept["target"]) if apart else ~(acted & received)
    # Renamed, not assigned: a column assigned to an empty part would bring its rows along.
    parts = [
        kept[mine & others]
        .rename(columns={own: "account", f"{own}_handle": "account_handle"})
        .rename(columns={peer: "peer", f"{peer}_handle": "peer_handle"})
        .assign(direction=way)
        for mine, own, peer, way in ((acted, "actor", "target", "out"), (received, "target", "actor", "in"))
    ]
    return pd.concat(parts).sort_values(
        ["published", "exhibit", "entity_id"], kind="stable", ignore_index=True
    )


def is_named(kept: pd.DataFrame, side: str, names: Collection[str]) -> pd.Series[bool]:
    """Whether a side's account or handle is one of the (folded) names, row by row."""
    return bearing(kept, (side, f"{side}_handle"), names)


def whose(keys: pd.DataFrame, ego: pd.DataFrame) -> pd.DataFrame:
    """Name the accounts by which an ego network, in order of time, was grouped: ``account`` if there, and ``peer``."""
    return keys.assign(
        **{
            f"{side}_handle": frames.mapped(keys[side], frames.handles(ego, side, f"{side}_handle"))
            for side in ("account", "peer")
            if side in keys.columns
        }
    )


SIDES: Final = ("account", "peer")
"""By what an ego network is grouped where its accounts are looked at apart."""


def _by_peer(latest: pd.DataFrame, *, apart: bool) -> pd.DataFrame:
    sides = SIDES if apart else SIDES[1:]
    code, keys = frames.groups_of(latest, (*sides, "direction"))
    grouped = latest.groupby(code, sort=True)
    found = whose(keys, latest.iloc[::-1]).assign(
        n=np.bincount(code, minlength=len(keys)),
        n_undated=np.bincount(code, weights=latest["published"].isna(), minlength=len(keys)).astype(np.int64),
        first=grouped["published"].min().astype(frames.TIME).reset_index(drop=True),
        last=grouped["published"].max().astype(frames.TIME).reset_index(drop=True),
        last_kind=grouped["kind"].first().to_numpy(),
        kinds=frames.kinds_of(latest["kind"], code, len(keys)),
    )
    found = found.join(frames.cited(latest["exhibit"], code, len(keys)))
    columns = [name for side in sides for name in (side, f"{side}_handle")]
    columns += ["direction", "n", "n_undated", "first", "last", "last_kind", "kinds"]
    by = ["last", "peer", "direction", *sides[:-1]]
    return found[[*columns, "exhibits", "exhibit_count"]].sort_values(
        by, ascending=[False] + [True] * (len(by) - 1), na_position="last", ignore_index=True
    )


def parties(rows: pd.DataFrame, counts: dict[str, int]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Name both sides of each interaction: entity_id, else the one account with that handle, else that.

    An account of which only the handle is known is called ``platform:@handle``. A handle that several
    accounts bear resolves to none of them. Rows with a side unknown are left out.
    """
    named = sided(rows)
    return _once_each(
        *frames.dropped(named, (named["actor"] == "") | (named["target"] == ""), counts, "no_peer")
    )


def sided(rows: pd.DataFrame) -> pd.DataFrame:
    """Name both sides of each interaction as ``parties`` does; every row stays, an unknown side empty."""
    if not ((rows["actor"] == "") | (rows["target"] == "")).any():
        return rows
    known = _accounts_by_handle(rows)
    return rows.assign(**{side: _named(rows, side, known) for side in ("actor", "target")})


def _once_each(rows: pd.DataFrame, counts: dict[str, int]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep one row of what one post does towards one account.

    One source names that account by its handle, another by its number: then the act has two identities.
    """
    told = (rows["post"] != "") & rows["kind"].isin(_BY_POSTS) if "post" in rows else pd.Series(dtype=bool)
    if not told.any() or rows["post"].is_unique:
        return rows, counts
    again = rows.duplicated(["post", "kind", "target"]) & told
    kept, more = frames.dropped(rows, again, {}, "repeated")
    return kept, counts | {"repeated": counts.get("repeated", 0) + more["repeated"]}


def answering(kept: pd.DataFrame, counts: dict[str, int]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out mentions of an account that the same post answers or quotes: platforms name it by themselves.

    Needs the column ``post``; a mention without one stays.
    """
    carried = kept["post"] != ""
    naming = ((kept["kind"] == "mention") & carried).to_numpy()
    answers = (kept["kind"].isin(["reply", "quote"]) & carried).to_numpy()
    both = kept[naming | answers]
    target, targets = pd.factorize(both["target"])
    key = pd.factorize(both["post"])[0] * max(len(targets), 1) + target
    told = np.zeros(len(kept), dtype=bool)
    told[naming] = np.isin(key[naming[naming | answers]], key[answers[naming | answers]])
    return frames.dropped(kept, pd.Series(told, index=kept.index, dtype=bool), counts, "answered")


def _named(rows: pd.DataFrame, side: str, known: pd.Series[str]) -> pd.Series[str]:
    unnamed = rows[rows[side] == ""]
    address = _address(unnamed["platform"], unnamed[f"{side}_handle"])
    named = rows[side].copy()
    named[unnamed.index] = frames.mapped(address, known).where(lambda found: found != "", address)
    return named


def _address(platform: pd.Series[str], handle: pd.Series[str]) -> pd.Series[str]:
    bare = handle.str.removeprefix("@").str.lower()
    return (platform + ":@" + bare).where(bare != "", "")


def _accounts_by_handle(rows: pd.DataFrame) -> pd.Series[str]:
    columns = ["platform", "handle", "id"]
    sides = [
        rows[["platform", f"{side}_handle", side]].set_axis(columns, axis="columns")
        for side in ("actor", "target")
    ]
    pairs = pd.concat(sides, ignore_index=True).drop_duplicates()
    pairs = pairs.assign(address=_address(pairs["platform"], pairs["handle"]))[["address", "id"]]
    pairs = pairs[(pairs["address"] != "") & (pairs["id"] != "")].drop_duplicates()
    return pairs.drop_duplicates("address", keep=False).set_index("address")["id"]
