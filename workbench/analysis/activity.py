"""The last sign of each account of a person: what it posted, what it did, who addressed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import COLUMNS, answering, is_named, parties
from workbench.analysis.parameters import checked
from workbench.handles import bearing, folded, folded_all

if TYPE_CHECKING:
    from collections.abc import Sequence

METHOD: Final = (
    "the latest dated post and act of each account, and the latest act towards it; each beside its basis"
)
POSTED, ACTED, ADDRESSED = "posted", "acted", "was addressed"
SILENT = "nothing captured"
_ORDER: Final = {POSTED: 0, ACTED: 1, ADDRESSED: 2, SILENT: 3}
_COLUMNS: Final = (
    *("account", "account_handle", "platform", "sign", "own"),
    *("at", "basis", "what", "towards", "n"),
)


@checked
def last_activity(
    posts: pd.DataFrame,
    interactions: pd.DataFrame | None = None,
    accounts: pd.DataFrame | None = None,
    *,
    people: Sequence[str],
) -> pd.DataFrame:
    """List each account's last post, last act and the last act towards it, the latest own sign first.

    In: posts with ``entity_id, exhibit, kind, author, author_handle, published``; interactions, if given, with
    ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published``; accounts, if given, with
    ``entity_id, exhibit, handle``. ``people`` are the entity_ids and handles of the accounts.
    Out: account, account_handle, platform, sign ("posted", "acted", "was addressed", "nothing captured"), own (false:
    somebody else's act), at (UTC), basis (of the time), what (kind), towards (or from whom), n (dated ones
    captured), and what every result carries; the exhibit is the one of that sign. Names that no captured account
    bears are counted.

    An act that a post carries (a reply, a mention) is both. Raises UsageError for missing columns or a time without
    a zone.

    Limits: a sign is one of the account, not of the person: posts can be scheduled, and somebody else may hold the
    device. Reading leaves no sign, nor does what is private. To be addressed is no sign of life.
    """
    names = folded_all(people)
    signs, counts = _signs_of(posts, interactions, names)
    known = _by_handle(signs, accounts)
    signs["account"] = _accounts(signs, known)
    silent, unknown = _without(signs, accounts, people)
    ordered = _ordered(pd.concat([_latest(signs), silent], ignore_index=True))
    counts |= {"unknown_names": unknown}
    return frames.result(ordered, method=METHOD, parameters={"people": sorted(names)}, counts=counts)


def _signs_of(
    posts: pd.DataFrame, interactions: pd.DataFrame | None, names: set[str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    posted, counts = _posted(posts, names)
    if interactions is None:
        return posted, counts
    acted, more = _acted(interactions, names)
    return pd.concat([posted, *acted], ignore_index=True), frames.added(counts, more)


def _posted(posts: pd.DataFrame, names: set[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    rows = frames.prepared(
        posts,
        "last_activity",
        needs=("kind", "author", "author_handle"),
        optional=("platform", "published_basis", "in_reply_to_author"),
    )
    kept, counts = frames.dated(*frames.keyed(*frames.once(rows)))
    kept = kept[is_named(kept, "author", names)]
    return _signs(kept, ("author", "author_handle", "in_reply_to_author"), POSTED), counts


def _acted(interactions: pd.DataFrame, names: set[str]) -> tuple[list[pd.DataFrame], dict[str, int]]:
    rows = frames.prepared(
        interactions, "last_activity", needs=COLUMNS, optional=("platform", "published_basis", "post")
    )
    kept, counts = frames.dated(*answering(*parties(*frames.once(rows))))
    acting, meant = is_named(kept, "actor", names), is_named(kept, "target", names)
    own = _signs(kept[acting], ("actor", "actor_handle", "target_handle"), ACTED)
    others = _signs(kept[meant & ~acting], ("target", "target_handle", "actor_handle"), ADDRESSED)
    return [own, others], counts


def _signs(kept: pd.DataFrame, columns: tuple[str, str, str], sign: str) -> pd.DataFrame:
    account, handle, towards = columns
    named = {
        account: "account",
        handle: "account_handle",
        towards: "towards",
        "published": "at",
        "published_basis": "basis",
        "kind": "what",
    }
    columns_kept = [*named, "platform", "exhibit"]
    told = kept[columns_kept].rename(columns=named).reset_index(drop=True)
    return told.assign(sign=sign, own=sign != ADDRESSED)


def _by_handle(signs: pd.DataFrame, accounts: pd.DataFrame | None) -> dict[str, str]:
    """Give the one account that bears a handle; a handle of several accounts names none of them."""
    pairs = [signs[["account_handle", "account"]].set_axis(["handle", "id"], axis=1)]
    if accounts is not None and len(accounts.columns):
        held = frames.having(accounts, "last_activity", ("handle", "entity_id"))
        pairs.append(held[["handle", "entity_id"]].set_axis(["handle", "id"], axis=1))
    every = pd.concat(pairs, ignore_index=True).astype("str").drop_duplicates()
    every["handle"] = every["handle"].map(folded)
    stable = every[(every["handle"] != "") & (every["id"].map(folded) != every["handle"])]
    stable = stable[~stable["id"].str.contains(":@", regex=False)].drop_duplicates()
    only = stable.drop_duplicates("handle", keep=False)
    return dict(zip(only["handle"], only["id"], strict=True))


def _accounts(signs: pd.DataFrame, known: dict[str, str]) -> pd.Series[str]:
    columns = ["account", "account_handle"]
    pairs = signs[columns].drop_duplicates()
    named = [
        known.get(folded(handle), account)
        if ":@" in account or folded(account) == folded(handle)
        else account
        for account, handle in zip(pairs["account"], pairs["account_handle"], strict=True)
    ]
    return signs[columns].merge(pairs.assign(named=named), on=columns, how="left")["named"]


def _latest(signs: pd.DataFrame) -> pd.DataFrame:
    """Keep the latest row of each account and sign; of two at one moment, the one of the later exhibit."""
    grouped = signs.groupby(["account", "sign"], sort=False)["at"]
    n, last = grouped.transform("size").astype(np.int64), grouped.transform("max")
    held = signs.assign(n=n)[(signs["at"] == last).to_numpy()]
    ordered = held.sort_values(["exhibit", "what", "towards"], kind="stable", ignore_index=True)
    return ordered.drop_duplicates(["account", "sign"], keep="last")


def _without(
    signs: pd.DataFrame, accounts: pd.DataFrame | None, people: Sequence[str]
) -> tuple[pd.DataFrame, int]:
    """Name the accounts of which nothing was captured; count the names that no captured account bears."""
    active = {folded(text) for name in ("account", "account_handle") for text in signs[name].unique()}
    left = [name for name in dict.fromkeys(people) if folded(name) not in active]
    held = _held(accounts, left)
    held = held[~held["account"].map(folded).isin(active)].reset_index(drop=True)
    borne = {folded(text) for name in ("account", "account_handle") for text in held[name]}
    never = pd.Series(pd.NaT, index=held.index, dtype=frames.TIME)
    silent = held.assign(own=True, n=0, at=never, basis="", what="", towards="")
    return silent, sum(folded(name) not in borne for name in left)


def _held(accounts: pd.DataFrame | None, left: Sequence[str]) -> pd.DataFrame:
    columns = ["account", "account_handle", "platform", "exhibit", "sign"]
    if accounts is None or not len(accounts.columns):
        return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
    rows = frames.prepared(accounts, "last_activity", needs=("handle",), optional=("platform",), times=())
    rows = rows.sort_values(["captured_at", "exhibit"], kind="stable").drop_duplicates(
        "entity_id", keep="last"
    )
    mine = bearing(rows, ("entity_id", "handle"), folded_all(left))
    named = rows[mine].rename(columns={"entity_id": "account", "handle": "account_handle"})
    return named.assign(sign=SILENT)[columns].reset_index(drop=True)


def _ordered(found: pd.DataFrame) -> pd.DataFrame:
    """Put the account with the latest own sign first, within it the latest sign, and cite."""
    own = found["at"].where(found["own"].astype(bool))
    last = own.groupby(found["account"]).transform("max")
    ordered = found.assign(last=last, place=found["sign"].map(_ORDER)).sort_values(
        ["last", "account", "at", "place"],
        ascending=[False, True, False, True],
        na_position="last",
        kind="stable",
        ignore_index=True,
    )
    ordered["n"] = ordered["n"].astype(np.int64)
    ordered["own"] = ordered["own"].astype(bool)
    cites = frames.cited(ordered["exhibit"], np.arange(len(ordered)), len(ordered))
    return ordered[list(_COLUMNS)].join(cites)
