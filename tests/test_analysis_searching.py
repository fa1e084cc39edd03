"""Search: any script, every text that a post had, places as captured, and queries that mean harm."""

from __future__ import annotations

import re
import sqlite3
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import made, post, posts
from workbench import analysis
from workbench.analysis import letters
from workbench.errors import UsageError

WHEN = "2026-03-01T10:00:00Z"


def said(*texts: str) -> pd.DataFrame:
    return posts(*(post(WHEN, content=text) for text in texts))


def found_in(query: str, *texts: str, **options: Any) -> list[str]:
    """Give the texts found, put together again from what stands before, in and after the match."""
    found = analysis.search(said(*texts), query, **options)
    return sorted(found["before"] + found["match"] + found["after"])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("knife", "I will bring a KNIFE."),
        ("ножом", "Приду с НОЖОМ вечером"),
        ("ΜΑΧΑΊΡΙ", "θα φέρω μαχαίρι"),
        ("cafe", "meet at the Café"),
        ("đường", "ĐƯỜNG này"),
        ("سكين", "سأحضر السكّين معي"),
        ("ידע", "אני יוֹדַע ידע"),
        ("มีด", "ฉันจะเอามีดไปด้วย"),
        ("東京", "明日東京で会う"),
        ("ﾅｲﾌ", "ナイフを持って行く"),
        ("칼", "내일 칼을 가져갈게"),
        ("चाकू", "मैं चाकू लाऊंगा"),
        ("🔪", "tonight 🔪🔪"),
        ("ｋｎｉｆｅ🔪", "knife🔪"),
        ("knif*", "knives knifed"),
        ('"bring a knife"', "will Bring  a\nKnife"),
        ("“a knife” bring", "bring: a knife"),
        ("don't", "Don't come"),
        ("^knife", "a knife"),
        ("-knife +a", "a knife"),
        # Other forms of the same letters: decomposed (as macOS writes names), wide, bold, joined, in capitals.
        ("각하", "\u1100\u1161\u11a8\u1112\u1161"),
        ("\u1100\u1161\u11a8\u1112\u1161", "각하께"),
        ("がんばれ", "か\u3099んは\u3099れ か\u3099んばれ"),
        ("ガン", "ｶﾞﾝを買う"),
        ("কো", "ক\u09c7\u09be"),
        ("knife", "ｋｎｉｆｅ tonight"),
        ("knife", "𝐤𝐧𝐢𝐟𝐞 tonight"),
        ("knife", "kni\u200bfe"),
        ("knife", "kn\u00adi\ufe0ffe"),
        ("fire", "the ﬁre"),
        ("straße", "STRASSE 5"),
        ("strasse", "Straße 5"),
        ("istanbul", "İSTANBUL"),
        ("οδός", "ΟΔΟΣ"),
        ("елка", "Ёлка"),
        ("замок", "за\u0301мок"),
        ("kn＂ife", "kn ife"),
    ],
)
def test_words_of_any_script_are_found(query: str, text: str) -> None:
    assert found_in(query, text, "something else entirely") == [text]


@pytest.mark.parametrize(
    ("query", "text", "options"),
    [
        ("knife", "penknife", {}),
        ("knife gun", "a knife", {}),
        ('"a knife"', "knife a", {}),
        ("cafe", "Café", {"diacritics": True}),
        ("سكين", "سكّين", {"diacritics": True}),
        ("が", "か", {}),
        ("か", "か\u3099", {}),
        ("가", "\u1100\u1161\u11a8", {}),
        ("e", "e\u0301", {"diacritics": True}),
        ("мои", "мой", {}),
        ("мои", "мои\u0306", {}),
    ],
)
def test_what_is_not_meant_is_not_found(query: str, text: str, options: dict[str, Any]) -> None:
    assert found_in(query, text, **options) == []


def test_marks_are_told_apart_however_a_letter_is_put_together() -> None:
    for query, text in (("café", "cafe\u0301"), ("cafe\u0301", "café"), ("việt", "Vie\u0302\u0323t")):
        assert found_in(query, text, "cafe viet", diacritics=True) == [text]


@pytest.mark.parametrize("whole_words", [True, False])
def test_a_match_is_given_as_it_was_written(whole_words: bool) -> None:
    text = "ﬁ İ ß \u200b a\u0308 ｋｎ\u200bｉｆｅ ß"
    row = analysis.search(said(text), "knife", whole_words=whole_words).iloc[0]
    assert (row["before"], row["match"], row["after"]) == (
        "ﬁ İ ß \u200b a\u0308 ",
        "ｋｎ\u200bｉｆｅ",
        " ß",
    )


@given(st.text(max_size=20), st.booleans())
@settings(max_examples=200, deadline=None)
def test_each_folded_letter_is_found_again(text: str, diacritics: bool) -> None:
    folding = letters.Folding(diacritics=diacritics)
    folded = folding.fold(text)
    spans = [folding.unfolded(text, place, place + 1) for place in range(len(folded))]
    assert spans == sorted(spans)
    assert all(letter in folding.fold(text[slice(*span)]) for letter, span in zip(folded, spans, strict=True))


def test_letters_within_words_are_found_when_asked() -> None:
    assert found_in("knife", "penknife", whole_words=False) == ["penknife"]
    assert found_in("ΚΝΊΦΕ", "κνιφε", whole_words=False) == ["κνιφε"]


