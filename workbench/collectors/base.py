"""What a live source is: fetch over the session that is given, then parse from the bytes kept.

A collector opens nothing itself. ``collect`` drives a library over a ``requests.Session`` whose transport
asks the gate and records; it looks at answers only as far as it must to know what to ask for next.
``parse`` is a pure function of one recorded exchange, so that every row can be made again from evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

import requests

from workbench.records import Exchange, Order, Result
from workbench.rows import AnyRow
from workbench.sources import Described

Report = Callable[[str, int], None]
"""Told how far a collection is: what is being fetched, and how many of it so far."""


@runtime_checkable
class Collector(Described, Protocol):
    """One live source, as it describes itself, and what it does."""

    def target(self, text: str) -> str:
        """Give the canonical form of an address in this source; raise UsageError otherwise."""

    def hosts(self, target: str) -> tuple[str, ...]:
        """Name the hosts (``host`` or ``host:port``) that a canonical target needs at least."""

    def collect(self, order: Order, session: requests.Session, *, report: Report, token: str = "") -> Result:
        """Fetch what the order asks for; see ``workbench.collectors.failures`` for the verdicts.

        Raises SourceError when the first answers already fail, Refused when the gate says no to them.
        What fails later makes the result ``partial``.
        """

    def parse(self, exchange: Exchange) -> Iterator[AnyRow]:
        """Read one recorded exchange of this source; what is not read becomes Issue rows."""
