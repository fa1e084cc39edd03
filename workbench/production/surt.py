"""Addresses as keys of an index: host from the right, path and query in one form (SURT).

What WACZ's index sorts by (CDXJ, "Sort-friendly URI Reordering Transform"). Only an index is made with it:
the address itself stands beside the key, so that two that share a key stay two.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

_PORTS = {"http": 80, "https": 443}
_WWW = re.compile(r"www[0-9]*\.")
_SAFE = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"


def key(url: str) -> str:
    """Give an address's key; an address that cannot be taken apart is its own key, without white space."""
    try:
        parts = urlsplit(url)
        host, port = _host(parts), parts.port
    except ValueError:
        return _escaped(url)
    if not host:
        return _escaped(url)
    turned = ",".join(reversed(host.split(".")))
    shown = "" if port in {None, _PORTS.get(parts.scheme.lower())} else f":{port}"
    query = _query(parts.query)
    return f"{turned}{shown}){_path(parts.path)}{'?' * bool(query)}{query}"


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").strip(".")
    if not host.isascii():
        # A name that is none in IDNA stays as it is written, escaped.
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = _escaped(host)
    return _WWW.sub("", host, count=1) if _WWW.match(host) else host


def _path(path: str) -> str:
    kept: list[str] = []
    for part in _unquoted(path).split(b"/"):
        step = _quoted(part)
        if step == ".." and kept:
            kept.pop()
        elif step not in {"", "."}:
            kept.append(step)
    return "/" + "/".join(kept).lower()


def _query(query: str) -> str:
    pairs = (tuple(pair.split("=", 1)) for pair in _quoted(_unquoted(query)).lower().split("&"))
    return "&".join("=".join(pair) for pair in sorted(pairs))


def _unquoted(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    # Each round shortens it, so this ends.
    while (once := unquote_to_bytes(raw)) != raw:
        raw = once
    return raw


def _quoted(raw: bytes) -> str:
    return quote(raw, safe=_SAFE)


def _escaped(text: str) -> str:
    return _quoted(text.encode("utf-8", "surrogateescape"))
