"""Rows to Arrow, a column at a time. What does not fit its column becomes an issue, never a crash.

Captured content is hostile: a count may not fit 64 bits, a string may hold half a surrogate pair, a
parser may hand on a value of another type than the platform's documentation promises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa

from workbench.rows import Issue
from workbench.tables.schema import SCHEMAS, Column, Parsed, columns_of

_SHOWN = 80
_BLANK: dict[pa.DataType, object] = {
    pa.string(): "",
    pa.int64(): 0,
    pa.bool_(): False,
    pa.float64(): 0.0,
    pa.timestamp("us", tz="UTC"): 0,
    pa.list_(pa.string()): (),
}
_REJECTED = (pa.ArrowException, OverflowError, UnicodeError, TypeError, ValueError)


def batch(table: str, parsed: Sequence[Parsed]) -> tuple[pa.RecordBatch, list[Parsed]]:
    """Turn rows of one table and case into Arrow; give also an issue for each value that did not fit.

    A value that does not fit is null, or empty where the column allows no null; a string that is no
    Unicode keeps its readable part, the rest written as escapes.
    """
    fields = _fields(parsed)
    problems: list[Parsed] = []
    arrays = [
        _array(column, parsed, _values(column, parsed, fields), problems) for column in columns_of(table)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMAS[table]), problems


def _fields(parsed: Sequence[Parsed]) -> dict[str, Sequence[Any]]:
    """Turn rows of one class around: the values of each field, all fields in one go."""
    rows: list[Any] = [each.row for each in parsed]
    columns = zip(*map(msgspec.structs.astuple, rows), strict=True)
    return dict(zip(rows[0].__struct_fields__, columns, strict=True))


def _values(column: Column, parsed: Sequence[Parsed], fields: dict[str, Sequence[Any]]) -> Sequence[Any]:
    if column.part == "case":
        return [parsed[0].exhibit.rpartition("-E")[0]] * len(parsed)
    if column.part == "exhibit":
        return [
            f"{each.exhibit}#{pointer}" if pointer else each.exhibit
            for each, pointer in zip(parsed, fields["pointer"], strict=True)
        ]
    if not column.field:
        return list(map(attrgetter(column.name), parsed))
    values = fields[column.field]
    if column.part:
        part = attrgetter(column.part)
        return [None if value is None else part(value) for value in values]
    return values


def _array(
    column: Column, parsed: Sequence[Parsed], values: Sequence[Any], problems: list[Parsed]
) -> pa.Array:
    try:
        array = pa.array(values, column.type)
    except _REJECTED:
        array = None
    if array is not None and (column.nullable or not array.null_count):
        return array
    fitted = []
    for each, value in zip(parsed, values, strict=True):
        kept, fits = _fitted(column, value)
        fitted.append(kept)
        if not fits:
            problems.append(_problem(column, each, value))
    return pa.array(fitted, column.type)


def _fitted(column: Column, value: object) -> tuple[object, bool]:
    """Give what can be kept of a value, and whether that is all of it."""
    for attempt in _attempts(value):
        try:
            array = pa.array([attempt], column.type)
        except _REJECTED:
            continue
        if column.nullable or not array.null_count:
            return attempt, attempt is value
    return None if column.nullable else _BLANK[column.type], False


def _attempts(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, str):
        yield _escaped(value)
    elif isinstance(value, tuple | list):
        yield [_escaped(item) for item in value if isinstance(item, str)]


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _problem(column: Column, parsed: Parsed, value: object) -> Parsed:
    issue = Issue(
        kind="bad-value",
        where="row",
        field=column.name,
        expected=f"{column.type}{'' if column.nullable else ', not null'}",
        found=_shown(value),
        pointer=parsed.row.pointer,
    )
    return Parsed(
        exhibit=parsed.exhibit,
        captured_at=parsed.captured_at,
        parser=parsed.parser,
        parser_version=parsed.parser_version,
        row=issue,
    )


def _shown(value: object) -> str:
    if isinstance(value, int):
        # Python refuses to write very long integers in decimal.
        return hex(value)[:_SHOWN]
    return ascii(value[:_SHOWN] if isinstance(value, str) else value)[:_SHOWN]


@lru_cache(maxsize=1024)
def number(exhibit: str) -> int:
    """Read an exhibit's number from its citation, for the canonical order."""
    return int(exhibit.partition("#")[0].rpartition("-E")[2])
