"""The chain: append-only lines, each naming the hash of the one before (docs/casefile-format.md, 2)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import IntegrityError
from workbench.records import Citation, Exhibit, Record
from workbench.times import read_stamp

SEGMENT_BYTES = 64 * 1024 * 1024
LINE_BYTES = 65_536
_BLOCK = 1 << 18
"""Small enough to stay in the processor's cache between being read and being searched."""
GENESIS = "0" * 64
_SEGMENT = re.compile(r"[0-9]{6}\.jsonl")
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Act = tuple[str, Mapping[str, Any]]
"""An action and its fields, as clause 2.8 lists them."""


class Entry(Record, frozen=True, kw_only=True):
    """A line of the custody log, read. ``at`` is microseconds since 1970 UTC."""

    seq: int
    at: int
    actor: str
    action: str
    fields: dict[str, Any]


class Head(Record, frozen=True, kw_only=True):
    """Where a chain ends: its last line's number, hash and time, and the open segment's size.

    ``exhibit`` is the last exhibit's number where it is known, -1 where it must be looked for.
    """

    seq: int
    prev: str
    at: int
    segment: int
    size: int
    exhibit: int = -1


def segments(folder: Path, kind: str = "log") -> list[Path]:
    """List a chain's segments in order."""
    chain = folder / kind
    if not chain.is_dir():
        return []
    # Only plain files: opening a pipe that took a segment's place would wait for ever.
    return sorted(path for path in chain.iterdir() if _SEGMENT.fullmatch(path.name) and path.is_file())


def entries(folder: Path, kind: str = "log") -> Iterator[Entry]:
    """Read a chain's lines in order; a torn last line is left out, other junk raises IntegrityError.

    This reads; it does not verify. ``workbench.custody.verify`` does.
    """
    for path in segments(folder, kind):
        with path.open("rb") as lines:
            for raw in lines:
                if not raw.endswith(b"\n"):
                    return
                yield _entry(raw, path)


def first(path: Path) -> Entry | None:
    """Read a segment's first line; None where it has no whole line."""
    with path.open("rb") as file:
        raw = file.readline(LINE_BYTES + 1)
    return _entry(raw, path) if raw.endswith(b"\n") else None


def walk(path: Path) -> Iterator[tuple[bytes, Entry | None]]:
    """Read a segment's whole lines as they are, each with what it says where it is not an ``exhibit``."""
    for data in _whole_lines(path):
        for raw in data.splitlines(keepends=True):
            yield raw, None if _IS_EXHIBIT in raw and not _NOT_EXHIBIT.search(raw) else _entry(raw, path)


def read_line(raw: bytes, path: Path) -> Entry:
    """Read one raw line of the segment ``path``; raise IntegrityError where it cannot be read."""
    return _entry(raw, path)


