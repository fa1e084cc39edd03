"""The recorder: the one way out to the network, for one capture.

For each request and each redirect, in this order: (1) the gate is asked with the address, before any name
is resolved or packet sent, and again with the IP literal really connected to; (2) the request waits its
turn; (3) it is sent; (4) the raw bytes are taken from the connection; (5) the exchange is written, synced
and logged; (6) the response is handed on, readable as usual.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.adapters import BaseAdapter

from workbench import times
from workbench.capture import answers, turns
from workbench.capture.bounds import Gate, Limits, Problem, Sink
from workbench.capture.failing import equip, failed
from workbench.capture.raw import Tape
from workbench.capture.results import login_wall
from workbench.capture.taking import Taken, take
from workbench.capture.transport import Current, Pools
from workbench.errors import Refused, SourceError, UsageError
from workbench.records import Citation, Result

if TYPE_CHECKING:
    from workbench.capture.replay import Replay

READING = frozenset({"GET", "HEAD"})
"""The only methods unless others are named: this project observes."""

ENCODINGS = "gzip, deflate"
"""Codings that this package can undo in bounded memory; no other is asked for."""

_Timeout = float | tuple[float | None, float | None] | None


class _Thread(threading.local):
    """What a thread's requests have to do with each other: the host that its last answer redirects to."""

    expected: str = ""
    redirected: bool = False


class Recorder:
    """Records every exchange of one capture; safe to share between threads.

    ``earlier`` answers first, without any packet, so that an interrupted capture goes on where it was.
    ``ca`` names a file or folder of certificates to trust instead of the usual ones.
    ``requests`` and ``bytes`` count what went over the network, ``problems`` what a result must mention.
    """

    def __init__(  # noqa: PLR0913 - named settings, all but three with a default
        self,
        *,
        sink: Sink,
        gate: Gate,
        limits: Limits,
        clock: times.Clock = times.now,
        earlier: Replay | None = None,
        methods: frozenset[str] = READING,
        ca: str = "",
        waiting: turns.Turns | None = None,
    ) -> None:
        self._sink = sink
        self._gate = gate
        self._limits = limits
        self._clock = clock
        self._earlier = earlier
        self._methods = methods
        self._ca = ca
        self._turns = waiting or turns.Turns(limits.per_host_s)
        self._current = Current()
        self._pools = Pools(self._current)
        self._adapter = _Adapter(self)
        self._lock = threading.Lock()
        self._thread = _Thread()
        self.requests = 0
        self.bytes = 0
        self.problems: list[Problem] = []

    def session(self) -> requests.Session:
        """Give a session whose every request goes through this recorder; its answers cite their exhibits."""
        return equip(requests.Session(), self._adapter, ca=self._ca)

    def close(self) -> None:
        """Close the connections that are still open."""
        self._pools.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fetch(
        self, request: requests.PreparedRequest, *, verify: bool | str, timeout: _Timeout
    ) -> answers.Answer:
        """Have one exchange, again where the server asks for patience, and hand on the last answer.

        Raises Refused (nothing was sent), SourceError (no answer, or not a whole one; what came is
        recorded), UsageError (a request that this recorder does not make).
        """
        self._arrive(request)
        self._check(request, verify)
        request.headers["Accept-Encoding"] = ENCODINGS
        known = self._earlier.resume(request, self._adapter) if self._earlier is not None else None
        if known is not None:
            return self._handed(request, known)
        limits = _shorter(self._limits, timeout)
        patience = limits.max_wait_s
        for attempt in range(1, turns.ATTEMPTS + 1):
            taken, cited = self._attempt(request, verify, limits)
            wait = self._again(taken, request, attempt)
            if wait is None or wait > patience:
                break
            patience -= wait
            self._turns.hold(_host(request), wait)
        return self._hand_on(request, taken, cited)

    def _check(self, request: requests.PreparedRequest, verify: bool | str) -> None:  # noqa: FBT001
        if request.method not in self._methods:
            self._refuse("method", request)
            raise Refused(
                "the recorder only reads: this method is not allowed",
                reason="method",
                where=request.method or "" or "",
            )
        if "@" in urlsplit(request.url or "").netloc:
            raise SourceError(
                "the address holds a name or password in front of its host",
                verdict="blocked",
                reason="password-in-address",
                where=_host(request),
            )
        if verify is False:
            raise UsageError(
                "certificates are always checked",
                expected="verify=True or a file of certificates",
                found="verify=False",
            )
        if "Host" in request.headers:
            raise UsageError("a request may not name another host than its address", where="header Host")
        if not isinstance(request.body, bytes | str | None):
            raise UsageError("the recorder sends only whole bodies", expected="bytes or str")

    def _attempt(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: FBT001 - requests' own setting
        limits: Limits,
    ) -> tuple[Taken, Citation]:
        self._admit(request, None)
        self._count(request)
        self._turns.wait(_host(request))
        tape = Tape(
            request.url or "",
            gate=lambda _, address: self._admit(request, address),
            limits=limits,
            spend=self._spend,
        )
        taken = take(self._pools, request, tape, verify=verify, at=self._clock())
        return taken, self._sink.append(taken.exhibit.stored, rule=taken.exhibit.rule)

    def _admit(self, request: requests.PreparedRequest, address: str | None) -> None:
        try:
            self._gate(request.url or "", address)
        except Refused as refusal:
            self._refuse(refusal.reason, request)
            if self._thread.redirected:
                raise SourceError(
                    "the source redirects to an address that this case's scope does not cover",
                    verdict="blocked",
                    reason="redirect-out-of-scope",
                    where=_host(request),
                    todo="if that host belongs to the case, ask for a wider scope",
                ) from refusal
            raise

    def _refuse(self, reason: str, request: requests.PreparedRequest) -> None:
        url = request.url or ""
        self._sink.refused(reason, url)
        self._note(Problem(what="refused", reason=reason, url=url))

    def _count(self, request: requests.PreparedRequest) -> None:
        with self._lock:
            reason = "request-limit" if self.requests >= self._limits.requests else ""
            reason = reason or ("byte-limit" if self.bytes >= self._limits.bytes else "")
            self.requests += not reason
        if reason:
            self._note(Problem(what="limit", reason=reason, url=request.url or ""))
            raise SourceError(
                "this capture has reached the limit of its approval",
                verdict="partial",
                reason=reason,
                todo="ask for a wider limit, then collect again: it goes on from what was kept",
            )

    def _spend(self, count: int) -> bool:
        with self._lock:
            self.bytes += count
            return self.bytes <= self._limits.bytes

    def _again(self, taken: Taken, request: requests.PreparedRequest, attempt: int) -> float | None:
        if attempt >= turns.ATTEMPTS or request.method not in READING:
            return None
        if taken.stale:
            return 0.0
        if taken.live is None or taken.live.status not in turns.WAITING:
            return None
        return turns.asked(taken.live.headers, self._clock(), attempt)

    def _hand_on(self, request: requests.PreparedRequest, taken: Taken, cited: Citation) -> answers.Answer:
        if taken.failure is not None or taken.live is None or taken.body is None:
            what = "truncated" if taken.truncated else "no-response"
            failure = taken.failure or Result(verdict="failed", reason="error")
            self._note(Problem(what=what, reason=failure.reason, url=request.url or "", exhibit=cited))
            raise failed(failure.verdict, failure.reason, where=f"{_host(request)}, exhibit {cited}")
        raw = answers.body_of(
            taken.body,
            taken.live,
            most=self._limits.response_bytes,
            method=request.method or "",
            original=taken.original,
        )
        made = answers.answer(request, raw, exhibit=cited, connection=self._adapter)
        return self._handed(request, made)

    def _handed(self, request: requests.PreparedRequest, made: answers.Answer) -> answers.Answer:
        _check_status(request, made)
        try:
            target = _redirect(request, made)
        except ValueError as error:
            self._note(
                Problem(what="refused", reason="bad-address", url=request.url or "", exhibit=made.exhibit)
            )
            raise SourceError(
                "the source redirects to an address that cannot be read",
                verdict="failed",
                reason="bad-address",
                where=_host(request),
            ) from error
        self._thread.expected = target
        return made

    def _arrive(self, request: requests.PreparedRequest) -> None:
        # requests follows a redirect at once, in the same thread.
        self._thread.redirected = self._thread.expected == _host(request) != ""
        self._thread.expected = ""

    def _note(self, problem: Problem) -> None:
        with self._lock:
            self.problems.append(problem)


