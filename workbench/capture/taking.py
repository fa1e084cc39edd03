"""One attempt at one exchange: what came, how it ended, and the exhibit made of it."""

from __future__ import annotations

import io
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    LocationParseError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from workbench.capture import warc
from workbench.capture.raw import SPOOL_BYTES, Tape, seen
from workbench.capture.transport import ERRORS, Pools
from workbench.records import Record, Result

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from requests import PreparedRequest

_STEP = 64 << 10
_MOST_LINKS = 8
# In this order: urllib3's later kinds include its earlier ones.
_NO_ANSWER: tuple[tuple[type[BaseException], str], ...] = (
    (NameResolutionError, "name-not-found"),
    (NewConnectionError, "unreachable"),
    (SSLError, "tls"),
    (TimeoutError, "timeout"),
    (urllib3.exceptions.TimeoutError, "timeout"),
    (LocationParseError, "bad-address"),
    (ValueError, "bad-address"),
)
_PACKED = ("image/", "video/", "audio/", "application/zip", "font/")


class Taken(Record, frozen=True, kw_only=True):
    """One attempt: the exhibit's bytes, and what to hand on.

    ``failure`` is None for a whole answer; ``truncated`` is the WARC reason where it is not whole;
    ``stale`` says that a connection kept alive had been closed on us before it brought a byte.
    """

    exhibit: warc.Stored
    live: urllib3.HTTPResponse | None = None
    body: IO[bytes] | None = None
    original: HTTPResponse | None = None
    failure: Result | None = None
    truncated: str = ""
    stale: bool = False


def take(pools: Pools, request: PreparedRequest, tape: Tape, *, verify: bool | str, at: int) -> Taken:
    """Send a request, read its whole answer, and make the exhibit; raise only Refused (nothing was sent)."""
    attempt = _Attempt(request, tape, at)
    try:
        attempt.run(pools, verify=verify)
        return attempt.taken() if tape.received else attempt.untaken()
    finally:
        attempt.close()


class _Attempt:
    """One exchange while it goes on: the live response, its body without transfer coding, its error."""

    def __init__(self, request: PreparedRequest, tape: Tape, at: int) -> None:
        self._request = request
        self._tape = tape
        self._at = at
        self._live: urllib3.HTTPResponse | None = None
        self._original: HTTPResponse | None = None
        self._error: Exception | None = None
        # Without a transfer coding the body is a part of the tape, and not kept twice.
        self._unpacked: memoryview | None = None

    def run(self, pools: Pools, *, verify: bool | str) -> None:
        try:
            live = self._live = pools.open(self._request, self._tape, verify=verify)
            # urllib3 drops it at the end of the body; requests, too, reads cookies from it.
            self._original = live._original_response  # noqa: SLF001
            if live.chunked:
                self._unpacked = _unchunked(live, self._original)
            else:
                while live.read(_STEP, decode_content=False) and live.length_remaining != 0:
                    pass
            self._tape.complete = True
        except ERRORS as error:
            self._error = error

    def close(self) -> None:
        """Let go of everything; a connection whose answer was not read to its end is not used again."""
        if self._live is not None and not self._tape.complete:
            self._live.close()
        self._tape.close()

    def untaken(self) -> Taken:
        reason = _no_answer(self._error, self._tape)
        detail = _detail(self._error)
        return Taken(
            exhibit=warc.unanswered(self._asked(), outcome=reason, detail=detail),
            failure=Result(verdict="failed", reason=reason, detail=detail),
            stale=self._tape.reused and reason == "disconnected",
        )

    def taken(self) -> Taken:
        head, raw = self._tape.parts()
        truncated = "" if self._error is None else _truncated(self._tape)
        exhibit = warc.answered(
            self._asked(),
            head=head,
            body=raw,
            truncated=truncated,
            packed=self._live is not None and _is_packed(self._live),
        )
        if truncated or self._live is None:
            return Taken(exhibit=exhibit, failure=_failure(truncated, self._tape), truncated=truncated)
        return Taken(
            exhibit=exhibit,
            live=self._live,
            body=_readable(raw if self._unpacked is None else self._unpacked),
            original=self._original,
        )

    def _asked(self) -> warc.Asked:
        sent = bytes(self._tape.sent) or _unsent(self._request)
        return warc.Asked(uri=self._request.url or "", at=self._at, address=self._tape.peer, request=sent)


def _unchunked(live: urllib3.HTTPResponse, original: HTTPResponse | None) -> memoryview:
    if original is None or not original.chunked:
        raise ValueError("a transfer coding besides chunked was not asked for")
    size = 0
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
        while chunk := live.read(_STEP, decode_content=False):
            size += file.write(chunk)
        return seen(file, size)


def _readable(body: memoryview) -> IO[bytes]:
    return cast("IO[bytes]", _View(body)) if len(body) > SPOOL_BYTES else io.BytesIO(body)


class _View(io.RawIOBase):
    """Reads a large body from the mapped tape, without a second copy of it."""

    def __init__(self, view: memoryview) -> None:
        super().__init__()
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what RawIOBase gives us
        part = self._view[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def _unsent(request: PreparedRequest) -> bytes:
    # Where not even a connection was made, the record says what would have been asked.
    fields = [("Host", urlsplit(request.url or "").netloc.rpartition("@")[2]), *request.headers.items()]
    lines = [f"{request.method} {request.path_url} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
    head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("utf-8", "surrogateescape")
    body = request.body or b""
    return head + (body.encode() if isinstance(body, str) else body)


def _is_packed(live: urllib3.HTTPResponse) -> bool:
    coded = live.headers.get("Content-Encoding", "identity").lower() != "identity"
    return coded or live.headers.get("Content-Type", "").lower().startswith(_PACKED)


def _no_answer(error: BaseException | None, tape: Tape) -> str:
    if tape.stop == "time":
        return "timeout"
    cause = error.reason if isinstance(error, MaxRetryError) else error
    return next((reason for kind, reason in _NO_ANSWER if isinstance(cause, kind)), "disconnected")


def _truncated(tape: Tape) -> str:
    return tape.stop or ("disconnect" if tape.ended else "unspecified")


def _failure(truncated: str, tape: Tape) -> Result:
    if tape.limit == "byte-limit":
        return Result(verdict="partial", reason="byte-limit", detail=tape.limit)
    if not tape.head and truncated == "time":
        return Result(verdict="failed", reason="timeout", detail=tape.limit)
    if not tape.head or truncated == "unspecified":
        return Result(verdict="failed", reason="malformed-answer", detail=tape.limit)
    return Result(verdict="partial", reason="truncated", detail=tape.limit or truncated)


def _detail(error: BaseException | None) -> str:
    # Only the kinds of errors: their words hold addresses, which belong into the address field alone.
    kinds: list[str] = []
    link = error
    while link is not None and len(kinds) < _MOST_LINKS:
        kinds.append(type(link).__name__)
        inside = [link.reason] if isinstance(link, MaxRetryError) else link.args
        link = next((part for part in inside if isinstance(part, BaseException)), link.__cause__)
    return " < ".join(kinds)
