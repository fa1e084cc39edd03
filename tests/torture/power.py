"""Power that goes: a folder rebuilt from the journal of what was done, as a disk may hold it that synced no more.

What was synced is there. Of the rest, any part may be: a write in whole, in sectors, or not at all, with zeros
where a later sector was kept; a name made or removed, or not; a cut, or not. The rules are those of POSIX and no
kinder: syncing a file does not keep its name, and syncing a folder keeps the names in it, not its own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.torture.checks import Tree
from tests.torture.layer import Op

SECTOR = 512


class _Inode:
    """A file: what is on the medium, and what was done to it since."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.pending: list[Op] = []

    def sync(self) -> None:
        for op in self.pending:
            self._apply(op)
        self.pending.clear()

    def lose(self, chance: random.Random) -> bytes:
        """Give what is found after the power went; the drawing decides how much of the rest came through."""
        manner = chance.choice(("nothing", "all", "some", "sectors"))
        for op in self.pending:
            if manner == "all" or (manner != "nothing" and chance.random() < 0.5):
                self._apply(op if manner != "sectors" else _torn(op, chance))
            elif op.what == "write" and manner == "sectors":
                # The size was kept, the bytes were not.
                self._fill(op.at + chance.randrange(len(op.data) + 1))
        return bytes(self.data)

    def _fill(self, size: int) -> None:
        self.data.extend(bytes(max(0, size - len(self.data))))

    def _apply(self, op: Op) -> None:
        if op.what == "truncate":
            del self.data[op.at :]
            self._fill(op.at)
        else:
            self._fill(op.at)
            self.data[op.at : op.at + len(op.data)] = op.data


def _torn(op: Op, chance: random.Random) -> Op:
    """Lose some of a write's sectors: zeros stand there, unless the file held something before."""
    if op.what != "write":
        return op
    data, start = bytearray(op.data), 0
    while start < len(data):
        end = min(len(data), (op.at + start) // SECTOR * SECTOR + SECTOR - op.at)
        if chance.random() < 0.4:
            data[start:end] = bytes(end - start)
        start = end
    return Op(number=op.number, what="write", path=op.path, data=bytes(data), at=op.at)


class Medium:
    """A case folder on a disk that keeps what was synced. Folders are known by their path."""

    def __init__(self, base: Tree, folders: Sequence[str]) -> None:
        self._now = {name: _Inode(data) for name, data in base.items()}
        self._kept: dict[str, _Inode | None] = {**self._now, **dict.fromkeys(folders)}
        self._folders = set(folders)
        self._pending: list[tuple[str, _Inode | None, bool]] = []

    def take(self, op: Op) -> None:
        """Follow one operation of the journal."""
        match op.what:
            case "create":
                self._now[op.path] = _Inode()
                self._pending.append((op.path, self._now[op.path], True))
            case "mkdir":
                self._folders.add(op.path)
                self._pending.append((op.path, None, True))
            case "unlink" | "rmdir":
                self._pending.append((op.path, self._now.pop(op.path, None), False))
                self._folders.discard(op.path)
            case "rename":
                moved = self._now.pop(op.path)
                self._now[op.to] = moved
                self._pending += [(op.path, moved, False), (op.to, moved, True)]
            case "write" | "truncate":
                self._now[op.path].pending.append(op)
            case "sync" if op.path in self._now:
                self._now[op.path].sync()
            case "sync":
                self._sync_names(op.path)

    def _sync_names(self, folder: str) -> None:
        mine = [each for each in self._pending if _parent(each[0]) == folder]
        self._pending = [each for each in self._pending if _parent(each[0]) != folder]
        for each in mine:
            _settle(self._kept, each)

    def lose_power(self, chance: random.Random, folder: Path) -> None:
        """Write what is left into a folder that is not there yet."""
        names = dict(self._kept)
        share = chance.choice((0.0, 0.5, 1.0))
        for each in self._pending:
            if chance.random() < share:
                _settle(names, each)
        folder.mkdir(parents=True)
        for name in sorted(names, key=lambda each: each.count("/")):
            path, inode = folder / name, names[name]
            if not path.parent.is_dir():
                continue
            if inode is None:
                path.mkdir()
            else:
                path.write_bytes(inode.lose(chance))


def _settle(names: dict[str, _Inode | None], change: tuple[str, _Inode | None, bool]) -> None:
    name, inode, stands = change
    if stands:
        names[name] = inode
    else:
        names.pop(name, None)


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "."


def folders_of(folder: Path) -> list[str]:
    """List a case's folders, relative to it."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()]


def left_after(base: Tree, folders: Sequence[str], done: Sequence[Op]) -> Medium:
    """Give the medium after these operations, the power still on."""
    medium = Medium(base, folders)
    for op in done:
        medium.take(op)
    return medium
