from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import casemaker
from tests.casemaker import SCOPE, START, Maker, make, stamp
from workbench.custody import verify
from workbench.custody.verify import chain, disk, log, report
from workbench.custody.verify.lines import examine, is_stamp
from workbench.custody.verify.stretches import Stretch
from workbench.errors import UsageError

LOG = "log/000001.jsonl"
WARC = "warc/0001-mastodon.warc.gz"
ZIP = "imports/0001/000001.zip"
Change = Callable[[Path], object]


def found(folder: Path, **options: Any) -> set[tuple[str, str]]:
    return {(each.clause, each.file) for each in verify.verify(folder, **options).defects}


def notes(folder: Path) -> set[str]:
    return {each.kind for each in verify.verify(folder).notes}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("good"))


@pytest.fixture
def case(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / good.name))


def test_a_case_made_from_the_document_alone_holds(good: Path) -> None:
    answer = verify.verify(good, root=casemaker.fingerprint("c1"))
    assert answer.defects == []
    assert answer.ok
    assert answer.anchored
    assert {each.kind for each in answer.notes} == {"unsealed"}
    assert answer.counts["lines"] == 20
    assert answer.counts["exhibits"] == 6
    assert answer.counts["records"] == 7


def test_without_a_root_the_answer_is_self_consistent_not_anchored(good: Path) -> None:
    answer = verify.verify(good)
    assert answer.ok
    assert not answer.anchored
    assert answer.to_text().splitlines()[-1].startswith("2026-0417: self-consistent, not anchored")


def test_another_root_is_a_defect(good: Path) -> None:
    assert found(good, root=casemaker.fingerprint("s1")) == {("3.5", "officers/0001")}


def test_two_processes_find_what_one_finds(case: Path) -> None:
    _flip(LOG, 4000)(case)
    _flip(WARC, 700)(case)
    one, two = verify.verify(case, processes=1), verify.verify(case, processes=2)
    assert one.to_json() == two.to_json()
    assert not one.ok


def test_the_json_says_everything(case: Path) -> None:
    (case / "stray").write_bytes(b"x")
    told = json.loads(verify.verify(case).to_json())
    assert told["ok"] is False
    assert told["defects"][0]["clause"] == "1.3"
    assert [step["number"] for step in told["steps"]] == sorted(report.STEPS)
    assert told["steps"][0]["defects"] == 1


def test_it_writes_nothing_and_works_on_a_read_only_copy(case: Path) -> None:
    for path in [*case.rglob("*"), case]:
        path.chmod(stat.S_IRUSR | (stat.S_IXUSR if path.is_dir() else 0))
    before = sorted(case.rglob("*"))
    assert verify.verify(case).ok
    assert sorted(case.rglob("*")) == before
    for path in [case, *case.rglob("*")]:
        path.chmod(stat.S_IRWXU)


def test_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        verify.verify(tmp_path / "nothing")


# One change to the bytes of a finished case, and the clause and file that must be named.


def _flip(file: str, place: int) -> Change:
    def change(case: Path) -> None:
        data = bytearray((case / file).read_bytes())
        data[place] ^= 1
        (case / file).write_bytes(data)

    return change


def _lines(edit: Callable[[list[bytes]], list[bytes]]) -> Change:
    def change(case: Path) -> None:
        lines = (case / LOG).read_bytes().splitlines(keepends=True)
        (case / LOG).write_bytes(b"".join(edit(lines)))

    return change


def _replace(file: str, old: bytes, new: bytes) -> Change:
    def change(case: Path) -> None:
        data = (case / file).read_bytes()
        assert old in data
        (case / file).write_bytes(data.replace(old, new, 1))

    return change


def _hard_link(case: Path) -> None:
    os.link(case / "case/0001.json", case / "annotations/0002.json")


def _second_log_name(case: Path) -> None:
    (case / "LOG").mkdir()
    (case / "LOG/000001.jsonl").write_bytes(b"")


def _segment_without_end(case: Path) -> None:
    (case / "log/000002.jsonl").touch()
    (case / LOG).write_bytes(b"{}")


def _symlinked_folder(case: Path) -> None:
    (case / "log").rename(case.parent / "elsewhere")
    (case / "log").symlink_to(case.parent / "elsewhere")


def _fifo_for_log(case: Path) -> None:
    (case / LOG).unlink()
    os.mkfifo(case / LOG)


def _unnamed_quarantine(case: Path) -> None:
    (case / "quarantine").mkdir()
    (case / "quarantine/0001-warc").write_bytes(b"tail")


