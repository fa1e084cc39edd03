"""How evidence enters a case: a collection under authority, or a file given to us. Then its tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from workbench import __version__, sealing
from workbench.capture.bounds import Limits
from workbench.casefile import CaptureWriter, CaseFile, Receipt, Slice
from workbench.collectors import collector
from workbench.collectors.base import Collector, Report
from workbench.custody import history
from workbench.department import Session
from workbench.errors import InputError, Refused, SourceError, UsageError
from workbench.importers import container, importer
from workbench.policy import gate
from workbench.policy.officers import SESSION
from workbench.policy.versions import Scope
from workbench.records import Exchange, Order, Record, Result, Target, Verdict

RESPONSE_BYTES = 256 * 1024 * 1024


class Taken(Record, frozen=True, kw_only=True):
    """What came of one capture or import: its source name, how it ended, and what was stored."""

    source: str
    result: Result
    exhibits: int
    rows: dict[str, int]


def orders(scope: Scope, *, since: int | None, until: int | None, limit: int) -> list[Order]:
    """Make an order for each approved target, the period cut to the approved window."""
    from workbench.times import read_stamp  # noqa: PLC0415

    window = scope.window
    first = read_stamp(window.since) if window.since else None
    last = read_stamp(window.until) if window.until else None
    return [
        Order(
            target=target,
            since=max([m for m in (since, first) if m is not None], default=None),
            until=min([m for m in (until, last) if m is not None], default=None),
            limit=limit,
            media=scope.media,
            context=scope.context,
        )
        for target in scope.targets
    ]


def canonical(source: str, text: str) -> Target:
    """Give a target in its source's canonical form; raise UsageError where it is none."""
    return Target(source=source, target=collector(source).target(text))


def collect(case: CaseFile, session: Session, order: Order, *, report: Report) -> Taken:
    """Collect one approved target into one new capture and build its tables.

    Raises Refused, with nothing sent and nothing captured, where the gate says no, and AuthorityError where the
    officer's key has ended since they signed in.
    """
    driver = collector(order.target.source)
    decision = gate.may_collect(case.standing(), session.badge, order, case.clock(), signed_in=True)
    if not decision.allowed:
        case.refused(decision.reason)
        raise Refused(decision.words, reason=decision.reason, where=case.number, todo=_todo(decision.reason))
    case.check_signer(session, SESSION)
    token = _token(case, driver, order.target)
    predecessor = _interrupted(case, order)
    writer = case.begin_capture(
        order,
        key=session.key,
        collector=f"{driver.name} {driver.version}",
        head=_head(case, driver),
        predecessor=predecessor,
        token=bool(token),
    )
    result, count = _capture(case, driver, order, writer, predecessor=predecessor, token=token, report=report)
    sealing.finish(case, session)
    source = f"capture-{writer.number:04d}"
    return Taken(source=source, result=result, exhibits=count, rows=_tables(case, source))


def _todo(reason: str) -> str:
    if reason in {"no-authority", "expired"}:
        return "see 'workbench case show'; ask with 'case request' or 'case renew'"
    if reason.endswith("out-of-scope"):
        return "ask for this scope with 'workbench case request'"
    return "see 'workbench case show'"


def _capture(
    case: CaseFile,
    driver: Collector,
    order: Order,
    writer: CaptureWriter,
    *,
    predecessor: int,
    token: str,
    report: Report,
) -> tuple[Result, int]:
    from workbench.capture.recorder import Recorder  # noqa: PLC0415
    from workbench.capture.replay import Replay  # noqa: PLC0415

    earlier = Replay(_kept(case, predecessor)) if predecessor else None
    recorder = Recorder(
        sink=writer, gate=_gate(case), limits=_limits(case), clock=case.clock, earlier=earlier
    )
    result = Result(verdict="partial", reason="interrupted")
    try:
        with recorder:
            result = driver.collect(order, recorder.session(), report=report, token=token)
    except SourceError as error:
        result = Result(verdict=cast("Verdict", error.verdict), reason=error.reason, detail=error.what)
    except Refused as refusal:
        result = Result(verdict="blocked", reason=refusal.reason, detail=refusal.what)
    finally:
        # Also when interrupted by hand: the capture ends, said to be so, and a later one goes on from it.
        writer.end(result, requests=recorder.requests)
    return result, recorder.requests


def _gate(case: CaseFile) -> Callable[[str, str | None], None]:
    grants = case.department.settings.grants

    def ask(url: str, address: str | None) -> None:
        decision = gate.may_reach(case.standing(), case.actor, url, address, case.clock(), grants)
        if not decision.allowed:
            raise Refused(decision.words, reason=decision.reason, todo=_todo(decision.reason))

    return ask


def _limits(case: CaseFile) -> Limits:
    standing = case.standing()
    if standing.authority is None:
        raise UsageError("nothing stands approved")
    scope = standing.authority.scope
    return Limits(
        requests=scope.limits.requests,
        bytes=scope.limits.bytes,
        response_bytes=min(scope.limits.bytes, RESPONSE_BYTES),
        per_host_s=case.department.settings.per_host_ms / 1000,
    )


