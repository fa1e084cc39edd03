"""What twarc and similar tools write: tweets of the API v2 or v1.1, a page or a tweet a line.

Also read: the same gzipped, and v1.1 answers as one JSON array or as ``{"statuses": [...]}``. Which shape a line
has is seen line by line, since collections are joined. What the platform withheld (``errors``) and what a page
announces and does not hold become Issue rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec

from workbench.importers import files
from workbench.importers import twarc_shapes as v2
from workbench.importers.base import Bundle, Cited, Member, at, guarded
from workbench.importers.drift import Drift
from workbench.importers.jsonstream import Array, Line, lines
from workbench.importers.status import PLATFORM, Once, account_entity, address, post_entity
from workbench.importers.status import Reader as StatusReader
from workbench.importers.status_shapes import Status, count
from workbench.importers.twarc_v2 import Reader
from workbench.importers.typed import Typed, elements
from workbench.rows import AnyRow, Issue, Post

_HEAD = 262_144
_NAMES = re.compile(r"\.(?:jsonl?|ndjson|txt)(?:\.gz)?\Z", re.IGNORECASE)
_V1 = re.compile(rb'"(?:id_str|full_text|retweet_count)"\s*:')
_TWEETS = re.compile(rb'"(?:text|author_id|edit_history_tweet_ids)"\s*:')
_V2 = re.compile(rb'"(?:data|__twarc|author_id|edit_history_tweet_ids)"\s*:')

_STATUS = Typed(Status, "tweet")
_FLAT = Typed(v2.Tweet, "tweet")
_FLAT_USER = Typed(v2.User, "user")
_PAGE = Typed(v2.TweetPage, "page")
_USERS = Typed(v2.UserPage, "page")


class _Peek(msgspec.Struct):
    """The keys that tell a line's shape; empty where they are not there."""

    data: msgspec.Raw = msgspec.Raw()
    id_str: msgspec.Raw = msgspec.Raw()
    username: msgspec.Raw = msgspec.Raw()
    author_id: msgspec.Raw = msgspec.Raw()
    text: msgspec.Raw = msgspec.Raw()
    full_text: msgspec.Raw = msgspec.Raw()
    delete: msgspec.Raw = msgspec.Raw()


class _DeletedStatus(msgspec.Struct):
    id_str: str = ""
    user_id_str: str = ""


class _Delete(msgspec.Struct):
    status: _DeletedStatus


class _Notice(msgspec.Struct):
    delete: _Delete


_PEEK = msgspec.json.Decoder(_Peek)
_FAULTS = (msgspec.MsgspecError, UnicodeError, RecursionError)


class Twarc:
    """Reads JSON lines of tweets, and v1.1 answers as JSON."""

    name = "twarc"
    version = "1"
    licence = "Apache-2.0"
    title = "tweets as JSON lines (twarc v2 and v1.1), also gzipped, and v1.1 answers"
    needs = "nothing"
    state = "works; polls, context annotations and lists are not read"

    def recognises(self, bundle: Bundle) -> bool:
        """Most files are named as JSON, and one of them begins as tweets do."""
        named = [member for member in bundle.contents if _NAMES.search(member.name)]
        return 2 * len(named) > len(bundle.contents) and any(_shape(each.head(_HEAD)) for each in named)

    def parse(self, bundle: Bundle) -> Iterator[Cited]:
        """Yield accounts, posts, acts, media, places and issues, line by line; other files as what they are."""
        for member in bundle.contents:
            drift = Drift(member.name)
            if not _NAMES.search(member.name):
                yield from guarded(member, files.one(member), drift)
                continue
            match _shape(member.head(_HEAD)):
                case "lines":
                    read = _Lines(member, drift).rows()
                case "array":
                    read = _array(member, "", drift)
                case "statuses":
                    read = _array(member, "statuses", drift)
                case _:
                    read = iter([_unknown(member)])
            yield from guarded(member, read, drift)


