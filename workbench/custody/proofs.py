"""Inclusion proofs of RFC 6962 for lines of a case's log (docs/casefile-format.md, 2.4).

The log is read once, in stripes of lines; of each stripe only its root is kept, and of those that hold a line to be
proved the few hashes beside it. What the seals' ``# subtrees`` say already is not read again. Nothing taken from
there has to be believed: a wrong hash leads to another root than the sealed one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from workbench.custody.lines import Lines
from workbench.custody.merkle import leaf, node
from workbench.errors import IntegrityError
from workbench.records import Record

LEVEL: Final = 10
"""A stripe is ``2 ** LEVEL`` lines, so that at most 64 MiB of the longest lines are held at a time."""
WORTHWHILE: Final = 96
"""Stripes below which a second process costs more than it saves."""

Place = tuple[int, int]
"""A node of the tree: its level (0 are the leaves) and its index from the left."""


class Proof(Record, frozen=True, kw_only=True):
    """A line and the hashes that lead from it to the root over the first ``size`` lines, nearest first."""

    seq: int
    size: int
    line: bytes
    siblings: tuple[bytes, ...]

    def root(self) -> bytes:
        """Walk to the root as RFC 9162, 2.1.3.2 does; raise IntegrityError where the walk does not end there."""
        place, last = self.seq - 1, self.size - 1
        found = leaf(self.line)
        for sibling in self.siblings:
            if last == 0:
                raise IntegrityError("a proof is longer than its tree is high", where=f"line {self.seq}")
            if place & 1 or place == last:
                found = node(sibling, found)
                while place and not place & 1:
                    place, last = place >> 1, last >> 1
            else:
                found = node(found, sibling)
            place, last = place >> 1, last >> 1
        if last:
            raise IntegrityError("a proof is shorter than its tree is high", where=f"line {self.seq}")
        return found


def prove(
    folder: Path,
    seqs: Sequence[int],
    lines: int,
    known: Iterable[tuple[int, Sequence[str]]] = (),
    processes: int | None = None,
) -> list[Proof]:
    """Prove lines of a case's log to the root over its first ``lines`` lines, in the order asked for.

    ``known`` are the line counts and subtrees of seals. Memory does not grow with the log but for 32 bytes
    every 1,024 lines. Raises IntegrityError where the log has not so many lines; whether a proof's root is the
    sealed one is the caller's to compare.
    """
    if not seqs:
        return []
    if not all(0 < seq <= lines for seq in seqs):
        raise IntegrityError(
            "a line that is to be proved is not sealed", expected=f"line 1 to {lines}", found=str(list(seqs))
        )
    tree = _Tree(lines, known)
    wanted = {seq - 1 for seq in seqs}
    stripes = tree.needed(wanted)
    for done in _spread(str(folder), lines, stripes, wanted, processes):
        tree.take(done)
    raws = tree.raws
    return [Proof(seq=seq, size=lines, line=raws[seq - 1], siblings=tree.siblings(seq - 1)) for seq in seqs]


class _Tree:
    """The nodes of the tree over ``size`` leaves that are known, and what the others take."""

    def __init__(self, size: int, known: Iterable[tuple[int, Sequence[str]]]) -> None:
        self._size = size
        self._nodes: dict[Place, bytes] = {}
        self.raws: dict[int, bytes] = {}
        for count, subtrees in known:
            if count <= size:
                self._nodes.update(zip(_subtrees(count), map(bytes.fromhex, subtrees), strict=True))

    def needed(self, wanted: set[int]) -> list[int]:
        """List the stripes that must be read to prove these leaves."""
        stripes = {index >> LEVEL for index in wanted}
        for index in wanted:
            for level, beside in self._beside(index):
                if level >= LEVEL:
                    stripes.update(self._unknown(level, beside))
        return sorted(stripes)

    def take(self, done: Done) -> None:
        """Take what one process has read."""
        self.raws.update(done.raws)
        self._nodes.update(((LEVEL, stripe), root) for stripe, root in done.roots.items())
        for level, index, found in done.inner:
            self._nodes[level, index] = found

    def siblings(self, index: int) -> tuple[bytes, ...]:
        """Give the audit path of a leaf."""
        return tuple(self._hash(level, beside) for level, beside in self._beside(index))

    def _beside(self, index: int) -> Iterator[Place]:
        level = 0
        while (width := self._width(level)) > 1:
            beside = index >> level ^ 1
            if beside < width:
                yield level, beside
            level += 1

    def _width(self, level: int) -> int:
        return -(-self._size >> level)

    def _unknown(self, level: int, index: int) -> Iterator[int]:
        if (level, index) in self._nodes:
            return
        if level == LEVEL:
            yield index
            return
        for child in (2 * index, 2 * index + 1):
            if child < self._width(level - 1):
                yield from self._unknown(level - 1, child)

    def _hash(self, level: int, index: int) -> bytes:
        found = self._nodes.get((level, index))
        if found is None:
            left, right = 2 * index, 2 * index + 1
            found = self._hash(level - 1, left)
            # The last node of a level has nothing beside it: it stands for its parent too (RFC 6962, 2.1).
            if right < self._width(level - 1):
                found = node(found, self._hash(level - 1, right))
            self._nodes[level, index] = found
        return found


def _subtrees(count: int) -> Iterator[Place]:
    """Name the complete subtrees that make up a tree of ``count`` leaves, from the largest to the smallest."""
    before = 0
    for level in range(count.bit_length() - 1, -1, -1):
        if count >> level & 1:
            yield level, before >> level
            before += 1 << level


# --- reading stripes, here and in a second process -------------------------------------------


class Share(msgspec.Struct):
    """What one process reads: stripes of a log of ``lines`` lines, and the leaves to be proved."""

    folder: str
    lines: int
    stripes: list[int]
    wanted: list[int]


class Done(msgspec.Struct):
    """The roots of the stripes, the nodes below them beside wanted leaves, and those leaves' lines."""

    roots: dict[int, bytes]
    inner: list[tuple[int, int, bytes]]
    raws: dict[int, bytes]


