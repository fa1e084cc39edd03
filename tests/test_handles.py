"""The one rule by which names of accounts are compared."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.handles import bearing, folded, folded_all


@pytest.mark.parametrize(
    ("name", "compared"),
    [
        (" @Mira@Town.Example ", "mira@town.example"),
        ("@@mira", "mira"),
        ("https://town.example/@Mira", "https://town.example/@mira"),
        ("МИРА", "мира"),
        ("", ""),
    ],
)
def test_signs_blanks_and_case_do_not_count(name: str, compared: str) -> None:
    assert folded(name) == compared


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=8))
def test_what_is_folded_stays_so(name: str) -> None:
    once = folded(folded(name))
    assert folded(once) == once


def test_one_name_is_a_name_and_not_its_letters() -> None:
    assert folded_all("@Mira") == folded_all(["mira", "@MIRA "]) == {"mira"}


def test_a_row_bears_a_name_in_any_of_the_columns() -> None:
    rows = pd.DataFrame({"actor": ["x:1", "x:2", ""], "actor_handle": ["@Mira", "noor", "mira"]})
    assert bearing(rows, ["actor", "actor_handle"], {"mira", "x:2"}).tolist() == [True, True, True]
    assert bearing(rows, ["actor_handle"], {"mira"}).tolist() == [True, False, True]
    assert bearing(rows[:0], ["actor"], {"mira"}).dtype == bool
