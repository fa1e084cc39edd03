"""What a crash left behind: moved to quarantine and logged, never deleted (docs/casefile-format.md, 2.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from filelock import Timeout

from workbench.casefile.files import lease_of
from workbench.casefile.ledger import Ledger
from workbench.custody import aside, disk, history, log
from workbench.errors import IntegrityError, UsageError
from workbench.records import Result

WATCHED: tuple[str, ...] = ("case", "officers", "warc", "imports", "annotations", "runs")
WATCHED += ("seals", "decisions", "releases", "restores", "quarantine")
_OURS = re.compile(
    r"(?:case/[0-9]{4}\.json|officers/[0-9]{4})(?:\.[0-9a-z.-]+\.sig)?|annotations/[0-9]{4}\.json"
    r"|seals/[0-9]{4}\.(?:txt(?:\.[0-9a-z.-]+\.sig)?|[a-z0-9-]+\.tsr)"
    r"|(?:decisions|releases|restores)/[0-9]{4}\.json(?:\.[0-9a-z.-]+\.sig)?"
    r"|(?:warc|quarantine)/[0-9]{4}-[0-9a-z.-]+|imports/[0-9]{4}/(?:receipt\.json|[0-9]{6}(?:\.[0-9a-z]+)?)"
    r"|runs/[0-9]{4}-[0-9a-z-]+/[0-9a-z]+\.[0-9a-z.]+"
)
"""Names that we give (clause 1.2). Any other file was put there by somebody else, and its name may be personal
text or no text at all: the log calls it ``stray`` (clause 2.6)."""

_LEASES = {"warc": "capture", "imports": "imports", "runs": "runs"}


def recover(case: Ledger) -> None:
    """Move what a crash left behind to quarantine and log it (clause 2.9); nothing is deleted."""
    if not (case.folder / "log").is_dir():
        raise UsageError("there is no case here", where=str(case.folder), todo="run 'workbench case list'")
    with case.chain.lock:
        aside.mend(case.chain, case.actor)
        found = case.history()
        abandoned = [
            (number, work)
            for number, work in found.imports.items()
            if work.end is None and _abandoned(case, "imports", number)
        ]
        for number, work in abandoned:
            _finish_import(case, number, work, found)
        if abandoned:
            found = case.history()
        for name in sorted(_orphans(case, found)):
            _move(case, name)
        _remove_empty(case)
    for number, work in found.captures.items():
        if work.end is None:
            _close_interrupted(case, number, work)


def _move(case: Ledger, name: str) -> None:
    called = name if _OURS.fullmatch(name) else f"{name.partition('/')[0]}/stray"
    aside.move(case.chain, case.actor, name, 0, called=called)


def clear(case: Ledger, kind: str, number: int, mark: str = "") -> None:
    """Move aside what stands under a number, or one ``mark`` of it, that is about to be given. The lock is held.

    Nobody who lives works there: files come under their number, and their line into the log, under one lock.
    What a line names stays.
    """
    found = sorted((case.folder / kind).glob(f"{number:04d}{mark}" if mark else f"{number:04d}*"))
    named = case.history().files if found else frozenset()  # the log is read only where there is a reason
    for path in found:
        inside = path.is_dir() and not path.is_symlink()
        for each in sorted(path.rglob("*")) if inside else [path]:
            name = each.relative_to(case.folder).as_posix()
            if each.is_file() and not each.is_symlink() and name not in named:
                _move(case, name)
        if inside:
            with disk.mapped(path):
                path.rmdir()


def _orphans(case: Ledger, found: history.History) -> Iterator[str]:
    """Find primary files that no line names and that nobody is writing."""
    for kind in WATCHED:
        for path in (case.folder / kind).rglob("*"):
            name = path.relative_to(case.folder).as_posix()
            if not path.is_file() or path.is_symlink() or name in found.files:
                continue
            number = name.split("/")[1][:4]
            if kind in _LEASES and number.isdecimal() and not _abandoned(case, _LEASES[kind], int(number)):
                continue
            yield name


def _remove_empty(case: Ledger) -> None:
    """Free the numbers of imports and runs that never got a line: their folders are empty by now."""
    for kind in ("imports", "runs"):
        for path in sorted((case.folder / kind).glob("[0-9][0-9][0-9][0-9]*")):
            if path.is_dir() and not any(path.iterdir()) and _abandoned(case, kind, int(path.name[:4])):
                with disk.mapped(path):
                    path.rmdir()


def _abandoned(case: Ledger, kind: str, number: int) -> bool:
    """Whether nobody holds the lease: a dead process holds none."""
    lease = lease_of(case.folder, kind, number)
    try:
        with disk.mapped_lock(case.folder):
            lease.acquire(timeout=0)
    except Timeout:
        return False
    lease.release()
    return True


def _finish_import(case: Ledger, number: int, work: history.Work, found: history.History) -> None:
    """End an import that died: its files were on the disk before its first line, so all of them are named."""
    receipt = f"imports/{number:04d}/receipt.json"
    data = history.read_checked(case.folder, receipt, work.begin.fields["receipt"])
    acts: list[log.Act] = [
        (
            "import.file",
            {"import": number, "file": one["file"], "length": one["length"], "sha256": one["sha256"]},
        )
        for one in msgspec.json.decode(data)["files"]
        if one["file"] not in found.files
    ]
    source = f"import-{number:04d}"
    count = sum(exhibit.source == source for exhibit in log.exhibits(case.folder))
    end = {"import": number, "verdict": "failed", "reason": "interrupted", "exhibits": count}
    case.chain.append_locked(case.actor, [*acts, ("import.end", end)])


def _close_interrupted(case: Ledger, number: int, work: history.Work) -> None:
    lease = lease_of(case.folder, "capture", number)
    try:
        with disk.mapped_lock(case.folder):
            lease.acquire(timeout=0)
    except Timeout:
        return
    try:
        _close(case, number, work)
    finally:
        lease.release()


def _close(case: Ledger, number: int, work: history.Work) -> None:
    file = work.begin.fields["file"]
    covered, count = work.begin.fields["length"], 0
    for exhibit in log.exhibits(case.folder):
        if exhibit.file == file:
            covered, count = exhibit.offset + exhibit.length, count + 1
    with case.chain.lock:
        # Looked at again under the lock: another process may have closed it since.
        if case.history().captures[number].end is not None:
            return
        try:
            size = (case.folder / file).stat().st_size
        except OSError as error:
            raise IntegrityError("a file that the log names cannot be read", where=file) from error
        if size > covered:
            aside.move(case.chain, case.actor, file, covered)
        result = Result(verdict="partial" if count else "failed", reason="interrupted")
        case.log_capture_end(number, file, result, count)
