"""The forms below the authorship sheet, where a person sits before the notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython.display import display

from workbench.errors import UsageError
from workbench.show.words import line, visible
from workbench.workspace import writing
from workbench.workspace.authorship import MOST, SIDES, Sheet, of_case
from workbench.workspace.fields import Panel, choice, lines, suggested, text

if TYPE_CHECKING:
    from workbench.workspace.written import Written


_LABEL = 80


class AuthorshipEditor:
    """The sheet, and below it the forms that add a fact and withdraw one."""

    def __init__(self, case: Written, people: Sequence[str]) -> None:
        self._case, self._people = case, people
        self._handle: Any = None
        handles = list(
            dict.fromkeys(visible(handle) for handle in case.accounts(["handle"])["handle"] if handle)
        )
        fields = [
            suggested("account", "Account", "handle or stable identifier", handles[:MOST]),
            choice("side", "Side", "for or against its being this person's", SIDES),
            lines("text", "The fact", "a fact, not a conclusion"),
            text("exhibits", "Exhibits", "citations of what shows it: E0012 E0013"),
        ]
        self.panel = Panel({field.name: field for field in fields}, {"Add the fact": self.save})
        gone = [
            choice("of", "A fact", "the one that no longer counts; it stays, struck through", [("", 0)]),
            lines("reason", "Why withdrawn", "what was found out since"),
        ]
        self.withdrawal = Panel({field.name: field for field in gone}, {"Withdraw the fact": self.withdraw})
        self.offer()

    def offer(self) -> None:
        """List the facts that stand, to be withdrawn."""
        rows = self._case.annotations("authorship", "withdrawal")
        standing = rows[(rows["kind"] == "authorship") & ~rows["annotation"].isin(set(rows["of"]))]
        told = [
            (
                visible(f"{row.annotation}: {row.account}, {row.side}: {line(str(row.text), _LABEL)}"),
                row.annotation,
            )
            for row in standing.itertuples()
        ]
        self.withdrawal.fields["of"].widget.options = [("", 0), *told]

    @property
    def shown(self) -> Sheet:
        """Give the sheet as it stands."""
        return of_case(self._case, self._people)

    def save(self) -> None:
        """Have the fact written and show it."""
        values = {name: self.panel.value(name) for name in ("account", "side", "text")}
        cites = writing.citations(self.panel.value("exhibits"))
        for name, missing in (
            ("Account", not values["account"].strip()),
            ("The fact", not values["text"].strip()),
            ("Exhibits", not cites),
        ):
            if missing:
                raise UsageError(
                    "a fact is about an account, says something and cites what shows it",
                    where=name,
                    todo=f"fill in {name}; nothing was saved",
                )
        document = {"kind": "authorship", "exhibits": cites, **values}
        writing.annotate(self._case, document, self.panel.say)
        for name in ("text", "exhibits"):
            self.panel.fields[name].value = ""
        self._saved(self.panel)

    def withdraw(self) -> None:
        """Have a fact withdrawn, with the reason; it stays on the sheet, struck through."""
        number = int(self.withdrawal.fields["of"].widget.value)
        if not number:
            raise UsageError("no fact is chosen", todo="choose the one to withdraw")
        if not self.withdrawal.value("reason").strip():
            raise UsageError(
                "a fact is withdrawn for a reason",
                where="Why withdrawn",
                todo="fill it in; nothing was saved",
            )
        # Its exhibits are those of the fact.
        document = {
            "kind": "withdrawal",
            "of": number,
            "exhibits": [],
            "text": self.withdrawal.value("reason"),
        }
        writing.annotate(self._case, document, self.withdrawal.say)
        self.withdrawal.fields["reason"].value = ""
        self._saved(self.withdrawal)

    def _saved(self, panel: Panel) -> None:
        self.offer()
        if self._handle is not None:
            self._handle.update(self.shown)
        panel.say("Saved.")

    def _ipython_display_(self) -> None:
        self._handle = display(self.shown, display_id=True)  # type: ignore[no-untyped-call]
        tabs = widgets.Tab([self.panel.view, self.withdrawal.view])
        tabs.titles = ("Add", "Withdraw")
        display(tabs)  # type: ignore[no-untyped-call]
