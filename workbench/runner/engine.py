"""One notebook, one fresh process, one private kernel: papermill with an engine of our own.

``python -m workbench.runner`` reads a ``Plan`` (JSON) from standard input, executes the notebook,
leaves ``notebook.ipynb`` and ``notebook.html`` in ``plan.output`` and writes ``Step`` lines, then one
``Outcome`` line, to standard output.

papermill's saved notebook can say that cells completed which never ran, and takes ``SystemExit(0)`` for
success. Here the outcome comes from the exception and from each cell's own execution count instead, and
the notebook's metadata is made to agree with it.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path
from typing import Literal

import msgspec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.execute import execute_notebook
from traitlets.config import Config
from zmq import ZMQError

from workbench.runner import finish, notebooks, parameters, sockets, translator
from workbench.runner.kernel import KERNEL_NAME
from workbench.runner.outcome import PARTIAL, CellRecord, Outcome, Plan, Reason, Step

_AUTOSAVE_S = 5.0
_START_ATTEMPTS = 2


class Ended(Exception):  # noqa: N818 - not a defect of the program: the notebook did not come to its end
    """Carries papermill out of its own bookkeeping once a run has failed."""


class _Manager(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """papermill's bookkeeping, without its claim that what is pending at the end has completed."""

    def __init__(self, nb: NotebookNode, output: Path) -> None:
        super().__init__(nb, progress_bar=False, autosave_cell_every=_AUTOSAVE_S)
        self.partial = output / PARTIAL
        self.saved = float("-inf")

    def save(self, **_: object) -> None:
        """Keep what there is so far, at most every few seconds: for the case that this process dies."""
        if time.monotonic() - self.saved > _AUTOSAVE_S:
            self.partial.write_bytes(notebooks.content(self.nb))
            self.saved = time.monotonic()

    def notebook_complete(self, **_: object) -> None:
        """Note the end; a cell that has not run stays pending."""
        self.end_time = self.now()
        self.nb.metadata.papermill["end_time"] = self.end_time.isoformat()
        self.nb.metadata.papermill["duration"] = (self.end_time - self.start_time).total_seconds()


class _Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Executes cells in order and stops at the first that does not come to its end, whatever the reason."""

    def __init__(self, manager: _Manager, **settings: object) -> None:
        super().__init__(manager, **settings)
        self.ready = False
        self.begun: set[int] = set()
        self.finished: set[int] = set()
        self.expired = False

    def papermill_execute_cells(self) -> None:
        """Replace papermill's loop, which swallows a cell's error and marks the cell as complete."""
        self.ready = True
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            self.begun.add(index)
            try:
                self.execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError):
                self.nb_man.cell_exception(cell, cell_index=index)
                raise
            self.finished.add(index)
            self.nb_man.cell_complete(cell, cell_index=index)
            _say(Step(done=index + 1, cells=len(self.nb.cells)))

    def expire(self) -> None:
        """Kill the kernel: the wall-clock limit is over. Runs in the timer's thread."""
        self.expired = True
        process = getattr(getattr(self.km, "provisioner", None), "process", None)
        if process is not None:
            process.kill()


class OurEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """The engine that papermill calls; keeps the notebook and the outcome for the caller."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.nb: NotebookNode | None = None
        self.outcome = Outcome(reason="start-failed")

    def execute_notebook(self, nb: NotebookNode, kernel_name: str, **_: object) -> NotebookNode:
        """Execute; raise Ended where the notebook did not come to its end."""
        self.nb = nb
        # papermill keeps the typed values here, and cannot write a date.
        nb.metadata.papermill["parameters"] = self.plan.values
        manager = _Manager(nb, Path(self.plan.output))
        manager.notebook_start()
        try:
            for attempt in range(1, _START_ATTEMPTS + 1):
                self.outcome = self._attempt(manager, kernel_name, attempt)
                # Only a start is tried again: a cell's own error would come again, or worse, not come.
                if self.outcome.reason != "start-failed":
                    break
        finally:
            manager.notebook_complete()
        if not self.outcome.complete:
            raise Ended(self.outcome.reason)
        return nb

    def _attempt(self, manager: _Manager, kernel_name: str, attempt: int) -> Outcome:
        limits = self.plan.limits
        with sockets.private_folder(self.plan.sockets) as folder:
            client = _Client(
                manager,
                kernel_name=kernel_name,
                kernel_manager_class=AsyncKernelManager,
                config=Config({"KernelManager": sockets.transport(folder)}),
                timeout=limits.cell_s,
                startup_timeout=limits.start_s,
                shutdown_kernel="immediate",
            )
            timer = threading.Timer(limits.total_s, client.expire)
            timer.daemon = True
            timer.start()
            try:
                reason, error = _execute(client)
            finally:
                timer.cancel()
        cells = cell_records(manager.nb, client.begun, client.finished)
        if reason == "ok" and any(cell.state != "ran" for cell in cells):
            reason = "cells-not-run"
        return Outcome(reason=reason, error=error, cells=cells, attempts=attempt)


def execute(plan: Plan) -> Outcome:
    """Execute a plan and leave its files in ``plan.output``; the notebook's own failures are outcomes."""
    engine = OurEngine(plan)
    papermill_engines.register(KERNEL_NAME, engine)
    translator.register(KERNEL_NAME)
    source = notebooks.load(Path(plan.source))
    declared = parameters.of_notebook(source, plan.source)
    values = parameters.check(declared, plan.values, plan.source)
    with contextlib.suppress(Ended):
        execute_notebook(
            source,
            None,
            parameters=values,
            engine_name=KERNEL_NAME,
            kernel_name=KERNEL_NAME,
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
        )
    finish.finish(plan, source if engine.nb is None else engine.nb, engine.outcome)
    return engine.outcome


def cell_records(notebook: NotebookNode, begun: set[int], finished: set[int]) -> tuple[CellRecord, ...]:
    """Tell of each code cell with words whether it ran: by its execution count and its outputs.

    A kernel that died may never have counted the cell it died in: that one has begun, and failed.
    """
    return tuple(
        CellRecord(
            id=cell.get("id", ""),
            index=index,
            state=_state(cell, done=index in finished) if index in begun else "not-run",
            execution_count=cell.execution_count,
            seconds=cell.metadata.get("papermill", {}).get("duration"),
        )
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    )


def _state(cell: NotebookNode, *, done: bool) -> Literal["ran", "failed", "not-run"]:
    if done and cell.execution_count is None:
        return "not-run"
    failed = any(output.output_type == "error" for output in cell.outputs)
    return "ran" if done and not failed else "failed"


def _execute(client: _Client) -> tuple[Reason, str]:
    try:
        client.execute()
    except CellTimeoutError as error:
        return "cell-timeout", type(error).__name__
    except CellExecutionError as error:
        return ("exited-early" if error.ename == "SystemExit" else "cell-error"), error.ename
    except (DeadKernelError, RuntimeError, OSError, ZMQError) as error:
        if client.expired:
            return "wall-clock", type(error).__name__
        return ("kernel-died" if client.ready else "start-failed"), type(error).__name__
    return "ok", ""


def _say(message: Step | Outcome) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Read a plan from standard input, execute it, say how it ended."""
    _say(execute(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
