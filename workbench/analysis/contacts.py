"""Who was in touch with whom: the network, and one person's last contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import networkx as nx
import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONTACTS: Final = "interactions of the person counted by peer and direction (ego network)"
NETWORK: Final = "interactions counted by actor, target and kind"
_COLUMNS: Final = ("kind", "actor", "actor_handle", "target", "target_handle")


def last_contacts(
    interactions: pd.DataFrame, *, person: str | Sequence[str], until: object = None
) -> pd.DataFrame:
    """List whom a person's accounts were in touch with, the latest contact first.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published``.
    Out: peer (account's entity_id, or handle where only that is known), peer_handle, direction ("out": the
    person acted, "in": the peer did), n (interactions), n_undated (of them without a usable time), first,
    last (UTC), last_kind, kinds, and what every result carries; exhibits are the latest ones.

    ``person`` is one or more entity_ids or handles; ``until`` leaves out what came later.
    Raises UsageError for missing columns or a time without a zone.

    Method: the person's ego network, counted. Limits: a mention is not a meeting; only public or captured
    contact is seen, and one the peer deleted is not. An act towards an unknown account is
    counted as left out.
    """
    rows = frames.prepared(interactions, "last_contacts", needs=_COLUMNS, optional=("platform",))
    kept, counts = parties(*frames.once(rows))
    names = {folded(name) for name in ([person] if isinstance(person, str) else person)}
    ego = ego_of(kept, names)
    if until is not None:
        end = frames.instant(until, "until")
        ego, counts = frames.dropped(ego, ego["published"] > end, counts, "out_of_window")
    latest = ego.iloc[::-1].sort_values(
        "published", ascending=False, na_position="last", kind="stable", ignore_index=True
    )
    found = _by_peer(latest)
    parameters = {"person": sorted(names), "until": None if until is None else str(until)}
    return frames.result(found, method=CONTACTS, parameters=parameters, counts=counts)


def folded(name: str) -> str:
    """Give a handle or identifier as names are compared: without the sign in front, in small letters."""
    return name.strip().removeprefix("@").lower()


def ego_of(kept: pd.DataFrame, names: set[str]) -> pd.DataFrame:
    """Turn each interaction of the person to the peer's side: ``peer, peer_handle, direction``, in order of time."""
    acted, received = (is_named(kept, side, names) for side in ("actor", "target"))
    # Renamed, not assigned: a column assigned to an empty part would bring its rows along.
    parts = [
        kept[mine & ~theirs]
        .rename(columns={peer: "peer", f"{peer}_handle": "peer_handle"})
        .assign(direction=way)
        for mine, theirs, peer, way in ((acted, received, "target", "out"), (received, acted, "actor", "in"))
    ]
    return pd.concat(parts).sort_values(
        ["published", "exhibit", "entity_id"], kind="stable", ignore_index=True
    )


def is_named(kept: pd.DataFrame, side: str, names: set[str]) -> pd.Series[bool]:
    """Whether a side's account or handle is one of the (folded) names, row by row."""
    return sum(
        (kept[name].str.lower().str.removeprefix("@").isin(names) for name in (side, f"{side}_handle")),
        pd.Series(data=False, index=kept.index),
    ).astype(bool)


def _by_peer(latest: pd.DataFrame) -> pd.DataFrame:
    code, keys = frames.groups_of(latest, ("peer", "direction"))
    grouped = latest.groupby(code, sort=True)
    found = keys.assign(
        peer_handle=keys["peer"].map(frames.handles(latest.iloc[::-1], "peer", "peer_handle")).fillna(""),
        n=np.bincount(code, minlength=len(keys)),
        n_undated=np.bincount(code, weights=latest["published"].isna(), minlength=len(keys)).astype(np.int64),
        first=grouped["published"].min().astype(frames.TIME).reset_index(drop=True),
        last=grouped["published"].max().astype(frames.TIME).reset_index(drop=True),
        last_kind=grouped["kind"].first().to_numpy(),
        kinds=frames.kinds_of(latest["kind"], code, len(keys)),
    )
    found = found.join(frames.cited(latest["exhibit"], code, len(keys)))
    columns = ["peer", "peer_handle", "direction", "n", "n_undated", "first", "last", "last_kind", "kinds"]
    return found[[*columns, "exhibits", "exhibit_count"]].sort_values(
        ["last", "peer", "direction"], ascending=[False, True, True], na_position="last", ignore_index=True
    )


