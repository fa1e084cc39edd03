"""The Arrow schema of every table, derived in one place from ``workbench.rows``.

A field of type ``Moment`` gives the columns ``X_raw``, ``X`` and ``X_basis``, one of type ``Text`` gives
``X_raw``, ``X`` and ``X_repaired``, a tuple of strings becomes a list. ``pointer`` is no column of its own:
it is the last part of ``exhibit``. The tables ``exhibits``, ``captures`` and ``imports`` have no row class,
since they are read from the custody log; their columns are named here.
"""

from __future__ import annotations

import hashlib
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import pyarrow as pa

from workbench.errors import UsageError
from workbench.records import Record
from workbench.rows import TABLES, AnyRow, Moment, Row, Text

TIME = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())

_SCALARS: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    tuple[str, ...]: STRINGS,
}
_UNITS = {
    "width": "pixels",
    "height": "pixels",
    "duration": "seconds",
    "bytes": "bytes",
    "offset": "bytes",
    "length": "bytes",
    "latitude": "degrees",
    "longitude": "degrees",
    "precision_m": "metres",
    "number": "ordinal",
    "at": "seconds",
    "version": "ordinal",
    "authority_version": "ordinal",
    "target_index": "ordinal",
}

Part = Literal["", "utc", "basis", "raw", "plain", "repaired", "exhibit", "case"]
"""Which part of a field a column holds: all of it, a part of a Moment or Text, or what the builder adds."""


class Column(Record, frozen=True, kw_only=True):
    """One column: its name, Arrow type, whether it may be null, its unit and its meaning.

    ``field`` and ``part`` say where the value comes from; they are empty for tables made from the log.
    """

    name: str
    type: pa.DataType
    nullable: bool
    meaning: str
    unit: str = ""
    field: str = ""
    part: Part = ""


class Parsed(Record, frozen=True, kw_only=True, gc=False):
    """A row with what it stands on: the exhibit's citation (without pointer), when, and which parser.

    ``captured_at`` is microseconds since 1970 UTC.
    """

    exhibit: str
    captured_at: int
    parser: str
    parser_version: str
    row: AnyRow


def _added(name: str, kind: pa.DataType, meaning: str, *, part: Part = "") -> Column:
    return Column(name=name, type=kind, nullable=False, meaning=meaning, unit=_unit(name, kind), part=part)


