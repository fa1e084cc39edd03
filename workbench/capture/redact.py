"""Rule ``secrets-1``: secrets are replaced before anything is written (casefile-format clause 5.5).

Applied to the header part of requests and responses and to addresses, never to a body. Besides the fields
and parameters of the clause it removes a user name and password in front of a host, which are the value
of an Authorization field in another place, and it sees through percent-encoded parameter names.
"""

from __future__ import annotations

import re

RULE = "secrets-1"
REMOVED = f"[removed:{RULE}]"

FIELDS = ("Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Csrf-Token")
PARAMETERS = (
    "access_token",
    "token",
    "api_key",
    "key",
    "sig",
    "signature",
    "password",
    "client_secret",
)


def _spelled(name: str) -> str:
    # Each letter may also stand as %XX; the pattern is case-insensitive.
    return "".join(f"(?:{re.escape(letter)}|{_coded(letter)})" for letter in name)


def _coded(letter: str) -> str:
    return "|".join(sorted({f"%{ord(form):02x}" for form in (letter, letter.upper())}))


_NAMES = "|".join(_spelled(name) for name in PARAMETERS)
_IN_ADDRESS = re.compile(
    rf"([?&;#](?:{_NAMES})=)[^&#\s<>\"]+|((?<=://))[^/?#\s@<>\"]+(?=@)".encode(), re.IGNORECASE
)
# A carriage return alone ends no line.
_LINE = r"(?:[^\r\n]|\r(?!\n))*"
# A folded field goes on over lines that begin with white space.
_IN_FIELD = re.compile(
    rf"^((?:{'|'.join(FIELDS)})[ \t]*:[ \t]*){_LINE}(?:\r?\n[ \t]{_LINE})*".encode(),
    re.IGNORECASE | re.MULTILINE,
)
_REMOVED = REMOVED.encode()


def head(raw: bytes) -> bytes:
    """Redact the header part of a request or response (start line through the empty line)."""
    raw = _IN_FIELD.sub(rb"\g<1>" + _REMOVED, raw)
    if b"=" in raw or b"@" in raw:
        raw = _IN_ADDRESS.sub(_without, raw)
    return raw


def uri(address: str) -> str:
    """Redact an address."""
    if "=" not in address and "@" not in address:
        return address
    return _IN_ADDRESS.sub(_without, address.encode("utf-8", "surrogateescape")).decode(
        "utf-8", "surrogateescape"
    )


def _without(match: re.Match[bytes]) -> bytes:
    return (match[1] or b"") + _REMOVED
