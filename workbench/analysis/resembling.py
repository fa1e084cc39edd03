"""Names like a sought one among a million: a bound that costs little leaves most out before any is compared.

Jaro's similarity of names of lengths a and b with m matching characters is at most (m/a + m/b + 1) / 3, and m is
at most the number of characters that both hold. Winkler adds a tenth of what is missing for each of at most four
equal first characters (Winkler 1990). So a name that holds too few of the sought one's characters is never compared.
The bound is taken on names folded to how they look, since folding makes no two equal characters different: what it
leaves out is too far in every form.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from workbench.analysis.lookalikes import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

ENOUGH: Final = 4
"""Letters alone are compared only where both names have as many."""
_PREFIX: Final = 4
_WEIGHT: Final = 0.1
_SLACK: Final = 1e-6
_BLOCK: Final = 65_536
"""How many names are laid out at once; so few have numbers of 16 bits, which sort fastest."""
_LONG: Final = 64
_THREADS: Final = 2
_AT: Final = "@"
_LETTERS: Final = 26
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_GRAPHIC: Final = (33, 126)
_LOOKS: Final = np.array([ord(look(chr(each))) for each in range(128)], dtype=np.uint8)


class Near(NamedTuple):
    """What resembles a sought name: numbers of names, the greatest similarity of any form, and that of the whole."""

    numbers: NDArray[np.int64]
    similar: NDArray[np.float64]
    whole: NDArray[np.float64]


def full(handle: str) -> str:
    """Fold a handle: compatibility characters (NFKC), case, blanks around it and one ``@`` before it."""
    folded = handle if handle.isascii() else unicodedata.normalize("NFKC", handle)
    return folded.strip().removeprefix("@").casefold()


def local(handle: str) -> str:
    """Fold a handle and leave out its server."""
    return full(handle).partition("@")[0]


def letters(name: str) -> str:
    """Give a name's letters alone."""
    return _NOT_LETTERS.sub("", name)


def near(handles: pd.Series[str], sought: Sequence[str], at_least: float) -> list[Near]:
    """Give for each sought name (as ``local`` gives it) all handles that are as similar to it in any form."""
    texts = _texts(handles)

    def within(start: int) -> list[list[Near]]:
        parts = list(_blocks(texts.slice(start, _BLOCK)))
        return [
            [_moved(block.near(name, at_least), start + places) for places, block in parts] for name in sought
        ]

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        found = list(pool.map(within, range(0, len(texts), _BLOCK)))
    each = [[_NONE, *(near for part in found for near in part[place])] for place in range(len(sought))]
    return [Near(*map(np.concatenate, zip(*parts, strict=True))) for parts in each]


