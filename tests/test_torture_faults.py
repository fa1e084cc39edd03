from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.desk import exchange
from tests.torture import checks, scenes
from tests.torture.layer import Fate, Layer, Op, Refusing, Short
from tests.torture.scenes import Ack, Stage
from workbench.custody import log
from workbench.errors import StorageError
from workbench.records import Result

pytestmark = pytest.mark.slow

ADVICE = {errno.ENOSPC: "free some space", errno.EIO: "failing", errno.EROFS: "read-only"}
LOCKS = "locks"
"""The only folder where a refusal may go unnoticed: filelock takes it for a lock that somebody holds."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A case that has seen everything once; each trial gets a copy."""
    return scenes.prepare(tmp_path_factory.mktemp("town"))


def _trial(town: Stage, home: Path, name: str) -> tuple[Stage, list[Ack]]:
    home.mkdir()
    acks: list[Ack] = []
    stage = town.at(scenes.copied(town.folder, home), acks.append)
    if name == "recover":
        scenes.wreck(stage)
    return stage, acks


def _refused(stage: Stage, name: str, fate: Refusing) -> StorageError | None:
    try:
        with Layer(stage.folder, fate):
            scenes.ALL[name](stage)
    except StorageError as error:
        return error
    return None


@pytest.mark.parametrize("name", scenes.ALL)
@pytest.mark.parametrize(("code", "lasting"), [(errno.ENOSPC, True), (errno.EIO, False), (errno.EROFS, True)])
def test_refused_at_every_operation_the_work_stops_clearly_and_the_case_is_sound(
    town: Stage, tmp_path: Path, name: str, code: int, *, lasting: bool
) -> None:
    at, struck = 0, True
    while struck:
        at += 1
        stage, acks = _trial(town, tmp_path / str(at), name)
        fate = Refusing(code, at, lasting=lasting)
        said = _refused(stage, name, fate)
        struck = fate.struck
        if said is not None:
            assert said.lines()[0] == f"the disk refused: {os.strerror(code)}"
            assert ADVICE[code] in said.lines()[-1]
            assert len(said.lines()) <= 4
        else:
            # On a read-only medium looking leaves no trace, and ``audit`` says so by its answer.
            told = fate.hit.startswith(LOCKS) or (name == "act" and code == errno.EROFS)
            assert not struck or told, f"operation {at}, {fate.hit}, was refused unheard"
        checks.recovers(stage, acks, checks.tree(stage.folder))
    assert at > 15, "there was something to refuse"


@pytest.mark.parametrize("name", scenes.ALL)
@pytest.mark.parametrize("most", [1, 37])
def test_a_disk_that_takes_a_few_bytes_at_a_time_gets_them_all(
    town: Stage, tmp_path: Path, name: str, most: int
) -> None:
    stage, acks = _trial(town, tmp_path / name, name)
    left = checks.tree(stage.folder) if name == "recover" else {}
    with Layer(stage.folder, Short(most)) as layer:
        scenes.ALL[name](stage)
    checks.recovers(stage, acks, left)
    assert layer.count > 50, "more operations than whole writes would be"


class _Interrupting(Fate):
    """Interrupts, as a key pressed does, when a write of the log with that many lines has happened."""

    def __init__(self, lines: int) -> None:
        self.lines = lines

    def after(self, op: Op) -> None:
        if op.what == "write" and op.path.startswith("log/") and op.data.count(b"\n") == self.lines:
            raise KeyboardInterrupt


def test_interrupted_between_a_write_and_its_sync_nothing_false_is_said_of_it(
    town: Stage, tmp_path: Path
) -> None:
    stage, acks = _trial(town, tmp_path / "x", "give")
    with pytest.raises(StorageError, match="interrupted") as caught, Layer(stage.folder, _Interrupting(8)):
        scenes.give(stage)
    assert isinstance(caught.value.__context__, KeyboardInterrupt | StorageError)
    case = checks.recovers(stage, acks, checks.tree(stage.folder))
    end = case.history().imports[2].end
    assert end is not None
    assert (end.fields["reason"], end.fields["exhibits"]) == ("interrupted", 8), "the lines stand, and count"


def test_a_full_disk_stops_a_capture_and_what_was_logged_stays(town: Stage, tmp_path: Path) -> None:
    stage, acks = _trial(town, tmp_path / "x", "append")
    fate = Refusing(errno.ENOSPC, 25, lasting=True)
    said = _refused(stage, "append", fate)
    assert said is not None
    assert said.lines() == [
        "the disk refused: No space left on device",
        f"where: {stage.folder}/{fate.hit}",
        "next: free some space, then run the same command again",
    ]
    exhibits = [ack for ack in acks if ack.kind == "exhibit"]
    assert exhibits, "some had been acknowledged"
    end = checks.recovers(stage, acks, checks.tree(stage.folder)).history().captures[2].end
    assert end is not None
    assert (end.fields["verdict"], end.fields["reason"]) == ("partial", "interrupted")


def test_what_dies_in_the_middle_of_a_line_stops_nobody_else(town: Stage, tmp_path: Path) -> None:
    stage, acks = _trial(town, tmp_path / "x", "append")
    case, other = stage.open(), stage.open("1001")
    writer = scenes.begin(stage, case)
    torn = log.segments(stage.folder)[-1]
    with torn.open("ab") as file:
        file.write(b'{"action":"case","act')
    left = checks.tree(stage.folder)
    stored = exchange(b"after")
    stage.say_exhibit(writer.append(stored).number, stored)
    other.refused("expired")
    writer.end(Result(verdict="complete", items=1), requests=1)
    checks.recovers(stage, acks, left)
    moved = [entry for entry in log.entries(stage.folder) if entry.action == "recovered"]
    assert [entry.fields["length"] for entry in moved] == [21]
