"""At which hours an account posts, and whether that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked, out_of_range
from workbench.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Shares = NDArray[np.float64]

Bins = Literal["hour_of_week", "hour_of_day", "day_of_week"]

SHIFT: Final = (
    "Jensen-Shannon divergence (base 2) of the shares of posts by hour; "
    "chance by shuffling which posts came before"
)
ACTIVE: Final = "posts counted by local hour of the week; offsets from UTC that leave the night quiet"
_BINS: Final[dict[Bins, int]] = {"hour_of_week": 168, "hour_of_day": 24, "day_of_week": 7}
_SHUFFLED: Final = 200
MOST_SHUFFLES: Final = 20_000
"""Each shuffle takes memory for every hour of the week."""
_NIGHT: Final = (1, 2, 3, 4, 5)
_OFFSETS: Final = range(-11, 15)


@checked
def active_hours(
    posts: pd.DataFrame, *, zone: str, min_posts: int = 100, night: float = 0.05
) -> pd.DataFrame:
    """Count each account's posts by hour of the week in local time.

    In: ``entity_id, exhibit, author, author_handle, published``. Out: author, author_handle, hour_of_week
    (0 is Monday from 0:00, local in ``zone``), day (0 is Monday), hour, posts, share (of the account's
    posts), zone_candidates, and what every result carries. Hours without a post have no row.

    ``zone_candidates`` names the whole-hour offsets from UTC under which at most ``night`` (a share) of the
    account's posts fall between 1:00 and 6:00: where the person might live, if they sleep at night. It is a
    lead, the same for all rows of an account; empty below ``min_posts`` posts or if no offset fits.
    Raises UsageError for missing columns, an unknown zone or a time without a zone.

    Limits: shift workers, travellers, scheduled posts and accounts of several people mislead it.
    """
    if not 0 <= night <= 1:
        raise out_of_range("night", "a share, from 0 to 1", night)
    kept, counts = _local(posts, "active_hours", zone, "hour_of_week")
    code, keys = frames.groups_of(kept, ("author", "hour_of_week"))
    sizes = np.bincount(code, minlength=len(keys))
    total = keys.assign(n=sizes).groupby("author")["n"].transform("sum")
    candidates = _zone_candidates(kept, min_posts, night)
    found = keys.assign(
        author_handle=frames.mapped(keys["author"], frames.handles(kept)),
        day=keys["hour_of_week"] // 24,
        hour=keys["hour_of_week"] % 24,
        posts=sizes,
        share=sizes / total,
        zone_candidates=frames.mapped(keys["author"], pd.Series(candidates, dtype="str")),
    ).join(frames.cited(kept["exhibit"], code, len(keys)))
    columns = ["author", "author_handle", "hour_of_week", "day", "hour", "posts", "share", "zone_candidates"]
    return frames.result(
        found[[*columns, "exhibits", "exhibit_count"]],
        method=ACTIVE,
        parameters={"zone": zone, "min_posts": min_posts, "night": night},
        counts=counts,
    )


def _local(posts: pd.DataFrame, analysis: str, zone: str, bins: Bins) -> tuple[pd.DataFrame, dict[str, int]]:
    rows = frames.prepared(posts, analysis, needs=("author", "author_handle"))
    kept, counts = frames.dated(*frames.keyed(*frames.once(rows)))
    local = kept["published"].dt.tz_convert(frames.zone_of(zone))
    day, hour = local.dt.day_of_week.astype(np.int64), local.dt.hour.astype(np.int64)
    place = {"hour_of_week": day * 24 + hour, "hour_of_day": hour, "day_of_week": day}[bins]
    return kept.assign(**{bins: place}), counts


def _zone_candidates(kept: pd.DataFrame, min_posts: int, night: float) -> dict[str, str]:
    """Name, for each account, the offsets from UTC that leave the local night quiet."""
    author, names = pd.factorize(kept["author"])
    by_hour = np.zeros((len(names), 24), dtype=np.int64)
    np.add.at(by_hour, (author, kept["published"].dt.hour.to_numpy()), 1)
    total = by_hour.sum(axis=1)
    enough = total >= max(min_posts, 1)
    texts = [""] * len(names)
    for offset in _OFFSETS:
        asleep = by_hour[:, [(hour - offset) % 24 for hour in _NIGHT]].sum(axis=1)
        for place in np.flatnonzero(enough & (asleep <= night * total)).tolist():
            texts[place] += f"{', ' if texts[place] else ''}UTC{offset:+d}"
    return dict(zip(names, texts, strict=True))


@checked
def routine_shift(
    posts: pd.DataFrame,
    *,
    split: object,
    zone: str,
    bins: Bins = "hour_of_week",
    min_posts: int = 10,
    shuffles: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the hours at which each account posted before and after a moment.

    In: ``entity_id, exhibit, author, author_handle, published``. Out: author, author_handle, hour_of_week (or
    what ``bins`` names; Monday is 0), before, after (posts), before_share, after_share, part (this row's part
    of the divergence, bits), divergence (Jensen-Shannon, bits, 0 same to 1 nothing in common; the same for
    all rows of an account), by_chance (mean divergence if the moment did not matter), chance (share of
    shuffles at least as divergent), n_before, n_after, seed, and what every result carries.

    An account with fewer than ``min_posts`` posts on either side is left out and counted. Few posts spread
    over many hours diverge without any cause: read divergence beside by_chance, or take
    ``bins="hour_of_day"``. Chance is reckoned for the 200 accounts with most posts, empty for others.
    A post at the very moment counts as after.
    Raises UsageError for missing columns, unknown zone or bins, or a time without a zone.

    Source: Lin, Divergence Measures Based on the Shannon Entropy, IEEE Trans. Inf. Theory 37(1), 1991; the
    permutation test, (hits + 1) / (shuffles + 1), Phipson and Smyth 2010. Limits: season, holidays, school
    terms and daylight saving shift routines too; posts of one evening are not independent.
    """
    if bins not in _BINS:
        raise UsageError("these bins are not known", expected=", ".join(_BINS), found=str(bins)[:80])
    if shuffles > MOST_SHUFFLES:
        raise out_of_range("shuffles", f"at most {MOST_SHUFFLES:,}", shuffles)
    if min_posts < 1:
        raise out_of_range("min_posts", "1 or more: there is nothing to compare with none", min_posts)
    moment = frames.instant(split, "split")
    kept, counts = _local(posts, "routine_shift", zone, bins)
    kept = kept.assign(after=(kept["published"] >= moment).astype(np.int64))
    per_side = kept.groupby("author")["after"].agg(["size", "sum"])
    enough = (per_side["sum"] >= min_posts) & (per_side["size"] - per_side["sum"] >= min_posts)
    kept, counts = frames.dropped(kept, ~kept["author"].map(enough).astype(bool), counts, "too_few")
    found = _compared(kept, bins, shuffles, seed)
    parameters = {"split": moment.isoformat(), "zone": zone, "bins": bins, "shuffles": shuffles}
    return frames.result(
        found, method=SHIFT, parameters=parameters | {"min_posts": min_posts}, counts=counts, seed=seed
    )