def test_all_texts_of_a_post_are_searched_and_every_observation_cited() -> None:
    table = posts(
        post(WHEN, entity_id="p", exhibit="E1", content="all quiet", summary="about the bridge"),
        post(
            WHEN,
            entity_id="p",
            exhibit="E2",
            content="I know where you live, by the bridge",
            captured_at="2026-03-21T00:00:00Z",
        ),
        post(WHEN, entity_id="p", exhibit="E3", content="I know where you live, by the bridge"),
    )
    versions = made(
        "post_versions",
        [
            {
                "entity_id": "p",
                "exhibit": "E4",
                "author": "a",
                "content": "The bridge. Tonight.",
                "published": WHEN,
            }
        ],
    )
    media = made("media", [{"post": "p", "exhibit": "E5", "description": "a bridge at night"}])
    found = analysis.search(table, "bridge", versions=versions, media=media).set_index("field")
    assert {field: found.loc[field, "exhibits"] for field in found.index} == {
        "content": ("E2", "E3"),
        "summary": ("E1",),
        "version": ("E4",),
        "description": ("E5",),
    }
    assert set(found["post"]) == {"p"}
    assert set(found["author_handle"]) == {"a@town"}
    assert set(found["at"]) == {pd.Timestamp(WHEN)}
    assert found.attrs["counts"]["rows"] == 5


def test_the_context_is_cut_and_matches_are_counted() -> None:
    text = "x" * 100 + " knife " + "y" * 100 + " knife"
    row = analysis.search(said(text), "knife").iloc[0]
    assert (len(row["before"]), row["match"], len(row["after"]), row["n_matches"]) == (60, "knife", 60, 2)


def test_no_more_than_top_are_given_and_the_rest_is_counted() -> None:
    found = analysis.search(said(*(f"knife {n}" for n in range(9))), "knife", top=4)
    assert len(found) == 4
    assert found.attrs["counts"]["not_shown"] == 5
    assert "5 results beyond the number asked for" in analysis.said(found)


@pytest.mark.parametrize("query", ["", "  ", '""', '"open', "*", "a" * 1001, "a " * 51])
@pytest.mark.parametrize("whole_words", [None, True, False])
def test_queries_that_cannot_be_read_are_refused(query: str, whole_words: bool | None) -> None:
    with pytest.raises(UsageError):
        analysis.search(said("a"), query, whole_words=whole_words)


@pytest.mark.parametrize(
    "query",
    [
        "knife OR gun",
        "NEAR(knife gun)",
        "content:knife",
        "knife AND NOT gun",
        "text : knife",
        "{a b} : knife",
        "knife) UNION SELECT",
        "'; drop table every; --",
        "kni\0fe",
        "\ue000knife\ue001",
        "\ud800",
    ],
)
def test_full_text_syntax_is_but_words(query: str) -> None:
    words = " ".join(re.findall(r"\w+", query))
    try:
        found = found_in(query, words, "knife")
    except UsageError:
        return
    assert "knife" not in found
    assert set(found) <= {words}


def test_marks_of_our_own_in_captured_text_do_not_move_the_match() -> None:
    text = "\ue000\ue001 a\x00b \ufffd knife \ue001\ue000 gun"
    found = analysis.search(posts(post(WHEN)).assign(content=[text]), "knife gun").iloc[0]
    assert (found["before"], found["match"]) == ("\ue000\ue001 a\x00b \ufffd ", "knife")
    assert found["n_matches"] == 2


def test_missing_full_text_search_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Without:
        def execute(self, statement: str) -> None:
            raise sqlite3.OperationalError(f"no such module: fts5 in {statement[:6]}")

        def close(self) -> None:
            pass

    monkeypatch.setattr("workbench.analysis.searching.sqlite3.connect", lambda _: Without())
    with pytest.raises(UsageError, match="no full-text search"):
        analysis.search(said("a"), "a")
    assert len(analysis.search(said("a"), "a", whole_words=False)) == 1


@given(
    st.lists(st.text('ab αΑéе\u0301 日本ไทยسّ🙂\n"*', max_size=12), max_size=8),
    st.text("abαéе日ไس🙂", min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_letters_are_found_where_they_are_in_any_order_of_rows(
    texts: list[str], query: str, rng: Random
) -> None:
    table = said(*texts)
    mixed = table.iloc[rng.sample(range(len(table)), len(table))]
    one = analysis.search(table, query, whole_words=False)
    pd.testing.assert_frame_equal(one, analysis.search(mixed, query, whole_words=False))
    fold = letters.Folding(diacritics=False).fold
    assert len(one) == sum(fold(query) in fold(text) for text in texts)
    for text, match in zip(one["before"] + one["match"] + one["after"], one["match"], strict=True):
        assert text in texts
        assert fold(query) in fold(match)


@given(st.lists(st.text("ab éЖ日-!", max_size=8), max_size=6), st.text("abéЖ", min_size=1, max_size=2))
@settings(max_examples=60, deadline=None)
def test_whole_words_are_those_of_a_plain_split(texts: list[str], query: str) -> None:
    def plain(text: str) -> list[str]:
        return re.findall(r"\w+", text.lower().replace("é", "e"))

    expected = sorted(text for text in texts if plain(query)[0] in plain(text))
    assert found_in(query, *texts, whole_words=True) == expected
