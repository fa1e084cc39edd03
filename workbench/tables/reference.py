"""The page ``docs/tables.md``, written from the schema: ``python -m workbench.tables.reference``."""

from __future__ import annotations

import inspect
import sys

import pyarrow as pa

from workbench.counts import yes
from workbench.rows import TABLES
from workbench.tables.schema import COLUMNS, LOGGED, STRINGS, TIME, Column

_HEAD = """\
# Tables

Written by `python -m workbench.tables.reference > docs/tables.md` from `workbench/rows.py`; do not edit.

A row is one observation: what one exhibit says of one thing. Things observed twice have two rows with
the same `entity_id`; `workbench.tables.read.latest` keeps the newest. Nothing here is a conclusion.

- **Where rows come from.** Each comes from `parse(exhibit)` and cites it in `exhibit`. Tables can be
  deleted and rebuilt from the evidence; the content digests are then equal (`workbench/tables/digest.py`
  defines them).
- **On disk**: `tables/<table>/<source>.parquet`, one part per capture or import, rows by exhibit number
  and then as parsed; an empty part is not written. `tables/parts/<source>.json` says which parts a
  source has, so that "nothing in it" and "never built" are two things.
- **Types in a frame**: text is pandas' `str`, a whole number `Int64`, a truth value `boolean`, a decimal
  number `float64`, a time `datetime64[us, UTC]`, a list a tuple of `str`. Identifiers are always text.
- **Missing** means that the source did not say: null where "may be missing" is yes, otherwise empty text.
- **Times** have three columns: `X_raw` as received, `X` in UTC, `X_basis`: explicit (a zone was given),
  unix (a count since 1970), assumed (a zone was supplied by us), ambiguous (`X` is null).
- **Words** have three columns: `X_raw` as received (hostile: escape before showing), `X` as plain text,
  `X_repaired` where the encoding was mended.
- **A value that does not fit its column** is null or empty there, and is a row of `issues` (`bad-value`).
"""
_LOGGED = {
    "exhibits": "The smallest units that can be cited, as the custody log names them.",
    "captures": "What was captured, on whose authority, and with what result.",
    "imports": "What was given to us, and with what result.",
}
_TYPES = {
    pa.string(): "text",
    pa.int64(): "whole number",
    pa.float64(): "decimal number",
    pa.bool_(): "truth value",
    TIME: "time",
    STRINGS: "list of text",
}


def page() -> str:
    """Give the whole page, as Markdown."""
    return "\n".join([_HEAD, *(_section(table) for table in COLUMNS)])


def _section(table: str) -> str:
    about = _LOGGED[table] if table in LOGGED else inspect.getdoc(TABLES[table]) or ""
    origin = "Read from the custody log each time; not stored.\n" if table in LOGGED else ""
    lines = [_line(column) for column in COLUMNS[table]]
    head = "| column | type | unit | may be missing | meaning |\n|---|---|---|---|---|"
    return f"## {table}\n\n{about}\n{origin}\n{head}\n" + "\n".join(lines) + "\n"


def _line(column: Column) -> str:
    missing = yes(column.nullable)
    meaning = column.meaning.replace("|", "\\|")
    return f"| `{column.name}` | {_TYPES[column.type]} | {column.unit} | {missing} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(page())
