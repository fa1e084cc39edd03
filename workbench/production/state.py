"""A case as of a seal: which papers it had, which exhibits, and what its log says of them.

What the log says after the seal does not count, but for what is about this seal and release: the lines that name
the seal's signatures and timestamps, the officers files and releases since, up to the release itself. So the same
seal and the same release give the same package, whatever is done to the case later.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from workbench.custody import annotations, history, log, releases, seals
from workbench.custody.log import Entry
from workbench.custody.seals import Seal
from workbench.errors import IntegrityError
from workbench.policy.annotations import Annotation
from workbench.policy.release import Release
from workbench.policy.versions import CaseVersion
from workbench.records import Exhibit, Record
from workbench.tables import logged

_PAPERS = re.compile(
    r"(?:log|case|officers|seals|decisions|releases|restores|annotations)/[^/]+|imports/[0-9]{4}/receipt\.json"
)
_ABOUT_SEAL = frozenset({"seal", "seal.signed", "seal.stamped"})


class Paper(Record, frozen=True, kw_only=True):
    """A file of the case that goes into every package of it: its path there, and its hash as the log has it."""

    path: str
    sha256: str


class Line(Record, frozen=True, kw_only=True):
    """A line of the log, read, and its raw bytes with the LF."""

    entry: Entry
    raw: bytes


class State(Record, frozen=True, kw_only=True):
    """A case as of ``seal``, to be let out under ``release``.

    ``entries`` are the sealed lines that are not exhibits, ``after`` the few later ones that count (see above),
    ``backwards`` the numbers of sealed lines at which a clock went back, ``removed`` how often a rule replaced
    secrets: (source, rule) -> exhibits. ``last`` is the last exhibit sealed.
    """

    folder: Path
    case: str
    seal: Seal
    release: Release
    entries: tuple[Entry, ...]
    after: tuple[Line, ...]
    backwards: tuple[int, ...]
    removed: dict[tuple[str, str], int]
    last: int
    released_at: int

    def captures(self) -> list[dict[str, Any]]:
        """Give the rows of the table ``captures`` as sealed."""
        return self._table("captures")

    def imports(self) -> list[dict[str, Any]]:
        """Give the rows of the table ``imports`` as sealed."""
        return self._table("imports")

    def _table(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = logged.Logged(self.folder, self.seal.lines).table(name).to_pylist()
        return rows

    def versions(self) -> list[CaseVersion]:
        """Give the case versions that were sealed, in order."""
        return [one.version for one in history.read(self.folder).versions if one.seq <= self.seal.lines]

    def annotations(self) -> list[Annotation]:
        """Give what people had written when the case was sealed."""
        return annotations.read(self.folder, self.entries)

    def decisions(self) -> list[dict[str, Any]]:
        """Give the decisions that were sealed, as their files say, in order."""
        found = []
        for entry in self.entries:
            if entry.action == "decision":
                name = f"decisions/{entry.fields['decision']:04d}.json"
                data = history.read_checked(self.folder, name, entry.fields["sha256"])
                found.append(_document(data, name))
        return found

    def exhibits(self, wanted: Collection[int] | None) -> Iterator[tuple[Exhibit, Line]]:
        """Read the exhibits that were sealed, with their lines, in order; ``wanted`` None means all."""
        for line in lines(self.folder):
            if line.entry.seq > self.seal.lines:
                return
            if line.entry.action == "exhibit" and (wanted is None or line.entry.fields["exhibit"] in wanted):
                yield log.exhibit_of(self.case, line.entry), line

    def papers(self) -> list[Paper]:
        """List the papers, in order of their paths: what the seals list, and what the later lines name."""
        found: dict[str, str] = {}
        for number in range(1, self.seal.number + 1):
            seal = seals.read(self.folder, number)
            found.update((path, sha256) for sha256, path in seal.files if _PAPERS.fullmatch(path))
        found[f"seals/{self.seal.number:04d}.txt"] = self.seal.sha256
        for line in self.after:
            found.update(_named(line.entry))
        return [Paper(path=path, sha256=found[path]) for path in sorted(found)]

    def signers(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Name who signed the seal, who countersigned it, and which authorities stamped it."""
        about = [line.entry for line in self.after if line.entry.action in _ABOUT_SEAL]
        signed = [badge for entry in about for badge in entry.fields.get("signatures", ())]
        own = tuple(badge for badge in signed if badge == self.seal.by)
        others = tuple(badge for badge in signed if badge != self.seal.by)
        return own, others, tuple(entry.fields["name"] for entry in about if entry.action == "seal.stamped")


