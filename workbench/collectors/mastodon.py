"""Mastodon: an account, its posts, their threads, edits and media, through Mastodon.py.

An account is ``@user@host``; ``https://host/@user@other`` asks one server for its copy of another's
account. ``items`` counts the account's own posts and boosts in the window; posts of others that threads
bring along are not counted. Verdicts:

========== ================= ==================================================================
complete   ok                the server had no more for the window
partial    limit-reached     the order's limit stopped it while the server had more
partial    the failure's     something failed after the first posts (``detail`` counts what)
empty      nothing-visible   the server shows no post at all, whatever its counter says
empty      none-in-window    it shows posts, none of them in the window
========== ================= ==================================================================

What fails at once is raised as SourceError: blocked/login-required, gone/not-found, failed/timeout, …
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests

from workbench.collectors import mastodon_rows
from workbench.collectors.base import Report
from workbench.collectors.mastodon_fetch import Fetch
from workbench.errors import UsageError
from workbench.records import Exchange, Order, Record, Result
from workbench.rows import AnyRow

_USER = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_HANDLE = re.compile(rf"@?({_USER})@({_HOST})")
_ADDRESS = re.compile(rf"(https?)://({_HOST})/(?:@|users/)({_USER})(?:@({_HOST}))?/?")
_LOOPBACK = re.compile(r"(?:127(?:\.[0-9]{1,3}){3}|localhost)(?::[0-9]{1,5})?")


class Address(Record, frozen=True, kw_only=True):
    """Where an account is asked for: the server's base address and the account's name there."""

    base: str
    acct: str

    @property
    def host(self) -> str:
        """``host`` or ``host:port`` of the server."""
        return urlsplit(self.base).netloc


def address(text: str) -> Address:
    """Read a target in any of its forms; raise UsageError otherwise."""
    if handle := _HANDLE.fullmatch(text.strip()):
        return Address(base=f"https://{handle[2].lower()}", acct=handle[1])
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or (found[1] == "http" and not _LOOPBACK.fullmatch(found[2])):
        raise UsageError(
            "this is not a Mastodon account",
            expected="@user@host or https://host/@user",
            found=text[:80],
            todo="copy the address of the account's page; plain http is for loopback only",
        )
    other = f"@{found[4].lower()}" if found[4] else ""
    return Address(base=f"{found[1]}://{found[2].lower()}", acct=found[3] + other)


class MastodonCollector:
    """The source ``mastodon``."""

    name = "mastodon"
    version = "1"
    licence = "MIT (Mastodon.py)"
    title = "Mastodon account: posts, threads, edits, media"
    needs = "nothing; a read-only app token where a server shows nothing to anonymous readers"
    state = "works with Mastodon 3.4 and later; polls are kept but not tabled"

    def target(self, text: str) -> str:
        """Give ``@user@host``; an address stays one on loopback, or for another server's account."""
        where = address(text)
        if where.base.startswith("https://") and "@" not in where.acct:
            return f"@{where.acct}@{where.host}"
        return f"{where.base}/@{where.acct}"

    def hosts(self, target: str) -> tuple[str, ...]:
        """Name the server; media may be on hosts of their own, which the server tells."""
        return (address(target).host,)

    def collect(self, order: Order, session: requests.Session, *, report: Report, token: str = "") -> Result:
        """Fetch account, posts, threads, edits and media, in this order; see the module for verdicts."""
        where = address(order.target.target)
        return Fetch(where.base, where.acct, order, session, report=report, token=token).run()

    def parse(self, exchange: Exchange) -> Iterator[AnyRow]:
        """Read one recorded exchange."""
        return mastodon_rows.rows(exchange)
