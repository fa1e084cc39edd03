"""What the recorder is given: its limits, the gate it asks, the sink it writes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from workbench.records import Citation, Record

Gate = Callable[[str, str | None], None]
"""Asked with an address (URL) and the IP literal really connected to, None before it is known.

Permits by returning, refuses by raising ``errors.Refused``.
"""


class Sink(Protocol):
    """Where exchanges go: ``casefile.CaptureWriter`` or a test's own."""

    def append(self, stored: bytes, *, rule: str = "") -> Citation:
        """Write one exhibit's bytes; return once bytes and log line are durable."""

    def refused(self, reason: str, url: str) -> None:
        """Log that the gate, or the recorder itself, refused an address."""


class Limits(Record, frozen=True, kw_only=True):
    """Bounds of one capture. Sizes are bytes as received, times are seconds.

    ``requests`` and ``bytes`` bound the whole capture; ``response_bytes`` bounds one response as received
    and again as decoded; ``connect_s`` includes name resolution; ``read_s`` is the longest silence,
    ``total_s`` the longest exchange; ``per_host_s`` is the least time between two requests to a host;
    ``max_wait_s`` is the longest wait that a server's 429 or 503 can impose on one request.
    """

    requests: int
    bytes: int
    response_bytes: int = 64 << 20
    head_bytes: int = 256 << 10
    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 300.0
    per_host_s: float = 1.0
    max_wait_s: float = 300.0


class Problem(Record, frozen=True, kw_only=True):
    """Something a capture's result has to mention.

    ``what`` is refused, truncated, no-response or limit; ``exhibit`` cites the bytes where there are any.
    """

    what: str
    reason: str
    url: str
    exhibit: Citation | None = None
