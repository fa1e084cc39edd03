"""What all analyses share: reading a table, counting each thing once, citing, naming the method.

An analysis takes rows as ``workbench.tables`` reads them and gives rows that cite them. It reads neither
disk nor clock. Each result row carries ``exhibits`` (at most ``CAP`` citations), ``exhibit_count`` (all of
them), ``method`` and ``parameters`` (JSON, one text for all rows). What was left out of a result, and why,
is counted; ``analysis.said`` puts the counts into words.
"""

from __future__ import annotations

import gc
import json
from contextlib import contextmanager
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from workbench.analysis.parameters import described
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

CAP: Final = 25
"""The most citations that one result row lists; ``exhibit_count`` tells how many there are."""

TIME: Final = "datetime64[us, UTC]"
_NEVER: Final = np.iinfo(np.int64).min


def prepared(
    frame: pd.DataFrame,
    analysis: str,
    *,
    needs: Sequence[str],
    optional: Sequence[str] = (),
    times: Sequence[str] = ("published",),
    optional_times: Sequence[str] = (),
) -> pd.DataFrame:
    """Take the named columns: text without nulls, times in UTC, one row number each.

    A table without any column is an empty one. ``captured_at`` and ``*_basis`` may be absent; a time whose
    basis is ambiguous counts as none.

    Raises UsageError when a needed column is missing or a time has no zone.
    """
    wanted = ["entity_id", "exhibit", *needs]
    having(frame, analysis, (*wanted, *times))
    columns: dict[str, pd.Series[Any]] = {name: text(frame, name) for name in (*wanted, *optional)}
    columns |= {name: _time(frame, name) for name in (*times, *optional_times, "captured_at")}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


def having(frame: pd.DataFrame, analysis: str, needs: Sequence[str]) -> pd.DataFrame:
    """Give the table as it is, or, where it has no column at all, an empty one with these.

    Raises UsageError where it lacks some of them.
    """
    missing = [name for name in needs if name not in frame.columns]
    if not len(frame.columns):
        return pd.DataFrame({name: pd.Series(dtype=object) for name in needs})
    if missing:
        raise UsageError(
            f"this table lacks columns that {analysis} needs",
            expected=", ".join(missing),
            found=", ".join(map(str, frame.columns[:12])),
            todo="pass a table as the case gives it, or ask for these columns too",
        )
    return frame


def text(frame: pd.DataFrame, name: str) -> pd.Series[str]:
    """Give a column as text without nulls; raise UsageError where it cannot be written."""
    if name not in frame.columns:
        return pd.Series("", index=pd.RangeIndex(len(frame)), dtype="str")
    held = frame[name].reset_index(drop=True)
    if held.dtype == "str":  # as the case's tables have it: nothing to convert
        return held.fillna("") if held.hasnans else held
    held = held.astype(object)
    try:
        return held.where(held.notna(), "").astype("str")
    except UnicodeEncodeError as error:
        raise UsageError(
            "this table holds text that cannot be written",
            where=f"column {name}",
            expected="text in Unicode, as the case's tables have it",
            found=f"half of a surrogate pair: {error.object[error.start]!r}",
            todo="pass a table as the case gives it",
        ) from error


def _time(frame: pd.DataFrame, name: str) -> pd.Series[pd.Timestamp]:
    if name not in frame.columns:
        return pd.Series(pd.NaT, index=pd.RangeIndex(len(frame)), dtype=TIME)
    held = frame[name].reset_index(drop=True)
    if pd.api.types.is_datetime64_dtype(held.dtype) and held.notna().any():
        raise UsageError(
            "a time without a zone cannot be compared",
            where=f"column {name}",
            expected="times in UTC",
            found=str(held.dtype),
            todo="use the table as the case gives it",
        )
    read = _in_utc(held, name)
    basis = f"{name}_basis"
    if basis in frame.columns:
        read = read.mask((text(frame, basis) == "ambiguous").to_numpy(dtype=bool))
    return read


