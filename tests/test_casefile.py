from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.desk import FACTS, HEAD, Desk, exchange, signer
from workbench.casefile import CaptureWriter, CaseFile, Receipt, Slice, audit
from workbench.custody import log, sshsig
from workbench.custody.verify import verify
from workbench.errors import AuthorityError, IntegrityError, StorageError, UsageError
from workbench.records import Result

DONE = Result(verdict="complete", items=1)


def _begin(case: CaseFile, desk: Desk, head: bytes = HEAD, **changes: Any) -> CaptureWriter:
    return case.begin_capture(
        desk.order(),
        key=sshsig.fingerprint(signer("1001").blob),
        collector="mastodon 1",
        head=head,
        **changes,
    )


def _sound(case: CaseFile) -> None:
    """Check with the verifier, which shares no code with what wrote the case."""
    assert verify(case.folder, root=case.department.root, processes=1).defects == []


def _slices(case: CaseFile) -> list[tuple[int, int]]:
    return [(each.offset, each.length) for each in log.exhibits(case.folder)]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "locks" not in path.parts
    }


# --- captures -----------------------------------------------------------------------------------


def test_eight_threads_share_one_warc_without_a_gap(desk: Desk) -> None:
    case = desk.approved()
    writer = _begin(case, desk)
    stored: dict[int, bytes] = {}

    def work(name: int) -> None:
        for turn in range(25):
            data = exchange(f"{name}-{turn}-".encode() * (turn + 1))
            stored[writer.append(data, rule="secrets-1" if turn % 2 else "").number] = data

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.end(DONE, requests=200)
    assert sorted(stored) == list(range(1, 201))
    whole = (case.folder / writer.file).read_bytes()
    end = len(HEAD)
    for exhibit in log.exhibits(case.folder):
        assert exhibit.offset == end
        piece = whole[exhibit.offset : exhibit.offset + exhibit.length]
        assert piece == stored[exhibit.citation.number]
        assert exhibit.sha256 == hashlib.sha256(piece).hexdigest()
        end = exhibit.offset + exhibit.length
    assert end == len(whole)
    last = list(log.entries(case.folder))[-1]
    assert (last.action, last.fields["length"]) == ("capture.end", len(whole))
    assert last.fields["sha256"] == hashlib.sha256(whole).hexdigest()
    _sound(case)


