"""Reading: the columns and rows asked for, with types that lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pytest

from workbench.errors import IntegrityError, UsageError
from workbench.rows import TABLES, AnyRow, Issue, Moment, Post, PostVersion, Text
from workbench.tables import parts, read, schema
from workbench.tables.parts import Cover
from workbench.tables.schema import Parsed

CASE = "2026-0417"
DAY = 86_400_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / CASE
    rows = [parsed(1 + index // 5, post(index, pointer=f"/{index % 5}")) for index in range(60)]
    parts.write_parts(made, "capture-0001", rows[:50], cover=Cover(exhibits=10, first_seq=3, last_seq=12))
    parts.write_parts(made, "import-0001", rows[50:], cover=Cover(exhibits=2, first_seq=20, last_seq=21))
    return made


def parsed(exhibit: int, row: AnyRow, at: int = DAY) -> Parsed:
    return Parsed(
        exhibit=f"{CASE}-E{exhibit:04d}", captured_at=at, parser="fake", parser_version="1", row=row
    )


def post(index: int, *, pointer: str = "", entity: str = "") -> Post:
    return Post(
        platform="mastodon",
        server="s.example",
        native_id=f"{10**17 + index}",
        entity_id=entity or f"mastodon:{index}",
        pointer=pointer,
        author="a" if index % 2 else "b",
        published=Moment("raw", index * DAY, "unix") if index % 10 else None,
        content=Text("<p>w</p>", "w"),
        likes=2**60 + index if index % 3 else None,
        sensitive=None if index % 2 else True,
        tags=("one", "two") if index % 2 else (),
    )


def test_types_lose_nothing(folder: Path) -> None:
    posts = read.frame(folder, "posts")
    assert len(posts) == 60
    assert {name: str(kind) for name, kind in posts.dtypes.items()} == {
        column.name: {
            "string": "str",
            "int64": "Int64",
            "bool": "boolean",
            "double": "float64",
            "timestamp[us, tz=UTC]": "datetime64[us, UTC]",
            "list<item: string>": "object",
        }[str(column.type)]
        for column in schema.columns_of("posts")
    }
    assert posts["native_id"][1] == "100000000000000001"
    assert posts["likes"][1] == 2**60 + 1
    assert posts["likes"][0] is pd.NA
    assert posts["tags"][1] == ("one", "two")
    assert posts["published"].isna().sum() == 6


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_the_same_columns_and_types(tmp_path: Path, table: str) -> None:
    nothing = read.frame(tmp_path, table)
    assert list(nothing.columns) == schema.SCHEMAS[table].names
    assert len(nothing) == 0
    assert str(nothing["exhibit"].dtype) == "str"
    assert str(nothing["captured_at"].dtype) == "datetime64[us, UTC]"


def test_only_the_columns_asked_for_in_that_order(folder: Path) -> None:
    posts = read.frame(folder, "posts", ["likes", "exhibit"], {"native_id": "100000000000000007"})
    assert list(posts.columns) == ["likes", "exhibit"]
    assert posts.to_numpy().tolist() == [[2**60 + 7, "2026-0417-E0002#/2"]]


def test_where_takes_values_lists_and_pairs(folder: Path) -> None:
    def ids(**where: object) -> list[int]:
        return [int(each) - 10**17 for each in read.frame(folder, "posts", ["native_id"], where)["native_id"]]

    low, high = datetime(1970, 1, 4, tzinfo=UTC), datetime(1970, 1, 6, tzinfo=UTC)
    assert ids(published=(low, high)) == [3, 4, 5]
    assert ids(published=(pd.Timestamp("1970-02-26", tz="UTC"), None)) == [56, 57, 58, 59]
    assert ids(published="1970-01-02T01:00:00+01:00") == [1]
    assert ids(published=(None, 2 * DAY)) == [1, 2]
    assert ids(published=None) == [0, 10, 20, 30, 40, 50]
    assert ids(likes=(2**60 + 1, 2**60 + 4), author="a") == [1]
    assert ids(entity_id=["mastodon:4", "mastodon:2"]) == [2, 4]
    assert ids(entity_id=[]) == []
    assert ids(author=(None, None), exhibit="2026-0417-E0012") == [55, 56, 57, 58, 59]
    assert ids(exhibit="2026-0417-E0012#/0") == [55]


def test_an_exhibit_whose_number_begins_like_another_s_is_not_taken_for_it(tmp_path: Path) -> None:
    made = tmp_path / CASE
    rows = [parsed(number, post(number, pointer="/0")) for number in (1000, 10_000, 10_001)]
    parts.write_parts(made, "capture-0001", rows, cover=Cover(exhibits=10_001, first_seq=3, last_seq=9))
    found = read.frame(made, "posts", ["exhibit"], {"exhibit": f"{CASE}-E1000"})
    assert found["exhibit"].tolist() == [f"{CASE}-E1000#/0"]


def test_where_takes_an_expression(folder: Path) -> None:
    wanted = pc.starts_with(pc.field("exhibit"), "2026-0417-E0001")
    assert len(read.frame(folder, "posts", ["exhibit"], wanted)) == 5


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"publishd": 1}, "published"),
        ({"likes": "many"}, "does not fit"),
        ({"published": datetime(2026, 1, 1)}, "zone"),  # noqa: DTZ001 - that is the point
        ({"published": "yesterday"}, "zone"),
        ({"likes": (1, 2, 3)}, "pair"),
        ({"tags": "one"}, "lists"),
    ],
)
def test_what_does_not_fit_is_a_usage_error(folder: Path, where: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read.frame(folder, "posts", where=where)


def test_unknown_tables_and_columns_are_named(folder: Path) -> None:
    with pytest.raises(UsageError, match="no such table"):
        read.frame(folder, "poasts")
    with pytest.raises(UsageError, match="author_handle"):
        read.frame(folder, "posts", ["author_handel"])


def test_a_missing_or_damaged_part_is_no_empty_table(folder: Path) -> None:
    path = parts.path(folder, "posts", "import-0001")
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(IntegrityError, match="tables rebuild"):
        read.frame(folder, "posts")
    path.unlink()
    with pytest.raises(IntegrityError, match="tables rebuild"):
        read.frame(folder, "posts")


def test_parts_of_no_note_are_not_read(folder: Path) -> None:
    parts.path(folder, "posts", "capture-0009").write_bytes(b"left over")
    assert len(read.frame(folder, "posts", ["exhibit"])) == 60


def test_a_position_before_a_source_leaves_it_out(folder: Path) -> None:
    assert len(read.frame(folder, "posts", upto=12)) == 50
    assert len(read.frame(folder, "posts", upto=19)) == 50
    assert len(read.frame(folder, "posts", upto=2)) == 0
    assert len(read.frame(folder, "posts", upto=21)) == 60


def test_the_newest_observation_of_each_thing(tmp_path: Path) -> None:
    rows = [
        parsed(1, post(1, entity="one"), DAY),
        parsed(2, post(2, entity="two"), 3 * DAY),
        parsed(3, post(3, entity="one"), 2 * DAY),
        parsed(4, post(4, entity="two"), 3 * DAY),
        parsed(5, post(5, entity="two"), 2 * DAY),
    ]
    parts.write_parts(tmp_path / CASE, "capture-0001", rows)
    posts = read.frame(tmp_path / CASE, "posts")
    assert len(posts) == 5
    newest = read.latest(posts)
    assert newest["exhibit"].tolist() == ["2026-0417-E0003", "2026-0417-E0004"]
    assert newest.index.tolist() == [2, 3]
    assert len(read.latest(posts.iloc[:0])) == 0


def test_versions_of_a_post_are_things_of_their_own(tmp_path: Path) -> None:
    rows = [
        parsed(number, PostVersion(platform="m", server="", native_id="1", entity_id="one", version=version))
        for number, version in ((1, 0), (1, 1), (2, 0))
    ]
    parts.write_parts(tmp_path / CASE, "capture-0001", rows)
    newest = read.latest(read.frame(tmp_path / CASE, "post_versions"))
    assert newest["version"].tolist() == [1, 0]


def test_issues_have_no_newest(tmp_path: Path) -> None:
    parts.write_parts(tmp_path / CASE, "capture-0001", [parsed(1, Issue(kind="truncated"))])
    with pytest.raises(UsageError, match="entity_id"):
        read.latest(read.frame(tmp_path / CASE, "issues"))
