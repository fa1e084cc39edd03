"""What waits for a supervisor: captures, imports, runs, and every exhibit that a notebook or annotation cites.

The sample is no choice of anybody's: those exhibits whose SHA-256 of ``<seal's hash> <citation>`` is smallest.
Who has the seal can draw it again.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from workbench.custody import seals
from workbench.custody.log import GENESIS
from workbench.policy.decisions import ACTS, bar
from workbench.records import Citation, Record
from workbench.review import compared, decided
from workbench.review.claims import Claim, Claims
from workbench.review.compared import Compared, Outcome, Trouble
from workbench.review.decided import Known, Reopened
from workbench.review.lines import Lines
from workbench.tables.pending import pending

SAMPLE = 5
WAITING, REOPENED, UNFINISHED = "waiting", "reopened", "unfinished"
OPEN = frozenset({WAITING, REOPENED, UNFINISHED})
"""States in which something is still to be looked at; the others are those that ``decisions.ACTS`` names."""


class Decided(Record, frozen=True, kw_only=True):
    """The decision that counts for an item; ``at`` is its own stamp."""

    number: int
    act: str
    by: str
    at: str
    reason: str


class Item(Record, frozen=True, kw_only=True):
    """One thing to decide on.

    ``name`` is ``capture-0001``, ``import-0001``, ``run-0001`` or a citation. ``sealed`` says whether the newest
    seal covers it; ``barred`` why the reader may not decide on it. ``sample`` are exhibits of it to look at.
    """

    name: str
    about: str
    actor: str
    state: str
    sealed: bool
    barred: str = ""
    outcome: Outcome | None = None
    scope: tuple[Compared, ...] = ()
    issues: tuple[Trouble, ...] = ()
    sample: tuple[str, ...] = ()
    cited_by: tuple[Claim, ...] = ()
    mark: str = ""
    decided: Decided | None = None
    reopened: Reopened | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be looked at."""
        return self.state in OPEN


class Queue(Record, frozen=True, kw_only=True):
    """All items of a case, as one officer sees them at one line of the log.

    ``seal`` is the newest seal's number, 0 where there is none; ``decisions`` how many there are. ``marks`` are
    those that stand, by exhibit number. ``notes`` say what could not be told, ``problems`` which decisions do
    not count and why.
    """

    case: str
    position: int
    seal: int
    seal_sha256: str
    sealed: int
    decisions: int
    items: tuple[Item, ...]
    marks: dict[int, str]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def item(self, name: str) -> Item | None:
        """Find an item by its name."""
        return next((item for item in self.items if item.name == name), None)


def queue(
    folder: Path, reader: str, *, sample: int = SAMPLE, also: Iterable[str] = (), lines: Lines | None = None
) -> Queue:
    """Read what there is to review; ``reader`` is the badge for whom it is told who may decide.

    ``sample`` is how many exhibits of each capture and import are drawn; ``also`` are citations of exhibits to be
    items although nobody cites them; ``lines`` is the case's log where it was read already. Raises UsageError where
    the case has no such exhibit, IntegrityError where log, runs, annotations or decisions are not what was logged.
    """
    reading = _Reading(lines or Lines(folder), reader, sample)
    return reading.queue(frozenset(Citation.parse(name).number for name in also))


def drawn(seal_sha256: str, citations: Iterable[str], most: int) -> tuple[str, ...]:
    """Draw a sample that anybody can draw again from the seal's hash; in order of exhibit number."""

    def rank(citation: str) -> bytes:
        return hashlib.sha256(f"{seal_sha256} {citation}".encode()).digest()

    chosen = heapq.nsmallest(most, citations, key=rank)
    return tuple(sorted(chosen, key=lambda text: Citation.parse(text).number))


