"""What bytes are, by the bytes themselves; a name is only asked where bytes cannot tell (plain text)."""

from __future__ import annotations

import codecs

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypmsf1", "image/heif"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"(\xb5/\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_RIFF = frozenset({"image/webp", "video/x-msvideo", "audio/wav"})
_ARCHIVES = frozenset(
    {
        "application/zip",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
        "application/zstd",
        "application/x-7z-compressed",
        "application/vnd.rar",
        "application/x-tar",
    }
)
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def media_type(head: bytes) -> str:
    """Give the MIME type that the first bytes show; ``application/octet-stream`` where they show none."""
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset) and (kind not in _RIFF or head.startswith(b"RIFF")):
            return _coded(head) if kind == "image/heif" else kind
    return _text(head)


def _coded(head: bytes) -> str:
    """Tell how a picture is coded whose first brand says only that it is one: by the brands that follow.

    ISO/IEC 14496-12, 4.3: the box's size, "ftyp", the major brand and its version, then the compatible brands.
    """
    brands = {head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4], "big"), len(head)), 4)}
    if brands & {b"avif", b"avis"}:
        return "image/avif"
    return "image/heic" if brands & {b"heic", b"heix"} else "image/heif"


def is_archive(head: bytes) -> bool:
    """Say whether the first bytes are those of an archive or compressed file."""
    return is_archive_type(media_type(head))


def is_archive_type(found: str) -> bool:
    """Say whether a MIME type is that of an archive or compressed file."""
    return found in _ARCHIVES


def _text(head: bytes) -> str:
    if not head:
        return "application/x-empty"
    if head.startswith(_BOMS[1:]):
        return "text/plain"
    if b"\0" in head or not _decodes(head):
        return "application/octet-stream"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    svg = start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start)
    rules = (
        (start.startswith((b"<!doctype html", b"<html", b"<head")), "text/html"),
        (svg, "image/svg+xml"),
        (_is_mhtml(start), "multipart/related"),
        (start.startswith((b"{", b"[")), "application/json"),
    )
    return next((kind for fits, kind in rules if fits), "text/plain")


def _is_mhtml(start: bytes) -> bool:
    fields = start.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0]
    return b"mime-version:" in fields and b"content-type: multipart/related" in fields


def _decodes(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def kind(found: str) -> str:
    """Give the word of the column ``kind`` for a MIME type."""
    group = found.partition("/")[0]
    return group if group in {"image", "video", "audio"} else "document"
