"""The rows of a table that may leave: as of a seal, of the exhibits released, without those that stay."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from workbench.errors import IntegrityError
from workbench.records import Record
from workbench.tables import conditions, logged, parts
from workbench.tables.schema import LOGGED, SCHEMAS

_PASSED_OVER: Final = (
    r"\x00-\x20\x7f-\xa0\x{1680}\x{2000}-\x{200f}\x{2028}-\x{202f}\x{205f}-\x{206f}\x{3000}\x{feff}"
)
FORMULA: Final = rf"^(?:[\t\r\n]|[{_PASSED_OVER}]*['=+\-@|%＝＋－＠﹢﹣﹦﹫])"
"""How a cell begins that a spreadsheet could take for a formula, or that an apostrophe stands before already.

Programs differ in the blanks and unseen characters that they pass over or drop, NUL among them.
"""

_WORKS: Final = {"captures": "capture", "imports": "import"}
"""Tables whose rows are of no exhibit -> the column that exhibits name as their source."""

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_BOM: Final = b"\xef\xbb\xbf"


class Covered(Record, frozen=True, kw_only=True):
    """Which exhibits' rows leave: those up to ``last``, of ``wanted`` (None: all), but for those that stay.

    ``lines`` is how many lines of the custody log the seal covers.
    """

    last: int
    lines: int
    wanted: frozenset[int] | None
    stay: frozenset[int]

    @property
    def count(self) -> int:
        """How many exhibits' rows may leave."""
        held = range(1, self.last + 1) if self.wanted is None else self.wanted
        return sum(number not in self.stay for number in held)

    def rows(self) -> pc.Expression:
        """Give the condition on a row: its exhibit leaves."""
        number = conditions.exhibit_number()
        found = number <= self.last
        if self.wanted is not None:
            found &= number.isin(sorted(self.wanted))
        return found & ~number.isin(sorted(self.stay)) if self.stay else found

    def sealed(self) -> pc.Expression:
        """Give the condition on a row: the seal covers its exhibit."""
        everything = Covered(last=self.last, lines=self.lines, wanted=None, stay=frozenset())
        return everything.rows()


class Written(Record, frozen=True, kw_only=True):
    """What became of a table: rows written, rows of exhibits that stay or were not released, cells defused.

    ``bystanders``: rows left out since they describe an account that the case does not name.
    """

    table: str
    file: str
    rows: int
    left_out: int
    defused: int = 0
    bystanders: int = 0


Telling = Callable[[str, pa.RecordBatch], pa.RecordBatch]
"""Gives a table's rows as they may be told; fewer, where some may not."""


def as_they_are(table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give a table's rows unchanged."""
    del table
    return batch


def batches(folder: Path, table: str, covered: Covered) -> Iterator[pa.RecordBatch]:
    """Stream a table's rows that leave, in canonical order; raise IntegrityError where a part cannot be read."""
    with _mapped(table):
        condition = _leaving(folder, table, covered)
        for source in _sources(folder, table, covered):
            yield from source.to_batches(filter=condition, batch_size=parts.BATCH_ROWS)


def left_out(folder: Path, table: str, covered: Covered) -> int:
    """Count the sealed rows of a table that do not leave."""
    with _mapped(table):
        condition = _leaving(folder, table, covered)
        sealed = None if table in _WORKS else covered.sealed()
        return sum(
            source.count_rows(filter=sealed) - source.count_rows(filter=condition)
            for source in _sources(folder, table, covered)
        )


def _leaving(folder: Path, table: str, covered: Covered) -> pc.Expression | None:
    """Give the condition on a row that leaves; a capture or import does where one of its exhibits was released."""
    if table not in _WORKS:
        return covered.rows()
    if covered.wanted is None:
        return None
    held = ds.dataset(logged.Logged(folder, covered.lines, keep_exhibits=True).table("exhibits"))
    sources = held.to_table(columns=["source"], filter=covered.rows())["source"]
    return pc.field(_WORKS[table]).isin(sources.unique().to_pylist())


def _sources(folder: Path, table: str, covered: Covered) -> Iterator[ds.Dataset]:
    if table in LOGGED:
        whole = logged.Logged(folder, covered.lines, keep_exhibits=table == "exhibits")
        yield ds.dataset(whole.table(table))
        return
    for said in parts.notes(folder):
        if table in said.rows and said.cover.first_seq <= covered.lines:
            path = parts.path(folder, table, said.source)
            yield ds.dataset(path, schema=SCHEMAS[table], format="parquet")


@contextlib.contextmanager
def _mapped(table: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, FileNotFoundError) as error:
        raise IntegrityError(
            f"the table {table} cannot be read",
            where=f"tables/{table}",
            found=str(error).splitlines()[0][:200],
            todo="run 'workbench tables rebuild'",
        ) from error


def parquet(
    path: Path, folder: Path, table: str, covered: Covered, telling: Telling = as_they_are
) -> Written:
    """Write a table as Parquet, with the types that it has in the case."""
    rows = held = 0
    with pq.ParquetWriter(path, SCHEMAS[table], compression="zstd") as out:
        for batch in batches(folder, table, covered):
            told = telling(table, batch)
            out.write_batch(told.cast(SCHEMAS[table]))
            rows, held = rows + told.num_rows, held + batch.num_rows
    stay = left_out(folder, table, covered)
    return Written(table=table, file=path.name, rows=rows, left_out=stay, bystanders=held - rows)


def csv(
    path: Path, folder: Path, table: str, covered: Covered, telling: Telling = as_they_are, *, bom: bool
) -> Written:
    """Write a table as CSV that no spreadsheet takes for formulas; what was defused is counted."""
    rows = held = defused = 0
    schema = pa.schema([(name, pa.string() if _as_text(kind) else kind) for name, kind in _columns(table)])
    options = pa.csv.WriteOptions(quoting_style="needed")
    with path.open("xb") as file:
        file.write(_BOM if bom else b"")
        with pa.csv.CSVWriter(file, schema, write_options=options) as out:
            for batch in batches(folder, table, covered):
                told = telling(table, batch)
                columns, count = _disarmed(told)
                out.write_batch(pa.record_batch(columns, schema=schema))
                rows, held, defused = rows + told.num_rows, held + batch.num_rows, defused + count
    return Written(
        table=table,
        file=path.name,
        rows=rows,
        left_out=left_out(folder, table, covered),
        defused=defused,
        bystanders=held - rows,
    )


def _columns(table: str) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in SCHEMAS[table]]


def _as_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_timestamp(kind) or pa.types.is_list(kind))


def _disarmed(batch: pa.RecordBatch) -> tuple[list[pa.Array], int]:
    """Give the columns as CSV has them, and how many cells got an apostrophe."""
    columns, defused = [], 0
    for column in batch.columns:
        found = _text(column)
        if pa.types.is_string(found.type) and not pa.types.is_timestamp(column.type):
            formula = pc.fill_null(pc.match_substring_regex(found, FORMULA), fill_value=False)
            defused += pc.sum(formula).as_py() or 0
            found = pc.if_else(formula, pc.binary_join_element_wise("'", found, ""), found)
        columns.append(found)
    return columns, defused


def _text(column: pa.Array) -> pa.Array:
    """Write times as ISO 8601 and lists as JSON, so that no separator can be mistaken; leave the rest."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format=_TIME)
    if not pa.types.is_list(column.type):
        return column
    texts = [None if value is None else json.dumps(value, ensure_ascii=False) for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def known(names: Collection[str]) -> list[str]:
    """Give the tables that are not known."""
    return sorted(set(names) - set(SCHEMAS))
