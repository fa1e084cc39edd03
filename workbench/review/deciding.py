"""Deciding: what the officer saw, the rules, the signature, the seal. Two officers never overwrite each other."""

from __future__ import annotations

from collections.abc import Sequence

from workbench import sealing
from workbench.casefile import CaseFile
from workbench.custody import seals
from workbench.custody.seals import Seal
from workbench.department import Session
from workbench.errors import IntegrityError, ReviewNeeded, UsageError
from workbench.policy import decisions
from workbench.policy.decisions import ACTS
from workbench.policy.officers import REVIEW
from workbench.policy.versions import CaseVersion
from workbench.records import Citation, Record
from workbench.review import decided
from workbench.review.decided import Known
from workbench.review.lines import Lines
from workbench.review.looking import Look, looks
from workbench.workspace.access import Access

_ATTEMPTS = 5
"""How often a decision is tried again where others decide on other things at the same moment."""


class Made(Record, frozen=True, kw_only=True):
    """A decision as it was signed, and the seal that now covers it (None where sealing brought none)."""

    number: int
    sha256: str
    act: str
    subjects: tuple[str, ...]
    looked: tuple[str, ...]
    seen_seal: int
    seal: Seal | None


def decide(case: CaseFile, session: Session, act: str, names: Sequence[str], reason: str = "") -> Made:
    """Sign a decision on what the officer has looked at, log it, and seal the case.

    Raises ReviewNeeded where they have not looked, AuthorityError or UsageError where a rule of clause 11 speaks
    against it, UsageError naming who decided what where somebody else was faster.
    """
    Access.of(case.folder, case.department, case.clock).require(session.badge)
    subjects = tuple(dict.fromkeys(names))
    # Rules first that need no look, so that nobody looks in vain.
    lines = Lines(case.folder)
    asked = [lines.subject(name) for name in subjects]
    decisions.check(act, session.badge, session.role, reason, asked, sealed=lines.last)
    seen = _seen(case, session.badge, subjects)
    seal = _seal(case, seen[subjects[0]])
    decisions.check(act, session.badge, session.role, reason, asked, sealed=seal.lines)
    looked = sorted({number for name, look in seen.items() for number in look.items[name]})
    body: dict[str, object] = {
        "act": act,
        "subjects": list(subjects),
        "seal": seal.number,
        "seal_sha256": seal.sha256,
        "looked": [str(Citation(case=case.number, number=number)) for number in looked],
        "reason": reason,
    }
    number, sha256 = _add(case, session, body, seen)
    return Made(
        number=number,
        sha256=sha256,
        act=act,
        subjects=subjects,
        looked=tuple(str(Citation(case=case.number, number=n)) for n in looked),
        seen_seal=seal.number,
        seal=sealing.finish(case, session),
    )


def _seen(case: CaseFile, badge: str, names: Sequence[str]) -> dict[str, Look]:
    """Give the officer's last look at each; raise ReviewNeeded where there is none."""
    found = {name: look for look in looks(case.folder, badge) for name in look.items}
    missing = [name for name in names if name not in found]
    if missing:
        raise ReviewNeeded(
            "you have not looked at what you decide on",
            where=", ".join(missing)[:200],
            todo=f"run 'workbench review show {case.number} {missing[0]}'",
        )
    if len({found[name].seal_sha256 for name in names}) > 1:
        raise ReviewNeeded(
            "you looked at these at different states of the case",
            where=", ".join(names)[:200],
            todo=f"run 'workbench review show {case.number}' once for all, or decide on each alone",
        )
    return {name: found[name] for name in names}


def _seal(case: CaseFile, look: Look) -> Seal:
    if not look.seal:
        raise UsageError(
            "nothing was sealed when you looked",
            todo=f"run 'workbench seal {case.number}', then 'workbench review show {case.number}'",
        )
    seal = seals.read(case.folder, look.seal)
    if seal.sha256 != look.seal_sha256:
        raise IntegrityError(
            "the seal is not the one that you saw",
            where=f"seals/{look.seal:04d}.txt",
            expected=look.seal_sha256,
            found=seal.sha256,
            todo="run 'workbench verify', then look again",
        )
    return seal


def _add(case: CaseFile, session: Session, body: dict[str, object], seen: dict[str, Look]) -> tuple[int, str]:
    for _ in range(_ATTEMPTS):
        known = decided.read_all(Lines(case.folder))
        _check_unmoved(known, session.badge, seen)
        try:
            return case.add_signed("decision", session, REVIEW, body, seen=len(known))
        except UsageError:
            # Somebody was faster: on something else it is tried again, on the same it is said.
            if len(Lines(case.folder).decisions) == len(known):
                raise
    raise UsageError("others keep deciding on this case at this moment", todo="try again in a minute")


def _check_unmoved(known: Sequence[Known], badge: str, seen: dict[str, Look]) -> None:
    """Raise UsageError where somebody else has decided on the same since the officer looked."""
    for one in known:
        decision = one.decision
        fresh = [
            name for name in decision.subjects if name in seen and decision.decision > seen[name].decisions
        ]
        if fresh and decision.by != badge and not one.problem:
            why = f": {decision.reason}" if decision.reason else ""
            raise UsageError(
                "somebody else has decided on it since you looked",
                where=", ".join(fresh)[:200],
                found=f"{decision.by} {ACTS[decision.act]} it at {decision.at} (decision {decision.decision}){why}"[
                    :400
                ],
                todo="run 'workbench review show', then decide again if you must",
            )


def sign(case: CaseFile, session: Session, number: int = 0) -> Seal:
    """Countersign a seal that somebody else made (10.5): the newest that was seen, or the one named; give it.

    Raises ReviewNeeded where none was seen and none is named, AuthorityError for one's own seal and for a role
    that does not review, UsageError where they have signed it already.
    """
    Access.of(case.folder, case.department, case.clock).require(session.badge)
    wanted = number or _last_seen(case, session.badge).number
    seal = case.countersign(session, wanted)
    sealing.finish(case, session)
    return seal


def _last_seen(case: CaseFile, badge: str) -> Seal:
    """Give the newest seal that the officer saw and somebody else made."""
    seen = {look.seal: look for look in looks(case.folder, badge) if look.seal}
    for number in sorted(seen, reverse=True):
        seal = _seal(case, seen[number])
        if seal.by != badge:
            return seal
    raise ReviewNeeded(
        "you have not seen a seal that somebody else made",
        where=case.number,
        todo=f"run 'workbench review show {case.number}', or name it with --seal N",
    )


def ratify(case: CaseFile, session: Session, reason: str = "") -> CaseVersion:
    """Ratify the oral authority that the officer gave, and seal the case."""
    first = case.history().versions[0]
    version = case.act(session, "ratify", ratifies=first.sha256, reason=reason)
    sealing.finish(case, session)
    return version
