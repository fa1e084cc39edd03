"""Recorded exchanges read again from their exhibit's bytes, within bounds (casefile-format clause 5).

Takes the stored slice: a response or metadata record and its request record, a gzip member each. Nothing
here trusts a length or a coding that the bytes state.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from workbench import times
from workbench.errors import InputError
from workbench.records import Exchange, Record

MOST_BYTES = 256 << 20
"""The most that one exchange may unpack to, as records and again as a decoded body."""

Fields = tuple[tuple[str, str], ...]

_GZIP = 16 + zlib.MAX_WBITS
_STATUS = re.compile(rb"HTTP/[0-9.]+ +([0-9]{3})(?: [^\r\n]*)?\r?\n?")
_CHUNK = re.compile(rb"[ \t]*(?:0[xX])?([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]{0,65536})?\r?\n")
_GAP = re.compile(rb"\r?\n\r?\n")
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_MOST_CODINGS = 5
_PIECE = 16 << 10
_NULS = re.compile(rb"\0*")


class Piece(Record, frozen=True, kw_only=True):
    """One WARC record: its named fields in order, its block, and how many bytes it takes as stored."""

    fields: Fields
    block: bytes
    stored: int = 0

    def field(self, name: str) -> str:
        """Give the first field of that name, or an empty string."""
        return _first(self.fields, name)


def exchange(stored: bytes, *, most: int = MOST_BYTES) -> Exchange:
    """Read an exhibit's bytes; raise InputError where they are no recorded exchange.

    ``status`` is 0 for an exchange that brought no readable response; ``outcome`` then says why. A body
    that cannot be decoded, or would grow past ``most``, is cut there, and ``truncated`` says so
    (``undecodable``, ``length``).
    """
    pieces = {piece.field("WARC-Type"): piece for piece in pieces_of(stored, most=most)}
    request = pieces.get("request")
    response = pieces.get("response") or pieces.get("metadata")
    if request is None or response is None:
        raise InputError(
            "these bytes are no recorded exchange",
            expected="a response or metadata record and a request record",
            found=", ".join(pieces) or "nothing",
        )
    method, sent = _request(request.block)
    return _read(response, method=method, sent=sent, most=most)


def pieces_of(stored: bytes, *, most: int = MOST_BYTES) -> Iterator[Piece]:
    """Read the WARC records of a slice, a gzip member each; raise InputError where they are not that."""
    rest = stored
    while rest:
        unpacker = zlib.decompressobj(_GZIP)
        try:
            record = unpacker.decompress(rest, most)
        except zlib.error as error:
            raise InputError("a WARC record is not gzip", found=str(error)) from error
        if not unpacker.eof:
            raise InputError("a WARC record is cut short, or larger than it may be")
        size, rest = len(rest) - len(unpacker.unused_data), unpacker.unused_data
        yield _piece(record, size)


def http_head(raw: bytes) -> tuple[int, Fields, bytes]:
    """Split a response as received into status (0: unreadable), header fields and body."""
    gap = _GAP.search(raw)
    head, body = (raw, b"") if gap is None else (raw[: gap.start()], raw[gap.end() :])
    line, _, rest = head.partition(b"\n")
    status = _STATUS.fullmatch(line + b"\n")
    return int(status[1]) if status else 0, fields_of(rest), body


def fields_of(raw: bytes) -> Fields:
    """Read header fields: Latin-1 as HTTP says, folded lines joined, lines without a colon left out."""
    fields: list[tuple[str, str]] = []
    for line in raw.decode("latin-1").split("\n"):
        if line[:1] in {" ", "\t"} and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.append((name.strip(), value.strip()))
    return tuple(fields)


def dechunked(raw: bytes) -> tuple[bytes, bool]:
    """Undo chunked coding (RFC 9112 section 7.1); say whether it came to its end."""
    parts: list[bytes] = []
    at = 0
    while (line := _CHUNK.match(raw, at)) is not None:
        size = int(line[1], 16)
        at = line.end()
        if size == 0:
            return b"".join(parts), True
        part = raw[at : at + size]
        parts.append(part)
        at += size
        end = raw[at : at + 2]
        if len(part) < size or not end.startswith((b"\r\n", b"\n")):
            break
        at += 2 if end == b"\r\n" else 1
    return b"".join(parts), False


def decoded(raw: bytes, codings: str, *, most: int = MOST_BYTES) -> tuple[bytes, str]:
    """Undo content codings, the last applied first; say why where the result is not whole."""
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    names = [name for name in names if name != "identity"]
    if len(names) > _MOST_CODINGS or not _CODINGS.issuperset(names):
        return raw, "undecodable" if names else ""
    for name in reversed(names):
        raw, problem = _unpacked(raw, name, most)
        if problem:
            return raw, problem
    return raw, ""


def _unpacked(raw: bytes, coding: str, most: int) -> tuple[bytes, str]:
    if not raw:
        return b"", ""
    parts: list[bytes] = []
    room, at, start = most, 0, 0
    unpacker = zlib.decompressobj(_window(coding, raw))
    # In small pieces: zlib copies what is left at each member's end, and a body may be members only.
    while at < len(raw):
        piece = raw[at : at + _PIECE]
        try:
            # One more than there is room for tells a body that just fits from one that does not.
            part = unpacker.decompress(piece, room + 1)
        except zlib.error:
            # What stands behind a whole member and is none is padding; anything else is damage.
            return b"".join(parts), "" if at == start > 0 else "undecodable"
        parts += [part[:room]] * bool(part)
        if len(part) > room:
            return b"".join(parts), "length"
        room -= len(part)
        at += len(piece) - len(unpacker.unused_data)
        if unpacker.eof:
            # gzip may have several members (RFC 1952 section 2.2), deflate has not.
            at = start = _NULS.match(raw, at).end() if coding != "deflate" else len(raw)  # type: ignore[union-attr]
            if at < len(raw):
                unpacker = zlib.decompressobj(_GZIP)
    return b"".join(parts), "" if unpacker.eof else "undecodable"


def _window(coding: str, raw: bytes) -> int:
    if coding != "deflate":
        return _GZIP
    is_zlib = len(raw) > 1 and raw[0] & 0x0F == 8 and (raw[0] << 8 | raw[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _piece(record: bytes, stored: int) -> Piece:
    head, gap, rest = record.partition(b"\r\n\r\n")
    version, _, fields = head.partition(b"\r\n")
    if not gap or version not in {b"WARC/1.1", b"WARC/1.0"}:
        raise InputError("this is no WARC record", expected="WARC/1.1", found=repr(version[:20]))
    piece = Piece(fields=_warc_fields(fields), block=b"")
    length = piece.field("Content-Length")
    if not length.isascii() or not length.isdigit() or int(length) + 4 != len(rest):
        raise InputError(
            "a WARC record's length is wrong", expected=f"{len(rest) - 4} bytes", found=length[:40]
        )
    return Piece(fields=piece.fields, block=rest[:-4], stored=stored)


def _warc_fields(raw: bytes) -> Fields:
    lines = raw.decode("utf-8", "surrogateescape").split("\r\n")
    return tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))


def _request(block: bytes) -> tuple[str, bytes]:
    head, _, body = block.partition(b"\r\n\r\n")
    return head.partition(b" ")[0].decode("latin-1"), body


def _read(piece: Piece, *, method: str, sent: bytes, most: int) -> Exchange:
    uri = piece.field("WARC-Target-URI")
    at = moment(piece.field("WARC-Date"))
    if piece.field("WARC-Type") == "metadata":
        outcome = _first(fields_of(piece.block), "outcome") or "no-response"
        return Exchange(
            method=method, uri=uri, status=0, headers=(), body=b"", at=at, sent=sent, outcome=outcome
        )
    status, headers, raw = http_head(piece.block)
    bodiless = method == "HEAD" or status in {204, 304}  # RFC 9112 section 6.3
    body, problem = (b"", "") if bodiless else _body(headers, raw, most)
    return Exchange(
        method=method,
        uri=uri,
        status=status,
        headers=headers,
        body=body,
        at=at,
        truncated=piece.field("WARC-Truncated") or problem,
        sent=sent,
        outcome="" if status else "malformed-answer",
    )


def _body(headers: Fields, raw: bytes, most: int) -> tuple[bytes, str]:
    whole = True
    if any("chunked" in value.lower() for name, value in headers if name.lower() == "transfer-encoding"):
        raw, whole = dechunked(raw)
    coding = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    body, problem = decoded(raw, coding, most=most)
    return body, problem or ("" if whole else "disconnect")


def moment(stamp: str) -> int:
    """Read a record's ``WARC-Date``, microseconds since 1970 UTC; raise InputError where it is none."""
    try:
        return times.read_stamp(stamp)
    except ValueError as error:
        raise InputError("a WARC record's date is not readable", found=stamp[:40]) from error


def _first(fields: Fields, name: str) -> str:
    wanted = name.lower()
    return next((value for key, value in fields if key.lower() == wanted), "")
