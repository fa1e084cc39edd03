"""Whole notebook runs killed at any moment: the command as an officer types it, with its kernel and its keeping."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.runner_kit import notebook
from tests.torture.checks import tree
from workbench import times
from workbench.casefile import CaseFile
from workbench.custody import log
from workbench.custody.verify import verify

pytestmark = pytest.mark.slow
CELL = "case_number: str = ''  # case\nn: int = 1  # a number"
LOOK = "import workbench\ncase = workbench.open_case(case_number)\nprint(case.number, n)"
KILLS = 6


def test_a_run_killed_at_any_moment_leaves_a_sound_case(tmp_path: Path) -> None:
    desk = Desk(tmp_path, now=times.now())
    words = desk.write_keys("1001")
    case = desk.approved()
    case.seal(desk.sign_in("1001"))
    source = notebook(tmp_path / "look.ipynb", CELL, LOOK)
    surroundings = os.environ | {
        "WORKBENCH_KEYS": str(desk.keys),
        "WORKBENCH_CASEFILES": str(desk.casefiles),
        "WORKBENCH_PASSPHRASE_FILE": str(words),
    }
    command = [sys.executable, "-m", "workbench.cli.main", "run", case.number]
    command += ["--notebook", str(source), "--as", "1001"]
    chance = random.Random(3)  # noqa: S311 - the same moments each time
    # The first is let live: it says how long a run takes, so that the kills fall all over it.
    began = time.monotonic()
    first = subprocess.run(command, env=surroundings, check=False, capture_output=True, text=True)
    assert first.returncode == 0, first.stdout + first.stderr
    whole_s = time.monotonic() - began
    for _ in range(KILLS):
        running = subprocess.Popen(
            command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.2, whole_s * 1.05))
        running.send_signal(signal.SIGKILL)
        running.wait()
        left = tree(case.folder)
        opened = CaseFile(case.folder, desk.department, "1001", desk.clock)
        report = verify(case.folder, root=desk.department.root, processes=1)
        assert report.defects == []
        kept = [e for e in log.rare(case.folder) if e.action == "run"]
        assert all(e.fields["status"] == "complete" for e in kept)
        now = set(tree(case.folder).values())
        # What stood there stands there still, or lies in quarantine: the log only grew, nothing was dropped.
        assert all(
            data in now or name.startswith(("log/", "audit/")) or name.endswith(".partial")
            for name, data in left.items()
        )
        assert opened.history().problem == ""
    assert log.head(case.folder).seq > 0
    assert next(e.fields["run"] for e in log.rare(case.folder) if e.action == "run") == 1
