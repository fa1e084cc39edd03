from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import HEAD, Desk, exchange
from workbench import backup, sealing
from workbench.casefile import CaseFile, Receipt, Slice, audit
from workbench.casefile.capture import CaptureWriter
from workbench.custody import log, verify
from workbench.errors import IntegrityError, StorageError, UsageError
from workbench.records import Result


def begun(desk: Desk, case: CaseFile) -> CaptureWriter:
    session = desk.sign_in("1001")
    return case.begin_capture(desk.order(), key=session.key, collector="tests 1", head=HEAD)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@contextlib.contextmanager
def busy(case: CaseFile, desk: Desk) -> Iterator[list[BaseException]]:
    """Have another thread capture, seal and look, again and again, while the block runs."""
    stop, failed = threading.Event(), []

    def work() -> None:
        try:
            while not stop.is_set():
                writer = begun(desk, case)
                for number in range(7):
                    writer.append(exchange(b"body %d" % number * 50))
                writer.end(Result(verdict="complete", items=7), requests=7)
                sealing.finish(case, desk.sign_in("1001"))
                audit(case.folder, "1001", "viewed", {"exhibit": 1}, desk.clock)
        except BaseException as error:  # noqa: BLE001 - told to the test, whatever it is
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield failed
    finally:
        stop.set()
        thread.join()