def _unit(name: str, kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "UTC, microseconds"
    return _UNITS.get(name, "count" if kind == pa.int64() else "")


_CASE = _added("case", pa.string(), "number of the case", part="case")
_SINCE_BYTES = (
    _added(
        "exhibit", pa.string(), "citation of the bytes, with the pointer to the row in them", part="exhibit"
    ),
    _added("parser", pa.string(), "collector or importer that read the row from the bytes"),
    _added("parser_version", pa.string(), "its version"),
    _added("captured_at", TIME, "when the bytes were received; for an import, when they were logged"),
)


def _field_columns(field: msgspec.structs.FieldInfo) -> tuple[Column, ...]:
    kind, meaning = _unwrapped(field.type)
    options = get_args(kind) if get_origin(kind) is UnionType or isinstance(kind, UnionType) else (kind,)
    nullable = type(None) in options
    (kind,) = (option for option in options if option is not type(None))
    if kind is Moment:
        return _moment_columns(field.name, meaning)
    if kind is Text:
        return _text_columns(field.name, meaning)
    return (
        Column(
            name=field.name,
            type=_SCALARS[kind],
            nullable=nullable,
            meaning=meaning,
            unit=_unit(field.name, _SCALARS[kind]),
            field=field.name,
        ),
    )


def _unwrapped(annotation: Any) -> tuple[Any, str]:  # noqa: ANN401 - a type may be any object
    if get_origin(annotation) is not Annotated:
        return annotation, ""
    kind, *extras = get_args(annotation)
    return kind, next((str(meta.description) for meta in extras if isinstance(meta, msgspec.Meta)), "")


def _moment_columns(name: str, meaning: str) -> tuple[Column, ...]:
    def column(suffix: str, kind: pa.DataType, words: str, part: Part) -> Column:
        return Column(
            name=name + suffix,
            type=kind,
            nullable=True,
            meaning=words,
            unit=_unit(name, kind),
            field=name,
            part=part,
        )

    return (
        column("_raw", pa.string(), f"{meaning}: as received", "raw"),
        column("", TIME, f"{meaning}; null where the source's words do not fix it", "utc"),
        column("_basis", pa.string(), f"basis of {name}: explicit, unix, assumed or ambiguous", "basis"),
    )


def _text_columns(name: str, meaning: str) -> tuple[Column, ...]:
    def column(suffix: str, kind: pa.DataType, words: str, part: Part) -> Column:
        return Column(name=name + suffix, type=kind, nullable=True, meaning=words, field=name, part=part)

    return (
        column("_raw", pa.string(), f"{meaning}: as received, markup included", "raw"),
        column("", pa.string(), f"{meaning}: as plain text", "plain"),
        column("_repaired", pa.bool_(), f"whether the encoding of {name} was repaired", "repaired"),
    )


def _row_columns(kind: type[AnyRow]) -> tuple[Column, ...]:
    shared = {field.name for field in msgspec.structs.fields(Row)}
    fields = [field for field in msgspec.structs.fields(kind) if field.name != "pointer"]
    thing = [
        c for field in fields if issubclass(kind, Row) and field.name in shared for c in _field_columns(field)
    ]
    own = [
        c
        for field in fields
        if not (issubclass(kind, Row) and field.name in shared)
        for c in _field_columns(field)
    ]
    return (_CASE, *thing, *_SINCE_BYTES, *own)


def _logged(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name=name, type=kind, nullable=nullable, meaning=meaning, unit=_unit(name, kind))


_EXHIBITS = (
    _logged("case", pa.string(), "number of the case"),
    _logged("exhibit", pa.string(), "citation of the exhibit"),
    _logged("source", pa.string(), "capture or import it came with, as capture-0001 or import-0001"),
    _logged(
        "kind", pa.string(), "exchange (of a capture), file (given to us) or member (of an archive given)"
    ),
    _logged("file", pa.string(), "path under the case folder"),
    _logged("offset", pa.int64(), "where the exhibit begins in the file"),
    _logged("length", pa.int64(), "how long it is"),
    _logged("sha256", pa.string(), "SHA-256 of exactly these bytes"),
    _logged("at", TIME, "when the custody log took it in"),
    _logged("authority", pa.string(), "approved, unratified (oral, not yet ratified) or imported"),
    _logged("disposed", pa.bool_(), "whether the bytes are gone by a recorded order"),
    _logged("rule", pa.string(), "rule by which secrets were replaced before writing; empty where none was"),
)
_CAPTURES = (
    _logged("case", pa.string(), "number of the case"),
    _logged("capture", pa.string(), "name of the capture, as capture-0001; the column source of exhibits"),
    _logged("source", pa.string(), "what was captured from: mastodon, telegram"),
    _logged("target", pa.string(), "address as the case version names it; empty where that cannot be read"),
    _logged("target_index", pa.int64(), "its place in the scope's targets, from 0"),
    _logged("collector", pa.string(), "collector and version"),
    _logged("begun", TIME, "when it began"),
    _logged("ended", TIME, "when it ended; null where it has not, or was interrupted", nullable=True),
    _logged("verdict", pa.string(), "complete, partial, blocked, empty, gone, failed; or unfinished"),
    _logged("reason", pa.string(), "code of the reason; no-end where unfinished"),
    _logged("requests", pa.int64(), "requests made; null where unfinished", nullable=True),
    _logged("items", pa.int64(), "things received; null where unfinished", nullable=True),
    _logged("exhibits", pa.int64(), "exhibits that the log names"),
    _logged("since", TIME, "asked for from this time on; null where not limited", nullable=True),
    _logged("until", TIME, "asked for up to this time; null where not limited", nullable=True),
    _logged("limit", pa.int64(), "most things asked for"),
    _logged("predecessor", pa.string(), "capture that it resumes; empty where none"),
    _logged("authority", pa.string(), "approved or unratified (oral, not yet ratified)"),
    _logged("authority_version", pa.int64(), "case version whose approval it used"),
    _logged("actor", pa.string(), "badge of the officer"),
)
_IMPORTS = (
    _logged("case", pa.string(), "number of the case"),
    _logged("import", pa.string(), "name of the import, as import-0001; the column source of exhibits"),
    _logged(
        "importer",
        pa.string(),
        "importer asked for at intake, else those that read the files; empty where none did",
    ),
    _logged("begun", TIME, "when it began"),
    _logged("ended", TIME, "when it ended; null where it was interrupted", nullable=True),
    _logged("verdict", pa.string(), "complete, partial, blocked, empty, gone, failed; or unfinished"),
    _logged("reason", pa.string(), "code of the reason; no-end where unfinished"),
    _logged("files", pa.int64(), "files given"),
    _logged("exhibits", pa.int64(), "exhibits that the log names"),
    _logged("actor", pa.string(), "badge of the officer"),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "exhibits": _EXHIBITS,
    **{name: _row_columns(kind) for name, kind in TABLES.items()},
    "captures": _CAPTURES,
    "imports": _IMPORTS,
}
"""Table name -> its columns, in order."""

SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in columns])
    for name, columns in COLUMNS.items()
}
"""Table name -> its Arrow schema."""

LOGGED = ("exhibits", "captures", "imports")
"""Tables read from the custody log each time, and never stored."""

NAMES: dict[type[AnyRow], str] = {kind: name for name, kind in TABLES.items()}
"""Row class -> the table it belongs to."""


def columns_of(table: str) -> tuple[Column, ...]:
    """Give a table's columns, in order; raise UsageError for a table that does not exist."""
    if table not in COLUMNS:
        raise UsageError("there is no such table", expected=", ".join(COLUMNS), found=table[:80])
    return COLUMNS[table]


def fingerprint() -> str:
    """Name this state of the schema, so that parts built with another are seen: 64 hex digits."""
    text = "\n".join(f"{name}: {schema.to_string()}" for name, schema in SCHEMAS.items())
    return hashlib.sha256(text.encode()).hexdigest()
