"""Tables of a parser that has changed since are named, with what changed; others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_tables_build import Case, FakeCollector, FakeImporter
from workbench import collectors, importers
from workbench.tables import build
from workbench.tables.older import _changed, older


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case of one capture and one import, its tables built."""
    monkeypatch.setitem(collectors.COLLECTORS, "fake", FakeCollector())
    monkeypatch.setitem(importers.IMPORTERS, "fakes", FakeImporter())
    made = Case(tmp_path / "2026-0417")
    made.version(1, "approve")
    made.begin(1)
    made.exchange(1, b"a\nb")
    made.end(1)
    made.receive(1, {"x.txt": b"one\ntwo"})
    build.rebuild(made.folder)
    return made


def test_only_the_source_of_a_changed_parser_is_named(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert older(case.folder) == {}
    monkeypatch.setattr(FakeCollector, "version", "8")
    assert older(case.folder) == {"capture-0001": "fake 7 (now 8)"}
    build.rebuild(case.folder)
    assert older(case.folder) == {}


def test_a_parser_that_is_not_installed_any_more_is_not_called_older(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(collectors.COLLECTORS, "fake")
    assert older(case.folder) == {}


def test_of_a_version_with_its_libraries_only_what_differs_is_told() -> None:
    told = list(_changed(("media 2 pillow-12 av-18", "x 1"), {"media": "3 pillow-12 av-18", "x": "1"}))
    assert told == ["media 2 (now 3)"]
    assert list(_changed(("media 3 av-17",), {"media": "3 av-18"})) == ["media av-17 (now av-18)"]
