"""A supervisor's decisions on what was captured, imported or run (docs/casefile-format.md, 11).

``check`` holds the rules in one place: a shell calls it before it signs a decision, and the review calls it for
every decision that it reads, so that nothing unsound is written or counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy.officers import REVIEW, ROLES
from workbench.policy.versions import Signed
from workbench.records import Citation, Record

FORMAT = "workbench-decision/1"
ACTS: dict[str, str] = {"approve": "approved", "return": "returned", "reject": "rejected"}
"""Act -> how what was decided on then stands."""

NEED_REASON = frozenset({"return", "reject"})
_WORK = re.compile(r"(capture|import|run)-([0-9]{1,9})")
_SHORT = re.compile(r"E([0-9]{1,9})")


class Decision(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision as it is signed (11.1); ``seal`` is the newest seal that the officer saw."""

    format: str
    case: str
    decision: int
    previous: str
    at: str
    by: str
    act: str
    subjects: tuple[str, ...]
    seal: int
    seal_sha256: str
    looked: tuple[str, ...]
    reason: str

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Read a decision; raise IntegrityError naming the field that does not fit."""
        try:
            found = msgspec.json.decode(data, type=cls)
        except msgspec.DecodeError as error:
            raise IntegrityError(f"this decision cannot be read: {error}", where=where) from error
        if found.format != FORMAT:
            raise IntegrityError("this is no decision", where=where, expected=FORMAT, found=found.format[:40])
        return found


class Subject(Record, frozen=True, kw_only=True):
    """What is decided on, as the log has it.

    ``name`` is ``capture-0001``, ``import-0001``, ``run-0001`` or a citation; ``ended`` the line of the log that
    ended it, 0 where it has not ended; ``actor`` who collected, imported or ran; ``asked`` who asked for the
    authority of that capture; ``workers`` who owned the case or was assigned to it, from then on.
    """

    name: str
    ended: int
    actor: str
    asked: str = ""
    workers: frozenset[str] = frozenset()


def check(act: str, by: str, role: str, reason: str, subjects: Sequence[Subject], *, sealed: int) -> None:
    """Raise AuthorityError or UsageError where a decision breaks a rule of clause 11.

    ``sealed`` is how many lines of the log the seal covers that the officer saw.
    """
    if act not in ACTS:
        raise UsageError("this is not a decision", expected=", ".join(ACTS), found=act[:40])
    if REVIEW not in ROLES.get(role, ()):
        raise AuthorityError(
            f"a {role} does not decide on review" if role else "this badge has no role in the register",
            expected="a supervisor, a deputy or the chief",
            todo="ask a supervisor",
        )
    if not subjects or len({subject.name for subject in subjects}) != len(subjects):
        raise UsageError("a decision names what it decides on, each once", todo="see 'workbench review list'")
    if act in NEED_REASON and not reason.strip():
        raise UsageError(f"to {act} needs a reason", todo="add --reason TEXT")
    for subject in subjects:
        barred = bar(by, subject)
        if barred:
            raise AuthorityError(
                "nobody decides on their own work",
                where=subject.name,
                found=f"{by} {barred}",
                todo="ask another supervisor",
            )
        _check_sealed(subject, sealed)


def bar(by: str, subject: Subject) -> str:
    """Say why an officer may not decide on something, or give an empty string (11.2)."""
    if by == subject.actor:
        return "collected, imported or ran it"
    if by == subject.asked:
        return "asked for its authority"
    if by in subject.workers:
        return "works the case, or worked it then"
    return ""


def _check_sealed(subject: Subject, sealed: int) -> None:
    if not subject.ended:
        raise UsageError("it has not ended", where=subject.name, todo="wait for its end, then look again")
    if subject.ended > sealed:
        raise UsageError(
            "no seal that you saw covers it",
            where=subject.name,
            expected=f"a seal over line {subject.ended}",
            found=f"{sealed} lines sealed",
            todo="run 'workbench seal', then 'workbench review show'",
        )


def asked_by(versions: Sequence[Signed], authority: int) -> str:
    """Give who asked for what a case version approves, or spoke of an oral authority; empty where none did."""
    version = next((one.version for one in versions if one.version.version == authority), None)
    if version is None:
        return ""
    if version.act == "oral":
        return version.by
    return next((one.version.by for one in versions if one.sha256 == version.approves), "")


def workers(versions: Iterable[Signed], begun: int, until: int) -> frozenset[str]:
    """Give who owned the case or was assigned, from the line ``begun`` of the log up to the line ``until``."""
    found: frozenset[str] = frozenset()
    for signed in versions:
        if signed.seq > until:
            break
        here = frozenset((signed.version.owner, *signed.version.assigned))
        found = here if signed.seq <= begun else found | here
    return found


def subject_name(text: str, case: str) -> str:
    """Read what a person named (``capture-1``, ``E0012``, a citation); raise UsageError otherwise."""
    if work := _WORK.fullmatch(text):
        return f"{work[1]}-{int(work[2]):04d}"
    if short := _SHORT.fullmatch(text):
        return str(Citation(case=case, number=int(short[1])))
    try:
        citation = Citation.parse(text)
    except UsageError as error:
        raise UsageError(
            "this names nothing to review",
            expected="capture-0001, import-0001, run-0001 or a citation such as E0012",
            found=text[:80],
            todo="see 'workbench review list'",
        ) from error
    if citation.case != case:
        raise UsageError("this citation is of another case", expected=case, found=citation.case)
    if citation.pointer:
        raise UsageError(
            "a decision is on a whole exhibit", found=text[:80], todo="leave out what follows the '#'"
        )
    return str(citation)
