from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from workbench.custody import disk
from workbench.errors import StorageError


def test_every_byte_is_written_however_few_the_system_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:3]))
    disk.write_new(tmp_path / "a" / "file", b"0123456789")
    assert (tmp_path / "a" / "file").read_bytes() == b"0123456789"


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "file"
    disk.write_new(path, b"first")
    with pytest.raises(StorageError, match="exists"):
        disk.write_new(path, b"second")
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize(
    ("code", "advice"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "read-only"), (errno.EIO, "failing")],
)
def test_what_the_disk_refuses_is_said_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, advice: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError) as caught:
        disk.write_new(tmp_path / "file", b"x")
    assert advice in caught.value.todo
    assert caught.value.where == str(tmp_path / "file")
    monkeypatch.undo()
    assert not (tmp_path / "file").exists()
    disk.write_new(tmp_path / "file", b"x")


def test_the_name_of_every_folder_made_is_synced_in_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(disk, "sync_folder", synced.append)
    disk.make_folder(tmp_path / "a/b/c")
    assert (tmp_path / "a/b/c").is_dir()
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a/b"]
    disk.make_folder(tmp_path / "a/b/c")
    assert len(synced) == 3, "an existing folder costs nothing"


def test_a_cut_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, sizes = tmp_path / "file", []
    path.write_bytes(b"0123456789")
    monkeypatch.setattr(os, "fsync", lambda fd: sizes.append(os.fstat(fd).st_size))
    disk.cut(path, 4)
    assert path.read_bytes() == b"0123"
    assert sizes == [4]


def test_private_files_are_for_their_owner(tmp_path: Path) -> None:
    disk.write_new(tmp_path / "file", b"x", private=True)
    assert (tmp_path / "file").stat().st_mode & 0o077 == 0


def test_replacing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    disk.replace(path, b"first")

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse)
        with pytest.raises(StorageError):
            disk.replace(path, b"second")
    assert path.read_bytes() == b"first"
    disk.replace(path, b"third")
    assert path.read_bytes() == b"third"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_copying_tells_hash_and_length() -> None:
    data = os.urandom(3_000_000)
    target = io.BytesIO()
    assert disk.copy_hashed(io.BytesIO(data), target) == (hashlib.sha256(data).hexdigest(), len(data))
    assert target.getvalue() == data


def test_files_are_synced_before_their_folder_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def note(fd: int) -> None:
        link = Path(f"/proc/self/fd/{fd}")
        synced.append(link.readlink().name if link.exists() else "")
        real(fd)

    monkeypatch.setattr(os, "fsync", note)
    disk.write_new(tmp_path / "file", b"x")
    assert len(synced) == 2
    assert synced in (["file", tmp_path.name], ["", ""])
