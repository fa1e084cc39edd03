from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.torture import checks, power, scenes
from tests.torture.layer import Layer, Noting, Op
from tests.torture.scenes import Ack, Scene, Stage

pytestmark = pytest.mark.slow

DRAWS = 1
SEED = 417


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A case that has seen everything once; each trial gets a copy."""
    return scenes.prepare(tmp_path_factory.mktemp("town"))


class _Played:
    """A scene played to its end, with its journal; the power can be cut after any of its operations."""

    def __init__(self, stage: Stage, scene: Scene, earlier: Sequence[Ack] = ()) -> None:
        self.base = checks.tree(stage.folder)
        self.folders = power.folders_of(stage.folder)
        self.said: list[tuple[int, Ack]] = [(0, ack) for ack in earlier]
        note = Noting()
        with Layer(stage.folder, note):
            scene(stage.at(stage.folder, lambda ack: self.said.append((len(note.ops), ack))))
        self.ops = [op for op in note.ops if not op.path.startswith("locks")]
        # Counted without the locks: what was said lies between the same operations.
        places = [index for index, op in enumerate(note.ops) if not op.path.startswith("locks")]
        self.said = [(sum(place < at for place in places), ack) for at, ack in self.said]

    def cut(self, after: int, chance: random.Random, folder: Path) -> list[Ack]:
        """Rebuild the folder as a disk may hold it, and give what had been acknowledged by then."""
        power.left_after(self.base, self.folders, self.ops[:after]).lose_power(chance, folder)
        return [ack for at, ack in self.said if at <= after]


def _played(town: Stage, home: Path, name: str) -> tuple[Stage, _Played]:
    home.mkdir()
    acks: list[Ack] = []
    stage = town.at(scenes.copied(town.folder, home), acks.append)
    if name == "recover":
        scenes.wreck(stage)
    return stage, _Played(stage, scenes.ALL[name], acks)


@pytest.mark.parametrize("name", scenes.ALL)
def test_without_power_after_any_operation_nothing_acknowledged_is_lost(
    town: Stage, tmp_path: Path, name: str
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - draws what a disk kept
    stage, played = _played(town, tmp_path / "played", name)
    for after in range(len(played.ops) + 1):
        for draw in range(DRAWS):
            folder = tmp_path / f"{after}-{draw}" / stage.folder.name
            acks = played.cut(after, chance, folder)
            checks.recovers(stage.at(folder, acks.append), acks, checks.tree(folder))
            shutil.rmtree(folder.parent)


def test_without_power_during_recovery_the_next_one_goes_on(town: Stage, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311
    for turn in range(40):
        name = chance.choice(list(scenes.ALL))
        _, played = _played(town, tmp_path / f"{turn}", name)
        folder = tmp_path / f"{turn}-first" / town.folder.name
        acks = played.cut(chance.randrange(len(played.ops) + 1), chance, folder)
        again = _Played(town.at(folder, acks.append), scenes.recover, acks)
        last = tmp_path / f"{turn}-last" / town.folder.name
        acks = again.cut(chance.randrange(len(again.ops) + 1), chance, last)
        checks.recovers(town.at(last, acks.append), acks, checks.tree(last))


# --- that the layer itself forgets ------------------------------------------------------------------


def _op(number: int, what: str, path: str, **rest: object) -> Op:
    return Op(number=number, what=what, path=path, **rest)  # type: ignore[arg-type]


_STEPS = [
    _op(1, "mkdir", "a"),
    _op(2, "create", "a/file"),
    _op(3, "write", "a/file", data=b"x" * 3000),
    _op(4, "sync", "a/file"),
    _op(5, "sync", "a"),
    _op(6, "sync", "."),
    _op(7, "write", "a/file", data=b"y" * 3000, at=3000),
]


def _found(steps: Sequence[Op], tmp_path: Path) -> set[bytes | None]:
    chance, found = random.Random(SEED), set()  # noqa: S311
    for draw in range(60):
        folder = tmp_path / str(draw)
        power.left_after({}, [], steps).lose_power(chance, folder)
        path = folder / "a/file"
        found.add(path.read_bytes() if path.exists() else None)
    return found


def test_what_was_synced_is_there_and_what_was_not_may_be_torn(tmp_path: Path) -> None:
    found = _found(_STEPS, tmp_path)
    assert all(data is not None and data.startswith(b"x" * 3000) for data in found)
    assert {b"x" * 3000, b"x" * 3000 + b"y" * 3000} < found
    assert any(data and b"\0y" in data for data in found), "a hole before what came through"


@pytest.mark.parametrize("missing", [4, 5, 6])
def test_each_sync_matters(tmp_path: Path, missing: int) -> None:
    steps = [op for op in _STEPS[:6] if op.number != missing]
    found = _found(steps, tmp_path)
    assert found != {b"x" * 3000}, f"without operation {missing} something may be lost"
    assert _found(_STEPS[:6], tmp_path / "whole") == {b"x" * 3000}
