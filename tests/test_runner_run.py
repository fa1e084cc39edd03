"""A run is kept with the case, tells the truth, begins with the values of the last, and replaces nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.runner_kit import DETECTIVE, OTHER, SUPERVISOR, Office, notebook
from workbench.casefile import CaseFile
from workbench.custody import log
from workbench.errors import AuthorityError, InputError, UsageError
from workbench.runner import kept
from workbench.runner.batch import batch, summary
from workbench.runner.run import Job, prepare, run_case

CELL = "case_number: str = ''  # case\ncollect: bool = False  # capture first\nn: int = 1  # a number"
LOOK = "import workbench\ncase = workbench.open_case(case_number)\nprint(case.number, n, collect)"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "cases")


def _runs(case: CaseFile) -> list[dict[str, object]]:
    return [entry.fields for entry in log.entries(case.folder) if entry.action == "run"]


def test_runs_are_kept_numbered_hashed_and_begin_where_the_last_ended(office: Office, tmp_path: Path) -> None:
    case = office.case()
    source = notebook(tmp_path / "Look at.ipynb", CELL, LOOK)
    first = run_case(
        Job(folder=case.folder, notebook=str(source), given={"n": "5"}), office.department, DETECTIVE
    )
    assert (first.complete, first.status, first.folder) == (True, "complete", "runs/0001-look-at")
    assert first.values == {"case_number": case.number, "collect": False, "n": 5}
    (line,) = _runs(case)
    assert line["status"] == "complete"
    folder = case.folder / first.folder
    assert line["files"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()
    }
    assert sorted(path.name for path in folder.iterdir()) == [
        "notebook.html",
        "notebook.ipynb",
        "parameters.json",
        "record.json",
    ]
    assert json.loads((folder / "parameters.json").read_text())["given"] == {"n": 5}
    assert f"{case.number} 5 False" in (folder / "notebook.ipynb").read_text()
    assert kept.last_record(case.folder, "look-at") == first
    # The kernel opened the case as the officer, and both are in the audit chain.
    assert [entry.action for entry in log.entries(case.folder, "audit")] == ["run", "opened"]

    job = Job(folder=case.folder, notebook=str(source), skip_unchanged=True)
    assert prepare(job).values["n"] == 5
    again = run_case(job, office.department, DETECTIVE)
    assert (again.unchanged, again.number, len(_runs(case))) == (True, 1, 1)


def test_what_made_a_run_fail_is_not_what_the_next_begins_with(office: Office, tmp_path: Path) -> None:
    case = office.case()
    source = notebook(tmp_path / "look.ipynb", CELL, "1 // n")
    for given, status in (({"n": 5}, "complete"), ({"n": 0}, "failed"), ({}, "complete")):
        job = Job(folder=case.folder, notebook=str(source), given=given)
        record = run_case(job, office.department, DETECTIVE)
        assert record.status == status
    assert record.values["n"] == 5


def test_under_a_cell_that_is_refused_stands_the_message_and_no_traceback(
    office: Office, tmp_path: Path
) -> None:
    case = office.case()
    source = notebook(
        tmp_path / "look.ipynb",
        CELL,
        "import workbench; case = workbench.open_case(case_number)",
        "case.posts('2026-03-02', '2026-03-01')",
    )
    record = run_case(Job(folder=case.folder, notebook=str(source)), office.department, DETECTIVE)
    made = json.loads((case.folder / record.folder / "notebook.ipynb").read_text())
    (error,) = [
        each for cell in made["cells"] for each in cell.get("outputs", ()) if each["output_type"] == "error"
    ]
    assert (record.status, error["ename"]) == ("failed", "UsageError")
    assert error["traceback"] == [
        "the last day to look at is before the first",
        "where: since, until",
        "expected until on 2026-03-02 or later, found 2026-03-01",
        "next: change one of the two",
    ]


def test_unknown_or_wrong_values_are_refused_before_anything_starts(office: Office, tmp_path: Path) -> None:
    case = office.case()
    source = notebook(tmp_path / "look.ipynb", CELL, LOOK)
    bare = notebook(tmp_path / "bare.ipynb", "n: int = 1  # a number")
    before = log.head(case.folder)
    for job in (
        Job(folder=case.folder, notebook=str(source), given={"m": 1}),
        Job(folder=case.folder, notebook=str(source), given={"n": "one"}),
        Job(folder=case.folder, notebook=str(bare), collect=True),
        Job(folder=case.folder, notebook="no-such-notebook"),
    ):
        with pytest.raises(UsageError):
            run_case(job, office.department, DETECTIVE)
    with pytest.raises(AuthorityError, match="not assigned"):
        run_case(Job(folder=case.folder, notebook=str(source)), office.department, OTHER)
    assert log.head(case.folder) == before
    assert not (case.folder / "runs").exists()


def test_collecting_is_asked_for_each_time(office: Office, tmp_path: Path) -> None:
    case = office.case()
    source = notebook(tmp_path / "look.ipynb", CELL)
    _keep(case, {"collect": True, "n": 7, "gone": 1})
    ready = prepare(Job(folder=case.folder, notebook=str(source)))
    assert ready.values == {"case_number": case.number, "collect": False, "n": 7}
    assert ready.dropped == ("gone",)
    assert prepare(Job(folder=case.folder, notebook=str(source), collect=True)).values["collect"] is True


def test_a_damaged_earlier_run_is_said(office: Office, tmp_path: Path) -> None:
    case = office.case()
    source = notebook(tmp_path / "look.ipynb", CELL)
    _keep(case, {"n": 7})
    path = case.folder / "runs" / "0001-look" / "parameters.json"
    for damaged in ("[]", "{}", "{"):
        path.write_text(damaged)
        with pytest.raises(InputError, match="earlier run"):
            prepare(Job(folder=case.folder, notebook=str(source)))


def test_one_failure_never_stops_the_rest(office: Office, tmp_path: Path) -> None:
    cases = [office.case(f"2026-000{number}") for number in (1, 2, 3)]
    office_of_another = office.case("2026-0004").folder
    good = notebook(tmp_path / "good.ipynb", CELL, LOOK)
    bad = notebook(tmp_path / "bad.ipynb", CELL, LOOK, "raise SystemExit(0)", "'never'")
    jobs = [
        Job(folder=cases[0].folder, notebook=str(bad)),
        Job(folder=cases[1].folder, notebook=str(good), given={"nonsense": 1}),
        Job(folder=cases[2].folder, notebook=str(good)),
        Job(folder=office_of_another / "nothing", notebook=str(good)),
    ]
    seen: list[tuple[str, int, int]] = []
    results = batch(
        jobs,
        office.department,
        SUPERVISOR,
        report=lambda result, done, of: seen.append((result.case, done, of)),
    )
    assert [result.status for result in results] == ["failed", "refused", "complete", "refused"]
    assert summary(results) == {"failed": 1, "refused": 2, "complete": 1}
    assert results[0].record is not None
    assert results[0].record.reason == "exited-early"
    assert results[1].exit_code == 2
    assert [done for _, done, _ in seen] == [1, 2, 3, 4]
    assert _runs(cases[0])[0]["status"] == "failed"
    assert "This run failed" in (cases[0].folder / "runs/0001-bad/notebook.html").read_text()
    with pytest.raises(UsageError):
        batch(jobs, office.department, DETECTIVE, at_once=0)


def _keep(case: CaseFile, given: dict[str, object]) -> None:
    path = case.folder.parent / "parameters.json"
    path.write_text(json.dumps({"notebook": "look", "given": given, "values": given}))
    case.add_run("look", "complete", {"parameters.json": path})
