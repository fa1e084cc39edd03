"""The first line of a case that was taken back from a backup: what it was, and what was lost (13.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from workbench.custody import disk, log
from workbench.department import Session
from workbench.errors import UsageError
from workbench.records import Record
from workbench.times import Clock, stamp

FORMAT = "workbench-restore/1"


class Lost(Record, frozen=True, kw_only=True, order=True):
    """A seal that an anchor knows and the backup does not hold."""

    seal: int
    sha256: str


class Restore(Record, frozen=True, kw_only=True):
    """What ``restores/NNNN.json`` says. ``lines`` is how many log lines the backup had, ``seal`` its newest."""

    format: str
    case: str
    restore: int
    at: str
    by: str
    lines: int
    seal: int
    seal_sha256: str
    lost: tuple[Lost, ...]
    reason: str


def write_restore(
    folder: Path, session: Session, namespace: str, reason: str, lost: Sequence[Lost], clock: Clock
) -> Restore:
    """Sign that a case was restored, in a copy that nobody else has opened yet; its line is the very next.

    No case is opened for this: opening would write the lines of recovery first.
    """
    if not reason.strip():
        raise UsageError("a restore needs a reason", todo="add --reason")
    seal, sha256, earlier = 0, log.GENESIS, 0
    for entry in log.rare(folder):
        if entry.action == "seal":
            seal, sha256 = entry.fields["seal"], entry.fields["sha256"]
        earlier += entry.action == "restored"
    chain = log.Chain(folder, "log", clock)
    with chain.lock:
        said = Restore(
            format=FORMAT,
            case=folder.name,
            restore=earlier + 1,
            at=stamp(clock()),
            by=session.badge,
            lines=log.head(folder).seq,
            seal=seal,
            seal_sha256=sha256,
            lost=tuple(lost),
            reason=reason,
        )
        data = msgspec.json.format(msgspec.json.encode(said, order="sorted"), indent=2) + b"\n"
        name = f"restores/{said.restore:04d}.json"
        armored = session.sign(data, namespace)
        disk.write_new(folder / name, data)
        disk.write_new(folder / f"{name}.{session.badge}.sig", armored)
        fields = {
            "restore": said.restore,
            "sha256": hashlib.sha256(data).hexdigest(),
            "signatures": {session.badge: hashlib.sha256(armored).hexdigest()},
        }
        chain.append_locked(session.badge, [("restored", fields)])
    return said
