"""The tables beside what the evidence gives: equal, missing, altered, parsed differently since, pending."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.test_tables_build import Case, FakeCollector, FakeImporter
from workbench import collectors, importers
from workbench.cli.main import app
from workbench.counts import counted
from workbench.records import Exchange
from workbench.rows import AnyRow, Lead
from workbench.tables import build, parts
from workbench.tables.check import Checked, check
from workbench.tables.schema import SCHEMAS


class NewerCollector(FakeCollector):
    """The next version: it leaves out lines that begin with ``#``."""

    version = "8"

    def parse(self, exchange: Exchange) -> Iterator[AnyRow]:
        return (
            row for row in super().parse(exchange) if not (isinstance(row, Lead) and row.value[:1] == "#")
        )


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(collectors.COLLECTORS, "fake", FakeCollector())
    monkeypatch.setitem(importers.IMPORTERS, "fakes", FakeImporter())


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case of one capture and one import, its tables built."""
    made = Case(tmp_path / "2026-0417")
    made.version(1, "approve")
    made.begin(1)
    for body in (b"a\n#b", b"c", b"!"):
        made.exchange(1, body)
    made.end(1)
    made.receive(1, {"x.txt": b"one\ntwo"})
    build.rebuild(made.folder)
    return made


def states(folder: Path) -> dict[str, str]:
    return {each.part: each.state for each in check(folder)}


def edit(path: Path, change: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> None:
    """Rewrite a part with other rows."""
    rows = change(pq.read_table(path).to_pylist())
    pq.write_table(pa.Table.from_pylist(rows, SCHEMAS[path.parent.name]), path)


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_tables_that_were_just_built_are_equal_and_nothing_is_written(case: Case) -> None:
    before = tree(case.folder)
    assert states(case.folder) == {
        "leads/capture-0001": "equal",
        "issues/capture-0001": "equal",
        "leads/import-0001": "equal",
    }
    assert tree(case.folder) == before


def test_a_part_that_is_gone_is_missing_and_the_others_are_still_compared(case: Case) -> None:
    parts.path(case.folder, "leads", "capture-0001").unlink()
    assert states(case.folder) == {
        "leads/capture-0001": "missing",
        "issues/capture-0001": "equal",
        "leads/import-0001": "equal",
    }


@pytest.mark.parametrize(
    ("change", "stored", "parsed", "example"),
    [
        (lambda rows: [rows[0] | {"value": "z"}, *rows[1:]], 1, 1, "2026-0417-E0001#/0"),
        (lambda rows: rows[:-1], 0, 1, "2026-0417-E0002#/0"),
        (lambda rows: [*rows, rows[-1]], 1, 0, "2026-0417-E0002#/0"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], 0, 0, ""),
    ],
    ids=["changed", "dropped", "doubled", "reordered"],
)
def test_rows_that_were_touched_are_altered(
    case: Case, change: Callable[..., list[dict[str, object]]], stored: int, parsed: int, example: str
) -> None:
    edit(parts.path(case.folder, "leads", "capture-0001"), change)
    found = {each.part: each for each in check(case.folder)}
    detail = "" if example else "the same rows in another order, or of another parser"
    assert found["leads/capture-0001"] == Checked(
        table="leads",
        source="capture-0001",
        state="altered",
        detail=detail,
        stored=stored,
        parsed=parsed,
        example=example,
    )
    assert found["issues/capture-0001"].state == "equal"


def test_a_part_that_cannot_be_read_is_altered(case: Case) -> None:
    parts.path(case.folder, "leads", "import-0001").write_bytes(b"no parquet")
    found = {each.part: each for each in check(case.folder)}
    assert found["leads/import-0001"].state == "altered"
    assert found["leads/import-0001"].detail


def test_other_evidence_is_other_rows(case: Case) -> None:
    path = case.folder / "warc/0001-fake.warc.gz"
    data = bytearray(path.read_bytes())
    data[-20] ^= 1  # in the last exhibit: its row was an issue, and is another one now
    path.write_bytes(data)
    assert states(case.folder)["issues/capture-0001"] == "altered"


def test_what_an_older_parser_made_is_parsed_differently_since(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(collectors.COLLECTORS, "fake", NewerCollector())
    found = {each.part: each for each in check(case.folder)}
    leads = found["leads/capture-0001"]
    assert (leads.state, leads.stored, leads.parsed) == ("since", 1, 0)
    assert leads.example == "2026-0417-E0001#/1"
    assert leads.detail == "fake 7, now fake 8"
    # The issue is the same but for the version that it names.
    assert (found["issues/capture-0001"].state, found["issues/capture-0001"].stored) == ("since", 0)


def test_an_older_note_does_not_excuse_rows_of_this_parser(case: Case) -> None:
    path = parts.note_path(case.folder, "capture-0001")
    path.write_text(path.read_text("utf-8").replace("fake 7", "fake 6"), "utf-8")
    edit(parts.path(case.folder, "leads", "capture-0001"), lambda rows: rows[1:])
    assert states(case.folder)["leads/capture-0001"] == "altered"


def test_what_was_never_built_or_is_behind_is_pending_and_no_defect(case: Case) -> None:
    case.begin(2)
    case.exchange(2, b"late")
    parts.note_path(case.folder, "import-0001").unlink()
    found = {each.part: each for each in check(case.folder)}
    assert (found["capture-0002"].state, found["capture-0002"].detail) == ("pending", "never built")
    assert found["import-0001"].state == "pending"
    build.build(case.folder, "capture-0002")
    case.exchange(2, b"later")
    assert states(case.folder)["capture-0002"] == "pending"


def test_parts_of_a_source_that_the_log_does_not_know_are_altered(case: Case) -> None:
    for table in ("leads", "parts"):
        ending = "json" if table == "parts" else "parquet"
        folder = case.folder / "tables" / table
        shutil.copy(folder / f"capture-0001.{ending}", folder / f"capture-0009.{ending}")
    note = parts.note_path(case.folder, "capture-0009")
    note.write_text(note.read_text("utf-8").replace("capture-0001", "capture-0009"), "utf-8")
    assert states(case.folder)["leads/capture-0009"] == "altered"


def test_the_command_says_it_and_ends_with_three_on_a_defect(case: Case) -> None:
    run = CliRunner().invoke
    told = run(app, ["tables", "check", str(case.folder)])
    assert told.exit_code == 0
    assert told.stdout.splitlines()[0].split() == ["equal", "leads/capture-0001"]
    count = len(told.stdout.splitlines()) - 1
    assert told.stdout.splitlines()[-1] == f"{counted(count, 'part')}: the tables are what the evidence gives"
    edit(parts.path(case.folder, "leads", "capture-0001"), lambda rows: rows[1:])
    told = run(app, ["tables", "check", str(case.folder)])
    assert told.exit_code == 3
    expected = "altered   leads/capture-0001: 0 rows only in the tables, 1 only in the evidence"
    assert f"{expected}; first 2026-0417-E0001#/0" in told.stdout
    assert "1 altered" in told.stdout.splitlines()[-1]
    told = run(app, ["tables", "check", str(case.folder), "--json"])
    assert told.exit_code == 3
    said = json.loads(told.stdout)
    assert said["ok"] is False
    assert {part["part"]: part["state"] for part in said["parts"]}["leads/capture-0001"] == "altered"
