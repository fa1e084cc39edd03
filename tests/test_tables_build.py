"""Building from evidence alone: every row cites its bytes, and what cannot be read is said, not lost."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import collectors, importers
from workbench.custody.chain import Chain
from workbench.custody.log import Act
from workbench.errors import StorageError, UsageError
from workbench.importers import container
from workbench.importers.base import Bundle, Cited
from workbench.records import Exchange
from workbench.rows import AnyRow, Issue, Lead
from workbench.tables import build, digest, parts, read
from workbench.tables.pending import pending
from workbench.times import read_stamp, stamp

CASE = "2026-0417"
BEGUN = read_stamp("2026-11-23T02:00:00.000000Z")
SEEN = read_stamp("2026-11-23T01:00:00.250000Z")


def lead(value: str, pointer: str = "") -> Lead:
    return Lead(
        platform="fake",
        server="",
        native_id=value,
        entity_id=f"fake:{value}",
        kind="k",
        value=value,
        pointer=pointer,
    )


class FakeCollector:
    """Reads a body of lines; ``!`` is a mistake in the parser."""

    name, version = "fake", "7"

    def parse(self, exchange: Exchange) -> Iterator[AnyRow]:
        for index, line in enumerate(exchange.body.decode().splitlines()):
            if line == "!":
                raise RuntimeError("unexpected \ud800 thing")
            yield lead(line, f"/{index}")


class FakeImporter:
    """Reads every member that is no archive, line by line, the last member first."""

    name, version = "fakes", "3"

    def parse(self, bundle: Bundle) -> Iterator[Cited]:
        for member in reversed(bundle.contents):
            with member.open() as stream:
                lines = stream.read().decode().splitlines()
            for line in lines:
                if line == "!":
                    raise RuntimeError("a mistake")
                yield Cited(member.index, lead(line))


class Case:
    """A case as the casefile's writers leave it, without their signatures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._now = BEGUN
        self._exhibits = 0
        self._chain = Chain(folder, "log", self._clock)
        self.log("open", case=CASE, format="workbench-casefile/1")

    def _clock(self) -> int:
        self._now += 1_000_000
        return self._now

    def log(self, action: str, **fields: object) -> int:
        act: Act = (action, fields)
        return self._chain.append("4711", [act])[0]

    def version(self, number: int, act: str, target: str = "@a@s.example") -> int:
        scope = {"targets": [{"source": "fake", "target": target}]}
        data = json.dumps({"version": number, "act": act, "scope": scope}).encode()
        self.put(f"case/{number:04d}.json", data)
        return self.log("case", version=number, act=act, sha256=hashed(data), signatures={})

    def put(self, file: str, data: bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def begin(self, capture: int, **more: object) -> None:
        self.put(f"warc/{capture:04d}-fake.warc.gz", b"")
        fields: dict[str, object] = {
            "capture": capture,
            "source": "fake",
            "file": f"warc/{capture:04d}-fake.warc.gz",
            "authority": 1,
            "target": 0,
            "predecessor": 0,
            "since": None,
            "until": stamp(BEGUN),
            "limit": 100,
            "media": True,
            "context": False,
            "token": False,
            "key": "SHA256:x",
            "collector": "fake 6",
            "length": 0,
            "sha256": hashed(b""),
        }
        self.log("capture.begin", **{**fields, **more})

    def exchange(self, capture: int, body: bytes) -> int:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        request = b"GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n"
        return self.exhibit(capture, record("response", answer) + record("request", request))

    def exhibit(self, capture: int, stored: bytes) -> int:
        file = f"warc/{capture:04d}-fake.warc.gz"
        offset = (self.folder / file).stat().st_size
        with (self.folder / file).open("ab") as out:
            out.write(stored)
        return self.name(capture=capture, file=file, offset=offset, length=len(stored), sha256=hashed(stored))

    def name(self, **fields: object) -> int:
        self._exhibits += 1
        return self.log("exhibit", exhibit=self._exhibits, **fields)

    def end(self, capture: int) -> int:
        fields = {"requests": 3, "items": 2, "length": 0, "sha256": ""}
        return self.log("capture.end", capture=capture, verdict="complete", reason="ok", **fields)

    def receive(
        self, number: int, given: dict[str, bytes], *, importer: str = "fakes", most: int = 99
    ) -> None:
        files = {f"imports/{number:04d}/{n:06d}": name for n, name in enumerate(given, 1)}
        for file, name in files.items():
            self.put(file, given[name])
        receipt = {"importer": importer, "files": [{"file": f, "given_name": n} for f, n in files.items()]}
        self.put(f"imports/{number:04d}/receipt.json", json.dumps(receipt).encode())
        self.log("import.begin", **{"import": number, "files": len(files), "receipt": ""})
        for file, name in files.items():
            fields = {
                "import": number,
                "file": file,
                "length": len(given[name]),
                "sha256": hashed(given[name]),
            }
            self.log("import.file", **fields)
        names = list(files)
        paths = [self.folder / file for file in names]
        for part in container.listing(paths, list(given)).slices[:most]:
            data = paths[part.file_index].read_bytes()[part.offset : part.offset + part.length]
            where = {"file": names[part.file_index], "offset": part.offset, "length": part.length}
            member = {} if part.member is None else {"member": part.member}
            self.name(**{"import": number, "sha256": hashed(data), **where, **member})
        self.log("import.end", **{"import": number, "verdict": "complete", "reason": "ok", "exhibits": 1})


def record(kind: str, block: bytes) -> bytes:
    """Make a WARC record of clause 5.1, with the fields that reading needs."""
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Date: {stamp(SEEN)}\r\nWARC-Target-URI: https://s.example/a\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setitem(collectors.COLLECTORS, "fake", FakeCollector())
    monkeypatch.setitem(importers.IMPORTERS, "fakes", FakeImporter())
    made = Case(tmp_path / CASE)
    made.version(1, "approve")
    return made


def leads(case: Case, **more: Any) -> list[tuple[str, str]]:
    found = read.frame(case.folder, "leads", ["exhibit", "value"], **more)
    return list(zip(found["exhibit"], found["value"], strict=True))


def issues(case: Case) -> list[tuple[str, str, str]]:
    found = read.frame(case.folder, "issues", ["exhibit", "kind", "expected"])
    return list(zip(found["exhibit"], found["kind"], found["expected"], strict=True))


# --- captures -----------------------------------------------------------------------------------


def test_every_row_of_a_capture_cites_its_exhibit(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a\nb")
    case.exchange(1, b"")
    case.exchange(1, b"c")
    assert build.build(case.folder, "capture-0001") == {"leads": 3}
    assert leads(case) == [
        ("2026-0417-E0001#/0", "a"),
        ("2026-0417-E0001#/1", "b"),
        ("2026-0417-E0003#/0", "c"),
    ]
    row = read.frame(case.folder, "leads").iloc[0]
    assert (row["case"], row["parser"], row["parser_version"]) == (CASE, "fake", "7")
    assert row["captured_at"].value // 1000 == SEEN


def test_a_parser_that_fails_becomes_an_issue_and_the_rest_is_kept(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a\n!\nb")
    case.exchange(1, b"c")
    build.build(case.folder, "capture-0001")
    assert [value for _, value in leads(case)] == ["a", "c"]
    assert issues(case) == [("2026-0417-E0001", "refused", "an exchange that fake can read")]
    found = read.frame(case.folder, "issues")["found"][0]
    assert found == "RuntimeError: unexpected \\ud800 thing"


def test_altered_bytes_are_not_parsed(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    case.exchange(1, b"b")
    path = case.folder / "warc/0001-fake.warc.gz"
    data = bytearray(path.read_bytes())
    data[9] ^= 1
    path.write_bytes(data)
    build.build(case.folder, "capture-0001")
    assert leads(case) == [("2026-0417-E0002#/0", "b")]
    assert issues(case) == [("2026-0417-E0001", "refused", "bytes as logged")]


def test_what_is_no_exchange_is_said(case: Case) -> None:
    case.begin(1)
    case.exhibit(1, b"not gzip")
    case.exchange(1, b"b")
    build.build(case.folder, "capture-0001")
    assert issues(case) == [("2026-0417-E0001", "refused", "a recorded exchange")]
    assert len(leads(case)) == 1


def test_a_shortened_file_is_said_for_each_exhibit_that_it_lost(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    path = case.folder / "warc/0001-fake.warc.gz"
    kept = path.read_bytes()
    case.exchange(1, b"b")
    path.write_bytes(kept)
    build.build(case.folder, "capture-0001")
    assert [exhibit for exhibit, _ in leads(case)] == ["2026-0417-E0001#/0"]
    assert [exhibit for exhibit, _, _ in issues(case)] == ["2026-0417-E0002"]


@pytest.mark.parametrize("file", ["warc/gone.warc.gz", "../outside.warc.gz", "/etc/hostname"])
def test_a_file_that_is_missing_or_outside_is_said_for_every_exhibit(case: Case, file: str) -> None:
    case.put("../outside.warc.gz", b"secret")
    case.begin(1, file=file)
    case.exchange(1, b"a")
    case.exchange(1, b"b")
    assert build.build(case.folder, "capture-0001") == {"issues": 2}


def test_a_collector_that_is_not_installed_is_said(case: Case) -> None:
    case.begin(1, source="elsewhere", collector="elsewhere 1.2")
    case.exchange(1, b"a")
    build.build(case.folder, "capture-0001")
    assert issues(case) == [("2026-0417-E0001", "refused", "an installed collector")]
    assert read.frame(case.folder, "issues")["parser_version"][0] == "1.2"


def test_an_unknown_source_is_a_usage_error(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such source"):
        build.build(case.folder, "capture-0009")
    with pytest.raises(UsageError, match="no case"):
        build.build(tmp_path, "capture-0001")


# --- imports ------------------------------------------------------------------------------------


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_rows_of_an_import_cite_their_member_in_canonical_order(case: Case) -> None:
    case.receive(1, {"given.zip": zipped(a="one\ntwo", b="three"), "note.txt": b"four"})
    assert build.build(case.folder, "import-0001") == {"leads": 4}
    assert leads(case) == [
        ("2026-0417-E0002", "one"),
        ("2026-0417-E0002", "two"),
        ("2026-0417-E0003", "three"),
        ("2026-0417-E0004", "four"),
    ]
    exhibits = read.frame(case.folder, "exhibits")
    assert exhibits["kind"].tolist() == ["file", "member", "member", "file"]
    assert exhibits["authority"].tolist() == ["imported"] * 4
    assert (
        read.frame(case.folder, "leads")["captured_at"] == exhibits["at"].iloc[[1, 1, 2, 3]].to_numpy()
    ).all()


def test_an_import_whose_bytes_changed_is_not_read(case: Case) -> None:
    case.receive(1, {"a.txt": b"one"})
    case.put("imports/0001/000001", b"two")
    assert build.build(case.folder, "import-0001") == {"issues": 1}
    assert issues(case) == [("2026-0417-E0001", "refused", "files as logged")]


def test_an_importer_that_fails_keeps_what_it_had_read(case: Case) -> None:
    case.receive(1, {"a.txt": b"one", "b.txt": b"two\n!\nthree"})
    build.build(case.folder, "import-0001")
    assert leads(case) == [("2026-0417-E0002", "two")]
    assert issues(case) == [("2026-0417-E0002", "refused", "files that fakes can read to their end")]


def test_members_that_were_never_logged_give_an_issue_and_no_rows(case: Case) -> None:
    case.receive(1, {"given.zip": zipped(a="one", b="two\nthree")}, most=2)
    build.build(case.folder, "import-0001")
    assert leads(case) == [("2026-0417-E0002", "one")]
    assert issues(case) == [("2026-0417-E0001", "not-captured", "an exhibit of its own")]


@pytest.mark.parametrize("receipt", ["{", "{}", '{"importer": "elsewhere", "files": []}'])
def test_an_import_without_a_readable_receipt_or_importer_is_said(case: Case, receipt: str) -> None:
    case.receive(1, {"a.txt": b"one"})
    case.put("imports/0001/receipt.json", receipt.encode())
    assert build.build(case.folder, "import-0001") == {"issues": 1}


def test_an_import_that_ended_before_its_first_exhibit_is_built_and_empty(case: Case) -> None:
    case.receive(1, {"a.txt": b"one"}, most=0)
    assert build.build(case.folder, "import-0001") == {}
    assert pending(case.folder) == {}


# --- the log as tables --------------------------------------------------------------------------


def test_captures_say_what_was_asked_on_whose_authority_and_with_what_result(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    before = case.exchange(1, b"b")
    case.end(1)
    case.begin(2, predecessor=1)
    first, second = read.frame(case.folder, "captures").to_dict("records")
    assert (first["capture"], first["source"], first["target"]) == ("capture-0001", "fake", "@a@s.example")
    assert (first["verdict"], first["reason"], first["requests"], first["exhibits"]) == (
        "complete",
        "ok",
        3,
        2,
    )
    assert (first["authority"], first["authority_version"], first["predecessor"]) == ("approved", 1, "")
    assert first["until"].isoformat() == "2026-11-23T02:00:00+00:00"
    assert (second["verdict"], second["reason"], second["predecessor"]) == (
        "unfinished",
        "no-end",
        "capture-0001",
    )
    earlier = read.frame(case.folder, "captures", ["verdict", "ended", "items"], upto=before)
    assert earlier["verdict"].tolist() == ["unfinished"]
    assert earlier.isna().to_numpy().tolist() == [[False, True, True]]


def test_imports_say_their_result(case: Case) -> None:
    case.receive(1, {"a.txt": b"one", "b.txt": b"two"})
    (found,) = read.frame(case.folder, "imports").to_dict("records")
    assert (found["import"], found["importer"], found["verdict"]) == ("import-0001", "fakes", "complete")
    assert (found["files"], found["exhibits"], found["actor"]) == (2, 2, "4711")


def test_oral_authority_is_unratified_until_it_is_ratified(tmp_path: Path) -> None:
    case = Case(tmp_path / CASE)
    case.version(1, "oral")
    case.begin(1)
    seq = case.exchange(1, b"a")
    assert read.frame(case.folder, "exhibits", ["authority"])["authority"].tolist() == ["unratified"]
    case.version(2, "ratify")
    assert read.frame(case.folder, "exhibits", ["authority"])["authority"].tolist() == ["approved"]
    assert read.frame(case.folder, "captures", ["authority"], upto=seq)["authority"].tolist() == [
        "unratified"
    ]


def test_exhibits_say_where_their_bytes_are_and_whether_they_are_gone(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    case.begin(2)
    case.exchange(2, b"b")
    case.log("disposed", file="warc/0001-fake.warc.gz", sha256="", order="D-1")
    exhibits = read.frame(case.folder, "exhibits")
    assert exhibits["disposed"].tolist() == [True, False]
    assert exhibits["source"].tolist() == ["capture-0001", "capture-0002"]
    for row in exhibits.to_dict("records"):
        data = (case.folder / row["file"]).read_bytes()[row["offset"] : row["offset"] + row["length"]]
        assert hashed(data) == row["sha256"]


def test_a_case_without_exhibits_has_empty_tables(case: Case) -> None:
    assert len(read.frame(case.folder, "exhibits")) == 0
    assert len(read.frame(case.folder, "captures")) == 0
    assert build.rebuild(case.folder) == {}


# --- rebuild, pending, positions ----------------------------------------------------------------


def test_a_rebuild_from_evidence_gives_equal_digests(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a\nb\n!")
    case.receive(1, {"a.txt": b"one"})
    build.build(case.folder, "capture-0001")
    build.build(case.folder, "import-0001")
    before = digest.digest(case.folder)
    assert list(before) == ["issues/capture-0001", "leads/capture-0001", "leads/import-0001"]
    for path in (case.folder / "tables").rglob("*.parquet"):
        path.write_bytes(b"forged")
    case.put("tables/leads/capture-0007.parquet", b"left over")
    case.put("tables/parts/capture-0007.json", b"{}")
    assert build.rebuild(case.folder) == before
    assert not list((case.folder / "tables").rglob("*-0007.*"))


def test_a_disposed_table_folder_comes_back(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    before = build.rebuild(case.folder)
    for path in sorted((case.folder / "tables").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert pending(case.folder) == {"capture-0001": "never built"}
    assert build.rebuild(case.folder) == before


def test_what_the_tables_do_not_show_yet_is_named_and_built(case: Case) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    case.begin(2)
    assert build.refresh(case.folder) == ["capture-0001", "capture-0002"]
    assert pending(case.folder) == {}
    case.exchange(2, b"b")
    parts.path(case.folder, "leads", "capture-0001").unlink()
    assert pending(case.folder) == {
        "capture-0001": "leads is missing",
        "capture-0002": "built from 0 exhibits, the log names 1",
    }
    assert build.refresh(case.folder) == ["capture-0001", "capture-0002"]
    assert len(leads(case)) == 2


def test_a_folder_that_cannot_be_written_is_said(case: Case) -> None:
    case.begin(1)
    (case.folder / "locks").rename(case.folder / "moved")
    case.put("locks", b"a file where the folder belongs")
    with pytest.raises(StorageError, match="disk refused"):
        build.rebuild(case.folder)


def test_parts_of_another_schema_are_pending(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.begin(1)
    build.refresh(case.folder)
    monkeypatch.setattr("workbench.tables.pending.fingerprint", lambda: "another")
    assert pending(case.folder) == {"capture-0001": "built with other columns"}


def test_a_position_within_captures_that_ran_side_by_side(case: Case) -> None:
    case.begin(1)
    case.begin(2)
    first = case.exchange(1, b"a")
    second = case.exchange(2, b"b")
    case.exchange(1, b"c")
    build.refresh(case.folder)
    assert [value for _, value in leads(case, upto=first)] == ["a"]
    assert [value for _, value in leads(case, upto=second)] == ["a", "b"]
    assert [value for _, value in leads(case, upto=second, where={"value": ["b", "c"]})] == ["b"]
    assert len(leads(case, upto=first - 1)) == 0


def test_a_newer_parser_makes_other_rows_and_says_its_version(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.begin(1)
    case.exchange(1, b"a")
    before = build.rebuild(case.folder)
    monkeypatch.setattr(FakeCollector, "version", "8")
    assert pending(case.folder) == {}
    assert build.rebuild(case.folder) != before
    assert read.frame(case.folder, "leads")["parser_version"].tolist() == ["8"]


def test_a_parser_may_yield_issues_of_its_own(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(_: FakeCollector, exchange: Exchange) -> Iterator[AnyRow]:
        yield Issue(kind="unknown-key", field="x", found=exchange.uri, count=2)

    monkeypatch.setattr(FakeCollector, "parse", parse)
    case.begin(1)
    case.exchange(1, b"a")
    assert build.build(case.folder, "capture-0001") == {"issues": 1}
    assert read.frame(case.folder, "issues")["count"].tolist() == [2]
