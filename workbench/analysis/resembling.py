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
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from workbench.analysis.lookalikes import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

ENOUGH: Final = 4
"""Letters alone are compared only where both names have as many."""
_PREFIX: Final = 4
_WEIGHT: Final = 0.1
_SLACK: Final = 1e-6
_BLOCK: Final = 50_000
_LONG: Final = 64
_THREADS: Final = 2
_BREAK, _AT, _ASCII = 10, 64, 128
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_GRAPHIC: Final = bytes(range(33, 127))
_LOOKS: Final = np.array([ord(look(chr(each))) for each in range(_ASCII)], dtype=np.uint8)
_LETTER: Final = np.array([chr(each).isalpha() for each in range(_ASCII)], dtype=bool)


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


def near(handles: Sequence[str], sought: Sequence[str], at_least: float) -> list[Near]:
    """Give for each sought name (as ``local`` gives it) all handles that are as similar to it in any form."""

    def within(start: int) -> list[list[Near]]:
        parts = list(_blocks(handles[start : start + _BLOCK]))
        return [
            [_moved(block.near(name, at_least), start + places) for places, block in parts] for name in sought
        ]

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        found = list(pool.map(within, range(0, len(handles), _BLOCK)))
    each = [[_NONE, *(near for part in found for near in part[place])] for place in range(len(sought))]
    return [Near(*map(np.concatenate, zip(*parts, strict=True))) for parts in each]


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


def _blocks(handles: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], _Plain | _Odd]]:
    """Part handles into those of plain ASCII, which are bounded together, and the others; with their places."""
    plain = _are_plain(handles)
    places, others = np.flatnonzero(plain), np.flatnonzero(~plain)
    if len(places):
        yield places, _Plain([handles[place] for place in places.tolist()] if len(others) else handles)
    if len(others):
        yield others, _Odd([local(handles[place]) for place in others.tolist()])


def _are_plain(handles: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which are of ASCII's graphic characters only; all at once where all are."""
    line = "\n".join([*handles, ""])
    if line.isascii() and line.encode().translate(None, _GRAPHIC) == b"\n" * len(handles):
        return np.ones(len(handles), dtype=bool)
    plain = (name.isascii() and not name.encode().translate(None, _GRAPHIC) for name in handles)
    return np.fromiter(plain, dtype=bool, count=len(handles))


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
    """Names of ASCII in one line: where each begins, and how long it is."""

    points: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str]) -> _Line:
        """Lay names end to end."""
        lengths = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        points = np.frombuffer("".join(names).encode("ascii"), dtype=np.uint8)
        return cls(points, np.cumsum(lengths) - lengths, lengths)

    def letters(self) -> _Line:
        """Give the letters alone."""
        keep = _LETTER[self.points]
        upto = np.concatenate([[0], np.cumsum(keep, dtype=np.int64)])
        starts = upto[self.starts]
        return _Line(self.points[keep], starts, upto[self.starts + self.lengths] - starts)

    def looks(self) -> _Line:
        """Give the names as they look."""
        return _Line(_LOOKS[self.points], self.starts, self.lengths)

    def at(self, place: int, some: NDArray[np.int64] | slice) -> NDArray[np.uint8]:
        """Give the character at a place of each name; 0 beyond its end."""
        if not len(self.points):
            return np.zeros(len(self.starts[some]), dtype=np.uint8)
        found: NDArray[np.uint8] = self.points.take(self.starts[some] + place, mode="clip")
        found *= self.lengths[some] > place
        return found


class _Names:
    """Names of a line as text."""

    def __init__(self, line: _Line) -> None:
        self._text = line.points.tobytes().decode("ascii")
        self._starts, self._ends = line.starts, line.starts + line.lengths

    def some(self, places: NDArray[np.int64] | slice) -> list[str]:
        """Give the names at some places."""
        bounds = zip(self._starts[places].tolist(), self._ends[places].tolist(), strict=True)
        return [self._text[start:end] for start, end in bounds]


