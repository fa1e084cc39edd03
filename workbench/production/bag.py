"""A bag (RFC 8493): each file written once, hashed, and named in a manifest that ``sha256sum -c`` accepts too.

The bag is made under a temporary name beside its place and takes its own only when it is whole. Nothing of it
depends on the hour, the machine or the order in which a disk lists files.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import bagit

from workbench.custody import disk
from workbench.errors import IntegrityError, StorageError, UsageError
from workbench.times import from_micros

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_BLOCK = 1 << 20
_OLDEST_ZIP = 315_532_800_000_000  # 1980-01-01: a zip cannot hold an earlier time


class Bag:
    """A bag in the making, under ``folder``. Names are plain ASCII with ``/``, relative to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, tuple[str, int]] = {}

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """Open a new file for writing; it is hashed when it is closed."""
        path = self.folder / name
        with disk.mapped(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as out:
                yield out
            with path.open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            self._files[name] = (digest, path.stat().st_size)

    def add(self, name: str, data: bytes) -> None:
        """Write a file whole."""
        with self.file(name) as out:
            out.write(data)

    def copy(
        self, name: str, source: Path, sha256: str, *, offset: int = 0, length: int | None = None
    ) -> None:
        """Copy a stretch of a file, or all of it; raise IntegrityError where it is not what the log says."""
        try:
            file = source.open("rb")
        except OSError as error:
            raise IntegrityError("a file that the log names cannot be read", where=str(source)) from error
        with file, self.file(name) as out:
            file.seek(offset)
            left = length
            while left != 0 and (block := file.read(_BLOCK if left is None else min(_BLOCK, left))):
                out.write(block)
                left = None if left is None else left - len(block)
        found = self._files[name][0]
        if found != sha256:
            raise IntegrityError(
                "a file is not what the log says", where=str(source), expected=sha256, found=found
            )

    def sha256(self, name: str) -> str:
        """Give the hash of a file that was written."""
        return self._files[name][0]

    def has(self, name: str) -> bool:
        """Whether a file of this name was written."""
        return name in self._files

    def close(self, info: Mapping[str, str]) -> str:
        """Write the tag files and manifests, have ``bagit`` judge them, and give the manifest's SHA-256.

        ``info`` are the fields of ``bag-info.txt``; the size (Payload-Oxum) is added.
        """
        payload = {name: found for name, found in self._files.items() if name.startswith("data/")}
        size = f"{sum(length for _, length in payload.values())}.{len(payload)}"
        self.add("bagit.txt", _DECLARATION)
        fields = {**info, "Payload-Oxum": size}
        self.add("bag-info.txt", "".join(f"{key}: {_line(text)}\n" for key, text in fields.items()).encode())
        self.add(MANIFEST, _listed(payload))
        self.add(TAG_MANIFEST, _listed({n: found for n, found in self._files.items() if n not in payload}))
        self._judge()
        return self.sha256(MANIFEST)

    def _judge(self) -> None:
        with disk.mapped(self.folder):
            try:
                bagit.Bag(str(self.folder)).validate(processes=1)
            except bagit.BagError as error:
                raise StorageError(
                    "the bag on the disk is not the one that was written",
                    where=str(self.folder),
                    found=str(error)[:200],
                    todo="the disk may be failing: try another one",
                ) from error


def _listed(files: Mapping[str, tuple[str, int]]) -> bytes:
    return "".join(f"{files[name][0]}  {name}\n" for name in sorted(files)).encode("ascii")


def _line(text: str) -> str:
    """Give a tag's value on one line, without anything that is not plainly printable."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class Place:
    """Where a bag goes: a folder, or a ZIP file where the name ends so. Made by ``making``."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.zipped = out.suffix.lower() == ".zip"
        self.partial = out.with_name(out.name + ".partial")
        self.archive = out.with_name(out.name + ".partial.zip")

    def pack(self, stem: str, at: int) -> None:
        """Put the bag into a ZIP file, under one folder ``stem``; a folder stays as it is.

        Nothing is compressed, so that the bytes do not depend on a library's version. ``at`` (microseconds
        since 1970 UTC) is the time of every entry.
        """
        if not self.zipped:
            return
        with disk.mapped(self.archive), zipfile.ZipFile(self.archive, "x", zipfile.ZIP_STORED) as archive:
            for path in sorted(p for p in self.partial.rglob("*") if p.is_file()):
                self._put(archive, path, f"{stem}/{path.relative_to(self.partial).as_posix()}", at)

    def _put(self, archive: zipfile.ZipFile, path: Path, name: str, at: int) -> None:
        moment = from_micros(max(at, _OLDEST_ZIP))
        entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
        entry.create_system, entry.external_attr = 3, 0o100644 << 16
        entry.file_size = path.stat().st_size
        with path.open("rb") as source, archive.open(entry, "w") as target:
            shutil.copyfileobj(source, target, _BLOCK)

    def take(self) -> None:
        """Have what was made take its name."""
        made = self.archive if self.zipped else self.partial
        with disk.mapped(self.out):
            made.rename(self.out)
            disk.sync_folder(self.out.absolute().parent)

    def clear(self) -> None:
        """Remove what has not taken its name."""
        shutil.rmtree(self.partial, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.archive.unlink(missing_ok=True)


@contextlib.contextmanager
def making(out: Path) -> Iterator[Place]:
    """Make room for something at ``out``, which must not exist; whatever fails leaves nothing behind."""
    place = Place(out)
    _refuse_what_is_there(place)
    with disk.mapped(place.partial):
        place.partial.mkdir(parents=True)
    try:
        yield place
    finally:
        place.clear()


def _refuse_what_is_there(place: Place) -> None:
    if _is_there(place.out):
        raise UsageError(
            "there is something of this name already",
            where=str(place.out),
            todo="choose another --out, or take it away",
        )
    for path in filter(_is_there, (place.partial, place.archive)):
        raise UsageError(
            "another run is making this, or one was stopped and left it half made",
            where=str(path),
            todo="if no other run is at work, remove it and run the same command again; or choose another --out",
        )


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
