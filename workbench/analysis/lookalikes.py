"""Letters that look alike, folded to one shape, for one name or for a million at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_SHAPES: Final = (
    # Digits and Latin: as Unicode's confusables.txt (UTS #39) has them, i and l as one since I and l are.
    "0o 1l |l il ıl ɩl ɑa ɡg ƅb ƽs ʏy ᴄc ᴏo ᴠv ᴡw ᴢz "
    # Cyrillic; those alike as capitals too, since handles are compared without case.
    "аa вb еe ԁd ԍg һh нh іl їl јj кk ӏl мm оo рp ԛq сc ѕs тt уy ѵv ԝw хx үy ь6 гr "
    # Greek
    "αa βb γy εe ζz ηn ιl κk μu νv οo ρp σo τt υu χx ωw "
    # Armenian
    "օo սu հh ոn ցg զq յj"
)
FOLDS: Final = {pair[0]: pair[1] for pair in _SHAPES.split()}
"""Letter (in lower case) -> the Latin letter or digit that it can be taken for."""
_TABLE: Final = str.maketrans(FOLDS)
_HIGHEST: Final = 0x110000


def look(name: str) -> str:
    """Fold a name (in lower case) to how it looks."""
    return name.translate(_TABLE)


class Codes(NamedTuple):
    """Many names as one line of code points: where each begins, and how long it is."""

    points: NDArray[np.uint32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str]) -> Codes:
        """Lay names end to end."""
        points = np.frombuffer("".join(names).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        lengths = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        return cls(points.astype(np.uint32), np.cumsum(lengths) - lengths, lengths)

    def names(self) -> list[str]:
        """Give the names again."""
        line = self.points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        ends = (self.starts + self.lengths).tolist()
        return [line[start:end] for start, end in zip(self.starts.tolist(), ends, strict=True)]

    def folded(self) -> Codes:
        """Fold every name to how it looks."""
        table = np.arange(_HIGHEST, dtype=np.uint32)
        for letter, shape in FOLDS.items():
            table[ord(letter)] = ord(shape)
        return Codes(table[self.points], self.starts, self.lengths)

    def only(self, wanted: Callable[[str], bool]) -> Codes:
        """Keep the characters that are wanted."""
        table = np.zeros(_HIGHEST, dtype=bool)
        for point in np.flatnonzero(np.bincount(self.points, minlength=1)).tolist():
            table[point] = wanted(chr(point))
        keep = table[self.points]
        upto = np.concatenate([[0], np.cumsum(keep)])
        lengths = upto[self.starts + self.lengths] - upto[self.starts]
        return Codes(self.points[keep], np.cumsum(lengths) - lengths, lengths)
