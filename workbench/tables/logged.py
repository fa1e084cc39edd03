"""What the custody log itself says as tables: exhibits, captures, imports. Read from the log each time.

They are not stored, since a later line changes what an earlier one means: a ratification, an end, a
disposition. All of it can be read as it stood at an earlier position of the log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from workbench.custody import log
from workbench.custody.log import Entry
from workbench.errors import UsageError
from workbench.records import Exhibit
from workbench.tables import parts
from workbench.tables.schema import SCHEMAS, columns_of
from workbench.times import read_stamp

_BATCH = 50_000
_MEDIA = "media"
_IMPORT = re.compile(r"import-([0-9]{4,9})")
_UNFINISHED = {"verdict": "unfinished", "reason": "no-end"}
_T = TypeVar("_T")
ABOUT_SOURCE = frozenset({"capture.begin", "import.begin", "import.file", "exhibit"})
"""Actions whose lines belong to one capture or import and decide what is read of it."""
_DOCUMENT_BYTES = 16 * 1024 * 1024


class Logged:
    """The log, read once up to a position: what began, what ended, and the exhibits between."""

    def __init__(self, folder: Path, upto: int | None = None, *, keep_exhibits: bool = False) -> None:
        self.folder = folder
        self.case = ""
        self.begun: dict[str, Entry] = {}
        self.ended: dict[str, Entry] = {}
        self.exhibits: Counter[str] = Counter()
        self.last_seq: dict[str, int] = {}
        self.last_exhibit = 0
        self._acts: dict[int, str] = {}
        self._disposed: set[str] = set()
        self._batches: list[pa.RecordBatch] = []
        waiting: list[Entry] = []
        for entry in entries(folder, upto):
            self._take(entry)
            if keep_exhibits and entry.action == "exhibit":
                waiting.append(entry)
                if len(waiting) >= _BATCH:
                    self._batches.append(self._exhibit_batch(waiting))
                    waiting = []
        if waiting:
            self._batches.append(self._exhibit_batch(waiting))

    def _take(self, entry: Entry) -> None:
        fields = entry.fields
        match entry.action:
            case "exhibit":
                source = source_of(entry)
                self.exhibits[source] += 1
                self.last_seq[source] = entry.seq
                self.last_exhibit = fields["exhibit"]
            case "capture.begin" | "import.begin":
                self.begun[source_of(entry)] = entry
            case "capture.end" | "import.end":
                self.ended[source_of(entry)] = entry
            case "open":
                self.case = fields["case"]
            case "case":
                self._acts[fields["version"]] = fields["act"]
            case "disposed":
                self._disposed.add(fields["file"])
            case _:
                pass

    def authority(self, source: str) -> str:
        """Say on what a source's exhibits stand: approved, unratified or imported."""
        if source.startswith("import"):
            return "imported"
        begun = self.begun.get(source)
        act = self._acts.get(begun.fields["authority"], "") if begun else ""
        ratified = "ratify" in self._acts.values()
        return "approved" if act == "approve" or (act == "oral" and ratified) else "unratified"

    def table(self, name: str) -> pa.Table:
        """Give one of the three tables."""
        if name == "exhibits":
            return self._exhibits_table()
        kind, row = ("capture", self._capture) if name == "captures" else ("import", self._import)
        rows = [row(source) for source in self.begun if source.startswith(kind)]
        return pa.Table.from_pylist(rows, SCHEMAS[name])

    def _exhibit_batch(self, lines: Sequence[Entry]) -> pa.RecordBatch:
        fields = [line.fields for line in lines]
        values: dict[str, list[Any]] = {
            "case": [self.case] * len(lines),
            "exhibit": [f"{self.case}-E{each['exhibit']:04d}" for each in fields],
            "source": [source_of(line) for line in lines],
            "kind": [_kind(each) for each in fields],
            "file": [each["file"] for each in fields],
            "offset": [each["offset"] for each in fields],
            "length": [each["length"] for each in fields],
            "sha256": [each["sha256"] for each in fields],
            "at": [line.at for line in lines],
            # These two depend on later lines, and are set when all are read.
            "authority": [""] * len(lines),
            "disposed": [False] * len(lines),
            "rule": [each.get("rule", "") for each in fields],
        }
        arrays = [pa.array(values[column.name], column.type) for column in columns_of("exhibits")]
        return pa.RecordBatch.from_arrays(arrays, schema=SCHEMAS["exhibits"])

    def _exhibits_table(self) -> pa.Table:
        table = pa.Table.from_batches(self._batches, SCHEMAS["exhibits"])
        sources = list(self.exhibits)
        standing = pa.array([self.authority(source) for source in sources], pa.string())
        where = pc.index_in(table["source"], value_set=pa.array(sources, pa.string()))
        gone = pc.is_in(table["file"], value_set=pa.array(sorted(self._disposed), pa.string()))
        for name, values in (("authority", standing.take(where.combine_chunks())), ("disposed", gone)):
            index = table.schema.get_field_index(name)
            table = table.set_column(index, SCHEMAS["exhibits"].field(name), values)
        return table

    def _capture(self, source: str) -> dict[str, object]:
        begun, ended = self.begun[source], self.ended.get(source)
        fields = begun.fields
        return {
            "case": self.case,
            "capture": source,
            "source": fields["source"],
            "target": _target(self.folder, fields["authority"], fields["target"]),
            "target_index": fields["target"],
            "collector": fields["collector"],
            "begun": begun.at,
            "since": _moment(fields["since"]),
            "until": _moment(fields["until"]),
            "limit": fields["limit"],
            "predecessor": f"capture-{fields['predecessor']:04d}" if fields["predecessor"] else "",
            "authority": self.authority(source),
            "authority_version": fields["authority"],
            "actor": begun.actor,
            "exhibits": self.exhibits[source],
            **_ending(ended, "requests", "items"),
        }

    def _import(self, source: str) -> dict[str, object]:
        begun, ended = self.begun[source], self.ended.get(source)
        return {
            "case": self.case,
            "import": source,
            "importer": receipt(self.folder, begun.fields["import"]).importer
            or _read_by(self.folder, source),
            "begun": begun.at,
            "files": begun.fields["files"],
            "exhibits": self.exhibits[source],
            "actor": begun.actor,
            **_ending(ended),
        }


