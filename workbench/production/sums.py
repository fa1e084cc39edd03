"""The list of hashes beside what leaves: ``SHA256SUMS``, as ``sha256sum -c`` reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from workbench.custody import disk

NAME: Final = "SHA256SUMS"


def lines(hashes: Mapping[str, str]) -> bytes:
    """Give the list of these: name -> SHA-256; in order of the names."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items())).encode()


def write(folder: Path, names: Iterable[str]) -> str:
    """Hash these files of a folder and write the list beside them; give the list's own SHA-256.

    Raises StorageError where a file cannot be read, or the list is there already.
    """
    data = lines({name: _hash(folder / name) for name in names})
    disk.write_new(folder / NAME, data)
    return hashlib.sha256(data).hexdigest()


def _hash(path: Path) -> str:
    with disk.mapped(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
