"""A process that works on a case until it is killed at a chosen step; run by test_casefile_recovery.

Arguments: folder of the cases, case number, time, step at which to die (0: never), what to do. A step is a
call that changes the disk; the process kills itself there with SIGKILL, a write having been half done.
Each line printed acknowledges something that has returned as durable.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.desk import HEAD, TARGET, exchange, signer
from workbench.casefile import CaseFile, Receipt, Slice
from workbench.custody.sshsig import fingerprint
from workbench.department import Department, Session
from workbench.records import Order, Result

STEPS = ("write", "fsync", "fdatasync", "mkdir", "unlink", "truncate", "rmdir", "replace", "rename")


class Fate:
    """Counts steps and strikes at one of them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.write = os.write

    def over(self, name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def step(*args: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                if name == "write":
                    self.write(args[0], bytes(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return None if name.endswith("sync") else real(*args, **named)

        return step


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def work(case: CaseFile, session: Session, given: Path) -> None:
    """Do a little of everything, acknowledging each part."""
    writer = case.begin_capture(
        Order(target=TARGET), key=fingerprint(signer("1001").blob), collector="mastodon 1", head=HEAD
    )
    for turn in range(3):
        say("exhibit", writer.append(exchange(b"%d" % turn * 90)).number)
    writer.end(Result(verdict="complete", items=3), requests=3)
    say("capture", writer.number)
    taken = case.begin_import([(given, "a.txt"), (given, "b.txt")], "file", Receipt(giver="Bea"))
    numbers = taken.exhibits([Slice(file=one.file, offset=0, length=one.length) for one in taken.files])
    say("exhibit", *numbers)
    taken.end(Result(verdict="complete", items=2), 2)
    say("import", taken.number)
    say("version", case.act(session, "assign", assigned=("1002",)).version)
    say("run", case.add_run("missing", "complete", {"record.json": given}))


def main() -> None:
    casefiles, number, now, at, what = sys.argv[1:]
    fate = Fate(int(at))
    for name in STEPS:
        setattr(os, name, fate.over(name))
    department = Department(Path(casefiles) / "department", clock=lambda: int(now))
    case = CaseFile(Path(casefiles) / number, department, "1001", lambda: int(now))
    if what == "work":
        work(case, Session("1001", "detective", signer("1001")), Path(casefiles).parent / "given.txt")
    say("steps", fate.count)


if __name__ == "__main__":
    main()
