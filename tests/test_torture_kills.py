from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture import checks, scenes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
KILLS = 100


def test_a_hundred_kills_lose_nothing_acknowledged() -> None:
    words = [sys.executable, "-m", "tests.torture.kills", "--kills", str(KILLS)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    # The first line is the seed: with it the same draws are made again.
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["kills"] >= KILLS
    assert set(figures["at"]) == {*scenes.ALL, "record"}, "every scene was hit"


# --- that the checks would notice -------------------------------------------------------------------


def _opened(tmp_path: Path) -> tuple[scenes.Stage, list[scenes.Ack]]:
    acks: list[scenes.Ack] = []
    town = scenes.prepare(tmp_path)
    stage = town.at(town.folder, acks.append)
    scenes.append(stage)
    return stage, acks


def test_a_line_that_was_acknowledged_and_is_gone_is_noticed(tmp_path: Path) -> None:
    stage, acks = _opened(tmp_path)
    path = stage.folder / "log/000001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises((AssertionError, IndexError)):
        checks.recovers(stage, acks, {})


def test_bytes_that_are_nowhere_any_more_are_noticed(tmp_path: Path) -> None:
    stage, acks = _opened(tmp_path)
    left = checks.tree(stage.folder) | {"warc/0003-mastodon.warc.gz": b"a tail"}
    with pytest.raises(AssertionError, match="dropped"):
        checks.recovers(stage, acks, left)
