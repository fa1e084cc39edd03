"""A form about one thing of a list: choose it, say what only a person can say, save.

Saving asks the parent process for ``workbench annotate``: the kernel holds no key. What is typed stays in the form
until it is saved, also while one looks at another thing; where somebody else has written about the same meanwhile,
nothing is replaced before their words were shown.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from workbench.errors import UsageError
from workbench.show.words import visible
from workbench.tables.read import records
from workbench.workspace import writing
from workbench.workspace.fields import Field, Panel

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace.written import Written

MOST = 300
"""The most things that are offered at once; a search finds the others."""


def by(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Give the rows of a table by what stands in one column."""
    return {str(row[key]): row for row in records(frame)}


class Listed(Protocol):
    """What a form belongs to: the table above it, which is made anew after each save."""

    case: Written
    entered: pd.DataFrame

    def read(self) -> None:
        """Take the annotations as they stand, and make the table anew."""

    def saved(self) -> None:
        """Show what was saved."""


class Choosing(Panel):
    """The form. ``fields`` hold ``find`` and ``picker``, which choose, and beside them what is said.

    ``seen`` is the number of the annotation that was shown, ``key`` what is chosen.
    """

    thing: ClassVar[str]
    """What is chosen, in words: act, account."""

    unsaid: ClassVar[frozenset[str]]
    """Fields that say nothing."""

    def __init__(
        self,
        editor: Listed,
        fields: Mapping[str, Field],
        buttons: Mapping[str, Callable[[], None]],
        picker: str,
    ) -> None:
        self.editor = editor
        self.seen, self.key = 0, ""
        self._offering = False
        self._drafts: dict[str, tuple[int, dict[str, str]]] = {}
        self._clean: dict[str, str] = {}
        super().__init__(fields, {"Save": self.save, **buttons})
        self.find, self.picker = self.fields["find"].widget, self.fields[picker].widget
        self.offer()
        self.find.observe(lambda _: self.search(), names="value")
        self.picker.observe(lambda _: self.chosen(), names="value")

    # --- what a form says of its things ------------------------------------------------------------

    @abstractmethod
    def rows(self) -> dict[str, dict[str, Any]]:
        """Give the rows of the table by identity; ``annotation`` is the newest about each, 0 for none."""

    @abstractmethod
    def label(self, number: int, row: Mapping[str, Any]) -> str:
        """Name a row in the list."""

    @abstractmethod
    def as_entered(self, said: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str]:
        """Give the value of each field as an annotation has it; without one, what is known of the row."""

    @abstractmethod
    def in_words(self, said: Mapping[str, Any]) -> str:
        """Write out what an annotation says."""

    @abstractmethod
    def document(self) -> dict[str, Any]:
        """Give what was entered as ``workbench annotate --from`` reads it."""

    def shown(self) -> None:
        """Do what goes with showing another thing, or other words about it."""

    # --- choosing ----------------------------------------------------------------------------------

    def search(self) -> None:
        """List what a search finds, and show the first of it."""
        self.offer(keeping=False)
        self.chosen()

    def offer(self, *, keeping: bool = True) -> None:
        """List the things that a search finds, and the chosen one unless it is not kept."""
        wanted, kept = self.find.value.strip().lower(), self.key
        options = [
            (label, key)
            for number, (key, row) in enumerate(self.rows().items(), 1)
            if wanted in (label := self.label(number, row)).lower() or (keeping and key == kept)
        ]
        values = [key for _, key in options[:MOST]]
        # While the list is exchanged the widget picks its first entry; nobody has chosen that.
        self._offering = True
        self.picker.options = options[:MOST]
        self.picker.value = kept if kept in values else next(iter(values), None)
        self._offering = False

    def chosen(self) -> None:
        """Fill the form for what was picked: with what was typed and not saved, else as entered."""
        if self._offering or self.picker.value == self.key:
            return
        if self.key and self.typed() != self._clean:
            self._drafts[self.key] = (self.seen, self.typed())
        self.key = self.picker.value or ""
        self.fill()
        if self.key in self._drafts:
            self.seen, typed = self._drafts.pop(self.key)
            self._set(typed)
        self.shown()

    def newest(self) -> dict[str, Any]:
        """Give the newest annotation about what is chosen, as the table counts it; empty where there is none."""
        number = self.rows().get(self.key, {}).get("annotation", 0)
        held = self.editor.entered
        return next(iter(records(held[held["annotation"] == number])), {}) if number else {}

    def fill(self) -> None:
        """Set every field as the newest annotation has it."""
        row, said = self.rows().get(self.key, {}), self.newest()
        self.seen = int(said.get("annotation", 0))
        self._clean = self.as_entered(said, row)
        self._set(self._clean)
        self._clean = self.typed()

    # --- saving ------------------------------------------------------------------------------------

    def save(self) -> None:
        """Have the words written; where somebody else wrote meanwhile, show theirs and write nothing."""
        if not self.key:
            raise UsageError(f"no {self.thing} is chosen", todo="choose one")
        try:
            self.check_seen()
            writing.annotate(self.editor.case, self.document(), self.say)
        except UsageError:
            self._look_again()
            raise
        self.done()
        self.editor.saved()
        self.fill()
        self.shown()
        self.say("Saved.")

    def check_seen(self) -> None:
        """Raise UsageError where it is known before asking that somebody else has written meanwhile."""

    def done(self) -> None:
        """Do what goes with having saved, before the table is made anew."""

    def _look_again(self) -> None:
        self.editor.case.refresh()
        self.editor.read()
        theirs = self.newest()
        if int(theirs.get("annotation", 0)) == self.seen:
            return
        self.say(
            f"Annotation {theirs['annotation']} by {theirs['by']} was written about this {self.thing} meanwhile. "
            f"It says:\n{visible(self.in_words(theirs))}\n"
            "What you typed is still here and is not saved. Save again to replace theirs."
        )
        self.seen = int(theirs["annotation"])

    # --- the fields --------------------------------------------------------------------------------

    def typed(self) -> dict[str, str]:
        """Give what stands in the fields."""
        return {name: field.value for name, field in self.fields.items() if name not in self.unsaid}

    def _set(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self.fields[name].value = value
