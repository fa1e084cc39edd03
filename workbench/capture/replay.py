"""Replay: a session that answers from recorded exchanges, for tests and to go on with a capture.

Same interface as the recorder's session: by method, address, body and ordinal; errors too. An address is
looked up as it was written, so with its secrets removed.
"""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import chain, repeat
from typing import TYPE_CHECKING

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPHeaderDict

from workbench.capture import answers, redact, turns
from workbench.capture.failing import equip, failed
from workbench.errors import UsageError
from workbench.records import Exchange

if TYPE_CHECKING:
    from workbench.records import Citation

_Key = tuple[str, str, bytes]
_Known = tuple[Exchange, "Citation | None"]


class NotRecorded(UsageError):  # noqa: N818 - what it is
    """A replay was asked for an exchange that it does not hold."""


class Replay:
    """Answers requests from recorded exchanges, each once and in their order; safe to share.

    ``citations`` names the exhibits of the first exchanges, in the same order, for the answers to cite.
    """

    def __init__(self, exchanges: Iterable[Exchange], *, citations: Iterable[Citation | None] = ()) -> None:
        self._held: dict[_Key, deque[_Known]] = {}
        self._lock = threading.Lock()
        for exchange, cited in zip(exchanges, chain(citations, repeat(None)), strict=False):
            key = (exchange.method, exchange.uri, exchange.sent)
            self._held.setdefault(key, deque()).append((exchange, cited))

    def session(self) -> requests.Session:
        """Give a session that never opens a connection; an unknown request raises NotRecorded."""
        return equip(requests.Session(), _Adapter(self))

    def left(self) -> int:
        """Count the exchanges that were not asked for yet."""
        with self._lock:
            return sum(len(held) for held in self._held.values())

    def answer(self, request: requests.PreparedRequest, adapter: BaseAdapter) -> answers.Answer:
        """Answer as the recording went, with its errors; raise NotRecorded where it holds nothing."""
        key = _key(request)
        known = self._handed_on(key)
        if known is None:
            raise NotRecorded(
                "this request was not recorded",
                where=f"{key[0]} {key[1]}",
                todo="compare the request with the recording: method, address, body and how often",
            )
        exchange, cited = known
        if exchange.outcome or exchange.truncated:
            verdict = "failed" if exchange.outcome else "partial"
            raise failed(verdict, exchange.outcome or "truncated", where=f"exhibit {cited}" if cited else "")
        return _answer(request, exchange, cited, adapter)

    def resume(self, request: requests.PreparedRequest, adapter: BaseAdapter) -> answers.Answer | None:
        """Answer with the next usable exchange, passing over failures; None: it has to be asked again."""
        with self._lock:
            held = self._held.get(_key(request), deque())
            while held:
                exchange, cited = held.popleft()
                if _is_usable(exchange):
                    return _answer(request, exchange, cited, adapter)
        return None

    def _handed_on(self, key: _Key) -> _Known | None:
        # The recorder itself tries again after 429 and 503, and hands on only the last answer.
        with self._lock:
            held = self._held.get(key, deque())
            known = held.popleft() if held else None
            for _ in range(turns.ATTEMPTS - 1):
                if known is None or known[0].status not in turns.WAITING or not held:
                    break
                known = held.popleft()
            return known


class _Adapter(BaseAdapter):
    """What requests sees of a replay."""

    def __init__(self, replay: Replay) -> None:
        super().__init__()
        self._replay = replay

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002
        timeout: object = None,  # noqa: ARG002
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002
        cert: object = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """Answer from the recording."""
        return self._replay.answer(request, self)

    def close(self) -> None:
        """Nothing is open."""


def _key(request: requests.PreparedRequest) -> _Key:
    body = request.body or b""
    return (
        request.method or "",
        redact.uri(request.url or ""),
        body.encode() if isinstance(body, str) else bytes(body),
    )


def _is_usable(exchange: Exchange) -> bool:
    failing = exchange.outcome or exchange.truncated or exchange.status >= 500
    return not failing and exchange.status not in turns.WAITING


def _answer(
    request: requests.PreparedRequest, exchange: Exchange, cited: Citation | None, adapter: BaseAdapter
) -> answers.Answer:
    shown = HTTPHeaderDict(exchange.headers)
    # The body was decoded when the exchange was read; only those who look at the header see the coding.
    plain = HTTPHeaderDict([(name, value) for name, value in exchange.headers if name.lower() not in _UNDONE])
    raw = answers.BoundedBody(
        io.BytesIO(exchange.body),
        most=len(exchange.body),
        headers=plain,
        status=exchange.status,
        version=11,
        reason="",
        request_method=exchange.method,
    )
    return answers.answer(request, raw, exhibit=cited, connection=adapter, headers=shown)


_UNDONE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
