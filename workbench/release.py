"""What leaves the department: only under a signed release, and entered in the dissemination log.

Everything that writes a copy for somebody outside goes through one guard::

    with leaving(case, "package", None, number, session=session) as permit:
        ...                                # made from the state that permit.release.seal names,
        ...                                # under a temporary name, without the bytes of permit.withheld
        permit.left(sha256)                # logged; only then may it take its name
        ...
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench import sealing, withholding
from workbench.casefile import CaseFile
from workbench.counts import exhibits_told
from workbench.custody import log, releases, seals
from workbench.custody.history import read_checked
from workbench.custody.releases import releases_for
from workbench.department import Session
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy import release as rules
from workbench.policy.annotations import CONTRABAND
from workbench.policy.officers import RELEASE
from workbench.policy.release import Release
from workbench.policy.standing import OVERSEERS

_FIRST_SEGMENT = "000001.jsonl"
__all__ = ["Permit", "check_outside", "give", "leaving", "releases_for"]


class Permit:
    """Leave for one thing to go out, under ``release``.

    ``withheld`` are the exhibits, of those asked for, whose bytes never leave: their hash and proof do (12.5).
    """

    def __init__(
        self,
        case: CaseFile,
        release: Release,
        exhibits: Sequence[int] | None,
        wanted: Sequence[int],
        withheld: frozenset[int],
    ) -> None:
        self.case = case
        self.release = release
        self.exhibits = exhibits
        self.withheld = withheld
        self.sha256 = ""
        self._wanted = wanted

    @property
    def count(self) -> int:
        """How many exhibits leave, the withheld ones not counted."""
        return len(set(self._wanted)) - len(self.withheld)

    def left(self, sha256: str, exhibits: int | None = None) -> None:
        """Enter in the dissemination log what leaves now, by its hash (clause 12.4).

        ``exhibits`` says how many there are in it where that is not ``count``. Looked at once more: a release may
        have ended, or an exhibit been marked, while this was being made. What is logged and then fails to
        take its name is logged as having left all the same: the safe side.
        """
        lines = list(log.rare(self.case.folder))
        _check(self.case, lines, self.release.kind, self.exhibits, number=self.release.release)
        withheld = _withheld(self.case.folder, lines, self._wanted)
        if withheld != self.withheld:
            raise AuthorityError(
                "an exhibit has been marked as contraband meanwhile",
                found=_named(withheld - self.withheld),
                todo="run the same command again: its bytes are then left out",
            )
        count = self.count if exhibits is None else exhibits
        self.case.disseminated(self.release.release, self.release.kind, sha256, count)
        self.sha256 = sha256


@contextlib.contextmanager
def leaving(
    case: CaseFile,
    kind: str,
    exhibits: Sequence[int] | None,
    release: int | None = None,
    *,
    session: Session | None = None,
    seal: int | None = None,
) -> Iterator[Permit]:
    """Let something of a case leave, or raise AuthorityError (exit 4) saying whom to ask.

    ``kind`` is one of ``policy.release.KINDS``; ``exhibits`` are those in it, None for all; ``release`` is the
    number of the release meant, None for the newest that covers this. ``seal`` is the state that is to leave
    where the caller was told one: it must be the one released. Of kind ``copy`` contraband is refused; the
    other kinds leave out the bytes of ``Permit.withheld``. The caller calls ``Permit.left`` with the hash
    before what it made takes its name; on leaving the block the case is sealed, where anything left.
    ``session`` signs that seal; see ``sealing.finish`` for what happens without one.
    """
    _check_reader(case)
    # Read once: the lines that are not exhibits are few, but a log of a million lines is long.
    lines = list(log.rare(case.folder))
    found, last = _check(case, lines, kind, exhibits, number=release, seal=seal)
    wanted = range(1, last + 1) if exhibits is None else exhibits
    permit = Permit(case, found, exhibits, wanted, _withheld(case.folder, lines, wanted))
    if kind == "copy" and permit.withheld:
        raise AuthorityError(
            "this exhibit is contraband, or shares bytes or a picture with what is: they never leave the case",
            found=_named(permit.withheld),
            todo="disclose its hash and proof with 'workbench disclose'",
        )
    yield permit
    if permit.sha256:
        sealing.finish(case, session)


def check_outside(out: Path) -> None:
    """Raise UsageError where something that leaves would be written into a case, or into the department's folder."""
    inside = next((one for one in out.resolve().parents if (one / "log" / _FIRST_SEGMENT).is_file()), None)
    if inside is not None:
        raise UsageError(
            "what leaves is not written into a case",
            where=str(out),
            found=f"{inside.name} is a case file",
            todo="name a place outside it",
        )