def _compared(kept: pd.DataFrame, bins: Bins, shuffles: int, seed: int) -> pd.DataFrame:
    code, keys = frames.groups_of(kept, ("author", bins))
    author, names = pd.factorize(keys["author"])
    sides = np.zeros((len(names), _BINS[bins], 2), dtype=np.int64)
    np.add.at(sides, (author[code], kept[bins].to_numpy(), kept["after"].to_numpy()), 1)
    parts = parts_of_divergence(sides[..., 0], sides[..., 1])
    by_chance, chance = _chances(sides, parts.sum(axis=1), shuffles, seed)
    spot = (author, keys[bins].to_numpy())
    n_before, n_after = sides.sum(axis=1).T
    before, after = sides[(*spot, 0)], sides[(*spot, 1)]
    found = keys.assign(
        before=before,
        after=after,
        before_share=before / n_before[author],
        after_share=after / n_after[author],
        part=parts[spot],
        divergence=parts.sum(axis=1)[author],
        by_chance=by_chance[author],
        chance=chance[author],
        n_before=n_before[author],
        n_after=n_after[author],
    )
    found.insert(1, "author_handle", frames.mapped(found["author"], frames.handles(kept)))
    return found.join(frames.cited(kept["exhibit"], code, len(keys)))


def parts_of_divergence(before: Counts, after: Counts) -> Shares:
    """Give each bin's part of the Jensen-Shannon divergence in bits; bins are the last axis, counts the values."""
    p = before / np.maximum(before.sum(axis=-1, keepdims=True), 1)
    q = after / np.maximum(after.sum(axis=-1, keepdims=True), 1)
    middle = (p + q) / 2
    return (_relative(p, middle) + _relative(q, middle)) / 2


def _relative(share: Shares, middle: Shares) -> Shares:
    ratio = np.divide(share, middle, out=np.ones_like(share), where=share > 0)
    part: Shares = share * np.log2(ratio)
    return part


def _chances(sides: Counts, observed: Shares, shuffles: int, seed: int) -> tuple[Shares, Shares]:
    """Deal each account's posts to before and after anew, many times, and compare."""
    mean, share = np.full(len(sides), np.nan), np.full(len(sides), np.nan)
    if shuffles < 1:
        return mean, share
    most = np.argsort(-sides.sum(axis=(1, 2)), kind="stable")[:_SHUFFLED]
    for place in most.tolist():
        # A generator for each account, so that its figure does not depend on who else is in the table.
        chance = np.random.default_rng(seed)
        both = sides[place].sum(axis=1)
        dealt = chance.multivariate_hypergeometric(
            both, sides[place, :, 0].sum(), shuffles, method="marginals"
        )
        divergent = parts_of_divergence(dealt, both - dealt).sum(axis=-1)
        mean[place] = divergent.mean()
        share[place] = ((divergent >= observed[place] - 1e-12).sum() + 1) / (shuffles + 1)
    return mean, share
