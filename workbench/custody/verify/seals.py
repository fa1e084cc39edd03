"""Seals: their form, their chain, the tree and the files that they name (docs/casefile-format.md, 10.1 to 10.3)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Final

import msgspec

from workbench.custody.verify import disk
from workbench.custody.verify.closed import Closed, Named
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import ZEROS, is_stamp
from workbench.custody.verify.log import Log
from workbench.custody.verify.merkle import fold
from workbench.custody.verify.officers import read_named
from workbench.custody.verify.report import Findings
from workbench.custody.verify.signatures import digest_of

_LIMIT: Final = 64 << 20
_HEAD_BYTES: Final = 1024
_SHOWN: Final = 20
_HEAD: Final = (
    ("version", r"# workbench-seal/(1)"),
    ("case", r"# case ([0-9]{4}-[0-9A-Z]{1,12})"),
    ("number", r"# number ([1-9][0-9]{0,8})"),
    ("previous", r"# previous ([0-9a-f]{64})"),
    ("at", r"# at (.{27})"),
    ("by", r"# by ([0-9a-z][0-9a-z.-]{0,31})"),
    ("lines", r"# lines ([1-9][0-9]{0,17})"),
    ("root", r"# root ([0-9a-f]{64})"),
    ("subtrees", r"# subtrees ([0-9a-f]{64}(?: [0-9a-f]{64}){0,63})"),
    ("audit", r"# audit ((?:0|[1-9][0-9]{0,17}) [0-9a-f]{64})"),
)
"""The lines of 10.1 in order, each with what it says."""
_ASKED: Final = ("at", "by", "lines", "audit")
"""What later steps ask of a seal."""
_FORMS: Final = tuple((name, re.compile(pattern)) for name, pattern in _HEAD)
_ENTRY: Final = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f\x7f]{1,400})")
_MARK: Final = re.compile(rb"^# lines ([1-9][0-9]{0,17})$", re.MULTILINE)


class Row(msgspec.Struct, frozen=True):
    """One line of a seal: what it says and where, for a defect."""

    text: str
    offset: int
    length: int

    @property
    def place(self) -> tuple[int, int]:
        """Give offset and length."""
        return self.offset, self.length


class Seal(msgspec.Struct, kw_only=True):
    """A seal that could be read, with the log line that names it.

    ``head`` holds 10.1's lines by name, once it has been checked those that later steps ask for; ``segments`` the log
    segments that it lists, each with its hash; ``digest`` is its SHA-512, ``data`` its bytes while it is being read.
    """

    line: Line
    name: str
    data: bytes
    digest: bytes
    head: dict[str, Row]
    segments: dict[str, str] = {}

    @property
    def number(self) -> int:
        """Give the number that its log line gives it."""
        return int(self.line.fields["seal"])

    @property
    def sha256(self) -> str:
        """Give its fingerprint, as its log line has it (10.7)."""
        return str(self.line.fields["sha256"])

    @property
    def lines(self) -> int:
        """Give how many log lines it seals."""
        return int(self.head["lines"].text)

    @property
    def audit(self) -> tuple[int, str]:
        """Give how many audit lines there were, and the hash of the last."""
        count, _, digest = self.head["audit"].text.partition(" ")
        return int(count), digest

    def text(self, key: str) -> str:
        """Give what a line of the head says."""
        return self.head[key].text


def marks(folder: Path, sizes: dict[str, int]) -> list[int]:
    """Look into every seal file for the line counts at which the log's tree will be wanted."""
    found = set()
    for name in sizes:
        if name.startswith("seals/") and name.endswith(".txt"):
            try:
                with disk.opened(folder, name) as fd:
                    match = _MARK.search(os.pread(fd, _HEAD_BYTES, 0))
            except OSError:  # whoever reads it as a seal says so
                continue
            found |= {int(match[1])} if match else set()
    return sorted(found)


def read(folder: Path, log: Log, findings: Findings) -> list[Seal]:
    """Check the seal of every ``seal`` line; give those that have their form, in order."""
    case = log.case or ""
    closed, previous, last, seals = Closed(log), ZEROS, 0, []
    for line in log.of("seal"):
        seal = _read(folder, line, findings)
        if seal is not None:
            _Check(seal, findings).all(log, closed, (case, previous, last))
            seal.segments = _segments(seal)
            # Many seals may be large: signatures are over the digest, and little is asked of the head again.
            seal.data, seal.head = b"", {key: seal.head[key] for key in _ASKED}
            seals.append(seal)
            last = seal.lines
        previous = line.fields["sha256"]
    return seals


