"""The notebooks that come with the workbench: clean sources, and a whole run on a case with nothing in it."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

from tests.runner_kit import DETECTIVE, Office, fetched, give_archive
from workbench.runner import notebooks, parameters
from workbench.runner.batch import Result, batch
from workbench.runner.run import Job

HOSTILE = "&lt;img src=x onerror=alert(1)&gt;"
NAMES = ("crime-media", "cyberstalking", "gang", "missing", "supervisor-digest", "wanted")
PURPOSE = {"supervisor-digest": "gang"}
_EDGE = 100
PATHS = sorted(notebooks.folder().glob("*.ipynb"))


def test_these_are_the_notebooks() -> None:
    assert notebooks.names() == NAMES
    assert [path.stem for path in PATHS] == sorted([*NAMES, "start"])


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
        # In the lab, and on paper: no line of code runs past the edge. A parameter's line is wrapped.
        assert cell.id == "parameters" or max(map(len, cell.source.splitlines())) <= _EDGE
        banned = (ast.FunctionDef, ast.Lambda, ast.For, ast.While, ast.comprehension, ast.ClassDef, ast.Try)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, banned)]


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_typed_and_described(name: str) -> None:
    found = {each.name: each for each in parameters.read(notebooks.find(name))}
    assert {"case_number", "since", "until"} <= set(found)
    assert ("collect" in found) == (name != "supervisor-digest")
    assert not [each for each in ("collect", "show_hidden") if each in found and found[each].default]
    assert all(len(each.description) > 8 for each in found.values())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Result, Path]]:
    """Run each notebook on an empty case, and one on a case with posts: results and run folders."""
    root = tmp_path_factory.mktemp("notebooks")
    office = Office(root / "cases")
    empty = [office.case(f"2026-000{n}", PURPOSE.get(name, name)) for n, name in enumerate(NAMES)]
    # A gang case goes no further without it; the others have nothing approved.
    office.approve(empty[NAMES.index("gang")])
    jobs = [Job(folder=case.folder, notebook=name) for case, name in zip(empty, NAMES, strict=True)]
    filled = office.case("2026-0007")
    office.approve(filled)
    give_archive(filled, root, [f"<p>post {number} {HOSTILE}</p>" for number in range(40)])
    jobs.append(Job(folder=filled.folder, notebook="missing", given={"last_seen": "2026-03-01"}))
    results = batch(jobs, office.department, DETECTIVE)
    ends = [done.record.folder if done.record else "" for done in results]
    folders = [job.folder / end for job, end in zip(jobs, ends, strict=True)]
    return dict(zip((*NAMES, "filled"), zip(results, folders, strict=True), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "filled"])
def test_it_runs_to_its_end_and_reads_without_any_network(
    kept: dict[str, tuple[Result, Path]], name: str
) -> None:
    result, folder = kept[name]
    assert result.record is not None, result.error
    unrun = [(cell.id, cell.state) for cell in result.record.cells if cell.state != "ran"]
    assert (result.record.reason, result.record.error, unrun) == ("ok", "", [])
    page = (folder / "notebook.html").read_text("utf-8")
    assert list(fetched(page)) == []
    assert "<img src=x" not in page
    for heading in ("What is known", "What was captured", "Open questions", "Contrary facts", "Limits"):
        assert heading in page


@pytest.mark.slow
def test_figures_cite_and_stand_beside_local_time(kept: dict[str, tuple[Result, Path]]) -> None:
    _, folder = kept["filled"]
    page = (folder / "notebook.html").read_text("utf-8")
    assert "2026-0007-E0001#/orderedItems/0" in page
    assert "2026-03-01 00:00:00" in page
    assert "2026-02-28 19:00:00" in page
    assert "post 39 &lt;img src=x" in page
