"""The decisions of a case, read and checked: what counts, and what new evidence has opened again since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow.compute as pc

from workbench.custody import log, sshsig
from workbench.custody.history import read_checked
from workbench.errors import WorkbenchError
from workbench.policy import decisions
from workbench.policy.decisions import Decision
from workbench.policy.officers import REVIEW
from workbench.records import Citation, Record
from workbench.review.claims import Claim
from workbench.review.lines import Lines
from workbench.rows import TABLES
from workbench.tables import read

_THINGS = tuple(name for name in TABLES if name != "issues")
"""Tables whose rows name what they observe."""


class Known(Record, frozen=True, kw_only=True):
    """A decision with the line that names it, and how many lines its seal covers.

    ``problem`` says why it does not count; it is empty where the decision is signed and keeps every rule.
    """

    decision: Decision
    line: int
    sealed: int
    problem: str = ""


class Reopened(Record, frozen=True, kw_only=True):
    """Why something that was decided is open again, and by which new exhibits, capture or annotations."""

    reason: str
    by: tuple[str, ...]


def read_all(lines: Lines) -> list[Known]:
    """Read the case's decisions in order; raise IntegrityError where one is gone, altered or unreadable."""
    found: list[Known] = []
    previous = log.GENESIS
    for entry in lines.decisions:
        where = f"decisions/{entry.fields['decision']:04d}.json"
        data = read_checked(lines.folder, where, entry.fields["sha256"])
        decision = Decision.parse(data, where)
        known = Known(decision=decision, line=entry.seq, sealed=_sealed(lines, decision))
        problem = _problem(lines, known, entry, data, previous)
        found.append(Known(decision=decision, line=entry.seq, sealed=known.sealed, problem=problem))
        previous = str(entry.fields["sha256"])
    return found


def latest(known: Iterable[Known]) -> dict[str, Known]:
    """Give for each subject the last decision that counts (11.3)."""
    return {name: one for one in known if not one.problem for name in one.decision.subjects}


def _sealed(lines: Lines, decision: Decision) -> int:
    """Give how many lines the seal covers that the officer saw; 0 where the case holds no such seal."""
    sha256, sealed = lines.seals.get(decision.seal, ("", 0))
    return sealed if sha256 == decision.seal_sha256 else 0


def _problem(lines: Lines, known: Known, entry: log.Entry, data: bytes, previous: str) -> str:
    decision = known.decision
    expected = (lines.case, entry.fields["decision"], previous, entry.actor)
    if (decision.case, decision.decision, decision.previous, decision.by) != expected:
        return "it does not follow the decision before it, or is not of who entered it"
    officers = lines.officers_at(entry.seq)
    if officers is None:
        return "no officers file stands before it"
    try:
        signature = f"decisions/{decision.decision:04d}.json.{decision.by}.sig"
        sha256 = entry.fields["signatures"].get(decision.by, "")
        key = sshsig.verify(read_checked(lines.folder, signature, sha256), data, REVIEW, signature)
        at = max(entry.at, officers.at)
        if not officers.may(decision.by, REVIEW, at, key):
            return f"no valid signature of {decision.by} in the role that a decision needs"
        subjects = [lines.subject(name, entry.seq) for name in decision.subjects]
        role = officers.role(decision.by, at)
        decisions.check(decision.act, decision.by, role, decision.reason, subjects, sealed=known.sealed)
    except WorkbenchError as error:
        return error.what
    return ""


_SAID = frozenset({"act", "authorship", "notice", "withdrawal"})
"""Kinds of annotation that change what a decision on an exhibit was about."""

# --- opened again ------------------------------------------------------------------------------


def reopened(
    lines: Lines, last: Mapping[str, Known], claims: Mapping[int, list[Claim]]
) -> dict[str, Reopened]:
    """Say what has been opened again since it was decided, by evidence that the officer had not seen.

    A citation: by an exhibit logged after the seal that the decision names which holds a row of the same
    ``entity_id``, or by what somebody said since of an act or an account, citing it. What was returned: also by a
    later capture of the same target.
    """
    found = _again(lines, last) | _said_since(last, claims)
    cited = {Citation.parse(name).number: one for name, one in last.items() if "-E" in name}
    for number, by in _observed_again(lines, cited, claims).items():
        words = (
            "a later exhibit observes the same thing"
            if len(by) == 1
            else "later exhibits observe the same thing"
        )
        found[lines.citation(number)] = Reopened(reason=words, by=tuple(lines.citation(n) for n in by))
    return found


