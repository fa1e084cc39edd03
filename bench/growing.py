"""Verifying cases of ever more log entries: whether time per entry stays flat and memory bounded.

Run as ``python -m bench.growing``; ``--ten-million`` adds a case of that size, for which about 5 GB must be free.
Cases are made with the case file's own writer and verify without a defect, sealed and signed at every 10,000 lines.
Their shapes (``SHAPES``) are those in which exhibits come: an import of one small file, which every exhibit names as a
whole; a zip archive of as many members, in order or in none; one WARC; many captures. Evidence has as few bytes as can
be, so that the log, its seals and its account are all that costs; a WARC here is of one byte for each exhibit and its
records are not read. What evidence costs is in the section verify. Each figure is a fresh process that does what the
command does, wall-clock and processor time of the act alone, and peak memory (MB is 10^6 bytes) of it and its child.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Generator, Iterator
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import notes

if TYPE_CHECKING:
    from workbench.casefile import CaptureWriter, CaseFile, ImportWriter
    from workbench.department import Session

SIZES = (10_000, 100_000, 1_000_000)
TEN_MILLION = 10_000_000
EACH = 10_000
AT_ONCE = 1_000
BYTES_AN_ENTRY = 500
"""What a line takes on disk, rounded up."""
CASE, OFFICER = "2026-0417", "1001"
FLAT = 1.15
SAME = 1.1
"""How much more memory the largest case may take than the smallest that two processes are worth."""
HEAD = b"head"


def make(folder: Path, count: int, shape: str = "whole") -> None:
    """Make a case with so many log lines and one seal in each 10,000; nothing is synced in between."""
    from tests.desk import Desk
    from workbench.custody import disk

    disk.sync = lambda fd: None  # noqa: ARG005 - the name is a part of its type
    desk = Desk(folder)
    case, session = desk.approved(), desk.sign_in(OFFICER)
    acts, end = SHAPES[shape](folder, case, session, count)
    total, exhibits = _lines(case.folder), 0
    while total < count - 1:
        free = min(AT_ONCE, count - 1 - total, EACH - 1 - total % EACH)
        some = list(takewhile(bool, islice(acts, free)))
        case.log_exhibits(some)
        exhibits, total = exhibits + len(some), total + len(some)
        if total % EACH == EACH - 1 and total < count - 1:
            case.seal(session)
            total += 1
    end(exhibits)
    print(_lines(case.folder))


Acts = Generator[dict[str, object], None, None]
"""Exhibits to log; an empty one has those before it logged first."""
End = Callable[[int], object]


def _imported(case: CaseFile, given: Path, importer: str) -> tuple[ImportWriter, End]:
    from workbench.casefile import Receipt
    from workbench.records import Result

    writer = case.begin_import([(given, given.name)], importer, Receipt(giver="Bea"))
    return writer, lambda exhibits: writer.end(Result(verdict="complete", items=exhibits), exhibits)


def _whole(folder: Path, case: CaseFile, session: Session, count: int) -> tuple[Acts, End]:  # noqa: ARG001
    given = folder / "given.txt"
    given.write_bytes(b"given\n")
    writer, end = _imported(case, given, "file")
    digest = hashlib.sha256(given.read_bytes()).hexdigest()
    act: dict[str, object] = {"import": writer.number, "file": writer.files[0].file, "offset": 0, "length": 6}
    return (act | {"sha256": digest} for _ in range(count)), end


def _members(
    folder: Path,
    case: CaseFile,
    session: Session,  # noqa: ARG001 - all shapes are called alike
    count: int,
    step: int = 1,
) -> tuple[Acts, End]:
    """Make an archive of as many members as there may be exhibits, named in the order of ``step``."""
    given, digests = folder / "given.zip", [hashlib.sha256(_member(b"%d" % n)).hexdigest() for n in range(10)]
    with given.open("wb") as out:
        for number in range(count):
            out.write(_member(b"%d" % (number % 10)))
        for number in range(count):
            out.write(_entry(b"%d" % (number % 10), 32 * number))
        out.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 47 * count, 32 * count, 0))
    writer, end = _imported(case, given, "zip")
    act: dict[str, object] = {"import": writer.number, "file": writer.files[0].file, "length": 32}

    def acts() -> Acts:
        for number in range(count):
            member = number * step % count
            yield act | {"member": member, "offset": 32 * member, "sha256": digests[member % 10]}

    return acts(), end


def _member(data: bytes) -> bytes:
    """Make a stored member of one byte, which is its name too: 32 bytes."""
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(data), 1, 1, 1, 0) + data + data


def _entry(data: bytes, offset: int) -> bytes:
    head = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, zlib.crc32(data), 1, 1, 1, 0, 0, 0, 0, 0, offset
    )
    return head + data


def _shuffled(folder: Path, case: CaseFile, session: Session, count: int) -> tuple[Acts, End]:
    return _members(folder, case, session, count, step=7_919)


def _captured(folder: Path, case: CaseFile, session: Session, count: int, each: int = 0) -> tuple[Acts, End]:  # noqa: ARG001
    """Write one capture, or one for ``each`` so many exhibits, of one byte an exhibit."""
    from tests.desk import TARGET
    from workbench.records import Order, Result

    digest = hashlib.sha256(b"x").hexdigest()

    def begin() -> CaptureWriter:
        return case.begin_capture(Order(target=TARGET), key=session.key, collector="bench 1", head=HEAD)

    def stop(writer: CaptureWriter, exhibits: int) -> None:
        with (case.folder / writer.file).open("ab") as file:
            file.write(b"x" * exhibits)
        writer.end(Result(verdict="complete"), requests=0)

    def acts() -> Acts:
        for writer in iter(begin, None):
            act: dict[str, object] = {"capture": writer.number, "file": writer.file, "length": 1}
            done = 0
            try:
                while done < (each or count):
                    done += 1
                    yield act | {"offset": len(HEAD) + done - 1, "sha256": digest}
                yield {}
            finally:
                stop(writer, done)

    made = acts()
    return made, lambda _: made.close()


SHAPES: dict[str, Callable[..., tuple[Acts, End]]] = {
    "whole": _whole,
    "members": _members,
    "shuffled": _shuffled,
    "capture": _captured,
    "captures": partial(_captured, each=EACH),
}
"""What the exhibits of a case are of."""


def _lines(case: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (case / "log").iterdir())


def verify(folder: Path, count: int) -> None:
    """Verify a case and print seconds, processor seconds, and peak bytes here and in the child, as JSON."""
    from workbench.custody.verify import verify as check

    before, began = os.times(), time.perf_counter()
    report = check(folder / "casefiles" / CASE, records=False)
    told = report.to_text()
    seconds, after = time.perf_counter() - began, os.times()
    assert not report.defects, told
    assert count <= report.counts["lines"] <= 1.01 * count, report.counts
    assert report.counts["seals"] >= (count - 1) // EACH, report.counts
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = [
        resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(json.dumps([seconds, sum(after[:4]) - sum(before[:4]), *peaks]))


def _best(folder: Path, count: int, rounds: int) -> list[float]:
    """Give the least seconds and processor seconds, and the highest peaks, of several fresh processes."""
    said = [json.loads(_played("--verify", folder, count)) for _ in range(rounds)]
    seconds, busy, here, child = zip(*said, strict=True)
    return [min(seconds), min(busy), max(here), max(child)]


def _played(*words: object) -> bytes:
    script = [sys.executable, "-m", "bench.growing", *map(str, words)]
    return subprocess.run(script, check=True, capture_output=True, cwd=notes.ROOT).stdout


def _measured(folder: Path, sizes: list[int], rounds: int, shape: str) -> Iterator[tuple[int, list[float]]]:
    for count in sizes:
        made = folder / f"{shape}-{count}"
        _played("--make", made, count, "--shape", shape)
        yield count, _best(made, count, 1 if count == TEN_MILLION else rounds)
        shutil.rmtree(made)


def _room(folder: Path, count: int) -> None:
    free, wanted = shutil.disk_usage(folder).free, count * BYTES_AN_ENTRY
    if free < 2 * wanted:
        sys.exit(f"{folder}: {free / 1e9:.0f} GB are free, and {2 * wanted / 1e9:.0f} GB are wanted")


def main() -> None:
    """Measure all, or play one part of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--make", nargs=2, metavar=("FOLDER", "COUNT"))
    words.add_argument("--shape", choices=SHAPES, default="whole")
    words.add_argument("--verify", nargs=2, metavar=("FOLDER", "COUNT"))
    words.add_argument("--ten-million", nargs="*", choices=SHAPES, default=[])
    words.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    if given.make:
        make(Path(given.make[0]), int(given.make[1]), given.shape)
    elif given.verify:
        verify(Path(given.verify[0]), int(given.verify[1]))
    else:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
            _room(Path(folder), max(*given.sizes, TEN_MILLION * bool(given.ten_million)))
            found = dict(_all(Path(folder), given))
        notes.put(_section(found, given.rounds))


