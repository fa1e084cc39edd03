"""The one rule by which names of accounts are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.handles import folded


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
