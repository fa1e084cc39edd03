"""From statuses and errors to a capture's result: failure never looks like absence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import requests

from workbench.errors import Refused, SourceError
from workbench.records import Result, Verdict

_BY_STATUS: dict[int, tuple[Verdict, str]] = {
    401: ("blocked", "login-required"),
    403: ("blocked", "forbidden"),
    404: ("gone", "not-found"),
    407: ("blocked", "forbidden"),
    410: ("gone", "gone"),
    429: ("blocked", "rate-limited"),
    451: ("blocked", "legal-reasons"),
}
# requests' own errors that can still arise above the recorder's adapter, the narrower first.
_BY_ERROR: tuple[tuple[type[requests.RequestException], tuple[Verdict, str]], ...] = (
    (requests.TooManyRedirects, ("blocked", "too-many-redirects")),
    (requests.exceptions.ContentDecodingError, ("failed", "malformed-answer")),
    (requests.exceptions.ChunkedEncodingError, ("partial", "truncated")),
    (requests.Timeout, ("failed", "timeout")),
    (requests.exceptions.SSLError, ("failed", "tls")),
    (requests.exceptions.JSONDecodeError, ("failed", "malformed-answer")),
    (requests.exceptions.InvalidSchema, ("blocked", "redirect-out-of-scope")),
    (requests.exceptions.InvalidURL, ("failed", "bad-address")),
    (requests.ConnectionError, ("failed", "unreachable")),
    (requests.RequestException, ("failed", "source-error")),
)
_LOGIN_PATH = re.compile(
    r"/(?:login|log-in|log_in|signin|sign-in|sign_in|auth/sign_in|accounts/login|i/flow/login|authwall|checkpoint)"
    r"(?:[/.?]|$)",
    re.IGNORECASE,
)
_PASSWORD_FIELD = re.compile(rb"<input\b[^>]{0,500}\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
LOOK_BYTES = 256 << 10
"""How much of a page is looked at for a password field."""


def of_status(status: int, items: int = 0) -> Result | None:
    """Give the result that a status means for what was asked; None where the status is no failure."""
    if status < 400:
        return None
    fallback: tuple[Verdict, str] = ("failed", "server-error" if status >= 500 else f"http-{status}")
    verdict, reason = _BY_STATUS.get(status, fallback)
    return Result(verdict=verdict, reason=reason, detail=f"HTTP {status}", items=items)


def of_error(error: BaseException, items: int = 0) -> Result:
    """Give the result that an error means, looking through libraries that wrapped it.

    With items captured before it, a failure is a partial capture; its reason stays.
    """
    verdict, reason = _of_chain(error)
    if items and verdict != "complete":
        verdict = "partial"
    return Result(verdict=verdict, reason=reason, detail=type(error).__name__, items=items)


def result_of(what: BaseException | int, items: int = 0) -> Result:
    """Give the result that an error or a status means; a status that is no failure is complete."""
    if isinstance(what, BaseException):
        return of_error(what, items)
    return of_status(what, items) or Result(verdict="complete", items=items)


def _of_chain(error: BaseException) -> tuple[Verdict, str]:
    for link in _chain(error):
        if isinstance(link, SourceError):
            return _verdict(link.verdict), link.reason
        if isinstance(link, Refused):
            return "blocked", link.reason
    for link in _chain(error):
        for kind, meaning in _BY_ERROR:
            if isinstance(link, kind):
                return meaning
    return "failed", "error"


def _verdict(text: str) -> Verdict:
    known: tuple[Verdict, ...] = ("complete", "partial", "blocked", "empty", "gone", "failed")
    return next((verdict for verdict in known if verdict == text), "failed")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def login_wall(uri: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bool:
    """Say whether an answer is a demand to log in: by its address, or by a page that asks for a password.

    ``headers`` has at least Content-Type, under any case; ``body`` is decoded, its beginning is enough.
    """
    try:
        path = urlsplit(uri).path
    except ValueError:  # a server may redirect to what is no address
        path = uri
    if _LOGIN_PATH.search(path):
        return True
    kinds = [value for name, value in (headers or {}).items() if name.lower() == "content-type"]
    is_page = any("html" in kind.lower() for kind in kinds)
    return is_page and _PASSWORD_FIELD.search(body[:LOOK_BYTES]) is not None
