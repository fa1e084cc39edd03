"""Pictures and films made here, for the tests of what is read from them: by Pillow, by PyAV, and box by box."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

HERE = ("N", (42.0, 29.0, IFDRational(607, 100)), "W", (71.0, 26.0, IFDRational(1231, 100)))
"""42° 29' 6.07" N, 71° 26' 12.31" W, as a GPS IFD writes it."""


def drawing(width: int = 96, height: int = 64, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """Draw a few smooth blobs: a picture that survives coding, with no symmetry."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    random = np.random.default_rng(seed)
    grey = np.zeros((height, width))
    for x, y, spread, light in random.uniform((0, 0, 0.05, 60), (1, 1, 0.4, 255), (9, 4)):
        grey += light * np.exp(-((across - x) ** 2 + (down - y) ** 2) / spread**2)
    scaled = 255 * (grey - grey.min()) / (grey.max() - grey.min())
    return Image.fromarray(scaled.astype(np.uint8)).convert(mode)


def photo(
    picture: Image.Image | None = None,
    *,
    form: str = "JPEG",
    base: Mapping[int, Any] | None = None,
    detail: Mapping[int, Any] | None = None,
    gps: Mapping[int, Any] | None = None,
    **more: Any,
) -> bytes:
    """Write a picture with EXIF: tags of IFD 0, of the Exif IFD and of the GPS IFD."""
    exif = Image.Exif()
    exif.update(base or {})
    exif.get_ifd(0x8769).update(detail or {})
    exif.get_ifd(0x8825).update(gps or {})
    stream = io.BytesIO()
    (picture or drawing()).save(stream, form, exif=exif.tobytes(), **more)
    return stream.getvalue()


def gps(where: tuple[Any, Any, Any, Any] = HERE, **more: Any) -> dict[int, Any]:
    """Give the tags of a place; ``more`` by tag number, as ``t31=5.0``."""
    tags: dict[int, Any] = dict(zip((1, 2, 3, 4), where, strict=True))
    return tags | {int(name[1:]): value for name, value in more.items()}


def xmp(properties: str, head: str = "") -> bytes:
    """Make a packet whose description has these attributes."""
    return (
        f'{head}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f"{properties}/></rdf:RDF></x:xmpmeta>"
    ).encode()


def film(
    scenes: int = 3,
    *,
    seconds: int = 1,
    rate: int = 10,
    form: str = "mp4",
    codec: str = "mpeg4",
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Encode a film whose picture changes at each scene; each second (``rate`` frames) begins with a key frame."""
    import av  # noqa: PLC0415 - as the package does

    frames: Any = av.VideoFrame
    stream = io.BytesIO()
    with av.open(stream, "w", format=form) as container:
        container.metadata.update(metadata or {})
        track: Any = container.add_stream(codec, rate=rate)
        track.width, track.height, track.pix_fmt, track.gop_size = 96, 64, "yuv420p", rate
        track.time_base = Fraction(1, rate)
        for scene in range(scenes):
            frame = frames.from_image(drawing(seed=scene))
            for number in range(rate * seconds):
                frame.pts = scene * rate * seconds + number
                container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return stream.getvalue()


def box(name: bytes, *content: bytes) -> bytes:
    """Make one box."""
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), name) + data


def said(name: bytes, text: str) -> bytes:
    """Make one datum of QuickTime's user data: length, language, text."""
    data = text.encode()
    return box(name, struct.pack(">HH", len(data), 0x15C7), data)


def loci(latitude: float, longitude: float, *, name: str = "", role: int = 0, body: str = "earth") -> bytes:
    """Make the location box of 3GPP TS 26.244."""
    point = struct.pack(">Biii", role, round(longitude * 65_536), round(latitude * 65_536), 0)
    words = name.encode() + b"\0"
    return box(b"loci", bytes(4), b"\x15\xc7", words, point, body.encode() + b"\0", b"\0")


def keyed(**values: str) -> bytes:
    """Make a metadata atom of keys and values; ``_`` in a name stands for a dot."""
    names = [b"com.apple.quicktime." + name.replace("_", ".").encode() for name in values]
    keys = box(b"keys", bytes(4), struct.pack(">I", len(names)), *(box(b"mdta", name) for name in names))
    items = [
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), value.encode()))
        for number, value in enumerate(values.values(), 1)
    ]
    handler = box(b"hdlr", bytes(8), b"mdta", bytes(13))
    return box(b"meta", handler, keys, box(b"ilst", *items))


def header(seconds: int, *, version: int = 0) -> bytes:
    """Make a movie header that was created so many seconds after 1904."""
    times = struct.pack(">QQ" if version else ">II", seconds, seconds)
    return box(b"mvhd", bytes([version, 0, 0, 0]), times, bytes(88))


def movie(*inside: bytes) -> bytes:
    """Make a movie without tracks, which still says where and when."""
    return box(b"ftyp", b"mp42", bytes(4), b"mp42") + box(b"moov", *inside)
