"""Where a zip archive's members lie, read from its central directory in bounded memory (APPNOTE 6.3)."""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from workbench.custody.verify import disk

_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_MAX32: Final = 0xFFFFFFFF
_LONGEST: Final = _CENTRAL.size + 3 * 65_535
"""Bytes that a directory entry has at most."""
_WINDOW: Final = 2 * _LONGEST


def extents(folder: Path, file: str, wanted: Iterable[int]) -> Iterator[tuple[int, int] | None]:
    """Give offset and length of each wanted member (6.3): local header through compressed data.

    They are wanted in rising order, any of them more than once; None stands for one that is not there. At the end
    the directory has been read to its own. Raises OSError where the file cannot be read and ValueError where it is
    no zip archive.
    """
    with disk.opened(folder, file) as fd:
        start, length, shift = _directory(fd, os.fstat(fd).st_size)
        entries = enumerate(_entries(fd, start, length))
        last, extent = -1, None
        for member in wanted:
            if member != last:
                found = next((each for index, each in entries if index == member), None)
                last, extent = member, found and _extent(fd, found[0] + shift, found[1])
            yield extent
        deque(entries, maxlen=0)


def _directory(fd: int, size: int) -> tuple[int, int, int]:
    """Find the central directory: where it begins, its length, and what stands before the archive."""
    back = min(size, 65_535 + _END.size)
    tail = os.pread(fd, back, size - back)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        message = "no end of a central directory"
        raise ValueError(message)
    end = size - back + place
    length, offset = _END.unpack_from(tail, place)[5:7]
    before = end
    locator = os.pread(fd, 20, end - 20) if end >= 20 else b""
    if locator[:4] == b"PK\x06\x07":
        before = _end64(fd, end)
        length, offset = _unpack(fd, before, _END64)[8:10]
    start = before - length
    if start < 0 or start < offset:
        message = "the central directory lies outside the file"
        raise ValueError(message)
    return start, length, start - offset


def _end64(fd: int, end: int) -> int:
    """Find the zip64 end record: it stands before its locator."""
    place = end - 20 - _END64.size
    if place < 0 or os.pread(fd, 4, place) != b"PK\x06\x06":
        message = "no zip64 end record before its locator"
        raise ValueError(message)
    return place


def _unpack(fd: int, place: int, form: struct.Struct) -> tuple[Any, ...]:
    data = os.pread(fd, form.size, place)
    if len(data) < form.size:
        message = "the archive ends early"
        raise ValueError(message)
    return form.unpack(data)


def _entries(fd: int, start: int, length: int) -> Iterator[tuple[int, int]]:
    """Give local header offset and compressed size of each entry, in the directory's order."""
    place, begin, window, whole = start, start, b"", False
    while place < start + length:
        if not whole and begin + len(window) < place + _LONGEST:
            begin, window = place, os.pread(fd, _WINDOW, place)
            whole = len(window) < _WINDOW
        at = place - begin
        if len(window) < at + _CENTRAL.size or window[at : at + 4] != b"PK\x01\x02":
            message = f"no directory entry at byte {place}"
            raise ValueError(message)
        fields = _CENTRAL.unpack_from(window, at)
        packed, unpacked, name, extra, comment = fields[8], fields[9], *fields[10:13]
        offset, after = fields[16], at + _CENTRAL.size + name
        yield _wide(window[after : after + extra], offset, packed, unpacked)
        place += _CENTRAL.size + name + extra + comment


def _wide(extras: bytes, offset: int, packed: int, unpacked: int) -> tuple[int, int]:
    """Take the zip64 extra field's values where the short ones are full."""
    place = 0
    while place + 4 <= len(extras):
        kind, length = struct.unpack_from("<2H", extras, place)
        body = extras[place + 4 : place + 4 + length]
        if kind == 1:
            values = iter(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            if unpacked == _MAX32:
                next(values, None)
            packed = next(values, packed) if packed == _MAX32 else packed
            offset = next(values, offset) if offset == _MAX32 else offset
            break
        place += 4 + length
    return offset, packed


def _extent(fd: int, offset: int, packed: int) -> tuple[int, int]:
    fields = _unpack(fd, offset, _LOCAL)
    if fields[0] != b"PK\x03\x04":
        message = f"no local header at byte {offset}"
        raise ValueError(message)
    return offset, _LOCAL.size + fields[9] + fields[10] + packed
