"""An exhibit's entry in a report: every fact, cited rows whole, others in short and counted, hostile words as words."""

from __future__ import annotations

import lxml.html
import pytest

from tests.desk import START
from tests.production_kit import HOSTILE, digest, picture, view
from workbench.production import entries
from workbench.production.views import ExhibitView, Rows, RowView, Times
from workbench.rows import Moment
from workbench.times import stamp

CITED = "2026-0417-E0012"
AT = stamp(START)
SOURCE = f"{AT.removesuffix('.000000Z')}Z"


def row(pointer: str, **cells: str) -> RowView:
    return RowView(exhibit=f"{CITED}{pointer}", cells=tuple(cells.items()))


def post(number: int) -> RowView:
    return row(
        f"#/{number}",
        uri=f"https://social.example/{number}",
        author_handle="ada@social.example",
        content=f"words {number}",
        likes="4",
        published_raw=SOURCE,
        published=AT,
        published_basis="explicit",
    )


def many(count: int) -> tuple[Rows, ...]:
    posts = tuple(post(number) for number in range(count))
    ties = (row("#/0/mentions/0", kind="mention"),)
    return (Rows(table="posts", count=count, rows=posts), Rows(table="interactions", count=1, rows=ties))


def words(made: ExhibitView, *cited: str, note: str = "", review: str = "") -> str:
    kept = {f"{CITED}#{pointer}" for pointer in cited}
    shown = entries.entry(_chosen(made, kept), kept, note, review)
    return " ".join(lxml.html.fragment_fromstring(shown).text_content().split())


def _chosen(made: ExhibitView, cited: set[str]) -> ExhibitView:
    told = {name: getattr(made, name) for name in made.__struct_fields__}
    return ExhibitView(**{**told, "rows": entries.chosen(made, cited)})


def test_an_entry_tells_every_fact_of_the_exhibit() -> None:
    told = words(view(), "/0", note="not all of it", review="approved by 2001")
    for said in (
        f"Exhibit {CITED}",
        "Our rendering, not the exhibit",
        "GET https://social.example/api/v1/accounts/1/statuses?limit=40",
        "status 200, application/json; charset=utf-8",
        "warc/0001-mastodon.warc.gz, bytes 420 to 1620 (1200 bytes), from capture-0001",
        digest(CITED),
        f"line 31, by 1001; SHA-256 of the line {digest('line')}",
        "secrets, by the rule secrets-1",
        f"{AT}; captured {stamp(START + 5000)}",
        "annotations/0001.json: note: Good morning",
        "approved by 2001",
        "not all of it",
    ):
        assert said in told


def test_a_cited_row_stands_whole_and_the_others_are_counted() -> None:
    told = words(view(rows=many(9)), "/7")
    assert "words 7" in told
    assert "https://social.example/7" in told
    assert "likes 4" in told
    assert "words 6" not in told
    assert "8 more rows of it are not shown here" in told
    assert "Also read from it, not cited here: interactions 1." in told


def test_of_an_exhibit_cited_as_a_whole_the_first_rows_stand_in_short() -> None:
    told = words(view(rows=many(9)))
    for number in range(9):
        assert (f"words {number}" in told) == (number < entries.FIRST)
    assert "https://social.example/0" not in told
    assert "likes" not in told
    assert f"published {AT} (explicit)" in told
    assert f"{9 - entries.FIRST} more rows of it are not shown here" in told
    assert "kind mention" in told


def test_the_rows_of_a_picture_stand_for_the_exhibit_and_are_whole() -> None:
    frames = Rows(table="media_files", count=1, rows=(RowView(exhibit=CITED, cells=(("width", "480"),)),))
    assert "width 480" in words(view(rows=(frames,)))


