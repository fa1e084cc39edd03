"""The tee: what comes off a connection and what goes onto it, kept per exchange, before any decoding.

An ``http.client`` response reads through a buffered file; here that file's raw layer notes every byte on
the exchange's own tape, and bounds sizes and times while it does. Nothing process-wide is patched.
"""

from __future__ import annotations

import http.client
import io
import mmap
import re
import socket
import time
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, cast

from workbench.capture.bounds import Gate, Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SPOOL_BYTES = 1 << 20
"""Bodies up to this size stay in memory; larger ones go to a temporary file without a name."""

_BUFFER_BYTES = 32 << 10
_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9]{2}\b[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")


class TooLong(OSError):  # noqa: N818 - what it is
    """A response went over its bound; urllib3 treats it as a broken connection."""


class Tape:
    """All that one exchange sent and received.

    ``stop`` is the WARC-Truncated reason by which we ended it ourselves (length, time); ``limit`` is the
    reason code of the bound that did; ``peer`` is the IP literal connected to; ``head`` counts the bytes
    up to the end of the final response's header; ``used`` those that belonged to a ``complete`` response;
    ``ended`` says that the other side closed or broke the connection.
    """

    def __init__(
        self,
        url: str,
        *,
        gate: Gate,
        limits: Limits,
        spend: Callable[[int], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.gate = gate
        self.limits = limits
        self.sent = bytearray()
        self.peer = ""
        self.approved: set[str] = set()
        self.reused = False
        self.received = 0
        self.head = 0
        self.used = 0
        self.complete = False
        self.ended = False
        self.stop = ""
        self.limit = ""
        self._spend = spend
        self._monotonic = monotonic
        self._deadline = monotonic() + limits.total_s
        self._spool = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - lives as long as the answer

    def patience(self, most: float) -> float:
        """Give the seconds the next wait may take; raise TimeoutError when the exchange's time is up."""
        left = self._deadline - self._monotonic()
        if left <= 0:
            self.stop, self.limit = "time", "total-time"
            raise TimeoutError("the exchange took longer than it may")
        return min(most, left)

    def room(self) -> int:
        """Give how many bytes may still come."""
        return (self.limits.response_bytes if self.head else self.limits.head_bytes) - self.received

    def take(self, data: memoryview) -> None:
        """Note bytes received; raise TooLong when the capture as a whole may take no more."""
        self._spool.write(data)
        self.received += len(data)
        if not self._spend(len(data)):
            self.overrun("byte-limit")

    def overrun(self, limit: str) -> None:
        """End the exchange for its size."""
        self.stop, self.limit = "length", limit
        raise TooLong("the answer is larger than it may be")

    def parts(self) -> tuple[bytes, memoryview]:
        """Give the final response as received: its header, and its body without bytes read ahead.

        Interim responses (1xx) before it are left out; a header that never ended is all header.
        """
        data = self._data(self.used if self.complete else self.received)
        start = 0
        while (interim := _INTERIM.match(data, start, self.head)) is not None:
            start = interim.end()
        end = self.head or len(data)
        return bytes(data[start:end]), data[end:]

    def head_is_whole(self) -> bool:
        """Whether the header ends with an empty line, rather than with the connection."""
        start = max(0, self.head - 3)
        self._spool.seek(start)
        end = self._spool.read(self.head - start)
        self._spool.seek(0, io.SEEK_END)
        return end.endswith((b"\n\r\n", b"\n\n"))

    def close(self) -> None:
        """Let go of the spool; views of it stay."""
        self._spool.close()

    def _data(self, end: int) -> memoryview:
        return seen(self._spool, self.received)[:end]


def seen(spool: SpooledTemporaryFile[bytes], size: int) -> memoryview:
    """Give a spool's bytes, mapped from the disk where they are there; it may be closed afterwards."""
    if size > SPOOL_BYTES:
        spool.flush()
        return memoryview(mmap.mmap(spool.fileno(), size, access=mmap.ACCESS_READ))
    spool.seek(0)
    return memoryview(spool.read())


class Wire(io.RawIOBase):
    """The raw layer of a response's file: reads from the socket onto the tape, within its bounds."""

    def __init__(self, sock: socket.socket, tape: Tape) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._tape = tape

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def tell(self) -> int:
        """Give the bytes received, from which the buffered layer derives how many were used."""
        return self._tape.received

    def fileno(self) -> int:
        """Give the socket's descriptor."""
        return self._raw.fileno()

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what has come, at most as much as may; raise TimeoutError or TooLong at a bound."""
        tape = self._tape
        view = memoryview(buffer)
        room = tape.room()
        patience = tape.patience(tape.limits.read_s)
        if (set_to := self._sock.gettimeout()) is None or set_to > patience:
            self._sock.settimeout(patience)
        try:
            count = self._raw.readinto(view[: max(room, 1)])
        except TimeoutError:
            tape.patience(0.0)
            tape.stop, tape.limit = "time", "read-time"
            raise
        except OSError:
            tape.ended = True
            raise
        if not count:
            tape.ended = True
            return 0
        if room <= 0:
            tape.overrun("response-bytes" if tape.head else "header-bytes")
        tape.take(view[:count])
        return count

    def close(self) -> None:
        """Let go of the socket (the connection may keep it)."""
        if not self.closed:
            self._raw.close()
        super().close()


class _File(io.BufferedReader):
    """The buffered layer; on closing it tells how many of the bytes belonged to the response."""

    def __init__(self, wire: Wire, tape: Tape) -> None:
        super().__init__(wire, _BUFFER_BYTES)
        self._tape = tape

    def close(self) -> None:
        if not self.closed:
            self._tape.used = self.tell()
        super().close()


class _Tap:
    """Stands where ``http.client`` expects a socket; all it wants of it is a file."""

    def __init__(self, sock: socket.socket, tape: Tape) -> None:
        self._sock = sock
        self._tape = tape

    def makefile(self, _mode: str) -> _File:
        return _File(Wire(self._sock, self._tape), self._tape)


class RawResponse(http.client.HTTPResponse):
    """An ``http.client`` response that is read through a tape."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        tape: Tape,
    ) -> None:
        super().__init__(cast("socket.socket", _Tap(sock, tape)), debuglevel, method, url)
        self._tape = tape

    def begin(self) -> None:
        """Read the header; pass over every interim response, where ``http.client`` only knows 100."""
        super().begin()
        while 101 < self.status < 200:
            # http.client begins anew only without headers.
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
        self._tape.head = self.fp.tell()
        if not self._tape.head_is_whole():
            # http.client takes the end of the connection for the end of the header.
            raise http.client.IncompleteRead(b"")
