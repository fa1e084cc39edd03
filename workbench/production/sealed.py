"""A seal with all that its signatures are checked with: read from the log, and checked before it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

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
    """A seal, its signatures and timestamps, and the files under the case that all of that is in, by path.

    ``earlier`` are the seals before it.
    """

    seal: Seal
    earlier: tuple[Seal, ...]
    signatures: tuple[Signature, ...]
    stamps: tuple[str, ...]
    files: dict[str, bytes]


def sealing_of(folder: Path, number: int) -> Sealing:
    """Gather a seal; raise IntegrityError where it is unsigned, or a file or signature does not hold.

    Reads the seals up to it, whose lists name the registers, and of the log only what follows the seal.
    """
    reader = _Reader(folder, number)
    segment = 0
    for path in log.segments(folder):
        entry = log.first(path)
        # The line of a seal is the first of its segment (10.2).
        if entry is not None and entry.action == "seal":
            reader.take_seal(entry)
            if entry.fields["seal"] == number:
                segment = int(path.stem)
                break
    for entry in log.rare(folder, segment) if segment else ():
        reader.take(entry)
    return reader.sealing()


class _Reader:
    """Reads the seals in order, then the lines after the last of them that are about it."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._name = seals.path_of(number)
        self._number = number
        self._officers: list[Officers] = []
        self._register_files: list[dict[str, bytes]] = []
        self._seals: list[Seal] = []
        self._sealed_by = 0
        self._files: dict[str, bytes] = {}
        self._signatures: list[Signature] = []
        self._stamps: list[str] = []

    def take_seal(self, entry: log.Entry) -> None:
        """Take a seal, up to the one that is asked for."""
        name = seals.path_of(entry.fields["seal"])
        data = read_checked(self._folder, name, entry.fields["sha256"])
        self._seals.append(seals.parse(data, name))
        for sha256, path in self._seals[-1].files:
            if path.startswith("officers/"):
                self._take_register(path, sha256)
        if name == self._name:
            self._files[name] = data
            self._sealed_by = len(self._officers)

    def _take_register(self, path: str, sha256: str) -> None:
        """Take a register, or a signature of the last one: 10.2 lists them so."""
        data = read_checked(self._folder, path, sha256)
        if path.endswith(".sig") and self._register_files:
            self._register_files[-1][path] = data
        else:
            self._register_files.append({path: data})
            self._officers.append(register.parse(data, path))

    def take(self, entry: log.Entry) -> None:
        """Take a line from the seal's own on."""
        fields = entry.fields
        if entry.action == "officers":
            name = f"officers/{fields['number']:04d}"
            self._take_register(name, fields["sha256"])
            for badge, sha256 in fields["signatures"].items():
                self._take_register(f"{name}.{badge}.sig", sha256)
        elif fields.get("seal") != self._number:
            return
        elif entry.action in {"seal", "seal.signed"}:
            self._take_signatures(entry)
        elif entry.action == "seal.stamped":
            name = f"seals/{self._number:04d}.{fields['name']}.tsr"
            self._files[name] = read_checked(self._folder, name, fields["sha256"])
            self._stamps.append(fields["name"])

    def _take_signatures(self, entry: log.Entry) -> None:
        if not self._officers:
            raise IntegrityError("a seal stands before the first officers", where=f"line {entry.seq}")
        seal = self._seals[-1]
        for badge, sha256 in entry.fields["signatures"].items():
            own = badge == seal.by
            # 10.4 and 10.5: of its maker as of when it was made, of another as of when they signed.
            place = self._sealed_by if own else len(self._officers)
            at = max(read_stamp(seal.at) if own else entry.at, self._officers[place - 1].at)
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
        if self._name not in self._files:
            raise IntegrityError("the log names no such seal", where=self._name)
        seal = self._seals[-1]
        if seal.by not in {each.badge for each in self._signatures}:
            raise IntegrityError(
                "this seal is not signed yet",
                where=self._name,
                expected=f"a signature of {seal.by}",
                todo="have them run 'workbench seal --sign-pending'",
            )
        files = dict(self._files)
        for each in self._register_files[: max(each.officers for each in self._signatures)]:
            files |= each
        return Sealing(
            seal=seal,
            earlier=tuple(self._seals[:-1]),
            signatures=tuple(self._signatures),
            stamps=tuple(self._stamps),
            files=files,
        )
