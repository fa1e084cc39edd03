"""Writing an annotation: the rules are asked, then the case's writer (docs/casefile-format.md, 7.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench import pointing, sameact, sealing
from workbench.casefile import CaseFile
from workbench.custody import annotations as written
from workbench.custody import log
from workbench.department import Session
from workbench.errors import IntegrityError, UsageError
from workbench.policy import accounts, acts
from workbench.policy import annotations as rules
from workbench.policy.annotations import Annotation
from workbench.policy.officers import ROLES
from workbench.records import Citation

_SHORT = re.compile(r"E?([0-9]{1,9})(?:#.*)?")


def annotate(
    case: CaseFile,
    session: Session,
    kind: str,
    exhibits: Sequence[int | str],
    text: str,
    **added: Any,  # noqa: ANN401 - words, numbers or tables of words, as the kind adds
) -> int:
    """Write an annotation of a kind about exhibits; give its number.

    ``exhibits`` are numbers or citations, of which the numbers are kept; ``added`` is what the kind adds
    (docs/casefile-format.md, 7.3). Raises UsageError where the words do not fit, a citation points to where no row
    stands, or somebody else has written about the same act or account since ``replaces``; AuthorityError where the
    officer may not write this.
    """
    about, cited = _about(exhibits, case.number)
    standing = case.standing()
    if standing.problem:
        raise IntegrityError(
            "the case's authority does not hold",
            where=standing.problem,
            todo="run 'workbench verify' and tell your supervisor",
        )
    rules.check_writer(kind, session.badge, standing.workers, ROLES[session.role])
    # A note about an account holds no such field: it is only asked whether the newest one was seen.
    seen = added.pop("replaces", None) if kind in accounts.KINDS else None
    with case.chain.lock:
        # Under the lock, so that what is being written just now is not overwritten: a mark, or another's words.
        before = written.read(case.folder)
        if "act" in added:
            added["act"] = sameact.name(case.folder, act_of(added["act"], case.number), before)
        body = {"kind": kind, "exhibits": about or _cited(before, added), "text": text, **added}
        rules.check_withdrawal(body, before)
        rules.check_new(body, rules.marked(before), exhibits=log.last_exhibit(case.folder))
        pointing.check(case.folder, [*cited, *_new_act(added, before, case.number)])
        acts.check_order(body, session.badge, before)
        accounts.check_order(body, seen, before)
        number = case.annotate(body)
    sealing.finish(case, session)
    return number


def _about(exhibits: Sequence[int | str], case: str) -> tuple[list[int], list[str]]:
    """Give the exhibits' numbers, and the citations that were named, written in full."""
    named = [one for one in exhibits if isinstance(one, str)]
    return (
        [number_of(one, case) if isinstance(one, str) else one for one in exhibits],
        [
            str(Citation(case=case, number=number_of(one, case), pointer=one.partition("#")[2]))
            for one in named
        ],
    )


def _new_act(added: Mapping[str, Any], before: Sequence[Annotation], case: str) -> list[str]:
    """Give the citation by which an act is named for the first time; who wrote of it before can still be answered."""
    act = str(added.get("act", ""))
    known = {one.act for one in before}
    return [act] if act.startswith(f"{case}-E") and act not in known else []


def _cited(before: Sequence[Annotation], added: dict[str, Any]) -> list[int]:
    """Give the exhibits of what is withdrawn: nobody need name them again."""
    fact = rules.standing_facts(before).get(added.get("of", 0))
    return list(fact.exhibits) if fact else []


def act_of(name: str, case: str) -> str:
    """Write an act's name in full where it is a citation: whole, so that every table finds it."""
    short = _SHORT.fullmatch(name)
    if short is None or not name.startswith("E"):
        return name
    return str(Citation(case=case, number=int(short[1]), pointer=name.partition("#")[2]))


def numbers(citations: Sequence[str], case: str) -> list[int]:
    """Read citations of one case, whole or as ``E0012``; raise UsageError for another case's."""
    return [number_of(one, case) for one in citations]


def number_of(citation: str, case: str) -> int:
    """Read one citation; a pointer into the exhibit is allowed and left out."""
    short = _SHORT.fullmatch(citation)
    if short:
        return int(short[1])
    parsed = Citation.parse(citation)
    if parsed.case != case:
        raise UsageError("this citation is of another case", expected=case, found=parsed.case)
    return parsed.number
