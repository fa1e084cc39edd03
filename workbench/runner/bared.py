"""Results that were made before somebody marked something: working copies of the lab show them no more.

A notebook's saved results hold what was shown when it ran, pictures among them. After a mark as contraband or hidden
nobody can tell which of them show it, so all of them are taken out; the words and the code stay.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import nbformat

from workbench import times
from workbench.custody import annotations as written
from workbench.custody import citing, disk, log
from workbench.errors import InputError
from workbench.policy.annotations import CONTRABAND, HIDDEN
from workbench.runner import notebooks, parameters
from workbench.runner.kept import PARAMETERS, read_record

_ASKED: Final = "show_hidden"
_STATE: Final = ".marked"
"""A file beside the copies: the line of the custody log that made the newest mark when they were bared."""
_NAMES_CELLS: Final = 5
"""From this minor version of the format on each cell has an id."""
_NOTE: Final = (
    "**The results are not here:** something was marked as contraband or hidden after this notebook ran, or this run "
    "was asked to show what is hidden. Run it again."
)


def newest(case: Path) -> int:
    """Give the number of the log's line by which something was last marked as contraband or hidden; 0 for none."""
    lines = list(log.rare(case))
    found = {one.annotation for one in written.read(case, lines) if one.mark in {CONTRABAND, HIDDEN}}
    marks = (each.seq for each in lines if each.action == "annotation" and each.fields["annotation"] in found)
    return max(marks, default=0)


def stale(case: Path, line: int) -> Collection[str]:
    """Give the folders of the runs whose results no copy holds, by name.

    Those that ended before a line of the log; and those that were asked to show what is hidden, or during which the
    audit log has a look at something hidden: that was one officer's asking, and is in the audit log as theirs.
    """
    runs = [each for each in log.rare(case) if each.action == "run"]
    folders = {each.seq: case / citing.folder_of(each.fields) for each in runs}
    looks = _looks(case) if runs else []
    return {folder.name for seq, folder in folders.items() if seq < line or _unveiled(folder, looks)}


def _looks(case: Path) -> list[int]:
    """Give when somebody looked at what is hidden; a notebook of one's own asks in other ways than by its parameter."""
    return [each.at for each in log.entries(case, "audit") if each.fields.get("hidden") is True]


def _unveiled(run: Path, looks: Sequence[int]) -> bool:
    try:
        given, record = parameters.stored(run / PARAMETERS), read_record(run)
        begun, ended = times.read_stamp(record.started), times.read_stamp(record.ended)
    except (InputError, ValueError):
        return True  # what it was asked for nobody can tell
    asked = True in {given.get(_ASKED), record.values.get(_ASKED)}
    return asked or any(begun <= at <= ended for at in looks)


def bare(notebook: nbformat.NotebookNode) -> bool:
    """Take the results out of a notebook; give whether there were any."""
    held = bool(notebook.metadata.pop("widgets", None))
    for cell in notebook.cells:
        held = bool(cell.get("outputs")) or held
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if held:
        note = nbformat.v4.new_markdown_cell(_NOTE)  # type: ignore[no-untyped-call]
        if notebook.nbformat_minor < _NAMES_CELLS:
            del note["id"]
        notebook.cells.insert(0, note)
    return held


def copies(folder: Path, line: int) -> None:
    """Take the results out of all notebooks under a folder, checkpoints too, once for each newest mark."""
    state = folder / _STATE
    if line <= _read(state):
        return
    for path in sorted(folder.rglob("*.ipynb")):
        if path.is_file() and not path.is_symlink():
            _bare_file(path)
    disk.replace(state, f"{line}\n".encode())


def _bare_file(path: Path) -> None:
    try:
        notebook = notebooks.load(path)
    except InputError:
        return  # what is no notebook is somebody's work, and shows nothing
    if bare(notebook):
        disk.replace(path, notebooks.content(notebook))


def _read(state: Path) -> int:
    try:
        text = state.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.strip().isdecimal() else 0
