"""What the importers' tests share: bundles from bytes or folders, rows by class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from workbench.importers import container, recognise
from workbench.importers.base import LIMITS, Bundle, Limits, rows
from workbench.rows import AnyRow, Issue

VECTORS = Path(__file__).parent / "vectors"
R = TypeVar("R", bound=AnyRow)


def folder_bundle(folder: Path, limits: Limits = LIMITS) -> Bundle:
    """Make a bundle of all files below a folder, or of one file."""
    if folder.is_file():
        return container.bundle([folder], [folder.name], limits=limits)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "expected.json")
    names = [path.relative_to(folder).as_posix() for path in paths]
    return container.bundle(paths, names, limits=limits)


def bundle_of(tmp_path: Path, files: Mapping[str, bytes], limits: Limits = LIMITS) -> Bundle:
    """Write files under neutral names and bundle them under the given ones."""
    paths = []
    for number, content in enumerate(files.values()):
        path = tmp_path / f"{number:06d}"
        path.write_bytes(content)
        paths.append(path)
    return container.bundle(paths, list(files), limits=limits)


def read(bundle: Bundle) -> list[AnyRow]:
    """Read all rows with the importer that recognises the bundle."""
    return [cited.row for cited in rows(recognise(bundle), bundle)]


def only(given: list[AnyRow], kind: type[R]) -> list[R]:
    """Give the rows of one class."""
    return [row for row in given if isinstance(row, kind)]


def issues(given: list[AnyRow]) -> list[tuple[str, str, int]]:
    """Give kind, field and count of the Issue rows."""
    return [(row.kind, row.field, row.count) for row in only(given, Issue)]
