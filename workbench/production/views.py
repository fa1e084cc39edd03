"""Records that what leaves is made of: a case as of a seal, read once, handed to the renderers.

Renderers take these and read no case. Everything that was captured is hostile: it is here as it was
received, within bounds, and whoever writes it down escapes it. Times are microseconds since 1970 UTC.
"""

from __future__ import annotations

from typing import BinaryIO, Literal

from workbench.records import Record
from workbench.rows import Moment
from workbench.times import stamp

BODY_BYTES = 64 * 1024
"""The most of an exhibit's body that a page shows; the exhibit beside it is whole."""

IMAGE_BYTES = 8 << 20
"""The most of a picture that a page is given, and shows."""

Kind = Literal["http", "file", "member"]
Mark = Literal["none", "hidden", "contraband"]


class Stretch(Record, frozen=True, kw_only=True):
    """Where bytes lie: ``path`` under the case folder, ``offset`` and ``length`` in bytes, their SHA-256."""

    path: str
    offset: int
    length: int
    sha256: str


class Http(Record, frozen=True, kw_only=True):
    """One exchange as it was received; ``status`` 0 and an ``outcome`` where no readable answer came.

    ``body`` is decoded and cut at ``BODY_BYTES``; ``body_length`` is how long it is whole. ``truncated``
    is empty or the reason why the whole body is shorter than the server meant.
    """

    method: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_length: int
    outcome: str = ""
    truncated: str = ""

    def header(self, name: str) -> str:
        """Give the first header of that name, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def mime(self) -> str:
        """Give the type that the server stated, without its parameters."""
        return self.header("content-type").partition(";")[0].strip()


class RowView(Record, frozen=True, kw_only=True):
    """One row that a parser read: its citation with pointer, and what it says as pairs of column and text.

    Columns without a value are left out; times are written as ``times.stamp`` does.
    """

    exhibit: str
    cells: tuple[tuple[str, str], ...]


class Rows(Record, frozen=True, kw_only=True):
    """Rows of one table that cite an exhibit, at most so many; ``count`` is how many there are."""

    table: str
    count: int
    rows: tuple[RowView, ...]


class Neighbour(Record, frozen=True, kw_only=True):
    """A post of the same thread: where it stands, who wrote it and when, in what words."""

    exhibit: str
    author: str
    posted: str
    words: str


class CitedBy(Record, frozen=True, kw_only=True):
    """What cites an exhibit: an annotation, a decision or a run, by its file, and what it says of it."""

    file: str
    at: str
    by: str
    what: str


class Times(Record, frozen=True, kw_only=True):
    """Three times apart: posted (as the source says), observed (received), captured (logged).

    ``posted`` are the times of the posts that the exhibit shows: the first and the last that are known.
    """

    posted_first: Moment | None = None
    posted_last: Moment | None = None
    observed: int
    logged: int


class ExhibitView(Record, frozen=True, kw_only=True):
    """One exhibit as a page shows it.

    ``copy`` is its path in the package, empty where its bytes are withheld. ``given_name`` is what a file
    or an archive's member was called when it was given. ``shown`` is the beginning of a file's or member's
    bytes, unpacked, at most ``BODY_BYTES``; ``whole_length`` is how long they are whole, -1 where unknown.
    ``sensitive`` says why its picture is not shown though nobody here has marked it; empty where it is shown.
    """

    citation: str
    number: int
    source: str
    kind: Kind
    stored: Stretch
    copy: str
    seq: int
    line_sha256: str
    actor: str
    rule: str
    times: Times
    mark: Mark
    sensitive: str = ""
    http: Http | None = None
    given_name: str = ""
    shown: bytes = b""
    whole_length: int = -1
    rows: tuple[Rows, ...] = ()
    cited_by: tuple[CitedBy, ...] = ()
    before: tuple[Neighbour, ...] = ()
    after: tuple[Neighbour, ...] = ()
    problem: str = ""

    @property
    def captured_at(self) -> int:
        """When the bytes were received (for an import: logged)."""
        return self.times.observed


class StoredSlice(Record, frozen=True, kw_only=True):
    """An exhibit's stored bytes, to be streamed: ``length`` bytes of ``folder / path`` from ``offset``.

    ``at`` is when the exchange was received.
    """

    citation: str
    folder: str
    path: str
    offset: int
    length: int
    sha256: str
    at: int

    def open(self) -> BinaryIO:
        """Open the file at the slice's first byte; the caller reads ``length`` bytes and closes it."""
        file = open(f"{self.folder}/{self.path}", "rb")  # noqa: SIM115, PTH123 - the caller closes it
        file.seek(self.offset)
        return file


class Authority(Record, frozen=True, kw_only=True):
    """What the case stands on: the version of the case, who asked, who approved, and until when."""

    version: int
    asked_by: str
    approved_by: str
    at: str
    expires: str


class CaptureFact(Record, frozen=True, kw_only=True):
    """One capture or import: who, with what, when, and how it ended. Times as in the log; empty: not ended."""

    name: str
    what: str
    actor: str
    tool: str
    begun: str
    ended: str
    verdict: str
    reason: str
    exhibits: int
    first_seq: int
    last_seq: int


class SealFact(Record, frozen=True, kw_only=True):
    """The seal that a package is as of. ``stamped_by`` are the names of the timestamp authorities."""

    number: int
    sha256: str
    short: str
    at: str
    by: str
    lines: int
    root: str
    signed_by: tuple[str, ...]
    countersigned_by: tuple[str, ...]
    stamped_by: tuple[str, ...]


class ExhibitFact(Record, frozen=True, kw_only=True):
    """One line of a list of exhibits: no bytes, so that a case's thousands fit."""

    citation: str
    kind: Kind
    sha256: str
    length: int
    logged: str
    observed: str
    source: str
    seq: int
    mark: Mark
    copy: str
    url: str = ""
    mime: str = ""
    given_name: str = ""


class Facts(Record, frozen=True, kw_only=True):
    """What a draft declaration says, all from the log and the signed files as of the seal.

    ``tools`` are name and version; ``notes`` are gaps, truncations and clocks, one sentence each. The three hashes
    are those of ``data/index.csv``, ``data/search-log.csv`` and ``data/transformations.csv``, which hold every row.
    """

    case: str
    purpose: str
    department: str
    root_of_trust: str
    release: int
    recipient: str
    released_for: str
    seal: SealFact
    authorities: tuple[Authority, ...]
    captures: tuple[CaptureFact, ...]
    exhibits: tuple[ExhibitFact, ...]
    withheld: tuple[str, ...]
    tools: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    index_sha256: str
    search_log_sha256: str
    transformations_sha256: str
    created: int

    @property
    def date(self) -> str:
        """The time of the seal, which is that of the package."""
        return stamp(self.created)


class Bundle(Record, frozen=True, kw_only=True):
    """What a graph of a package is made from (``caseuco.graph``): facts, and how its pieces hang together."""

    facts: Facts
    subjects: tuple[str, ...] = ()
