"""The town's accounts as tables: collected from the sample server by the real collector, but without a case.

For trying analyses, and for holding them against the answer key. Exhibits are numbered as a case would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import requests

from workbench.collectors import COLLECTORS
from workbench.demo.model import Town
from workbench.demo.server import SampleNetwork
from workbench.errors import IntegrityError
from workbench.records import Citation, Exchange, Exhibit, Order, Record, Target
from workbench.tables import parts
from workbench.tables.held import Media
from workbench.tables.read import to_frame
from workbench.tables.schema import Parsed
from workbench.tables.stored import Parser

CASE = "2026-0000"
"""Stands in the exhibits' names; there is no such case."""
_SOURCE = "capture-0001"
_BEGUN = 1_795_000_000_000_000
_ROUND = 3_600_000_000


class Capture(Record, frozen=True, kw_only=True):
    """One account as it was collected. ``items`` is how many things the collector counted."""

    name: str
    handle: str
    begun: int
    items: int
    exchanges: tuple[Exchange, ...]


class Tables:
    """What was collected, by table: ``tables("posts")`` gives a frame as a case's notebook has it."""

    def __init__(self, folder: Path, captures: Sequence[Capture]) -> None:
        self._folder = folder
        self._captures = captures
        parts.write_parts(folder, _SOURCE, _rows(captures))

    def __call__(self, table: str) -> pd.DataFrame:
        """Give a table of rows; ``exhibits`` and ``captures`` are made from what was collected."""
        if table == "exhibits":
            named = [(str(each.citation), each.source) for each, _, _ in _numbered(self._captures)]
            return pd.DataFrame(named, columns=["exhibit", "source"])
        if table == "captures":
            return pd.DataFrame([_shown(capture) for capture in self._captures])
        path = parts.path(self._folder, table, _SOURCE)
        return to_frame(pq.read_table(path)) if path.exists() else pd.DataFrame()


def tables(folder: Path, handles: Sequence[str], *towns: Town) -> Tables:
    """Collect these accounts from each town in turn, an hour apart, and table what came.

    ``folder`` must be there; the tables' files are written to it. Raises IntegrityError where the collector
    does not get everything.
    """
    captures: list[Capture] = []
    port = 0
    for turn, town in enumerate(towns):
        # The same port each time: the server's address is part of a picture's.
        with SampleNetwork(town, port=port) as network:
            port = int(network.host.split(":")[1])
            for handle in handles:
                captures.append(_collected(network, handle, len(captures) + 1, _BEGUN + turn * _ROUND))
    return Tables(folder, captures)


def _collected(network: SampleNetwork, handle: str, number: int, begun: int) -> Capture:
    kept: list[Exchange] = []

    def keep(response: requests.Response, **_: object) -> None:
        headers, body = tuple(response.headers.items()), response.content
        uri, status, at = response.url, response.status_code, begun + len(kept) * 1_000_000
        kept.append(Exchange(method="GET", uri=uri, status=status, headers=headers, body=body, at=at))

    order = Order(target=Target(source="mastodon", target=f"{network.url}/@{handle}"))
    with requests.Session() as session:
        session.hooks["response"].append(keep)
        result = COLLECTORS["mastodon"].collect(order, session, report=lambda *_: None)
    if result.verdict != "complete":
        raise IntegrityError("the sample network was not collected whole", where=handle, found=result.reason)
    name = f"capture-{number:04d}"
    return Capture(name=name, handle=handle, begun=begun, items=result.items, exchanges=tuple(kept))


def _numbered(captures: Sequence[Capture]) -> Iterator[tuple[Exhibit, Capture, Exchange]]:
    number = count(1)
    for capture in captures:
        for exchange in capture.exchanges:
            yield _exhibit(capture, exchange, next(number)), capture, exchange


def _exhibit(capture: Capture, exchange: Exchange, number: int) -> Exhibit:
    digest = hashlib.sha256(exchange.body).hexdigest()
    return Exhibit(
        citation=Citation(case=CASE, number=number),
        source=capture.name,
        file="",
        offset=0,
        length=len(exchange.body),
        sha256=digest,
        at=exchange.at,
    )


def _rows(captures: Sequence[Capture]) -> Iterator[Parsed]:
    """Read each exchange as a case would: the collector's rows, then those of the media files."""
    collector = COLLECTORS["mastodon"]
    parser = Parser(collector.name, collector.version)
    with Media() as media:
        for exhibit, _, exchange in _numbered(captures):
            for row in collector.parse(exchange):
                yield parser.parsed(exhibit, exhibit.at, row)
            media.exchange(exhibit, exchange, collector.name)
            yield from media.ready()
        yield from media.ready(rest=True)


def _shown(capture: Capture) -> dict[str, object]:
    """Give a row of the table ``captures``, as far as analyses read it."""
    return {
        "capture": capture.name,
        "source": "mastodon",
        "target": capture.handle,
        "begun": pd.Timestamp(capture.begun, unit="us", tz="UTC"),
        "verdict": "complete",
        "items": capture.items,
        "limit": Order(target=Target(source="mastodon", target=capture.handle)).limit,
        "since": pd.NaT,
        "until": pd.NaT,
    }
