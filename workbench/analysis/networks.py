"""Who acted towards whom: as a table of ties, as a networkx graph, and as edges for measures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.analysis import contacts, frames
from workbench.analysis.edges import Edges, numbered
from workbench.analysis.parameters import checked
from workbench.errors import UsageError

NETWORK: Final = "interactions counted by actor, target and kind"
TIES: Final = (
    "interactions counted by actor, target and kind; why a tie matters, and whether, a person enters"
)
FOR_A_PERSON: Final = ("suspicion_basis", "relevance", "reviewer", "review_due")
"""Columns of ``ties`` that only a person fills in; they are given empty."""

_EDGE: Final = ("a", "b", "kind", "n", "n_undated", "first", "last", "exhibits", "exhibit_count")


@checked
def ties(
    interactions: pd.DataFrame, *, kinds: Sequence[str] | None = None, until: object = None
) -> pd.DataFrame:
    """List who acted towards whom, how often, and from when to when.

    In: as ``interaction_network``. Out: a (who acted), a_handle, b (towards whom), b_handle, kind, n,
    n_undated, first, last (UTC), suspicion_basis, relevance, reviewer, review_due (empty: a person enters
    them), and what every result carries. Most acts first. Raises as ``interaction_network``, parameters as
    there.

    Method: counting; a post that answers an account and names it is an answer, not a mention too. The empty columns
    follow 28 CFR 23.20: what is kept of an association needs a stated basis and a day by which it is reviewed.
    Limits: a tie is captured contact; it does not say that two people know each other, nor what they are to each
    other.
    """
    kept, counts, parameters = selected(interactions, "ties", kinds, until)
    found = tied(kept)
    for side in ("a", "b"):
        found[f"{side}_handle"] = node_handles(kept, found[side])
    empty: dict[str, Any] = {name: pd.Series([""] * len(found), dtype="str") for name in FOR_A_PERSON}
    found = found.assign(**empty)
    columns = ["a", "a_handle", "b", "b_handle", "kind", "n", "n_undated", "first", "last", *FOR_A_PERSON]
    ordered = found[[*columns, "exhibits", "exhibit_count"]].sort_values(
        ["n", "a", "b", "kind"], ascending=[False, True, True, True], kind="stable"
    )
    return frames.result(ordered, method=TIES, parameters=parameters, counts=counts)


@checked
def one_way(ties: pd.DataFrame) -> pd.DataFrame:
    """Keep the ties of pairs of whom only one acted towards the other, the fewest acts first.

    In: what ``ties`` gives. Out: its rows of such pairs. A pair's acts of all kinds are added up to order them. What
    speaks against reading contact as more than that: nobody answered. Raises UsageError for another table.

    Limits: an answer may be private, deleted or not captured.
    """
    if missing := {"a", "b", "kind", "n"} - set(ties.columns):
        raise UsageError(
            "these are no ties", expected=", ".join(sorted(missing)), todo="pass what ties gives"
        )
    there, back = (pd.MultiIndex.from_frame(ties[[*side]]) for side in (("a", "b"), ("b", "a")))
    alone = ties[~there.isin(back)]
    acts = alone.groupby(["a", "b"])["n"].transform("sum")
    order = pd.DataFrame({"acts": acts, "a": alone["a"], "b": alone["b"], "kind": alone["kind"]})
    return alone.loc[order.sort_values(["acts", "a", "b", "kind"], kind="stable").index].reset_index(
        drop=True
    )


@checked
def interaction_network(
    interactions: pd.DataFrame,
    *,
    kinds: Sequence[str] | None = None,
    until: object = None,
    among: Collection[str] | None = None,
) -> nx.MultiDiGraph[str]:
    """Build the network of who acted towards whom.

    In: ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, published`` and, if there,
    ``platform, server``. Out: a MultiDiGraph. A node is an account (entity_id, or handle where only that is
    known) with ``handle, platform, server``. An edge, keyed by its kind, carries ``kind, n, n_undated,
    first, last`` (ISO 8601 UTC, empty when unknown), ``exhibits, exhibit_count, method, parameters``. The
    graph itself carries ``method, parameters, counts``.

    ``kinds`` keeps only these kinds; ``until`` leaves out what came later; ``among`` keeps only acts between
    these nodes, so that a part of a big network is cut before it is built. What has no usable time stays and
    is counted in n_undated. Acts of an account towards itself are left out.
    Raises UsageError for missing columns or a time without a zone.

    Method: counting; no measure of importance, no label spread along edges. Limits: an edge says that an act
    was captured, not that two people know each other.
    """
    kept, counts, parameters = selected(interactions, "interaction_network", kinds, until)
    if among is not None:
        nodes = list(among)
        outside = ~(kept["actor"].isin(nodes) & kept["target"].isin(nodes))
        kept, counts = frames.dropped(kept, outside, counts, "not_among")
        parameters |= {"among": len(nodes)}
    said = frames.as_text(parameters)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(method=NETWORK, parameters=said, counts=counts)
    with frames.collecting_later():
        graph.add_nodes_from(_nodes(kept))
        _fill(graph, tied(kept), said)
    return graph


@checked
def interaction_edges(
    interactions: pd.DataFrame, *, kinds: Sequence[str] | None = None, until: object = None
) -> Edges:
    """Count who acted towards whom, for measures over a network too large to build.

    In and parameters as ``interaction_network``. Out: ``Edges``, one for each actor and target, weighted
    by the acts of all kinds; ``nodes`` in order of their names. Exhibits are with ``ties``. Raises as that.
    """
    kept, counts, parameters = selected(interactions, "interaction_edges", kinds, until)
    return edges_between(kept, parameters, counts)


def edges_between(kept: pd.DataFrame, parameters: dict[str, Any], counts: dict[str, int]) -> Edges:
    """Count the interactions of each actor and target."""
    code, names = pd.factorize(pd.concat([kept["actor"], kept["target"]], ignore_index=True), sort=True)
    source, target = np.split(code.astype(np.int64), 2)
    return numbered(
        names.tolist(), source, target, np.ones(len(source)), parameters=parameters, counts=counts
    )


def tied(kept: pd.DataFrame) -> pd.DataFrame:
    """Count interactions (in order of time) by actor, target and kind.

    Columns: a, b, kind, n, n_undated, first, last, exhibits, exhibit_count; in order of a, b and kind.
    """
    code, keys = frames.groups_of(kept, ("actor", "target", "kind"))
    first, last, n_undated = _span(kept["published"], code, len(keys))
    found = keys.set_axis(["a", "b", "kind"], axis="columns").assign(
        n=np.bincount(code, minlength=len(keys)), n_undated=n_undated, first=first, last=last
    )
    return found.join(frames.cited(kept["exhibit"], code, len(keys)))


def _span(times: pd.Series[pd.Timestamp], code: NDArray[np.int64], groups: int) -> tuple[Any, Any, Any]:
    """Give each group's first and last time, and how many have none; ``times`` are in order, none last."""
    dated = times.notna().to_numpy()
    at, group = times.to_numpy(dtype="datetime64[us]")[dated], code[dated]
    first = np.full(groups, np.datetime64("NaT", "us"))
    last = first.copy()
    # Of several values for one place the last one stays (numpy's rule), and times rise.
    last[group] = at
    first[group[::-1]] = at[::-1]
    spans = (pd.Series(span).dt.tz_localize("UTC") for span in (first, last))
    return (*spans, np.bincount(code[~dated], minlength=groups))


