"""Tables and banners: whole, escaped, with their citations, and saying what is not shown."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from tests.analysis_kit import act, at, interactions, post, posts
from tests.show_kit import HOSTILE, requests_of, tags_of
from workbench import analysis, show
from workbench.errors import UsageError
from workbench.show import columns


def test_hostile_words_are_shown_whole_and_do_nothing() -> None:
    long = "word " * 400
    shown = show.table(posts(post("2026-03-01T00:00:00Z", content=HOSTILE + long)), title=HOSTILE)
    markup = shown.fragment()
    assert requests_of(markup) == []
    assert {tag for tag, _ in tags_of(markup)} == {
        *("style", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "div", "bdi", "code"),
        *("span", "wbr"),
    }
    assert "⟨U+202E⟩" in markup
    assert long in markup


def test_a_result_shows_citations_and_says_its_method_once() -> None:
    table = interactions(*(act(f"2026-03-01T00:{n:02d}:00Z") for n in range(30)), act(None))
    shown = show.table(analysis.incidents(table))
    assert "<code>2026-0417-E0000#/0</code>" in shown.markup
    assert "and 22 more" in shown.markup
    assert '<th scope="col">method</th>' not in shown.markup
    assert shown.markup.count("a pause longer than merge_gap") == 1
    assert "left out: 1 without a usable time" in shown.plain


def test_rows_not_shown_are_said() -> None:
    shown = show.table(pd.DataFrame({"n": range(300)}))
    assert shown.markup.count("<tr>") == 201
    assert "The first 200 of 300 rows are shown; rows=300 shows all." in shown.plain
    ordered = pd.DataFrame({"n": range(20_000)})
    ordered.attrs["order"] = "the least first"
    told = show.table(ordered, rows=3, more="limit").plain
    assert (
        "The first 3 of 20,000 rows are shown, in this order: the least first; a greater limit shows more."
        in told
    )
    assert "order" not in show.table(ordered.head(3), rows=3).plain
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
    assert "2026-07-01 00:00:00 EDT<br><small>2026-07-01 04:00:00 UTC</small>" in _without_spans(markup)
    for text in ("yes", "1.235", "a; b", "–"):
        assert f"<bdi>{text}</bdi>" in markup
    with pytest.raises(UsageError, match="zone"):
        show.table(frame, zone="Mars/Base")


def _without_spans(markup: str) -> str:
    return re.sub("</?span[^>]*>", "", markup)


def test_no_number_is_written_as_a_power_of_ten() -> None:
    rows = pd.DataFrame({"hours": [90222.6, 6571.5, 42.97], "divergence": [0.28951, 0.0, 1.0]})
    markup = show.table(rows, title="Silences").markup
    for text in ("90223", "6572", "42.97", "0.2895"):
        assert f"<bdi>{text}</bdi>" in markup


def test_what_says_the_same_everywhere_stands_once() -> None:
    table = interactions(*(act(f"2026-03-0{n}T00:00:00Z") for n in range(1, 5)))
    shown = show.table(analysis.timeline(posts(), table, zone="America/New_York"), zone="America/New_York")
    assert ">local<" not in shown.markup
    assert "platform" in shown.plain.partition("The same in every row")[2]
    assert '<th scope="col">platform</th>' not in shown.markup


def test_a_handle_stands_for_its_identifier_unless_it_says_too_little() -> None:
    frame = pd.DataFrame(
        {
            "author": ["https://a.test/1", "https://b.test/2", "https://b.test/3", "https://b.test/4"],
            "author_handle": ["@ada@a.test", "@bo@b.test", "@bo@b.test", ""],
            "exhibits": [("2026-0417-E0001#/0",)] * 4,
            "exhibit_count": [1] * 4,
            "note": [""] * 4,
        }
    )
    shown = show.table(frame)
    assert '<th scope="col">author</th>' in shown.markup
    assert "https://a.test/1" not in shown.markup
    for identifier in ("https://b.test/2", "https://b.test/3", "https://b.test/4"):
        assert identifier in shown.markup
    assert "Empty in every row: note." in shown.plain


def test_citations_stand_under_their_row_and_stay_with_it() -> None:
    frame = pd.DataFrame({"n": [1, 2], "exhibit": ["2026-0417-E0001", "2026-0417-E0002"]})
    bodies = show.table(frame).markup.split("<tbody>")[1:]
    assert ["E0001" in body for body in bodies] == [True, False]
    counts = show.table(pd.DataFrame({"capture": ["capture-0001"], "exhibits": [52]})).markup
    assert ">exhibits</th>" in counts


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


def test_captured_words_are_never_set_as_mathematics() -> None:
    words = show.table(pd.DataFrame({"content": ["$\\href{javascript:alert(1)}{x}$"]}))
    assert 'class="wb-shown mathjax_ignore"' in words.fragment()
    assert 'class="wb-banner mathjax_ignore"' in show.case_banner({"Case": "$x$"}, title="$y$").fragment()


def test_degrees_keep_their_metres_and_a_row_is_no_rows() -> None:
    drawn = show.table(pd.DataFrame({"latitude": [41.30109], "longitude": [-66.7036]})).markup
    assert ">41.30109<" in drawn
    assert ">-66.70360<" in drawn
    assert ">1 row.<" in drawn


def test_a_files_hash_is_written_by_its_first_digits_and_captured_words_are_never_cut() -> None:
    digits = "sha256:" + "ab" * 32
    drawn = show.table(pd.DataFrame({"group": [digits], "words": [digits], "media": [digits]})).markup
    assert ">sha256:abababababab…<" in drawn
    # Whole under the row, where identifiers stand, and in captured words.
    assert drawn.count(digits) == 2


def test_a_handle_is_broken_before_its_server_only() -> None:
    drawn = show.table(
        pd.DataFrame({"who": ["@window_nine@quillhaven.example"], "words": ["hi @roe"]})
    ).markup
    assert 'class="wb-words wb-handle"><bdi>@window_nine<wbr>@quillhaven.example<' in drawn
    assert drawn.count("wb-handle") == 1


def test_many_values_of_a_parameter_are_counted() -> None:
    told = json.dumps({"around": [f"p{number}" for number in range(9)]})
    drawn = show.table(pd.DataFrame({"n": [1, 2], "parameters": [told, told]})).markup
    assert "around p0 + p1 + p2 + p3 + p4 + p5 and 3 more" in drawn
    told = json.dumps({"around": [f"https://a.test/statuses/{'7' * 60}{number}" for number in range(9)]})
    drawn = show.table(pd.DataFrame({"n": [1], "parameters": [told]})).markup
    assert drawn.count("https://a.test") == 1
    assert "70 and 8 more" in drawn


def test_a_column_s_words_stand_once_however_many_columns_bear_its_name() -> None:
    assert [name for name, _ in columns.said(["merge_gap", "target", "target"])] == ["merge_gap", "target"]


def test_a_time_has_a_line_of_its_own_on_paper_where_columns_are_few() -> None:
    when = pd.to_datetime(["2026-03-01T10:00:00Z"])
    few = pd.DataFrame({"at": when, "who": ["a"], "words": ["b"]})
    many = few.assign(**{name: ["x"] for name in ("item", "kind", "model", "make", "note")})
    assert "wb-roomy" in show.table(few).markup.split("</style>")[-1]
    assert "wb-roomy" not in show.table(many).markup.split("</style>")[-1]
