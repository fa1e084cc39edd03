"""Bounded, read-only streams over a slice of a file: as it is, deflated, or gzipped.

The expected checksum and size are checked when the end is reached; all damage is ``Damaged`` with the byte
(counted after decompression) where it showed.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path

from workbench.importers.base import Damaged, Limits, at

_BLOCK = 256 * 1024
_GZIP = zlib.MAX_WBITS | 16
_RAW = -zlib.MAX_WBITS

Reader = io.BufferedReader


class _Stream(io.RawIOBase):
    """What the streams share: reading blocks from ``[offset, offset + length)`` of one file."""

    def __init__(self, path: Path, offset: int, length: int, name: str) -> None:
        super().__init__()
        self._name = name
        self._left = length
        self._file = path.open("rb")
        self._file.seek(offset)
        self.position = 0  # bytes given so far

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed asks for any buffer
        view = memoryview(buffer).cast("B")
        given = self._next(len(view))
        view[: len(given)] = given
        self.position += len(given)
        return len(given)

    def _next(self, most: int) -> bytes:
        raise NotImplementedError

    def _stored(self, most: int) -> bytes:
        block = self._file.read(min(most, self._left))
        self._left -= len(block)
        return block

    def _damaged(self, what: str, kind: str = "truncated", expected: str = "") -> Damaged:
        return Damaged(what, kind=kind, where=at(self._name, self.position), expected=expected)


class _Plain(_Stream):
    """Bytes as they are, with an optional checksum."""

    def __init__(self, path: Path, offset: int, length: int, name: str, crc: int | None) -> None:
        super().__init__(path, offset, length, name)
        self._crc, self._sum = crc, 0

    def _next(self, most: int) -> bytes:
        block = self._stored(most)
        if not block and self._left:
            raise self._damaged("the file ends early", expected=f"{self._left} more bytes")
        if self._crc is None:
            return block
        self._sum = zlib.crc32(block, self._sum)
        if not block and self._sum != self._crc:
            raise self._damaged("the checksum does not fit", "bad-value", f"CRC-32 {self._crc:08x}")
        return block


class _Deflated(_Stream):
    """Inflated bytes; more than ``size``, or than the limits allow, is refused."""

    def __init__(
        self, path: Path, offset: int, length: int, name: str, *, limits: Limits, size: int | None, crc: int
    ) -> None:
        super().__init__(path, offset, length, name)
        self._length = length
        self._limits = limits
        self._size = size
        self._crc, self._sum = crc, 0
        self._gzip = size is None
        self._inflate = zlib.decompressobj(_GZIP if self._gzip else _RAW)
        self._input = b""

    def _next(self, most: int) -> bytes:
        while True:
            given = self._inflated(most)
            if given or self._done():
                self._check(given)
                return given

    def _inflated(self, most: int) -> bytes:
        if self._inflate.eof:
            return b""
        if not self._input:
            self._input = self._stored(_BLOCK)
            if not self._input:
                raise self._damaged("the compressed bytes end early", expected="the end of the stream")
        try:
            given = self._inflate.decompress(self._input, most)
        except zlib.error as error:
            raise self._damaged(f"the compressed bytes are damaged ({error})", "bad-value") from error
        self._input = self._inflate.unconsumed_tail
        return given

    def _done(self) -> bool:
        if not self._inflate.eof:
            return False
        if not self._gzip:
            return True
        rest = (self._inflate.unused_data + self._input) or self._stored(_BLOCK)
        if not rest.strip(b"\0"):
            return True
        self._inflate, self._input = zlib.decompressobj(_GZIP), rest  # gzip files may be joined
        return False

    def _check(self, given: bytes) -> None:
        grown = self.position + len(given)
        most = max(self._limits.free, self._length * self._limits.ratio)
        if grown > min(most, self._limits.member):
            raise self._damaged(
                "it grows too much", "refused", f"at most {min(most, self._limits.member)} bytes"
            )
        if self._size is None:
            return
        if grown > self._size or (not given and grown < self._size):
            raise self._damaged("its size is not as stated", "bad-value", f"{self._size} bytes")
        self._sum = zlib.crc32(given, self._sum)
        if not given and self._sum != self._crc:
            raise self._damaged("the checksum does not fit", "bad-value", f"CRC-32 {self._crc:08x}")


def plain(path: Path, offset: int, length: int, name: str, crc: int | None = None) -> Reader:
    """Open bytes as they are."""
    return io.BufferedReader(_Plain(path, offset, length, name, crc), _BLOCK)


def deflated(
    path: Path, offset: int, length: int, name: str, *, limits: Limits, size: int, crc: int
) -> Reader:
    """Open a deflated member of a zip."""
    stream = _Deflated(path, offset, length, name, limits=limits, size=size, crc=crc)
    return io.BufferedReader(stream, _BLOCK)


def gzipped(path: Path, length: int, name: str, limits: Limits) -> Reader:
    """Open a plain gzip file."""
    return io.BufferedReader(_Deflated(path, 0, length, name, limits=limits, size=None, crc=0), _BLOCK)
