from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.desk import HEAD, Desk, exchange
from tests.test_release import capture, given
from workbench import sealing
from workbench.annotating import annotate
from workbench.backup import backup, backup_department
from workbench.casefile import CaseFile
from workbench.casefile.ledger import FORMAT_1, Ledger
from workbench.casefile.restored import Restore
from workbench.custody import log, releases, seals, sshsig, verify
from workbench.errors import AuthorityError, IntegrityError, StorageError, UsageError
from workbench.policy.officers import REGISTER_SECOND, REVIEW
from workbench.release import leaving
from workbench.restore import restore


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    opened = desk.approved()
    capture(desk, opened)
    return opened


@pytest.fixture
def copied(desk: Desk, case: CaseFile, tmp_path: Path) -> Path:
    """A backup of the case, after which the case went on by a seal and was lost."""
    made = backup(case.folder, tmp_path / "backup").folder
    capture(desk, case)
    return made


def lose(case: CaseFile, tmp_path: Path) -> None:
    case.folder.rename(tmp_path / f"lost-{len(list(tmp_path.iterdir()))}")


def back(desk: Desk, copied: Path, badge: str = "2001", *, anchors: tuple[Path, ...] = ()) -> Restore:
    session = desk.sign_in(badge)
    said = restore(
        copied, desk.casefiles, desk.department, session, "disk died", anchors=anchors, clock=desk.clock
    )
    case = CaseFile(desk.casefiles / said.case, desk.department, badge, desk.clock)
    sealing.finish(case, session)
    return said


def test_a_release_from_before_lets_nothing_leave_since_marks_may_be_lost(
    desk: Desk, case: CaseFile, tmp_path: Path
) -> None:
    before = given(desk, case, "copy")
    copied = backup(case.folder, tmp_path / "backup").folder
    annotate(desk.open(case), desk.sign_in("1001"), "mark", [1], "why", mark="contraband")
    with pytest.raises(AuthorityError, match="never leave"), leaving(case, "copy", [1]):
        pytest.fail("it was let leave")
    lose(case, tmp_path)
    back(desk, copied)
    again = desk.open(case)
    with (
        pytest.raises(AuthorityError, match="nothing leaves without a release") as told,
        leaving(again, "copy", [1]),
    ):
        pytest.fail("it was let leave")
    assert "release 1 does not count: it was given before the case was restored" in told.value.found
    (known,) = releases.read(case.folder)
    assert (known.release, known.problem) == (
        before,
        "it was given before the case was restored from a backup",
    )
    anew = given(desk, case, "copy")
    with leaving(again, "copy", [1]) as permit:
        assert permit.release == anew
    assert verify.verify(case.folder, root=desk.department.root).ok


