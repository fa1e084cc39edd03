"""Sealing after 100 new entries, however much is sealed already; and the first seal of a long log.

Run as ``python -m bench.sealing``. Cases are made with the case file's own writer; each size is a fresh process.
What is measured is the seal alone: the case is open already, as it is after a capture.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import notes, opening

SIZES = (1_000, 30_000, 1_000_000)
ROUNDS = 11
NEW = 100


def measure(folder: Path, count: int) -> dict[str, float]:
    """Make a case of so many sealed entries, then seal 100 new ones again and again; seconds and MB."""
    from tests.desk import HEAD, Desk, exchange
    from workbench.casefile import CaseFile
    from workbench.custody import disk
    from workbench.records import Result

    synced = disk.sync
    opening.make(folder, count)
    disk.sync = synced
    desk = Desk(folder / "other")
    session = desk.sign_in("1001")
    department = type(desk.department)(folder / "casefiles" / "department", desk.clock)
    case = CaseFile(folder / "casefiles" / "2026-0417", department, "1001", desk.clock)
    first = _timed(lambda: case.seal(session))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = []
    for _ in range(ROUNDS):
        writer = case.begin_capture(desk.order(), key=session.key, collector="m 1", head=HEAD)
        for number in range(NEW):
            writer.append(exchange(b"%d" % number))
        writer.end(Result(verdict="complete", items=NEW), requests=NEW)
        took.append(_timed(lambda: case.seal(session)))
    return {"first": first, "median": statistics.median(took), "mb": before * 1024 / 1e6}


def _timed(run: object) -> float:
    assert callable(run)
    start = time.perf_counter()
    assert run() is not None
    return time.perf_counter() - start


def main() -> None:
    """Measure each size in a process of its own and write the note."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--one", nargs=2, metavar=("FOLDER", "COUNT"))
    words.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    options = words.parse_args()
    if options.one:
        print(json.dumps(measure(Path(options.one[0]), int(options.one[1]))))
        return
    found = {size: _apart(size) for size in options.sizes}
    rows = ["| sealed entries | their seal | 100 more, median of 11 | peak memory |", "|---|---|---|---|"]
    rows += [
        f"| {size:,} | {one['first']:.3f} s | {one['median'] * 1000:.1f} ms | {one['mb']:.0f} MB |"
        for size, one in found.items()
    ]
    sizes = sorted(found)
    ratio = found[sizes[-1]]["median"] / found[sizes[0]]["median"]
    aim = notes.verdict(
        f"100 new entries at {sizes[-1]:,} sealed ones beside {sizes[0]:,}", ratio, 1.25, most=True, unit=" ×"
    )
    head = notes.head("python -m bench.sealing")
    notes.put("\n".join(["## seal", "", head, "", *rows, "", aim]))


def _apart(size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as made:
        done = subprocess.run(
            [sys.executable, "-m", "bench.sealing", "--one", made, str(size)],
            check=True,
            capture_output=True,
            text=True,
            cwd=notes.ROOT,
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