def selected(
    interactions: pd.DataFrame, analysis: str, kinds: Sequence[str] | None, until: object
) -> tuple[pd.DataFrame, dict[str, int], dict[str, Any]]:
    """Name both sides of each interaction and keep those asked for; give counts and parameters with them."""
    rows = frames.prepared(
        interactions, analysis, needs=contacts.COLUMNS, optional=("platform", "server", "post")
    )
    kept, counts = contacts.answering(*contacts.parties(*frames.once(rows)))
    kept, counts = frames.dropped(kept, kept["actor"] == kept["target"], counts, "to_self")
    kept, counts = _asked(kept, counts, kinds, until)
    parameters = {
        "kinds": None if kinds is None else sorted(kinds),
        "until": frames.as_asked(until),
    }
    return kept, counts, parameters


def _asked(
    kept: pd.DataFrame, counts: dict[str, int], kinds: Sequence[str] | None, until: object
) -> tuple[pd.DataFrame, dict[str, int]]:
    if isinstance(kinds, str):
        raise UsageError("kinds is a list", expected='["reply", "mention"]', found=kinds[:80])
    if kinds is not None:
        kept, counts = frames.dropped(kept, ~kept["kind"].isin(list(kinds)), counts, "other_kinds")
    return frames.up_to(kept, counts, until)


