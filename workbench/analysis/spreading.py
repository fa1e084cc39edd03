"""Where media appeared first among what was captured, and who passed it on."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.carrying import appearances, both
from workbench.analysis.contacts import COLUMNS
from workbench.analysis.parameters import checked

FIRST: Final = "posts that carry the same or nearly the same media, in order of time; captured ones only"
SPREAD: Final = "reposts as the platform states them, and later uploads of the same or nearly the same media"
REPOST: Final = "repost"
LATER: Final = "later upload"
STATED: Final = "stated by the platform"
ORDER: Final = "order of time only"
_SPREAD: Final = (
    *("group", "act", "basis", "who", "who_handle", "whom", "whom_handle"),
    *("post", "earlier", "media", "when", "hours_after"),
)


@checked
def first_seen(
    media: pd.DataFrame,
    posts: pd.DataFrame,
    *,
    media_files: pd.DataFrame | None = None,
    near: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Put the posts that carry the same media in order of time.

    In: media with ``entity_id, exhibit, post, sha256, uri``; posts with ``entity_id, exhibit, author,
    author_handle, kind, published`` and, if there, ``published_basis``; media_files, if given, with
    ``entity_id, exhibit, sha256, uri`` (they tell which file an address showed); near, if given, as
    ``near_duplicates`` gives it (else only the same file or address is the same media). Out: group (name of the
    media that all rows of a group are like), media (entity_id of the file, else its address), post, published
    (UTC), rank (1 is the earliest; equal times alike; missing where the post has no usable time), basis (of the
    time), captured (UTC), author, author_handle, alike (first, same media or near duplicate, beside the first
    one), and what every result carries: the exhibits of media and post.

    Raises UsageError for missing columns. Method: sorting. Limits: **the earliest captured appearance is not
    the origin**: an earlier one may be private, deleted, elsewhere, or in no capture. Reposts are no uploads:
    ``spread`` tells them.
    """
    rows, _, counts = appearances(media, posts, "first_seen", media_files, near)
    first = rows.groupby("group")["media"].transform("first")
    opening = (rows["rank"] == 1).fillna(value=False).to_numpy(dtype=bool)
    alike = np.where(rows["media"] == first, "same media", "near duplicate")
    found = pd.DataFrame(
        {
            "group": rows["group"],
            "media": rows["media"],
            "post": rows["post"],
            "published": rows["published"].astype(frames.TIME),
            "rank": rows["rank"],
            "basis": rows["published_basis"],
            "captured": rows["captured_at"].astype(frames.TIME),
            "author": rows["author"],
            "author_handle": rows["author_handle"],
            "alike": pd.Series(np.where(opening, "first", alike), dtype="str"),
        }
    ).join(both(rows["exhibit"], rows["post_exhibit"]))
    return frames.result(found, method=FIRST, parameters={"near": near is not None}, counts=counts)


