"""The case that the tamper matrix alters, the tools to alter it, and how an altered copy is kept: as its difference.

The case is made from docs/casefile-format.md alone (tests/casemaker.py). Everything in it is packed without
compression, so that it comes out the same on every machine and with every zlib; its timestamps are kept, since
no authority gives the same one twice.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import casemaker
from tests.casemaker import NUMBER, Edit, Maker, canonical, record, sha

VECTORS = Path(__file__).parent / "vectors" / "casefile"
FORMAT_1, FORMAT_2 = VECTORS / "valid" / "format-1-whole", VECTORS / "valid" / "format-2-whole"
WARC = "warc/0001-mastodon.warc.gz"
SETTINGS = ("alone", "root", "anchor", "tsa")
"""How the case is checked, each with what the one before it had: with nothing but the folder, with the root's
fingerprint, with the seals as the department's log has them, with the certificate of the timestamp authority."""

Change = Callable[[Path], object]
Line = dict[str, Any]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One way to tamper: where it is caught first, by which clause, in which file."""

    name: str
    what: str
    change: Change
    clause: str
    file: str
    caught: str = "alone"

    def told(self) -> str:
        """Write our columns of docs/tamper-matrix.md: caught or not in each setting, and the clause."""
        first = SETTINGS.index(self.caught)
        found = ["no"] * first + ["yes"] * (len(SETTINGS) - first)
        return f"| `{self.name}` | {self.what} | {' | '.join(found)} | {self.clause} |"


# The case.


def stored(data: bytes) -> bytes:
    """Write a gzip member of one block that is not compressed (RFC 1951, 3.2.4; RFC 1952)."""
    size = len(data).to_bytes(2, "little")
    block = b"\x01" + size + bytes(each ^ 255 for each in size) + data
    end = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block + end


def _record(kind: str, number: int, block: bytes, **extra: str) -> bytes:
    return stored(gzip.decompress(record(kind, number, block, **extra)))


def _exchange(number: int, path: str, body: bytes, *, chunked: bool = False) -> bytes:
    uri, ident = f"https://social.example{path}", f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + how + b"\r\n\r\n" + sent
    asked = f"GET {path} HTTP/1.1\r\nHost: social.example\r\n\r\n".encode()
    more = {} if chunked else {"WARC_Payload_Digest": f"sha256:{sha(body)}"}
    kind = "application/http; msgtype="
    response = _record(
        "response", number, answer, WARC_Target_URI=uri, Content_Type=kind + "response", **more
    )
    more = {"WARC_Target_URI": uri, "WARC_Concurrent_To": ident}
    return response + _record("request", number + 1, asked, Content_Type=kind + "request", **more)


def _unanswered(number: int) -> bytes:
    uri, ident = "https://social.example/", f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"
    fields, kind = f"url: {uri}\r\noutcome: timeout\r\ndetail: \r\n".encode(), "application/warc-fields"
    told = _record("metadata", number, fields, WARC_Target_URI=uri, Content_Type=kind)
    asked = b"GET / HTTP/1.1\r\nHost: social.example\r\n\r\n"
    more = {"WARC_Target_URI": uri, "WARC_Concurrent_To": ident}
    return told + _record(
        "request", number + 1, asked, Content_Type="application/http; msgtype=request", **more
    )


def parts() -> list[bytes]:
    """Give the WARC's parts: its first record, and three exhibits."""
    return [
        _record("warcinfo", 1, b"software: casemaker\r\n", Content_Type="application/warc-fields"),
        _exchange(2, "/api/1", b'{"id":"1"}' * 3, chunked=True),
        _exchange(4, "/api/2", b'{"id":"2","content":"at the bridge"}'),
        _unanswered(6),
    ]


def _archive(_: object) -> tuple[bytes, list[tuple[int, int]]]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for name in ("data/account.js", "data/tweets.js"):
            packed.writestr(zipfile.ZipInfo(name), f"window.YTD = [ {name} ]")
        places = [(one.header_offset, 30 + len(one.filename) + one.file_size) for one in packed.infolist()]
    return file.getvalue(), places


def _captured(maker: Maker) -> None:
    maker.look()
    maker.capture()
    maker.look("s1")


def _written(maker: Maker) -> None:
    maker.run()
    maker.annotate("authorship", [1, 2], "the same words", account="ada", side="contrary")
    maker.annotate("mark", [6], "a picture", mark="contraband")


def kept(number: int, folder: Path = FORMAT_2) -> Callable[[bytes], bytes]:
    """Give what answers with the timestamp that is kept for a seal."""
    return lambda _: (folder / NUMBER / f"seals/{number:04d}.tsa.tsr").read_bytes()


