"""``workbench --help`` beside ``python -c pass``: what it takes until a person reads the first line.

Run as ``python -m bench.helping``. Fresh processes in turns; medians and bests of wall-clock time.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench import notes

AIM_MS = 150


def once(command: list[str]) -> float:
    """Run a command; give milliseconds."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure both in turns and note it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=25)
    rounds = words.parse_args().rounds
    commands = {
        "`workbench --help`": [str(Path(sys.executable).with_name("workbench")), "--help"],
        "`python -c pass`": [sys.executable, "-c", "pass"],
    }
    found: dict[str, list[float]] = {name: [once(command)] for name, command in commands.items()}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(once(command))
    kept = {name: sorted(times[1:]) for name, times in found.items()}
    rows = [f"| {name} | {statistics.median(times):.0f} | {times[0]:.0f} |" for name, times in kept.items()]
    ours = statistics.median(kept["`workbench --help`"])
    lines = [
        "## help",
        "",
        notes.head("python -m bench.helping"),
        f"Fresh processes in turns, {rounds} each, files in the page cache.",
        "",
        "| what | median ms | best ms |",
        "|---|---|---|",
        *rows,
        "",
        notes.verdict("median", ours, AIM_MS, most=True, unit=" ms"),
    ]
    notes.put("\n".join(lines))


if __name__ == "__main__":
    main()
