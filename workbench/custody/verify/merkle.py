"""RFC 6962 trees over stretches of lines that lie anywhere in the log (docs/casefile-format.md, 2.4).

A span is what the lines ``begin`` to ``end`` give: the roots of the largest complete subtrees that cover
them, from left to right. Spans that touch are joined without their lines, and memory stays at a few
hashes for each: so every process hashes its own lines, and every seal's root falls out on the way.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec

_sha256 = hashlib.sha256
EMPTY = hashlib.sha256().digest()
"""The root of no lines (RFC 6962, 2.1)."""


class Span(msgspec.Struct, frozen=True):
    """The subtrees that cover the lines ``begin`` to ``end``, counted from 0; ``end`` is not in it."""

    begin: int
    end: int
    hashes: list[bytes]

    def placed(self) -> Iterable[tuple[int, bytes]]:
        """Give each subtree's level (0 for a leaf) with its hash, from left to right."""
        place = self.begin
        for each in self.hashes:
            level = (self.end - place).bit_length() - 1
            if place:
                level = min(level, (place & -place).bit_length() - 1)
            yield level, each
            place += 1 << level


def leaves(lines: Iterable[bytes]) -> list[bytes]:
    """Hash lines as leaves: SHA-256(0x00 ‖ line)."""
    return [_sha256(b"\0" + line).digest() for line in lines]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Give the root of a tree from its complete subtrees, the largest first: the last two first (10.1)."""
    if not hashes:
        return EMPTY
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = _sha256(b"\1" + left + root).digest()
    return root


class Growing:
    """A span under way, to which lines are added at its end."""

    def __init__(self, begin: int) -> None:
        self.begin = self.end = begin
        self._left: list[bytes] = []
        self._right: dict[int, bytes] = {}

    def extend(self, hashes: list[bytes], level: int = 0) -> None:
        """Take complete subtrees of one level, the first of which begins at ``end``."""
        index = self.end >> level
        self.end += len(hashes) << level
        while hashes:
            if index & 1:
                mate = self._right.pop(level, None)
                if mate is None:
                    # What it would pair with begins before this span does: it stays as it is.
                    self._left.append(hashes[0])
                    hashes, index = hashes[1:], index + 1
                else:
                    hashes, index = [mate, *hashes], index - 1
            if len(hashes) & 1:
                self._right[level] = hashes[-1]
            pairs = zip(hashes[::2], hashes[1::2], strict=False)
            hashes = [_sha256(b"\1" + left + right).digest() for left, right in pairs]
            index, level = index >> 1, level + 1

    def join(self, span: Span) -> bool:
        """Take a span that begins where this one ends; say whether it does."""
        if span.begin != self.end:
            return False
        for level, each in span.placed():
            self.extend([each], level)
        return True

    def span(self) -> Span:
        """Give what is there."""
        right = [self._right[level] for level in sorted(self._right, reverse=True)]
        return Span(self.begin, self.end, self._left + right)


class Trees:
    """The spans of one stretch, cut at the marks; nothing is hashed beyond the last of them."""

    def __init__(self, marks: Sequence[int]) -> None:
        self._marks = marks
        self._next = 0
        self._spans: list[Span] = []
        self._growing: Growing | None = None
        self._over = not marks

    def lose(self) -> None:
        """Stop here: a line's bytes are not at hand."""
        self._over = True

    def grow(self, seq: int, parts: Sequence[bytes]) -> None:
        """Take the next lines; the stretch's first one says by its ``seq`` where it stands."""
        if self._over:
            return
        if self._growing is None:
            self._growing = Growing(seq - 1)
            self._next = bisect_right(self._marks, seq - 1)
            self._over = seq < 1
        while parts and not self._over:
            self._over = self._next >= len(self._marks)
            if not self._over:
                parts = self._upto(self._marks[self._next], self._growing, parts)

    def _upto(self, mark: int, growing: Growing, parts: Sequence[bytes]) -> Sequence[bytes]:
        room = mark - growing.end
        growing.extend(leaves(parts[:room]))
        if growing.end == mark:
            self._spans.append(growing.span())
            self._growing = Growing(mark)
            self._next += 1
            return parts[room:]
        return ()

    def finish(self) -> list[Span]:
        """Give the spans, the one that leads to a mark beyond the stretch last."""
        if self._growing is not None and self._growing.end > self._growing.begin:
            self._spans.append(self._growing.span())
        return self._spans
