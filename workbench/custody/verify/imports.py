"""Imports: the receipt against the log, exhibits against the archive's directory (clause 6)."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import chain, tee
from pathlib import Path
from typing import Any, Final

from workbench.custody.verify import disk, zips
from workbench.custody.verify.lines import strict_json
from workbench.custody.verify.log import Log
from workbench.custody.verify.report import Findings
from workbench.custody.verify.slices import EXHIBIT, LENGTH, MEMBER, OFFSET, ORDINAL, Block, Slices

_LIMIT: Final = 64 << 20
_MOST: Final = 2_000
_KEYS: Final = (
    "importer",
    "giver",
    "device",
    "received_at",
    "manner",
    "basis",
    "reference",
    "stated_url",
    "received_by",
)


def check(folder: Path, log: Log, sizes: dict[str, int], findings: Findings) -> None:
    """Check every import's receipt (6.1, 6.2) and every exhibit of an import (6.3, 6.4)."""
    files = _logged(log)
    for line in log.of("import.begin"):
        number = line.fields["import"]
        name = f"imports/{number:04d}/receipt.json"
        if name in sizes and findings.first(name):
            _receipt(folder, name, number, files.get(number, []), findings)
    for key in log.slices:
        group, file = key.split(" ", 1)
        if group[0] == "i" and file in sizes:
            _members(folder, file, sizes[file], log.of_file(key), findings)


def _logged(log: Log) -> dict[int, list[str]]:
    """Give the files of each import as the log has them, as ``_shown`` shows them."""
    files: dict[int, list[str]] = {}
    for line in log.of("import.file"):
        fields = line.fields
        files.setdefault(fields["import"], []).append(_shown(fields))
    return files


def _receipt(folder: Path, name: str, number: int, logged: list[str], findings: Findings) -> None:
    try:
        body = strict_json(disk.small(folder, name, _LIMIT))
    except (OSError, ValueError) as error:
        findings.defect("6.1", name, "a receipt cannot be read", found=str(error))
        return
    if not isinstance(body, dict):
        findings.defect("6.1", name, "a receipt is not a JSON object")
        return
    for key, expected in (("format", "workbench-receipt/1"), ("import", number)):
        if body.get(key) != expected:
            findings.defect("6.1", name, f"'{key}' is off", expected=expected, found=body.get(key))
    for key in _KEYS:
        if key not in body:
            findings.defect("6.1", name, f"'{key}' is missing")
    _files(name, body.get("files"), logged, findings)


def _files(name: str, files: Any, logged: list[str], findings: Findings) -> None:  # noqa: ANN401 - JSON
    if not isinstance(files, list) or not all(isinstance(each, dict) for each in files):
        findings.defect("6.1", name, "'files' is not an array of objects")
        return
    for each in files:
        if not isinstance(each.get("given_name"), str):
            findings.defect("6.1", name, "a file without its given name", found=each)
    said, logged = sorted(map(_shown, files)), sorted(logged)
    if said != logged:
        odd = sorted(set(said) ^ set(logged))
        what = "the receipt's files are not those of the log"
        findings.defect("6.2", name, what, expected=f"{len(logged)} files", found=", ".join(odd[:2]))


def _shown(fields: dict[str, Any]) -> str:
    return repr([_base(fields.get(key)) for key in ("file", "length", "sha256")])


def _base(value: object) -> object:
    """Compare names within the import: the receipt may write them without the folder."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value


def _members(folder: Path, file: str, size: int, slices: Slices, findings: Findings) -> None:
    """6.3 and 6.4: each exhibit is the whole file, or the member that it names."""
    odd = _Odd()
    blocks = (block for block in slices.by(MEMBER).blocks() if not _plain(block, size))
    rows = chain.from_iterable(block.rows(ORDINAL, EXHIBIT, OFFSET, LENGTH, MEMBER) for block in blocks)
    named = None
    for row in rows:
        if row[4] >= 0:
            named = row
            break
        odd.judge(row, (0, size))
    if named is not None:
        these, ahead = tee(chain([named], rows))
        try:
            for extent, row in zip(
                zips.extents(folder, file, (each[4] for each in ahead)), these, strict=False
            ):
                odd.judge(row, extent)
        except (OSError, ValueError) as error:
            what = "members are cited of a file that cannot be read as a zip archive"
            findings.defect("6.4", file, what, found=str(error))
            return
    odd.tell(file, findings)


def _plain(block: Block, size: int) -> bool:
    """Say whether every exhibit of a block is the whole file."""
    return block.only(MEMBER, -1) and block.only(OFFSET, 0) and block.only(LENGTH, size)


class _Odd:
    """Exhibits that are not what they name: the first of them in the log's order, whichever is judged first."""

    def __init__(self) -> None:
        self._found: list[tuple[int, tuple[int, ...], tuple[int, int] | None]] = []
        self._more = False

    def judge(self, row: tuple[int, ...], expected: tuple[int, int] | None) -> None:
        """Compare an exhibit (ordinal, exhibit, offset, length, member) with what it must be; None is nothing."""
        if row[2:4] == expected:
            return
        heappush(self._found, (-row[0], row, expected))
        if len(self._found) > _MOST:
            heappop(self._found)
            self._more = True

    def tell(self, file: str, findings: Findings) -> None:
        """Report them."""
        for _, (_, exhibit, offset, length, member), expected in sorted(self._found, reverse=True):
            if expected is None:
                what = f"exhibit {exhibit} names a member that the archive lacks"
                findings.defect("6.4", file, what, found=member)
            else:
                what = f"the slice of exhibit {exhibit} is not that member or file"
                shown = f"offset {expected[0]}, length {expected[1]}"
                findings.defect("6.3", file, what, at=(offset, length), expected=shown)
        if self._more:
            findings.defect("6.3", file, "more exhibits of this file are off, and are not told one by one")
