"""Anchors: what is known outside the folder of a case's seals (docs/casefile-format.md, 10.7, 13.3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from workbench.custody.verify import disk, log
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import HASH
from workbench.custody.verify.report import Findings
from workbench.errors import IntegrityError, UsageError

_LIMIT: Final = 64 << 20
_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,8}):([0-9a-f]{64}|[0-9a-f]{20})")
_HEAD: Final = re.compile(
    rb"# workbench-seal/1\n# case ([0-9]{4}-[0-9A-Z]{1,12})\n# number ([1-9][0-9]{0,8})\n"
)
_SEAL: Final = b"# workbench-seal/"


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A seal as somebody outside knows it: its number and fingerprint, whole or its first 20 digits."""

    seal: int
    sha256: str
    source: str = ""


class Anchored(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the seals given the case holds, and the newest of them; how many a restore lost."""

    held: int = 0
    newest: int = 0
    lost: int = 0


def read(value: str, case: str) -> list[Anchor]:
    """Read an anchor of a case as a person gives it.

    ``value`` is ``N:FINGERPRINT`` (64 digits, or the first 20, with or without spaces), the path of a copy
    of a seal, or of a department's log: its folder, the folder ``log`` in it, or its first segment. Raises
    UsageError where it is none of these, or a seal of another case, IntegrityError where that log's own
    lines do not chain (2.2 to 2.5).
    """
    if match := _WRITTEN.fullmatch(value.replace(" ", "")):
        return [Anchor(seal=int(match[1]), sha256=match[2], source=value)]
    path = Path(value).absolute()  # "." has no name of its own
    if path.is_dir():
        within = path / "log" if (path / "log").is_dir() else path
        return _logged(within, sorted(each.name for each in within.glob("[0-9]*.jsonl")), case, value)
    try:
        with disk.opened(path.parent, path.name) as fd:
            start = b"".join(map(bytes, disk.blocks(fd, 0, len(_SEAL))))
        if start != _SEAL:
            return _logged(path.parent, [path.name], case, value)
        return [_copied(disk.small(path.parent, path.name, _LIMIT), case, value)]
    except OSError as error:
        raise UsageError(
            "this anchor cannot be read",
            where=value,
            found=str(error.strerror or error),
            todo="give a seal's copy, a department's log, or the seal's number and fingerprint as N:FINGERPRINT, "
            "all of it or its first 20 digits",
        ) from error


def _copied(data: bytes, case: str, source: str) -> Anchor:
    match = _HEAD.match(data)
    found = match[1].decode() if match else "no seal"
    if match is None or found != case:
        raise UsageError(
            "this is no seal of that case",
            where=source,
            expected=case,
            found=found,
            todo="give a copy of one",
        )
    return Anchor(seal=int(match[2]), sha256=hashlib.sha256(data).hexdigest(), source=source)


def _logged(folder: Path, segments: list[str], case: str, source: str) -> list[Anchor]:
    """Give the seals of a case that a department's log enters, where its own lines chain."""
    findings, sizes = Findings(), {}
    for name in segments:
        sizes[f"{folder.name}/{name}"] = (folder / name).lstat().st_size
    kind = log.Kind(folder=folder.name, free=True, keep=("sealed",))
    found = log.walk(folder.parent, sorted(sizes), sizes, findings, 1, kind)
    for defect in findings.defects[:1]:
        raise IntegrityError(
            f"a department's log breaks clause {defect.clause}: {defect.what}",
            where=f"{source}: {defect.file}, byte {defect.offset}",
            expected=defect.expected,
            found=defect.found,
            todo="ask the department for a whole copy of its log",
        )
    if not found.total:
        raise UsageError(
            "there is no department's log here", where=source, todo="give the folder that holds its segments"
        )
    return [_entered(line, source) for line in found.of("sealed") if line.fields.get("case") == case]


def _entered(line: Line, source: str) -> Anchor:
    fields: dict[str, Any] = line.fields
    seal, sha256 = fields.get("seal"), fields.get("sha256")
    if type(seal) is not int or not isinstance(sha256, str) or not HASH.fullmatch(sha256):
        raise IntegrityError(
            "a line 'sealed' of a department's log names no seal and its hash (10.7)",
            where=f"{source}: {line.file}, byte {line.offset}",
            todo="ask the department for a whole copy of its log",
        )
    return Anchor(seal=seal, sha256=sha256, source=source)


def check(
    anchors: Sequence[Anchor], found: log.Log, lost: dict[int, set[str]], findings: Findings
) -> Anchored:
    """10.7: each anchored seal is held by the case, or a restore names it as lost (13.3)."""
    held: dict[int, str] = {}
    for line in found.of("seal"):
        held.setdefault(line.fields["seal"], line.fields["sha256"])
    matched, gone = set(), set()
    for anchor in anchors:
        if held.get(anchor.seal, "").startswith(anchor.sha256):
            matched.add(anchor.seal)
        elif any(whole.startswith(anchor.sha256) for whole in lost.get(anchor.seal, ())):
            gone.add(anchor.seal)
        else:
            what = "an anchored seal that the case does not hold: it was rolled back, or is another"
            name, has = f"seals/{anchor.seal:04d}.txt", held.get(anchor.seal, "no such seal")
            findings.defect("10.7", name, what, expected=anchor.sha256, found=has)
    newest = max(matched, default=0)
    _after(newest, found, findings)
    return Anchored(held=len(matched), newest=newest, lost=len(gone))


def _after(newest: int, found: log.Log, findings: Findings) -> None:
    """Say which lines no anchor vouches for; what the last seal leaves open is told apart (10.8)."""
    seals = islice(found.of("seal"), max(0, len(found.of("seal")) - 1))
    place = next((line.ordinal for line in seals if line.fields["seal"] == newest), None)
    if place is not None:
        what = f"nothing outside the folder fixes line {place + 1} and what follows: seal {newest} is the newest given"
        findings.note("not-anchored-after", what)
