"""Words found in what was captured: post, content warning, earlier version, description of a picture; any script."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.letters import Folding, Term, places, terms_of, without_spaces
from workbench.analysis.parameters import checked
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

WORDS: Final = "whole words by SQLite FTS5 (unicode61), all of them in one text, case ignored"
LETTERS: Final = "letters anywhere in a text, all of them in one text, case ignored"
CONTEXT: Final = 60
"""Characters given before and after a match."""
_OPEN, _CLOSE = "\ue000", "\ue001"
# What SQLite cannot hold, and our own marks: one character for one, so that places stay.
_UNFIT: Final = re.compile("[\x00\ud800-\udfff\ue000\ue001]")
_NO_FTS5: Final = "no such module"


@checked
def search(
    posts: pd.DataFrame,
    query: str,
    *,
    versions: pd.DataFrame | None = None,
    media: pd.DataFrame | None = None,
    whole_words: bool | None = None,
    diacritics: bool = False,
    top: int = 1000,
) -> pd.DataFrame:
    """Find the texts that hold every word of a query, with what stands before and after.

    In: posts, **all** observations, with ``entity_id, exhibit, author, author_handle, content, summary,
    published``; post_versions, if given, with ``entity_id, exhibit, author, content, published``; media, if given,
    with ``entity_id, exhibit, post, description``. Out: post (entity_id), author, author_handle, at (UTC), field
    ("content", "summary", "version" or "description"), before, match, after (the first match and up to 60
    characters on each side, as captured), n_matches (in this text), and what every result
    carries; all observations of the same text are cited. In order of time.

    ``query`` is plain words; words between quotes are a phrase; ``*`` at a word's end stands for any ending. All must
    be in the same text. ``whole_words`` False finds letters anywhere, also within words; by default it is
    True for scripts that part words by spaces and False for Chinese, Japanese, Korean, Thai, Arabic, Hebrew, the
    scripts of India and for signs and emoji. ``diacritics`` True tells e from é. Letters are compared folded
    (``letters.Folding``), in whatever form they were written. At most ``top`` rows are given, the rest is counted
    ("not_shown"). Nothing in a query is read as FTS5's own syntax.
    Raises UsageError for a query without words, with an open quotation or too long, for missing columns, or where
    Python's SQLite lacks FTS5.

    Limits: unicode61 knows the letters of Unicode 6.1; no stemming, no spelling, no synonyms; words in pictures are not
    read. Searching captured evidence is no collection: what may not be a criterion for collecting (protected
    classes, religion, politics) may be looked for in what lawfully is in the case.
    """
    terms = terms_of(query)
    if whole_words is None:
        whole_words = not any(without_spaces(term.text) for term in terms)
    texts, counts = _texts(posts, versions, media)
    code, different = pd.factorize(texts["text"])
    words: list[str] = different.tolist()
    folding = Folding(diacritics=diacritics)
    found = (_by_words if whole_words else _by_letters)(words, terms, folding)
    chosen, counts = _chosen(texts, code, found, counts, top)
    parameters = {"query": query, "whole_words": whole_words, "diacritics": diacritics, "top": top}
    method = WORDS if whole_words else LETTERS
    return frames.result(
        _told(chosen, words, found, folding), method=method, parameters=parameters, counts=counts
    )


Spans = dict[int, list[tuple[int, int]]]
"""Number of a text -> where its matches begin and end in the folded text, in order."""


def _texts(
    posts: pd.DataFrame, versions: pd.DataFrame | None, media: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Put all texts below each other: post, author, author_handle, at, field, text, exhibit."""
    said = frames.prepared(posts, "search", needs=("author", "author_handle", "content", "summary"))
    parts = [_part(said, "content", "content"), _part(said, "summary", "summary")]
    count = len(said)
    if versions is not None or media is not None:
        known, _ = frames.once(said)
        known = known[known["entity_id"] != ""].set_index("entity_id")
    if versions is not None:
        rows = frames.prepared(versions, "search", needs=("author", "content"))
        handles = frames.mapped(rows["entity_id"], known["author_handle"])
        parts.append(_part(rows.assign(author_handle=handles), "content", "version"))
        count += len(rows)
    if media is not None:
        rows = frames.prepared(media, "search", needs=("post", "description"), times=())
        about = {name: frames.mapped(rows["post"], known[name]) for name in ("author", "author_handle")}
        at = known["published"].reindex(rows["post"]).set_axis(rows.index).astype(frames.TIME)
        parts.append(
            _part(rows.assign(entity_id=rows["post"], published=at, **about), "description", "description")
        )
        count += len(rows)
    return pd.concat(parts, ignore_index=True), {"rows": count}


def _part(rows: pd.DataFrame, column: str, field: str) -> pd.DataFrame:
    """Take the texts of one column, those that are not empty."""
    filled = rows[rows[column] != ""]
    names = {"entity_id": "post", column: "text"}
    part = filled[["entity_id", "author", "author_handle", "published", column, "exhibit"]].rename(
        columns=names
    )
    part.insert(4, "field", pd.Series(field, index=part.index, dtype="str"))
    return part


