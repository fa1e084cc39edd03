"""Rows of media files: from whichever exhibit holds the bytes, each citing it, equal on each rebuild."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.media_kit import drawing, film, gps, photo
from tests.test_tables_build import CASE, SEEN, Case, FakeImporter, hashed, record
from workbench import collectors, importers
from workbench.errors import StorageError
from workbench.importers.files import Files
from workbench.media.facts import Limits
from workbench.records import Exchange
from workbench.rows import AnyRow
from workbench.tables import build, check, digest, held, read

PHOTO = photo(gps=gps(), detail={0x9003: "2024:05:06 07:08:09"})
FILM = film()


class Silent:
    """A collector that reads nothing, so that all rows are those of the files."""

    name, version = "fake", "7"

    def parse(self, _: Exchange) -> Iterator[AnyRow]:
        return iter(())


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setitem(collectors.COLLECTORS, "fake", Silent())
    monkeypatch.setitem(importers.IMPORTERS, "fakes", Files())
    made = Case(tmp_path / CASE)
    made.version(1, "approve")
    return made


def zipped(bodies: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, body in bodies.items():
            archive.writestr(name, body)
    return stream.getvalue()


def table(case: Case, name: str) -> list[dict[str, Any]]:
    found: Any = read.frame(case.folder, name)
    return list(found.to_dict("records"))


def answered(case: Case, body: bytes, *, status: str = "200 OK", **fields: str) -> None:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    answer = f"HTTP/1.1 {status}\r\n{more}\r\n".encode() + body
    request = b"GET /a HTTP/1.1\r\nHost: s.example\r\n\r\n"
    case.exhibit(1, record("response", answer) + record("request", request))


def test_a_captured_picture_has_a_row_that_joins_by_address_and_hash(case: Case) -> None:
    case.begin(1)
    answered(case, b"no picture at all", Content_Type="image/jpeg")
    answered(case, PHOTO, Content_Type="text/plain")
    build.build(case.folder, "capture-0001")
    (row,) = table(case, "media_files")
    assert (row["exhibit"], row["uri"], row["server"]) == (
        f"{CASE}-E0002",
        "https://s.example/a",
        "s.example",
    )
    assert (row["sha256"], row["entity_id"]) == (hashed(PHOTO), f"sha256:{hashed(PHOTO)}")
    assert (row["platform"], row["media_type"], row["kind"]) == ("fake", "image/jpeg", "image")
    assert (row["width"], row["height"], row["parser"]) == (96, 64, "media")
    assert row["captured_at"].value // 1000 == SEEN
    assert (row["taken_raw"], row["taken_basis"]) == ("2024:05:06 07:08:09", "ambiguous")
    (place,) = table(case, "places")
    assert (place["about"], place["source"]) == (row["entity_id"], "exif")
    assert (place["exhibit"], place["published_raw"]) == (row["exhibit"], row["taken_raw"])
    assert table(case, "issues") == []


def test_coded_bodies_are_read_as_the_collector_reads_them(case: Case) -> None:
    case.begin(1)
    packed = gzip.compress(PHOTO)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    answered(case, chunks, Content_Encoding="gzip", Transfer_Encoding="chunked")
    build.build(case.folder, "capture-0001")
    assert [row["sha256"] for row in table(case, "media_files")] == [hashed(PHOTO)]


@pytest.mark.parametrize("status", ["206 Partial Content", "404 Not Found", "500 Oops"])
def test_parts_and_error_pages_are_no_media_files(case: Case, status: str) -> None:
    case.begin(1)
    answered(case, PHOTO, status=status)
    answered(case, b"")
    build.build(case.folder, "capture-0001")
    assert table(case, "media_files") == []


def test_files_and_members_of_an_import_have_rows_whatever_their_names(case: Case) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("words.jpg", "no picture")
        archive.writestr("film.txt", FILM)
    case.receive(1, {"a.txt": PHOTO, "b.zip": stream.getvalue(), "c.png": b"words"})
    build.build(case.folder, "import-0001")
    found = table(case, "media_files")
    assert [(row["exhibit"], row["sha256"], row["kind"]) for row in found] == [
        (f"{CASE}-E0001", hashed(PHOTO), "image"),
        (f"{CASE}-E0004", hashed(FILM), "video"),
    ]
    frames = table(case, "key_frames")
    assert [(row["number"], row["at"], row["media"]) for row in frames] == [
        (0, 0.0, found[1]["entity_id"]),
        (1, 1.0, found[1]["entity_id"]),
        (2, 2.0, found[1]["entity_id"]),
    ]
    assert len({row["phash"] for row in frames}) == 3


def test_large_contents_go_through_a_file_with_equal_rows(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", PHOTO)
    case.begin(1)
    answered(case, PHOTO)
    case.receive(1, {"b.zip": stream.getvalue()})
    build.rebuild(case.folder)
    before = digest.digest(case.folder)
    small = Limits(inline=100)
    monkeypatch.setattr(held.Media.__init__, "__defaults__", (small,))
    assert build.rebuild(case.folder) == before


def test_a_file_beyond_the_limit_is_hashed_and_named(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held.Media.__init__, "__defaults__", (Limits(inline=10, spool=100),))
    case.receive(1, {"a.txt": PHOTO})
    build.build(case.folder, "import-0001")
    (row,) = table(case, "media_files")
    assert (row["sha256"], row["phash"]) == (hashed(PHOTO), "")
    (issue,) = table(case, "issues")
    assert (issue["kind"], issue["exhibit"], issue["expected"]) == (
        "refused",
        f"{CASE}-E0001",
        "at most 100 bytes",
    )


def test_what_lies_aside_stays_within_the_limit(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = {f"{number}.jpg": photo(drawing(seed=number)) for number in range(6)}
    most = max(map(len, bodies.values()))
    monkeypatch.setattr(held.Media.__init__, "__defaults__", (Limits(inline=10, spool=2 * most),))
    lying: list[int] = []
    write = held._write

    def watched(file: Any, data: bytes) -> None:
        write(file, data)
        lying.append(sum(each.stat().st_size for each in Path(file.name).parent.iterdir()))

    monkeypatch.setattr(held, "_write", watched)
    case.receive(1, {"a.zip": zipped(bodies)})
    build.build(case.folder, "import-0001")
    assert [row["sha256"] for row in table(case, "media_files")] == [hashed(each) for each in bodies.values()]
    assert all(row["phash"] for row in table(case, "media_files"))
    assert most < max(lying) <= 3 * most


def test_a_full_disk_is_said_with_where_to_make_room(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held.Media.__init__, "__defaults__", (Limits(inline=10),))
    monkeypatch.setattr(held.Media, "_aside", lambda *_: Path("/dev/full"))
    case.receive(1, {"a.zip": zipped({"a.jpg": PHOTO})})
    with pytest.raises(StorageError, match="TMPDIR"):
        build.build(case.folder, "import-0001")


def test_no_folder_for_what_is_written_aside_is_said(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(held.Media.__init__, "__defaults__", (Limits(inline=10),))
    case.receive(1, {"a.zip": zipped({"a.jpg": PHOTO})})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    with pytest.raises(StorageError, match="written aside"):
        build.build(case.folder, "import-0001")


def test_files_after_the_time_of_the_slow_ones_stay_evidence(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held.Media.__init__, "__defaults__", (Limits(slow_seconds=0.0),))
    case.receive(1, {"a.jpg": PHOTO})
    build.build(case.folder, "import-0001")
    (row,) = table(case, "media_files")
    assert (row["sha256"], row["phash"]) == (hashed(PHOTO), "")
    assert row["note"] == "not looked at: the time for its source is used up"
    assert [issue["kind"] for issue in table(case, "issues")] == ["refused"]


def test_broken_files_keep_their_row_and_are_named(case: Case) -> None:
    case.receive(1, {"a.jpg": PHOTO[:-100], "b.jpg": PHOTO})
    build.build(case.folder, "import-0001")
    broken, whole = table(case, "media_files")
    assert (broken["phash"], broken["taken_raw"]) == ("", whole["taken_raw"])
    (issue,) = table(case, "issues")
    assert (issue["exhibit"], issue["kind"], issue["field"]) == (broken["exhibit"], "truncated", "picture")


def test_rows_come_in_the_order_of_the_exhibits_and_are_equal_again(case: Case) -> None:
    case.begin(1)
    bodies = [photo(drawing(seed=seed), gps=gps()) for seed in range(12)]
    for number, body in enumerate(bodies):
        answered(case, body if number else FILM)
    before = build.rebuild(case.folder)
    assert [row["sha256"] for row in table(case, "media_files")] == [hashed(FILM), *map(hashed, bodies[1:])]
    assert build.rebuild(case.folder) == before
    assert {found.state for found in check.check(case.folder)} == {"equal"}


def test_a_newer_library_makes_rows_that_are_parsed_differently_since(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.receive(1, {"a.jpg": PHOTO})
    with monkeypatch.context() as older:
        older.setattr(held, "parser_version", lambda: "1 pillow-1")
        build.build(case.folder, "import-0001")
    states = {found.part: found.state for found in check.check(case.folder)}
    assert states == {
        "media/import-0001": "equal",
        "media_files/import-0001": "since",
        "places/import-0001": "since",
    }


def test_what_the_importer_fails_at_still_has_its_pictures(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(importers.IMPORTERS, "fakes", FakeImporter())
    case.receive(1, {"a.txt": b"!\n", "b.jpg": PHOTO})
    build.build(case.folder, "import-0001")
    assert [row["exhibit"] for row in table(case, "media_files")] == [f"{CASE}-E0002"]


def test_drawn_markup_is_named_and_not_drawn(case: Case) -> None:
    case.receive(1, {"a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'})
    build.build(case.folder, "import-0001")
    (row,) = table(case, "media_files")
    assert (row["media_type"], row["note"]) == ("image/svg+xml", "markup that draws: it is not drawn here")


def test_what_nothing_decodes_has_a_row_and_an_issue(case: Case) -> None:
    case.receive(1, {"a.jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20)})
    build.build(case.folder, "import-0001")
    (row,) = table(case, "media_files")
    assert (row["media_type"], row["note"]) == ("image/jxl", "nothing here decodes it")
    assert [issue["kind"] for issue in table(case, "issues")] == ["not-recognised"]


def test_a_case_without_media_loads_no_decoder_and_starts_nothing(case: Case) -> None:
    case.begin(1)
    answered(case, b'{"words": 1}')
    program = (
        "import subprocess, sys\n"
        "subprocess.Popen = None\n"
        "from pathlib import Path\n"
        "from workbench.tables import build\n"
        f"print(build.build(Path({str(case.folder)!r}), 'capture-0001'))\n"
        "print(sorted({'PIL', 'av', 'imagehash', 'scipy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
