"""Parts on disk: one Parquet file per table and source, and a note of what a source's parts are.

``tables/<table>/<source>.parquet`` holds rows in canonical order: by exhibit number, then as parsed. An
empty table has no part. ``tables/parts/<source>.json`` is written last and says which parts belong to the
source, so that "built and empty" and "never built" are two things.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.custody import disk
from workbench.errors import UsageError
from workbench.records import Record
from workbench.rows import TABLES
from workbench.tables import columnar, order
from workbench.tables.schema import NAMES, SCHEMAS, Parsed, fingerprint

BATCH_ROWS = 1_024
"""Rows held as Python objects before they become Arrow."""
GROUP_ROWS = 49_152
"""Most rows of a row group."""
GROUP_BYTES = 4 * 1024 * 1024
"""Arrow bytes after which a row group is written, however few its rows."""
FORMAT = "workbench-tables/1"
_SOURCE = re.compile(r"(?:capture|import)-[0-9]{4,9}")


class Cover(Record, frozen=True, kw_only=True):
    """Which exhibits were read: how many, and the first and last line of the log that names one."""

    exhibits: int = 0
    first_seq: int = 0
    last_seq: int = 0


class Note(Record, frozen=True, kw_only=True):
    """What ``tables/parts/<source>.json`` says. ``rows``: table -> number of rows, only where not 0."""

    format: str
    source: str
    schema: str
    cover: Cover
    parsers: tuple[str, ...]
    rows: dict[str, int]


def path(folder: Path, table: str, source: str) -> Path:
    """Give where a part lies."""
    return folder / "tables" / table / f"{source}.parquet"


def note_path(folder: Path, source: str) -> Path:
    """Give where the note of a source lies."""
    return folder / "tables" / "parts" / f"{source}.json"


def note(folder: Path, source: str) -> Note | None:
    """Read what was built of a source; None where nothing was, or where the note cannot be read."""
    try:
        return msgspec.json.decode(note_path(folder, source).read_bytes(), type=Note)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def notes(folder: Path) -> list[Note]:
    """Read the notes of all sources that were built, in order of their first exhibit."""
    names = sorted(each.stem for each in (folder / "tables" / "parts").glob("*.json"))
    found = [each for name in names if (each := note(folder, name)) is not None]
    return sorted(found, key=lambda each: (each.cover.first_seq, each.source))


def write_parts(
    folder: Path, source: str, rows: Iterable[Parsed], *, cover: Cover | None = None
) -> dict[str, int]:
    """Write all parts of a source from its rows; give table -> number of rows, only where not 0.

    Rows stream through: memory does not grow with them. Parts replace those of an earlier build whole;
    after a crash the source counts as never built. Raises StorageError when the disk refuses.
    """
    if _SOURCE.fullmatch(source) is None:
        raise UsageError("this names no source", expected="capture-0001 or import-0001", found=source[:40])
    with disk.mapped(folder / "tables"):
        writers = _Writers(folder, source)
        try:
            writers.take(rows)
            counts = writers.finish()
        finally:
            writers.close()
        _put_in_place(folder, source, counts)
        said = Note(
            format=FORMAT,
            source=source,
            schema=fingerprint(),
            cover=cover or Cover(),
            parsers=tuple(sorted(writers.parsers)),
            rows=counts,
        )
    disk.replace(note_path(folder, source), msgspec.json.encode(said) + b"\n")
    return counts


class _Writers:
    """One writer per table that has rows; each holds a bounded number of rows and bytes."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder, self.source = folder, source
        self.parsers: set[str] = set()
        self._behind = _Behind()
        self._rows: dict[str, list[Parsed]] = {}
        self._writers: dict[str, _Writer] = {}

    def take(self, rows: Iterable[Parsed]) -> None:
        waiting = self._rows
        for parsed in rows:
            table = NAMES[type(parsed.row)]
            held = waiting.get(table)
            if held is None:
                held = waiting[table] = []
            held.append(parsed)
            if len(held) >= BATCH_ROWS:
                self._flush(table)

    def finish(self) -> dict[str, int]:
        # Values that do not fit become issues, so the issues are flushed last.
        for table in sorted(TABLES, key=lambda name: name == "issues"):
            self._flush(table)
        self._flush("issues")
        return {table: self._writers[table].finish() for table in TABLES if table in self._writers}

    def close(self) -> None:
        self._behind.close()
        for writer in self._writers.values():
            writer.close()

    def _flush(self, table: str) -> None:
        held = self._rows.pop(table, [])
        if not held:
            return
        if table not in self._writers:
            self._writers[table] = _Writer(path(self.folder, table, self.source), table, self._behind)
        made, problems = columnar.batch(table, held)
        self._writers[table].add(made, [columnar.number(each.exhibit) for each in held])
        self.parsers |= {
            f"{name} {version}" for name, version in {(each.parser, each.parser_version) for each in held}
        }
        self._rows.setdefault("issues", []).extend(problems)


