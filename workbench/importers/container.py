"""The files that were given, and what lies in those that are zip archives: slices, members, refusals.

Each file given is one exhibit; each readable member of a zip is one more (clauses 6.3 and 6.4 of the case
file's format). A plain ``.gz`` is one exhibit that is read decompressed. Nothing is written anywhere.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from workbench import sniff
from workbench.errors import InputError, UsageError
from workbench.importers import streams, zips
from workbench.importers.base import LIMITS, Bundle, Cited, Limits, Member, Slice, at, damage
from workbench.records import Record
from workbench.rows import Issue

_HEAD = 512

Key = tuple[int, int | None]
"""Which exhibit: index of the file given, and index in its zip's central directory (None: the whole file)."""


class Listing(Record, frozen=True, kw_only=True):
    """The exhibits to log, in order, and the Issue rows for what may not be read.

    ``refused`` holds pairs of a file's index and what was refused of it.
    """

    slices: tuple[Slice, ...]
    refused: tuple[tuple[int, Issue], ...]


class _Found(Record, frozen=True, kw_only=True):
    """One slice with the way to open it; ``container`` marks a zip that has members."""

    slice: Slice
    container: bool
    opener: Callable[[], io.BufferedReader]


def listing(paths: Sequence[Path], names: Sequence[str], limits: Limits = LIMITS) -> Listing:
    """List what was given. ``names`` are the names as given, one for each path.

    Raises UsageError when there are not as many names as paths.
    """
    found, refused = _look(paths, names, limits)
    return Listing(slices=tuple(one.slice for one in found), refused=tuple(refused))


def bundle(
    paths: Sequence[Path],
    names: Sequence[str],
    citations: Mapping[Key, str] | None = None,
    limits: Limits = LIMITS,
) -> Bundle:
    """Make the bundle that an importer reads; ``citations`` are those of the logged exhibits."""
    found, refused = _look(paths, names, limits)
    known = citations or {}
    members = [_member(index, one, known) for index, one in enumerate(found)]
    whole = {one.slice.file_index: index for index, one in enumerate(found) if one.slice.member is None}
    said = tuple(Cited(whole[file_index], issue) for file_index, issue in refused)
    return Bundle(members=members, refused=said)


def _member(index: int, found: _Found, citations: Mapping[Key, str]) -> Member:
    part = found.slice
    return Member(
        index=index,
        name=part.name,
        size=part.size,
        citation=citations.get((part.file_index, part.member), ""),
        container=found.container,
        offset=part.offset,
        opener=found.opener,
    )


def _look(
    paths: Sequence[Path], names: Sequence[str], limits: Limits
) -> tuple[list[_Found], list[tuple[int, Issue]]]:
    if len(paths) != len(names):
        raise UsageError(
            "each file needs its given name", expected=f"{len(paths)} names", found=f"{len(names)}"
        )
    found: list[_Found] = []
    refused: list[tuple[int, Issue]] = []
    for index, (path, name) in enumerate(zip(paths, names, strict=True)):
        one, issues = _file(index, path, name, limits)
        found += one
        refused += [(index, issue) for issue in issues]
    return found, refused


def _file(index: int, path: Path, name: str, limits: Limits) -> tuple[list[_Found], list[Issue]]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        kind = sniff.media_type(stream.read(_HEAD))
    whole = Slice(file_index=index, member=None, offset=0, length=size, name=name, size=size)
    if kind == "application/gzip":
        opener = partial(streams.gzipped, path, size, name, limits)
        return [_Found(slice=whole, container=False, opener=opener)], []
    opener = partial(streams.plain, path, 0, size, name)
    alone = [_Found(slice=whole, container=False, opener=opener)]
    if kind != "application/zip":
        return alone, _unopened(name, kind)
    try:
        directory = zips.read(path, name, limits)
    except InputError as error:
        return alone, [damage(error)]
    if directory.document:
        return alone, []
    archive = _Found(slice=whole, container=True, opener=opener)
    return [archive, *_packed(path, whole, directory, limits)], [_refused(one) for one in directory.refused]


def _packed(path: Path, whole: Slice, directory: zips.Directory, limits: Limits) -> list[_Found]:
    return [
        _Found(
            slice=Slice(
                file_index=whole.file_index,
                member=one.number,
                offset=one.start,
                length=one.end - one.start,
                name=one.name,
                size=one.size,
            ),
            container=False,
            opener=partial(zips.opened, path, one.name, one, limits),
        )
        for one in directory.packed
    ]


def _unopened(name: str, kind: str) -> list[Issue]:
    if not sniff.is_archive_type(kind):
        return []
    return [
        Issue(
            kind="not-recognised",
            where=at(name, 0),
            expected="a zip, a .gz of one file, or files out of any archive",
            found=f"an archive that is not opened ({kind})",
        )
    ]


def _refused(one: zips.Refusal) -> Issue:
    return Issue(kind="refused", where=at(one.name, one.offset), expected=one.expected, found=one.found)
