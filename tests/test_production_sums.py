"""SHA256SUMS: what ``sha256sum -c`` reads, in one order, and its own hash."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from workbench.errors import StorageError
from workbench.production import sums


def test_the_list_is_checked_by_sha256sum_and_named_by_its_own_hash(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(b"b" * 3_000_000)
    (tmp_path / "a.txt").write_bytes(b"")
    told = sums.write(tmp_path, ["b.csv", "a.txt"])
    data = (tmp_path / sums.NAME).read_bytes()
    assert told == hashlib.sha256(data).hexdigest()
    assert [line.split("  ")[1] for line in data.decode().splitlines()] == ["a.txt", "b.csv"]
    assert hashlib.sha256(b"").hexdigest() in data.decode()
    if program := shutil.which("sha256sum"):
        subprocess.run([program, "-c", "--strict", sums.NAME], cwd=tmp_path, check=True, capture_output=True)


def test_nothing_is_written_over_and_no_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(StorageError):
        sums.write(tmp_path, ["a", "missing"])
    assert not (tmp_path / sums.NAME).exists()
    sums.write(tmp_path, ["a"])
    with pytest.raises(StorageError):
        sums.write(tmp_path, ["a"])
