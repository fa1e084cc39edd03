"""The runs that a report is made from: sealed, complete, the newest of each notebook; a damaged one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report_kit import Bureau, notebook
from workbench.custody import releases
from workbench.errors import IntegrityError, UsageError
from workbench.production import runs, state
from workbench.production.state import State
from workbench.sealing import finish


def read(bureau: Bureau, release: int) -> State:
    return state.read(bureau.case.folder, releases.releases_for(bureau.case.folder)[release - 1])


def test_the_newest_of_each_notebook_that_the_seal_covers_is_taken(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    for name in ("missing", "wanted", "missing"):
        bureau.run(notebook(), name)
    release = bureau.release()
    bureau.run(notebook(), "missing")
    found = read(bureau, release)
    chosen = runs.chosen(found, ())
    assert [(run.name, run.number) for run in chosen] == [("missing", 3), ("wanted", 2)]
    assert [run.name for run in runs.chosen(found, ("wanted",))] == ["wanted"]
    assert chosen[0].folder == "runs/0003-missing"
    assert chosen[0].cited[1] >= {"", "/account"}
    with pytest.raises(UsageError, match="no run"):
        runs.chosen(found, ("gang",))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [("record.json", "{}", "record of a run"), ("notebook.ipynb", '{"cells": 3}', "notebook of a run")],
)
def test_a_run_that_cannot_be_read_is_told(tmp_path: Path, name: str, content: str, what: str) -> None:
    bureau = Bureau(tmp_path)
    folder = tmp_path / "staged"
    folder.mkdir()
    for each, text in {"record.json": "{}", "notebook.ipynb": '{"cells": []}', name: content}.items():
        (folder / each).write_text(text, "utf-8")
    if name != "record.json":
        (folder / "record.json").write_text('{"started": "", "position": 1, "values": {}}', "utf-8")
    files = {path.name: path for path in folder.iterdir()}
    bureau.desk.open(bureau.case).add_run("missing", "complete", files)
    finish(bureau.desk.open(bureau.case), bureau.desk.sign_in("1001"))
    found = read(bureau, bureau.release())
    with pytest.raises(IntegrityError, match=what):
        runs.chosen(found, ())