BYTES: dict[str, tuple[Change, str, str]] = {
    "line-edited": (_replace(LOG, b'"requests":3', b'"requests":4'), "2.3", LOG),
    "line-flipped": (_flip(LOG, 30), "2.3", LOG),
    "line-deleted": (_lines(lambda lines: lines[:7] + lines[8:]), "2.3", LOG),
    "first-line-deleted": (_lines(lambda lines: lines[1:]), "2.7", LOG),
    "last-line-deleted": (_lines(lambda lines: lines[:-1]), "1.4", "annotations/0001.json"),
    "line-inserted": (_lines(lambda lines: [*lines[:5], lines[4], *lines[5:]]), "2.3", LOG),
    "lines-reordered": (_lines(lambda lines: [*lines[:6], lines[7], lines[6], *lines[8:]]), "2.3", LOG),
    "log-truncated": (_lines(lambda lines: [*lines[:-1], lines[-1][:50]]), "1.4", "annotations/0001.json"),
    "log-emptied": (_lines(lambda _: []), "2.7", LOG),
    "log-gone": (lambda case: (case / LOG).unlink(), "2.7", LOG),
    "bom": (_lines(lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]]), "2.2", LOG),
    "crlf": (_lines(lambda lines: [line[:-1] + b"\r\n" for line in lines]), "2.2", LOG),
    "binary-junk": (_lines(lambda lines: [*lines, os.urandom(4096) + b"\n"]), "2.2", LOG),
    "empty-line": (_lines(lambda lines: [*lines, b"\n"]), "2.2", LOG),
    "long-line": (_lines(lambda lines: [*lines, b'"' + b"x" * 70_000 + b'"\n']), "2.2", LOG),
    "huge-line": (_lines(lambda lines: [*lines, b"x" * 3_000_000 + b"\n"]), "2.2", LOG),
    "huge-tail": (_lines(lambda lines: [*lines, b"x" * 3_000_000]), "2.2", LOG),
    "deep-line": (_lines(lambda lines: [*lines, b"[" * 60_000 + b"\n"]), "2.2", LOG),
    "space-added": (_lines(lambda lines: [*lines[:-1], lines[-1].replace(b":", b": ", 1)]), "2.2", LOG),
    "segment-gap": (lambda case: (case / LOG).rename(case / "log/000002.jsonl"), "1.5", "log/000002.jsonl"),
    "segment-closed-early": (lambda case: (case / "log/000002.jsonl").touch(), "2.1", LOG),
    "segment-without-end": (_segment_without_end, "2.1", LOG),
    "warc-byte-edited": (_flip(WARC, 600), "5.3", WARC),
    "warc-truncated": (lambda case: os.truncate(case / WARC, 500), "5.3", WARC),
    "warc-grown": (lambda case: (case / WARC).write_bytes((case / WARC).read_bytes() + b"x"), "5.3", WARC),
    "warc-gone": (lambda case: (case / WARC).unlink(), "1.4", WARC),
    "import-byte-edited": (_flip(ZIP, 60), "6.3", ZIP),
    "import-byte-outside-members": (_flip(ZIP, -1), "6.2", ZIP),
    "import-gone": (lambda case: (case / ZIP).unlink(), "1.4", ZIP),
    "receipt-edited": (
        _replace("imports/0001/receipt.json", b"citizen", b"Citizen"), "1.4", "imports/0001/receipt.json",
    ),
    "run-edited": (_flip("runs/0001-missing/notebook.html", 0), "7.1", "runs/0001-missing/notebook.html"),
    "run-file-added": (
        lambda case: (case / "runs/0001-missing/x.html").write_bytes(b""), "1.3", "runs/0001-missing/x.html",
    ),
    "annotation-edited": (_flip("annotations/0001.json", 0), "1.4", "annotations/0001.json"),
    "version-edited": (_flip("case/0002.json", 20), "1.4", "case/0002.json"),
    "version-gone": (lambda case: (case / "case/0002.json").unlink(), "1.4", "case/0002.json"),
    "signature-edited": (_flip("case/0003.json.s1.sig", 200), "1.4", "case/0003.json.s1.sig"),
    "signature-gone": (lambda case: (case / "case/0003.json.s1.sig").unlink(), "1.4", "case/0003.json.s1.sig"),
    "officers-edited": (_replace("officers/0001", b"d2 ", b"d9 "), "3.3", "officers/0001.c1.sig"),
    "extra-file": (lambda case: (case / "note.txt").write_bytes(b"x"), "1.3", "note.txt"),
    "quarantine-without-line": (_unnamed_quarantine, "1.4", "quarantine/0001-warc"),
    "extra-warc": (lambda case: (case / "warc/0002-x.warc.gz").touch(), "1.4", "warc/0002-x.warc.gz"),
    "unfinished-write": (lambda case: (case / "case/0004.json.partial").touch(), "1.3", "case/0004.json.partial"),
    "symlink": (lambda case: (case / "warc/link").symlink_to("/etc/passwd"), "1.3", "warc/link"),
    "symlinked-folder": (_symlinked_folder, "1.3", "log"),
    "hard-link": (_hard_link, "1.3", "case/0001.json"),
    "fifo": (lambda case: os.mkfifo(case / "warc/0002-x.warc.gz"), "1.3", "warc/0002-x.warc.gz"),
    "fifo-for-log": (_fifo_for_log, "1.3", LOG),
    "case-fold-twin": (_second_log_name, "1.3", "log"),
    "undecodable-name": (lambda case: (case / os.fsdecode(b"\xff")).touch(), "1.3", "\\udcff"),
    "renamed-case": (lambda case: case.rename(case.parent / "2026-0418"), "1.1", LOG),
    "audit-edited": (_flip("audit/000001.jsonl", 30), "2.3", "audit/000001.jsonl"),
}  # fmt: skip


@pytest.mark.parametrize("name", BYTES)
def test_a_changed_byte_is_named(name: str, case: Path) -> None:
    change, clause, file = BYTES[name]
    change(case)
    folder = case if case.exists() else case.parent / "2026-0418"
    assert (clause, file) in found(folder)


# One thing forged before it was signed and chained: the log is consistent, and the rule must be named.


def _set(**changes: Any) -> casemaker.Edit:
    return lambda value: value | changes


