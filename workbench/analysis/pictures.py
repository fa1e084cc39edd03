"""The pictures and videos that posts carry, each beside its post and the file that holds its bytes."""

from __future__ import annotations

from typing import Final

import pandas as pd

from workbench.analysis import frames
from workbench.analysis.carrying import with_hashes
from workbench.analysis.parameters import checked

METHOD: Final = "media joined to the post that carries it, and to the held file by SHA-256, else by address"
_MEDIA: Final = ("post", "kind", "media_type", "description", "uri", "sha256")
_POST: Final = ("author", "author_handle")


@checked
def posted_media(
    media: pd.DataFrame,
    posts: pd.DataFrame,
    files: pd.DataFrame | None = None,
    *,
    since: object = None,
    until: object = None,
) -> pd.DataFrame:
    """List what posts carry, the latest first.

    In: media with ``entity_id, exhibit, post, kind, media_type, description, uri, sha256``; posts with ``entity_id,
    exhibit, author, author_handle, published`` and, if there, ``sensitive``; files (the table ``media_files``), if
    given, with ``exhibit, uri, sha256``.
    Out: published (UTC; empty where the post tells none), author, author_handle, kind, media_type, description (the
    author's own), sensitive (marked so by author or platform), media, post, file (citation of the bytes; empty:
    not held), sha256 (of the bytes, where known), and what every result carries; exhibits are the row of the media,
    its post and its file.

    Only media of the given posts are listed; ``since`` and ``until`` (included) cut by the post's time. Raises
    UsageError for missing columns or a time without a zone.

    Limits: a post's time is not the picture's. Who posts a picture need not have made it nor be in it.
    """
    rows = frames.prepared(media, "posted_media", needs=_MEDIA, times=())
    seen, counts = _once(rows)
    carrying, _ = frames.once(_carrying(posts, seen["post"]))
    carrying = carrying[carrying["entity_id"] != ""].rename(
        columns={"entity_id": "post", "exhibit": "post_exhibit"}
    )
    joined = seen.merge(carrying.drop(columns="captured_at"), on="post", how="inner")
    counts["without_post"] = counts["rows"] - counts["repeated"] - len(joined)
    joined, counts = _within(joined, counts, since, until)
    found = _with_files(joined, files)
    found = found.sort_values(
        ["published", "media"], ascending=[False, True], na_position="last", kind="stable", ignore_index=True
    )
    parameters = {"since": frames.as_asked(since), "until": frames.as_asked(until)}
    return frames.result(_cited(found), method=METHOD, parameters=parameters, counts=counts)


def _once(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep the latest observation of each thing in each post; a hash that any observation knows is the thing's."""
    known = with_hashes(rows).sort_values(["captured_at", "exhibit"], kind="stable", na_position="first")
    nameless = known["entity_id"] == ""
    unposted = ~nameless & (known["post"] == "")
    known, nameless = known[~unposted], nameless[~unposted]
    kept = known[nameless | ~known.duplicated(["entity_id", "post"], keep="last")]
    counts = {"rows": len(rows), "repeated": len(rows) - len(kept) - int(unposted.sum())}
    return kept.drop(columns=["captured_at"]).rename(columns={"entity_id": "media"}), counts


def _carrying(posts: pd.DataFrame, carried: pd.Series[str]) -> pd.DataFrame:
    """Take the posts that carry media: mostly few of them, so the others are cut first."""
    rows = frames.prepared(posts, "posted_media", needs=_POST)
    marked = posts["sensitive"] if "sensitive" in posts.columns else pd.Series(pd.NA, index=posts.index)
    kept = frames.among(rows["entity_id"], carried)
    told = rows.assign(sensitive=marked.astype("boolean").fillna(False).to_numpy(dtype=bool))
    return told[kept].reset_index(drop=True)


def _within(
    joined: pd.DataFrame, counts: dict[str, int], since: object, until: object
) -> tuple[pd.DataFrame, dict[str, int]]:
    if since is None and until is None:
        return joined, counts
    inside = joined["published"].notna()
    if since is not None:
        inside &= joined["published"] >= frames.instant(since, "since")
    if until is not None:
        inside &= joined["published"] <= frames.instant(until, "until")
    return frames.dropped(joined, ~inside, counts, "out_of_window")


def _with_files(joined: pd.DataFrame, files: pd.DataFrame | None) -> pd.DataFrame:
    if files is None or not len(files.columns):
        return joined.assign(file="")
    held = frames.prepared(files, "posted_media", needs=("uri", "sha256"), times=())
    held = held.sort_values(["captured_at", "exhibit"], kind="stable", na_position="first")
    files_of = {name: held[held[name] != ""].drop_duplicates(name, keep="last") for name in ("sha256", "uri")}
    by_hash, by_address = files_of["sha256"], files_of["uri"]
    file = _mapped(joined["sha256"], by_hash["sha256"], by_hash["exhibit"])
    file = frames.filled(file, _mapped(joined["uri"], by_address["uri"], by_address["exhibit"]))
    digest = _mapped(joined["uri"], by_address["uri"], by_address["sha256"])
    return joined.assign(file=file, sha256=frames.filled(joined["sha256"], digest))


def _mapped(wanted: pd.Series[str], keys: pd.Series[str], values: pd.Series[str]) -> pd.Series[str]:
    """Look up each text; one that is not among the keys, or is empty, gives an empty one."""
    known = dict(zip(keys, values, strict=True)) | {"": ""}
    return pd.Series([known.get(each, "") for each in wanted], index=wanted.index, dtype="str")


def _cited(found: pd.DataFrame) -> pd.DataFrame:
    cites = frames.citing(zip(found["exhibit"], found["post_exhibit"], found["file"], strict=True))
    columns = ["published", "author", "author_handle", "kind", "media_type", "description", "sensitive"]
    return found[[*columns, "media", "post", "file", "sha256"]].join(cites)
