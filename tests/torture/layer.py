"""What stands between the writer and the disk: it numbers every operation, and a fate decides what becomes of it.

Only operations that change files under one folder count. Reads pass, and so does everything elsewhere.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workbench.records import Record

_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_NAMES = (
    "open",
    "close",
    "write",
    "fsync",
    "fdatasync",
    "mkdir",
    "rmdir",
    "unlink",
    "remove",
    "replace",
    "rename",
    "truncate",
    "ftruncate",
)


class Op(Record, frozen=True, kw_only=True):
    """One operation: its number from 1, what it is, the path relative to the folder, and what it brings.

    ``what`` is create, open, write, sync, mkdir, rmdir, unlink, rename or truncate. ``at`` is a write's
    offset or the length cut to; ``to`` is where a rename goes.
    """

    number: int
    what: str
    path: str
    data: bytes = b""
    at: int = 0
    to: str = ""


class Fate:
    """Lets everything happen. ``before`` may raise or kill; ``taken`` says how much of a write the disk takes."""

    def before(self, op: Op) -> None:
        """Decide what becomes of an operation that is about to happen."""

    def taken(self, op: Op) -> int:
        """Give how many of a write's bytes are taken, at least one."""
        return len(op.data)

    def after(self, op: Op) -> None:
        """Hear that an operation has happened."""


