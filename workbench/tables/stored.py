"""The stored bytes of exhibits, as tables read them: inside the case, and only while they are as logged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from workbench.custody.log import Entry
from workbench.errors import IntegrityError
from workbench.records import Exhibit, Record
from workbench.rows import AnyRow, Issue
from workbench.tables.schema import Parsed

_BLOCK = 1 << 20
_SHOWN = 200


class Source(Record, frozen=True, kw_only=True):
    """What the custody log says of one capture or import.

    ``members`` holds for each exhibit its index in a zip's directory, None for anything else; ``files`` are
    the lines of an import's files; ``seqs`` are the numbers of the exhibits' lines.
    """

    begun: Entry
    files: tuple[Entry, ...]
    exhibits: tuple[Exhibit, ...]
    members: tuple[int | None, ...]
    seqs: tuple[int, ...]


class Parser:
    """Whose rows they are: name and version, as the columns ``parser`` and ``parser_version`` say."""

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version
        self._last: tuple[Exhibit | None, str] = (None, "")

    def parsed(self, exhibit: Exhibit, at: int, row: AnyRow) -> Parsed:
        """Stamp a row with what it stands on."""
        if self._last[0] is not exhibit:  # many rows in turn stand on one exhibit
            self._last = (exhibit, str(exhibit.citation))
        return Parsed(
            exhibit=self._last[1],
            captured_at=at,
            parser=self.name,
            parser_version=self.version,
            row=row,
        )

    def failed(self, exhibit: Exhibit, what: str, error: Exception) -> Parsed:
        """Make the issue that says that an exhibit, or the rest of it, was not read."""
        where = f"{exhibit.file}, bytes {exhibit.offset} to {exhibit.offset + exhibit.length}"
        found = " ".join(f"{type(error).__name__}: {error}".split())[:_SHOWN]
        issue = Issue(kind="refused", where=where, expected=what, found=_readable(found))
        return self.parsed(exhibit, exhibit.at, issue)


def _readable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def within(folder: Path, file: str) -> Path:
    """Give the path of a case's file; raise IntegrityError for one that leads out of the case."""
    parts = PurePosixPath(file)
    path = folder / parts
    if parts.is_absolute() or ".." in parts.parts or path.is_symlink() or path.parent.is_symlink():
        raise IntegrityError("the log names a file outside the case", where=file[:_SHOWN])
    return path


@contextmanager
def opened(folder: Path, file: str) -> Iterator[BinaryIO]:
    """Open a file of the case for reading; what the disk refuses is an IntegrityError."""
    path = within(folder, file)
    try:
        handle = path.open("rb")
    except OSError as error:
        raise IntegrityError(f"a stored file cannot be read: {error.strerror}", where=file) from error
    with handle:
        yield handle


def slice_of(file: BinaryIO, exhibit: Exhibit) -> bytes:
    """Read an exhibit's bytes; raise IntegrityError where they are not what the log says."""
    size = os.fstat(file.fileno()).st_size
    if exhibit.offset + exhibit.length > size:
        raise IntegrityError(
            "the stored file is shorter than logged",
            where=exhibit.file,
            expected=f"{exhibit.offset + exhibit.length} bytes",
            found=f"{size} bytes",
        )
    file.seek(exhibit.offset)
    data = file.read(exhibit.length)
    _compare(exhibit.file, exhibit.sha256, hashlib.sha256(data).hexdigest())
    return data


def check_file(folder: Path, file: str, sha256: str) -> None:
    """Hash a whole file; raise IntegrityError where it is not what the log says."""
    digest = hashlib.sha256()
    with opened(folder, file) as handle:
        while block := handle.read(_BLOCK):
            digest.update(block)
    _compare(file, sha256, digest.hexdigest())


def _compare(where: str, logged: str, found: str) -> None:
    if logged != found:
        raise IntegrityError(
            "the stored bytes are not those logged", where=where, expected=logged, found=found
        )
