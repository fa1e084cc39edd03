"""Disclosing ten exhibits of cases with ever more log lines: the whole command, its proofs alone, and verify.sh.

Run as ``python -m bench.disclosing``. Cases are made with the case file's own writer, sealed once or every so many
exhibits, and released. Each figure is the wall-clock time of a fresh process from start to end, the command as an
officer types it. Its key is read from a file written with one bcrypt round: one unlocked in the agent, as
officers have it, takes no longer. Peak memory (MB is 10^6 bytes) is that of the largest process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import notes

CASES = ((10_000, 0), (100_000, 0), (1_000_000, 0), (1_000_000, 10_000))
"""Exhibits, and how many of them a seal closes; 0 for one seal over all."""
EXHIBITS = 10
AIM_S = 3.0
AT_ONCE = 1_000
CASE, OFFICER = "2026-0417", "1001"


def make(folder: Path, count: int, each: int) -> None:
    """Make a case whose log names so many exhibits, seal and release it; nothing is synced in between."""
    from tests.desk import HEAD, Desk, exchange
    from workbench.custody import disk, keys
    from workbench.records import Result
    from workbench.release import give
    from workbench.sealing import finish
    from workbench.times import now

    disk.sync = lambda fd: None  # noqa: ARG005 - the name is a part of its type
    keys.KDF_ROUNDS = 1
    desk = Desk(folder, now=now())
    case = desk.approved()
    session = desk.sign_in(OFFICER)
    writer = case.begin_capture(desk.order(), key=session.key, collector="m 1", head=HEAD)
    stored, offset = exchange(b"{}"), len(HEAD)
    with (case.folder / writer.file).open("ab") as file:
        for first in range(0, count, AT_ONCE):
            some = range(first, min(first + AT_ONCE, count))
            file.write(stored * len(some))
            case.log_exhibits(_acts(writer.number, writer.file, offset, stored, len(some)))
            offset += len(stored) * len(some)
            if each and first % each == 0:
                case.seal(session)
    writer.end(Result(verdict="complete", items=count), requests=count)
    finish(case, session)
    give(desk.open(case, "c1"), desk.sign_in("c1"), "disclosure", None, recipient="a", purpose="b")
    desk.write_keys(OFFICER)


def _acts(capture: int, file: str, offset: int, stored: bytes, count: int) -> list[dict[str, object]]:
    fields = {
        "capture": capture,
        "file": file,
        "length": len(stored),
        "sha256": hashlib.sha256(stored).hexdigest(),
    }
    return [{**fields, "offset": offset + number * len(stored)} for number in range(count)]


def proved(folder: Path, count: int) -> None:
    """Find and prove the lines alone; the case is sealed once."""
    from workbench.custody import seals
    from workbench.custody.lines import exhibit_lines
    from workbench.custody.proofs import prove

    case = folder / "casefiles" / CASE
    seal = next(seals.every(case))
    lines = exhibit_lines(case, _chosen(count))
    found = prove(case, [line.seq for line in lines], seal.lines)
    assert all(each.root().hex() == seal.root for each in found)


def _chosen(count: int) -> list[int]:
    """Choose exhibits all over the case."""
    return [1 + number * (count - 1) // (EXHIBITS - 1) for number in range(EXHIBITS)]


def _command(folder: Path, count: int, out: Path) -> list[str]:
    names = [f"E{number:04d}" for number in _chosen(count)]
    words = [sys.executable, "-m", "workbench.cli.main", "disclose", CASE, *names, "--out", str(out)]
    words += ["--casefiles", str(folder / "casefiles"), "--as", OFFICER]
    return [*words, "--passphrase-file", str(folder / "keys" / "passphrase")]


def _timed(words: Sequence[str], keys: Path) -> tuple[float, float, float]:
    """Run a command; give wall-clock and processor seconds, and peak bytes.

    Each is run by a process of its own, which knows what its child took.
    """
    script = [sys.executable, "-m", "bench.disclosing", "--time", json.dumps([*words])]
    env = {**os.environ, "WORKBENCH_KEYS": str(keys)}
    said = subprocess.run(script, check=True, capture_output=True, cwd=notes.ROOT, env=env)
    seconds, busy, peak = json.loads(said.stdout)
    return seconds, busy, peak


def _time(words: list[str]) -> None:
    began = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit]))


def _rows(folder: Path, rounds: int) -> Iterator[tuple[str, float]]:
    for count, each in CASES:
        made = folder / f"{count}-{each}"
        script = [sys.executable, "-m", "bench.disclosing", "--make", str(made), str(count), str(each)]
        subprocess.run(script, check=True, cwd=notes.ROOT)
        outs = [folder / f"out-{number}" for number in range(rounds)]
        alone = [sys.executable, "-m", "bench.disclosing", "--prove", str(made), str(count)]
        acts = {
            "disclose": [_command(made, count, out) for out in outs],
            "prove alone": [] if each else [alone] * rounds,
            # Nothing is given to compare with, so the answer is 2: it holds as far as it goes.
            "verify.sh": [["sh", "-c", f'sh "{outs[0]}/verify.sh"; [ $? -eq 2 ]']] * rounds,
        }
        for act, commands in acts.items():
            found = [_timed(words, made / "keys") for words in commands]
            if found:
                best, busy = min(one[0] for one in found), min(one[1] for one in found)
                peak = max(one[2] for one in found) / 1e6
                sealed = f"each {each:,}" if each else "once"
                yield f"| {act} | {count:,} | {sealed} | {best:.2f} | {busy:.2f} | {peak:.0f} |", best
        for used in (made, *outs):
            shutil.rmtree(used)


def main() -> None:
    """Measure all, or play one part of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--make", nargs=3, metavar=("FOLDER", "COUNT", "EACH"))
    words.add_argument("--prove", nargs=2, metavar=("FOLDER", "COUNT"))
    words.add_argument("--time", metavar="COMMAND")
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    if given.make:
        make(Path(given.make[0]), int(given.make[1]), int(given.make[2]))
    elif given.prove:
        proved(Path(given.prove[0]), int(given.prove[1]))
    elif given.time:
        _time(json.loads(given.time))
    else:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            rows = list(_rows(Path(folder), given.rounds))
        notes.put(_section(rows, given.rounds))


def _section(rows: list[tuple[str, float]], rounds: int) -> str:
    slowest = max(seconds for row, seconds in rows if row.startswith("| disclose | 1,000,000"))
    return "\n".join(
        [
            "## disclosing",
            "",
            notes.head("python -m bench.disclosing"),
            f"{EXHIBITS} exhibits from all over a case of one capture; best of {rounds} fresh processes, highest peak.",
            "",
            "| act | exhibits in the log | sealed | s | processor s | peak MB |",
            "|---|---|---|---|---|---|",
            *(row for row, _ in rows),
            "",
            notes.verdict(
                f"{EXHIBITS} of 1,000,000 exhibits disclosed", slowest, AIM_S, most=True, unit=" s"
            ),
        ]
    )


if __name__ == "__main__":
    main()
