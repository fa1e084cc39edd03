"""The files that an execution leaves: notebook and HTML, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

import nbformat

from workbench.custody import disk
from workbench.errors import InputError
from workbench.runner import notebooks
from workbench.runner.outcome import HTML, NOTEBOOK, PARTIAL, Outcome, Plan
from workbench.show import exported


def finish(plan: Plan, notebook: nbformat.NotebookNode, outcome: Outcome) -> None:
    """Write notebook and HTML, each whole or not at all; a failed run says so at its top."""
    folder = Path(plan.output)
    if not outcome.complete:
        notebook.cells.insert(0, _notice(outcome))
    disk.replace(folder / NOTEBOOK, notebooks.content(notebook))
    disk.replace(folder / HTML, exported.render(notebook, plan.title).encode())


def salvage(plan: Plan, outcome: Outcome) -> None:
    """Write the files of an execution whose process died: what it had saved, else the notebook as it was."""
    folder = Path(plan.output)
    for path in (folder / PARTIAL, folder / NOTEBOOK):
        try:
            finish(plan, notebooks.load(path), outcome)
        except InputError:
            continue
        return
    finish(plan, notebooks.load(Path(plan.source)), outcome)


def _notice(outcome: Outcome) -> nbformat.NotebookNode:
    unrun = [cell for cell in outcome.cells if cell.state == "not-run"]
    words = (
        f"> **This run failed** (`{outcome.reason}`). {len(unrun)} of {len(outcome.cells)} code cells "
        "did not run; what is below is not the whole answer."
    )
    cell: nbformat.NotebookNode = nbformat.v4.new_markdown_cell(words, id="run-failed")  # type: ignore[no-untyped-call]
    return cell
