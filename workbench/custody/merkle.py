"""The Merkle tree over the log's lines: RFC 6962 §2.1 (docs/casefile-format.md, 2.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import reduce

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves, as the RFC has it."""


def leaf(raw: bytes) -> bytes:
    """Hash a leaf: one log line's raw bytes with its LF."""
    return hashlib.sha256(b"\x00" + raw).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Compact:
    """The tree over the first ``size`` lines, kept as the roots of its complete subtrees.

    ``hashes`` are those roots from the largest subtree to the smallest: one for each 1 bit of ``size``. That is
    all that is needed to go on, so that sealing costs nothing for what is sealed already.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(hashes):
            raise ValueError(f"{size} lines have {size.bit_count()} complete subtrees, not {len(hashes)}")
        self.size = size
        self.hashes = list(hashes)

    def extend(self, lines: Iterable[bytes]) -> None:
        """Take the next lines, each with its LF."""
        for raw in lines:
            self._push(leaf(raw))

    def _push(self, found: bytes) -> None:
        """Add a leaf: each 1 bit at the end of the count is a subtree that this leaf completes the next of."""
        count = self.size
        while count & 1:
            found = node(self.hashes.pop(), found)
            count >>= 1
        self.hashes.append(found)
        self.size += 1

    def root(self) -> bytes:
        """Give the root of the whole tree: the subtrees folded from the right."""
        if not self.hashes:
            return EMPTY
        return reduce(lambda right, left: node(left, right), reversed(self.hashes))
