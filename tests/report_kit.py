"""A case whose notebook has run: rows and figures that cite exhibits, hostile words, pictures, marks, a release."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
import pandas as pd

from tests import package_kit
from tests.desk import START, Desk
from tests.production_kit import PIXEL
from workbench import sealing, show
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.production.report import Asked, Made, report
from workbench.release import give
from workbench.times import stamp

CASE = "2026-0417"
ATTACK = (
    "</td></table><script>alert('ESCAPED')</script><img src=http://198.51.100.7/a onerror=alert(1)>"
    "<style>body{display:none}</style>\u202e 2026-0417-E0001"
)
"""Words as an attacker would post them; they look like a citation too."""


def rows() -> pd.DataFrame:
    """Give a result of three rows: one plain, one hostile, one that cites contraband."""
    return pd.DataFrame(
        {
            "words": ["firstly", ATTACK, "from what is contraband"],
            "exhibits": [(f"{CASE}-E0001#/account",), (f"{CASE}-E0003#/account",), (f"{CASE}-E0004",)],
            "exhibit_count": [1, 1, 1],
        }
    )


def thumbnail(number: int) -> str:
    """Give a figure that shows a captured picture with its citation."""
    source = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    return f'<figure><img src="{source}"><figcaption><code>{CASE}-E{number:04d}</code></figcaption></figure>'


def notebook(*more: str) -> nbformat.NotebookNode:
    """Make an executed notebook: words, a table, a figure, plain text, hostile outputs, ``more`` HTML outputs."""
    v4 = nbformat.v4
    words = f"# Missing person\n\nSeen first in {CASE}-E0001, later in {CASE}-E0999. [out](https://evil.test) {ATTACK}"
    made: nbformat.NotebookNode = v4.new_notebook(cells=[v4.new_markdown_cell(words)])  # type: ignore[no-untyped-call]
    figure = show.hours(pd.DataFrame())
    htmls = [show.table(rows(), title="Last entries").fragment(), figure.fragment(), ATTACK, *more]
    outputs = [
        *({"output_type": "display_data", "metadata": {}, "data": {"text/html": each}} for each in htmls),
        {"output_type": "stream", "name": "stdout", "text": ATTACK},
        {"output_type": "display_data", "metadata": {}, "data": {"text/plain": ATTACK}},
        {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": "alert(1)"}},
    ]
    cell = v4.new_code_cell("secret_code()", execution_count=1)  # type: ignore[no-untyped-call]
    cell.outputs = [nbformat.from_dict(each) for each in outputs]  # type: ignore[no-untyped-call]
    made.cells.append(cell)
    return made


class Bureau:
    """A case with exhibits, marks (E0002 hidden, E0004 contraband), a run of a notebook, seals and releases."""

    number = 0
    done: Made

    def __init__(self, home: Path, *, oral: bool = False, now: int = START) -> None:
        self.home = home
        self.desk = Desk(home, now=now)
        self.case = self.desk.oral() if oral else self.desk.approved()
        package_kit.fill(self.desk, self.case)
        self.mark(4, "contraband")
        self.mark(2, "hidden")

    def mark(self, number: int, mark: str) -> None:
        """Mark an exhibit."""
        annotate(self.desk.open(self.case), self.desk.sign_in("1001"), "mark", [number], "why", mark=mark)

    def run(
        self,
        made: nbformat.NotebookNode,
        name: str = "missing",
        status: str = "complete",
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Keep an executed notebook with the case, and seal."""
        folder = self.home / f"run-{len(list(self.home.glob('run-*')))}"
        folder.mkdir()
        nbformat.write(made, folder / "notebook.ipynb")  # type: ignore[no-untyped-call]
        record = {
            "started": stamp(self.desk.now),
            "position": 9,
            "values": {"person": "ada <b>", **(values or {})},
            "programs": {},
        }
        (folder / "record.json").write_text(json.dumps(record), "utf-8")
        (folder / "parameters.json").write_text("{}", "utf-8")
        files = {path.name: path for path in folder.iterdir()}
        self.desk.open(self.case).add_run(name, status, files)
        sealing.finish(self.desk.open(self.case), self.desk.sign_in("1001"))

    def release(self, exhibits: Sequence[int] | None = None, kind: str = "report") -> int:
        """Have the chief release; give the release's number."""
        self.desk.now += 1_000_000
        chief: CaseFile = self.desk.open(self.case, "c1")
        session = self.desk.sign_in("c1")
        return give(chief, session, kind, exhibits, recipient="the <court>", purpose="motion 7").release

    def report(self, out: Path, release: int, asked: Asked | None = None) -> Made:
        """Make a report as the owner of the case."""
        wanted = asked or Asked(format="html")
        return report(
            self.desk.open(self.case), self.desk.sign_in("1001"), out, release=release, asked=wanted
        )
