"""A seal with all that its signatures are checked with: read from the log, and checked before it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.custody import log, seals, sshsig
from workbench.custody.history import read_checked
from workbench.custody.seals import Seal
from workbench.errors import IntegrityError
from workbench.policy import officers as register
from workbench.policy.officers import REVIEW, SEAL, Officers
from workbench.records import Record
from workbench.times import read_stamp


class Signature(Record, frozen=True, kw_only=True):
    """A signature over a seal: whose, in which namespace, at which time (microseconds), by which register (3.3)."""

    badge: str
    namespace: str
    at: int
    officers: int


class Sealing(Record, frozen=True, kw_only=True):
    """A seal, its signatures and timestamps, and the files under the case that all of that is in, by path."""

    seal: Seal
    signatures: tuple[Signature, ...]
    stamps: tuple[str, ...]
    files: dict[str, bytes]


def sealing_of(folder: Path, number: int) -> Sealing:
    """Gather a seal; raise IntegrityError where it is unsigned, or a file or signature does not hold."""
    reader = _Reader(folder, number)
    for entry in log.rare(folder):
        reader.take(entry)
    return reader.sealing()


class _Reader:
    """Walks the rare lines of the log once, up to the last that is about the seal."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number
        self._name = f"seals/{number:04d}.txt"
        self._officers: list[Officers] = []
        self._register_files: list[dict[str, bytes]] = []
        self._seal: Seal | None = None
        self._sealed_by = 0
        self._files: dict[str, bytes] = {}
        self._signatures: list[Signature] = []
        self._stamps: list[str] = []

    def take(self, entry: log.Entry) -> None:
        """Take a line."""
        fields = entry.fields
        if entry.action == "officers":
            name = f"officers/{fields['number']:04d}"
            files = self._signed(name, fields)
            self._register_files.append(files)
            self._officers.append(register.parse(files[name], name))
        elif fields.get("seal") != self._number:
            return
        elif entry.action == "seal":
            self._take_seal(entry)
        elif entry.action == "seal.signed":
            self._take_signatures(entry)
        elif entry.action == "seal.stamped":
            name = f"seals/{self._number:04d}.{fields['name']}.tsr"
            self._files[name] = read_checked(self._folder, name, fields["sha256"])
            self._stamps.append(fields["name"])

    def _take_seal(self, entry: log.Entry) -> None:
        self._files[self._name] = read_checked(self._folder, self._name, entry.fields["sha256"])
        self._seal = seals.parse(self._files[self._name], self._name)
        self._sealed_by = len(self._officers)
        self._take_signatures(entry)

    def _signed(self, name: str, fields: dict[str, Any]) -> dict[str, bytes]:
        """Read a file and its signatures, each as its line says."""
        files = {name: read_checked(self._folder, name, fields["sha256"])}
        for badge, sha256 in fields["signatures"].items():
            files[f"{name}.{badge}.sig"] = read_checked(self._folder, f"{name}.{badge}.sig", sha256)
        return files

    def _take_signatures(self, entry: log.Entry) -> None:
        if self._seal is None or not self._officers:
            raise IntegrityError("a seal or its signature stands before its time", where=f"line {entry.seq}")
        for badge, sha256 in entry.fields["signatures"].items():
            own = badge == self._seal.by
            # 10.4 and 10.5: of its maker as of when it was made, of another as of when they signed.
            place = self._sealed_by if own else len(self._officers)
            at = max(read_stamp(self._seal.at) if own else entry.at, self._officers[place - 1].at)
            signature = Signature(badge=badge, namespace=SEAL if own else REVIEW, at=at, officers=place)
            name = f"{self._name}.{badge}.sig"
            self._files[name] = read_checked(self._folder, name, sha256)
            # A key that was not valid any more when it signed later does not count either.
            later = at if entry.action == "seal" else max(entry.at, self._officers[-1].at)
            self._check(signature, self._files[name], {at, later})
            self._signatures.append(signature)

    def _check(self, signature: Signature, armored: bytes, times: Iterable[int]) -> None:
        where = f"{self._name}.{signature.badge}.sig"
        key = sshsig.verify(armored, self._files[self._name], signature.namespace, where)
        allowing = self._officers[signature.officers - 1]
        if not all(allowing.may(signature.badge, signature.namespace, at, key) for at in times):
            raise IntegrityError(
                "the key that signed this seal may not do so, or not then",
                where=where,
                todo="run 'workbench verify' and tell your supervisor",
            )

    def sealing(self) -> Sealing:
        """Give what was read, with the registers up to the last that a signature stands on."""
        if self._seal is None:
            raise IntegrityError("the log names no such seal", where=self._name)
        if self._seal.by not in {each.badge for each in self._signatures}:
            raise IntegrityError(
                "this seal is not signed yet",
                where=self._name,
                expected=f"a signature of {self._seal.by}",
                todo="have them run 'workbench seal --sign-pending'",
            )
        files = dict(self._files)
        for each in self._register_files[: max(each.officers for each in self._signatures)]:
            files |= each
        return Sealing(
            seal=self._seal,
            signatures=tuple(self._signatures),
            stamps=tuple(self._stamps),
            files=files,
        )
