"""The log's lines that are not exhibits, set aside by action and read back in order.

A log may hold any number of them, such as requests that the gate refused: none stays in memory but those that a
check keeps, and of these only the bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from workbench.custody.verify.aside import Aside

_OPEN: Final = 1 << 17
"""Bytes of lines that wait to be set aside."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_COMMON: Final = ("action", "actor", "at")


class Line(msgspec.Struct, frozen=True, gc=False):
    """A good line other than an exhibit. ``ordinal`` is its place in the whole log, from 0."""

    ordinal: int
    file: str
    offset: int
    raw: bytes
    action: str

    @property
    def place(self) -> tuple[int, int]:
        """Give offset and length, for a defect."""
        return self.offset, len(self.raw)

    @property
    def actor(self) -> str:
        """Give the badge of who acted."""
        return str(_decode(self.raw)["actor"])

    @property
    def at(self) -> str:
        """Give its time."""
        return str(_decode(self.raw)["at"])

    @property
    def fields(self) -> dict[str, Any]:
        """Give all but action, actor and time; read from the bytes at each call, so that none of it stays."""
        found = _decode(self.raw)
        for key in _COMMON:
            del found[key]
        return found


class Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Lines set aside: ``shift`` is to be added to their ordinals, ``aside`` says in which of several."""

    place: int
    size: int
    count: int
    shift: int = 0
    aside: int = 0


class Keeping:
    """Takes lines in the log's order and sets them aside by action."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self._open: dict[str, list[tuple[int, int, bytes]]] = {}
        self._held = 0
        self.pieces: dict[str, list[Piece]] = {}

    def add(self, action: str, ordinal: int, offset: int, raw: bytes) -> None:
        """Take the next line."""
        self._open.setdefault(action, []).append((ordinal, offset, raw))
        self._held += len(raw)
        if self._held >= _OPEN:
            self.finish()

    def finish(self) -> dict[str, list[Piece]]:
        """Set aside what waits; give what there is of each action."""
        for action, found in self._open.items():
            ordinals, offsets, raws = zip(*found, strict=True)
            head = array("q", [*ordinals, *offsets, *map(len, raws)])
            size = 8 * len(head) + sum(map(len, raws))
            piece = Piece(self._aside.add(head, *raws), size, len(found))
            self.pieces.setdefault(action, []).append(piece)
        self._open, self._held = {}, 0
        return self.pieces


class Lines:
    """The lines of one action, in order, read as often as one likes."""

    def __init__(self, action: str, asides: Sequence[Aside]) -> None:
        self._action = action
        self._asides = asides
        self._parts: list[tuple[str, Piece]] = []
        self._count = 0

    def join(self, file: str, more: Sequence[Piece], shift: int, aside: int) -> None:
        """Take what follows: lines of a stretch of this file, that ``shift`` lines stand before."""
        for each in more:
            piece = Piece(each.place, each.size, each.count, each.shift + shift, aside)
            self._parts.append((file, piece))
            self._count += each.count

    def __len__(self) -> int:
        """Count them."""
        return self._count

    def __iter__(self) -> Iterator[Line]:
        """Give them one by one."""
        for file, piece in self._parts:
            yield from self._read(file, piece)

    def _read(self, file: str, piece: Piece) -> Iterator[Line]:
        data = self._asides[piece.aside].read(piece.place, piece.size)
        count, place = piece.count, 24 * piece.count
        head = array("q", data[:place])
        for ordinal, offset, length in zip(head[:count], head[count:], head[2 * count :], strict=False):
            yield Line(ordinal + piece.shift, file, offset, data[place : place + length], self._action)
            place += length

    def first(self) -> Line | None:
        """Give the first of them, if there is one."""
        return next(iter(self), None)
