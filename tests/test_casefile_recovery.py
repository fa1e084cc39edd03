from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk import HEAD, Desk, exchange, signer
from workbench.casefile import CaseFile, Receipt
from workbench.custody import disk, log, sshsig
from workbench.custody.verify import verify
from workbench.errors import IntegrityError, UsageError
from workbench.records import Result

ROOT = Path(__file__).parent.parent
ALL_STEPS = 61
"""About how many steps the whole work takes; beyond it nobody dies."""


def _start(desk: Desk, case: CaseFile, at: int, what: str) -> subprocess.Popen[str]:
    words = [desk.casefiles, case.number, desk.now, at, what]
    (desk.casefiles.parent / "given.txt").write_text("given " * 40, "utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.dying", *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def _die(desk: Desk, case: CaseFile, at: int, what: str = "work") -> list[list[str]]:
    """Work until death; give what was acknowledged before."""
    child = _start(desk, case, at, what)
    out, _ = child.communicate(timeout=60)
    return [line.split() for line in out.splitlines()]


def _sound(case: CaseFile) -> None:
    report = verify(case.folder, root=case.department.root, processes=1)
    assert report.defects == []
    assert [entry.seq for entry in log.entries(case.folder)] == list(range(1, report.counts["lines"] + 1))


def _check_kept(case: CaseFile, acknowledged: list[list[str]]) -> None:
    found = case.history()
    exhibits = {str(exhibit.citation.number) for exhibit in log.exhibits(case.folder)}
    for kind, *numbers in acknowledged:
        if kind == "exhibit":
            assert set(numbers) <= exhibits
        elif kind != "steps":
            versions = {signed.version.version for signed in found.versions}
            known = {"capture": set(found.captures), "import": set(found.imports), "run": set(found.runs)}
            known["version"] = versions
            assert int(numbers[0]) in known[kind]
    assert all(work.end for work in found.captures.values())
    assert all(work.end for work in found.imports.values())


def _work_on(desk: Desk, case: CaseFile) -> None:
    """Show that the case is as usable as before."""
    writer = case.begin_capture(
        desk.order(), key=sshsig.fingerprint(signer("1001").blob), collector="mastodon 1", head=HEAD
    )
    writer.append(exchange(b"after"))
    writer.end(Result(verdict="complete", items=1), requests=1)
    given = desk.casefiles.parent / "given.txt"
    given.write_text("given", "utf-8")
    case.begin_import([(given, "a.txt")], "file", Receipt(giver="Bea")).end(Result(verdict="complete"), 0)
    case.add_run("missing", "complete", {"record.json": given})
    case.act(desk.sign_in("1001"), "handover", owner="1002", reason="shift")
    _sound(case)


@pytest.mark.parametrize("at", [*range(5, ALL_STEPS, 5)])
def test_killed_at_any_step_nothing_acknowledged_is_lost(desk: Desk, at: int) -> None:
    case = desk.approved()
    acknowledged = _die(desk, case, at)
    again = desk.open(case)
    _sound(again)
    _check_kept(again, acknowledged)
    _work_on(desk, again)


def test_the_work_takes_as_many_steps_as_we_kill_at(desk: Desk) -> None:
    case = desk.approved()
    *acknowledged, steps = _die(desk, case, 0)
    assert ALL_STEPS - 14 < int(steps[1]) < ALL_STEPS + 14
    assert [kind for kind, *_ in acknowledged].count("exhibit") == 4
    _sound(desk.open(case))


def _wreck(desk: Desk) -> CaseFile:
    """Leave behind what several crashes would: a torn line, a tail, a version and a file without a line."""
    case = desk.approved()
    writer = case.begin_capture(
        desk.order(), key=sshsig.fingerprint(signer("1001").blob), collector="mastodon 1", head=HEAD
    )
    writer.append(exchange(b"kept"))
    with (case.folder / writer.file).open("ab") as file:
        file.write(b"a tail of the WARC")
    writer._lease.release()
    disk.write_new(case.folder / "case/0004.json", b"{}\n")
    disk.write_new(case.folder / "case/0004.json.2001.sig", b"none\n")
    disk.write_new(case.folder / "officers/0003", b"half an off")
    disk.write_new(case.folder / "imports/0001/000001.jpg", b"half a pho")
    disk.write_new(case.folder / "warc/0002-mastodon.warc.gz", b"half a head")
    with log.segments(case.folder)[-1].open("ab") as file:
        file.write(b'{"action":"exhibit","actor":"1001","at":"2026')
    return case


def test_a_quarantined_file_whose_line_was_lost_moves_on(desk: Desk) -> None:
    case = desk.approved()
    (case.folder / "quarantine").mkdir()
    (case.folder / "quarantine/0001-log-000001.jsonl").write_bytes(b"half a line")
    _sound(desk.open(case))
    moved = [entry.fields for entry in log.entries(case.folder) if entry.action == "recovered"]
    assert [(each["file"], each["offset"]) for each in moved] == [("quarantine/0001-log-000001.jsonl", 0)]
    assert [path.name[:5] for path in (case.folder / "quarantine").iterdir()] == ["0002-"]


def test_tails_and_leftovers_go_to_quarantine_and_are_logged(desk: Desk) -> None:
    case = _wreck(desk)
    again = desk.open(case)
    _sound(again)
    kept = {path.read_bytes() for path in (case.folder / "quarantine").iterdir()}
    assert kept == {
        b"a tail of the WARC",
        b"{}\n",
        b"none\n",
        b"half an off",
        b"half a pho",
        b"half a head",
        b'{"action":"exhibit","actor":"1001","at":"2026',
    }
    moved = [entry.fields for entry in log.entries(case.folder) if entry.action == "recovered"]
    assert len(moved) == len(kept)
    end = again.history().captures[1].end
    assert end is not None
    assert (end.fields["verdict"], end.fields["reason"]) == ("partial", "interrupted")
    lines = again.history().lines
    assert desk.open(case).history().lines == lines, "a second opening finds nothing left to do"
    _work_on(desk, again)


@pytest.mark.parametrize("at", [2, 6, 11, 17, 23])
def test_killed_during_recovery_the_next_one_goes_on(desk: Desk, at: int) -> None:
    case = _wreck(desk)
    assert _die(desk, case, at, "open") == [], "it died"
    again = desk.open(case)
    _sound(again)
    kept = b"".join(path.read_bytes() for path in (case.folder / "quarantine").iterdir())
    for tail in (b"a tail of the WARC", b"half an off", b"half a pho", b"half a head", b"none\n"):
        assert tail in kept, "however often it died, no tail is lost"
    _work_on(desk, again)


def test_killed_from_outside_at_any_moment(desk: Desk) -> None:
    chance = random.Random(417)  # noqa: S311 - picks moments
    case = desk.approved()
    for _ in range(2):
        child = _start(desk, case, 0, "work")
        assert child.stdout is not None
        acknowledged = [child.stdout.readline().split() for _ in range(chance.randrange(1, 5))]
        child.kill()
        child.communicate(timeout=60)
        again = desk.open(case)
        _sound(again)
        _check_kept(again, acknowledged)
        if again.history().versions[-1].version.assigned:
            again.act(desk.sign_in("1001"), "assign", assigned=())


def test_a_capture_that_runs_is_left_alone(desk: Desk) -> None:
    case = desk.approved()
    writer = case.begin_capture(
        desk.order(), key=sshsig.fingerprint(signer("1001").blob), collector="mastodon 1", head=HEAD
    )
    before = (case.folder / writer.file).read_bytes()
    again = desk.open(case)
    assert again.history().captures[1].end is None
    writer.append(exchange(b"x"))
    writer.end(Result(verdict="complete", items=1), requests=1)
    assert (case.folder / writer.file).read_bytes().startswith(before)
    _sound(again)


def test_an_import_cut_short_keeps_all_its_files(desk: Desk) -> None:
    case = desk.draft()
    given = desk.casefiles.parent / "given.txt"
    given.write_text("given", "utf-8")
    writer = case.begin_import([(given, "a"), (given, "b"), (given, "c")], "file", Receipt(giver="Bea"))
    writer._lease.close()
    # As a kill in the middle of writing the lines leaves it: begin and one file are there, a line is torn.
    path = log.segments(case.folder)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-2], lines[-2][:40]]))
    again = desk.open(case)
    _sound(again)
    files = [entry.fields["file"] for entry in log.entries(case.folder) if entry.action == "import.file"]
    assert files == ["imports/0001/000001", "imports/0001/000002", "imports/0001/000003"]


