"""Frozen records shared by all layers: citations, exhibits, orders, results."""

from __future__ import annotations

import re
from typing import Literal, Self

import msgspec

from workbench.errors import UsageError

Verdict = Literal["complete", "partial", "blocked", "empty", "gone", "failed"]
"""How a capture ended. ``failed``: nothing usable came back, through no decision of the source."""

CASE_NUMBER = re.compile(r"[0-9]{4}-[0-9A-Z]{1,12}")
_CITATION = re.compile(r"([0-9]{4}-[0-9A-Z]{1,12})-E([0-9]{4,9})(?:#((?:/[^\s#]*)?))?")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all records: immutable, named fields only."""


class Citation(Record, frozen=True, kw_only=True):
    """An exhibit's permanent name, with an optional pointer into it.

    The pointer is an RFC 6901 JSON Pointer for JSON; ``/N`` is the N-th line of JSON lines or the
    N-th message element of a page, both counted from 0.
    """

    case: str
    number: int
    pointer: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-0417-E0012`` or ``2026-0417-E0012#/3``; raise UsageError otherwise."""
        match = _CITATION.fullmatch(text)
        if match is None:
            raise UsageError(
                "this is not a citation",
                expected="CASE-E0012 or CASE-E0012#/3",
                found=text[:80],
                todo="copy a value of a table's column 'exhibit'",
            )
        return cls(case=match[1], number=int(match[2]), pointer=match[3] or "")

    def __str__(self) -> str:
        """Write the citation as tables and people do."""
        base = f"{self.case}-E{self.number:04d}"
        return f"{base}#{self.pointer}" if self.pointer else base


class Exhibit(Record, frozen=True, kw_only=True):
    """The smallest unit that can be cited: a slice of a file under the case.

    ``file`` is relative to the case folder; ``offset`` and ``length`` are bytes; ``sha256`` is that
    of the stored slice. ``source`` is ``capture-0001`` or ``import-0001``.
    """

    citation: Citation
    source: str
    file: str
    offset: int
    length: int
    sha256: str
    at: int


class Target(Record, frozen=True, kw_only=True):
    """One approved address: a source's name and the address in that source's own words."""

    source: str
    target: str


class Order(Record, frozen=True, kw_only=True):
    """What a collector is asked to fetch. Times are microseconds since 1970 UTC, inclusive."""

    target: Target
    since: int | None = None
    until: int | None = None
    limit: int = 1000
    media: bool = True
    context: bool = True


class Result(Record, frozen=True, kw_only=True):
    """How a capture ended: a verdict, a reason code and counts that a person can check."""

    verdict: Verdict
    reason: str = "ok"
    detail: str = ""
    items: int = 0


class Exchange(Record, frozen=True, kw_only=True):
    """One recorded HTTP exchange, as a parser sees it.

    ``body`` is the entity after de-chunking and content decoding; the bytes as received are the
    exhibit. ``headers`` keeps order and repeats; ``at`` is microseconds since 1970 UTC.
    ``truncated`` is empty or the reason why the body is shorter than the server meant. ``sent`` is the
    request's body. Where no readable response came, ``status`` is 0 and ``outcome`` the reason code.
    """

    method: str
    uri: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: int
    truncated: str = ""
    sent: bytes = b""
    outcome: str = ""

    def header(self, name: str) -> str:
        """Give the first header of that name, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")
