"""Exhibits as pages, sheets and replay show them: read from their stored bytes, within bounds, never trusted."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from workbench.capture import reading
from workbench.errors import InputError
from workbench.production import cited, sound
from workbench.production.state import Line, State, line_sha256
from workbench.production.store import Store
from workbench.production.views import (
    BODY_BYTES,
    IMAGE_BYTES,
    ExhibitFact,
    ExhibitView,
    Http,
    Kind,
    StoredSlice,
    Stretch,
    Times,
)
from workbench.records import Exchange, Exhibit, Record
from workbench.tables import logged, stored
from workbench.times import stamp
from workbench.withholding import Withheld
from workbench.workspace.hiding import SENSITIVE

WHOLE_BYTES = 32 << 20
"""Exhibits longer than this are not read whole for their page; what is beside it in the package is."""
_HEAD_BYTES = 64 << 10
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
CONTRABAND: Final = "contraband"
HIDDEN: Final = "hidden"
NONE: Final = "none"
_SHARED = "its bytes are, or hold, or lie in, those of an exhibit that is withheld, or it holds the same picture as one"
_LOCAL = struct.Struct("<4s5H3L2H")  # APPNOTE 4.3.7, local file header
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800


class Contents:
    """Makes the views of a case's exhibits.

    Of what is ``withheld`` as contraband nothing is read.
    """

    def __init__(self, state: State, store: Store, withheld: Withheld) -> None:
        self._state = state
        self._store = store
        self._withheld = withheld
        self._stay = withheld.marked(CONTRABAND)
        self._sensitive = sound.sensitive(state)
        self._cited = cited.by_exhibit(state)
        self._given = logged.GivenNames(state.folder)

    def views(self, wanted: Collection[int] | None) -> Iterator[ExhibitView]:
        """Make the view of each exhibit wanted (None: all), in order of their numbers."""
        for exhibit, line in self._state.exhibits(wanted):
            number = exhibit.citation.number
            yield (self._withheld_view(exhibit, line) if number in self._stay else self._view(exhibit, line))

    def _view(self, exhibit: Exhibit, line: Line) -> ExhibitView:
        base = self._withheld_view(exhibit, line)
        shown = _shown(self._state.folder, exhibit, line)
        first, last = self._store.posted(base.number)
        before, after = self._store.thread(base.number)
        return msgspec.structs.replace(
            base,
            times=Times(
                posted_first=first, posted_last=last, observed=shown.at or exhibit.at, logged=exhibit.at
            ),
            copy=copy_name(exhibit, line),
            mark=HIDDEN if self._withheld.of(base.number) else NONE,
            sensitive=SENSITIVE if base.number in self._sensitive else "",
            http=shown.http,
            given_name=shown.name or self._given.of(exhibit),
            shown=shown.data,
            whole_length=shown.length,
            rows=self._store.rows(base.number),
            before=before,
            after=after,
            problem=shown.problem,
        )

    def _withheld_view(self, exhibit: Exhibit, line: Line) -> ExhibitView:
        """Say of an exhibit what the log says, and nothing that is in it."""
        number = exhibit.citation.number
        return ExhibitView(
            citation=str(exhibit.citation),
            number=number,
            source=exhibit.source,
            kind=_kind(line),
            stored=Stretch(
                path=exhibit.file, offset=exhibit.offset, length=exhibit.length, sha256=exhibit.sha256
            ),
            copy="",
            seq=line.entry.seq,
            line_sha256=line_sha256(line),
            actor=line.entry.actor,
            rule=line.entry.fields.get("rule", ""),
            times=Times(observed=exhibit.at, logged=exhibit.at),
            mark=CONTRABAND,
            problem=_SHARED if (kept := self._withheld.of(number)) and kept.by != number else "",
            cited_by=tuple(self._cited.get(number, ())),
        )


class _Shown(Record, frozen=True, kw_only=True):
    """What an exhibit's bytes show, within bounds; ``at`` 0 where they name no time of their own."""

    at: int = 0
    http: Http | None = None
    name: str = ""
    data: bytes = b""
    length: int = -1
    problem: str = ""


def fact(view: ExhibitView) -> ExhibitFact:
    """Give the line of a list that stands for an exhibit."""
    return ExhibitFact(
        citation=view.citation,
        kind=view.kind,
        sha256=view.stored.sha256,
        length=view.stored.length,
        logged=stamp(view.times.logged),
        observed=stamp(view.times.observed),
        source=view.source,
        seq=view.seq,
        mark=view.mark,
        copy=view.copy,
        url=view.http.url if view.http else "",
        mime=view.http.mime if view.http else "",
        given_name=view.given_name,
    )


