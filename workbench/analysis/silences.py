"""When an account fell silent, against its own habit of posting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILE: Final = 0.95
METHOD: Final = (
    "gaps between posts; ratio to the 95th percentile of the account's other gaps; "
    "robust z of log hours (Iglewicz and Hoaglin 1993)"
)
_NO_BASELINE: Final = "too few other gaps for a baseline"
_NO_LENGTH: Final = "its other gaps are of no length, as of posts sent together: any pause is longer"
_NO_END: Final = "known from files given to us alone: until when they reach is not known"
_SECOND: Final = 1 / 3600
_HOUR: Final = 3_600_000_000


@checked
def silence(
    posts: pd.DataFrame,
    *,
    until: object = None,
    exhibits: pd.DataFrame | None = None,
    top: int = 3,
    min_gaps: int = 5,
) -> pd.DataFrame:
    """Find each account's unusual silences, the last one (still open when last looked at) among them.

    In: ``entity_id, exhibit, author, author_handle, published`` and, if there, ``captured_at``.
    Out: author, author_handle, gap_start, gap_end (UTC), open (no post ended it before ``until``), hours,
    baseline_gaps (how many other gaps of the account are compared), baseline_p95 (their 95th percentile,
    hours), ratio (hours / baseline_p95), robust_z, note, and what every result carries. Longest ratio first.

    ``until`` is the end of the time looked at; by default, for each account, the latest ``captured_at`` of
    its posts. With the table ``exhibits`` (``exhibit, source``) only captures count as looking: files given to
    us were made at a time that they do not tell, so an account known from them alone has an open gap without
    end and length, which comes first (of several, the one that begins last). ``top`` is how many closed gaps of ratio 1
    or more are given per account; the open gap is given always. An account with fewer than ``min_gaps`` other gaps has
    no baseline: ratio and z stay empty. Where its other gaps are of no length there is no ratio; each pause of any
    length is then unusual.

    Method: a gap is compared with the account's other gaps, itself left out. The robust z is
    0.6745 (x - median) / MAD over log hours (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
    Raises UsageError for missing columns or a time without a zone.

    Limits: a silence is one of what was captured: private posts, other accounts, deleted posts and captures
    that ended early look the same. An import's ``captured_at`` is when it was given, later than when it was
    made: pass ``exhibits`` or ``until``. A person may be well and silent.
    """
    rows = frames.prepared(posts, "silence", needs=("author", "author_handle"))
    kept, counts = frames.dated(*frames.keyed(*frames.once(rows)))
    kept = kept.sort_values(["author", "published", "exhibit", "entity_id"], kind="stable", ignore_index=True)
    looked = _looked(rows, kept, until, _given(exhibits))
    gaps = pd.concat([_closed(kept), _open(kept, looked)], ignore_index=True)
    gaps = _chosen(_measured(gaps, min_gaps), top)
    handle = frames.handles(kept.sort_values("published", kind="stable"))
    found = gaps.assign(
        author_handle=frames.mapped(gaps["author"], handle),
        note=np.select(
            [gaps["gap_end"].isna(), gaps["baseline_p95"].isna(), gaps["baseline_p95"] == 0],
            [_NO_END, _NO_BASELINE, _NO_LENGTH],
            "",
        ),
    ).join(frames.citing(zip(gaps["before"], gaps["after"], strict=True)))
    columns = ["author", "author_handle", "gap_start", "gap_end", "open", "hours", "baseline_gaps"]
    columns += ["baseline_p95", "ratio", "robust_z", "note", "exhibits", "exhibit_count"]
    parameters = {"until": None if until is None else frames.instant(until, "until").isoformat()}
    return frames.result(
        found[columns],
        method=METHOD,
        parameters=parameters | {"top": top, "min_gaps": min_gaps, "quantile": QUANTILE},
        counts=counts,
    )


def _given(exhibits: pd.DataFrame | None) -> frozenset[str]:
    """Name the exhibits that were given to us rather than captured."""
    if exhibits is None:
        return frozenset()
    held = frames.having(exhibits, "silence", ("exhibit", "source")).astype({"source": "str"})
    return frozenset(held.loc[held["source"].str.startswith("import-", na=False), "exhibit"])


def _looked(rows: pd.DataFrame, kept: pd.DataFrame, until: object, given: frozenset[str]) -> pd.DataFrame:
    """Say until when each account was looked at (no time: never), and which exhibit shows it."""
    if until is not None:
        authors = kept["author"].drop_duplicates()
        return pd.DataFrame({"author": authors, "until": frames.instant(until, "until"), "exhibit": ""})
    named, _ = frames.keyed(rows, {})
    named = named[named["captured_at"].notna()]
    imported = frames.bare(named["exhibit"]).isin(given)
    named = named.assign(
        captured_at=named["captured_at"].mask(imported), exhibit=named["exhibit"].mask(imported, "")
    )
    named = named.sort_values(["captured_at", "exhibit"], kind="stable", na_position="first")
    last = named.drop_duplicates("author", keep="last")
    return pd.DataFrame({"author": last["author"], "until": last["captured_at"], "exhibit": last["exhibit"]})


def _closed(kept: pd.DataFrame) -> pd.DataFrame:
    author, at = kept["author"].to_numpy(), kept["published"]
    starts = np.flatnonzero(author[1:] == author[:-1])
    return _gaps(
        kept["author"].iloc[starts],
        at.iloc[starts],
        at.iloc[starts + 1],
        kept["exhibit"].iloc[starts],
        kept["exhibit"].iloc[starts + 1],
    ).assign(open=False)


def _open(kept: pd.DataFrame, looked: pd.DataFrame) -> pd.DataFrame:
    last = kept.drop_duplicates("author", keep="last").merge(looked, on="author", suffixes=("", "_looked"))
    last = last[last["until"].isna() | (last["until"] > last["published"])]
    shown = frames.filled(last["exhibit_looked"], last["exhibit"])
    return _gaps(last["author"], last["published"], last["until"], last["exhibit"], shown).assign(open=True)


def _gaps(
    author: pd.Series[str],
    start: pd.Series[pd.Timestamp],
    end: pd.Series[pd.Timestamp],
    before: pd.Series[str],
    after: pd.Series[str],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "author": author.to_numpy(),
            "gap_start": start.reset_index(drop=True).astype(frames.TIME),
            "gap_end": end.reset_index(drop=True).astype(frames.TIME),
            "before": before.to_numpy(),
            "after": after.to_numpy(),
        }
    )


def _measured(gaps: pd.DataFrame, min_gaps: int) -> pd.DataFrame:
    """Set each gap beside the account's other closed gaps."""
    hours = (frames.stamps(gaps["gap_end"]) - frames.stamps(gaps["gap_start"])) / _HOUR
    gaps = gaps.assign(hours=np.where(gaps["gap_end"].isna(), np.nan, hours))
    # Open gaps sort behind all closed ones, so a closed gap's place is its rank among the closed.
    gaps = gaps.sort_values(["author", "open", "hours", "gap_start"], kind="stable", ignore_index=True)
    author = pd.factorize(gaps["author"])[0]
    first = np.searchsorted(author, author)
    closed = np.bincount(author, weights=~gaps["open"].to_numpy()).astype(np.int64)[author]
    place = np.arange(len(gaps)) - first
    others = closed - (place < closed)
    p95 = _quantile_of_others(gaps["hours"].to_numpy(), first, place, others)
    p95[others < max(min_gaps, 1)] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(p95 > 0, gaps["hours"].to_numpy() / p95, np.nan)
    z = np.where(others < max(min_gaps, 1), np.nan, _robust_z(gaps))
    return gaps.assign(baseline_gaps=others, baseline_p95=p95, ratio=ratio, robust_z=z)


def _quantile_of_others(
    hours: NDArray[np.float64], first: NDArray[np.int64], place: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Interpolate the quantile over an account's sorted gaps, stepping over the gap itself."""
    spot = QUANTILE * np.maximum(others - 1, 0)
    low = np.floor(spot).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(others - 1, 0))
    last = max(len(hours) - 1, 0)
    below = hours[np.minimum(first + low + (low >= place), last)] if len(hours) else hours
    above = hours[np.minimum(first + high + (high >= place), last)] if len(hours) else hours
    return np.asarray(below + (spot - low) * (above - below), dtype=np.float64)


def _robust_z(gaps: pd.DataFrame) -> NDArray[np.float64]:
    logs = pd.Series(np.log(gaps["hours"].to_numpy() + _SECOND))
    closed = logs.mask(gaps["open"])
    middle = closed.groupby(gaps["author"]).transform("median")
    spread = (closed - middle).abs().groupby(gaps["author"]).transform("median")
    z = 0.6745 * (logs - middle) / spread.where(spread > 0)
    return z.to_numpy(dtype=np.float64)


def _chosen(gaps: pd.DataFrame, top: int) -> pd.DataFrame:
    ordered = gaps.sort_values(["ratio", "hours"], ascending=False, na_position="last", kind="stable")
    longer = (ordered["ratio"] >= 1) | ((ordered["baseline_p95"] == 0) & (ordered["hours"] > 0))
    unusual = ordered[~ordered["open"] & longer].groupby("author", sort=False).head(top)
    chosen = pd.concat([unusual, ordered[ordered["open"]]])
    endless = chosen["gap_end"].isna()
    # Of accounts that only files tell of, the one whose record reaches farthest comes first.
    reaching = chosen["gap_start"].where(endless)
    return chosen.assign(endless=endless, reaching=reaching).sort_values(
        ["endless", "ratio", "hours", "reaching", "author", "gap_start"],
        ascending=[False, False, False, False, True, True],
        na_position="last",
        ignore_index=True,
    )
