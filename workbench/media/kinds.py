"""Which bytes are a picture, a video or a sound, by the bytes alone, and what decodes them."""

from __future__ import annotations

from typing import Final

from workbench import sniff

HEAD: Final = 65_536
"""How many first bytes ``media_type`` wants."""
PICTURES: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/webp": ("WEBP",),
    "image/bmp": ("BMP",),
    "image/tiff": ("TIFF",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF",),
    "image/avif": ("AVIF",),
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
}
"""Media type -> the only FFmpeg demuxer that may open it: none of these follows a reference to elsewhere."""
BOXED: Final = frozenset({"video/mp4", "video/quicktime", "audio/mp4"})
"""Media types that are boxes of ISO/IEC 14496-12 or atoms of QuickTime."""
DRAWN: Final = "image/svg+xml"
"""Markup that draws: it may hold scripts, and is never drawn here."""
_OLD_MOVIES = frozenset({b"moov", b"mdat", b"wide", b"pnot"})


def media_type(head: bytes) -> str:
    """Give the MIME type of a picture, video or sound from its first bytes; empty for anything else."""
    found = sniff.media_type(head)
    if found == "image/bmp" and head[6:10] != bytes(4):
        return ""  # "BM" begins many a text; a bitmap has four reserved zero bytes
    if found in PICTURES or found in FILMS or found == DRAWN:
        return found
    # QTFF: a movie file from before file type atoms begins with one of these.
    return "video/quicktime" if head[4:8] in _OLD_MOVIES and head[:1] == b"\0" else ""


def kind(media_type: str) -> str:
    """Give image, video or audio for a media type."""
    return media_type.partition("/")[0]
