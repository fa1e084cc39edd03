"""Which post is meant, by one name: sources name it by identifier, by address, or by a number of its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.analysis import frames

if TYPE_CHECKING:
    from collections.abc import Collection


def objects(acts: pd.DataFrame, posts: pd.DataFrame | None, analysis: str) -> pd.Series[str]:
    """Name the post that each act is about, so that one post has one name.

    ``acts`` have ``platform, server, object``, as ``frames.prepared`` gives them; posts, if given, ``entity_id,
    exhibit, native_id`` and, if there, ``platform, server, uri``. A native id counts on its own server alone. What
    names no post of these keeps its name; so does a native id or an address that several bear.
    """
    place = acts["platform"] + " " + acts["server"]
    # An address is the same wherever it was seen; a number is another post on another server.
    local = (acts["server"] != "") & ~acts["object"].str.contains("/", regex=False)
    plain = acts["platform"] + " " + acts["object"]
    own = place + " " + acts["object"]
    named = own.where(local, plain) if local.any() else plain
    if posts is None or not len(posts.columns):
        return named
    known = _known(_bearing(posts, acts["object"].unique(), analysis), analysis)
    found = frames.filled(frames.mapped(own, known), frames.mapped(plain, known))
    return frames.filled(found, named)


def identities(acts: pd.DataFrame, kind: str) -> pd.Series[str]:
    """Give what tells acts apart: for those of a kind of which a post does one alone (it answers one post), that post.

    Their own identity has the account's name in it, which one source gives as a handle and another as a number.
    """
    one = (acts["kind"] == kind) & (acts["post"] != "")
    return acts["entity_id"].where(~one, acts["post"])


def observed(posts: pd.DataFrame) -> pd.Series[str]:
    """Give for each observation the identity of the post that it is of.

    ``posts`` have ``entity_id, native_id, platform, server, uri, author``, as ``frames.prepared`` gives them. Where a
    server said only that it shows nothing, its number is all that is known of the post: it is that of another
    observation there which bears that number.
    """
    bare = (posts["author"] == "") & (posts["uri"] == "") & (posts["native_id"] != "")
    if not bare.any():
        return posts["entity_id"]
    known = _known(posts[~bare], "observed")
    name = posts["platform"] + " " + posts["server"] + " " + posts["native_id"]
    found = frames.mapped(name.where(bare, ""), known).str.partition(" ")[2].astype("str")
    return frames.filled(found, posts["entity_id"])


def _bearing(posts: pd.DataFrame, names: Collection[str], analysis: str) -> pd.DataFrame:
    """Keep the posts whose number or address is one of these: of a million posts acts are about few."""
    mine = frames.having(posts, analysis, ("native_id",))["native_id"].isin(names)
    return posts[mine | posts["uri"].isin(names) if "uri" in posts else mine]


def _known(posts: pd.DataFrame, analysis: str) -> pd.Series[str]:
    """Give the name of each post by every name that it bears."""
    rows = frames.prepared(
        posts, analysis, needs=("native_id",), optional=("platform", "server", "uri"), times=()
    )
    rows = rows[rows["entity_id"] != ""].drop_duplicates(["entity_id", "native_id", "server", "uri"])
    whole = rows["platform"] + " " + rows["entity_id"]
    names = {
        "uri": rows["platform"] + " " + rows["uri"],
        "native_id": rows["platform"] + " " + rows["server"] + " " + rows["native_id"],
    }
    parts = [
        pd.DataFrame({"name": name, "post": whole})[rows[column] != ""] for column, name in names.items()
    ]
    pairs = pd.concat(parts, ignore_index=True).drop_duplicates()
    return pairs.drop_duplicates("name", keep=False).set_index("name")["post"]