class _Reading:
    """Everything that the items are made from, read once."""

    def __init__(self, lines: Lines, reader: str, sample: int) -> None:
        self.lines, self.reader, self.sample = lines, reader, sample
        seal = seals.newest(lines.folder)
        self.seal = seal.number if seal else 0
        self.seal_sha256 = seal.sha256 if seal else GENESIS
        self.sealed = seal.lines if seal else 0
        self.claims = Claims(lines)
        self.known = decided.read_all(lines)
        self.last = decided.latest(self.known)
        self.cited = self.claims.known()
        self.reopened = decided.reopened(lines, self.last, self.claims.of)
        self.issues = compared.issues(lines, self.claims.withheld)

    def queue(self, also: frozenset[int]) -> Queue:
        return Queue(
            case=self.lines.case,
            position=self.lines.last,
            seal=self.seal,
            seal_sha256=self.seal_sha256,
            sealed=self.sealed,
            decisions=len(self.known),
            items=(*self._works(), *self._cited(also)),
            marks=self.claims.marks,
            notes=tuple(self._notes()),
            problems=tuple(self._problems()),
        )

    def _works(self) -> Iterator[Item]:
        for name, work in self.lines.works.items():
            held = self.lines.exhibits.get(name)
            numbers = held.numbers if held else ()
            ended = work.end.seq if work.end else 0
            scope = compared.scope(self.lines, name, work)
            yield Item(
                name=name,
                about=_about(name, work.begin.fields, scope),
                actor=work.begin.actor,
                state=self._state(name) if ended else UNFINISHED,
                sealed=0 < ended <= self.sealed,
                barred=bar(self.reader, self.lines.subject(name)),
                outcome=compared.outcome(self.lines, name, work),
                scope=scope,
                issues=self.issues.get(name, ()),
                sample=drawn(self.seal_sha256, map(self.lines.citation, numbers), self.sample),
                decided=self._decided(name),
                reopened=self.reopened.get(name),
            )

    def _cited(self, also: frozenset[int]) -> Iterator[Item]:
        """Give the cited exhibits, and those that somebody decided on although nobody cites them."""
        single = {Citation.parse(name).number for name in self.last if "-E" in name}
        for number in sorted(single | set(self.cited) | also):
            yield self.exhibit(number)

    def exhibit(self, number: int) -> Item:
        """Give one exhibit as an item of its own."""
        name = self.lines.citation(number)
        source, line = self.lines.source_of(number)
        subject = self.lines.subject(name)
        return Item(
            name=name,
            about=f"exhibit of {source}",
            actor=subject.actor,
            state=self._state(name),
            sealed=0 < line <= self.sealed,
            barred=bar(self.reader, subject),
            issues=self.issues.get(name, ()),
            sample=(name,),
            cited_by=tuple(self.cited.get(number, ())),
            mark=self.claims.marks.get(number, ""),
            decided=self._decided(name),
            reopened=self.reopened.get(name),
        )

    def _state(self, name: str) -> str:
        if name in self.reopened:
            return REOPENED
        return ACTS[self.last[name].decision.act] if name in self.last else WAITING

    def _decided(self, name: str) -> Decided | None:
        known = self.last.get(name)
        return told(known) if known else None

    def _notes(self) -> Iterator[str]:
        if not self.seal:
            yield "nothing is sealed yet, and what is not sealed cannot be decided on: run 'workbench seal'"
        for source, why in pending(self.lines.folder).items():
            yield f"the tables of {source} do not show all of it ({why}): what concerns cited exhibits may be unseen"
        for by, names in self.claims.unknown().items():
            yield f"{by} cites what the case does not hold: {', '.join(names[:5])}"

    def _problems(self) -> Iterator[str]:
        for known in self.known:
            if known.problem:
                yield f"decision {known.decision.decision} does not count: {known.problem}"


def told(known: Known) -> Decided:
    """Give the parts of a decision that people ask for."""
    one = known.decision
    return Decided(number=one.decision, act=one.act, by=one.by, at=one.at, reason=one.reason)


def _about(name: str, fields: Mapping[str, object], scope: Iterable[Compared]) -> str:
    """Say in a few words what it is of; a target is captured text, to be escaped."""
    target = next((one.took for one in scope if one.what == "target"), "")
    return target or str(fields.get("name", "")) or ("files given to us" if name.startswith("import") else "")
