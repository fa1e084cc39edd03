"""Walking the chain: every line's form, hash, number and time, in bounded memory (clause 2).

A stretch is a run of whole lines of one segment. Stretches are walked apart, in one process or
several; ``log.py`` joins what they give. Lines are taken in batches: a batch that decodes by the
action table, encodes back to the same bytes and chains is done; any other is halved until the
lines that are at fault stand alone, and those are examined one by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import starmap
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET

from workbench.custody.verify import disk, lines
from workbench.custody.verify.aside import Aside
from workbench.custody.verify.kept import Keeping, Piece
from workbench.custody.verify.merkle import Span, Trees
from workbench.custody.verify.report import Defect, brief
from workbench.custody.verify.slices import Filing, Group
from workbench.custody.verify.stretches import Stretch, batches

_BATCH: Final = 16
_MOST: Final = 2_000
_MOST_SEQ: Final = 2**62
_encode = msgspec.json.Encoder(order="sorted").encode_lines
_EXHIBIT: Final = lines.STRUCTS["exhibit"]
_import_of = attrgetter("import")
_group_of = attrgetter("capture", "import", "file")
_stamp_of = attrgetter("at")
_prev_of = attrgetter("prev")
_seq_of = attrgetter("seq")
_exhibit_of = attrgetter("exhibit")
_sha256_of = attrgetter("sha256")
_member_of = attrgetter("member")
_offset_of = attrgetter("offset")
_length_of = attrgetter("length")
_clock_of = attrgetter("clock")
_actor_of = attrgetter("actor")
_STAMP_LENGTH: Final = 27


class Walked(msgspec.Struct):
    """What one stretch holds. ``first`` is (prev, seq, at, clock, offset, length) of its first line.

    ``sha256`` is that of a whole segment; ``spans`` are its lines' subtrees, cut at the marks; ``marked``
    the hashes of an audit chain's lines at the marks, by ``seq``. ``kept`` (by action) and ``slices`` (by file)
    say what of it was set aside, and where.
    """

    file: str
    lines: int = 0
    first: tuple[str, int, str, bool, int, int] | None = None
    last_hash: str = ""
    next_seq: int = 0
    last_at: str = ""
    first_exhibit: tuple[int, int] | None = None
    next_exhibit: int = 0
    unknown_before: int = 0
    tail: tuple[int, int] | None = None
    backs: int = 0
    kept: dict[str, list[Piece]] = msgspec.field(default_factory=dict)
    slices: dict[str, Group] = msgspec.field(default_factory=dict)
    defects: list[Defect] = msgspec.field(default_factory=list)
    sha256: str = ""
    spans: list[Span] = msgspec.field(default_factory=list)
    marked: dict[int, str] = msgspec.field(default_factory=dict)
    silenced: dict[str, tuple[int, int, int]] = msgspec.field(default_factory=dict)


def key_of(capture: object, given: object, file: str) -> str:
    """Name the group of an exhibit: ``c1 <file>`` or ``i1 <file>``."""
    return f"c{capture} {file}" if capture not in (UNSET, None) else f"i{given} {file}"


class Walker:
    """Walks one stretch; the state is the last line seen.

    ``marks``, in order, are the line counts at which a tree is wanted; of a chain of free actions
    (``audit``) the lines whose hash is. ``keep`` names the actions of such a chain whose lines are kept.
    ``aside`` takes what is kept.
    """

    def __init__(
        self,
        stretch: Stretch,
        *,
        audit: bool,
        marks: Sequence[int] = (),
        keep: Sequence[str] = (),
        aside: Aside | None = None,
    ) -> None:
        self.stretch = stretch
        self.audit = audit
        self._marks = set(marks) if audit else marks
        self._keep_too = frozenset(keep)
        self._trees = Trees([] if audit else marks)
        self._groups: set[tuple[Any, Any, str]] = set()
        self.out = Walked(file=stretch.file)
        aside = Aside() if aside is None else aside
        self._filing, self._keeping = Filing(aside), Keeping(aside)
        self._decode = msgspec.json.Decoder(lines.union()).decode_lines

    def walk(self, folder: Path) -> Walked:
        """Walk it; a file that cannot be read is a defect."""
        try:
            with disk.opened(folder, self.stretch.file) as fd:
                whole = hashlib.sha256() if self.stretch.whole else None
                for offset, raw, digest in batches(fd, self.stretch):
                    if whole is not None:
                        whole.update(raw)
                    if digest is None:
                        self._batch(offset, raw, raw.splitlines(keepends=True))
                    else:
                        self._oversized(offset, digest)
                        whole = None  # whoever needs the segment's hash reads it again
                self.out.sha256 = whole.hexdigest() if whole is not None else ""
        except OSError as error:
            self._defect("2.1", "a segment cannot be read", 0, 0, found=str(error))
        self.out.spans = self._trees.finish()
        self.out.slices, self.out.kept = self._filing.finish(), self._keeping.finish()
        for what, (offset, end, count) in self.out.silenced.items():
            clause, text = what.split(" ", 1)
            self._add(clause, f"{text} ({count} more lines in this range)", offset, end - offset)
        return self.out

    def _defect(
        self, clause: str, what: str, offset: int, length: int, *, expected: str = "", found: str = ""
    ) -> None:
        alike = f"{clause} {what}"
        if len(self.out.defects) < _MOST:
            self._add(clause, what, offset, length, expected, found)
            return
        # Millions of junk lines must not fill the memory: beyond the limit their range is given.
        start, _, count = self.out.silenced.get(alike, (offset, 0, 0))
        self.out.silenced[alike] = (start, offset + length, count + 1)

    def _add(
        self, clause: str, what: str, offset: int, length: int, expected: str = "", found: str = ""
    ) -> None:
        self.out.defects.append(
            Defect(
                clause=clause,
                file=self.stretch.file,
                what=what,
                offset=offset,
                length=length,
                expected=brief(expected),
                found=brief(found),
            )
        )

    def _oversized(self, offset: int, digest: tuple[int, str, bool]) -> None:
        length, found, ended = digest
        if not ended:
            self.out.tail = (offset, length)
            return
        self._defect("2.2", "a line is too long", offset, length, expected="65536 bytes", found=str(length))
        self._trees.lose()
        self._unreadable(offset, length, found)

    def _unreadable(self, offset: int, length: int, digest: str) -> None:
        if self.out.first is None:
            self.out.first = ("", 0, "", False, offset, length)
        if self.out.next_seq:
            self.out.next_seq += 1
        else:
            self.out.unknown_before += 1
        self.out.last_hash = digest
        self.out.lines += 1

    def _batch(self, offset: int, raw: bytes, parts: list[bytes]) -> None:
        if not raw.endswith(b"\n"):
            # The stretch's last bytes have no LF: kept apart, its fate depends on the segment.
            whole = raw[: raw.rfind(b"\n") + 1]
            self.out.tail = (offset + len(whole), len(raw) - len(whole))
            if whole:
                self._batch(offset, whole, whole.splitlines(keepends=True))
            return
        # splitlines also breaks at a lone CR, which no good line holds.
        if b"\r" in raw:
            parts = [part + b"\n" for part in raw.split(b"\n")[:-1]]
        self._halves(offset, raw, parts)

    def _halves(self, offset: int, raw: bytes, parts: list[bytes]) -> None:
        if not self.audit and self._fast(offset, raw, parts):
            return
        if self.audit or len(parts) <= _BATCH:
            for part in parts:
                self._slow(offset, part)
                offset += len(part)
            return
        middle = len(parts) // 2
        first = b"".join(parts[:middle])
        self._halves(offset, first, parts[:middle])
        self._halves(offset + len(first), raw[len(first) :], parts[middle:])

    def _fast(self, offset: int, raw: bytes, parts: list[bytes]) -> bool:
        """Take a batch in which everything is as it should be; change nothing otherwise."""
        entries = self._canonical(raw, parts)
        if not entries:
            return False
        hashes = [each.digest() for each in map(hashlib.sha256, parts)]
        exhibits = [each for each in entries if type(each) is _EXHIBIT]
        good = self._chained(entries, hashes) and self._timed(entries) and self._exhibits_fit(exhibits)
        if not good or (len(exhibits) < len(entries) and not self._keep(offset, entries, parts)):
            return False
        self._begin(entries[0], offset, len(parts[0]))
        self._store_all(entries, exhibits)
        self._trees.grow(entries[0].seq, parts)
        self.out.lines += len(entries)
        self.out.last_hash, self.out.last_at = hashes[-1].hex(), entries[-1].at
        self.out.next_seq = entries[-1].seq + 1
        return True

    def _canonical(self, raw: bytes, parts: list[bytes]) -> list[Any]:
        """Decode a batch by the action table; give nothing where that does not give the same bytes back."""
        try:
            entries: list[Any] = self._decode(raw)
            same = len(entries) == len(parts) and _encode(entries) == raw
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return []
        return entries if same and max(map(len, parts)) <= lines.LINE_BYTES else []

    def _begin(self, entry: Any, offset: int, length: int) -> None:  # noqa: ANN401 - struct made at run time
        if self.out.first is None:
            self.out.first = (entry.prev, entry.seq, entry.at, entry.clock is not UNSET, offset, length)

    def _chained(self, entries: list[Any], hashes: list[bytes]) -> bool:
        prevs = list(map(_prev_of, entries))
        if self.out.lines and prevs[0] != self.out.last_hash:
            return False
        start = entries[0].seq
        expected = self.out.next_seq or start
        numbered = list(map(_seq_of, entries)) == list(range(expected, expected + len(entries)))
        # Each prev has 64 digits, so that they may be compared as one text. The very first prev of a stretch
        # is compared when stretches are joined; its form is checked here.
        return (
            "".join(prevs[1:]) == b"".join(hashes[:-1]).hex()
            and numbered
            and start >= 1
            and lines.HASH.fullmatch(prevs[0]) is not None
            and not (self.out.lines and not self.out.next_seq)
        )

    def _timed(self, entries: list[Any]) -> bool:
        ats = list(map(_stamp_of, entries))
        ordered = sorted(ats) == ats and ats[0] >= self.out.last_at
        return (
            ordered
            and set(map(_clock_of, entries)) == {UNSET}
            and set(map(len, ats)) == {_STAMP_LENGTH}
            and all(map(lines.is_stamp, {at[:17] + "00.000000Z" for at in _minutes(ats)}))
            and _seconds("".join(ats), len(ats))
            and all(map(lines.BADGE.fullmatch, set(map(_actor_of, entries))))
        )

    def _exhibits_fit(self, exhibits: list[Any]) -> bool:
        if not exhibits:
            return True
        digests = "".join(map(_sha256_of, exhibits))
        try:
            if bytes.fromhex(digests).hex() != digests:
                return False
        except ValueError:
            return False
        number = self.out.next_exhibit or exhibits[0].exhibit
        if list(map(_exhibit_of, exhibits)) != list(range(number, number + len(exhibits))) or not number:
            return False
        groups = self._groups = set(map(_group_of, exhibits))
        plain = [tuple(None if part is UNSET else part for part in group) for group in groups]
        return not any(starmap(lines.exhibit_problems, plain))

    def _keep(self, offset: int, entries: list[Any], parts: list[bytes]) -> bool:
        kept: list[tuple[str, int, int, bytes]] = []
        for ordinal, (entry, part) in enumerate(zip(entries, parts, strict=True), self.out.lines):
            if type(entry) is not _EXHIBIT:
                if lines.examine(part).problems:
                    return False
                kept.append((type(entry).__struct_config__.tag, ordinal, offset, part))
            offset += len(part)
        for each in kept:
            self._keeping.add(*each)
        return True

    def _store_all(self, entries: list[Any], exhibits: list[Any]) -> None:
        if not exhibits:
            return
        start = self.out.lines
        ordinals: Sequence[int] = range(start, start + len(entries))
        if len(exhibits) < len(entries):
            ordinals = [n for n, each in enumerate(entries, start) if type(each) is _EXHIBIT]
        # Nearly always one capture writes at a time: its lines are stored together.
        if len(self._groups) == 1:
            self._store(key_of(*next(iter(self._groups))), ordinals, exhibits)
        else:
            keys = map(_group_of, exhibits)
            groups: dict[tuple[Any, Any, str], tuple[list[int], list[Any]]] = {}
            for key, ordinal, each in zip(keys, ordinals, exhibits, strict=True):
                group = groups.setdefault(key, ([], []))
                group[0].append(ordinal)
                group[1].append(each)
            for key, (places, members) in groups.items():
                self._store(key_of(*key), places, members)
        self._number(exhibits[0].exhibit, exhibits[-1].exhibit, ordinals[0])

    def _store(self, key: str, ordinals: Sequence[int], found: list[Any]) -> None:
        numbers = [list(map(each, found)) for each in (_exhibit_of, _offset_of, _length_of)]
        members = [-1 if each is UNSET else each for each in map(_member_of, found)]
        digests = bytes.fromhex("".join(map(_sha256_of, found)))
        self._filing.add(key, [ordinals, *numbers, members], digests)

    def _number(self, first: int, last: int, ordinal: int) -> None:
        if self.out.first_exhibit is None:
            self.out.first_exhibit = (first, ordinal)
        self.out.next_exhibit = last + 1

    def _slow(self, offset: int, raw: bytes) -> None:
        """Examine one line by itself and report what is wrong with it."""
        found = lines.examine(raw, audit=self.audit)
        for problem in found.problems:
            self._defect(
                problem.clause, problem.what, offset, len(raw), expected=problem.expected, found=problem.found
            )
        digest = hashlib.sha256(raw).hexdigest()
        fields = found.fields
        self._trees.grow(self._seq(fields), [raw])
        if fields is None:
            self._unreadable(offset, len(raw), digest)
            return
        self._follow(offset, raw, fields)
        if not found.problems:
            if self.audit:
                self._audited(offset, raw, digest, fields)
            else:
                self._slow_store(offset, raw, fields)
        self.out.lines += 1
        self.out.last_hash = digest

    def _seq(self, fields: dict[str, Any] | None) -> int:
        seq = fields.get("seq") if fields else 0
        return _small(seq) if type(seq) is int else 0

    def _audited(self, offset: int, raw: bytes, digest: str, fields: dict[str, Any]) -> None:
        if fields["seq"] in self._marks:
            self.out.marked[fields["seq"]] = digest
        if fields["action"] in self._keep_too:
            self._keeping.add(fields["action"], self.out.lines, offset, raw)

    def _follow(self, offset: int, raw: bytes, fields: dict[str, Any]) -> None:
        prev, at, marked = fields.get("prev"), fields.get("at"), "clock" in fields
        self.out.backs += marked
        seq = fields.get("seq") if type(fields.get("seq")) is int else 0
        if self.out.first is None:
            first_at = at if lines.is_stamp(at) else ""
            self.out.first = (str(prev)[:64], _small(seq), str(first_at), marked, offset, len(raw))
            self.out.next_seq = _small(seq) + 1 if seq else 0
        else:
            self._compare(offset, len(raw), str(prev), seq or 0)
        if lines.is_stamp(at):
            if self.out.last_at:
                self._clock(offset, len(raw), str(at), marked=marked)
            self.out.last_at = str(at)

    def _compare(self, offset: int, length: int, prev: str, seq: int) -> None:
        if prev != self.out.last_hash:
            what = "a line does not follow the line before it: 'prev' is not that line's hash"
            self._defect("2.3", what, offset, length, expected=self.out.last_hash, found=prev)
        if self.out.next_seq and seq != self.out.next_seq:
            what = "'seq' does not rise by one"
            self._defect("2.3", what, offset, length, expected=str(self.out.next_seq), found=str(seq)[:30])
        self.out.next_seq = _small(seq) + 1 if seq else self.out.next_seq and self.out.next_seq + 1

    def _clock(self, offset: int, length: int, at: str, *, marked: bool) -> None:
        problem = clock_problem(self.out.last_at, at, marked=marked)
        if problem:
            self._defect("2.5", problem, offset, length, expected=f"after {self.out.last_at}", found=at)

    def _slow_store(self, offset: int, raw: bytes, fields: dict[str, Any]) -> None:
        if fields["action"] != "exhibit":
            self._keeping.add(fields["action"], self.out.lines, offset, raw)
            return
        if fields["seq"] > _MOST_SEQ:  # said already: it cannot have risen by one to there
            return
        entry: Any = msgspec.convert(fields, _EXHIBIT)
        number = entry.exhibit
        if self.out.next_exhibit and number != self.out.next_exhibit:
            what = "exhibit numbers do not rise by one"
            self._defect(
                "1.5", what, offset, len(raw), expected=str(self.out.next_exhibit), found=str(number)
            )
        key = key_of(entry.capture, _import_of(entry), entry.file)
        self._store(key, [self.out.lines], [entry])
        self._number(number, number, self.out.lines)


def clock_problem(before: str, at: str, *, marked: bool) -> str:
    """Say what is wrong with the clock mark of a line (2.5), or nothing."""
    if at < before and not marked:
        return "the clock went back and the line does not say so"
    return "a line says that the clock went back, and it did not" if at >= before and marked else ""


def _small(seq: int | None) -> int:
    return seq if seq is not None and 0 < seq < 2**60 else 0


def _minutes(ats: list[str]) -> list[str]:
    """Give times in order of which every minute has one: what sorts between two of one minute is of it too."""
    return ats[:1] if ats[0][:17] == ats[-1][:17] else ats


def _seconds(joined: str, count: int) -> bool:
    """Check ``SS.ffffffZ`` at the end of many times, 27 characters each, at once, without a call for each."""
    if joined[19::_STAMP_LENGTH] != "." * count or joined[26::_STAMP_LENGTH] != "Z" * count:
        return False
    digits = [joined[place::_STAMP_LENGTH] for place in (17, 18, 20, 21, 22, 23, 24, 25)]
    return max(digits[0]) < "6" and all(each.isdigit() and each.isascii() for each in digits)
