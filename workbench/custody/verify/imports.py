"""Imports: the receipt against the log, exhibits against the archive's directory (clause 6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from workbench.custody.verify import disk, zips
from workbench.custody.verify.chain import Slices
from workbench.custody.verify.lines import strict_json
from workbench.custody.verify.log import Line, Log
from workbench.custody.verify.report import Findings

_LIMIT: Final = 64 << 20
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
    for line in log.of("import.begin"):
        name = f"imports/{line.fields['import']:04d}/receipt.json"
        if name in sizes and findings.first(name):
            _receipt(folder, name, line, log, findings)
    for key, slices in log.slices.items():
        group, file = key.split(" ", 1)
        if group[0] == "i" and file in sizes:
            _members(folder, file, sizes[file], slices, findings)


def _receipt(folder: Path, name: str, line: Line, log: Log, findings: Findings) -> None:
    try:
        body = strict_json(disk.small(folder, name, _LIMIT))
    except (OSError, ValueError) as error:
        findings.defect("6.1", name, "a receipt cannot be read", found=str(error))
        return
    if not isinstance(body, dict):
        findings.defect("6.1", name, "a receipt is not a JSON object")
        return
    number = line.fields["import"]
    for key, expected in (("format", "workbench-receipt/1"), ("import", number)):
        if body.get(key) != expected:
            findings.defect("6.1", name, f"'{key}' is off", expected=expected, found=body.get(key))
    for key in _KEYS:
        if key not in body:
            findings.defect("6.1", name, f"'{key}' is missing")
    _files(
        name,
        body.get("files"),
        [each for each in log.of("import.file") if each.fields["import"] == number],
        findings,
    )


def _files(name: str, files: Any, lines: list[Line], findings: Findings) -> None:  # noqa: ANN401 - JSON
    if not isinstance(files, list) or not all(isinstance(each, dict) for each in files):
        findings.defect("6.1", name, "'files' is not an array of objects")
        return
    for each in files:
        if not isinstance(each.get("given_name"), str):
            findings.defect("6.1", name, "a file without its given name", found=each)
    keys = ("file", "length", "sha256")
    said = sorted(repr([_base(each.get(key)) for key in keys]) for each in files)
    logged = sorted(repr([_base(each.fields[key]) for key in keys]) for each in lines)
    if said != logged:
        odd = sorted(set(said) ^ set(logged))
        what = "the receipt's files are not those of the log"
        findings.defect("6.2", name, what, expected=f"{len(logged)} files", found=", ".join(odd[:2]))


def _base(value: object) -> object:
    """Compare names within the import: the receipt may write them without the folder."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value


def _members(folder: Path, file: str, size: int, slices: Slices, findings: Findings) -> None:
    offsets, lengths = memoryview(slices.offsets).cast("q"), memoryview(slices.lengths).cast("q")
    members, exhibits = memoryview(slices.members).cast("q"), memoryview(slices.exhibits).cast("q")
    wanted = {member for member in members if member >= 0}
    found: dict[int, tuple[int, int]] = {}
    if wanted:
        try:
            found = zips.slices(folder, file, wanted)
        except (OSError, ValueError) as error:
            what = "members are cited of a file that cannot be read as a zip archive"
            findings.defect("6.4", file, what, found=str(error))
            return
    for exhibit, offset, length, member in zip(exhibits, offsets, lengths, members, strict=True):
        expected = found.get(member) if member >= 0 else (0, size)
        if expected is None:
            findings.defect(
                "6.4", file, f"exhibit {exhibit} names a member that the archive lacks", found=member
            )
        elif expected != (offset, length):
            what = f"the slice of exhibit {exhibit} is not that member or file"
            shown = f"offset {expected[0]}, length {expected[1]}"
            findings.defect("6.3", file, what, at=(offset, length), expected=shown)