class _Behind:
    """One thread that encodes and writes row groups beside the reading of rows: pyarrow lets both run at once.

    At most one group is on its way, so that memory stays bounded; what fails is raised at the next call.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tables")
        self._last: Future[None] | None = None

    def do(self, work: Callable[[pa.Table], None], group: pa.Table) -> None:
        self.wait()
        self._last = self._thread.submit(work, group)

    def wait(self) -> None:
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def close(self) -> None:
        self._thread.shutdown()


class _Writer:
    """One part in the making: ``<part>.partial``, in the order in which rows come, then put in order."""

    def __init__(self, target: Path, table: str, behind: _Behind) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._behind = behind
        self.partial = target.with_name(target.name + ".partial")
        self._schema = SCHEMAS[table]
        self._parquet = parquet(self.partial, self._schema)
        self._pending: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0
        self._sequence = order.Sequence()

    def add(self, made: pa.RecordBatch, numbers: list[int]) -> None:
        self._pending.append(made)
        self._sequence.extend(numbers)
        self._rows += made.num_rows
        self._bytes += made.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        if self._pending:
            group = pa.Table.from_batches(self._pending, self._schema)
            self._behind.do(self._encode, group)
        self._pending, self._rows, self._bytes = [], 0, 0

    def _encode(self, group: pa.Table) -> None:
        self._parquet.write_table(group)
        # What two threads hand each other, Arrow's allocator would rather keep than give back.
        pa.default_memory_pool().release_unused()

    def finish(self) -> int:
        self._write()
        self._behind.wait()
        self.close()
        if not self._sequence.in_order:
            self._put_in_order()
        _sync(self.partial)
        return len(self._sequence)

    def _put_in_order(self) -> None:
        unordered = self.partial.with_name(self.partial.name.replace(".parquet", ".unordered.parquet"))
        self.partial.replace(unordered)
        with pq.ParquetFile(unordered) as given, parquet(self.partial, self._schema) as writer:
            for group in order.groups(given, self._sequence.canonical(), GROUP_ROWS):
                writer.write_table(group)
        unordered.unlink()

    def close(self) -> None:
        self._parquet.close()


def parquet(target: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a part for writing; without dictionaries, which here cost time and make the files larger."""
    return pq.ParquetWriter(target, schema, compression="zstd", compression_level=1, use_dictionary=False)


def _put_in_place(folder: Path, source: str, counts: Mapping[str, int]) -> None:
    # Without its note the source counts as never built, so a crash between renames is seen.
    note_path(folder, source).unlink(missing_ok=True)
    for table in TABLES:
        target = path(folder, table, source)
        if table in counts:
            target.with_name(target.name + ".partial").replace(target)
        else:
            target.unlink(missing_ok=True)
        if target.parent.is_dir():
            disk.sync_folder(target.parent)


def _sync(written: Path) -> None:
    fd = os.open(written, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove_others(folder: Path, kept: Iterable[str]) -> None:
    """Delete what lies under ``tables/`` and belongs to none of the sources that are to be kept."""
    wanted = {note_path(folder, source) for source in kept}
    for said in notes(folder):
        if note_path(folder, said.source) in wanted:
            wanted |= {path(folder, table, said.source) for table in said.rows}
    with disk.mapped(folder / "tables"):
        for each in _files(folder / "tables"):
            if each not in wanted:
                each.unlink()


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in sorted(folder.rglob("*")) if each.is_symlink() or not each.is_dir())
