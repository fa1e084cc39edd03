"""Small PNG pictures drawn in pure code, each with the word FICTION in it, to see and to read.

The pixels are stored without compression, so that the bytes are the same on every machine.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

WIDTH, HEIGHT = 240, 160
"""Pixels of a posted picture; its preview and the profile pictures are smaller."""
_CAPTION = "FICTION - SAMPLE PICTURE"
_FONT = {
    "A": "757755", "C": "744447", "E": "746447", "F": "746444", "I": "722227", "L": "444447",
    "M": "577555", "N": "655555", "O": "755557", "P": "757444", "R": "757655", "S": "747117",
    "T": "722222", "U": "555557", "-": "007000", " ": "000000",
}  # fmt: skip
"""Six rows of three pixels for each letter that the caption needs, as octal digits."""
_INK = 15


def scene(name: str, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Draw hills under a sky in colours that follow from ``name``, with the caption; give a PNG."""
    dice = hashlib.sha256(name.encode()).digest()
    rows = [_row(dice, y, width, height) for y in range(height)]
    _write(rows, scale=max(1, width // 120))
    return _png(rows, _palette(dice), name)


def portrait(name: str) -> bytes:
    """Draw a mirrored pattern, 48 pixels a side, that follows from ``name``; give a PNG."""
    dice = hashlib.sha256(b"portrait " + name.encode()).digest()
    cell, rows = 8, []
    for y in range(6 * cell):
        cells = (dice[(y // cell) * 3 + min(x, 5 - x)] & 1 for x in range(6))
        rows.append(bytearray(b"".join(bytes([12 if lit else 2]) * cell for lit in cells)))
    return _png(rows, _palette(dice), name)


def blurhash(name: str) -> str:
    """Give a one-colour blurhash of a scene (the average colour only; see blurha.sh, "DC value")."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
    red, green, blue = _palette(hashlib.sha256(name.encode()).digest())[5]
    value = (red << 16) + (green << 8) + blue
    return "00" + "".join(digits[value // 83**power % 83] for power in (3, 2, 1, 0))


def _palette(dice: bytes) -> list[tuple[int, int, int]]:
    top, low = (dice[0], dice[1], 160 + dice[2] % 90), (200 + dice[3] % 55, 150 + dice[4] % 80, dice[5])
    sky = [_between(top, low, step / 7) for step in range(8)]
    land = [_between((20 + dice[6] % 60, 70 + dice[7] % 60, 40), (10, 30, 20), step / 6) for step in range(7)]
    return [*sky, *land, (250, 250, 245)]


def _between(one: tuple[int, int, int], two: tuple[int, int, int], part: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, two, strict=True))
    return red, green, blue


def _row(dice: bytes, y: int, width: int, height: int) -> bytearray:
    sky = min(7, y * 12 // height)
    row = bytearray([sky]) * width
    for layer in range(3):
        step, crest = 17 + dice[8 + layer] % 30, height * (4 + 2 * layer) // 10
        for x in range(width):
            wave = abs((x + dice[12 + layer]) % (2 * step) - step) * height // (160 + 40 * layer)
            if y >= crest - wave + step // 2:
                row[x] = 8 + 2 * layer
    return row


def _write(rows: list[bytearray], scale: int) -> None:
    top = len(rows) - 8 * scale
    for y in range(top - scale, len(rows)):
        rows[y] = bytearray([14]) * len(rows[y])
    for place, letter in enumerate(_CAPTION):
        for y, digit in enumerate(_FONT[letter]):
            for x in range(3):
                if int(digit) >> (2 - x) & 1:
                    left = (4 * place + 4 + x) * scale
                    for line in rows[top + y * scale : top + (y + 1) * scale]:
                        line[left : left + scale] = bytes([_INK]) * scale


def _png(rows: list[bytearray], palette: list[tuple[int, int, int]], name: str) -> bytes:
    # Four bits a pixel (two pixels a byte), filter 0, zlib level 0: see the PNG specification, 7 to 11.
    packed = b"".join(b"\0" + bytes(row[x] << 4 | row[x + 1] for x in range(0, len(row), 2)) for row in rows)
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 4, 3, 0, 0, 0)
    note = f"Comment\0FICTION: invented sample picture ({name}), drawn by code".encode("latin-1", "replace")
    parts = [
        (b"IHDR", header),
        (b"PLTE", b"".join(map(bytes, palette))),
        (b"tEXt", note),
        (b"IDAT", _stored(packed)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _stored(data: bytes) -> bytes:
    # Stored blocks written by hand: zlib's own level 0 may part them differently from build to build.
    blocks = [data[at : at + 65535] for at in range(0, len(data), 65535)]
    body = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block for block in blocks
    )
    return b"\x78\x01" + body + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
