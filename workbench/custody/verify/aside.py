"""Bytes set aside while verifying: few in memory, more in a temporary file that has no name.

What a case's log holds is too much to keep in memory, and the case may lie on a medium that cannot be written to: so
it goes into the system's folder for temporary files. The file is gone as soon as nobody has it open, whatever
becomes of the process. A child is given its descriptor (``work``).
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from workbench.errors import StorageError

if TYPE_CHECKING:
    from array import array

    Part = bytes | bytearray | memoryview | array[int]

HELD: Final = 1 << 21
"""Bytes that stay in memory; with more, they go to the file."""
_PLACES: Final = ("/tmp", "/var/tmp")  # noqa: S108 - files there are made without a name, for us alone


class Aside:
    """Grows at its end, and gives back any part of it; the file is made when it is needed first.

    ``fd`` is that of such a file, where another process has filled it, or is to be filled by this one.
    """

    def __init__(self, fd: int = -1) -> None:
        self._fd = fd
        self._held = bytearray()
        with _mapped():
            self._written = os.fstat(fd).st_size if fd >= 0 else 0

    def add(self, *parts: Part) -> int:
        """Set parts aside, one after another; give the place of the first. Raises StorageError."""
        place = self._written + len(self._held)
        for part in parts:
            self._held += part
        if len(self._held) >= HELD:
            self.settle()
        return place

    def read(self, place: int, size: int) -> bytes:
        """Give bytes back. Raises StorageError."""
        if place >= self._written:
            return bytes(self._held[place - self._written : place - self._written + size])
        with _mapped():
            data = os.pread(self._fd, size, place)
            while len(data) < size:
                more = os.pread(self._fd, size - len(data), place + len(data))
                if not more:
                    message = "what was set aside there is gone"
                    raise OSError(message)
                data += more
        return data

    def put(self, place: int, data: Part) -> None:
        """Write over what is there, or beyond its end. Raises StorageError."""
        self.settle()
        with _mapped():
            self._write(place, memoryview(data).cast("B"))
            self._written = os.fstat(self._fd).st_size

    def grown(self) -> Aside:
        """Take in what another process has added to the file."""
        with _mapped():
            self._written = os.fstat(self._fd).st_size
        return self

    def settle(self) -> int:
        """Have all of it in the file; give its descriptor, which stays open as long as this does."""
        with _mapped():
            if self._fd < 0:
                self._fd = _unnamed()
                weakref.finalize(self, os.close, self._fd)
            self._write(self._written, memoryview(self._held))
        self._written += len(self._held)
        self._held = bytearray()
        return self._fd

    def _write(self, place: int, data: memoryview) -> None:
        while data:
            done = os.pwrite(self._fd, data, place)
            data, place = data[done:], place + done


def _unnamed() -> int:
    """Make a file without a name.

    ``tempfile`` would fall back to the folder one is in, which may be the case: verifying writes nothing there.
    """
    named = [os.environ[key] for key in ("TMPDIR", "TEMP", "TMP") if os.environ.get(key)]
    places = [*named, *_PLACES]
    for place in places[:-1]:
        try:
            return _made(place)
        except OSError:
            continue
    return _made(places[-1])


def _made(place: str) -> int:
    with tempfile.TemporaryFile(dir=place, buffering=0) as file:
        return os.dup(file.fileno())


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn an OSError into a StorageError: it is none of the case's, and must not be reported as a defect."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            "verifying has no room for what it sets aside: nothing is said of the case",
            where=os.environ.get("TMPDIR", _PLACES[0]),
            expected="about 80 bytes for each exhibit",
            found=str(error.strerror or error),
            todo="make room there, or name a folder for temporary files in TMPDIR",
        ) from error
