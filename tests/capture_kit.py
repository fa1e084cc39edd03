"""A loopback server that answers as scripted, and a sink that keeps what the recorder writes."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from workbench.capture.bounds import Limits
from workbench.capture.reading import exchange
from workbench.capture.recorder import Recorder
from workbench.capture.turns import Turns
from workbench.errors import Refused
from workbench.records import Citation, Exchange

Script = Callable[["Asked"], object]


class Asked(BaseHTTPRequestHandler):
    """One request; a script answers it with ``reply`` or with raw bytes."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        script = self.server.scripts.get(self.path.partition("?")[0])
        if script is None:
            self.reply(404, b"no such thing")
        else:
            script(self)

    do_HEAD = do_POST = do_GET  # noqa: N815 - http.server's names

    def reply(self, status: int = 200, body: bytes = b"", **fields: str) -> None:
        lines = [f"HTTP/1.1 {status} Said"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.raw("\r\n".join(lines).encode() + (b"" if self.command == "HEAD" else body))

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """Counts connections; ``seen`` holds path and headers of each request."""

    daemon_threads = True

    def __init__(
        self, scripts: Mapping[str, Script] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.scripts = dict(scripts or {})
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self._tls = tls
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def get_request(self) -> tuple[Any, Any]:
        sock, address = super().get_request()
        self.connections += 1
        if self._tls is not None:
            sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, address

    def handle_error(self, *_: object) -> None:
        """A client that went away is what several tests are about."""

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.server_port}{path}"

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def __enter__(self) -> Self:
        return self


class FileSink:
    """A sink that appends to a file and remembers slices, rules and refusals."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.slices: list[bytes] = []
        self.rules: list[str] = []
        self.refusals: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def append(self, stored: bytes, *, rule: str = "") -> Citation:
        with self._lock, self.path.open("ab") as file:
            file.write(stored)
            self.slices.append(stored)
            self.rules.append(rule)
            return Citation(case="2026-0417", number=len(self.slices))

    def refused(self, reason: str, url: str) -> None:
        with self._lock:
            self.refusals.append((reason, url))

    def exchanges(self) -> list[Exchange]:
        return [exchange(stored) for stored in self.slices]


class ScopeGate:
    """Lets through only some hosts (host:port) and addresses; notes what it was asked."""

    def __init__(self, *netlocs: str, addresses: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self.netlocs = set(netlocs)
        self.addresses = addresses
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, url: str, address: str | None) -> None:
        self.asked.append((url, address))
        netloc = url.partition("://")[2].partition("/")[0].partition("?")[0]
        if self.netlocs and netloc not in self.netlocs:
            raise Refused("outside the scope", reason="host-not-in-scope")
        if address is not None and address not in self.addresses:
            raise Refused("a private address", reason="address-not-allowed")


class StillTurns(Turns):
    """Turns that note waits instead of sleeping."""

    def __init__(self, per_host_s: float = 0.0) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        super().__init__(per_host_s, sleep=self._note, monotonic=lambda: self.now)

    def _note(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def limits(**changes: Any) -> Limits:
    bounds: dict[str, Any] = {
        "requests": 1000,
        "bytes": 64 << 20,
        "response_bytes": 8 << 20,
        "connect_s": 2.0,
        "read_s": 2.0,
        "total_s": 5.0,
        "per_host_s": 0.0,
    }
    return Limits(**(bounds | changes))


def recorder(
    sink: FileSink, *, gate: ScopeGate | None = None, bounds: Limits | None = None, **rest: Any
) -> Recorder:
    waiting = rest.pop("waiting", None) or StillTurns()
    return Recorder(sink=sink, gate=gate or ScopeGate(), limits=bounds or limits(), waiting=waiting, **rest)


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end
