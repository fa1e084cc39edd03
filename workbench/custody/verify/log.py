"""The whole log, joined from its stretches (docs/casefile-format.md, 2, 1.5 and 8.2)."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import accumulate, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import msgspec

from workbench.custody.verify import disk, work
from workbench.custody.verify.aside import Aside
from workbench.custody.verify.chain import Walked, clock_problem
from workbench.custody.verify.kept import Line, Lines
from workbench.custody.verify.lines import FORMAT_1, FORMATS, LINE_BYTES, ZEROS
from workbench.custody.verify.merkle import Growing
from workbench.custody.verify.report import Findings
from workbench.custody.verify.slices import Group, Slices
from workbench.custody.verify.stretches import Stretch

SEGMENT_BYTES: Final = 64 * 1024 * 1024
_AHEAD: Final = 12 << 20
"""What a process reads of a log, roughly, while another one starts."""
_SEGMENT: Final = re.compile(r"(?:log|audit)/([0-9]{6})\.jsonl")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Log(msgspec.Struct):
    """What the rest of the checks need to know of the log.

    ``by_action`` holds the good lines other than exhibits, ``slices`` says where the exhibits of each file were
    set aside in ``asides``. ``ends`` says how many lines there are up to the end of each segment, ``marks`` where
    in ``trees`` the complete subtrees of the lines up to each mark are, ``marked`` (of an audit chain) the hashes of
    the lines at the marks, ``hashes`` those of the segments that one process read whole.
    """

    by_action: dict[str, Lines] = {}
    slices: dict[str, Group] = {}
    asides: list[Aside] = []
    total: int = 0
    exhibits: int = 0
    ends: dict[str, int] = {}
    marks: dict[int, tuple[int, int]] = {}
    trees: Aside = msgspec.field(default_factory=Aside)
    marked: dict[int, str] = {}
    hashes: dict[str, str] = {}

    @property
    def lines(self) -> Iterator[Line]:
        """Go through the good lines other than exhibits, in order."""
        return merge(*self.by_action.values(), key=attrgetter("ordinal"))

    @property
    def case(self) -> str | None:
        """Give the case's number as the log's opening has it."""
        opened = self.of("open").first()
        return str(opened.fields["case"]) if opened else None

    def tree(self, lines: int) -> list[bytes] | None:
        """Give the complete subtrees of so many lines, where there is a mark and they are known."""
        place, count = self.marks.get(lines, (0, 0))
        data = self.trees.read(place, 32 * count)
        return [data[start : start + 32] for start in range(0, len(data), 32)] or None

    def of_file(self, key: str) -> Slices:
        """Give the exhibits of a file of ``slices``."""
        return Slices(self.slices[key], self.asides)

    def of(self, action: str) -> Lines:
        """List the good lines of one action, in order."""
        return self.by_action.get(action) or Lines(action, ())


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Which chain to read: its folder, whether its actions are free, marks and actions kept as in ``chain``."""

    folder: str = "log"
    free: bool = False
    marks: Sequence[int] = ()
    keep: Sequence[str] = ()


def read(
    folder: Path, sizes: dict[str, int], findings: Findings, processes: int, kind: Kind | None = None
) -> Log:
    """Walk a chain's segments over processes and join what they give; by default the case's log."""
    kind = kind or Kind()
    segments = sorted(
        name for name in sizes if name.startswith(f"{kind.folder}/") and _SEGMENT.fullmatch(name)
    )
    return walk(folder, segments, sizes, findings, processes, kind)


def walk(
    folder: Path, segments: list[str], sizes: dict[str, int], findings: Findings, processes: int, kind: Kind
) -> Log:
    """Walk these segments, each with its size, as one chain."""
    _numbered(segments, findings, kind.folder)
    shares = _shares(folder, [(name, sizes[name]) for name in segments], processes, kind)
    log = _join(work.spread(shares), segments, findings, kind)
    _closed(log, segments, sizes, findings)
    return log


def _numbered(segments: list[str], findings: Findings, kind: str) -> None:
    for number, name in enumerate(segments, 1):
        if name != f"{kind}/{number:06d}.jsonl":
            findings.defect(
                "1.5", name, "a segment is missing before this one", expected=f"{number:06d}.jsonl"
            )
            break


def _closed(log: Log, segments: list[str], sizes: dict[str, int], findings: Findings) -> None:
    """2.1: a segment is closed at its size or by the seal whose line begins the next; a seal closes one."""
    begun = {log.ends.get(before, 0): after for before, after in pairwise(segments)}
    seals = {line.ordinal for line in log.of("seal")}
    for name in segments[:-1]:
        if sizes[name] < SEGMENT_BYTES and log.ends.get(name, 0) not in seals:
            what = "a segment was closed before its size and without the seal that closes it"
            findings.defect("2.1", name, what, expected=f"{SEGMENT_BYTES} bytes", found=sizes[name])
    for line in log.of("seal"):
        if begun.get(line.ordinal) != line.file:
            what = "a line 'seal' is not the first of its segment"
            findings.defect("2.1", line.file, what, at=line.place)


def _shares(folder: Path, segments: list[tuple[str, int]], processes: int, kind: Kind) -> list[work.Share]:
    def share() -> work.Share:
        return work.Share(folder=str(folder), audit=kind.free, marks=list(kind.marks), keep=list(kind.keep))

    cuts = _cuts(segments, processes)
    shares = [share()]
    before = 0
    for name, size in segments:
        start = 0
        while cuts and before + start <= cuts[0] < before + size:
            cut = cuts.pop(0) - before
            if cut > start:
                shares[-1].stretches.append(Stretch(name, start, cut))
            shares.append(share())
            start = max(start, cut)
        shares[-1].stretches.append(Stretch(name, start, size, whole=start == 0))
        before += size
    return shares