def _line(which: str, nth: int = 0, /, **changes: Any) -> casemaker.Edit:
    def edit(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        places = [place for place, line in enumerate(lines) if line["action"] == which]
        lines[places[nth]] |= changes
        return lines

    return edit


def _without(action: str) -> casemaker.Edit:
    return lambda lines: [line for line in lines if line["action"] != action]


def _stripped(parts: list[bytes]) -> list[bytes]:
    return [parts[0], casemaker.record("response", 2, b"HTTP/1.1 200 OK\r\n\r\n"), *parts[2:]]


def _swapped(old: str, new: str) -> casemaker.Edit:
    return lambda rows: [row.replace(old, new) for row in rows]


def _warc(place: int, part: bytes) -> casemaker.Edit:
    return lambda parts: [*parts[:place], part, *parts[place + 1 :]]


def _only(badge: str, key: str, namespace: str) -> casemaker.Edit:
    return lambda _: {badge: (key, namespace)}


def _rows_of(badge: str, edit: Callable[[str], str]) -> casemaker.Edit:
    return lambda rows: [edit(row) if row.startswith(badge) else row for row in rows]


def _added(**line: Any) -> casemaker.Edit:
    return lambda lines: [*lines, {"actor": "s1", "at": LATE, "sha256": "0" * 64} | line]


RECEIPT = "imports/0001/receipt.json"
LATE = stamp(START + timedelta(days=40))
FORGED: dict[str, tuple[str, casemaker.Edit, str, str]] = {
    "clock-back-without-mark": ("lines", _line("run", at=stamp(START)), "2.5", LOG),
    "clock-mark-without-reason": ("lines", _line("run", clock="back"), "2.5", LOG),
    "seq-gap": ("lines", _line("run", seq=77), "2.3", LOG),
    "day-that-is-not": ("lines", _line("run", at="2026-02-30T14:00:00.000000Z"), "2.3", LOG),
    "unknown-action": ("lines", _line("run", action="ran"), "2.3", LOG),
    "unknown-key": ("lines", _line("run", note="x"), "2.3", LOG),
    "float": ("lines", _line("run", run=1.0), "2.2", LOG),
    "wrong-type": ("lines", _line("run", run="1"), "2.8", LOG),
    "hash-in-capitals": ("lines", _line("exhibit", sha256="A" * 64), "2.8", LOG),
    "second-open": ("lines", lambda lines: [*lines, lines[0] | {"at": LATE}], "2.7", LOG),
    "other-format": ("lines", _line("open", format="workbench-casefile/3"), "9.1", LOG),
    "duplicate-key": ("log", lambda data: data + b'{"seq":1,"seq":1}\n', "2.2", LOG),
    "exhibit-number-twice": ("lines", _line("exhibit", 1, exhibit=1), "1.5", LOG),
    "slices-that-do-not-match": ("lines", _line("exhibit", 1, sha256="0" * 64), "5.3", WARC),
    "capture-gap": ("lines", _line("exhibit", 1, offset=900), "5.3", WARC),
    "slice-beyond-the-end": ("lines", _line("exhibit", 2, length=900_000), "5.3", WARC),
    "end-too-short": ("end-1", _set(length=10), "5.3", WARC),
    "end-of-other-bytes": ("end-1", _set(sha256="0" * 64), "5.3", WARC),
    "verdict-unknown": ("end-1", _set(verdict="fine"), "5.6", LOG),
    "begin-of-other-bytes": ("begin-1", _set(sha256="0" * 64), "5.3", WARC),
    "capture-number-gap": ("lines", _line("capture.begin", capture=2), "1.5", LOG),
    "end-without-begin": ("lines", _without("capture.begin"), "5.3", LOG),
    "refused-in-no-capture": ("lines", _line("refused", capture=9), "2.8", LOG),
    "begin-by-a-stranger": ("lines", _line("capture.begin", actor="d2"), "4.5", LOG),
    "begin-with-another-key": ("begin-1", _set(key=casemaker.fingerprint("d2")), "2.8", LOG),
    "begin-on-a-request": ("begin-1", _set(authority=2), "4.5", LOG),
    "begin-after-expiry": ("lines", _line("capture.begin", at=LATE), "4.5", LOG),
    "begin-before-approval": ("lines", lambda lines: [*lines[:2], lines[5], *lines[2:5], *lines[6:]], "4.5", LOG),
    "target-out-of-scope": ("begin-1", _set(target=1), "4.5", LOG),
    "predecessor-unknown": ("begin-1", _set(predecessor=1), "2.8", LOG),
    "file-named-twice": ("lines", lambda lines: [*lines, lines[-1] | {"at": LATE}], "1.4", LOG),
    "record-stripped": ("warc-1", _stripped, "5.1", WARC),
    "record-without-gzip": ("warc-1", _warc(1, b"junk"), "5.1", WARC),
    "record-cut": ("warc-1", lambda parts: [*parts[:3], parts[3][:-5]], "5.1", WARC),
    "record-digest": (
        "warc-1", _warc(0, casemaker.record("warcinfo", 1, b"", WARC_Block_Digest="sha256:0")), "5.2", WARC,
    ),
    "first-record-no-warcinfo": ("warc-1", _warc(0, casemaker.record("metadata", 1, b"")), "5.1", WARC),
    "secret-in-the-clear": ("warc-1", _warc(1, casemaker.exchange(2, b"x", secret="Cookie: a=b\r\n")), "5.5", WARC),
    "receipt-disagrees": ("receipt", lambda value: value | {"files": value["files"][:1]}, "6.2", RECEIPT),
    "receipt-incomplete": ("receipt", lambda value: {k: value[k] for k in value if k != "basis"}, "6.1", RECEIPT),
    "import-count": ("lines", _line("import.begin", files=3), "6.2", LOG),
    "import-exhibits-count": ("lines", _line("import.end", exhibits=9), "2.8", LOG),
    "member-off": ("members", lambda places: [(places[0][0], places[0][1] - 1), places[1]], "6.3", ZIP),
    "member-unknown": ("lines", _line("exhibit", 4, member=7), "6.4", ZIP),
    "run-file-unnamed": ("lines", _without("run"), "1.3", "runs/0001-missing/record.json"),
    "disposed-yet-there": ("lines", _added(action="disposed", file=WARC, order="1"), "2.10", LOG),
    "recovered-without-its-bytes": (
        "lines",
        _added(action="recovered", file=WARC, offset=1, length=1, quarantine="quarantine/0001-warc"),
        "1.4",
        "quarantine/0001-warc",
    ),
    "wrong-signer": (
        "version-3-signers", _only("s1", "d1", "workbench-approve"), "3.4", "case/0003.json.s1.sig",
    ),
    "wrong-namespace": ("version-3-signers", _only("s1", "s1", "workbench-request"), "4.3", "case/0003.json"),
    "detective-approves": (
        "version-3-signers", _only("d2", "d2", "workbench-approve"), "3.4", "case/0003.json.d2.sig",
    ),
    "unsigned": ("version-2-signers", lambda _: {}, "4.3", "case/0002.json"),
    "approved-by-who-asked": ("version-2", _set(by="s1"), "4.3", "case/0003.json"),
    "approved-by-assigned": ("version-2", _set(assigned=["s1"]), "4.3", "case/0003.json"),
    "approval-of-something-else": ("version-3", _set(approves="0" * 64), "4.3", "case/0003.json"),
    "approval-widens-scope": ("version-3", _set(scope=SCOPE | {"hosts": ["*.example"]}), "4.3", "case/0003.json"),
    "approval-too-long": ("version-3", _set(expires=LATE), "4.3", "case/0003.json"),
    "request-too-long": ("version-2", _set(days=31), "4.3", "case/0002.json"),
    "purpose-changed": ("version-3", _set(purpose="wanted"), "4.2", "case/0003.json"),
    "version-chain": ("version-2", _set(previous="0" * 64), "4.1", "case/0002.json"),
    "version-of-another-case": ("version-2", _set(case="2026-0001"), "4.1", "case/0002.json"),
    "version-without-facts": ("version-1", _set(facts=None), "4.1", "case/0001.json"),
    "scope-off": ("version-2", _set(scope={"targets": "all"}), "4.4", "case/0002.json"),
    "unknown-act": ("version-3", _set(act="wave"), "4.3", "case/0003.json"),
    "begins-with-a-request": ("version-1", _set(act="request", scope=SCOPE, days=3), "4.3", "case/0001.json"),
    "officers-forged": ("officers-1-signers", _only("c1", "d1", "workbench-register"), "3.4", "officers/0001"),
    "officers-signed-by-detective": (
        "officers-1-signers", _only("d1", "d1", "workbench-register"), "3.4", "officers/0001",
    ),
    "officers-unnumbered": ("officers-1", lambda rows: rows[1:], "3.1", "officers/0001"),
    "officers-wrong-number": ("officers-1", _swapped("# number 1", "# number 2"), "3.1", "officers/0001"),
    "role-with-more-than-its-namespaces": (
        "officers-1", _swapped('workbench-seal"', 'workbench-seal,workbench-approve"'), "3.2", "officers/0001",
    ),
    "officer-without-role": ("officers-1", _rows_of("d2", lambda row: row.rpartition(" ")[0]), "3.1", "officers/0001"),
    "officer-with-two-roles": ("officers-1", _rows_of("d2", lambda row: row + " supervisor"), "3.1", "officers/0001"),
    "officers-with-an-empty-line": ("officers-1", lambda rows: [*rows, ""], "3.1", "officers/0001"),
    "namespaces-out-of-order": (
        "officers-1", _swapped("session,workbench-request,", "request,workbench-session,"), "3.2", "officers/0001",
    ),
    "unknown-key-of-a-version": ("version-1", _set(note="x"), "4.1", "case/0001.json"),
    "every-version-of-another-case": ("lines", _line("open", case="2026-0001"), "4.1", "case/0003.json"),
    "facts-changed": ("version-2", _set(facts={"report_number": "26-2"}), "4.1", "case/0002.json"),
    "subjects-changed": ("version-3", _set(subjects=["Bea"]), "4.1", "case/0003.json"),
    "dated-later-than-its-line": (
        "version-3", lambda value: value | {"at": stamp(START + timedelta(minutes=6))}, "4.1", "case/0003.json",
    ),
    "opened-for-somebody-else": ("version-1", _set(owner="d2"), "4.3", "case/0001.json"),
    "opened-with-others": ("version-1", _set(assigned=["d2"]), "4.3", "case/0001.json"),
    "asked-by-a-stranger": ("version-2", _set(by="d2"), "4.3", "case/0002.json"),
    "asked-without-a-target": ("version-2", _set(scope=SCOPE | {"targets": []}), "4.3", "case/0002.json"),
    "asked-without-a-host": ("version-2", _set(scope=SCOPE | {"hosts": []}), "4.3", "case/0002.json"),
    "asked-for-given-files-and-for-media": (
        "version-2", _set(scope=SCOPE | {"targets": [], "hosts": []}), "4.3", "case/0002.json",
    ),
    "approved-for-longer-than-asked": ("version-2", _set(days=29), "4.3", "case/0003.json"),
    "approver-not-yet-valid": (
        "officers-1",
        _rows_of("s1", lambda row: row.replace("20260101", "20270101")),
        "3.4",
        "case/0003.json.s1.sig",
    ),
    "approver-no-longer-valid": (
        "officers-1",
        _rows_of("s1", lambda _: casemaker.officer("s1", "supervisor", before="20260301000000Z")),
        "3.4",
        "case/0003.json.s1.sig",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_part_is_named(name: str, tmp_path: Path) -> None:
    part, edit, clause, file = FORGED[name]
    assert (clause, file) in found(make(tmp_path, {part: edit}))


def test_a_transfer_coding_and_a_payload_digest_do_not_go_together(tmp_path: Path) -> None:
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    ident = "<urn:uuid:00000000-0000-4000-8000-000000000002>"
    response = casemaker.record("response", 2, body, WARC_Payload_Digest=f"sha256:{casemaker.sha(body)}")
    part = response + casemaker.record("request", 3, b"GET / HTTP/1.1\r\n\r\n", WARC_Concurrent_To=ident)
    assert ("5.2", WARC) in found(make(tmp_path, {"warc-1": _warc(1, part)}))


def test_every_defect_is_reported_not_only_the_first(case: Path) -> None:
    for name in ("warc-byte-edited", "run-edited", "extra-file", "annotation-edited", "audit-edited"):
        BYTES[name][0](case)
    clauses = found(case)
    assert clauses >= {BYTES[n][1:] for n in ("warc-byte-edited", "run-edited", "extra-file", "audit-edited")}


def test_a_defect_names_the_bytes(case: Path) -> None:
    _flip(WARC, 600)(case)
    places = [(each.offset, each.length) for each in verify.verify(case).defects if each.clause == "5.3"]
    assert any(offset <= 600 < offset + length < (case / WARC).stat().st_size for offset, length in places)


# Stories: whole cases that are right, or wrong, in what happened.


def _oral(maker: Maker, *, ratified_by: str = "s1", hours: int = 24, ratify: bool = True) -> None:
    oral = maker.spoken(hours)
    maker.capture(authority=1)
    if ratify:
        maker.act("ratify", ratified_by, "workbench-approve", ratifies=oral)


def test_an_oral_authority_that_was_ratified_holds(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_oral)) == set()


def test_an_unratified_oral_authority_is_said(tmp_path: Path) -> None:
    folder = make(tmp_path, story=lambda maker: _oral(maker, ratify=False))
    assert found(folder) == set()
    assert "unratified" in notes(folder)


def test_an_oral_authority_lasts_a_day(tmp_path: Path) -> None:
    folder = make(tmp_path, story=lambda maker: _oral(maker, hours=25))
    assert found(folder) == {("4.3", "case/0001.json")}


def test_another_supervisor_cannot_ratify(tmp_path: Path) -> None:
    folder = make(tmp_path, story=lambda maker: _oral(maker, ratified_by="s2"))
    assert found(folder) == {("4.3", "case/0002.json")}


@pytest.mark.parametrize(
    "changes",
    [
        {"supervisor": "d2"},
        {"supervisor": "d1"},
        {"supervisor": "a1"},
        {"supervisor": "nobody"},
        {"words": " "},
        {"danger": ""},
    ],
)
def test_an_oral_authority_is_a_supervisors_in_words(tmp_path: Path, changes: dict[str, str]) -> None:
    folder = make(tmp_path, story=lambda maker: maker.spoken(changes=changes))
    assert found(folder) == {("4.3", "case/0001.json")}


def test_a_chief_may_give_an_oral_authority(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=lambda maker: maker.spoken(changes={"supervisor": "c1"}))) == set()


@pytest.mark.parametrize(
    "scope",
    [
        SCOPE | {"targets": SCOPE["targets"] * 6},
        SCOPE | {"targets": []},
        SCOPE | {"limits": {"requests": 501, "bytes": 1}},
        None,
    ],
)
def test_an_oral_authority_covers_little(tmp_path: Path, scope: dict[str, Any] | None) -> None:
    folder = make(tmp_path, {"version-1": _set(scope=scope)}, story=lambda maker: maker.spoken())
    assert found(folder) == {("4.3", "case/0001.json")}


@pytest.mark.parametrize("act", ["ratify", "refuse"])
def test_an_oral_authority_is_decided_once_and_by_who_gave_it(tmp_path: Path, act: str) -> None:
    def twice(maker: Maker) -> None:
        names = {"ratify": "ratifies", "refuse": "refuses"}
        oral = maker.spoken()
        maker.act("ratify", "s1", "workbench-approve", ratifies=oral)
        maker.act(act, "s1", "workbench-approve", reason="x", **{names[act]: oral})

    def by_another(maker: Maker) -> None:
        maker.act("refuse", "s2", "workbench-approve", refuses=maker.spoken(), reason="no danger")

    assert found(make(tmp_path / "twice", story=twice)) == {("4.3", "case/0003.json")}
    assert found(make(tmp_path / "another", story=by_another)) == {("4.3", "case/0002.json")}


def _retired(maker: Maker, *, oral: bool) -> None:
    """Retire s1, who then acts, or is named, all the same."""
    if not oral:
        maker.act("open", "d1")
        asked = maker.act("request", "d1", scope=SCOPE, days=30)
    maker.staff(2, s1=casemaker.officer("s1", "supervisor", before=maker.now.strftime("%Y%m%d%H%M%SZ")))
    maker.now += timedelta(seconds=30)
    if oral:
        maker.spoken()
    else:
        until = stamp(maker.now + timedelta(days=30))
        maker.act("approve", "s1", "workbench-approve", approves=asked, expires=until)


@pytest.mark.parametrize("dated", [{}, {"at": "2026-03-02T14:00:01.000000Z", "clock": "back"}])
def test_a_retired_key_counts_no_more_even_when_dated_back(tmp_path: Path, dated: dict[str, str]) -> None:
    """The approval's own time is 30 seconds later than its line: that much the clocks may differ."""
    edit = {"lines": _line("case", -1, **dated)}
    approved = make(tmp_path / "approved", edit, story=lambda maker: _retired(maker, oral=False))
    assert found(approved) == {("3.4", "case/0003.json.s1.sig"), ("4.3", "case/0003.json")}
    spoken = make(tmp_path / "oral", edit, story=lambda maker: _retired(maker, oral=True))
    assert found(spoken) == {("4.3", "case/0001.json")}


def _ahead(maker: Maker) -> None:
    """The chief's clock is ahead by a minute: the new supervisor's line begins later than her first act."""
    maker.act("open", "d1")
    asked = maker.act("request", "d1", scope=SCOPE, days=30)
    here, maker.now = maker.now, maker.now + timedelta(minutes=1)
    maker.staff(2, s2=casemaker.officer("s2", "supervisor", maker.now.strftime("%Y%m%d%H%M%SZ")))
    maker.lines[-1]["at"] = stamp(here)
    maker.now = here + timedelta(seconds=1)
    until = stamp(maker.now + timedelta(days=30))
    maker.act("approve", "s2", "workbench-approve", approves=asked, expires=until)
    maker.capture()


def test_officers_lines_count_at_the_later_of_two_times(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_ahead)) == set()