def _head(case: CaseFile, driver: Collector) -> bytes:
    from workbench.capture import warc  # noqa: PLC0415

    software = f"casefile-workbench/{__version__} {driver.name}/{driver.version}"
    fields = {"software": software, "format": "WARC File Format 1.1", "isPartOf": case.number}
    return warc.warcinfo(fields, case.clock())


def _token(case: CaseFile, driver: Collector, target: Target) -> str:
    """Find the department's read-only token for a server: the settings name the variable that holds it."""
    tokens = case.department.settings.tokens
    names = [tokens[host] for host in driver.hosts(target.target) if host in tokens]
    return os.environ.get(names[0], "") if names else ""


def _interrupted(case: CaseFile, order: Order) -> int:
    """Find the newest capture of the same order that was interrupted and that none has gone on from."""
    found = case.history()
    for number, work in sorted(found.captures.items(), reverse=True):
        same = _same(found, work, order)
        if same and work.end is not None:
            return number if work.end.fields["reason"] == "interrupted" else 0
    return 0


def _same(found: history.History, work: history.Work, order: Order) -> bool:
    from workbench.times import read_stamp  # noqa: PLC0415

    fields = work.begin.fields
    scope = found.versions[fields["authority"] - 1].version.scope
    period = tuple(read_stamp(fields[key]) if fields[key] else None for key in ("since", "until"))
    return (
        scope is not None
        and scope.targets[fields["target"]] == order.target
        and (*period, fields["limit"], fields["media"], fields["context"])
        == (order.since, order.until, order.limit, order.media, order.context)
    )


def _kept(case: CaseFile, number: int) -> list[Exchange]:
    """Read the exchanges of an interrupted capture, and of those that it went on from, in order."""
    from workbench.capture import reading  # noqa: PLC0415
    from workbench.custody import log  # noqa: PLC0415

    captures = case.history().captures
    chain: list[int] = []
    while number:
        chain.insert(0, number)
        number = captures[number].begin.fields["predecessor"]
    sources = [f"capture-{one:04d}" for one in chain]
    kept = [exhibit for exhibit in log.exhibits(case.folder) if exhibit.source in sources]
    kept.sort(key=lambda exhibit: (sources.index(exhibit.source), exhibit.offset))
    found = []
    for exhibit in kept:
        with (case.folder / exhibit.file).open("rb") as file:
            file.seek(exhibit.offset)
            found.append(reading.exchange(file.read(exhibit.length)))
    return found


def given_files(path: Path) -> list[tuple[Path, str]]:
    """List what is to be taken in: one file, or every file of a folder, named relative to it."""
    if not path.exists():
        raise UsageError("there is no such file or folder", where=str(path))
    if path.is_symlink():
        raise UsageError("a link is not taken in: name the file itself", where=str(path))
    if path.is_file():
        return [(path, _told(path.name))]
    found = sorted(p for p in path.rglob("*") if not p.is_dir() or p.is_symlink())
    bad = next((p for p in found if p.is_symlink() or not p.is_file()), None)
    if bad is not None:
        raise UsageError(
            "a link or special file is not taken in", where=str(bad), todo="remove it from the folder"
        )
    if not found:
        raise UsageError("the folder is empty", where=str(path))
    return [(p, _told(f"{path.name}/{p.relative_to(path).as_posix()}")) for p in found]


def _told(name: str) -> str:
    """Write a given name as text: bytes of it that are no UTF-8 become visible escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def take_in(
    case: CaseFile,
    files: Sequence[tuple[Path, str]],
    receipt: Receipt,
    *,
    name: str = "",
    session: Session | None = None,
) -> Taken:
    """Take given files into the case, list what they hold as exhibits, and build the tables.

    ``name`` chooses the importer; without it the first that recognises the files is used. The bytes are kept
    whatever happens: what cannot be read becomes rows of ``issues``. Raises UsageError for an unknown name.
    """
    if name:
        importer(name)
    # Bytes before meaning: what the files are is not asked until they lie in the case, synced and logged.
    writer = case.begin_import(files, name, receipt)
    count, result = 0, Result(verdict="failed", reason="interrupted")
    try:
        listing = container.listing(
            [case.folder / stored.file for stored in writer.files],
            [stored.given_name for stored in writer.files],
        )
        slices = [
            Slice(file=writer.files[s.file_index].file, offset=s.offset, length=s.length, member=s.member)
            for s in listing.slices
        ]
        count = len(writer.exhibits(slices))
        result = Result(verdict="partial" if listing.refused else "complete", items=count)
    except InputError as error:
        result = Result(verdict="failed", reason="unreadable", detail=error.what)
    finally:
        writer.end(result, count)
    sealing.finish(case, session)
    source = f"import-{writer.number:04d}"
    return Taken(source=source, result=result, exhibits=count, rows=_tables(case, source))


def _tables(case: CaseFile, source: str) -> dict[str, int]:
    from workbench.tables import build  # noqa: PLC0415 - pyarrow is heavy

    counts = build.build(case.folder, source)
    # What was interrupted before left evidence without tables: it must not look absent.
    build.refresh(case.folder)
    return counts
