"""snscrape's Telegram module, importable on every Python we support, and its items as a second opinion.

snscrape 0.7.0.20230622 imports all its modules when its package ``snscrape.modules`` is imported, with a loader
API that Python 3.12 removed. With a plain package put in its place first, single modules import everywhere.
"""

from __future__ import annotations

import importlib
import sys
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import bs4
import requests

from workbench.records import Record

PACKAGE = "snscrape.modules"
ITEM_IS_OFF = (AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What snscrape raises on a message that is not as it expects."""


@cache
def module() -> ModuleType:
    """Import ``snscrape.modules.telegram`` alone."""
    if PACKAGE not in sys.modules:
        spec = find_spec("snscrape")
        folders = (spec.submodule_search_locations if spec else None) or []
        package = ModuleType(PACKAGE)
        package.__path__ = [f"{folder}/modules" for folder in folders]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.telegram")


def scraper(channel: str, session: requests.Session) -> Any:  # noqa: ANN401 - snscrape has no types
    """Make snscrape's scraper of one channel over a session that is given."""
    made = module().TelegramChannelScraper(channel)
    made._session.close()  # noqa: SLF001 - the one it opened for itself
    made._session = session  # noqa: SLF001 - the documented way to mount a transport
    return made


class Opinion(Record, frozen=True, kw_only=True):
    """What snscrape reads of one message; ``problem`` names the error where it cannot."""

    uri: str = ""
    published: datetime | None = None
    content: str | None = None
    links: tuple[str, ...] = ()
    problem: str = ""


def opinions(markup: str, page: str) -> list[Opinion]:
    """Let snscrape read each message of a page by itself, in the page's order; ``page`` is its address."""
    soup = bs4.BeautifulSoup(markup, "lxml")
    found = soup.find_all("div", attrs={"class": "tgme_widget_message", "data-post": True})
    return [_opinion(post, page) for post in found]


class _One:
    """A page of one message, as far as snscrape asks."""

    def __init__(self, post: object) -> None:
        self._post = post

    def find_all(self, *_: object, **__: object) -> list[object]:
        return [self._post]


def _opinion(post: object, page: str) -> Opinion:
    reader = module().TelegramChannelScraper
    try:
        # Called on the class: the method uses nothing of its object, and an object would open a session.
        item = next(iter(reader._soup_to_items(None, _One(post), page)))  # noqa: SLF001
    except ITEM_IS_OFF as error:
        return Opinion(problem=type(error).__name__)
    return Opinion(
        uri=item.url.replace("//t.me/s/", "//t.me/"),
        published=item.date,
        content=item.content,
        links=tuple(item.outlinks),
    )
