"""Where each exhibit stands in the log and what it is of, looked up by its number (docs/casefile-format.md, 8.2)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from typing import Final

from workbench.custody.verify.aside import Aside
from workbench.custody.verify.log import Log
from workbench.custody.verify.slices import EXHIBIT, ORDINAL, Block

_PAGE: Final = 1 << 13
_PAGES: Final = 16
"""Pages of so many numbers that are in memory at a time."""
_NONE: Final = array("q", [-1])


class Exhibits:
    """The exhibits by number: place of the line and group, 16 bytes for each, page by page set aside.

    They are gone through when the first is asked for.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._keys = list(log.slices)
        self._aside = Aside()
        self._pages: OrderedDict[int, array[int]] = OrderedDict()
        self._there: set[int] = set()
        self._made = False

    def _make(self) -> None:
        self._made = True
        for group, key in enumerate(self._keys):
            for block in self._log.of_file(key).blocks():
                self._take(group, block)

    def _take(self, group: int, block: Block) -> None:
        numbers, ordinals = block.numbers(EXHIBIT), block.numbers(ORDINAL)
        start, done = numbers[0], 0
        if not 0 < start <= self._log.exhibits or numbers != array("q", range(start, start + block.count)):
            for number, ordinal in zip(numbers, ordinals, strict=True):
                if 0 < number <= self._log.exhibits:
                    place = number % _PAGE
                    self._page(number // _PAGE)[2 * place : 2 * place + 2] = array("q", [ordinal, group])
            return
        groups = array("q", [group]) * block.count
        # Nearly always their numbers follow each other: a page takes them at once.
        while done < block.count:
            page, place = divmod(start + done, _PAGE)
            end = min(place + block.count - done, _PAGE)
            some = slice(done, done + end - place)
            self._page(page)[2 * place : 2 * end : 2] = ordinals[some]
            self._page(page)[2 * place + 1 : 2 * end : 2] = groups[some]
            done = some.stop

    def _page(self, number: int) -> array[int]:
        """Give a page, from what was set aside where it is not in memory."""
        page = self._pages.get(number)
        if page is not None:
            return page
        if len(self._pages) == _PAGES:
            away, data = self._pages.popitem(last=False)
            self._aside.put(16 * _PAGE * away, data)
            self._there.add(away)
        known = number in self._there
        page = array("q", self._aside.read(16 * _PAGE * number, 16 * _PAGE)) if known else _NONE * (2 * _PAGE)
        self._pages[number] = page
        return page

    def _place(self, number: int) -> int:
        return self._page(number // _PAGE)[2 * (number % _PAGE)]

    def find(self, number: int) -> tuple[int, str, int] | None:
        """Give the place of an exhibit's line, ``c`` or ``i`` for capture or import, and that one's number."""
        if not self._made:
            self._make()
        if not 0 < number <= self._log.exhibits or self._place(number) < 0:
            return None
        page, place = self._page(number // _PAGE), 2 * (number % _PAGE)
        kind = self._keys[page[place + 1]].split(" ", 1)[0]
        return page[place], kind[0], int(kind[1:])

    def upto(self, lines: int) -> int:
        """Count the exhibits that the first ``lines`` lines name: their numbers rise with the lines (1.5)."""
        if not self._made:
            self._make()
        return bisect_left(range(1, self._log.exhibits + 1), lines, key=self._place)

    def stands(self, number: object, before: int) -> bool:
        """Say whether a value is the number of an exhibit whose line stands before that place."""
        found = self.find(number) if type(number) is int else None
        return found is not None and found[0] < before