@pytest.mark.parametrize(("seconds", "clauses"), [(300, set()), (301, {("4.1", "case/0003.json")})])
def test_an_act_may_be_dated_five_minutes_ahead(
    tmp_path: Path, seconds: int, clauses: set[tuple[str, str]]
) -> None:
    logged = START + timedelta(seconds=5)
    edit = {"version-3": _set(at=stamp(logged + timedelta(seconds=seconds)))}
    assert found(make(tmp_path, edit)) == clauses


def _turned_down(maker: Maker) -> None:
    maker.act("open", "d1")
    asked = maker.act("request", "d1", scope=SCOPE, days=30)
    maker.act("refuse", "s1", "workbench-approve", refuses=asked, reason=maker.edited("why", "too wide"))
    until = stamp(maker.now + timedelta(days=30))
    maker.act("approve", "s2", "workbench-approve", approves=asked, expires=until)


def test_what_was_refused_must_be_asked_for_again(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_turned_down)) == {("4.3", "case/0004.json")}


def test_a_refusal_says_why(tmp_path: Path) -> None:
    folder = make(tmp_path, {"why": lambda _: ""}, story=_turned_down)
    assert ("4.3", "case/0003.json") in found(folder)


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ("assign", {"owner": "d2"}),
        ("handover", {"owner": "d2", "assigned": ["d2"]}),
        ("handover", {"owner": "d1"}),
        ("close", {"reason": "x", "assigned": ["d2"]}),
    ],
)
def test_an_act_changes_only_what_is_its_own(tmp_path: Path, act: str, changes: dict[str, Any]) -> None:
    def story(maker: Maker) -> None:
        maker.act("open", "d1")
        maker.act(act, "d1", **changes)

    assert found(make(tmp_path, story=story)) == {("4.3", "case/0002.json")}


