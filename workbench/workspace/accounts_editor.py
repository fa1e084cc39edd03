"""The editors of posters' roles and of kept associations: the table, and below it the form that notes one account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as widgets
import pandas as pd
from IPython.display import display

from workbench.errors import UsageError
from workbench.policy.accounts import ROLES, SAID
from workbench.show.words import visible
from workbench.workspace import noted, writing
from workbench.workspace.choosing import Choosing, by
from workbench.workspace.fields import Field, choice, lines, text

if TYPE_CHECKING:
    from workbench.workspace.shown import Shown
    from workbench.workspace.written import Written

_FIELDS: Final[dict[str, Callable[[], list[Field]]]] = {
    "poster": lambda: [choice("role", "Role", "took part, looked on, or neither is known", ROLES)],
    "association": lambda: [
        lines("suspicion_basis", "Basis of suspicion", "why criminal activity is reasonably suspected"),
        lines("relevance", "Relevance", "why it matters to this case"),
        text("reviewer", "Reviewed by", "badge or name of who reviewed it"),
        text("review_due", "Review due", "the day by which it is reviewed again or taken out: 2026-07-31"),
    ],
}
_REMARKS: Final = {
    "poster": "what shows it; needed",
    "association": "what the basis rests on; needed",
}


class AccountsEditor:
    """The table of accounts and, below it, the form that notes what is known of one of them.

    ``listing`` gives the table (``workspace.noted``); it is asked again after each save. ``kind`` is that of the
    annotations: poster or association.
    """

    def __init__(self, case: Written, kind: str, title: str, listing: Callable[[], pd.DataFrame]) -> None:
        self.case, self.kind = case, kind
        self._title, self._listing = title, listing
        self._handle: Any = None
        self.accounts = pd.DataFrame()
        self.entered = pd.DataFrame()
        self.read()
        self.panel = AccountPanel(self)
        self.panel.chosen()

    def read(self) -> None:
        """Take the annotations as they stand, and make the table anew."""
        self.entered = self.case.annotations(self.kind)
        self.accounts = self._listing()

    def saved(self) -> None:
        """Show what was saved: in the table above the form, and in the list of accounts."""
        self.read()
        if self._handle is not None:
            self._handle.update(self.shown)
        self.panel.offer()

    @property
    def shown(self) -> Shown:
        """Give the table as the page shows it."""
        return noted.shown(self.accounts, self.case, self._title)

    def _ipython_display_(self) -> None:
        self._handle = display(self.shown, display_id=True)  # type: ignore[no-untyped-call]
        if len(self.accounts):
            display(self.panel.view)  # type: ignore[no-untyped-call]


class AccountPanel(Choosing):
    """The form for one account."""

    thing = "account"
    unsaid = frozenset({"find", "account"})
    editor: AccountsEditor

    def __init__(self, editor: AccountsEditor) -> None:
        fields = [
            text("find", "Find", "part of a handle or an identifier"),
            Field("account", "Account", "which account", widgets.Dropdown(options=[])),
            *_FIELDS[editor.kind](),
            lines("text", "Remarks", f"{_REMARKS[editor.kind]}; facts, not conclusions"),
            text("exhibits", "Exhibits", "citations of what shows it"),
        ]
        super().__init__(editor, {field.name: field for field in fields}, {}, "account")

    def rows(self) -> dict[str, dict[str, Any]]:
        """Give the accounts of the table by their identity."""
        return by(self.editor.accounts, "account")

    def label(self, number: int, row: Mapping[str, Any]) -> str:
        """Name an account by its handle and identifier, and say whether somebody noted something of it."""
        written = f"[annotation {row['annotation']}]" if row["annotation"] else "[nothing noted]"
        names = dict.fromkeys(each for each in (row["account_handle"], row["account"]) if each)
        return f"{number}. {' '.join(visible(str(name)) for name in names)} {written}"

    def as_entered(self, said: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
        """Give the value of each field as the note has it; without one, the account's own exhibits."""
        values = {name: str(said.get(name, "")) for name in (*SAID[self.editor.kind], "text")}
        if "role" in values:
            values["role"] = values["role"] or ROLES[-1]
        return values | {"exhibits": writing.exhibits(said, row)}

    def in_words(self, said: Mapping[str, Any]) -> str:
        """Write out what a note says."""
        return writing.told([(name, said.get(name, "")) for name in (*SAID[self.editor.kind], "text")], said)

    def check_seen(self) -> None:
        """Raise UsageError where a newer note about the account stands, under whichever of its names."""
        self.editor.case.refresh()
        self.editor.read()
        newest = int(self.newest().get("annotation", 0))
        if newest != self.seen:
            raise UsageError(
                "somebody else has written about this account meanwhile", found=f"annotation {newest}"
            )

    def document(self) -> dict[str, Any]:
        """Give what was entered as ``workbench annotate --from`` reads it."""
        entered = self.typed()
        if not entered["text"].strip():
            raise UsageError(
                "a note says what it rests on", where="Remarks", todo="fill in Remarks; nothing was saved"
            )
        return {
            "kind": self.editor.kind,
            # The same name as before, so that it replaces what was shown.
            "account": self.newest().get("account") or self.key,
            "replaces": self.seen,
            "exhibits": writing.citations(entered["exhibits"]),
            "text": entered["text"],
            "said": {name: entered[name] for name in SAID[self.editor.kind] if entered[name]},
        }
