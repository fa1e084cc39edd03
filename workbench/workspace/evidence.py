"""A case's evidence itself: exhibits, their pictures, the streets under its places, and the capture of more.

Each exhibit looked at is in the audit chain; looking leaves no trace in the custody log.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import SourceError, UsageError
from workbench.records import Citation
from workbench.show import Words
from workbench.workspace import asking, pictures, streets
from workbench.workspace.exhibits import View, look
from workbench.workspace.tables import Tables
from workbench.workspace.thumbnails import EDGE, Thumbnail, Thumbnails

if TYPE_CHECKING:
    from workbench.show import Street

_SHEET_EDGE = 160
"""Pixels a side of a picture on a contact sheet."""


class Evidence(Tables):
    """The bytes that the tables cite."""

    def exhibit(self, citation: str, *, hidden: bool = False) -> View:
        """Show an exhibit: its bytes, its hash (checked), its custody history.

        Raises UsageError for a citation of another case or one that does not exist, IntegrityError where the
        bytes are not what was logged, AuthorityError for one that is marked as contraband, or as hidden unless
        ``hidden`` asks for it.
        """
        wanted = self._own(citation)
        view = look(self.folder, wanted, hidden=hidden)
        self.entered("viewed", {"exhibit": wanted.number})
        return view

    def thumbnail(self, citation: str, *, edge: int = EDGE, at: float = 0.0, hidden: bool = False) -> bytes:
        """Give the picture that an exhibit holds, made small: at most ``edge`` pixels a side, JPEG or PNG.

        Written anew without any metadata, and turned as it is shown; of a video, the key frame at or before
        ``at`` seconds. Raises as ``exhibit`` does, and InputError where the exhibit holds no picture that can
        be read. Entered in the audit chain as a look at the exhibit.
        """
        wanted = self._own(citation)
        asked = Thumbnail(edge=edge, at=at, hidden=hidden)
        made = self._thumbnails.make(
            self.folder, wanted, lambda: self.media_files(["exhibit", "sha256"]), asked
        )
        self.entered("viewed", {"exhibit": wanted.number, "thumbnail": edge})
        return made

    def contact_sheet(
        self, frame: pd.DataFrame, title: str = "Pictures", *, show_hidden: bool = False, limit: int = 60
    ) -> Words:
        """Lay pictures on a sheet: small, each with its citation, time and account. See ``workspace.pictures``.

        ``frame``: what ``analysis.posted_media`` gives, or any result with the column file. What is marked hidden or
        sensitive is shown only with ``show_hidden``; the asking, and each picture shown, is in the audit chain.
        """
        if show_hidden:
            self.entered("asked-hidden", {"position": self.position, "pictures": min(len(frame), limit)})

        def small(citation: str, at: float, hidden: bool) -> bytes:  # noqa: FBT001 - as pictures.Small has it
            return self.thumbnail(citation, edge=_SHEET_EDGE, at=at, hidden=hidden)

        return pictures.sheet(frame, small, title=title, zone=self.zone, show_hidden=show_hidden, limit=limit)

    @cached_property
    def _thumbnails(self) -> Thumbnails:
        return Thumbnails()

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
