"""A case as a notebook sees it: tables pinned to a place in the custody log, exhibits, what is open.

::

    case = workbench.open_case(case_number)
    case                                  # number, purpose, authority, scope, expiry, what is unratified
    posts = case.posts(since=since)       # a DataFrame; the column exhibit cites the bytes
    case.exhibit("2026-0417-E0012")       # the bytes, their hash, their custody history

Reading leaves no trace in the custody log; each opening and each exhibit looked at is in the audit chain.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from workbench.errors import UsageError
from workbench.policy.annotations import CONTRABAND
from workbench.records import CASE_NUMBER
from workbench.times import Clock, now
from workbench.workspace import questions
from workbench.workspace.access import Access
from workbench.workspace.evidence import Evidence
from workbench.workspace.named import Named
from workbench.workspace.opened import department
from workbench.workspace.shown import ROWS, Shown
from workbench.workspace.written import Written


def open_case(
    case: str | Path | None = None, casefiles: str | Path | None = None, *, clock: Clock = now
) -> Case:
    """Open a case for reading, by number or folder; without one, the case this notebook runs for.

    ``casefiles`` is the folder of the cases, else WORKBENCH_CASEFILES, else ``casefiles`` here. Who opens is
    WORKBENCH_OFFICER. Raises AuthorityError where the badge neither works the case nor oversees it,
    UsageError where there is no such case.
    """
    folder = _folder(str(case or os.environ.get("WORKBENCH_CASE", "")), casefiles)
    badge = os.environ.get("WORKBENCH_OFFICER", "")
    if not badge:
        raise UsageError(
            "who opens the case?",
            todo="name your badge in WORKBENCH_OFFICER, or use 'workbench lab --as BADGE'",
        )
    access = Access.of(folder, department(folder, clock), clock)
    access.require(badge)
    opened = Case(access, badge, clock)
    opened.entered("opened", {"position": opened.position})
    return opened


class Case(Written, Evidence, Named):
    """One case, read by one officer, as it stood at one line of its custody log (``position``)."""

    def nil_results(self) -> pd.DataFrame:
        """Captures that brought nothing, or not all.

        Columns: capture, source, target, ended, verdict, reason, requests, items.
        """
        columns = ["capture", "source", "target", "ended", "verdict", "reason", "requests", "items"]
        found = self.captures(columns)
        return found[found["verdict"] != "complete"].reset_index(drop=True)

    def open_questions(self) -> pd.DataFrame:
        """What this case's own record leaves open. Columns: question, where, todo.

        Unratified authority, targets never tried, captures that failed or ended early, accounts that moved to
        one never captured, what parsers did not read, tables not built, words that are not shown since they are
        contraband. It knows nothing of the world outside the record.
        """
        columns = ["entity_id", "uri", "handle", "moved_to", "captured_at"]
        found = questions.found(
            self.access, self.position, self.captures(), self.issues(), self.accounts(columns)
        )
        unshown = questions.unshown(self.number, self.kept.marked(CONTRABAND))
        return pd.concat([found, unshown], ignore_index=True) if len(unshown) else found

    def show(self, frame: pd.DataFrame, title: str = "", limit: int = ROWS) -> Shown:
        """Show a table or result: what it was made from, local time beside UTC, captured words escaped."""
        return Shown(frame=frame, zone=self.zone, title=title, limit=limit)


def _folder(case: str, casefiles: str | Path | None) -> Path:
    if not case:
        raise UsageError(
            "which case?", todo="open_case('2026-0417'), or start the notebook with 'workbench run' or 'lab'"
        )
    home = Path(casefiles or os.environ.get("WORKBENCH_CASEFILES", "") or "casefiles")
    folder = (home / case if CASE_NUMBER.fullmatch(case) else Path(case)).resolve()
    if not (folder / "log").is_dir():
        raise UsageError(
            "there is no such case",
            where=str(folder),
            expected="a case number, or the path of a case folder",
            todo="name the folder of the cases with WORKBENCH_CASEFILES",
        )
    return folder