def slice_of(state: State, view: ExhibitView) -> StoredSlice | None:
    """Give what a replay is made from; None for what is no exchange, or withheld."""
    if view.http is None or not view.copy:
        return None
    return StoredSlice(
        citation=view.citation,
        folder=str(state.folder),
        path=view.stored.path,
        offset=view.stored.offset,
        length=view.stored.length,
        sha256=view.stored.sha256,
        at=view.times.observed,
    )


def copy_name(exhibit: Exhibit, line: Line) -> str:
    """Name an exhibit's file in the package; the ending is that of the neutral name in the case."""
    endings = {"http": ".warc.gz", "member": ".zip-member", "file": PurePosixPath(exhibit.file).suffix}
    return f"data/exhibits/E{exhibit.citation.number:04d}{endings[_kind(line)]}"


def _kind(line: Line) -> Kind:
    fields = line.entry.fields
    return "http" if "capture" in fields else "member" if "member" in fields else "file"


def _shown(folder: Path, exhibit: Exhibit, line: Line) -> _Shown:
    kind = _kind(line)
    with stored.opened(folder, exhibit.file) as file:
        file.seek(exhibit.offset)
        whole = kind == "http" and exhibit.length <= WHOLE_BYTES
        data = file.read(exhibit.length if whole else min(exhibit.length, _HEAD_BYTES))
        picture = (kind == "file" and data.startswith(_PICTURES)) or (
            kind == "member" and _member(data).data.startswith(_PICTURES)
        )
        if picture:
            # A picture hardly shrinks when it is packed: what is shown whole is in about as many bytes.
            data += file.read(max(0, min(exhibit.length, IMAGE_BYTES + _HEAD_BYTES) - len(data)))
    if kind == "http":
        return _exchange(data, whole=whole)
    return _member(data) if kind == "member" else _Shown(data=data[: _bound(data)], length=exhibit.length)


def _exchange(data: bytes, *, whole: bool) -> _Shown:
    try:
        found = reading.exchange(data) if whole else _head(data)
    except (InputError, ValueError) as error:
        return _Shown(problem=f"not readable as an exchange: {error}".splitlines()[0])
    http = Http(
        method=found.method,
        url=found.uri,
        status=found.status,
        headers=found.headers,
        body=found.body[: _bound(found.body)],
        body_length=len(found.body) if whole else -1,
        outcome=found.outcome,
        truncated=found.truncated,
    )
    problem = "" if whole else "the exhibit is too large to show here; it is in the package whole"
    return _Shown(at=found.at, http=http, length=http.body_length, problem=problem)


def _bound(data: bytes) -> int:
    """Give how much of a body is shown: of a picture all of it, within reason, since part of one shows nothing."""
    return IMAGE_BYTES if data.startswith(_PICTURES) else BODY_BYTES


def _head(data: bytes) -> Exchange:
    """Read the heads of an exchange's first record, whose end is not at hand."""
    record = zlib.decompressobj(wbits=31).decompress(data, _HEAD_BYTES)
    warc, _, block = record.partition(b"\r\n\r\n")
    fields = {name.lower(): value for name, value in reading.fields_of(warc)}
    status, headers, _ = reading.http_head(block)
    return Exchange(
        method="",
        uri=fields.get("warc-target-uri", ""),
        status=status,
        headers=headers,
        body=b"",
        at=reading.moment(fields.get("warc-date", "")),
        truncated=fields.get("warc-truncated", ""),
    )


def _member(data: bytes) -> _Shown:
    """Read the beginning of a zip's member from its local header on."""
    try:
        head = _LOCAL.unpack_from(data)
    except struct.error:
        return _Shown(problem="the member's header is cut short")
    flags, method, size = head[2], head[3], head[8]
    start = _LOCAL.size + head[9]
    name = data[_LOCAL.size : start].decode("utf-8" if flags & _UTF8_NAME else "cp437", "backslashreplace")
    packed = data[start + head[10] :]
    if head[0] != b"PK\x03\x04" or flags & _ENCRYPTED or method not in {0, 8}:
        return _Shown(name=name, problem="the member cannot be read")
    try:
        plain, whole = _inflated(packed) if method else (packed[: size or None], size or -1)
    except zlib.error:
        return _Shown(name=name, problem="the member's data is damaged")
    # What was unpacked to its end is as long as it is, whatever the header says.
    return _Shown(name=name, data=plain[: _bound(plain)], length=whole if whole >= 0 else size or -1)


def _inflated(packed: bytes) -> tuple[bytes, int]:
    """Unpack what a page shows, and one byte more to see whether that was all; give it and its length (-1: more)."""
    unpacker = zlib.decompressobj(-15)
    plain = unpacker.decompress(packed, BODY_BYTES + 1)
    if plain.startswith(_PICTURES):
        plain += unpacker.decompress(unpacker.unconsumed_tail, IMAGE_BYTES + 1 - len(plain))
    return plain, len(plain) if unpacker.eof else -1
