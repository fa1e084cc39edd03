"""Handle candidates: published examples of the measure, reasons both ways, never the sought one itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import made
from workbench import analysis


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
