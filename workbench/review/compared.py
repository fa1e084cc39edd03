"""What came of a capture, import or run, and what it took beside what it was allowed to take."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import msgspec
import pandas as pd

from workbench.counts import yes
from workbench.custody.history import Work, read_checked
from workbench.errors import IntegrityError
from workbench.policy.versions import CaseVersion
from workbench.records import Citation, Record
from workbench.review.lines import Lines
from workbench.runner.kept import RECORD, RunRecord
from workbench.tables import read
from workbench.times import read_stamp, stamp

ISSUES = 20
"""Most kinds of issues that are told of one item."""


class Outcome(Record, frozen=True, kw_only=True):
    """How something ended. ``counts`` are named numbers: requests, items, exhibits, files, cells."""

    verdict: str
    reason: str
    counts: dict[str, int]


class Compared(Record, frozen=True, kw_only=True):
    """One line of scope against authority: what was allowed, what was taken, and whether it fits."""

    what: str
    allowed: str
    took: str
    fits: bool = True


class Trouble(Record, frozen=True, kw_only=True):
    """Issues of one kind and field: how many rows, how often in all, and an example. Captured text: escape it."""

    kind: str
    field: str
    rows: int
    count: int
    example: str
    found: str


def outcome(lines: Lines, name: str, work: Work) -> Outcome:
    """Tell how a capture, import or run ended; ``unfinished`` where it has not."""
    exhibits = len(lines.exhibits[name].numbers) if name in lines.exhibits else 0
    if name.startswith("run-"):
        record = run_record(lines, work)
        if record is None:
            return Outcome(verdict=work.begin.fields["status"], reason="no-record", counts={})
        ran = sum(cell.state == "ran" for cell in record.cells)
        return Outcome(
            verdict=record.status, reason=record.reason, counts={"ran": ran, "cells": len(record.cells)}
        )
    if work.end is None:
        return Outcome(verdict="unfinished", reason="no-end", counts={"exhibits": exhibits})
    fields = work.end.fields
    counts: dict[str, int] = {key: fields[key] for key in ("requests", "items") if key in fields}
    files: dict[str, int] = {"files": work.begin.fields["files"]} if "files" in work.begin.fields else {}
    return Outcome(
        verdict=fields["verdict"], reason=fields["reason"], counts={**counts, **files, "exhibits": exhibits}
    )


def run_record(lines: Lines, work: Work) -> RunRecord | None:
    """Read a run's own record; None where it kept none that can be read, IntegrityError where it is altered."""
    fields = work.begin.fields
    if RECORD not in fields["files"]:
        return None
    where = f"runs/{fields['run']:04d}-{fields['name']}/{RECORD}"
    data = read_checked(lines.folder, where, fields["files"][RECORD])
    try:
        return msgspec.json.decode(data, type=RunRecord)
    except msgspec.DecodeError:
        return None


def scope(lines: Lines, name: str, work: Work) -> tuple[Compared, ...]:
    """Set what was taken beside what was allowed."""
    if name.startswith("run-"):
        return _run_scope(lines, work)
    return _capture_scope(lines, work) if name.startswith("capture-") else _import_scope(lines, work)


def _capture_scope(lines: Lines, work: Work) -> tuple[Compared, ...]:
    begin, end = work.begin.fields, work.end.fields if work.end else {}
    version = next(
        (one.version for one in lines.history.versions if one.version.version == begin["authority"]), None
    )
    allowed = version.scope if version is not None else None
    if version is None or allowed is None:
        return (
            Compared(what="authority", allowed="none", took=f"case version {begin['authority']}", fits=False),
        )
    named = 0 <= begin["target"] < len(allowed.targets)
    target = allowed.targets[begin["target"]] if named else None
    made = end.get("requests", 0)
    return (
        _authority(version, work),
        Compared(
            what="target",
            allowed=f"{len(allowed.targets)} named",
            took=f"{target.source} {target.target}"
            if target
            else f"number {begin['target']}, which is not named",
            fits=target is not None,
        ),
        Compared(
            what="period",
            allowed=_period(allowed.window.since, allowed.window.until),
            took=_period(begin["since"], begin["until"]),
            fits=_within(begin, allowed.window.since, allowed.window.until),
        ),
        _kind("media", allowed.media, begin["media"]),
        _kind("threads", allowed.context, begin["context"]),
        Compared(
            what="requests",
            allowed=f"{allowed.limits.requests} at most",
            took=str(made),
            fits=made <= allowed.limits.requests,
        ),
        _refusals(lines, work.number),
    )


