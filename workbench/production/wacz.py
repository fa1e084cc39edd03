"""Captured exchanges as one WACZ file, which ReplayWeb.page shows as they were (WACZ 1.1.1).

The WARC in it is a warcinfo record of ours and then the exhibits' stored slices, not one byte changed. The
index, the list of pages and the checksums beside it are ours. Equal slices give equal bytes: nothing in it is
packed a second time, and its times are those given.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO

from workbench import __version__
from workbench.capture import warc
from workbench.capture.reading import Piece, http_head, pieces_of
from workbench.custody.slices import check as check_slice
from workbench.production import surt
from workbench.production.views import StoredSlice
from workbench.records import Record
from workbench.times import from_micros

VERSION = "1.1.1"
ARCHIVE = "archive/data.warc.gz"
INDEX = "indexes/index.cdx"
PAGES = "pages/pages.jsonl"

_SOFTWARE = f"casefile-workbench {__version__}"
_NAMES = uuid.UUID("0fbd6e40-7a13-5f6f-9d59-5d1d0b7c2f11")
_PARTS = re.compile(r"[;\s]")
_CALENDAR = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16


class Entry(Record, frozen=True, kw_only=True):
    """One answer in the archive: where it stands there, and what the index and the pages say of it."""

    citation: str
    url: str
    at: int
    method: str
    status: int
    mime: str
    digest: str
    offset: int
    length: int

    def line(self) -> str:
        """Give its line of the index (CDXJ 1.0): key, time to the second, the rest as JSON."""
        told = {"url": self.url, "mime": self.mime, "status": str(self.status), "digest": self.digest}
        place = {"length": str(self.length), "offset": str(self.offset), "filename": "data.warc.gz"}
        fields = {name: value for name, value in {**told, **place}.items() if value}
        return f"{surt.key(self.url)} {from_micros(self.at):%Y%m%d%H%M%S} {json.dumps(fields)}\n"

    def page(self) -> str:
        """Give its line of the list of pages, named by its citation."""
        title = f"{self.citation} ({self.status} {self.mime or 'no type'})"
        return _line({"id": self.citation, "url": self.url, "ts": _second(self.at), "title": title})


def write(out: IO[bytes], slices: Sequence[StoredSlice], title: str, created: int) -> int:
    """Write a WACZ; give the number of answers that replay.

    ``slices`` are those of captured exchanges, in the order in which they are to stand. They are read twice, one
    at a time: memory holds the largest of them and the index (some hundred bytes an exhibit). ``created`` is
    microseconds since 1970 UTC. Exchanges without a readable answer are in the WARC and not in the index: a
    browser could show nothing. Raises IntegrityError where a slice's bytes are not those logged, InputError
    where they are no recorded exchange.
    """
    head = _head(title, created)
    inner = _looked_through(head, slices)
    shown = [entry.page() for entry in inner.entries if entry.method == "GET"]
    pages = _line({"format": "json-pages-1.0", "id": "pages", "title": "Exhibits"}) + "".join(shown)
    index = "".join(sorted(entry.line() for entry in inner.entries))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        resources = [
            _resource(ARCHIVE, inner.sha256, inner.length),
            _plain(archive, INDEX, index.encode()),
            _plain(archive, PAGES, pages.encode()),
        ]
        _describe(archive, resources, title, created)
        _copy(archive, inner, head, slices)
    return len(inner.entries)


class _Inner(Record, frozen=True, kw_only=True):
    """The WARC that is to be written: its answers, its SHA-256, its length in bytes."""

    entries: list[Entry]
    sha256: str
    length: int


def _head(title: str, created: int) -> bytes:
    about = {"software": _SOFTWARE, "format": "WARC File Format 1.1", "isPartOf": title}
    return warc.warcinfo(about, created, uuid.uuid5(_NAMES, f"{title} {created}"))


def _looked_through(head: bytes, slices: Sequence[StoredSlice]) -> _Inner:
    entries: list[Entry] = []
    digest = hashlib.sha256(head)
    length = len(head)
    for part in slices:
        stored = _bytes(part)
        entries.extend(_entries(part, stored, length))
        digest.update(stored)
        length += len(stored)
    return _Inner(entries=entries, sha256=digest.hexdigest(), length=length)


def _copy(archive: zipfile.ZipFile, inner: _Inner, head: bytes, slices: Sequence[StoredSlice]) -> None:
    # Last, and with a 64-bit header only where its length needs one: ReplayWeb.page takes a member's own header
    # to be as long as the directory's entry, which is not so behind 2 GiB nor for a header made larger than due.
    large = inner.length > zipfile.ZIP64_LIMIT
    with archive.open(_info(ARCHIVE), "w", force_zip64=large) as file:
        file.write(head)
        for part in slices:
            file.write(_bytes(part))


def _bytes(part: StoredSlice) -> bytes:
    with part.open() as file:
        stored = file.read(part.length)
    found = hashlib.sha256(stored).hexdigest()
    check_slice(found, part.sha256, f"{part.citation} in {part.path}", part.offset, part.length)
    return stored


def _entries(part: StoredSlice, stored: bytes, offset: int) -> Iterator[Entry]:
    pieces = list(pieces_of(stored))
    asked = next((piece for piece in pieces if piece.field("WARC-Type") == "request"), None)
    method = asked.block.partition(b" ")[0].decode("latin-1") if asked else ""
    for piece in pieces:
        status, headers, body = http_head(piece.block)
        if piece.field("WARC-Type") == "response" and status:
            kind = next((value for name, value in headers if name.lower() == "content-type"), "")
            yield Entry(
                citation=part.citation,
                url=piece.field("WARC-Target-URI"),
                at=part.at,
                method=method,
                status=status,
                mime=_PARTS.split(kind, maxsplit=1)[0],
                digest=_digest(piece, body),
                offset=offset,
                length=piece.stored,
            )
        offset += piece.stored


def _digest(piece: Piece, body: bytes) -> str:
    # A body with a transfer coding has no digest in the WARC (casefile-format 5.2): that of its bytes as they came.
    return piece.field("WARC-Payload-Digest") or f"sha256:{hashlib.sha256(body).hexdigest()}"


def _describe(archive: zipfile.ZipFile, resources: list[dict[str, object]], title: str, created: int) -> None:
    package = {
        "profile": "data-package",
        "resources": resources,
        "title": title,
        "created": _second(created),
        "wacz_version": VERSION,
        "software": _SOFTWARE,
    }
    told = _plain(archive, "datapackage.json", _json(package))
    digest = {"path": "datapackage.json", "hash": told["hash"]}
    _plain(archive, "datapackage-digest.json", _json(digest))


def _plain(archive: zipfile.ZipFile, path: str, data: bytes) -> dict[str, object]:
    archive.writestr(_info(path), data)
    return _resource(path, hashlib.sha256(data).hexdigest(), len(data))


def _resource(path: str, sha256: str, length: int) -> dict[str, object]:
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "hash": f"sha256:{sha256}",
        "bytes": length,
    }


def _info(path: str) -> zipfile.ZipInfo:
    # Nothing of this machine: the same calendar day, system and mode everywhere, and stored as it is.
    info = zipfile.ZipInfo(path, _CALENDAR)
    info.create_system = 3
    info.external_attr = _MODE
    return info


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _line(value: object) -> str:
    return json.dumps(value) + "\n"


def _second(at: int) -> str:
    return f"{from_micros(at):%Y-%m-%dT%H:%M:%SZ}"
