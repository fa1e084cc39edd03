"""Which accounts were, by what they state, at the same place at the same time: leads, with reasons for and against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.analysis import frames
from workbench.analysis.carrying import carried
from workbench.analysis.parameters import checked
from workbench.errors import UsageError
from workbench.handles import bearing, folded_all

METHOD: Final = (
    "places of two accounts within a distance and a time of each other, as far as both precisions allow; a lead: it "
    "says what was stated, not who met whom"
)
EARTH_M: Final = 6_371_008.8
"""The mean radius of the Earth, metres (IUGG 1980)."""

COARSEST_M: Final = 5_000.0
ASSUMED_M: Final = 100.0
_PAIRS: Final = 10_000_000
_MEETINGS: Final = 500_000
"""More rows than anyone reads, and than fit into memory with their reasons and citations."""
_NUMBERS: Final = ("latitude", "longitude", "precision_m")
_COLUMNS: Final = (
    *("a", "a_handle", "b", "b_handle", "place", "start", "end", "n", "minutes", "distance_m"),
    *("precision_m", "latitude", "longitude", "accounts_there", "reasons_for", "reasons_against"),
)
_MEASURED: Final = ("geotag", "exif", "xmp", "container")
_Floats = NDArray[np.float64]
_Places = NDArray[np.int64]


@checked
def co_location(  # noqa: PLR0913 - each is a table, or a parameter of the method
    places: pd.DataFrame,
    posts: pd.DataFrame,
    media: pd.DataFrame | None = None,
    *,
    media_files: pd.DataFrame | None = None,
    accounts: Sequence[str] | None = None,
    radius_m: float = 100.0,
    window: str = "1h",
    coarsest_m: float = COARSEST_M,
) -> pd.DataFrame:
    """List where two accounts state the same place at about the same time.

    In: places with ``entity_id, exhibit, about, source, name, latitude, longitude, precision_m, published``
    (and ``published_basis``); posts with ``entity_id, exhibit, author, author_handle, published``; media and
    media_files, if given, as ``first_seen``: they tell who posted the file that states a place, by its hash or
    by the address that it was fetched from.
    Out: a, b (accounts, a the first by name), a_handle, b_handle, place (name, where stated), start, end (UTC),
    n (pairs of sightings), minutes (the least time between two of them), distance_m (between these two),
    precision_m (both radii added), latitude, longitude (of a's), accounts_there (how many accounts state that
    place then), reasons_for, reasons_against, and what every result carries: the exhibits of
    all sightings counted, these two first.
    Earliest first.

    Two sightings agree when they are at most ``window`` apart and at most ``radius_m`` plus both precisions;
    those of a pair that follow within ``window`` are one row. An unknown precision counts as 100 m. With ``accounts``
    (entity_ids or handles) only pairs that hold one of them are looked at, and accounts_there counts those at the
    place of the named one; None: all. Places coarser than ``coarsest_m`` (a town, a country) are left out and counted,
    as are places without coordinates, without a usable time (an ambiguous one is none) or without an account. A place
    without a time of its own takes its post's. Raises UsageError for missing columns, parameters out of range, more
    than 10 million pairs to look at or more than half a million rows.

    Method: great-circle distance on a sphere (error up to 0.5 %), exact over the antimeridian and the poles.
    Limits: **a lead only**. Devices err, places can be set by hand, a posted picture may be older than its post; two
    accounts may be one person's, and in a crowd strangers agree.
    """
    gap = _checked(radius_m, window, coarsest_m)
    rows, counts = _sightings(places, posts, media, media_files, coarsest_m)
    named = None if accounts is None else folded_all(accounts)
    low, high, distance = _close(rows, _meant(rows, named), radius_m, gap)
    found = _gathered(rows, low, high, distance, radius_m, gap)
    parameters = {"radius_m": radius_m, "window": window, "coarsest_m": coarsest_m, "assumed_m": ASSUMED_M}
    parameters |= {"accounts": None if named is None else sorted(named)}
    return frames.result(found, method=METHOD, parameters=parameters, counts=counts)


def _checked(radius_m: float, window: str, coarsest_m: float) -> float:
    """Give the window in seconds; refuse what makes no sense."""
    try:
        gap = pd.Timedelta(window).total_seconds()
    except ValueError as error:
        raise UsageError("this is no length of time", expected="1h", found=str(window)[:40]) from error
    for name, value in (("radius_m", radius_m), ("coarsest_m", coarsest_m)):
        if not 0 <= value <= 100_000:
            raise UsageError("this is out of range", where=name, expected="0 to 100000", found=str(value))
    if not 0 <= gap <= 7 * 86_400:
        raise UsageError("this is out of range", where="window", expected="0 to 7 days", found=window)
    return gap


def _sightings(
    places: pd.DataFrame,
    posts: pd.DataFrame,
    media: pd.DataFrame | None,
    media_files: pd.DataFrame | None,
    coarsest_m: float,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give who was where when; columns who, handle, at (seconds), name, source, exhibit and the numbers."""
    rows = frames.prepared(places, "co_location", needs=("about", "source", "name", *_NUMBERS))
    kept, counts = frames.once(rows)
    told = _authors(posts)
    posted = _posted(kept["about"], media, media_files)
    about = kept["about"].where(kept["about"].isin(told.index), posted)
    # A file has its own time or none: when its post was made says nothing of when it was taken.
    own = kept["about"] == about
    when = kept["published"].fillna(told["published"].reindex(about).set_axis(kept.index).where(own))
    kept = kept.assign(
        who=frames.mapped(about, told["author"]),
        handle=frames.mapped(about, told["author_handle"]),
        published=when.astype(frames.TIME),
        **{name: pd.to_numeric(kept[name], errors="coerce").astype(np.float64) for name in _NUMBERS},
    )
    kept, counts = frames.dropped(kept, ~_on_earth(kept), counts, "nowhere")
    kept, counts = frames.dated(kept, counts)
    kept, counts = frames.dropped(kept, kept["who"] == "", counts, "unattributed")
    kept, counts = frames.dropped(kept, kept["precision_m"] > coarsest_m, counts, "coarse")
    kept = kept.sort_values(["who", "published", "exhibit", "entity_id"], kind="stable", ignore_index=True)
    return kept.assign(at=frames.stamps(kept["published"]) / 1e6), counts


