"""As much of HTTP/1.1 as a payload digest and clause 5.5 need (RFC 9112)."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_HEAD: Final = 1 << 20
_REMOVED: Final = "[removed:secrets-1]"
_FIELDS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-csrf-token"})
_PARAMETERS: Final = frozenset(
    {"access_token", "token", "api_key", "key", "sig", "signature", "password", "client_secret"}
)
_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,12}")


class Payload:
    """Hashes the entity body of an HTTP message that streams by: transfer coding removed, content coding kept."""

    def __init__(self) -> None:
        self.head = b""
        self._in_body = False
        self._sum = hashlib.sha256()
        self._chunks: _Chunks | None = None
        self._lost = False

    def feed(self, part: bytes) -> None:
        """Take the next bytes of the message."""
        if self._in_body:
            self._body(part)
            return
        # Looking for the end from just before the new bytes keeps a long header linear.
        start = max(0, len(self.head) - 3)
        self.head += part
        end = self.head.find(b"\r\n\r\n", start)
        if end < 0:
            if len(self.head) > _HEAD:
                self._lost, self._in_body = True, True
            return
        rest = self.head[end + 4 :]
        self.head = self.head[:end]
        self._in_body = True
        codings = [value.lower() for name, value in fields(self.head) if name == "transfer-encoding"]
        if any("chunked" in each for each in codings):
            self._chunks = _Chunks()
        self._body(rest)

    def _body(self, part: bytes) -> None:
        if self._chunks is None:
            self._sum.update(part)
            return
        for piece in self._chunks.feed(part):
            self._sum.update(piece)

    def digest(self) -> str:
        """Give the SHA-256, or an empty string where the message cannot be read as HTTP/1.1."""
        broken = self._lost or not self._in_body or (self._chunks is not None and self._chunks.broken)
        return "" if broken else self._sum.hexdigest()


class _Chunks:
    """Takes chunked transfer coding apart (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self.broken = False
        self._line = b""
        self._left = 0
        self._gap = 0
        self._ended = False

    def feed(self, part: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        place = 0
        while place < len(part) and not (self.broken or self._ended):
            if self._left:
                piece = part[place : place + self._left]
                pieces.append(piece)
                self._left -= len(piece)
                place += len(piece)
                self._gap = 0 if self._left else 2
            elif self._gap:
                self._gap -= 1
                self.broken = part[place] != b"\n\r"[self._gap]
                place += 1
            else:
                place = self._size(part, place)
        return pieces

    def _size(self, part: bytes, place: int) -> int:
        end = part.find(b"\n", place)
        self._line += part[place:] if end < 0 else part[place:end]
        if end < 0:
            self.broken = len(self._line) > 1024
            return len(part)
        size = self._line.split(b";", 1)[0].strip()
        self._line = b""
        if not _SIZE.fullmatch(size):
            self.broken = True
            return end + 1
        self._left = int(size, 16)
        self._ended = self._left == 0
        return end + 1


def fields(head: bytes) -> list[tuple[str, str]]:
    """List a message head's fields, names in lower case."""
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = [line.partition(":") for line in lines]
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def secret_problems(head: bytes) -> list[str]:
    """Name the header fields and query parameters that hold a secret in the clear (5.5)."""
    found = [name for name, value in fields(head) if name in _FIELDS and value not in ("", _REMOVED)]
    target = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(target) == 3 and not target[0].startswith("HTTP/"):
        query = target[1].partition("?")[2]
        pairs = [pair.partition("=") for pair in query.split("&")]
        found += [name for name, _, value in pairs if name.lower() in _PARAMETERS and not _is_removed(value)]
    return found


def _is_removed(value: str) -> bool:
    return value == "" or "removed:secrets-1" in value
