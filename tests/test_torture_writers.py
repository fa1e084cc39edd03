"""Several at once, clocks that go back, places that cannot be written, and names that nobody expects."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import workbench
from tests.desk import START
from tests.torture import checks, scenes
from tests.torture.layer import Layer, Refusing
from tests.torture.scenes import Ack, Stage
from workbench.casefile import Receipt, audit
from workbench.cli.main import run
from workbench.custody import log, seals
from workbench.custody.verify import verify
from workbench.errors import StorageError
from workbench.policy.officers import REVIEW
from workbench.records import Result
from workbench.tables import build

pytestmark = pytest.mark.slow


@pytest.fixture
def town(tmp_path: Path) -> Stage:
    """A case that has seen everything once, in a folder with a space and letters beyond ASCII."""
    return scenes.prepare(tmp_path / "Fälle der Stadt 市")


def _left(stage: Stage, name: str, data: bytes = b"half a file") -> None:
    """Leave a file without a line, as a process that died has."""
    (stage.folder / name).parent.mkdir(exist_ok=True)
    (stage.folder / name).write_bytes(data)


# --- two writers at once ----------------------------------------------------------------------------


def test_an_import_that_copies_for_long_keeps_no_number_from_another(town: Stage) -> None:
    slow, quick = town.open(), town.open()
    given = [(town.given[0], "a.txt")]
    with slow._staged("imports"):
        writer = quick.begin_import(given, "file", Receipt(giver="Bea"))
        writer.end(Result(verdict="complete"), 0)
        assert writer.number == 2, "the next, whoever is still copying"
    later = slow.begin_import(given, "file", Receipt(giver="Bo"))
    later.end(Result(verdict="complete"), 0)
    assert later.number == 3
    town.open()
    checks.sound(town)


@pytest.mark.parametrize(
    "name",
    [
        "warc/0002-mastodon.warc.gz",
        "imports/0002/000001.txt",
        "runs/0002-missing/record.json",
        "seals/0002.txt",
    ],
)
def test_what_a_dead_process_left_is_in_nobodys_way(town: Stage, name: str) -> None:
    acks: list[Ack] = []
    stage = town.at(town.folder, acks.append)
    case = stage.open()
    _left(stage, name)
    left = checks.tree(stage.folder)
    writer = scenes.begin(stage, case)
    writer.end(Result(verdict="empty"), requests=0)
    case.begin_import([(stage.given[0], "a")], "file", Receipt(giver="B")).end(Result(verdict="empty"), 0)
    case.add_run("missing", "failed", {"record.json": stage.given[0]})
    made = case.seal(stage.desk.sign_in("1001"))
    assert made is not None
    numbers = {kind: max(getattr(case.history(), kind)) for kind in ("captures", "imports", "runs", "seals")}
    assert numbers == {"captures": 2, "imports": 2, "runs": 2, "seals": 2}
    checks.recovers(stage, acks, left)


def test_a_decision_an_annotation_and_a_version_find_their_places_free_too(town: Stage) -> None:
    case, session = town.open("2002"), town.desk.sign_in("2002")
    names = ("decisions/0001.json", "decisions/0001.json.2002.sig", "annotations/0001.json", "case/0004.json")
    for name in (*names, "case/0004.json.1001.sig", "seals/0001.txt.2002.sig"):
        _left(town, name)
    left = checks.tree(town.folder)
    seen = seals.newest(town.folder)
    assert seen is not None
    body: dict[str, object] = {"act": "approve", "subjects": ["capture-0001"], "reason": "", "looked": []}
    body |= {"seal": seen.number, "seal_sha256": seen.sha256}
    assert case.add_signed("decision", session, REVIEW, body, seen=0)[0] == 1
    assert case.annotate({"kind": "mark", "mark": "none", "exhibits": [1], "text": "seen"}) == 1
    case.countersign(session, 1)
    case.act(town.desk.sign_in("1001"), "assign", assigned=("1002",))
    checks.recovers(town, [], left)


def test_a_seal_counts_the_line_that_mends_anothers(town: Stage) -> None:
    case = town.open()
    case.refused("expired")
    with log.segments(town.folder)[-1].open("ab") as file:
        file.write(b'{"action":"case","act')
    made = case.seal(town.desk.sign_in("1001"))
    assert made is not None
    assert made.lines == log.reached(town.folder).seq - 1
    checks.sound(town)


def test_a_torn_audit_line_hinders_no_seal(town: Stage) -> None:
    audit(town.folder, "1001", "opened", {"position": 1}, town.desk.clock)
    with log.segments(town.folder, "audit")[-1].open("ab") as file:
        file.write(b'{"action":"opened"')
    case = town.open()
    case.refused("expired")
    made = case.seal(town.desk.sign_in("1001"))
    assert made is not None
    assert made.audit_lines == 1
    checks.sound(town)
    audit(town.folder, "1001", "opened", {"position": 1}, town.desk.clock)
    checks.sound(town)


def test_a_dead_writers_lease_holds_nobody_up(town: Stage) -> None:
    case = town.open()
    writer = scenes.begin(town, case)
    lock = town.folder / f"locks/capture-{writer.number:04d}.lock"
    os.close(writer._fd)
    writer._lease.release()
    lock.write_text("999999\n", "utf-8")
    again = town.open()
    end = again.history().captures[writer.number].end
    assert end is not None
    assert end.fields["reason"] == "interrupted"
    checks.sound(town)


def test_a_reader_beside_a_writer_in_the_middle_of_a_line_reads_what_is_whole(town: Stage) -> None:
    whole = log.head(town.folder)
    with log.segments(town.folder)[-1].open("ab") as file:
        file.write(b'{"action":"exhibit","ac')
    assert log.reached(town.folder) == whole
    (town.folder / f"log/{whole.segment + 1:06d}.jsonl").write_bytes(b'{"act')
    assert log.reached(town.folder) == whole, "also where the torn line is the first of its segment"


# --- clocks -----------------------------------------------------------------------------------------


def test_a_clock_that_goes_back_is_recorded_as_given(town: Stage) -> None:
    town.desk.now = START + 3_600_000_000
    scenes.seal(town)
    town.desk.now = START
    case = town.open()
    case.refused("expired")
    assert case.seal(town.desk.sign_in("1001")) is not None
    lines = list(log.entries(town.folder))
    back = [entry for entry in lines if entry.fields.get("clock") == "back"]
    assert len(back) == 1
    assert back[0].at == town.desk.now
    assert [entry.seq for entry in lines] == list(range(1, len(lines) + 1)), "the order is the sequence's"
    checks.sound(town)


# --- a medium that cannot be written ------------------------------------------------------------------


def _read_only(town: Stage) -> Layer:
    return Layer(town.folder.parent, Refusing(errno.EROFS, 1, lasting=True))


def test_a_read_only_case_is_read_and_verified(
    town: Stage, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    build.refresh(town.folder)
    before = checks.tree(town.folder)
    monkeypatch.setenv("WORKBENCH_OFFICER", "1001")
    casefiles = str(town.folder.parent)
    with _read_only(town) as layer:
        report = verify(town.folder, root=town.desk.department.root, processes=1)
        assert run(["verify", str(town.folder)]) == 0
        assert run(["case", "show", scenes.NUMBER, "--casefiles", casefiles]) == 0
        with pytest.warns(UserWarning, match="not entered in the audit chain: the medium is read-only"):
            case = workbench.open_case(scenes.NUMBER, casefiles, clock=town.desk.clock)
        with pytest.warns(UserWarning, match="read-only"):
            assert case.exhibit(f"{scenes.NUMBER}-E0001").data
        assert len(case.table("exhibits")) == 11
        assert layer.count > 0, "it was tried"
    assert report.defects == []
    assert checks.tree(town.folder) == before
    capfd.readouterr()


def test_writing_to_a_read_only_case_is_refused_clearly(town: Stage) -> None:
    with _read_only(town), pytest.raises(StorageError) as caught:
        town.open()
    assert caught.value.lines()[0] == "the disk refused: Read-only file system"
    assert caught.value.lines()[-1] == "next: the medium is read-only: work on a writable copy of the case"


def test_without_permission_looking_is_refused_since_it_would_leave_no_trace(town: Stage) -> None:
    with (
        Layer(town.folder.parent, Refusing(errno.EACCES, 1, lasting=True)),
        pytest.raises(StorageError, match="Permission denied"),
    ):
        audit(town.folder, "1001", "opened", {"position": 1}, town.desk.clock)


# --- names --------------------------------------------------------------------------------------------


def test_names_with_line_breaks_and_other_letters_are_taken_in_and_stay_out_of_the_log(town: Stage) -> None:
    home = town.desk.casefiles.parent / "от Анны"
    home.mkdir()
    names = ["line\nbreak.txt", "\u202egpj.exe", "ü.JPG", "x" * 200, "tab\t.", "e\u0301.zip.."]
    for name in names:
        (home / name).write_bytes(name.encode())
    case = town.open()
    writer = case.begin_import([(home / name, name) for name in names], "file", Receipt(giver="Bea\n"))
    writer.end(Result(verdict="complete"), 0)
    text = b"".join(path.read_bytes() for path in log.segments(town.folder))
    assert not any(name.encode()[:8] in text for name in names)
    checks.sound(town)


def test_a_stray_name_with_a_line_break_does_not_get_into_the_log(town: Stage) -> None:
    _left(town, 'case/0009.json\n{"action":"open"}', b"stray")
    town.open()
    moved = [entry.fields for entry in log.entries(town.folder) if entry.action == "recovered"]
    assert [each["file"] for each in moved] == ["case/stray"]
    checks.sound(town)
