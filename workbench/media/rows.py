"""From what a child read of a file to rows: one of ``media_files``, its key frames, places and issues."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version

from workbench.media import kinds
from workbench.media.facts import Look, Spot
from workbench.records import Record
from workbench.rows import AnyRow, Issue, KeyFrame, MediaFile, Place

NAME = "media"
"""The parser's name in the tables."""
_VERSION = "3"
_DECIDING = ("pillow", "pillow-heif", "ImageHash", "numpy", "scipy", "av")


class Held(Record, frozen=True, kw_only=True):
    """One file whose bytes are held: whose it is, its address (empty for none), its hash and type."""

    platform: str
    server: str = ""
    uri: str = ""
    sha256: str
    media_type: str
    size: int = 0

    @property
    def entity(self) -> str:
        """What names the file, wherever it was found: its content."""
        return f"sha256:{self.sha256}"


@cache
def parser_version() -> str:
    """Name the version of these rules and of the libraries that decide what they read."""
    return " ".join([_VERSION, *(f"{name}-{version(name)}" for name in _DECIDING)])


def rows(held: Held, look: Look) -> Iterator[AnyRow]:
    """Yield the rows of one file, in an order that its bytes alone decide."""
    kind = kinds.kind(held.media_type)
    yield MediaFile(
        platform=held.platform,
        server=held.server,
        native_id=held.sha256,
        uri=held.uri,
        entity_id=held.entity,
        sha256=held.sha256,
        media_type=held.media_type,
        kind=kind,
        width=look.width,
        height=look.height,
        duration=look.duration,
        taken=look.taken,
        make=look.make,
        model=look.model,
        software=look.software,
        serial=look.serial,
        phash=look.phash,
        dhash=look.dhash,
        fields=look.fields,
        note="; ".join(look.notes),
    )
    yield from _frames(held, look)
    for number, spot in enumerate(look.spots):
        yield _place(held, look, spot, number)
    for said in look.problems:
        where = held.media_type if not held.size else f"{held.media_type}, {held.size} bytes"
        yield Issue(kind=said.kind, where=where, field=said.field, expected=said.expected, found=said.found)


def _frames(held: Held, look: Look) -> Iterator[KeyFrame]:
    for number, frame in enumerate(look.frames):
        yield KeyFrame(
            platform=held.platform,
            server=held.server,
            native_id=f"{held.sha256}#{number}",
            uri=held.uri,
            entity_id=f"{held.entity}#frame-{number}",
            media=held.entity,
            sha256=held.sha256,
            number=number,
            at=frame.at,
            phash=frame.phash,
        )


def _place(held: Held, look: Look, spot: Spot, number: int) -> Place:
    """Give a place its row; one without a usable time of its own has that of the file."""
    own = spot.at if spot.at is not None and spot.at.utc is not None else None
    return Place(
        platform=held.platform,
        server=held.server,
        native_id=held.sha256,
        uri=held.uri,
        entity_id=f"{held.entity}#place-{spot.source}-{number}",
        about=held.entity,
        source=spot.source,
        name=spot.name,
        latitude=spot.latitude,
        longitude=spot.longitude,
        precision_m=spot.precision_m,
        published=own or look.taken or spot.at,
    )
