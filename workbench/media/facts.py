"""What is asked of a media file and what is answered: records that cross the pipe to the child."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from workbench.records import Record
from workbench.rows import Moment

_T = TypeVar("_T")
_OBJECT = re.compile(r"<_io\..*>|<[^<>]* at 0x[0-9a-fA-F]+[^<>]*>", re.DOTALL)
"""How Python writes a file or another object that stands in a message."""


class Limits(Record, frozen=True, kw_only=True):
    """Bounds on one file. Sizes are bytes, times are seconds."""

    pixels: int = 256 * 2**20
    """Most pixels of a picture that is decoded (the largest phone cameras make 200 million)."""
    memory: int = 2 * 2**30
    """Most address space that decoding may take, beyond what the child has when it starts."""
    picture_seconds: float = 60.0
    """Longest time for a picture."""
    film_seconds: float = 300.0
    """Longest time for a video or sound."""
    picture_fair: float = 2.0
    """Time that every picture may take before it is slow."""
    film_fair: float = 60.0
    """Time that every video or sound may take before it is slow."""
    slow_seconds: float = 3600.0
    """Most time that the slow files of one source may take together, each beyond what is fair."""
    processor_seconds: int = 3600
    """Processor time after which a child ends, so that none outlives who asked; the file is tried in a fresh one."""
    start_seconds: float = 120.0
    """Longest time for a child to start."""
    inline: int = 8 * 2**20
    """Longer contents go through a file, not through the pipe."""
    spool: int = 16 * 2**30
    """Longer contents are hashed, but not decoded; nor are more bytes than these written aside at one time, if not
    by a single file."""
    candidates: int = 256
    """Most key frames of a video that are decoded."""
    frames: int = 32
    """Most key frames that become rows."""
    text: int = 200
    """Most characters of one metadata value."""
    xmp: int = 2**20
    """Most bytes of XMP that are parsed."""
    fields: int = 5_000
    """Most metadata fields that are read."""
    answer: int = 8 * 2**20
    """Most bytes of the child's answer."""


LIMITS = Limits()


class Job(Record, frozen=True, kw_only=True):
    """One file to look at: ``data`` itself, or ``length`` bytes from ``offset`` of the file at ``path``.

    ``edge`` (pixels) asks for a thumbnail instead, ``blurred`` for one on which nothing can be made out; ``at``
    (seconds) says of which moment of a video.
    """

    media_type: str
    data: bytes = b""
    path: str = ""
    offset: int = 0
    length: int = 0
    edge: int = 0
    at: float = 0.0
    blurred: bool = False


class Spot(Record, frozen=True, kw_only=True):
    """A place that a file states. Degrees (WGS 84); ``precision_m`` None where it cannot be said."""

    source: Literal["exif", "xmp", "container"]
    latitude: float
    longitude: float
    precision_m: float | None
    name: str = ""
    at: Moment | None = None


class Frame(Record, frozen=True, kw_only=True):
    """A key frame: seconds from the beginning, and its perceptual hash."""

    at: float
    phash: str


class Problem(Record, frozen=True, kw_only=True):
    """Something in the file that was not read, or not as expected; ``kind`` is that of the Issue row."""

    kind: str
    field: str
    expected: str
    found: str


class Look(Record, frozen=True, kw_only=True):
    """What was read of one file. Pixels as shown; ``duration`` in seconds; hashes of 16 hex digits."""

    width: int | None = None
    height: int | None = None
    duration: float | None = None
    taken: Moment | None = None
    make: str = ""
    model: str = ""
    software: str = ""
    serial: str = ""
    phash: str = ""
    dhash: str = ""
    fields: int = 0
    notes: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    spots: tuple[Spot, ...] = ()
    problems: tuple[Problem, ...] = ()


class Answer(Record, frozen=True, kw_only=True):
    """The child's answer: what it read, or the thumbnail (JPEG or PNG)."""

    look: Look = Look()
    picture: bytes = b""


class Gathered:
    """Collects what the steps of a look find; a step that fails leaves the others standing."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.width: int | None = None
        self.height: int | None = None
        self.duration: float | None = None
        self.taken: Moment | None = None
        self.phash = self.dhash = ""
        self.fields = 0
        self.device: dict[str, str] = {}
        self.notes: list[str] = []
        self.frames: list[Frame] = []
        self.spots: list[Spot] = []
        self.problems: list[Problem] = []

    def problem(self, kind: str, field: str, *, expected: str, found: object) -> None:
        """Name something that was not read; at most a few dozen a file."""
        if len(self.problems) < 50:
            said = Problem(kind=kind, field=field, expected=expected, found=self.clean(found))
            self.problems.append(said)

    def attempt(self, field: str, expected: str, step: Callable[[], _T], otherwise: _T) -> _T:
        """Do one step; whatever a decoder raises over hostile bytes becomes a problem."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001 - decoders raise anything over hostile bytes
            text = f"{type(error).__name__}: {_without_names(error)}"
            kind = "truncated" if "truncated" in text.lower() else "bad-value"
            self.problem(kind, field, expected=expected, found=text)
            return otherwise

    def say(self, name: str, value: object) -> None:
        """Keep what the file says of its device (make, model, software, serial), unless said before."""
        text = self.clean(value)
        if text and not self.device.get(name):
            self.device[name] = text

    def clean(self, value: object) -> str:
        """Make a metadata value a short line of text: no control characters, no blanks at its ends."""
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        shown = "".join(c if c.isprintable() else " " for c in text[: 4 * self.limits.text])
        return shown.strip()[: self.limits.text]

    def look(self) -> Look:
        """Give what was found, as a record."""
        return Look(
            width=self.width,
            height=self.height,
            duration=self.duration,
            taken=self.taken,
            phash=self.phash,
            dhash=self.dhash,
            fields=self.fields,
            notes=tuple(self.notes),
            frames=tuple(self.frames),
            spots=tuple(self.spots),
            problems=tuple(self.problems),
            **self.device,
        )


def _without_names(error: Exception) -> str:
    """Say what a decoder raised without the file's path or place in memory: rows depend on its bytes alone."""
    if getattr(error, "filename", None) is not None:
        return f"[Errno {getattr(error, 'errno', 0)}] {getattr(error, 'strerror', '')}"
    return _OBJECT.sub("the file", str(error))


encode = msgspec.msgpack.Encoder().encode
"""Records to bytes, for the pipe."""

READY = bytes(4)
"""What a child says when it has started."""
