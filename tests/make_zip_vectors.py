"""Writes the zip vectors: ``python tests/make_zip_vectors.py``. Each folder is named for what its zip holds.

``given.zip`` is what is given; ``expected.json`` says which members may be read and which issues there are.
Every defect stands beside a sound member, which must survive it.
"""

from __future__ import annotations

import json
import stat
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

HERE = Path(__file__).parent / "vectors" / "zip"
GOOD = "good.txt"
_WHEN = (2024, 5, 1, 12, 0, 0)

Make = Callable[[], bytes]


def info(name: str, mode: int = stat.S_IFREG | 0o644, *, deflated: bool = True) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, _WHEN)
    made.external_attr = mode << 16
    made.create_system = 3
    made.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    return made


def packed(*members: tuple[zipfile.ZipInfo, bytes], good: bool = True) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        if good:
            archive.writestr(info(GOOD), b"sound\n")
        for member, content in members:
            archive.writestr(member, content)
    return stream.getvalue()


def central(data: bytes, name: str) -> int:
    """Give where the directory entry of a name begins."""
    return data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))


def patched(data: bytes, offset: int, form: str, value: int) -> bytes:
    made = bytearray(data)
    struct.pack_into(form, made, offset, value)
    return bytes(made)


def encrypted() -> bytes:
    data = packed((info("secret.txt"), b"secret"))
    return patched(data, central(data, "secret.txt") + 8, "<H", 1)


def overlapping() -> bytes:
    data = packed((info("a.txt"), b"same" * 40), (info("b.txt"), b"same" * 40))
    first = data.index(b"PK\x03\x04", 1)
    return patched(data, central(data, "b.txt") + 42, "<L", first)


def outside() -> bytes:
    data = packed((info("far.txt"), b"far"))
    return patched(data, central(data, "far.txt") + 42, "<L", len(data) - 30)


def lying(size: int) -> bytes:
    data = packed((info("liar.txt"), b"x" * 1000))
    return patched(data, central(data, "liar.txt") + 24, "<L", size)


def wrong_checksum() -> bytes:
    data = packed((info("bad.txt"), b"some words"))
    return patched(data, central(data, "bad.txt") + 16, "<L", 0)


def damaged() -> bytes:
    data = packed((info("torn.txt"), bytes(range(256)) * 8))
    return patched(data, data.index(b"torn.txt") + 8, "<L", 0xFFFFFFFF)


def unknown_method() -> bytes:
    data = packed((info("lzma.txt"), b"words"))
    return patched(data, central(data, "lzma.txt") + 10, "<H", 14)


def without_end() -> bytes:
    data = packed((info("cut.txt"), b"words"))
    return data[: data.index(b"PK\x01\x02")]


def twice() -> bytes:
    data = packed((info("same1.txt"), b"first"), (info("same2.txt"), b"second"))
    return data.replace(b"same1.txt", b"same0.txt").replace(b"same2.txt", b"same0.txt")


def case(members: list[str], issues: list[list[str]] | None = None) -> dict[str, object]:
    return {"members": members, "issues": issues or []}


VALID: dict[str, tuple[Make, dict[str, object]]] = {
    "two-members": (lambda: packed((info("data/a.txt"), b"a")), case([GOOD, "data/a.txt"])),
    "stored-member": (lambda: packed((info("s.txt", deflated=False), b"s")), case([GOOD, "s.txt"])),
    "empty-member": (lambda: packed((info("none.txt"), b"")), case([GOOD, "none.txt"])),
    "folder-entry": (
        lambda: packed((info("data/", stat.S_IFDIR | 0o755, deflated=False), b"")),
        case([GOOD]),
    ),
    "bytes-before-the-zip": (lambda: b"#!/bin/sh\n" + packed(), case([])),
    "space-that-is-not-ascii": (
        lambda: packed((info("Screenshot 3.45\u202fPM.png"), b"p")),
        case([GOOD, "Screenshot 3.45\u202fPM.png"]),
    ),
    "office-document": (lambda: packed((info("[Content_Types].xml"), b"<x/>"), good=False), case([])),
}
INVALID: dict[str, tuple[Make, dict[str, object]]] = {
    "name-climbs": (lambda: packed((info("../out.txt"), b"x")), case([GOOD], [["refused", "../out.txt"]])),
    "name-climbs-inside": (
        lambda: packed((info("a/../../out.txt"), b"x")),
        case([GOOD], [["refused", "a/../../out.txt"]]),
    ),
    "name-is-absolute": (lambda: packed((info("/etc/x"), b"x")), case([GOOD], [["refused", "/etc/x"]])),
    "name-has-a-drive": (lambda: packed((info("C:x.txt"), b"x")), case([GOOD], [["refused", "C:x.txt"]])),
    "name-has-backslashes": (
        lambda: packed((info("..\\out.txt"), b"x")),
        case([GOOD], [["refused", "..\\out.txt"]]),
    ),
    "name-has-control-characters": (
        lambda: packed((info("a\x1b[2J.txt"), b"x")),
        case([GOOD], [["refused", "a\x1b[2J.txt"]]),
    ),
    "symbolic-link": (
        lambda: packed((info("link", stat.S_IFLNK | 0o777), b"/etc/passwd")),
        case([GOOD], [["refused", "link"]]),
    ),
    "device-file": (lambda: packed((info("dev", stat.S_IFCHR), b"")), case([GOOD], [["refused", "dev"]])),
    "folder-with-bytes": (
        lambda: packed((info("data/", stat.S_IFDIR | 0o755), b"hidden")),
        case([GOOD], [["refused", "data/"]]),
    ),
    "encrypted": (encrypted, case([GOOD], [["refused", "secret.txt"]])),
    "same-name-twice": (twice, case([GOOD, "same0.txt"], [["refused", "same0.txt"]])),
    "members-overlap": (overlapping, case([GOOD, "a.txt"], [["refused", "b.txt"]])),
    "member-outside-the-file": (outside, case([GOOD], [["refused", "far.txt"]])),
    "archive-in-archive": (
        lambda: packed((info("inner.zip"), packed())),
        case([GOOD], [["refused", "inner.zip"]]),
    ),
    "archive-in-archive-renamed": (
        lambda: packed((info("tweets.js"), packed())),
        case([GOOD], [["refused", "tweets.js"]]),
    ),
    "ratio-bomb": (
        lambda: packed((info("zeros.bin"), bytes(17 * 2**20))),
        case([GOOD], [["refused", "zeros.bin"]]),
    ),
    "unknown-compression": (unknown_method, case([GOOD], [["refused", "lzma.txt"]])),
    "longer-than-stated": (lambda: lying(10), case([GOOD, "liar.txt"], [["bad-value", "liar.txt"]])),
    "shorter-than-stated": (lambda: lying(2000), case([GOOD, "liar.txt"], [["bad-value", "liar.txt"]])),
    "wrong-checksum": (wrong_checksum, case([GOOD, "bad.txt"], [["bad-value", "bad.txt"]])),
    "damaged-deflate": (damaged, case([GOOD, "torn.txt"], [["bad-value", "torn.txt"]])),
    "no-central-directory": (without_end, case([], [["truncated", "given.zip"]])),
}


def main() -> None:
    """Write every vector."""
    for kind, cases in (("valid", VALID), ("invalid", INVALID)):
        for name, (make, expected) in cases.items():
            folder = HERE / kind / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "given.zip").write_bytes(make())
            (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
