"""Verify a case file by ``docs/casefile-format.md`` alone: every clause, every defect, nothing written.

Independent on purpose: it shares no code with what writes case files, so that a mistake there is not
repeated here. The steps are listed in ``report.STEPS`` and numbered again where they happen.

Whatever lies in the folder is read as hostile: only regular files are opened, no link is followed, sizes are
bounded, and what cannot be read is a defect. Memory does not grow with the log: what its lines say is set aside
in a temporary file (``aside``) once it is more than a little. It grows with the number of files, by about 1 KB each.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from workbench.custody.verify import (
    acts,
    audit,
    coverage,
    decisions,
    documents,
    formats,
    imports,
    log,
    officers,
    releases,
    seals,
    standing,
    tree,
    versions,
    work,
    written,
)
from workbench.custody.verify import anchors as outside
from workbench.custody.verify.anchors import Anchor
from workbench.custody.verify.aside import Aside
from workbench.custody.verify.evidence import FileDone, FileJob
from workbench.custody.verify.report import STEPS, Defect, Findings, Note, Report, Step
from workbench.custody.verify.sealers import Sealers, Vouched
from workbench.errors import UsageError

__all__ = ["STEPS", "Anchor", "Defect", "Note", "Report", "Step", "verify"]

_PROCESSES: Final = 2
_STEPS_OF: Final = {"runs": 9, "annotations": 9, "quarantine": 9, "log": 11}
"""Under which step a file's bytes are told, by its folder; all others are evidence."""


def verify(
    folder: Path,
    *,
    root: str | None = None,
    anchors: Sequence[Anchor] = (),
    tsa_cas: Sequence[bytes] = (),
    processes: int | None = None,
    records: bool = True,
) -> Report:
    """Check a case folder and report every defect.

    ``root`` is the SSH fingerprint that must have signed ``officers/0001`` (3.5); without it the best
    answer is "self-consistent, not anchored". ``anchors`` are seals known from outside
    (10.7; ``anchors.read``). ``tsa_cas`` are certificates (PEM) of authorities whose
    timestamps are trusted (10.6). ``processes`` is 1 or more, by default at most two where
    the bytes are worth it. ``records=False`` leaves out the WARC records' own digests (step 7), for
    measurements; it says so in a note. Raises UsageError where there is no such folder, ValueError where
    ``tsa_cas`` are no certificates.
    """
    if not folder.is_dir():
        raise UsageError(
            "there is no case folder here", where=str(folder), todo="give the path of a case folder"
        )
    findings = Findings()
    # 1. The folder (clause 1) and its format (clause 9).
    sizes = tree.look(folder, findings)
    workers = _workers(sizes, processes)
    if unknown := log.other_format(folder, sizes):
        return _stopped(folder, findings, unknown, (0, 0))
    # 2. The custody log (clause 2).
    findings.step = 2
    found = log.read(folder, sizes, findings, workers, log.Kind(marks=seals.marks(folder, sizes)))
    if later := log.later_format(found):
        return _stopped(folder, findings, later.fields["format"], later.place, later.file)
    _same_number(folder, found, findings)
    # 3. Officers (clause 3).
    findings.step = 3
    registers = officers.read(folder, found, findings)
    anchored = officers.anchor(registers, root, findings)
    findings.step = 1
    second = formats.check(found, sizes, registers, findings)
    # 4. Case versions (clause 4).
    findings.step = 4
    history = versions.read(folder, found, registers, findings)
    standing.unratified(history, findings)
    standing.voided(history, findings)
    # 10 to 14. Audit chain, seals, signatures, decisions, releases, restores, timestamps (clauses 2, 7.3, 10 to 13).
    known = _Known(folder=folder, sizes=sizes, log=found, registers=registers, history=history, second=second)
    sealed = _sealed(known, tsa_cas, workers, findings)
    registers.compromised(findings)
    # 5. The log's account (clauses 1.4, 1.5, 2.8 to 2.10, 4.5, 5, 6).
    findings.step = 5
    account = acts.Account(found, sizes, history, registers, findings)
    account.check()
    account.disposals(*_covered(sealed.seals, sealed.vouched.signed))
    account.add_segments(sealed.unread)
    # 6 and 7. Evidence bytes and the records in them (clauses 5 and 6).
    # 9 and 11. Runs, annotations, quarantine and the segments that seals name, in the same pass.
    jobs = list(account.jobs.values())
    shared = _workers({job.file: job.size for job in jobs}, processes)
    _evidence(folder, jobs, found.asides, findings, shared, records=records)
    # 8. Imports (clause 6).
    findings.step = 8
    imports.check(folder, found, sizes, findings)
    # 15. Anchors (10.7, 13.3), and what is left open.
    findings.step = 15
    held = outside.check(anchors, found, sealed.lost, findings)
    coverage.note(found, sealed.audit, sealed.seals, sealed.vouched, findings)
    if not records:
        findings.note("records-unread", "the WARC records' own digests were not checked (step 7 left out)")
    findings.counts |= {"lines": found.total, "exhibits": found.exhibits, "case versions": len(history)}
    findings.counts |= {"seals": len(sealed.seals)}
    return _report(
        folder, findings, registers, anchored=anchored, held=held, restored=bool(found.of("restored"))
    )


def _covered(sealed: list[seals.Seal], signed: set[int]) -> tuple[int, int]:
    """Give how many lines the seals cover, and how many of them those that are signed (10.4)."""
    covered = max((seal.lines for seal in sealed), default=0)
    return covered, max((seal.lines for seal in sealed if seal.number in signed), default=0)


class _Known(msgspec.Struct, kw_only=True):
    """What the first steps found; ``second`` is the place from which on the case is of format 2."""

    folder: Path
    sizes: dict[str, int]
    log: log.Log
    registers: officers.Registers
    history: list[standing.Version]
    second: int


