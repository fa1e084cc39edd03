"""Reporting ever more cited exhibits: the page, and its print to PDF by the browser that is here.

Run as ``python -m bench.reporting [COUNT …]``. A case is made with the case file's own writer, one post to an
exhibit, and a run whose tables have a row for each, a hundred rows to a table. Each figure is one call, seconds of
wall clock (MB is 10^6 bytes); ``print`` is the browser alone, which uses above 4 GB for 10,000.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import notes

if TYPE_CHECKING:
    from tests.desk import Desk
    from workbench.casefile import CaseFile

COUNTS = (100, 1_000, 10_000)
CASE, OFFICER = "2026-0417", "1001"
ROWS = 100
AIM_S = 300.0


def make(folder: Path, count: int) -> tuple[CaseFile, int]:
    """Make a case with so many exhibits, a run that cites each, a seal and a release; nothing is synced."""
    from tests.desk import Desk
    from workbench import sealing
    from workbench.custody import disk, keys
    from workbench.release import give

    disk.sync = lambda fd: None  # noqa: ARG005 - the name is a part of its type
    keys.KDF_ROUNDS = 1
    desk = Desk(folder)
    case = desk.approved()
    _capture(desk, case, count)
    _run(desk, case, folder, count)
    sealing.finish(desk.open(case), desk.sign_in(OFFICER))
    chief = desk.open(case, "c1")
    given = give(chief, desk.sign_in("c1"), "report", None, recipient="the court", purpose="motion 7")
    return desk.open(case), given.release


def _capture(desk: Desk, case: CaseFile, count: int) -> None:
    from tests.desk import HEAD, exchange
    from tests.package_kit import SERVER, status
    from workbench.records import Result

    key = desk.sign_in(OFFICER).key
    writer = case.begin_capture(desk.order(), key=key, collector="mastodon 1.0", head=HEAD)
    for number in range(count):
        body = status(1000 + number, f"words of number {number}, a sentence as people write them", None)
        writer.append(exchange(body, f"{SERVER}/statuses/{1000 + number}"))
    writer.end(Result(verdict="complete", items=count), requests=count)


def _run(desk: Desk, case: CaseFile, folder: Path, count: int) -> None:
    import pandas as pd

    from workbench import show
    from workbench.times import stamp

    outputs = []
    for first in range(0, count, ROWS):
        numbers = range(first + 1, min(first + ROWS, count) + 1)
        rows = pd.DataFrame(
            {
                "author": [f"@account_{number % 37}@social.example" for number in numbers],
                "words": [
                    f"words of number {number - 1}, a sentence as people write them" for number in numbers
                ],
                "exhibits": [(f"{CASE}-E{number:04d}#/status",) for number in numbers],
                "exhibit_count": 1,
            }
        )
        html = show.table(rows, title=f"Posts {numbers[0]} to {numbers[-1]}", rows=ROWS).fragment()
        outputs.append({"output_type": "display_data", "metadata": {}, "data": {"text/html": html}})
    cells = [{"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "", "outputs": outputs}]
    made = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    at = folder / "run"
    at.mkdir()
    (at / "notebook.ipynb").write_text(json.dumps(made), "utf-8")
    record = {"started": stamp(desk.now), "position": 9, "values": {}, "programs": {}}
    (at / "record.json").write_text(json.dumps(record), "utf-8")
    (at / "parameters.json").write_text("{}", "utf-8")
    desk.open(case).add_run("missing", "complete", {path.name: path for path in at.iterdir()})


def measure(count: int) -> tuple[float, float, float, float]:
    """Make the report of so many exhibits and print it; give both seconds, and the megabytes of page and PDF."""
    from tests.desk import signer
    from workbench.department import Session
    from workbench.production import printing
    from workbench.production.report import PAGE, Asked, report

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case, release = make(folder, count)
        session = Session(OFFICER, "detective", signer(OFFICER))
        began = time.perf_counter()
        report(case, session, folder / "out", release=release, asked=Asked(format="html"))
        paged = time.perf_counter() - began
        began = time.perf_counter()
        printing.pdf(folder / "out" / PAGE, folder / "out.pdf", printing.find())
        printed = time.perf_counter() - began
        sizes = [(folder / each).stat().st_size / 1e6 for each in ("out/report.html", "out.pdf")]
    return paged, printed, sizes[0], sizes[1]


def main() -> None:
    """Measure, and note it in RESULTS.md."""
    counts = [int(each) for each in sys.argv[1:]] or COUNTS
    rows, printed = "", 0.0
    for count in counts:
        paged, printed, page, pdf = measure(count)
        rows += f"| {count:,} | {paged:.1f} | {page:.1f} | {printed:.1f} | {pdf:.1f} |\n"
        print(rows.splitlines()[-1], flush=True)
    section = "## Reporting: a page and its print\n\n" + notes.head("python -m bench.reporting")
    section += f" {(__doc__ or '').partition('Run as')[2].partition('. ')[2].strip()}\n\n"
    section += (
        "| exhibits cited | page, s | page, MB | print, s | PDF, MB |\n|---|---|---|---|---|\n" + rows + "\n"
    )
    section += notes.verdict(f"print of {counts[-1]:,}", printed, AIM_S, most=True, unit=" s") + "\n"
    notes.put(section)


if __name__ == "__main__":
    main()
