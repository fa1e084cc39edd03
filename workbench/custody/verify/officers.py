"""The chain of officers files and who may sign what (docs/casefile-format.md, 3)."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from operator import itemgetter
from pathlib import Path
from typing import Final

import msgspec

from workbench.custody.verify import disk
from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import ZEROS
from workbench.custody.verify.log import Log
from workbench.custody.verify.report import Findings
from workbench.custody.verify.signatures import (
    BadSignature,
    Officers,
    Signed,
    check,
    compact,
    digest_of,
    fingerprint,
    read_officers,
)

REGISTER: Final = "workbench-register"
SECOND: Final = "workbench-register-second"
_LIMIT: Final = 16 << 20
_SIGNATURE_LIMIT: Final = 64 << 10


class Registers(msgspec.Struct):
    """The officers files by the place of their log line, the root's fingerprint and what was read."""

    in_force: list[tuple[int, Officers]] = []
    root: str = ""
    signed: list[tuple[str, bytes]] = []

    def at(self, ordinal: int) -> Officers | None:
        """Give the officers file of the last ``officers`` line before that place (3.4)."""
        place = bisect_left(self.in_force, ordinal, key=itemgetter(0))
        return self.in_force[place - 1][1] if place else None

    def counted_at(self, line: Line) -> str:
        """Give T: the line's time, or that of the officers file in force where it is later (3.3)."""
        officers = self.at(line.ordinal)
        return max(line.at, officers.at) if officers else line.at

    def void(self, badge: str, key: bytes, at: str) -> str:
        """Say from when a key that signed at that time had been compromised, as reported later (3.6)."""
        end = self.in_force[-1][1].ended(badge, key) if self.in_force else ""
        return end if end and compact(at) >= end else ""

    def remember(self, name: str, good: dict[str, Signed]) -> None:
        """Keep who signed what, for ``compromised``."""
        self.signed += [(f"{name}.{badge}.sig", each.key) for badge, each in good.items()]

    def compromised(self, findings: Findings) -> None:
        """Note the signatures whose key the last officers file marks as compromised (3.1)."""
        lines = self.in_force[-1][1].lines if self.in_force else []
        keys = {line.key for line in lines if line.compromised}
        for name, key in self.signed:
            if key in keys:
                findings.note("compromised", "signed with a key that was reported compromised", name)


def read_named(folder: Path, name: str, sha256: str, limit: int, findings: Findings) -> bytes | None:
    """Read a small file that a line names; report it missing, unreadable or not the one named.

    None also where an earlier line has named it: that is reported with the other files (1.4).
    """
    if not findings.first(name):
        return None
    try:
        data = disk.small(folder, name, limit)
    except FileNotFoundError:
        findings.defect("1.4", name, "a line names a file that is not there", expected=sha256)
        return None
    except OSError as error:
        findings.defect("1.4", name, "a file cannot be read", found=str(error))
        return None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        what = "the file's bytes are not those that the log names"
        findings.defect("1.4", name, what, at=(0, len(data)), expected=sha256, found=found)
    return data


def signatures(folder: Path, line: Line, name: str, digest: bytes, findings: Findings) -> dict[str, Signed]:
    """Check every signature that a line names beside a file of this SHA-512; give those that fit it, by badge."""
    good = {}
    for badge, sha256 in line.fields["signatures"].items():
        file = f"{name}.{badge}.sig"
        armored = read_named(folder, file, sha256, _SIGNATURE_LIMIT, findings)
        if armored is None:
            continue
        try:
            good[badge] = check(armored, digest)
        except BadSignature as error:
            findings.defect("3.3", file, f"{error}", at=(0, len(armored)))
    return good


def allowed(
    good: dict[str, Signed], officers: Officers | None, at: str, name: str, findings: Findings, clause: str
) -> dict[str, str]:
    """Give badge -> namespace for the signatures whose officer could give them at that time."""
    counted = {}
    for badge, signed in good.items():
        why = (
            officers.allows(badge, signed.key, signed.namespace, at)
            if officers
            else "no officers file holds yet"
        )
        if why:
            found = f"{signed.namespace} by {fingerprint(signed.key)} at {at}"
            findings.defect(
                clause, f"{name}.{badge}.sig", f"the signature does not count: {why}", found=found
            )
        else:
            counted[badge] = signed.namespace
    return counted


def read(folder: Path, log: Log, findings: Findings) -> Registers:
    """Check each ``officers`` line's file against the one before it (3.1 to 3.5)."""
    registers, previous_hash = Registers(), ZEROS
    for number, line in enumerate(log.of("officers"), 1):
        if line.fields["number"] != number:
            what = "numbers of officers files do not rise by one"
            findings.defect(
                "1.5", line.file, what, at=line.place, expected=number, found=line.fields["number"]
            )
        name = f"officers/{line.fields['number']:04d}"
        data = read_named(folder, name, line.fields["sha256"], _LIMIT, findings)
        officers = _parsed(name, data, findings)
        if data is not None and officers is not None:
            good = signatures(folder, line, name, digest_of(data), findings)
            registers.remember(name, good)
            _head(name, officers, (number, previous_hash), registers, findings)
            _signers(line, name, officers, good, registers, findings)
            registers.in_force.append((line.ordinal, officers))
        previous_hash = line.fields["sha256"]
    if not registers.in_force:
        findings.defect("3.4", "officers/0001", "no officers file can be read: no signature counts")
    return registers


def _parsed(name: str, data: bytes | None, findings: Findings) -> Officers | None:
    if data is None:
        return None
    officers, problems = read_officers(data)
    for clause, offset, length, what, found in problems:
        findings.defect(clause, name, what, at=(offset, length), found=found)
    return officers


def _head(
    name: str, officers: Officers, place: tuple[int, str], registers: Registers, findings: Findings
) -> None:
    for what, expected, found in (
        ("# number", str(place[0]), str(officers.number)),
        ("# previous", place[1], officers.previous),
    ):
        if expected != found:
            findings.defect("3.1", name, f"'{what}' is off", expected=expected, found=found)
    before = registers.in_force[-1][1].at if registers.in_force else ""
    if officers.at and officers.at < before:
        what = "'# at' lies before that of the officers file before it"
        findings.defect("3.1", name, what, expected=f"{before} or later", found=officers.at)


def _signers(
    line: Line,
    name: str,
    officers: Officers,
    good: dict[str, Signed],
    registers: Registers,
    findings: Findings,
) -> None:
    """3.4: the first file is signed by a badge it lists, each later one by a badge the one before allows."""
    first = not registers.in_force
    judge = officers if first else registers.in_force[-1][1]
    counted = allowed(good, judge, officers.at or line.at, name, findings, "3.4")
    for badge, namespace in counted.items():
        if namespace not in (REGISTER, SECOND):
            what = "a register is signed in another namespace"
            findings.defect("3.4", f"{name}.{badge}.sig", what, found=namespace)
    signers = [badge for badge, namespace in counted.items() if namespace == REGISTER]
    if not signers:
        findings.defect("3.4", name, f"no signature in {REGISTER} by an officer who may give it")
    elif first:
        registers.root = fingerprint(good[signers[0]].key)


def anchor(registers: Registers, root: str | None, findings: Findings) -> bool:
    """Compare the root of trust (3.5); without one given, say so."""
    if root is None:
        what = f"no root was given to compare with {registers.root or 'none'}"
        findings.note("not-anchored", what)
        return False
    if registers.root != root:
        what = "the root of trust is not the one given"
        findings.defect("3.5", "officers/0001", what, expected=root, found=registers.root)
        return False
    return True
