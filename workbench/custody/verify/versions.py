"""Case versions: their chain and their signatures (docs/casefile-format.md, 3.4, 3.6, 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from workbench.custody.verify.lines import ZEROS, strict_json
from workbench.custody.verify.log import Log
from workbench.custody.verify.officers import Registers, allowed, read_named, signatures
from workbench.custody.verify.report import Findings
from workbench.custody.verify.rules import ACTS, REQUEST, Place, Rules
from workbench.custody.verify.signatures import digest_of
from workbench.custody.verify.standing import Version

_LIMIT: Final = 16 << 20


def read(folder: Path, log: Log, registers: Registers, findings: Findings) -> list[Version]:
    """Check every ``case`` line's version; give those that could be read, in order."""
    history: list[Version] = []
    previous, case = ZEROS, log.case
    first_begun: dict[str, int] = {}
    for line in log.of("capture.begin"):
        first_begun.setdefault(line.actor, line.ordinal)
    for number, line in enumerate(log.of("case"), 1):
        if line.fields["version"] != number:
            findings.defect(
                "1.5",
                line.file,
                "numbers of case versions do not rise by one",
                at=line.place,
                expected=number,
                found=line.fields["version"],
            )
        name = f"case/{line.fields['version']:04d}.json"
        data = read_named(folder, name, line.fields["sha256"], _LIMIT, findings)
        body = _body(name, data, findings)
        if data is not None and body is not None:
            version = Version(line, line.fields["sha256"], body)
            good = signatures(folder, line, name, digest_of(data), findings)
            registers.remember(name, good)
            at = registers.counted_at(line)
            counted = allowed(good, registers.at(line.ordinal), at, name, findings, "3.4")
            _signed(version, history, counted, findings)
            by = str(body.get("by"))
            version.void = registers.void(by, good[by].key, line.at) if by in counted else ""
            place = Place(case=case, previous=previous, registers=registers, first_begun=first_begun)
            Rules(version, history, place, findings).check()
            history.append(version)
        previous = line.fields["sha256"]
    if not history:
        findings.defect("4.1", "case/0001.json", "no case version can be read: nothing was authorised")
    return history


def _body(name: str, data: bytes | None, findings: Findings) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        body = strict_json(data)
    except ValueError as error:
        findings.defect("4.1", name, "a case version is not JSON", at=(0, len(data)), found=str(error))
        return None
    if not isinstance(body, dict):
        findings.defect("4.1", name, "a case version is not a JSON object", at=(0, len(data)))
        return None
    return body


def _signed(version: Version, history: list[Version], counted: dict[str, str], findings: Findings) -> None:
    by = str(version.body.get("by"))
    wanted = {ACTS.get(version.act, REQUEST)}
    owner = history[-1].body.get("owner") if history else None
    if version.act in {"assign", "handover"} and by == owner:
        wanted.add(REQUEST)
    if counted.get(by) not in wanted:
        found = counted.get(by, "no signature that counts")
        what = f"act '{version.act}' is not signed by its officer in the namespace it needs"
        findings.defect("4.3", version.name, what, expected=" or ".join(sorted(wanted)), found=found)
