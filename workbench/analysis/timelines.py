"""What happened when: posts and interactions in one order of time."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.contacts import COLUMNS, answering, parties
from workbench.analysis.parameters import checked

METHOD: Final = "posts, and interactions that no post carries, in order of time"

_ADDRESSING: Final = ("mention", "message", "quote", "reply")


@checked
def timeline(
    posts: pd.DataFrame, interactions: pd.DataFrame | None = None, *, zone: str = "UTC"
) -> pd.DataFrame:
    """Put what was captured in order of time, each thing once, with all observations of it cited.

    In: posts with ``entity_id, exhibit, kind, author, author_handle, content, published``; interactions, if
    given, with ``entity_id, exhibit, kind, actor, actor_handle, target, target_handle, post, published``.
    Out: at (UTC), local (in ``zone``), basis (of the time), who, who_handle, what (kind), towards (handle or
    account acted towards), words, platform, entity_id, and what every result carries.

    An interaction whose ``post`` is among the posts is told by that post: a repost's says whom it passes on, another's
    whom the post addresses, where that is one account (towards). What has no usable time is counted.
    Raises UsageError for missing columns, an unknown zone or a time without a zone.

    Limits: times are those the platforms state; accounts' clocks and imports may be off (see ``basis``).
    """
    place = frames.zone_of(zone)
    told, counts = _posts(posts)
    if interactions is not None:
        told = _addressing(told, interactions)
        acts, more = _acts(interactions, told["entity_id"])
        told = pd.concat([told, acts], ignore_index=True)
        counts = frames.added(counts, more)
    told = told.sort_values(["at", "entity_id", "what"], kind="stable", ignore_index=True)
    told.insert(1, "local", told["at"].dt.tz_convert(place))
    return frames.result(told, method=METHOD, parameters={"zone": zone}, counts=counts)


def _posts(posts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    rows = frames.prepared(
        posts,
        "timeline",
        needs=("kind", "author", "author_handle", "content"),
        optional=("platform", "published_basis", "in_reply_to_author"),
    )
    kept, counts = frames.dated(*frames.once(rows))
    who = frames.filled(kept["author"], kept["author_handle"])
    told = kept.assign(who=who, who_handle=kept["author_handle"], towards=kept["in_reply_to_author"])
    return _columns(told, rows, "content"), counts


def _addressing(told: pd.DataFrame, interactions: pd.DataFrame) -> pd.DataFrame:
    """Name whom a post passes on or addresses, where the post itself does not: the author stands in the interaction.

    A post that addresses several accounts names none of them here, as one of several would be half of the truth.
    """
    needs = ("kind", "target", "target_handle", "post")
    acts = frames.prepared(interactions, "timeline", needs=needs, times=())
    acts = acts[frames.among(acts["post"], told["entity_id"])].sort_values(list(needs))
    acts = acts.assign(whom=frames.filled(acts["target_handle"], acts["target"]))
    acts = acts[(acts["post"] != "") & (acts["whom"] != "")]
    passed = acts[acts["kind"] == "repost"].drop_duplicates("post")
    others = acts[acts["kind"].isin(_ADDRESSING)].drop_duplicates(["post", "whom"])
    alone = others[~others["post"].duplicated(keep=False)]
    towards = told["towards"]
    for named in (passed, alone):
        whom = named.set_index("post")["whom"].reindex(told["entity_id"]).fillna("")
        towards = frames.filled(towards, whom.to_numpy())
    return told.assign(towards=towards)


def _acts(interactions: pd.DataFrame, told: pd.Series[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    rows = frames.prepared(
        interactions, "timeline", needs=(*COLUMNS, "post"), optional=("platform", "published_basis")
    )
    kept, counts = frames.once(rows)
    kept, _ = frames.dropped(kept, (kept["post"] != "") & frames.among(kept["post"], told), counts, "told")
    kept, counts = answering(*parties(*frames.dated(kept, counts)))
    towards = frames.filled(kept["target_handle"], kept["target"])
    acts = kept.assign(who=kept["actor"], who_handle=kept["actor_handle"], towards=towards, words="")
    return _columns(acts, rows, "words"), counts


def _columns(kept: pd.DataFrame, rows: pd.DataFrame, words: str) -> pd.DataFrame:
    names = {"published": "at", "published_basis": "basis", "kind": "what", words: "words"}
    columns = ["at", "basis", "who", "who_handle", "what", "towards", "words", "platform", "entity_id"]
    told = kept.rename(columns=names)[columns].reset_index(drop=True)
    return told.join(_observations(kept, rows))


def _observations(kept: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Cite every observation of each kept thing; one without ``entity_id`` has its own only."""
    seen = rows[rows["entity_id"] != ""].sort_values(["captured_at", "exhibit"], kind="stable")
    nameless = kept[kept["entity_id"] == ""]
    place = pd.Series(np.arange(len(kept)), index=kept["entity_id"].to_numpy())
    place = place[place.index != ""]
    group = seen["entity_id"].map(place)
    held = group.notna()
    exhibit = pd.concat([seen["exhibit"][held], nameless["exhibit"]])
    groups = np.concatenate(
        [group[held].to_numpy(dtype=np.int64), np.flatnonzero(kept["entity_id"].to_numpy() == "")]
    )
    return frames.cited(exhibit, groups.astype(np.int64), len(kept))
