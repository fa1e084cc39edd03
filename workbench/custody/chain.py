"""The writer of a chain: one line after the other, under a lock, synced (docs/casefile-format.md, 2)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from filelock import FileLock

from workbench.custody import disk, log
from workbench.errors import StorageError, UsageError
from workbench.times import Clock, stamp

_encode = msgspec.json.Encoder(order="sorted").encode


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
        self._head: log.Head | None = None

    def append(self, actor: str, acts: Iterable[log.Act]) -> list[int]:
        """Append a line for each act, in one write and one sync; give their numbers."""
        with self.lock:
            return self.append_locked(actor, acts)

    def append_locked(
        self, actor: str, acts: Iterable[log.Act], *, at: int | None = None, close: bool = False
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

    def mended_locked(self, actor: str) -> log.Head:
        """Give where the chain ends to a caller that holds the lock, once a torn last line is moved aside."""
        found = log.segments(self.folder, self.kind) if self._mend and self._remembered() is None else []
        if self._mend and found and not _ends_whole(found[-1]):
            # The lock is ours, so nobody is in the middle of this line.
            self._mend(self, actor)
        return self._current_head()

    def last_exhibit_locked(self, actor: str) -> int:
        """Give the last exhibit's number to a caller that holds the lock; remembered while nobody else writes."""
        known = self.mended_locked(actor)
        if known.exhibit < 0:
            known = msgspec.structs.replace(known, exhibit=log.last_exhibit(self.folder))
        self._head = known
        return known.exhibit

    def _segment(self, number: int) -> Path:
        return self.folder / self.kind / f"{number:06d}.jsonl"

    def _current_head(self) -> log.Head:
        return self._remembered() or log.head(self.folder, self.kind)

    def _remembered(self) -> log.Head | None:
        """Trust the remembered head only while nobody else has written since."""
        known = self._head
        if known is not None:
            with contextlib.suppress(FileNotFoundError):
                size = self._segment(known.segment).stat().st_size
                if size == known.size and not self._segment(known.segment + 1).exists():
                    return known
        return None

    def _lines(
        self, before: log.Head, actor: str, acts: Iterable[log.Act], at: int, *, close: bool
    ) -> tuple[list[bytes], log.Head]:
        now = stamp(at)
        seq, prev, last, exhibit = before.seq, before.prev, before.at, before.exhibit
        full = before.size >= log.SEGMENT_BYTES or (close and before.size > 0)
        segment, size = (before.segment + 1, 0) if full else (before.segment, before.size)
        lines = []
        for action, fields in acts:
            seq += 1
            line = {**fields, "seq": seq, "at": now, "actor": actor, "action": action, "prev": prev}
            if at < last:
                line["clock"] = "back"
            raw = _encode(line) + b"\n"
            if len(raw) > log.LINE_BYTES:
                raise UsageError(
                    "this act does not fit one line of the custody log", found=f"{len(raw)} bytes"
                )
            prev, last = hashlib.sha256(raw).hexdigest(), at
            size += len(raw)
            exhibit = fields["exhibit"] if action == "exhibit" else exhibit
            lines.append(raw)
        return lines, log.Head(seq=seq, prev=prev, at=last, segment=segment, size=size, exhibit=exhibit)
