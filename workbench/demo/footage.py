"""Photos and videos of the invented town: drawn by code, with what cameras write into files.

Everything is drawn: boxes for houses, sticks for people, and the word FICTION over all. The bytes come from the
encoders that are installed: the same on one machine, not always on another, and nothing anywhere names their
hashes. A real Mastodon server strips what cameras write; the sample server, like exports and other services, does
not. All places lie in the open sea.
"""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from workbench.demo.model import File
from workbench.records import Record

WIDTH, HEIGHT = 480, 272
"""Pixels of a photo or video; a small copy, and each preview, has half of each."""
RATE, FRAMES = 8, 24
"""Pictures a second, and pictures in a video: three seconds, a key frame at the start of each."""
KINDS = {"jpeg": "image/jpeg", "mp4": "video/mp4", "png": "image/png"}
"""The media type of each kind of file."""
SUFFIXES = {"jpeg": "jpg", "mp4": "mp4", "png": "png"}
"""What each kind's name ends with."""
_CAPTION = "FICTION - sample, drawn by code"
_NOTE = "FICTION: invented sample file, drawn by code"
# Numbers of EXIF 3.0, tables 3 to 15.
_NOTED, _MAKE, _MODEL, _EXIF, _GPS = 0x010E, 0x010F, 0x0110, 0x8769, 0x8825
_TAKEN, _OFFSET, _SERIAL, _ERROR_M = 0x9003, 0x9011, 0xA431, 0x1F


class Figure(Record, frozen=True, kw_only=True):
    """Somebody in a picture: where (share of the width), how tall (share of the height), in what colour.

    ``walks`` is the share of the width gone by the end; a figure that ``falls`` leans over until it lies.
    """

    x: float
    tall: float = 0.55
    colour: str = "#c8c8d0"
    walks: float = 0.0
    falls: bool = False
    hat: bool = False


EVENTS: dict[str, tuple[Figure, ...]] = {
    "": (),
    "shove": (
        Figure(x=0.30, tall=0.66, colour="#b03a3a", walks=0.16),
        Figure(x=0.58, tall=0.60, colour="#d8d060", falls=True),
        Figure(x=0.88, tall=0.42, colour="#607090"),
    ),
    "shove-far": (
        Figure(x=0.74, tall=0.24, colour="#b03a3a", walks=-0.05),
        Figure(x=0.60, tall=0.22, colour="#d8d060", falls=True),
        Figure(x=0.20, tall=0.20, colour="#607090"),
    ),
    "play": (
        Figure(x=0.16, tall=0.62, colour="#f0f0f0", hat=True, walks=0.10),
        Figure(x=0.42, tall=0.62, colour="#30a0a0", hat=True, walks=-0.06),
        Figure(x=0.66, tall=0.48, colour="#e09040", hat=True),
        Figure(x=0.82, tall=0.48, colour="#e09040", hat=True),
    ),
    "dance": tuple(Figure(x=0.1 * step, tall=0.4, colour="#70c080", walks=0.08) for step in range(1, 10)),
    "friends": (
        Figure(x=0.35, tall=0.7, colour="#8060b0"),
        Figure(x=0.5, tall=0.7, colour="#5080c0"),
        Figure(x=0.65, tall=0.7, colour="#b06060"),
    ),
    "object": (Figure(x=0.5, tall=0.3, colour="#40a060"),),
}
"""What may happen on a stage; nothing is shown closer than this."""


