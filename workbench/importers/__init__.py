"""Exports and returns: files given to us are recognised, streamed and parsed, and never altered.

``IMPORTERS`` is what this package brings, in the order in which they are asked; ``file`` comes last and takes
anything. Third parties join through the entry point group ``workbench.importers``: each entry names an object
that fulfils ``base.Importer``.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from workbench.errors import InputError, UsageError
from workbench.importers.base import Bundle, Importer
from workbench.importers.files import Files
from workbench.importers.mastodon_archive import MastodonArchive
from workbench.importers.twarc import Twarc
from workbench.importers.x_archive import XArchive

GROUP = "workbench.importers"

IMPORTERS: dict[str, Importer] = {one.name: one for one in (MastodonArchive(), XArchive(), Twarc(), Files())}
"""Name -> importer, in the order in which they are asked."""


def importers() -> dict[str, Importer]:
    """Give our importers and those of installed third parties; ours cannot be replaced by theirs."""
    found: dict[str, Importer] = {}
    for entry in entry_points(group=GROUP):
        loaded = entry.load()
        joined = loaded() if isinstance(loaded, type) else loaded
        if not isinstance(joined, Importer):
            raise UsageError(
                "an installed package offers an importer that is none",
                where=f"entry point {entry.name} = {entry.value}",
                expected="an object as workbench.importers.base.Importer describes",
                todo="remove that package, or tell its makers",
            )
        found[joined.name] = joined
    ours = dict(IMPORTERS)
    last = ours.pop(Files.name)
    return found | ours | {Files.name: last}


def importer(name: str) -> Importer:
    """Give the importer of a format; raise UsageError when there is none."""
    known = importers()
    if name not in known:
        raise UsageError(
            "no importer has this name", found=name, expected=", ".join(known), todo="see: workbench sources"
        )
    return known[name]


def recognise(bundle: Bundle) -> Importer:
    """Give the first importer that recognises a bundle; raise InputError when it holds nothing."""
    for one in importers().values():
        if one.recognises(bundle):
            return one
    raise InputError(
        "there is nothing to import",
        expected="at least one readable file",
        found="none",
        todo="check what was given: an empty folder, or an archive of which all was refused",
    )
