"""Which posts carry which media: the same file, the same address, or a near duplicate of it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.alike import duplicate_groups

_POST: Final = ("author", "author_handle", "kind")


def carried(
    media: pd.DataFrame, analysis: str, media_files: pd.DataFrame | None, near: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Name what each post carries. Columns: post, media, group, exhibit; and the counts.

    ``media`` is the file's entity_id where its bytes are held, else its address, else the attachment's own
    entity_id. ``group`` is the first name among its near duplicates (those of ``near``), else the media itself.
    """
    rows = frames.prepared(media, analysis, needs=("post", "sha256", "uri"), times=())
    kept, counts = _once_in_each(rows)
    name = _names(kept, analysis, media_files)
    told = pd.DataFrame(
        {
            "post": kept["post"],
            "media": name,
            "group": frames.mapped(name, _groups(near)).where(lambda found: found != "", name),
            "exhibit": kept["exhibit"],
        }
    )
    ordered = told.sort_values(["post", "media", "exhibit"], kind="stable")
    return ordered.drop_duplicates(["post", "media"], ignore_index=True), counts


def _once_in_each(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep one observation of each media in each post.

    The file fetched from an attachment's address is the same media and of no post; it is captured later, and must not
    stand for the attachment. What it tells of the bytes, the attachment has from it.
    """
    known = with_hashes(rows)
    shown = known[known["post"] != ""].reset_index(drop=True)
    own = shown["entity_id"]
    in_post = (own + " " + shown["post"]).where(own != "", "")
    kept, counts = frames.once(shown.assign(entity_id=in_post, own=own), time="captured_at")
    counts |= {"rows": len(rows), "postless": len(rows) - len(shown)}
    return kept.assign(entity_id=kept["own"]).drop(columns="own"), counts


def with_hashes(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each row of a media the SHA-256 that any observation of it knows, the latest first.

    What is captured, or given in an archive, of the bytes is a row of its own, which names no post.
    """
    ordered = rows.sort_values(["captured_at", "exhibit"], kind="stable", na_position="first")
    hashed = ordered[(ordered["entity_id"] != "") & (ordered["sha256"] != "")]
    digests = hashed.drop_duplicates("entity_id", keep="last").set_index("entity_id")["sha256"]
    return rows.assign(sha256=frames.filled(rows["sha256"], frames.mapped(rows["entity_id"], digests)))


def _names(kept: pd.DataFrame, analysis: str, media_files: pd.DataFrame | None) -> pd.Series[str]:
    given = pd.DataFrame() if media_files is None else media_files
    held = frames.prepared(given, analysis, needs=("sha256", "uri"), times=())
    held = held[held["entity_id"] != ""].sort_values("entity_id", kind="stable")
    by_hash = held.drop_duplicates("sha256").set_index("sha256")["entity_id"]
    shown = held[held["uri"] != ""].drop_duplicates(["uri", "entity_id"])
    # An address that showed several files names none of them.
    by_address = shown.drop_duplicates("uri", keep=False).set_index("uri")["entity_id"]
    name = frames.mapped(kept["sha256"], by_hash).where(kept["sha256"] != "", "")
    for other in (
        ("sha256:" + kept["sha256"]).where(kept["sha256"] != "", ""),
        frames.mapped(kept["uri"], by_address),
        # A path within somebody's archive is no address: another archive has other files of that path.
        kept["uri"].where(kept["uri"].str.contains("://", regex=False), ""),
        kept["entity_id"],
    ):
        name = frames.filled(name, other)
    return name


def _groups(near: pd.DataFrame | None) -> pd.Series[str]:
    """Name each file of a group by the group's first one."""
    if near is None or not len(near.columns):
        return pd.Series([], dtype="str", index=pd.Index([], dtype="str"))
    found = duplicate_groups(near).set_index("media")
    first = found.reset_index().groupby("group")["media"].min()
    return found["group"].map(first).astype("str")


def posted(posts: pd.DataFrame, analysis: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give each post once, by entity_id, with author, author_handle, kind, published and published_basis."""
    rows = frames.prepared(
        posts, analysis, needs=_POST, optional=("native_id", "platform", "published_basis", "uri")
    )
    kept, counts = frames.once(rows)
    kept, counts = frames.dropped(kept, kept["entity_id"] == "", counts, "nameless")
    named = frames.filled(kept["author"], kept["author_handle"])
    return kept.assign(author=named).set_index("entity_id"), counts


def appearances(
    media: pd.DataFrame,
    posts: pd.DataFrame,
    analysis: str,
    media_files: pd.DataFrame | None,
    near: pd.DataFrame | None,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Put the posts that carry the same or nearly the same media in order of time, the earliest group first.

    Columns: group, media, post, author, author_handle, published, published_basis, captured_at, exhibit,
    post_exhibit, rank (from 1, equal times alike, missing without a time). Reposts are no uploads and are left
    out. Gives also all posts, by entity_id, and the counts.
    """
    held, counts = carried(media, analysis, media_files, near)
    told, more = posted(posts, analysis)
    # What carries media counts here; of the posts it is not told how many were read, nor how many of them twice.
    counts |= {name: count for name, count in more.items() if name not in {"rows", "repeated"}}
    beside = told.rename(columns={"exhibit": "post_exhibit"}).reindex(held["post"])
    joined = pd.concat([held, beside.set_axis(held.index)], axis="columns")
    texts = ("author", "author_handle", "kind", "published_basis", "post_exhibit")
    joined = joined.assign(**{name: joined[name].fillna("").astype("str") for name in texts})
    joined, counts = frames.dropped(joined, joined["kind"] == "repost", counts, "reposts")
    rank = joined.groupby("group")["published"].rank(method="min")
    earliest = joined.groupby("group")["published"].transform("min")
    found = joined.assign(rank=rank.astype("Int64"), earliest=earliest)
    order = ["earliest", "group", "rank", "post", "media"]
    ordered = found.sort_values(order, kind="stable", ignore_index=True).drop(columns="earliest")
    return ordered, told, counts


def both(one: pd.Series[str], other: pd.Series[str]) -> pd.DataFrame:
    """Cite two exhibits a row."""
    rows = np.tile(np.arange(len(one), dtype=np.int64), 2)
    return frames.cited(pd.concat([one, other], ignore_index=True), rows, len(one))
