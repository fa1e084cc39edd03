"""Waiting one's turn: a least interval per host, and what 429 and 503 ask for, within bounds."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from workbench import times

WAITING = frozenset({429, 503})
"""Statuses by which a server asks for patience (RFC 6585 section 4, RFC 9110 section 15.6.4)."""

ATTEMPTS = 3
_SECONDS = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,6})?")
_EPOCH_FROM = 1_000_000_000  # a larger count is a time since 1970, a smaller one a number of seconds


class Turns:
    """Gives each host's requests their moments; safe to share between threads."""

    def __init__(
        self,
        per_host_s: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = per_host_s
        self._sleep = sleep
        self._monotonic = monotonic
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str) -> None:
        """Wait until this host may be asked again, and take that moment."""
        with self._lock:
            now = self._monotonic()
            at = max(now, self._next.get(host, now))
            self._next[host] = at + self._interval
        if at > now:
            self._sleep(at - now)

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask this host for so many seconds."""
        with self._lock:
            until = self._monotonic() + seconds
            self._next[host] = max(self._next.get(host, until), until)


def asked(headers: Mapping[str, str], now: int, attempt: int) -> float:
    """Give the seconds that an answer asks us to wait; without a word 1, 2, 4, … by attempt (from 1).

    Reads Retry-After (seconds or a date), then X-RateLimit-Reset and RateLimit-Reset (seconds, a count
    since 1970, or ISO 8601 as Mastodon writes). ``now`` is microseconds since 1970 UTC.
    """
    for name in ("Retry-After", "X-RateLimit-Reset", "RateLimit-Reset"):
        seconds = _seconds(headers.get(name, "").strip(), now)
        if seconds is not None:
            return max(0.0, seconds)
    return float(2 ** (attempt - 1))


def _seconds(value: str, now: int) -> float | None:
    if not value:
        return None
    if _SECONDS.fullmatch(value):
        number = float(value)
        return number - now / 1e6 if number >= _EPOCH_FROM else number
    moment = times.iso(value).utc
    if moment is None:
        moment = _http_date(value)
    return None if moment is None else (moment - now) / 1e6


def _http_date(value: str) -> int | None:
    try:
        moment = parsedate_to_datetime(value)
        return times.to_micros(moment)
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
