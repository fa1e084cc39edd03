"""Pictures: size as shown, hashes beside ImageHash's own, formats, bombs and bytes of any kind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import imagehash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.media_kit import drawing, gps, photo
from workbench.media import kinds, looking, pictures
from workbench.media.facts import Gathered, Job, Limits

SIDEWAYS = {0x0112: 6}
MANY = Limits(pixels=1000)


def look(data: bytes, limits: Limits | None = None) -> Gathered:
    media_type = kinds.media_type(data[: kinds.HEAD])
    return pictures.look(io.BytesIO(data), media_type, limits or Limits())


def bits(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
        ("AVIF", "image/avif"),
    ],
)
def test_each_format_has_size_and_hashes(form: str, media_type: str) -> None:
    stream = io.BytesIO()
    drawing().save(stream, form)
    assert kinds.media_type(stream.getvalue()) == media_type
    found = look(stream.getvalue())
    assert (found.width, found.height, found.problems) == (96, 64, [])
    assert bits(found.phash, str(imagehash.phash(drawing()))) <= 4
    assert bits(found.dhash, str(imagehash.dhash(drawing()))) <= 4


def test_heic_is_read_with_its_place() -> None:
    import pillow_heif  # noqa: PLC0415 - only here

    pillow_heif.register_heif_opener()
    data = photo(form="HEIF", gps=gps())
    found = look(data)
    assert (kinds.media_type(data), found.width, found.height) == ("image/heic", 96, 64)
    assert [spot.source for spot in found.spots] == ["exif"]
    assert bits(found.phash, str(imagehash.phash(drawing()))) <= 4


def test_hashes_are_those_of_imagehash() -> None:
    stream = io.BytesIO()
    drawing().save(stream, "PNG")
    found = look(stream.getvalue())
    assert found.phash == str(imagehash.phash(drawing()))
    assert found.dhash == str(imagehash.dhash(drawing()))


def test_a_large_jpeg_is_read_at_a_fraction_of_its_size_and_hashes_alike() -> None:
    large = drawing(2400, 1600)
    found = look(photo(large))
    assert (found.width, found.height) == (2400, 1600)
    assert bits(found.phash, str(imagehash.phash(large))) <= 2


def test_size_and_hash_are_of_the_picture_as_shown() -> None:
    turned = look(photo(base=SIDEWAYS))
    assert (turned.width, turned.height) == (64, 96)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(photo(base=SIDEWAYS))))
    assert bits(turned.phash, str(imagehash.phash(shown))) <= 2
    assert bits(turned.phash, look(photo()).phash) > 10


def test_one_colour_has_no_hash() -> None:
    found = look(photo(Image.new("RGB", (64, 64), "teal")))
    assert (found.phash, found.dhash) == ("", "")
    assert found.notes == ["of one colour: no perceptual hash"]


def test_a_moving_picture_says_so() -> None:
    stream = io.BytesIO()
    drawing(seed=1).save(stream, "GIF", save_all=True, append_images=[drawing(seed=2)])
    assert look(stream.getvalue()).notes == ["a moving picture, of which the first frame is read"]


def test_more_pixels_than_the_limit_are_not_decoded() -> None:
    found = look(photo(), MANY)
    assert (found.width, found.phash) == (96, "")
    assert [(issue.kind, issue.found) for issue in found.problems] == [("refused", "96 by 64")]


def test_a_cut_picture_keeps_what_its_head_says() -> None:
    found = look(photo(gps=gps())[:-300])
    assert (found.width, len(found.spots), found.phash) == (96, 1, "")
    assert [(issue.kind, issue.field) for issue in found.problems] == [("truncated", "picture")]


def test_text_that_unpacks_to_gigabytes_is_refused() -> None:
    packed = zlib.compress(bytes(64 * 2**20), 9)
    chunk = b"zTXt" + b"a\0\0" + packed
    text = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    plain = photo(form="PNG")
    found = look(plain[:33] + text + plain[33:])
    assert found.problems


@pytest.fixture(scope="module")
def worker() -> Iterator[looking.Worker]:
    made = looking.Worker()  # so that what a codec does over such bytes, it does to a child
    yield made
    made.close()


@pytest.mark.parametrize("media_type", sorted(kinds.PICTURES))
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=600))
def test_any_bytes_are_a_picture_or_a_problem(worker: looking.Worker, media_type: str, data: bytes) -> None:
    found = worker.ask(Job(media_type=media_type, data=data)).look
    assert found.problems or found.width


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 5000),
    st.binary(min_size=1, max_size=8),
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "TIFF"]),
)
def test_damage_anywhere_is_borne(worker: looking.Worker, place: int, damage: bytes, form: str) -> None:
    whole = photo(form=form, gps=gps(), detail={0x9003: "2024:05:06 07:08:09"})
    place %= len(whole)
    media_type = "image/" + form.lower()
    data = whole[:place] + damage + whole[place + len(damage) :]
    found = worker.ask(Job(media_type=media_type, data=data)).look
    assert found.problems or found.width