def _recovered(maker: Maker) -> None:
    """A crash after the copy of a tail and before its line: the copy moves on, the tail is copied again."""
    maker.approved()
    for number, file in ((2, "quarantine/0001-log-000001.jsonl"), (3, "log/000001.jsonl")):
        kept = f"quarantine/{number:04d}-x"
        digest = maker.write(kept, b'{"half":')
        offset = 0 if number == 2 else 900
        maker.log("recovered", file=file, offset=offset, length=8, sha256=digest, quarantine=kept)


def test_a_quarantined_file_that_moved_on_is_no_defect(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_recovered)) == set()


def _refused_oral(maker: Maker) -> None:
    oral = maker.spoken(2)
    maker.act("refuse", "s1", "workbench-approve", refuses=oral, reason="no danger")
    maker.capture(authority=1)


def test_nothing_is_captured_on_a_refused_authority(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_refused_oral)) == {("4.5", LOG)}


@pytest.mark.parametrize("oral", [True, False])
def test_nobody_captures_on_the_authority_that_they_gave(tmp_path: Path, oral: bool) -> None:
    def story(maker: Maker) -> None:
        if oral:
            maker.spoken()
        else:
            maker.approved()
        maker.act("assign", "d1", assigned=["s1"])
        maker.capture(1, "s1", authority=1 if oral else 3)

    assert found(make(tmp_path, story=story)) == {("4.5", LOG)}