def _in_utc(held: pd.Series[Any], name: str) -> pd.Series[pd.Timestamp]:
    """Read a column of times, which is one already, or texts that say their zone."""
    if not isinstance(held.dtype, pd.DatetimeTZDtype):
        held = held.astype(object).where(held.notna(), None)
    try:
        return pd.to_datetime(held, utc=True).astype(TIME)
    except (ValueError, TypeError, OverflowError) as error:
        raise UsageError(
            "this column holds no times",
            where=f"column {name}",
            expected="times in UTC",
            found=str(error)[:160],
            todo="pass a table as the case gives it",
        ) from error


def once(rows: pd.DataFrame, *, time: str = "published") -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep one observation of each ``entity_id``: the latest captured one that has a time.

    A row without ``entity_id`` stands for itself. Gives the rows in order of time, then of exhibit, those
    without a time last, and the counts so far.
    """
    chosen, counts = latest(rows, time=time)
    return rows.iloc[chosen[in_time(rows, chosen, time=time)]].reset_index(drop=True), counts


def latest(rows: pd.DataFrame, *, time: str = "published") -> tuple[NDArray[np.int64], dict[str, int]]:
    """Find the row of each entity that ``once`` keeps, in no order of time; give their numbers and the counts."""
    chosen = _latest(rows, time)
    return chosen, {"rows": len(rows), "repeated": len(rows) - len(chosen)}


def _latest(rows: pd.DataFrame, time: str) -> NDArray[np.int64]:
    named = (rows["entity_id"] != "").to_numpy()
    if rows["entity_id"].is_unique or not (rows["entity_id"].duplicated().to_numpy() & named).any():
        return np.arange(len(rows))
    single = np.where(named, pd.factorize(rows["entity_id"])[0], -1 - np.arange(len(rows)))
    dated = rows[time].notna().to_numpy()
    order = np.lexsort((rank(rows["exhibit"]), stamps(rows["captured_at"]), dated, single))
    ends = np.ones(len(rows), dtype=bool)
    ends[:-1] = single[order][1:] != single[order][:-1]
    return order[ends]


def in_time(rows: pd.DataFrame, chosen: NDArray[np.int64], *, time: str = "published") -> NDArray[np.int64]:
    """Order rows by time, exhibit and entity; give places in ``chosen``.

    Texts are compared only where all before is equal.
    """
    at = stamps(rows[time])[chosen]
    # A missing time, the least number, comes last: as the greatest.
    place = np.where(at == _NEVER, -1 - _NEVER, at)
    order = np.argsort(place)
    for name in ("exhibit", "entity_id"):
        step = np.diff(place[order]) != 0
        tied = ~(np.append([True], step) & np.append(step, [True]))[: len(order)]
        among = np.sort(order[tied])
        text = np.zeros(len(order), dtype=np.int64)
        text[among] = rank(rows[name].iloc[chosen[among]])
        order[tied] = among[np.lexsort((text[among], place[among]))]
        step |= np.diff(text[order]) != 0
        place[order] = np.cumsum(np.append([False], step))[: len(order)]
    return order


def bare(citations: pd.Series[str]) -> pd.Series[str]:
    """Give citations without the pointer into the exhibit."""
    return citations.str.replace("(?s)#.*", "", regex=True)


def among(values: pd.Series[str], others: pd.Series[str]) -> pd.Series[bool]:
    """Whether each text is one of the others; ``isin`` takes a minute where both are millions."""
    both = pd.factorize(pd.concat([values, others], ignore_index=True))[0]
    held = np.zeros(int(both.max(initial=-1)) + 1, dtype=bool)
    held[both[len(values) :]] = True
    return pd.Series(held[both[: len(values)]], index=values.index, dtype=bool)


def rank(values: pd.Series[str]) -> NDArray[np.int64]:
    """Give each text its place in sorted order, equal texts the same one."""
    codes, _ = pd.factorize(values, sort=True)
    return codes.astype(np.int64)


def stamps(times: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Give microseconds since 1970 UTC; a missing time is the smallest number there is."""
    return times.to_numpy(dtype="datetime64[us]").astype(np.int64)


