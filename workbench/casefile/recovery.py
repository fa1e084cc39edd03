"""What a crash left behind: moved to quarantine and logged, never deleted (docs/casefile-format.md, 2.9)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from filelock import Timeout

from workbench.casefile.files import copy_hashed, lease_of
from workbench.casefile.ledger import Ledger
from workbench.custody import disk, history, log
from workbench.errors import UsageError
from workbench.records import Result

WATCHED = ("case", "officers", "warc", "imports", "annotations", "runs")


def recover(case: Ledger) -> None:
    """Move what a crash left behind to quarantine and log it (clause 2.9); nothing is deleted."""
    if not (case.folder / "log").is_dir():
        raise UsageError("there is no case here", where=str(case.folder), todo="run 'workbench case list'")
    with case.chain.lock:
        _mend_log(case)
        found = case.history()
        for name in sorted(_orphans(case, found)):
            _quarantine(case, name, 0)
    for number, work in found.captures.items():
        if work.end is None:
            _close_interrupted(case, number, work)
    for number, work in found.imports.items():
        if work.end is None and _abandoned(case.folder, "imports", number):
            fields = {"import": number, "verdict": "failed", "reason": "interrupted", "exhibits": 0}
            case.chain.append(case.actor, [("import.end", fields)])


def _mend_log(case: Ledger) -> None:
    found = log.segments(case.folder)
    if found and log.covered_size(found[-1]) != found[-1].stat().st_size:
        _quarantine(case, f"log/{found[-1].name}", log.covered_size(found[-1]))


def _orphans(case: Ledger, found: history.History) -> Iterator[str]:
    """Find primary files that no line names and that nobody is writing."""
    for kind in WATCHED:
        for path in (case.folder / kind).rglob("*"):
            name = path.relative_to(case.folder).as_posix()
            if not path.is_file() or path.is_symlink() or name in found.files:
                continue
            lease = {"warc": "capture"}.get(kind, kind)
            if path.name[:4].isdigit() or kind in {"imports", "runs"}:
                number = int(name.split("/")[1][:4])
                if lease in {"capture", "imports", "runs"} and not _abandoned(case.folder, lease, number):
                    continue
            yield name


def _abandoned(folder: Path, kind: str, number: int) -> bool:
    """Whether nobody holds the lease: a dead process holds none."""
    lease = lease_of(folder, kind, number)
    try:
        lease.acquire(timeout=0)
    except Timeout:
        return False
    lease.release()
    return True


def _close_interrupted(case: Ledger, number: int, work: history.Work) -> None:
    lease = lease_of(case.folder, "capture", number)
    try:
        lease.acquire(timeout=0)
    except Timeout:
        return
    try:
        file = work.begin.fields["file"]
        covered, count = work.begin.fields["length"], 0
        for exhibit in log.exhibits(case.folder):
            if exhibit.file == file:
                covered, count = exhibit.offset + exhibit.length, count + 1
        if (case.folder / file).stat().st_size > covered:
            with case.chain.lock:
                _quarantine(case, file, covered)
        result = Result(verdict="partial" if count else "failed", reason="interrupted")
        case.log_capture_end(number, file, result, count)
    finally:
        lease.release()


def _quarantine(case: Ledger, name: str, covered: int) -> None:
    """Copy what lies beyond ``covered`` aside, sync it, cut the file, and log it. The lock is held."""
    path, folder = case.folder / name, case.folder / "quarantine"
    with disk.mapped(folder):
        folder.mkdir(exist_ok=True)
        number = 1 + max((int(found.name[:4]) for found in folder.iterdir()), default=0)
    safe = "".join(
        c if c.isascii() and (c.isdigit() or c.islower() or c in ".-") else "-" for c in name.lower()
    )
    kept = f"quarantine/{number:04d}-{safe[-40:].lstrip('-.')}"
    with disk.mapped(path), path.open("rb") as source, (case.folder / kept).open("xb") as target:
        source.seek(covered)
        digest, length = copy_hashed(source, target)
        target.flush()
        os.fsync(target.fileno())
    with disk.mapped(path):
        disk.sync_folder(folder)
        if covered:
            os.truncate(path, covered)
        else:
            path.unlink()
        disk.sync_folder(path.parent)
    fields = {"file": name, "offset": covered, "length": length, "sha256": digest, "quarantine": kept}
    case.chain.append_locked(case.actor, [("recovered", fields)])
