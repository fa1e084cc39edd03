"""What a query is made of, and letters folded for comparing, with the places that they came from."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from workbench.errors import UsageError

LONGEST: Final = 1000
"""The most characters of a query."""
_TERMS: Final = 50
_PARTS: Final = re.compile(r'"([^"]*)"|([^\s"]+)')
_QUOTES: Final = str.maketrans("“”„‟«»", '""""""')
# Points and vowel signs written above and below: of Latin and Greek, of Hebrew, of Arabic (and its kashida).
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
# Hebrew to Hangul Jamo (with Arabic, India's scripts, Thai, Tibetan), Khmer to Buginese, CJK and all beyond.
_UNSPACED: Final = re.compile(
    "[\u0590-\u11ff\u1700-\u1cff\u2e80-\ufdff\ufe70-\ufefc\uff66-\uffdc\U00010000-\U0010ffff]"
)


class Term(NamedTuple):
    """One word or phrase of a query; ``prefix``: any ending will do."""

    text: str
    prefix: bool


def terms_of(query: str) -> list[Term]:
    """Read a query: words, and phrases between quotes; ``*`` at the end of a word or phrase is a prefix.

    Raises UsageError when there is no word, an open quotation, or too much.
    """
    straight = query.translate(_QUOTES)
    if len(query) > LONGEST or straight.count('"') % 2:
        raise UsageError(
            "this query cannot be read",
            expected=f'words, or "words between quotes", up to {LONGEST} characters',
            found=query[:80],
            todo="close the quotation, or search for less at once",
        )
    parts = [phrase or word for phrase, word in _PARTS.findall(straight)]
    terms = [Term(part.rstrip("*").replace("\0", " ").strip(), part.endswith("*")) for part in parts]
    terms = [term for term in terms if term.text]
    if not 1 <= len(terms) <= _TERMS:
        raise UsageError(
            "a query needs words to look for", expected=f"from 1 to {_TERMS} words", found=query[:80]
        )
    return terms


def without_spaces(text: str) -> bool:
    """Tell whether words cannot be found by the spaces around them: other scripts, or signs alone."""
    return _UNSPACED.search(text) is not None or not any(map(str.isalnum, text))


class Folding(dict[int, str]):
    """Folds each character for itself, so that every place can be found again; keeps what it has folded.

    Folded are case, compatibility forms (NFKC) and, without ``diacritics``, marks of Latin, Greek, Hebrew and
    Arabic letters.
    """

    def __init__(self, *, diacritics: bool) -> None:
        super().__init__()
        self._diacritics = diacritics

    def __missing__(self, point: int) -> str:
        """Fold one character; ``str.translate`` asks for those not yet known."""
        folded = unicodedata.normalize("NFKC", chr(point).casefold()).casefold()
        if not self._diacritics:
            folded = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", folded)))
        self[point] = folded
        return folded

    def fold(self, text: str) -> str:
        """Fold a text."""
        return text.lower() if text.isascii() else text.translate(self)

    def places(self, text: str, sought: list[str]) -> list[tuple[int, int]]:
        """Find where folded words stand in the text as it was, in order, those that overlap as one."""
        origin = [place for place, letter in enumerate(text) for _ in self[ord(letter)]]
        folded = self.fold(text)
        found = sorted(
            (origin[hit.start()], origin[hit.end() - 1] + 1)
            for word in sought
            for hit in re.finditer(re.escape(word), folded)
        )
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined
