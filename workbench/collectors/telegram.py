"""Telegram: a public channel as t.me shows it to readers without the app.

snscrape pages the channel over the session that is given; words and all else are read by our own parser, and
where snscrape's items differ that is a row of ``issues``. t.me has no search by time: pages run from the newest
backwards, so posts after ``until`` are captured too (and not counted); a page holds about twenty, so the limit may
be passed by the rest of a page. Verdicts: complete/ok when the first message was reached or the window left;
partial/limit-reached; empty; blocked/no-public-view (it exists, for readers with the app only: private channels,
groups, people); gone/not-found (nothing has that name); else as ``gathering`` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import requests

from workbench.collectors import failures, telegram_page
from workbench.collectors.base import Report
from workbench.collectors.gathering import TIMEOUT_S, Gathering, Stopped, bare
from workbench.collectors.snscrape_telegram import ITEM_IS_OFF, module, scraper
from workbench.errors import Refused, SourceError, UsageError
from workbench.records import Exchange, Order, Result
from workbench.rows import AnyRow

_TARGET = re.compile(
    r"(?:(?:https?://)?(?:t|telegram)\.me/(?:s/)?|@)?([A-Za-z][A-Za-z0-9_]{2,31})(?:/[0-9]{1,19})?/?(?:\?.*)?"
)
_RESERVED = frozenset({"joinchat", "addstickers", "share", "proxy", "iv", "addlist"})


class TelegramCollector:
    """The source ``telegram``."""

    name = "telegram"
    version = "1"
    licence = "GPL-3.0-or-later (snscrape fetches and pages)"
    title = "Telegram channel: public posts"
    needs = "nothing"
    state = "works for public channels; no groups, no private channels, large files by name only"

    def target(self, text: str) -> str:
        """Give ``@name`` for a channel's name or address."""
        found = _TARGET.fullmatch(text.strip())
        if found is None or found[1].lower() in _RESERVED:
            raise UsageError(
                "this is not a public Telegram channel",
                expected="@name or https://t.me/s/name",
                found=text[:80],
                todo="invitation links lead to private channels, which have no public page",
            )
        return f"@{found[1]}"

    def hosts(self, target: str) -> tuple[str, ...]:
        """Name t.me and the hosts that hold its files."""
        self.target(target)
        return ("t.me", "*.cdn-telegram.org", "*.telegram-cdn.org", "*.telesco.pe")

    def collect(self, order: Order, session: requests.Session, *, report: Report, token: str = "") -> Result:
        """Fetch pages from the newest back, then files; a token is of no use here and not sent."""
        del token
        return _Fetch(self.target(order.target.target)[1:], order, session, report).run()

    def parse(self, exchange: Exchange) -> Iterator[AnyRow]:
        """Read one recorded exchange."""
        return telegram_page.rows(exchange)


class _Fetch(Gathering):
    """One run over one channel."""

    def __init__(self, channel: str, order: Order, session: requests.Session, report: Report) -> None:
        super().__init__(order, session, report)
        self.scraper = scraper(channel, session)
        # Its own way of asking retries without saying why it failed; its way of reading items stops at the
        # first message that is not as expected. Both are ours, the paging is snscrape's.
        self.scraper._request = self._fetch  # noqa: SLF001
        self.scraper._soup_to_items = self._unread  # noqa: SLF001
        self.last: requests.Response | None = None
        self.pages = 0
        self.seen: dict[str, tuple[str, ...]] = {}
        self.known: set[str] = set()

    def run(self) -> Result:
        """Page until the window, the limit or the channel ends; then fetch what the posts carry."""
        pages = self._pages()
        try:
            while self._take(self._next(pages)):
                pass
            if self.order.media:
                self.media(url for urls in self.seen.values() for url in urls)
        except Stopped as stop:
            self.note(stop.what, stop.reason)
        return self.result(len(self.seen))

    def _next(self, pages: Iterator[Any]) -> telegram_page.Glance | None:
        """Fetch the next page; None where there is no more. The first one that fails is raised."""
        try:
            found = self._glance(next(pages, None))
        except (SourceError, Refused) as error:
            if not self.pages:
                raise
            raise Stopped("pages", error.reason) from error
        self.pages += 1
        return found

    def _glance(self, answer: requests.Response | None) -> telegram_page.Glance | None:
        if answer is None and self.pages:
            return None
        # snscrape hands on nothing where the public page was not the answer: the last answer says why.
        shown = answer if answer is not None else self.last
        page = telegram_page.glance(shown.content) if shown is not None else None
        if answer is None or page is None or page.kind != "history":
            raise _unseen(page.kind if page else "other")
        return page

    def _take(self, page: telegram_page.Glance | None) -> bool:
        """Keep what is new on a page; tell whether to go on."""
        if page is None:
            return False
        fresh = [(native_id, when) for native_id, when in page.posts if native_id not in self.known]
        files = dict(zip((native_id for native_id, _ in page.posts), page.media, strict=True))
        self.known.update(native_id for native_id, _ in fresh)
        self.seen.update({native_id: files[native_id] for native_id, when in fresh if self.in_window(when)})
        self.report("posts", len(self.seen))
        if not fresh or self.all_older(when for _, when in fresh):
            return False
        full = len(self.seen) >= self.order.limit
        self.more = full and page.older
        return not full

    def _pages(self) -> Iterator[requests.Response]:
        try:
            yield from self.scraper.get_items()
        except (module().snscrape.base.ScraperException, *ITEM_IS_OFF) as error:
            found = type(error).__name__
            raise failures.named("failed", "malformed-answer", what="channel", found=found) from error

    # -- put in snscrape's place

    def _fetch(
        self, method: str, url: str, headers: dict[str, str] | None = None, **_: object
    ) -> requests.Response:
        def send() -> requests.Response:
            return self.session.request(method, url, headers=headers, timeout=TIMEOUT_S, auth=bare)

        self.last = self.ask("channel", send)
        if self.last.status_code >= 400:
            raise failures.http(self.last.status_code, what="channel")
        return self.last

    def _unread(self, *_: object, **__: object) -> Iterator[requests.Response | None]:
        yield self.last


def _unseen(kind: str) -> SourceError:
    if kind == "nobody":
        return failures.named("gone", "not-found", what="channel")
    if kind == "landing":
        return failures.named("blocked", "no-public-view", what="channel")
    return failures.named("failed", "malformed-answer", what="channel", found="no page of a channel")
