"""What to ask a Mastodon server for, and in which order; the answers are kept by the transport.

Mastodon.py's typed objects are looked at only as far as the next question needs; rows come from the bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonError, MastodonNetworkError, MastodonRatelimitError

from workbench import __version__, times
from workbench.collectors import failures
from workbench.collectors.base import Report
from workbench.errors import Refused, SourceError
from workbench.records import Order, Record, Result

_T = TypeVar("_T")

PAGE = 40
"""Posts asked for at a time: the most that Mastodon gives."""
USER_AGENT = f"casefile-workbench/{__version__}"
_HEADERS = {"User-Agent": USER_AGENT}
TIMEOUT_S = 60.0
"""Handed to the session, whose transport has limits of its own."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SNOWFLAKE_SLACK_US = 24 * 3600 * 1_000_000
_ONE_THING = frozenset(
    {
        *("not-found", "gone", "forbidden", "login-required", "legal-reasons", "malformed-answer"),
        *("bad-address", "truncated", "too-many-redirects", "http-400", "http-422"),
    }
)
"""Failures that concern one address and say nothing about the next."""
_ANSWER_IS_OFF = (TypeError, ValueError, AttributeError, LookupError, RecursionError, OverflowError)


class _Seen(Record, frozen=True, kw_only=True):
    """What of a post decides on what to fetch next; of a boost nothing is fetched."""

    id: str
    published: int | None
    edited: bool = False
    threaded: bool = False
    media: tuple[str, ...] = ()


class _Stopped(Exception):  # noqa: N818 - a turn of the road, not an error for a person
    """Something failed after the first posts that would fail again; what was captured stands."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


class _Refusal(_Stopped):
    """The gate said no; for media of another host that need not be the end."""


class Fetch:
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
        self.acct = acct
        self.order = order
        self.session = session
        self.report = report
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
        self.outside = 0
        self.more = False
        self.troubles: Counter[tuple[str, str]] = Counter()

    def run(self) -> Result:
        """Fetch all, in the order of worth: words first, then threads, edits, media."""
        account = self._account()
        start = self._start(account)
        try:
            self._posts(account, start)
            self._threads()
            self._edits()
            self._media()
        except _Stopped as stop:
            self.troubles[stop.what, stop.reason] += 1
        return self._result()

    # -- steps

    def _account(self) -> str:
        found = self._ask("account", lambda: self.client.account_lookup(self.acct))
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
            if not before or before in asked or self._all_older(published):
                return
        self.more = True

    def _threads(self) -> None:
        covered: set[str] = set()
        # Oldest first: the thread below a post brings along the account's own answers in it.
        threaded = [post for post in reversed(self.seen.values()) if post.threaded and self.order.context]
        for count, post in enumerate(threaded, 1):
            if post.id not in covered:
                context = self._try("threads", partial(self.client.status_context, post.id))
                covered.update(str(_get(one, "id")) for one in _list(_get(context, "descendants")))
            self.report("threads", count)

    def _edits(self) -> None:
        edited = [post for post in self.seen.values() if post.edited]
        for count, post in enumerate(edited, 1):
            self._try("edit histories", partial(self.client.status_history, post.id))
            self.report("edit histories", count)

    def _media(self) -> None:
        wanted = dict.fromkeys(url for post in self.seen.values() for url in post.media if self.order.media)
        closed: dict[str, str] = {}  # hosts that the gate refused are not asked for again
        for count, url in enumerate(wanted, 1):
            host = urlsplit(url).netloc
            try:
                if host not in closed:
                    self._try("media files", partial(self._download, url))
            except _Refusal as refusal:
                closed[host] = refusal.reason
            if host in closed:
                self.troubles["media files", closed[host]] += 1
            self.report("media files", count)

    def _result(self) -> Result:
        items = len(self.seen)
        troubles = [(what, why, count) for (what, why), count in self.troubles.items() if count]
        if troubles:
            said = ", ".join(f"{what}: {count} {why}" for what, why, count in troubles)
            return Result(verdict="partial", reason=troubles[0][1], detail=said, items=items)
        if self.more:
            return Result(verdict="partial", reason="limit-reached", items=items)
        if items:
            return Result(verdict="complete", items=items)
        return Result(verdict="empty", reason="none-in-window" if self.outside else "nothing-visible")

    # -- asking

    def _page(self, account: str, before: str, size: int) -> list[Any]:
        ask = partial(self.client.account_statuses, account, limit=size, max_id=before or None)
        page = self._ask("posts", ask)
        if not isinstance(page, list):
            raise failures.named("failed", "malformed-answer", what="posts", found="no list")
        return page

    def _further(self, account: str, before: str, size: int) -> list[Any]:
        return self._try("pages", partial(self._page, account, before, size)) or []

    def _download(self, url: str) -> None:
        # No token: media may lie with strangers. Read in pieces, since the transport keeps the bytes.
        with self.session.get(url, stream=True, timeout=TIMEOUT_S, headers=_HEADERS, auth=_bare) as answer:
            for _ in answer.iter_content(1 << 16):
                pass
            if answer.status_code >= 400:
                raise failures.http(answer.status_code, what="media file")

    def _try(self, what: str, call: Callable[[], _T]) -> _T | None:
        """Ask for something after the first posts: note its failure, and stop where more would fail too."""
        try:
            return self._ask(what, call)
        except SourceError as error:
            if error.reason not in _ONE_THING:
                raise _Stopped(what, error.reason) from error
            self.troubles[what, error.reason] += 1
        except Refused as error:
            raise _Refusal(what, error.reason) from error
        return None

    def _ask(self, what: str, call: Callable[[], _T]) -> _T:
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
        native_id, published = str(_get(status, "id")), _micros(_get(status, "created_at"))
        if not _ID.fullmatch(native_id):
            self.troubles["posts", "malformed-answer"] += 1
        elif not self._in_window(published):
            self.outside += 1
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

    def _in_window(self, published: int | None) -> bool:
        since, until = self.order.since, self.order.until
        if published is None:
            return True  # kept: a post without a readable time may be the one that matters
        return (since is None or published >= since) and (until is None or published <= until)

    def _all_older(self, published: Sequence[int | None]) -> bool:
        since = self.order.since
        return since is not None and all(one is not None and one < since for one in published)


def _malformed(what: str, error: BaseException) -> SourceError:
    return failures.named("failed", "malformed-answer", what=what, found=type(error).__name__)


def _bare(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate with nothing: without it ``requests`` looks for passwords in ``.netrc``."""
    return request


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
