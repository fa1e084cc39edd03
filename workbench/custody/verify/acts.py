"""The log's account of captures, imports, runs and files (docs/casefile-format.md, 1.4, 1.5, 2.8 to 2.10, 4.5)."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

from workbench.custody.verify.closed import signed_name
from workbench.custody.verify.evidence import FileJob
from workbench.custody.verify.kept import Line, Lines
from workbench.custody.verify.log import Log
from workbench.custody.verify.officers import Registers
from workbench.custody.verify.report import Findings
from workbench.custody.verify.signatures import fingerprint
from workbench.custody.verify.standing import Standing, Version
from workbench.custody.verify.tree import ALLOWED

SESSION: Final = "workbench-session"
_READ_BEFORE: Final = frozenset({3, 4, 11, 12, 13, 14})
"""The steps that read small files before the account is made, and have said which are missing."""
_NUMBERED: Final = {
    "capture.begin": "capture",
    "import.begin": "import",
    "run": "run",
    "annotation": "annotation",
    "seal": "seal",
    "decision": "decision",
    "release": "release",
    "restored": "restore",
}


class Account:
    """Goes through the log's lines once and makes the list of files that must be there."""

    def __init__(
        self,
        log: Log,
        sizes: dict[str, int],
        versions: list[Version],
        registers: Registers,
        findings: Findings,
    ) -> None:
        self.log = log
        self.sizes = sizes
        self.registers = registers
        self.findings = findings
        self.jobs: dict[str, FileJob] = {}
        self.named: dict[str, tuple[str, int]] = {}
        self._ends = _by_number(log.of("capture.end"), "capture")
        self._begins = _by_number(log.of("capture.begin"), "capture")
        self._import_ends = _by_number(log.of("import.end"), "import")
        self._imports = _by_number(log.of("import.begin"), "import")
        self._files = Counter(line.fields["import"] for line in log.of("import.file"))
        self._nth: Counter[int] = Counter()
        self._counts: Counter[str] = Counter()
        for key, group in log.slices.items():
            self._counts[key.split(" ", 1)[0]] += group.count
        self._standing = Standing(versions)

    def check(self) -> None:
        """Do all of it."""
        self._numbers()
        for line in self.log.lines:
            rule = getattr(self, "_on_" + line.action.replace(".", "_"), None)
            if rule is not None:
                rule(line)
        self._slices()
        self._disposed()
        self._presence()

    def say(self, clause: str, line: Line, what: str, *, expected: object = "", found: object = "") -> None:
        """Add a defect of one line."""
        self.findings.defect(clause, line.file, what, at=line.place, expected=expected, found=found)

    def _numbers(self) -> None:
        for action, key in _NUMBERED.items():
            for number, line in enumerate(self.log.of(action), 1):
                if line.fields[key] != number:
                    what = f"numbers of '{key}' do not rise by one"
                    self.say("1.5", line, what, expected=number, found=line.fields[key])

    def _name(self, file: str, sha256: str, line: Line) -> None:
        """A line names a file (1.4)."""
        top = file.split("/", 1)[0]
        if not (top in ALLOWED and ALLOWED[top].fullmatch(file)):
            self.say("1.2", line, "a line names a file that the format does not know", found=file)
        elif file in self.named:
            self.say("1.4", line, "a file is named by a second line", found=file)
        else:
            self.named[file] = (sha256, line.ordinal)

    def _job(self, job: FileJob) -> None:
        if job.file in self.sizes:
            self.jobs.setdefault(job.file, job)

    def _plain(self, file: str, sha256: str, line: Line, clause: str = "1.4") -> None:
        self._name(file, sha256, line)
        self._job(
            FileJob(file=file, kind="plain", clause=clause, size=self.sizes.get(file, 0), sha256=sha256)
        )

    def _signed(self, line: Line) -> None:
        # Other steps have read these files already; here they are only accounted for.
        name = signed_name(line)
        self._name(name, line.fields["sha256"], line)
        self._signatures(name, line)

    _on_officers = _on_case = _on_seal = _on_decision = _on_release = _on_restored = _signed

    def _signatures(self, name: str, line: Line) -> None:
        for badge, sha256 in line.fields["signatures"].items():
            self._name(f"{name}.{badge}.sig", sha256, line)

    def _on_seal_signed(self, line: Line) -> None:
        self._signatures(f"seals/{line.fields['seal']:04d}.txt", line)

    def _on_seal_stamped(self, line: Line) -> None:
        name = f"seals/{line.fields['seal']:04d}.{line.fields['name']}.tsr"
        self._name(name, line.fields["sha256"], line)

    def _on_capture_begin(self, line: Line) -> None:
        fields = line.fields
        file = f"warc/{fields['capture']:04d}-{fields['source']}.warc.gz"
        if fields["file"] != file:
            self.say(
                "1.2",
                line,
                "a capture's file is not named as it must be",
                expected=file,
                found=fields["file"],
            )
        if not 0 <= fields["predecessor"] < max(1, fields["capture"]):
            self.say("2.8", line, "'predecessor' is no earlier capture", found=fields["predecessor"])
        self._authority(line)
        self._key(line)
        end = self._ends.get(fields["capture"])
        self._name(fields["file"], end.fields["sha256"] if end else "", line)
        if end is None:
            what = f"capture {fields['capture']} is open or was interrupted (5.4)"
            self.findings.note("open-capture", what, fields["file"])
        self._job(
            FileJob(
                file=fields["file"],
                kind="warc",
                clause="5.3",
                size=self.sizes.get(fields["file"], 0),
                sha256=end.fields["sha256"] if end else "",
                length=end.fields["length"] if end else -1,
                begin=(fields["length"], fields["sha256"]),
            )
        )

    def _on_capture_end(self, line: Line) -> None:
        number = line.fields["capture"]
        begin = self._begins.get(number)
        if begin is None or begin.ordinal > line.ordinal:
            self.say("5.3", line, "a capture ends that was not begun", found=number)
        elif self._ends[number] != line:
            self.say("5.3", line, "a capture ends twice", found=number)
        elif not self._counts.get(f"c{number}") and begin.fields["length"] != line.fields["length"]:
            # Without exhibits its only slice is that of its beginning; any others are compared in ``_slices``.
            self._ends_elsewhere(line, begin.fields["length"])

    def _on_refused(self, line: Line) -> None:
        number = line.fields["capture"]
        begin = self._begins.get(number)
        if number and (begin is None or begin.ordinal > line.ordinal):
            self.say("2.8", line, "a refusal belongs to no capture", found=number)

    def _key(self, line: Line) -> None:
        officers = self.registers.at(line.ordinal)
        lines = officers.lines if officers else []
        keys = [
            each.key
            for each in lines
            if each.badge == line.actor and fingerprint(each.key) == line.fields["key"]
        ]
        why = "the key is not that badge's"
        if officers is not None and keys:
            why = officers.allows(line.actor, keys[0], SESSION, self.registers.counted_at(line))
        if why:
            what = f"the actor's key does not fit the officers file: {why}"
            self.say("2.8", line, what, found=f"{line.actor} {line.fields['key']}")

    def _authority(self, line: Line) -> None:
        """4.5, for one capture."""
        number = line.fields["authority"]
        last = self._standing.last_before(line.ordinal)
        authority = self._standing.approval(number, line.ordinal)
        if authority is None or last is None:
            self.say("4.5", line, "the authority is no approval before this line", found=f"version {number}")
            return
        expires = authority.body.get("expires")
        if not isinstance(expires, str) or not line.at < expires:
            self.say("4.5", line, "the authority had expired", expected=f"before {expires}", found=line.at)
        if self._standing.closed < line.ordinal:
            self.say("4.5", line, "the case was closed")
        if self._standing.refused.get(authority.sha256, line.ordinal) < line.ordinal:
            self.say("4.5", line, "the authority was refused")
        if authority.void:
            what = "the authority is void: the key that signed it had been compromised (3.6)"
            self.say("4.5", line, what, found=f"{authority.name}, compromised since {authority.void}")
        workers = [last.body.get("owner"), *_list(last.body.get("assigned"))]
        if line.actor not in workers:
            self.say("4.5", line, "the actor is neither owner nor assigned", found=line.actor)
        if line.actor == authority.giver:
            self.say("4.5", line, "the actor gave the authority", found=line.actor)
        scope = authority.body.get("scope")
        if isinstance(scope, dict):
            self._scope(line, scope)
        else:
            self.say("4.5", line, "the authority has no scope")

    def _scope(self, line: Line, scope: dict[str, Any]) -> None:
        targets, number = _list(scope.get("targets")), line.fields["target"]
        target = targets[number] if number < len(targets) else None
        if not isinstance(target, dict):
            self.say("4.5", line, "the target is not in the scope", found=number)
        elif target.get("source") != line.fields["source"]:
            self.say("4.5", line, "the source is not the target's", expected=target.get("source"))
        window = scope.get("window")
        since, until = (
            (window.get("since"), window.get("until")) if isinstance(window, dict) else (None, None)
        )
        asked_since, asked_until = line.fields["since"], line.fields["until"]
        if since is not None and (asked_since is None or asked_since < since):
            self.say("4.5", line, "'since' lies before the scope's window", expected=since, found=asked_since)
        if until is not None and (asked_until is None or asked_until > until):
            self.say("4.5", line, "'until' lies after the scope's window", expected=until, found=asked_until)
        for kind in ("media", "context"):
            if line.fields[kind] and scope.get(kind) is not True:
                self.say("4.5", line, f"{kind} is not in the scope", expected="false", found="true")

    def _on_import_begin(self, line: Line) -> None:
        number = line.fields["import"]
        folder = f"imports/{number:04d}"
        self._plain(f"{folder}/receipt.json", line.fields["receipt"], line)
        files = self._files[number]
        end = self._import_ends.get(number)
        if end is None:
            what = f"import {number} has no end: it was interrupted, or is under way"
            self.findings.note("open-import", what, folder)
        if files > line.fields["files"] or (end and files != line.fields["files"]):
            self.say(
                "6.2",
                line,
                "not as many files as the import says",
                expected=line.fields["files"],
                found=files,
            )

    def _on_import_file(self, line: Line) -> None:
        file, number = line.fields["file"], line.fields["import"]
        if number in self._imports:
            self._placed(line, number, file)
        else:
            self.say("6.2", line, "a file of an import that was not begun", found=number)
        self._name(file, line.fields["sha256"], line)
        self._job(
            FileJob(
                file=file,
                kind="import",
                clause="6.2",
                size=self.sizes.get(file, 0),
                sha256=line.fields["sha256"],
                length=line.fields["length"],
            )
        )

    def _placed(self, line: Line, number: int, file: str) -> None:
        """1.5 and 6.2: an import's files are numbered in order, between its beginning and its end."""
        self._nth[number] += 1
        start = f"imports/{number:04d}/{self._nth[number]:06d}"
        if re.sub(r"\.[^./]*$", "", file) != start:
            what = "an import's files are not numbered in order"
            self.say("1.5", line, what, expected=start, found=file)
        end = self._import_ends.get(number)
        if line.ordinal < self._imports[number].ordinal or (end and line.ordinal > end.ordinal):
            self.say("6.2", line, "a file stands outside its import's lines")

    def _on_import_end(self, line: Line) -> None:
        number = line.fields["import"]
        begin = self._imports.get(number)
        if begin is None or begin.ordinal > line.ordinal or self._import_ends[number] != line:
            self.say("6.2", line, "an import ends that was not begun, or ends twice", found=number)
        count = self._counts.get(f"i{number}", 0)
        if count != line.fields["exhibits"]:
            self.say(
                "2.8",
                line,
                "not as many exhibits as the import says",
                expected=line.fields["exhibits"],
                found=count,
            )

    def _on_run(self, line: Line) -> None:
        folder = f"runs/{line.fields['run']:04d}-{line.fields['name']}"
        for name, sha256 in line.fields["files"].items():
            self._plain(f"{folder}/{name}", sha256, line, "7.1")

    def _on_annotation(self, line: Line) -> None:
        self._plain(f"annotations/{line.fields['annotation']:04d}.json", line.fields["sha256"], line)

    def _on_recovered(self, line: Line) -> None:
        fields = line.fields
        self._plain(fields["quarantine"], fields["sha256"], line, "2.9")
        size = self.sizes.get(fields["quarantine"])
        if size is not None and size != fields["length"]:
            self.say(
                "2.9", line, "a quarantined tail has another length", expected=fields["length"], found=size
            )

    def add_segments(self, named: dict[str, str]) -> None:
        """Have the log segments hashed that seals name (10.2), in the same pass as the evidence."""
        for file, sha256 in named.items():
            self._job(
                FileJob(file=file, kind="plain", clause="10.2", size=self.sizes.get(file, 0), sha256=sha256)
            )

    def _slices(self) -> None:
        """Give each file its exhibits, and check that they belong to what was begun."""
        for key, found in self.log.slices.items():
            group, file = key.split(" ", 1)
            kind, number = group[0], int(group[1:])
            begin = (self._begins if kind == "c" else self._imports).get(number)
            end = (self._ends if kind == "c" else self._import_ends).get(number)
            clause = "5.3" if kind == "c" else "6.3"
            job = self.jobs.get(file)
            if begin is None or found.first < begin.ordinal or (end and found.last > end.ordinal):
                self.findings.defect(
                    clause, file, "exhibits stand outside the lines of their capture or import"
                )
            if file not in self.named:
                self.findings.defect(clause, file, "exhibits are slices of a file that no line names")
            if job is None or job.kind == "plain":
                continue
            job.slices = found
            if kind == "c" and end is not None and found.ended != end.fields["length"]:
                self._ends_elsewhere(end, found.ended)

    def _ends_elsewhere(self, end: Line, ended: int) -> None:
        """5.3: the whole file's length is where the last slice ended."""
        what = "the last slice does not end where the file does"
        self.say("5.3", end, what, expected=end.fields["length"], found=ended)

    def _disposed(self) -> None:
        for line in self.log.of("disposed"):
            file = line.fields["file"]
            named = self.named.get(file)
            if named is None or named[1] > line.ordinal:
                self.say("2.10", line, "a file was disposed that no line names", found=file)
            elif named[0] not in ("", line.fields["sha256"]):
                self.say("2.10", line, "the hash is not that of the file disposed", expected=named[0])
            if file in self.sizes:
                self.say("2.10", line, "a file is still there that a line says is gone", found=file)
            self.findings.note("disposed", f"bytes gone by order {line.fields['order']}", file)

    def disposals(self, sealed: int, signed: int) -> None:
        """2.10: what the first ``sealed`` lines name goes by a line among those of the last signed seal only."""
        for line in self.log.of("disposed"):
            named = self.named.get(line.fields["file"])
            if named is not None and named[1] < sealed and line.ordinal >= signed:
                what = "a sealed file was disposed of by a line that no signed seal covers"
                self.say("2.10", line, what, found=line.fields["file"])

    def _presence(self) -> None:
        """1.4: each file has its line, each line its file."""
        gone = {line.fields["file"] for line in self.log.of("disposed")}
        seen = {each.file for each in self.findings.defects if each.step in _READ_BEFORE}
        for file, (sha256, _) in self.named.items():
            if file not in self.sizes and file not in gone and file not in seen:
                self.findings.defect("1.4", file, "a line names a file that is not there", expected=sha256)
        for file, size in self.sizes.items():
            if file.split("/", 1)[0] not in {"log", "audit"} and file not in self.named:
                clause = "1.3" if file.startswith("runs/") else "1.4"
                self.findings.defect(clause, file, "a file that no line names", at=(0, size))


def _by_number(lines: Lines, key: str) -> dict[int, Line]:
    found: dict[int, Line] = {}
    for line in lines:
        found.setdefault(line.fields[key], line)
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
