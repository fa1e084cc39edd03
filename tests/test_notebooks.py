"""The notebooks that come with the workbench: clean sources, and a whole run on a case with nothing in it."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

from tests.runner_kit import DETECTIVE, Office, give_archive
from workbench.runner import notebooks, parameters
from workbench.runner.batch import Result, batch
from workbench.runner.run import Job

NAMES = ("cyberstalking", "missing", "wanted")
PATHS = sorted(notebooks.folder().glob("*.ipynb"))


def test_these_are_the_notebooks() -> None:
    assert notebooks.names() == NAMES
    assert [path.stem for path in PATHS] == ["cyberstalking", "missing", "start", "wanted"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_source_holds_parameters_calls_and_prose_only(path: Path) -> None:
    found = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(found)
    assert found.metadata.kernelspec.name == "workbench"
    names = [cell.id for cell in found.cells]
    assert len(set(names)) == len(names)
    assert all(name.islower() for name in names)
    for cell in found.cells:
        if cell.cell_type != "code":
            continue
        assert cell.outputs == []
        assert cell.execution_count is None
        banned = (ast.FunctionDef, ast.Lambda, ast.For, ast.While, ast.comprehension, ast.ClassDef, ast.Try)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, banned)]


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_typed_and_described(name: str) -> None:
    found = {each.name: each for each in parameters.read(notebooks.find(name))}
    assert {"case_number", "collect", "since", "until"} <= set(found)
    assert found["collect"].default is False
    assert all(len(each.description) > 8 for each in found.values())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Run each notebook on an empty case, and one on a case with posts."""
    root = tmp_path_factory.mktemp("notebooks")
    office = Office(root / "cases")
    jobs = [
        Job(folder=office.case(f"2026-000{n}", name).folder, notebook=name) for n, name in enumerate(NAMES)
    ]
    filled = office.case("2026-0007")
    office.approve(filled)
    give_archive(filled, root, [f"<p>post {number} &lt;img src=x&gt;</p>" for number in range(40)])
    jobs.append(Job(folder=filled.folder, notebook="missing", given={"last_seen": "2026-03-01"}))
    done = batch(jobs, office.department, DETECTIVE)
    found = dict(zip((*NAMES, "filled"), done, strict=True))
    for name, result in found.items():
        if result.record is not None:
            path = office.casefiles / result.case / result.record.folder / "notebook.html"
            (root / f"{name}.html").write_text(path.read_text("utf-8"), "utf-8")
    office.casefiles.rename(root / "done")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "filled"])
def test_it_runs_to_its_end(results: dict[str, Result], name: str) -> None:
    record = results[name].record
    assert record is not None, results[name].error
    unrun = [(cell.id, cell.state) for cell in record.cells if cell.state != "ran"]
    assert (record.reason, record.error, unrun) == ("ok", "", [])
