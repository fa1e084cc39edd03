"""Reading without harm: regular files only, no link followed, no wait, in bounded blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BLOCK: Final = 1 << 20


@contextmanager
def opened(folder: Path, name: str) -> Iterator[int]:
    """Open a regular file of the case for reading; raise OSError for anything else."""
    # O_NONBLOCK: opening a FIFO that took a file's place must not wait for a writer.
    fd = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            message = "not a regular file"
            raise OSError(message)
        yield fd
    finally:
        os.close(fd)


def blocks(fd: int, start: int = 0, end: int | None = None) -> Iterator[memoryview]:
    """Give the bytes from start to end in blocks; each block is valid until the next is asked for."""
    buffer = bytearray(BLOCK)
    view = memoryview(buffer)
    place = start
    while end is None or place < end:
        room = BLOCK if end is None else min(BLOCK, end - place)
        got = os.preadv(fd, [view[:room]], place)
        if not got:
            return
        yield view[:got]
        place += got


def small(folder: Path, name: str, limit: int) -> bytes:
    """Read a whole file of at most ``limit`` bytes; raise OSError when it is larger."""
    with opened(folder, name) as fd:
        if os.fstat(fd).st_size > limit:
            message = f"larger than {limit} bytes, which this checker does not read"
            raise OSError(message)
        return b"".join(map(bytes, blocks(fd, 0, limit)))