def test_what_could_not_be_read_is_cited_with_the_exhibit_as_a_whole() -> None:
    issue = Rows(table="issues", count=1, rows=(RowView(exhibit=CITED, cells=(("field", "poll"),)),))
    rows = (*many(2), issue)
    assert "Also read from it, not cited here: interactions 1, issues 1." in words(view(rows=rows), "/0")
    kept = {CITED, f"{CITED}#/0"}
    shown = entries.entry(_chosen(view(rows=rows), kept), kept, "", "")
    assert "<i>field</i> poll" in shown
    assert "not cited here: interactions 1." in shown
    assert "words 1" not in shown


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        (SOURCE, True),
        (AT, True),
        (SOURCE.replace("Z", ".000Z"), True),
        (SOURCE.replace("00Z", "01Z"), False),
        (SOURCE.replace("Z", "+00:00"), False),
        (SOURCE.replace("Z", ""), False),
        ("yesterday", False),
    ],
)
def test_a_time_is_printed_once_only_where_the_source_wrote_the_same(raw: str, *, same: bool) -> None:
    cells = {"published_raw": raw, "published": AT, "published_basis": "explicit"}
    rows = Rows(table="posts", count=1, rows=(row("#/0", **cells),))
    told = words(view(rows=(rows,)), "/0")
    assert (f"published {AT} (explicit)" in told) == same
    assert (f"published raw {raw}" in told) != same
    posted = Times(posted_first=Moment(raw, START, "explicit"), observed=START, logged=START)
    assert ("as the source wrote it" in words(view(times=posted, rows=()))) != same


def test_a_time_that_nobody_can_place_stands_as_it_was_written() -> None:
    vague = Moment("Monday", None, "ambiguous")
    told = words(view(times=Times(posted_first=vague, posted_last=vague, observed=START, logged=START)))
    assert told.count("Monday (ambiguous, as the source wrote it)") == 1
    cells = {"published_raw": "Monday", "published_basis": "ambiguous"}
    rows = Rows(table="posts", count=1, rows=(row("#/0", **cells),))
    told = words(view(rows=(rows,)), "/0")
    assert "published raw Monday; published basis ambiguous" in told


def test_an_address_in_several_columns_is_printed_once_with_all_their_names() -> None:
    address = "https://social.example/7"
    rows = Rows(table="interactions", count=1, rows=(row("#/0", uri=address, kind="reply", post=address),))
    told = words(view(rows=(rows,)), "/0")
    assert told.count(address) == 1
    assert f"uri, post {address}; kind reply" in told


def test_equal_short_values_keep_their_own_names() -> None:
    rows = Rows(table="posts", count=1, rows=(row("#/0", likes="0", replies="0"),))
    assert "likes 0; replies 0" in words(view(rows=(rows,)), "/0")


def test_picture_letters_are_named_for_a_print_that_cannot_show_them() -> None:
    rows = Rows(table="posts", count=1, rows=(row("#/0", content="\U0001f440 naïve 漢字 \U0001f440"),))
    told = words(view(rows=(rows,)), "/0")
    assert told.count("[U+1F440 EYES]") == 1
    crowd = "".join(chr(0x1F600 + number) for number in range(30))
    rows = Rows(table="posts", count=1, rows=(row("#/0", content=crowd),))
    assert "U+1F609 WINKING FACE and 20 more]" in words(view(rows=(rows,)), "/0")


def test_hostile_words_are_words_and_a_picture_is_shown() -> None:
    rows = Rows(table="posts", count=1, rows=(row("#/0", content=HOSTILE),))
    shown = entries.entry(view(words=HOSTILE, rows=(rows,)), {f"{CITED}#/0"}, HOSTILE, HOSTILE)
    assert "<script" not in shown
    assert "alert('ESCAPED')" in lxml.html.fragment_fromstring(shown).text_content()
    root = lxml.html.fragment_fromstring(entries.entry(picture(), set(), "", ""))
    (image,) = root.iter("img")
    assert image.get("alt")
    assert root.xpath("//h2[contains(., 'Exhibit')]")


def test_of_what_has_no_copy_no_content_is_printed() -> None:
    told = words(view(copy="", rows=many(2)), "/0")
    assert "words 0" not in told
    assert digest(CITED) in told