def _by_words(words: list[str], terms: list[Term], folding: Folding) -> Spans:
    """Let FTS5 find the folded texts; mark the matches of those found in a second, small table."""
    # Folding makes a straight quotation mark of others: it must not end the phrase.
    sought = [(folding.fold(term.text).replace('"', " "), term.prefix) for term in terms]
    asked = _fit(" ".join(f'"{text}"' + " *" * prefix for text, prefix in sought))
    options = "tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* Co M*'\""
    try:
        with closing(sqlite3.connect(":memory:")) as db:
            db.execute(f"create virtual table every using fts5(text, content='', {options})")
            db.executemany(
                "insert into every(rowid, text) values (?, ?)",
                enumerate(_fit(folding.fold(text)) for text in words),
            )
            rows = db.execute("select rowid from every where every match ? order by rowid", (asked,))
            hits = [number for (number,) in rows.fetchall()]
            db.execute(f"create virtual table hits using fts5(text, {options})")
            db.executemany(
                "insert into hits(rowid, text) values (?, ?)",
                ((number, _fit(folding.fold(words[number]))) for number in hits),
            )
            marked = db.execute(
                "select rowid, highlight(hits, 0, ?, ?) from hits where hits match ?", (_OPEN, _CLOSE, asked)
            )
            return {number: list(_marked(text)) for number, text in marked.fetchall()}
    except sqlite3.OperationalError as error:
        raise _refused(error) from error


def _refused(error: sqlite3.OperationalError) -> UsageError:
    if _NO_FTS5 in str(error):
        return UsageError(
            "this Python's SQLite has no full-text search",
            expected="SQLite with FTS5",
            found=sqlite3.sqlite_version,
            todo="search with whole_words=False, or use the Python that the installation guide names",
        )
    return UsageError("this query cannot be searched for", found=str(error)[:200])


def _fit(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)


def _marked(text: str) -> Iterator[tuple[int, int]]:
    """Read the places of the marks in a text, as they are without them."""
    for number, place in enumerate(re.finditer(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}", text)):
        start = place.start() - 2 * number
        yield start, start + len(place[1])


def _by_letters(words: list[str], terms: list[Term], folding: Folding) -> Spans:
    """Look through all texts; an index of three letters would miss words of two, which many scripts have."""
    sought = [folding.fold(term.text) for term in terms]
    if not all(sought):
        raise UsageError("this query has no letters left to look for", found=" ".join(sought)[:80])
    spans: Spans = {}
    first, *others = sought
    for number, text in enumerate(words):
        folded = folding.fold(text)
        if first in folded and all(each in folded for each in others):
            spans[number] = places(folded, sought)
    return spans


def _chosen(
    texts: pd.DataFrame, code: NDArray[np.int64], found: Spans, counts: dict[str, int], top: int
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Take the observations of the texts found, one row for each post, field and text."""
    hit = np.isin(code, np.fromiter(found, dtype=np.int64, count=len(found)))
    rows = texts[hit].assign(code=code[hit])
    rows = rows.sort_values(
        ["published", "post", "field", "text", "exhibit"], kind="stable", ignore_index=True
    )
    named = frames.filled(rows["post"], "exhibit " + rows["exhibit"])
    group, _ = pd.factorize(named + "\0" + rows["field"] + "\0" + rows["code"].astype("str"))
    first = np.unique(group, return_index=True)[1]
    kept = rows.iloc[first].reset_index(drop=True)
    kept = kept.join(frames.cited(rows["exhibit"], group, len(first)))
    return kept.head(top), counts | {"not_shown": max(len(kept) - top, 0)}


def _told(chosen: pd.DataFrame, words: list[str], found: Spans, folding: Folding) -> pd.DataFrame:
    parts = [
        _around(words[number], folding.unfolded(words[number], *found[number][0]))
        for number in chosen["code"].tolist()
    ]
    columns: Iterable[tuple[str, ...]] = zip(*parts, strict=True) if parts else [()] * 3
    before, match, after = (pd.Series(list(column), dtype="str") for column in columns)
    return pd.DataFrame(
        {
            "post": chosen["post"],
            "author": chosen["author"],
            "author_handle": chosen["author_handle"],
            "at": chosen["published"],
            "field": chosen["field"].astype("str"),
            "before": before,
            "match": match,
            "after": after,
            "n_matches": np.array([len(found[number]) for number in chosen["code"].tolist()], dtype=np.int64),
            "exhibits": chosen["exhibits"],
            "exhibit_count": chosen["exhibit_count"],
        }
    )


def _around(text: str, span: tuple[int, int]) -> tuple[str, str, str]:
    start, end = span
    return text[max(start - CONTEXT, 0) : start], text[start:end], text[end : end + CONTEXT]