def _authors(posts: pd.DataFrame) -> pd.DataFrame:
    kept, _ = frames.once(frames.prepared(posts, "co_location", needs=("author", "author_handle")))
    kept = kept[kept["entity_id"] != ""].set_index("entity_id")
    author = frames.filled(kept["author"], kept["author_handle"])
    return kept.assign(author=author)[["author", "author_handle", "published"]]


def _posted(
    about: pd.Series[str], media: pd.DataFrame | None, media_files: pd.DataFrame | None
) -> pd.Series[str]:
    """Name the post that carries a file, where a single one does."""
    if media is None:
        return pd.Series([""] * len(about), dtype="str")
    told, _ = carried(media, "co_location", media_files, None)
    single = told.drop_duplicates("media", keep=False).set_index("media")
    return frames.mapped(about, single["post"])


def _on_earth(rows: pd.DataFrame) -> pd.Series[bool]:
    there = rows["latitude"].abs().le(90) & rows["longitude"].abs().le(180)
    return there & ~(rows["precision_m"] < 0)


def _points(rows: pd.DataFrame) -> _Floats:
    """Give places in metres from the centre of the Earth: no edge at the antimeridian, no knot at the poles."""
    latitude, longitude = (np.radians(rows[name].to_numpy()) for name in ("latitude", "longitude"))
    flat = np.cos(latitude)
    return EARTH_M * np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])


def distance_m(one: _Floats, other: _Floats) -> _Floats:
    """Give the great-circle distance between points as ``_points`` gives them, metres."""
    chord = np.linalg.norm(one - other, axis=1)
    arc: _Floats = 2 * EARTH_M * np.arcsin(np.minimum(chord / (2 * EARTH_M), 1))
    return arc


def _meant(rows: pd.DataFrame, names: Collection[str] | None) -> _Places:
    """Number the sightings of the accounts that are named; all where nobody asked for some."""
    if names is None:
        return np.arange(len(rows))
    return np.flatnonzero(bearing(rows, ("who", "handle"), names)).astype(np.int64)


