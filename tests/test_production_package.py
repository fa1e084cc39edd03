"""A court package holds what it says, is the same each time, and nothing leaves without a release."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import resource
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import package_kit as kit
from tests.desk import HEAD, Desk, exchange
from tests.package_kit import Court
from workbench import collectors, sealing
from workbench.annotating import annotate
from workbench.cli.main import run
from workbench.collectors.mastodon import MastodonCollector
from workbench.custody import log, seals
from workbench.errors import AuthorityError, IntegrityError, StorageError, UsageError
from workbench.production.package import seal_number
from workbench.records import Exchange, Result
from workbench.rows import AnyRow, Post
from workbench.tables import build, parts
from workbench.tables.schema import SCHEMAS


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    return Court(tmp_path_factory.mktemp("court"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def table(out: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "data" / name).read_text("utf-8"))))


def left(court: Court) -> int:
    return sum(entry.action == "disseminated" for entry in log.rare(court.case.folder))


def unpacked(data: bytes) -> bytes:
    """Open gzip members and zip entries, so that nothing hides in them."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return data + b"".join(unpacked(archive.read(name)) for name in archive.namelist())
    found = data
    while data.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(31)
        found += member.decompress(data)
        data = member.unused_data
    return found


# --- what is in it ------------------------------------------------------------------------------


def test_exhibits_are_the_stored_slices_and_the_papers_are_the_cases_own(court: Court) -> None:
    found = contents(court.out)
    slices = {each.citation.number: each for each in log.exhibits(court.case.folder)}
    for number, name in {
        1: "E0001.warc.gz",
        3: "E0003.warc.gz",
        5: "E0005.txt",
        7: "E0007.zip-member",
    }.items():
        stored = (court.case.folder / slices[number].file).read_bytes()
        end = slices[number].offset + slices[number].length
        assert found[f"data/exhibits/{name}"] == stored[slices[number].offset : end]
    for name in ("seals/0001.txt", "officers/0002.c1.sig", "log/000001.jsonl", "releases/0001.json"):
        assert found[f"data/case/{name}"] == (court.case.folder / name).read_bytes()
    assert not [name for name in found if name.startswith(("data/case/warc", "data/case/imports/0001/0"))]
    assert court.made.sha256 == hashlib.sha256(found["manifest-sha256.txt"]).hexdigest()


def test_it_is_entered_as_having_left_and_the_case_still_verifies(court: Court) -> None:
    entry = next(each for each in log.rare(court.case.folder) if each.action == "disseminated")
    assert entry.fields == {
        "release": court.release,
        "kind": "package",
        "sha256": court.made.sha256,
        "exhibits": 6,
    }


def test_the_bytes_of_contraband_are_nowhere(court: Court) -> None:
    assert court.made.withheld == ("2026-0417-E0004",)
    for name, data in contents(court.out).items():
        assert b"never to be seen" not in unpacked(data), name
        assert b"statuses/99" not in unpacked(data), name
    assert "withheld" in (court.out / "data/pages/E0004.html").read_text("utf-8")
    row = table(court.out, "index.csv")[3]
    assert (row["copy"], row["mark"], row["address"]) == ("withheld", "contraband", "")
    assert len(row["sha256"]) == 64


def test_what_is_hidden_is_there_and_its_page_says_so(court: Court) -> None:
    assert "data/exhibits/E0002.warc.gz" in contents(court.out)
    page = (court.out / "data/pages/E0002.html").read_text("utf-8")
    assert "hidden" in page
    assert "<img" not in page


def test_three_times_stand_apart_and_no_cell_is_a_formula(court: Court) -> None:
    rows = table(court.out, "index.csv")
    assert [row["exhibit"] for row in rows] == [f"2026-0417-E{number:04d}" for number in range(1, 8)]
    first = rows[0]
    assert first["posted_first_utc"] == "2026-03-01T10:00:11.000000Z"
    assert first["posted_first_raw"] == "2026-03-01T10:00:11.000Z"
    assert first["posted_basis"] == "explicit"
    assert first["observed_utc"].startswith("2026-03-02T14:00:00")
    assert first["captured_utc"] >= first["observed_utc"]
    assert rows[4]["given_name"] == "'=note.txt"
    for name in ("index.csv", "search-log.csv", "transformations.csv"):
        cells = [cell for row in table(court.out, name) for cell in row.values()]
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "\t"))]


def test_the_index_has_columns_of_set_widths_and_times_break_before_the_hour_only(court: Court) -> None:
    words = (court.out / "data/index.html").read_text("utf-8")
    heads = words[words.index("<thead>") : words.index("</thead>")]
    assert words.count("<col ") == heads.count("<th>") == 7
    assert "table-layout:fixed" in words
    assert "th{background:#eee;overflow-wrap:normal}" in words
    assert '<td><span class="t">2026-03-01</span><wbr><span class="t">T10:00:11.000000Z</span></td>' in words
    assert ".t{white-space:nowrap}" in words
    assert words.count("<wbr>") == 3 + 2 * 7  # three posts that are shown, and two more times of each exhibit


