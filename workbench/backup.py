"""Copying a case as it was at a line of its log, while others go on writing it (docs/casefile-format.md, 13.1).

The order is what makes the copy whole: the line is chosen under the log's lock; the lines up to it are copied;
then the files that they name, each of which was on disk before its line was; open captures up to their last
slice; the audit chain last, so that it holds every line that a seal names. Nothing else is copied.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from workbench.custody import disk, log, naming, verify
from workbench.custody.chain import Chain
from workbench.department import Department
from workbench.errors import IntegrityError, UsageError
from workbench.records import Record
from workbench.times import now

_BLOCK = 1 << 20
_OPENING = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link is not followed, and a pipe that took a file's place is not waited for."""

_SLICE = re.compile(rb'"action":"(?:exhibit|capture\.begin)"')
_PLAIN = re.compile(r"[a-z]+(?:/[0-9a-z][0-9A-Za-z.-]*)+")
"""A path that a log line may name (clause 1.2): inside the folder, and nothing that leads out of it."""


class Position(Record, frozen=True, kw_only=True):
    """Where a chain stood: its segments by name, each with its bytes of whole lines, and its last line's number."""

    lines: int
    segments: tuple[tuple[str, int], ...]


class Backed(Record, frozen=True, kw_only=True):
    """A copy: where it is, how many log lines it holds, its newest seal (0 for none), its files and bytes."""

    name: str
    folder: Path
    lines: int
    seal: int
    files: int
    bytes: int


def backup(folder: Path, to: Path) -> Backed:
    """Copy a case into the folder ``to`` while it is open; check the copy before it takes its name there.

    Raises UsageError where a copy of it is there already, StorageError where the disk refuses, IntegrityError
    where the copy does not verify: it is then kept as ``to/CASE.partial/CASE``, and the error says what is wrong.
    """
    return _made(folder, to, check_case)


def backup_department(folder: Path, to: Path) -> Backed:
    """Copy the department's register in the same way; take it after the cases, so that it knows all their seals."""
    return _made(folder, to, check_department)


def _made(folder: Path, to: Path, check: Callable[[Path], None]) -> Backed:
    if to.resolve().is_relative_to(folder.resolve()):
        raise UsageError("a backup does not go into what it is of", where=str(to), todo="name another folder")
    final, partial = to / folder.name, to / f"{folder.name}.partial"
    for there in (final, partial):
        if there.exists():
            raise UsageError("there is a copy here already", where=str(there), todo="name another folder")
    made = copy(folder, partial / folder.name)
    check(made.folder)
    with disk.mapped(final):
        made.folder.rename(final)
        partial.rmdir()
        disk.sync_folder(to)
    return msgspec.structs.replace(made, folder=final)


def check_case(copied: Path) -> None:
    """Raise IntegrityError where a copy of a case does not verify."""
    report = verify.verify(copied)
    if not report.ok:
        told = [f"{one.clause} {one.file}: {one.what}" for one in report.defects[:3]]
        raise IntegrityError(
            "the copy does not verify: the case itself has defects, or its medium fails",
            where=str(copied),
            expected="no defect",
            found=f"{len(report.defects)}: {'; '.join(told)}",
            todo="run 'workbench verify' on the case and on the copy, and tell your supervisor",
        )


def check_department(copied: Path) -> None:
    """Raise IntegrityError where a copy of the register cannot be read, or its log is no chain."""
    Department(copied)
    previous = log.GENESIS
    for path in log.segments(copied):
        with path.open("rb") as lines:
            for raw in lines:
                if f'"prev":"{previous}"'.encode() not in raw:
                    raise IntegrityError("the department's log is no chain", where=path.name)
                previous = hashlib.sha256(raw).hexdigest()


def copy(folder: Path, target: Path, *, live: bool = True) -> Backed:
    """Copy a case, or a department, as it stands at the last whole line of its log; the copy is not checked.

    ``live`` says that others may be writing it; a backup is not locked, since its medium may be read-only.
    """
    disk.private_folder(target)
    done = _Copying(folder, target)
    at = position(folder, live=live)
    done.segments("log", at)
    found = list(log.rare(target))
    for name, length in sorted(_named(target, found).items()):
        done.file(name, length)
    # After the log: every audit line that a seal up to here names was there before its seal.
    done.segments("audit", position(folder, "audit", live=live))
    done.sync_folders()
    seals = [entry.fields["seal"] for entry in found if entry.action == "seal"]
    return Backed(
        name=folder.name,
        folder=target,
        lines=at.lines,
        seal=seals[-1] if seals else 0,
        files=done.files,
        bytes=done.bytes,
    )


def position(folder: Path, kind: str = "log", *, live: bool = True) -> Position:
    """Find the last whole line of a chain; under its lock where it is ``live``, so that no append is split."""
    with Chain(folder, kind, now).lock if live else contextlib.nullcontext(), disk.mapped(folder):
        found = [(path, path.stat().st_size) for path in log.segments(folder, kind)]
        if found:
            # What a crash left torn is no line: recovery will move it aside.
            found[-1] = (found[-1][0], log.covered_size(found[-1][0]))
    while found and not found[-1][1]:
        found.pop()
    lines = _number_of_last(*found[-1]) if found else 0
    return Position(lines=lines, segments=tuple((path.name, size) for path, size in found))


