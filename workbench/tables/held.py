"""Rows of media files: whichever collector or importer a source has, the pictures and films that it holds.

Bytes are recognised by themselves, never by a name or a header. Files are decoded in children beside the
reading of the source (``workbench.media.looking``); their rows follow those of the source's parser, in the
order of the files, and a source without media starts nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import urlsplit

import msgspec

from workbench.custody.scratch import Scratch
from workbench.errors import InputError, StorageError
from workbench.importers.base import Member
from workbench.media import kinds
from workbench.media.facts import LIMITS, Answer, Job, Limits, Look, Problem
from workbench.media.looking import Budget, Pool
from workbench.media.rows import NAME, Held, parser_version, rows
from workbench.records import Exchange, Exhibit, Record
from workbench.tables import stored
from workbench.tables.schema import Parsed

_BLOCK = 1 << 20
_DRAWN = Look(notes=("markup that draws: it is not drawn here",))


class _Waiting(Record, frozen=True, kw_only=True):
    """A file that is being looked at, or whose look is known; ``spooled`` is deleted afterwards."""

    exhibit: Exhibit
    at: int
    held: Held
    answer: Future[Answer] | None = None
    look: Look = Look()
    spooled: Path | None = None


class Media:
    """The media files of one source, one after the other; a context that leaves no file behind.

    ``pool`` looks at them, and stays open for the next source; without one there is one for this source alone.
    """

    def __init__(self, pool: Pool | None = None, limits: Limits = LIMITS) -> None:
        self._pool = pool or Pool(limits)
        self._own = self._pool if pool is None else None
        self._limits = limits
        self._budget = Budget(limits)
        self._waiting: deque[_Waiting] = deque()
        self._folder: Scratch | None = None
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for waiting in self._waiting:
            if waiting.answer is not None:
                waiting.answer.cancel()
        if self._own is not None:
            self._own.close()
        if self._folder is not None:
            self._folder.cleanup()

    def exchange(self, exhibit: Exhibit, exchange: Exchange, platform: str) -> None:
        """Take a recorded exchange; only a whole answer of status 200 is a media file."""
        if exchange.status != 200 or exchange.truncated or not exchange.body:
            return
        media_type = kinds.media_type(exchange.body[: kinds.HEAD])
        if not media_type:
            return
        held = Held(
            platform=platform,
            server=_host(exchange.uri),
            uri=exchange.uri,
            sha256=hashlib.sha256(exchange.body).hexdigest(),
            media_type=media_type,
            size=len(exchange.body),
        )
        spooled = None
        if len(exchange.body) > self._limits.inline:
            spooled = self._aside(len(exchange.body))
            with spooled.open("wb", buffering=0) as file:
                _write(file, exchange.body)
        self._look(exhibit, exchange.at, held, exchange.body, spooled)

    def member(self, exhibit: Exhibit, member: Member, whole: Path | None) -> None:
        """Take a file of an import or a member of one; ``whole`` is where its bytes lie as they are, if they do.

        What is damaged is passed over: its importer reads it to the end, too, and says so.
        """
        media_type = kinds.media_type(member.head(kinds.HEAD))
        if not media_type:
            return
        if whole is not None:
            held = _held(exhibit.sha256, media_type, exhibit.length)
            job = Job(media_type=media_type, path=str(whole), offset=exhibit.offset, length=exhibit.length)
            self._wait(exhibit, exhibit.at, held, job, None)
            return
        try:
            with member.open() as stream:
                held, data, spooled = self._spooled(stream, media_type)
        except InputError:
            self._drop_last()
            return
        self._look(exhibit, exhibit.at, held, data, spooled)

    def _spooled(self, stream: BinaryIO, media_type: str) -> tuple[Held, bytes, Path | None]:
        """Hash a stream and keep it: in memory while it is short, then in a file, up to the limit."""
        digest, size = hashlib.sha256(), 0
        path, kept = None, bytearray()
        with contextlib.ExitStack() as stack:
            file: FileIO | None = None
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
                if file is None and size > self._limits.inline:
                    path = self._aside(len(kept))
                    file = stack.enter_context(path.open("wb", buffering=0))
                    _write(file, kept)
                    kept = bytearray()
                if size > self._limits.spool:
                    continue
                if file is None:
                    kept += block
                else:
                    _write(file, block)
        return _held(digest.hexdigest(), media_type, size), bytes(kept), path

    def _look(self, exhibit: Exhibit, at: int, held: Held, data: bytes, spooled: Path | None) -> None:
        if spooled is None:
            job = Job(media_type=held.media_type, data=data)
        else:
            job = Job(media_type=held.media_type, path=str(spooled), length=held.size)
        self._wait(exhibit, at, held, job, spooled)

    def _wait(self, exhibit: Exhibit, at: int, held: Held, job: Job, spooled: Path | None) -> None:
        known = self._known(held)
        self._waiting.append(
            _Waiting(
                exhibit=exhibit,
                at=at,
                held=held,
                answer=None if known is not None else self._pool.submit(job, self._budget),
                look=known or Look(),
                spooled=spooled,
            )
        )

    def _known(self, held: Held) -> Look | None:
        """Give the look of what is not decoded."""
        if held.media_type == kinds.DRAWN:
            return _DRAWN
        if held.media_type in kinds.UNREAD:
            problem = Problem(
                kind="not-recognised", field="file", expected="a decoder for it", found=held.media_type
            )
            return Look(problems=(problem,), notes=("nothing here decodes it",))
        if held.size > self._limits.spool:
            expected, found = f"at most {self._limits.spool} bytes", f"{held.size} bytes"
            problem = Problem(kind="refused", field="file", expected=expected, found=found)
            return Look(problems=(problem,), notes=("too large: hashed, not looked at",))
        return None

    def ready(self, *, rest: bool = False) -> Iterator[Parsed]:
        """Yield the rows of the files first taken, so that few wait; ``rest``: of all of them."""
        most = 0 if rest else 2 * self._pool.workers
        while len(self._waiting) > most:
            yield from self._rows(self._waiting.popleft())

    def _rows(self, waiting: _Waiting) -> Iterator[Parsed]:
        done = _looked_at(waiting)
        parser = stored.Parser(NAME, parser_version())
        for row in rows(done.held, done.look):
            yield parser.parsed(waiting.exhibit, waiting.at, row)

    def _aside(self, size: int) -> Path:
        """Give a place for a file of at least so many bytes, once what lies there leaves room for it."""
        for number, waiting in enumerate(self._waiting):
            if self._lying() + size <= self._limits.spool:
                break
            if waiting.spooled is not None:
                self._waiting[number] = _looked_at(waiting)
        self._count += 1
        return self._place() / str(self._count)

    def _drop_last(self) -> None:
        """Delete what was written of a damaged file; each has a number of its own."""
        if self._folder is not None:
            (self._place() / str(self._count)).unlink(missing_ok=True)

    def _lying(self) -> int:
        return sum(waiting.held.size for waiting in self._waiting if waiting.spooled is not None)

    def _place(self) -> Path:
        if self._folder is None:
            try:
                self._folder = Scratch("workbench-media-")
            except OSError as error:
                raise _full(error) from error
        return self._folder.path


def _looked_at(waiting: _Waiting) -> _Waiting:
    """Wait for the look of a file that lies aside, and delete it."""
    look = waiting.answer.result().look if waiting.answer is not None else waiting.look
    if waiting.spooled is not None:
        waiting.spooled.unlink()
    return msgspec.structs.replace(waiting, answer=None, look=look, spooled=None)


def _write(file: FileIO, data: bytes | bytearray) -> None:
    # Without a buffer: what a full disk refused would be tried, and refused, once more when the file is closed.
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> StorageError:
    return StorageError(
        "a picture or film cannot be written aside for the decoder",
        where=tempfile.gettempdir(),
        found=str(error.strerror),
        todo="make room there, or name another folder with TMPDIR; then run the same command again",
    )


def _held(sha256: str, media_type: str, size: int) -> Held:
    return Held(platform="file", sha256=sha256, media_type=media_type, size=size)


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