def _cuts(segments: list[tuple[str, int]], processes: int) -> list[int]:
    """Say where each process but the first begins: between two segments, where such a place is near."""
    total = sum(size for _, size in segments)
    # The first process is at work while the others start.
    ahead = _AHEAD if total > work.WORTHWHILE else 0
    ends = list(accumulate(size for _, size in segments))
    cuts = []
    for part in range(1, processes):
        cut = ahead + (total - ahead) * part // processes
        place = bisect_left(ends, cut)
        near = min(ends[max(0, place - 1) : place + 1], key=lambda end: abs(end - cut), default=cut)
        cuts.append(near if abs(near - cut) <= total >> 5 and near < total else cut)
    return cuts


def other_format(folder: Path, sizes: dict[str, int]) -> str:
    """Give the format that the first line names, where this checker does not know it (9.1)."""
    if "log/000001.jsonl" not in sizes:
        return ""
    try:
        with disk.opened(folder, "log/000001.jsonl") as fd:
            head = os.pread(fd, LINE_BYTES, 0)
        named = _decode(head[: head.find(b"\n") + 1]).get("format", FORMAT_1)
    except (OSError, ValueError, RecursionError):
        return ""
    return named if isinstance(named, str) and _later(named) else ""


def later_format(log: Log) -> Line | None:
    """Give the first line ``format`` that names a format which this checker does not know (9.1)."""
    return next((line for line in log.of("format") if _later(line.fields["format"])), None)


def _later(named: str) -> bool:
    return named.startswith("workbench-casefile/") and named not in FORMATS


class _State(msgspec.Struct):
    prev: str = ZEROS
    seq: int = 1
    at: str = ""
    exhibit: int = 1


def _join(done: list[tuple[work.Done, Aside]], segments: list[str], findings: Findings, kind: Kind) -> Log:
    log, state, tree, marks = Log(), _State(), Growing(0), frozenset(kind.marks)
    log.asides = [aside for _, aside in done]
    backs = 0
    for number, each in _walked(done):
        findings.take(each.defects)
        _tail(each, segments, findings)
        if each.first is not None:
            _seam(each, state, findings)
        _exhibit_seam(each, state, findings)
        _take(each, number, log)
        backs += each.backs
        for span in each.spans:
            if tree.join(span) and tree.end in marks:
                hashes = tree.span().hashes
                log.marks[tree.end] = log.trees.add(*hashes), len(hashes)
    if backs:
        what = f"{backs} lines were written after the clock had gone back: their order is that of 'seq' (2.5)"
        findings.note("clock", what, segments[0])
    if not kind.free:
        _opening(log, segments, findings)
    return log


def _walked(done: list[tuple[work.Done, Aside]]) -> Iterator[tuple[int, Walked]]:
    for number, (share, aside) in enumerate(done):
        for each in share.stretches(aside):
            yield number, each


def _tail(each: Walked, segments: list[str], findings: Findings) -> None:
    if each.tail is None:
        return
    offset, length = each.tail
    if each.file != segments[-1]:
        what = "a closed segment ends in a line without its LF"
        findings.defect("2.1", each.file, what, at=each.tail)
    elif length >= LINE_BYTES:
        findings.defect("2.2", each.file, "a line is too long, and has no LF", at=each.tail)
    else:
        what = f"an uncovered tail of {length} bytes from byte {offset}: an unfinished line (2.9)"
        findings.note("tail", what, each.file)


def _seam(each: Walked, state: _State, findings: Findings) -> None:
    """Check a stretch's first line against the last line of the stretch before it."""
    prev, seq, at, marked, offset, length = each.first or ("", 0, "", False, 0, 0)
    if prev and prev != state.prev:
        what = "a line does not follow the line before it: 'prev' is not that line's hash"
        findings.defect("2.3", each.file, what, at=(offset, length), expected=state.prev, found=prev)
    if seq and seq != state.seq:
        what = "'seq' does not rise by one"
        findings.defect("2.3", each.file, what, at=(offset, length), expected=str(state.seq), found=str(seq))
    if at and (problem := clock_problem(state.at, at, marked=marked)):
        findings.defect(
            "2.5", each.file, problem, at=(offset, length), expected=f"after {state.at}", found=at
        )
    state.prev = each.last_hash
    state.seq = each.next_seq or state.seq + each.lines
    state.at = each.last_at or state.at


def _exhibit_seam(each: Walked, state: _State, findings: Findings) -> None:
    if each.first_exhibit is None:
        return
    number = each.first_exhibit[0]
    if number != state.exhibit:
        what = "exhibit numbers do not rise by one"
        findings.defect("1.5", each.file, what, expected=str(state.exhibit), found=str(number))
    state.exhibit = each.next_exhibit


def _take(each: Walked, aside: int, log: Log) -> None:
    for action, kept in each.kept.items():
        lines = log.by_action.setdefault(action, Lines(action, log.asides))
        lines.join(each.file, kept, log.total, aside)
    for key, group in each.slices.items():
        log.slices.setdefault(key, Group()).join(group, log.total, aside)
        log.exhibits += group.count
    log.marked |= each.marked
    log.total += each.lines
    log.ends[each.file] = log.total
    log.hashes |= {each.file: each.sha256} if each.sha256 else {}


def _opening(log: Log, segments: list[str], findings: Findings) -> None:
    first = segments[0] if segments else "log/000001.jsonl"
    line = next(log.lines, None)
    if line is None or line.ordinal != 0 or line.action != "open":
        findings.defect("2.7", first, "the log does not begin with a line 'open'")
    for line in log.of("open"):
        if line.ordinal != 0:
            findings.defect("2.7", line.file, "a line 'open' that is not the first", at=line.place)
