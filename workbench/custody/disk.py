"""Durable writes. The one module that touches what differs between operating systems.

Every OSError becomes a StorageError that says what the disk refused and that nothing logged is lost.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.errors import StorageError

_BLOCK = 1 << 20
_ADVICE = {
    errno.ENOSPC: "free some space, then run the same command again",
    errno.EDQUOT: "free some space, then run the same command again",
    errno.EROFS: "the medium is read-only: work on a writable copy of the case",
    errno.EACCES: "ask for write permission to the case folder",
    errno.EIO: "the disk is failing: copy the case to another one before going on",
}


@contextlib.contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into a StorageError that names the path."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"the disk refused: {error.strerror or error}",
            where=str(path),
            todo=_ADVICE.get(
                error.errno or 0, "what was logged before is safe; mend the cause and try again"
            ),
        ) from error


@contextlib.contextmanager
def mapped_lock(folder: Path) -> Iterator[None]:
    """Do the same where a lock is taken; a lock that somebody else holds stays filelock's Timeout."""
    try:
        with mapped(folder):
            yield
    except StorageError as error:
        if isinstance(error.__cause__, TimeoutError):
            raise error.__cause__ from None
        raise


def take_lock(path: Path) -> int | None:
    """Wait for the lock between processes that a file stands for; give what ``let_go`` ends it with.

    None where this system or this file system has no such locks. A lock ends with its process, whatever happens.
    """
    if os.name != "posix":
        return None
    import fcntl  # noqa: PLC0415 - exists on these systems only

    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError as error:
        os.close(fd)
        if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
            return None
        raise
    except BaseException:
        os.close(fd)
        raise
    return fd


def let_go(lock: int) -> None:
    """Give a lock back."""
    os.close(lock)


def sync(fd: int) -> None:
    """Have a file's bytes on the medium before returning."""
    if sys.platform == "darwin":
        # fsync on macOS stops at the drive's cache.
        import fcntl  # noqa: PLC0415 - exists on this platform only

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the medium; a system that cannot open folders does so by itself."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder and those above it durably; an existing one stays as it is.

    Syncing a folder keeps the names in it, not its own: that stands in the folder above.
    """
    missing = [folder, *folder.parents]
    missing = missing[: next((n for n, path in enumerate(missing) if path.is_dir()), len(missing))]
    for path in reversed(missing):
        path.mkdir(exist_ok=True, mode=mode)
        sync_folder(path.parent)


def rename(path: Path, to: Path) -> None:
    """Give a file or folder another name in its folder, durably; nothing may bear that name yet."""
    path.rename(to)
    sync_folder(to.parent)


def cut(path: Path, length: int) -> None:
    """Shorten a file durably."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(fd, length)
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write every byte, however few the system takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def write_new(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a new file durably; an existing one is never touched (StorageError)."""
    with mapped(path):
        make_folder(path.parent)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
        try:
            write_all(fd, data)
            os.fsync(fd)
        except BaseException:
            # Half a file of our own making would stand in the way of the next attempt.
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        sync_folder(path.parent)


def replace(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all: temporary name, fsync, rename, fsync of the folder."""
    partial = path.with_name(path.name + ".partial")
    with mapped(path):
        partial.unlink(missing_ok=True)
    write_new(partial, data, private=private)
    with mapped(path):
        partial.replace(path)
        sync_folder(path.parent)


def copy_hashed(source: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    """Copy a stream; give the SHA-256 and the length of what was copied."""
    digest, length = hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        digest.update(block)
        target.write(block)
        length += len(block)
    return digest.hexdigest(), length


def private_folder(folder: Path) -> None:
    """Make a folder that this user and their group may enter, and nobody else; an existing one stays as it is."""
    with mapped(folder):
        make_folder(folder, mode=0o770)
