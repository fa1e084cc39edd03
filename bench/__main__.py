"""Run every benchmark in turn, each in a process of its own, and rewrite its section of ``bench/RESULTS.md``."""

from __future__ import annotations

import subprocess
import sys

from bench import notes

BENCHMARKS = (
    "analyses",
    "answers",
    "disclosing",
    "graphs",
    "growing",
    "helping",
    "importing",
    "notebooks",
    "opening",
    "recorder",
    "reporting",
    "sealing",
    "verifying",
)


def main() -> int:
    """Run all, or those named; one that fails does not stop the others."""
    names = sys.argv[1:] or BENCHMARKS
    failed = []
    for name in names:
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False, cwd=notes.ROOT)
        failed += [name] if done.returncode else []
    for name in failed:
        print(f"bench.{name} failed: its section of {notes.RESULTS.name} is an older one", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
