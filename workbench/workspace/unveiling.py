"""The form below a contact sheet, where a person sits before the notebook: asks for one hidden picture.

The picture is put on the page by that asking alone, and each asking is in the audit chain under the officer's badge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import ipywidgets as widgets
from IPython.display import display

from workbench.errors import UsageError
from workbench.show import Tile, Words, contact_sheet
from workbench.show.words import visible
from workbench.workspace.fields import Field, Panel
from workbench.workspace.pictures import LIKE_HIDDEN

if TYPE_CHECKING:
    from workbench.workspace.evidence import Evidence
    from workbench.workspace.pictures import Blurred, Laid

_EDGE: Final = 400
"""Pixels a side of a picture that was asked for."""


class Unveiling:
    """The sheet with its hidden pictures blurred, and below it the form that shows one of them."""

    def __init__(self, case: Evidence, laid: Laid) -> None:
        self._case, self._laid = case, laid
        named = [(visible(each.name), place) for place, each in enumerate(laid.blurred)]
        picker = widgets.Dropdown(options=[("", None), *named])
        fields = [Field("picture", "Hidden picture", "the asking is entered in the audit log", picker)]
        self.panel = Panel({field.name: field for field in fields}, {"Show this one": self.show})
        self._shown: Any = widgets.Output()

    @property
    def words(self) -> Words:
        """Give the sheet, as a run has it."""
        return self._laid.words

    def show(self) -> None:
        """Show the picture that was chosen, in place of the one before; the audit chain says who asked for it."""
        place = self.panel.fields["picture"].widget.value
        if place is None:
            raise UsageError("no picture is chosen", todo="choose one of the hidden pictures")
        page = self._asked(self._laid.blurred[place])
        self._shown.outputs = ()
        self._shown.append_display_data(page)

    def _asked(self, wanted: Blurred) -> Words:
        if wanted.why == LIKE_HIDDEN:
            # By itself it is not hidden, so the look alone would not tell that somebody asked.
            self._case.entered("asked-hidden", {"position": self._case.position, "pictures": 1})
        picture = self._case.thumbnail(wanted.citation, edge=_EDGE, at=wanted.at, hidden=True)
        tile = Tile(
            citation=wanted.citation,
            alt="hidden picture",
            lines=(wanted.name.removeprefix(wanted.citation).strip(),),
            picture=picture,
            hidden=f"Shown because {self._case.badge} asked for it: {wanted.why}",
        )
        return contact_sheet([tile], title="Asked for")

    def _ipython_display_(self) -> None:
        display(self.words)  # type: ignore[no-untyped-call]
        display(self.panel.view)  # type: ignore[no-untyped-call]
        display(self._shown)  # type: ignore[no-untyped-call]
