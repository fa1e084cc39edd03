"""After a mark no working copy shows what was made before it, and what is made after it stays."""

from __future__ import annotations

from pathlib import Path

import msgspec
import nbformat
import pytest

from tests.runner_kit import SUPERVISOR, Office, give_archive
from workbench import times
from workbench.casefile import CaseFile, audit
from workbench.runner import bared, lab, notebooks
from workbench.runner.kept import RunRecord

SHOWN = "the picture that is meant"


def executed(words: str = SHOWN) -> nbformat.NotebookNode:
    v4 = nbformat.v4
    made: nbformat.NotebookNode = v4.new_notebook()  # type: ignore[no-untyped-call]
    cell = v4.new_code_cell("case.contact_sheet(files)", execution_count=3)  # type: ignore[no-untyped-call]
    data = {"output_type": "display_data", "metadata": {}, "data": {"text/html": f'<img alt="{words}">'}}
    cell.outputs = [nbformat.from_dict(data)]  # type: ignore[no-untyped-call]
    made.cells = [v4.new_markdown_cell("# Ours"), cell]  # type: ignore[no-untyped-call]
    made.metadata["widgets"] = {"state": {"value": words}}
    return made


class Bench:
    """A case with a run, and a lab with copies of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.office = Office(home / "cases")
        self.case = self.office.case()
        self.office.approve(self.case)
        (home / "given").mkdir()
        give_archive(self.case, home / "given", ["words"])
        self.folder = home / "lab" / self.case.number
        self.run()

    def run(self, *, default: bool = False, look: bool = False, **given: bool) -> None:
        """Keep a run; ``default``: what its notebook takes for show_hidden, ``look``: somebody asks in between."""
        path = self.home / "notebook.ipynb"
        path.write_bytes(notebooks.content(executed()))
        begun = times.now()
        if look:
            audit(self.case.folder, SUPERVISOR, "viewed", {"exhibit": 1, "hidden": True}, times.now)
        effective = {"show_hidden": default, **given}
        record = RunRecord(
            case=self.case.number,
            name="missing",
            status="complete",
            reason="ok",
            started=times.stamp(begun),
            ended=times.stamp(times.now()),
            position=1,
            evidence=1,
            attempts=1,
            cells=(),
            source_sha256="",
            values=dict(effective),
            programs={},
        )
        kept = {"notebook.ipynb": path}
        told = {"parameters.json": {"given": given, "values": effective}, "record.json": record}
        for name, content in told.items():
            kept[name] = self.home / name
            kept[name].write_bytes(msgspec.json.encode(content))
        self.case.add_run("missing", "complete", kept)

    def mark(self, mark: str) -> None:
        body = {"kind": "mark", "exhibits": [1], "text": "why", "mark": mark}
        CaseFile(self.case.folder, self.office.department, SUPERVISOR).annotate(body)

    def lay_out(self) -> None:
        lab.lay_out(self.home / "lab", self.case.folder)

    def save(self, name: str, notebook: nbformat.NotebookNode) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebooks.content(notebook))
        return path

    def showing(self) -> set[str]:
        """Name the files of the lab that show it, whatever they are called."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix() for path in files if SHOWN in path.read_text()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("mark", ["contraband", "hidden"])
def test_a_run_before_a_mark_is_copied_without_its_results(bench: Bench, mark: str) -> None:
    bench.mark(mark)
    bench.run()
    bench.lay_out()
    assert bench.showing() == {"runs/0002-missing.ipynb"}
    copy = notebooks.load(bench.folder / "runs" / "0001-missing.ipynb")
    assert "The results are not here" in copy.cells[0].source
    assert [cell.source for cell in copy.cells[1:]] == ["# Ours", "case.contact_sheet(files)"]
    assert copy.cells[2].execution_count is None


def test_copies_that_were_there_lose_their_results_checkpoints_too(bench: Bench) -> None:
    bench.lay_out()
    bench.save("mine.ipynb", executed())
    bench.save(".ipynb_checkpoints/mine-checkpoint.ipynb", executed())
    older = executed()
    older.nbformat_minor = 4
    for cell in older.cells:
        del cell["id"]
    bench.save("older.ipynb", older)
    note = bench.folder / "words.ipynb"
    note.write_text("somebody's work")
    assert len(bench.showing()) == 4
    bench.mark("contraband")
    bench.lay_out()
    assert bench.showing() == set()
    assert note.read_text() == "somebody's work"
    mine = notebooks.load(bench.folder / "mine.ipynb")
    assert "The results are not here" in mine.cells[0].source
    assert "widgets" not in mine.metadata


def test_what_is_made_after_the_mark_stays_until_the_next(bench: Bench) -> None:
    bench.mark("hidden")
    bench.lay_out()
    bench.save("mine.ipynb", executed())
    bench.lay_out()
    assert bench.showing() == {"mine.ipynb"}
    bench.mark("none")
    bench.lay_out()
    assert bench.showing() == {"mine.ipynb"}
    bench.mark("contraband")
    bench.lay_out()
    assert bench.showing() == set()


def test_a_link_is_not_followed_and_a_state_that_was_spoilt_costs_results_only(bench: Bench) -> None:
    outside = bench.home / "outside.ipynb"
    outside.write_bytes(notebooks.content(executed()))
    bench.mark("contraband")
    bench.lay_out()
    (bench.folder / "link.ipynb").symlink_to(outside)
    (bench.folder / ".marked").write_text("no number")
    bench.save("mine.ipynb", executed())
    bench.lay_out()
    assert SHOWN in outside.read_text()
    assert bench.showing() == {"link.ipynb"}


def test_a_case_without_marks_has_none(bench: Bench) -> None:
    assert bared.newest(bench.case.folder) == 0
    bench.lay_out()
    assert bench.showing() == {"runs/0001-missing.ipynb"}


def test_what_a_run_was_asked_to_show_is_copied_for_nobody(bench: Bench) -> None:
    bench.run(show_hidden=True)
    bench.run(show_hidden=False)
    bench.lay_out()
    assert bench.showing() == {"runs/0001-missing.ipynb", "runs/0003-missing.ipynb"}


def test_a_notebook_of_one_s_own_that_shows_what_is_hidden_by_itself_is_copied_for_nobody(
    bench: Bench,
) -> None:
    """Its parameter may be set in its own cell, or its code may ask without any."""
    bench.run(default=True)
    bench.run(look=True)
    bench.run()
    bench.lay_out()
    assert bench.showing() == {"runs/0001-missing.ipynb", "runs/0004-missing.ipynb"}


def test_of_a_run_without_a_record_nobody_can_tell(bench: Bench) -> None:
    next(bench.case.folder.glob("runs/0001-*/record.json")).unlink()
    bench.lay_out()
    assert bench.showing() == set()


def test_copies_of_the_other_cases_are_bared_as_well(bench: Bench) -> None:
    bench.lay_out()
    bench.save("mine.ipynb", executed())
    bench.mark("contraband")
    lab._bare_others(bench.home / "lab", bench.office.casefiles)
    assert bench.showing() == set()
