"""Plain files: types from bytes, hashes, sizes."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from tests.importer_kit import bundle_of, issues, only, read
from workbench.importers.pixels import dimensions
from workbench.rows import Media
from workbench.sniff import media_type

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">L4sLL", 13, b"IHDR", 640, 480) + bytes(20)
JPEG = (
    b"\xff\xd8\xff\xe0"
    + struct.pack(">H", 16)
    + bytes(14)
    + b"\xff\xff\xc0"
    + struct.pack(">HBHH", 17, 8, 30, 40)
)
GIF = b"GIF89a" + struct.pack("<HH", 7, 9)
MHTML = b"From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\r\nx"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"XXXX\0\0\0\0WEBP", "application/octet-stream"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>", "text/html"),
        (MHTML, "multipart/related"),
        (b'<?xml version="1.0"?><svg>', "image/svg+xml"),
        (b' {"a": 1}', "application/json"),
        ("héé".encode() + b"\xc3", "text/plain"),
        (b"\xffplain", "application/octet-stream"),
        ("héé".encode("utf-16"), "text/plain"),
        (b"", "application/x-empty"),
    ],
)
def test_media_types_come_from_the_bytes(head: bytes, expected: str) -> None:
    assert media_type(head) == expected


def test_a_file_is_one_row_whatever_its_name_says(tmp_path: Path) -> None:
    (media,) = only(read(bundle_of(tmp_path, {"holiday.pdf": PNG})), Media)
    digest = hashlib.sha256(PNG).hexdigest()
    assert (media.kind, media.media_type, media.bytes) == ("image", "image/png", len(PNG))
    assert (media.sha256, media.native_id, media.entity_id) == (digest, digest, f"sha256:{digest}")
    assert (media.width, media.height) == (640, 480)


def test_an_empty_file_is_said(tmp_path: Path) -> None:
    found = read(bundle_of(tmp_path, {"a.jpg": b"", "b.txt": b"words"}))
    assert issues(found) == [("truncated", "", 1)]
    assert [media.bytes for media in only(found, Media)] == [0, 5]


def test_pixels_as_stored() -> None:
    assert dimensions(JPEG, "image/jpeg") == (40, 30)
    assert dimensions(GIF, "image/gif") == (7, 9)


@pytest.mark.parametrize("cut", range(2, len(JPEG)))
def test_a_cut_picture_has_no_size(cut: int) -> None:
    assert dimensions(JPEG[:cut], "image/jpeg") == (None, None)
