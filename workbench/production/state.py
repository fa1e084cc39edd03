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

from workbench.custody import annotations as written
from workbench.custody import history, log, seals
from workbench.custody.log import Entry
from workbench.custody.seals import Seal
from workbench.errors import IntegrityError
from workbench.policy.annotations import Annotation
from workbench.policy.purposes import purpose
from workbench.policy.release import Release
from workbench.policy.versions import CaseVersion
from workbench.records import Exhibit, Record, Target
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
    secrets: (source, rule) -> exhibits. ``last`` is the last exhibit sealed. ``captures`` and ``imports`` are rows of
    those tables, ``decisions`` what their files say.
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
    captures: tuple[dict[str, Any], ...]
    imports: tuple[dict[str, Any], ...]
    versions: tuple[CaseVersion, ...]
    annotations: tuple[Annotation, ...]
    decisions: tuple[dict[str, Any], ...]

    @property
    def released_at(self) -> int:
        """When the release was logged."""
        return self.after[-1].entry.at

    @property
    def minimised(self) -> bool:
        """Whether the case's purpose has bystanders under neutral names."""
        return purpose(self.versions[-1].purpose).minimised

    @property
    def approved(self) -> CaseVersion | None:
        """The last version that approved a scope."""
        found = (one for one in reversed(self.versions) if one.act in {"approve", "oral"} and one.scope)
        return next(found, None)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that were last approved."""
        return self.approved.scope.targets if self.approved and self.approved.scope else ()

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
        for seal in seals.every(self.folder):
            if seal.number <= self.seal.number:
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
    walk = _Walk()
    for entry in logged.entries(folder, seal.lines):
        walk.take(entry)
    known = logged.Logged(folder, seal.lines)
    signed = history.read(folder).versions
    return State(
        folder=folder,
        case=seal.case,
        seal=seal,
        release=release,
        entries=tuple(walk.entries),
        after=tuple(_after(folder, seal, release)),
        backwards=tuple(walk.backwards),
        removed=dict(walk.removed),
        last=walk.last,
        captures=tuple(known.table("captures").to_pylist()),
        imports=tuple(known.table("imports").to_pylist()),
        versions=tuple(one.version for one in signed if one.seq <= seal.lines),
        annotations=tuple(written.read(folder, walk.entries)),
        decisions=tuple(_decisions(folder, walk.entries)),
    )


class _Walk:
    """Gathers what the sealed lines say."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.backwards: list[int] = []
        self.removed: Counter[tuple[str, str]] = Counter()
        self.last = 0

    def take(self, entry: Entry) -> None:
        if "clock" in entry.fields:
            self.backwards.append(entry.seq)
        if entry.action != "exhibit":
            self.entries.append(entry)
            return
        self.last = entry.fields["exhibit"]
        if rule := entry.fields.get("rule"):
            self.removed[logged.source_of(entry), rule] += 1


def _decisions(folder: Path, entries: list[Entry]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if entry.action == "decision":
            name = f"decisions/{entry.fields['decision']:04d}.json"
            yield _document(history.read_checked(folder, name, entry.fields["sha256"]), name)


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


def line_sha256(line: Line) -> str:
    """Give the hash that the next line of the log names as ``prev``."""
    return hashlib.sha256(line.raw).hexdigest()
