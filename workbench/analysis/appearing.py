"""Which accounts appear together on the same media or post: a projection of who is on what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import contacts, frames
from workbench.analysis.carrying import carried, posted
from workbench.analysis.parameters import checked
from workbench.errors import UsageError

METHOD: Final = "accounts on the same media or post (bipartite projection), counted; a lead: look at each"
NAMED: Final = "named together"
POSTED: Final = "posted the same"


@checked
def co_appearance(
    interactions: pd.DataFrame,
    media: pd.DataFrame,
    posts: pd.DataFrame,
    *,
    media_files: pd.DataFrame | None = None,
    near: pd.DataFrame | None = None,
    kinds: Sequence[str] = ("mention",),
    most: int = 50,
) -> pd.DataFrame:
    """List pairs of accounts that are named on the same media or post, or that posted the same media.

    In: interactions with ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, post,
    published``; media and posts as ``first_seen``, also media_files and near. Out: a, b (accounts; a is the
    first by name), a_handle, b_handle, how (named together, posted the same), media (tuple of what they share:
    media, or the post where it carries none; at most 25), n (how many), first, last (UTC, of the posts), and
    what every result carries: for each thing shared, where the first and the second account are on it. Most
    shared first.

    ``kinds``: interactions that name an account on a post. What more than ``most`` accounts are on is left out
    and counted: crowds make pairs of strangers. Reposts are no posts of one's own here. Raises UsageError for
    missing columns or kinds that are no list.

    Method: bipartite projection (Newman, *Phys. Rev. E* 64, 016132, 2001), unweighted. Limits: being named on a
    picture is not being in it, nor knowing who else is named; a post with four pictures counts four.
    """
    if isinstance(kinds, str):
        raise UsageError("kinds is a list", expected='["mention"]', found=kinds[:80])
    held, counts = carried(media, "co_appearance", media_files, near)
    told, more = posted(posts, "co_appearance")
    acts, acted = _named(interactions, kinds, held)
    counts = frames.added(counts, more | acted)
    on, crowd = _without_crowds(pd.concat([acts, _posted(held, told)], ignore_index=True), most)
    pairs = _projected(on)
    found = _counted(pairs)
    handles = frames.handles(on.sort_values(["published", "handle"], kind="stable"), "account", "handle")
    for side in ("a", "b"):
        found[f"{side}_handle"] = frames.mapped(found[side], handles)
    columns = [
        *("a", "a_handle", "b", "b_handle", "how", "media"),
        *("n", "first", "last", "exhibits", "exhibit_count"),
    ]
    ordered = found[columns].sort_values(
        ["n", "a", "b", "how"], ascending=[False, True, True, True], kind="stable"
    )
    parameters = {"kinds": sorted(kinds), "most": most, "near": near is not None}
    return frames.result(ordered, method=METHOD, parameters=parameters, counts=counts | {"crowded": crowd})


def _named(
    interactions: pd.DataFrame, kinds: Sequence[str], held: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, int]]:
    """List who is named on what: on each media of the post, or on the post where it carries none."""
    rows = frames.prepared(
        interactions, "co_appearance", needs=(*contacts.COLUMNS, "post"), optional=("platform",)
    )
    acts, counts = contacts.parties(*frames.once(rows))
    acts, counts = frames.dropped(acts, ~acts["kind"].isin(list(kinds)), counts, "other_kinds")
    acts, counts = frames.dropped(acts, acts["post"] == "", counts, "postless")
    groups = held.drop_duplicates(["post", "group"]).groupby("post")["group"].agg(list)
    things = [groups.get(post, [post]) for post in acts["post"].tolist()]
    rows_of = np.repeat(np.arange(len(acts)), [len(each) for each in things])
    on = acts.iloc[rows_of].reset_index(drop=True)
    return pd.DataFrame(
        {
            "how": pd.Series([NAMED] * len(on), dtype="str"),
            "thing": pd.Series([name for each in things for name in each], dtype="str"),
            "account": on["target"],
            "handle": on["target_handle"].str.removeprefix("@"),
            "published": on["published"],
            "exhibit": on["exhibit"],
        }
    ), counts


def _posted(held: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """List who posted what media."""
    beside = told.reindex(held["post"]).set_axis(held.index)
    own = ((beside["author"].fillna("") != "") & (beside["kind"] != "repost")).to_numpy(dtype=bool)
    held, beside = held[own].reset_index(drop=True), beside[own].reset_index(drop=True)
    return pd.DataFrame(
        {
            "how": pd.Series([POSTED] * len(held), dtype="str"),
            "thing": held["group"],
            "account": beside["author"].astype("str"),
            "handle": beside["author_handle"].astype("str").str.removeprefix("@"),
            "published": beside["published"].astype(frames.TIME),
            "exhibit": held["exhibit"],
        }
    )


def _without_crowds(on: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Keep each account's earliest place on each thing; leave out, and count, what too many are on."""
    ordered = on.sort_values(
        ["how", "thing", "account", "published", "exhibit"], kind="stable", ignore_index=True
    )
    single = ordered.drop_duplicates(["how", "thing", "account"], ignore_index=True)
    size = single.groupby(["how", "thing"])["account"].transform("size")
    crowded = (size > most).to_numpy(dtype=bool)
    return single[~crowded].reset_index(drop=True), int(crowded.sum())


def _projected(on: pd.DataFrame) -> pd.DataFrame:
    """Pair the accounts on each thing; ``on`` is in order of how, thing and account."""
    group = frames.groups_of(on, ("how", "thing"))[0]
    ends = np.searchsorted(group, group, side="right")
    place = np.arange(len(on))
    many = ends - place - 1
    low, high = np.repeat(place, many), frames.ranges(place + 1, many)
    one, other = on.iloc[low].reset_index(drop=True), on.iloc[high].reset_index(drop=True)
    return pd.DataFrame(
        {
            "a": one["account"],
            "b": other["account"],
            "how": one["how"],
            "thing": one["thing"],
            "exhibit_a": one["exhibit"],
            "exhibit_b": other["exhibit"],
            "published_a": one["published"],
            "published_b": other["published"],
        }
    )


def _counted(pairs: pd.DataFrame) -> pd.DataFrame:
    code, keys = frames.groups_of(pairs, ("a", "b", "how"))
    times = pd.concat([pairs["published_a"], pairs["published_b"]], ignore_index=True)
    spans = times.groupby(np.tile(code, 2))
    cites = pd.concat([pairs["exhibit_a"], pairs["exhibit_b"]], ignore_index=True)
    both = np.argsort(np.tile(np.arange(len(pairs)), 2), kind="stable")
    return keys.assign(
        n=np.bincount(code, minlength=len(keys)),
        media=frames.cited(pairs["thing"], code, len(keys))["exhibits"],
        first=spans.min().astype(frames.TIME).reset_index(drop=True),
        last=spans.max().astype(frames.TIME).reset_index(drop=True),
    ).join(frames.cited(cites.iloc[both], np.tile(code, 2)[both], len(keys)))
