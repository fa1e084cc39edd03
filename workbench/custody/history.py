"""What a case's log says of its versions, officers, captures, imports and runs. Reads only."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from workbench.custody import log, naming, sshsig
from workbench.errors import IntegrityError, WorkbenchError
from workbench.policy import officers as register
from workbench.policy.officers import Officers
from workbench.policy.standing import CLOCK_SLACK, Standing
from workbench.policy.standing import standing as standing_of
from workbench.policy.versions import NAMESPACES, CaseVersion, Signed
from workbench.records import Record
from workbench.times import read_stamp

_DOCUMENTS = {"annotation": "annotation", "decision": "decision", "release": "release", "restored": "restore"}
"""The actions that name a numbered document -> the key of its number."""


class Work(Record, frozen=True, kw_only=True):
    """A capture, import or run: its first line and, where it has ended, its last."""

    number: int
    begin: log.Entry
    end: log.Entry | None = None


class SealKept(Record, frozen=True, kw_only=True):
    """A seal as the log has it: its line, who has signed it since or then, and whose timestamps it has."""

    number: int
    begin: log.Entry
    signed: frozenset[str]
    stamped: frozenset[str] = frozenset()


class History(Record, frozen=True, kw_only=True):
    """The rare lines of a case's log, read and checked against the files they name.

    ``files`` are the paths that those lines name; ``problem`` says why the officers cannot be believed.
    """

    case: str
    versions: tuple[Signed, ...]
    officers: tuple[Officers, ...]
    root: str
    captures: dict[int, Work]
    imports: dict[int, Work]
    runs: dict[int, Work]
    files: frozenset[str]
    lines: int
    problem: str = ""
    format: str = ""
    seals: dict[int, SealKept] = msgspec.field(default_factory=dict)
    annotations: dict[int, log.Entry] = msgspec.field(default_factory=dict)
    decisions: dict[int, log.Entry] = msgspec.field(default_factory=dict)
    releases: dict[int, log.Entry] = msgspec.field(default_factory=dict)
    restores: dict[int, log.Entry] = msgspec.field(default_factory=dict)

    @property
    def collectors(self) -> list[tuple[int, str]]:
        """The log numbers and actors of the captures begun."""
        return [(work.begin.seq, work.begin.actor) for work in self.captures.values()]

    def standing(self, now: int) -> Standing:
        """Give what stands signed now; officers who cannot be believed make the case unsound."""
        if self.problem:
            latest = self.versions[-1].version if self.versions else None
            return Standing(state="unsound", latest=latest, authority=None, problem=self.problem)
        return standing_of(self.versions, self.collectors, now)


def read_checked(folder: Path, name: str, sha256: str) -> bytes:
    """Read a file that a log line names; raise IntegrityError where it is gone or altered."""
    try:
        if (folder / name).is_fifo():  # reading it would wait for ever
            raise FileNotFoundError(name)
        data = (folder / name).read_bytes()
    except OSError as error:
        raise IntegrityError("a file that the log names cannot be read", where=name) from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise IntegrityError("a file is not what the log says", where=name, expected=sha256, found=found)
    return data


class _Reader:
    """Walks the rare lines once and keeps what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = ""
        self.versions: list[Signed] = []
        self.officers: list[Officers] = []
        self._officers_sha256 = log.GENESIS
        self._signers: dict[int, tuple[str, bytes, int]] = {}
        self.root = ""
        self.works: dict[str, dict[int, Work]] = {"capture": {}, "import": {}, "run": {}}
        self.documents: dict[str, dict[int, log.Entry]] = {kind: {} for kind in _DOCUMENTS.values()}
        self.seals: dict[int, SealKept] = {}
        self.format = ""
        self.files: set[str] = set()
        self.seq = 0
        self.problem = ""

    def take(self, entry: log.Entry) -> None:
        self.seq = max(self.seq, entry.seq)
        kind, _, phase = entry.action.partition(".")
        fields = entry.fields
        self.files.update(path for _, path in naming.files(entry))
        if entry.action in {"open", "format"}:
            self.format = fields["format"]
            self.case = fields.get("case", self.case)
        elif entry.action == "officers":
            self._officers(entry)
        elif entry.action == "case":
            self._version(entry)
        elif kind == "seal":
            self._seal(phase, entry)
        elif kind in _DOCUMENTS:
            document = _DOCUMENTS[kind]
            self.documents[document][fields[document]] = entry
        elif kind in self.works and phase != "file":
            self._work(kind, phase, entry)

    def _seal(self, phase: str, entry: log.Entry) -> None:
        number, fields = entry.fields["seal"], entry.fields
        known = self.seals.get(number) or SealKept(number=number, begin=entry, signed=frozenset())
        signed, stamped = known.signed.union(fields.get("signatures", ())), known.stamped
        if phase == "stamped":
            stamped = stamped | {fields["name"]}
        self.seals[number] = msgspec.structs.replace(known, signed=signed, stamped=stamped)

    def _work(self, kind: str, phase: str, entry: log.Entry) -> None:
        number = entry.fields[kind]
        if phase == "end":
            begun = self.works[kind][number]
            self.works[kind][number] = Work(number=number, begin=begun.begin, end=entry)
            return
        ended = entry if kind == "run" else None
        self.works[kind][number] = Work(number=number, begin=entry, end=ended)
        if kind == "capture":
            self.files.add(entry.fields["file"])

    def _named(self, name: str, fields: dict[str, Any]) -> bytes:
        return read_checked(self.folder, name, fields["sha256"])

    def _signature(self, name: str, fields: dict[str, Any], badge: str) -> bytes:
        if badge not in fields["signatures"]:
            raise IntegrityError(
                "it is not signed by who acted", where=name, expected=f"a signature of {badge}"
            )
        return read_checked(self.folder, f"{name}.{badge}.sig", fields["signatures"][badge])

    def _officers(self, entry: log.Entry) -> None:
        name = f"officers/{entry.fields['number']:04d}"
        try:
            data = self._named(name, entry.fields)
            found = register.parse(data, name)
            allowing = self.officers[-1] if self.officers else found
            register.check_follows(found, self.officers, self._officers_sha256, name)
            key = self._chief_key(name, data, entry, allowing, found.at)
        except WorkbenchError as error:
            self.problem = self.problem or f"{name}: {error.what}"
            return
        self.root = self.root or sshsig.fingerprint(key)
        self.officers.append(found)
        self._officers_sha256 = entry.fields["sha256"]

    def _chief_key(self, name: str, data: bytes, entry: log.Entry, allowing: Officers, at: int) -> bytes:
        for badge in entry.fields["signatures"]:
            armored = self._signature(name, entry.fields, badge)
            try:
                key = sshsig.verify(armored, data, register.REGISTER, name)
            except IntegrityError:
                continue
            if allowing.may(badge, register.REGISTER, at, key):
                return key
        raise IntegrityError("no chief of the register before it has signed it", where=name)

    def _version(self, entry: log.Entry) -> None:
        name = f"case/{entry.fields['version']:04d}.json"
        version = CaseVersion.parse(self._named(name, entry.fields), name)
        self.versions.append(
            Signed(
                version=version,
                sha256=entry.fields["sha256"],
                seq=entry.seq,
                problem=self._unsigned(name, version, entry),
            )
        )

    def _unsigned(self, name: str, version: CaseVersion, entry: log.Entry) -> str:
        """Say why the version is not signed as its act demands, or give an empty string."""
        if not self.officers:
            return "no officers file stands before it"
        misplaced = self._misplaced(version, entry)
        if misplaced:
            return misplaced
        try:
            data = read_checked(self.folder, name, entry.fields["sha256"])
            armored = self._signature(name, entry.fields, version.by)
        except IntegrityError as error:
            return error.what
        for namespace in NAMESPACES.get(version.act, ()):
            try:
                key = sshsig.verify(armored, data, namespace, name)
            except IntegrityError:
                continue
            if self.officers[-1].may(version.by, namespace, self._counted_at(entry), key):
                self._signers[entry.seq] = (version.by, key, entry.at)
                by_owner = namespace == register.REQUEST and version.act in {"assign", "handover"}
                if by_owner and (not self.versions or self.versions[-1].version.owner != version.by):
                    return "only the owner or a supervisor may change who works the case"
                return ""
        return f"no valid signature of {version.by} in the role that '{version.act}' needs"

    def _counted_at(self, entry: log.Entry) -> int:
        """Give the time at which officers' lines must be valid for an act to count (clause 3.3).

        A line dated back to before a key's end was written after it all the same.
        """
        return max(entry.at, self.officers[-1].at)

    def _misplaced(self, version: CaseVersion, entry: log.Entry) -> str:
        if version.case != self.case:
            return f"it is a version of the case {version.case}"
        try:
            if read_stamp(version.at) > entry.at + CLOCK_SLACK:
                return "it is dated later than its log line"
        except ValueError as error:
            return f"a time cannot be read: {error}"
        spoke = version.oral.supervisor if version.oral else ""
        role = self.officers[-1].role(spoke, self._counted_at(entry))
        if spoke and register.APPROVE not in register.ROLES.get(role, ()):
            return f"{spoke}, named as its oral authority, is not a supervisor"
        return ""

    def _voided(self) -> list[Signed]:
        """Mark what was signed with a key after it had been compromised, as was reported later."""
        lines = self.officers[-1].keys if self.officers else ()
        ends = {(k.badge, k.key): k.before for k in lines if k.compromised and k.before is not None}
        marked = []
        for signed in self.versions:
            badge, key, at = self._signers.get(signed.seq, ("", b"", 0))
            end = ends.get((badge, key))
            void = end is not None and at >= end
            marked.append(msgspec.structs.replace(signed, void=True) if void else signed)
        return marked

    def history(self) -> History:
        return History(
            case=self.case,
            versions=tuple(self._voided()),
            officers=tuple(self.officers),
            root=self.root,
            captures=self.works["capture"],
            imports=self.works["import"],
            runs=self.works["run"],
            files=frozenset(self.files),
            lines=self.seq,
            problem=self.problem,
            format=self.format,
            seals=self.seals,
            annotations=self.documents["annotation"],
            decisions=self.documents["decision"],
            releases=self.documents["release"],
            restores=self.documents["restore"],
        )


def _take(reader: _Reader, entry: log.Entry) -> None:
    try:
        reader.take(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            "a line of the custody log lacks a field, or holds a wrong one",
            where=f"line {entry.seq}, {type(error).__name__} {error}"[:160],
            todo="run 'workbench verify' to see every defect",
        ) from error


def read(folder: Path) -> History:
    """Read a case's history; raise IntegrityError where the log or a case version cannot be read."""
    reader = _Reader(folder)
    for entry in log.rare(folder):
        _take(reader, entry)
    if not reader.case:
        raise IntegrityError("this folder holds no case", where=str(folder), expected="log/000001.jsonl")
    return reader.history()


def root(folder: Path) -> str:
    """Give the fingerprint of who signed the first officers file, or nothing where none can be believed.

    Reads no further than that file's line, whatever state the rest of the case is in.
    """
    reader = _Reader(folder)
    for entry in log.rare(folder):
        if entry.action == "officers":
            _take(reader, entry)
            break
    return reader.root
