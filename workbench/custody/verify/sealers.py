"""Who signed the seals, and which authorities timestamped them (docs/casefile-format.md, 10.4 to 10.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from workbench.custody.verify.kept import Line
from workbench.custody.verify.log import Log
from workbench.custody.verify.officers import Registers, read_named, signatures
from workbench.custody.verify.report import Findings
from workbench.custody.verify.seals import Seal
from workbench.custody.verify.signatures import Signed, fingerprint
from workbench.custody.verify.standing import moment

if TYPE_CHECKING:
    from workbench.custody.verify.stamps import Checked

SEAL: Final = "workbench-seal"
REVIEW: Final = "workbench-review"
_TSR_LIMIT: Final = 1 << 20
_SLACK: Final = timedelta(minutes=5)


class Vouched(msgspec.Struct):
    """The numbers of the seals that are signed, countersigned and timestamped, as far as that counts."""

    signed: set[int] = set()
    countersigned: set[int] = set()
    stamped: set[int] = set()


class Sealers:
    """Checks every signature of every seal against the officers files of its time."""

    def __init__(
        self, folder: Path, log: Log, seals: list[Seal], registers: Registers, findings: Findings
    ) -> None:
        self.folder = folder
        self.log = log
        self.seals = {seal.number: seal for seal in reversed(seals)}
        self.registers = registers
        self.findings = findings
        self.vouched = Vouched()
        self._named: dict[int, int] = {}
        for line in log.of("seal"):
            self._named.setdefault(line.fields["seal"], line.ordinal)

    def signatures(self) -> None:
        """10.4 and 10.5: the signatures of the ``seal`` lines, then those added later."""
        for seal in self.seals.values():
            self._line(seal, seal.line)
        for line in self.log.of("seal.signed"):
            if (earlier := self._of(line, "10.4")) is not None:
                self._line(earlier, line)

    def _of(self, line: Line, clause: str) -> Seal | None:
        """Give the seal that a later line speaks of, where it could be read."""
        number = line.fields["seal"]
        if self._named.get(number, line.ordinal) >= line.ordinal:
            what = f"a line '{line.action}' of a seal that was not made before"
            self.findings.defect(clause, line.file, what, at=line.place, found=number)
            return None
        return self.seals.get(number)

    def _line(self, seal: Seal, line: Line) -> None:
        good = signatures(self.folder, line, seal.name, seal.digest, self.findings)
        self.registers.remember(seal.name, good)
        for badge, signed in good.items():
            if badge == seal.text("by"):
                self._own(seal, line, badge, signed)
            elif line is seal.line:
                self._say("10.4", seal, badge, "a signature beside a seal that is not of its '# by'")
            else:
                self._counter(seal, line, badge, signed)

    def _say(self, clause: str, seal: Seal, badge: str, what: str, found: str = "") -> None:
        self.findings.defect(clause, f"{seal.name}.{badge}.sig", what, found=found)

    def _why(self, line: Line, badge: str, signed: Signed, wanted: str, at: str) -> str:
        """Say why a signature does not count by the officers file in force at a line, or nothing."""
        officers = self.registers.at(line.ordinal)
        if officers is None:
            return "no officers file holds yet"
        if signed.namespace != wanted:
            return f"it is not in the namespace {wanted}"
        return officers.allows(badge, signed.key, wanted, at)

    def _own(self, seal: Seal, line: Line, badge: str, signed: Signed) -> None:
        """10.4: its key is valid when the seal was made, and when the line was written that names the signature."""
        found = f"{signed.namespace} by {fingerprint(signed.key)}"
        officers = self.registers.at(seal.line.ordinal)
        made = max(seal.text("at"), officers.at if officers else "")
        late = line is not seal.line
        why = self._why(line, badge, signed, SEAL, self.registers.counted_at(line))
        if why or (not late and (why := self._why(line, badge, signed, SEAL, made))):
            self._say("10.4", seal, badge, f"the signature does not count: {why}", found)
        elif late and (why := self._why(seal.line, badge, signed, SEAL, made)):
            # A key that came after the seal was made: no breach, but it does not sign for that time.
            what = f"the signature does not count for the time of the seal: {why}"
            self.findings.note("seal-late", what, f"{seal.name}.{badge}.sig")
        else:
            self.vouched.signed.add(seal.number)

    def _counter(self, seal: Seal, line: Line, badge: str, signed: Signed) -> None:
        why = self._why(line, badge, signed, REVIEW, self.registers.counted_at(line))
        if why:
            found = f"{signed.namespace} by {fingerprint(signed.key)}"
            self._say("10.5", seal, badge, f"the countersignature does not count: {why}", found)
        else:
            self.vouched.countersigned.add(seal.number)

    def timestamps(self, authorities: Sequence[bytes]) -> None:
        """10.6: every timestamp, against the certificates of who checks (PEM), if there are any."""
        if not self.log.of("seal.stamped"):
            return
        # Read late: what it needs costs every process of the checker 50 ms, and most cases have none.
        from workbench.custody.verify import stamps  # noqa: PLC0415

        for line in self.log.of("seal.stamped"):
            name = f"seals/{line.fields['seal']:04d}.{line.fields['name']}.tsr"
            seal = self._of(line, "10.6")
            data = read_named(self.folder, name, line.fields["sha256"], _TSR_LIMIT, self.findings)
            if seal is not None and data is not None:
                self._stamp(seal, name, stamps.check(data, seal.sha256, authorities))

    def _stamp(self, seal: Seal, name: str, answer: Checked) -> None:
        if answer.problem:
            self.findings.defect("10.6", name, answer.problem, found=answer.found)
            return
        self.vouched.stamped.add(seal.number)
        if not answer.trusted:
            self.findings.note("stamp-unchecked", answer.words, name)
        made, stamped = moment(seal.text("at")), moment(answer.at)
        if made is not None and stamped is not None and stamped < made - _SLACK:
            what = f"the timestamp ({answer.at}) is earlier than the seal says it was made"
            self.findings.note("stamp-early", what, name)
