"""The notebooks over a million posts: seconds and memory of a whole run, as ``workbench run`` does it.

Run as ``python -m bench.notebooks``, with the names of rows to measure only those. The case is made through the
importer of twarc's tweets: posts of many accounts over two years, every second one addressing another account. The
aim is for ``missing``, of which two cases are measured: the missing person is one of 20,000 accounts; and all the
posts are the person's own. The others are of one of 20,000 accounts. Each figure is a fresh process that runs the
notebook with its kernel and keeps the run, wall-clock and processor time from before the call to after it, and the
peak memory (MB is 10^6 bytes) of the largest process among it and those that it started.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench import notes


class Row(NamedTuple):
    """What is measured: a notebook, the purpose of its case, whose the posts are, and its values."""

    notebook: str
    purpose: str
    share: float
    given: dict[str, str]


COUNT = 1_000_000
ACCOUNTS = 20_000
SEED = 417
SECONDS, MEGABYTES = 60, 2000
ONE_OF_MANY = 0.002
ROWS = {
    "missing": Row("missing", "missing", ONE_OF_MANY, {"person": "person_0"}),
    "missing, all posts the person's": Row("missing", "missing", 1.0, {"person": "person_0"}),
    "wanted": Row("wanted", "wanted", ONE_OF_MANY, {"handles": "person_0"}),
    "cyberstalking": Row("cyberstalking", "cyberstalking", ONE_OF_MANY, {"target": "person_0"}),
    "gang": Row("gang", "gang", ONE_OF_MANY, {"handles": "person_0, person_1, person_2"}),
    "crime-media": Row("crime-media", "crime-media", ONE_OF_MANY, {"handles": "person_0"}),
    "supervisor-digest": Row("supervisor-digest", "missing", ONE_OF_MANY, {}),
}
WORDS = "the river was high again this morning and nobody at the bridge had seen the ferry come in"
BASE_ID = 1_500_000_000_000_000_000
FIRST = 1_700_000_000
SPAN = 2 * 365 * 86_400


def make(folder: Path, row: Row, count: int) -> None:
    """Make an approved case with so many posts, of which a share are the person's whom the case is about."""
    from tests.runner_kit import Office
    from workbench.casefile import Receipt
    from workbench.intake import take_in

    office = Office(folder / "cases")
    case = office.case(purpose=row.purpose)
    office.approve(case)
    given = folder / "tweets.jsonl"
    with given.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps(_tweet(random.Random(SEED + number), number, count, row.share)) + "\n")  # noqa: S311 - the same case each time is the point
    take_in(case, [(given, "tweets.jsonl")], Receipt(giver="a friend"))
    given.unlink()


def _tweet(rng: random.Random, number: int, count: int, share: float) -> dict[str, object]:
    author = 0 if rng.random() < share else rng.randrange(1, ACCOUNTS)
    peer = rng.randrange(ACCOUNTS)
    words = " ".join(rng.choices(WORDS.split(), k=rng.randrange(4, 30)))
    at = FIRST + SPAN * number // count
    told: dict[str, object] = {
        "id": str(BASE_ID + number),
        "author_id": str(1000 + author),
        "author": {"id": str(1000 + author), "username": f"person_{author}", "name": f"Person {author}"},
        "text": words,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at)),
        "conversation_id": str(BASE_ID + number),
    }
    if number % 2:
        told["text"] = f"@person_{peer} {words}"
        told["entities"] = {
            "mentions": [{"start": 0, "end": 9, "username": f"person_{peer}", "id": str(1000 + peer)}]
        }
    return told


def run(folder: Path, row: Row) -> None:
    """Run the notebook on the case and print seconds, processor seconds and peak bytes, as JSON."""
    from tests.runner_kit import DETECTIVE
    from workbench.department import FOLDER, Department
    from workbench.runner.run import Job, run_case

    cases = folder / "cases"
    job = Job(folder=cases / "2026-0001", notebook=row.notebook, given=row.given)
    before, began = os.times(), time.perf_counter()
    record = run_case(job, Department(cases / FOLDER), DETECTIVE)
    seconds, after = time.perf_counter() - began, os.times()
    assert record.complete, f"{record.reason}: {record.error}"
    processor = sum(after[:4]) - sum(before[:4])
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    page = cases / "2026-0001" / record.folder / "notebook.html"
    found = {"seconds": seconds, "processor": processor, "page": page.stat().st_size}
    print(json.dumps(found | {"peak": max(peaks) * (1 if sys.platform == "darwin" else 1024)}))


def main() -> int:
    """Make the cases, measure, write the section."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--posts", type=int, default=COUNT)
    reader.add_argument("rows", nargs="*", help="all where none is named")
    asked = reader.parse_args()
    found = {name: measured(name, asked.posts) for name in asked.rows or ROWS}
    lines = [
        f"| {name} | {each['seconds']:.1f} | {each['processor']:.1f} "
        f"| {each['peak'] / 1e6:.0f} | {each['page'] / 1e6:.1f} |"
        for name, each in found.items()
    ]
    aimed = [each for name, each in found.items() if ROWS[name].notebook == "missing"]
    notes.put("\n".join([*_head(asked.posts), *lines, "", *_verdicts(aimed)]))
    return 0


def measured(name: str, count: int) -> dict[str, float]:
    """Make a row's case and run its notebook, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-notebooks-") as place:
        _in_a_process("make", place, name, str(count))
        found: dict[str, float] = json.loads(_in_a_process("run", place, name).splitlines()[-1])
    print(name, found, flush=True)
    return found


def _head(count: int) -> list[str]:
    return [
        "## Notebooks",
        "",
        notes.head("python -m bench.notebooks"),
        "",
        f"Notebooks over {count:,} posts, a whole kept run with its kernel and HTML.",
        "",
        "| notebook | s | processor s | peak MB | HTML MB |",
        "|---|---|---|---|---|",
    ]


def _verdicts(aimed: list[dict[str, float]]) -> list[str]:
    if not aimed:
        return []
    seconds, peak = (max(each[key] for each in aimed) for key in ("seconds", "peak"))
    return [
        notes.verdict("the notebook missing over 1M posts", seconds, SECONDS, most=True, unit=" s"),
        notes.verdict("its memory", peak / 1e6, MEGABYTES, most=True, unit=" MB"),
    ]


def _in_a_process(*words: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from bench import notebooks; notebooks.act(sys.argv[1:])",
            *words,
        ],
        check=True,
        cwd=notes.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def act(words: list[str]) -> None:
    """Do one step in this process: ``make FOLDER ROW COUNT`` or ``run FOLDER ROW``."""
    folder, row = Path(words[1]), ROWS[words[2]]
    if words[0] == "make":
        make(folder, row, int(words[3]))
    else:
        run(folder, row)


if __name__ == "__main__":
    sys.exit(main())