def _shape(head: bytes) -> str:
    """Say how a file holds its tweets: ``lines``, ``array``, ``statuses``; empty where it seems to hold none."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    tweets = _V1.search(start) is not None or _V2.search(start) is not None
    if start.startswith(b"["):
        return "array" if _V1.search(start) else ""
    if not start.startswith(b"{"):
        return ""
    if re.match(rb'\{\s*"(?:statuses|search_metadata)"\s*:', start):
        return "statuses"
    return "lines" if tweets or b'"delete"' in start else ""


def _array(member: Member, key: str, drift: Drift) -> Iterator[AnyRow]:
    reader = StatusReader()
    with member.open() as stream:
        array = Array(stream, member.name, key=key)
        prefix = f"/{key}" if key else ""
        for index, status in elements(array, _STATUS, drift, member.name, prefix):
            yield from reader.rows(status, f"{prefix}/{index}")
    rest = array.tail.strip()
    if rest and not key:
        yield Issue(
            kind="bad-value", where=at(member.name, array.after()), expected="the end", found=repr(rest[:40])
        )


class _Lines:
    """Goes through the lines of one file."""

    def __init__(self, member: Member, drift: Drift) -> None:
        self._member, self._drift = member, drift
        self._statuses = StatusReader()
        self._accounts = Once()

    def rows(self) -> Iterator[AnyRow]:
        with self._member.open() as stream:
            for line in lines(stream, self._member.name):
                yield from self._line(line)

    def _line(self, line: Line) -> Iterator[AnyRow]:
        pointer, where = f"/{line.number}", at(self._member.name, line.offset)
        if line.raw is None:
            self._drift.note("refused", "line", expected="a shorter line", pointer=pointer, where=where)
            return
        try:
            peek = _PEEK.decode(line.raw)
        except _FAULTS as error:
            mended = _mended(line.raw)
            if mended is None:
                kind = "truncated" if "truncated" in str(error) else "bad-value"
                found = str(error)
                yield Issue(kind=kind, where=where, expected="a line of JSON", found=found, pointer=pointer)
                return
            peek = mended
        yield from self._shaped(peek, line.raw, pointer, where)

    def _shaped(self, peek: _Peek, raw: bytes, pointer: str, where: str) -> Iterator[AnyRow]:
        if peek.data:
            yield from self._page(peek, raw, pointer, where)
        elif peek.delete:
            yield from self._deleted(raw, pointer, where)
        elif peek.author_id and not peek.id_str:
            tweet = _FLAT.one(raw, self._drift, pointer=pointer, where=where)
            yield from Reader(self._accounts).tweet(tweet, pointer) if tweet else ()
        elif peek.username:
            user = _FLAT_USER.one(raw, self._drift, pointer=pointer, where=where)
            yield from Reader(self._accounts).user(user, pointer) if user else ()
        elif peek.full_text or peek.text:
            status = _STATUS.one(raw, self._drift, pointer=pointer, where=where)
            yield from self._statuses.rows(status, pointer) if status else ()
        else:
            found = raw[:100].decode(errors="replace")
            self._drift.note(
                "stream-error", "line", expected="a tweet", found=found, pointer=pointer, where=where
            )

    def _page(self, peek: _Peek, raw: bytes, pointer: str, where: str) -> Iterator[AnyRow]:
        data = bytes(peek.data)
        reader = Reader(self._accounts)
        page: v2.TweetPage | v2.UserPage | None
        if b'"username"' in data and not _TWEETS.search(data):
            page = _USERS.one(raw, self._drift, pointer=pointer, where=where)
        else:
            page = _PAGE.one(raw, self._drift, pointer=pointer, where=where)
        if page is None:
            return
        includes = page.includes or v2.Includes()
        yield from reader.includes(includes, f"{pointer}/includes")
        many = isinstance(page.data, list)
        held = page.data if isinstance(page.data, list) else [page.data] if page.data is not None else []
        for number, one in enumerate(held):
            place = f"{pointer}/data/{number}" if many else f"{pointer}/data"
            yield from reader.user(one, place) if isinstance(one, v2.User) else reader.tweet(one, place)
        yield from reader.included(includes, f"{pointer}/includes")
        self._problems(page, len(held), pointer, where)

    def _problems(self, page: v2.TweetPage | v2.UserPage, held: int, pointer: str, where: str) -> None:
        for problem in page.errors or ():
            known = bool(problem.resource_type or problem.parameter)
            self._drift.note(
                "not-captured" if known else "stream-error",
                f"errors.{problem.parameter or 'stream'}",
                expected=f"a {problem.resource_type}" if known else "tweets",
                found=problem.title or problem.detail or problem.type or "",
                pointer=pointer,
                where=where,
            )
        stated = count(page.meta.result_count) if page.meta else None
        if stated is not None and stated != held:
            self._drift.note(
                "count-mismatch",
                "meta.result_count",
                expected=f"{stated} announced",
                found=f"{held} present",
                pointer=pointer,
                where=where,
            )

    def _deleted(self, raw: bytes, pointer: str, where: str) -> Iterator[AnyRow]:
        try:
            status = msgspec.json.decode(raw, type=_Notice).delete.status
        except _FAULTS as error:
            self._drift.note(
                "bad-value", "delete", expected="a notice", found=str(error), pointer=pointer, where=where
            )
            return
        yield Post(
            platform=PLATFORM,
            server="",
            native_id=status.id_str,
            uri=address(status.id_str),
            entity_id=post_entity(status.id_str),
            pointer=pointer,
            author=account_entity(status.user_id_str),
            state="deleted by author",
        )


def _mended(raw: bytes) -> _Peek | None:
    """Look at a line that holds half a character or a bare control character; ``Typed`` then reads and notes it."""
    try:
        value = json.loads(raw.decode(errors="replace"), strict=False)
        return _PEEK.decode(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    except (*_FAULTS, ValueError):
        return None


def _unknown(member: Member) -> Issue:
    return Issue(
        kind="not-recognised", where=member.name, expected="tweets as JSON", found=f"{member.size} bytes"
    )
