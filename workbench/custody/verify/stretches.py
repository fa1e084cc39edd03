"""Cutting a chain's segments at line boundaries, so that several processes can walk it (clause 2.1)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Final

import msgspec

from workbench.custody.verify import disk

_BATCH: Final = 128 << 10
"""Bytes of a batch: what is made of it stays in a core's own cache, which saves a quarter of the time."""


class Stretch(msgspec.Struct, frozen=True):
    """Bytes of one segment: the lines that begin in start to end; ``whole`` where that is all of it."""

    file: str
    start: int
    end: int
    whole: bool = False


def batches(fd: int, stretch: Stretch) -> Iterator[tuple[int, bytes, tuple[int, str, bool] | None]]:
    """Give whole lines that begin in the stretch, batch by batch, with their offset.

    A line that fills a whole block comes as (length, hash, ended) instead of its bytes.
    """
    place = _line_start(fd, stretch.start)
    while place < stretch.end:
        data = os.pread(fd, _BATCH, place)
        cut = data.rfind(b"\n") + 1
        if not cut:
            data = os.pread(fd, disk.BLOCK, place)
            cut = data.rfind(b"\n") + 1
        if not data:
            return
        if not cut and len(data) == disk.BLOCK:
            long = _long_line(fd, place)
            yield place, b"", long
            place += long[0]
            continue
        if place + cut >= stretch.end:
            # The stretch's last line is the one that holds byte end - 1.
            cut = data.find(b"\n", max(0, stretch.end - 1 - place)) + 1
        part = data[:cut] if cut else data
        yield place, part, None
        place += len(part)


def _line_start(fd: int, start: int) -> int:
    """Find the first line that begins at start or later."""
    if start == 0:
        return 0
    place = start - 1
    for block in disk.blocks(fd, place):
        found = bytes(block).find(b"\n")
        if found >= 0:
            return place + found + 1
        place += len(block)
    return place


def _long_line(fd: int, start: int) -> tuple[int, str, bool]:
    digest, length = hashlib.sha256(), 0
    for block in disk.blocks(fd, start):
        found = bytes(block).find(b"\n")
        part = block[: found + 1] if found >= 0 else block
        digest.update(part)
        length += len(part)
        if found >= 0:
            return length, digest.hexdigest(), True
    return length, digest.hexdigest(), False
