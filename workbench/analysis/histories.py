"""Earlier words and later states of acts: edit histories, captures that differ, what is no longer observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.changing import THERE
from workbench.analysis.parameters import checked

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORIES: Final = "versions that platforms keep, and observations that differ, of the posts that carry acts"
EARLIER, CAPTURED = "version kept by the platform", "words as captured"
_COLUMNS: Final = ("act", "actor", "actor_handle", "at", "what", "words")


@checked
def act_histories(
    acts: pd.DataFrame,
    posts: pd.DataFrame,
    *,
    versions: pd.DataFrame | None = None,
    changes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give every wording and state of the acts, where there is more than one.

    In: what ``acts`` gives; posts, **all** observations; the table ``post_versions``; what ``changes`` gives. Out: act,
    actor, actor_handle, at (UTC: when that version appeared, or when that wording or state was first observed), what
    ("version kept by the platform", "words as captured", or the change: "present → deleted by author",
    "not observed"), words (verbatim; empty for a state), and what every result carries.

    Acts with a single wording and no change are left out. Raises UsageError for missing columns or a time without
    a zone. Method: sorting. Limits: a version that no server kept and nobody captured is not here; "not observed" is
    not "deleted".
    """
    acts = frames.having(acts, "act_histories", ("act", "actor", "actor_handle"))
    columns = ["act", "actor", "actor_handle"]
    who = acts[columns].sort_values(columns, kind="stable").drop_duplicates("act")
    parts = [_observed(posts), _kept(versions), _changed(changes)]
    every = pd.concat([part[part["act"].isin(who["act"])] for part in parts], ignore_index=True)
    several = every["act"].duplicated(keep=False)
    found = (
        every[several]
        .merge(who, on="act", how="left")
        .sort_values(["act", "at", "what", "words"], kind="stable", na_position="last", ignore_index=True)
    )
    found = found.join(frames.cited(found["exhibit"], np.arange(len(found), dtype=np.int64), len(found)))
    return frames.result(
        found[[*_COLUMNS, "exhibits", "exhibit_count"]],
        method=HISTORIES,
        parameters={"versions": versions is not None, "changes": changes is not None},
        counts={"rows": len(every), "single": int((~several).sum())},
    )


def _observed(posts: pd.DataFrame) -> pd.DataFrame:
    """Keep each wording of a post once, as it was first captured."""
    rows = frames.prepared(posts, "act_histories", needs=("content",), optional=("state",))
    # A notice that a post is gone tells no words: that is no wording of it.
    rows = rows[(rows["content"] != "") | rows["state"].isin(("", *THERE))]
    rows = rows.sort_values(["entity_id", "captured_at", "exhibit"], kind="stable")
    first = rows.drop_duplicates(["entity_id", "content"])
    return _part(
        first["entity_id"], first["captured_at"], [CAPTURED] * len(first), first["content"], first["exhibit"]
    )


def _kept(versions: pd.DataFrame | None) -> pd.DataFrame:
    given = pd.DataFrame() if versions is None else versions
    rows = frames.prepared(given, "act_histories", needs=("content", "version"))
    rows = rows.sort_values(["entity_id", "published", "version", "captured_at", "exhibit"], kind="stable")
    first = rows.drop_duplicates(["entity_id", "version", "content"])
    return _part(
        first["entity_id"], first["published"], [EARLIER] * len(first), first["content"], first["exhibit"]
    )


def _changed(changes: pd.DataFrame | None) -> pd.DataFrame:
    """Take the changes of state; changed words are there already, as captured."""
    columns = ("post", "seen_at", "change", "state_before", "state", "exhibits")
    given = pd.DataFrame({name: [] for name in columns}) if changes is None else changes
    given = frames.having(given, "act_histories", columns)
    rows = given[given["change"] != "words"].reset_index(drop=True)
    what = [f"{before} → {after}" for before, after in zip(rows["state_before"], rows["state"], strict=True)]
    cites = [cite[-1] if cite else "" for cite in rows["exhibits"]]
    return _part(rows["post"], rows["seen_at"], what, [""] * len(rows), cites)


def _part(
    act: Iterable[str], at: pd.Series[Any], what: Iterable[str], words: Iterable[str], exhibit: Iterable[str]
) -> pd.DataFrame:
    texts = {"act": act, "what": what, "words": words, "exhibit": exhibit}
    made = {name: pd.Series(list(each), dtype="str") for name, each in texts.items()}
    return pd.DataFrame(
        made | {"at": pd.to_datetime(at.reset_index(drop=True), utc=True).astype(frames.TIME)}
    )
