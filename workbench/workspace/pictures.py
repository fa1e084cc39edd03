"""A case's pictures on one sheet: what may be shown is shown small, what is hidden blurred, and both say why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.analysis import frames
from workbench.errors import AuthorityError, InputError
from workbench.records import Record
from workbench.show import Tile, Words, contact_sheet
from workbench.show.sheets import BLURRED
from workbench.workspace import hiding

SENSITIVE: Final = hiding.SENSITIVE
FRAMES: Final = ("key frame", "key frames")
NOT_HELD: Final = "its bytes are not held"
LIKE_HIDDEN: Final = "beside a picture of its group that is hidden"
_APART: Final = "no near duplicate found"


class Source(Protocol):
    """Where a sheet has its pictures from."""

    def hidden(self, citation: str) -> str:
        """Give why an exhibit is hidden; empty where it is not."""

    def given(self, citation: str) -> str:
        """Give the name under which a file was given to us; empty for what was captured."""

    def small(self, citation: str, at: float, *, hidden: bool, blurred: bool) -> bytes:
        """Give its small picture, so many seconds into a film; AuthorityError where it is not shown."""


class Blurred(Record, frozen=True, kw_only=True):
    """A picture that a sheet shows blurred: what it is called, its exhibit, seconds into a film, and why."""

    name: str
    citation: str
    at: float
    why: str


class Laid(Record, frozen=True, kw_only=True):
    """A sheet as it was laid, and what of it is blurred."""

    words: Words
    blurred: tuple[Blurred, ...]


class Sheet(Record, frozen=True, kw_only=True):
    """How pictures are laid on a sheet: from where, under which title, local time, and whether hidden ones show."""

    source: Source
    title: str
    zone: ZoneInfo
    show_hidden: bool
    limit: int

    def laid(self, frame: pd.DataFrame) -> Laid:
        """Lay the first ``limit`` rows of a result on a contact sheet; of more, those first whose bytes are held.

        Columns used, each where there: file (citation of the bytes; empty: not held), at (seconds into a film),
        published or captured (the time shown), else taken or taken_raw (the file's own, shown as such),
        author_handle or author, group, description, sensitive, media_type, note. Hidden and sensitive pictures are
        blurred but with ``show_hidden``, and so are all of a group that holds one: a copy that was encoded anew shows
        what was hidden. Contraband is never there.
        """
        veiled = self._veiled(frame)
        if len(frame) > self.limit:
            frame = _held_first(frame)
        drawn = frame.head(self.limit)
        if "group" in drawn.columns and (drawn["group"] != "").any():
            drawn = drawn.assign(group=drawn["group"].mask(drawn["group"] == "", _APART))
        rows: Iterable[Any] = drawn.itertuples(index=False)
        placed = [self._tile(row._asdict(), veiled) for row in rows]
        left = len(frame) - len(placed)
        are = "is" if left == 1 else "are"
        note = f"{left:,} more {are} not on this sheet{_of_them(frame, self.limit)}." if left > 0 else ""
        what = {"what": FRAMES} if "at" in frame.columns else {}
        words = contact_sheet([tile for tile, _ in placed], title=self.title, note=note, **what)
        return Laid(words=words, blurred=tuple(each for _, each in placed if each is not None))

    def _veiled(self, frame: pd.DataFrame) -> frozenset[str]:
        """Name the groups of which something is hidden."""
        if "group" not in frame.columns:
            return frozenset()
        columns = [name for name in ("group", "file", "sensitive") if name in frame.columns]
        rows: Iterable[Any] = frame.loc[frame["group"].fillna("") != "", columns].itertuples(index=False)
        return frozenset(str(row.group) for row in rows if self._why(row._asdict()))

    def _why(self, row: dict[str, Any]) -> str:
        """Say why a picture is hidden, by itself; empty where it is not."""
        file = str(row.get("file", ""))
        return self.source.hidden(file) or SENSITIVE * _true(row.get("sensitive")) if file else ""

    def _tile(self, row: dict[str, Any], veiled: frozenset[str]) -> tuple[Tile, Blurred | None]:
        file, at = str(row.get("file", "")), float(row.get("at") or 0.0)
        why = self._why(row) or (LIKE_HIDDEN if file and str(row.get("group", "")) in veiled else "")
        blur = bool(why) and not self.show_hidden
        picture, note, kept = self._picture(file, at, blurred=blur) if file else (b"", NOT_HELD, False)
        tile = Tile(
            citation=file or _cited(row),
            alt=_alt(row),
            lines=(
                _time(row, self.zone),
                _who(row),
                # A name may say what the picture shows.
                _given("" if blur or kept or not file else self.source.given(file)),
                str(row.get("note", "")),
            ),
            picture=picture,
            note=note,
            group=str(row.get("group", "")),
            hidden=f"{BLURRED if blur else 'Shown because it was asked for'}: {why}" if why else "",
        )
        name = f"{file} {_time(row, self.zone)} {_who(row)}"
        return tile, Blurred(name=name, citation=file, at=at, why=why) if blur and picture else None

    def _picture(self, file: str, at: float, *, blurred: bool) -> tuple[bytes, str, bool]:
        """Give the picture, else a note why there is none, and whether that is since it may not be seen."""
        try:
            return self.source.small(file, at, hidden=self.show_hidden, blurred=blurred), "", False
        except AuthorityError as error:
            return b"", error.what, True
        except InputError:
            return b"", "its bytes cannot be read as a picture", False


def _held_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Put what can be looked at before what cannot, each in its order: the places on a sheet are few."""
    if "file" not in frame.columns:
        return frame
    return frame.iloc[(frame["file"].fillna("") == "").argsort(kind="stable")]


def _of_them(frame: pd.DataFrame, limit: int) -> str:
    """Say how many of those that are left out could be looked at."""
    if "file" not in frame.columns:
        return ""
    held = int((frame["file"].fillna("") != "").iloc[limit:].sum())
    return f"; {f'{held:,}' if held else 'none'} held"


def _given(name: str) -> str:
    return f"given as {name}" if name else ""


def _alt(row: dict[str, Any]) -> str:
    kind = str(row.get("media_type") or row.get("kind") or "picture")
    said = str(row.get("description") or "")
    return f"{kind} of {_who(row) or 'an unknown account'}" + (
        f"; described by its author: {said}" if said else ""
    )


def _who(row: dict[str, Any]) -> str:
    return str(row.get("author_handle") or row.get("author") or "")


def _time(row: dict[str, Any], zone: ZoneInfo) -> str:
    for name, words in (("published", "posted "), ("captured", "captured ")):
        moment: Any = row.get(name)
        if moment is not None and not pd.isna(moment):
            return f"{words}{frames.local(moment, zone):%Y-%m-%d %H:%M %Z}"
    taken, words = row.get("taken"), str(row.get("taken_raw") or "")
    if taken is not None and not pd.isna(taken):
        return f"the file says {frames.local(taken, zone):%Y-%m-%d %H:%M %Z}"
    return f"the file says {words[:40]}, no zone" if words else "time not known"


def _cited(row: dict[str, Any]) -> str:
    cites = row.get("exhibits") or (row.get("exhibit", ""),)
    return str(cites[0])


def _true(value: Any) -> bool:  # noqa: ANN401 - of a frame: True, False, missing or not there
    return not (value is None or value is pd.NA) and bool(value)