def _entry(raw: bytes, path: Path) -> Entry:
    try:
        fields = _decode(raw)
        seq, at = fields.pop("seq"), read_stamp(fields.pop("at"))
        actor, action = fields.pop("actor"), fields.pop("action")
        fields.pop("prev")
        if not (type(seq) is int and isinstance(actor, str) and isinstance(action, str)):
            raise TypeError("a field of another type than clause 2.3 says")  # noqa: TRY301
    except (msgspec.DecodeError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise IntegrityError(
            "a line of the custody log cannot be read",
            where=f"{path.parent.name}/{path.name}",
            found=repr(raw[:60]),
            todo="run 'workbench verify' to see every defect",
        ) from error
    return Entry(seq=seq, at=at, actor=actor, action=action, fields=fields)


_NOT_EXHIBIT = re.compile(rb'"action":"(?!exhibit")')
_IS_EXHIBIT = b'"action":"exhibit"'
_EXHIBIT = re.compile(rb'"action":"exhibit"[^\n]*?"exhibit":([0-9]+)')


def rare(folder: Path, since: int = 1) -> Iterator[Entry]:
    """Read the lines that are not ``exhibit``: few, however many exhibits a case has.

    ``since`` is the number of the first segment that is read.
    """
    for path in segments(folder):
        if int(path.stem) < since:
            continue
        for data in _whole_lines(path):
            done = 0
            for match in _NOT_EXHIBIT.finditer(data):
                start = data.rfind(b"\n", 0, match.start()) + 1
                # A log line holds no captured text, so the key found is the line's own, or a badge's that is
                # called so: then the line has been given already.
                if start >= done:
                    done = data.find(b"\n", match.start()) + 1
                    yield _entry(data[start:done], path)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Read a segment a block at a time, each cut after its last whole line; what follows the last is left out."""
    with path.open("rb", buffering=0) as file:
        rest = b""
        while block := file.read(_BLOCK):
            data = rest + block if rest else block
            cut = data.rfind(b"\n") + 1
            rest = data[cut:]
            yield data[:cut]


def last_exhibit(folder: Path, lines: int | None = None) -> int:
    """Give the highest exhibit number so far, searching from the end.

    ``lines`` is the number of a line that ends a segment, as a seal's does: what lies beyond is not looked at.
    """
    for path in reversed(segments(folder)):
        opening = first(path) if lines is not None else None
        if opening is not None and lines is not None and opening.seq > lines:
            continue
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            while end > 0:
                # Blocks overlap by a line's length, so that no line hides on a border.
                start = max(0, end - 2 * LINE_BYTES)
                file.seek(start)
                found = _last_number(file.read(end - start))
                if found:
                    return found
                end = start + LINE_BYTES if start else 0
    return 0


def _last_number(block: bytes) -> int:
    # Looked for from the end: this runs once for every commit of a capture.
    at = block.rfind(_IS_EXHIBIT)
    while at >= 0:
        match = _EXHIBIT.match(block, at)
        if match is not None:
            return int(match[1])
        at = block.rfind(_IS_EXHIBIT, 0, at)
    return 0


def exhibits(folder: Path) -> Iterator[Exhibit]:
    """Read the exhibits that the log names, in order."""
    number = ""
    for entry in entries(folder):
        if entry.action == "open":
            number = entry.fields["case"]
        elif entry.action == "exhibit":
            yield exhibit_of(number, entry)


def exhibit_of(case: str, entry: Entry) -> Exhibit:
    """Turn an ``exhibit`` line into the record."""
    fields = entry.fields
    kind = "capture" if "capture" in fields else "import"
    try:
        return Exhibit(
            citation=Citation(case=case, number=fields["exhibit"]),
            source=f"{kind}-{fields[kind]:04d}",
            file=fields["file"],
            offset=fields["offset"],
            length=fields["length"],
            sha256=fields["sha256"],
            at=entry.at,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            "a line of the custody log lacks a field, or holds a wrong one",
            where=f"line {entry.seq}",
            todo="run 'workbench verify' to see every defect",
        ) from error


def head(folder: Path, kind: str = "log") -> Head:
    """Find where a chain ends by reading its tail only; a torn tail raises IntegrityError."""
    found = segments(folder, kind)
    if not found:
        return Head(seq=0, prev=GENESIS, at=0, segment=1, size=0)
    # A segment that was made but holds no line yet continues the one before it.
    last = next((path for path in reversed(found) if path.stat().st_size), None)
    current = int(found[-1].stem)
    if last is None:
        return Head(seq=0, prev=GENESIS, at=0, segment=current, size=0)
    raw = _last_line(last)
    entry = _entry(raw, last)
    size = found[-1].stat().st_size
    return Head(seq=entry.seq, prev=hashlib.sha256(raw).hexdigest(), at=entry.at, segment=current, size=size)


def reached(folder: Path, kind: str = "log") -> Head:
    """Find where a chain's whole lines end, for who only reads: a line torn, or being written now, is left out."""
    for path in reversed(segments(folder, kind)):
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2 * LINE_BYTES))
            tail = file.read()
        whole = tail[: tail.rfind(b"\n") + 1]
        if whole:
            raw = whole[whole.rfind(b"\n", 0, -1) + 1 :]
            entry = _entry(raw, path)
            return Head(
                seq=entry.seq,
                prev=hashlib.sha256(raw).hexdigest(),
                at=entry.at,
                segment=int(path.stem),
                size=size - len(tail) + len(whole),
            )
    return Head(seq=0, prev=GENESIS, at=0, segment=1, size=0)


def _last_line(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LINE_BYTES - 1))
        tail = file.read()
    if not tail.endswith(b"\n"):
        raise IntegrityError(
            "the custody log ends in a torn line", where=path.name, todo="recovery mends this"
        )
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]


def covered_size(path: Path) -> int:
    """Give how many bytes of a segment are whole lines.

    Where the power went during a write, zeros may stand for what the disk had not written yet, also in front of
    parts that it had. No line holds a zero byte (clause 2.2), so the line of the first one is torn.
    """
    done = covered = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            zero = block.find(b"\0")
            whole = block.rfind(b"\n", 0, zero if zero >= 0 else None) + 1
            covered = done + whole if whole else covered
            if zero >= 0:
                break
            done += len(block)
    return covered