def _sides(kept: pd.DataFrame) -> pd.DataFrame:
    """List the accounts on both sides, those that acted last; columns id, handle, platform, server."""
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
    return pd.concat(sides, ignore_index=True)


def node_handles(kept: pd.DataFrame, nodes: Sequence[str] | pd.Series[str]) -> pd.Series[str]:
    """Give each node's latest handle, empty where none is known."""
    both = _sides(kept)
    code, ids = pd.factorize(both["id"], sort=True)
    known = pd.Series(_latest_known(both["handle"], code, len(ids)), dtype="str")
    found: pd.Series[str] = known.iloc[pd.Index(ids).get_indexer(pd.Index(nodes))]
    return found.reset_index(drop=True)


def _latest_known(values: pd.Series[str], code: NDArray[np.int64], groups: int) -> list[str]:
    """Give for each group the last of its values that is not empty."""
    known = np.flatnonzero((values != "").to_numpy())
    place = np.full(groups, -1)
    # Of several values for one place the last one stays: that is numpy's rule.
    place[code[known]] = known
    found = np.full(groups, "", dtype=object)
    found[place >= 0] = values.iloc[place[place >= 0]].to_numpy(dtype=object)
    texts: list[str] = found.tolist()
    return texts


def _nodes(kept: pd.DataFrame) -> Iterator[tuple[str, dict[str, str]]]:
    both = _sides(kept)
    code, ids = pd.factorize(both["id"], sort=True)
    columns = (_latest_known(both[name], code, len(ids)) for name in ("handle", "platform", "server"))
    for node, handle, platform, server in zip(ids.tolist(), *columns, strict=True):
        yield node, {"handle": handle or node, "platform": platform, "server": server}


def _fill(graph: nx.MultiDiGraph[str], found: pd.DataFrame, parameters: str) -> None:
    """Put counted ties into a graph that holds their nodes.

    Straight into its dictionaries, as networkx itself does when it copies: for a million edges ``add_edge``
    takes longer than all the rest.
    """
    inside: Any = graph
    forth, back = inside._succ, inside._pred  # noqa: SLF001
    texts = found.assign(first=_iso(found["first"]), last=_iso(found["last"]))
    columns = (texts[name].tolist() for name in _EDGE)
    for a, b, kind, n, n_undated, first, last, exhibits, exhibit_count in zip(*columns, strict=True):
        held = forth[a].get(b)
        if held is None:
            held = forth[a][b] = back[b][a] = {}
        held[kind] = {
            "kind": kind,
            "n": n,
            "n_undated": n_undated,
            "first": first,
            "last": last,
            "exhibits": exhibits,
            "exhibit_count": exhibit_count,
            "method": NETWORK,
            "parameters": parameters,
        }


def _iso(times: pd.Series[pd.Timestamp]) -> list[str]:
    """Write times as ISO 8601 in UTC, a missing one as an empty text."""
    texts = np.datetime_as_string(times.to_numpy(dtype="datetime64[us]"), timezone="UTC")
    named: list[str] = np.where(times.isna(), "", texts).tolist()
    return named
