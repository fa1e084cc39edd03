"""Rows from one recorded exchange with a Mastodon server: which answer it is, and what was not read of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from workbench.collectors import mastodon_known as known
from workbench.collectors.fields import Drift, Fields, loads, members, shorten
from workbench.collectors.mastodon_entities import Reader, host
from workbench.records import Exchange
from workbench.rows import AnyRow, Issue, Media, Post

MOST_ANCESTORS, MOST_DESCENDANTS = 40, 60
"""What Mastodon gives of a thread to readers who are not signed in (Api::V1::StatusesController)."""

_STATUSES = re.compile(r"/api/v1/(?:accounts/[^/]+/statuses|timelines/.+)")
_STATUS = re.compile(r"/api/v1/statuses(?:/([^/]+))?")
_CONTEXT = re.compile(r"/api/v1/statuses/[^/]+/context")
_HISTORY = re.compile(r"/api/v1/statuses/([^/]+)/history")
_ACCOUNTS = re.compile(r"/api/v1/accounts")
_ACCOUNT = re.compile(r"/api/v1/accounts/[^/]+")
_SEARCH = re.compile(r"/api/v2/search")


def rows(exchange: Exchange) -> Iterator[AnyRow]:
    """Yield what one exchange says; errors, redirects and unknown answers become Issue rows."""
    drift = Drift()
    if exchange.truncated:
        drift.note("truncated", "body", expected="the whole answer", found=exchange.truncated)
    yield from _read(exchange, drift)
    yield from drift.issues()


def answer(path: str) -> str:
    """Say which answer an API path gives: ``statuses``, ``context``, …; empty where it is none we read."""
    kinds = (
        ("statuses", _STATUSES),
        ("context", _CONTEXT),
        ("history", _HISTORY),
        ("accounts", _ACCOUNTS),
        ("account", _ACCOUNT),
        ("status", _STATUS),
        ("search", _SEARCH),
    )
    return next((kind for kind, pattern in kinds if pattern.fullmatch(path.rstrip("/"))), "")


def _read(exchange: Exchange, drift: Drift) -> Iterator[AnyRow]:
    path = _path(exchange.uri)
    if exchange.outcome:
        yield _unread(answer(path) or "file", exchange.outcome, "not-captured")
    elif exchange.status >= 400:
        yield from _failed(exchange, path)
    elif exchange.status >= 300:
        yield _unread("redirect", f"HTTP {exchange.status}", "not-captured")
    elif not path.startswith("/api/"):
        yield _file(exchange)
    elif not answer(path):
        yield _unread("answer", path)
    else:
        yield from _answer(exchange, path, drift)


def _answer(exchange: Exchange, path: str, drift: Drift) -> Iterator[AnyRow]:
    try:
        value = loads(exchange.body, drift)
    except ValueError as error:
        yield _unread(answer(path), f"no JSON: {error}")
        return
    reader = Reader(host(exchange.uri), drift)
    match answer(path):
        case "statuses":
            yield from reader.statuses(_list(value, "status", known.STATUS, drift))
        case "status":
            yield from reader.statuses(_one(value, "status", known.STATUS, drift))
        case "account":
            yield from reader.accounts(_one(value, "account", known.ACCOUNT, drift))
        case "accounts":
            yield from reader.accounts(_list(value, "account", known.ACCOUNT, drift))
        case "history":
            edits = _list(value, "edit", known.EDIT, drift)
            yield from reader.edits(edits, path.split("/")[4])
        case "context":
            yield from _context(_one(value, "context", known.CONTEXT, drift), reader)
        case _:
            yield from _search(_one(value, "search", known.SEARCH, drift), reader)


def _context(found: list[Fields], reader: Reader) -> Iterator[AnyRow]:
    for whole in found:
        before = whole.parts("ancestors", known.STATUS, "status")
        after = whole.parts("descendants", known.STATUS, "status")
        yield from reader.statuses(before + after)
        if len(before) == MOST_ANCESTORS:
            yield _cut_off("ancestors", MOST_ANCESTORS)
        if len(after) == MOST_DESCENDANTS:
            yield _cut_off("descendants", MOST_DESCENDANTS)


def _cut_off(field: str, most: int) -> Issue:
    found = f"{most}, the most that anonymous readers are given: there may be more"
    return Issue(kind="not-captured", field=f"context.{field}", expected="the whole thread", found=found)


def _search(found: list[Fields], reader: Reader) -> Iterator[AnyRow]:
    for whole in found:
        yield from reader.accounts(whole.parts("accounts", known.ACCOUNT, "account"))
        yield from reader.statuses(whole.parts("statuses", known.STATUS, "status"))
        if whole.has("hashtags"):
            yield _unread("search", "hashtags")


def _failed(exchange: Exchange, path: str) -> Iterator[AnyRow]:
    status = exchange.status
    yield _unread(answer(path) or "file", f"HTTP {status}", "not-captured")
    post = _STATUS.fullmatch(path)
    if post and post[1] and status in {401, 403, 404, 410}:
        # A 404 is not a deletion: all it says is that this reader is shown nothing.
        name = Reader(host(exchange.uri), Drift()).name("statuses", post[1])
        yield Post(**name, author="", state="blocked" if status in {401, 403} else "not found")


def _file(exchange: Exchange) -> AnyRow:
    media_type = exchange.header("Content-Type").partition(";")[0].strip().lower()
    kind = media_type.partition("/")[0]
    if kind not in {"image", "video", "audio", "application"}:
        return _unread("file", media_type or "no content type")
    name = Reader(host(exchange.uri), Drift()).name("media", "", exchange.uri)
    held = not exchange.truncated
    return Media(
        **name,
        kind="document" if kind == "application" else kind,
        media_type=media_type,
        bytes=len(exchange.body) if held else None,
        sha256=hashlib.sha256(exchange.body).hexdigest() if held else "",
    )


def _unread(where: str, found: str, kind: str = "not-recognised") -> Issue:
    return Issue(kind=kind, where=where, expected="an answer that is read", found=shorten(found))


def _list(value: object, path: str, keys: frozenset[str], drift: Drift) -> list[Fields]:
    if isinstance(value, list):
        return members(value, path, keys, drift)
    drift.note("bad-value", path, expected="array", found=value)
    return []


def _one(value: object, path: str, keys: frozenset[str], drift: Drift) -> list[Fields]:
    if isinstance(value, dict):
        return [Fields(value, path, keys, drift)]
    drift.note("bad-value", path, expected="object", found=value)
    return []


def _path(uri: str) -> str:
    try:
        return urlsplit(uri).path.rstrip("/")
    except ValueError:
        return ""