def _number_of_last(path: Path, size: int) -> int:
    start = max(0, size - log.LINE_BYTES - 1)
    with disk.mapped(path), path.open("rb") as file:
        file.seek(start)
        tail = file.read(size - start)
    try:
        return int(msgspec.json.decode(tail[tail.rfind(b"\n", 0, -1) + 1 :])["seq"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            "the last line of the log cannot be read", where=str(path), todo="run 'workbench verify'"
        ) from error


def _named(copied: Path, found: Sequence[log.Entry]) -> dict[str, int | None]:
    """Find the files that the lines name; with its length where only a part of it is covered."""
    names: dict[str, int | None] = {}
    begun: dict[int, str] = {}
    for entry in found:
        try:
            names |= dict.fromkeys(_names(entry))
            if entry.action == "capture.begin":
                begun[entry.fields["capture"]] = entry.fields["file"]
            elif entry.action == "capture.end":
                names[begun.pop(entry.fields["capture"])] = None
            elif entry.action == "disposed":
                names.pop(entry.fields["file"], None)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise IntegrityError(
                "a line of the custody log lacks a field, or holds a wrong one",
                where=f"line {entry.seq}",
                todo="run 'workbench verify'; copy the folder as it is with another tool",
            ) from error
    names |= {file: _covered(copied, file) for file in begun.values()}
    return names


def _names(entry: log.Entry) -> Iterator[str]:
    """Give the files that one line names, of a case or of the register."""
    if entry.action == "settings":
        name = f"settings/{entry.fields['number']:04d}.json"
        yield from (name, *(f"{name}.{badge}.sig" for badge in entry.fields["signatures"]))
    yield from (path for _, path in naming.files(entry))


def _covered(copied: Path, file: str) -> int:
    """Give how far an open capture's slices reach, by the last line that names one: looked for from the end."""
    wanted = f'"file":"{file}"'.encode()
    for path in reversed(log.segments(copied)):
        with path.open("rb") as lines:
            end = lines.seek(0, os.SEEK_END)
            while end > 0:
                # Blocks overlap by a line's length, so that no line hides on a border.
                start = max(0, end - _BLOCK)
                lines.seek(start)
                found = _last_slice(lines.read(end - start), wanted)
                if found is not None:
                    return found
                end = start + log.LINE_BYTES if start else 0
    return 0


def _last_slice(block: bytes, wanted: bytes) -> int | None:
    at = block.rfind(wanted)
    while at >= 0:
        start, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
        line = block[start:end] if end >= 0 else b""
        if _SLICE.search(line):
            fields = msgspec.json.decode(line)
            return int(fields.get("offset", 0) + fields["length"])
        at = block.rfind(wanted, 0, at)
    return None


class _Copying:
    """Copies files of one folder into another, durably; counts them."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder = folder
        self.target = target
        self.files = 0
        self.bytes = 0
        self._made: set[Path] = {target}
        self._sound: dict[Path, bool] = {}

    def segments(self, kind: str, at: Position) -> None:
        """Copy a chain up to a place."""
        for name, size in at.segments:
            self.file(f"{kind}/{name}", size)

    def file(self, name: str, length: int | None) -> None:
        """Copy one file, or its first ``length`` bytes.

        What is no plain file of the case is left out, and the check of the copy says that it is missing.
        """
        source, target = self.folder / name, self.target / name
        if not _PLAIN.fullmatch(name) or not self._inside(source.parent):
            return
        with contextlib.ExitStack() as held:
            try:
                fd = os.open(source, os.O_RDONLY | _OPENING)
            except (FileNotFoundError, IsADirectoryError):
                return
            except OSError as error:
                if error.errno == errno.ELOOP:
                    return
                with disk.mapped(source):
                    raise
            reader = held.enter_context(os.fdopen(fd, "rb"))
            if stat.S_ISREG(os.fstat(fd).st_mode):
                self._copy(reader, target, length)

    def _copy(self, reader: BinaryIO, target: Path, length: int | None) -> None:
        left = length if length is not None else os.fstat(reader.fileno()).st_size
        with disk.mapped(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made |= {target.parent, target.parent.parent}
            with target.open("xb") as writer:
                while left > 0 and (block := reader.read(min(_BLOCK, left))):
                    writer.write(block)
                    left -= len(block)
                    self.bytes += len(block)
                writer.flush()
                os.fsync(writer.fileno())
        self.files += 1

    def _inside(self, parent: Path) -> bool:
        """Whether no link leads out of the case on the way to a file."""
        if parent not in self._sound:
            depth = len(parent.relative_to(self.folder).parts)
            way = [parent, *parent.parents][:depth]
            self._sound[parent] = not any(step.is_symlink() for step in way)
        return self._sound[parent]

    def sync_folders(self) -> None:
        """Have all names on the medium."""
        for folder in sorted(self._made, reverse=True):
            with disk.mapped(folder):
                disk.sync_folder(folder)
