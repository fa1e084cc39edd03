"""What must hold after a crash: the case opens, is sound, holds what was acknowledged, and has dropped nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from tests.torture.scenes import Ack, Stage
from workbench.casefile import CaseFile
from workbench.custody import log
from workbench.custody.verify import verify

Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Read every file of a case but its locks and tables."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(("locks/", "tables/")):
            found[name] = path.read_bytes()
    return found


def recovers(stage: Stage, acks: Sequence[Ack], left: Tree) -> CaseFile:
    """Open the case as the next officer would, and check everything that was promised.

    ``left`` is what the crash left on the disk. Fails with an AssertionError that says what is missing.
    """
    case = stage.open("1002" if stage.desk.now % 2 else "1001")
    sound(stage)
    kept(stage.folder, acks)
    nothing_dropped(stage.folder, left)
    ended(case)
    before = tree(stage.folder)
    stage.open()
    assert tree(stage.folder) == before, "a second opening changes nothing"
    return case


def sound(stage: Stage) -> None:
    """Check the whole case by the document."""
    report = verify(stage.folder, root=stage.desk.department.root, processes=1)
    assert report.defects == [], report.defects


def ended(case: CaseFile) -> None:
    """Check that nothing is left begun: nobody works any more."""
    found = case.history()
    assert all(work.end for work in (*found.captures.values(), *found.imports.values()))


def kept(folder: Path, acks: Sequence[Ack]) -> None:
    """Check that what was acknowledged stands in the log, with its bytes."""
    exhibits = {each.citation.number: each for each in log.exhibits(folder)}
    lines = {kind: _hashes(folder, kind) for kind in ("log", "audit")}
    for ack in acks:
        if ack.kind == "exhibit":
            found = exhibits[ack.number]
            data = (folder / found.file).read_bytes()[found.offset : found.offset + found.length]
            assert hashlib.sha256(data).hexdigest() == ack.sha256, "the bytes that were acknowledged"
        elif ack.kind in lines:
            assert lines[ack.kind][ack.number - 1] == ack.sha256, "the line that was acknowledged"


def _hashes(folder: Path, kind: str) -> list[str]:
    data = b"".join(path.read_bytes() for path in log.segments(folder, kind))
    return [hashlib.sha256(line).hexdigest() for line in data.splitlines(keepends=True)]


def nothing_dropped(folder: Path, left: Tree) -> None:
    """Check that every byte that lay on the disk lies there still, or in quarantine under a line that says so."""
    now = tree(folder)
    moved = [entry.fields for entry in log.entries(folder) if entry.action == "recovered"]
    for name, data in left.items():
        stands = now.get(name, b"")
        if stands.startswith(data) and (name in now or _is_empty_segment(name, data)):
            continue
        assert any(_is_moved(fields, name, data, stands, now) for fields in moved), f"{name} was dropped"
    for fields in moved:
        assert hashlib.sha256(now[fields["quarantine"]]).hexdigest() == fields["sha256"]


def _is_empty_segment(name: str, data: bytes) -> bool:
    """Whether this is a segment that was made and never written: it holds nothing that could be kept."""
    return name.startswith("log/") and not data


def _is_moved(fields: dict[str, object], name: str, data: bytes, stands: bytes, now: Tree) -> bool:
    """Whether this line tells where the part of a file is that does not stand any more."""
    # What lay in quarantine when its line was lost has moved on, and is called by its old place there (2.9).
    called = {name, f"{name.partition('/')[0]}/stray"}
    quarantined = now.get(str(fields["quarantine"]), b"")
    return (
        (fields["file"] in called or str(fields["file"]).startswith("quarantine/"))
        and data.endswith(quarantined)
        and stands.startswith(data[: len(data) - len(quarantined)])
    )
