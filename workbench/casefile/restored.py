"""The first line of a case that was taken back from a backup: what it was, and what was lost (13.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from workbench.casefile import documents
from workbench.casefile.ledger import Ledger
from workbench.custody import log
from workbench.custody.history import read_checked
from workbench.department import Session
from workbench.errors import IntegrityError, UsageError
from workbench.records import Record


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

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Read a restore; raise IntegrityError where it does not have its form."""
        try:
            return msgspec.json.decode(data, type=cls)
        except msgspec.DecodeError as error:
            raise IntegrityError(f"this restore cannot be read: {error}", where=where) from error


def write_restore(
    case: Ledger, session: Session, namespace: str, reason: str, lost: Sequence[Lost]
) -> Restore:
    """Sign that a case was restored, in a copy that nobody else has opened yet; its line is the very next.

    The case is not opened for this (``CaseFile``), since that would write the lines of recovery first. A case of
    format 1 goes on in format 2 before it, so that ``lines`` counts that line too.
    """
    if not reason.strip():
        raise UsageError("a restore needs a reason", todo="add --reason")
    with case.chain.lock:
        case.go_on_as_format_2()
        newest = next((e for e in reversed(list(log.rare(case.folder))) if e.action == "seal"), None)
        said = {
            "lines": log.head(case.folder).seq,
            "seal": newest.fields["seal"] if newest else 0,
            "seal_sha256": newest.fields["sha256"] if newest else log.GENESIS,
            "lost": list(lost),
            "reason": reason,
        }
        number, sha256 = documents.add_signed(case, "restore", session, namespace, said, seen=None)
    name = f"restores/{number:04d}.json"
    return Restore.parse(read_checked(case.folder, name, sha256), name)