def dated(
    rows: pd.DataFrame, counts: dict[str, int], *, time: str = "published"
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out, and count, what has no usable time."""
    return dropped(rows, rows[time].isna(), counts, "undated")


def dropped(
    rows: pd.DataFrame, out: pd.Series[bool], counts: dict[str, int], name: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out the marked rows and count them under that name."""
    if not out.any():
        return rows.reset_index(drop=True), counts | {name: 0}
    return rows[~out].reset_index(drop=True), counts | {name: int(out.sum())}


def up_to(rows: pd.DataFrame, counts: dict[str, int], until: object) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out, and count, what came after a moment; None leaves nothing out."""
    if until is None:
        return rows, counts
    return dropped(rows, rows["published"] > instant(until, "until"), counts, "out_of_window")


def as_asked(moment: object) -> str | None:
    """Write a moment as a parameter has it, None where none was given."""
    return None if moment is None else str(moment)


def keyed(rows: pd.DataFrame, counts: dict[str, int]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Name each row's author: the account's entity_id, else its handle; without either it is left out."""
    author = filled(rows["author"], rows["author_handle"])
    return dropped(rows.assign(author=author), author == "", counts, "unattributed")


def handles(rows: pd.DataFrame, key: str = "author", handle: str = "author_handle") -> pd.Series[str]:
    """Give each account's latest handle; ``rows`` are in order of time."""
    return rows[rows[handle] != ""].drop_duplicates(key, keep="last").set_index(key)[handle]


def filled(texts: pd.Series[str], others: Any) -> pd.Series[str]:  # noqa: ANN401 - a column of text, or one text
    """Give each text; in the place of an empty one that of the others."""
    return texts.where(texts != "", others)


def mapped(keys: pd.Series[str], values: pd.Series[str]) -> pd.Series[str]:
    """Look up each key's text; empty where there is none."""
    found = keys.map(values).astype(object)
    return found.where(found.notna(), "").astype("str")


def added(counts: Mapping[str, int], *more: Mapping[str, int]) -> dict[str, int]:
    """Add the counts of one table to those of others, name by name."""
    every = (counts, *more)
    return {name: sum(each.get(name, 0) for each in every) for name in dict.fromkeys(chain(*every))}


def ranges(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Write out ranges of numbers one after the other: so many each, from where each starts."""
    return np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def holding(reasons: Iterable[tuple[bool, str]]) -> tuple[str, ...]:
    """Give the words of the reasons that hold."""
    return tuple(words for holds, words in reasons if holds)


def cited(exhibit: pd.Series[str], group: NDArray[np.int64], groups: int) -> pd.DataFrame:
    """Gather citations by group (0 to ``groups`` - 1), in row order, each once.

    Columns: exhibits (tuple of at most ``CAP``), exhibit_count.
    """
    number, names = pd.factorize(exhibit)
    pair = pd.Series(group * (len(names) + 1) + number)
    first = ~pair.duplicated().to_numpy() & (exhibit != "").to_numpy()
    order = np.flatnonzero(first)[np.argsort(group[first], kind="stable")]
    texts = names.astype(object)[number[order]].tolist()
    edges = np.searchsorted(group[order], np.arange(groups + 1)).tolist()
    with collecting_later():
        lists = [tuple(texts[start : min(end, start + CAP)]) for start, end in pairwise(edges)]
    return pd.DataFrame(
        {
            "exhibits": pd.Series(lists, dtype=object),
            "exhibit_count": np.diff(np.array(edges, dtype=np.int64)),
        }
    )


def citing(rows: Iterable[Iterable[str]]) -> pd.DataFrame:
    """Cite for each row what it names, in that order and each once; columns as ``cited`` gives them."""
    cites = [tuple(dict.fromkeys(cite for cite in row if cite)) for row in rows]
    lists = pd.Series([each[:CAP] for each in cites], dtype=object)
    return pd.DataFrame(
        {"exhibits": lists, "exhibit_count": np.array([len(each) for each in cites], dtype=np.int64)}
    )


def different(values: Any, group: NDArray[np.int64], groups: int) -> NDArray[np.int64]:  # noqa: ANN401 - a column
    """Count the different values in each group."""
    pairs = pd.DataFrame({"group": group, "value": values}).drop_duplicates()
    return np.bincount(pairs["group"].to_numpy(), minlength=groups)


def kinds_of(kind: pd.Series[str], group: NDArray[np.int64], groups: int) -> list[str]:
    """Name the different kinds in each group, in alphabetical order."""
    pairs = (
        pd.DataFrame({"group": group, "kind": kind.to_numpy()})
        .drop_duplicates()
        .sort_values(["group", "kind"])
    )
    texts: list[list[str]] = [[] for _ in range(groups)]
    for each, name in zip(pairs["group"].tolist(), pairs["kind"], strict=True):
        texts[each].append(name)
    return [", ".join(text) for text in texts]


def groups_of(rows: pd.DataFrame, keys: Sequence[str]) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Number the groups of equal keys in sorted order of the keys; give numbers and the keys' table."""
    code = np.zeros(len(rows), dtype=np.int64)
    for key in keys:
        place = rank(rows[key])
        _, code = np.unique(code * (int(place.max(initial=0)) + 1) + place, return_inverse=True)
    first = np.unique(code, return_index=True)[1]
    return code.astype(np.int64), rows.iloc[first][list(keys)].reset_index(drop=True)


def result(
    frame: pd.DataFrame,
    *,
    method: str,
    parameters: Mapping[str, Any],
    counts: Mapping[str, int],
    seed: int | None = None,
    order: str = "",
) -> pd.DataFrame:
    """Finish a result: citations, method, parameters (and seed) last; counts and parameters also in ``attrs``.

    A result without rows has them there only. ``order`` says in words how the rows stand; a table that shows only the
    first of them tells it.
    """
    tail = ["exhibits", "exhibit_count"]
    ordered = frame[[name for name in frame.columns if name not in tail] + tail].reset_index(drop=True)
    ordered["method"] = pd.Series([method] * len(ordered), dtype="str")
    ordered["parameters"] = pd.Series([as_text(parameters)] * len(ordered), dtype="str")
    if seed is not None:
        ordered["seed"] = np.full(len(ordered), seed, dtype=np.int64)
    ordered.attrs["counts"] = dict(counts)
    ordered.attrs["parameters"] = dict(parameters)
    if order:
        ordered.attrs["order"] = order
    return ordered


def parameters_of(found: pd.DataFrame) -> dict[str, Any]:
    """Read a result's parameters back, also where it has no rows; empty where it is no result."""
    if len(found) and "parameters" in found:
        read: dict[str, Any] = json.loads(found["parameters"].iloc[0])
        return read
    return dict(found.attrs.get("parameters", {}))


def as_text(parameters: Mapping[str, Any]) -> str:
    """Write parameters as one line of JSON with sorted keys; times as ISO 8601."""
    return json.dumps(dict(parameters), sort_keys=True, ensure_ascii=False, default=str)


def zone_of(name: str) -> ZoneInfo:
    """Find a time zone by its IANA name; raise UsageError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            "this time zone is not known", expected="a name like America/New_York", found=name[:80]
        ) from error


def local(moment: datetime, zone: ZoneInfo) -> pd.Timestamp:
    """Give a time in a zone, or in UTC where its local time lies beyond the years 1 and 9999.

    Captured times may lie at either end: ``0001-01-01T00:00:00Z`` is what some programs write for none.
    """
    there: pd.Timestamp = pd.Timestamp(moment).tz_convert(zone)
    return there if 1 <= there.year <= 9999 else there.tz_convert("UTC")


def instant(value: object, name: str) -> pd.Timestamp:
    """Read a parameter as a time in UTC; raise UsageError when it is none or has no zone."""
    try:
        moment: Any = pd.Timestamp(value)  # type: ignore[arg-type]  # whatever a notebook passes
    except (ValueError, TypeError) as error:
        raise UsageError("this is not a time", where=name, found=described(value)) from error
    if pd.isna(moment) or moment.tzinfo is None:
        raise UsageError(
            "a time needs its zone", where=name, expected="2026-03-14T21:40:00-05:00", found=described(value)
        )
    in_utc: pd.Timestamp = moment.tz_convert("UTC").as_unit("us")
    return in_utc


@contextmanager
def collecting_later() -> Iterator[None]:
    """Hold the collector off: what only grows holds no garbage, and each pass would walk over all of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
