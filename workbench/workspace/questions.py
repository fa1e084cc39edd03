"""What a case's own record leaves open, so that a gap of ours is not read as a silence of theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import pandas as pd

from workbench.counts import counted
from workbench.handles import bearing, folded, folded_all
from workbench.policy.purposes import missing_facts
from workbench.records import Citation
from workbench.tables.older import older
from workbench.tables.pending import pending
from workbench.workspace.access import Access

_NAMED: Final = 8
Question = tuple[str, str, str]
"""Question, where, what to do."""

ANSWERS: Final = ("server", "native_id", "in_reply_to", "in_reply_to_author", "entity_id", "exhibit")
"""Columns of posts by which it is told what they answer."""


def found(
    access: Access,
    captures: pd.DataFrame,
    issues: pd.DataFrame,
    accounts: pd.DataFrame,
    told: Iterable[Question] = (),
) -> pd.DataFrame:
    """List the questions; ``told`` are those of the purpose (``unsaid``, ``unanswered``).

    Columns: question, where, todo; no row where the record leaves nothing open.
    """
    rows = [
        *_authority(access),
        *_untried(access, captures),
        *_captures(captures),
        *moved(accounts),
        *told,
        *_issues(issues),
        *_tables(access),
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


def unanswered(posts: pd.DataFrame, held: pd.DataFrame) -> Iterator[Question]:
    """Name posts that answer somebody, while what they answer is in no table.

    In: posts, and those that are held, with ``ANSWERS``; of the latter only ``server`` and ``native_id`` are used.
    """
    answers = posts[(posts["in_reply_to_author"].fillna("") != "") | (posts["in_reply_to"].fillna("") != "")]
    there = pd.MultiIndex.from_frame(held[["server", "native_id"]])
    asked = pd.MultiIndex.from_frame(answers[["server", "in_reply_to"]])
    lost = answers[~asked.isin(there)].drop_duplicates("entity_id")
    if len(lost):
        cites = [*lost["exhibit"].head(_CITED), *([f"and {len(lost) - _CITED} more"] * (len(lost) > _CITED))]
        they = f"{counted(len(lost), 'post')} of the approved targets answer{'' if len(lost) > 1 else 's'}"
        yield (
            f"{they} what no table holds: gone, not asked for, or withheld.",
            ", ".join(cites),
            "capture the account that was answered, or ask the platform by lawful process",
        )


def unsaid(
    purpose: str, accounts: pd.DataFrame, people: Collection[str], notes: pd.DataFrame
) -> Iterator[Question]:
    """Name what only a person can say and nobody has said yet, of the accounts that the case names.

    In: accounts with ``entity_id, handle``; the case's annotations with ``kind, account``.
    """
    mine = bearing(accounts, ("entity_id", "handle"), folded_all(people))
    held = accounts[mine].drop_duplicates("entity_id")
    for kind, (sentence, todo) in _UNSAID.get(purpose, {}).items():
        said = folded_all(notes.loc[notes["kind"] == kind, "account"])
        left = [
            handle or entity
            for entity, handle in zip(held["entity_id"], held["handle"], strict=True)
            if folded(entity) not in said and folded(handle) not in said
        ]
        if left:
            more = [f"and {len(left) - _CITED} more"] * (len(left) > _CITED)
            yield sentence.format(counted(len(left), "account")), ", ".join([*left[:_CITED], *more]), todo
    for kind, (sentence, todo) in _UNENTERED.get(purpose, {}).items():
        if kind not in set(notes["kind"]):
            yield sentence, "annotations", todo


_CITED: Final = 5
_WHOSE: Final = {
    "authorship": (
        "Of {} among the approved targets nothing is noted that speaks for or against being somebody's.",
        "note it under 'Whose account', or with 'workbench annotate --kind authorship'",
    )
}
_UNSAID: Final = {
    "missing": _WHOSE,
    "wanted": _WHOSE,
    "cyberstalking": _WHOSE,
    "crime-media": _WHOSE
    | {
        "poster": (
            "Of {} among the approved targets no role is noted: whether they took part or looked on stands as unknown.",
            "note it under 'Who posted', or with 'workbench annotate --kind poster'",
        )
    },
    "gang": _WHOSE
    | {
        "association": (
            "For {} among the approved targets no basis of suspicion and no day of review is noted.",
            "note them under 'Basis, relevance and review', or take out what has no basis",
        )
    },
}
"""Purpose -> kind of annotation -> what is open of the accounts about which nobody wrote one, and what to do."""

_UNENTERED: Final = {
    "cyberstalking": {
        "notice": (
            "No request to stop, no order and no service of one is entered.",
            "enter it under 'What only a person can say', or that there was none",
        ),
        "act": (
            "Of no act is it entered whether it was directed at the complainant, or how else it can be read.",
            "enter it under 'What only a person can say'",
        ),
    },
}
"""Purpose -> kind of annotation -> what is open where the case has none at all, and what to do."""


def _issues(issues: pd.DataFrame) -> Iterator[Question]:
    if issues.empty:
        return
    counts = issues.groupby("kind")["count"].sum()
    for kind, count in counts.items():
        yield (
            _said_of(str(kind), int(count)),
            "what was not read, or not as expected",
            "read it in the exhibits that the table of that name cites, or case.issues()",
        )


def _said_of(kind: str, count: int) -> str:
    if kind == "count-mismatch":
        # Of one parser it counts items, of another pages.
        return "A record holds another number of items than it announces."
    return f"{'Once' if count == 1 else f'{count} times'}: {_KINDS.get(kind, kind)}."


_KINDS: Final = {
    "bad-encoding": "text that cannot be decoded as it says of itself",
    "bad-value": "a value that is not of the expected form",
    "disagreement": "parts of one record that contradict each other",
    "not-captured": "something that was named and not captured",
    "not-public": "something that was not public",
    "not-recognised": "something that was not recognised, and not read",
    "refused": "something that was refused",
    "stream-error": "data that could not be read on",
    "truncated": "something that was cut off",
    "unknown-key": "a field of an unknown name",
}
"""Kind of issue -> what is said of it; of another kind its own word."""


def _tables(access: Access) -> Iterator[Question]:
    for source, reason in pending(access.folder).items():
        yield f"The tables lack {source}: {reason}.", "tables", "workbench tables rebuild"
    for source, parsers in older(access.folder).items():
        question = f"The tables of {source} were read by another version of a parser: {parsers}."
        yield question, "tables", "workbench tables check, then workbench tables rebuild"