def parties(rows: pd.DataFrame, counts: dict[str, int]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Name both sides of each interaction: entity_id, else the one account with that handle, else that.

    An account of which only the handle is known is called ``platform:@handle``. A handle that several
    accounts bear resolves to none of them. Rows with a side unknown are left out.
    """
    known = _accounts_by_handle(rows)
    named = rows.copy()
    for side in ("actor", "target"):
        address = _address(rows, side)
        account = rows[side].where(rows[side] != "", address.map(known))
        named[side] = account.where(account.notna(), address).astype("str")
    return frames.dropped(named, (named["actor"] == "") | (named["target"] == ""), counts, "no_peer")


def _address(rows: pd.DataFrame, side: str) -> pd.Series[str]:
    handle = rows[f"{side}_handle"].str.removeprefix("@").str.lower()
    return (rows["platform"] + ":@" + handle).where(handle != "", "")


def _accounts_by_handle(rows: pd.DataFrame) -> pd.Series[str]:
    sides = ("actor", "target")
    pairs = pd.concat([pd.DataFrame({"address": _address(rows, side), "id": rows[side]}) for side in sides])
    pairs = pairs[(pairs["address"] != "") & (pairs["id"] != "")].drop_duplicates()
    return pairs.drop_duplicates("address", keep=False).set_index("address")["id"]


def interaction_network(
    interactions: pd.DataFrame, *, kinds: Sequence[str] | None = None, until: object = None
) -> nx.MultiDiGraph[str]:
    """Build the network of who acted towards whom.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published`` and, if there,
    ``platform, server``. Out: a MultiDiGraph. A node is an account (entity_id, or handle where only that is
    known) with ``handle, platform, server``. An edge, keyed by its kind, carries ``kind, n, n_undated,
    first, last`` (ISO 8601 UTC, empty when unknown), ``exhibits, exhibit_count, method, parameters``. The
    graph itself carries ``method, parameters, counts``.

    ``kinds`` keeps only these kinds; ``until`` leaves out what came later; what has no usable time stays and
    is counted in n_undated. Acts of an account towards itself are left out.
    Raises UsageError for missing columns or a time without a zone.

    Method: counting; no measure of importance, no label spread along edges. Limits: an edge says that an act
    was captured, not that two people know each other.
    """
    rows = frames.prepared(
        interactions, "interaction_network", needs=_COLUMNS, optional=("platform", "server")
    )
    kept, counts = parties(*frames.once(rows))
    kept, counts = frames.dropped(kept, kept["actor"] == kept["target"], counts, "to_self")
    kept, counts = _asked(kept, counts, kinds, until)
    parameters = frames.as_text(
        {"kinds": None if kinds is None else sorted(kinds), "until": None if until is None else str(until)}
    )
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(method=NETWORK, parameters=parameters, counts=counts)
    graph.add_nodes_from(_nodes(kept))
    for actor, target, kind, about in _edges(kept, parameters):
        graph.add_edge(actor, target, kind, **about)
    return graph


def _asked(
    kept: pd.DataFrame, counts: dict[str, int], kinds: Sequence[str] | None, until: object
) -> tuple[pd.DataFrame, dict[str, int]]:
    if isinstance(kinds, str):
        raise UsageError("kinds is a list", expected='["reply", "mention"]', found=kinds[:80])
    if kinds is not None:
        kept, counts = frames.dropped(kept, ~kept["kind"].isin(list(kinds)), counts, "other_kinds")
    if until is not None:
        later = kept["published"] > frames.instant(until, "until")
        kept, counts = frames.dropped(kept, later, counts, "out_of_window")
    return kept, counts


def _nodes(kept: pd.DataFrame) -> list[tuple[str, dict[str, str]]]:
    sides = [
        pd.DataFrame(
            {
                "id": kept[side],
                "handle": kept[f"{side}_handle"].str.removeprefix("@"),
                "platform": kept["platform"],
                # The server of an interaction is where it was seen, which is the actor's for sure only.
                "server": kept["server"] if side == "actor" else "",
            }
        )
        for side in ("target", "actor")
    ]
    both = pd.concat(sides, ignore_index=True)
    ids = pd.Series(sorted(both["id"].unique()), dtype="str")
    columns = [
        ids.map(both[both[name] != ""].drop_duplicates("id", keep="last").set_index("id")[name]).fillna("")
        for name in ("handle", "platform", "server")
    ]
    return [
        (node, {"handle": handle or node, "platform": platform, "server": server})
        for node, handle, platform, server in zip(ids, *columns, strict=True)
    ]


def _edges(kept: pd.DataFrame, parameters: str) -> list[tuple[str, str, str, dict[str, object]]]:
    code, keys = frames.groups_of(kept, ("actor", "target", "kind"))
    at = frames.stamps(kept["published"])
    undated = kept["published"].isna().to_numpy()
    sources = frames.cited(kept["exhibit"], code, len(keys))
    return [
        (
            actor,
            target,
            kind,
            {
                "kind": kind,
                "n": n,
                "n_undated": n_undated,
                "first": first,
                "last": last,
                "exhibits": exhibits,
                "exhibit_count": exhibit_count,
                "method": NETWORK,
                "parameters": parameters,
            },
        )
        for actor, target, kind, n, n_undated, first, last, exhibits, exhibit_count in zip(
            keys["actor"].tolist(),
            keys["target"].tolist(),
            keys["kind"].tolist(),
            np.bincount(code, minlength=len(keys)).tolist(),
            np.bincount(code, weights=undated, minlength=len(keys)).astype(np.int64).tolist(),
            _extremes(at, code, undated, len(keys), latest=False),
            _extremes(at, code, undated, len(keys), latest=True),
            sources["exhibits"],
            sources["exhibit_count"].tolist(),
            strict=True,
        )
    ]


def _extremes(
    at: NDArray[np.int64], code: NDArray[np.int64], undated: NDArray[np.bool_], groups: int, *, latest: bool
) -> list[str]:
    """Give each group's first or last time as ISO 8601 in UTC, empty for a group without any."""
    limit = np.iinfo(np.int64)
    held = np.full(groups, limit.min if latest else limit.max, dtype=np.int64)
    (np.maximum if latest else np.minimum).at(held, code[~undated], at[~undated])
    none = np.bincount(code[~undated], minlength=groups) == 0
    texts = np.datetime_as_string(np.where(none, 0, held).astype("datetime64[us]"), timezone="UTC")
    named: list[str] = np.where(none, "", texts).tolist()
    return named
