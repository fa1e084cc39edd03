"""The recorder beside plain requests and ``warcio.capture_http``, over loopback, with eight threads.

Run as ``python -m bench.recorder``; each contender runs in a process of its own against the same server
process, in turns, several rounds; the figures are the best of each, and medians beside them. The recorder works
on an approved case, with its gate and its writer: it syncs the bytes, then the log line; warcio syncs each pair.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench import notes

if TYPE_CHECKING:
    import requests

THREADS = 8
CONTENDERS = ("plain", "recorder", "warcio")
Session = Callable[[], "requests.Session"]


def body() -> bytes:
    """Make a page of posts as a server would send it: about 10 KiB of JSON."""
    posts = [
        {
            "id": str(109_000_000_000_000_000 + n * 7919),
            "content": f"<p>{hashlib.sha512(b'%d' % n).hexdigest()}</p>",
        }
        for n in range(50)
    ]
    return json.dumps(posts).encode()


class _Serving(asyncio.Protocol):
    """Answers each request head with the same response; kept alive."""

    answer = b""
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.held = b""

    def data_received(self, data: bytes) -> None:
        self.held += data
        while b"\r\n\r\n" in self.held:
            self.held = self.held.partition(b"\r\n\r\n")[2]
            self.transport.write(self.answer)


def serve() -> None:
    """Serve until killed; print the port."""
    page = body()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
    )
    extra = "Server: bench\r\nCache-Control: private\r\nX-Request-Id: 1\r\nVary: Accept\r\n\r\n"
    _Serving.answer = (head + extra).encode() + page

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Serving, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


def plain(_folder: Path, _url: str) -> Session:
    """Give plain requests: nothing is kept."""
    import requests

    return requests.Session


def recorder(folder: Path, url: str) -> Session:
    """Give the session of a capture in an approved case, gate and case file included."""
    from tests.desk import HEAD, Desk
    from workbench import intake
    from workbench.capture.bounds import Limits
    from workbench.capture.recorder import Recorder
    from workbench.policy.versions import Scope
    from workbench.records import Target

    desk = Desk(folder)
    host = urlsplit(url).netloc
    desk.grant(host)
    target = Target(source="mastodon", target=f"http://{host}/@ada")
    case = desk.approved(Scope(targets=(target,), hosts=(host,)))
    key = desk.sign_in("1001").key
    writer = case.begin_capture(desk.order(target), key=key, collector="bench 1", head=HEAD)
    limits = Limits(requests=10**9, bytes=1 << 40, per_host_s=0.0)
    gate = intake._gate(case)  # noqa: SLF001 - the gate as captures have it is what is measured
    return Recorder(sink=writer, gate=gate, limits=limits).session


def warcio(folder: Path, _url: str) -> Session:
    """Give requests patched by ``warcio.capture_http``, each pair fsynced."""
    from warcio.capture_http import RecordingHTTPConnection, RequestRecorder

    import requests  # isort: skip - after warcio has patched http.client
    from warcio.warcwriter import WARCWriter

    file = (folder / "0001.warc.gz").open("ab")
    lock = threading.Lock()

    class Synced(WARCWriter):  # type: ignore[misc] # warcio has no types
        def write_request_response_pair(self, *args: object) -> None:
            with lock:
                super().write_request_response_pair(*args)
                file.flush()
                os.fsync(file.fileno())

    writer = Synced(file, gzip=True)

    def session() -> requests.Session:
        # What capture_http() does on entering, for each thread.
        RecordingHTTPConnection.local.recorder = RequestRecorder(writer)
        return requests.Session()

    return session


def run(name: str, url: str, count: int, folder: Path) -> float:
    """Fetch ``count`` pages with eight threads; give the pages per second."""
    make: Session = {"plain": plain, "recorder": recorder, "warcio": warcio}[name](folder, url)
    expected = len(body())
    local = threading.local()

    def get(_: int) -> None:
        if not hasattr(local, "session"):
            local.session = make()
        assert len(local.session.get(url).content) == expected

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(get, range(THREADS * 4)))
        began = time.perf_counter()
        list(pool.map(get, range(count)))
        return count / (time.perf_counter() - began)


Found = dict[str, list[float]]
"""Contender -> pages per second, a figure for each round."""


def measure(count: int, rounds: int, folder: Path) -> Found:
    """Let the contenders run in turns."""
    script = [sys.executable, "-m", "bench.recorder"]
    found: Found = {name: [] for name in CONTENDERS}
    with subprocess.Popen([*script, "--serve"], stdout=subprocess.PIPE, text=True, cwd=notes.ROOT) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/page"
        try:
            for name in CONTENDERS * rounds:
                with tempfile.TemporaryDirectory(dir=folder) as kept:
                    call = [*script, "--run", name, "--url", url, "--count", str(count), "--folder", kept]
                    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True, cwd=notes.ROOT)
                found[name].append(float(done.stdout))
        finally:
            server.kill()
    return found


NOTE = """
Why: one request costs the recorder about twice the processor time of plain requests (1.1 to 0.55 ms of one
interpreter here): a fifth of a millisecond packs and hashes the two records, a seventh is its share of a commit
(two syncs and a lock for about four exchanges), the rest is the second response object, the gate (0.04 ms) and
the threads handing the interpreter on around each wait. Where a sync is quick (0.3 ms here), a sync per pair
hardly slows warcio down, so the distance to it stays small; on slow disks it grows."""


def section(found: Found, count: int, rounds: int) -> str:
    """Write the figures as a section of RESULTS.md."""
    ours, plainly, theirs = (max(found[name]) for name in ("recorder", "plain", "warcio"))
    titles = {
        "plain": "plain requests, nothing kept",
        "recorder": "recorder, gate and case file included",
        "warcio": "warcio.capture_http, fsync a pair",
    }
    rows = [
        f"| {titles[name]} | {max(found[name]):.0f} | {statistics.median(found[name]):.0f} |"
        for name in CONTENDERS
    ]
    lines = [
        "## recorder",
        "",
        notes.head("python -m bench.recorder"),
        f"{count} pages of {len(body())} bytes over loopback, {THREADS} threads; {rounds} rounds in turns.",
        "",
        "| what | pages/s, best | median |",
        "|---|---|---|",
        *rows,
        "",
        notes.verdict("recorder to plain requests, bests,", ours / plainly, 0.6, unit=" ×"),
        notes.verdict("recorder to warcio, bests,", ours / theirs, 2, unit=" ×"),
        NOTE,
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and note; or play one part of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--serve", action="store_true")
    words.add_argument("--run", choices=CONTENDERS)
    words.add_argument("--url", default="")
    words.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    words.add_argument("--count", type=int, default=2000)
    words.add_argument("--rounds", type=int, default=5)
    given = words.parse_args()
    if given.serve:
        serve()
    elif given.run:
        print(run(given.run, given.url, given.count, given.folder))
    else:
        found = measure(given.count, given.rounds, given.folder)
        notes.put(section(found, given.count, given.rounds))


if __name__ == "__main__":
    main()