def test_a_copy_is_the_case_as_it_was_at_a_line_and_verifies(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    with contextlib.closing(Ended(begun(desk, case))) as writer:
        writer.append(exchange(b"one"))
    audit(case.folder, "1001", "opened", {"position": 1}, desk.clock)
    found = backup.backup(case.folder, tmp_path / "copies")
    assert found.folder == tmp_path / "copies" / case.number
    assert found.lines == log.head(case.folder).seq
    kept = {name for name in files(case.folder) if not name.startswith(("locks/", "tables/"))}
    assert files(found.folder) == kept
    assert found.files == len(kept)
    assert found.bytes == sum((found.folder / name).stat().st_size for name in kept)
    assert all((found.folder / name).read_bytes() == (case.folder / name).read_bytes() for name in kept)
    assert not (tmp_path / "copies" / f"{case.number}.partial").exists()


class Ended:
    """A capture that ends with its block."""

    def __init__(self, writer: CaptureWriter) -> None:
        self.append = writer.append
        self._writer = writer

    def close(self) -> None:
        self._writer.end(Result(verdict="complete", items=1), requests=1)


def test_twenty_copies_made_while_others_write_all_verify(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    lines, seals = [], []
    with busy(case, desk) as failed:
        for number in range(20):
            found = backup.backup(case.folder, tmp_path / f"copy-{number}")
            lines.append(found.lines)
            seals.append(found.seal)
            assert log.head(found.folder).seq == found.lines
    assert not failed
    assert lines == sorted(lines)
    assert lines[-1] > lines[0], "nothing was written meanwhile: this proved nothing"
    assert seals[-1] > seals[0]


def test_an_open_capture_is_copied_up_to_its_last_slice(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    writer = begun(desk, case)
    writer.append(exchange(b"logged"))
    source = case.folder / writer.file
    covered = source.stat().st_size
    with source.open("ab") as file:
        file.write(b"on the disk, not yet in the log")
    found = backup.backup(case.folder, tmp_path / "copies")
    assert (found.folder / writer.file).read_bytes() == source.read_bytes()[:covered]
    assert [note.kind for note in verify.verify(found.folder).notes].count("tail") == 0


def test_an_open_capture_without_exhibits_is_copied_with_its_head(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    writer = begun(desk, case)
    found = backup.backup(case.folder, tmp_path / "copies")
    assert (found.folder / writer.file).read_bytes() == HEAD


def test_the_last_slice_is_found_behind_many_other_lines(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_BLOCK", 3 * log.LINE_BYTES)
    case = desk.approved()
    writer = begun(desk, case)
    writer.append(exchange(b"one"))
    fields = {"capture": 0, "reason": "x" * 40}
    case.chain.append("1001", [("refused", fields)] * 4000)
    assert (case.folder / "log/000001.jsonl").stat().st_size > 2 * backup._BLOCK
    found = backup.backup(case.folder, tmp_path / "copies")
    assert (found.folder / writer.file).read_bytes() == (case.folder / writer.file).read_bytes()


def test_imports_runs_and_quarantine_come_along(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    given = tmp_path / "given.txt"
    given.write_bytes(b"given")
    writer = case.begin_import([(given, "given.txt")], "", Receipt(giver="Ada"))
    stored = writer.files[0]
    writer.exhibits([Slice(file=stored.file, offset=0, length=stored.length)])
    writer.end(Result(verdict="complete", items=1), 1)
    (case.folder / "case" / "0099.json").write_bytes(b"half a version")
    desk.open(case)
    found = backup.backup(case.folder, tmp_path / "copies")
    named = files(found.folder)
    assert {"imports/0001/receipt.json", stored.file} <= named
    assert any(name.startswith("quarantine/") for name in named)


def test_a_torn_last_line_is_left_out(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    whole = (case.folder / "log/000001.jsonl").read_bytes()
    with (case.folder / "log/000001.jsonl").open("ab") as file:
        file.write(b'{"action":"exh')
    found = backup.backup(case.folder, tmp_path / "copies")
    assert (found.folder / "log/000001.jsonl").read_bytes() == whole


def test_what_no_line_names_does_not_come_along(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    (case.folder / "case" / "0007.json").write_bytes(b"being written just now")
    (case.folder / "tables").mkdir()
    (case.folder / "tables" / "posts.parquet").write_bytes(b"derived")
    found = backup.backup(case.folder, tmp_path / "copies")
    assert not files(found.folder) & {"case/0007.json", "tables/posts.parquet"}


def test_a_copy_of_a_case_with_defects_is_kept_but_not_called_good(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    version = case.folder / "case/0001.json"
    version.write_bytes(version.read_bytes().replace(b"Sunday", b"Monday"))
    with pytest.raises(IntegrityError, match="does not verify") as failed:
        backup.backup(case.folder, tmp_path / "copies")
    assert "case/0001.json" in failed.value.found
    assert not (tmp_path / "copies" / case.number).exists()
    assert (tmp_path / "copies" / f"{case.number}.partial" / case.number / "case/0001.json").exists()


def test_a_file_that_became_a_link_or_a_pipe_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"of another place")
    for number in (1, 2):
        case = desk.approved(number=f"2026-000{number}")
        version = case.folder / "case/0001.json"
        version.unlink()
        if number == 1:
            version.symlink_to(secret)
        else:
            os.mkfifo(version)
        with pytest.raises(IntegrityError, match="does not verify"):
            backup.backup(case.folder, tmp_path / "copies")


def test_a_folder_that_became_a_link_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    (case.folder / "case").rename(tmp_path / "elsewhere")
    (case.folder / "case").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match="does not verify"):
        backup.backup(case.folder, tmp_path / "copies")


def test_a_line_that_names_a_path_outside_copies_nothing_from_there(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    (tmp_path / "casefiles" / "secret").write_bytes(b"of another place")
    fields = {"import": 1, "file": "../secret", "length": 16, "sha256": "0" * 64}
    case.chain.append("1001", [("import.file", fields)])
    with pytest.raises(IntegrityError, match="does not verify"):
        backup.backup(case.folder, tmp_path / "copies" / "deep")
    assert not list((tmp_path / "copies").rglob("secret"))


def test_a_copy_is_never_written_over_and_never_into_the_case(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    backup.backup(case.folder, tmp_path / "copies")
    with pytest.raises(UsageError, match="already"):
        backup.backup(case.folder, tmp_path / "copies")
    with pytest.raises(UsageError, match="into what it is of"):
        backup.backup(case.folder, case.folder / "quarantine")


def test_a_full_disk_is_told_and_leaves_no_copy_that_looks_good(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.approved()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        backup.backup(case.folder, tmp_path / "copies")
    assert not (tmp_path / "copies" / case.number).exists()


def test_the_register_is_copied_and_checked(desk: Desk, tmp_path: Path) -> None:
    found = backup.backup_department(desk.department.folder, tmp_path / "copies")
    assert {"officers/0002", "settings/0001.json", "log/000001.jsonl"} <= files(found.folder)
    again = desk.department.folder / "log/000001.jsonl"
    again.write_bytes(again.read_bytes().replace(b'"actor":"c1"', b'"actor":"c2"', 1))
    with pytest.raises(IntegrityError, match="no chain"):
        backup.backup_department(desk.department.folder, tmp_path / "others")
