"""One walk along a case's log: what was captured, imported, run, annotated and decided, and at which line."""

from __future__ import annotations

import bisect
from array import array
from collections import Counter
from pathlib import Path

from workbench.custody import history, log
from workbench.custody.history import History, Work
from workbench.errors import IntegrityError, UsageError
from workbench.policy.decisions import Subject, asked_by, workers
from workbench.policy.officers import Officers
from workbench.records import Citation

_WORKS = ("capture", "import", "run")


class Numbers:
    """The exhibits of one source: their numbers, rising, and the lines of the log that name them."""

    def __init__(self) -> None:
        self.numbers = array("q")
        self.lines = array("q")

    def line(self, number: int) -> int:
        """Give the line that names an exhibit; 0 where it is not of this source."""
        place = bisect.bisect_left(self.numbers, number)
        there = place < len(self.numbers) and self.numbers[place] == number
        return self.lines[place] if there else 0


class Lines:
    """A case's log as the review needs it. Raises IntegrityError where it cannot be read.

    ``seals``: number -> SHA-256, and how many lines it seals.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = folder.name
        self.history: History = history.read(folder)
        self.exhibits: dict[str, Numbers] = {}
        self.refusals: dict[int, Counter[str]] = {}
        self.annotations: list[log.Entry] = []
        self.decisions: list[log.Entry] = []
        self.rare: list[log.Entry] = []
        self.seals: dict[int, tuple[str, int]] = {}
        self._officers: list[int] = []
        self.last = 0
        for entry in log.entries(folder):
            try:
                self._take(entry)
            except (KeyError, TypeError, AttributeError) as error:
                raise IntegrityError(
                    "a line of the custody log lacks a field, or holds a wrong one",
                    where=f"line {entry.seq}",
                    todo="run 'workbench verify' to see every defect",
                ) from error

    def _take(self, entry: log.Entry) -> None:
        self.last, fields = entry.seq, entry.fields
        if entry.action == "exhibit":
            kind = "capture" if "capture" in fields else "import"
            held = self.exhibits.setdefault(f"{kind}-{fields[kind]:04d}", Numbers())
            held.numbers.append(fields["exhibit"])
            held.lines.append(entry.seq)
            return
        self.rare.append(entry)
        if entry.action == "refused":
            self.refusals.setdefault(fields["capture"], Counter())[fields["reason"]] += 1
        elif entry.action == "officers":
            self._officers.append(entry.seq)
        elif entry.action == "annotation":
            self.annotations.append(entry)
        elif entry.action == "decision":
            self.decisions.append(entry)
        elif entry.action == "seal":
            # Its line is the first after those that it seals (clause 10.2).
            self.seals[fields["seal"]] = (fields["sha256"], entry.seq - 1)

    @property
    def works(self) -> dict[str, Work]:
        """All captures, imports and runs by name, in the order in which they began."""
        found = (self.history.captures, self.history.imports, self.history.runs)
        named = {
            f"{kind}-{n:04d}": w for kind, held in zip(_WORKS, found, strict=True) for n, w in held.items()
        }
        return dict(sorted(named.items(), key=lambda pair: pair[1].begin.seq))

    def work(self, name: str) -> Work | None:
        """Give a capture, import or run by its name."""
        kind, _, number = name.partition("-")
        found = {"capture": self.history.captures, "import": self.history.imports, "run": self.history.runs}
        return found[kind].get(int(number)) if kind in found else None

    def source_of(self, number: int) -> tuple[str, int]:
        """Give the source of an exhibit and the line that names it; empty and 0 where there is none."""
        for source, held in self.exhibits.items():
            line = held.line(number)
            if line:
                return source, line
        return "", 0

    def officers_at(self, line: int) -> Officers | None:
        """Give the officers file in force at a line of the log (clause 3.4)."""
        place = bisect.bisect_left(self._officers, line)
        known = self.history.officers
        return known[place - 1] if 0 < place <= len(known) else None

    def subject(self, name: str, until: int = 0) -> Subject:
        """Say what somebody wants to decide on; raise UsageError where the case has no such thing.

        ``until`` is the line up to which it counts who works the case; 0 for now.
        """
        source, ended = name, 0
        if "-E" in name:
            source, ended = self.source_of(Citation.parse(name).number)
        work = self.work(source)
        if work is None:
            raise UsageError(
                "the case has no such thing", where=self.case, found=name, todo="see 'workbench review list'"
            )
        if source == name:
            ended = work.end.seq if work.end else 0
        versions = self.history.versions
        return Subject(
            name=name,
            ended=ended,
            actor=work.begin.actor,
            asked=asked_by(versions, work.begin.fields.get("authority", 0)),
            workers=workers(versions, work.begin.seq, until or self.last),
        )

    def citation(self, number: int) -> str:
        """Write an exhibit's citation."""
        return str(Citation(case=self.case, number=number))