def _close(
    rows: pd.DataFrame, meant: _Places, radius_m: float, gap: float
) -> tuple[_Places, _Places, _Floats]:
    """Find the pairs of different accounts that agree in place and time, and how far apart they are.

    At least one of a pair is among the sightings that are meant.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - heavy

    none = np.zeros(0, dtype=np.int64)
    if len(rows) < 2 or not len(meant):
        return none, none, none.astype(np.float64)
    points, at = _points(rows), rows["at"].to_numpy()
    radii = rows["precision_m"].fillna(ASSUMED_M).to_numpy()
    reach = max(radius_m + 2 * radii.max(), 1.0)
    # Time becomes a fourth length, the window as long as the reach: what agrees in both is within √2 of it.
    lengths = np.column_stack([points, (at - at.min()) * (reach / max(gap, 1.0))])
    low, high = _neighbours(cKDTree(lengths), lengths, meant, np.sqrt(2) * reach * (1 + 1e-9))
    who = pd.factorize(rows["who"])[0]
    kept = (who[low] != who[high]) & (np.abs(at[low] - at[high]) <= gap)
    low, high = low[kept], high[kept]
    apart = distance_m(points[low], points[high])
    near = apart <= radius_m + radii[low] + radii[high]
    order = np.lexsort((high[near], low[near]))
    return low[near][order], high[near][order], apart[near][order]


def _neighbours(every: Any, lengths: _Floats, meant: _Places, wide: float) -> tuple[_Places, _Places]:  # noqa: ANN401 - scipy has no types
    """Pair each point that is meant with all within reach, each pair once, the lower number first."""
    if len(meant) == len(lengths):
        if (every.count_neighbors(every, wide) - len(lengths)) // 2 > _PAIRS:
            raise _too_many(f"at most {_PAIRS:,} pairs")
        low, high = np.sort(every.query_pairs(wide, output_type="ndarray"), axis=1).astype(np.int64).T
        return low, high
    counts = every.query_ball_point(lengths[meant], wide, return_length=True)
    if int(counts.sum()) > _PAIRS:
        raise _too_many(f"at most {_PAIRS:,} pairs")
    found = [np.array(near, dtype=np.int64) for near in every.query_ball_point(lengths[meant], wide)]
    one, other = np.repeat(meant, counts), np.concatenate(found)
    pairs = np.unique(np.sort(np.column_stack([one, other])[one != other], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _too_many(expected: str) -> UsageError:
    return UsageError(
        "too many places are close to each other to look at every pair",
        expected=expected,
        todo="take a shorter window or period, a smaller radius, or leave out coarse places",
    )


def _gathered(
    rows: pd.DataFrame, low: _Places, high: _Places, distance: _Floats, radius_m: float, gap: float
) -> pd.DataFrame:
    """Put sightings of a pair that follow each other into one row, told by the two closest in time."""
    pairs = _in_time(rows, pd.DataFrame({"low": low, "high": high, "distance": distance}))
    code = _meetings(pairs, gap)
    groups = int(code.max(initial=-1)) + 1
    if groups > _MEETINGS:
        raise _too_many(f"at most {_MEETINGS:,} rows")
    best = np.lexsort((pairs["distance"], pairs["last"] - pairs["first"], code))
    chosen = pairs.iloc[best[np.searchsorted(code[best], np.arange(groups))]].reset_index(drop=True)
    runs = pairs.groupby(code)
    found = _told(rows, chosen, _crowd(rows, low, high), radius_m).assign(
        start=_moments(runs["first"].min()),
        end=_moments(runs["last"].max()),
        n=np.bincount(code, minlength=groups),
    )
    # Both sides of each pair, the two closest in time first: each sighting that the row counts is cited.
    sides = pairs.iloc[best][["low", "high"]].to_numpy().ravel()
    cites = rows["exhibit"].iloc[sides].reset_index(drop=True)
    found = found[list(_COLUMNS)].join(frames.cited(cites, np.repeat(code[best], 2), groups))
    return found.sort_values(["start", "a", "b"], kind="stable", ignore_index=True)


def _in_time(rows: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Order pairs by account and time; rows are in order of account, so the lower place is the first by name."""
    who, at = pd.factorize(rows["who"], sort=True)[0], rows["at"].to_numpy()
    low, high = pairs["low"].to_numpy(), pairs["high"].to_numpy()
    told = pairs.assign(
        a=who[low], b=who[high], first=np.minimum(at[low], at[high]), last=np.maximum(at[low], at[high])
    )
    return told.sort_values(["a", "b", "first", "low", "high"], kind="stable", ignore_index=True)


