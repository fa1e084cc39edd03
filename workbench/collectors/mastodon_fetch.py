"""What to ask a Mastodon server for, and in which order; the answers are kept by the transport.

Mastodon.py's typed objects are looked at only as far as the next question needs; rows come from the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonError, MastodonNetworkError, MastodonRatelimitError

from workbench import times
from workbench.collectors import failures
from workbench.collectors.base import Report
from workbench.collectors.gathering import TIMEOUT_S, USER_AGENT, Gathering, Stopped
from workbench.errors import SourceError
from workbench.records import Order, Record, Result

_T = TypeVar("_T")

PAGE = 40
"""Posts asked for at a time: the most that Mastodon gives."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SNOWFLAKE_SLACK_US = 24 * 3600 * 1_000_000
_ANSWER_IS_OFF = (TypeError, ValueError, AttributeError, LookupError, RecursionError, OverflowError)


class _Seen(Record, frozen=True, kw_only=True):
    """What of a post decides on what to fetch next; of a boost nothing is fetched."""

    id: str
    published: int | None
    edited: bool = False
    threaded: bool = False
    media: tuple[str, ...] = ()


class Fetch(Gathering):
    """One run over one account (``acct``) as one server (``base``) shows it."""

    def __init__(
        self,
        base: str,
        acct: str,
        order: Order,
        session: requests.Session,
        *,
        report: Report,
        token: str = "",
    ) -> None:
        super().__init__(order, session, report)
        self.acct = acct
        self.client = Mastodon(
            api_base_url=base,
            session=session,
            ratelimit_method="throw",  # waiting is the transport's
            request_timeout=TIMEOUT_S,
            version_check_mode="none",  # no request of its own
            user_agent=USER_AGENT,
        )
        # Set here, since the constructor would open a file that happens to be named like the token.
        self.client.access_token = token or None
        self.seen: dict[str, _Seen] = {}
        self.listed = False
        session.hooks["response"].append(self._look)

    def run(self) -> Result:
        """Fetch all, in the order of worth: words first, then threads, edits, media."""
        account = self._account()
        start = self._start(account)
        try:
            self._posts(account, start)
            self._threads()
            self._edits()
            if self.order.media:
                self.media(url for post in self.seen.values() for url in post.media)
        except Stopped as stop:
            self.note(stop.what, stop.reason)
        return self.result(len(self.seen))

    # -- steps

    def _account(self) -> str:
        found = self.ask("account", lambda: self.client.account_lookup(self.acct))
        native_id = str(_get(found, "id"))
        if not _ID.fullmatch(native_id):
            raise failures.named("failed", "malformed-answer", what="account", found="no usable id")
        if _get(found, "suspended") is True:
            raise failures.named("gone", "suspended", what="account")
        self.report("account", 1)
        return native_id

    def _start(self, account: str) -> str:
        """Give the id below which the window lies, where this server's ids tell the time; else nothing.

        Ids that do not tell the time (other software) mean paging from the newest post, so that a wrong guess
        never looks like an empty window.
        """
        if self.order.until is None:
            return ""
        bound = str((self.order.until // 1000 + 1) << 16)
        sample = self._page(account, bound, 1) or self._page(account, "", 1)
        return bound if sample and all(_tells_time(one) for one in sample) else ""

    def _posts(self, account: str, before: str) -> None:
        asked: set[str] = set()
        while (room := self.order.limit - len(self.seen)) > 0:
            size = min(PAGE, room)
            page = self._further(account, before, size) if asked else self._page(account, before, size)
            published = [self._take(status) for status in page]
            self.report("posts", len(self.seen))
            asked.add(before)
            before = _next(page, size)
            if not before or before in asked or self.all_older(published):
                return
        self.more = True

    def _threads(self) -> None:
        covered: set[str] = set()
        # Oldest first: the thread below a post brings along the account's own answers in it.
        threaded = [post for post in reversed(self.seen.values()) if post.threaded and self.order.context]
        for count, post in enumerate(threaded, 1):
            if post.id not in covered:
                context = self.attempt("threads", partial(self.client.status_context, post.id))
                covered.update(str(_get(one, "id")) for one in _list(_get(context, "descendants")))
            self.report("threads", count)

    def _edits(self) -> None:
        edited = [post for post in self.seen.values() if post.edited]
        for count, post in enumerate(edited, 1):
            self.attempt("edit histories", partial(self.client.status_history, post.id))
            self.report("edit histories", count)

    # -- asking

    def _page(self, account: str, before: str, size: int) -> list[Any]:
        ask = partial(self.client.account_statuses, account, limit=size, max_id=before or None)
        page = self.ask("posts", ask)
        # Mastodon.py makes an empty list of an empty object.
        if not isinstance(page, list) or not self.listed:
            raise failures.named("failed", "malformed-answer", what="posts", found="no list")
        return page

    def _look(self, answer: requests.Response, *, stream: bool = False, **_: object) -> None:
        self.listed = not stream and answer.content.lstrip().startswith(b"[")

    def _further(self, account: str, before: str, size: int) -> list[Any]:
        return self.attempt("pages", partial(self._page, account, before, size)) or []

    def ask(self, what: str, call: Callable[[], _T]) -> _T:
        """Do one request, with the errors that Mastodon.py makes of failures."""
        try:
            return call()
        except MastodonRatelimitError as error:
            raise failures.http(429, what=what) from error
        except (MastodonNetworkError, requests.RequestException) as error:
            raise failures.network(error, what=what) from error
        except MastodonError as error:
            status = next((one for one in error.args if isinstance(one, int)), 0)
            raise (failures.http(status, what=what) if status else _malformed(what, error)) from error
        except _ANSWER_IS_OFF as error:
            raise _malformed(what, error) from error

    # -- looking at answers

    def _take(self, status: object) -> int | None:
        """Keep what decides on what to fetch next; give the time of a post, in microseconds."""
        found, published = _get(status, "id"), _micros(_get(status, "created_at"))
        native_id = "" if found is None else str(found)
        if not _ID.fullmatch(native_id):
            self.note("posts", "malformed-answer")
        elif not self.in_window(published):
            return published
        elif _get(status, "reblog"):
            self.seen[native_id] = _Seen(id=native_id, published=published)
        else:
            self.seen[native_id] = _Seen(
                id=native_id,
                published=published,
                edited=bool(_get(status, "edited_at")),
                threaded=bool(_get(status, "replies_count") or _get(status, "in_reply_to_id")),
                media=tuple(_addresses(status)),
            )
        return published


def _malformed(what: str, error: BaseException) -> SourceError:
    return failures.named("failed", "malformed-answer", what=what, found=type(error).__name__)


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _micros(value: object) -> int | None:
    return times.to_micros(value) if isinstance(value, datetime) and value.tzinfo else None


def _addresses(status: object) -> Iterator[str]:
    for media in _list(_get(status, "media_attachments")):
        url = _get(media, "url") or _get(media, "remote_url")
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            yield url


def _tells_time(status: object) -> bool:
    native_id, published = str(_get(status, "id")), _micros(_get(status, "created_at"))
    if published is None or not native_id.isdecimal():
        return False
    return abs((int(native_id) >> 16) * 1000 - published) < _SNOWFLAKE_SLACK_US


def _next(page: Sequence[object], size: int) -> str:
    """Give the next page's ``max_id``: from the Link header; without one, from a full page's last post."""
    linked = getattr(page, "_pagination_next", None)
    native_id = str(_get(linked, "max_id") if linked else _get(page[-1], "id") if len(page) >= size else "")
    return native_id if page and _ID.fullmatch(native_id) else ""
