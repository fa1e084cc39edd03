"""The folder: what lies in it, and whether it may (docs/casefile-format.md, 1)."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from workbench.custody.verify.lines import CASE_NUMBER
from workbench.custody.verify.report import Findings

_BADGE = r"[0-9a-z][0-9a-z.-]{0,31}"
_NAME = r"[a-z][a-z0-9-]{0,31}"
ALLOWED: Final = {
    "case": re.compile(rf"case/[0-9]{{4}}\.json(?:\.{_BADGE}\.sig)?"),
    "officers": re.compile(rf"officers/[0-9]{{4}}(?:\.{_BADGE}\.sig)?"),
    "log": re.compile(r"log/[0-9]{6}\.jsonl"),
    "warc": re.compile(rf"warc/[0-9]{{4}}-{_NAME}\.warc\.gz"),
    "imports": re.compile(r"imports/[0-9]{4}/(?:receipt\.json|[0-9]{6}(?:\.[a-z0-9]{1,8})?)"),
    "blobs": re.compile(r"blobs/[0-9a-f]{2}/[0-9a-f]{64}"),
    "annotations": re.compile(r"annotations/[0-9]{4}\.json"),
    "seals": re.compile(rf"seals/[0-9]{{4}}\.(?:txt(?:\.{_BADGE}\.sig)?|{_NAME}\.tsr)"),
    "decisions": re.compile(rf"decisions/[0-9]{{4}}\.json(?:\.{_BADGE}\.sig)?"),
    "releases": re.compile(rf"releases/[0-9]{{4}}\.json(?:\.{_BADGE}\.sig)?"),
    "restores": re.compile(rf"restores/[0-9]{{4}}\.json(?:\.{_BADGE}\.sig)?"),
    "runs": re.compile(
        rf"runs/[0-9]{{4}}-{_NAME}/(?:notebook\.ipynb|notebook\.html|parameters\.json|record\.json)"
    ),
    "audit": re.compile(r"audit/[0-9]{6}\.jsonl"),
    "quarantine": re.compile(r"quarantine/[0-9]{4}-[a-z0-9.-]{1,40}"),
}
"""Clause 1.2 as a table: the primary files of each folder."""

_DERIVED: Final = frozenset({"tables", "locks"})
_DEPTH: Final = 64


def look(folder: Path, findings: Findings) -> dict[str, int]:
    """List the primary files that may be read, with their sizes; report everything else (1.1 to 1.3)."""
    if not CASE_NUMBER.fullmatch(folder.resolve().name):
        findings.defect("1.1", "", "the folder's name is not a case number", found=folder.resolve().name)
    walk = _Walk(findings)
    walk.enter(folder, "", 0)
    walk.twins()
    findings.counts["files"] = len(walk.sizes)
    findings.counts["bytes"] = sum(walk.sizes.values())
    return walk.sizes


class _Walk:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.sizes: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._inodes: dict[tuple[int, int], str] = {}
        self._twins: list[tuple[str, str]] = []

    def enter(self, path: Path, inside: str, depth: int) -> None:
        try:
            with os.scandir(path) as found:
                names = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.findings.defect("1.3", inside, "a folder cannot be read", found=str(error.strerror))
            return
        for entry in names:
            self._one(entry, f"{inside}/{entry.name}" if inside else entry.name, depth)

    def _one(self, entry: os.DirEntry[str], name: str, depth: int) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self.findings.defect("1.3", name, "a file cannot be looked at", found=str(error.strerror))
            return
        kind = status.st_mode
        twin = self._names.setdefault(name.casefold(), name)
        if twin != name:
            self._twins.append((twin, name))
        if stat.S_ISLNK(kind):
            self.findings.defect("1.3", name, "a symbolic link")
        elif stat.S_ISDIR(kind):
            self._folder(entry, name, depth)
        elif stat.S_ISREG(kind):
            self._file(name, status)
        else:
            self.findings.defect("1.3", name, "a special file")

    def _folder(self, entry: os.DirEntry[str], name: str, depth: int) -> None:
        if name in _DERIVED:
            return
        if depth >= _DEPTH:
            self.findings.defect("1.3", name, "folders nested too deeply")
            return
        self.enter(Path(entry.path), name, depth + 1)

    def _file(self, name: str, status: os.stat_result) -> None:
        if status.st_nlink > 1:
            first = self._inodes.setdefault((status.st_dev, status.st_ino), name)
            if first != name:
                self.findings.defect("1.3", name, "a hard link to another file of the case", found=first)
        top = name.split("/", 1)[0]
        if name.endswith(".partial"):
            if top not in {"quarantine", "runs"}:
                self.findings.defect("1.3", name, "an unfinished write")
            else:
                self.findings.note("partial", "an unfinished write, allowed here (1.3)", name)
            return
        pattern = ALLOWED.get(top)
        if pattern is None or not pattern.fullmatch(name):
            self.findings.defect("1.3", name, "a file that the format does not know")
            return
        self.sizes[name] = status.st_size

    def twins(self) -> None:
        for one, two in self._twins:
            self.findings.defect("1.3", two, "names differ in letter case only", found=one)
