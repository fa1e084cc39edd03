"""How wide and high a picture is, from the first bytes of a PNG, GIF or JPEG."""

from __future__ import annotations

import struct

_Size = tuple[int | None, int | None]
_UNKNOWN: _Size = (None, None)


def dimensions(head: bytes, media_type: str) -> _Size:
    """Give width and height in pixels as stored, None where the bytes do not tell."""
    try:
        match media_type:
            case "image/png":
                return _pair(">LL", head, 16)  # PNG 11.2.1: IHDR comes first
            case "image/gif":
                return _pair("<HH", head, 6)  # GIF89a 18: logical screen descriptor
            case "image/jpeg":
                return _jpeg(head)
            case _:
                return _UNKNOWN
    except (struct.error, IndexError):
        return _UNKNOWN


def _pair(form: str, head: bytes, offset: int) -> _Size:
    width, height = struct.unpack_from(form, head, offset)
    return int(width), int(height)


def _jpeg(head: bytes) -> _Size:
    offset = 2
    while head[offset : offset + 1] == b"\xff":
        marker = head[offset + 1]
        if marker == 0xFF:  # T.81 B.1.1.2: fill bytes
            offset += 1
            continue
        if marker in range(0xC0, 0xD0) and marker not in {0xC4, 0xC8, 0xCC}:  # T.81 B.2.2: a frame header
            height, width = _pair(">HH", head, offset + 5)
            return width, height
        (length,) = struct.unpack_from(">H", head, offset + 2)
        offset += 2 + length
    return _UNKNOWN
