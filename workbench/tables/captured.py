"""Rows of a capture: each exchange of its WARC, read by the collector that it was captured with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.capture import reading
from workbench.collectors import collector
from workbench.collectors.base import Collector
from workbench.errors import IntegrityError, UsageError
from workbench.media.looking import Pool
from workbench.records import Exhibit
from workbench.tables import stored
from workbench.tables.held import Media
from workbench.tables.schema import Parsed
from workbench.tables.stored import Parser, Source


def rows(folder: Path, source: Source, pool: Pool) -> Iterator[Parsed]:
    """Yield what the collector named in ``capture.begin`` reads from the capture's exhibits, in order.

    The pictures and films among them are looked at by ``pool``; their rows follow the collector's.
    An exhibit that cannot be read, whatever the reason, yields an Issue row and the next one follows.
    """
    begun, exhibits = source.begun, source.exhibits
    name, _, version = str(begun.fields["collector"]).rpartition(" ")
    try:
        reader = collector(str(begun.fields["source"]))
    except UsageError as error:
        lost = Parser(name, version)
        yield from (lost.failed(each, "an installed collector", error) for each in exhibits)
        return
    parser = Parser(reader.name, reader.version)
    try:
        with stored.opened(folder, str(begun.fields["file"])) as file, Media(pool) as media:
            for exhibit in exhibits:
                yield from _rows(reader, parser, file, exhibit, media)
                yield from media.ready()
            yield from media.ready(rest=True)
    except IntegrityError as error:
        yield from (parser.failed(each, "the capture's file", error) for each in exhibits)


def _rows(
    reader: Collector, parser: Parser, file: BinaryIO, exhibit: Exhibit, media: Media
) -> Iterator[Parsed]:
    what, exchange = "bytes as logged", None
    try:
        data = stored.slice_of(file, exhibit)
        what = "a recorded exchange"
        exchange = reading.exchange(data)
        what = f"an exchange that {reader.name} can read"
        for row in reader.parse(exchange):
            yield parser.parsed(exhibit, exchange.at, row)
    except Exception as error:  # noqa: BLE001 - a parser's mistake over hostile bytes must not end the build
        yield parser.failed(exhibit, what, error)
    if exchange is not None:
        media.exchange(exhibit, exchange, reader.name)
