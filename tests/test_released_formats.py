"""One case of each released format is kept, and goes on: it opens, verifies, is run again and sealed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import casemaker
from tests.runner_kit import notebook
from tests.tampering import FORMAT_1, FORMAT_2
from workbench.casefile import CaseFile
from workbench.custody import log
from workbench.custody.chain import Chain
from workbench.custody.keys import KeySigner
from workbench.custody.verify import verify
from workbench.department import FOLDER, FORMAT, Department, Session, Settings, _write_signed
from workbench.runner.run import Job, run_case
from workbench.times import now

pytestmark = pytest.mark.slow
CELL = "case_number: str = ''  # case\nn: int = 1  # a number"
LOOK = "import workbench\ncase = workbench.open_case(case_number)\nprint(case.number, n)"


def _department(case: Path, home: Path) -> Department:
    """Make the register of the department whose officers a kept case holds."""
    folder, chain = home / FOLDER, Chain(home / FOLDER, "log", now)
    chain.append("c1", [("open", {"department": "1", "format": FORMAT})])
    shutil.copytree(case / "officers", folder / "officers")
    for entry in log.rare(case):
        if entry.action == "officers":
            chain.append("c1", [("officers", entry.fields)])
    settings = Settings(number=1, previous=log.GENESIS, department="Kept", timezone="UTC", people={})
    chief = Session("c1", "chief", KeySigner(casemaker.key("c1")))
    _write_signed(folder, chain, "settings", 1, settings.render(), [chief])
    return Department(folder)


@pytest.mark.parametrize("kept", [FORMAT_1, FORMAT_2], ids=lambda path: path.name)
def test_a_case_of_a_released_format_opens_verifies_and_is_run_again(kept: Path, tmp_path: Path) -> None:
    home = tmp_path / "casefiles"
    folder = shutil.copytree(kept / casemaker.NUMBER, home / casemaker.NUMBER)
    department = _department(folder, home)
    assert verify(folder, root=department.root).defects == []
    before = log.head(folder).seq
    case = CaseFile(folder, department, "d1")
    history = case.history()
    # Its facts are fewer than a case needs to be opened today: it is read, run and sealed all the same.
    assert history.problem == ""
    assert history.format == f"workbench-casefile/{1 if kept == FORMAT_1 else 2}"
    source = notebook(tmp_path / "look.ipynb", CELL, LOOK)
    record = run_case(Job(folder=folder, notebook=str(source)), department, "d1")
    assert (record.complete, record.number) == (True, max(history.runs, default=0) + 1)
    actions = [entry.action for entry in log.rare(folder) if entry.seq > before]
    assert actions == [*["format"] * (kept == FORMAT_1), "run", "seal"] or actions == [
        "run",
        *["format"] * (kept == FORMAT_1),
        "seal",
    ]
    report = verify(folder, root=department.root)
    assert report.defects == []
    assert case.history().format == "workbench-casefile/2"
