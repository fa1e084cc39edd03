"""A case that goes from format 1 to format 2: nothing of the new before its line (docs/casefile-format.md, 9)."""

from __future__ import annotations

import sys
from heapq import merge
from operator import attrgetter
from typing import Final

from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import FORMAT_2
from workbench.custody.verify.log import Log
from workbench.custody.verify.officers import Registers
from workbench.custody.verify.report import Findings

_ACTIONS: Final = frozenset(
    {"seal", "seal.signed", "seal.stamped", "decision", "release", "disseminated", "restored"}
)
_FOLDERS: Final = frozenset({"seals", "decisions", "releases", "restores"})


def second_from(log: Log) -> int:
    """Give the place from which on the case is of format 2: 0 where it was opened so."""
    opened = log.of("open").first()
    if opened is not None and opened.fields["format"] == FORMAT_2:
        return 0
    return next((line.ordinal for line in log.of("format")), sys.maxsize)


def check(log: Log, sizes: dict[str, int], registers: Registers, findings: Findings) -> int:
    """Check 9.2; give the place from which on the case is of format 2."""
    start = second_from(log)
    for line in log.of("format"):
        _line(line, start, findings)
    for line in merge(*map(log.of, sorted(_ACTIONS)), key=attrgetter("ordinal")) if start else ():
        if line.ordinal < start:
            what = f"a line '{line.action}' of format 2 in a case that is of format 1 here"
            findings.defect("9.2", line.file, what, at=line.place)
    for ordinal, officers in registers.in_force:
        if ordinal < start and any(each.role == "deputy" for each in officers.lines):
            what = "the role 'deputy' of format 2 in a case that is of format 1 here"
            findings.defect("9.2", f"officers/{officers.number:04d}", what)
    if start == sys.maxsize:
        for name in sizes:
            if name.split("/", 1)[0] in _FOLDERS:
                findings.defect("9.2", name, "a file of format 2 in a case of format 1")
    return start


def _line(line: Line, start: int, findings: Findings) -> None:
    if line.fields["format"] != FORMAT_2:
        what = "a line 'format' names no later format"
        findings.defect("9.2", line.file, what, at=line.place, expected=FORMAT_2, found=line.fields["format"])
    if line.ordinal != start:
        findings.defect("9.2", line.file, "the case was of format 2 before this line", at=line.place)
