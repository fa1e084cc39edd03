"""What bytes are: by themselves, and nothing for words that begin like a picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media_kit import box, header, movie
from workbench.media import kinds

KNOWN = {*kinds.PICTURES, *kinds.FILMS, *kinds.UNREAD, kinds.DRAWN, ""}


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"BMW is a maker of cars", ""),
        (b"BM" + bytes(60), "image/bmp"),
        (b"%PDF-1.7", ""),
        (b"PK\x03\x04", ""),
        (b"", ""),
        (b"G" * 1000, ""),
        ((b"G\0" + bytes(186)) * 5, "video/mp2t"),
        ((b"G\0" + bytes(186)) * 4, ""),
        (movie(header(1)), "video/mp4"),
        (box(b"moov", header(1)), "video/quicktime"),
        (b"wordmoov", ""),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (box(b"ftyp", b"mif1" + bytes(4) + b"mif1avifmiaf"), "image/avif"),
        (box(b"ftyp", b"mif1" + bytes(4) + b"mif1heic"), "image/heic"),
        (box(b"ftyp", b"mif1" + bytes(4)) + b"avif", "image/heif"),
        (box(b"ftyp", b"msf1" + bytes(4) + b"avis"), "image/avif"),
        (b"\xff\xff\xff\xffftypmif1" + bytes(4), "image/heif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    ],
)
def test_what_bytes_are(head: bytes, media_type: str) -> None:
    assert kinds.media_type(head) == media_type


@given(st.binary(max_size=64))
def test_any_bytes_are_something_known_or_nothing(head: bytes) -> None:
    assert kinds.media_type(head) in KNOWN