def _told(rows: pd.DataFrame, chosen: pd.DataFrame, crowd: _Places, radius_m: float) -> pd.DataFrame:
    """Tell each pair of sightings: who, where, how near, and what speaks for and against."""
    a, b = (rows.iloc[chosen[side]].reset_index(drop=True) for side in ("low", "high"))
    there = np.maximum(crowd[chosen["low"]], crowd[chosen["high"]])
    reasons = [
        _reasons(one, other, apart, many, radius_m)
        for one, other, apart, many in zip(
            a.to_dict("records"),
            b.to_dict("records"),
            chosen["distance"].tolist(),
            there.tolist(),
            strict=True,
        )
    ]
    return pd.DataFrame(
        {
            "a": a["who"],
            "a_handle": a["handle"],
            "b": b["who"],
            "b_handle": b["handle"],
            "place": frames.filled(a["name"], b["name"]),
            "minutes": ((chosen["last"] - chosen["first"]) / 60).round(1),
            "distance_m": chosen["distance"].round(1),
            "precision_m": a["precision_m"].fillna(ASSUMED_M) + b["precision_m"].fillna(ASSUMED_M),
            "latitude": a["latitude"],
            "longitude": a["longitude"],
            "accounts_there": there,
            "reasons_for": pd.Series([each[0] for each in reasons], dtype=object),
            "reasons_against": pd.Series([each[1] for each in reasons], dtype=object),
        }
    )


def _meetings(pairs: pd.DataFrame, gap: float) -> _Places:
    """Number the runs of a pair whose sightings follow within the gap."""
    same = (pairs["a"] == pairs["a"].shift()) & (pairs["b"] == pairs["b"].shift())
    follows = same & (pairs["first"] - pairs["first"].shift() <= gap)
    return np.cumsum(~follows.to_numpy(dtype=bool)) - 1


def _crowd(rows: pd.DataFrame, low: _Places, high: _Places) -> _Places:
    """Count for each sighting the accounts that agree with it, its own included."""
    who = pd.factorize(rows["who"])[0]
    agreed = pd.DataFrame({"place": np.append(low, high), "who": np.append(who[high], who[low])})
    return np.bincount(agreed.drop_duplicates()["place"], minlength=len(rows)) + 1


def _moments(seconds: pd.Series[float]) -> pd.Series[pd.Timestamp]:
    micros = (seconds * 1e6).round().astype(np.int64).reset_index(drop=True)
    return pd.to_datetime(micros, unit="us", utc=True).astype(frames.TIME)


def _reasons(
    one: dict[Any, Any], other: dict[Any, Any], apart: float, many: int, radius_m: float
) -> tuple[Sequence[str], Sequence[str]]:
    """Say what speaks for and against the two having been at one place; from what is stated only."""
    sources = {str(one["source"]), str(other["source"])}
    radii = [one["precision_m"], other["precision_m"]]
    unknown = any(pd.isna(each) for each in radii)
    sure = not unknown and apart + sum(radii) <= radius_m
    pro = [
        (sure, "within the radius whatever the stated errors are"),
        (sources <= set(_MEASURED), "both places come with a device's coordinates"),
    ]
    contra = [
        (not sure, "within the radius only if the errors allow it"),
        (unknown, f"a precision is unknown and taken as {ASSUMED_M:g} m"),
        (not sources <= set(_MEASURED), "a place is stated in words, not measured"),
        (many > 2, f"{many} accounts state this place at this time"),
        (True, "an account is not its holder, and a place can be set by hand"),
    ]
    return frames.holding(pro), frames.holding(contra)
