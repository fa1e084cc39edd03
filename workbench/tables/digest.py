"""The content digest of a part: equal for equal rows, whatever wrote the Parquet file and however.

Definition, format ``workbench-digest/1``. All integers are little-endian and signed; a column's streams run
over all its rows, so row groups, encodings, compression and writer versions make no difference.

1. Each column has three byte streams: *validity*, one byte per row, 1 where there is a value and 0 where it
   is null; *lengths*; *data*. A null adds a length of 0 or a zero value.
2. string: lengths = 64-bit byte lengths, data = the UTF-8 bytes.
   int, timestamp (microseconds): data = 64 bits each. float: data = IEEE 754 binary64.
   bool: data = one byte. Streams that a type does not use are empty.
3. list of string: lengths = 64-bit numbers of items; data = the column digest (4) of all items in a row.
4. The digest of a column is SHA-256 over the SHA-256 digests (32 bytes each) of its three streams.
5. The digest of a part is SHA-256 over the UTF-8 text ``workbench-digest/1`` LF, then for each column in
   schema order its name, a space, its type (string, int, float, bool, timestamp, list), a space, its
   digest in hex, LF; then the number of rows in decimal and LF.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import IntegrityError
from workbench.tables import parts
from workbench.tables.schema import STRINGS, TIME

FORMAT = "workbench-digest/1"
_BATCH = 65_536
_NAMES = {
    pa.string().id: "string",
    pa.int64().id: "int",
    pa.float64().id: "float",
    pa.bool_().id: "bool",
    TIME.id: "timestamp",
    STRINGS.id: "list",
}


def digest(folder: Path) -> dict[str, str]:
    """Digest all built parts of a case: ``<table>/<source>`` -> SHA-256 of the content, sorted.

    Raises IntegrityError for a part that is missing or cannot be read.
    """
    found = {}
    for said in parts.notes(folder):
        for table in said.rows:
            found[f"{table}/{said.source}"] = of_part(parts.path(folder, table, said.source))
    return dict(sorted(found.items()))


def of_part(path: Path) -> str:
    """Digest one Parquet file; memory does not grow with its rows."""
    try:
        with pq.ParquetFile(path) as file:
            return of_batches(file.schema_arrow, file.iter_batches(_BATCH))
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError(
            "a part of the tables cannot be read",
            where=str(path),
            found=str(error).splitlines()[0][:200],
            todo="run 'workbench tables rebuild': tables hold nothing that the evidence does not",
        ) from error


def of_batches(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """Digest rows that come in batches of any size."""
    columns = [_Column(field.type) for field in schema]
    count = 0
    for batch in batches:
        count += batch.num_rows
        for column, array in zip(columns, batch.columns, strict=True):
            column.take(array)
    total = hashlib.sha256(f"{FORMAT}\n".encode())
    for field, column in zip(schema, columns, strict=True):
        total.update(f"{field.name} {_NAMES[field.type.id]} {column.digest().hex()}\n".encode())
    total.update(f"{count}\n".encode())
    return total.hexdigest()


class _Column:
    """The three running streams of one column (steps 1 to 4)."""

    def __init__(self, kind: pa.DataType) -> None:
        self._validity, self._lengths, self._data = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
        self._items = _Column(pa.string()) if kind == STRINGS else None

    def take(self, array: pa.Array) -> None:
        """Run over the next rows."""
        self._validity.update(_bytes(array.is_valid().cast(pa.uint8()), "u1"))
        if self._items is not None:
            self._lengths.update(_bytes(pc.list_value_length(array).fill_null(0), "<i8"))
            self._items.take(array.flatten())
        elif array.type == pa.string():
            filled = array.fill_null("")
            self._lengths.update(_bytes(pc.binary_length(filled), "<i8"))
            self._data.update(_text(filled))
        else:
            self._data.update(_fixed(array))

    def digest(self) -> bytes:
        """Close the streams."""
        if self._items is not None:
            self._data.update(self._items.digest())
        streams = (self._validity, self._lengths, self._data)
        return hashlib.sha256(b"".join(stream.digest() for stream in streams)).digest()


def _bytes(array: pa.Array, kind: str) -> bytes:
    values: npt.NDArray[np.generic] = array.to_numpy(zero_copy_only=False)
    return values.astype(kind).tobytes()


def _text(array: pa.Array) -> memoryview:
    """Give the bytes of a string column without nulls, one after the other, as Arrow holds them."""
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return memoryview(b"")
    places = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    return memoryview(data)[int(places[0]) : int(places[-1])]


def _fixed(array: pa.Array) -> bytes:
    if pa.types.is_boolean(array.type):
        return _bytes(array.fill_null(False).cast(pa.uint8()), "u1")
    if pa.types.is_floating(array.type):
        return _bytes(array.fill_null(0.0), "<f8")
    return _bytes(array.cast(pa.int64()).fill_null(0), "<i8")
