"""What the boxes of MP4, 3GP and QuickTime files say: when, with what, and where a film was taken.

Boxes: ISO/IEC 14496-12, 4.2; QuickTime calls them atoms (QTFF). Read are, under ``moov``:

- ``mvhd``: creation time, seconds since 1904. ISO/IEC 14496-12, 8.2.2 says UTC; QTFF says that it names no zone,
  that local time is common practice, and UTC strongly recommended. So its basis is "assumed".
- ``udta``: ``©xyz`` (ISO 6709), ``©mak``, ``©mod``, ``©swr`` (QTFF, user data: length, language, text), and
  ``loci`` (3GPP TS 26.244, 8.13: name, role, longitude, latitude as 16.16 fixed point, body).
- ``meta``, there or within ``udta`` (where FFmpeg puts it), with ``keys`` and ``ilst`` (QTFF, metadata atoms):
  ``com.apple.quicktime.location.ISO6709``, ``…location.accuracy.horizontal`` (metres), ``…creationdate`` (ISO 8601 with
  zone: explicit), make, model, software.

A place that is written in several of these ways is one place: of statements that differ by no more than their last
digits, the one with the most digits stands.

Sizes are believed only as far as the file reaches; nothing is read recursively.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, Final

from workbench import times
from workbench.media import iso6709, spots
from workbench.media.facts import Gathered
from workbench.records import Record
from workbench.rows import Moment

_MOST_BOXES: Final = 20_000
_VALUE: Final = 4_096
_COMPARED: Final = 20
_EPOCH: Final = times.to_micros(datetime(1904, 1, 1, tzinfo=UTC))
_QUICKTIME: Final = "com.apple.quicktime."
_DEVICE: Final = {"©mak": "make", "©mod": "model", "©swr": "software", "make": "make", "model": "model"}
_ROLES: Final = {0: "shooting", 1: "real", 2: "fictional"}


class Box(Record, frozen=True, kw_only=True):
    """One box: its type, and where its content begins and ends in the file."""

    name: str
    start: int
    end: int


def read(found: Gathered, file: BinaryIO, length: int) -> None:
    """Take what the boxes of a file say; damage is named and ends the walk where it stands."""
    found.attempt("boxes", "boxes within the file", lambda: _Reader(found, file).movie(length), None)


class _Reader:
    """Walks the boxes of one file."""

    def __init__(self, found: Gathered, file: BinaryIO) -> None:
        self._found, self._file = found, file
        self._left = _MOST_BOXES
        self._said: dict[str, str] = {}
        self._places: list[tuple[spots.Stated, str]] = []

    def movie(self, length: int) -> None:
        """Read the top level and what is under ``moov``."""
        for box in self._children(0, length, top=True):
            if box.name == "moov":
                self._moov(box)
        self._take()

    def _moov(self, moov: Box) -> None:
        for box in self._children(moov.start, moov.end):
            if box.name == "mvhd":
                self._header(self._bytes(box))
            elif box.name == "udta":
                for datum in self._children(box.start, box.end):
                    self._user_data(datum)
            elif box.name == "meta":
                self._metadata(box)

    def _children(self, start: int, end: int, *, top: bool = False) -> Iterator[Box]:
        """Yield boxes side by side; one that claims more than there is is named, and is the last."""
        position = start
        while position + 8 <= end and self._left > 0:
            self._left -= 1
            self._file.seek(position)
            head = self._file.read(16)
            size, name = struct.unpack_from(">I4s", head)
            body = 8
            if size == 1 and len(head) == 16:
                (size,), body = struct.unpack_from(">Q", head, 8), 16
            elif size == 0:
                # To the end of the file (4.2); within a container, QTFF's closing zero.
                size = end - position if top else 0
            if size == 0:
                return
            box_name = name.decode("mac-roman")
            if size < body or size > end - position:
                self._broken(box_name, position, size, end - position)
                return
            yield Box(name=box_name, start=position + body, end=position + size)
            position += size

    def _broken(self, name: str, position: int, size: int, room: int) -> None:
        self._found.problem(
            "truncated",
            f"box {self._found.clean(name)} at byte {position}",
            expected=f"{size} bytes",
            found=f"room for {room}",
        )

    def _bytes(self, box: Box, most: int = _VALUE) -> bytes:
        self._file.seek(box.start)
        return self._file.read(min(box.end - box.start, most))

    # -- moov/mvhd

    def _header(self, data: bytes) -> None:
        if len(data) < 12:
            return
        (seconds,) = struct.unpack_from(">Q" if data[0] == 1 else ">I", data, 4)
        if seconds:
            self._found.taken = since_1904(int(seconds))

    # -- moov/udta

    def _user_data(self, box: Box) -> None:
        if box.name == "meta":
            self._metadata(box)
            return
        self._count()
        if box.name == "loci":
            self._loci(self._bytes(box))
        elif box.name.startswith("©"):
            data = self._bytes(box)
            length = int.from_bytes(data[:2], "big")
            self._said.setdefault(box.name, data[4 : 4 + length].decode("utf-8", "replace"))

    def _loci(self, data: bytes) -> None:
        wide = data[6:8] in {b"\xfe\xff", b"\xff\xfe"}
        name, rest = _string(data[6:], wide=wide)
        if len(rest) < 13:
            self._found.problem("truncated", "loci", expected="13 bytes", found=f"{len(rest)} bytes")
            return
        role, longitude, latitude = struct.unpack_from(">Bii", rest)
        body, _ = _string(rest[13:], wide=wide)
        if role not in {0, 1} or body.strip().lower() not in {"", "earth"}:
            shown = f"{_ROLES.get(role, role)}, {body}"
            self._found.problem("bad-value", "loci", expected="a real place on the earth", found=shown)
            return
        stated = spots.Stated(
            latitude=latitude / 65_536,
            longitude=longitude / 65_536,
            digits_m=spots.METRES_PER_DEGREE / 65_536,
        )
        self._places.append((stated, name))

    # -- moov/meta, moov/udta/meta

    def _metadata(self, meta: Box) -> None:
        # ISO makes it a full box, with four bytes before its children; QuickTime does not.
        plain = self._bytes(meta, 8)[4:8] == b"hdlr"
        keys: list[str] = []
        for box in self._children(meta.start + (0 if plain else 4), meta.end):
            if box.name == "keys":
                keys = self._keys(box)
            elif box.name == "ilst":
                for item in self._children(box.start, box.end):
                    self._item(item, keys)

    def _keys(self, box: Box) -> list[str]:
        found = self._children(box.start + 8, box.end)
        return [self._bytes(key).decode("utf-8", "replace") for key in found]

    def _item(self, item: Box, keys: list[str]) -> None:
        self._count()
        number = int.from_bytes(item.name.encode("mac-roman"), "big")
        if not 1 <= number <= len(keys):
            return
        for box in self._children(item.start, item.end):
            if box.name == "data":
                name = keys[number - 1].removeprefix(_QUICKTIME)
                self._said.setdefault(name, self._bytes(box)[8:].decode("utf-8", "replace"))

    # -- what it comes to

    def _take(self) -> None:
        for name, value in self._said.items():
            if name in _DEVICE or name == "software":
                self._found.say(_DEVICE.get(name, "software"), value)
        if (said := self._found.clean(self._said.get("creationdate", ""))) and times.iso(said).utc:
            self._found.taken = times.iso(said)
        where = {self._said[name].strip() for name in ("location.ISO6709", "©xyz") if name in self._said}
        for text in sorted(where):
            self._point(text)
        for stated, name in _apart(self._places):
            self._add(stated, name)

    def _point(self, text: str) -> None:
        point = iso6709.parse(text)
        if point is None:
            self._found.problem("bad-value", "location", expected="ISO 6709", found=text)
            return
        stated = spots.Stated(
            latitude=point.latitude,
            longitude=point.longitude,
            digits_m=point.digits_m,
            said_m=_metres(self._said.get("location.accuracy.horizontal", "")),
            datum=point.crs,
        )
        self._places.append((stated, ""))

    def _add(self, stated: spots.Stated, name: str) -> None:
        date = self._found.clean(self._said.get("location.date", ""))
        spots.add(self._found, "container", stated, name=name, at=times.iso(date) if date else None)

    def _count(self) -> None:
        self._found.fields += 1


def since_1904(seconds: int) -> Moment:
    """Read a creation time; what no calendar has is ambiguous."""
    utc = _EPOCH + seconds * 1_000_000
    try:
        times.from_micros(utc)
    except OverflowError:
        return Moment(str(seconds), None, "ambiguous")
    return Moment(str(seconds), utc, "assumed")


def _apart(places: Sequence[tuple[spots.Stated, str]]) -> list[tuple[spots.Stated, str]]:
    """Leave out a place that another statement of the same one gives with more digits; the order stays.

    A file that states more than ``_COMPARED`` is made up: all of them stand.
    """
    if len(places) > _COMPARED:
        return list(places)
    finest_first = sorted(range(len(places)), key=lambda place: places[place][0].digits_m)
    kept: list[int] = []
    for place in finest_first:
        stated, name = places[place]
        # A name says more than digits do.
        if name or not any(_same(stated, places[finer][0]) for finer in kept):
            kept.append(place)
    return [places[place] for place in sorted(kept)]


def _same(one: spots.Stated, finer: spots.Stated) -> bool:
    """Say whether two statements are of one place: apart by no more than their last digits, and no error told twice."""
    if (one.said_m, one.datum) != (finer.said_m, finer.datum):
        return False
    apart = max(abs(one.latitude - finer.latitude), abs(one.longitude - finer.longitude))
    return apart * spots.METRES_PER_DEGREE <= one.digits_m + finer.digits_m


def _string(data: bytes, *, wide: bool) -> tuple[str, bytes]:
    """Split off a string that ends with a zero: UTF-8, or UTF-16 where a byte order mark begins it."""
    if not wide:
        text, _, rest = data.partition(b"\0")
        return text.decode("utf-8", "replace"), rest
    end = next((n for n in range(0, len(data) - 1, 2) if data[n : n + 2] == b"\0\0"), len(data))
    return data[:end].decode("utf-16", "replace"), data[end + 2 :]


def _metres(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
