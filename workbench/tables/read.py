"""Reading tables as frames: only the columns and rows asked for, up to a position in the custody log.

Strings are pandas' ``str``, whole numbers that may be missing ``Int64``, truth values that may be missing
``boolean``, times ``datetime64[us, UTC]``, lists tuples. A table without rows is a frame with the same
columns and types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from workbench.errors import IntegrityError, UsageError
from workbench.tables import conditions, logged, parts
from workbench.tables.schema import LOGGED, SCHEMAS, STRINGS, columns_of


def frame(
    folder: Path,
    table: str,
    columns: Iterable[str] | None = None,
    where: conditions.Where | None = None,
    upto: int | None = None,
) -> pd.DataFrame:
    """Read a table of a case; columns as ``docs/tables.md`` says, rows in canonical order.

    ``where`` is a mapping from column to a value, a list of values (one of them) or a pair (low, high),
    both included, None for open; or a ``pyarrow.compute.Expression``. A citation without pointer
    means all rows of the exhibit. ``upto`` is the number of a line of the custody log: what was logged
    later is left out. Sources that were never built give no rows: ``tables.build.pending`` names them.

    Raises UsageError for a table, column or value that does not exist or fit.
    """
    wanted = _wanted(table, columns)
    condition = conditions.expression(table, where)
    try:
        read = _logged(folder, table, upto) if table in LOGGED else _built(folder, table, upto)
        pieces = [each.to_table(columns=wanted, filter=_both(condition, cut)) for each, cut in read]
        found = pa.concat_tables([_schema(table, wanted).empty_table(), *pieces])
    except (pa.ArrowException, FileNotFoundError) as error:
        raise IntegrityError(
            f"the table {table} cannot be read",
            where=str(folder / "tables" / table),
            found=str(error).splitlines()[0][:200],
            todo="run 'workbench tables rebuild': tables hold nothing that the evidence does not",
        ) from error
    return to_frame(found)


def latest(observed: pd.DataFrame) -> pd.DataFrame:
    """Keep the newest observation of each thing: the last by ``captured_at``, then by position.

    Rows keep their order and index. Versions of a post are things of their own. Rows that name no
    ``entity_id`` are all kept. Raises UsageError for a frame without ``entity_id`` and ``captured_at``.
    """
    missing = {"entity_id", "captured_at"} - set(observed.columns)
    if missing:
        raise UsageError(
            "the newest observation cannot be told",
            expected="columns entity_id and captured_at",
            found="a frame without " + " and ".join(sorted(missing)),
        )
    keys = ["entity_id", "version"] if "version" in observed.columns else ["entity_id"]
    positions = pd.Series(np.arange(len(observed)))
    ordered = (
        observed[["captured_at", *keys]].reset_index(drop=True).sort_values("captured_at", kind="stable")
    )
    older = ordered.duplicated(keys, keep="last") & (ordered["entity_id"] != "")
    kept = positions[~older.sort_index()]
    return observed.iloc[kept.to_numpy()]


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn Arrow into pandas without losing what is whole, true or missing."""
    made: pd.DataFrame = table.to_pandas(types_mapper=_dtype)
    for field in table.schema:
        if field.type == STRINGS:
            made[field.name] = _tuples(table[field.name])
    return made


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame, each by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _dtype(kind: pa.DataType) -> object:
    if kind == pa.string():
        return pd.StringDtype(na_value=np.nan)
    return {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get(kind)


def _tuples(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """Make each list a tuple; most are empty, and share one."""
    made = np.empty(len(column), dtype=object)
    made.fill(())
    done = 0
    for chunk in column.chunks:
        place = np.flatnonzero(pc.fill_null(pc.list_value_length(chunk), 1))
        # Filled one by one: numpy would make tuples of equal length a second dimension.
        for index, value in zip((place + done).tolist(), chunk.take(place).to_pylist(), strict=True):
            made[index] = None if value is None else tuple(value)
        done += len(chunk)
    return made


def _wanted(table: str, columns: Iterable[str] | None) -> list[str]:
    known = [column.name for column in columns_of(table)]
    wanted = known if columns is None else list(columns)
    conditions.known(table, wanted)
    return wanted


def _schema(table: str, wanted: Sequence[str]) -> pa.Schema:
    return pa.schema([SCHEMAS[table].field(name) for name in wanted])


def _both(one: pc.Expression | None, other: pc.Expression | None) -> pc.Expression | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _logged(folder: Path, table: str, upto: int | None) -> Iterator[tuple[ds.Dataset, None]]:
    whole = logged.Logged(folder, upto, keep_exhibits=table == "exhibits")
    yield ds.dataset(whole.table(table)), None


def _built(folder: Path, table: str, upto: int | None) -> Iterator[tuple[ds.Dataset, pc.Expression | None]]:
    for said in parts.notes(folder):
        if table not in said.rows or (upto is not None and said.cover.first_seq > upto):
            continue
        part = ds.dataset(parts.path(folder, table, said.source), schema=SCHEMAS[table], format="parquet")
        whole = upto is None or 0 < said.cover.last_seq <= upto
        yield part, None if whole else _logged_by(folder, upto or 0)


def _logged_by(folder: Path, upto: int) -> pc.Expression:
    """Rows of exhibits that the log named up to a position: exhibit numbers rise with it (clause 1.5)."""
    return conditions.exhibit_number() <= logged.last_exhibit(folder, upto)
