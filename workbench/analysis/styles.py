"""Which accounts write alike: Burrows's Delta and letter sequences; a lead, each with reasons for and against."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked
from workbench.errors import UsageError
from workbench.handles import folded, folded_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

METHOD: Final = (
    "Burrows's Delta (2002) over the most frequent words; cosine of sequences of 4 letters; "
    "a lead, never an identification"
)
MOST_ACCOUNTS: Final = 500
"""The most accounts that are compared: those with most words."""
GRAM: Final = 4
_GRAMS: Final = 5000
_ENOUGH: Final = 5000
_CORPUS: Final = 10
_NOT_STYLE: Final = re.compile(r"https?://\S+|[@#]\S+", re.IGNORECASE)
# A letter each of scripts without spaces between words (Thai to Myanmar, Khmer, CJK), else letters and marks in a row.
_TOKEN: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]"
    "|(?:[^\\W\\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0980-\u0dff])+"
    "(?:['’](?:[^\\W\\d_])+)*"
)


@checked
def style_distance(
    posts: pd.DataFrame,
    *,
    accounts: Sequence[str] | None = None,
    words: int = 150,
    min_tokens: int = 1000,
    top: int = 200,
) -> pd.DataFrame:
    """Set the writing of accounts beside each other, as leads; the nearest pair first.

    In: ``entity_id, exhibit, kind, author, author_handle, content, published`` and, if there, ``language``. Out: a,
    a_handle, b, b_handle (in order of their names), delta (Burrows's, from 0; smaller is nearer), ngram_cosine (0 to 1;
    greater is nearer), n_tokens (words of the one with fewer), n_accounts (compared in all), reasons_for,
    reasons_against (tuples of words), and what every result carries. At most ``top``; the rest is counted.

    Compared are accounts with at least ``min_tokens`` words, at most 500 of them; ``words`` is how many of the most
    frequent words are. ``accounts`` (entity_ids or handles) keeps pairs with at least one of them; all others
    still make the corpus that z-scores are taken over. Words are compared without case; addresses, mentions and
    hashtags are left out, and so are reposts. In scripts without spaces between words each letter counts as a word.
    Raises UsageError for missing columns or parameters out of range.

    Delta: the mean, over the words, of the absolute difference of z-scores of their relative frequencies (Burrows,
    Delta, LLC 17(3), 2002; Argamon, Interpreting Burrows's Delta, LLC 23(2), 2008), standard deviations with n - 1.
    Limits: below about 5,000 words Delta is unreliable (Eder, Does Size Matter?, 2015); topic, language, translation,
    copied texts and writing programmes make texts alike; people imitate. It has no scale of its own: what is near
    depends on who else is compared.
    """
    if words < 2 or min_tokens < 1:
        raise UsageError("this parameter is out of range", expected="words from 2, min_tokens from 1")
    kept, counts = _read(posts)
    corpus, counts = _corpus(kept, counts, min_tokens)
    found = _found(corpus, words)
    if accounts is not None:
        asked = folded_all(accounts)
        mine = [
            bool({folded(name), folded(handle)} & asked)
            for name, handle in zip(corpus.names, corpus.handles, strict=True)
        ]
        wanted = np.array(mine, dtype=bool)
        found = found[wanted[found["a"].to_numpy()] | wanted[found["b"].to_numpy()]]
    shown = found.head(top).reset_index(drop=True)
    counts = counts | {"not_shown": len(found) - len(shown)}
    parameters = {"accounts": None if accounts is None else list(accounts), "words": words}
    return frames.result(
        _told(shown, corpus, kept),
        method=METHOD,
        parameters=parameters | {"min_tokens": min_tokens, "top": top},
        counts=counts,
    )


class _Corpus(NamedTuple):
    """The accounts compared: names, handles, languages declared, and their words and letter sequences counted."""

    names: list[str]
    handles: list[str]
    languages: list[frozenset[str]]
    words: list[Counter[str]]
    grams: list[Counter[str]]


def _read(posts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    needs = ("kind", "author", "author_handle", "content")
    rows = frames.prepared(posts, "style_distance", needs=needs, optional=("language",))
    kept, counts = frames.keyed(*frames.once(rows))
    return frames.dropped(kept, kept["kind"] == "repost", counts, "other_kinds")


def tokens(text: str) -> list[str]:
    """Give the words of a text, folded; addresses, mentions and hashtags are none."""
    return _TOKEN.findall(_NOT_STYLE.sub(" ", unicodedata.normalize("NFKC", text)).casefold())


def _corpus(kept: pd.DataFrame, counts: dict[str, int], min_tokens: int) -> tuple[_Corpus, dict[str, int]]:
    code, keys = frames.groups_of(kept, ("author",))
    sizes = np.bincount(code, weights=[len(tokens(text)) for text in kept["content"]], minlength=len(keys))
    enough = np.flatnonzero(sizes >= min_tokens)
    # In order of names, those with most words; only their posts are taken apart.
    fit = np.sort(enough[np.argsort(-sizes[enough], kind="stable")][:MOST_ACCOUNTS])
    places = [np.flatnonzero(code == each) for each in fit] if len(fit) else []
    said = [[word for text in kept["content"].iloc[rows] for word in tokens(text)] for rows in places]
    handles = frames.handles(kept)
    names = keys["author"].iloc[fit].tolist()
    corpus = _Corpus(
        names=names,
        handles=[str(handles.get(name, "")) for name in names],
        languages=[frozenset(kept["language"].iloc[rows]) - {""} for rows in places],
        words=[Counter(each) for each in said],
        grams=[_grams(each) for each in said],
    )
    return corpus, counts | {"too_few": len(kept) - sum(map(len, places))}


def _grams(said: list[str]) -> Counter[str]:
    line = " ".join(said)
    return Counter(line[place : place + GRAM] for place in range(len(line) - GRAM + 1))


def _most(counted: list[Counter[str]], number: int) -> list[str]:
    """Give the most frequent of all, those equally frequent by name."""
    total: Counter[str] = Counter()
    for one in counted:
        total.update(one)
    return sorted(total, key=lambda name: (-total[name], name))[:number]


def _shares(counted: list[Counter[str]], names: list[str]) -> NDArray[np.float64]:
    """Give each account's relative frequencies: a row an account, a column a name."""
    table = np.array([[one[name] for name in names] for one in counted], dtype=np.float64)
    table = table.reshape(len(counted), len(names))
    return table / np.array([[max(one.total(), 1)] for one in counted], dtype=np.float64).reshape(-1, 1)


def delta(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give Burrows's Delta of each pair of rows; a word that all use equally often tells nothing and is left out."""
    spread = shares.std(axis=0, ddof=1)
    differ = spread > 1e-15
    z = (shares[:, differ] - shares[:, differ].mean(axis=0)) / spread[differ]
    if not differ.any():
        return np.zeros((len(shares), len(shares)))
    return np.stack([np.abs(z - row).mean(axis=1) for row in z])


def _found(corpus: _Corpus, words: int) -> pd.DataFrame:
    count = len(corpus.names)
    if count < 2:
        columns = {
            "a": np.int64,
            "b": np.int64,
            "delta": np.float64,
            "cosine": np.float64,
            "mutual": np.bool_,
        }
        return pd.DataFrame({name: np.empty(0, dtype=kind) for name, kind in columns.items()})
    distance = delta(_shares(corpus.words, _most(corpus.words, words))).round(9)
    grams = _shares(corpus.grams, _most(corpus.grams, _GRAMS))
    length = np.linalg.norm(grams, axis=1)
    cosine = (grams @ grams.T) / np.maximum(np.outer(length, length), 1e-300)
    nearest = (distance + np.diag(np.full(count, np.inf))).argmin(axis=1)
    a, b = np.triu_indices(count, 1)
    found = pd.DataFrame(
        {"a": a, "b": b, "delta": distance[a, b], "cosine": cosine[a, b].clip(0, 1).round(9)}
    )
    found = found.assign(mutual=(nearest[a] == b) & (nearest[b] == a))
    return found.sort_values(
        ["delta", "cosine", "a", "b"], ascending=[True, False, True, True], ignore_index=True
    )


def _told(shown: pd.DataFrame, corpus: _Corpus, kept: pd.DataFrame) -> pd.DataFrame:
    sizes = [one.total() for one in corpus.words]
    pairs = list(zip(shown["a"].tolist(), shown["b"].tolist(), shown["mutual"].tolist(), strict=True))
    reasons = [_reasons(corpus, (a, b), min(sizes[a], sizes[b]), nearest=nearest) for a, b, nearest in pairs]
    found = pd.DataFrame(
        {
            "a": pd.Series([corpus.names[a] for a, _, _ in pairs], dtype="str"),
            "a_handle": pd.Series([corpus.handles[a] for a, _, _ in pairs], dtype="str"),
            "b": pd.Series([corpus.names[b] for _, b, _ in pairs], dtype="str"),
            "b_handle": pd.Series([corpus.handles[b] for _, b, _ in pairs], dtype="str"),
            "delta": shown["delta"],
            "ngram_cosine": shown["cosine"],
            "n_tokens": np.array([min(sizes[a], sizes[b]) for a, b, _ in pairs], dtype=np.int64),
            "n_accounts": np.full(len(pairs), len(corpus.names), dtype=np.int64),
            "reasons_for": pd.Series([pro for pro, _ in reasons], dtype=object),
            "reasons_against": pd.Series([contra for _, contra in reasons], dtype=object),
        }
    )
    return found.join(_cited(pairs, corpus, kept))


def _reasons(
    corpus: _Corpus, pair: tuple[int, int], fewest: int, *, nearest: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    count, (one, other) = len(corpus.names), (corpus.languages[each] for each in pair)
    pro = [(nearest and count > 2, "each is the nearest of all accounts compared to the other")]
    contra = [
        (fewest < _ENOUGH, f"fewer than {_ENOUGH:,} words: Delta is unreliable"),
        (count < _CORPUS, f"only {count} accounts compared: z-scores over so few mean little"),
        (bool(one and other and not one & other), "other languages declared"),
        (True, "topic, language, copied texts and writing programmes make texts alike"),
    ]
    return frames.holding(pro), frames.holding(contra)


def _cited(pairs: list[tuple[int, int, bool]], corpus: _Corpus, kept: pd.DataFrame) -> pd.DataFrame:
    """Cite the posts of both, the first of each in turn."""
    named = {corpus.names[each] for a, b, _ in pairs for each in (a, b)}
    by_author = {
        str(name): part for name, part in kept[kept["author"].isin(named)].groupby("author")["exhibit"]
    }
    parts = [_in_turn(by_author[corpus.names[a]], by_author[corpus.names[b]]) for a, b, _ in pairs]
    group = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    every = pd.concat([pd.Series([], dtype="str"), *parts], ignore_index=True)
    return frames.cited(every, group, len(parts))


def _in_turn(one: pd.Series[str], other: pd.Series[str]) -> pd.Series[str]:
    place = np.concatenate([np.arange(len(one)) * 2, np.arange(len(other)) * 2 + 1])
    return pd.concat([one, other]).iloc[np.argsort(place, kind="stable")]
