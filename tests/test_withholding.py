"""What is contraband is withheld wherever its picture is again, at every door; what is beside it is not."""

from __future__ import annotations

import base64
import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lxml.html
import pytest

import workbench
from tests.desk import HEAD, START, exchange
from tests.media_kit import drawing, photo
from tests.package_kit import status
from tests.real.case_kit import given
from tests.report_kit import CASE, Bureau, notebook, thumbnail
from tests.test_production_package import contents, table, unpacked
from workbench import withholding
from workbench.annotating import annotate
from workbench.capture import warc
from workbench.cli.main import run
from workbench.custody import log, releases
from workbench.errors import AuthorityError
from workbench.policy.annotations import CONTRABAND, HIDDEN
from workbench.production.disclosure import disclose
from workbench.production.export import Asked, export
from workbench.production.package import package
from workbench.records import Citation, Result
from workbench.release import leaving
from workbench.review import looking
from workbench.review.queue import queue
from workbench.show import Words
from workbench.tables import build, read
from workbench.workspace.exhibits import look

PHOTO, OTHER = photo(drawing(120, 80)), photo(drawing(120, 80, seed=7))
ANSWER, PACKED, BESIDE = 8, 9, 10
"""Exhibits of a capture: the picture, the picture in a packed body, another one."""


def packed(body: bytes, url: str) -> bytes:
    """Make an exchange whose body came as gzip."""
    asked = warc.Asked(uri=url, at=START, address="192.0.2.1", request=b"GET /api HTTP/1.1\r\n\r\n")
    data = gzip.compress(body, mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data)
    return warc.answered(asked, head=head, body=data, truncated="").stored