@checked
def spread(
    media: pd.DataFrame,
    posts: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    media_files: pd.DataFrame | None = None,
    near: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List who passed media on: reposts, and later uploads, kept apart.

    In: as ``first_seen``, and interactions with ``entity_id, exhibit, kind, actor, actor_handle, target,
    target_handle, object, published``. Out: group (as in ``first_seen``), act (repost or later upload), basis
    (stated by the platform, or order of time only), who, who_handle (who reposted or uploaded later), whom,
    whom_handle (whose post was reposted; of a later upload: who posted the earliest captured one), post (of the
    act, where there is one), earlier (the post reposted, or the earliest captured one), media (what was passed on:
    that of the post reposted, or what was uploaded later; of a group of near duplicates the one, never another),
    when (UTC), hours_after (since the earlier post), and what every result carries. In order of group, then of time.

    Raises UsageError for missing columns. Method: joining and sorting. Limits: a repost is an act that the
    platform states. **A later upload is only later**: both may have it from a third place, and nothing says
    that one knew the other's. Reposts of posts without captured media, and acts other than reposts, are counted
    as left out.
    """
    rows, told, counts = appearances(media, posts, "spread", media_files, near)
    reposts, more = _reposts(interactions, rows, told)
    more["undated"] += int(rows["rank"].isna().sum())
    parts = [_later(rows), reposts]
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    found = found.assign(
        when=found["when"].astype(frames.TIME),
        hours_after=(found["when"] - found["since"]).dt.total_seconds() / 3600,
    )
    ordered = found.sort_values(["group", "when", "act", "who", "post"], kind="stable", ignore_index=True)
    ordered = ordered[list(_SPREAD)].join(both(ordered["exhibit"], ordered["earlier_exhibit"]))
    return frames.result(ordered, method=SPREAD, parameters={"near": near is not None}, counts=counts | more)


def _later(rows: pd.DataFrame) -> pd.DataFrame:
    """Set each upload beside the earliest captured one of its group."""
    dated = rows[rows["rank"].notna()]
    first = dated.drop_duplicates("group").set_index("group")
    later = dated[(dated["rank"] > 1).to_numpy(dtype=bool)].reset_index(drop=True)
    before = first.loc[later["group"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "act": pd.Series([LATER] * len(later), dtype="str"),
            "basis": pd.Series([ORDER] * len(later), dtype="str"),
            "who": later["author"],
            "who_handle": later["author_handle"],
            "whom": before["author"],
            "whom_handle": before["author_handle"],
            "post": later["post"],
            "earlier": before["post"],
            "group": later["group"],
            "media": later["media"],
            "when": later["published"],
            "since": before["published"],
            "exhibit": later["exhibit"],
            "earlier_exhibit": before["exhibit"],
        }
    )


def _reposts(
    interactions: pd.DataFrame, rows: pd.DataFrame, told: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Join each repost with the media of the post it is about."""
    acts = frames.prepared(interactions, "spread", needs=(*COLUMNS, "object"), optional=("post", "platform"))
    acts, _ = frames.once(acts)
    acts = acts[acts["kind"] == "repost"].reset_index(drop=True)
    acts, counts = frames.dropped(acts, acts["published"].isna(), {}, "undated")
    acts = acts.assign(earlier=_named(acts, told))
    held = rows.drop_duplicates(["post", "group"])[
        ["post", "group", "media", "author", "author_handle", "published", "exhibit"]
    ]
    held = held.add_prefix("of_")
    # As objects: pandas 3.1 cannot join two empty columns of text.
    left, right = (
        part.assign(key=part[name].astype(object)) for part, name in ((acts, "earlier"), (held, "of_post"))
    )
    joined = left.merge(right, on="key", how="inner")
    counts["no_media"] = int((~acts["earlier"].isin(held["of_post"])).sum())
    who = frames.filled(joined["actor"], joined["actor_handle"])
    told_of = {
        "whom": frames.filled(joined["of_author"], joined["target"]),
        "whom_handle": joined["of_author_handle"].where(
            joined["of_author_handle"] != "", joined["target_handle"]
        ),
    }
    return pd.DataFrame(
        {
            "act": pd.Series([REPOST] * len(joined), dtype="str"),
            "basis": pd.Series([STATED] * len(joined), dtype="str"),
            "who": who,
            "who_handle": joined["actor_handle"],
            **told_of,
            "post": joined["post"],
            "earlier": joined["earlier"],
            "group": joined["of_group"],
            "media": joined["of_media"],
            "when": joined["published"],
            "since": joined["of_published"],
            "exhibit": joined["exhibit"],
            "earlier_exhibit": joined["of_exhibit"],
        }
    ), counts


def _named(acts: pd.DataFrame, told: pd.DataFrame) -> pd.Series[str]:
    """Name the post that an act is about by entity_id: it may be given so, by address or by native id."""
    posts = told.reset_index()[["entity_id", "native_id", "platform", "uri"]]
    native = (posts["platform"] + " " + posts["native_id"]).where(posts["native_id"] != "", "")
    names = pd.concat(
        [
            pd.DataFrame({"name": posts["uri"], "id": posts["entity_id"]}),
            pd.DataFrame({"name": native, "id": posts["entity_id"]}),
        ]
    )
    names = names[names["name"] != ""].drop_duplicates()
    known = names.drop_duplicates("name", keep=False).set_index("name")["id"]
    found = frames.mapped(acts["platform"] + " " + acts["object"], known)
    found = frames.filled(found, frames.mapped(acts["object"], known))
    return frames.filled(found, acts["object"])
