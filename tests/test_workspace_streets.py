"""Streets in a notebook: asked for by the parent, entered in the audit chain without the area, written anew."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd
import pytest
from PIL import Image

import workbench
from tests.capture_kit import Asked, Script
from tests.desk import Desk
from tests.map_kit import places
from tests.test_cli import home
from tests.tile_kit import WORDS, Painter, paint, said, tile
from workbench import show, times
from workbench.capture import tilecache
from workbench.casefile import CaseFile
from workbench.cli.main import run
from workbench.custody import log
from workbench.custody.verify import verify
from workbench.runner.broker import Allowance, listening
from workbench.workspace import asking

__all__ = ["home"]
ACTON = (("geotag", "Acton", 42.485, -71.433, None), ("exif", "", 42.483, -71.431, 10.0))
AREA = "-71.44,42.48,-71.42,42.49"


@pytest.fixture
def case(home: Desk) -> CaseFile:
    return home.approved()


@pytest.fixture
def parent(case: CaseFile, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process that would have started the notebook, for this case only."""
    with listening(Allowance(case=case.number), {}) as path:
        monkeypatch.setenv(asking.BROKER, str(path))
        yield


def _street(case: CaseFile, frame: pd.DataFrame | None = None) -> show.Street:
    return workbench.open_case(case.folder).street(places(*ACTON) if frame is None else frame)


def _audit(case: CaseFile) -> list[tuple[str, dict[str, object]]]:
    return [
        (entry.action, entry.fields)
        for entry in log.entries(case.folder, "audit")
        if entry.action == "street-tiles"
    ]


@pytest.mark.usefixtures("parent")
def test_the_streets_come_through_the_parent_and_are_kept(home: Desk, case: CaseFile) -> None:
    with Painter() as server:
        server.enrol(home)
        custody = log.head(case.folder)
        street = _street(case)
        asked = len(server.seen)
        assert _street(case) == street
        assert len(server.seen) == asked == len(street.pieces)
    assert WORDS in street.note
    assert server.host in street.note
    assert log.head(case.folder) == custody, "the custody log knows nothing of it"
    assert _audit(case) == [
        ("street-tiles", {"tiles": asked, "asked": asked}),
        ("street-tiles", {"tiles": asked, "asked": 0}),
    ]
    pictures = [Image.open(io.BytesIO(piece.data)) for piece in street.pieces]
    assert {(each.format, each.size) for each in pictures} == {("JPEG", (256, 256))}, "written anew"
    assert show.map(places(*ACTON), street=street).svg.count("data:image/jpeg") == asked
    assert verify(case.folder, root=home.department.root, processes=1).defects == []


def test_without_a_server_nobody_is_asked(case: CaseFile) -> None:
    street = _street(case)
    assert (street.pieces, street.note) == ((), "No street level: no tile server is configured")
    assert _audit(case) == []


@pytest.mark.usefixtures("parent")
def test_a_failure_is_named_and_the_map_is_drawn(home: Desk, case: CaseFile) -> None:
    with Painter(said(404)) as server:
        server.enrol(home)
        street = _street(case)
    assert street.pieces == ()
    assert "the tile server answers with the status 404" in street.note
    assert "says nothing of the places" in street.note
    assert street.note in show.map(places(*ACTON), street=street).note
    assert len(_audit(case)) == 1, "that it was asked for is entered before"


def _not_the_first() -> Script:
    """Have no tile for the first that is asked for; paint the others."""
    lost: list[str] = []

    def script(asked: Asked) -> None:
        lost.append(asked.path)
        asked.reply(404) if asked.path == lost[0] else paint(asked)

    return script


@pytest.mark.usefixtures("parent")
def test_one_tile_that_is_not_there_is_a_gap_that_is_said(home: Desk, case: CaseFile) -> None:
    with Painter(_not_the_first()) as server:
        server.enrol(home)
        street = _street(case)
        asked = len(server.seen)
    assert (len(street.pieces), len(street.gaps)) == (asked - 1, 1)
    assert (
        f"gaps, not empty land: 1 of {asked} tiles did not come: the tile server answers with" in street.note
    )
    figure = show.map(places(*ACTON), street=street)
    assert figure.svg.count("data:image/jpeg") == asked - 1
    assert "no tile" in figure.svg
    assert "not empty land" in figure.note


@pytest.mark.usefixtures("parent")
def test_bytes_that_only_begin_like_a_picture_come_to_no_map(home: Desk, case: CaseFile) -> None:
    with Painter(said(200, tile()[:40] + b"<script>" * 20)) as server:
        server.enrol(home)
        street = _street(case)
    assert street.pieces == ()
    assert "cannot be read" in street.note