Found = dict[int, list[float]]


def _all(folder: Path, given: argparse.Namespace) -> Iterator[tuple[str, Found]]:
    for shape in SHAPES:
        sizes = [*given.sizes, *([TEN_MILLION] if shape in given.ten_million else [])]
        yield shape, dict(_measured(folder, sizes, given.rounds, shape))


def _section(found: dict[str, Found], rounds: int) -> str:
    rows = [
        f"| {shape} | {count:,} | {seconds:.2f} | {busy:.2f} | {seconds / count * 1e6:.2f} "
        f"| {busy / count * 1e6:.2f} | {here / 1e6:.1f} | {child / 1e6:.1f} |"
        for shape, sizes in found.items()
        for count, (seconds, busy, here, child) in sizes.items()
    ]
    return "\n".join(
        [
            "## growing",
            "",
            notes.head("python -m bench.growing"),
            f"Cases sealed at every {EACH:,} lines, verified as the command does it: on two processes where they are",
            f"worth it, as from 100,000 lines on; best of {rounds} fresh starts (one at ten million), highest peak.",
            "",
            "| exhibits | log entries | s | processor s | s per 1M | processor s per 1M | peak MB | of the child |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            *_verdicts(found),
            NOTE,
        ]
    )


def _verdicts(found: dict[str, Found]) -> Iterator[str]:
    """Compare the largest case with the one before it, which pays its process starts many times over too."""
    (small, first), (large, last) = sorted(found["whole"].items())[-2:]
    ratio = (last[1] / large) / (first[1] / small)
    beside = f"{large:,} entries beside {small:,}"
    yield notes.verdict(f"processor time per entry, {beside},", ratio, FLAT, most=True, unit=" ×")
    for shape, sizes in found.items():
        kept = {count: peaks for count, (_, _, *peaks) in sizes.items() if count >= 100_000}
        least, most = min(kept), max(kept)
        grown = max(after / before for before, after in zip(kept[least], kept[most], strict=True))
        what = f"peak memory, {most:,} entries beside {least:,}, exhibits '{shape}',"
        yield notes.verdict(what, grown, SAME, most=True, unit=" ×")


NOTE = """
Exhibits are `whole` (each the whole of one small file), `members` of one zip archive in order, the same `shuffled`, of
one `capture`, or of `captures` of 10,000 exhibits. Small cases pay the start of a process, and of a second one where
that is asked for; beyond, time is by the entry.
Memory does not grow with the log: what a line says is set aside in a file without a name (80 bytes for an exhibit)
and read back block by block; exhibits in no order are sorted there, a few thousand at a time. What grows is by file,
seal and capture, by 4 to 5 KB for each seal with its signature and its segment. Ten million entries and 1,000 seals
(`whole`), measured once while other work held the cores, took 39 processor seconds, 3.9 for each million, and 41 MB
here and 37 MB in the child; before, they took 1.65 GB and 0.77 GB. Three million `shuffled` took 52 MB and 37 MB: what
is sorted still costs the first process 2 to 3 bytes an entry more, not yet explained."""


if __name__ == "__main__":
    main()