def test_hostile_words_are_disarmed_wherever_they_stand(court: Court) -> None:
    for name, data in contents(court.out).items():
        if name.endswith(".html"):
            assert b"<script" not in data, name
            assert "\u202e".encode() not in data, name


def test_the_thread_shows_what_stands_before_and_after(court: Court) -> None:
    words = (court.out / "data/thread.html").read_text("utf-8")
    second = words[words.index("pages/E0002.html") : words.index("pages/E0003.html")]
    assert second.index("Before") < second.index("firstly") < second.index("After") < second.index("calc")


def test_the_search_log_has_what_brought_nothing_and_who_decided_what(court: Court) -> None:
    rows = table(court.out, "search-log.csv")
    captures = [row for row in rows if row["kind"] == "capture"]
    assert [(row["verdict"], row["reason"]) for row in captures] == [
        ("partial", "rate-limited"),
        ("empty", "nothing-new"),
    ]
    assert captures[1]["detail"].endswith("nothing was found")
    assert captures[0]["target"] == "https://social.example/@ada"
    refused = [row for row in rows if row["kind"] == "refused"]
    assert [row["reason"] for row in refused] == ["target-not-approved"]
    assert [row["name"] for row in rows if row["kind"] == "import"] == ["import-0001"]
    run = next(row for row in rows if row["kind"] == "run")
    assert '"case_number": "2026-0417"' in run["detail"]
    decision = next(row for row in rows if row["kind"] == "decision")
    assert (decision["verdict"], decision["reason"]) == ("reject", "the wrong Ada")


def test_transformations_and_tools_are_told(court: Court) -> None:
    rows = {(row["kind"], row["where"]): row["detail"] for row in table(court.out, "transformations.csv")}
    assert rows["gap", "capture-0001"] == "partial: rate-limited"
    assert rows["removal rule", "capture-0001"].startswith("secrets-1")
    assert rows["clock went back", next(where for kind, where in rows if kind == "clock went back")]
    assert rows["tool", "captured with"] == "mastodon 1.0"
    assert any("bagit" in row["detail"] for row in table(court.out, "transformations.csv"))


def test_pages_name_the_runs_that_cite_their_exhibit_and_where(court: Court) -> None:
    words = {n: (court.out / f"data/pages/E000{n}.html").read_text("utf-8") for n in (1, 2, 3)}
    assert "runs/0001-missing" in words[1]
    assert "run missing, failed, below: Seen &lt;b&gt;first&lt;/b&gt;; Later" in words[1]
    assert "run missing, failed, below: Seen &lt;b&gt;first&lt;/b&gt;<" in words[3]
    assert "runs/0001-missing" not in words[2]


