"""What columns say: the list is complete for every analysis, and a table says it once, below."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.test_never import results
from workbench import show
from workbench.show import columns
from workbench.show.columns import COLUMNS, PLAIN
from workbench.show.words import escaped

_CARRIED = {"method", "parameters", "seed", "exhibit_count"}
"""What every result carries stands below its table in words of its own."""


def test_every_column_of_every_analysis_is_listed() -> None:
    known = {*COLUMNS, *PLAIN, *_CARRIED}
    frames = {name: found for name, found in results().items() if isinstance(found, pd.DataFrame)}
    shown = {name: [each.removesuffix("_handle") for each in found.columns] for name, found in frames.items()}
    assert len(shown) > 30
    missing = {name: sorted(set(each) - known) for name, each in shown.items()}
    assert {name: each for name, each in missing.items() if each} == {}


def test_an_entry_says_or_places_something_and_is_short() -> None:
    for name, each in COLUMNS.items():
        assert each.words or each.place != columns.BESIDE or each.form, name
        assert len(each.words) < 160, name
        assert not each.words.endswith("."), name
    assert {name for name in PLAIN if name in COLUMNS and COLUMNS[name].words} == set()


def test_a_table_says_what_its_columns_mean_and_nothing_of_those_that_are_not_there() -> None:
    frame = pd.DataFrame({"handle": ["@ada"], "robust_z": [4.2], "post": ["https://a.test/1"], "root": [""]})
    markup = show.table(frame).markup
    assert f'<span class="wb-name">robust_z</span>: {escaped(COLUMNS["robust_z"].words)}.</p>' in markup
    assert "wb-means" not in show.table(frame[["handle", "post"]]).markup
    assert "wb-means" not in show.table(frame.iloc[:0]).markup


def test_what_is_said_once_is_explained_too() -> None:
    frame = pd.DataFrame({"hour_of_day": [1, 2, 3], "by_chance": [0.1, 0.1, 0.1]})
    markup = show.table(frame).markup
    assert "The same in every row: by_chance 0.1." in markup
    assert COLUMNS["by_chance"].words in markup


@pytest.mark.parametrize(
    ("name", "value", "text"), [("precision_m", 30.92, "31"), ("latitude", 41.3, "41.30000")]
)
def test_values_are_written_as_their_column_says(name: str, value: float, text: str) -> None:
    assert f"<bdi>{text}</bdi>" in show.table(pd.DataFrame({name: [value]})).markup


def test_a_time_under_a_row_is_written_for_people() -> None:
    at = pd.to_datetime(["2026-11-27T12:28:50.366149Z"], utc=True)
    markup = show.table(pd.DataFrame({"words": ["hi"], "observed": at})).markup
    assert "<code>2026-11-27 12:28:50 UTC</code>" in markup


def test_no_annotation_is_not_the_annotation_number_nought() -> None:
    frame = pd.DataFrame({"account": ["@ada", "@bob"], "annotation": [0, 7]})
    assert show.table(frame).markup.count('<span class="wb-name">annotation</span> <code>7</code>') == 1
    assert "annotation" not in show.table(frame.head(1)).markup


def test_an_address_is_broken_before_its_last_part() -> None:
    markup = show.table(pd.DataFrame({"who": ["https://a.test/users/roe", "http://a.test/@roe"]})).markup
    assert "https://a.test/<wbr>users/<wbr>roe<" in markup
    assert "http://a.test/<wbr>@roe<" in markup
    markup = show.table(
        pd.DataFrame({"objects": [("https://a.test/s/1234", "https://a.test/s/5678")]})
    ).markup
    assert "https://a.test/s/<wbr>1234; https://a.test/s/<wbr>5678<" in markup


def test_what_stands_under_every_row_alike_is_said_once() -> None:
    rows = pd.DataFrame(
        {"who": ["a", "b", "c"], "none_cited": [("fear", "harm")] * 3, "remarks": ["x", "y", "z"]}
    )
    markup = show.table(rows).markup
    assert markup.count("fear") == 1
    assert "The same in every row: none_cited fear; harm." in markup
    assert markup.count('<span class="wb-name">remarks</span>') == 3


def test_citations_are_said_once_where_a_row_is_about_its_exhibit_or_none_cites_anything() -> None:
    items = pd.DataFrame({"item": ["E0001", "run-0001"], "exhibits": [("E0001",), ("E0001", "E0002")]})
    assert show.table(items).markup.count("E0001") == 2
    bare = pd.DataFrame({"element": ["fear", "harm"], "exhibits": [(), ()]})
    markup = show.table(bare).markup
    assert '<span class="wb-name">exhibits</span>' not in markup
    assert "Empty in every row: exhibits." in markup
    some = pd.DataFrame({"element": ["fear", "harm"], "exhibits": [(), ("E0002",)]})
    assert show.table(some).markup.count('<span class="wb-name">exhibits</span>') == 2


def test_a_table_of_nothing_but_what_stands_below_is_drawn() -> None:
    markup = show.table(pd.DataFrame({"post": ["https://a.test/s/1", "https://a.test/s/2"]})).markup
    assert markup.count("https://a.test/s/") == 2


def test_parameters_are_written_for_readers() -> None:
    given = {
        "until": "2026-05-08 01:47:54.000001+00:00",
        "kinds": None,
        "near": True,
        "before": "2026-05-08T01:47:54Z",
    }
    rows = pd.DataFrame({"n": [1], "parameters": [json.dumps(given)]})
    assert (
        "Parameters: until 2026-05-08 01:47:54 UTC, kinds not given, near yes, before 2026-05-08 01:47:54 UTC."
        in show.table(rows).markup
    )


def test_a_day_alone_stands_first_as_it_was_told() -> None:
    made = pd.DataFrame({"published": pd.to_datetime(["2026-04-27T00:00:00Z", "2026-04-27T00:00:01Z"])})
    markup = show.table(made, zone="America/New_York").markup
    day, second = markup.split('<td class="wb-time">')[1:]
    assert day.index("00:00:00 UTC") < day.index("20:00:00 EDT")
    assert second.index("20:00:01 EDT") < second.index("00:00:01 UTC")


def test_a_handle_has_its_sign_and_nobody_is_a_dash() -> None:
    rows = pd.DataFrame({"a": ["https://a/1", ""], "a_handle": ["ada@a.test", ""], "n": [1, 2]})
    markup = show.table(rows).markup
    assert "<bdi>@ada<wbr>@a.test</bdi>" in markup
    assert "<bdi>–</bdi>" in markup


def test_a_short_span_of_days_is_written_to_a_hundredth() -> None:
    assert "<bdi>0.05</bdi>" in show.table(pd.DataFrame({"span_days": [0.05356]})).markup


def test_an_exhibit_and_the_first_digits_of_a_hash_are_never_broken() -> None:
    rows = pd.DataFrame(
        {"item": ["2026-0004-E0002", "exhibit of capture-0001"], "sha256": ["ab" * 32, "a word, and more"]}
    )
    assert show.table(rows).markup.count('<td class="wb-short">') == 2
