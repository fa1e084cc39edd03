"""What a zip archive says it holds, checked before any of it is believed. Nothing is ever unpacked to disk.

Refused, each with its name and the byte where it begins: encrypted members, links and special files, names
that are absolute or climb, the second of two equal names, members that lie over one another or outside the
file, unknown compression, archives within the archive, and more or larger members than the limits allow.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from workbench.errors import InputError
from workbench.importers import streams
from workbench.importers.base import Damaged, Limits, at
from workbench.records import Record
from workbench.sniff import is_archive

_LOCAL = struct.Struct("<4s5H3L2H")  # APPNOTE 4.3.7, local file header
_END = struct.Struct("<4s4H2LH")  # APPNOTE 4.3.16, end of central directory
_END64 = struct.Struct("<4sQ2H2L4Q")  # APPNOTE 4.3.14, its zip64 form
_LOCATOR = struct.Struct("<4sLQL")  # APPNOTE 4.3.15, where that is
_CLOSED = 0x1 | 0x20 | 0x40 | 0x2000  # APPNOTE 4.4.4: encrypted, patched, strongly encrypted, masked
_TAIL = 65_535 + _END.size
_ABSOLUTE = re.compile(r"[A-Za-z]:|[/\\]")
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")


class Packed(Record, frozen=True, kw_only=True):
    """A member that may be read: ``start`` to ``end`` are the exhibit's bytes, data from ``data``."""

    number: int
    name: str
    start: int
    data: int
    end: int
    size: int
    crc: int
    deflated: bool


class Refusal(Record, frozen=True, kw_only=True):
    """A member that is not read, and why."""

    name: str
    offset: int
    expected: str
    found: str


class Directory(Record, frozen=True, kw_only=True):
    """What of an archive may be read and what not. ``document`` marks office files, which are one thing."""

    packed: tuple[Packed, ...] = ()
    refused: tuple[Refusal, ...] = ()
    document: bool = False


def read(path: Path, name: str, limits: Limits) -> Directory:
    """Read a zip's central directory; raise Damaged where it cannot be read at all."""
    _bound(path, name, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            start = archive.start_dir
    except (zipfile.BadZipFile, NotImplementedError, UnicodeError, ValueError, struct.error) as error:
        raise Damaged(
            "the zip's central directory cannot be read",
            kind="truncated",
            where=at(name, path.stat().st_size),
            expected="a central directory",
            found=str(error),
        ) from error
    if infos and infos[0].filename in _OFFICE:
        return Directory(document=True)
    return _Check(path, limits, start).all(infos)


def opened(path: Path, name: str, packed: Packed, limits: Limits) -> streams.Reader:
    """Open one member for reading."""
    length = packed.end - packed.data
    if not packed.deflated:
        return streams.plain(path, packed.data, length, name, packed.crc)
    return streams.deflated(path, packed.data, length, name, limits=limits, size=packed.size, crc=packed.crc)


def alone(stored: bytes, most: int) -> bytes:
    """Give a member's content from its exhibit alone: the local header and all that it announces.

    Raises InputError where that cannot be read, or is longer than ``most`` bytes.
    """
    try:
        head = _LOCAL.unpack_from(stored)
        if head[0] != b"PK\x03\x04" or head[2] & _CLOSED or head[3] not in {0, 8}:
            raise InputError("these bytes are no member of a zip", expected="a local header")
        packed = stored[_LOCAL.size + head[9] + head[10] :]
        plain = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most + 1) if head[3] else packed
    except (struct.error, zlib.error) as error:
        raise InputError("a member of a zip cannot be read", found=str(error)) from error
    if len(plain) > most:
        raise InputError("a member of a zip is too large", expected=f"at most {most} bytes")
    return plain