class _Sealed(msgspec.Struct, kw_only=True):
    """What steps 10 to 14 found: the segments that are yet to be hashed, and the seals that restores lost."""

    seals: list[seals.Seal]
    audit: log.Log
    vouched: Vouched
    unread: dict[str, str]
    lost: releases.Lost


def _sealed(known: _Known, tsa_cas: Sequence[bytes], workers: int, findings: Findings) -> _Sealed:
    """Do steps 10 to 14."""
    folder, found, registers = known.folder, known.log, known.registers
    # 11. Seals (10.1 to 10.3), and in between 10., the audit chain (clause 2) that they name (10.8).
    findings.step = 11
    sealed = seals.read(folder, found, findings)
    findings.step = 10
    trail = audit.check(folder, known.sizes, findings, workers, [seal.audit[0] for seal in sealed])
    findings.step = 11
    seals.audited(sealed, trail, findings)
    unread = seals.segments(sealed, found, known.sizes, findings)
    # 12. Their signatures (10.4, 10.5).
    findings.step = 12
    vouching = Sealers(folder, found, sealed, registers, findings)
    vouching.signatures()
    # 13. Decisions, releases, restores, annotations (clauses 7.3, 11 to 13); their signatures count as 12.
    findings.step = 13
    lost = _documents(known, sealed, findings)
    # 14. Timestamps (10.6).
    findings.step = 14
    vouching.timestamps(tsa_cas)
    return _Sealed(seals=sealed, audit=trail, vouched=vouching.vouched, unread=unread, lost=lost)


def _documents(known: _Known, sealed: list[seals.Seal], findings: Findings) -> releases.Lost:
    """Check what was decided, released, restored and annotated; give the seals that restores lost."""
    folder, found, registers = known.folder, known.log, known.registers
    lookup = decisions.Lookup(found, known.history, sealed)
    decided = documents.read(folder, found, documents.DECISION, registers, findings)
    decisions.check(decided, lookup, findings)
    released = documents.read(folder, found, documents.RELEASES, registers, findings)
    releases.check(found, released, lookup, findings)
    written.check(folder, found, known.second, lookup, registers, findings)
    restores = documents.read(folder, found, documents.RESTORE, registers, findings)
    return releases.restored(found, restores, findings)


def _stopped(
    folder: Path, findings: Findings, unknown: str, at: tuple[int, int], file: str = "log/000001.jsonl"
) -> Report:
    """9.1: say that the format is not known, and stop; what stands behind its line is not judged."""
    findings.step = 1
    findings.defects = [
        each for each in findings.defects if (each.file, each.offset) < (file, at[0]) or each.step == 1
    ]
    what = "a format that this checker does not know: it stops here"
    findings.defect("9.1", file, what, at=at, found=unknown)
    return _report(folder, findings, officers.Registers(), anchored=False)


def _workers(sizes: dict[str, int], processes: int | None) -> int:
    if processes is not None:
        return max(1, processes)
    large = sum(sizes.values()) > work.WORTHWHILE
    return min(_PROCESSES, os.cpu_count() or 1) if large else 1


def _same_number(folder: Path, found: log.Log, findings: Findings) -> None:
    line, name = found.of("open").first(), folder.resolve().name
    if line is not None and line.fields["case"] != name:
        what = "the log is of another case than the folder's name"
        findings.defect("1.1", line.file, what, at=line.place, expected=name, found=line.fields["case"])


def _evidence(
    folder: Path,
    jobs: list[FileJob],
    asides: Sequence[Aside],
    findings: Findings,
    workers: int,
    *,
    records: bool,
) -> None:
    """Spread the files over the processes, the largest first to the one with least to do."""
    shares = [work.Share(folder=str(folder), records=records) for _ in range(workers)]
    loads = [0] * workers
    for job in sorted(jobs, key=lambda each: each.size, reverse=True):
        least = loads.index(min(loads))
        shares[least].files.append(job)
        # A record's own digests cost a multiple of the hash of its packed bytes.
        loads[least] += job.size * (8 if job.kind == "warc" and records else 1) + 4096
    shares = [share for number, share in enumerate(shares) if share.files or number == 0]
    done = [each for answer, _ in work.spread(shares, asides) for each in answer.files]
    kinds = {job.file: job for job in jobs}
    for each in sorted(done, key=lambda one: one.file):
        step = _STEPS_OF.get(each.file.split("/", 1)[0])
        findings.take([_stepped(defect, step) for defect in each.defects])
        _tail(kinds[each.file], each, findings)
    findings.counts["records"] = sum(each.records for each in done)


def _stepped(defect: Defect, step: int | None) -> Defect:
    return defect if step is None else msgspec.structs.replace(defect, step=step)


def _tail(job: FileJob, done: FileDone, findings: Findings) -> None:
    """5.4: an open capture's bytes after its last slice are a tail; a closed one has no such bytes."""
    if job.kind == "warc" and done.tail and not job.sha256:
        what = f"an uncovered tail of {done.tail} bytes after the last slice (2.9, 5.4)"
        findings.note("tail", what, job.file)


def _report(
    folder: Path,
    findings: Findings,
    registers: officers.Registers,
    *,
    anchored: bool,
    held: outside.Anchored | None = None,
    restored: bool = False,
) -> Report:
    held = held or outside.Anchored()
    return Report(
        case=folder.resolve().name,
        root=registers.root,
        anchored=anchored,
        anchors=held.held,
        newest_anchor=held.newest,
        restored=restored,
        defects=sorted(findings.defects, key=lambda each: each.step),
        notes=findings.notes,
        counts=findings.counts,
        steps=findings.steps(),
    )
