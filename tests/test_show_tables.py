"""Tables and banners: whole, escaped, with their citations, and saying what is not shown."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.analysis_kit import act, at, interactions, post, posts
from tests.show_kit import HOSTILE, requests_of, tags_of
from workbench import analysis, show
from workbench.errors import UsageError


def test_hostile_words_are_shown_whole_and_do_nothing() -> None:
    long = "word " * 400
    shown = show.table(posts(post("2026-03-01T00:00:00Z", content=HOSTILE + long)), title=HOSTILE)
    markup = shown.fragment()
    assert requests_of(markup) == []
    assert {tag for tag, _ in tags_of(markup)} == {
        *("style", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "div", "bdi", "code")
    }
    assert "⟨U+202E⟩" in markup
    assert long in markup


def test_a_result_shows_citations_and_says_its_method_once() -> None:
    table = interactions(*(act(f"2026-03-01T00:{n:02d}:00Z") for n in range(30)), act(None))
    shown = show.table(analysis.incidents(table))
    assert "<code>2026-0417-E0000#/0</code>" in shown.markup
    assert " and 5 more" in shown.markup
    assert '<th scope="col">method</th>' not in shown.markup
    assert shown.markup.count("a pause longer than merge_gap") == 1
    assert "left out: 1 without a usable time" in shown.plain


def test_rows_not_shown_are_said() -> None:
    shown = show.table(pd.DataFrame({"n": range(300)}))
    assert shown.markup.count("<tr>") == 201
    assert "The first 200 of 300 rows are shown." in shown.plain
    assert "No rows." in show.table(pd.DataFrame()).plain


def test_values_are_written_for_people() -> None:
    frame = pd.DataFrame(
        {
            "when": [at("2026-07-01T04:00:00Z"), pd.NaT],
            "whole": pd.array([1, None], dtype="Int64"),
            "true": pd.array([True, None], dtype="boolean"),
            "ratio": [1.23456, float("nan")],
            "several": [("a", "b"), ()],
        }
    )
    markup = show.table(frame, zone="America/New_York").markup
    assert "2026-07-01 04:00:00 UTC\n2026-07-01 00:00:00 EDT" in markup
    for text in ("yes", "1.235", "a; b", "–"):
        assert f"<bdi>{text}</bdi>" in markup
    with pytest.raises(UsageError, match="zone"):
        show.table(frame, zone="Mars/Base")


def test_columns_are_chosen_and_ordered() -> None:
    markup = show.table(pd.DataFrame({"a": [1], "b": [2]}), columns=["b", "a"]).markup
    assert markup.index(">b</th>") < markup.index(">a</th>")


def test_a_banner_names_the_facts_and_warns_first() -> None:
    banner = show.case_banner(
        {"Case": "2026-0417", HOSTILE: HOSTILE, "Until": None}, title="Missing", warnings=[HOSTILE]
    )
    markup = banner.fragment()
    assert requests_of(markup) == []
    assert markup.index("wb-warning") < markup.index("2026-0417")
    assert "<dd><bdi>–</bdi></dd>" in markup
    assert "<img" not in markup
    assert banner._repr_mimebundle_()["text/plain"].splitlines()[0] == "Missing"