def _bound(path: Path, name: str, limits: Limits) -> None:
    """Refuse a directory too large to hold in memory, before ``zipfile`` reads it whole."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _TAIL - _LOCATOR.size))
        tail = stream.read()
        where = tail.rfind(b"PK\x05\x06")
        if where < 0 or len(tail) - where < _END.size:
            raise Damaged(
                "the zip has no end", kind="truncated", where=at(name, size), expected="a central directory"
            )
        _, _, _, _, count, length, _, _ = _END.unpack_from(tail, where)
        if where >= _LOCATOR.size and tail.startswith(b"PK\x06\x07", where - _LOCATOR.size):
            stream.seek(_LOCATOR.unpack_from(tail, where - _LOCATOR.size)[2])
            block = stream.read(_END64.size)
            if len(block) == _END64.size and block.startswith(b"PK\x06\x06"):
                count, length = max(count % 0xFFFF, _END64.unpack(block)[7]), _END64.unpack(block)[8]
    if count > limits.members or length > limits.directory:
        raise Damaged(
            "the zip has too many members",
            kind="refused",
            where=at(name, size),
            expected=f"at most {limits.members} members, {limits.directory} bytes of directory",
            found=f"{count} members, {length} bytes",
        )


class _Check:
    """Goes through a directory's members in the order of their bytes."""

    def __init__(self, path: Path, limits: Limits, start_of_directory: int) -> None:
        self._path, self._limits, self._limit = path, limits, start_of_directory
        self._packed: list[Packed] = []
        self._refused: list[Refusal] = []
        self._total = 0

    def all(self, infos: list[zipfile.ZipInfo]) -> Directory:
        names: set[str] = set()
        numbered = list(enumerate(infos))
        ends: dict[int, int] = {}
        previous = 0
        with self._path.open("rb") as stream:
            for number, info in sorted(numbered, key=lambda pair: (pair[1].header_offset, pair[0])):
                local = self._local(stream, info)
                ends[number] = local
                overlaps = local > 0 and info.header_offset < previous
                previous = max(previous, local + info.compress_size if local else 0)
                if overlaps:
                    ends[number] = -1
        for number, info in numbered:
            if info.is_dir() and not info.file_size:
                continue
            objection = self._objection(info, ends[number], names)
            names.add(info.filename)
            if objection is None:
                self._take(number, info, ends[number])
            else:
                self._refuse(info, *objection)
        return Directory(packed=tuple(self._packed), refused=tuple(self._refused))

    def _local(self, stream: BinaryIO, info: zipfile.ZipInfo) -> int:
        """Give where a member's data begins; 0 where its local header is not what the directory says."""
        offset = info.header_offset
        if offset < 0:  # a directory may claim anything
            return 0
        stream.seek(offset)
        block = stream.read(_LOCAL.size)
        if len(block) < _LOCAL.size:
            return 0
        magic, *_, name_length, extra_length = _LOCAL.unpack(block)
        data = offset + _LOCAL.size + name_length + extra_length
        whole = magic == b"PK\x03\x04" and data + info.compress_size <= self._limit
        return data if whole else 0

    def _objection(self, info: zipfile.ZipInfo, data: int, names: set[str]) -> tuple[str, str] | None:
        """Say what was expected and what found, where a member may not be read."""
        limits = self._limits
        mode = info.external_attr >> 16
        most = max(limits.free, info.compress_size * limits.ratio)
        rules = (
            (data < 0, "members side by side", "lies over another member"),
            (data == 0, "a local header and the data it announces", "outside the file or no header there"),
            (_unsafe(info.orig_filename), "a plain relative name", "absolute, climbing or not a name"),
            (info.filename in names, "each name once", "the second member of this name"),
            (bool(info.flag_bits & _CLOSED), "an open member", "encrypted or patched"),
            (bool(mode) and not _ordinary(mode), "a file", "a link or special file"),
            (info.is_dir(), "a file", "a folder that holds bytes"),
            (info.compress_type not in {0, 8}, "stored or deflated", f"compression {info.compress_type}"),
            (info.compress_type == 0 and info.compress_size != info.file_size, "one size", "two sizes"),
            (info.file_size > limits.member, f"at most {limits.member} bytes", f"{info.file_size} bytes"),
            (
                info.file_size > most,
                f"at most {limits.ratio} times",
                f"{info.compress_size} to {info.file_size}",
            ),
            (
                self._total + info.file_size > limits.total,
                f"at most {limits.total} bytes in all",
                f"{info.file_size} bytes more",
            ),
        )
        return next(((expected, found) for broken, expected, found in rules if broken), None)

    def _take(self, number: int, info: zipfile.ZipInfo, data: int) -> None:
        packed = Packed(
            number=number,
            name=info.filename,
            start=info.header_offset,
            data=data,
            end=data + info.compress_size,
            size=info.file_size,
            crc=info.CRC,
            deflated=info.compress_type == 8,
        )
        if self._nested(packed):
            self._refuse(info, "no archive within an archive", "an archive")
            return
        self._total += info.file_size
        self._packed.append(packed)

    def _nested(self, packed: Packed) -> bool:
        try:
            with opened(self._path, packed.name, packed, self._limits) as stream:
                return is_archive(stream.read1(512))
        except InputError:
            return False  # damage is said when the member is read

    def _refuse(self, info: zipfile.ZipInfo, expected: str, found: str) -> None:
        refusal = Refusal(name=info.filename, offset=info.header_offset, expected=expected, found=found)
        self._refused.append(refusal)


def _ordinary(mode: int) -> bool:
    return stat.S_IFMT(mode) in {0, stat.S_IFREG, stat.S_IFDIR}


def _unsafe(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    climbs = ".." in parts or _ABSOLUTE.match(name) is not None or "\\" in name
    return climbs or not name or any(ord(letter) < 32 or ord(letter) == 127 for letter in name)