def test_the_draft_declaration_names_the_full_lists_by_their_hashes(court: Court) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("there is no pdftotext here to read with (Debian: apt-get install poppler-utils)")
    command = ["pdftotext", "-layout", str(court.out / "data/declaration.pdf"), "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bare = "".join(said.split()).replace("\u200b", "")
    for name in ("index.csv", "search-log.csv"):
        digest = hashlib.sha256((court.out / "data" / name).read_bytes()).hexdigest()
        assert f"data/{name},whoseSHA-256is{digest}" in bare


def test_facts_for_and_against_an_authorship_stand_side_by_side(court: Court) -> None:
    words = (court.out / "data/authorship.html").read_text("utf-8")
    assert "signs with her &lt;b&gt;nickname&lt;/b&gt;" in words
    assert words.index("Confirming") < words.index("Contrary") < words.index("<s>another hand</s>")
    assert re.search("Withdrawn by 1001, [0-9TZ:.-]+: it was hers &lt;after all&gt;</p>", words)
    assert 'href="pages/E0001.html"' in words


def test_acts_stand_with_what_was_said_reviewed_filed_and_replaced(court: Court) -> None:
    words = (court.out / "data/acts.html").read_text("utf-8")
    for said in (
        "directed because: names her &lt;b&gt;door&lt;/b&gt;",
        "he was abroad",
        "reviewed as a threat by 2002",
        "leave me alone &lt;i&gt;now&lt;/i&gt;",
        "evidence cited: ",
        "none cited",
        'href="pages/E0001.html"',
    ):
        assert said in words
    assert words.index("he was abroad") < words.index("<h2>Replaced since</h2>") < words.rindex("names her")
    assert "element met" not in words
    rows = list(csv.DictReader((court.out / "data/acts.csv").read_text("utf-8").splitlines()))
    assert [(row["counts"], row["threat_reviewed_by"]) for row in rows] == [
        ("replaced", ""),
        ("yes", "2002"),
        ("yes", ""),
    ]
    assert rows[1]["supports"] == "stalking/threat; other: =cmd"
    assert rows[2]["remarks"] == "'=1+1"
    assert rows[1]["exhibits"] == "2026-0417-E0001 2026-0417-E0003"


# --- what other tools say -----------------------------------------------------------------------


def test_bagit_and_sha256sum_accept_it(court: Court) -> None:
    tool = Path(sys.executable).parent / "bagit.py"
    subprocess.run([tool, "--validate", court.out], check=True, capture_output=True)
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(
            ["sha256sum", "-c", "--strict", manifest], cwd=court.out, check=True, capture_output=True
        )
    assert not [path for path in court.out.rglob("*") if path.is_symlink()]


def test_the_tools_of_others_accept_its_parts(court: Court, tmp_path: Path) -> None:
    tools = Path(sys.executable).parent
    commands = (
        ("wacz", "validate", "-f", court.out / "data/replay.wacz"),
        ("fastwarc", "check", court.out / "data/exhibits/E0001.warc.gz"),
        ("case_validate", court.out / "data/case-uco.jsonld"),
    )
    for name, *words in commands:
        done = subprocess.run(
            [tools / name, *words], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (court.out / "data/declaration.pdf").read_bytes().startswith(b"%PDF-")


def test_the_same_seal_and_release_give_the_same_bytes(court: Court, tmp_path: Path) -> None:
    court.desk.now += 86_400_000_000
    writer = court.desk.open(court.case).begin_capture(
        court.desk.order(), key=court.desk.sign_in("1001").key, collector="mastodon 1.0", head=HEAD
    )
    writer.append(exchange(kit.status(14, "later", "13"), f"{kit.SERVER}/statuses/14"))
    writer.end(Result(verdict="complete", items=1), requests=1)
    sealing.finish(court.case, court.desk.sign_in("1001"))
    court.build(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(court.out)
    zipped = [court.build(tmp_path / name) for name in ("one.zip", "two.ZIP")]
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.ZIP").read_bytes()
    assert {one.sha256 for one in zipped} == {court.made.sha256}
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        stem = f"2026-0417-seal-{court.seal:04d}-release-0001/"
        assert {name.removeprefix(stem): archive.read(name) for name in archive.namelist()} == contents(
            court.out
        )
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["again", "one.zip", "two.ZIP"]


# --- what does not leave ------------------------------------------------------------------------


def test_without_a_release_that_covers_it_nothing_leaves(court: Court, tmp_path: Path) -> None:
    before = left(court)
    for release, seal in ((7, court.seal), (court.release, court.seal - 1)):
        with pytest.raises(AuthorityError):
            kit.build(court.desk, court.case, tmp_path / "out", release, seal)
    assert left(court) == before
    assert list(tmp_path.iterdir()) == []


def test_only_the_exhibits_asked_for_are_in_it_and_no_words_of_others(court: Court, tmp_path: Path) -> None:
    made = kit.build(court.desk, court.case, tmp_path / "out", court.release, court.seal, [2])
    found = contents(tmp_path / "out")
    assert made.exhibits == 1
    assert [name for name in found if "exhibits/" in name] == ["data/exhibits/E0002.warc.gz"]
    shown = b"".join(data for name, data in found.items() if name.endswith(".html"))
    assert b"firstly" not in shown
    assert b"E0001 (not in this package)" in found["data/authorship.html"]
    done = kit.verify(tmp_path / "out", kit.stock(tmp_path))
    assert done.returncode == 0, done.stdout


def test_an_archive_around_a_withheld_member_is_withheld_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    case = desk.approved()
    kit.fill(desk, case)
    annotate(desk.open(case), desk.sign_in("1001"), "mark", [7], "seen", mark="contraband")
    release = kit.released(desk, case)
    made = kit.build(desk, case, tmp_path / "out", release, kit.sealed(case, release), [6])
    assert made.withheld == ("2026-0417-E0006",)
    assert made.exhibits == 0
    assert not (tmp_path / "out/data/exhibits").exists()
    for name, data in contents(tmp_path / "out").items():
        assert b"meet me there" not in unpacked(data), name


def test_a_case_that_does_not_verify_is_not_packaged(tmp_path: Path) -> None:
    court = Court(tmp_path)
    path = court.case.folder / "imports/0001/000001.txt"
    path.write_bytes(path.read_bytes().replace(b"bus", b"car"))
    before = left(court)
    with pytest.raises(IntegrityError, match="does not verify"):
        court.build(tmp_path / "other")
    assert left(court) == before
    assert not list(tmp_path.glob("other*"))


def test_rows_that_the_evidence_does_not_give_are_not_printed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    case = desk.approved()
    kit.fill(desk, case)
    release = kit.released(desk, case)
    build.refresh(case.folder)
    path = parts.path(case.folder, "posts", "capture-0001")
    rows = pq.read_table(path).to_pylist()
    rows[0]["content"] = "what she never wrote"
    pq.write_table(pa.Table.from_pylist(rows, SCHEMAS["posts"]), path)
    with pytest.raises(IntegrityError, match="not what the evidence gives") as refused:
        kit.build(desk, case, tmp_path / "out", release, kit.sealed(case, release))
    assert refused.value.where == "2026-0417: posts/capture-0001"
    assert "tables rebuild" in refused.value.todo
    assert not (tmp_path / "out").exists()
    assert not [entry for entry in log.rare(case.folder) if entry.action == "disseminated"]
    build.rebuild(case.folder)
    kit.build(desk, case, tmp_path / "out", release, kit.sealed(case, release))


def test_rows_that_a_newer_parser_reads_otherwise_are_told(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Newer(MastodonCollector):
        version = "999"

        def parse(self, exchange: Exchange) -> Iterator[AnyRow]:
            return (row for row in super().parse(exchange) if not isinstance(row, Post))

    monkeypatch.setitem(collectors.COLLECTORS, "mastodon", Newer())
    court.build(tmp_path / "out")
    rows = table(tmp_path / "out", "transformations.csv")
    told = {row["where"]: row for row in rows if row["kind"] == "parsed differently since"}
    assert told["posts/capture-0001"]["count"] == "3"
    assert "now mastodon 999: 3 rows are only in these tables, 0 only" in told["posts/capture-0001"]["detail"]
    assert not [row for row in table(court.out, "transformations.csv") if "since" in row["kind"]]


def test_what_is_there_is_never_overwritten(court: Court, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="already"):
        court.build(tmp_path / "there.zip")
    assert (tmp_path / "there.zip").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["out.zip.partial", "out.zip.partial.zip"])
def test_what_a_stopped_run_left_is_named_with_what_to_do_and_kept(
    court: Court, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("half", "utf-8")
    with pytest.raises(UsageError, match="stopped") as refused:
        court.build(tmp_path / "out.zip")
    assert refused.value.where == str(tmp_path / name)
    assert "remove it" in refused.value.todo
    assert [(path.name, path.read_text("utf-8")) for path in tmp_path.iterdir()] == [(name, "half")]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_full_disk_leaves_nothing(court: Court, tmp_path: Path, name: str) -> None:
    before = left(court)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))
    try:
        with pytest.raises(StorageError):
            court.build(tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
    assert left(court) == before


def test_a_seal_is_named_by_number_or_fingerprint(court: Court) -> None:
    seal = seals.read(court.case.folder, court.seal)
    for text in (str(court.seal), seal.sha256, seals.short(seal.sha256)):
        assert seal_number(court.case, text) == court.seal
    for text in ("abc", "0" * 64):
        with pytest.raises(UsageError):
            seal_number(court.case, text)


def test_the_command_makes_one_and_says_how_to_check_it(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "workbench.cli.common.open_case", lambda *_: (court.desk.open(court.case), court.desk.sign_in("1001"))
    )
    words = ["package", str(court.case.folder), "--as-of", str(court.seal), "--release", str(court.release)]
    assert run([*words, "--out", str(tmp_path / "out.zip")]) == 0
    said = capsys.readouterr().out
    assert f"--seal {court.made.seal_sha256}" in said
    assert court.made.sha256 in said
    assert "withheld, hash and log line only: 2026-0417-E0004" in said
    assert "unpack it; then in the folder: sh verify.sh --root" in said
    assert run([*words, "--out", str(tmp_path / "a folder")]) == 0
    command = capsys.readouterr().out.partition("check it: ")[2]
    checked = subprocess.run(["sh", "-c", command], capture_output=True, encoding="utf-8", check=False)
    assert checked.returncode == 0, checked.stdout
    assert "tied to the root and seal that were given" in checked.stdout
    chosen = [*words, "--exhibit", "2026-0417-E0001", "--json"]
    assert run([*chosen, "--out", str(tmp_path / "one")]) == 0
    assert json.loads(capsys.readouterr().out)["exhibits"] == 1
    assert run([*words, "--exhibit", "2026-0999-E0001", "--out", str(tmp_path / "two")]) == 2
    assert run([*words, "--out", str(tmp_path / "one")]) == 2
    assert run([*words[:-1], "9", "--out", str(tmp_path / "two")]) == 4
    assert not (tmp_path / "two").exists()
