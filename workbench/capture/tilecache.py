"""Map tiles that were fetched: a folder beside the cases. No evidence, in no backup; it may be deleted at any time.

It tells which areas were looked at, so it is bounded in age as well as in size.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
from typing import TYPE_CHECKING, Final

from workbench import sniff
from workbench.custody import disk
from workbench.policy.versions import DAY
from workbench.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = "street-tiles"
"""Name of the folder, beside the cases and the department."""

MOST_BYTES: Final = 512 << 10
"""Most bytes of one tile."""

EDGES: Final = (256, 512)
"""Pixels a side that a tile may have."""

MOST_AGE: Final = 30 * DAY
"""How long a tile is kept, in microseconds: streets change, and so does who may know what was looked at."""

MOST_KEPT: Final = 128 << 20
"""Most bytes of all tiles together; the oldest go first."""

_KEY: Final = 32
_PARTIAL: Final = ".partial"
_OURS: Final = re.compile(r"[0-9a-f]{32}-[0-9a-f]{64}(?:\.[0-9]+\.partial)?")
_IHDR: Final = b"\0\0\0\rIHDR"
_NO_FRAME: Final = frozenset({0xC4, 0xC8, 0xCC})


class Kept(Record, frozen=True, kw_only=True):
    """A tile's bytes as received, and what kind of picture they begin like."""

    data: bytes
    media_type: str


class Cache:
    """The tiles in a folder, each named by the hash of its address and its own SHA-256.

    ``now`` is the time in microseconds since 1970 UTC; a file's own time says when its tile was fetched.
    """

    def __init__(self, folder: Path, now: int) -> None:
        self.folder = folder
        self._now = now

    def find(self, url: str) -> Kept | None:
        """Give the tile of an address; None where there is none that is whole, a tile, and not too old."""
        with disk.mapped(self.folder):
            for path in sorted(self.folder.glob(f"{_key(url)}-*")):
                data = self._read(path)
                found = media_type(data)
                if path.name == _name(url, data) and found:
                    return Kept(data=data, media_type=found)
        return None

    def keep(self, url: str, data: bytes) -> None:
        """Keep a tile, in the place of an earlier one of that address."""
        disk.private_folder(self.folder)
        path = self.folder / _name(url, data)
        # Two notebooks of a batch may be given the same tile at once: each writes under a name of its own.
        partial = path.with_name(f"{path.name}.{os.getpid()}{_PARTIAL}")
        disk.write_new(partial, data, private=True)
        with disk.mapped(path):
            os.utime(partial, ns=(self._now * 1000, self._now * 1000))
            partial.replace(path)
            for old in set(self.folder.glob(f"{_key(url)}-*")) - {path}:
                if old.suffix != _PARTIAL:
                    old.unlink(missing_ok=True)

    def trim(self) -> None:
        """Delete what is too old, then the oldest of what is too much; files of another making stay."""
        with disk.mapped(self.folder):
            held = sorted(self._held(), reverse=True)
            total = sum(size for _, size, _ in held)
            for age, size, path in held:
                if age > MOST_AGE or total > MOST_KEPT:
                    total -= size
                    path.unlink(missing_ok=True)

    def _held(self) -> Iterator[tuple[int, int, Path]]:
        """Give age, size and path of each file of ours; one that another process deletes meanwhile is none."""
        for path in self.folder.glob("*"):
            if _OURS.fullmatch(path.name):
                with contextlib.suppress(FileNotFoundError):
                    found = path.stat()
                    yield self._age(found), found.st_size, path

    def _read(self, path: Path) -> bytes:
        """Read a tile that is not too old; nothing of one that is, or that is gone meanwhile."""
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            return b"" if self._age(os.fstat(file.fileno())) > MOST_AGE else file.read(MOST_BYTES + 1)
        return b""

    def _age(self, found: os.stat_result) -> int:
        # Either way: a file from the future was written by a clock that was wrong, and would stay for good.
        return abs(self._now - found.st_mtime_ns // 1000)


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