class Refusing(Fate):
    """Raises an errno at the k-th operation, or from there on as a full or read-only disk does."""

    def __init__(self, code: int, at: int, *, lasting: bool) -> None:
        self.code = code
        self.at = at
        self.lasting = lasting
        self.struck = False
        self.hit = ""

    def before(self, op: Op) -> None:
        if op.number < self.at or (op.number > self.at and not self.lasting):
            return
        # A full disk still lets go of what it holds.
        if self.code == errno.ENOSPC and op.what in {"unlink", "rmdir", "truncate", "sync", "open"}:
            return
        self.struck = True
        self.hit = self.hit or op.path
        raise OSError(self.code, os.strerror(self.code), op.path)

    def taken(self, op: Op) -> int:
        # A disk that fills up takes what still fits: the operation before it is refused, half is written.
        filling = self.code == errno.ENOSPC and op.number == self.at - 1
        return max(1, len(op.data) // 2) if filling else len(op.data)


class Short(Fate):
    """Takes a few bytes at a time, as a pipe or a network file system may."""

    def __init__(self, most: int) -> None:
        self.most = most

    def taken(self, op: Op) -> int:
        return min(self.most, len(op.data))


class Noting(Fate):
    """Keeps every operation, in order: the journal from which a power loss is rebuilt."""

    def __init__(self) -> None:
        self.ops: list[Op] = []

    def after(self, op: Op) -> None:
        self.ops.append(op)


class Layer:
    """Patches ``os`` and ``io.open`` while it is entered; one thread at a time may be inside it but need not."""

    def __init__(self, folder: Path, fate: Fate) -> None:
        self.folder = os.path.realpath(folder)
        self.fate = fate
        self.count = 0
        self.real: dict[str, Any] = {name: getattr(os, name) for name in _NAMES}
        self._io_open = io.open
        self._fds: dict[int, str] = {}

    def __enter__(self) -> Self:
        for name in _NAMES:
            setattr(os, name, getattr(self, f"_{name}"))
        io.open = self._opened
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for name, real in self.real.items():
            setattr(os, name, real)
        io.open = self._io_open

    # --- what is ours -------------------------------------------------------------------------

    def _inside(self, path: Any) -> str | None:
        """Give a path relative to the folder, or None where it lies elsewhere."""
        if isinstance(path, int):
            return self._fds.get(path)
        given = Path(os.fsdecode(path))
        # The last name is not resolved: a link is itself what is removed or renamed.
        full = f"{given.parent.resolve()}{os.sep}{given.name}"
        if full == self.folder:
            return "."
        return full[len(self.folder) + 1 :] if full.startswith(self.folder + os.sep) else None

    def _do(self, what: str, path: str, act: Callable[[], Any], **rest: Any) -> Any:
        self.count += 1
        op = Op(number=self.count, what=what, path=path, **rest)
        self.fate.before(op)
        result = act()
        self.fate.after(op)
        return result

    def _pass_or(self, what: str, name: str, path: Any, *args: Any, **named: Any) -> Any:
        inside = self._inside(path)
        if inside is None:
            return self.real[name](path, *args, **named)
        return self._do(what, inside, lambda: self.real[name](path, *args, **named))

    # --- the functions of os -------------------------------------------------------------------

    def _open(self, path: Any, flags: int, *args: Any, **named: Any) -> int:
        inside = self._inside(path)
        if inside is None:
            return int(self.real["open"](path, flags, *args, **named))

        def act() -> int:
            return int(self.real["open"](path, flags, *args, **named))

        if not flags & _CHANGING:
            fd = act()
        else:
            new = bool(flags & os.O_CREAT) and not os.path.lexists(path)
            fd = int(self._do("create" if new else "open", inside, act))
            if not new and flags & os.O_TRUNC:
                self.fate.after(Op(number=self.count, what="truncate", path=inside))
        self._fds[fd] = inside
        return fd

    def forget(self, fd: int) -> None:
        """Know a descriptor no longer: it is being closed."""
        self._fds.pop(fd, None)

    def _close(self, fd: int) -> None:
        self.forget(fd)
        self.real["close"](fd)

    def _write(self, fd: int, data: Any) -> int:
        inside = self._fds.get(fd)
        return int(self.real["write"](fd, data)) if inside is None else self.write(fd, inside, bytes(data))

    def write(self, fd: int, path: str, data: bytes) -> int:
        """Write as much as the fate lets through."""
        appends = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND
        at = os.fstat(fd).st_size if appends else os.lseek(fd, 0, os.SEEK_CUR)
        self.count += 1
        op = Op(number=self.count, what="write", path=path, data=data, at=at)
        self.fate.before(op)
        took = int(self.real["write"](fd, data[: self.fate.taken(op)]))
        self.fate.after(Op(number=op.number, what="write", path=path, data=data[:took], at=at))
        return took

    def _fsync(self, fd: int) -> None:
        self._pass_or("sync", "fsync", fd)

    def _fdatasync(self, fd: int) -> None:
        self._pass_or("sync", "fdatasync", fd)

    def _mkdir(self, path: Any, *args: Any, **named: Any) -> None:
        if Path(path).is_dir():  # refused by any disk: mkdir does not change it
            self.real["mkdir"](path, *args, **named)
        self._pass_or("mkdir", "mkdir", path, *args, **named)

    def _rmdir(self, path: Any, **named: Any) -> None:
        self._pass_or("rmdir", "rmdir", path, **named)

    def _unlink(self, path: Any, **named: Any) -> None:
        if os.path.lexists(path):
            self._pass_or("unlink", "unlink", path, **named)
        else:
            self.real["unlink"](path, **named)

    _remove = _unlink

    def _rename(self, source: Any, target: Any, **named: Any) -> None:
        inside = self._inside(source)
        if inside is None:
            self.real["rename"](source, target, **named)
            return
        to = self._inside(target) or ""
        self._do("rename", inside, lambda: self.real["replace"](source, target, **named), to=to)

    _replace = _rename

    def _truncate(self, path: Any, length: int) -> None:
        inside = self._inside(path)
        if inside is None:
            self.real["truncate"](path, length)
        else:
            self._do("truncate", inside, lambda: self.real["truncate"](path, length), at=length)

    def _ftruncate(self, fd: int, length: int) -> None:
        inside = self._fds.get(fd)
        if inside is None:
            self.real["ftruncate"](fd, length)
        else:
            self._do("truncate", inside, lambda: self.real["ftruncate"](fd, length), at=length)

    def _opened(self, file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        inside = None if isinstance(file, int) else self._inside(file)
        if inside is None or not set(mode) & set("wxa+"):
            return self._io_open(file, mode, *args, **named)
        if "b" not in mode:
            raise NotImplementedError("the writer opens text files nowhere under a case")
        return io.BufferedWriter(_File(self, inside, Path(file), mode))


class _File(io.FileIO):
    """A file opened by Python itself, whose writes go through the layer all the same."""

    def __init__(self, layer: Layer, inside: str, path: Path, mode: str) -> None:
        flags = os.O_CREAT | (os.O_RDWR if "+" in mode else os.O_WRONLY)
        flags |= {"x": os.O_EXCL, "w": os.O_TRUNC, "a": os.O_APPEND}[mode.strip("b+")[0]]
        self._layer = layer
        self._inside = inside
        fd = os.open(path, flags, 0o644)
        super().__init__(fd, mode.replace("x", "w"), closefd=True)

    def write(self, data: Any) -> int:
        return self._layer.write(self.fileno(), self._inside, bytes(data))

    def close(self) -> None:
        if not self.closed:
            self._layer.forget(self.fileno())
        super().close()
