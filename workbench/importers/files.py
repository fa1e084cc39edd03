"""Plain files: screenshots, photos, PDFs, saved pages. One Media row each; what they show is for people.

Columns filled: ``native_id`` (SHA-256), ``entity_id`` (``sha256:`` and the same, so that equal files are one
thing), ``kind``, ``media_type`` (from the bytes, never the name), ``bytes``, ``sha256``; of PNG, GIF and JPEG
also ``width`` and ``height`` in pixels, of the picture as stored. A file that an archive's posts name has the
``entity_id`` and ``uri`` of each attachment that names it, and no ``post``: that stands in the attachment's own row,
as it does where an attachment and its bytes are captured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from workbench import sniff
from workbench.importers.base import Bundle, Cited, Member, guarded
from workbench.importers.pixels import dimensions
from workbench.records import Record
from workbench.rows import AnyRow, Issue, Media

_BLOCK = 1024 * 1024
_HEAD = 65_536
_MOST, _MOST_OF_ONE = 1_000_000, 100
"""Attachments of an archive that are looked for among its files; of them, those that may name the same file."""


class Attachment(Record, frozen=True, kw_only=True):
    """What a post says that it carries: the identity and the address of the attachment's own row."""

    entity_id: str
    uri: str


class Attachments:
    """The attachments that an archive's posts name, by what names the file in the archive."""

    def __init__(self) -> None:
        self._named: dict[str, list[Attachment]] = {}
        self._count = 0

    def add(self, name: str, row: Media) -> None:
        """Note an attachment's own row."""
        if not name or self._count >= _MOST:
            return
        found = self._named.setdefault(name, [])
        if len(found) < _MOST_OF_ONE:
            found.append(Attachment(entity_id=row.entity_id, uri=row.uri))
            self._count += 1

    def of(self, name: str) -> Sequence[Attachment]:
        """Give the attachments that name a file."""
        return self._named.get(name, ())


class Files:
    """Reads any file as the file that it is."""

    name = "file"
    version = "1"
    licence = "Apache-2.0"
    title = "plain files: screenshots, photos, PDF, saved pages"
    needs = "nothing"
    state = "works: type from bytes, hash, size, and what pictures and films say; words inside are not read"

    def recognises(self, bundle: Bundle) -> bool:
        """Any bundle that holds something."""
        return bool(bundle.contents)

    def parse(self, bundle: Bundle) -> Iterator[Cited]:
        """Yield one Media row a file, and an Issue for each that is empty."""
        for member in bundle.contents:
            yield from guarded(member, one(member))


def one(
    member: Member, *, platform: str = "file", post: str = "", named: Sequence[Attachment] = ()
) -> Iterator[AnyRow]:
    """Yield the row of one file, or one for each attachment that names it.

    ``post`` is the entity_id of the post that carries a file which no attachment names, where known.
    """
    digest, size, head = _hashed(member)
    kind = sniff.media_type(head)
    width, height = dimensions(head, kind)
    if not size:
        yield Issue(kind="truncated", where=f"{member.name}, byte 0", expected="a file", found="no bytes")
    for each in named or (Attachment(entity_id=f"sha256:{digest}", uri=""),):
        yield Media(
            platform=platform,
            server="",
            native_id=digest,
            uri=each.uri,
            entity_id=each.entity_id,
            post="" if named else post,
            kind=sniff.kind(kind),
            media_type=kind,
            width=width,
            height=height,
            bytes=size,
            sha256=digest,
        )


def _hashed(member: Member) -> tuple[str, int, bytes]:
    digest, size, head = hashlib.sha256(), 0, b""
    with member.open() as stream:
        while block := stream.read1(_BLOCK):
            digest.update(block)
            size += len(block)
            if len(head) < _HEAD:
                head += block[: _HEAD - len(head)]
    return digest.hexdigest(), size, head
