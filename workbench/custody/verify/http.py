"""As much of HTTP/1.1 as a payload digest and clause 5.5 need (RFC 9112)."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_HEAD: Final = 1 << 20
_END: Final = re.compile(rb"\n\r?\n")
"""A message's head ends with its first empty line after the start line."""

_REMOVED: Final = "[removed:secrets-1]"
_FIELDS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-csrf-token"})
_PARAMETERS: Final = frozenset(
    {"access_token", "token", "api_key", "key", "sig", "signature", "password", "client_secret"}
)


class Payload:
    """Hashes the body of an HTTP message that streams by, as received, and knows whether it is transfer-coded."""

    def __init__(self) -> None:
        self.head = b""
        self._in_body = False
        self._sum = hashlib.sha256()
        self.coded = False
        self._lost = False

    def feed(self, part: bytes) -> None:
        """Take the next bytes of the message."""
        if self._in_body:
            self._sum.update(part)
            return
        # Looking for the end from just before the new bytes keeps a long header linear.
        start = max(0, len(self.head) - 2)
        self.head += part
        end = _END.search(self.head, start)
        if end is None:
            if len(self.head) > _HEAD:
                self._lost, self._in_body = True, True
            return
        rest = self.head[end.end() :]
        self.head = self.head[: end.start() + 1]
        self._in_body = True
        self.coded = any(name == "transfer-encoding" for name, _ in fields(self.head))
        self._sum.update(rest)

    def digest(self) -> str:
        """Give the SHA-256, or an empty string where the message cannot be read as HTTP/1.1."""
        return "" if self._lost or not self._in_body else self._sum.hexdigest()


def fields(head: bytes) -> list[tuple[str, str]]:
    """List a message head's fields, names in lower case.

    As RFC 9112 (2.2, 5.2) has a reader do it: a line may end in LF alone, and one that begins with a space or
    tab goes on with the field before it. A server may write its head so that other readings find fields in it
    that nobody else sees; that is no fault of the case.
    """
    found: list[tuple[str, str]] = []
    for line in head.decode("latin-1").split("\n")[1:]:
        if line[:1] in {" ", "\t"}:
            if found:
                found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
            continue
        name, _, value = line.partition(":")
        found.append((name.rstrip(" \t").lower(), value.strip()))
    return found


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
