"""Handle candidates: published examples of the measure, reasons both ways, never the sought one itself."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import JaroWinkler

from tests.analysis_kit import made
from workbench import analysis
from workbench.analysis import lookalikes
from workbench.errors import UsageError


def account(handle: str, **more: Any) -> dict[str, Any]:
    return {"handle": handle, **more}


@pytest.mark.parametrize(
    ("one", "other", "published"),
    # Winkler's examples, as given in the US Census Bureau's research report RR94/05 and since.
    [
        ("martha", "marhta", 0.961),
        ("dwayne", "duane", 0.840),
        ("dixon", "dicksonx", 0.813),
        ("shackleford", "shackelford", 0.982),
    ],
)
def test_the_measure_is_the_published_one(one: str, other: str, published: float) -> None:
    found = analysis.handle_candidates(made("accounts", [account(other)]), handles=one, at_least=0.5)
    assert found["similarity"].tolist() == pytest.approx([published], abs=0.0006)
    assert found["measure"].tolist() == ["Jaro-Winkler"]


def test_reasons_stand_on_both_sides() -> None:
    table = made(
        "accounts",
        [
            account(
                "mira.k99@town",
                name="Mira K",
                icon="i1",
                moved_to="sunny@other",
                published="2026-01-01T00:00:00Z",
                bot=False,
            ),
            account("mira_k@other", name="ＭＩＲＡ K", icon="i1", published="2026-01-05T00:00:00Z", bot=True),
            account("Mira.K99@elsewhere", name="Somebody"),
            account("sunny@other"),
            account("unlike@town"),
        ],
    )
    found = analysis.handle_candidates(table, handles="@mira.k99@town").set_index("candidate")
    assert found.index.tolist() == ["sunny@other", "Mira.K99@elsewhere", "mira_k@other"]
    moved, same, like = (found.loc[name] for name in found.index)
    assert moved["reasons_for"] == ("the sought account says it moved here",)
    assert moved["measure"] == "moved to"
    assert like["measure"] == "Jaro-Winkler, letters only"
    assert set(like["reasons_for"]) == {
        "same letters, other digits or signs",
        "same display name",
        "same address of the profile picture",
        "made within 7 days of the sought account",
    }
    assert "declared automated" in like["reasons_against"]
    assert same["similarity"] == 1
    assert same["reasons_for"] == ("same handle on another server or platform",)
    assert "another display name" in same["reasons_against"]
    assert like["exhibits"] == ("2026-0417-E0001#/0", "2026-0417-E0000#/0")


def test_an_unknown_sought_account_is_said() -> None:
    found = analysis.handle_candidates(made("accounts", [account("bob2")]), handles=["bob", "nobody at all"])
    assert found["handle"].tolist() == ["bob"]
    assert any("not in the table" in reason for reason in found["reasons_against"].iloc[0])
    assert any("short" in reason for reason in found["reasons_against"].iloc[0])


def test_other_scripts_are_compared_as_they_are() -> None:
    table = made("accounts", [account("мария_к@town"), account("マリア"), account("")])
    found = analysis.handle_candidates(table, handles=["Мария-к", "マリア2"])
    assert found["candidate"].tolist() == ["мария_к@town", "マリア"]
    assert found.attrs["counts"]["unattributed"] == 1


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("branoch_teale", "the handles differ in 1 character of 14"),
        ("brannoch_teael", "the handles differ in 1 character of 14"),
        ("brannoch_northbound", "the handles begin with the same 9 characters"),
        ("rennoch_tealers", "the handles differ in 4 characters of 15"),
    ],
)
def test_what_is_alike_of_a_name_spelled_otherwise_is_said(found: str, words: str) -> None:
    table = made("accounts", [account("brannoch_teale"), account(found)])
    (lead,) = analysis.handle_candidates(table, handles="brannoch_teale", at_least=0.7).to_dict("records")
    assert lead["reasons_for"] == (words,)
    assert "a similar name alone identifies nobody" in lead["reasons_against"]


def test_no_more_than_top_are_given() -> None:
    table = made("accounts", [account(f"mira{n:03d}") for n in range(60)])
    assert len(analysis.handle_candidates(table, handles="mira", top=7)) == 7


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
@settings(max_examples=60, deadline=None)
def test_similarity_stays_between_0_and_1_and_never_names_itself(sought: str, others: list[str]) -> None:
    found = analysis.handle_candidates(
        made("accounts", [account(other) for other in others]), handles=sought, at_least=0
    )
    assert found["similarity"].between(0, 1).all()
    assert (found["candidate"] != sought).all()


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("paypal", "раураӏ"),  # Cyrillic throughout
        ("mira_k", "mіrа_k"),  # two letters of it
        ("sophia", "ѕορհιа"),  # Cyrillic, Greek and Armenian together
        ("paul", "PauI"),  # a capital i
        ("bob2010", "bоb20l0"),
    ],
)
def test_letters_that_look_alike_are_a_reason_of_their_own(sought: str, found: str) -> None:
    lead = analysis.handle_candidates(made("accounts", [account(found)]), handles=sought).iloc[0]
    assert lead["similarity"] == 1
    assert lead["measure"] == "Jaro-Winkler, look-alike letters as one"
    assert "looks the same: other letters or digits of the same shape" in lead["reasons_for"]
    assert "a similar name alone identifies nobody" in lead["reasons_against"]


def test_every_fold_is_of_one_letter_and_ends_in_ascii() -> None:
    assert all(
        len(one) == 1 and other.isascii() and other.isalnum() for one, other in lookalikes.FOLDS.items()
    )
    assert not set(lookalikes.FOLDS.values()) & (set(lookalikes.FOLDS) - {"l"}), (
        "folding twice changes nothing"
    )
    assert all(unicodedata.normalize("NFKC", one).casefold() == one for one in lookalikes.FOLDS)


@given(
    st.lists(st.text("abc01lоа", max_size=6), min_size=1, max_size=3, unique=True),
    st.lists(st.text("abc01lоа", min_size=1, max_size=6), max_size=8),
    st.sampled_from([0.5, 0.8, 0.95]),
)
@settings(max_examples=80, deadline=None)
def test_comparing_all_at_once_loses_none(sought: list[str], others: list[str], at_least: float) -> None:
    def best(one: str, other: str) -> float:
        pairs = [(one, other), (lookalikes.look(one), lookalikes.look(other))]
        alone = tuple("".join(filter(str.isalpha, name)) for name in (one, other))
        return max(
            JaroWinkler.similarity(*pair)
            for pair in [*pairs, *([alone] if min(map(len, alone)) >= 4 else [])]
        )

    found = analysis.handle_candidates(
        made("accounts", [account(other) for other in others]), handles=sought, at_least=at_least, top=99
    )
    expected = sorted(
        (one, other) for one in sought for other in others if one != other and best(one, other) >= at_least
    )
    assert sorted(zip(found["handle"], found["candidate"], strict=True)) == expected


def test_a_similarity_above_1_is_refused() -> None:
    with pytest.raises(UsageError, match="above 1"):
        analysis.handle_candidates(made("accounts", []), handles="a", at_least=1.5)


@given(st.lists(st.text("ab1.", min_size=1, max_size=7), max_size=12, unique=True), st.integers(1, 5))
@settings(max_examples=80, deadline=None)
def test_the_nearest_are_those_that_sorting_all_gives(others: list[str], top: int) -> None:
    table = made("accounts", [account(other) for other in others])
    every = analysis.handle_candidates(table, handles="ab1ab", at_least=0.4, top=99)
    some = analysis.handle_candidates(table, handles="ab1ab", at_least=0.4, top=top)
    columns = ["candidate", "similarity", "measure"]
    assert some[columns].values.tolist() == every[columns].head(top).values.tolist()
    assert every["similarity"].is_monotonic_decreasing
