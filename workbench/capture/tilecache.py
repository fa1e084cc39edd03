"""Map tiles that were fetched: a folder beside the cases. No evidence, in no backup; it may be deleted at any time."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

from workbench import sniff
from workbench.custody import disk
from workbench.records import Record

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "street-tiles"
"""Name of the folder, beside the cases and the department."""

MOST_BYTES: Final = 512 << 10
"""Most bytes of one tile."""

EDGES: Final = (256, 512)
"""Pixels a side that a tile may have."""

_KEY: Final = 32
_IHDR: Final = b"\0\0\0\rIHDR"
_NO_FRAME: Final = frozenset({0xC4, 0xC8, 0xCC})


class Kept(Record, frozen=True, kw_only=True):
    """A tile's bytes as received, and what kind of picture they begin like."""

    data: bytes
    media_type: str


class Cache:
    """The tiles in a folder, each named by the hash of its address and its own SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, url: str) -> Kept | None:
        """Give the tile of an address; None where there is none that is whole and a tile."""
        for path in sorted(self.folder.glob(f"{_key(url)}-*")):
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
            found = media_type(data)
            if path.name == _name(url, data) and found:
                return Kept(data=data, media_type=found)
        return None

    def keep(self, url: str, data: bytes) -> None:
        """Keep a tile, in the place of an earlier one of that address."""
        disk.private_folder(self.folder)
        before = set(self.folder.glob(f"{_key(url)}-*"))
        path = self.folder / _name(url, data)
        disk.replace(path, data, private=True)
        for old in before - {path}:
            old.unlink(missing_ok=True)


def media_type(data: bytes) -> str:
    """Say what picture a tile is: image/png or image/jpeg, square, 256 or 512 pixels; empty for anything else.

    Only heads are read; nothing is decoded.
    """
    found = sniff.media_type(data[:64])
    sizes = {"image/png": _png, "image/jpeg": _jpeg}
    if found not in sizes or len(data) > MOST_BYTES:
        return ""
    width, height = sizes[found](data)
    return found if width == height and width in EDGES else ""


def _png(data: bytes) -> tuple[int, int]:
    # PNG 11.2.2: the header is the first chunk.
    if data[8:16] != _IHDR or len(data) < 24:
        return 0, 0
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    # ITU-T T.81, B.2.2: the frame header follows some marker segments, each with its length.
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + max(length, 2)
    return 0, 0


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:_KEY]


def _name(url: str, data: bytes) -> str:
    return f"{_key(url)}-{hashlib.sha256(data).hexdigest()}"