def _texts(handles: pd.Series[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Give a column as pyarrow holds it: bytes in one line, which many threads may read at once."""
    held = pa.array(handles, type=pa.large_string())
    return held.combine_chunks() if isinstance(held, pa.ChunkedArray) else held


def _moved(near: Near, places: NDArray[np.int64]) -> Near:
    return near._replace(numbers=places[near.numbers])


def measured(sought: str, names: Sequence[str]) -> NDArray[np.float64]:
    """Compare a name with others, all as ``local`` gives them.

    A row for each, with the similarity of the whole, of the letters alone, and of the looks.
    """
    alone = [letters(name) for name in names]
    by_letters = similar(letters(sought), alone)
    lengths = np.fromiter(map(len, alone), dtype=np.int64, count=len(alone))
    by_letters[np.minimum(lengths, len(letters(sought))) < ENOUGH] = 0
    looks = similar(look(sought), [look(name) for name in names])
    return np.column_stack([similar(sought, names), by_letters, looks])


def similar(sought: str, names: Sequence[str]) -> NDArray[np.float64]:
    """Give the Jaro-Winkler similarity of a text with others."""
    matrix: NDArray[np.float64] = cdist([sought], names, scorer=JaroWinkler.similarity, dtype=np.float64)
    return matrix.reshape(-1)


_NONE: Final = Near(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64), np.empty(0, dtype=np.float64))


def _blocks(texts: Any) -> Iterator[tuple[NDArray[np.int64], _Plain | _Odd]]:  # noqa: ANN401
    """Part handles into those of plain ASCII, which are bounded together, and the others; with their places."""
    plain = _are_plain(_Line.of(texts))
    places, others = np.flatnonzero(plain), np.flatnonzero(~plain)
    if len(places):
        yield places, _Plain(texts.take(places) if len(others) else texts)
    if len(others):
        yield others, _Odd([local(handle) for handle in _some(texts, others)])


def _are_plain(line: _Line) -> NDArray[np.bool_]:
    """Tell which are of ASCII's graphic characters only."""
    plain = np.ones(len(line.starts), dtype=bool)
    odd = np.flatnonzero((line.points < _GRAPHIC[0]) | (line.points > _GRAPHIC[1]))
    plain[np.searchsorted(line.starts + line.lengths, odd, side="right")] = False
    return plain


def _local(texts: Any) -> Any:  # noqa: ANN401
    """Fold plain texts as ``local`` does."""
    lower = pc.ascii_lower(texts)
    led = pc.starts_with(lower, _AT)
    if pc.any(led).as_py():
        lower = pc.if_else(led, pc.utf8_slice_codeunits(lower, 1), lower)
    return pc.list_element(pc.split_pattern(lower, _AT, max_splits=1), 0)


def _some(texts: Any, places: NDArray[np.int64]) -> list[str]:  # noqa: ANN401
    some: list[str] = texts.take(places).to_numpy(zero_copy_only=False).tolist()
    return some


class _Odd:
    """Names that are compared without a bound."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def near(self, sought: str, at_least: float) -> Near:
        """Give those that are as similar."""
        every = measured(sought, self._names)
        some = np.flatnonzero(every.max(axis=1) >= at_least)
        return Near(some, every[some].max(axis=1), every[some, 0])


class _Line(NamedTuple):
    """Texts end to end in one line: where each begins, and how long it is, in bytes."""

    points: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Any) -> _Line:  # noqa: ANN401
        """Read texts as pyarrow holds them."""
        _, offsets, points = texts.buffers()
        bounds = np.frombuffer(offsets or b"", dtype=np.int64)[texts.offset :][: len(texts) + 1]
        first, last = (bounds[0], bounds[-1]) if len(bounds) else (0, 0)
        line = np.frombuffer(points or b"", dtype=np.uint8)[first:last]
        return cls(line, bounds[:-1] - first, np.diff(bounds))

    def letters(self) -> _Line:
        """Give the letters alone, of texts in plain lower case."""
        keep = self.points - ord("a") < _LETTERS
        upto = np.concatenate([[0], np.cumsum(keep, dtype=np.int64)])
        starts, ends = upto[self.starts], upto[self.starts + self.lengths]
        return _Line(np.compress(keep, self.points), starts, ends - starts)

    def looks(self) -> _Line:
        """Give the texts as they look."""
        return self._replace(points=_LOOKS[self.points])

    def texts(self) -> Any:  # noqa: ANN401
        """Give the texts as pyarrow holds them."""
        offsets = np.append(self.starts, len(self.points))
        buffers = (pa.py_buffer(np.ascontiguousarray(each)) for each in (offsets, self.points))
        return pa.LargeStringArray.from_buffers(len(self.starts), *buffers)

    def at(self, place: int, some: NDArray[np.int64] | slice) -> NDArray[np.uint8]:
        """Give the character at a place of each text; 0 beyond its end."""
        if not len(self.points):
            return np.zeros(len(self.starts[some]), dtype=np.uint8)
        found: NDArray[np.uint8] = self.points.take(self.starts[some] + place, mode="clip")
        found *= self.lengths[some] > place
        return found


class _Plain:
    """Names of plain ASCII: each as a whole and as it looks, and of the letters alone each different text once."""

    def __init__(self, handles: Any) -> None:  # noqa: ANN401
        line = _Line.of(_local(handles))
        looks = line.looks()
        self._whole, self._looks, self._by_looks = line.texts(), looks.texts(), _Bound(looks)
        held = pc.dictionary_encode(line.letters().texts())
        self._letters, codes = held.dictionary, held.indices.to_numpy().astype(np.uint16)
        self._by_letters = _Bound(_Line.of(self._letters))
        self._order = np.argsort(codes, kind="stable")
        self._edges = np.searchsorted(codes[self._order], np.arange(len(self._letters) + 1))

    def near(self, sought: str, at_least: float) -> Near:
        """Give those that are as similar."""
        lettered, by_letters = self._lettered(letters(sought), at_least)
        chosen = np.zeros(len(self._order), dtype=bool)
        chosen[lettered] = chosen[self._by_looks.reaching(look(sought), at_least)] = True
        some = np.flatnonzero(chosen)
        whole = similar(sought, _some(self._whole, some))
        best = np.maximum(whole, similar(look(sought), _some(self._looks, some)))
        places = np.searchsorted(some, lettered)
        best[places] = np.maximum(best[places], by_letters)
        kept = best >= at_least
        return Near(some[kept], best[kept], whole[kept])

    def _lettered(self, sought: str, at_least: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give the places of names whose letters alone are as similar, and how similar those are."""
        if len(sought) < ENOUGH:
            return _NONE.numbers, _NONE.similar
        some = self._by_letters.reaching(sought, at_least)
        some = some[self._by_letters.lengths[some] >= ENOUGH]
        best = similar(sought, _some(self._letters, some))
        some, best = some[best >= at_least], best[best >= at_least]
        parts = [self._order[self._edges[each] : self._edges[each + 1]] for each in some.tolist()]
        places = np.concatenate([_NONE.numbers, *parts])
        return places, np.repeat(best, [len(part) for part in parts])


class _Bound:
    """How many of each character names hold, and so which may be similar to another."""

    def __init__(self, line: _Line) -> None:
        self.lengths = line.lengths
        width = min(int(line.lengths.max(initial=0)), _LONG)
        self._line = line
        self._columns = np.stack([line.at(place, slice(None)) for place in range(max(width, 1))])
        self._long = np.flatnonzero(line.lengths > _LONG)
        self._counts: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._needs: dict[tuple[int, float], tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}

    def reaching(self, sought: str, at_least: float) -> NDArray[np.int64]:
        """Give the places of all names that may be as similar as asked for, and few others."""
        need, least = self._need(len(sought), at_least)
        shared = self._shared(sought)
        some = np.flatnonzero(shared >= least)
        equal, prefix = np.ones(len(some), dtype=bool), np.zeros(len(some), dtype=np.int64)
        for place, letter in enumerate(sought[:_PREFIX]):
            equal &= self._line.at(place, some) == ord(letter)
            prefix += equal
        some = some[shared[some] >= need[prefix, np.minimum(self.lengths[some], _LONG)]]
        return np.union1d(some, self._long) if len(self._long) else some

    def _shared(self, sought: str) -> NDArray[np.uint8]:
        """Count, for each name, the characters that it has in common with another."""
        total = np.zeros(len(self.lengths), dtype=np.uint8)
        for letter, times in Counter(sought).items():
            if letter.isascii():
                total += self._held(ord(letter), min(times, _LONG))
        return total

    def _held(self, point: int, most: int) -> NDArray[np.uint8]:
        """Count a character in each name, up to a number."""
        if (point, most) not in self._counts:
            equal = (self._columns == point).view(np.uint8)
            every = np.add.reduce(equal, axis=0, dtype=np.uint8)
            self._counts[point, most] = np.minimum(every, np.uint8(most))
        return self._counts[point, most]

    def _need(self, length: int, at_least: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Give how many characters must be shared, by length of the common beginning and of the other name.

        And how many at least each of these names must share.
        """
        if (length, at_least) not in self._needs:
            need = _need(length, at_least)
            self._needs[length, at_least] = need, need[_PREFIX].take(self.lengths, mode="clip")
        return self._needs[length, at_least]


def _need(length: int, at_least: float) -> NDArray[np.uint8]:
    """Solve the bound for m: a row for each length of the common beginning, a column for each of the other name."""
    prefix, other = np.arange(_PREFIX + 1)[:, None], np.arange(_LONG + 1)[None, :]
    jaro = (at_least - _WEIGHT * prefix) / (1 - _WEIGHT * prefix)
    matching = (3 * jaro - 1) * length * other / np.maximum(length + other, 1)
    return np.ceil(matching - _SLACK).clip(0, 255).astype(np.uint8)
