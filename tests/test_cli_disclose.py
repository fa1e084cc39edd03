"""Disclosing as an officer does: under a release, logged as having left, contraband kept back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.desk import HEAD, Desk, exchange
from tests.test_production_disclosure import tools, verify
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.cli.main import app, run
from workbench.custody import log, releases
from workbench.custody.verify import verify as verify_case
from workbench.production.disclosure import disclose
from workbench.records import Result as Ended
from workbench.release import give
from workbench.sealing import finish
from workbench.times import now

__all__ = ["tools"]  # the fixture


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(tmp_path, now=now())
    desk.at_terminal(monkeypatch, "c1", "1001", "1002", "2001")
    return desk


@pytest.fixture
def case(home: Desk) -> CaseFile:
    made = home.approved()
    session = home.sign_in("1001")
    writer = made.begin_capture(home.order(), key=session.key, collector="m 1", head=HEAD)
    for index in range(5):
        writer.append(exchange(b"%d" % index))
    writer.end(Ended(verdict="complete", items=5), requests=5)
    finish(made, session)
    return made


def release(home: Desk, case: CaseFile, *exhibits: int, kind: str = "disclosure", days: int = 30) -> None:
    chief = home.open(case, "c1")
    session = home.sign_in("c1")
    give(chief, session, kind, exhibits or None, recipient="the defence", purpose="motion 7", days=days)


def told(*words: str) -> Result:
    return CliRunner().invoke(app, ["disclose", "2026-0417", *words])


def logged(case: CaseFile) -> list[str]:
    return [entry.action for entry in log.entries(case.folder)]


def test_what_was_released_is_disclosed_and_logged_as_having_left(
    home: Desk, case: CaseFile, tools: Path, tmp_path: Path
) -> None:
    release(home, case, 1, 4)
    out = tmp_path / "for the defence"
    said = told("E0004", "2026-0417-E0001#/3", "--out", str(out), "--release", "1")
    assert (said.exit_code, said.stderr) == (0, "")
    assert "2 exhibits of 5, as of seal 1" in said.stdout
    sums = hashlib.sha256((out / "SHA256SUMS").read_bytes()).hexdigest()
    left = releases.left(case.folder)
    assert [(one.release, one.kind, one.sha256, one.exhibits) for one in left] == [(1, "disclosure", sums, 2)]
    fingerprint = hashlib.sha256((case.folder / "seals/0001.txt").read_bytes()).hexdigest()
    assert sums in said.stdout
    assert verify(out, tools, "--root", home.department.root, "--seal", fingerprint).returncode == 0
    assert verify_case(case.folder, root=home.department.root).ok
    # Nothing but the folder itself is left beside it.
    assert not list(tmp_path.glob("*.partial"))


def test_as_json(home: Desk, case: CaseFile, tmp_path: Path) -> None:
    release(home, case)
    said = told("E2", "--out", str(tmp_path / "out"), "--as-of", "1", "--json")
    assert said.exit_code == 0
    found = json.loads(said.stdout)
    assert (found["seal"], found["given"], found["sealed_exhibits"]) == (1, ["2026-0417-E0002"], 5)
    assert found["folder"] == str(tmp_path / "out")


def test_contraband_gives_hash_and_proof_only(
    home: Desk, case: CaseFile, tools: Path, tmp_path: Path
) -> None:
    release(home, case)
    annotate(home.open(case), home.sign_in("1001"), "mark", [2], "must not be copied", mark="contraband")
    out = tmp_path / "out"
    said = told("E0002", "E0003", "--out", str(out))
    assert said.exit_code == 0
    assert "only hash and proof, since contraband or sharing its bytes: 2026-0417-E0002" in said.stdout
    assert [path.name for path in (out / "exhibits").iterdir()] == ["2026-0417-E0003.warc.gz"]
    checked = verify(out, tools)
    assert checked.returncode == 2
    assert "the bytes are withheld" in checked.stdout
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    stored = (case.folder / "warc/0001-mastodon.warc.gz").read_bytes()
    line = json.loads((out / "lines/2026-0417-E0002.jsonl").read_bytes())
    assert stored[line["offset"] : line["offset"] + line["length"]] not in everything
    assert [one.exhibits for one in releases.left(case.folder)] == [1]


@pytest.mark.parametrize(
    ("given", "words", "code"),
    [
        (None, ["E0001"], 4),
        (("package", ()), ["E0001"], 4),
        (("disclosure", (1, 2)), ["E0003"], 4),
        (("disclosure", ()), ["E0003", "--release", "7"], 4),
        (("disclosure", ()), ["E0001", "--as-of", "2"], 4),
        (("disclosure", ()), ["E0009"], 4),
        (("disclosure", ()), ["2026-0999-E0001"], 2),
        (("disclosure", ()), ["what"], 2),
    ],
)
def test_what_is_not_released_or_not_there_does_not_leave(
    home: Desk,
    case: CaseFile,
    tmp_path: Path,
    given: tuple[str, tuple[int, ...]] | None,
    words: list[str],
    code: int,
) -> None:
    if given:
        release(home, case, *given[1], kind=given[0])
    before = logged(case)
    place = tmp_path / "place"
    place.mkdir()
    assert run(["disclose", "2026-0417", *words, "--out", str(place / "out")]) == code
    assert not list(place.iterdir())
    assert logged(case) == before


def test_evidence_that_changed_does_not_leave(home: Desk, case: CaseFile, tmp_path: Path) -> None:
    release(home, case)
    path = case.folder / "warc/0001-mastodon.warc.gz"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    place = tmp_path / "place"
    place.mkdir()
    assert run(["disclose", "2026-0417", "E0005", "--out", str(place / "out")]) == 3
    assert not list(place.iterdir())
    assert "disseminated" not in logged(case)
    assert run(["disclose", "2026-0417", "E0001", "--out", str(place / "out")]) == 0


def test_a_place_that_is_taken_is_refused_before_a_key_is_asked_for(
    home: Desk, case: CaseFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(home, case)
    (tmp_path / "out").mkdir()
    monkeypatch.delenv("WORKBENCH_PASSPHRASE_FILE")
    assert run(["disclose", "2026-0417", "E0001", "--out", str(tmp_path / "out")]) == 2
    assert run(["disclose", "2026-0417", "E0001", "--out", str(case.folder / "out")]) == 2


def test_a_seal_that_nobody_signed_is_not_disclosed_from(home: Desk, tmp_path: Path) -> None:
    made = home.approved(number="2026-0500")
    session = home.sign_in("1001")
    writer = made.begin_capture(home.order(), key=session.key, collector="m 1", head=HEAD)
    writer.append(exchange(b"x"))
    writer.end(Ended(verdict="complete", items=1), requests=1)
    finish(made, None)
    release(home, made)
    words = ["disclose", "2026-0500", "E0001", "--out", str(tmp_path / "out")]
    assert run(words) == 3
    made.sign_pending(session)
    assert run(words) == 0


def test_who_does_not_work_the_case_takes_nothing_out(home: Desk, case: CaseFile, tmp_path: Path) -> None:
    release(home, case)
    words = ["disclose", "2026-0417", "E0001", "--out", str(tmp_path / "out"), "--as", "1002"]
    assert run(words) == 4


def test_asking_for_nothing_is_refused(home: Desk, case: CaseFile, tmp_path: Path) -> None:
    release(home, case)
    with pytest.raises(Exception, match="which exhibits"):
        disclose(home.open(case), home.sign_in("1001"), [], tmp_path / "out")