def _closed(maker: Maker) -> None:
    maker.approved()
    maker.act("close", "d1", reason="found safe")
    maker.capture()
    maker.act("assign", "s1", "workbench-approve", assigned=["d2"])


def test_nothing_follows_closing(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_closed)) == {("4.5", LOG), ("4.3", "case/0005.json")}


def _renewed(maker: Maker) -> None:
    """A supervisor who collected may not renew; another may. The register changes in between."""
    maker.approved()
    maker.act("assign", "d1", assigned=["s2", "d2"])
    maker.capture(1, "s2")
    maker.act("handover", "s1", "workbench-approve", owner="d2")
    maker.act("assign", "d2", assigned=["d2"])
    rows = [casemaker.officer(badge, role) for badge, role in casemaker.STAFF.items() if badge != "d1"]
    maker.officers(2, rows)
    renewal = maker.act("renew", "d2", days=10, reason="still missing")
    approver = maker.edited("approver", "s1")
    until = stamp(maker.now + timedelta(days=10))
    maker.act("approve", approver, "workbench-approve", approves=renewal, expires=until)
    maker.capture(2, "d2", authority=8, end=False)


def test_renewal_handover_and_a_new_register_hold(tmp_path: Path) -> None:
    folder = make(tmp_path, story=_renewed)
    assert found(folder) == set()
    assert "open-capture" in notes(folder)


def test_who_collected_does_not_approve(tmp_path: Path) -> None:
    folder = make(tmp_path, {"approver": lambda _: "s2"}, story=_renewed)
    assert found(folder) == {("4.3", "case/0008.json")}


def test_a_removed_officer_signs_nothing_more(tmp_path: Path) -> None:
    edit = {"version-7": _set(by="d1"), "version-7-signers": _only("d1", "d1", "workbench-request")}
    assert ("3.4", "case/0007.json.d1.sig") in found(make(tmp_path, edit, story=_renewed))


def test_a_register_is_signed_by_who_the_one_before_allows(tmp_path: Path) -> None:
    edit = {"officers-2-signers": _only("s1", "s1", "workbench-register")}
    assert ("3.4", "officers/0002") in found(make(tmp_path, edit, story=_renewed))


def test_a_key_that_was_reported_compromised_is_said(tmp_path: Path) -> None:
    edit = {
        "officers-2": lambda rows: [f"{row} compromised" if row.startswith("s1") else row for row in rows]
    }
    folder = make(tmp_path, edit, story=_renewed)
    assert found(folder) == set()
    assert "compromised" in notes(folder)


def test_officers_files_are_not_dated_back(tmp_path: Path) -> None:
    edit = {"officers-2": lambda rows: [*rows[:3], f"# at {stamp(START)}", *rows[4:]]}
    assert found(make(tmp_path, edit, story=_renewed)) == {("3.1", "officers/0002")}


@pytest.mark.parametrize(
    "edit",
    [_swapped("# number 2", "# number 3"), lambda rows: [*rows[:2], f"# previous {'0' * 64}", *rows[3:]]],
)
def test_officers_files_are_a_chain(tmp_path: Path, edit: casemaker.Edit) -> None:
    assert found(make(tmp_path, {"officers-2": edit}, story=_renewed)) == {("3.1", "officers/0002")}


