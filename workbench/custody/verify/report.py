"""What verifying gives: every defect with its clause and bytes, notes, counts and numbered steps."""

from __future__ import annotations

from typing import Final

import msgspec

from workbench.counts import counted

STEPS: Final[dict[int, tuple[str, str]]] = {
    1: ("the folder and its format: allowed names, no links, no twins", "1, 9"),
    2: ("the custody log: form, chain, order", "2"),
    3: ("officers: the chain of registers and its root", "3"),
    4: ("case versions: signatures, acts, approvals", "4"),
    5: ("the log's account: numbers, files, authority of each capture", "1.4, 1.5, 2.8-2.10, 4.5, 5, 6"),
    6: ("evidence bytes: each file and each slice against its hash", "1.4, 5.3, 6.2"),
    7: ("records: each WARC record's form and digests", "5.1, 5.2, 5.5"),
    8: ("imports: receipts and archive members", "6"),
    9: ("runs, annotations, quarantine", "2.9, 7"),
    10: ("the audit chain", "2"),
    11: ("seals: chain, trees, lists of files", "2.1, 10.1-10.3, 10.8"),
    12: ("signatures of seals, decisions, releases, restores", "3.3, 3.4, 10.4, 10.5"),
    13: ("decisions, releases, restores: who might, on what", "7.3, 11, 12, 13"),
    14: ("timestamps", "10.6"),
    15: ("anchors: what is known outside the folder", "3.5, 10.7"),
}
"""Each step's title and the clauses of docs/casefile-format.md that it checks."""


UNSIGNED: Final = "unsigned seals"
"""The count of seals that their maker has not signed; there only where there are any."""


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """One breach of one clause: ``length`` bytes from ``offset`` of ``file`` (relative to the case)."""

    clause: str
    file: str
    what: str
    offset: int = 0
    length: int = 0
    expected: str = ""
    found: str = ""
    step: int = 0


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something a reader must know that is not a defect; ``kind`` is a short code."""

    kind: str
    what: str
    file: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered step, what it looks at, and how many defects it found."""

    number: int
    title: str
    clauses: str
    defects: int

    @property
    def ok(self) -> bool:
        """Say whether the step found nothing."""
        return self.defects == 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer. ``root`` is the fingerprint found; ``anchored`` says that it was the one given.

    ``anchors`` counts the seals given from outside that the case holds, ``newest_anchor`` is the newest of
    them (0 for none); ``restored`` says that the case was taken back from a backup (13).
    """

    case: str
    root: str
    anchored: bool
    anchors: int = 0
    newest_anchor: int = 0
    restored: bool = False
    defects: list[Defect]
    notes: list[Note]
    counts: dict[str, int]
    steps: list[Step]

    @property
    def ok(self) -> bool:
        """Say whether every check passed."""
        return not self.defects

    @property
    def answer(self) -> str:
        """Say what a case without a defect is anchored in, what nobody signed, and whether it was restored."""
        found = ["the root given"] * self.anchored
        if self.anchors:
            seals = "1 seal" if self.anchors == 1 else f"{self.anchors} seals"
            found.append(f"{seals} given, newest seal {self.newest_anchor}")
        answer = f"anchored in {' and in '.join(found)}" if found else "self-consistent, not anchored"
        if unsigned := self.counts.get(UNSIGNED, 0):
            # In the answer itself: a seal that nobody signed may have been made by anybody.
            many = unsigned > 1
            answer += f", {unsigned} seal{'s' * many} NOT SIGNED by who made {'them' if many else 'it'}"
        return f"{answer}, restored" if self.restored else answer

    def to_json(self) -> str:
        """Write the report as one JSON object, ``ok`` included."""
        return msgspec.json.encode({"ok": self.ok, **msgspec.to_builtins(self)}).decode()

    def to_text(self) -> str:
        """Write the report as a person reads it: steps, defects, notes, the answer."""
        parts = [
            f"  {each.number:2}. {_told(each.defects):12} {each.title} ({each.clauses})"
            for each in self.steps
        ]
        parts += [_defect_text(each) for each in self.defects]
        parts += [f"  note: {each.what}{f' [{each.file}]' if each.file else ''}" for each in self.notes]
        counts = ", ".join(counted(number, name.removesuffix("s")) for name, number in self.counts.items())
        last = f"{self.case}: {self.answer if self.ok else _told(len(self.defects))} ({counts})"
        return "\n".join([*parts, last])


def _told(defects: int) -> str:
    return "ok" if not defects else "1 defect" if defects == 1 else f"{defects} defects"


def _defect_text(each: Defect) -> str:
    place = f", bytes {each.offset} to {each.offset + each.length}" if each.length else ""
    contrast = f"; expected {each.expected}" * bool(each.expected) + f"; found {each.found}" * bool(
        each.found
    )
    return f"  clause {each.clause}: {each.file or 'the folder'}{place}: {each.what}{contrast}"


class Findings:
    """Where the steps put what they find, while verifying runs."""

    def __init__(self) -> None:
        self.defects: list[Defect] = []
        self.notes: list[Note] = []
        self.counts: dict[str, int] = {}
        self.step = 1
        self._read: set[str] = set()

    def first(self, name: str) -> bool:
        """Say whether a file is read for the first time.

        One line names each file (1.4). Any number of hostile lines may name one large file: it is read once.
        """
        known = name in self._read
        self._read.add(name)
        return not known

    def defect(
        self,
        clause: str,
        file: str,
        what: str,
        *,
        at: tuple[int, int] = (0, 0),
        expected: object = "",
        found: object = "",
    ) -> None:
        """Add a defect to the step under way; ``at`` is offset and length."""
        self.defects.append(
            Defect(
                clause=clause,
                file=shown(file),
                what=shown(what),
                offset=at[0],
                length=at[1],
                expected=brief(expected),
                found=brief(found),
                step=self.step,
            )
        )

    def take(self, defects: list[Defect], step: int | None = None) -> None:
        """Add defects found elsewhere, under the step given or the one under way; what they quote is escaped here."""
        number = self.step if step is None else step
        self.defects += [
            msgspec.structs.replace(
                each,
                what=shown(each.what),
                expected=brief(each.expected),
                found=brief(each.found),
                step=each.step or number,
            )
            for each in defects
        ]

    def note(self, kind: str, what: str, file: str = "") -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, what=shown(what), file=shown(file)))

    def steps(self) -> list[Step]:
        """Count the defects of each step."""
        return [
            Step(
                number=number,
                title=title,
                clauses=clauses,
                defects=sum(each.step == number for each in self.defects),
            )
            for number, (title, clauses) in STEPS.items()
        ]


def shown(name: str) -> str:
    """Make a file name fit for a report: undecodable bytes and control characters escaped."""
    safe = name.encode("utf-8", "backslashreplace").decode()
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in safe)[:400]


def brief(value: object) -> str:
    """Show a value of hostile origin in at most 160 characters."""
    return shown(value if isinstance(value, str) else repr(value))[:160]
