"""Small pictures of exhibits, for a contact sheet: made in the confined child, never from what is withheld."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from workbench.errors import InputError, UsageError
from workbench.media import kinds
from workbench.media.facts import Job
from workbench.media.looking import Worker
from workbench.records import Citation, Exhibit, Record
from workbench.withholding import Withheld
from workbench.workspace import exhibits

EDGE: Final = 256
"""Pixels a side, where nothing else is asked for."""
_LEAST, _MOST = 16, 1024
_GZIP = b"\x1f\x8b"


class Thumbnail(Record, frozen=True, kw_only=True):
    """How a thumbnail is asked for.

    Pixels a side, seconds into a film, whether hidden exhibits are shown, and whether it is blurred (see
    ``media.pictures.blurred``): that is made of hidden exhibits, too.
    """

    edge: int = EDGE
    at: float = 0.0
    hidden: bool = False
    blurred: bool = False


class Small(Record, frozen=True, kw_only=True):
    """A picture made small, and why its exhibit is hidden; empty where it is not."""

    picture: bytes
    hidden: str


class Thumbnails:
    """Makes thumbnails, with one child that is started for the first and ends with the last reference to this."""

    def __init__(self) -> None:
        self._worker = Worker()

    def make(self, folder: Path, citation: Citation, kept: Withheld, shown: Thumbnail) -> Small:
        """Give the thumbnail of an exhibit that may be shown; ``kept`` is what the case withholds.

        Raises AuthorityError for contraband, and for what is hidden where ``shown`` asks for neither that nor a
        blurred one.
        """
        edge = shown.edge
        if not _LEAST <= edge <= _MOST:
            raise UsageError(
                "a thumbnail has another size", expected=f"{_LEAST} to {_MOST} pixels a side", found=str(edge)
            )
        asked = shown.hidden or shown.blurred
        exhibits.allowed(kept.of(citation.number), citation, hidden=asked)
        exhibit = exhibits.checked(folder, citation)
        job = _job(folder, exhibit, shown)
        held = hashlib.sha256(job.data).hexdigest() if job.data else exhibit.sha256
        # By its content, too: the tables may not know yet what is in it.
        why = exhibits.allowed(kept.of(citation.number, held), citation, hidden=asked)
        return Small(picture=self._made(job, citation), hidden=why)

    def _made(self, job: Job, citation: Citation) -> bytes:
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


def _job(folder: Path, exhibit: Exhibit, shown: Thumbnail) -> Job:
    """Say where the picture lies: a file as it is, or the body or member that the exhibit holds."""
    path = folder / exhibit.file
    how: dict[str, Any] = {"edge": shown.edge, "at": shown.at, "blurred": shown.blurred}
    if exhibit.source.startswith("import") and _whole(path, exhibit):
        with path.open("rb") as file:
            media_type = _media_type(exhibit, file.read(kinds.HEAD))
        return Job(media_type=media_type, path=str(path), length=exhibit.length, **how)
    data = exhibits.content(exhibit, exhibits.stored(folder, exhibit))
    return Job(media_type=_media_type(exhibit, data[: kinds.HEAD]), data=data, **how)


def _whole(path: Path, exhibit: Exhibit) -> bool:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return not packed and exhibit.offset == 0 and exhibit.length == path.stat().st_size


def _media_type(exhibit: Exhibit, head: bytes) -> str:
    found = kinds.media_type(head)
    if found in {"", kinds.DRAWN, *kinds.UNREAD} or found.startswith("audio/"):
        raise InputError(
            "this exhibit holds no picture", where=str(exhibit.citation), found=found or "other bytes"
        )
    return found
