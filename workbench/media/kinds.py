"""Which bytes are a picture, a video or a sound, by the bytes alone, and what decodes them."""

from __future__ import annotations

from typing import Final

from workbench import sniff

HEAD: Final = 65_536
"""How many first bytes ``media_type`` wants."""
PICTURES: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": ("JPEG",),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/webp": ("WEBP",),
    "image/bmp": ("BMP",),
    "image/tiff": ("TIFF",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF",),
    "image/avif": ("AVIF",),
    "image/jp2": ("JPEG2000",),
}
"""Media type -> the only Pillow formats that may open it."""
FILMS: Final[dict[str, str]] = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "video/x-msvideo": "avi",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/amr": "amr",
    "audio/aac": "aac",
    "video/x-ms-asf": "asf",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
}
"""Media type -> the only FFmpeg demuxer that may open it: none of these follows a reference to elsewhere."""
BOXED: Final = frozenset({"video/mp4", "video/quicktime", "audio/mp4"})
"""Media types that are boxes of ISO/IEC 14496-12 or atoms of QuickTime."""
DRAWN: Final = "image/svg+xml"
"""Markup that draws: it may hold scripts, and is never drawn here."""
UNREAD: Final = frozenset({"image/jxl"})
"""Media types that nothing here decodes: they have a row, and an issue."""
_MORE: Final = (
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),  # ISO/IEC 15444-1, I.5.1
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),  # ISO/IEC 18181-2, 9.1
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),  # ASF 10.1, as recorders export
    (b"FLV\x01", "video/x-flv"),
    (b"\0\0\x01\xba", "video/mpeg"),  # ISO/IEC 13818-1, 2.5.3.3: a pack header
    (b"\xff\xf1", "audio/aac"),  # ISO/IEC 14496-3, 1.A.2.2: ADTS without and with a checksum
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
)
_OLD_MOVIES: Final = frozenset({b"moov", b"mdat", b"wide", b"pnot"})
_PACKET: Final = 188


def media_type(head: bytes) -> str:
    """Give the MIME type of a picture, video or sound from its first bytes; empty for anything else."""
    found = sniff.media_type(head)
    if found == "image/bmp" and head[6:10] != bytes(4):
        return ""  # "BM" begins many a text; a bitmap has four reserved zero bytes
    if found in PICTURES or found in FILMS or found == DRAWN:
        return found
    return _more(head) if found == "application/octet-stream" else ""


def _more(head: bytes) -> str:
    # QTFF: a movie file from before file type atoms begins with one of these.
    if head[4:8] in _OLD_MOVIES and head[:1] == b"\0":
        return "video/quicktime"
    # ISO/IEC 13818-1, 2.4.3.2: each packet of a transport stream begins with 0x47.
    if len(head) > 4 * _PACKET and all(head[n * _PACKET] == 0x47 for n in range(5)):
        return "video/mp2t"
    return next((found for magic, found in _MORE if head.startswith(magic)), "")


def kind(media_type: str) -> str:
    """Give image, video or audio for a media type."""
    return media_type.partition("/")[0]
