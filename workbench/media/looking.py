"""Asking the child: one that is started when first needed, limited in time, and started again when it is lost."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from queue import LifoQueue
from threading import Lock
from types import TracebackType
from typing import Final, Self

import msgspec

from workbench.errors import StorageError
from workbench.media import facts, kinds
from workbench.media.facts import LIMITS, Answer, Job, Limits, Look, Problem

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What of the environment a decoder may see: no keys, no agent, no tokens."""
_THREADS: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_BLOCK: Final = 1 << 20
_MOST_WORKERS: Final = 4


class _Lost(Exception):  # noqa: N818 - what became of the child
    """The child gave no answer; ``timed`` where it was still at work."""

    def __init__(self, why: str, *, timed: bool = False) -> None:
        super().__init__(why)
        self.why, self.timed = why, timed


class Worker:
    """One child; not for two threads at once."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._ending: weakref.finalize[..., Worker] | None = None
        self._answers = msgspec.msgpack.Decoder(Answer)
        self._stopped = False

    def ask(self, job: Job) -> Answer:
        """Have one file looked at; a child that crashes or takes too long gives an answer that says so.

        A crash is tried once more in a fresh child, so that no file suffers for the one before it. Raises
        StorageError where no child can be started: that is nothing about the file.
        """
        for attempt in (1, 2):
            try:
                return self._asked(job)
            except _Lost as lost:
                self.close()
                if lost.timed or self._stopped or attempt == 2:
                    return _unread(job, lost.why)
        raise AssertionError  # the loop has returned

    def _asked(self, job: Job) -> Answer:
        process = self._process or self._start()
        data = facts.encode(job)
        try:
            if process.stdin is not None:
                process.stdin.write(len(data).to_bytes(4, "big") + data)
                process.stdin.flush()
        except OSError as error:
            raise _Lost(self._end(process)) from error
        picture = job.media_type in kinds.PICTURES
        seconds = self._limits.picture_seconds if picture else self._limits.film_seconds
        return self._answer(process, seconds)

    def _read(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        """Read one message; raise _Lost where it does not come whole and in time."""
        data, until = b"", time.monotonic() + seconds
        fd = process.stdout.fileno() if process.stdout is not None else -1
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            if len(data) > self._limits.answer:
                raise _Lost("an answer longer than it may be", timed=True)
            if not select.select([fd], [], [], max(0.0, until - time.monotonic()))[0]:
                raise _Lost(f"no answer within {seconds:g} s", timed=True)
            # No more than the message: while a child starts, its first answer may be close behind.
            wanted = 4 - len(data) if len(data) < 4 else 4 + int.from_bytes(data[:4], "big") - len(data)
            block = os.read(fd, min(_BLOCK, wanted))
            if not block:
                raise _Lost(self._end(process))
            data += block
        return data[4:]

    def _answer(self, process: subprocess.Popen[bytes], seconds: float) -> Answer:
        data = self._read(process, seconds)
        try:
            return self._answers.decode(data)
        except msgspec.DecodeError as error:
            raise _Lost("an answer that cannot be read") from error

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a child and wait until it is ready; one that does not start is no file's fault, and raises."""
        path = os.pathsep.join(each for each in sys.path if each)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-B", "-m", "workbench.media.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**kept, **_THREADS, "PYTHONPATH": path},
            )
        except OSError as error:
            raise _unstarted(str(error.strerror)) from error
        self._process = process
        self._ending = weakref.finalize(self, _stop, process)
        try:
            self._read(process, self._limits.start_seconds)
        except _Lost as lost:
            self.close()
            if self._stopped:
                raise
            raise _unstarted(lost.why) from lost
        return process

    def stop(self) -> None:
        """End the child though another thread may wait for its answer: that thread is told so."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> str:
        code = process.wait()
        return f"the decoder was ended by signal {-code}" if code < 0 else f"the decoder ended with {code}"

    def close(self) -> None:
        """End the child, where there is one; the next question starts another."""
        if self._ending is not None:
            self._ending()
        self._process = self._ending = None


def _unstarted(why: str) -> StorageError:
    return StorageError(
        "pictures and films cannot be looked at: the decoder does not start",
        expected="python -m workbench.media.child",
        found=why,
        todo="see that the installation is whole and that there is memory; then run the same command again",
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait()


def _unread(job: Job, why: str) -> Answer:
    expected = f"{job.media_type} that a decoder comes through"
    problem = Problem(kind="refused", field="file", expected=expected, found=why)
    return Answer(look=Look(problems=(problem,)))


class Budget:
    """The time that the slow files of one source may take together, so that many of them cannot hold up a case."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._left = limits.slow_seconds
        self._lock = Lock()

    def left(self) -> bool:
        """Say whether there is time for one more slow file."""
        return self._left > 0

    def spend(self, job: Job, seconds: float) -> None:
        """Take off what a file took beyond what is fair for its kind."""
        fair = self._limits.picture_fair if job.media_type in kinds.PICTURES else self._limits.film_fair
        with self._lock:
            self._left -= max(0.0, seconds - fair)

    def refused(self) -> Answer:
        """Give the answer for a file that is not looked at any more."""
        expected = f"at most {self._limits.slow_seconds:g} s for the slow files of one source"
        problem = Problem(
            kind="refused", field="file", expected=expected, found="not looked at: that time is used up"
        )
        return Answer(
            look=Look(problems=(problem,), notes=("not looked at: the time for its source is used up",))
        )


class Pool:
    """A few workers side by side; none is started before a file needs it. A context that ends them."""

    def __init__(self, limits: Limits = LIMITS, workers: int = 0) -> None:
        self.workers = workers or min(_MOST_WORKERS, os.cpu_count() or 1)
        self._limits = limits
        self._threads: ThreadPoolExecutor | None = None
        # The last to be done is the first to be asked again: where files are few, few children start.
        self._free: LifoQueue[Worker] = LifoQueue()
        self._all: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, job: Job, budget: Budget | None = None) -> Future[Answer]:
        """Have a file looked at, beside what else goes on, unless its source has used up its time."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="media")
            self._all = [Worker(self._limits) for _ in range(self.workers)]
            for worker in self._all:
                self._free.put(worker)
        return self._threads.submit(self._ask, job, budget or Budget(self._limits))

    def _ask(self, job: Job, budget: Budget) -> Answer:
        worker = self._free.get()
        try:
            if not budget.left():
                return budget.refused()
            begun = time.monotonic()
            answer = worker.ask(job)
            budget.spend(job, time.monotonic() - begun)
            return answer
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """Drop what nobody waits for any more, and end the children."""
        for worker in self._all:
            worker.stop()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            worker.close()
        self._threads, self._all, self._free = None, [], LifoQueue()
