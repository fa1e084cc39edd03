"""Rows of an import: the files given, read again by the importer that the receipt names or that knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.errors import IntegrityError, WorkbenchError
from workbench.importers import base, container, importer, recognise
from workbench.importers.base import Bundle, Cited
from workbench.media.looking import Pool
from workbench.records import Exhibit
from workbench.rows import Issue
from workbench.tables import logged, stored
from workbench.tables.held import Media
from workbench.tables.schema import Parsed
from workbench.tables.stored import Parser, Source

_GZIP = b"\x1f\x8b"


def rows(folder: Path, source: Source, pool: Pool) -> Iterator[Parsed]:
    """Yield what the importer reads from the import's files, each row with its member's exhibit.

    The pictures and films among them are looked at by ``pool``; their rows follow the importer's.
    An import whose files are not as logged is not read at all; damage inside the files is the importer's
    to say. Either way there are Issue rows, unless the import ended before its first exhibit was logged.
    """
    if not source.exhibits:
        return
    first = source.exhibits[0]
    receipt = logged.receipt(folder, source.begun.fields["import"])
    parser = Parser(receipt.importer, "")
    what = "files as logged"
    try:
        bundle = _bundle(folder, source, receipt)
        what = "an installed importer"
        reader = importer(receipt.importer) if receipt.importer else recognise(bundle)
    except (WorkbenchError, OSError) as error:
        yield parser.failed(first, what, error)
        return
    parser = Parser(reader.name, reader.version)
    cited = _Cited(source, bundle)
    try:
        for each in base.rows(reader, bundle):
            if (parsed := cited.parsed(parser, each)) is not None:
                yield parsed
    except Exception as error:  # noqa: BLE001 - a parser's mistake over hostile bytes must not end the build
        yield parser.failed(cited.last, f"files that {reader.name} can read to their end", error)
    yield from cited.media(folder, pool)


def _bundle(folder: Path, source: Source, receipt: logged.Receipt) -> Bundle:
    given = {file.file: file.given_name for file in receipt.files}
    for line in source.files:
        file, sha256 = str(line.fields["file"]), str(line.fields["sha256"])
        if file not in given:
            raise IntegrityError("the receipt does not name a file of the import", where=file)
        stored.check_file(folder, file, sha256)
    files = [str(line.fields["file"]) for line in source.files]
    places = {file: index for index, file in enumerate(files)}
    citations = {
        (places[exhibit.file], member): str(exhibit.citation)
        for exhibit, member in zip(source.exhibits, source.members, strict=True)
        if exhibit.file in places
    }
    paths = [stored.within(folder, file) for file in files]
    return container.bundle(paths, [given[file] for file in files], citations)


class _Cited:
    """Finds the exhibit that a row's member is; ``last`` is that of the last row."""

    def __init__(self, source: Source, bundle: Bundle) -> None:
        known: Mapping[str, Exhibit] = {str(exhibit.citation): exhibit for exhibit in source.exhibits}
        self._bundle = bundle
        self._exhibits = [known.get(member.citation) for member in bundle.members]
        self._packed = {
            str(exhibit.citation)
            for exhibit, member in zip(source.exhibits, source.members, strict=True)
            if member is not None
        }
        self._said: set[int] = set()
        self.last = source.exhibits[0]

    def parsed(self, parser: Parser, cited: Cited) -> Parsed | None:
        """Give the row with its exhibit; a member that was never logged gives one issue instead."""
        exhibit = self._exhibits[cited.member]
        if exhibit is not None:
            self.last = exhibit
            return parser.parsed(exhibit, exhibit.at, cited.row)
        if cited.member in self._said:
            return None
        self._said.add(cited.member)
        name = self._bundle.members[cited.member].name
        issue = Issue(kind="not-captured", where=name, expected="an exhibit of its own", found="none logged")
        return parser.parsed(self.last, self.last.at, issue)

    def media(self, folder: Path, pool: Pool) -> Iterator[Parsed]:
        """Yield the rows of the pictures and films among the members that were logged."""
        with Media(pool) as media:
            for member in self._bundle.contents:
                exhibit = self._exhibits[member.index]
                if exhibit is not None:
                    media.member(exhibit, member, self._whole(folder, exhibit))
                    yield from media.ready()
            yield from media.ready(rest=True)

    def _whole(self, folder: Path, exhibit: Exhibit) -> Path | None:
        """Give the file whose bytes an exhibit is as they are; None for what is packed."""
        path = stored.within(folder, exhibit.file)
        if str(exhibit.citation) in self._packed:
            return None
        with path.open("rb") as file:
            return None if file.read(2) == _GZIP else path
