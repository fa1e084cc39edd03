"""Pictures: size as shown, hashes beside ImageHash's own, formats, bombs and bytes of any kind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import imagehash
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.media_kit import drawing, film, gps, photo
from workbench.media import films, kinds, looking, pictures
from workbench.media.facts import Gathered, Job, Limits
from workbench.media.looking import Worker

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


@pytest.mark.parametrize("form", ["PNG", "EPS", "PPM", "ICO"])
def test_no_other_decoder_than_the_one_its_bytes_show_opens_a_picture(form: str) -> None:
    """Some start other programs, as that of PostScript does; so none is guessed."""
    stream = io.BytesIO()
    drawing().save(stream, form)
    found = pictures.look(stream, "image/jpeg")
    assert (found.width, found.phash) == (None, "")
    assert [each.field for each in found.problems] == ["picture"]


def test_a_picture_of_several_is_read_as_its_first() -> None:
    stream = io.BytesIO()
    drawing().save(stream, "MPO", save_all=True, append_images=[drawing(seed=2)])
    found = look(stream.getvalue())
    assert (found.width, found.height, found.problems) == (96, 64, [])
    assert found.phash == look(photo()).phash


def test_avif_under_the_common_brand_is_read() -> None:
    stream = io.BytesIO()
    drawing().save(stream, "AVIF")
    data = stream.getvalue().replace(b"ftypavif", b"ftypmif1", 1)
    assert kinds.media_type(data) == "image/avif"
    assert (look(data).width, look(data).problems) == (96, [])


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


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.TRANSPOSE])
def test_each_format_is_turned_as_it_is_shown(form: str, turn: Image.Transpose) -> None:
    upright = drawing(96, 64)
    orientation = {Image.Transpose.ROTATE_90: 6, Image.Transpose.TRANSPOSE: 5}[turn]
    data = photo(upright.transpose(turn), form=form, base={0x0112: orientation})
    found = look(data)
    assert (found.width, found.height) == (96, 64)
    assert bits(found.phash, str(imagehash.phash(upright))) <= 2
    small = _opened(pictures.thumbnail(io.BytesIO(data), kinds.media_type(data), 48))
    assert small.size == (48, 32)


@pytest.mark.parametrize(("kind", "form"), [("uint16", "PNG"), ("uint16", "TIFF"), ("float32", "TIFF")])
def test_grey_of_more_than_eight_bits_is_read_as_it_looks(kind: str, form: str) -> None:
    grey = np.asarray(drawing(mode="L"))
    deep = grey.astype(np.uint16) * 257 if kind == "uint16" else grey.astype(np.float32) / 255
    data = photo(Image.fromarray(deep), form=form)
    assert bits(look(data).phash, str(imagehash.phash(drawing(mode="L")))) <= 2
    small = _opened(pictures.thumbnail(io.BytesIO(data), kinds.media_type(data), 96)).convert("L")
    assert np.abs(np.asarray(small).astype(int) - grey).mean() < 3


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


# --- blurred ------------------------------------------------------------------------------------


def _cells(picture: Image.Image) -> Any:
    """Give the mean colours of the cells that a blurred picture is made of."""
    small = picture.convert("RGB").resize((pictures.CELLS, pictures.CELLS), Image.Resampling.BOX)
    return small.get_flattened_data()


def _scattered(seed: int) -> Image.Image:
    """Draw a picture whose cells have the same means as any other's, whatever is in them."""
    random = np.random.default_rng(seed)
    means = np.random.default_rng(0).integers(60, 190, (4, 4, 3))
    detail = random.choice([-60, 60], (4, 40, 4, 40, 3))
    detail = detail - np.round(detail.mean(axis=(1, 3), keepdims=True)).astype(int)
    grid = np.clip(means[:, None, :, None, :] + detail, 0, 255).astype(np.uint8)
    return Image.fromarray(grid.reshape(160, 160, 3))


def test_a_blurred_picture_is_the_same_whatever_is_finer_than_its_cells() -> None:
    one, other = (_opened(pictures.blurred(_scattered(seed), 160)) for seed in (1, 2))
    plain = [np.asarray(_scattered(seed), dtype=int) for seed in (1, 2)]
    assert np.abs(plain[0] - plain[1]).mean() > 20
    assert np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max() <= 8


def test_a_blurred_picture_can_be_made_from_its_sixteen_colours_alone() -> None:
    shown = _opened(pictures.blurred(drawing(300, 300), 160))
    few = Image.new("RGB", (pictures.CELLS, pictures.CELLS))
    few.putdata(_cells(drawing(300, 300)))
    again = few.resize(shown.size, Image.Resampling.BILINEAR)
    assert np.abs(np.asarray(shown, dtype=int) - np.asarray(again, dtype=int)).max() <= 4
    assert (shown.format, shown.size) == ("JPEG", (160, 160))


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (64, 48)])
def test_a_blurred_picture_has_the_form_of_the_other(size: tuple[int, int]) -> None:
    made = _opened(pictures.blurred(drawing(*size) if min(size) > 1 else Image.new("L", size), 160))
    assert max(made.size) == min(160, max(size))
    assert dict(made.getexif()) == {}


def test_what_is_transparent_leaves_no_outline() -> None:
    shape = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
    shape.paste((128, 128, 128, 255), (60, 20, 100, 150))
    made = _opened(pictures.blurred(shape, 160))
    assert (made.mode, made.convert("L").getextrema()) == ("RGB", (128, 128))


def test_the_child_blurs_pictures_and_films() -> None:
    still, moving = photo(drawing(300, 200)), film(1)
    blur = pictures.blurred
    made = {
        ("image/jpeg", still): pictures.thumbnail(io.BytesIO(still), "image/jpeg", 96, write=blur),
        ("video/mp4", moving): films.thumbnail(io.BytesIO(moving), "video/mp4", 96, 0.0, write=blur),
    }
    worker = Worker()
    for (media_type, data), veiled in made.items():
        job = Job(media_type=media_type, data=data, edge=96, blurred=True)
        assert worker.ask(job).picture == veiled
        plain = worker.ask(msgspec.structs.replace(job, blurred=False)).picture
        assert _opened(plain).size == _opened(veiled).size
        assert plain != veiled
    worker.close()


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
