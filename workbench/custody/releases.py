"""What a case lets leave, and what has left: releases and the dissemination log (docs/casefile-format.md, 12)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.custody import log, sshsig
from workbench.custody.history import read_checked
from workbench.errors import IntegrityError
from workbench.policy import officers as register
from workbench.policy.officers import Officers
from workbench.policy.release import Release
from workbench.records import Record


class Given(Record, frozen=True, kw_only=True):
    """A release as it lies in the case. ``problem`` says why it lets nothing leave; empty where it counts."""

    release: Release
    sha256: str
    line: int
    problem: str = ""


class Left(Record, frozen=True, kw_only=True):
    """Something that left: a line of the dissemination log; ``at`` is microseconds since 1970 UTC."""

    line: int
    at: int
    actor: str
    release: int
    kind: str
    sha256: str
    exhibits: int


def read(folder: Path, lines: Iterable[log.Entry] | None = None) -> list[Given]:
    """Read a case's releases, in order, each checked against the officers of its day.

    The officers' own chain is the history's to check (``History.problem``). ``lines`` are the case's rare lines
    (``log.rare``) where the caller has read them already. Raises IntegrityError where a file cannot be read.
    """
    reader = _Reader(folder)
    for entry in log.rare(folder) if lines is None else lines:
        reader.take(entry)
    return [reader.judged(one) for one in reader.found]


def releases_for(folder: Path) -> list[Release]:
    """Give the releases that count: signed by who may release, with a key that has not been reported since.

    Those given before the case was last restored from a backup do not.
    """
    return [one.release for one in read(folder) if not one.problem]


def left(folder: Path, lines: Iterable[log.Entry] | None = None) -> list[Left]:
    """Give what has left the case, in order: the lines ``disseminated``."""
    return [
        Left(line=entry.seq, at=entry.at, actor=entry.actor, **entry.fields)
        for entry in (log.rare(folder) if lines is None else lines)
        if entry.action == "disseminated"
    ]


class _Reader:
    """Walks the rare lines once; keeps each release with the key that signed it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = ""
        self.officers: Officers | None = None
        self.found: list[Given] = []
        self._signers: dict[int, tuple[bytes, int]] = {}
        self._previous = log.GENESIS
        self._restored = 0

    def take(self, entry: log.Entry) -> None:
        if entry.action == "open":
            self.case = entry.fields["case"]
        elif entry.action == "officers":
            name = f"officers/{entry.fields['number']:04d}"
            self.officers = register.parse(read_checked(self.folder, name, entry.fields["sha256"]), name)
        elif entry.action == "release":
            self._release(entry)
        elif entry.action == "restored":
            self._restored = entry.seq

    def _release(self, entry: log.Entry) -> None:
        number, sha256 = entry.fields["release"], entry.fields["sha256"]
        name = f"releases/{number:04d}.json"
        data = read_checked(self.folder, name, sha256)
        release = Release.parse(data, name)
        problem = self._misplaced(release, number) or self._unsigned(name, data, release, entry)
        self.found.append(Given(release=release, sha256=sha256, line=entry.seq, problem=problem))
        self._previous = sha256

    def _misplaced(self, release: Release, number: int) -> str:
        said = (release.case, release.release, release.previous)
        return "" if said == (self.case, number, self._previous) else "it does not follow the one before it"

    def _unsigned(self, name: str, data: bytes, release: Release, entry: log.Entry) -> str:
        """Say why the release is not signed by who may release (clauses 3.3 and 12.1)."""
        if self.officers is None or release.by not in entry.fields["signatures"]:
            return "it is not signed by who gave it"
        at = max(entry.at, self.officers.at)
        try:
            signature = f"{name}.{release.by}.sig"
            armored = read_checked(self.folder, signature, entry.fields["signatures"][release.by])
            key = sshsig.verify(armored, data, register.RELEASE, name)
        except IntegrityError as error:
            return error.what
        if not self.officers.may(release.by, register.RELEASE, at, key):
            return f"{release.by} was no officer who may release"
        self._signers[entry.seq] = (key, entry.at)
        return ""

    def judged(self, one: Given) -> Given:
        """Let a release count no more where its key was reported compromised since before it was given.

        Nor where the case was restored from a backup since: what was marked after the backup is not known any more,
        and somebody has to look before anything leaves.
        """
        if one.line < self._restored and not one.problem:
            return Given(
                release=one.release,
                sha256=one.sha256,
                line=one.line,
                problem="it was given before the case was restored from a backup",
            )
        key, at = self._signers.get(one.line, (b"", 0))
        ends = [
            line.before
            for line in (self.officers.keys if self.officers else ())
            if line.badge == one.release.by and line.key == key and line.compromised
        ]
        if not any(end is not None and end <= at for end in ends):
            return one
        return Given(
            release=one.release,
            sha256=one.sha256,
            line=one.line,
            problem="it was signed with a key that had been compromised",
        )
