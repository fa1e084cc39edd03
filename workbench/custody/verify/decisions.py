"""Decisions on review: by whom, on what, as of which seal (docs/casefile-format.md, 11)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import Final

import msgspec

from workbench.custody.verify.documents import Document
from workbench.custody.verify.exhibits import Exhibits
from workbench.custody.verify.kept import Line
from workbench.custody.verify.log import Log
from workbench.custody.verify.report import Findings
from workbench.custody.verify.seals import Seal
from workbench.custody.verify.standing import Standing, Version

_MOST: Final = 200
"""More problems of one decision than this are not told: a hostile one could have any number."""
_SUBJECT: Final = re.compile(r"(capture|import|run)-([0-9]{4})")
_CITATION: Final = re.compile(r"([0-9]{4}-[0-9A-Z]{1,12})-E([0-9]{4,18})")
_PLURAL: Final = {"c": "capture", "i": "import"}


class Subject(msgspec.Struct, frozen=True):
    """What is decided on: who did it, who asked for its authority, the places of its first and last line."""

    actor: str
    asked: object
    begun: int
    ended: int | None


class Lookup:
    """Captures, imports, runs, exhibits and seals by number, for every decision and release."""

    def __init__(self, log: Log, history: list[Version], seals: list[Seal]) -> None:
        self.case = log.case or ""
        self.exhibits = Exhibits(log)
        self.standing = Standing(history)
        # Once for all decisions: a hostile case has any number of either, and long lists of who is assigned.
        self._workers = [
            frozenset(_texts([each.body.get("owner"), *_list(each.body.get("assigned"))])) for each in history
        ]
        self._places = [each.line.ordinal for each in history]
        self._versions = {each.sha256: each for each in reversed(history)}
        self._seals = {seal.number: seal for seal in reversed(seals)}
        self._begun = {
            "capture": _numbered(log, "capture.begin", "capture"),
            "import": _numbered(log, "import.begin", "import"),
            "run": _numbered(log, "run", "run"),
        }
        self._ended = {
            "capture": _numbered(log, "capture.end", "capture"),
            "import": _numbered(log, "import.end", "import"),
            "run": self._begun["run"],
        }

    def seal(self, document: Document) -> Seal | None:
        """Give the seal that a document names, where it stood before and has that hash."""
        seal = self._seals.get(document.body["seal"])
        fits = seal is not None and seal.line.ordinal < document.line.ordinal
        return seal if fits and seal is not None and seal.sha256 == document.body["seal_sha256"] else None

    def subject(self, text: str, before: int) -> Subject | None:
        """Find a subject of 11.1 whose line stands before that place."""
        if match := _SUBJECT.fullmatch(text):
            return self._of(match[1], int(match[2]), before)
        if (number := self.citation(text)) is None:
            return None
        found = self.exhibits.find(number)
        if found is None or found[0] >= before:
            return None
        whole = self._of(_PLURAL[found[1]], found[2], before)
        return whole and Subject(whole.actor, whole.asked, whole.begun, found[0])

    def citation(self, text: str) -> int | None:
        """Read a citation of this case, in the one way that 8.1 writes it."""
        match = _CITATION.fullmatch(text)
        if match is None or match[1] != self.case or match[2] != f"{int(match[2]):04d}":
            return None
        return int(match[2])

    def _of(self, kind: str, number: int, before: int) -> Subject | None:
        begun, ended = self._begun[kind].get(number), self._ended[kind].get(number)
        if begun is None or begun.ordinal >= before:
            return None
        asked = self._asked(begun) if kind == "capture" else None
        last = ended.ordinal if ended and ended.ordinal < before else None
        return Subject(begun.actor, asked, begun.ordinal, last)

    def working(self, by: str) -> list[bool]:
        """Say of each case version whether an officer owned the case, or was assigned to it, from then on."""
        return [by in workers for workers in self._workers]

    def works(self, by: str, ordinal: int) -> bool:
        """Say whether the newest case version before that place names an officer as owner or assigned."""
        place = bisect_left(self._places, ordinal)
        return place > 0 and by in self._workers[place - 1]

    def versions(self, begun: int, until: int) -> tuple[int, int]:
        """Give the first and the last of the case versions that hold anywhere from one place to another."""
        places = self._places
        return max(0, bisect_left(places, begun) - 1), bisect_left(places, until)

    def _asked(self, begun: Line) -> object:
        authority = self.standing.approval(begun.fields["authority"], begun.ordinal)
        if authority is not None and authority.act == "approve":
            authority = self._versions.get(str(authority.body.get("approves")))
        return authority.body.get("by") if authority is not None else None


def _numbered(log: Log, action: str, key: str) -> dict[int, Line]:
    found: dict[int, Line] = {}
    for line in log.of(action):
        found.setdefault(line.fields[key], line)
    return found


def _texts(values: list[object]) -> Iterator[str]:
    return (each for each in values if isinstance(each, str))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def check(decisions: list[Document], lookup: Lookup, findings: Findings) -> None:
    """Check every decision (11.1, 11.2)."""
    for decision in decisions:
        for clause, what, expected, found in islice(_problems(decision, lookup), _MOST):
            findings.defect(clause, decision.name, what, expected=expected, found=found)


def _problems(decision: Document, lookup: Lookup) -> Iterator[tuple[str, str, str, object]]:
    body, line = decision.body, decision.line
    if body["act"] in {"return", "reject"} and not body["reason"].strip():
        yield "11.1", f"'{body['act']}' needs a reason", "", ""
    for text in body["looked"]:
        number = lookup.citation(text)
        if number is None or not lookup.exhibits.stands(number, line.ordinal):
            yield "11.1", "'looked' names no exhibit before this line", "a citation", text
    seal = lookup.seal(decision)
    if seal is None:
        yield "11.2", "the seal that the officer saw was not made before this line", "", body["seal"]
    # How many versions up to each had that officer work the case: a range is then two look-ups.
    worked = [0, *accumulate(lookup.working(body["by"]))]
    for text in body["subjects"]:
        yield from _subject(text, decision, seal, lookup, worked)


def _subject(
    text: str, decision: Document, seal: Seal | None, lookup: Lookup, worked: list[int]
) -> Iterator[tuple[str, str, str, object]]:
    by, subject = decision.body["by"], lookup.subject(text, decision.line.ordinal)
    if subject is None:
        yield "11.1", "a subject is no capture, import, run or exhibit before this line", "", text
        return
    if by == subject.actor:
        yield "11.2", f"the officer who decided on {text} did it", "another", by
    if by == subject.asked:
        yield "11.2", f"the officer who decided on {text} asked for its authority", "another", by
    first, last = lookup.versions(subject.begun, decision.line.ordinal)
    if worked[last] > worked[first]:
        what = f"the officer who decided on {text} owned the case or was assigned to it, then or later"
        yield "11.2", what, "another", by
    if subject.ended is None:
        yield "11.2", "a subject had not ended before this line", "", text
    elif seal is not None and subject.ended >= seal.lines:
        expected = f"a seal of {subject.ended + 1} lines or more"
        yield "11.2", f"the seal that the officer saw does not cover {text}", expected, seal.lines
