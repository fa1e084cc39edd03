"""Which sources were read by another version of their parser than is installed: their rows may not be today's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.collectors import collectors
from workbench.importers import importers
from workbench.media import rows as media
from workbench.tables import logged, parts


def older(folder: Path) -> dict[str, str]:
    """Say which sources would be read by other versions of their parsers now: source -> which.

    No defect: ``workbench tables check`` tells whether the rows differ. A parser that is not installed any more
    is left out, and so is a source of which no table was built.
    """
    now = _versions()
    notes = ((source, parts.note(folder, source)) for source in logged.Logged(folder).begun)
    found = {source: ", ".join(_changed(note.parsers, now)) for source, note in notes if note}
    return {source: words for source, words in found.items() if words}


def _versions() -> dict[str, str]:
    ours = (*collectors().values(), *importers().values())
    return {each.name: each.version for each in ours} | {media.NAME: media.parser_version()}


def _changed(parsers: tuple[str, ...], now: dict[str, str]) -> Iterator[str]:
    for parser in parsers:
        name, _, version = parser.partition(" ")
        if now.get(name, version) != version:
            then, today = version.split(), now[name].split()
            # Of a version with those of the libraries that it rests on, what differs.
            was, is_now = (
                [part for part in one if part not in other] for one, other in ((then, today), (today, then))
            )
            yield f"{name} {' '.join(was)} (now {' '.join(is_now)})"