@pytest.mark.usefixtures("parent")
def test_a_server_without_a_grant_is_not_asked(home: Desk, case: CaseFile) -> None:
    with Painter() as server:
        server.enrol(home, grant=False)
        street = _street(case)
        assert server.connections == 0
    assert "plain http needs the chief's signed grant" in street.note


def test_a_notebook_by_itself_reaches_nobody(home: Desk, case: CaseFile) -> None:
    with Painter() as server:
        server.enrol(home)
        street = _street(case)
        assert server.connections == 0
    assert "not started by the workbench" in street.note


def test_places_too_far_apart_or_none_ask_nobody(home: Desk, case: CaseFile) -> None:
    with Painter() as server:
        server.enrol(home)
        far = places(*ACTON, ("geotag", "", 48.85, 2.35, None))
        assert "too wide" in _street(case, far).note
        assert "no place" in _street(case, far.iloc[:0]).note
        assert server.connections == 0


# --- the command --------------------------------------------------------------------------------


def test_the_command_fetches_and_says_what(
    home: Desk, case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    with Painter() as server:
        server.enrol(home)
        assert run(["street", case.number, f"--area={AREA}"]) == 0
        asked = len(server.seen)
        assert capsys.readouterr().out == f"{asked} tiles, {asked} of them from {server.host} now\n"
    kept = home.casefiles / tilecache.FOLDER
    assert len(list(kept.iterdir())) == asked
    assert kept.stat().st_mode & 0o007 == 0


def test_the_command_counts_what_did_not_come_and_keeps_the_rest(
    home: Desk, case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    with Painter(_not_the_first()) as server:
        server.enrol(home)
        assert run(["street", case.number, f"--area={AREA}"]) == 5
        asked, told = len(server.seen), capsys.readouterr()
        assert told.out == f"{asked} tiles, {asked - 1} of them from {server.host} now\n"
        assert f"1 of {asked} tiles did not come: the tile server answers with the status 404" in told.err
    assert len(list((home.casefiles / tilecache.FOLDER).iterdir())) == asked - 1


def test_the_command_deletes_what_is_too_old(home: Desk, case: CaseFile) -> None:
    old = tilecache.Cache(home.casefiles / tilecache.FOLDER, times.now() - 2 * tilecache.MOST_AGE)
    old.keep("https://other.example/1/2/3.png", tile())
    (path,) = old.folder.iterdir()
    with Painter() as server:
        server.enrol(home)
        assert run(["street", case.number, f"--area={AREA}"]) == 0
    assert not path.exists()


@pytest.mark.parametrize(
    "words", [[], ["--area=1,2,3"], ["--from=file"], [f"--area={AREA}", "--from=-"], ["--area=0,0,9,9"]]
)
def test_the_command_refuses_what_is_no_area(home: Desk, case: CaseFile, words: list[str]) -> None:
    with Painter() as server:
        server.enrol(home)
        assert run(["street", case.number, *words]) == 2
        assert server.connections == 0


def test_the_command_needs_a_server_and_an_officer_of_the_case(home: Desk, case: CaseFile) -> None:
    assert run(["street", case.number, f"--area={AREA}"]) == 2
    with Painter() as server:
        server.enrol(home)
        assert run(["street", case.number, f"--area={AREA}", "--as", "1002"]) == 4
        assert server.connections == 0
    assert _audit(case) == []


def test_the_server_is_the_chiefs(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    address, chief = "https://tiles.example/{z}/{x}/{y}.png", ["--as", "c1"]
    name = ["department", "tiles"]
    assert run([*name, address, "--attribution", "© Town"]) == 4, "a detective's signature does not do"
    for wrong in (
        [],
        ["--none", address],
        [address],
        [address.replace("https", "http"), "--attribution", "x"],
    ):
        assert run([*name, *wrong, *chief]) == 2
    assert home.open(home.approved()).department.settings.tiles is None
    capsys.readouterr()
    assert run([*name, address, "--attribution", "© Town", "--highest", "16", *chief]) == 0
    assert f"{address} up to zoom 16, © Town; signed by c1" in capsys.readouterr().out
    assert run(["department", "show"]) == 0
    assert f"tiles        {address} up to zoom 16, © Town" in capsys.readouterr().out
    assert run([*name, "--none", *chief]) == 0
    capsys.readouterr()
    assert run(["department", "show"]) == 0
    assert "tiles        none" in capsys.readouterr().out
