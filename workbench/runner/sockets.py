"""Private places for local sockets, with names short enough for the system's limit."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_LONGEST = 60
"""Bytes of a folder's name: Linux allows 107 for a socket's whole path, macOS 103."""


@contextlib.contextmanager
def private_folder(inside: str = "") -> Iterator[Path]:
    """Make a folder that only this user can enter; it is removed afterwards with all that is in it.

    ``inside`` names a short folder to make it in.
    """
    base = tempfile.gettempdir()
    short = base if len(os.fsencode(base)) < _LONGEST or os.name != "posix" else "/tmp"  # noqa: S108 - mkdtemp makes it private
    folder = Path(tempfile.mkdtemp(prefix="wb-", dir=inside or short))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def transport(folder: Path) -> dict[str, str]:
    """Give a kernel manager's settings: local sockets in ``folder``, or TCP where there are none.

    Kernels over TCP now and then took each other's ports when several were started at once.
    """
    where = {"connection_file": str(folder / "k.json")}
    if os.name != "posix":
        return where
    return where | {"transport": "ipc", "ip": str(folder / "k")}
