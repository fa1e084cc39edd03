"""Copying, hashing and leases: the small parts that all writers of a case share."""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock

from workbench.records import Record

_BLOCK = 1 << 20


class Receipt(Record, frozen=True, kw_only=True):
    """What is known of a file given to us: from whom, from what, how, and on what basis."""

    giver: str
    device: str = ""
    received_at: str = ""
    manner: str = ""
    basis: str = ""
    reference: str = ""
    stated_url: str = ""


class Stored(Record, frozen=True, kw_only=True):
    """One file of an import as it lies in the case."""

    file: str
    given_name: str
    length: int
    sha256: str


class Slice(Record, frozen=True, kw_only=True):
    """An exhibit to be: a slice of a stored file; ``member`` is its index in a zip's directory."""

    file: str
    offset: int
    length: int
    member: int | None = None


def lease_of(folder: Path, kind: str, number: int) -> FileLock:
    """Give the lock that a capture, import or run holds for as long as it works."""
    return FileLock(folder / "locks" / f"{kind}-{number:04d}.lock", thread_local=False, is_singleton=False)


def hash_slice(path: Path, offset: int, length: int) -> str:
    """Give the SHA-256 of a slice of a file, read in blocks."""
    digest, left = hashlib.sha256(), length
    with path.open("rb") as file:
        file.seek(offset)
        while left and (block := file.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def suffix(name: str) -> str:
    """Keep a given name's ending where it is harmless; the name itself stands in the receipt only."""
    ending = name.lower().rpartition(".")[2] if "." in name else ""
    fits = 1 <= len(ending) <= 8 and ending.isascii() and ending.isalnum()
    return f".{ending}" if fits else ""