def do(share: Share) -> Done:
    """Read a share's stripes."""
    done = Done({}, [], {})
    lines = Lines(Path(share.folder))
    for first, count in _runs(share.stripes):
        begin = first << LEVEL
        stream = lines.stream(begin + 1, min(count << LEVEL, share.lines - begin))
        for stripe in range(first, first + count):
            raws = list(islice(stream, min(1 << LEVEL, share.lines - (stripe << LEVEL))))
            _take(done, share, stripe, raws)
    return done


def _take(done: Done, share: Share, stripe: int, raws: list[bytes]) -> None:
    begin = stripe << LEVEL
    expected = min(1 << LEVEL, share.lines - begin)
    if len(raws) != expected or not raws[-1].endswith(b"\n"):
        raise IntegrityError(
            "the custody log has fewer lines than are sealed",
            expected=f"{share.lines} lines",
            found=f"{begin + len(raws)} at most",
            todo="run 'workbench verify' and tell your supervisor",
        )
    wanted = [index for index in share.wanted if index >> LEVEL == stripe]
    done.raws.update((index, raws[index - begin]) for index in wanted)
    done.roots[stripe] = _fold(raws, begin, wanted, done.inner)


def _fold(raws: list[bytes], begin: int, wanted: list[int], inner: list[tuple[int, int, bytes]]) -> bytes:
    """Give a stripe's root; note the nodes on the way that stand beside a wanted leaf or above it."""
    sha256 = hashlib.sha256
    row = [sha256(b"\x00" + raw).digest() for raw in raws]
    level = 0
    while True:
        width = len(row)
        here = begin >> level
        beside = {index >> level ^ 1 for index in wanted}
        inner.extend((level, index, row[index - here]) for index in beside if 0 <= index - here < width)
        if width == 1:
            return row[0]
        # A comprehension over pairs: this is where the time goes, a million times and more.
        above = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)
        ]
        row = above + row[-1:] if width & 1 else above
        level += 1


def _runs(stripes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join neighbours: the first of each run, and how many it has."""
    first, count = -1, 0
    for stripe in stripes:
        if count and stripe == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = stripe, 1
    if count:
        yield first, count


def _spread(
    folder: str, lines: int, stripes: list[int], wanted: set[int], processes: int | None
) -> list[Done]:
    """Read half of the stripes here and half in a second process, where they are worth it."""
    leaves = sorted(wanted)
    alone = processes == 1 or (processes is None and (len(stripes) < WORTHWHILE or os.cpu_count() == 1))
    if alone:
        return [do(Share(folder, lines, stripes, leaves))]
    half = len(stripes) // 2
    other = Share(folder, lines, stripes[half:], leaves)
    child = _start(other)
    return [do(Share(folder, lines, stripes[:half], leaves)), _answer(child, other)]


def _start(share: Share) -> subprocess.Popen[bytes] | None:
    """Start an interpreter of our own: nothing is forked, and ``-P`` keeps the working folder out."""
    path = os.pathsep.join(each for each in sys.path if each)
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.custody.proofs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    except OSError:
        return None
    try:
        if child.stdin is not None:
            with child.stdin as pipe:
                pipe.write(msgspec.msgpack.encode(share))
    except OSError:
        child.kill()
    return child


def _answer(child: subprocess.Popen[bytes] | None, share: Share) -> Done:
    """Read the other process's answer; where it has none (killed, not started), do its share here."""
    if child is None or child.stdout is None:
        return do(share)
    with child.stdout as pipe:
        data = pipe.read()
    if child.wait() != 0:
        return do(share)
    try:
        return msgspec.msgpack.decode(data, type=Done)
    except msgspec.DecodeError:
        return do(share)


def main() -> None:
    """Serve one share: read it from standard input, write the answer to standard output."""
    share = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Share)
    sys.stdout.buffer.write(msgspec.msgpack.encode(do(share)))


if __name__ == "__main__":
    main()
