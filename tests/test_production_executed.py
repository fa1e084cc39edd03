"""Executed cells as markup: links only where a citation stands as one, nothing that acts, nothing that must stay."""

from __future__ import annotations

from collections.abc import Sequence

import lxml.html
import nbformat
import pandas as pd
import pytest

from tests.report_kit import CASE, thumbnail
from tests.show_kit import requests_of, tags_of
from workbench import show
from workbench.production.executed import Executed, Stays


def _notebook(*outputs: dict[str, object], markdown: str = "") -> nbformat.NotebookNode:
    v4 = nbformat.v4
    made: nbformat.NotebookNode = v4.new_notebook()  # type: ignore[no-untyped-call]
    if markdown:
        made.cells.append(v4.new_markdown_cell(markdown))  # type: ignore[no-untyped-call]
    cell = v4.new_code_cell("code()", execution_count=1)  # type: ignore[no-untyped-call]
    cell.outputs = [nbformat.from_dict(each) for each in outputs]  # type: ignore[no-untyped-call]
    made.cells.append(cell)
    return made


def _data(**data: str | Sequence[str]) -> dict[str, object]:
    kinds = {"html": "text/html", "plain": "text/plain", "svg": "image/svg+xml", "png": "image/png"}
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kinds[name]: value for name, value in data.items()},
    }


def _markup(notebook: nbformat.NotebookNode, stays: Stays | None = None) -> tuple[str, dict[int, set[str]]]:
    executed = Executed(CASE, stays or Stays())
    return "".join(executed.sections(notebook)), executed.cited


def test_an_authors_words_are_linked_wherever_they_cite() -> None:
    words = (
        f"See {CASE}-E0001, {CASE}-E0002#/3/content. Not 2026-0418-E0003, nor X{CASE}-E0004 **{CASE}-E0005**"
    )
    markup, cited = _markup(_notebook(markdown=words))
    root = lxml.html.fromstring(f"<div>{markup}</div>")
    assert [(each.text, each.get("href")) for each in root.iter("a")] == [
        (f"{CASE}-E0001", "#E0001"),
        (f"{CASE}-E0002#/3/content", "#E0002/3/content"),
        (f"{CASE}-E0005", "#E0005"),
    ]
    assert cited == {1: {""}, 2: {"/3/content"}, 5: {""}}
    assert " ".join(str(root.xpath("string()")).split()) == words.replace("**", "")


def test_in_outputs_only_a_citation_alone_in_code_is_linked() -> None:
    html = (
        f"<p>{CASE}-E0001</p><code>{CASE}-E0002</code><code>see {CASE}-E0003</code>"
        f"<td>{CASE}-E0004</td><code><b>{CASE}-E0005</b></code>"
    )
    markup, cited = _markup(_notebook(_data(html=html), _data(plain=f"{CASE}-E0006")))
    assert markup.count('<a href="#') == 1
    assert cited == {2: {""}}


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script><img src=http://evil.test/a onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data='http://evil.test'></object>",
        "<a href='javascript:alert(1)' onclick='alert(1)'>x</a><form action='http://evil.test'></form>",
        "<p style='background:url(http://evil.test/c)'>x</p><style>@import 'http://evil.test'</style>",
        "<svg><script>alert(1)</script><image href='http://evil.test/a'/></svg><math><mtext></mtext></math>",
        "<p style='position:fixed;inset:0;background:#fff'>over all of it</p>",
        "</div></section></body><h1 id='exhibits'>x</h1><!-- <p>",
        "<code><img src=x onerror=alert(1)></code><p id='E0001'>x</p><a name='E0001'>x</a>",
    ],
)
def test_nothing_of_an_output_acts_or_leads_out(html: str) -> None:
    markup, _ = _markup(_notebook(_data(html=html), markdown=html))
    assert requests_of(markup) == []
    names = {name for _, attributes in tags_of(markup) for name in attributes}
    assert not names & {"id", "name", "href", "style", "onerror", "onclick", "srcdoc"}
    assert {tag for tag, _ in tags_of(markup)}.isdisjoint({"script", "iframe", "style", "svg", "form"})
    # What an output does not close stays within it.
    root = lxml.html.fromstring(f"<main>{markup}</main>")
    assert {each.get("class") for each in root} <= {"words", "output"}


def test_pictures_and_plain_text_are_kept_as_such() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    markup, _ = _markup(_notebook(_data(svg=svg), _data(png="iVBORw0KGgo="), _data(plain="<b>x</b>\u202e")))
    root = lxml.html.fromstring(f"<main>{markup}</main>")
    assert [each.get("src", "")[:19] for each in root.iter("img")] == [
        "data:image/svg+xml;",
        "data:image/png;base",
    ]
    assert all(each.get("alt") for each in root.iter("img"))
    assert [each.text for each in root.iter("pre")] == ["<b>x</b>\\u202e"]


def test_long_text_is_cut_and_it_is_said() -> None:
    markup, _ = _markup(_notebook(_data(plain="x" * 30_000)))
    assert "[cut here: 10000 more letters stand in the notebook]" in markup