class Held:
    """A case that holds one picture in every manner there is, and another beside it in each."""

    def __init__(self, home: Path) -> None:
        self.bureau = Bureau(home)
        self.desk, self.case = self.bureau.desk, self.bureau.case
        self._capture()
        self._take_in(home / "pictures")
        build.refresh(self.case.folder)
        rows = read.frame(self.case.folder, "media_files", ["exhibit", "sha256"])
        by_hash = {
            name: frozenset(Citation.parse(cite).number for cite in held["exhibit"])
            for name, held in rows.groupby("sha256")
        }
        sizes = sorted(by_hash.values(), key=len)
        self.alike, self.others = sizes[-1], sizes[0]
        exhibits = {one.citation.number: one for one in log.exhibits(self.case.folder)}
        inside = [exhibits[n] for n in self.alike if exhibits[n].offset and n > BESIDE]
        self.archive = next(n for n, one in exhibits.items() if not one.offset and one.file == inside[0].file)
        self.stored = {
            number: (self.case.folder / one.file).read_bytes()[one.offset : one.offset + one.length]
            for number, one in exhibits.items()
        }

    @property
    def kept(self) -> frozenset[int]:
        """What must stay: the picture everywhere, and the archive around it."""
        return self.alike | {self.archive}

    def _capture(self) -> None:
        session = self.desk.sign_in("1001")
        writer = self.case.begin_capture(
            self.desk.order(), key=session.key, collector="mastodon 1.0", head=HEAD
        )
        url = "https://social.example/media"
        writer.append(exchange(PHOTO, f"{url}/1.jpg"))
        writer.append(packed(PHOTO, f"{url}/2.jpg"))
        writer.append(exchange(OTHER, f"{url}/3.jpg"))
        writer.end(Result(verdict="complete", items=3), requests=3)

    def _take_in(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "a.jpg").write_bytes(PHOTO)
        (folder / "b.jpg.gz").write_bytes(gzip.compress(PHOTO, mtime=0))
        with zipfile.ZipFile(folder / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("words.txt", b"words " * 30)
            archive.writestr("again.jpg", PHOTO)
            archive.writestr("other.jpg", OTHER)
        given(self.case, folder)

    def mark(self, number: int, mark: str) -> None:
        self.bureau.mark(number, mark)

    def absent(self, out: Path) -> None:
        """Assert that nothing under a folder holds the picture, plain or packed, nor a stored slice of it."""
        files = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        assert files
        for path, data in files.items():
            plain = unpacked(data)
            assert PHOTO not in plain, path
            assert base64.b64encode(PHOTO) not in plain, path
            assert not [n for n in self.kept if self.stored[n] in plain], path


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return Held(tmp_path_factory.mktemp("held"))


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """The picture is contraband as it came in the answer of a server, and nowhere else marked."""
    made = Held(tmp_path_factory.mktemp("marked"))
    made.mark(ANSWER, "contraband")
    return made


def test_a_case_without_marks_withholds_nothing(tmp_path: Path) -> None:
    assert withholding.reached(tmp_path, {}) == withholding.Withheld()
    assert withholding.reached(tmp_path, {1: "none"}) == withholding.Withheld()


def test_the_picture_is_held_five_times(held: Held) -> None:
    assert len(held.alike) == 5
    assert {ANSWER, PACKED} < held.alike
    assert BESIDE in held.others
    assert held.archive not in held.alike


def test_whichever_of_them_is_marked_all_are_withheld_and_no_neighbour(unmarked: Held) -> None:
    folder = unmarked.case.folder
    for number in unmarked.alike:
        found = withholding.reached(folder, {number: CONTRABAND})
        assert found.marked(CONTRABAND) == unmarked.kept
        assert {kept.by for kept in found.exhibits.values()} == {number}
        assert found.exhibits[number].why == "marked as contraband"
        others = {found.exhibits[n].why for n in unmarked.alike - {number}}
        assert others == {f"holding the same picture as E{number:04d}, which is contraband"}
        assert "sharing bytes with" in found.exhibits[unmarked.archive].why


def test_a_marked_archive_withholds_what_is_in_it_and_the_same_elsewhere(unmarked: Held) -> None:
    found = withholding.reached(unmarked.case.folder, {unmarked.archive: CONTRABAND})
    words = {
        n for n, data in unmarked.stored.items() if data.startswith(b"PK\x03\x04") and b"words.txt" in data
    }
    assert found.marked(CONTRABAND) == unmarked.kept | unmarked.others | words


def test_contraband_goes_before_hidden_and_a_number_limits(unmarked: Held) -> None:
    marks = {PACKED: HIDDEN, ANSWER: CONTRABAND, BESIDE: HIDDEN}
    found = withholding.reached(unmarked.case.folder, marks)
    assert found.marked(CONTRABAND) == unmarked.kept
    assert found.marked(HIDDEN) == unmarked.others
    assert found.marked(CONTRABAND, PACKED) == {ANSWER, PACKED}
    kept = found.of(1, content=next(name for name, one in found.contents.items() if one.mark == CONTRABAND))
    assert kept is not None
    assert kept.mark == CONTRABAND
    assert found.of(1) is None


def test_content_is_known_by_the_bytes_where_no_table_tells(held: Held, tmp_path: Path) -> None:
    copied = tmp_path / CASE
    shutil.copytree(held.case.folder, copied)
    for part in (copied / "tables" / "media_files").glob("import-*.parquet"):
        part.unlink()
    table_of = copied / "tables" / "media_files"
    assert [path.name for path in table_of.iterdir()]
    notes = [path for path in (copied / "tables").rglob("import-*") if path.suffix != ".parquet"]
    for note in notes:
        note.unlink()
    for number in held.alike:
        with pytest.raises(AuthorityError, match="contraband: it is not shown"):
            look(copied, Citation(case=CASE, number=number), hidden=True)


# --- the doors ----------------------------------------------------------------------------------


def test_no_exhibit_and_no_thumbnail_shows_it(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_OFFICER", "1001")
    case = workbench.open_case(held.case.folder)
    for number in held.kept:
        for asked in (False, True):
            with pytest.raises(AuthorityError, match="contraband: it is not shown"):
                case.exhibit(f"{CASE}-E{number:04d}", hidden=asked)
            with pytest.raises(AuthorityError, match="contraband: it is not shown"):
                case.thumbnail(f"{CASE}-E{number:04d}", hidden=asked, blurred=not asked)
    for number in held.others:
        assert case.exhibit(f"{CASE}-E{number:04d}").data == held.stored[number]
        assert case.thumbnail(f"{CASE}-E{number:04d}")


def test_a_page_s_sheet_shows_it_neither_plain_nor_blurred(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_OFFICER", "1001")
    case = workbench.open_case(held.case.folder)
    files = case.media_files().rename(columns={"exhibit": "file"})
    for asked in (False, True):
        sheet = case.contact_sheet(files, show_hidden=asked)
        assert isinstance(sheet, Words)
        root = lxml.html.fromstring(sheet.fragment())
        shown = [each for each in root.iter("figure") if list(each.iter("img"))]
        cited = {Citation.parse(words(code)).number for each in shown for code in each.iter("code")}
        assert cited == held.others


def test_it_is_not_printed_by_the_command(held: Held, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    words = held.desk.write_keys("1001")
    who = ["--as", "1001", "--passphrase-file", str(words), "--casefiles", str(held.desk.casefiles)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_KEYS", str(held.desk.keys))
        for number in held.kept:
            cite = f"E{number:04d}"
            assert run(["exhibit", CASE, cite, "--hidden", *who]) == 0
            assert b"not shown: it is" in capsysbinary.readouterr().out
            assert run(["exhibit", CASE, cite, "--hidden", "--raw", *who]) == 4
            assert capsysbinary.readouterr().out == b""


def test_the_reviewer_sees_no_words_of_it(held: Held) -> None:
    held.bureau.run(notebook(*(thumbnail(n) for n in sorted(held.alike | held.others))), name="wanted")
    found = queue(held.case.folder, "2001")
    originals = looking.originals(held.case.folder, found.items, found.marks)
    shown = {Citation.parse(name).number: one for name, one in originals.items()}
    assert shown.keys() >= held.alike
    for number in held.alike:
        assert "contraband" in shown[number].withheld
        assert shown[number].rows == {}


def test_no_copy_and_no_disclosure_carries_it(held: Held, tmp_path: Path) -> None:
    held.bureau.release(kind="copy")
    for number in held.kept:
        with pytest.raises(AuthorityError, match="never leave"), leaving(held.case, "copy", [number]):
            pytest.fail("it was let leave")
    with leaving(held.case, "copy", [BESIDE]) as permit:
        assert permit.withheld == frozenset()
    release = held.bureau.release(kind="disclosure")
    chosen = sorted(held.kept | held.others)
    opened, session = held.desk.open(held.case), held.desk.sign_in("1001")
    done = disclose(opened, session, chosen, tmp_path / "out", release=release)
    assert numbers(done.withheld) == held.kept
    assert numbers(done.given) == held.others
    held.absent(tmp_path / "out")


def test_no_package_carries_it_in_no_form(held: Held, tmp_path: Path) -> None:
    number = held.bureau.release(kind="package")
    opened, session = held.desk.open(held.case), held.desk.sign_in("1001")
    for wanted, name in ((None, "all"), (sorted(held.kept | held.others), "some")):
        out = tmp_path / name
        seal = newest(held, number)
        made = package(opened, session, out, seal=seal, release=number, wanted=wanted)
        assert numbers(made.withheld) - {4} == held.kept
        held.absent(out)
        found = contents(out)
        index = {row["exhibit"]: row for row in table(out, "index.csv")}
        graph = {node["@id"]: node for node in json.loads(found["data/case-uco.jsonld"])["@graph"]}
        files = json.dumps(list(graph.values()))
        with zipfile.ZipFile(io.BytesIO(found["data/replay.wacz"])) as wacz:
            replayed = unpacked(wacz.read("archive/data.warc.gz"))
        assert b"media/3.jpg" in replayed
        assert b"media/1.jpg" not in replayed
        assert b"media/2.jpg" not in replayed
        for one in held.kept:
            cite = f"{CASE}-E{one:04d}"
            assert index[cite]["copy"] == "withheld"
            assert "are withheld" in found[f"data/pages/E{one:04d}.html"].decode()
            assert f"data/exhibits/E{one:04d}" not in files
        for one in held.others:
            assert f"data/exhibits/E{one:04d}" in files


def test_no_export_has_a_row_of_it(held: Held, tmp_path: Path) -> None:
    number = held.bureau.release(kind="export")
    opened, session = held.desk.open(held.case), held.desk.sign_in("1001")
    made = export(opened, session, tmp_path / "out", release=number, asked=Asked())
    assert made.withheld == len(held.kept) + 1
    text = (tmp_path / "out" / "media_files.csv").read_text("utf-8-sig")
    assert {n for n in held.alike | held.others if f"{CASE}-E{n:04d}" in text} == held.others


def test_no_report_shows_it(held: Held, tmp_path: Path) -> None:
    held.bureau.run(notebook(*(thumbnail(n) for n in sorted(held.alike | held.others))))
    release = held.bureau.release()
    held.bureau.report(tmp_path / "out", release)
    held.absent(tmp_path / "out")
    page = lxml.html.fromstring((tmp_path / "out/report.html").read_text("utf-8"))
    cited = [words(code) for figure in page.iter("figure") for code in figure.iter("code")]
    assert {Citation.parse(cite).number for cite in cited} == held.others
    assert "whose bytes are withheld" in words(page)


def test_no_report_and_no_export_shows_a_hidden_picture_elsewhere(tmp_path: Path) -> None:
    held = Held(tmp_path)
    held.mark(PACKED, "hidden")
    held.bureau.run(notebook(*(thumbnail(n) for n in sorted(held.alike | held.others))))
    release = held.bureau.release()
    held.bureau.report(tmp_path / "out", release)
    held.absent(tmp_path / "out")
    page = lxml.html.fromstring((tmp_path / "out/report.html").read_text("utf-8"))
    shown = [each for each in page.iter("figure") if list(each.iter("img")) and list(each.iter("code"))]
    assert {Citation.parse(words(code)).number for each in shown for code in each.iter("code")} == held.others
    for number in held.alike:
        assert f"Picture not shown: E{number:04d} is hidden." in words(page)
    number = held.bureau.release(kind="export")
    opened, session = held.desk.open(held.case), held.desk.sign_in("1001")
    made = export(opened, session, tmp_path / "rows", release=number, asked=Asked())
    assert made.hidden == len(held.kept) + 1
    text = (tmp_path / "rows" / "media_files.csv").read_text("utf-8-sig")
    assert {n for n in held.alike | held.others if f"{CASE}-E{n:04d}" in text} == held.others


def test_a_mark_on_an_equal_picture_stops_what_is_about_to_leave(tmp_path: Path) -> None:
    held = Held(tmp_path)
    held.bureau.release(kind="copy")
    with leaving(held.case, "copy", [PACKED]) as permit:
        annotate(
            held.desk.open(held.case), held.desk.sign_in("1001"), "mark", [ANSWER], "x", mark="contraband"
        )
        with pytest.raises(AuthorityError, match="meanwhile"):
            permit.left("0" * 64)


def test_nothing_shows_what_a_post_calls_sensitive_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = Bureau(tmp_path)
    attached = {"id": "5", "type": "image", "url": "https://social.example/media/5.jpg"}
    said = {**json.loads(status(15, "look")), "sensitive": True, "media_attachments": [attached]}
    writer = bureau.case.begin_capture(
        bureau.desk.order(), key=bureau.desk.sign_in("1001").key, collector="mastodon 1.0", head=HEAD
    )
    for body, url in ((PHOTO, attached["url"]), (OTHER, "https://social.example/media/6.jpg")):
        writer.append(exchange(body, url))
    writer.append(exchange(json.dumps(said).encode(), "https://social.example/api/v1/statuses/15"))
    writer.end(Result(verdict="complete", items=3), requests=3)
    build.refresh(bureau.case.folder)
    posts = read.frame(bureau.case.folder, "posts", ["exhibit"], {"sensitive": True})
    first = Citation.parse(posts["exhibit"].iloc[0]).number - 2
    monkeypatch.setenv("WORKBENCH_OFFICER", "1001")
    case = workbench.open_case(bureau.case.folder)
    with pytest.raises(AuthorityError, match="sensitive by its author or platform: it is not shown"):
        case.thumbnail(f"{CASE}-E{first:04d}")
    assert case.thumbnail(f"{CASE}-E{first:04d}", hidden=True) != case.thumbnail(
        f"{CASE}-E{first:04d}", blurred=True
    )
    assert case.thumbnail(f"{CASE}-E{first + 1:04d}")
    bureau.run(notebook(thumbnail(first), thumbnail(first + 1)))
    bureau.report(tmp_path / "out", bureau.release())
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert base64.b64encode(PHOTO).decode() not in page
    assert base64.b64encode(OTHER).decode() in page
    assert f"Picture not shown: E{first:04d} is marked as sensitive by its author or platform." in page
    assert "Not shown here: it is marked as sensitive by its author or platform." in page
    number = bureau.release(kind="package")
    out = tmp_path / "package"
    seal = next(one.seal for one in releases.releases_for(bureau.case.folder) if one.release == number)
    opened = bureau.desk.open(bureau.case)
    package(opened, bureau.desk.sign_in("1001"), out, seal=seal, release=number, wanted=None)
    pages = [(out / "data/pages" / f"E{n:04d}.html").read_text("utf-8") for n in (first, first + 1)]
    assert ["<img" in each for each in pages] == [False, True]
    # The exhibit itself is in a package, as every exhibit is that is no contraband.
    assert (out / "data/exhibits" / f"E{first:04d}.warc.gz").is_file()


def words(element: Any) -> str:
    return "".join(map(str, element.itertext()))


def numbers(cites: Sequence[str]) -> frozenset[int]:
    return frozenset(Citation.parse(cite).number for cite in cites)


def newest(held: Held, release: int) -> int:
    return releases.releases_for(held.case.folder)[release - 1].seal
