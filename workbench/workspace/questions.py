"""What a case's own record leaves open, so that a gap of ours is not read as a silence of theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import pandas as pd

from workbench.policy.purposes import missing_facts
from workbench.records import Citation
from workbench.tables import build
from workbench.workspace.access import Access

_NAMED: Final = 8
Question = tuple[str, str, str]
"""Question, where, what to do."""


def found(
    access: Access, position: int, captures: pd.DataFrame, issues: pd.DataFrame, accounts: pd.DataFrame
) -> pd.DataFrame:
    """List the questions. Columns: question, where, todo; no row where the record leaves nothing open."""
    rows = [
        *_authority(access),
        *_untried(access, captures),
        *_captures(captures),
        *moved(accounts),
        *_issues(issues),
        *_tables(access, position),
    ]
    return pd.DataFrame(rows, columns=["question", "where", "todo"], dtype="str")


def unshown(case: str, contraband: Collection[int]) -> pd.DataFrame:
    """Name what is contraband: a row of it says nothing, and that is no silence of theirs. Columns as ``found``."""
    named = [str(Citation(case=case, number=number)) for number in sorted(contraband)]
    more = f" and {len(named) - _NAMED} more" * (len(named) > _NAMED)
    question = "What these exhibits say is shown in no table: they are contraband."
    rows = [(question, ", ".join(named[:_NAMED]) + more, "their hash and history: 'workbench exhibit'")]
    return pd.DataFrame(rows[: bool(named)], columns=["question", "where", "todo"], dtype="str")


def _authority(access: Access) -> Iterator[Question]:
    standing, version = access.standing, access.version
    if standing.authority is None:
        yield "Nothing stands approved.", f"case state {standing.state}", "ask with 'workbench case request'"
    elif standing.authority.unratified:
        yield (
            "The oral authority is not ratified.",
            f"case version {standing.authority.version}",
            f"{standing.authority.by} ratifies or refuses it",
        )
    for fact in missing_facts(version.purpose, version.facts):
        yield f"{fact.title} is not stated.", f"case version {version.version}", fact.help


def _untried(access: Access, captures: pd.DataFrame) -> Iterator[Question]:
    if access.standing.authority is None:
        return
    tried = set(zip(captures["source"], captures["target"], strict=True))
    for target in access.standing.authority.scope.targets:
        if (target.source, target.target) not in tried:
            yield (
                "An approved target has never been tried.",
                f"{target.source} {target.target}",
                f"workbench collect {access.version.case} {target.source} {target.target}",
            )


def _captures(captures: pd.DataFrame) -> Iterator[Question]:
    latest = captures.drop_duplicates(["source", "target"], keep="last")
    for row in latest[latest["verdict"] != "complete"].itertuples():
        yield (
            f"The last capture ended {row.verdict} ({row.reason}): what is missing is not thereby absent.",
            f"{row.capture}, {row.source} {row.target}",
            "try again within the authority, or ask the platform",
        )


def moved(accounts: pd.DataFrame) -> Iterator[Question]:
    """Name accounts that say where they moved to, while nothing of the new one is here."""
    held = set(accounts["entity_id"]) | set(accounts["uri"]) | set(accounts["handle"])
    latest = accounts.sort_values("captured_at", kind="stable").drop_duplicates("entity_id", keep="last")
    moved = latest[(latest["moved_to"] != "") & ~latest["moved_to"].isin(held)]
    for name, handle, to in zip(moved["entity_id"], moved["handle"], moved["moved_to"], strict=True):
        yield (
            f"{handle or name} says that it moved; of the new account nothing is here.",
            to,
            "look whether it is the same person's, then ask for it with 'workbench case request'",
        )


def _issues(issues: pd.DataFrame) -> Iterator[Question]:
    if issues.empty:
        return
    counts = issues.groupby("kind")["count"].sum()
    for kind, count in counts.items():
        yield (
            f"{'Once' if count == 1 else f'{count} times'} {kind}: not read, or not as expected.",
            "table issues",
            "case.issues() cites each",
        )


def _tables(access: Access, position: int) -> Iterator[Question]:
    del position  # a source that was never built is missing at any position
    for source, reason in build.pending(access.folder).items():
        yield f"The tables lack {source}: {reason}.", "tables", "workbench tables rebuild"