def test_what_cites_an_exhibit_that_stays_is_taken_out() -> None:
    row = "<tbody><tr><td>{0}</td></tr><tr class='wb-under'><td><code>{1}</code></td></tr></tbody>"
    table = f"<table>{row.format('kept', f'{CASE}-E0001')}{row.format('gone', f'{CASE}-E0004')}</table>"
    loose = f"<p>loose words <code>{CASE}-E0004</code></p>"
    markup, cited = _markup(
        _notebook(_data(html=table), _data(html=loose), _data(html=thumbnail(4))), Stays(withheld={4})
    )
    assert "kept" in markup
    assert "gone" not in markup
    assert "loose words" not in markup
    assert "<img" not in markup
    assert markup.count("it cites E0004, whose bytes are withheld") == 3
    assert cited == {1: {""}}


def test_hidden_pictures_are_not_shown_nor_any_after_a_new_mark() -> None:
    notebook = _notebook(_data(html=thumbnail(1) + thumbnail(2)), _data(png="iVBORw0KGgo="))
    assert _markup(notebook)[0].count("<img") == 3
    markup, cited = _markup(notebook, Stays(hidden={2}))
    assert markup.count("<img") == 2
    assert "E0002 is hidden" in markup
    assert set(cited) == {1, 2}
    markup, _ = _markup(notebook, Stays(pictures=True))
    assert "<img" not in markup
    assert markup.count("marked after this notebook ran") == 3


def test_rows_of_what_is_hidden_show_no_words() -> None:
    row = "<tbody><tr><td>{0}</td></tr><tr class='wb-under'><td><code>{1}</code></td></tr></tbody>"
    cells = [("kept", f"{CASE}-E0001"), ("gone", f"{CASE}-E0002#/3"), ("lost", f"{CASE}-E0002")]
    table = f"<table>{''.join(row.format(*each) for each in cells)}</table>"
    chart = f"<figure><figcaption>Timeline</figcaption></figure><p>drawn from <code>{CASE}-E0002</code></p>"
    markup, cited = _markup(_notebook(_data(html=table), _data(html=chart)), Stays(hidden={2}))
    assert "kept" in markup
    assert "gone" not in markup
    assert "lost" not in markup
    assert markup.count("Not shown: it cites E0002, which is hidden.") == 2
    assert "Timeline" in markup
    assert set(cited) == {1, 2}


def test_of_a_hidden_picture_only_its_citation_is_told() -> None:
    tile = (
        thumbnail(2)
        .replace("<figcaption>", "before<figcaption>given as her-name.jpg, @roe ")
        .replace("</figcaption>", " after</figcaption>")
    )
    markup, cited = _markup(_notebook(_data(html=tile)), Stays(hidden={2}))
    assert "her-name" not in markup
    assert "roe" not in markup
    assert "before" not in markup
    assert "after" not in markup
    assert "Picture not shown: E0002 is hidden." in markup
    assert set(cited) == {2}


def test_of_sensitive_posts_only_the_pictures_are_not_shown() -> None:
    markup, _ = _markup(_notebook(_data(html=thumbnail(1) + thumbnail(2))), Stays(sensitive={2}))
    assert markup.count("<img") == 1
    assert "Picture not shown: E0002 is marked as sensitive by its author or platform." in markup
    assert f"{CASE}-E0002" in markup


def test_a_frame_as_pandas_writes_it_and_plain_words_are_held_to_the_same() -> None:
    frame = pd.DataFrame(
        {
            "words": ["kept", "gone\u202e", "lost", "a 2026 post \u202e"],
            "exhibits": [(f"{CASE}-E0001",), (f"{CASE}-E0001", f"{CASE}-E0002#/3"), (f"{CASE}-E0004",), ()],
        }
    )
    shown = [_data(html=frame.to_html()), _data(plain=frame.to_string()), _data(plain=f"only {CASE}-E0001")]
    markup, _ = _markup(_notebook(*shown), Stays(hidden={2}, withheld={4}))
    assert "kept" in markup
    assert "gone" not in markup
    assert "lost" not in markup
    assert "a 2026 post ⟨U+202E⟩" in markup
    assert "Not shown: it cites E0002, which is not to be seen." in markup
    assert f"only {CASE}-E0001" in markup


def test_a_row_is_held_to_the_citations_that_it_does_not_print() -> None:
    cites = [tuple(f"{CASE}-E{number:04d}#/0" for number in range(first, first + 12)) for first in (10, 30)]
    frame = pd.DataFrame({"words": ["gone", "kept"], "exhibits": cites, "exhibit_count": [12, 12]})
    drawn = show.table(frame).fragment()
    assert "and 4 more" in drawn
    assert f"{CASE}-E0021" not in drawn
    markup, cited = _markup(_notebook(_data(html=drawn)), Stays(hidden={21}))
    assert "gone" not in markup
    assert "Not shown: it cites E0021, which is hidden." in markup
    assert "kept" in markup
    assert set(cited) == set(range(30, 38))
    markup, _ = _markup(_notebook(_data(html=drawn)), Stays(withheld={41}))
    assert "kept" not in markup
    assert "gone" in markup


def test_sections_are_named_for_the_contents_and_captured_headings_are_not() -> None:
    executed = Executed(CASE, Stays(), "run-0007")
    made = _notebook(
        _data(html="<h2>captured</h2><h3>captured</h3>"), markdown="# Title\n\n## One *two*\n\n## A <b>"
    )
    markup = "".join(executed.sections(made))
    assert executed.headings == [("run-0007-1", "One two"), ("run-0007-2", "A")]
    root = lxml.html.fromstring(f"<div>{markup}</div>")
    assert [each.get("id") for each in root.iter("h2", "h3")] == [
        None,
        "run-0007-1",
        "run-0007-2",
        None,
        None,
    ]
