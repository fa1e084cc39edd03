"""The form below the authorship sheet, where a person sits before the notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import display

from workbench.errors import UsageError
from workbench.show.words import visible
from workbench.workspace import writing
from workbench.workspace.authorship import MOST, SIDES, Sheet, of_case
from workbench.workspace.fields import Panel, choice, lines, suggested, text

if TYPE_CHECKING:
    from workbench.workspace.written import Written


class AuthorshipEditor:
    """The sheet, and below it the form that adds a fact."""

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

    @property
    def shown(self) -> Sheet:
        """Give the sheet as it stands."""
        return of_case(self._case, self._people)

    def save(self) -> None:
        """Have the fact written and show it."""
        values = {name: self.panel.value(name) for name in ("account", "side", "text")}
        cites = writing.citations(self.panel.value("exhibits"))
        if not cites:
            raise UsageError("a fact cites what shows it", expected="E0012")
        document = {"kind": "authorship", "exhibits": cites, **values}
        writing.annotate(self._case, document, self.panel.say)
        for name in ("text", "exhibits"):
            self.panel.fields[name].value = ""
        if self._handle is not None:
            self._handle.update(self.shown)
        self.panel.say("Saved.")

    def _ipython_display_(self) -> None:
        self._handle = display(self.shown, display_id=True)  # type: ignore[no-untyped-call]
        display(self.panel.view)  # type: ignore[no-untyped-call]
