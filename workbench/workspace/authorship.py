"""The authorship sheet in a notebook: confirming and contrary facts side by side for each account, citing exhibits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.counts import counted
from workbench.handles import folded
from workbench.records import Record
from workbench.show.style import STYLE
from workbench.show.words import escaped
from workbench.tables.read import records

if TYPE_CHECKING:
    from workbench.workspace.written import Written

SIDES = ("confirming", "contrary")
MOST = 200
"""The most accounts that are shown, unless the notebook says how many; how many are left out is said."""

_NOTE = (
    "An account that bears a name is not enough; confirming circumstances are. Both sides as people noted them; "
    "nothing is weighed here."
)


class Sheet(Record, frozen=True, kw_only=True):
    """The sheet as it is shown: accounts, each with its facts of both sides."""

    accounts: tuple[tuple[str, tuple[dict[str, Any], ...]], ...]
    withdrawn: Mapping[int, dict[str, Any]] = {}
    left_out: int = 0
    more: str = ""

    def __repr__(self) -> str:
        """Say how many facts there are."""
        facts = sum(len(held) for _, held in self.accounts)
        gone = f", {len(self.withdrawn)} of them withdrawn" if self.withdrawn else ""
        return f"Authorship: {counted(len(self.accounts), 'account')}, {counted(facts, 'fact')} noted{gone}."

    def _repr_html_(self) -> str:
        notes = [
            _NOTE,
            f"{self.left_out} more accounts without facts are not shown{self.more}." if self.left_out else "",
        ]
        notes += (
            []
            if self.accounts
            else ["No account is named and no fact noted: this is not a finding either way."]
        )
        body = "".join(_account(name, held, self.withdrawn) for name, held in self.accounts if held)
        body += _bare([name for name, held in self.accounts if not held])
        told = " ".join(note for note in notes if note)
        shown = f'{body}<p class="wb-note">{escaped(told)}</p>'
        return f'<style>{STYLE}</style><div class="wb-shown mathjax_ignore">{shown}</div>'


def sheet(
    facts: pd.DataFrame, accounts: pd.DataFrame, people: Sequence[str], *, most: int = MOST, more: str = ""
) -> Sheet:
    """Arrange authorship facts by account.

    In: ``facts``, the case's annotations of the kinds ``authorship`` and ``withdrawal``; ``accounts`` with
    ``entity_id, handle``; ``people``, identifiers or handles to show even without a fact: at most ``most`` accounts,
    and ``more`` names the parameter that shows more. A fact about a handle, with or without its sign, or about the
    stable identifier is of the same account. What was withdrawn stays, and says so.
    """
    names = _names(accounts)
    held: dict[str, list[dict[str, Any]]] = {}
    rows = records(facts)
    withdrawn = {int(row["of"]): row for row in rows if row["kind"] == "withdrawal"}
    for row in [row for row in rows if row["kind"] == "authorship"]:
        name = names.get(folded(row["account"]), row["account"])
        held.setdefault(name, []).append(row)
    wanted = [names.get(folded(one), one) for one in people]
    without = [name for name in dict.fromkeys(wanted) if name not in held]
    shown = without[: max(0, most - len(held))]
    every = [*((name, tuple(rows)) for name, rows in held.items()), *((name, ()) for name in shown)]
    told = f"; {more}={len(held) + len(without)} shows all" if more else ""
    return Sheet(accounts=tuple(every), withdrawn=withdrawn, left_out=len(without) - len(shown), more=told)


def _names(accounts: pd.DataFrame) -> Mapping[str, str]:
    """Give each handle and identifier the words that an account is shown under."""
    found: dict[str, str] = {}
    for entity, handle in (
        accounts[["entity_id", "handle"]].drop_duplicates().itertuples(index=False, name=None)
    ):
        title = f"{handle} ({entity})" if handle else entity
        found |= {folded(name): title for name in (entity, handle) if name}
    return found


def _account(name: str, facts: Sequence[dict[str, Any]], withdrawn: Mapping[int, Mapping[str, Any]]) -> str:
    told = (
        "".join(_fact(fact, withdrawn.get(fact["annotation"])) for fact in facts if fact["side"] == side)
        for side in SIDES
    )
    cells = "".join(f'<td class="wb-words">{each or "none noted"}</td>' for each in told)
    heads = "".join(f'<th scope="col" style="width:50%">{side.capitalize()}</th>' for side in SIDES)
    caption = f'<caption class="wb-title">{escaped(name)}</caption>'
    return (
        f'<div class="wb-wide"><table class="wb-table">{caption}<thead><tr>{heads}</tr></thead>'
        f"<tbody><tr>{cells}</tr></tbody></table></div>"
    )


def _bare(names: Sequence[str]) -> str:
    """List accounts of which nobody noted anything: a pair of empty columns for each would hide those that have."""
    if not names:
        return ""
    listed = "".join(f"<li><bdi>{escaped(name)}</bdi></li>" for name in names)
    return f'<p class="wb-title">Nothing noted yet, for or against</p><ul class="wb-note">{listed}</ul>'


def _fact(fact: Mapping[str, Any], gone: Mapping[str, Any] | None) -> str:
    cites = " ".join(f"<code>{escaped(cite)}</code>" for cite in fact["exhibits"])
    words, under = escaped(fact["text"]), f"{cites}<br><small>{escaped(_by(fact))}</small>"
    if gone is None:
        return f"<p>{words}<br>{under}</p>"
    why = escaped(f"Withdrawn: {gone['text']} ({_by(gone)})")
    return f"<p><s>{words}</s><br>{under}<br>{why}</p>"


def _by(one: Mapping[str, Any]) -> str:
    return f"annotation {one['annotation']}, {one['by']}, {one['at']:%Y-%m-%d %H:%M} UTC"


def of_case(case: Written, people: Sequence[str]) -> Sheet:
    """Make the sheet from a case as it was read."""
    facts, accounts = case.annotations("authorship", "withdrawal"), case.accounts(["entity_id", "handle"])
    if case.more == "rows":
        return sheet(facts, accounts, people, most=case.rows, more=case.more)
    return sheet(facts, accounts, people)