def _stolen(maker: Maker, *, since: str, capture: bool) -> None:
    """Report the key of s1 as compromised, a minute after it approved and perhaps a capture was made."""
    maker.approved()
    if capture:
        maker.capture()
    maker.now += timedelta(minutes=1)
    maker.staff(2, s1=casemaker.officer("s1", "supervisor compromised", before=since))
    asked = maker.act("request", "d1", scope=SCOPE, days=30)
    until = stamp(maker.now + timedelta(days=30))
    maker.act("approve", "s2", "workbench-approve", approves=asked, expires=until)
    maker.capture(2 if capture else 1, authority=5)


VOID, STANDS = "20260302140005Z", "20260302140006Z"


def test_a_capture_on_a_void_approval_is_a_defect(tmp_path: Path) -> None:
    folder = make(tmp_path, story=lambda maker: _stolen(maker, since=VOID, capture=True))
    defects = verify.verify(folder).defects
    assert [(each.clause, each.file) for each in defects] == [("4.5", LOG)]
    assert "void" in defects[0].what


def test_a_void_approval_that_nobody_used_is_said_and_asked_for_again(tmp_path: Path) -> None:
    folder = make(tmp_path, story=lambda maker: _stolen(maker, since=VOID, capture=False))
    assert found(folder) == set()
    told = [(each.kind, each.file) for each in verify.verify(folder).notes]
    assert ("void", "case/0003.json") in told


def test_what_a_key_signed_before_it_was_compromised_stands(tmp_path: Path) -> None:
    folder = make(tmp_path, story=lambda maker: _stolen(maker, since=STANDS, capture=True))
    assert found(folder) == set()
    assert "compromised" in notes(folder)
    assert "void" not in notes(folder)


def _void_ratification(maker: Maker) -> None:
    oral = maker.spoken()
    maker.act("ratify", "s1", "workbench-approve", ratifies=oral)
    # The officer's new line stands first: of lines of one key, those marked count.
    stolen = casemaker.officer("s1", "supervisor compromised", before="20260302140003Z")
    maker.staff(2, s1=stolen)
    if maker.edited("again", value=False):
        maker.act("ratify", "s1", "workbench-approve", ratifies=oral)


def test_a_void_ratification_ratifies_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path, story=_void_ratification)
    assert found(folder) == set()
    assert notes(folder) >= {"void", "unratified"}


def test_a_void_ratification_can_be_given_again_with_a_new_key(tmp_path: Path) -> None:
    fresh = casemaker.officer("s1", "supervisor").replace(
        base64.b64encode(casemaker.blob("s1")).decode(), base64.b64encode(casemaker.blob("s1 new")).decode()
    )
    edit: dict[str, casemaker.Edit] = {
        "again": lambda _: True,
        "officers-2": lambda rows: [*rows, fresh],
        "version-3-signers": _only("s1", "s1 new", "workbench-approve"),
    }
    folder = make(tmp_path, edit, story=_void_ratification)
    assert found(folder) == set()
    assert "unratified" not in notes(folder)


def test_many_lines_of_a_kind_cost_no_more_than_their_number(tmp_path: Path) -> None:
    """Lookups are by number: a hostile log of imports and captures must not take hours."""
    lines = [
        {"action": "import.begin", "actor": "d1", "at": LATE, "import": n, "files": 0} for n in range(1, 4001)
    ]
    more = [line | {"receipt": "0" * 64} for line in lines]
    answer = verify.verify(make(tmp_path, {"lines": lambda value: [*value[:5], *more]}))
    assert answer.counts["lines"] == 4005
    assert sum(each.file.startswith("imports/") for each in answer.defects) >= 3999


def _cancelled(maker: Maker) -> None:
    maker.approved()
    maker.capture(end=False)


def test_an_open_capture_with_a_tail_is_said_and_no_defect(tmp_path: Path) -> None:
    folder = make(tmp_path, story=_cancelled)
    with (folder / WARC).open("ab") as file:
        file.write(b"half a record")
    with (folder / LOG).open("ab") as file:
        file.write(b'{"half":')
    answer = verify.verify(folder)
    assert answer.defects == []
    assert [(note.kind, note.file) for note in answer.notes if note.kind == "tail"] == [
        ("tail", LOG),
        ("tail", WARC),
    ]


def test_disposed_bytes_are_said_and_no_defect(tmp_path: Path) -> None:
    raw = (make(tmp_path) / LOG).read_bytes().splitlines()
    digest = next(line["sha256"] for line in map(json.loads, raw) if line["action"] == "capture.end")
    gone = {
        "action": "disposed",
        "actor": "s1",
        "at": LATE,
        "file": WARC,
        "sha256": digest,
        "order": "2026/1",
    }
    folder = make(tmp_path, {"lines": lambda value: [*value, gone]})
    (folder / WARC).unlink()
    assert found(folder) == set()
    assert "disposed" in notes(folder)


