"""Building tables from evidence alone: exhibits in the custody log, parsed by the source's own parser.

``build`` does one capture or import, ``rebuild`` all of them. Nothing is read from ``tables/``. What cannot
be read becomes a row of ``issues`` that cites the exhibit, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from workbench.custody import disk
from workbench.custody.log import exhibit_of
from workbench.errors import UsageError
from workbench.media.looking import Pool
from workbench.tables import captured, digest, imported, logged, parts
from workbench.tables.parts import Cover
from workbench.tables.pending import pending
from workbench.tables.stored import Source


def build(folder: Path, source: str) -> dict[str, int]:
    """Build all parts of ``capture-0001`` or ``import-0001``; give table -> rows, only where not 0.

    Raises UsageError for a source that the custody log does not know, StorageError when the disk refuses.
    """
    with _lock(folder), Pool() as pool:
        return build_into(folder, folder, source, pool)


def rebuild(folder: Path) -> dict[str, str]:
    """Build the tables of a case anew and delete what no source has made; give the content digests.

    Parts are replaced one by one, so that a reader at work never sees an emptied case.
    """
    with _lock(folder), Pool() as pool:
        sources = list(logged.Logged(folder).begun)
        for source in sources:
            build_into(folder, folder, source, pool)
        parts.remove_others(folder, sources)
        return digest.digest(folder)


def refresh(folder: Path) -> list[str]:
    """Build what ``pending`` names, and nothing else; give the sources that were built."""
    with _lock(folder), Pool() as pool:
        sources = list(pending(folder))
        for source in sources:
            build_into(folder, folder, source, pool)
        return sources


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    path = folder / "locks" / "tables.lock"
    lock = FileLock(path)
    with disk.mapped(path):
        path.parent.mkdir(exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def build_into(target: Path, folder: Path, name: str, pool: Pool) -> dict[str, int]:
    """Build the parts of one source under another folder than the case's; give table -> rows, only where not 0.

    ``pool`` looks at pictures and films. Raises as ``build`` does; takes no lock.
    """
    source = _source(folder, name)
    capture = source.begun.action == "capture.begin"
    rows = captured.rows(folder, source, pool) if capture else imported.rows(folder, source, pool)
    seqs = source.seqs or (source.begun.seq,)
    cover = Cover(exhibits=len(source.exhibits), first_seq=seqs[0], last_seq=seqs[-1])
    return parts.write_parts(target, name, rows, cover=cover)


def _source(folder: Path, name: str) -> Source:
    """Gather the lines of the log that are about one source."""
    case, begun = "", None
    files, lines = [], []
    for entry in logged.entries(folder):
        if entry.action == "open":
            case = str(entry.fields["case"])
        elif entry.action in logged.ABOUT_SOURCE and logged.source_of(entry) == name:
            begun = entry if entry.action.endswith(".begin") else begun
            if entry.action == "exhibit":
                lines.append(entry)
            elif entry.action == "import.file":
                files.append(entry)
    if begun is None:
        raise UsageError("the custody log knows no such source", where=str(folder), found=name[:40])
    return Source(
        begun=begun,
        files=tuple(files),
        exhibits=tuple(exhibit_of(case, line) for line in lines),
        members=tuple(line.fields.get("member") for line in lines),
        seqs=tuple(line.seq for line in lines),
    )
