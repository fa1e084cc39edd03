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


_Change = tuple[tuple[str, "_Inode | _Folder | None"], ...]
"""Names and what they stand for from now on, None for nothing: all of a change comes through, or none of it."""


class _Folder:
    """A folder: the names on the medium, the names now, and what was done to them since."""

    def __init__(self) -> None:
        self.kept: dict[str, _Inode | _Folder] = {}
        self.now: dict[str, _Inode | _Folder] = {}
        self.pending: list[_Change] = []

    def change(self, *change: tuple[str, _Inode | _Folder | None]) -> None:
        _settle(self.now, change)
        self.pending.append(change)

    def sync(self) -> None:
        for change in self.pending:
            _settle(self.kept, change)
        self.pending.clear()

    def lose(self, chance: random.Random, folder: Path) -> None:
        """Write what is found after the power went."""
        names, share = dict(self.kept), chance.choice((0.0, 0.5, 1.0))
        for change in self.pending:
            if chance.random() < share:
                _settle(names, change)
        folder.mkdir()
        for name, child in names.items():
            if isinstance(child, _Folder):
                child.lose(chance, folder / name)
            else:
                (folder / name).write_bytes(child.lose(chance))


def _settle(names: dict[str, _Inode | _Folder], change: _Change) -> None:
    for name, child in change:
        if child is None:
            names.pop(name, None)
        else:
            names[name] = child


class Medium:
    """A case folder on a disk that keeps what was synced."""

    def __init__(self, base: Tree, folders: Sequence[str]) -> None:
        self._root = _Folder()
        for name in sorted(folders):
            self._made(name, _Folder())
        for name, data in base.items():
            self._made(name, _Inode(data))

    def _made(self, path: str, child: _Inode | _Folder) -> None:
        """Have something there as if it had always been."""
        parent, name = self._parent(path)
        parent.change((name, child))
        parent.sync()

    def _at(self, path: str) -> _Inode | _Folder:
        found: _Inode | _Folder = self._root
        for name in path.split("/") if path != "." else ():
            assert isinstance(found, _Folder)
            found = found.now[name]
        return found

    def _parent(self, path: str) -> tuple[_Folder, str]:
        above, _, name = path.rpartition("/")
        parent = self._at(above or ".")
        assert isinstance(parent, _Folder)
        return parent, name

    def take(self, op: Op) -> None:
        """Follow one operation of the journal."""
        match op.what:
            case "create" | "mkdir":
                parent, name = self._parent(op.path)
                parent.change((name, _Inode() if op.what == "create" else _Folder()))
            case "unlink" | "rmdir":
                parent, name = self._parent(op.path)
                parent.change((name, None))
            case "rename":
                parent, name = self._parent(op.path)
                other, to = self._parent(op.to)
                assert parent is other, "a rename within one folder is whole; others are not made"
                parent.change((name, None), (to, parent.now[name]))
            case "write" | "truncate":
                inode = self._at(op.path)
                assert isinstance(inode, _Inode)
                inode.pending.append(op)
            case "sync":
                self._at(op.path).sync()

    def lose_power(self, chance: random.Random, folder: Path) -> None:
        """Write what is left into a folder that is not there yet."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._root.lose(chance, folder)


def folders_of(folder: Path) -> list[str]:
    """List a case's folders, relative to it."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()]


def left_after(base: Tree, folders: Sequence[str], done: Sequence[Op]) -> Medium:
    """Give the medium after these operations, the power still on."""
    medium = Medium(base, folders)
    for op in done:
        medium.take(op)
    return medium
