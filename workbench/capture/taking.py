"""One attempt at one exchange: what came, how it ended, and the exhibit made of it."""

from __future__ import annotations

import hashlib
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
from workbench.capture.raw import SPOOL_BYTES, Tape
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


def take(
    pools: Pools,
    request: PreparedRequest,
    tape: Tape,
    *,
    verify: bool | str,
    at: int,
) -> Taken:
    """Send a request, read its whole answer, and make the exhibit; raise only Refused (nothing was sent)."""
    live: urllib3.HTTPResponse | None = None
    unpacked = _Unpacked()
    error: BaseException | None = None
    original: HTTPResponse | None = None
    try:
        live = pools.open(request, tape, verify=verify)
        # urllib3 lets go of it at the end of the body; requests reads cookies from it in the same way.
        original = live._original_response  # noqa: SLF001
        unpacked.fill(live)
        tape.complete = True
    except ERRORS as caught:
        error = caught
        if live is not None:
            live.close()
    if tape.received == 0:
        return _unanswered(request, tape, error, at)
    return _answered(request, tape, live, unpacked, error, at, original)


class _Unpacked:
    """The body without its transfer coding; without one it is a part of the tape, and not kept twice."""

    def __init__(self) -> None:
        self.file: SpooledTemporaryFile[bytes] | None = None
        self.sha256 = hashlib.sha256()

    def fill(self, live: urllib3.HTTPResponse) -> None:
        if not live.chunked:
            while live.read(_STEP, decode_content=False) and live.length_remaining != 0:
                pass
            return
        self.file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - read by whoever gets the answer
        while chunk := live.read(_STEP, decode_content=False):
            self.file.write(chunk)
            self.sha256.update(chunk)


def _unanswered(request: PreparedRequest, tape: Tape, error: BaseException | None, at: int) -> Taken:
    reason = _no_answer(error, tape)
    exhibit = warc.unanswered(_asked(request, tape, at), outcome=reason, detail=_detail(error))
    stale = tape.reused and reason == "disconnected"
    failure = Result(verdict="failed", reason=reason, detail=_detail(error))
    return Taken(exhibit=exhibit, failure=failure, stale=stale)


def _answered(
    request: PreparedRequest,
    tape: Tape,
    live: urllib3.HTTPResponse | None,
    unpacked: _Unpacked,
    error: BaseException | None,
    at: int,
    original: HTTPResponse | None,
) -> Taken:
    head, body = tape.parts()
    plain = unpacked.file is None
    exhibit = warc.answered(
        _asked(request, tape, at),
        head=head,
        body=body,
        payload_sha256=(hashlib.sha256(body) if plain else unpacked.sha256).hexdigest(),
        truncated="" if error is None else _truncated(tape),
        packed=live is not None and _is_packed(live),
    )
    if error is not None or live is None:
        truncated = "unspecified" if error is None else _truncated(tape)
        return Taken(exhibit=exhibit, failure=_failure(truncated, tape), truncated=truncated)
    return Taken(exhibit=exhibit, live=live, body=_readable(body, unpacked), original=original)


def _readable(body: memoryview, unpacked: _Unpacked) -> IO[bytes]:
    if unpacked.file is not None:
        unpacked.file.seek(0)
        return cast("IO[bytes]", unpacked.file)
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


def _asked(request: PreparedRequest, tape: Tape, at: int) -> warc.Asked:
    sent = bytes(tape.sent) or _unsent(request)
    return warc.Asked(uri=request.url or "", at=at, address=tape.peer, request=sent)


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
