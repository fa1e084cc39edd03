"""One account over time: what its profile said and when that changed; how much it posted each day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked
from workbench.handles import bearing, folded_all

if TYPE_CHECKING:
    from collections.abc import Sequence

DOSSIER: Final = "each field of a profile as observed, runs of one value together, in order of capture"
DAILY: Final = "posts counted by local day"
FIELDS: Final = [
    *("handle", "name", "note", "url", "icon", "moved_to", "published"),
    *("followers", "following", "posts", "bot", "locked"),
]
"""The fields of a profile that are followed, in this order."""


@checked
def dossier(accounts: pd.DataFrame, *, account: str | Sequence[str]) -> pd.DataFrame:
    """Tell what an account's profile said over time, field by field.

    In: accounts, **all** observations, with ``entity_id, exhibit, handle, captured_at`` and, if there, ``name, note,
    url, icon, moved_to, published, followers, following, posts, bot, locked``. Out: account (entity_id), field, value
    (as text; empty: the field was empty), value_before, first_seen, last_seen (UTC, first and last capture that
    shows it), n_seen (observations), change (False for the first value of a field), and what every result
    carries. In order of account, field (as in ``FIELDS``) and time.

    ``account`` is one or more entity_ids or handles, past handles too. A value seen again after another one is a
    change of its own. A field that was never filled is left out; so is an empty one beside a filled one of the same
    moment: each member of an archive given to us tells only some fields. Raises UsageError for missing columns or
    a time without a zone.

    Limits: a change happened some time between last_seen of the one and first_seen of the next value. For an
    import, captured_at is when it was given. Counts of followers are the platform's own. What was not captured
    between may have changed and changed back.
    """
    rows = frames.prepared(
        accounts, "dossier", needs=("handle",), optional=FIELDS[1:], times=("captured_at",)
    )
    # A time of the case's tables, as text; with its zone in words, as times are written everywhere else.
    rows = rows.assign(published=rows["published"].str.replace("+00:00", " UTC", regex=False))
    names = folded_all(account)
    asked = bearing(rows, ("handle", "entity_id"), names)
    known = set(rows.loc[asked, "entity_id"]) - {""}
    mine = rows[asked | rows["entity_id"].isin(known)].reset_index(drop=True)
    seen, counts = frames.dated(
        mine, {"rows": len(rows), "others": len(rows) - len(mine)}, time="captured_at"
    )
    seen = seen.assign(account=frames.filled(seen["entity_id"], seen["handle"]))
    parts = [_runs(seen, number, field) for number, field in enumerate(FIELDS)]
    found = pd.concat(parts, ignore_index=True)
    found = found.sort_values(["account", "number", "first_seen", "run"], kind="stable", ignore_index=True)
    parameters = {"account": sorted(names)}
    return frames.result(
        found.drop(columns=["number", "run"]), method=DOSSIER, parameters=parameters, counts=counts
    )


def _runs(seen: pd.DataFrame, number: int, field: str) -> pd.DataFrame:
    """Put observations in a row that say the same together."""
    rows = seen.sort_values(["account", "captured_at", field, "exhibit"], kind="stable", ignore_index=True)
    told = rows[rows[field] != ""]
    moments = pd.MultiIndex.from_frame(told[["account", "captured_at"]])
    elsewhere = pd.MultiIndex.from_frame(rows[["account", "captured_at"]]).isin(moments)
    kept = rows["account"].isin(told["account"]) & ((rows[field] != "") | ~elsewhere)
    rows = rows[kept].reset_index(drop=True)
    same = (rows["account"] == rows["account"].shift()) & (rows[field] == rows[field].shift())
    run = np.cumsum(~same.to_numpy(dtype=bool)) - 1
    first = np.flatnonzero(~same.to_numpy(dtype=bool))
    runs = rows.iloc[first].reset_index(drop=True)
    change = (runs["account"] == runs["account"].shift()).to_numpy(dtype=bool)
    last = np.append(first[1:], len(rows))[: len(first)] - 1
    return pd.DataFrame(
        {
            "account": runs["account"],
            "field": pd.Series([field] * len(runs), dtype="str"),
            "value": runs[field].astype("str"),
            "value_before": runs[field].shift(fill_value="").where(change, "").astype("str"),
            "first_seen": runs["captured_at"],
            "last_seen": rows["captured_at"].iloc[last].reset_index(drop=True),
            "n_seen": np.bincount(run, minlength=len(runs)),
            "change": change,
            "number": number,
            "run": np.arange(len(runs)),
        }
    ).join(frames.cited(rows["exhibit"], run.astype(np.int64), len(runs)))


@checked
def posts_per_day(
    posts: pd.DataFrame, *, account: str | Sequence[str] | None = None, zone: str = "UTC"
) -> pd.DataFrame:
    """Count an account's posts by local day.

    In: ``entity_id, exhibit, author, author_handle, published`` and, if there, ``kind``. Out: author, author_handle,
    day (local, as YYYY-MM-DD), posts, reposts (of them), first, last (UTC), and what every result carries. Days
    without a post have no row. ``account`` is one or more entity_ids or handles (None: all); ``zone`` an IANA name.
    Raises UsageError for missing columns, an unknown zone or a time without a zone.

    Limits: a day without a row is a day of which no post was captured.
    """
    place = frames.zone_of(zone)
    rows = frames.prepared(posts, "posts_per_day", needs=("author", "author_handle"), optional=("kind",))
    kept, counts = frames.keyed(*frames.dated(*frames.once(rows)))
    names = None if account is None else folded_all(account)
    if names is not None:
        mine = bearing(kept, ("author_handle", "author"), names)
        mine |= kept["author"].isin(set(kept.loc[mine, "author"]))
        kept, counts = frames.dropped(kept, ~mine, counts, "others")
    kept = kept.assign(day=kept["published"].dt.tz_convert(place).dt.strftime("%Y-%m-%d").astype("str"))
    code, keys = frames.groups_of(kept, ["author", "day"])
    grouped = kept.groupby(code, sort=True)["published"]
    found = keys.assign(
        posts=np.bincount(code, minlength=len(keys)),
        reposts=np.bincount(code, weights=kept["kind"] == "repost", minlength=len(keys)).astype(np.int64),
        first=grouped.min().astype(frames.TIME).reset_index(drop=True),
        last=grouped.max().astype(frames.TIME).reset_index(drop=True),
    ).join(frames.cited(kept["exhibit"], code, len(keys)))
    found.insert(1, "author_handle", frames.mapped(keys["author"], frames.handles(kept)))
    parameters = {"account": None if names is None else sorted(names), "zone": zone}
    return frames.result(found, method=DAILY, parameters=parameters, counts=counts)