Story = Mapping[str, Callable[[Maker], object] | None]
STORY: Story = {
    "authority": Maker.approved,
    "seal-1": Maker.seal,
    "stamp-1": lambda maker: maker.stamp(1, kept(1)),
    "capture": _captured,
    "seal-2": Maker.seal,
    "countersign-2": lambda maker: maker.countersign(2),
    "import": Maker.given,
    "seal-3": Maker.seal,
    "officers-2": lambda maker: maker.staff(2, s2=casemaker.officer("s2", "deputy")),
    "written": _written,
    "seal-4": lambda maker: maker.seal("s1"),
    "decision": lambda maker: maker.decide(looked=["2026-0417-E0001"]),
    "release": lambda maker: maker.release(exhibits=[1, 2, 3]),
    "left": lambda maker: maker.disseminate(1, "package", 3),
    "seal-5": Maker.seal,
    "stamp-5": lambda maker: maker.stamp(5, kept(5)),
}
"""What happens in the case, step by step."""
UNSTAMPED: Story = {"stamp-1": None, "stamp-5": None}
"""Who makes the case anew has no timestamps of its new seals from that time."""
_EDITS: dict[str, Edit] = {"warc-1": lambda _: parts(), "archive": _archive}


def tell(folder: Path, story: Story, edit: dict[str, Edit] | None = None) -> Maker:
    """Write a case of format 2 by a story; give its maker, who knows the seals."""
    steps = [step for step in story.values() if step]
    return casemaker.made(
        Maker(folder, _EDITS | (edit or {}), second=True), lambda maker: [step(maker) for step in steps]
    )


def tell_1(folder: Path) -> Path:
    """Write a case of format 1 under a folder."""
    return casemaker.make(folder, _EDITS)


def remade(edit: dict[str, Edit] | None = None, story: Story | None = None) -> Change:
    """Make what makes the case anew: every line chained, every file signed once more, with the same keys."""

    def change(case: Path) -> None:
        shutil.rmtree(case)
        tell(case, {**STORY, **UNSTAMPED, **(story or {})}, edit)

    return change


def with_other_keys(change: Change) -> Change:
    """Let a change be made by somebody who has none of the keys and makes new ones."""

    def key(badge: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"thief {badge}".encode()).digest())

    def stolen(case: Path) -> None:
        with mock.patch.object(casemaker, "key", key):
            change(case)

    return stolen


def of_another_case(case: Path) -> Path:
    """Write another case of the same officers beside one; give its folder."""
    with mock.patch.object(casemaker, "NUMBER", "2026-0418"):
        return tell(case.parent / "2026-0418", {**STORY, **UNSTAMPED}).folder


# Tools.


