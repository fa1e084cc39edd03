"""Large JSON, a piece at a time: the elements of one array, or the lines of JSON lines.

The fast way finds out how the file separates its elements (the exact bytes between the first two), cuts a
block at the last such place and has the piece decoded as a whole. That is safe whatever the file holds: a raw
line break or ``{"`` cannot stand inside a JSON string, and a piece that was cut inside a nested value has
more brackets opened than closed, so that it cannot decode. A piece that does not decode is gone through
again, bracket by bracket, and the elements are taken one by one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from workbench.importers.base import LIMITS, Damaged, Limits, at
from workbench.importers.streams import Reader

BLOCK = 128 * 1024  # what is made of two of them should fit a processor's cache
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],"]', re.DOTALL)
_ASSIGNMENT = re.compile(rb"\s*(?:[A-Za-z_$][\w.$]{0,200}\s*=\s*)?\[\s*")
_BETWEEN = re.compile(rb'\s*,\s*(?:\{\s*"(?:[^"\\]|\\.){1,80}"|\{|"|\[)?')
_AFTER = re.compile(rb"\][\s;}]*\Z")
_OPEN, _CLOSE = b"{[", b"}]"


class Line(NamedTuple):
    """One line of JSON lines; ``raw`` is None where it is longer than the limit."""

    number: int
    offset: int
    raw: bytes | None


def lines(stream: Reader, name: str, limits: Limits = LIMITS) -> Iterator[Line]:
    """Yield the lines that hold something; a byte order mark is passed over. Raises Damaged."""
    number = offset = 0
    while True:
        raw = stream.readline(limits.element + 1)
        if not raw:
            return
        if number == 0:
            _no_utf16(raw, name)
        start, offset = offset, offset + len(raw)
        if len(raw) > limits.element:
            while rest := stream.readline(BLOCK):
                offset += len(rest)
                if rest.endswith(b"\n"):
                    break
            yield Line(number, start, None)
        elif held := raw.removeprefix(codecs.BOM_UTF8).strip():
            yield Line(number, start, held)
        number += 1


def _no_utf16(head: bytes, name: str) -> None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Damaged(
            "this is UTF-16", kind="bad-encoding", where=at(name, 0), expected="UTF-8", found="UTF-16"
        )


class Array:
    """The elements of an array: that of the whole file (after ``name = ``), or that of one key of an object.

    ``head`` and ``tail`` are the bytes around the array; ``count`` is set by who decodes. Use ``pieces``, and
    ``again`` for a piece that does not decode, unless it was ``slow``: then it is one element. Raises Damaged
    with the byte where reading had to end.
    """

    def __init__(self, stream: Reader, name: str, *, key: str = "", limits: Limits = LIMITS) -> None:
        self._stream, self._name, self._limits = stream, name, limits
        self._buffer = b""
        self._offset = 0  # of the buffer's first byte
        self._eof = False
        self._failure: Damaged | None = None
        self._separator: tuple[bytes, int] | None = None
        self._slow_until = 0
        self._before: tuple[bytes, int] = (b"", 0)
        self.ended = self.slow = False
        self.count = 0
        self.tail = b""
        self._fill(BLOCK)
        _no_utf16(self._buffer, name)
        if self._buffer.startswith(codecs.BOM_UTF8):
            self._drop(len(codecs.BOM_UTF8))
        self.head = self._find(key.encode())

    # -- the stream

    def _fill(self, length: int) -> None:
        """Have at least that many bytes in the buffer, if there are."""
        blocks = [self._buffer]
        held = len(self._buffer)
        while held < length and not self._eof:
            try:
                block = self._stream.read1(BLOCK)
            except Damaged as error:  # what came before the damage is still good
                self._failure, block = error, b""
            self._eof = not block
            blocks.append(block)
            held += len(block)
        self._buffer = b"".join(blocks)

    def _drop(self, length: int) -> bytes:
        taken, self._buffer = self._buffer[:length], self._buffer[length:]
        self._offset += length
        return taken

    def _end_of_bytes(self) -> Damaged:
        lead = len(self._buffer) - len(self._buffer.lstrip())
        return self._failure or Damaged(
            "the JSON ends early",
            kind="truncated",
            where=at(self._name, self._offset + lead),
            expected="the end of the array",
            found=f"the file ends {len(self._buffer) - lead} bytes later",
        )

    # -- where the array begins

    def _find(self, key: bytes) -> bytes:
        if not key:
            match = _ASSIGNMENT.match(self._buffer)
            if match is not None:
                return self._drop(match.end())
        elif start := self._far(key):
            return self._drop(start)
        if self._failure:
            raise self._failure
        raise Damaged(
            "no array where one should be",
            kind="truncated" if not self._buffer.strip() else "bad-value",
            where=at(self._name, self._offset),
            expected=f'an array at "{key.decode()}"' if key else "an array",
            found=repr(self._buffer[:40]),
        )

    def _far(self, key: bytes) -> int:
        """Look for the key in ever more bytes, up to the limit of one element."""
        while True:
            start, held = self._key(key), len(self._buffer)
            if start or self._eof or held > self._limits.element:
                return start
            self._fill(2 * held)

    def _key(self, key: bytes) -> int:
        """Give the place after the bracket that opens the array at a key of the outermost object; else 0."""
        opens = re.compile(rb'"' + re.escape(key) + rb'"\s*:\s*\[\s*')
        depth = 0
        for token in _TOKEN.finditer(self._buffer):
            mark = token.group()
            if mark in {b"{", b"["}:
                depth += 1
            elif mark in {b"}", b"]"}:
                depth -= 1
            elif depth == 1 and (found := opens.match(self._buffer, token.start())):
                return found.end()
        return 0

    # -- many at once

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """Yield the offset and bytes of pieces, each some whole elements with their commas between."""
        while not self.ended:
            slow = self._offset < self._slow_until
            piece = self.element() if slow else self._piece()
            if piece is not None and piece[1].strip():
                yield piece

    def again(self) -> None:
        """Take back the last piece: its elements are then yielded one by one."""
        end = self._offset
        self._buffer, self._offset = self._before
        self._slow_until = max(end, self._offset + 1)
        self.ended = False
        self.tail = b""

    def _piece(self) -> tuple[int, bytes] | None:
        self._fill(2 * BLOCK)
        self.slow = False
        self._before = (self._buffer, self._offset)
        if self._eof and not self._failure and (end := _AFTER.search(self._buffer)):
            return self._last(end.start())
        if self._separator is None:
            self._separator = self._learn()
        cut = -1
        if self._separator:
            between, comma = self._separator
            cut = self._buffer.rfind(between)
        if cut <= 0:
            return self.element()
        start = self._offset
        piece = self._drop(cut + comma)
        self._drop(1)
        return start, piece

    def _last(self, end: int) -> tuple[int, bytes]:
        start = self._offset
        piece = self._drop(end)
        self._drop(1)
        self._finish()
        return start, piece

    def _learn(self) -> tuple[bytes, int] | None:
        """Find the bytes between the first two elements, and where in them the comma is."""
        depth = 0
        for token in _TOKEN.finditer(self._buffer):
            mark = token.group()
            if mark in {b"{", b"["}:
                depth += 1
            elif mark in {b"}", b"]"}:
                depth -= 1
            elif mark == b"," and depth == 0:
                return self._between(token.start())
        return None

    def _between(self, comma: int) -> tuple[bytes, int]:
        end = len(self._buffer[:comma].rstrip())
        start = len(self._buffer[: end - 1].rstrip())  # the white space before the closing bracket counts
        match = _BETWEEN.match(self._buffer, end)
        stop = match.end() if match else comma + 1
        return self._buffer[start:stop], comma - start

    # -- one by one

    def element(self) -> tuple[int, bytes] | None:
        """Give offset and bytes of the next element, found by its brackets; None when the array has ended."""
        depth = position = 0
        self.slow = True
        while True:
            for token in _TOKEN.finditer(self._buffer, position):
                mark = token.group()
                if mark == b'"':  # a string that goes on beyond the buffer
                    position = token.start()
                    break
                position = token.end()
                if mark in {b"{", b"["}:
                    depth += 1
                elif mark == b"," and depth == 0:
                    return self._one(token.start())
                elif mark in {b"}", b"]"}:
                    if depth == 0:
                        return self._one(token.start(), last=True)
                    depth -= 1
            self._more()

    def _one(self, end: int, *, last: bool = False) -> tuple[int, bytes]:
        start = self._offset
        element = self._drop(end)
        self._drop(1)
        if last:
            self._finish()
        lead = len(element) - len(element.lstrip())
        return start + lead, element.strip()

    def _more(self) -> None:
        if self._eof:
            self.ended = True
            raise self._end_of_bytes()
        if len(self._buffer) > self._limits.element:
            self.ended = True
            raise Damaged(
                "one element is too long",
                kind="refused",
                where=at(self._name, self._offset),
                expected=f"at most {self._limits.element} bytes",
                found=f"more than {len(self._buffer)}",
            )
        self._fill(len(self._buffer) + BLOCK)

    def _finish(self) -> None:
        self.ended = True
        self._fill(BLOCK)
        self.tail = self._buffer

    def starts(self, pattern: re.Pattern[bytes]) -> bool:
        """Say whether the first element begins so; for use before any was taken."""
        return pattern.match(self._buffer) is not None

    def after(self) -> int:
        """Give the offset of the first byte after the array."""
        return self._offset
