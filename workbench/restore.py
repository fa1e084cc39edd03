"""Taking a case back from a backup: signed, and naming what was lost (docs/casefile-format.md, 13.2 and 13.3).

A restore is how somebody could turn a case back unseen. So it is told from that by three things: the copy must
verify, no seal of it may be another than the department anchored under its number, and every later seal
that an anchor knows is named, signed, as the first line after it.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from workbench.backup import check_case, copy
from workbench.casefile.ledger import Ledger
from workbench.casefile.restored import Lost, Restore, write_restore
from workbench.custody import disk, history, log
from workbench.department import Department, Session
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy.officers import REGISTER_SECOND, REVIEW
from workbench.records import CASE_NUMBER
from workbench.times import Clock, now

_SEALED = b'"action":"sealed"'


def restore(
    copied: Path,
    casefiles: Path,
    department: Department,
    session: Session,
    reason: str,
    *,
    anchors: Sequence[Path] = (),
    clock: Clock = now,
) -> Restore:
    """Put the case of a backup back among the cases; give what was signed about it.

    ``anchors`` are department logs (a department's folder, its ``log`` folder, or a segment) beside the
    department's own. Nothing is written where it is refused: UsageError where a case of that number is
    there, IntegrityError where the backup is not what was backed up, AuthorityError for who may not. The
    caller opens the case after that, which mends what the backup had open, and seals it.
    """
    # 1. The place is free.
    _check_place(copied, casefiles, reason)
    # 2. It is a case of this department, and the officer may.
    namespace = _namespace(copied, department, session, clock())
    # 3. What the anchors know, and the backup does not hold.
    lost = lost_seals(copied, [department.folder, *anchors])
    # 4. Copied, checked and signed before it takes its name: a crash leaves no case that hides its restore.
    partial = _partial(casefiles, copied.name)
    with contextlib.ExitStack() as held:
        held.callback(shutil.rmtree, partial, ignore_errors=True)
        made = copy(copied, partial / copied.name, live=False).folder
        check_case(made)
        unopened = Ledger(made, department, session.badge, clock)
        said = write_restore(unopened, session, namespace, reason, lost)
        with disk.mapped(casefiles):
            made.rename(casefiles / copied.name)
            disk.sync_folder(casefiles)
    # 5. The department's log knows of it too.
    fields = {"case": said.case, "restore": said.restore, "lines": said.lines, "lost": len(lost)}
    department.anchor(session.badge, "restored", fields)
    return said


def _partial(casefiles: Path, number: str) -> Path:
    return casefiles / f"{number}.partial"


def _check_place(copied: Path, casefiles: Path, reason: str) -> None:
    """Raise UsageError where there is nothing to take back, no reason to, or something in the way."""
    if not CASE_NUMBER.fullmatch(copied.name) or not (copied / "log").is_dir():
        raise UsageError(
            "this is not a backup of a case", where=str(copied), todo="name the case's folder in it"
        )
    home, partial = casefiles / copied.name, _partial(casefiles, copied.name)
    if home.exists():
        raise UsageError(
            "there is a case of this number already",
            where=str(home),
            todo="move that folder out of the way first, and keep it: what is in it may be evidence",
        )
    if partial.exists():
        raise UsageError(
            "an unfinished restore lies here", where=str(partial), todo="remove that folder, then try again"
        )
    if not reason.strip():
        raise UsageError("a restore needs a reason", todo="add --reason")


def _namespace(copied: Path, department: Department, session: Session, at: int) -> str:
    """Give the namespace that the officer signs in; raise where the case's own officers do not allow it (3.3)."""
    found = history.read(copied)
    if found.problem or found.root != department.root:
        raise IntegrityError(
            "this is a case of another department",
            where=found.problem or str(copied),
            expected=department.root,
            found=found.root,
        )
    namespace = next((name for name in (REVIEW, REGISTER_SECOND) if session.may(name)), "")
    officers = found.officers[-1]
    if not namespace or not officers.may(session.badge, namespace, max(at, officers.at), session.signer.blob):
        raise AuthorityError(
            "this officer cannot restore this case",
            expected="a supervisor, chief or administrator whom the backup's own officers file lists",
            found=f"{session.badge}, {session.role}",
            todo="have one of them do it",
        )
    return namespace


def lost_seals(copied: Path, anchors: Sequence[Path]) -> list[Lost]:
    """Find the seals of a case, later than a backup's newest, that anchors know; in order.

    Raises IntegrityError where an anchor knows a seal of a number that the backup has otherwise, and that no
    restore named as lost: then it is no backup of the case that was anchored, or of a history that was given up.
    """
    held = _held(copied)
    newest = max((one.seal for one in held), default=0)
    known: set[Lost] = set()
    for anchor in anchors:
        known.update(_anchored(anchor, copied.name))
    missing = sorted(known - held - _named_lost(copied))
    if missing and missing[0].seal <= newest:
        has = next((one.sha256 for one in held if one.seal == missing[0].seal), "none")
        raise IntegrityError(
            "this is not a backup of the case as the department anchored it",
            where=f"{copied.name}, seal {missing[0].seal}",
            expected=missing[0].sha256,
            found=has,
            todo="take another backup, one made after the newest restore; tell your supervisor",
        )
    return missing


def _held(copied: Path) -> set[Lost]:
    return {
        Lost(seal=entry.fields["seal"], sha256=entry.fields["sha256"])
        for entry in log.rare(copied)
        if entry.action == "seal"
    }


def _named_lost(copied: Path) -> set[Lost]:
    """Give what earlier restores of the same case have named."""
    found: set[Lost] = set()
    for entry in log.rare(copied):
        if entry.action == "restored":
            name = f"restores/{entry.fields['restore']:04d}.json"
            data = history.read_checked(copied, name, entry.fields["sha256"])
            found.update(Restore.parse(data, name).lost)
    return found


def _anchored(anchor: Path, number: str) -> Iterator[Lost]:
    """Read the seals of one case that a department's log knows."""
    for path in _segments(anchor):
        try:
            with path.open("rb") as lines:
                for raw in lines:
                    if _SEALED in raw and raw.endswith(b"\n"):
                        fields = msgspec.json.decode(raw)
                        if fields["action"] == "sealed" and fields["case"] == number:
                            yield Lost(seal=fields["seal"], sha256=fields["sha256"])
        except OSError as error:
            raise UsageError(
                "the anchor cannot be read", where=str(path), found=str(error.strerror)
            ) from error
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise IntegrityError("a line of the anchor cannot be read", where=str(path)) from error


def _segments(anchor: Path) -> list[Path]:
    if anchor.is_file():
        return [anchor]
    found = log.segments(anchor) or log.segments(anchor.parent, anchor.name)
    if not found:
        raise UsageError(
            "there is no department log here",
            where=str(anchor),
            expected="a department's folder, its 'log' folder, or a file of it",
        )
    return found
