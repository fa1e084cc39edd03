"""A folder for what is written aside and must not stay: captured bytes, rows, what a notebook shows.

It goes when the work ends. A process that is killed cannot take its folder away, so the next one does: each folder is
locked while somebody works in it, and one that nobody holds is swept, with all that lies in it.
"""

from __future__ import annotations

import contextlib
import errno
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
_TRIES: Final = 50
_OLD: Final = 86_400
"""Seconds after which a folder is swept that bears no lock, or where a system has none."""


class Scratch:
    """A private folder under the system's place for such, swept of what others of its prefix left; a context.

    ``prefix`` says whose it is; ``path`` is empty, the lock lies beside it. Raises OSError where there is no room.
    """

    def __init__(self, prefix: str) -> None:
        sweep(prefix)
        self._folder, self._held = _held_folder(prefix)
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
        with contextlib.suppress(BlockingIOError):
            held = _take(folder, make=False)
            if held is not None or _is_old(folder):
                shutil.rmtree(folder, ignore_errors=True)
            if held is not None:
                os.close(held)


def _held_folder(prefix: str) -> tuple[Path, int | None]:
    """Make a folder and hold it; another where somebody sweeps it in the moment before it is held."""
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        with contextlib.suppress(BlockingIOError):
            held = _take(folder, make=True)
            # Once it is held nobody sweeps it: what is here now stays.
            if (folder if held is None else folder / _LOCK).exists():
                return folder, held
            if held is not None:
                os.close(held)
    raise OSError(errno.EBUSY, "each new folder was swept before it was held", prefix)


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
    """Take a folder's lock; None where there is none, or the system knows no such locks.

    Raises BlockingIOError where somebody holds it.
    """
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - exists on this platform only

    try:
        held = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if make else 0), 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise
    except OSError:
        os.close(held)
        return None
    return held
