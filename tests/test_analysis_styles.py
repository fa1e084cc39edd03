"""Style: Delta computed by hand, gates and reasons against, no other thing than words compared."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from itertools import combinations
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import post, posts
from workbench import analysis
from workbench.analysis import styles
from workbench.errors import UsageError

WHEN = "2026-03-01T10:00:00Z"


def written(**texts: str) -> pd.DataFrame:
    return posts(*(post(WHEN, author, content=text) for author, text in texts.items()))


def test_delta_of_three_short_texts_is_the_one_worked_out_by_hand() -> None:
    """Two words, three texts of ten words: the shares of "the" are .5 .3 .1, those of "of" .1 .1 .4.

    Means .3 and .2; standard deviations (n - 1) .2 and sqrt(.03). So z of "the" is 1, 0, -1 and z of "of" is
    -.57735, -.57735, 1.1547; Delta(a, b) = (1 + 0) / 2, Delta(b, c) = (1 + 1.73205) / 2,
    Delta(a, c) = (2 + 1.73205) / 2.
    """
    rest = [f"w{number:c}" for number in range(97, 120)]

    def text(the: int, of: int, start: int) -> str:
        return " ".join(["the"] * the + ["of"] * of + rest[start : start + 10 - the - of])

    found = analysis.style_distance(
        written(a=text(5, 1, 0), b=text(3, 1, 4), c=text(1, 4, 10)), words=2, min_tokens=10
    )
    told = {(a, b): delta for a, b, delta in zip(found["a"], found["b"], found["delta"], strict=True)}
    assert told == {
        ("a", "b"): pytest.approx(0.5),
        ("b", "c"): pytest.approx(1.3660254),
        ("a", "c"): pytest.approx(1.8660254),
    }
    assert found["a"].tolist()[0] == "a"
    assert set(found["n_tokens"]) == {10}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "ف"]),
        st.lists(st.sampled_from(["x", "y", "zz", "ы", "日", "ไ"]), min_size=1, max_size=20),
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_delta_is_that_of_plain_loops_in_any_order(texts: dict[str, list[str]], rng: Random) -> None:
    table = written(**{author: " ".join(words) for author, words in texts.items()})
    mixed = table.iloc[rng.sample(range(len(table)), len(table))]
    one = analysis.style_distance(table, words=3, min_tokens=1)
    pd.testing.assert_frame_equal(one, analysis.style_distance(mixed, words=3, min_tokens=1))
    found = {(a, b): delta for a, b, delta in zip(one["a"], one["b"], one["delta"], strict=True)}
    assert found == {pair: pytest.approx(value, abs=1e-8) for pair, value in plain_delta(texts, 3).items()}
    assert one["ngram_cosine"].between(0, 1).all()


def plain_delta(texts: dict[str, list[str]], number: int) -> dict[tuple[str, str], float]:
    """Burrows's formula, word by word."""
    if len(texts) < 2:
        return {}
    total = Counter(word for words in texts.values() for word in words)
    most = sorted(total, key=lambda word: (-total[word], word))[:number]
    shares = {author: [words.count(word) / len(words) for word in most] for author, words in texts.items()}
    columns = list(zip(*shares.values(), strict=True))
    spread = [statistics.stdev(column) for column in columns]
    used = [place for place, each in enumerate(spread) if each > 1e-15]
    return {
        (a, b): sum(abs(shares[a][n] - shares[b][n]) / spread[n] for n in used) / max(len(used), 1)
        for a, b in combinations(sorted(texts), 2)
    }


def test_the_cosine_is_that_of_four_letters_in_a_row() -> None:
    found = analysis.style_distance(written(a="abcde", b="abcd abcd"), min_tokens=1)
    one, other = Counter(["abcd", "bcde"]), Counter(["abcd", "bcd ", "cd a", "d ab", " abc", "abcd"])
    dot = sum(one[gram] * other[gram] for gram in one)
    length = math.sqrt(sum(n * n for n in one.values())) * math.sqrt(sum(n * n for n in other.values()))
    assert found["ngram_cosine"].iloc[0] == pytest.approx(dot / length)


def test_too_few_words_are_not_compared_and_said() -> None:
    found = analysis.style_distance(written(a="one two " * 600, b="two one " * 600, c="hello"))
    assert found[["a", "b"]].to_numpy().tolist() == [["a", "b"]]
    assert found.attrs["counts"]["too_few"] == 1
    assert found["reasons_against"].iloc[0] == (
        "fewer than 5,000 words: Delta is unreliable",
        "only 2 accounts compared: z-scores over so few mean little",
        "topic, language, copied texts and writing programmes make texts alike",
    )
    assert found["reasons_for"].iloc[0] == ()


def test_the_nearest_of_all_to_each_other_is_a_reason_for() -> None:
    texts = {"a": "the the of of in", "b": "the the of in in", "c": "no no no the x", "d": "no no no of x"}
    found = analysis.style_distance(written(**texts), words=5, min_tokens=1)
    nearest = found[found["reasons_for"].map(bool)]
    assert sorted(zip(nearest["a"], nearest["b"], strict=True)) == [("a", "b"), ("c", "d")]


def test_only_pairs_with_the_asked_ones_are_given() -> None:
    table = written(a="x y z", b="x y", c="z z y")
    found = analysis.style_distance(table, min_tokens=1, accounts=["@B@town"])
    assert all("b" in pair for pair in found[["a", "b"]].to_numpy().tolist())
    assert len(found) == 2
    assert set(found["n_accounts"]) == {3}
    signed = table.assign(author_handle="@" + table["author_handle"].str.removeprefix("@"))
    assert len(analysis.style_distance(signed, min_tokens=1, accounts=["@b@town"])) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("See https://a.example/x @bob #tag Don't STOP, naïve", ["see", "don't", "stop", "naïve"]),
        ("Приду с ножом", ["приду", "с", "ножом"]),
        ("سأحضر السكّين", ["سأحضر", "السكّين"]),
        ("東京で会う", ["東", "京", "で", "会", "う"]),
        ("123 🙂 !!", []),
    ],
)
def test_words_are_read_in_any_script(text: str, words: list[str]) -> None:
    assert styles.tokens(text) == words


def test_reposts_are_not_the_accounts_own_words() -> None:
    table = posts(
        post(WHEN, "a", content="mine"),
        post(WHEN, "a", content="theirs", kind="repost"),
        post(WHEN, "b", content="x"),
    )
    found = analysis.style_distance(table, min_tokens=1)
    assert found["n_tokens"].tolist() == [1]
    assert found.attrs["counts"]["other_kinds"] == 1


def test_other_languages_are_a_reason_against() -> None:
    table = posts(post(WHEN, "a", content="x", language="en"), post(WHEN, "b", content="y", language="ru"))
    found = analysis.style_distance(table, min_tokens=1)
    assert "other languages declared" in found["reasons_against"].iloc[0]


def test_equal_texts_have_no_distance() -> None:
    assert styles.delta(np.array([[0.5, 0.5], [0.5, 0.5]])).tolist() == [[0, 0], [0, 0]]
    found = analysis.style_distance(written(a="x y", b="x y"), min_tokens=1)
    assert (found["delta"].iloc[0], found["ngram_cosine"].iloc[0]) == (0, 0)


@pytest.mark.parametrize("wrong", [{"words": 1}, {"min_tokens": 0}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        analysis.style_distance(posts(), **wrong)  # type: ignore[arg-type]  # whatever a notebook passes
