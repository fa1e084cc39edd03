"""``workbench lab``: JupyterLab on working copies outside the case, so that looking never touches it.

The server knows one kernel only, ours. Neither it nor a kernel holds a key: what needs one is asked of this
process (see ``workbench.runner.broker``). Nothing here asks the network for news, updates or extensions.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import nbformat

from workbench.custody import disk
from workbench.department import Department
from workbench.errors import IntegrityError
from workbench.records import Record
from workbench.runner import bared, broker, kernel, notebooks, parameters, sockets
from workbench.runner.kept import stored_values
from workbench.runner.parameters import Parameter, Value
from workbench.workspace.access import Access
from workbench.workspace.asking import BROKER, LAB

START = "start.ipynb"
_CASE = "case_number"
_SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "BROWSER")
"""What a browser on this machine needs to be opened."""
_NOT_LOADED = {"@jupyterlab/apputils-extension:announcements": True}
"""Parts of JupyterLab that would offer to fetch news from elsewhere."""
_NOTEBOOKS = "@jupyterlab/notebook-extension:tracker"
_SANITIZER = "@jupyterlab/apputils-extension:sanitizer"
_OVERRIDES = {
    _NOTEBOOKS: {"codeCellConfig": {"lineWrap": True}},
    _SANITIZER: {"autolink": False, "allowCommandLinker": False},
}
"""What differs from JupyterLab's own ways, until an officer chooses otherwise: no line runs past the edge, and no
address in captured words becomes a link, where they are printed or stand in an error."""


class Desk(Record, frozen=True, kw_only=True):
    """A folder of working copies, and which of them to show first (relative to it)."""

    folder: Path
    first: str


def default_folder() -> Path:
    """Give the folder of working copies: outside every case."""
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "workbench" / "lab"


def lay_out(folder: Path, case: Path | None = None) -> Desk:
    """Put working copies into a folder; a copy that is there already is somebody's work and stays.

    With a case, the notebooks know its number and begin with the values of their latest kept runs, which are beside
    them to read. What is answered yes or no (to collect, to show what is hidden) is asked anew. Results that were
    made before something was marked, or that show what is hidden, are in no copy (``runner.bared``).
    """
    with disk.mapped(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(notebooks.folder() / START, folder / START)
    if case is None:
        return Desk(folder=folder, first=START)
    for name in notebooks.names():
        _copy(notebooks.folder() / f"{name}.ipynb", folder / case.name / f"{name}.ipynb", case)
    marked = bared.newest(case)
    bared.copies(folder / case.name, marked)
    old = bared.stale(case, marked)
    for run in sorted(case.glob("runs/*/notebook.ipynb")):
        _copy(
            run, folder / case.name / "runs" / f"{run.parent.name}.ipynb", results=run.parent.name not in old
        )
    return Desk(folder=folder, first=START)


def lab(
    casefiles: Path,
    department: Department,
    actor: str,
    *,
    case: Path | None = None,
    folder: Path | None = None,
    browser: bool = True,
) -> int:
    """Run JupyterLab until it is stopped; give its exit code.

    Raises AuthorityError where the officer may not read the case.
    """
    if case is not None:
        Access.of(case, department).require(actor)
    desk = lay_out(folder or default_folder(), case)
    _bare_others(desk.folder, casefiles)
    where = {"WORKBENCH_CASEFILES": str(casefiles.resolve()), "WORKBENCH_OFFICER": actor}
    if case is not None:
        where |= {"WORKBENCH_CASE": str(case.resolve())}
    with broker.listening(broker.Allowance(lab=True), where) as path, sockets.private_folder() as private:
        environment = server_environment(os.environ, where | {BROKER: str(path), LAB: "1"}, private)
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and settings
            [*command(private, desk), *([] if browser else ["--no-browser"])],
            env=environment,
            cwd=desk.folder,
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Told to end, it asks nothing and ends its kernels; a terminal has told it already.
            process.terminate()
            return process.wait()


def _bare_others(folder: Path, casefiles: Path) -> None:
    """Take old results out of the copies of the other cases that lie here: JupyterLab shows the whole folder."""
    for copies in folder.iterdir():
        case = casefiles / copies.name
        if copies.is_dir() and not copies.is_symlink() and (case / "log").is_dir():
            with contextlib.suppress(IntegrityError):
                bared.copies(copies, bared.newest(case))


def server_environment(base: Mapping[str, str], extra: Mapping[str, str], private: Path) -> dict[str, str]:
    """Give the server's environment, which its kernels inherit: no key, no token, short runtime paths."""
    screen = {name: base[name] for name in _SCREEN if name in base}
    ours = {"JUPYTER_RUNTIME_DIR": str(private), "JUPYTER_CONFIG_PATH": str(private)}
    return kernel.environment(base, screen | dict(extra) | ours)


