"""What recorder and replay share: how a session is equipped, and how their errors read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.errors import SourceError

if TYPE_CHECKING:
    import requests
    from requests.adapters import BaseAdapter

MOST_REDIRECTS = 10


def equip(session: requests.Session, adapter: BaseAdapter, *, ca: str = "") -> requests.Session:
    """Give a session no way out but this adapter, and nothing from the environment."""
    session.trust_env = False
    session.proxies.clear()
    session.auth = None
    session.verify = ca or True
    session.max_redirects = MOST_REDIRECTS
    session.adapters.clear()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


_WORDS: Mapping[str, tuple[str, str]] = {
    "timeout": ("the source did not answer in time", "try again later"),
    "unreachable": ("the source cannot be reached", "check the address and the network, then try again"),
    "name-not-found": ("the source's name is not known", "check the address for a typing error"),
    "tls": ("the source's certificate was not accepted", "do not go on: someone may stand in between"),
    "disconnected": ("the source closed the connection without an answer", "try again later"),
    "truncated": ("the answer ended early; what came of it is kept", "collect again"),
    "byte-limit": ("this capture has reached the limit of its approval", "ask for a wider limit"),
    "malformed-answer": ("the source's answer is not readable as HTTP; it is kept", "see the exhibit"),
}


def failed(verdict: str, reason: str, *, where: str) -> SourceError:
    """Make the error for an exchange that brought no whole answer."""
    what, todo = _WORDS.get(reason, ("the source could not be read", ""))
    return SourceError(what, verdict=verdict, reason=reason, where=where, todo=todo)
