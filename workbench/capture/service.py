"""The department's own traffic (timestamp authorities, a tile server): who may be asked, and what an answer is.

A service learns what it is asked for and nothing else. It is reached over the connections of the recorder, so that the
gate is asked with the address really connected to; nothing of the exchange is an exhibit.
"""

from __future__ import annotations

from http.client import OK
from typing import TYPE_CHECKING, Final, Protocol

from workbench.capture.results import of_status
from workbench.errors import Refused, SourceError
from workbench.policy.gate import may_serve
from workbench.records import Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    import urllib3

    from workbench.capture.bounds import Gate
    from workbench.capture.taking import Taken
    from workbench.department import Settings

UNANSWERED: Final = {
    "timeout": "did not answer in time",
    "unreachable": "cannot be reached",
    "name-not-found": "has a name that is not known",
    "bad-address": "has an address that cannot be used",
    "tls": "showed a certificate that was not accepted",
    "disconnected": "closed the connection without an answer",
    "truncated": "answered too much, or broke off",
    "malformed-answer": "did not answer in HTTP",
}
"""Why a service was not read, in words that follow its name."""


class Failing(Protocol):
    """Makes the error of one service, from a reason, words that follow its name, and a verdict."""

    def __call__(self, reason: str, words: str, verdict: str = "failed") -> SourceError:
        """Make the error."""


def gate_to(named: Sequence[str], settings: Settings, *, todo: str, encrypted: bool = False) -> Gate:
    """Give the gate for these addresses, which the chief signed, and no others; ``todo`` is for who is refused."""

    def ask(url: str, address: str | None) -> None:
        decision = may_serve(named, url, address, settings.grants, encrypted=encrypted)
        if not decision.allowed:
            raise Refused(decision.words, reason=decision.reason, todo=todo)

    return ask


def answered(taken: Taken, failed: Failing) -> tuple[urllib3.HTTPResponse, IO[bytes]]:
    """Give head and body of a whole answer of status 200; raise what ``failed`` makes of any other."""
    if taken.failure is not None or taken.live is None or taken.body is None:
        failure = taken.failure or Result(verdict="failed", reason="malformed-answer")
        raise failed(failure.reason, UNANSWERED.get(failure.reason, "was not read"), failure.verdict)
    status = taken.live.status
    result = of_status(status)
    if result is not None:
        raise failed(result.reason, f"answers with the status {status}", result.verdict)
    if status != OK:
        raise failed(f"http-{status}", f"answers with the status {status}; nothing is followed")
    return taken.live, taken.body
