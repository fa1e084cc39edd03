"""Writes the media vectors: ``python -m tests.make_media_vectors``. Each folder is named for what its file is.

``given.*`` is the file; ``expected.json`` says what is read of it: media type, size, places, whether it has a
perceptual hash, how many key frames, and the problems (kind and field) in order.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.media_kit import box, drawing, film, gps, header, loci, movie, photo, said, xmp

HERE = Path(__file__).parent / "vectors" / "media"
THERE = 'exif:GPSLatitude="42,29.1012N" exif:GPSLongitude="71,26.2052W"'
LEVELS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "lol">{LEVELS}]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'

Make = Callable[[], bytes]


def chunk(name: bytes, data: bytes) -> bytes:
    """Make one chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb() -> bytes:
    """30,000 by 30,000 pixels, which would be 900 million of them."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes(3_751) * 64, 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def looped() -> bytes:
    """An IFD whose Exif and GPS pointers, and whose next IFD, are itself."""
    entries = [struct.pack("<HHII", tag, 4, 1, 8) for tag in (0x8769, 0x8825)]
    tiff = b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + struct.pack("<I", 8)
    stream = io.BytesIO()
    drawing().save(stream, "JPEG", exif=b"Exif\0\0" + tiff)
    return stream.getvalue()


def zero_by_zero() -> bytes:
    """A GPS IFD whose rationals are 0/0, as receivers without a fix write them."""
    whole = photo(gps=gps())
    rational = struct.pack(">II", 42, 1)
    data = (
        whole.replace(rational, bytes(8))
        if rational in whole
        else whole.replace(struct.pack("<II", 42, 1), bytes(8))
    )
    assert data != whole  # the place must have been there to be taken out
    return data


def zipped() -> bytes:
    """A zip whose name says that it is a picture."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt", (2024, 5, 1, 12, 0, 0)), b"words")
    return stream.getvalue()


def animated() -> bytes:
    """A GIF of two frames behind which markup stands."""
    stream = io.BytesIO()
    drawing(seed=1, mode="P").save(stream, "GIF", save_all=True, append_images=[drawing(seed=2, mode="P")])
    return stream.getvalue() + b"<html><script>alert(1)</script></html>"


def of_one_colour() -> bytes:
    """A picture in which nothing is to be seen."""
    return photo(Image.new("RGB", (64, 64), "teal"), gps=gps())


def deep() -> bytes:
    """Boxes within boxes, far deeper than any film."""
    inner = box(b"udta")
    for _ in range(500):
        inner = box(b"moov", inner)
    return box(b"ftyp", b"mp42", bytes(4)) + inner


VECTORS: dict[str, tuple[str, Make]] = {
    "valid/photo-with-place": (
        "jpg",
        lambda: photo(gps=gps(t31=8.0), detail={0x9003: "2024:05:06 07:08:09"}),
    ),
    "valid/photo-with-xmp": ("jpg", lambda: photo(gps=gps(), xmp=xmp(THERE))),
    "valid/photo-of-one-colour": ("jpg", of_one_colour),
    "valid/film-of-three-scenes": ("mp4", lambda: film(3)),
    "valid/film-with-place": (
        "3gp",
        lambda: movie(header(3_570_596_428), box(b"udta", loci(42.485, -71.4367, name="Acton"))),
    ),
    "valid/gif-and-markup": ("gif", animated),
    "invalid/jpeg-cut-short": ("jpg", lambda: photo(gps=gps())[:-300]),
    "invalid/png-bomb": ("png", png_bomb),
    "invalid/png-cut-short": ("png", lambda: photo(form="PNG")[:-2_000]),
    "invalid/exif-in-a-loop": ("jpg", looped),
    "invalid/gps-zero-by-zero": ("jpg", zero_by_zero),
    "invalid/gps-beyond-the-pole": ("jpg", lambda: photo(gps=gps(t2=(95.0, 0.0, 0.0)))),
    "invalid/xmp-billion-laughs": (
        "jpg",
        lambda: photo(xmp=xmp(f'{THERE} tiff:Make="&l9;"', LAUGHS)),
    ),
    "invalid/xmp-external-entity": (
        "jpg",
        lambda: photo(xmp=xmp(f'{THERE} tiff:Make="&l9;"', OUTSIDE)),
    ),
    "invalid/mp4-huge-box": (
        "mp4",
        lambda: movie(header(3_570_596_428)) + struct.pack(">I4sQ", 1, b"mdat", 2**62),
    ),
    "invalid/mp4-too-deep": ("mp4", deep),
    "invalid/mp4-place-in-words": ("mp4", lambda: movie(box(b"udta", said(b"\xa9xyz", "behind the school")))),
    "invalid/mp4-cut-short": ("mp4", lambda: film(3)[:1_500]),
    "invalid/zip-named-as-a-picture": ("jpg", zipped),
    "invalid/jpeg-head-and-zip": ("jpg", lambda: b"\xff\xd8\xff\xe0" + zipped()),
    "invalid/jpeg-and-zip": ("jpg", lambda: photo(gps=gps()) + zipped()),
}


def main() -> None:
    """Write all files; ``expected.json`` is written by hand, and only checked."""
    for name, (ending, make) in VECTORS.items():
        folder = HERE / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"given.{ending}").write_bytes(make())
        if not (folder / "expected.json").exists():
            (folder / "expected.json").write_text(json.dumps({}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
