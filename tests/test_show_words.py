"""Words: escaped, visible, and never cut without saying so."""

from __future__ import annotations

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.show.words import escaped, line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invoice\u202egpj.exe", "invoice⟨U+202E⟩gpj.exe"),
        ("pay\u200bpal", "pay⟨U+200B⟩pal"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("nul\x00esc\x1b[31m", "nul⟨U+0000⟩esc⟨U+001B⟩[31m"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("👩‍👧 می‌خواهم", "👩‍👧 می‌خواهم"),
        ("שלום, мир, 世界", "שלום, мир, 世界"),
    ],
)
def test_unseen_characters_are_shown_and_the_others_left(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_line_says_how_much_is_cut() -> None:
    assert line("abc\n\n  def", 40) == "abc ⏎ def"
    assert line("abcdef", 4) == "abcd… (2 more characters)"


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_escaped_text_holds_no_markup_and_loses_nothing(text: str) -> None:
    made = escaped(text)
    assert not set("<>\"'") & set(made)
    assert html.unescape(made) == visible(text)
    made.encode("utf-8")
