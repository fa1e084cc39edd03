from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from workbench import sources
from workbench.cli.main import run
from workbench.collectors import COLLECTORS, GROUP, collector, collectors
from workbench.collectors.base import Collector
from workbench.errors import UsageError
from workbench.importers import importer, importers

_THEIRS = """
class Pigeons:
    name, version, licence, title = "pigeons", "1", "MIT", "Pigeon post"
    needs, state = "a loft", "works in fair weather"
    def target(self, text): return text
    def hosts(self, target): return ()
    def collect(self, order, session, *, report, token=""): raise NotImplementedError
    def parse(self, exchange): return iter(())

class Thief(Pigeons):
    name = "mastodon"

nothing = object()
"""
_ENTRIES = """[workbench.collectors]
pigeons = theirs_of_a_third_party:Pigeons
thief = theirs_of_a_third_party:Thief
nothing = theirs_of_a_third_party:nothing
gone = no_such_module:Thing
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that offers a good collector, one of our name, one that is none, one that is gone."""
    (tmp_path / "theirs_of_a_third_party.py").write_text(_THEIRS, "utf-8")
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(_ENTRIES, "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "theirs_of_a_third_party", raising=False)


@pytest.mark.usefixtures("third_party")
def test_third_parties_join_by_entry_point_and_replace_nothing() -> None:
    assert collector("pigeons").title == "Pigeon post"
    assert collectors()["mastodon"] is COLLECTORS["mastodon"]


@pytest.mark.usefixtures("third_party")
def test_a_broken_package_is_told_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    told = {one.entry.split(" ")[0] for one in sources.broken(GROUP, Collector)}  # type: ignore[type-abstract]
    assert told == {"nothing", "gone"}
    assert run(["sources", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in listed} >= {"pigeons", "mastodon", "telegram", "x-archive", "file"}
    assert sum(one["kind"] == "broken" for one in listed) == 2


def test_what_takes_anything_is_asked_last() -> None:
    assert list(importers())[-1] == "file"


def test_an_unknown_source_is_a_usage_error() -> None:
    for ask in (collector, importer):
        with pytest.raises(UsageError, match="has this name"):
            ask("carrier-snail")
