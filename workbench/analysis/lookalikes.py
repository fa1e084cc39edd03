"""Letters that look alike, folded to one shape."""

from __future__ import annotations

from typing import Final

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


def look(name: str) -> str:
    """Fold a name (in lower case) to how it looks."""
    return name.translate(_TABLE)