def _read(folder: Path, line: Line, findings: Findings) -> Seal | None:
    name = f"seals/{line.fields['seal']:04d}.txt"
    data = read_named(folder, name, line.fields["sha256"], _LIMIT, findings)
    if data is None:
        return None
    if not data.endswith(b"\n") or not _is_utf8(data):
        findings.defect("10.1", name, "a seal is UTF-8, with LF at each line's end", at=(0, len(data)))
    head = _head(name, list(islice(_rows(data), len(_FORMS))), findings)
    return (
        Seal(line=line, name=name, data=data, digest=digest_of(data), head=head) if head is not None else None
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _rows(data: bytes) -> Iterator[Row]:
    """Give the lines one by one: a hostile file has as many as it has bytes."""
    offset = 0
    while offset < len(data):
        end = data.find(b"\n", offset)
        end = end if end >= 0 else len(data)
        yield Row(data[offset:end].decode("utf-8", "replace"), offset, end - offset)
        offset = end + 1


def _head(name: str, rows: list[Row], findings: Findings) -> dict[str, Row] | None:
    head: dict[str, Row] = {}
    for (key, form), row in zip(_FORMS, rows, strict=False):
        match = form.fullmatch(row.text)
        if match is None or (key == "at" and not is_stamp(match[1])):
            what = f"line '# {key}' of a seal does not have its form or its place"
            findings.defect("10.1", name, what, at=row.place, expected=form.pattern, found=row.text)
        else:
            head[key] = Row(match[1], row.offset, row.length)
    if len(rows) < len(_FORMS):
        findings.defect("10.1", name, "a seal ends before its ten first lines do")
    return head if len(head) == len(_FORMS) else None


def _entries(seal: Seal) -> Iterator[tuple[Named | None, Row]]:
    """Give the lines of a seal's list; None for one that is no hash, two spaces and a path."""
    for row in islice(_rows(seal.data), len(_FORMS), None):
        match = _ENTRY.fullmatch(row.text)
        yield (match[1], match[2]) if match else None, row


def _segments(seal: Seal) -> dict[str, str]:
    """Give the segments that a seal names, which stand first in its list (10.2)."""
    found: dict[str, str] = {}
    for entry, _ in _entries(seal):
        if entry is None or not entry[1].startswith("log/"):
            break
        found[entry[1]] = entry[0]
    return found


class _Check:
    """One seal against the log and the seal before it."""

    def __init__(self, seal: Seal, findings: Findings) -> None:
        self.seal = seal
        self.findings = findings

    def all(self, log: Log, closed: Closed, before: tuple[str, str, int]) -> None:
        """Check head, tree and list."""
        self._placed(*before)
        self._tree(log)
        self._list(closed.upto(self.seal.lines))

    def _same(self, clause: str, key: str, expected: object) -> None:
        row = self.seal.head[key]
        if row.text != str(expected):
            what = f"'# {key}' of a seal is off"
            self.findings.defect(
                clause, self.seal.name, what, at=row.place, expected=expected, found=row.text
            )

    def _placed(self, case: str, previous: str, last: int) -> None:
        line, row = self.seal.line, self.seal.head["at"]
        self._same("10.1", "case", case)
        self._same("10.3", "number", line.fields["seal"])
        self._same("10.1", "previous", previous)
        self._same("10.3", "by", line.actor)
        self._same("10.2", "lines", line.ordinal)
        if row.text > line.at:
            what = "a seal is dated later than its log line"
            self.findings.defect(
                "10.3", self.seal.name, what, at=row.place, expected=f"at most {line.at}", found=row.text
            )
        if self.seal.lines <= last:
            what = "a seal seals no line more than the one before it"
            place = self.seal.head["lines"].place
            self.findings.defect(
                "10.2", self.seal.name, what, at=place, expected=f"more than {last}", found=self.seal.lines
            )

    def _tree(self, log: Log) -> None:
        seal, hashes = self.seal, log.tree(self.seal.lines)
        if hashes is None:
            what = "the tree of the sealed lines cannot be made: lines are missing, too long or misnumbered"
            self.findings.defect("10.1", seal.name, what, at=seal.head["root"].place, found=seal.lines)
            return
        self._same("10.1", "root", fold(hashes).hex())
        found = seal.text("subtrees").split(" ")
        if found != [each.hex() for each in hashes]:
            odd = next(
                (n for n, pair in enumerate(zip(hashes, found, strict=False)) if pair[0].hex() != pair[1]), -1
            )
            what = "'# subtrees' of a seal are not those of the sealed lines"
            if odd < 0:
                expected, shown = f"{len(hashes)} subtrees", str(len(found))
            else:
                expected, shown = hashes[odd].hex(), found[odd]
            self.findings.defect(
                "10.1", seal.name, what, at=seal.head["subtrees"].place, expected=expected, found=shown
            )

    def _list(self, expected: list[Named]) -> None:
        """10.2: the list, line by line; a segment's hash is compared with its bytes (``segments``)."""
        seal, odd = self.seal, 0
        end = (None, Row("no line", len(seal.data), 0))
        for want, pair in zip_longest(expected, _entries(seal)):
            got, row = pair or end
            if want is not None and got is not None and got[1] == want[1] and want[0] in ("", got[0]):
                continue
            odd += 1
            if odd > _SHOWN:
                what = "more lines of a seal's list are off, from here on; they were not all compared"
                place = row.offset, len(seal.data) - row.offset
                self.findings.defect("10.2", seal.name, what, at=place)
                return
            self._odd(want, row, "10.1" if pair and got is None else "10.2")

    def _odd(self, want: Named | None, row: Row, clause: str) -> None:
        what = "a line of a seal's list is not the one that the log asks for here"
        told = "  ".join(want).strip() if want is not None else "no line"
        self.findings.defect(clause, self.seal.name, what, at=row.place, expected=told, found=row.text)


def segments(seals: list[Seal], log: Log, sizes: dict[str, int], findings: Findings) -> dict[str, str]:
    """Check the log segments that seals name (10.2); give those that are yet to be hashed, with their hash."""
    named = {path: sha256 for seal in reversed(seals) for path, sha256 in seal.segments.items()}
    for path, found in log.hashes.items():
        expected = named.pop(path, found)
        if found != expected:
            what = "the file's bytes are not those that its seal names"
            findings.defect("10.2", path, what, at=(0, sizes[path]), expected=expected, found=found)
    return named


def audited(seals: list[Seal], audit: Log, findings: Findings) -> None:
    """10.8: the audit chain holds, at the place of each seal's ``# audit``, the line of that hash."""
    for seal in seals:
        count, digest = seal.audit
        place = seal.head["audit"].place
        expected = audit.marked.get(count, "no such line") if count else ZEROS
        if digest != expected:
            what = f"the audit chain does not hold, as its line {count}, the one that the seal names"
            findings.defect("10.8", seal.name, what, at=place, expected=digest, found=expected)
