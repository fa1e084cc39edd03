"""What rows a reader wants: a mapping from column to wish, turned into an Arrow expression."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from workbench import times
from workbench.errors import UsageError
from workbench.tables.schema import STRINGS, TIME, columns_of

Where: TypeAlias = Mapping[str, object] | pc.Expression
"""Column -> value, list of values or pair (low, high); or an expression of one's own."""

_AROUND_NUMBER = r"^[^#]*-E([0-9]+)(?s:.*)$"


def expression(table: str, where: Where | None) -> pc.Expression | None:
    """Turn a reader's wish into an expression; None where all rows are wanted.

    Raises UsageError for a column that does not exist or a value that does not fit it.
    """
    if where is None or isinstance(where, pc.Expression):
        return where
    known(table, where)
    types = {column.name: column.type for column in columns_of(table)}
    conditions = [_condition(name, types[name], value) for name, value in where.items()]
    return reduce(and_, conditions) if conditions else None


def known(table: str, names: Iterable[str]) -> None:
    """Raise UsageError for the first name that is no column of the table."""
    columns = [column.name for column in columns_of(table)]
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(str(name), columns, n=3) or columns
            raise UsageError(
                f"the table {table} has no such column",
                expected=", ".join(near),
                found=str(name)[:80],
                todo="docs/tables.md lists every column",
            )


def exhibit_number() -> pc.Expression:
    """Give the number of the exhibit that a stored row cites."""
    digits = pc.replace_substring_regex(pc.field("exhibit"), pattern=_AROUND_NUMBER, replacement=r"\1")
    return digits.cast(pa.int64())


def _condition(name: str, kind: pa.DataType, wish: object) -> pc.Expression:
    field = pc.field(name)
    if kind == STRINGS:
        raise UsageError(
            "a column of lists cannot be asked for by value", found=name, todo="read it, then filter"
        )
    if isinstance(wish, tuple):
        return _between(field, name, kind, wish)
    if isinstance(wish, list | set | frozenset):
        options = [_equal(field, name, kind, each) for each in wish]
        return reduce(or_, options) if options else pc.scalar(False)
    return _equal(field, name, kind, wish)


def _equal(field: pc.Expression, name: str, kind: pa.DataType, value: object) -> pc.Expression:
    if value is None:
        return field.is_null()
    wanted = _scalar(name, kind, value)
    if name == "exhibit" and "#" not in str(value):
        return (field == wanted) | pc.starts_with(field, f"{value}#")
    return field == wanted


def _between(field: pc.Expression, name: str, kind: pa.DataType, pair: tuple[object, ...]) -> pc.Expression:
    if len(pair) != 2:
        raise UsageError(
            "this is no pair", where=name, expected="(low, high), None for open", found=f"{len(pair)} values"
        )
    low, high = pair
    bounds = [field >= _scalar(name, kind, low)] if low is not None else []
    bounds += [field <= _scalar(name, kind, high)] if high is not None else []
    return reduce(and_, bounds) if bounds else pc.scalar(True)


def _scalar(name: str, kind: pa.DataType, value: object) -> pa.Scalar:
    try:
        return pa.scalar(_micros(value) if kind == TIME else value, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            "this value does not fit the column",
            where=name,
            expected="a time with its zone" if kind == TIME else str(kind),
            found=repr(value)[:80],
        ) from error


def _micros(value: object) -> int:
    """Take an aware datetime (also pandas'), ISO 8601 with a zone, or microseconds since 1970 UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("no zone")
        return times.to_micros(value)
    if isinstance(value, int):
        return value
    raise TypeError("no time")