def test_those_who_wait_share_one_sync(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = desk.approved()
    writer = _begin(case, desk)
    syncs: list[int] = []
    slow = threading.Event()

    def sync(fd: int) -> None:
        syncs.append(fd)
        slow.wait(0.02)

    monkeypatch.setattr(os, "fdatasync", sync, raising=False)
    monkeypatch.setattr(os, "fsync", sync)
    threads = [threading.Thread(target=writer.append, args=(exchange(b"x"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.end(DONE, requests=8)
    assert len(_slices(case)) == 8
    assert len(syncs) < 2 * 8, "fewer syncs than bytes and line of each alone"


_CHILD = """
import sys
from pathlib import Path
from tests.desk import HEAD, TARGET, exchange, signer
from workbench.custody.sshsig import fingerprint
from workbench.casefile import CaseFile
from workbench.department import Department
from workbench.records import Order, Result
department = Department(Path(sys.argv[1]) / "department", clock=lambda: int(sys.argv[3]))
case = CaseFile(Path(sys.argv[1]) / sys.argv[2], department, "1001", lambda: int(sys.argv[3]))
writer = case.begin_capture(Order(target=TARGET), key=fingerprint(signer("1001").blob),
    collector="mastodon 1", head=HEAD)
print("begun", flush=True)
sys.stdin.readline()
for turn in range(40):
    print(writer.append(exchange(f"{writer.number}-{turn}".encode())).number, flush=True)
writer.end(Result(verdict="complete", items=40), requests=40)
"""


def test_two_processes_capture_at_once_and_share_no_number(desk: Desk) -> None:
    case = desk.approved()
    words = [sys.executable, "-c", _CHILD, str(desk.casefiles), case.folder.name, str(desk.now)]
    root = Path(__file__).parent.parent
    children = [
        subprocess.Popen(words, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
    numbers: list[int] = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        out, _ = child.communicate(timeout=60)
        numbers += [int(line) for line in out.split()]
    assert sorted(numbers) == list(range(1, 81))
    assert sorted(work.begin.fields["file"] for work in case.history().captures.values()) == [
        "warc/0001-mastodon.warc.gz",
        "warc/0002-mastodon.warc.gz",
    ]
    _sound(desk.open(case))


def test_a_capture_names_what_it_stands_on(desk: Desk) -> None:
    case = desk.approved()
    writer = _begin(case, desk, predecessor=0, token=True)
    begin = case.history().captures[1].begin
    assert (begin.fields["authority"], begin.fields["target"], begin.fields["token"]) == (3, 0, True)
    writer.refused("host-out-of-scope", "https://evil.example/secret")
    writer.end(DONE, requests=0)
    text = b"".join(path.read_bytes() for path in log.segments(case.folder))
    assert b"evil.example" not in text
    assert hashlib.sha256(b"https://evil.example/secret").hexdigest().encode() in text
    _sound(case)


def test_without_authority_no_capture_begins(desk: Desk) -> None:
    case = desk.requested()
    with pytest.raises(UsageError, match="nothing stands approved"):
        _begin(case, desk)
    assert not (case.folder / "warc").exists()


def _failing(real: Callable[..., Any], after: int, part: int = 0) -> Callable[..., Any]:
    """Give an os.write that fails after so many calls, having written a part first."""
    calls = 0

    def write(fd: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == after and part:
            return int(real(fd, bytes(data)[:part]))
        if calls > after or (calls == after and not part):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(real(fd, data))

    return write


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.parametrize("part", [0, 7])
def test_a_full_disk_stops_the_capture_and_leaves_a_sound_case(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, after: int, part: int
) -> None:
    case = desk.approved()
    writer = _begin(case, desk)
    kept, data = 0, exchange(b"y" * 100)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", _failing(os.write, after, part))
        with pytest.raises(StorageError, match="space"):  # noqa: PT012 - it fails at some turn
            while writer.append(data).number:
                kept += 1
        with pytest.raises(StorageError, match="earlier write"):
            writer.append(b"more")
    with pytest.raises(StorageError, match="earlier write"):
        writer.append(b"nor when there is space again")
    writer.end(Result(verdict="partial", reason="interrupted"), requests=kept)
    assert len(_slices(case)) == kept
    again = desk.open(case)
    assert len(_slices(again)) == kept
    end = again.history().captures[1].end
    assert end is not None
    assert (end.fields["reason"], end.fields["length"]) == ("interrupted", len(HEAD) + len(data) * kept)
    _sound(again)


def test_a_capture_interrupted_between_bytes_and_line_does_not_cover_the_tail(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.approved()
    writer = _begin(case, desk)
    first, second = exchange(b"first"), exchange(b"second")
    writer.append(first)

    def interrupt(*_: object) -> list[int]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(CaseFile, "log_exhibits", interrupt)
        with pytest.raises(KeyboardInterrupt):
            writer.append(second)
    writer.end(Result(verdict="partial", reason="interrupted"), requests=2)
    again = desk.open(case)
    end = again.history().captures[1].end
    assert end is not None
    assert end.fields["length"] == len(HEAD) + len(first)
    assert [path.read_bytes() for path in (case.folder / "quarantine").iterdir()] == [second]
    _sound(again)


def test_a_disk_that_refuses_the_first_record_leaves_nothing_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.approved()
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", _failing(os.write, 1))
        with pytest.raises(StorageError):
            _begin(case, desk)
    assert _begin(case, desk).number == 1
    _sound(case)


# --- versions -----------------------------------------------------------------------------------


def test_a_case_number_is_used_once(desk: Desk) -> None:
    desk.draft()
    with pytest.raises(UsageError, match="already"):
        desk.draft()


@pytest.mark.parametrize("number", ["", "x", "2026-", "2026-0417/..", "../2026-1", "2026-abc", "26-1"])
def test_what_is_no_case_number(desk: Desk, number: str) -> None:
    with pytest.raises(UsageError, match="case number"):
        desk.draft(number)


@pytest.mark.parametrize("badge", ["a1"])
def test_a_role_that_cannot_request_opens_nothing(desk: Desk, badge: str) -> None:
    first = {"case": "2026-0417", "act": "open", "purpose": "missing", "facts": FACTS, "subjects": ()}
    with pytest.raises(AuthorityError, match="administrator cannot"):
        CaseFile.create(desk.casefiles, desk.department, desk.sign_in(badge), first, desk.clock)
    assert not (desk.casefiles / "2026-0417").exists()
    desk.draft()


def test_an_opening_cut_short_is_taken_up_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(CaseFile, "_write_version", die)
        with pytest.raises(KeyboardInterrupt):
            desk.draft()
    case = desk.draft()
    assert case.standing().state == "draft"
    _sound(case)


def test_a_torn_first_line_is_taken_up_again(desk: Desk) -> None:
    path = desk.casefiles / "2026-0417" / "log" / "000001.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"action":"op')
    case = desk.draft()
    _sound(case)


def test_two_who_act_at_once_do_not_write_the_same_version(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.requested()
    real = CaseFile._write_version
    session = desk.sign_in("1001")

    def late(self: CaseFile, *args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(CaseFile, "_write_version", real)
        desk.open(case).act(session, "assign", assigned=("1002",))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(CaseFile, "_write_version", late)
    with pytest.raises(UsageError, match="somebody else"):
        desk.approve(case, "2001")
    assert [signed.version.act for signed in case.history().versions] == ["open", "request", "assign"]
    _sound(case)


def test_new_officers_reach_an_open_case(desk: Desk) -> None:
    case = desk.approved()
    lines = [*desk.department.officers.keys, desk.line("3001", "auditor")]
    desk.department.change([desk.sign_in("c1")], lines=lines)
    again = desk.open(case)
    assert [officers.number for officers in again.history().officers] == [1, 2, 3]
    desk.open(case)
    assert len(again.history().officers) == 3
    _sound(again)


# --- imports, runs, audit -----------------------------------------------------------------------


def _given(desk: Desk, name: str, data: bytes) -> tuple[Path, str]:
    path = desk.casefiles.parent / "given" / hashlib.sha256(data).hexdigest()[:8]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path, name


def test_what_is_given_is_kept_byte_for_byte_under_a_neutral_name(desk: Desk) -> None:
    case = desk.draft()
    given = [_given(desk, "../../Ada's photo.JPG", b"photo"), _given(desk, "no ending", b"words" * 9)]
    writer = case.begin_import(given, "file", Receipt(giver="Bea", basis="consent"))
    assert [stored.file for stored in writer.files] == ["imports/0001/000001.jpg", "imports/0001/000002"]
    slices = [Slice(file=stored.file, offset=0, length=stored.length) for stored in writer.files]
    assert writer.exhibits(slices) == [1, 2]
    writer.end(DONE, 2)
    assert (case.folder / "imports/0001/000001.jpg").read_bytes() == b"photo"
    receipt = json.loads((case.folder / "imports/0001/receipt.json").read_bytes())
    assert [one["given_name"] for one in receipt["files"]] == ["../../Ada's photo.JPG", "no ending"]
    assert (receipt["giver"], receipt["received_by"]) == ("Bea", "1001")
    text = b"".join(path.read_bytes() for path in log.segments(case.folder))
    assert b"Ada" not in text
    assert b"Bea" not in text
    _sound(case)


def test_an_import_under_way_is_not_taken_for_abandoned(desk: Desk) -> None:
    case = desk.draft()
    writer = case.begin_import([_given(desk, "a.txt", b"a")], "file", Receipt(giver="Bea"))
    desk.open(case)
    assert case.history().imports[1].end is None
    writer.exhibits([Slice(file=writer.files[0].file, offset=0, length=1)])
    desk.open(case)
    writer.end(DONE, 1)
    assert [entry.action for entry in log.entries(case.folder)].count("import.end") == 1
    _sound(desk.open(case))


def test_a_closed_or_unsound_case_receives_nothing(desk: Desk) -> None:
    case = desk.draft()
    case.act(desk.sign_in("1001"), "close", reason="found")
    before = _files(case.folder)
    with pytest.raises(UsageError, match="closed"):
        case.begin_import([_given(desk, "a", b"a")], "file", Receipt(giver="Bea"))
    assert _files(case.folder) == before
    moved = desk.draft("2026-0002").folder.rename(desk.casefiles / "2026-0003")
    here = CaseFile(moved, desk.department, "1001", desk.clock)
    before = _files(moved)
    with pytest.raises(IntegrityError, match="authority does not hold"):
        here.begin_import([_given(desk, "a", b"a")], "file", Receipt(giver="Bea"))
    assert _files(moved) == before


def _left_behind(case: CaseFile) -> None:
    """Leave what recovery would move aside: a file without its line and a torn last line."""
    (case.folder / "annotations").mkdir()
    (case.folder / "annotations/0001.json").write_bytes(b"{}")
    with log.segments(case.folder)[-1].open("ab") as file:
        file.write(b'{"half":')


@pytest.mark.parametrize("leave", [lambda _: None, _left_behind])
def test_another_departments_case_is_refused_before_anything_is_written(
    desk: Desk, tmp_path: Path, leave: Callable[[CaseFile], None]
) -> None:
    other = Desk(tmp_path / "other", town="elsewhere")
    case = other.approved()
    leave(case)
    shutil.rmtree(case.folder / "locks")
    before = sorted(case.folder.rglob("*")), _files(case.folder)
    desk.department.change([desk.sign_in("c1")], lines=[*desk.department.officers.keys])
    with pytest.raises(IntegrityError, match="another department"):
        CaseFile(case.folder, desk.department, "1001", desk.clock)
    assert (sorted(case.folder.rglob("*")), _files(case.folder)) == before, "not even a lock"
    assert other.open(case).standing().state == "approved", "at home it opens"


def test_an_import_that_cannot_be_read_frees_its_number(desk: Desk) -> None:
    case = desk.draft()
    with pytest.raises(UsageError, match="cannot be read"):
        case.begin_import(
            [_given(desk, "a", b"a"), (desk.casefiles / "gone", "gone")], "file", Receipt(giver="B")
        )
    again = desk.open(case)
    writer = again.begin_import([_given(desk, "a", b"a")], "file", Receipt(giver="Bea"))
    writer.end(DONE, 0)
    assert writer.number == 1
    assert [path.name for path in (case.folder / "quarantine").iterdir()] == ["0001-imports-9999-000001"]
    _sound(again)


def test_a_run_is_kept_with_its_files(desk: Desk, tmp_path: Path) -> None:
    case = desk.draft()
    files = {}
    for name in ("notebook.ipynb", "notebook.html", "parameters.json", "record.json"):
        files[name] = tmp_path / name
        files[name].write_text(f"{name}\n", "utf-8")
    assert [case.add_run("missing", status, files) for status in ("complete", "failed")] == [1, 2]
    runs = case.history().runs
    assert [runs[n].begin.fields["status"] for n in (1, 2)] == ["complete", "failed"]
    assert (case.folder / "runs/0002-missing/record.json").read_text("utf-8") == "record.json\n"
    _sound(case)


def test_looking_is_written_apart_from_the_custody_log(desk: Desk) -> None:
    case = desk.draft()
    before = [path.read_bytes() for path in log.segments(case.folder)]
    audit(case.folder, "1002", "looked", {"exhibit": 1}, desk.clock)
    assert [path.read_bytes() for path in log.segments(case.folder)] == before
    assert [entry.actor for entry in log.entries(case.folder, "audit")] == ["1002"]
    _sound(case)


def test_a_read_only_medium_is_said_and_nothing_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.approved()
    before = _files(case.folder)
    real = os.open

    def read_only(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(case.folder) in str(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", read_only)
        with pytest.raises(StorageError) as caught:
            desk.open(case)
        assert "writable copy" in caught.value.todo
        with pytest.raises(StorageError):
            case.refused("no-authority")
    assert _files(case.folder) == before
    desk.open(case)


def test_an_unchanged_case_is_opened_without_writing(desk: Desk) -> None:
    case = desk.approved()
    before = _files(case.folder)
    desk.open(case)
    assert _files(case.folder) == before


def test_standing_is_read_anew_after_every_act(desk: Desk) -> None:
    case = desk.approved()
    assert case.standing().state == "approved"
    desk.open(case).act(desk.sign_in("1001"), "close", reason="found")
    assert case.standing().state == "closed"


def test_a_case_and_the_register_are_closed_to_other_users(desk: Desk) -> None:
    case = desk.draft()
    for folder in (case.folder, desk.department.folder):
        assert folder.stat().st_mode & 0o007 == 0
