"""Spreading jobs over processes: this one and child interpreters of the same checker.

Children are started as ``python -P -m workbench.custody.verify.work`` and speak msgpack on their pipes; what would
be too much for these goes into files without a name (``aside``). Nothing of the caller's main module is imported
again (a notebook or a script without a guard stays safe), nothing is forked, and ``-P`` keeps a hostile working
folder out of the import path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import msgspec

from workbench.custody.verify import chain, evidence
from workbench.custody.verify.aside import Aside
from workbench.custody.verify.stretches import Stretch
from workbench.errors import WorkbenchError

WORTHWHILE: Final = 24 << 20
"""Bytes below which starting a second process costs more than it saves."""


_decode: Final = msgspec.msgpack.Decoder(chain.Walked).decode


class Share(msgspec.Struct):
    """What one process does: stretches of the log, or files of evidence.

    Of a child, ``out`` and ``asides`` are the descriptors of what it sets aside and of what was set aside before.
    """

    folder: str
    audit: bool = False
    records: bool = True
    marks: list[int] = []
    keep: list[str] = []
    stretches: list[Stretch] = []
    files: list[evidence.FileJob] = []
    out: int = -1
    asides: list[int] = []


class Done(msgspec.Struct):
    """What came of a share, in its order; ``walked`` is set aside, since there may be many stretches."""

    walked: list[tuple[int, int]]
    files: list[evidence.FileDone]

    def stretches(self, aside: Aside) -> Iterator[chain.Walked]:
        """Give what the stretches hold, one by one, from where it was set aside."""
        for place, size in self.walked:
            yield _decode(aside.read(place, size))


def do(share: Share, out: Aside, asides: Sequence[Aside]) -> Done:
    """Do a share in this process: lines of the log go into ``out``, slices of evidence come from ``asides``."""
    folder = Path(share.folder)
    options: dict[str, Any] = {"audit": share.audit, "marks": share.marks, "keep": share.keep, "aside": out}
    return Done(
        walked=[_put(out, chain.Walker(each, **options).walk(folder)) for each in share.stretches],
        files=[evidence.check(folder, each, asides, records=share.records) for each in share.files],
    )


def _put(out: Aside, walked: chain.Walked) -> tuple[int, int]:
    data = msgspec.msgpack.encode(walked)
    return out.add(data), len(data)


def spread(shares: Sequence[Share], asides: Sequence[Aside] = ()) -> list[tuple[Done, Aside]]:
    """Do the first share here and each other one in a child; give the answers in order, and what each set aside.

    Where all there is to do is hash whole files, threads do: hashing lets go of the interpreter's lock, and no
    second interpreter has to start. Raises StorageError where there is no room for what is set aside.
    """
    if len(shares) > 1 and all(_only_hashes(share) for share in shares):
        outs = [Aside() for _ in shares]
        with ThreadPoolExecutor(len(shares)) as pool:
            return list(zip(pool.map(do, shares, outs, repeat(asides)), outs, strict=True))
    children = [_start(share, asides) for share in shares[1:]]
    first = Aside()
    try:
        done = [(do(shares[0], first, asides), first)]
    except WorkbenchError:
        for child in filter(None, children):
            child.process.kill()
            _said(child.process)
        raise
    for each, share in zip(children, shares[1:], strict=True):
        done.append(_answer(each, share, asides))
    return done


def _only_hashes(share: Share) -> bool:
    return not share.stretches and all(job.kind != "warc" for job in share.files)


class _Child(msgspec.Struct):
    """A child at work, and what it sets aside."""

    process: subprocess.Popen[bytes]
    out: Aside


def _start(share: Share, asides: Sequence[Aside]) -> _Child | None:
    path = os.pathsep.join(each for each in sys.path if each)
    out = Aside()
    share.out, share.asides = out.settle(), [each.settle() for each in asides]
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.custody.verify.work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            pass_fds=[share.out, *share.asides],
        )
    except OSError:
        return None
    try:
        if process.stdin is not None:
            process.stdin.write(msgspec.msgpack.encode(share))
            process.stdin.close()
    except OSError:
        process.kill()
    return _Child(process, out)


def _answer(child: _Child | None, share: Share, asides: Sequence[Aside]) -> tuple[Done, Aside]:
    """Read a child's answer; where it has none (killed, not started), do its share here."""
    data = _said(child.process) if child is not None else b""
    try:
        if child is not None and data:
            return msgspec.msgpack.decode(data, type=Done), child.out.grown()
    except msgspec.DecodeError:
        pass
    out = Aside()
    return do(share, out, asides), out


def _said(process: subprocess.Popen[bytes]) -> bytes:
    if process.stdout is None:
        return b""
    with process.stdout as pipe:
        data = pipe.read()
    return data if process.wait() == 0 else b""


def main() -> None:
    """Serve one share: read it from standard input, write the answer to standard output."""
    share = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Share)
    out = Aside(share.out)
    done = do(share, out, [Aside(fd) for fd in share.asides])
    out.settle()
    sys.stdout.buffer.write(msgspec.msgpack.encode(done))


if __name__ == "__main__":
    main()
