"""A case's evidence itself: exhibits, their pictures, the streets under its places, and the capture of more.

Each exhibit looked at is in the audit chain; looking leaves no trace in the custody log.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from workbench.custody import log
from workbench.errors import AuthorityError, SourceError, UsageError
from workbench.records import Citation
from workbench.show import Words
from workbench.tables import logged
from workbench.workspace import asking, pictures, streets
from workbench.workspace.exhibits import View, look
from workbench.workspace.hiding import Hiding
from workbench.workspace.tables import Tables
from workbench.workspace.thumbnails import EDGE, Thumbnail, Thumbnails

if TYPE_CHECKING:
    from workbench.show import Street
    from workbench.workspace.unveiling import Unveiling

_SHEET_EDGE = 160
"""Pixels a side of a picture on a contact sheet."""


class Evidence(Tables):
    """The bytes that the tables cite."""

    def exhibit(self, citation: str, *, hidden: bool = False) -> View:
        """Show an exhibit: its bytes, its hash (checked), its custody history.

        Raises UsageError for a citation of another case or one that does not exist, IntegrityError where the
        bytes are not what was logged, AuthorityError for what is contraband, or hidden unless ``hidden`` asks for it
        (``workbench.withholding``). The audit chain tells the look, and that what is hidden was asked for.
        """
        wanted = self._own(citation)
        view = look(self.folder, wanted, self._hiding.kept, hidden=hidden)
        self._viewed(wanted, hidden=bool(view.hidden))
        return view

    def thumbnail(
        self,
        citation: str,
        *,
        edge: int = EDGE,
        at: float = 0.0,
        hidden: bool = False,
        blurred: bool = False,
    ) -> bytes:
        """Give the picture that an exhibit holds, made small: at most ``edge`` pixels a side, JPEG or PNG.

        Written anew without any metadata, and turned as it is shown; of a video, the key frame at or before
        ``at`` seconds. ``blurred`` gives one on which nothing can be made out, of hidden exhibits, too. Raises as
        ``exhibit`` does, also for what posts call sensitive unless ``hidden`` asks for it, and InputError where the
        exhibit holds no picture that can be read. Entered in the audit chain as a look at the exhibit.
        """
        wanted = self._own(citation)
        why = self._hiding.why(wanted.number)
        if why and not hidden and not blurred:
            raise AuthorityError(
                f"this exhibit is {why}: it is not shown",
                where=citation,
                todo="hidden=True shows it; blurred=True shows that there is something",
            )
        asked = Thumbnail(edge=edge, at=at, hidden=hidden, blurred=blurred)
        made = self._thumbnails.make(self.folder, wanted, self._hiding.kept, asked)
        unveiled = hidden and not blurred and bool(made.hidden or why)
        self._viewed(wanted, hidden=unveiled, thumbnail=edge, blurred=blurred)
        return made.picture

    def contact_sheet(
        self, frame: pd.DataFrame, title: str = "Pictures", *, show_hidden: bool = False, limit: int = 60
    ) -> Words | Unveiling:
        """Lay pictures on a sheet: small, each with its citation, time and account. See ``workspace.pictures``.

        ``frame``: what ``analysis.posted_media`` gives, or any result with the column file. What is marked hidden or
        sensitive is blurred, and says so; ``show_hidden`` shows it. The asking, and each picture shown, is in the
        audit chain. In the lab a form below the sheet asks for one hidden picture at a time.
        """
        if limit < 1:
            raise UsageError(
                "a sheet without any picture shows nothing",
                where="sheet",
                expected="1 or more",
                found=str(limit),
            )
        if show_hidden:
            self.entered("asked-hidden", {"position": self.position, "pictures": min(len(frame), limit)})
        source = _Source(self, self._hiding)
        sheet = pictures.Sheet(
            source=source, title=title, zone=self.zone, show_hidden=show_hidden, limit=limit
        )
        laid = sheet.laid(frame)
        if not laid.blurred or not asking.in_lab():
            return laid.words
        from workbench.workspace.unveiling import Unveiling  # noqa: PLC0415 - a run needs no widgets

        return Unveiling(self, laid)

    def _viewed(self, wanted: Citation, *, hidden: bool, thumbnail: int = 0, blurred: bool = False) -> None:
        """Enter a look; ``hidden``: at what is hidden, because somebody asked for it."""
        told = {"thumbnail": thumbnail, "hidden": hidden, "blurred": blurred}
        self.entered("viewed", {"exhibit": wanted.number, **{k: v for k, v in told.items() if v}})

    @property
    def _hiding(self) -> Hiding:
        """What is hidden now: somebody may have marked something since this case was opened."""
        newest = log.reached(self.folder).seq, self.position
        if newest not in self._hidings:
            self._hidings.clear()
            self._hidings[newest] = Hiding(self)
        return self._hidings[newest]

    @cached_property
    def _hidings(self) -> dict[tuple[int, int], Hiding]:
        return {}

    @cached_property
    def _thumbnails(self) -> Thumbnails:
        return Thumbnails()

    def given_name(self, citation: str) -> str:
        """Give the name under which a file was given to us, of a member of an archive that of the archive.

        Empty for what was captured.
        """
        return self._given.get(Citation.parse(citation).number, "")

    @cached_property
    def _given(self) -> dict[int, str]:
        given = logged.GivenNames(self.folder)
        held = self.exhibits(["exhibit", "source", "file", "kind"])
        held = held[held["source"].str.startswith("import")]
        named = {
            Citation.parse(cite).number: (given.name(source, file), kind)
            for cite, source, file, kind in held.itertuples(index=False, name=None)
        }
        return {
            number: f"{name}, a file in it" if kind == "member" else name
            for number, (name, kind) in named.items()
        }

    def street(self, places: pd.DataFrame) -> Street:
        """Get the streets under these places, for ``show.map(places, street=…)``: asked for by the parent process.

        Only where the chief named a tile server: its owner learns which area is looked at, and when. Where there is
        none, or it does not answer, the map says so and is drawn without. Entered in the audit chain, without the
        area. ``places``: what ``analysis.places`` gives.
        """
        return streets.of_places(self, places)

    def _own(self, citation: str) -> Citation:
        wanted = Citation.parse(citation)
        if wanted.case != self.number:
            raise UsageError("this exhibit is another case's", expected=self.number, found=citation[:60])
        return wanted

    def collect(self, source: str = "", target: str = "", **options: str) -> pd.DataFrame:
        """Capture the approved targets (or one), through the process that started this notebook.

        Options: since, until, limit. Prints progress; afterwards the tables reach to the new captures. Gives
        their rows of ``captures``: blocked, gone, empty and failed are results too. Raises AuthorityError where
        the gate refuses, and whatever else ``workbench collect`` ends with.
        """
        before = set(self.captures(["capture"])["capture"])
        words = [word for word in (self.number, source, target) if word]
        answer = asking.ask("collect", words, options, report=print)
        if answer.code not in {0, SourceError.exit_code}:
            raise asking.error_of(answer, "collect")
        self.refresh()
        after = self.captures()
        new = after[~after["capture"].isin(before)].reset_index(drop=True)
        if answer.code and new.empty:
            raise asking.error_of(answer, "collect")
        return new


class _Source:
    """Where a sheet has its pictures from: each one drawn is a look at its exhibit."""

    def __init__(self, case: Evidence, hiding: Hiding) -> None:
        self._case, self._hiding = case, hiding

    def hidden(self, citation: str) -> str:
        return self._hiding.why(Citation.parse(citation).number)

    def given(self, citation: str) -> str:
        return self._case.given_name(citation)

    def small(self, citation: str, at: float, *, hidden: bool, blurred: bool) -> bytes:
        return self._case.thumbnail(citation, edge=_SHEET_EDGE, at=at, hidden=hidden, blurred=blurred)
