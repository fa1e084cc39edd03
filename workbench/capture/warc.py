"""WARC/1.1 records as bytes: a gzip member each, sha256 digests (ISO 28500, casefile-format clause 5)."""

from __future__ import annotations

import hashlib
import os
import random
import re
import uuid
import zlib
from collections.abc import Mapping

from workbench import times
from workbench.capture import redact
from workbench.records import Record

View = bytes | memoryview
Field = tuple[str, str]

LEVEL = 3  # half the time of 6 for a tenth more bytes
_PACKED_LEVEL = 1  # pictures, sound, video and coded bodies hardly shrink: do not spend time on them
_TRANSFER_CODED = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\n\r?\n")
_GZIP = 16 + zlib.MAX_WBITS
_JOIN_BYTES = 1 << 20
_RANDOM = random.Random(os.urandom(32))  # noqa: S311 - names records, keeps no secret


class Asked(Record, frozen=True, kw_only=True):
    """What was asked: address, moment (microseconds since 1970 UTC), the peer's IP, the request's bytes.

    ``address`` is empty when no connection was made; ``request`` is what was sent, or would have been.
    """

    uri: str
    at: int
    address: str
    request: bytes


class Stored(Record, frozen=True, kw_only=True):
    """One exhibit's bytes, ready to append, and the redaction rule used (empty: nothing was replaced)."""

    stored: bytes
    rule: str


def warcinfo(fields: Mapping[str, str], at: int, name: uuid.UUID | None = None) -> bytes:
    """Give the first record of a file; values become one line each. ``name``: the record's own, else a new one."""
    extra = [("Content-Type", "application/warc-fields")]
    return _record("warcinfo", at, extra, [_fields(fields)], name=name)[1]


def answered(asked: Asked, *, head: bytes, body: View, truncated: str, packed: bool = False) -> Stored:
    """Give a response record and its request record, side by side (clause 5.1).

    ``head`` and ``body`` are the bytes received; ``truncated`` is empty, length, time, disconnect or
    unspecified; ``packed`` says that the body is compressed already.
    """
    uri, request, shown = _redacted(asked)
    kept = redact.head(head)
    extra = [
        *_about(uri, asked),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    # A head that could not be read as HTTP may hold what any other reader takes for the body.
    end = _HEAD_END.search(kept)
    within = kept[end.end() :] if end else b""
    if not _TRANSFER_CODED.search(kept[: end.end()] if end else kept):
        digest = hashlib.sha256(within)
        digest.update(body)
        extra.append(("WARC-Payload-Digest", f"sha256:{digest.hexdigest()}"))
    if truncated:
        extra.append(("WARC-Truncated", truncated))
    level = _PACKED_LEVEL if packed else LEVEL
    ident, response = _record("response", asked.at, extra, [kept, body], level)
    rule = redact.RULE if shown or kept != head else ""
    return Stored(stored=response + _request(uri, asked, request, ident), rule=rule)


def unanswered(asked: Asked, *, outcome: str, detail: str) -> Stored:
    """Give a metadata record and the request record of an exchange that brought no byte (clause 5.1)."""
    uri, request, shown = _redacted(asked)
    block = _fields({"url": uri, "outcome": outcome, "detail": detail})
    extra = [*_about(uri, asked), ("Content-Type", "application/warc-fields")]
    ident, metadata = _record("metadata", asked.at, extra, [block])
    return Stored(stored=metadata + _request(uri, asked, request, ident), rule=redact.RULE if shown else "")


def _redacted(asked: Asked) -> tuple[str, bytes, bool]:
    uri = redact.uri(asked.uri)
    head, gap, body = asked.request.partition(b"\r\n\r\n")
    kept = redact.head(head)
    return uri, kept + gap + body, kept != head or uri != asked.uri


def _about(uri: str, asked: Asked) -> list[Field]:
    return [("WARC-Target-URI", uri), *[("WARC-IP-Address", asked.address)] * bool(asked.address)]


def _request(uri: str, asked: Asked, request: bytes, concurrent_to: str) -> bytes:
    extra = [
        *_about(uri, asked),
        ("Content-Type", "application/http; msgtype=request"),
        ("WARC-Concurrent-To", concurrent_to),
    ]
    return _record("request", asked.at, extra, [request])[1]


def _record(
    kind: str,
    at: int,
    extra: list[Field],
    block: list[View],
    level: int = LEVEL,
    *,
    name: uuid.UUID | None = None,
) -> tuple[str, bytes]:
    ident = f"<urn:uuid:{name or _new_uuid()}>"
    digest = hashlib.sha256()
    for part in block:
        digest.update(part)
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", ident),
        ("WARC-Date", times.stamp(at)),
        *extra,
        ("WARC-Block-Digest", f"sha256:{digest.hexdigest()}"),
        ("Content-Length", str(sum(len(part) for part in block))),
    ]
    head = "".join(["WARC/1.1\r\n", *[f"{name}: {value}\r\n" for name, value in fields], "\r\n"])
    return ident, _member([head.encode("utf-8", "surrogateescape"), *block, b"\r\n\r\n"], level)


def _member(parts: list[View], level: int) -> bytes:
    # No time stamp in the gzip header: equal records give equal bytes. Small records are packed in one
    # call: each call gives other threads the interpreter, and taking it back costs more than a copy.
    if sum(len(part) for part in parts) <= _JOIN_BYTES:
        return zlib.compress(b"".join(parts), level, _GZIP)
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return b"".join([*[packer.compress(part) for part in parts], packer.flush()])


def _new_uuid() -> uuid.UUID:
    # Unique is enough, and asking the system for randomness each time would give up the interpreter.
    return uuid.UUID(int=_RANDOM.getrandbits(128), version=4)


def _fields(fields: Mapping[str, str]) -> bytes:
    lines = (f"{name}: {' '.join(value.split())}\r\n" for name, value in fields.items())
    return "".join(lines).encode("utf-8", "surrogateescape")
