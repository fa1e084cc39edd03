"""A folder for what is written aside and must not stay: captured bytes, rows, what a notebook shows.

It goes when the work ends. A process that is killed cannot take its folder away, so the next one does: each folder is
locked while somebody works in it, and one that nobody holds is swept, with all that lies in it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_LOCK: Final = ".held"
_TRIES: Final = 3
_OLD: Final = 86_400
"""Seconds after which a folder is swept that bears no lock, or where a system has none."""


class Scratch:
    """A private folder under the system's place for such, swept of what others of its prefix left; a context.

    ``prefix`` says whose it is; ``path`` is empty, the lock lies beside it. Raises OSError where there is no room.
    """

    def __init__(self, prefix: str) -> None:
        sweep(prefix)
        # Somebody may sweep a folder in the moment before it is held: then there is another.
        for _ in range(_TRIES):
            self._folder = Path(tempfile.mkdtemp(prefix=prefix))
            self._held = _take(self._folder, make=True)
            if self._held is not None or self._folder.is_dir():
                break
        self.path = self._folder / "in"
        self.path.mkdir()

    def cleanup(self) -> None:
        """Take the folder away; a second time it does nothing."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cleanup()


def sweep(prefix: str) -> None:
    """Remove the folders of this prefix that are this user's own and that no process holds any more."""
    for folder in _own(prefix):
        held = _take(folder, make=False)
        if held is not None or _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def _own(prefix: str) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode) and (os.name != "posix" or found.st_uid == os.getuid()):
                yield path


def _is_old(folder: Path) -> bool:
    if (folder / _LOCK).exists() and os.name == "posix":
        return False
    with contextlib.suppress(OSError):
        return time.time() - folder.lstat().st_mtime > _OLD
    return False


def _take(folder: Path, *, make: bool) -> int | None:
    """Take a folder's lock; None where somebody holds it, there is none, or the system knows no such locks."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - exists on this platform only

    try:
        held = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if make else 0), 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