class _Plain:
    """Names of plain ASCII: each as a whole and as it looks, and of the letters alone each different text once."""

    def __init__(self, handles: Sequence[str]) -> None:
        line = _lined(handles)
        looks = line.looks()
        self._whole, self._looks, self._by_looks = _Names(line), _Names(looks), _Bound(looks)
        held, different = pd.factorize(np.array(_Names(line.letters()).some(slice(None)), dtype=object))
        self._held, self._letters = held, different.tolist()
        self._by_letters = _Bound(_Line.of(self._letters))

    def near(self, sought: str, at_least: float) -> Near:
        """Give those that are as similar."""
        best = self._alone(letters(sought), at_least)[self._held]
        some = self._by_looks.reaching(look(sought), at_least)
        looks = similar(look(sought), self._looks.some(some))
        best[some] = np.maximum(np.maximum(looks, similar(sought, self._whole.some(some))), best[some])
        some = np.flatnonzero(best >= at_least)
        return Near(some, best[some], similar(sought, self._whole.some(some)))

    def _alone(self, sought: str, at_least: float) -> NDArray[np.float64]:
        best = np.zeros(len(self._letters))
        if len(sought) >= ENOUGH:
            some = self._by_letters.reaching(sought, at_least)
            some = some[self._by_letters.lengths[some] >= ENOUGH]
            best[some] = similar(sought, [self._letters[place] for place in some.tolist()])
        return best


class _Bound:
    """How many of each character names hold, and so which may be similar to another."""

    def __init__(self, line: _Line) -> None:
        self.lengths = line.lengths
        width = min(int(line.lengths.max(initial=0)), _LONG)
        self._line = line
        self._columns = np.stack([line.at(place, slice(None)) for place in range(max(width, 1))])
        self._long = np.flatnonzero(line.lengths > _LONG)
        self._counts: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._needs: dict[tuple[int, float], NDArray[np.uint8]] = {}

    def reaching(self, sought: str, at_least: float) -> NDArray[np.int64]:
        """Give the places of all names that may be as similar as asked for, and few others."""
        need, shared = self._need(len(sought), at_least), self._shared(sought)
        some = np.flatnonzero(shared >= need[_PREFIX].take(self.lengths, mode="clip"))
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
            every = np.add.reduce((self._columns == point).view(np.uint8), axis=0, dtype=np.uint8)
            self._counts[point, most] = np.minimum(every, np.uint8(most))
        return self._counts[point, most]

    def _need(self, length: int, at_least: float) -> NDArray[np.uint8]:
        """Give how many characters must be shared, by length of the common beginning and of the other name."""
        if (length, at_least) not in self._needs:
            self._needs[length, at_least] = _need(length, at_least)
        return self._needs[length, at_least]


def _lined(handles: Sequence[str]) -> _Line:
    """Lay the local parts of plain handles end to end, as ``local`` gives them."""
    points = np.frombuffer("\n".join([*handles, ""]).lower().encode("ascii"), dtype=np.uint8)
    ends = np.flatnonzero(points == _BREAK)
    starts = np.concatenate([[0], ends[:-1] + 1])
    starts = starts + (points[starts] == _AT)
    signs = np.append(np.flatnonzero(points == _AT), len(points))
    ends = np.minimum(ends, signs[np.searchsorted(signs, starts)])
    return _Line(points, starts, ends - starts)


def _need(length: int, at_least: float) -> NDArray[np.uint8]:
    """Solve the bound for m: a row for each length of the common beginning, a column for each of the other name."""
    prefix, other = np.arange(_PREFIX + 1)[:, None], np.arange(_LONG + 1)[None, :]
    jaro = (at_least - _WEIGHT * prefix) / (1 - _WEIGHT * prefix)
    matching = (3 * jaro - 1) * length * other / np.maximum(length + other, 1)
    return np.ceil(matching - _SLACK).clip(0, 255).astype(np.uint8)
