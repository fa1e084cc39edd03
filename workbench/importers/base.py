"""What an importer is: told which files were given, it yields rows, each with the member it stands on.

An importer opens members only through ``Member.open``, which reads and never writes, and bounds what comes
out. Damage found while reading is an ``InputError`` that names member and byte; ``guarded`` turns it into an
Issue row, so that the rest of the import is kept.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from workbench.errors import InputError
from workbench.importers.drift import Drift
from workbench.records import Record
from workbench.rows import AnyRow, Issue
from workbench.sources import Described


class Limits(Record, frozen=True, kw_only=True):
    """Bounds on what is read. Sizes are bytes, after decompression unless said otherwise."""

    members: int = 200_000
    """Most members of one archive."""
    directory: int = 64 * 2**20
    """Most bytes of an archive's central directory."""
    member: int = 64 * 2**30
    """Most bytes of one member."""
    total: int = 256 * 2**30
    """Most bytes of all members of one archive."""
    ratio: int = 250
    """Most times that a compressed member may grow, once it is longer than ``free``."""
    free: int = 16 * 2**20
    """Up to here a member may grow as it likes."""
    element: int = 32 * 2**20
    """Most bytes of one element of a JSON array, or of one line."""
    document: int = 64 * 2**20
    """Most bytes of a JSON file that is read whole."""


LIMITS = Limits()


class Member(Record, frozen=True, kw_only=True):
    """One readable thing: a file that was given, or one member of an archive among them.

    ``index`` counts the bundle's members from 0; ``name`` is the given name (data, never a path to open);
    ``size`` is bytes after decompression, or as stored for a plain ``.gz``. ``container`` marks an archive
    itself, which stands beside its members so that what is said of it can cite it. ``citation`` is the
    exhibit's, empty while nothing is logged yet.
    """

    index: int
    name: str
    size: int
    citation: str = ""
    container: bool = False
    offset: int = 0
    opener: Callable[[], io.BufferedReader]

    def open(self) -> io.BufferedReader:
        """Open the bytes for reading; reads raise InputError where they are damaged or grow too much."""
        return self.opener()

    @property
    def base(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    def head(self, length: int = 65_536) -> bytes:
        """Read the first bytes; what is damaged has none."""
        try:
            with self.open() as stream:
                return stream.read(length)
        except InputError:
            return b""


class Cited(msgspec.Struct, frozen=True, gc=False):
    """A row, and the index of the member that it was read from."""

    member: int
    row: AnyRow


class Slice(Record, frozen=True, kw_only=True):
    """What becomes one exhibit (clauses 6.3 and 6.4 of the case file's format).

    ``file_index`` counts the files given; ``member`` is the index in the zip's central directory, None for a
    whole file. ``offset`` and ``length`` are bytes of the stored file; ``size`` is bytes once decompressed.
    """

    file_index: int
    member: int | None
    offset: int
    length: int
    name: str
    size: int


class Bundle(Record, frozen=True, kw_only=True):
    """All that was given at once: its readable members, and what was refused of it."""

    members: Sequence[Member]
    refused: Sequence[Cited] = ()

    @property
    def contents(self) -> list[Member]:
        """The members that hold something themselves: all but the archives."""
        return [member for member in self.members if not member.container]


@runtime_checkable
class Importer(Described, Protocol):
    """One format of exports, as it describes itself, and what it does."""

    def recognises(self, bundle: Bundle) -> bool:
        """Say whether the bundle is of this format; looks at names and first bytes only."""

    def parse(self, bundle: Bundle) -> Iterator[Cited]:
        """Yield the rows of a bundle: a pure function of its bytes, in the same order each time."""


def rows(importer: Importer, bundle: Bundle) -> Iterator[Cited]:
    """Yield all that an import says: what was refused first, then what the importer reads."""
    yield from bundle.refused
    yield from importer.parse(bundle)


def guarded(member: Member, read: Iterable[AnyRow], drift: Drift | None = None) -> Iterator[Cited]:
    """Cite each row of a member; damage ends the member with an Issue row instead of the import.

    What was noted in ``drift`` follows, however the member ends.
    """
    index = member.index
    try:
        for row in read:
            yield Cited(index, row)
    except InputError as error:
        yield Cited(index, damage(error))
    if drift is not None:
        for issue in drift.issues():
            yield Cited(index, issue)


def damage(error: InputError) -> Issue:
    """Turn an InputError of reading into the row that says so."""
    kind = error.kind if isinstance(error, Damaged) else "bad-value"
    return Issue(kind=kind, where=error.where, expected=error.expected, found=error.found or error.what)


class Damaged(InputError):  # noqa: N818 - a state of bytes
    """Bytes are not what their format says; ``kind`` is that of the Issue row to be."""

    def __init__(self, what: str, *, kind: str, where: str, expected: str = "", found: str = "") -> None:
        super().__init__(
            what,
            where=where,
            expected=expected,
            found=found or what,
            todo="the bytes are kept as given; ask the giver for a new copy of the export",
        )
        self.kind = kind


def at(name: str, offset: int) -> str:
    """Name a place: member and byte, counted from 0 in the member once decompressed."""
    return f"{name}, byte {offset}"
