"""How a fetch can fail, said as a SourceError whose verdict and reason are those of a capture's result.

A failure of the first answers is raised; one after something was captured makes the result ``partial`` with the
same reason. What the gate or the disk said is never turned into either: libraries wrap it in exceptions of
their own, and it is dug out and raised as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from workbench.capture import results
from workbench.errors import SourceError, WorkbenchError
from workbench.records import Verdict

_TODO = {
    "login-required": "this server shows nothing to anonymous readers: use the department's read-only token",
    "forbidden": "the server refuses this reader; the exchange is kept",
    "not-found": "check the address; the server says there is no such thing now",
    "rate-limited": "wait, then collect again",
    "timeout": "try again later",
    "unreachable": "check the address and the network, then try again",
    "server-error": "the server failed; try again later",
    "malformed-answer": "look at the exhibit: this may be another software, or a page put before it",
    "no-public-view": "it exists, but shows nothing to readers without the app",
}


def http(status: int, *, what: str) -> SourceError:
    """Make the error for an HTTP status of 400 or more; ``what`` names what was asked for, never whom."""
    meant = results.result_of(status)
    return named(meant.verdict, meant.reason, what=what, found=f"HTTP {status} {_phrase(status)}".strip())


def network(error: BaseException, *, what: str) -> SourceError:
    """Make the error for what ``requests`` raised; raise what the recorder, gate or disk said instead."""
    for cause in _chain(error):
        if isinstance(cause, WorkbenchError):
            raise cause
    meant = results.of_error(error)
    verdict: Verdict = "failed" if meant.verdict == "partial" else meant.verdict
    return named(verdict, meant.reason, what=what, found=meant.detail)


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
