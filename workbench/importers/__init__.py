"""Exports and returns: files given to us are recognised, streamed and parsed, and never altered.

``IMPORTERS`` is what this package brings, in the order in which they are asked; ``file`` comes last and takes
anything. Third parties join through the entry point group ``workbench.importers``: each entry names an object
that fulfils ``base.Importer``.
"""

from __future__ import annotations

from workbench import sources
from workbench.errors import InputError
from workbench.importers.base import Bundle, Importer
from workbench.importers.files import Files
from workbench.importers.mastodon_archive import MastodonArchive
from workbench.importers.twarc import Twarc
from workbench.importers.x_archive import XArchive

GROUP = "workbench.importers"

IMPORTERS: dict[str, Importer] = {one.name: one for one in (MastodonArchive(), XArchive(), Twarc(), Files())}
"""Name -> importer, in the order in which they are asked."""


def importers() -> dict[str, Importer]:
    """Give third parties' importers, then ours; what takes anything comes last."""
    return sources.joined(GROUP, Importer, IMPORTERS)  # type: ignore[type-abstract] # a protocol, checked at run time


def importer(name: str) -> Importer:
    """Give the importer of a format; raise UsageError when there is none."""
    return sources.chosen(name, importers(), "importer")


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
