"""Opening and verifying cases of ever more log lines: whether time and memory stay flat.

Run as ``python -m bench.opening``. Cases are made with the case file's own writer; each figure is a fresh process,
wall-clock time of the act alone, and peak memory (MB is 10^6 bytes) of that process, or of its child if larger.
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
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import notes

SIZES = (1_000, 30_000, 1_000_000)
VERIFIED = 30_000
"""Up to here every exhibit is an exchange of its own, which verifying unpacks; beyond, one is repeated."""
AT_ONCE = 1_000


def make(folder: Path, count: int) -> None:
    """Make a case whose log names so many exhibits; nothing is synced in between."""
    from tests.desk import HEAD, Desk, exchange
    from workbench.custody import disk
    from workbench.records import Result

    disk.sync = lambda fd: None  # noqa: ARG005 - the name is a part of its type
    desk = Desk(folder)
    case = desk.approved()
    writer = case.begin_capture(desk.order(), key=desk.sign_in("1001").key, collector="m 1", head=HEAD)
    distinct = count <= VERIFIED
    same = exchange(b"{}")
    offset = len(HEAD)
    with (case.folder / writer.file).open("ab") as file:
        for first in range(0, count, AT_ONCE):
            acts: list[dict[str, object]] = []
            for number in range(first, min(first + AT_ONCE, count)):
                stored = exchange(b"%d" % number) if distinct else same
                file.write(stored)
                acts.append(_act(writer.number, writer.file, offset, stored))
                offset += len(stored)
            case.log_exhibits(acts)
    writer.end(Result(verdict="complete", items=count), requests=count)


def _act(capture: int, file: str, offset: int, stored: bytes) -> dict[str, object]:
    import hashlib

    digest = hashlib.sha256(stored).hexdigest()
    return {"capture": capture, "file": file, "offset": offset, "length": len(stored), "sha256": digest}


def opened(folder: Path) -> Callable[[], None]:
    """Open the case as every command does: recovery, signed history, standing."""
    from workbench.casefile import CaseFile
    from workbench.department import FOLDER, Department

    department = Department(folder / "casefiles" / FOLDER)

    def run() -> None:
        case = CaseFile(folder / "casefiles" / "2026-0417", department, "1001")
        assert case.standing().authority is not None

    return run


def verified(folder: Path) -> Callable[[], None]:
    """Verify the whole case."""
    from workbench.custody.verify import verify

    def run() -> None:
        report = verify(folder / "casefiles" / "2026-0417")
        assert not report.defects, report.defects[:3]

    return run


ACTS = {"open": opened, "verify": verified}


def child(act: str, folder: Path) -> None:
    """Do one act and print seconds and peak bytes as JSON."""
    run = ACTS[act](folder)
    began = time.perf_counter()
    run()
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps([seconds, peak * unit]))


def _best(act: str, folder: Path, rounds: int) -> tuple[float, float]:
    script = [sys.executable, "-m", "bench.opening", "--child", act, str(folder)]
    said = [
        json.loads(subprocess.run(script, check=True, capture_output=True, cwd=notes.ROOT).stdout)
        for _ in range(rounds)
    ]
    return min(each[0] for each in said), max(each[1] for each in said)


def _rows(folder: Path, rounds: int) -> Iterator[str]:
    for count in SIZES:
        made = folder / str(count)
        subprocess.run(
            [sys.executable, "-m", "bench.opening", "--make", str(count), str(made)],
            check=True,
            cwd=notes.ROOT,
        )
        for act in ("open", "verify") if count <= VERIFIED else ("open",):
            seconds, peak = _best(act, made, rounds)
            yield f"| {act} | {count:,} | {seconds * 1000:.0f} | {peak / 1e6:.0f} |"
        shutil.rmtree(made)


def main() -> None:
    """Measure all, or play one part of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--make", nargs=2, metavar=("COUNT", "FOLDER"))
    words.add_argument("--child", nargs=2, metavar=("ACT", "FOLDER"))
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    if given.make:
        make(Path(given.make[1]), int(given.make[0]))
    elif given.child:
        child(given.child[0], Path(given.child[1]))
    else:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            rows = list(_rows(Path(folder), given.rounds))
        notes.put(_section(rows, given.rounds))


def _section(rows: list[str], rounds: int) -> str:
    return "\n".join(
        [
            "## opening",
            "",
            notes.head("python -m bench.opening"),
            f"A case of one capture with so many exhibits; best of {rounds} fresh processes, highest peak.",
            "",
            "| act | exhibits in the log | ms | peak MB |",
            "|---|---|---|---|",
            *rows,
            "",
            "Verifying reads and unpacks every exhibit; of a log of a million lines see the section verify.",
        ]
    )


if __name__ == "__main__":
    main()
