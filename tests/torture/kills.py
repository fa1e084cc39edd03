"""Kill real processes while they write, at counted operations and at random moments, and look at what is left.

Run as ``python -m tests.torture.kills --kills 1000``; the seed is printed, and ``--seed`` repeats a run. Children
are forked from this process, which has no threads; the loopback server is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.capture_kit import Asked, Server
from tests.torture import checks, scenes
from tests.torture.layer import Fate, Layer, Op
from tests.torture.scenes import Ack, Scene, Stage

SLOWEST_S = 60.0
_LOST = 70
"""The exit code of a child that failed by itself."""


BESIDE = ("append", "give", "keep", "record", "seal")
"""Scenes that nobody else's work may disturb: they go on beside one that is killed."""


class Killing(Fate):
    """Kills this process at the k-th operation (0: never); of a write, a part is done first."""

    def __init__(self, at: int, part: float) -> None:
        self.at = at
        self.part = part

    def before(self, op: Op) -> None:
        if op.number == self.at and op.what != "write":
            os.kill(os.getpid(), signal.SIGKILL)

    def taken(self, op: Op) -> int:
        return max(1, int(len(op.data) * self.part)) if op.number == self.at else len(op.data)

    def after(self, op: Op) -> None:
        if op.number >= self.at > 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Death:
    """How a child died, and what it had acknowledged. ``killed`` is false where it was done before."""

    def __init__(self, acks: list[Ack], status: int) -> None:
        self.acks = acks
        self.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        self.done = next((ack.number for ack in acks if ack.kind == "done"), 0)
        if not self.killed and os.waitstatus_to_exitcode(status) != 0:
            raise AssertionError("the child failed by itself: see its traceback above")


def run(stage: Stage, scene: Scene, *, at: int = 0, part: float = 0.5, after_s: float | None = None) -> Death:
    """Fork a child that plays a scene; it dies at operation ``at``, or is killed after so many seconds."""
    return end(start(stage, scene, at=at, part=part), after_s)


def start(stage: Stage, scene: Scene, *, at: int = 0, part: float = 0.5) -> tuple[int, int]:
    """Fork a child that plays a scene; give its id and where it acknowledges."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _play(stage, scene, Killing(at, part), writer)
    os.close(writer)
    return child, reader


def end(begun: tuple[int, int], after_s: float | None = None) -> Death:
    """Hear a child to its end, which comes after so many seconds at the latest."""
    child, reader = begun
    said = _listen(reader, child, after_s)
    _, status = os.waitpid(child, 0)
    return Death(scenes.told(said), status)


def _play(stage: Stage, scene: Scene, fate: Fate, writer: int) -> None:
    """Be the child: play, acknowledge, and leave without any clean-up of the parent's."""
    code = _LOST
    tell, leave = os.write, os._exit
    try:
        mine = stage.at(stage.folder, lambda ack: _tell(tell, writer, ack))
        with Layer(stage.folder, fate) as layer:
            scene(mine)
        mine.say(Ack(kind="done", number=layer.count))
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child must not return into the parent's stack
        traceback.print_exc()
    finally:
        leave(code)


def _tell(write: Callable[[int, bytes], int], fd: int, ack: Ack) -> None:
    write(fd, scenes.encode(ack) + b"\n")


def _listen(reader: int, child: int, after_s: float | None) -> list[bytes]:
    """Read acknowledgements until the child is gone; kill it when its time has come."""
    ends = time.monotonic() + (SLOWEST_S if after_s is None else after_s)
    data, killed = b"", False
    while True:
        left = 1.0 if killed else ends - time.monotonic()
        ready, _, _ = select.select([reader], [], [], max(0.0, left))
        if ready:
            block = os.read(reader, 1 << 16)
            if not block:
                break
            data += block
        elif not killed:
            os.kill(child, signal.SIGKILL)
            killed = True
    os.close(reader)
    return data.splitlines(keepends=True)


# --- the campaign -----------------------------------------------------------------------------------


def _serve(tell: int) -> None:
    """Be the loopback server until killed; tell its address first."""

    def answer(asked: Asked) -> None:
        asked.reply(200, asked.path.encode() * 400, Content_Type="application/json")

    paths = [f"/{name}/{turn}" for name in range(scenes.THREADS) for turn in range(scenes.FETCHES)]
    with Server(dict.fromkeys(paths, answer)) as server:
        os.write(tell, server.url("").encode() + b"\n")
        signal.pause()


