"""Verify a case file by ``docs/casefile-format.md`` alone: every clause, every defect, nothing written.

Independent on purpose: it shares no code with what writes case files, so that a mistake there is not
repeated here. The ten steps are listed in ``report.STEPS`` and numbered again where they happen.

Whatever lies in the folder is read as hostile: only regular files are opened, no link is followed, sizes are
bounded, and what cannot be read is a defect. Memory: about 80 bytes for each exhibit, and the few lines of
the log that are not exhibits.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from workbench.custody.verify import acts, audit, imports, log, officers, standing, tree, versions, work
from workbench.custody.verify.evidence import FileDone, FileJob
from workbench.custody.verify.report import STEPS, Defect, Findings, Note, Report, Step
from workbench.errors import UsageError

__all__ = ["STEPS", "Defect", "Note", "Report", "Step", "verify"]

_PROCESSES: Final = 2


def verify(
    folder: Path, *, root: str | None = None, processes: int | None = None, records: bool = True
) -> Report:
    """Check a case folder and report every defect.

    ``root`` is the SSH fingerprint that must have signed ``officers/0001`` (3.5); without it the best
    answer is "self-consistent, not anchored". ``processes`` is 1 or more, by default at most two where
    the bytes are worth it. ``records=False`` leaves out the WARC records' own digests (step 7), for
    measurements; it says so in a note. Raises UsageError where there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(
            "there is no case folder here", where=str(folder), todo="give the path of a case folder"
        )
    findings = Findings()
    # 1. The folder (clause 1).
    sizes = tree.look(folder, findings)
    workers = _workers(sizes, processes)
    # 2. The custody log (clause 2).
    findings.step = 2
    if unknown := log.other_format(folder, sizes):
        what = "a format that this checker does not know: it stops here"
        findings.defect("9.1", "log/000001.jsonl", what, found=unknown)
        return _report(folder, findings, officers.Registers(), anchored=False)
    found = log.read(folder, sizes, findings, workers)
    _same_number(folder, found, findings)
    # 3. Officers (clause 3).
    findings.step = 3
    registers = officers.read(folder, found, findings)
    anchored = officers.anchor(registers, root, findings)
    # 4. Case versions (clause 4).
    findings.step = 4
    history = versions.read(folder, found, registers, findings)
    standing.unratified(history, findings)
    standing.voided(history, findings)
    registers.compromised(findings)
    # 5. The log's account (clauses 1.4, 1.5, 2.8 to 2.10, 4.5, 5, 6).
    findings.step = 5
    account = acts.Account(found, sizes, history, registers, findings)
    account.check()
    # 6 and 7. Evidence bytes and the records in them (clauses 5 and 6).
    # 9. Runs, annotations and quarantine are hashed in the same pass (clauses 2.9, 7).
    _evidence(folder, list(account.jobs.values()), findings, workers, records=records)
    # 8. Imports (clause 6).
    findings.step = 8
    imports.check(folder, found, sizes, findings)
    # 10. The audit chain (clause 2).
    findings.step = 10
    audit.check(folder, sizes, findings, workers)
    _closing_notes(sizes, findings, records=records)
    findings.counts |= {"lines": found.total, "exhibits": found.exhibits, "case versions": len(history)}
    return _report(folder, findings, registers, anchored=anchored)


def _workers(sizes: dict[str, int], processes: int | None) -> int:
    if processes is not None:
        return max(1, processes)
    large = sum(sizes.values()) > work.WORTHWHILE
    return min(_PROCESSES, os.cpu_count() or 1) if large else 1


def _same_number(folder: Path, found: log.Log, findings: Findings) -> None:
    for line in found.of("open")[:1]:
        if line.fields["case"] != folder.resolve().name:
            what = "the log is of another case than the folder's name"
            findings.defect(
                "1.1",
                line.file,
                what,
                at=line.place,
                expected=folder.resolve().name,
                found=line.fields["case"],
            )


def _evidence(folder: Path, jobs: list[FileJob], findings: Findings, workers: int, *, records: bool) -> None:
    """Spread the files over the processes, the largest first to the one with least to do."""
    shares = [work.Share(folder=str(folder), records=records) for _ in range(workers)]
    loads = [0] * workers
    for job in sorted(jobs, key=lambda each: each.size, reverse=True):
        least = loads.index(min(loads))
        shares[least].files.append(job)
        # A record's own digests cost a multiple of the hash of its packed bytes.
        loads[least] += job.size * (8 if job.kind == "warc" and records else 1) + 4096
    shares = [share for number, share in enumerate(shares) if share.files or number == 0]
    done = [each for answer in work.spread(shares) for each in answer.files]
    kinds = {job.file: job for job in jobs}
    for each in sorted(done, key=lambda one: one.file):
        step = 9 if each.file.split("/", 1)[0] in {"runs", "annotations", "quarantine"} else 6
        findings.take([_stepped(defect, step) for defect in each.defects])
        _tail(kinds[each.file], each, findings)
    findings.counts["records"] = sum(each.records for each in done)


def _stepped(defect: Defect, step: int) -> Defect:
    return msgspec.structs.replace(defect, step=step) if step == 9 else defect


def _tail(job: FileJob, done: FileDone, findings: Findings) -> None:
    """5.4: an open capture's bytes after its last slice are a tail; a closed one has no such bytes."""
    if job.kind == "warc" and done.tail and not job.sha256:
        what = f"an uncovered tail of {done.tail} bytes after the last slice (2.9, 5.4)"
        findings.note("tail", what, job.file)


def _closing_notes(sizes: dict[str, int], findings: Findings, *, records: bool) -> None:
    if not any(name.startswith("seals/") for name in sizes):
        findings.note("unsealed", "no seal: nothing outside the folder fixes when it was so")
    if not records:
        findings.note("records-unread", "the WARC records' own digests were not checked (step 7 left out)")


def _report(folder: Path, findings: Findings, registers: officers.Registers, *, anchored: bool) -> Report:
    return Report(
        case=folder.resolve().name,
        root=registers.root,
        anchored=anchored,
        defects=findings.defects,
        notes=findings.notes,
        counts=findings.counts,
        steps=findings.steps(),
    )