class _Adapter(BaseAdapter):
    """What requests sees of a recorder."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - a body is always recorded whole first
        timeout: object = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: object = None,  # noqa: ARG002 - no client certificates: the department is not to be known by one
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - the environment's are not to be trusted
    ) -> requests.Response:
        """Have the exchange recorded."""
        return self._recorder.fetch(request, verify=verify, timeout=cast("_Timeout", timeout))

    def close(self) -> None:
        """Leave the connections open: they belong to the recorder, not to one session."""


def _check_status(request: requests.PreparedRequest, made: answers.Answer) -> None:
    """Raise SourceError for what libraries would take for success, or follow to where nothing is looked for."""
    if made.is_redirect and login_wall(made.headers["Location"]):
        raise SourceError(
            "the source demands a login", verdict="blocked", reason="login-wall", where=_host(request)
        )
    status = made.status_code
    if status >= 600 or (300 <= status < 400 and status != 304 and not made.is_redirect):
        raise SourceError(
            f"the source answers with the status {status}",
            verdict="failed",
            reason=f"http-{status}",
            where=_host(request),
        )


def _redirect(request: requests.PreparedRequest, made: answers.Answer) -> str:
    """Name the host that an answer redirects to; raise ValueError where requests could not follow."""
    if not made.is_redirect:
        return ""
    location = made.headers["Location"].encode("latin-1").decode("utf-8")
    parts = urlsplit(urljoin(request.url or "", location))
    _ = parts.port  # read, since requests does when it decides on the Authorization field
    return parts.netloc.rpartition("@")[2].lower()


def _host(request: requests.PreparedRequest) -> str:
    return urlsplit(request.url or "").netloc.rpartition("@")[2].lower()


def _shorter(limits: Limits, asked: _Timeout) -> Limits:
    connect, read = asked if isinstance(asked, tuple) else (asked, asked)
    if (connect is None or connect >= limits.connect_s) and (read is None or read >= limits.read_s):
        return limits
    return msgspec.structs.replace(
        limits,
        connect_s=limits.connect_s if connect is None else min(limits.connect_s, connect),
        read_s=limits.read_s if read is None else min(limits.read_s, read),
    )
