"""The schema: every field of every row class has its columns, and the page lists them all."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from workbench.errors import UsageError
from workbench.rows import TABLES
from workbench.tables import reference, schema

DOCS = Path(__file__).parent.parent / "docs"


def test_the_page_of_tables_is_what_the_schema_says() -> None:
    assert (DOCS / "tables.md").read_text("utf-8") == reference.page()


def test_every_column_of_every_table_is_on_the_page() -> None:
    sections = reference.page().split("\n## ")[1:]
    assert [section.split("\n")[0] for section in sections] == list(schema.COLUMNS)
    for section, columns in zip(sections, schema.COLUMNS.values(), strict=True):
        assert all(f"| `{column.name}` |" in section for column in columns)


def test_a_moment_gives_three_columns_and_a_text_three_more() -> None:
    posts = schema.SCHEMAS["posts"]
    assert [posts.field(name).type for name in ("published_raw", "published", "published_basis")] == [
        pa.string(),
        pa.timestamp("us", tz="UTC"),
        pa.string(),
    ]
    assert [posts.field(name).type for name in ("content_raw", "content", "content_repaired")] == [
        pa.string(),
        pa.string(),
        pa.bool_(),
    ]


@pytest.mark.parametrize("table", TABLES)
def test_every_field_has_a_column_with_a_meaning(table: str) -> None:
    names = schema.SCHEMAS[table].names
    fields = {field.name for field in msgspec.structs.fields(TABLES[table])} - {"pointer"}
    assert fields <= set(names)
    assert {"case", "exhibit", "parser", "parser_version", "captured_at"} <= set(names)
    assert "pointer" not in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", schema.COLUMNS)
def test_columns_say_what_they_mean_and_numbers_in_what_unit(table: str) -> None:
    for column in schema.columns_of(table):
        assert column.meaning, column.name
        assert column.unit or column.type not in {pa.int64(), pa.float64(), schema.TIME}, column.name


def test_identifiers_are_text_and_required() -> None:
    field = schema.SCHEMAS["posts"].field("native_id")
    assert field.type == pa.string()
    assert not field.nullable
    assert schema.SCHEMAS["posts"].field("likes").nullable


def test_a_table_that_does_not_exist_is_said_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="posts"):
        schema.columns_of("poasts")