def size(file: File) -> tuple[int, int]:
    """Give width and height in pixels."""
    return (WIDTH // 2, HEIGHT // 2) if "small" in file.changes else (WIDTH, HEIGHT)


@cache
def data(file: File) -> bytes:
    """Give the file's bytes."""
    return _video(file) if file.kind == "mp4" else _photo(file)


@cache
def preview(file: File) -> bytes:
    """Give a small picture of it, a JPEG without metadata, as servers make one."""
    held = io.BytesIO()
    still(file, 0.5).resize((WIDTH // 2, HEIGHT // 2)).save(held, "JPEG", quality=70)
    return held.getvalue()


def still(file: File, moment: float) -> Image.Image:
    """Draw what it shows at a moment, 0 (begin) to 1 (end)."""
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(picture)
    _stage(pen, hashlib.sha256(file.stage.encode()).digest())
    for figure in EVENTS[file.event]:
        _stick(pen, figure, moment)
    if "flip" in file.changes:
        picture = ImageOps.mirror(picture)
    if "framed" in file.changes:
        inner = picture.resize((WIDTH * 4 // 5, HEIGHT * 4 // 5))
        picture = ImageOps.pad(inner, (WIDTH, HEIGHT), color="#101014", centering=(0.5, 0.5))
        picture = ImageOps.expand(picture.resize((WIDTH - 60, HEIGHT - 34)), (30, 17), fill="#101014")
    _caption(picture)
    return picture.resize(size(file))


def _stage(pen: ImageDraw.ImageDraw, dice: bytes) -> None:
    """Draw sky, ground and a row of houses that follow from the stage's name."""
    level = HEIGHT * (55 + dice[5] % 20) // 100
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill=(dice[0] // 2, dice[1] // 2, 60 + dice[2] // 2))
    left = -(dice[6] % 40)
    for wide, high, shade in zip(dice[7:13], dice[13:19], dice[19:25], strict=True):
        right, top = left + 40 + wide // 3, level - 25 - high // 2
        pen.rectangle((left, top, right, level), fill=(60 + shade // 2, 50 + high // 3, 50 + wide // 3))
        pen.rectangle((left + 15, top + 10, left + 27, top + 24), fill=(240, 220, 140))
        left = right + 1 + shade // 8
    pen.rectangle((0, level, WIDTH, HEIGHT), fill=(40 + dice[3] // 3, 40 + dice[4] // 3, 40))


def _stick(pen: ImageDraw.ImageDraw, figure: Figure, moment: float) -> None:
    """Draw a head, a body and two legs; whoever falls tips over to the right."""
    tall, foot = figure.tall * HEIGHT, HEIGHT * 0.92
    x = (figure.x + figure.walks * moment) * WIDTH
    lean = max(0.0, moment - 0.35) * 1.5 * tall if figure.falls else 0.0
    top, wide = foot - max(tall - lean, tall * 0.18), tall * 0.09
    hip, head = ((x + lean / 2, (foot + top) / 2), (x + lean, top))
    for leg in (-wide * 1.6, wide * 1.6):
        pen.line((*hip, x + leg, foot), fill=figure.colour, width=int(wide))
    pen.line((*hip, *head), fill=figure.colour, width=int(wide * 2.4))
    pen.ellipse((head[0] - wide, top - wide, head[0] + wide, top + wide), fill="#e8c8a8")
    if figure.hat:
        pen.polygon(
            [(x - 2 * wide, top - wide), (x + 2 * wide, top - wide), (x, top - 3 * wide)], fill="#202020"
        )


def _caption(picture: Image.Image) -> None:
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, HEIGHT - 16, WIDTH, HEIGHT), fill=(250, 250, 245))
    pen.text((6, HEIGHT - 14), _CAPTION, fill=(10, 10, 10))


def _photo(file: File) -> bytes:
    held = io.BytesIO()
    if file.kind == "png":
        still(file, 0.5).save(held, "PNG")
    else:
        quality = 30 if "coarse" in file.changes else 85
        still(file, 0.5).save(held, "JPEG", quality=quality, exif=_exif(file))
    return held.getvalue()


def _exif(file: File) -> Image.Exif:
    """Write what a camera would; without a camera or a time only the note that it is fiction."""
    exif = Image.Exif()
    exif[_NOTED] = _NOTE
    if file.make:
        exif[_MAKE], exif[_MODEL] = file.make, file.model
    inner = exif.get_ifd(_EXIF)
    if file.taken:
        at = datetime.fromisoformat(file.taken)
        inner[_TAKEN], inner[_OFFSET] = at.strftime("%Y:%m:%d %H:%M:%S"), file.taken[-6:]
    if file.serial:
        inner[_SERIAL] = file.serial
    if file.place:
        exif.get_ifd(_GPS).update(_gps(file))
    return exif


def _gps(file: File) -> dict[int, object]:
    """Give the GPS part: degrees, minutes and seconds, and the error in metres where there is one."""
    latitude, longitude = file.place
    held: dict[int, object] = {
        1: "N" if latitude >= 0 else "S",
        2: _degrees(abs(latitude)),
        3: "E" if longitude >= 0 else "W",
        4: _degrees(abs(longitude)),
    }
    return held | ({_ERROR_M: file.error_m} if file.error_m else {})


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 2)


def _video(file: File) -> bytes:
    """Encode with MPEG-4 part 2 in one thread, which every build of FFmpeg can do."""
    import av  # noqa: PLC0415 - loads FFmpeg, which only videos need

    held = io.BytesIO()
    with av.open(held, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as target:
        target.metadata.update(_tags(file))
        stream = target.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = size(file)
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 120_000 if "coarse" in file.changes else 900_000
        stream.codec_context.gop_size = RATE
        stream.codec_context.thread_count = 1
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.asarray(still(file, number / (FRAMES - 1))))
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return held.getvalue()


def _tags(file: File) -> dict[str, str]:
    """Give the container's own words: what it is, and when and where it was taken if it says so."""
    held = {"title": _NOTE}
    if file.taken:
        held["creation_time"] = (
            datetime.fromisoformat(file.taken).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    if file.place:
        place = "{:+08.4f}{:+09.4f}/".format(*file.place)
        held |= {"location": place, "com.apple.quicktime.location.ISO6709": place}
    if file.make:
        held |= {"com.apple.quicktime.make": file.make, "com.apple.quicktime.model": file.model}
    return held
