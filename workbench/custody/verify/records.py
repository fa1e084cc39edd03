"""WARC records inside one exhibit, read as they stream by (docs/casefile-format.md, 5.1, 5.2, 5.5).

The reader is fed compressed bytes and holds a header and one block of output at most, whatever a
record claims or unpacks to.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from typing import Final

from workbench.custody.verify.http import Payload, secret_problems
from workbench.custody.verify.lines import is_stamp

_GZIP: Final = 16 + zlib.MAX_WBITS
_OUT: Final = 1 << 18
_HEADER: Final = 1 << 16
_MOST_MEMBERS: Final = 3
_ID: Final = re.compile(r"<urn:uuid:[0-9a-fA-F-]{36}>")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_NEEDED: Final = ("WARC-Type", "WARC-Record-ID", "WARC-Date", "WARC-Block-Digest", "Content-Length")
_TYPES: Final = frozenset({"warcinfo", "response", "request", "metadata"})

Problem = tuple[str, str, str, str]
"""Clause, what, expected, found."""


class Pair:
    """The records of one slice: a warcinfo (``first``), or a response or metadata with its request."""

    def __init__(self, *, first: bool) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self._first = first
        self._records: list[_Record] = []
        self._inflate = zlib.decompressobj(_GZIP)
        self._fresh = True
        self._given_up = False

    def say(self, clause: str, what: str, expected: str = "", found: str = "") -> None:
        """Add a problem."""
        self.problems.append((clause, what, expected[:160], found[:160]))

    def feed(self, part: memoryview | bytes) -> None:
        """Take the next compressed bytes."""
        rest: memoryview | bytes = part
        while rest and not self._given_up:
            try:
                out = self._inflate.decompress(rest, _OUT)
            except zlib.error as error:
                self._stop("5.1", "not a gzip member", str(error))
                return
            self._plain(out)
            rest = self._inflate.unconsumed_tail
            if self._inflate.eof:
                rest = self._inflate.unused_data
                self._member_ends()

    def _stop(self, clause: str, what: str, found: str) -> None:
        self.say(clause, what, found=found)
        self._given_up = True

    def _plain(self, out: bytes) -> None:
        if self._fresh:
            if len(self._records) >= _MOST_MEMBERS:
                self._stop("5.1", "more records than an exhibit has", str(len(self._records)))
                return
            self._records.append(_Record())
            self._fresh = False
        self._records[-1].feed(out)
        if self._records[-1].overflow:
            self._stop("5.2", "a record goes on beyond its Content-Length", "")

    def _member_ends(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP)
        self._fresh = True

    def finish(self) -> None:
        """Judge the whole slice."""
        if not self._given_up and not self._fresh:
            self.say("5.1", "a gzip member is cut short")
        self.count = len(self._records)
        for record in self._records:
            if not (self._given_up and record is self._records[-1]):
                record.finish()
            self.problems += record.problems
        if not self._given_up:
            self._shape()

    def _shape(self) -> None:
        kinds = [record.kind for record in self._records]
        if self._first:
            if kinds != ["warcinfo"]:
                self.say("5.1", "the first record is not a warcinfo alone", "warcinfo", ", ".join(kinds))
            return
        if sorted(kinds) not in (["request", "response"], ["metadata", "request"]):
            self.say("5.1", "not one exchange", "a response or metadata and its request", ", ".join(kinds))
            return
        asked = next(record for record in self._records if record.kind == "request")
        other = next(record for record in self._records if record.kind != "request")
        linked = asked.fields.get("warc-concurrent-to", "")
        if linked != other.fields.get("warc-record-id"):
            self.say(
                "5.2",
                "the request does not name its other half",
                other.fields.get("warc-record-id", ""),
                linked,
            )


class _Record:
    """One record: header, then a block of Content-Length bytes, then CR LF CR LF."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.fields: dict[str, str] = {}
        self.overflow = False
        self._head = b""
        self._in_block = False
        self._left = 0
        self._trailer = b""
        self._digest = hashlib.sha256()
        self._payload: Payload | None = None

    @property
    def kind(self) -> str:
        return self.fields.get("warc-type", "?")

    def say(self, clause: str, what: str, expected: str = "", found: str = "") -> None:
        self.problems.append((clause, what, expected[:160], found[:160]))

    def feed(self, out: bytes) -> None:
        if not self._in_block:
            self._head += out
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                self.overflow = len(self._head) > _HEADER
                return
            head, out = self._head[:end], self._head[end + 4 :]
            self._head = b""
            self._header(head)
        self._block(out)

    def _header(self, head: bytes) -> None:
        self._in_block = True
        first, *rest = head.decode("utf-8", "replace").split("\r\n")
        if first != "WARC/1.1":
            self.say("5.1", "not a WARC/1.1 record", "WARC/1.1", first)
        for line in rest:
            name, colon, value = line.partition(":")
            if not colon or name.lower() in self.fields:
                self.say("5.2", "a header line that is broken or stands twice", found=line)
            self.fields.setdefault(name.lower(), value.strip())
        self._named_fields()
        length = self.fields.get("content-length", "")
        self._left = int(length) if re.fullmatch(r"[0-9]{1,15}", length) else 0
        if self.kind in {"response", "request"}:
            self._payload = Payload()

    def _named_fields(self) -> None:
        for name in _NEEDED:
            if name.lower() not in self.fields:
                self.say("5.2", "a record lacks a header", name)
        if self.kind not in _TYPES:
            self.say("5.1", "a kind of record that a capture does not hold", found=self.kind)
        forms: dict[str, Callable[[str], object]] = {
            "warc-record-id": _ID.fullmatch,
            "warc-date": is_stamp,
            "warc-block-digest": _DIGEST.fullmatch,
            "content-length": re.compile(r"[0-9]{1,15}").fullmatch,
            "warc-payload-digest": _DIGEST.fullmatch,
        }
        for name, form in forms.items():
            value = self.fields.get(name)
            if value is not None and not form(value):
                self.say("5.2", f"header {name} is off", found=value)
        if self.kind == "request" and "warc-concurrent-to" not in self.fields:
            self.say("5.2", "a request lacks a header", "WARC-Concurrent-To")

    def _block(self, out: bytes) -> None:
        part = out if len(out) <= self._left else out[: self._left]
        if part:
            self._left -= len(part)
            self._digest.update(part)
            if self._payload is not None:
                self._payload.feed(part)
        self._trailer += out[len(part) :]
        self.overflow = len(self._trailer) > 4

    def finish(self) -> None:
        if not self._in_block:
            self.say("5.1", "a record's header does not end")
            return
        if self._left or self._trailer != b"\r\n\r\n":
            self.say(
                "5.2",
                "a block is not Content-Length bytes and CR LF CR LF",
                found=f"{self._left} bytes missing",
            )
        self._compare("warc-block-digest", self._digest.hexdigest())
        if self._payload is None:
            return
        payload = self._payload.digest()
        if self.kind == "response" and payload:
            self._payload_digest(payload, coded=self._payload.coded)
        for found in secret_problems(self._payload.head):
            self.say("5.5", "a secret was not replaced", "[removed:secrets-1]", found)

    def _payload_digest(self, found: str, *, coded: bool) -> None:
        name = "WARC-Payload-Digest"
        if coded and name.lower() in self.fields:
            self.say("5.2", "a response with a transfer coding has a payload digest", "none", name)
        elif not coded and name.lower() not in self.fields:
            self.say("5.2", "a response lacks a header", name)
        elif not coded:
            self._compare(name.lower(), found)

    def _compare(self, name: str, found: str) -> None:
        expected = self.fields.get(name, "")
        if _DIGEST.fullmatch(expected) and expected != f"sha256:{found}":
            self.say("5.2", f"{name} is not that of the bytes", expected, f"sha256:{found}")
