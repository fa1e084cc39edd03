"""A fresh process for each run: started, followed, and ended whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping

import msgspec

from workbench.custody.scratch import Scratch
from workbench.runner import kernel, sockets
from workbench.runner.outcome import Outcome, Plan, Step

Report = Callable[[int, int], None]
"""Called with the number of cells done and of all cells."""

_GRACE_S = 120
_LOUD = 20_000


def execute(plan: Plan, extra: Mapping[str, str], report: Report | None = None) -> Outcome:
    """Execute a plan in a process of its own; its files are there afterwards, even where it died.

    ``extra`` is added to the kernel's environment. The working folder is empty, private and removed.
    """
    with sockets.private_folder() as private:
        outcome = _in_process(msgspec.structs.replace(plan, sockets=str(private)), extra, report)
    if outcome.reason in {"runner-died", "interrupted"}:
        from workbench.runner.finish import salvage  # noqa: PLC0415 - loads nbconvert, which is seldom needed here

        salvage(plan, outcome)
    return outcome


def _in_process(plan: Plan, extra: Mapping[str, str], report: Report | None) -> Outcome:
    with Scratch("wb-work-") as work, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.runner"],
            env=kernel.environment(os.environ, extra),
            cwd=work.path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            # Ctrl-C is for the parent: it decides whether a run ends, and how that is recorded.
            start_new_session=True,
        )
        # The engine keeps to its limits by itself; this is for the case that it cannot.
        watch = threading.Timer(plan.limits.total_s + 2 * plan.limits.start_s + _GRACE_S, process.kill)
        watch.daemon = True
        watch.start()
        try:
            outcome = _followed(process, plan, report)
        except KeyboardInterrupt:
            return Outcome(reason="interrupted", error="KeyboardInterrupt")
        finally:
            watch.cancel()
            process.kill()
            process.wait()
        if outcome is None:
            errors.seek(0)
            return Outcome(reason="runner-died", error=errors.read(_LOUD).decode("utf-8", "replace"))
        return outcome


def _followed(process: subprocess.Popen[bytes], plan: Plan, report: Report | None) -> Outcome | None:
    if process.stdin is None or process.stdout is None:
        return None
    with process.stdin as asked, process.stdout as said:
        asked.write(msgspec.json.encode(plan))
        asked.close()
        for raw in said:
            message = msgspec.json.decode(raw, type=Step | Outcome)
            if isinstance(message, Outcome):
                return message
            if report is not None:
                report(message.done, message.cells)
    return None
