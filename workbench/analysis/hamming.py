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

BITS: Final = 64
_CHUNK: Final = 2_000_000
_FEW: Final = 2_000
Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Pairs = tuple[Places, Places, Places]


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
    them, and how many there are beyond.
    """
    values, place = np.unique(hashes, return_inverse=True)
    order = np.argsort(place, kind="stable").astype(np.int64)
    edges = np.searchsorted(place[order], np.arange(len(values) + 1))
    size = np.diff(edges)
    one, other, differ = _distinct(values, within)
    total = int((size[one] * size[other]).sum() + (size * (size - 1) // 2).sum())
    itself = np.arange(len(values))
    sides = np.concatenate([one, other, itself]), np.concatenate([other, one, itself])
    bits = np.concatenate([differ, differ, np.zeros_like(itself)])
    kept, missing = [_none()], most
    for near in range(min(within, BITS) + 1):
        among = bits == near
        low, high = _first_of(sides[0][among], sides[1][among], place, order, edges, missing)
        kept.append((low, high, np.full(len(low), near, dtype=np.int64)))
        missing -= len(low)
    found = (np.concatenate(each) for each in zip(*kept, strict=True))
    low, high, differ = found
    return (low, high, differ), total - len(low)


def _none() -> Pairs:
    nothing = np.zeros(0, dtype=np.int64)
    return nothing, nothing, nothing


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
    kept, missing = [_none()[:2]], most
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
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)


def _chunks(counts: Places) -> Iterator[Places]:
    """Cut a row of work into parts of about equal and bearable size."""
    part = np.cumsum(counts) // _CHUNK
    for rows in np.split(np.arange(len(counts)), np.flatnonzero(np.diff(part)) + 1):
        if len(rows):
            yield rows


def _distinct(values: Hashes, within: int) -> Pairs:
    """Compare values that are all different."""
    near = min(within, BITS)
    bands, radius = _bands(near)
    if len(values) <= _FEW or bands * (1 + radius * BITS / bands) / 2 ** (BITS / bands) > 0.25:
        found = list(_each_with_each(values, near))
    else:
        found = [pairs for band in range(bands) for pairs in _band(values, near, band, bands, radius)]
    low, high, differ = (np.concatenate(each) for each in zip(_none(), *found, strict=True))
    _, first = np.unique(low * len(values) + high, return_index=True)
    return low[first], high[first], differ[first]


def _bands(within: int) -> tuple[int, int]:
    """Choose how many bands, and how many bits one may differ in: whichever leaves less to compare."""
    choices = [(within + 1, 0), (within // 2 + 1, 1)]
    return min(choices, key=lambda each: each[0] * (1 + each[1] * BITS / each[0]) / 2 ** (BITS / each[0]))


def _each_with_each(values: Hashes, within: int) -> Iterator[Pairs]:
    step = max(_CHUNK // max(len(values), 1), 1)
    for start in range(0, len(values), step):
        block = values[start : start + step]
        differ = np.bitwise_count(block[:, None] ^ values[None, start:])
        low, high = np.nonzero(differ <= within)
        apart = low < high
        low, high = low[apart], high[apart]
        yield low + start, high + start, differ[low, high].astype(np.int64)


def _band(values: Hashes, within: int, band: int, bands: int, radius: int) -> Iterator[Pairs]:
    """Compare the values whose band is equal, or, with a radius, differs in one bit."""
    start, end = BITS * band // bands, BITS * (band + 1) // bands
    code = (values >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)
    order = np.argsort(code, kind="stable").astype(np.int64)
    there, values = code[order], values[order]
    for mask in (0, *(1 << bit for bit in range((end - start) * radius))):
        sought = there ^ np.uint64(mask)
        first = np.searchsorted(there, sought, side="left")
        last = np.searchsorted(there, sought, side="right")
        # Each pair once: a value of the same code after this one, or one of a greater code.
        first = np.where(sought >= there, np.maximum(first, np.arange(len(there)) + 1), last)
        for low, high, differ in _compared(values, within, first, last - np.minimum(first, last)):
            one, other = order[low], order[high]
            yield np.minimum(one, other), np.maximum(one, other), differ


def _compared(values: Hashes, within: int, first: Places, count: Places) -> Iterator[Pairs]:
    for part in _chunks(count):
        low = np.repeat(part, count[part])
        before = np.cumsum(count[part]) - count[part]
        high = np.arange(len(low)) + np.repeat(first[part] - before, count[part])
        differ = np.bitwise_count(values[low] ^ values[high])
        kept = differ <= within
        yield low[kept], high[kept], differ[kept].astype(np.int64)