def command(private: Path, desk: Desk) -> list[str]:
    """Write the server's settings into a private folder; give the command that starts it."""
    settings = private / "settings.json"
    ours = private / "settings"
    ours.mkdir(mode=0o700)
    disk.write_new(ours / "overrides.json", json.dumps(_OVERRIDES).encode())
    disk.write_new(settings, _settings(desk, ours), private=True)
    pages = private / "labconfig"
    pages.mkdir(mode=0o700)
    disk.write_new(pages / "page_config.json", json.dumps({"disabledExtensions": _NOT_LOADED}).encode())
    return [sys.executable, "-m", "jupyterlab", f"--config={settings}"]


def _settings(desk: Desk, ours: Path) -> bytes:
    transport = {"transport": "ipc"} if os.name == "posix" else {}
    settings = {
        "ServerApp": {
            "root_dir": str(desk.folder.resolve()),
            "ip": "127.0.0.1",
            "terminals_enabled": False,
            # The server answers this machine only, and only with its token, whoever starts it.
            "allow_root": True,
        },
        "LabApp": {
            "app_settings_dir": str(ours),
            "default_url": f"/lab/tree/{desk.first}",
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            "extension_manager": "readonly",
        },
        "KernelSpecManager": {"allowed_kernelspecs": [kernel.KERNEL_NAME], "ensure_native_kernel": False},
        "MultiKernelManager": {"default_kernel_name": kernel.KERNEL_NAME},
        "KernelManager": transport,
    }
    return json.dumps(settings, indent=2).encode()


def _copy(source: Path, target: Path, case: Path | None = None, *, results: bool = True) -> None:
    if target.exists():
        return
    made = notebooks.load(source)
    if not results:
        bared.bare(made)
    declared = parameters.of_notebook(made, str(source))
    if case and any(each.name == _CASE for each in declared):
        _set_values(made, {_CASE: case.name} | _latest_values(case, source, declared))
    disk.write_new(target, notebooks.content(made))


def _latest_values(case: Path, source: Path, declared: Sequence[Parameter]) -> dict[str, Value]:
    """Give what the latest run of the notebook was given, but for what is answered yes or no."""
    taken = {each.name for each in declared if each.kind != "bool"} - {_CASE}
    kept = {name: value for name, value in stored_values(case, source.stem).items() if name in taken}
    return parameters.check(declared, kept, str(source))


def _set_values(notebook: nbformat.NotebookNode, values: Mapping[str, Value]) -> None:
    place = next(
        n for n, cell in enumerate(notebook.cells) if parameters.TAG in cell.metadata.get("tags", ())
    )
    cell = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        "\n".join(f"{name} = {_written(value)}" for name, value in values.items()),
        id="this-case",
        metadata={"tags": ["injected-parameters"]},
    )
    notebook.cells.insert(place + 1, cell)


def _written(value: Value) -> str:
    return f"date.fromisoformat({value.isoformat()!r})" if isinstance(value, date) else repr(value)
