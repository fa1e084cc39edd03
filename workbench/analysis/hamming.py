"""All pairs of 64-bit hashes that differ in few bits: exact, without comparing each with each.

Of two hashes that differ in at most ``within`` bits, cut into bands, one band differs in at most ``within //
bands`` bits (pigeonhole; Norouzi, Punjani, Fleet, *Fast Exact Search in Hamming Space with Multi-Index
Hashing*, IEEE TPAMI 36(6), 2014). Only hashes that share such a band are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workbench.analysis import frames
from workbench.analysis.nearest import Nearest, Pairs, Places, none
from workbench.errors import UsageError

BITS: Final = 64
_CHUNK: Final = 2_000_000
_BLOCK: Final = 200_000
_FEW: Final = 2_000
_DEARER: Final = 20
"""How much longer it takes to compare two that share a band than two that stand beside each other."""
_COMPARED: Final = 100_000_000_000
"""Beyond as many comparisons, some minutes, nothing is begun."""
Hashes = NDArray[np.uint64]


def read(texts: Iterable[str]) -> tuple[Hashes, NDArray[np.bool_]]:
    """Read hashes of 16 hexadecimal digits; what is none is 0 and marked as not valid."""
    held = [_read(text) for text in texts]
    valid = np.array([value is not None for value in held], dtype=bool)
    return np.array([value or 0 for value in held], dtype=np.uint64), valid


def _read(text: str) -> int | None:
    if len(text) * 4 != BITS or not text.isascii() or not text.isalnum():
        return None
    try:
        return int(text, 16)
    except ValueError:
        return None


def ones(hashes: Hashes) -> Places:
    """Count the bits that are set."""
    return np.bitwise_count(hashes).astype(np.int64)


def pairs_within(hashes: Hashes, within: int, most: int) -> tuple[Pairs, int]:
    """Find all pairs that differ in at most ``within`` bits.

    Gives places (the lower first) and differences, the nearest pairs first, then by place; at most ``most`` of
    them, and how many there are beyond. Memory is for the hashes and a few times ``most``.

    Raises UsageError where so many different hashes lie close together that comparing them would take too long.
    """
    values, size, order = _different(hashes)
    edges = np.append(0, np.cumsum(size))
    place = np.empty(len(hashes), dtype=np.int64)
    place[order] = np.repeat(np.arange(len(values)), size)
    (one, other, differ), pairs = _distinct(values, size, min(within, BITS), most)
    total = pairs + int((size * (size - 1) // 2).sum())
    itself = np.arange(len(values))
    sides = np.concatenate([one, other, itself]), np.concatenate([other, one, itself])
    bits = np.concatenate([differ, differ, np.zeros_like(itself)])
    kept, missing = [none()], most
    for near in range(min(within, BITS) + 1):
        among = bits == near
        low, high = _first_of(sides[0][among], sides[1][among], place, order, edges, missing)
        kept.append((low, high, np.full(len(low), near, dtype=np.int64)))
        missing -= len(low)
    low, high, differ = (np.concatenate(each) for each in zip(*kept, strict=True))
    return (low, high, differ), total - len(low)


def _different(hashes: Hashes) -> tuple[Hashes, Places, Places]:
    """Give each different hash once, in order of its first place; how often it is there; all places, hash by hash.

    In that order the nearest pairs of places are among as many nearest pairs of different hashes.
    """
    values, first, place, size = np.unique(hashes, return_index=True, return_inverse=True, return_counts=True)
    by_first = np.argsort(first, kind="stable")
    rank = np.empty(len(values), dtype=np.int64)
    rank[by_first] = np.arange(len(values))
    return (
        values[by_first],
        size[by_first].astype(np.int64),
        np.argsort(rank[place], kind="stable").astype(np.int64),
    )


def _first_of(
    one: Places, other: Places, place: Places, order: Places, edges: Places, most: int
) -> tuple[Places, Places]:
    """Turn pairs of values (each from both sides, one with itself once) into pairs of the hashes that have them.

    They come in order of the lower place, so that no more are written out than are kept: where thousands of pictures
    look the same, their pairs are more than any memory holds.
    """
    sorted_by = np.argsort(one, kind="stable")
    one, other, size = one[sorted_by], other[sorted_by], np.diff(edges)
    starts = np.searchsorted(one, np.arange(len(size) + 1))
    work = np.bincount(one, weights=size[other], minlength=len(size)).astype(np.int64)
    kept, missing = [none()[:2]], most
    for rows in _chunks(work[place]):
        if missing <= 0:
            break
        beside = starts[place[rows] + 1] - starts[place[rows]]
        row, step = _repeated(beside)
        value = other[starts[place[rows[row]]] + step]
        again, nth = _repeated(size[value])
        low, high = rows[row[again]], order[edges[value[again]] + nth]
        later = low < high
        low, high = low[later], high[later]
        first = np.lexsort((high, low))[:missing]
        kept.append((low[first], high[first]))
        missing -= len(first)
    low, high = (np.concatenate(each) for each in zip(*kept, strict=True))
    return low, high


def _repeated(counts: Places) -> tuple[Places, Places]:
    """Write out each place as often as its count says, and which time it is."""
    return np.repeat(np.arange(len(counts)), counts), frames.ranges(np.zeros_like(counts), counts)


def _chunks(counts: Places) -> Iterator[Places]:
    """Cut a row of work into parts of about equal and bearable size."""
    part = np.cumsum(counts) // _CHUNK
    for rows in np.split(np.arange(len(counts)), np.flatnonzero(np.diff(part)) + 1):
        if len(rows):
            yield rows


def _distinct(values: Hashes, size: Places, within: int, most: int) -> tuple[Pairs, int]:
    """Compare values that are all different: the nearest pairs, and how many pairs of hashes are near in all."""
    bands, radius = _bands(within)
    whole = len(values) * (len(values) - 1) // 2
    few = len(values) <= _FEW
    banded = whole if few else sum(_candidates(values, band, bands, radius) for band in range(bands))
    if min(whole, banded * _DEARER) > _COMPARED:
        raise UsageError(
            "too many pictures that are nearly alike to compare each with each",
            expected=f"at most {_COMPARED:,} comparisons",
            found=f"{len(values):,} different hashes, {min(whole, banded):,} comparisons",
            todo="pass fewer files, such as those of one account or period; or a smaller within",
        )
    nearest = Nearest(most)
    if few or banded * _DEARER >= whole:
        total = _each_with_each(values, size, within, nearest)
    else:
        total = sum(_band(values, size, within, band, bands, radius, nearest) for band in range(bands))
    return nearest.pairs(), total


def _bands(within: int) -> tuple[int, int]:
    """Choose how many bands, and how many bits one may differ in: whichever leaves less to compare."""
    choices = [(within + 1, 0), (within // 2 + 1, 1)]
    return min(choices, key=lambda each: each[0] * (1 + each[1] * BITS / each[0]) / 2 ** (BITS / each[0]))


def _each_with_each(values: Hashes, size: Places, within: int, nearest: Nearest) -> int:
    """Compare each with each, in blocks that stay in the processor's cache; give how many pairs are near."""
    step, total, several = max(_BLOCK // max(len(values), 1), 1), 0, np.flatnonzero(size > 1)
    for start in range(0, len(values), step):
        block = values[start : start + step]
        differ = np.bitwise_count(block[:, None] ^ values[None, start:])
        # Not with itself, nor with one before it in the block.
        differ[np.tri(len(block), dtype=bool).nonzero()] = BITS + 1
        near = differ <= within
        # Each once, and those that are there more than once as often again as they are.
        more = several[np.searchsorted(several, start) :]
        beside = np.array([np.count_nonzero(row) for row in near]) + near[:, more - start] @ (size[more] - 1)
        total += int(size[start : start + step] @ beside)
        reach = nearest.reach(start, within)
        low, high = np.nonzero(near if reach == within else differ <= reach)
        if len(low):
            nearest.add(low + start, high + start, differ[low, high].astype(np.int64))
    return total


def _sorted(values: Hashes, band: int, bands: int) -> tuple[Hashes, Places, int]:
    """Give the codes of a band in order, the places they come from, and how many bits it has."""
    start, end = BITS * band // bands, BITS * (band + 1) // bands
    code = (values >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)
    order = np.argsort(code, kind="stable").astype(np.int64)
    return code[order], order, end - start


def _beside(there: Hashes, wide: int, radius: int) -> Iterator[tuple[Places, Places]]:
    """Give for each code where those begin that are equal to it, or differ in one bit, and how many there are."""
    for mask in (0, *(1 << bit for bit in range(wide * radius))):
        sought = there ^ np.uint64(mask)
        first = np.searchsorted(there, sought, side="left")
        last = np.searchsorted(there, sought, side="right")
        # Each pair once: a value of the same code after this one, or one of a greater code.
        first = np.where(sought >= there, np.maximum(first, np.arange(len(there)) + 1), last)
        yield first, last - np.minimum(first, last)


def _candidates(values: Hashes, band: int, bands: int, radius: int) -> int:
    """Count what is to be compared for a band."""
    there, _, wide = _sorted(values, band, bands)
    return sum(int(count.sum()) for _, count in _beside(there, wide, radius))


def _band(
    values: Hashes, size: Places, within: int, band: int, bands: int, radius: int, nearest: Nearest
) -> int:
    """Compare the values whose band is equal, or, with a radius, differs in one bit; each pair in its first band."""
    there, order, wide = _sorted(values, band, bands)
    total = 0
    for first, count in _beside(there, wide, radius):
        for low, high in _compared(values[order], within, first, count):
            one, other = order[low], order[high]
            new = ~_in_an_earlier_band(values[one] ^ values[other], band, bands, radius)
            one, other = one[new], other[new]
            total += int((size[one] * size[other]).sum())
            differ = np.bitwise_count(values[one] ^ values[other]).astype(np.int64)
            nearest.add(np.minimum(one, other), np.maximum(one, other), differ)
    return total


def _in_an_earlier_band(apart: Hashes, band: int, bands: int, radius: int) -> NDArray[np.bool_]:
    """Say of the bits in which pairs differ whether a band before this one finds the pair, too."""
    found = np.zeros(len(apart), dtype=bool)
    for each in range(band):
        start, end = BITS * each // bands, BITS * (each + 1) // bands
        found |= np.bitwise_count((apart >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)) <= radius
    return found


def _compared(values: Hashes, within: int, first: Places, count: Places) -> Iterator[tuple[Places, Places]]:
    for part in _chunks(count):
        low, high = np.repeat(part, count[part]), frames.ranges(first[part], count[part])
        kept = np.bitwise_count(values[low] ^ values[high]) <= within
        yield low[kept], high[kept]
