"""Whether the tables are what the evidence gives: rows parsed again from the exhibits, beside those on disk.

Nothing is written under the case. The rows parsed again lie in a private folder of the system's until they have
been compared, one source at a time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.custody.scratch import Scratch
from workbench.errors import IntegrityError, UsageError
from workbench.media.looking import Pool
from workbench.records import Record
from workbench.rows import TABLES
from workbench.tables import build, digest, logged, parts
from workbench.tables.parts import Note
from workbench.tables.pending import pending
from workbench.tables.schema import fingerprint

State = Literal["equal", "missing", "altered", "since", "pending"]
DEFECTS: Final = ("missing", "altered")
"""States that no version of a parser explains."""
_BATCH: Final = 16_384
_PARSER: Final = ("parser", "parser_version")
_encode = msgspec.msgpack.Encoder().encode


class Checked(Record, frozen=True, kw_only=True):
    """One part, ``<table>/<source>``, or a source of which nothing can be compared (``table`` is empty).

    ``equal``: the same content. ``missing``: the source's note names it, and it is gone. ``altered``: other
    content from the same parser. ``since``: parsed differently since, by an older parser, which is no defect.
    ``pending``: to be built, for the reason in ``detail``. ``stored`` and ``parsed`` count the rows that only
    the tables or only the evidence have, parser and version left aside; ``example`` cites the first of them.
    """

    table: str
    source: str
    state: State
    detail: str = ""
    stored: int = 0
    parsed: int = 0
    example: str = ""

    @property
    def part(self) -> str:
        """The part's name."""
        return f"{self.table}/{self.source}" if self.table else self.source


def check(folder: Path) -> list[Checked]:
    """Compare all tables of a case with its evidence, in order of the log; report every part."""
    behind = pending(folder)
    found: list[Checked] = []
    with Pool() as pool:
        for source in logged.Logged(folder).begun:
            note = parts.note(folder, source)
            # A part that is gone makes a source pending too; the others of that source can still be compared.
            comparable = note is not None and note.schema == fingerprint() and note.format == parts.FORMAT
            if note is None or not comparable or _behind(behind.get(source, "")):
                found.append(Checked(table="", source=source, state="pending", detail=behind.get(source, "")))
            else:
                found += _source(folder, source, note, pool)
    return [*found, *_others(folder)]


def _behind(reason: str) -> bool:
    return reason.startswith("built from ")


def _source(folder: Path, source: str, note: Note, pool: Pool) -> list[Checked]:
    with Scratch("workbench-tables-") as made:
        again = made.path
        counts = build.build_into(again, folder, source, pool)
        fresh = parts.note(again, source)
        if fresh is None or parts.note(folder, source) != note:
            raise UsageError(
                "the tables were built anew while they were being checked",
                where=source,
                todo="run the same command again",
            )
        tables = [table for table in TABLES if table in note.rows or table in counts]
        return [_part(folder, again, table, note, fresh) for table in tables]


def _part(folder: Path, again: Path, table: str, note: Note, fresh: Note) -> Checked:
    source = note.source
    stored, parsed = parts.path(folder, table, source), parts.path(again, table, source)
    if table in note.rows and not stored.is_file():
        detail = f"{note.rows[table]} rows are gone"
        return Checked(table=table, source=source, state="missing", detail=detail)
    try:
        if table in note.rows and table in fresh.rows and digest.of_part(stored) == digest.of_part(parsed):
            return Checked(table=table, source=source, state="equal")
        mine, theirs = _rows(stored, table, note), _rows(parsed, table, fresh)
        parsers = _parsers(stored) if table in note.rows else set(note.parsers)
    except IntegrityError as error:
        return Checked(table=table, source=source, state="altered", detail=error.found or error.what)
    older = parsers <= set(note.parsers) and not parsers <= set(fresh.parsers)
    # A table that the older parser did not fill has no rows to say so: then the note of the whole source does.
    older = older or (table not in note.rows and not set(note.parsers) <= set(fresh.parsers))
    only_mine, only_theirs = mine.less(theirs), theirs.less(mine)
    return Checked(
        table=table,
        source=source,
        state="since" if older else "altered",
        detail=_detail(parsers, set(fresh.parsers), older=older, same=not (only_mine or only_theirs)),
        stored=only_mine.total(),
        parsed=only_theirs.total(),
        example=mine.first(only_mine) or theirs.first(only_theirs),
    )


def _detail(parsers: set[str], now: set[str], *, older: bool, same: bool) -> str:
    if older:
        return f"{_named(parsers)}, now {_named(now)}"
    return "the same rows in another order, or of another parser" if same else ""


def _named(parsers: set[str]) -> str:
    return " and ".join(sorted(parsers)) or "no parser"


class _Rows:
    """The rows of a part by their hash, parser and version left aside; memory: some 100 bytes a row."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()
        self._cited: dict[bytes, str] = {}

    def add(self, row: dict[str, object]) -> None:
        key = hashlib.blake2b(_encode(row), digest_size=16).digest()
        self.counts[key] += 1
        self._cited.setdefault(key, str(row.get("exhibit", "")))

    def less(self, others: _Rows) -> Counter[bytes]:
        """Give the rows that the others have not, or not as often."""
        return self.counts - others.counts

    def first(self, keys: Counter[bytes]) -> str:
        """Cite the first of these rows; nothing where there is none."""
        return next((cited for key, cited in self._cited.items() if key in keys), "")


def _rows(path: Path, table: str, note: Note) -> _Rows:
    found = _Rows()
    if table in note.rows:
        for batch in _batches(path):
            for row in batch.to_pylist():
                found.add({name: value for name, value in row.items() if name not in _PARSER})
    return found


def _parsers(path: Path) -> set[str]:
    pairs: set[str] = set()
    for batch in _batches(path):
        names, versions = (batch.column(name).to_pylist() for name in _PARSER)
        pairs.update(f"{name} {version}" for name, version in zip(names, versions, strict=True))
    return pairs


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(_BATCH)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise IntegrityError(
            "a part of the tables cannot be read", where=str(path), found=str(error).splitlines()[0][:200]
        ) from error


def _others(folder: Path) -> Iterator[Checked]:
    """Name the parts that no source of the log has: rows that stand on nothing."""
    known = set(logged.Logged(folder).begun)
    for note in parts.notes(folder):
        if note.source not in known:
            for table in note.rows:
                detail = "the custody log knows no such source"
                yield Checked(table=table, source=note.source, state="altered", detail=detail)
