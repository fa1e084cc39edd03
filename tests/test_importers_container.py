"""Archives and their dangers: what may be read, what is refused, and where."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.importer_kit import VECTORS, bundle_of, folder_bundle, issues, only, read
from workbench.errors import InputError, UsageError
from workbench.importers import container, files, recognise, zips
from workbench.importers.base import Limits
from workbench.rows import Issue, Media

ZIPS = sorted(path.parent for path in (VECTORS / "zip").glob("*/*/given.zip"))


@pytest.mark.parametrize("folder", ZIPS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_zip_gives_its_sound_members_and_says_what_it_refuses(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    bundle = folder_bundle(folder)
    found = [cited.row for cited in files.Files().parse(bundle)] + [each.row for each in bundle.refused]
    said = sorted([row.kind, row.where.partition(", byte")[0]] for row in only(found, Issue))
    assert said == sorted(
        expected["issues"] + ([["truncated", "none.txt"]] if folder.name == "empty-member" else [])
    )
    if any(member.container for member in bundle.members):
        assert [member.name for member in bundle.contents] == expected["members"]


@pytest.mark.parametrize("folder", ZIPS, ids=lambda path: path.name)
def test_slices_hold_what_the_format_says_and_lie_side_by_side(folder: Path) -> None:
    data = (folder / "given.zip").read_bytes()
    whole, *members = container.listing([folder / "given.zip"], ["given.zip"]).slices
    assert (whole.member, whole.offset, whole.length) == (None, 0, len(data))
    end = 0
    for part in sorted(members, key=lambda each: each.offset):
        assert data.startswith(b"PK\x03\x04", part.offset)
        name, extra = struct.unpack_from("<2H", data, part.offset + 26)
        assert data[part.offset + 30 :][:name].decode() == part.name
        assert part.length >= 30 + name + extra
        assert part.offset >= end
        end = part.offset + part.length


def test_refusals_name_the_byte_where_the_member_begins() -> None:
    path = VECTORS / "zip/invalid/name-climbs/given.zip"
    ((index, issue),) = container.listing([path], ["given.zip"]).refused
    offset = path.read_bytes().index(b"PK\x03\x04", 1)
    assert (index, issue.where) == (0, f"../out.txt, byte {offset}")


def test_refusals_cite_the_archive_they_lie_in() -> None:
    path = VECTORS / "zip/invalid/encrypted/given.zip"
    bundle = container.bundle([path], ["export.zip"], {(0, None): "2026-1-E0001", (0, 0): "2026-1-E0002"})
    (refused,) = bundle.refused
    assert bundle.members[refused.member].citation == "2026-1-E0001"
    assert [member.citation for member in bundle.contents] == ["2026-1-E0002"]


def test_bounds_on_members_directory_and_total() -> None:
    path = VECTORS / "zip/valid/two-members/given.zip"
    few = container.listing([path], ["x.zip"], Limits(members=1))
    assert [(issue.kind, issue.found[:9]) for _, issue in few.refused] == [("refused", "2 members")]
    short = container.listing([path], ["x.zip"], Limits(total=6))
    assert [issue.where.partition(",")[0] for _, issue in short.refused] == ["data/a.txt"]


def test_a_member_that_grows_too_much_is_refused_while_it_is_read(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(3_000_000))
    bundle = bundle_of(tmp_path, {"log.jsonl.gz": bomb}, Limits(free=1000, ratio=100))
    (issue,) = only(read(bundle), Issue)
    assert issue.kind == "refused"
    assert issue.expected == f"at most {len(bomb) * 100} bytes"


def test_a_gzip_is_one_exhibit_that_is_read_decompressed(tmp_path: Path) -> None:
    joined = gzip.compress(b"one ") + gzip.compress(b"two")
    bundle = bundle_of(tmp_path, {"notes.txt.gz": joined})
    (media,) = only(read(bundle), Media)
    assert (media.bytes, media.media_type) == (7, "text/plain")
    (member,) = bundle.members
    with member.open() as stream:
        assert stream.read() == b"one two"


@pytest.mark.parametrize("cut", [15, 300])
def test_a_gzip_that_ends_early_is_said(tmp_path: Path, cut: int) -> None:
    data = gzip.compress(bytes(range(256)) * 20)[:cut]
    assert [kind for kind, _, _ in issues(read(bundle_of(tmp_path, {"x.gz": data})))] == ["truncated"]


def test_other_archives_are_kept_and_said(tmp_path: Path) -> None:
    found = read(bundle_of(tmp_path, {"backup.7z": b"7z\xbc\xaf\x27\x1c" + bytes(40)}))
    assert issues(found) == [("not-recognised", "", 1)]
    assert [media.media_type for media in only(found, Media)] == ["application/x-7z-compressed"]


def test_each_path_needs_its_name() -> None:
    with pytest.raises(UsageError):
        container.listing([Path("a")], [])


def test_nothing_to_import_is_an_error() -> None:
    with pytest.raises(InputError):
        recognise(container.bundle([], []))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_zip_with_any_bytes_changed_raises_nothing_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    given_bytes = bytearray((VECTORS / "zip/valid/two-members/given.zip").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(given_bytes) - 1))
        given_bytes[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    path.write_bytes(given_bytes)
    bundle = folder_bundle(path)
    for cited in files.Files().parse(bundle):
        assert cited.member < len(bundle.members)


def test_a_zip64_directory_is_bounded_too(tmp_path: Path) -> None:
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**9, 10**9, 10**12, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path = tmp_path / "x.zip"
    path.write_bytes(end64 + locator + end)
    with pytest.raises(InputError) as caught:
        zips.read(path, "x.zip", Limits())
    assert "1000000000 members" in caught.value.found