def _said_since(last: Mapping[str, Known], claims: Mapping[int, list[Claim]]) -> dict[str, Reopened]:
    """Find the cited exhibits about which the officer has not seen all that was said."""
    found = {}
    for name, known in last.items():
        number = Citation.parse(name).number if "-E" in name else 0
        since = [one for one in claims.get(number, ()) if one.name in _SAID and one.line > known.sealed]
        if since:
            words = "more was said since of an act or an account, citing it"
            found[name] = Reopened(reason=words, by=tuple(one.by for one in since))
    return found


def _again(lines: Lines, last: Mapping[str, Known]) -> dict[str, Reopened]:
    found = {}
    for name, known in last.items():
        source = name if "-E" not in name else lines.source_of(Citation.parse(name).number)[0]
        if known.decision.act != "return" or not source.startswith("capture-"):
            continue
        by = _later_captures(lines, source, known.sealed)
        if by:
            found[name] = Reopened(reason="the same target was captured again after it was returned", by=by)
    return found


def _later_captures(lines: Lines, source: str, sealed: int) -> tuple[str, ...]:
    target = _target(lines, source)
    return tuple(
        name
        for name, work in lines.works.items()
        if name.startswith("capture-")
        and work.end is not None
        and work.end.seq > sealed
        and name != source
        and _target(lines, name) == target
    )


def _target(lines: Lines, capture: str) -> object:
    """Give what a capture was of; the place of a target may differ between case versions."""
    work = lines.work(capture)
    fields = work.begin.fields if work else {}
    versions = (one.version for one in lines.history.versions)
    scope = next((one.scope for one in versions if one.version == fields.get("authority")), None)
    index = fields.get("target", -1)
    return scope.targets[index] if scope is not None and 0 <= index < len(scope.targets) else capture


def _observed_again(
    lines: Lines, cited: Mapping[int, Known], claims: Mapping[int, list[Claim]]
) -> dict[int, list[int]]:
    """Give decided exhibit -> later exhibits with a row about the same thing, both by number."""
    oldest = min((known.sealed for known in cited.values()), default=0)
    if not cited or not any(held.lines and held.lines[-1] > oldest for held in lines.exhibits.values()):
        return {}
    found: dict[int, set[int]] = {}
    for table, about in _entities(lines, cited, claims).items():
        same = pc.field("entity_id").isin(list(about))
        for citation, entity in _rows(lines, table, same):
            line = lines.source_of(citation.number)[1]
            for number in about[entity]:
                if line > cited[number].sealed:
                    found.setdefault(number, set()).add(citation.number)
    return {number: sorted(later) for number, later in found.items()}


def _entities(
    lines: Lines, cited: Iterable[int], claims: Mapping[int, list[Claim]]
) -> dict[str, dict[str, set[int]]]:
    """Give what the decided exhibits are about: table -> entity_id -> exhibit numbers."""
    names = [lines.citation(number) for number in cited]
    whole = pc.replace_substring_regex(pc.field("exhibit"), pattern=r"#(?s:.*)$", replacement="")
    rows = [(table, *row) for table in _THINGS for row in _rows(lines, table, whole.isin(names))]
    held: dict[int, set[str]] = {}
    for _, citation, _ in rows:
        held.setdefault(citation.number, set()).add(citation.pointer)
    meant = {number: _meant(claims.get(number, []), pointers) for number, pointers in held.items()}
    found: dict[str, dict[str, set[int]]] = {}
    for table, citation, entity in rows:
        if entity and citation.pointer in meant[citation.number]:
            found.setdefault(table, {}).setdefault(entity, set()).add(citation.number)
    return found


def _rows(lines: Lines, table: str, where: pc.Expression) -> Iterator[tuple[Citation, str]]:
    rows = read.frame(lines.folder, table, ["exhibit", "entity_id"], where)
    for text, entity in zip(rows["exhibit"], rows["entity_id"], strict=True):
        yield Citation.parse(text), entity


def _meant(claims: list[Claim], held: set[str]) -> set[str]:
    """Give the pointers of the rows that are claimed: all where a claim is about the whole exhibit, or unclear."""
    wanted: set[str] = set().union(*(claim.pointers for claim in claims))
    precise = claims and all(claim.pointers and claim.pointers <= held for claim in claims)
    return wanted if precise else held
