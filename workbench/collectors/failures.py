"""How a fetch can fail, as the verdict and reason of a capture result. Failure never looks like absence.

A failure of the first answers is raised (SourceError); one after something was captured makes the result
``partial`` with the same reason. A refusal by the gate, or a full disk, is never turned into either: it is
dug out of the library's exception that wrapped it, and raised as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import requests

from workbench.errors import SourceError, WorkbenchError
from workbench.records import Verdict

_STATUSES: dict[int, tuple[Verdict, str]] = {
    401: ("blocked", "login-required"),
    403: ("blocked", "forbidden"),
    404: ("gone", "not-found"),
    410: ("gone", "gone"),
    429: ("blocked", "rate-limited"),
    451: ("blocked", "legal-reasons"),
}
_TODO = {
    "login-required": "this server shows nothing to anonymous readers: use the department's read-only token",
    "forbidden": "the server refuses this reader; the exchange is kept",
    "not-found": "check the address; the server says there is no such thing now",
    "gone": "the server says that it was there and is gone",
    "rate-limited": "wait, then collect again: it goes on from what was kept",
    "timeout": "try again later",
    "unreachable": "check the address and the network, then try again",
    "server-error": "the server failed; try again later",
}


def of_status(status: int) -> tuple[Verdict, str]:
    """Give verdict and reason for an HTTP status of 400 or more."""
    return _STATUSES.get(status, ("failed", "server-error" if status >= 500 else f"http-{status}"))


def of_error(error: BaseException) -> tuple[Verdict, str]:
    """Give verdict and reason for what ``requests`` raised: timeout, tls, truncated or another."""
    kinds: tuple[tuple[type[BaseException], str], ...] = (
        (requests.exceptions.Timeout, "timeout"),
        (requests.exceptions.TooManyRedirects, "too-many-redirects"),
        (requests.exceptions.SSLError, "tls"),
        (requests.exceptions.ChunkedEncodingError, "truncated"),
        (requests.exceptions.ContentDecodingError, "malformed-answer"),
        (requests.exceptions.InvalidURL, "bad-address"),
        (requests.exceptions.ConnectionError, "unreachable"),
    )
    return "failed", next((reason for kind, reason in kinds if isinstance(error, kind)), "malformed-answer")


def http(status: int, *, what: str) -> SourceError:
    """Make the error for an HTTP status; ``what`` names what was asked for, never whom."""
    verdict, reason = of_status(status)
    return named(verdict, reason, what=what, found=f"HTTP {status} {_phrase(status)}".strip())


def network(error: BaseException, *, what: str) -> SourceError:
    """Make the error for what ``requests`` raised; raise what the gate or the disk said instead."""
    for cause in _chain(error):
        if isinstance(cause, WorkbenchError):
            raise cause
    wrapped = next((one for one in _chain(error) if isinstance(one, requests.RequestException)), error)
    verdict, reason = of_error(wrapped)
    return named(verdict, reason, what=what, found=type(wrapped).__name__)


def named(verdict: Verdict, reason: str, *, what: str, found: str = "") -> SourceError:
    """Make a SourceError of a known reason, with what a person can do about it."""
    said = f"{what}: {reason}" + (f" ({found})" if found else "")
    return SourceError(said, verdict=verdict, reason=reason, todo=_TODO.get(reason, ""))


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {one.value for one in HTTPStatus} else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    # Libraries re-raise without "from"; the context still leads to what really happened.
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