def test_a_capture_without_exhibits_holds_nothing_but_its_beginning(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()

    edit = {"lines": lambda value: [line for line in value if line["action"] != "exhibit"]}
    assert found(make(tmp_path, edit, story)) == {("5.3", LOG)}


# Hostile input.


def test_what_a_report_quotes_says_nothing_to_the_terminal(tmp_path: Path) -> None:
    sly = "\x1b[2J\x1b]0;all well\x07\u202e"
    gone = {"action": "disposed", "actor": "s1", "at": LATE, "file": WARC, "sha256": "0" * 64, "order": sly}
    record = casemaker.record(sly, 2, b"x", Sly=sly)
    folder = make(
        tmp_path,
        {
            "warc-1": lambda parts: [parts[0], record, *parts[2:]],
            "lines": lambda value: [*value, gone],
            "version-2": lambda value: value | {"act": sly},
        },
    )
    answer = verify.verify(folder)
    assert {"2.10", "5.1", "4.3"} <= {each.clause for each in answer.defects}
    for told in (answer.to_text(), answer.to_json()):
        assert all(each.isprintable() for each in told.replace("\n", ""))


@pytest.mark.parametrize("file", ["officers/0001", "case/0001.json"])
def test_a_folder_that_is_a_link_is_not_read_through(file: str, case: Path, tmp_path: Path) -> None:
    name = file.split("/", maxsplit=1)[0]
    (case / name).rename(tmp_path / "outside")
    (case / name).symlink_to(tmp_path / "outside")
    assert {("1.3", name), ("1.4", file)} <= found(case)
    with pytest.raises(OSError, match="leads out"):
        disk.small(case, "log/../../outside/0001", 1 << 20)


def test_many_lines_that_name_one_file_read_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"officers", "case", "import.begin", "seal", "decision", "release", "annotation"}

    def story(maker: Maker) -> None:
        casemaker.whole(maker)
        maker.annotate("note", [1], "seen")
        maker.seal()
        maker.decide()
        maker.release()
        maker.countersign(1)

    def repeated(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            *lines,
            *[dict(line) for line in lines if line["action"] in kinds and "_fill" not in line] * 9,
        ]

    reads: Counter[str] = Counter()
    small = disk.small

    def counted(folder: Path, name: str, limit: int) -> bytes:
        reads[name] += 1
        return small(folder, name, limit)

    monkeypatch.setattr(disk, "small", counted)
    folder = casemaker.make_2(tmp_path, {"lines": repeated}, story=story)
    assert {"1.4", "1.5"} <= {each.clause for each in verify.verify(folder).defects}
    assert reads["imports/0001/receipt.json"] == 1
    assert max(reads.values()) == 1


def test_a_failing_disk_is_a_defect(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "preadv", failing)
    assert found(case) >= {("5.3", WARC), ("6.2", ZIP), ("1.4", "case/0001.json")}


def test_a_gzip_bomb_is_stopped_at_its_content_length(tmp_path: Path) -> None:
    bomb = casemaker.record("response", 2, b"\0" * 50_000_000, Content_Length="10")
    assert ("5.2", WARC) in found(make(tmp_path, {"warc-1": _warc(1, bomb)}))


def test_a_million_junk_lines_stay_few_defects(case: Path) -> None:
    with (case / LOG).open("ab") as file:
        file.write(b"junk\n" * 100_000)
    answer = verify.verify(case)
    assert len(answer.defects) < 2_100
    assert sum(each.offset + each.length == (case / LOG).stat().st_size for each in answer.defects)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_line_makes_the_checker_fail(raw: bytes) -> None:
    assert examine(raw + b"\n").problems


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_is_found(
    good: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(good, tmp_path_factory.mktemp("flip") / good.name))
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "audit")
    file = data.draw(st.sampled_from(files))
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    answer = verify.verify(folder)
    # Only the log's very last bytes are vouched for by nothing after them: that is what seals are for.
    assert not answer.ok or "tail" in {note.kind for note in answer.notes} or file.parent.name == "log"


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
def test_the_log_reads_the_same_however_it_is_cut(good: Path, processes: int) -> None:
    findings = report.Findings()
    size = (good / LOG).stat().st_size
    read = log.read(good, {LOG: size}, findings, processes)
    assert (read.total, read.exhibits, findings.defects) == (20, 6, [])
    assert [line.ordinal for line in read.lines] == sorted({line.ordinal for line in read.lines})


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_line_belongs_to_the_stretch_in_which_it_begins(tmp_path: Path, place: int) -> None:
    whole = b"".join(b"x" * (number * 13 % 50) + b"\n" for number in range(16))
    (tmp_path / "f").write_bytes(whole)
    parts = [Stretch("f", 0, place), Stretch("f", place, len(whole))]
    walked = [chain.Walker(part, audit=False).walk(tmp_path) for part in parts if part.start < part.end]
    assert sum(each.lines for each in walked) == 16


def test_stamps_are_of_days_that_exist() -> None:
    assert is_stamp("2028-02-29T23:59:59.999999Z")
    for wrong in (
        "2026-02-29T00:00:00.000000Z",
        "2026-03-02T14:00:60.000000Z",
        "2026-03-02T14:00:00Z",
        7,
        "",
    ):
        assert not is_stamp(wrong)


# The independent checks agree with stock tools.


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen (openssh-client) is not installed")
@pytest.mark.parametrize(
    ("badge", "namespace", "accepted"),
    [
        ("s1", "workbench-approve", True),
        ("s1", "workbench-request", False),
        ("d1", "workbench-approve", False),
    ],
)
def test_stock_ssh_keygen_agrees(good: Path, badge: str, namespace: str, accepted: bool) -> None:
    name = good / "case/0003.json"
    command = ["ssh-keygen", "-Y", "verify", "-f", str(good / "officers/0001"), "-I", badge, "-n", namespace]
    command += ["-Overify-time=20260302140005Z", "-s", f"{name}.s1.sig"]
    answer = subprocess.run(command, input=name.read_bytes(), capture_output=True, check=False)
    assert (answer.returncode == 0) == accepted


def test_the_checker_starts_without_the_rest() -> None:
    code = (
        "import sys, workbench.custody.verify; print([n for n in sys.modules if n.startswith('workbench')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    others = [
        name
        for name in ("casefile", "sshsig", "policy", "department", "custody.log", "keys")
        if f"workbench.{name}'" in told
    ]
    assert others == []


def test_a_clock_that_went_back_is_told(tmp_path: Path) -> None:
    def back(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines[-1] |= {"at": lines[0]["at"], "clock": "back"}
        return lines

    told = verify.verify(make(tmp_path, edit={"lines": back}))
    assert told.defects == []
    assert [note.what for note in told.notes if note.kind == "clock"] == [
        "1 lines were written after the clock had gone back: their order is that of 'seq' (2.5)"
    ]