def read(folder: Path, release: Release) -> State:
    """Read a case as of the seal that a release names.

    Raises IntegrityError where the case does not hold that seal, or the log cannot be read.
    """
    seal = seals.read(folder, release.seal)
    if seal.sha256 != release.seal_sha256:
        raise IntegrityError(
            "the release is for another seal than the case holds",
            where=f"seals/{release.seal:04d}.txt",
            expected=release.seal_sha256,
            found=seal.sha256,
        )
    entries: list[Entry] = []
    backwards: list[int] = []
    removed: Counter[tuple[str, str]] = Counter()
    last = 0
    for entry in logged.entries(folder, seal.lines):
        if "clock" in entry.fields:
            backwards.append(entry.seq)
        if entry.action != "exhibit":
            entries.append(entry)
            continue
        last = entry.fields["exhibit"]
        if rule := entry.fields.get("rule"):
            removed[logged.source_of(entry), rule] += 1
    after = tuple(_after(folder, seal, release))
    return State(
        folder=folder,
        case=seal.case,
        seal=seal,
        release=release,
        entries=tuple(entries),
        after=after,
        backwards=tuple(backwards),
        removed=dict(removed),
        last=last,
        released_at=after[-1].entry.at,
    )


def _after(folder: Path, seal: Seal, release: Release) -> Iterator[Line]:
    """Give the later lines that count, the release's own being the last."""
    segment = max((path for _, path in seal.files if path.startswith("log/")), default="")
    for line in lines(folder, after=segment):
        entry = line.entry
        about = entry.action in _ABOUT_SEAL and entry.fields["seal"] == seal.number
        if about or entry.action in {"officers", "release"}:
            yield line
        if entry.action == "release" and entry.fields["release"] == release.release:
            return
    raise IntegrityError(
        "the log does not name this release after its seal", where=f"release {release.release}"
    )


def lines(folder: Path, *, after: str = "") -> Iterator[Line]:
    """Read a case's log line by line, with the raw bytes; ``after`` is the path of the last segment to skip."""
    for path in log.segments(folder):
        if f"log/{path.name}" <= after:
            continue
        with path.open("rb") as raws:
            for raw in raws:
                if not raw.endswith(b"\n"):
                    return
                yield Line(entry=log.read_line(raw, path), raw=raw)


def _named(entry: Entry) -> Iterator[tuple[str, str]]:
    """Give the files that a line names, with their hashes."""
    fields = entry.fields
    if entry.action == "seal.stamped":
        yield f"seals/{fields['seal']:04d}.{fields['name']}.tsr", fields["sha256"]
        return
    name = {
        "officers": "officers/{number:04d}",
        "release": "releases/{release:04d}.json",
        "seal": "seals/{seal:04d}.txt",
        "seal.signed": "seals/{seal:04d}.txt",
    }[entry.action].format(**fields)
    if "sha256" in fields:
        yield name, fields["sha256"]
    for badge, sha256 in fields["signatures"].items():
        yield f"{name}.{badge}.sig", sha256


def _document(data: bytes, where: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise IntegrityError("a file of the case cannot be read", where=where) from error


def released(folder: Path, number: int) -> Release:
    """Give a release that counts; raise IntegrityError where there is none of this number."""
    for one in releases.releases_for(folder):
        if one.release == number:
            return one
    raise IntegrityError("the case has no such release", where=f"releases/{number:04d}.json")


def line_sha256(line: Line) -> str:
    """Give the hash that the next line of the log names as ``prev``."""
    return hashlib.sha256(line.raw).hexdigest()
