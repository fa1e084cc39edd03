"""The chain: append-only lines, each naming the hash of the one before (docs/casefile-format.md, 2)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock

from workbench.custody import disk
from workbench.errors import IntegrityError, StorageError, UsageError
from workbench.records import Citation, Exhibit, Record
from workbench.times import Clock, read_stamp, stamp

SEGMENT_BYTES = 64 * 1024 * 1024
LINE_BYTES = 65_536
_BLOCK = 1 << 18
"""Small enough to stay in the processor's cache between being read and being searched."""
GENESIS = "0" * 64
_SEGMENT = re.compile(r"[0-9]{6}\.jsonl")
_encode = msgspec.json.Encoder(order="sorted").encode
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


class ShortLock:
    """Held for one append: between threads a lock of Python's, between processes one of the file system's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.RLock()
        self._depth = 0
        self._held: int | None = None
        # Only where the system's own lock is missing: this one costs as much as the whole append.
        self._slow = FileLock(path, thread_local=False)

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            if not self._depth:
                with disk.mapped(self._path.parent):
                    self._held = disk.take_lock(self._path)
                    if self._held is None:
                        self._slow.acquire(poll_interval=0.002)
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            held, self._held = self._held, None
            if held is None:
                self._slow.release()
            else:
                disk.let_go(held)
        self._threads.release()


Mend = Callable[["Chain", str], None]
"""Moves a torn last line of a chain aside, for the officer named: ``aside.mend``."""


def _ends_whole(path: Path) -> bool:
    """Whether a segment ends in a whole line; one that holds nothing does not."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def again(error: StorageError) -> StorageError:
    """Say once more what stopped the writing: whoever comes after it has to do the same about it."""
    return StorageError(
        error.what, where=error.where, expected=error.expected, found=error.found, todo=error.todo
    )


class Chain:
    """The writer of one chain. Safe between threads and processes: a short lock for each append.

    ``mend`` moves a torn last line aside that another process has left which died or met a full disk; without
    it the next append raises IntegrityError. It is called with the lock held.
    """

    def __init__(self, folder: Path, kind: str, clock: Clock, mend: Mend | None = None) -> None:
        self.folder = folder
        self.kind = kind
        self._clock = clock
        self._mend = mend
        self._broken: StorageError | None = None
        with disk.mapped(folder):
            (folder / "locks").mkdir(parents=True, exist_ok=True)
        self.lock = ShortLock(folder / "locks" / f"{kind}.lock")
        self._head: Head | None = None

    def append(self, actor: str, acts: Iterable[Act]) -> list[int]:
        """Append a line for each act, in one write and one sync; give their numbers."""
        with self.lock:
            return self.append_locked(actor, acts)

    def append_locked(
        self, actor: str, acts: Iterable[Act], *, at: int | None = None, close: bool = False
    ) -> list[int]:
        """Do the same for a caller that holds the lock already.

        ``at`` is the time where the caller has read the clock; ``close`` ends the segment before these lines.
        """
        if self._broken is not None:
            raise again(self._broken) from self._broken
        before = self.mended_locked(actor)
        lines, after = self._lines(before, actor, acts, self._clock() if at is None else at, close=close)
        path = self._segment(after.segment)
        made = after.size == sum(map(len, lines))
        with self._breaking(), disk.mapped(path):
            if made:
                disk.make_folder(path.parent)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                disk.write_all(fd, b"".join(lines))
                disk.sync(fd)
            finally:
                os.close(fd)
            if made:
                disk.sync_folder(path.parent)
        self._head = after
        return list(range(before.seq + 1, after.seq + 1))

    @contextlib.contextmanager
    def _breaking(self) -> Iterator[None]:
        """Let nothing follow a failed write: how much of it is on the disk is known to recovery only.

        A later line would speak of what its caller holds for unwritten, and whole lines of it may stand there.
        """
        try:
            yield
        except StorageError as error:
            self._broken = error
            raise
        except BaseException:
            self._broken = StorageError(
                "the writing of a log line was interrupted",
                where=f"{self.kind}/",
                todo="what was logged before is safe; run the command again: it recovers first",
            )
            raise

    def mended_locked(self, actor: str) -> Head:
        """Give where the chain ends to a caller that holds the lock, once a torn last line is moved aside."""
        found = segments(self.folder, self.kind) if self._mend and self._remembered() is None else []
        if self._mend and found and not _ends_whole(found[-1]):
            # The lock is ours, so nobody is in the middle of this line.
            self._mend(self, actor)
        return self._current_head()

    def last_exhibit_locked(self, actor: str) -> int:
        """Give the last exhibit's number to a caller that holds the lock; remembered while nobody else writes."""
        known = self.mended_locked(actor)
        if known.exhibit < 0:
            known = msgspec.structs.replace(known, exhibit=last_exhibit(self.folder))
        self._head = known
        return known.exhibit

    def _segment(self, number: int) -> Path:
        return self.folder / self.kind / f"{number:06d}.jsonl"

    def _current_head(self) -> Head:
        return self._remembered() or head(self.folder, self.kind)

    def _remembered(self) -> Head | None:
        """Trust the remembered head only while nobody else has written since."""
        known = self._head
        if known is not None:
            with contextlib.suppress(FileNotFoundError):
                size = self._segment(known.segment).stat().st_size
                if size == known.size and not self._segment(known.segment + 1).exists():
                    return known
        return None

    def _lines(
        self, before: Head, actor: str, acts: Iterable[Act], at: int, *, close: bool
    ) -> tuple[list[bytes], Head]:
        now = stamp(at)
        seq, prev, last, exhibit = before.seq, before.prev, before.at, before.exhibit
        full = before.size >= SEGMENT_BYTES or (close and before.size > 0)
        segment, size = (before.segment + 1, 0) if full else (before.segment, before.size)
        lines = []
        for action, fields in acts:
            seq += 1
            line = {**fields, "seq": seq, "at": now, "actor": actor, "action": action, "prev": prev}
            if at < last:
                line["clock"] = "back"
            raw = _encode(line) + b"\n"
            if len(raw) > LINE_BYTES:
                raise UsageError(
                    "this act does not fit one line of the custody log", found=f"{len(raw)} bytes"
                )
            prev, last = hashlib.sha256(raw).hexdigest(), at
            size += len(raw)
            exhibit = fields["exhibit"] if action == "exhibit" else exhibit
            lines.append(raw)
        return lines, Head(seq=seq, prev=prev, at=last, segment=segment, size=size, exhibit=exhibit)
