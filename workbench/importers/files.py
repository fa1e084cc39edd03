"""Plain files: screenshots, photos, PDFs, saved pages. One Media row each; what they show is for people.

Columns filled: ``native_id`` (SHA-256), ``entity_id`` (``sha256:`` and the same, so that equal files are one
thing), ``kind``, ``media_type`` (from the bytes, never the name), ``bytes``, ``sha256``; of PNG, GIF and JPEG
also ``width`` and ``height`` in pixels, of the picture as stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from workbench import sniff
from workbench.importers.base import Bundle, Cited, Member, guarded
from workbench.importers.pixels import dimensions
from workbench.rows import AnyRow, Issue, Media

_BLOCK = 1024 * 1024
_HEAD = 65_536


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


def one(member: Member, *, platform: str = "file", post: str = "") -> Iterator[AnyRow]:
    """Yield the row of one file; ``post`` is the entity_id of the post that carries it, where known."""
    digest, size, head = _hashed(member)
    kind = sniff.media_type(head)
    width, height = dimensions(head, kind)
    if not size:
        yield Issue(kind="truncated", where=f"{member.name}, byte 0", expected="a file", found="no bytes")
    yield Media(
        platform=platform,
        server="",
        native_id=digest,
        entity_id=f"sha256:{digest}",
        post=post,
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
