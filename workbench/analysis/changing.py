"""What changed between captures."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import abouts, frames
from workbench.analysis.parameters import checked

CHANGES: Final = (
    "each observation of a post beside the one before it; whole later captures of the same target"
)
_BETWEEN: Final = ("author", "author_handle", "state", "content_raw")
_ANSWERS: Final = ("platform", "server", "native_id", "uri", "in_reply_to")
THERE: Final = ("present", "edited")
"""States of a post that was there when it was looked at."""

ENDS: Final = ("deleted by author", "not found", "blocked")
"""States of a post that was not: such a notice has no time, and seldom words."""

_RUNS: Final = ("capture", "source", "target", "begun", "verdict", "items", "limit", "since", "until")
_IN_THREAD: Final = r"#/(?:ancestors|descendants)/"
"""Pointers into Mastodon's answer to ``GET /api/v1/statuses/:id/context``."""


@checked
def changes(
    posts: pd.DataFrame, *, exhibits: pd.DataFrame | None = None, captures: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Set captures beside each other: words edited, state changed, no longer observed.

    In: posts, **all** observations, with ``entity_id, exhibit, author, author_handle, state, content_raw,
    published, captured_at``; the tables ``exhibits`` (``exhibit, source``) and ``captures`` (``capture, source,
    target, begun, verdict, items, limit, since, until``), without which "not observed" is not looked for.
    Out: post, author, author_handle, seen_at (UTC, when the change was seen), change ("words", "state",
    "not observed"), state_before, state, words_before, words (as received, where they differ), old_hash, new_hash
    (SHA-256 of the words as received), and what every result carries; exhibits are the observation before and the
    one that differs (for "not observed" the first exhibit of the capture that lacks it).

    "Not observed": a later **complete** capture of the same target, whose window holds the post and whose limit
    was not reached, does not have it. A post that was seen in a conversation alone (Mastodon's ``context``) counts
    only where the later capture has the post that it answers (``native_id``, ``in_reply_to``, if there) or another of
    that conversation: else the conversation was not asked for again, which is counted. **That is not "deleted"**: it
    may have been hidden, moved or left out by the server. A post's number on a server that shows nothing of it any more
    (``platform, server, native_id, uri``, if there) is the post that bore it. An import is observed when it was given,
    whenever it was made. Raises UsageError for missing columns or a
    time without a zone.
    """
    rows = frames.prepared(posts, "changes", needs=_BETWEEN, optional=_ANSWERS)
    rows["entity_id"] = abouts.observed(rows)
    seen, counts = frames.dropped(rows, rows["entity_id"] == "", {"rows": len(rows)}, "nameless")
    again = seen["entity_id"].duplicated(keep=False)
    found = [_edited(_in_order(seen[again]))]
    if exhibits is not None and captures is not None and len(captures):
        missing, counts["not_asked_again"] = _not_observed(_in_order(seen), exhibits, captures)
        found.append(missing)
    every = pd.concat(found, ignore_index=True).sort_values(
        ["seen_at", "post", "change"], kind="stable", ignore_index=True
    )
    whole = {"missing_looked_for": exhibits is not None and captures is not None}
    return frames.result(every, method=CHANGES, parameters=whole, counts=counts)


def _in_order(seen: pd.DataFrame) -> pd.DataFrame:
    keys = ["entity_id", "captured_at", "exhibit", "state", "content_raw"]
    return seen.sort_values(keys, kind="stable", ignore_index=True)


def _edited(seen: pd.DataFrame) -> pd.DataFrame:
    """Set each observation beside the one before it; words only where both tell some, as no notice of an end does."""
    told = seen[(seen["content_raw"] != "") | seen["state"].isin(THERE)].reset_index(drop=True)
    return pd.concat([_differing(told, "content_raw", "words"), _differing(seen, "state", "state")])


def _differing(seen: pd.DataFrame, column: str, change: str) -> pd.DataFrame:
    entity = frames.rank(seen["entity_id"])
    place = np.flatnonzero(entity[1:] == entity[:-1])
    before, after = seen.iloc[place].reset_index(drop=True), seen.iloc[place + 1].reset_index(drop=True)
    where = before[column] != after[column]
    return _rows(before[where], after[where], change)


def _rows(before: pd.DataFrame, after: pd.DataFrame, change: str) -> pd.DataFrame:
    old, new = (each["content_raw"] if change == "words" else "" for each in (before, after))
    return pd.DataFrame(
        {
            "post": after["entity_id"].to_numpy(),
            # A notice that a post is gone names nobody.
            **{
                name: frames.filled(after[name].reset_index(drop=True), before[name].reset_index(drop=True))
                for name in ("author", "author_handle")
            },
            "seen_at": after["captured_at"].reset_index(drop=True).astype(frames.TIME),
            "change": pd.Series([change] * len(after), dtype="str"),
            "state_before": before["state"].to_numpy(),
            "state": after["state"].to_numpy(),
            "words_before": pd.Series(np.asarray(old), range(len(after)), dtype="str"),
            "words": pd.Series(np.asarray(new), range(len(after)), dtype="str"),
            "old_hash": _hashes(before["content_raw"]),
            "new_hash": _hashes(after["content_raw"]),
        }
    ).join(frames.citing(zip(before["exhibit"], after["exhibit"], strict=True)))


def _hashes(words: pd.Series[str]) -> pd.Series[str]:
    # Lone surrogates cannot be written as UTF-8; they are hashed as what they are.
    made = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in words]
    return pd.Series(made, dtype="str")


def _not_observed(
    seen: pd.DataFrame, exhibits: pd.DataFrame, captures: pd.DataFrame
) -> tuple[pd.DataFrame, int]:
    """Find posts that a later, whole capture of the same target lacks; count those not asked for again."""
    exhibits = frames.having(exhibits, "changes", ("exhibit", "source"))
    names = dict(zip(exhibits["exhibit"].astype(str), exhibits["source"].astype(str), strict=True))
    by_capture = _told(seen).assign(capture=frames.bare(seen["exhibit"]).map(names))
    captures = frames.having(captures, "changes", _RUNS)
    first = {source: citation for citation, source in reversed(names.items())}
    runs = captures.sort_values("begun", kind="stable").assign(
        shown=frames.mapped(captures["capture"], pd.Series(first, dtype="str"))
    )
    parts = [
        _missing(by_capture, target, later)
        for _, target in runs.groupby(["source", "target"], sort=True)
        for _, later in target[_whole(target)].iterrows()
    ]
    nothing = _rows(seen[:0], seen[:0], "").assign(shown_in="", asked=True)
    found = pd.concat([nothing, *parts], ignore_index=True)
    unasked = found.loc[~found["asked"].astype(bool), "post"].nunique()
    # Once is enough: the first capture that lacks the post, until it is seen again.
    found = found[found["asked"].astype(bool)].drop_duplicates(["post", "shown_in"], keep="first")
    return found.drop(columns=["shown_in", "asked"]), int(unasked)


def _told(seen: pd.DataFrame) -> pd.DataFrame:
    """Say of each observation whether it is one within a conversation, which, and what it is and answers by name."""
    answers = seen["server"] + " " + seen["in_reply_to"]
    return seen.assign(
        within=seen["exhibit"].str.contains(_IN_THREAD, regex=True),
        thread=frames.bare(seen["exhibit"]),
        name=seen["server"] + " " + seen["native_id"],
        answers=answers.where(seen["in_reply_to"] != "", "-"),
    )


def _whole(runs: pd.DataFrame) -> pd.Series[bool]:
    reached = (runs["items"].fillna(0) >= runs["limit"]).astype(bool)
    return (runs["verdict"].isin(["complete", "empty"]) & ~reached).astype(bool)


def _missing(by_capture: pd.DataFrame, target: pd.DataFrame, later: pd.Series[str]) -> pd.DataFrame:
    earlier = target.loc[(target["begun"] < later["begun"]).to_numpy(), "capture"]
    looks = by_capture[by_capture["capture"].isin(list(earlier))]
    had = looks.drop_duplicates("entity_id", keep="last")
    inside = pd.Series(data=True, index=had.index)
    if not pd.isna(later["since"]):
        inside &= had["published"] >= later["since"]
    if not pd.isna(later["until"]):
        inside &= had["published"] <= later["until"]
    has = by_capture[by_capture["capture"] == later["capture"]]
    gone = had[inside & ~had["entity_id"].isin(set(has["entity_id"])) & had["state"].isin(THERE)]
    after = gone.assign(captured_at=later["begun"], state="not observed", exhibit=later["shown"])
    rows = _rows(gone, after, "not observed")
    return rows.assign(
        new_hash="", shown_in=gone["exhibit"].to_numpy(), asked=_asked_again(gone, looks, has).to_numpy()
    )


def _asked_again(gone: pd.DataFrame, looks: pd.DataFrame, has: pd.DataFrame) -> pd.Series[bool]:
    """Say whether a later capture would have shown each post.

    A listed one always; one seen in a conversation alone if what it answers, or another of that one, is there.
    """
    listed = gone["entity_id"].isin(set(looks.loc[~looks["within"], "entity_id"]))
    told_again = looks["within"] & looks["entity_id"].isin(set(has.loc[has["within"], "entity_id"]))
    answered = gone["answers"].isin(set(has["name"]))
    return listed | answered | gone["thread"].isin(set(looks.loc[told_again, "thread"]))
