"""Small pictures of exhibits, for a contact sheet: made in the confined child, never from what is withheld."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.capture import reading
from workbench.custody.annotations import contraband, marks
from workbench.errors import AuthorityError, InputError, UsageError
from workbench.importers import zips
from workbench.media import kinds
from workbench.media.facts import Job
from workbench.media.looking import Worker
from workbench.policy.annotations import CONTRABAND
from workbench.records import Citation, Exhibit, Record
from workbench.workspace import exhibits

if TYPE_CHECKING:
    import pandas as pd

EDGE: Final = 256
"""Pixels a side, where nothing else is asked for."""
_LEAST, _MOST = 16, 1024
_GZIP = b"\x1f\x8b"


class Thumbnail(Record, frozen=True, kw_only=True):
    """How a thumbnail is asked for: pixels a side, seconds into a film, and whether hidden exhibits are shown."""

    edge: int = EDGE
    at: float = 0.0
    hidden: bool = False


class Thumbnails:
    """Makes thumbnails, with one child that is started for the first and ends with the last reference to this."""

    def __init__(self) -> None:
        self._worker = Worker()

    def make(
        self, folder: Path, citation: Citation, files: Callable[[], pd.DataFrame], shown: Thumbnail
    ) -> bytes:
        """Give the thumbnail of an exhibit that may be shown (``workspace.exhibits.checked``).

        ``files`` gives the table ``media_files`` (exhibit, sha256): the same picture in another exhibit that is
        marked is withheld here, too.
        """
        edge = shown.edge
        if not _LEAST <= edge <= _MOST:
            raise UsageError(
                "a thumbnail has another size", expected=f"{_LEAST} to {_MOST} pixels a side", found=str(edge)
            )
        exhibit = exhibits.checked(folder, citation, hidden=shown.hidden)
        job = _job(folder, exhibit, shown)
        content = hashlib.sha256(job.data).hexdigest() if job.data else exhibit.sha256
        _check_content(folder, citation, content, files, hidden=shown.hidden)
        answer = self._worker.ask(job)
        if not answer.picture:
            said = answer.look.problems
            raise InputError(
                "no thumbnail can be made of this exhibit",
                where=str(citation),
                expected="a picture, or a film with a picture track",
                found=said[0].found if said else "nothing",
                todo="the bytes are kept as they are; case.issues() says what was not read of them",
            )
        return answer.picture


def _check_content(
    folder: Path, citation: Citation, sha256: str, files: Callable[[], pd.DataFrame], *, hidden: bool
) -> None:
    """Raise AuthorityError where another exhibit holds the same content and is marked."""
    marked = {number for number, mark in marks(folder).items() if mark == CONTRABAND or not hidden}
    if not marked:
        return
    found = files()
    alike = found.loc[found["sha256"] == sha256, "exhibit"]
    numbers = {Citation.parse(each).number for each in alike}
    # An archive may be marked and not its members: what lies in it is withheld wherever else it is.
    near = sorted((numbers & marked) | set(contraband(folder, sorted(numbers))))
    if near:
        raise AuthorityError(
            "the same picture is in an exhibit that is marked: it is not shown",
            where=str(citation),
            found=f"E{near[0]:04d}",
            todo="its hash and history: 'workbench exhibit'",
        )


def _job(folder: Path, exhibit: Exhibit, shown: Thumbnail) -> Job:
    """Say where the picture lies: a file as it is, or the body or member that the exhibit holds."""
    path = folder / exhibit.file
    if exhibit.source.startswith("import") and _whole(path, exhibit):
        with path.open("rb") as file:
            media_type = _media_type(exhibit, file.read(kinds.HEAD))
        return Job(media_type=media_type, path=str(path), length=exhibit.length, edge=shown.edge, at=shown.at)
    data = _content(exhibit, exhibits.stored(folder, exhibit))
    return Job(media_type=_media_type(exhibit, data[: kinds.HEAD]), data=data, edge=shown.edge, at=shown.at)


def _whole(path: Path, exhibit: Exhibit) -> bool:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return not packed and exhibit.offset == 0 and exhibit.length == path.stat().st_size


def _content(exhibit: Exhibit, data: bytes) -> bytes:
    if exhibit.source.startswith("capture"):
        return reading.exchange(data).body
    if data.startswith(_GZIP):
        return reading.decoded(data, "gzip")[0]
    return zips.alone(data, reading.MOST_BYTES)


def _media_type(exhibit: Exhibit, head: bytes) -> str:
    found = kinds.media_type(head)
    if found in {"", kinds.DRAWN, *kinds.UNREAD} or found.startswith("audio/"):
        raise InputError(
            "this exhibit holds no picture", where=str(exhibit.citation), found=found or "other bytes"
        )
    return found
