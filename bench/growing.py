"""Verifying cases of ever more log entries: whether time per entry stays flat and memory bounded.

Run as ``python -m bench.growing``; ``--ten-million`` adds a case of that size, for which about 5 GB must be free.
Cases are made with the case file's own writer and verify without a defect: an import of one small file, which every
exhibit names as a whole, sealed and signed at every 10,000 lines. So the log, its seals and its account are all that
costs; what evidence costs is in the section verify. Each figure is a fresh process that does what ``workbench verify``
does, wall-clock and processor time of the act alone, and peak memory (MB is 10^6 bytes) of it and of its child.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import notes

SIZES = (10_000, 100_000, 1_000_000)
TEN_MILLION = 10_000_000
EACH = 10_000
AT_ONCE = 1_000
BYTES_AN_ENTRY = 500
"""What a line takes on disk, rounded up."""
CASE, OFFICER = "2026-0417", "1001"
FLAT = 1.15
KEPT = 80
"""Bytes that the checker holds for each exhibit by design: six numbers and hashes of its slice."""


def make(folder: Path, count: int) -> None:
    """Make a case with so many log lines and one seal in each 10,000; nothing is synced in between."""
    from tests.desk import Desk
    from workbench.casefile import Receipt
    from workbench.custody import disk
    from workbench.records import Result

    disk.sync = lambda fd: None  # noqa: ARG005 - the name is a part of its type
    desk = Desk(folder)
    case, session = desk.approved(), desk.sign_in(OFFICER)
    given = folder / "given.txt"
    given.write_bytes(b"given\n")
    writer = case.begin_import([(given, "given.txt")], "file", Receipt(giver="Bea"))
    act = _act(writer.number, writer.files[0].file, given.read_bytes())
    total, exhibits = _lines(case.folder), 0
    while total < count - 1:
        some = min(AT_ONCE, count - 1 - total, EACH - 1 - total % EACH)
        case.log_exhibits([act] * some)
        exhibits, total = exhibits + some, total + some
        if total % EACH == EACH - 1 and total < count - 1:
            case.seal(session)
            total += 1
    writer.end(Result(verdict="complete", items=exhibits), exhibits)
    assert _lines(case.folder) == count


def _act(number: int, file: str, data: bytes) -> dict[str, object]:
    import hashlib

    whole: dict[str, object] = {"offset": 0, "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {"import": number, "file": file, **whole}


def _lines(case: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (case / "log").iterdir())


def verify(folder: Path, count: int) -> None:
    """Verify a case and print seconds, processor seconds, and peak bytes here and in the child, as JSON."""
    from workbench.custody.verify import verify as check

    before, began = os.times(), time.perf_counter()
    report = check(folder / "casefiles" / CASE)
    told = report.to_text()
    seconds, after = time.perf_counter() - began, os.times()
    assert not report.defects, told
    assert report.counts["lines"] == count, report.counts
    assert report.counts["seals"] == (count - 1) // EACH, report.counts
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = [
        resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(json.dumps([seconds, sum(after[:4]) - sum(before[:4]), *peaks]))


def _best(folder: Path, count: int, rounds: int) -> list[float]:
    """Give the least seconds and processor seconds, and the highest peaks, of several fresh processes."""
    script = [sys.executable, "-m", "bench.growing", "--verify", str(folder), str(count)]
    said = [
        json.loads(subprocess.run(script, check=True, capture_output=True, cwd=notes.ROOT).stdout)
        for _ in range(rounds)
    ]
    seconds, busy, here, child = zip(*said, strict=True)
    return [min(seconds), min(busy), max(here), max(child)]


def _measured(folder: Path, sizes: list[int], rounds: int) -> Iterator[tuple[int, list[float]]]:
    for count in sizes:
        made = folder / str(count)
        script = [sys.executable, "-m", "bench.growing", "--make", str(made), str(count)]
        subprocess.run(script, check=True, cwd=notes.ROOT)
        yield count, _best(made, count, 1 if count == TEN_MILLION else rounds)
        shutil.rmtree(made)


def _room(folder: Path, count: int) -> None:
    free, wanted = shutil.disk_usage(folder).free, count * BYTES_AN_ENTRY
    if free < 2 * wanted:
        sys.exit(f"{folder}: {free / 1e9:.0f} GB are free, and {2 * wanted / 1e9:.0f} GB are wanted")


def main() -> None:
    """Measure all, or play one part of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--make", nargs=2, metavar=("FOLDER", "COUNT"))
    words.add_argument("--verify", nargs=2, metavar=("FOLDER", "COUNT"))
    words.add_argument("--ten-million", action="store_true")
    words.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    if given.make:
        make(Path(given.make[0]), int(given.make[1]))
    elif given.verify:
        verify(Path(given.verify[0]), int(given.verify[1]))
    else:
        sizes = [*given.sizes, *([TEN_MILLION] if given.ten_million else [])]
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            _room(Path(folder), max(sizes))
            found = dict(_measured(Path(folder), sizes, given.rounds))
        notes.put(_section(found, given.rounds))


def _section(found: dict[int, list[float]], rounds: int) -> str:
    rows = [
        f"| {count:,} | {seconds:.2f} | {busy:.2f} | {seconds / count * 1e6:.2f} | {busy / count * 1e6:.2f} "
        f"| {here / 1e6:.0f} | {child / 1e6:.0f} |"
        for count, (seconds, busy, here, child) in found.items()
    ]
    return "\n".join(
        [
            "## growing",
            "",
            notes.head("python -m bench.growing"),
            f"A case sealed at every {EACH:,} lines, verified as the command does it: on two processes where they are",
            f"worth it, as from 100,000 lines on; best of {rounds} fresh starts (one at ten million), highest peak.",
            "",
            "| log entries | s | processor s | s per 1M | processor s per 1M | peak MB | peak MB of the child |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            *_verdicts(found),
            NOTE,
        ]
    )


def _verdicts(found: dict[int, list[float]]) -> list[str]:
    """Compare the largest case with the one before it, which pays its process starts many times over too."""
    (small, first), (large, last) = sorted(found.items())[-2:]
    ratio = (last[1] / large) / (first[1] / small)
    grown = (last[2] - first[2]) / (large - small)
    beside = f"{large:,} entries beside {small:,}"
    return [
        notes.verdict(f"processor time per entry, {beside},", ratio, FLAT, most=True, unit=" ×"),
        (
            f"- memory of the first process from {small:,} to {large:,} entries: {grown:.0f} bytes an entry more,"
            f" of which about {KEPT} are held by design."
        ),
    ]


NOTE = """
Small cases pay the start of a process, and of a second one where that is asked for; beyond, time is by the entry.
Memory grows with exhibits, and with nothing else: where an exhibit's bytes lie, how long they are and their hash
(72 bytes) are needed until the evidence is read, once as the log has them and once as the file's job. The bytes of
the log are read block by block, and a seal's tree takes a few hashes. Ten million entries, measured once while other
work held the cores, took 45 processor seconds, 4.5 for each million, and 1.65 GB here and 0.77 GB in the child."""


if __name__ == "__main__":
    main()
