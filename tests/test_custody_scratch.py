"""What is written aside goes, also where its process was killed; what somebody works in stays."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from workbench.custody import scratch
from workbench.custody.scratch import Scratch

PREFIX = "wb-tried-"
WORKS = f"""
import sys
from workbench.custody.scratch import Scratch
with Scratch({PREFIX!r}) as made:
    (made.path / "captured").write_text("words")
    print(made.path, flush=True)
    sys.stdin.read()
"""
posix = pytest.mark.skipif(os.name != "posix", reason="locks between processes are kept so on POSIX only")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_is_private_and_gone_afterwards(place: Path) -> None:
    with Scratch(PREFIX) as made:
        assert made.path.parent.parent == place
        assert list(made.path.iterdir()) == []
        assert os.name != "posix" or made.path.parent.stat().st_mode & 0o777 == 0o700
        (made.path / "captured").write_text("words")
    assert list(place.iterdir()) == []
    made.cleanup()


@posix
def test_what_a_killed_process_left_is_swept_and_what_is_worked_in_is_not(place: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", WORKS], **pipes) as other:  # type: ignore[call-overload]
        left = Path(other.stdout.readline().strip())
        with Scratch(PREFIX) as mine:
            assert (left / "captured").is_file()
            scratch.sweep(PREFIX)
            assert mine.path.is_dir()
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert (left / "captured").is_file()
        scratch.sweep("wb-else-")
        assert left.is_dir()
        with Scratch(PREFIX):
            assert not left.exists()
    assert list(place.iterdir()) == []


@posix
def test_a_link_is_not_followed_and_what_bears_no_lock_stays_a_day(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    others = tmp_path_factory.mktemp("others")
    (others / "kept").write_text("words")
    (others / ".held").touch()
    (place / f"{PREFIX}link").symlink_to(others)
    young, old = place / f"{PREFIX}young", place / f"{PREFIX}old"
    for each in (young, old):
        each.mkdir()
    os.utime(old, (time.time() - 100_000,) * 2)
    scratch.sweep(PREFIX)
    assert (others / "kept").is_file()
    assert young.is_dir()
    assert not old.exists()


@posix
def test_a_folder_swept_before_it_was_held_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    take = scratch._take
    swept: list[Path] = []

    def late(folder: Path, *, make: bool) -> int | None:
        if make and not swept:
            swept.append(folder)
            folder.rmdir()
        return take(folder, make=make)

    monkeypatch.setattr(scratch, "_take", late)
    with Scratch(PREFIX) as made:
        assert made.path.is_dir()
        assert made.path.parent not in swept


@posix
@pytest.mark.parametrize("done", [True, False])
def test_a_folder_swept_in_the_moment_before_it_was_locked_is_made_again(
    monkeypatch: pytest.MonkeyPatch, place: Path, *, done: bool
) -> None:
    fcntl = importlib.import_module("fcntl")

    lock = fcntl.flock
    others: list[int] = []

    def between(held: int, how: int) -> None:
        if not others:
            (folder,) = place.iterdir()
            others.append(os.open(folder / ".held", os.O_RDWR))
            lock(others[0], fcntl.LOCK_EX)
            if done:
                shutil.rmtree(folder)
                os.close(others[0])
        lock(held, how)

    monkeypatch.setattr(fcntl, "flock", between)
    with Scratch(PREFIX) as made:
        if not done:
            (swept,) = {*place.iterdir()} - {made.path.parent}
            shutil.rmtree(swept)
            os.close(others[0])
        (made.path / "captured").write_text("words")
    assert list(place.iterdir()) == []


@posix
def test_many_at_once_do_not_sweep_each_other(place: Path) -> None:
    work = f"""
from workbench.custody.scratch import Scratch
for _ in range(200):
    with Scratch({PREFIX!r}) as made:
        (made.path / "captured").write_text("words")
"""
    others = [subprocess.Popen([sys.executable, "-c", work]) for _ in range(4)]
    assert [other.wait() for other in others] == [0, 0, 0, 0]
    assert list(place.iterdir()) == []
