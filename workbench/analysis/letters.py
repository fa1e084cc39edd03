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
# What makes one letter with the character before it: marks, Hangul vowels and finals, vowel signs of India and its
# neighbours that have a composed form, Japanese sound marks.
_JOINING: Final = (
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u1160-\u11ff"
    "\u093c\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0c56\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dca\u0dcf\u0ddf"
    "\u102e\u1b35\u3099\u309a\uff9e\uff9f\U000110ba\U00011127\U0001133e\U00011357\U000114b0\U000114ba\U000114bd"
    "\U000115af\U00011930]"
)
_JOINS: Final = re.compile(_JOINING)
_JOINED: Final = re.compile(f".{_JOINING}+", re.DOTALL)
_LETTER: Final = re.compile(f".{_JOINING}*", re.DOTALL)
# Soft hyphen, spaces without width, joiners, direction marks, variation selectors: nobody sees or types them.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_CYRILLIC: Final = re.compile("[\u0400-\u052f]")
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
    """Folds each letter for itself, so that every place can be found again; keeps what it has folded.

    Folded are case, compatibility forms (NFKC), how a letter is put together (of one character or of several) and,
    without ``diacritics``, marks of Latin, Greek, Hebrew, Arabic and Cyrillic letters (й and ї stay: they are letters
    of their own). What is not seen (spaces without width, joiners, direction marks) is left out.
    """

    def __init__(self, *, diacritics: bool) -> None:
        super().__init__()
        self._diacritics = diacritics

    def __missing__(self, point: int) -> str:
        """Fold one character; ``str.translate`` asks for those not yet known."""
        self[point] = folded = self._folded(chr(point))
        return folded

    def _folded(self, letter: str) -> str:
        folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", letter).casefold()).casefold()
        if self._diacritics:
            return folded
        if _CYRILLIC.match(folded):
            return _MARKS.sub("", folded).replace("ё", "е")
        return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", folded)))

    def fold(self, text: str) -> str:
        """Fold a text."""
        if text.isascii():
            return text.lower()
        if _JOINS.search(text):
            text = _JOINED.sub(lambda found: self._folded(found[0]), text)
        return text.translate(self)

    def unfolded(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Give where a stretch of the folded text begins and ends in the text as it was."""
        spans = [letter.span() for letter in _LETTER.finditer(text) for _ in self.fold(letter[0])]
        return spans[start][0], spans[end - 1][1]


def places(folded: str, sought: list[str]) -> list[tuple[int, int]]:
    """Find where folded words stand in a folded text, in order, those that overlap as one."""
    found = sorted(hit.span() for word in sought for hit in re.finditer(re.escape(word), folded))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