def test_a_restore_is_signed_and_names_what_was_lost(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    newest, last = seals.newest(copied), seals.newest(case.folder)
    assert newest is not None
    assert last is not None
    lines = log.head(copied).seq
    lose(case, tmp_path)
    said = back(desk, copied)
    assert (said.lines, said.seal, said.seal_sha256) == (lines, newest.number, newest.sha256)
    assert (said.lost[-1].seal, said.lost[-1].sha256) == (last.number, last.sha256)
    assert [one.seal for one in said.lost] == list(range(newest.number + 1, last.number + 1))
    data = (case.folder / "restores/0001.json").read_bytes()
    assert json.loads(data)["reason"] == "disk died"
    armored = (case.folder / "restores/0001.json.2001.sig").read_bytes()
    assert sshsig.verify(armored, data, REVIEW, "it") == desk.signer("2001").blob
    first = next(entry for entry in log.entries(case.folder) if entry.seq == lines + 1)
    assert (first.action, first.actor) == ("restored", "2001")


def test_a_restored_case_opens_goes_on_and_verifies(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    back(desk, copied)
    again = desk.open(case)
    capture(desk, again)
    report = verify.verify(again.folder, root=desk.department.root)
    assert report.ok, report.to_text()
    assert len(list(log.exhibits(again.folder))) == 6


def test_what_the_backup_had_open_is_ended_after_the_restore(
    desk: Desk, case: CaseFile, tmp_path: Path
) -> None:
    key = desk.sign_in("1001").key
    writer = case.begin_capture(desk.order(), key=key, collector="tests 1", head=HEAD)
    writer.append(exchange(b"kept"))
    made = backup(case.folder, tmp_path / "backup").folder
    lose(case, tmp_path)
    said = back(desk, made)
    after = [entry.action for entry in log.entries(case.folder) if entry.seq > said.lines]
    assert after[:2] == ["restored", "capture.end"]


def test_an_administrator_restores_in_their_own_namespace(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    back(desk, copied, "a1")
    data = (case.folder / "restores/0001.json").read_bytes()
    armored = (case.folder / "restores/0001.json.a1.sig").read_bytes()
    assert sshsig.verify(armored, data, REGISTER_SECOND, "it") == desk.signer("a1").blob


def test_a_second_restore_names_what_was_lost_since_the_first(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    first = back(desk, copied)
    made = backup(case.folder, tmp_path / "second").folder
    capture(desk, desk.open(case))
    lose(case, tmp_path)
    second = back(desk, made)
    assert second.restore == 2
    assert second.lost
    assert not set(second.lost) & set(first.lost)
    report = verify.verify(case.folder, root=desk.department.root)
    assert report.ok, report.to_text()
    assert [note.kind for note in report.notes].count("restored") == 2


def test_the_same_backup_taken_back_twice_names_the_seals_of_both_histories(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    first = back(desk, copied)
    capture(desk, desk.open(case))
    lose(case, tmp_path)
    second = back(desk, copied)
    assert set(first.lost) < set(second.lost)
    report = verify.verify(case.folder, root=desk.department.root)
    assert report.ok, report.to_text()


def test_a_backup_of_a_history_that_was_given_up_is_refused(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    later = backup(case.folder, tmp_path / "later").folder
    lose(case, tmp_path)
    back(desk, copied)
    capture(desk, desk.open(case))
    lose(case, tmp_path)
    with pytest.raises(IntegrityError, match="as the department anchored it"):
        back(desk, later)


def test_a_newer_copy_of_the_departments_log_tells_what_the_department_does_not(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    newer = backup_department(desk.department.folder, tmp_path / "newer").folder
    capture(desk, case)
    last = seals.newest(case.folder)
    assert last is not None
    # The department's own log is lost too, and comes back as it was before the case's last seal.
    segment = desk.department.folder / "log/000001.jsonl"
    kept = segment.read_bytes()
    segment.write_bytes((newer / "log/000001.jsonl").read_bytes())
    (tmp_path / "anchor.jsonl").write_bytes(kept)
    lose(case, tmp_path)
    trial = tmp_path / "trial"
    shutil.copytree(desk.casefiles, trial)
    without = restore(copied, trial, desk.department, desk.sign_in("2001"), "trial", clock=desk.clock)
    assert last.number not in {one.seal for one in without.lost}
    said = back(desk, copied, anchors=(tmp_path / "anchor.jsonl",))
    assert said.lost[-1].seal == last.number


def test_a_backup_of_another_history_is_refused(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    own = seals.newest(copied)
    assert own is not None
    # What the department anchored under that number was another seal: the backup was made up.
    segment = desk.department.folder / "log/000001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(own.sha256.encode(), b"e" * 64))
    lose(case, tmp_path)
    with pytest.raises(IntegrityError, match="not a backup of the case") as error:
        back(desk, copied)
    assert error.value.found == own.sha256
    assert not (desk.casefiles / case.number).exists()


@pytest.mark.parametrize("badge", ["1001"])
def test_who_may_not_restore_writes_nothing(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path, badge: str
) -> None:
    lose(case, tmp_path)
    with pytest.raises(AuthorityError, match="cannot restore"):
        back(desk, copied, badge)
    assert not [path.name for path in desk.casefiles.iterdir() if path.name.startswith(case.number)]


def test_an_officer_whom_the_backup_does_not_list_cannot_restore(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lines = [*desk.department.officers.keys, desk.line("2009", "supervisor")]
    desk.department.change([desk.sign_in("c1")], lines=lines)
    lose(case, tmp_path)
    with pytest.raises(AuthorityError, match="cannot restore"):
        back(desk, copied, "2009")


def test_a_restore_that_was_killed_is_not_gone_on_with(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    (desk.casefiles / f"{case.number}.partial").mkdir()
    with pytest.raises(UsageError, match="unfinished restore"):
        back(desk, copied)
    assert not (desk.casefiles / case.number).exists()


def test_a_case_that_is_there_is_not_written_over(desk: Desk, case: CaseFile, copied: Path) -> None:
    before = log.head(case.folder)
    with pytest.raises(UsageError, match="already"):
        back(desk, copied)
    assert log.head(case.folder) == before


def test_a_backup_with_defects_is_not_taken_back(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    warc = next((copied / "warc").iterdir())
    data = bytearray(warc.read_bytes())
    data[-40] ^= 1
    warc.write_bytes(data)
    with pytest.raises(IntegrityError, match="does not verify"):
        back(desk, copied)
    assert [path.name for path in desk.casefiles.iterdir()] == ["department"]


def test_a_case_of_another_department_is_not_taken_in(case: CaseFile, copied: Path, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", town="there")
    with pytest.raises(IntegrityError, match="another department"):
        back(other, copied)
    assert not (other.casefiles / case.number).exists()


def test_a_restore_needs_a_reason_and_a_backup(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path
) -> None:
    lose(case, tmp_path)
    session = desk.sign_in("2001")
    with pytest.raises(UsageError, match="reason"):
        restore(copied, desk.casefiles, desk.department, session, " ", clock=desk.clock)
    with pytest.raises(UsageError, match="not a backup"):
        restore(tmp_path, desk.casefiles, desk.department, session, "why", clock=desk.clock)
    with pytest.raises(UsageError, match="no department log"):
        back(desk, copied, anchors=(tmp_path / "backup",))


def test_a_backup_of_the_first_format_is_taken_back_in_the_second(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("workbench.casefile.case.CASE_FORMAT", FORMAT_1)
        before.setattr(Ledger, "go_on_as_format_2", lambda _: None)
        old = desk.approved()
        made = backup(old.folder, tmp_path / "backup").folder
    assert {entry.action for entry in log.entries(made)} == {"open", "officers", "case"}
    lose(old, tmp_path)
    said = back(desk, made)
    assert [entry.action for entry in log.entries(old.folder)][said.lines - 1 : said.lines + 1] == [
        "format",
        "restored",
    ]
    report = verify.verify(old.folder, root=desk.department.root)
    assert report.ok, report.to_text()


def test_the_backup_itself_is_only_read(desk: Desk, case: CaseFile, copied: Path, tmp_path: Path) -> None:
    lose(case, tmp_path)
    before = {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    back(desk, copied)
    assert {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()} == before


def test_a_disk_that_fills_up_leaves_no_case_that_hides_its_restore(
    desk: Desk, case: CaseFile, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(case, tmp_path)

    def full(*_: object) -> None:
        raise StorageError("the disk refused: No space left on device")

    monkeypatch.setattr("workbench.custody.disk.write_new", full)
    with pytest.raises(StorageError):
        back(desk, copied)
    assert [path.name for path in desk.casefiles.iterdir()] == ["department"]