def serving() -> tuple[int, str]:
    """Start the server in a process of its own; give its id and address."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _serve(writer)
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as said:  # noqa: PTH123 - a descriptor, no path
        return child, said.readline().decode().strip()


class Campaign:
    """So many kills, drawn from a seed; what they hit is counted."""

    def __init__(self, home: Path, seed: int, url: str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - picks moments
        self.home = home
        self.stage = scenes.prepare(home / "town", url)
        self.scenes = {**scenes.ALL, "record": scenes.record}
        self.steps: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.hits: Counter[str] = Counter()
        self.kills = 0
        self.beside = 0
        self._trials = 0

    def measure(self) -> None:
        """Let every scene play to its end once: how many operations, how long."""
        for name, scene in self.scenes.items():
            stage, acks = self._fresh(name)
            begun = time.monotonic()
            death = run(stage, scene)
            self.seconds[name] = time.monotonic() - begun
            assert death.done, f"{name} plays to its end"
            self.steps[name] = death.done
            checks.recovers(stage, [*acks, *death.acks], {})
            self._away(stage)

    def strike(self) -> None:
        """Play one scene, kill it, let recovery be killed a few times too, and check what is left."""
        name = self.chance.choice(list(self.scenes))
        stage, acks = self._fresh(name)
        words = f"{name}, "
        beside = self.chance.choice([*BESIDE, "", "", "", ""])
        if beside:
            words += f"beside {beside}, "
            other = start(stage, self.scenes[beside])
        self._kill(stage, name, acks)
        if beside:
            survivor = end(other)
            assert survivor.done, f"{beside} ends, whoever dies beside it"
            acks += survivor.acks
            self.beside += 1
        left = checks.tree(stage.folder)
        while self.chance.random() < 0.3:
            words += "recovery, "
            self._kill(stage, "recover", acks)
            left |= {path: data for path, data in checks.tree(stage.folder).items() if path not in left}
        try:
            checks.recovers(stage, acks, left)
        except Exception as error:
            error.add_note(f"kill {self.kills} ({words}trial {self._trials}), left in {stage.folder}")
            raise
        self._away(stage)

    def _kill(self, stage: Stage, name: str, acks: list[Ack]) -> None:
        scene = self.scenes[name]
        if self.chance.random() < 0.6:
            at = self.chance.randint(1, self.steps[name])
            death = run(stage, scene, at=at, part=self.chance.random())
        else:
            death = run(stage, scene, after_s=self.chance.random() * self.seconds[name])
        acks += death.acks
        self.kills += death.killed
        self.hits[name] += death.killed

    def _fresh(self, name: str) -> tuple[Stage, list[Ack]]:
        self._trials += 1
        home = self.home / f"{self._trials:05d}"
        home.mkdir()
        acks: list[Ack] = []
        stage = self.stage.at(scenes.copied(self.stage.folder, home), acks.append)
        if name == "recover":
            scenes.wreck(stage)
        return stage, acks

    def _away(self, stage: Stage) -> None:
        shutil.rmtree(stage.folder.parent)


def campaign(home: Path, kills: int, seed: int) -> Campaign:
    """Kill until there were so many kills; raise AssertionError at the first promise that is broken."""
    server, url = serving()
    try:
        found = Campaign(home, seed, url)
        found.measure()
        while found.kills < kills:
            found.strike()
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    return found


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill writers of case files, and look at what is left.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    return parser.parse_args()


def main() -> None:
    """Print the seed first, then the figures as one line of JSON; a broken promise keeps the folder."""
    words = _words()
    print(f"seed {words.seed}", flush=True)  # noqa: T201 - what this command is for
    begun = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="torture-"))
    found = campaign(home, words.kills, words.seed)
    shutil.rmtree(home)
    took = round(time.monotonic() - begun, 1)
    figures = {
        "kills": found.kills,
        "beside": found.beside,
        "seconds": took,
        "at": dict(found.hits),
        "operations": found.steps,
    }
    print(json.dumps(figures), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