def _authority(version: CaseVersion, work: Work) -> Compared:
    by = version.oral.supervisor if version.oral else version.by
    return Compared(
        what="authority",
        allowed=f"{version.act} of {by}, case version {version.version}, until {version.expires}",
        took=f"begun by {work.begin.actor} at {stamp(work.begin.at)}",
        fits=bool(version.expires) and work.begin.at < read_stamp(version.expires) and work.begin.actor != by,
    )


def _kind(what: str, allowed: bool, took: bool) -> Compared:  # noqa: FBT001 - two answers to one question
    return Compared(what=what, allowed=yes(allowed), took=yes(took), fits=allowed or not took)


def _refusals(lines: Lines, number: int) -> Compared:
    refused: Mapping[str, int] = lines.refusals.get(number, {})
    words = ", ".join(f"{reason} {count}" for reason, count in sorted(refused.items()))
    # The gate did its work: what it refused was not fetched.
    return Compared(what="refused by the gate", allowed="", took=words or "0")


def _period(since: str | None, until: str | None) -> str:
    return f"{since or 'open'} to {until or 'open'}"


def _within(begin: Mapping[str, Any], since: str | None, until: str | None) -> bool:
    later = since is None or (begin["since"] is not None and begin["since"] >= since)
    return later and (until is None or (begin["until"] is not None and begin["until"] <= until))


def _import_scope(lines: Lines, work: Work) -> tuple[Compared, ...]:
    where = f"imports/{work.number:04d}/receipt.json"
    data = read_checked(lines.folder, where, work.begin.fields["receipt"])
    try:
        receipt = msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise IntegrityError(f"this receipt cannot be read: {error}", where=where) from error
    basis = str(receipt.get("basis", ""))
    given = ("giver", "device", "manner", "received_at", "reference", "stated_url")
    told = [Compared(what=key, allowed="", took=str(receipt[key])[:200]) for key in given if receipt.get(key)]
    return (
        Compared(
            what="basis", allowed="consent or warrant", took=basis[:200] or "not stated", fits=bool(basis)
        ),
        *told,
    )


def _run_scope(lines: Lines, work: Work) -> tuple[Compared, ...]:
    record = run_record(lines, work)
    if record is None:
        return ()
    newest = max((w.end.seq for n, w in lines.works.items() if w.end and not n.startswith("run-")), default=0)
    values = [
        Compared(what=f"value {key}", allowed="", took=str(value)[:200])
        for key, value in sorted(msgspec.structs.asdict(record)["values"].items())
        if value not in {None, ""}
    ]
    read_at = Compared(
        what="evidence",
        allowed="",
        took=f"read at line {record.position}; the newest capture or import ended at line {newest}",
    )
    return (read_at, *values)


def issues(lines: Lines, unseen: Container[int]) -> dict[str, tuple[Trouble, ...]]:
    """Give what parsers did not read, or not as expected: by source, and by citation of an exhibit.

    ``unseen`` are numbers of exhibits of which no captured words are told.
    """
    columns = ["exhibit", "kind", "field", "found", "count"]
    rows = read.frame(lines.folder, "issues", columns)
    if rows.empty:
        return {}
    numbers = [Citation.parse(text).number for text in rows["exhibit"]]
    rows.loc[[number in unseen for number in numbers], "found"] = ""
    names = [(lines.source_of(number)[0], lines.citation(number)) for number in numbers]
    found: dict[str, tuple[Trouble, ...]] = {}
    for keys in zip(*names, strict=True):
        # A series: a list of one key would be taken for the name of a column.
        grouped = rows.groupby(pd.Series(keys, index=rows.index), sort=False)
        found |= {str(name): _troubles(held) for name, held in grouped}
    return found


def _troubles(rows: pd.DataFrame) -> tuple[Trouble, ...]:
    grouped: Iterable[tuple[Any, pd.DataFrame]] = rows.groupby(["kind", "field"], sort=False, dropna=False)
    told = [
        Trouble(
            kind=str(kind)[:40],
            field=str(field)[:80],
            rows=len(held),
            count=int(held["count"].sum()),
            example=str(held["exhibit"].iloc[0])[:120],
            found=str(held["found"].iloc[0])[:120],
        )
        for (kind, field), held in grouped
    ]
    return tuple(sorted(told, key=lambda one: -one.count)[:ISSUES])
