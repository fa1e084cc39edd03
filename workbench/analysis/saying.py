"""What a result was made from and what was left out of it, in a sentence, from the counts that it carries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from workbench.counts import counted

if TYPE_CHECKING:
    import pandas as pd

_LEFT_OUT: Final = {
    "repeated": "observation(s) of something already counted",
    "undated": "without a usable time",
    "unattributed": "without an account or handle",
    "no_peer": "without a known account on the other side",
    "to_self": "of an account towards itself",
    "answered": "mention(s) of an account that the same post answers",
    "other_kinds": "of kinds not asked for",
    "not_asked_again": "seen in a conversation that was not asked for again",
    "hashless": "without a hash of its looks",
    "flat": "hash(es) of flat pictures, which noise decides",
    "beyond": "pair(s) of hashes beyond the most asked for",
    "postless": "without the post that carries them",
    "reposts": "reposts, which are no uploads",
    "no_media": "repost(s) of posts without captured media",
    "nowhere": "without usable coordinates",
    "coarse": "place(s) too coarse to compare",
    "not_among": "not between the accounts asked for",
    "out_of_window": "outside the time asked for",
    "other_targets": "towards other accounts",
    "other_actors": "of other accounts",
    "nameless": "without an identity to follow",
    "maybe_older": "of accounts with an act that may be older",
    "unknown_names": "name(s) that no captured account bears",
    "without_post": "of posts that are not among those looked at",
    "too_few": "of accounts with too few posts to compare",
    "no_object": "without a known post that they are about",
    "short": "too short to compare",
    "crowded": "of objects that too many shared at once",
    "no_host": "address(es) without a host that can be read",
    "others": "of other accounts",
    "hubs": "account(s) in touch with too many to tell anything",
    "not_shown": "result(s) beyond the number asked for",
    "unnamed": "result(s) without an account that the case names",
    "unnamed_parts": "part(s) without any such account",
}
"""Name of a count -> what it counts; a noun's ending in brackets is for other numbers than one."""

_ENDING: Final = re.compile(r"\((e?s)\)")


def said(found: pd.DataFrame) -> str:
    """Say in a sentence what a result was made from and what was left out of it; empty if unknown."""
    counts = found.attrs.get("counts", {})
    if not counts:
        return ""
    left_out = [_counted(counts[name], words) for name, words in _LEFT_OUT.items() if counts.get(name)]
    hidden = counts.get("minimised", 0)
    noun = "account outside the named ones is" if hidden == 1 else "accounts outside the named ones are"
    shown = f" {hidden} {noun} under neutral names." if hidden else ""
    rows = counted(counts.get("rows", 0), "row")
    return f"{rows} read; left out: {', '.join(left_out) or 'nothing'}.{shown}"


def _counted(count: int, words: str) -> str:
    ending = "" if count == 1 else r"\1"
    return f"{count} {_ENDING.sub(ending, words)}"