def give(
    case: CaseFile,
    session: Session,
    kind: str,
    exhibits: Sequence[int] | None,
    *,
    recipient: str,
    purpose: str,
    days: int = rules.DAYS,
) -> Release:
    """Release something, signed: what the newest seal covers. Raises AuthorityError for who may not."""
    if not session.may(RELEASE):
        raise AuthorityError(
            f"a {session.role} cannot release anything",
            todo="ask the chief, or a deputy whom the chief entered",
        )
    chosen = None if exhibits is None else tuple(sorted(exhibits))
    rules.check_fields(kind, recipient, purpose, chosen)
    _check_sound(case)
    sealing.finish(case, session)
    seal = seals.newest_line(case.folder)
    if seal is None:
        raise UsageError("nothing of this case is sealed yet", todo="run 'workbench seal' first")
    body = {"kind": kind, "exhibits": chosen, "recipient": recipient, "purpose": purpose}
    rules.check(body, exhibits=_sealed_exhibits(case.folder, seal), days=days)
    named = {"seal": seal.fields["seal"], "seal_sha256": seal.fields["sha256"]}
    body |= {**named, "expires": rules.until(case.clock(), days)}
    seen = len(case.history().releases)
    number, _ = case.add_signed("release", session, RELEASE, body, seen=seen)
    sealing.finish(case, session)
    return releases.read(case.folder)[number - 1].release


def _sealed_exhibits(folder: Path, seal: log.Entry) -> int:
    """Give how many exhibits a seal covers: its line stands right after what it sealed (10.2)."""
    return log.last_exhibit(folder, seal.seq - 1)


def _seal_line(folder: Path, lines: Sequence[log.Entry], release: Release) -> log.Entry | None:
    """Find the line of the seal that a release names; None where the case does not hold that seal."""
    for entry in lines:
        if entry.action == "seal" and entry.fields["seal"] == release.seal:
            with contextlib.suppress(IntegrityError):
                read_checked(folder, f"seals/{release.seal:04d}.txt", release.seal_sha256)
                return entry
    return None


def _check(
    case: CaseFile,
    lines: Sequence[log.Entry],
    kind: str,
    exhibits: Sequence[int] | None,
    *,
    number: int | None = None,
    seal: int | None = None,
) -> tuple[Release, int]:
    """Give the release that covers this, and how many exhibits its seal covers; raise AuthorityError otherwise."""
    _check_sound(case)
    given = releases.read(case.folder, lines)
    known = [one.release for one in given if not one.problem]
    found, answer = rules.chosen(known, kind, exhibits, case.clock(), number=number, seal=seal)
    if found is None:
        raise _refusal(case, kind, answer.words + _uncounted(given, kind, number))
    seal_line = _seal_line(case.folder, lines, found)
    if seal_line is None:
        raise _refusal(
            case, kind, f"the case does not hold seal {found.seal} as release {found.release} names it"
        )
    last = _sealed_exhibits(case.folder, seal_line)
    beyond = [one for one in exhibits or () if not 1 <= one <= last]
    if beyond:
        raise _refusal(case, kind, f"seal {found.seal}, which was released, does not cover {_named(beyond)}")
    return found, last


def _uncounted(given: Sequence[releases.Given], kind: str, number: int | None) -> str:
    """Say why a release that was given does not count, where one of this kind or number is there."""
    odd = [one for one in given if one.problem and one.release.kind == kind]
    last = next((one for one in reversed(odd) if number in {None, one.release.release}), None)
    return f"; release {last.release.release} does not count: {last.problem}" if last else ""


def _refusal(case: CaseFile, kind: str, words: str) -> AuthorityError:
    return AuthorityError(
        "nothing leaves without a release",
        where=case.number,
        expected=f"a signed release of kind '{kind}' that covers this",
        found=words,
        todo=f"ask the chief: workbench release give {case.number} --kind {kind} --to RECIPIENT --purpose TEXT",
    )


def _check_sound(case: CaseFile) -> None:
    problem = case.standing().problem
    if problem:
        raise IntegrityError(
            "the case's authority does not hold, so nothing of it leaves",
            where=problem,
            todo="run 'workbench verify' and tell your supervisor",
        )


def _check_reader(case: CaseFile) -> None:
    """Raise AuthorityError where who acts neither works the case nor oversees it."""
    _check_sound(case)
    role = case.department.role(case.actor)
    if case.actor not in case.standing().workers and role not in OVERSEERS:
        raise AuthorityError(
            "only who works the case, or oversees it, may take something out",
            found=f"{case.actor}, {role or 'not in the register'}",
            todo="ask its owner for 'case assign'",
        )


def _withheld(folder: Path, lines: Sequence[log.Entry], wanted: Sequence[int]) -> frozenset[int]:
    """Give the exhibits, of those wanted, whose bytes never leave."""
    found = withholding.withheld(folder, lines, leaving=True).marked(CONTRABAND)
    return found.intersection(wanted) if found else found


def _named(numbers: Sequence[int] | frozenset[int]) -> str:
    return exhibits_told(sorted(numbers)[:10])
