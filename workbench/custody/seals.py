"""Seals as text, and finding the newest one (docs/casefile-format.md, 10). Reads only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from workbench.custody import log
from workbench.custody.history import read_checked
from workbench.errors import IntegrityError, UsageError
from workbench.records import Record

FORMAT = "workbench-seal/1"
_HASH = "[0-9a-f]{64}"
_HEAD = re.compile(
    rf"# {FORMAT}\n# case (?P<case>\S+)\n# number (?P<number>[0-9]{{1,9}})\n# previous (?P<previous>{_HASH})\n"
    rf"# at (?P<at>\S{{27}})\n# by (?P<by>\S+)\n# lines (?P<lines>[0-9]{{1,18}})\n# root (?P<root>{_HASH})\n"
    rf"# subtrees (?P<subtrees>{_HASH}(?: {_HASH})*)\n"
    rf"# audit (?P<audit_lines>[0-9]{{1,18}}) (?P<audit_last>{_HASH})\n"
)
_FILE = re.compile(rf"({_HASH})  (\S+)")
_SHORT_DIGITS, _GROUP = 20, 4


class Seal(Record, frozen=True, kw_only=True):
    """What a seal says. ``sha256`` is its fingerprint (10.7); ``files`` are (SHA-256, path) as its list has them."""

    sha256: str
    case: str
    number: int
    previous: str
    at: str
    by: str
    lines: int
    root: str
    subtrees: tuple[str, ...]
    audit_lines: int
    audit_last: str
    files: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The seal's file, relative to the case."""
        return path_of(self.number)


def path_of(number: int) -> str:
    """Give a seal's file, relative to the case."""
    return f"seals/{number:04d}.txt"


def short(sha256: str) -> str:
    """Write a fingerprint for paper: its first 20 digits in groups of four (10.7)."""
    return " ".join(sha256[start : start + _GROUP] for start in range(0, _SHORT_DIGITS, _GROUP))


def render(seal: Seal) -> bytes:
    """Write a seal (10.1); its own ``sha256`` is not part of it."""
    head = {
        "case": seal.case,
        "number": seal.number,
        "previous": seal.previous,
        "at": seal.at,
        "by": seal.by,
        "lines": seal.lines,
        "root": seal.root,
        "subtrees": " ".join(seal.subtrees),
        "audit": f"{seal.audit_lines} {seal.audit_last}",
    }
    rows = [f"# {FORMAT}", *(f"# {key} {value}" for key, value in head.items())]
    rows += [f"{sha256}  {path}" for sha256, path in seal.files]
    return ("\n".join(rows) + "\n").encode("ascii")


def parse(data: bytes, where: str) -> Seal:
    """Read a seal; raise IntegrityError where it does not have the form of 10.1."""
    text = data.decode("utf-8", "replace")
    head = _HEAD.match(text)
    rows = text[head.end() :].split("\n") if head else []
    files = [_FILE.fullmatch(row) for row in rows[:-1]]
    if head is None or rows[-1] != "" or not all(files):
        raise IntegrityError("this is not a seal", where=where, expected="the lines of clause 10.1")
    return Seal(
        sha256=hashlib.sha256(data).hexdigest(),
        case=head["case"],
        number=int(head["number"]),
        previous=head["previous"],
        at=head["at"],
        by=head["by"],
        lines=int(head["lines"]),
        root=head["root"],
        subtrees=tuple(head["subtrees"].split(" ")),
        audit_lines=int(head["audit_lines"]),
        audit_last=head["audit_last"],
        files=tuple((found[1], found[2]) for found in files if found),
    )


def read(folder: Path, number: int) -> Seal:
    """Read the seal of a number as the log names it; raise UsageError where there is none."""
    for entry in _lines(folder):
        if entry.fields["seal"] == number:
            return _checked(folder, entry)
    raise UsageError(
        "there is no such seal", where=folder.name, found=str(number), todo="see 'workbench seal --list'"
    )


def every(folder: Path) -> Iterator[Seal]:
    """Read all seals in order, as the log names them."""
    for entry in _lines(folder):
        yield _checked(folder, entry)


def _lines(folder: Path) -> Iterator[log.Entry]:
    """Find the lines of all seals, in order: each is the first of its segment (10.2)."""
    for path in log.segments(folder):
        entry = log.first(path)
        if entry is not None and entry.action == "seal":
            yield entry


def newest(folder: Path) -> Seal | None:
    """Find the last seal without reading what it has sealed: its line is the first of its segment (10.2)."""
    found = newest_line(folder)
    return _checked(folder, found) if found else None


def newest_line(folder: Path) -> log.Entry | None:
    """Give the log line of the last seal, or None."""
    for path in reversed(log.segments(folder)):
        entry = log.first(path)
        if entry is not None and entry.action == "seal":
            return entry
    return None


def _checked(folder: Path, entry: log.Entry) -> Seal:
    name = path_of(entry.fields["seal"])
    return parse(read_checked(folder, name, entry.fields["sha256"]), name)
