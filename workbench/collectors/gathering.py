"""What all collections have in common: trying, noting what failed, fetching media, summing up.

After the first posts a failure no longer raises: it is counted, and either concerns one address only (the
next is tried) or ends the collection (what was captured stands). Either way the result is ``partial``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from workbench.capture import results
from workbench.collectors import failures
from workbench.collectors.base import Report
from workbench.errors import Refused, SourceError
from workbench.records import Order, Result, Verdict

_T = TypeVar("_T")

USER_AGENT = "casefile-workbench"
TIMEOUT_S = 60.0
"""Handed to the session, whose transport has limits of its own."""

_ONE_ADDRESS = frozenset(
    {
        *("not-found", "gone", "forbidden", "login-required", "legal-reasons", "malformed-answer"),
        *("bad-address", "truncated", "too-many-redirects", "redirect-out-of-scope", "http-400", "http-422"),
    }
)
"""Failures that concern one address and say nothing about the next."""


class Stopped(Exception):  # noqa: N818 - a turn of the road, not an error for a person
    """Something failed after the first posts that would fail again; what was captured stands."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


class Refusal(Stopped):
    """The gate said no; for media of another host that need not be the end."""


class Gathering:
    """One collection under way: its order, the session that was given, and what failed so far."""

    def __init__(self, order: Order, session: requests.Session, report: Report) -> None:
        self.order = order
        self.session = session
        self.report = report
        self.outside = 0
        self.more = False
        self._troubles: Counter[tuple[str, str]] = Counter()

    def in_window(self, published: int | None) -> bool:
        """Tell whether a time (microseconds) lies in the order's window; counts what does not.

        A post without a readable time is kept: it may be the one that matters.
        """
        since, until = self.order.since, self.order.until
        inside = published is None or (
            (since is None or published >= since) and (until is None or published <= until)
        )
        self.outside += not inside
        return inside

    def all_older(self, published: Iterable[int | None]) -> bool:
        """Tell whether a whole page lies before the window; never so without a window or times."""
        since = self.order.since
        return since is not None and all(one is not None and one < since for one in published)

    def ask(self, what: str, call: Callable[[], _T]) -> _T:
        """Do one request; raise SourceError or Refused where it fails. Libraries' errors are added here."""
        try:
            return call()
        except requests.RequestException as error:
            raise failures.network(error, what=what) from error
        except ValueError as error:  # an address that requests takes, and what it calls does not
            raise failures.named("failed", "bad-address", what=what, found=type(error).__name__) from error

    def attempt(self, what: str, call: Callable[[], _T]) -> _T | None:
        """Ask for something after the first posts: None where it failed; raise Stopped where more would."""
        try:
            return self.ask(what, call)
        except SourceError as error:
            if error.reason not in _ONE_ADDRESS:
                raise Stopped(what, error.reason) from error
            self.note(what, error.reason)
        except Refused as error:
            raise Refusal(what, error.reason) from error
        return None

    def note(self, what: str, reason: str) -> None:
        """Count one failure."""
        self._troubles[what, reason] += 1

    def media(self, addresses: Iterable[str]) -> None:
        """Fetch files, each once; a host that the gate refuses is asked for once and then left."""
        closed: dict[str, str] = {}
        for count, url in enumerate(dict.fromkeys(addresses), 1):
            host = _netloc(url)
            try:
                if host not in closed:
                    self.attempt("media files", partial(self._download, url))
            except Refusal as refusal:
                closed[host] = refusal.reason
            if host in closed:
                self.note("media files", closed[host])
            self.report("media files", count)

    def _download(self, url: str) -> None:
        # No token: media may lie with strangers. Read in pieces, since the transport keeps the bytes.
        with self.session.get(
            url, stream=True, timeout=TIMEOUT_S, headers={"User-Agent": USER_AGENT}, auth=bare
        ) as answer:
            head = b""
            for part in answer.iter_content(1 << 16):
                head += part[: results.LOOK_BYTES - len(head)]
            if answer.status_code >= 400:
                raise failures.http(answer.status_code, what="media file")
            kind = answer.headers.get("Content-Type", "")
            if "html" in kind.lower():  # a page in a file's place, though its status says that all is well
                wall = results.login_wall(answer.url, answer.headers, head)
                verdict: Verdict = "blocked" if wall else "failed"
                reason = "login-required" if wall else "malformed-answer"
                raise failures.named(verdict, reason, what="media file", found=kind[:60])

    def result(self, items: int) -> Result:
        """Sum up: failures first, then the limit, then whether there was anything."""
        if self._troubles:
            said = ", ".join(f"{what}: {count} {why}" for (what, why), count in self._troubles.items())
            reason = next(iter(self._troubles))[1]
            return Result(verdict="partial", reason=reason, detail=said, items=items)
        if self.more:
            return Result(verdict="partial", reason="limit-reached", items=items)
        if items:
            return Result(verdict="complete", items=items)
        return Result(verdict="empty", reason="none-in-window" if self.outside else "nothing-visible")


def _netloc(url: str) -> str:
    """Give host and port; what a post names may be no address at all, and is its own."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return url


def bare(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate with nothing: without it ``requests`` looks for passwords in ``.netrc``."""
    return request
