"""Spreading jobs over processes: this one and child interpreters of the same checker.

Children are started as ``python -P -m workbench.custody.verify.work`` and speak msgpack on their
pipes. Nothing of the caller's main module is imported again (a notebook or a script without a guard
stays safe), nothing is forked, and ``-P`` keeps a hostile working folder out of the import path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from workbench.custody.verify import chain, evidence
from workbench.custody.verify.stretches import Stretch

WORTHWHILE: Final = 24 << 20
"""Bytes below which starting a second process costs more than it saves."""


class Share(msgspec.Struct):
    """What one process does: stretches of the log, or files of evidence."""

    folder: str
    audit: bool = False
    records: bool = True
    marks: list[int] = []
    keep: list[str] = []
    stretches: list[Stretch] = []
    files: list[evidence.FileJob] = []


class Done(msgspec.Struct):
    """What came of a share, in its order."""

    walked: list[chain.Walked]
    files: list[evidence.FileDone]


def do(share: Share) -> Done:
    """Do a share in this process."""
    folder = Path(share.folder)
    return Done(
        walked=[
            chain.Walker(each, audit=share.audit, marks=share.marks, keep=share.keep).walk(folder)
            for each in share.stretches
        ],
        files=[evidence.check(folder, each, records=share.records) for each in share.files],
    )


def spread(shares: Sequence[Share]) -> list[Done]:
    """Do the first share here and each other one in a child; give the answers in order.

    Where all there is to do is hash whole files, threads do: hashing lets go of the interpreter's lock, and no
    second interpreter has to start.
    """
    if len(shares) > 1 and all(_only_hashes(share) for share in shares):
        with ThreadPoolExecutor(len(shares)) as pool:
            return list(pool.map(do, shares))
    children = [_start(share) for share in shares[1:]]
    done = [do(shares[0])]
    for child, share in zip(children, shares[1:], strict=True):
        done.append(_answer(child, share))
    return done


def _only_hashes(share: Share) -> bool:
    return not share.stretches and all(job.kind != "warc" for job in share.files)


def _start(share: Share) -> subprocess.Popen[bytes] | None:
    path = os.pathsep.join(each for each in sys.path if each)
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.custody.verify.work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    except OSError:
        return None
    try:
        if child.stdin is not None:
            child.stdin.write(msgspec.msgpack.encode(share))
            child.stdin.close()
    except OSError:
        child.kill()
    return child


def _answer(child: subprocess.Popen[bytes] | None, share: Share) -> Done:
    """Read a child's answer; where it has none (killed, not started), do its share here."""
    if child is None or child.stdout is None:
        return do(share)
    with child.stdout as pipe:
        data = pipe.read()
    if child.wait() != 0:
        return do(share)
    try:
        return msgspec.msgpack.decode(data, type=Done)
    except msgspec.DecodeError:
        return do(share)


def main() -> None:
    """Serve one share: read it from standard input, write the answer to standard output."""
    share = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Share)
    sys.stdout.buffer.write(msgspec.msgpack.encode(do(share)))


if __name__ == "__main__":
    main()
