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
from collections.abc import Sequence
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
from workbench.workspace.people import being, written_by
from workbench.workspace.shown import Shown
from workbench.workspace.written import Written


def open_case(
    case: str | Path | None = None,
    casefiles: str | Path | None = None,
    *,
    rows: int | None = None,
    clock: Clock = now,
) -> Case:
    """Open a case for reading, by number or folder; without one, the case this notebook runs for.

    ``casefiles`` is the folder of the cases, else WORKBENCH_CASEFILES, else ``casefiles`` here. Who opens is
    WORKBENCH_OFFICER. ``rows``: the most rows that a table on the page shows, as the notebook's parameter of that
    name has it. Raises AuthorityError where the badge neither works the case nor oversees it, UsageError where there
    is no such case, or no row would be shown.
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
    if rows is not None:
        opened.rows, opened.more = _rows(rows), "rows"
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
        one never captured, posts of the approved targets that answer what no table holds, what only a person can say
        of these accounts and nobody said, what parsers did not read, tables not built, words that are not shown since
        they are contraband. It knows nothing of the world outside the record.
        """
        accounts = self.accounts(["entity_id", "uri", "handle", "moved_to", "captured_at"])
        found = questions.found(self.access, self.captures(), self.issues(), accounts, self._unsaid(accounts))
        unshown = questions.unshown(self.number, self.kept.marked(CONTRABAND))
        return pd.concat([found, unshown], ignore_index=True) if len(unshown) else found

    def _unsaid(self, accounts: pd.DataFrame) -> list[questions.Question]:
        people = self.people("")
        answers = self.table("posts", questions.ANSWERS, written_by(people))
        held = self.table(
            "posts", ("server", "native_id"), being("native_id", answers["in_reply_to"].dropna())
        )
        purpose = self.access.version.purpose
        return [
            *questions.unanswered(answers, held),
            *questions.unsaid(purpose, accounts, people, self.annotations()),
        ]

    def show(self, frame: pd.DataFrame, title: str = "", limit: int = 0) -> Shown:
        """Show a table or result: what it was made from, local time beside UTC, captured words escaped.

        At most ``limit`` rows, or as many as ``open_case`` was told where that is more; the note says what is left out.
        """
        asked = self.rows if self.more == "rows" else 0
        rows = max(limit, asked) or self.rows
        return Shown(frame=frame, zone=self.zone, title=title, limit=rows, more=self.more)

    def named(self, **ways: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Give the accounts that people named in this case, by how: for ``analysis.named_first`` and the like.

        ``ways`` are the caller's own, such as ``complainant=people``; then the approved targets, the subjects, and
        those about which an officer noted something (of an act, who acted).
        """
        given = {words.replace("_", " "): tuple(names) for words, names in ways.items()}
        return given | {
            "approved target": self.people(""),
            "subject": self.subjects,
            "noted": self.noted_accounts(),
        }


def _rows(rows: int) -> int:
    if rows < 1:
        raise UsageError(
            "a table without any row shows nothing", where="rows", expected="1 or more", found=str(rows)
        )
    return rows


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