def _read_by(folder: Path, source: str) -> str:
    """Name the importers that read an import, as the note beside its tables has them; nothing where none is."""
    note = parts.note(folder, source)
    names = [parser.partition(" ")[0] for parser in note.parsers] if note else []
    # Pictures and films among the files are looked at whichever importer reads the rest.
    return ", ".join(name for name in names if name and (name != _MEDIA or len(names) == 1))


def entries(folder: Path, upto: int | None = None) -> Iterator[Entry]:
    """Read the log up to a position; raise UsageError where there is no log."""
    if not log.segments(folder):
        raise UsageError(
            "this folder is no case",
            where=str(folder),
            expected="a custody log",
            todo="check the case number",
        )
    for entry in log.entries(folder):
        if upto is not None and entry.seq > upto:
            return
        yield entry


def source_of(entry: Entry) -> str:
    """Name the capture or import that a line is about."""
    kind = "capture" if "capture" in entry.fields else "import"
    return f"{kind}-{entry.fields[kind]:04d}"


def last_exhibit(folder: Path, upto: int) -> int:
    """Give the highest exhibit number that the log names up to a position; 0 for none."""
    return Logged(folder, upto).last_exhibit


def _kind(fields: dict[str, Any]) -> str:
    return "exchange" if "capture" in fields else "member" if "member" in fields else "file"


def _moment(text: str | None) -> int | None:
    return None if text is None else read_stamp(text)


def _ending(ended: Entry | None, *counts: str) -> dict[str, object]:
    if ended is None:
        return {"ended": None, **_UNFINISHED, **dict.fromkeys(counts)}
    named = ("verdict", "reason", *counts)
    return {"ended": ended.at, **{name: ended.fields[name] for name in named}}


class _Target(msgspec.Struct):
    source: str
    target: str


class _Scope(msgspec.Struct):
    targets: list[_Target]


class _Version(msgspec.Struct):
    scope: _Scope | None


def _target(folder: Path, version: int, index: int) -> str:
    found = _document(folder / "case" / f"{version:04d}.json", _Version)
    scope = found.scope if found else None
    return scope.targets[index].target if scope and 0 <= index < len(scope.targets) else ""


class ReceiptFile(msgspec.Struct):
    """One file of an import: where it lies, and the name it was given under."""

    file: str
    given_name: str


class Receipt(msgspec.Struct):
    """The parts of a receipt (clause 6.1) that tables need."""

    importer: str = ""
    files: list[ReceiptFile] = []


def receipt(folder: Path, number: int) -> Receipt:
    """Read an import's receipt; an empty one where it cannot be read, which ``verify`` reports."""
    return _document(folder / "imports" / f"{number:04d}" / "receipt.json", Receipt) or Receipt()


def _document(path: Path, kind: type[_T]) -> _T | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_DOCUMENT_BYTES), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


def given_names(folder: Path, source: str) -> list[str]:
    """Give the names under which the files of an import were given, in their order; none for what is no import."""
    return [file.given_name for file in _files(folder, source)]


def _files(folder: Path, source: str) -> list[ReceiptFile]:
    found = _IMPORT.fullmatch(source)
    return receipt(folder, int(found[1])).files if found else []


class GivenNames:
    """The names that files had when they were given, from the receipts; one receipt is held at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._source = ""
        self._names: dict[str, str] = {}

    def of(self, exhibit: Exhibit) -> str:
        """Give a file's given name, of a member of an archive that of the archive; nothing for a capture."""
        return self.name(exhibit.source, exhibit.file)

    def name(self, source: str, path: str) -> str:
        """Do so by the source and the path of the file under the case."""
        if source != self._source:
            self._source = source
            self._names = {
                each.file.rpartition("/")[2]: each.given_name for each in _files(self._folder, source)
            }
        return self._names.get(path.rpartition("/")[2], "")