def test_a_warc_that_has_gone_is_an_integrity_error(desk: Desk) -> None:
    case = desk.approved()
    writer = case.begin_capture(
        desk.order(), key=sshsig.fingerprint(signer("1001").blob), collector="mastodon 1", head=HEAD
    )
    writer._lease.release()
    (case.folder / writer.file).unlink()
    with pytest.raises(IntegrityError) as caught:
        desk.open(case)
    assert caught.value.where == writer.file


@pytest.mark.parametrize("name", ["imports/.DS_Store", "runs/notes.txt", "case/.0001.json.swp", "warc/x"])
def test_a_stray_file_does_not_stop_the_work(desk: Desk, name: str) -> None:
    case = desk.draft()
    (case.folder / name).parent.mkdir(exist_ok=True)
    (case.folder / name).write_bytes(b"stray")
    again = desk.open(case)
    assert not (case.folder / name).exists()
    _sound(again)


def test_where_there_is_no_case_there_is_nothing_to_recover(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no case"):
        CaseFile(desk.casefiles / "2026-0001", desk.department, "1001", desk.clock)


def test_segments_that_were_made_and_never_begun_are_taken_away_however_many(desk: Desk) -> None:
    case = desk.approved()
    for number in (2, 3):
        (case.folder / f"log/{number:06d}.jsonl").touch()
    desk.open(case).refused("no-authority")
    assert [path.name for path in log.segments(case.folder)] == ["000001.jsonl"]
    assert verify(case.folder).defects == []