def edited(file: str, edit: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of a file; a change that changes nothing is a mistake of the test."""

    def change(case: Path) -> None:
        data = (case / file).read_bytes()
        new = edit(data)
        assert new != data
        (case / file).write_bytes(new)

    return change


def flipped(file: str, place: int | None = None) -> Change:
    """Flip one bit, by default in the middle."""

    def edit(data: bytes) -> bytes:
        at = len(data) // 2 if place is None else place
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return edited(file, edit)


def replaced(file: str, old: bytes, new: bytes) -> Change:
    """Put some bytes in the place of others."""
    return edited(file, lambda data: data.replace(old, new, 1))


def gone(*files: str) -> Change:
    """Delete files."""

    def change(case: Path) -> None:
        for file in files:
            (case / file).unlink()

    return change


def added(file: str, data: bytes = b"x") -> Change:
    """Put a file there."""

    def change(case: Path) -> None:
        (case / file).parent.mkdir(parents=True, exist_ok=True)
        (case / file).write_bytes(data)

    return change


def swapped(first: str, second: str) -> Change:
    """Let two files change places."""

    def change(case: Path) -> None:
        one, two = (case / first).read_bytes(), (case / second).read_bytes()
        (case / first).write_bytes(two)
        (case / second).write_bytes(one)

    return change


def lines(file: str, edit: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Change the raw lines of a file."""
    return edited(file, lambda data: b"".join(edit(data.splitlines(keepends=True))))


def after(*changes: Change) -> Change:
    """Change one thing after another."""
    return lambda case: [change(case) for change in changes]


def rechained(edit: Callable[[list[Line]], list[Line]], folder: str = "log") -> Change:
    """Change lines and chain them anew, as anybody can without a key; segments still begin at seals."""

    def change(case: Path) -> None:
        files = sorted((case / folder).iterdir())
        read = [json.loads(raw) for file in files for raw in file.read_bytes().splitlines()]
        for file in files:
            file.unlink()
        prev, number = "0" * 64, 1
        for seq, line in enumerate(edit(read), 1):
            raw = canonical(line | {"seq": seq, "prev": prev})
            number += line["action"] == "seal"
            with (case / folder / f"{number:06d}.jsonl").open("ab") as out:
                out.write(raw)
            prev = sha(raw)

    return change


def set_line(action: str, nth: int = 0, /, **changes: Any) -> Callable[[list[Line]], list[Line]]:
    """Change keys of the nth line of an action."""

    def edit(read: list[Line]) -> list[Line]:
        [line for line in read if line["action"] == action][nth].update(changes)
        return read

    return edit


def named_anew(file: str) -> Callable[[Path], Callable[[list[Line]], list[Line]]]:
    """Let the line that named a file, or a signature, name what lies there now."""

    def given(case: Path) -> Callable[[list[Line]], list[Line]]:
        digest = sha((case / file).read_bytes())
        return lambda read: [json.loads(json.dumps(line).replace(old, digest)) for line in read]

    old = sha((FORMAT_2 / NUMBER / file).read_bytes())
    return given


def rewritten(file: str, change: Change) -> Change:
    """Change a file and let the log, chained anew, name its new hash."""
    return lambda case: (change(case), rechained(named_anew(file)(case))(case))


def members(data: bytes) -> list[bytes]:
    """Unpack gzip members."""
    found = []
    while data:
        packer = zlib.decompressobj(31)
        found.append(packer.decompress(data))
        data = packer.unused_data
    return found


def repacked(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """Change the records of a WARC and pack each anew."""
    return lambda data: b"".join(stored(each) for each in edit(members(data)))


def digested(record: bytes) -> bytes:
    """Write a record's digests and length anew for the block that it has now."""
    head, _, rest = record.partition(b"\r\n\r\n")
    block = rest.removesuffix(b"\r\n\r\n")
    fresh = {b"Content-Length": b"%d" % len(block), b"WARC-Block-Digest": b"sha256:" + sha(block).encode()}
    fresh |= {b"WARC-Payload-Digest": b"sha256:" + sha(block.partition(b"\r\n\r\n")[2]).encode()}
    fields = [line.partition(b": ") for line in head.split(b"\r\n")]
    rows = [name + gap + fresh.get(name, value) for name, gap, value in fields]
    return b"\r\n".join(rows) + b"\r\n\r\n" + block + b"\r\n\r\n"


def warc_rechained(edit: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Change the WARC's parts, and let the log, chained anew, name each slice as it is now."""

    def change(case: Path) -> None:
        made = edit(parts())
        (case / WARC).write_bytes(b"".join(made))

        def slices(read: list[Line]) -> list[Line]:
            own = [line for line in read if line.get("capture") == 1]
            at = 0
            for line, part in zip([each for each in own if "sha256" in each], [*made, b""], strict=True):
                end = line["action"] == "capture.end"
                line.update({"offset": at} if "offset" in line else {})
                line["length"] = at if end else len(part)
                line["sha256"] = sha(b"".join(made) if end else part)
                at += len(part)
            return read

        rechained(slices)(case)

    return change


# How an altered copy is kept.


def delta(base: Path, case: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Say in what a case differs from another: what is gone, linked or oddly named, and files with other bytes."""
    old, new = _files(base), _files(case)
    told: dict[str, Any] = {"gone": sorted(old.keys() - new.keys())}
    told["symlinks"] = {name: str(path.readlink()) for name, path in new.items() if path.is_symlink()}
    real = {name: path for name, path in new.items() if not path.is_symlink()}
    first: dict[int, str] = {}
    for name, path in real.items():
        first.setdefault(path.stat().st_ino, name)
    told["hardlinks"] = {
        name: first[path.stat().st_ino] for name, path in real.items() if first[path.stat().st_ino] != name
    }
    other = {
        name: path.read_bytes()
        for name, path in real.items()
        if name not in told["hardlinks"] and (name not in old or old[name].read_bytes() != path.read_bytes())
    }
    # Not every file system keeps such names apart: they stand in JSON.
    odd = {name for name in other if not name.isascii() or name.lower() != name}
    told["named"] = {name: other.pop(name).decode() for name in sorted(odd)}
    return {key: value for key, value in told.items() if value}, other


def _files(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def altered(vector: Path, into: Path) -> Path:
    """Copy the case that a vector alters, alter it, and give its folder."""
    told = json.loads((vector / "expected.json").read_text("utf-8"))
    case = Path(shutil.copytree(VECTORS / "valid" / told["base"] / NUMBER, into / NUMBER))
    for name in told.get("gone", ()):
        (case / name).unlink()
    if (vector / NUMBER).is_dir():
        shutil.copytree(vector / NUMBER, case, dirs_exist_ok=True)
    for name, text in told.get("named", {}).items():
        added(name, text.encode())(case)
    _without_empty_folders(case)
    for name, target in told.get("symlinks", {}).items():
        (case / name).unlink(missing_ok=True)
        (case / name).symlink_to(target)
    for name, other in told.get("hardlinks", {}).items():
        (case / name).unlink(missing_ok=True)
        os.link(case / other, case / name)
    return case


def _without_empty_folders(case: Path) -> None:
    for path in sorted(case.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
