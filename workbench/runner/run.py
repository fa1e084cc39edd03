"""Running one case's notebook: stage outside the case, tell the truth about it, keep it with the case.

The files of a run are ``notebook.ipynb``, ``notebook.html``, ``parameters.json`` and ``record.json``. A
failed run is kept as well and says so. Nothing is ever overwritten: each run has a number of its own.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec

from workbench import sealing
from workbench.casefile import CaseFile, audit
from workbench.custody import disk, log
from workbench.custody.scratch import Scratch
from workbench.department import Department
from workbench.errors import UsageError
from workbench.records import Record
from workbench.runner import broker, notebooks, parameters, process
from workbench.runner.kept import PARAMETERS, RECORD, RunRecord, last_record, stored_values
from workbench.runner.outcome import HTML, NOTEBOOK, Limits, Outcome, Plan
from workbench.runner.parameters import Value
from workbench.runner.process import Report
from workbench.times import Clock, now, stamp
from workbench.workspace.access import Access
from workbench.workspace.asking import BROKER

COLLECT = "collect"
CASE = "case_number"
_NOT_KEPT = frozenset({COLLECT, CASE})
"""Asked for anew each time: a rerun does not go out to the network because an earlier run did."""

_NO_EVIDENCE = frozenset({"run", "seal", "seal.signed", "seal.stamped", "release", "disseminated"})
"""Lines after which a notebook would answer what it answered before."""

_PROGRAMS = ("casefile-workbench", "papermill", "nbclient", "ipykernel", "pandas", "altair")


class Job(Record, frozen=True, kw_only=True):
    """What is asked: a case's folder, a notebook (name or path), values as given, and whether to collect.

    ``skip_unchanged`` gives the last complete run's record back where notebook, values and evidence are
    what they were.
    """

    folder: Path
    notebook: str
    given: Mapping[str, object] = msgspec.field(default_factory=dict)
    collect: bool = False
    skip_unchanged: bool = False
    limits: Limits = Limits()


class _Ready(Record, frozen=True, kw_only=True):
    """A job whose values have been checked."""

    source: Path
    name: str
    sha256: str
    given: dict[str, Value]
    values: dict[str, Value]
    dropped: tuple[str, ...]


def run_case(
    job: Job, department: Department, actor: str, *, report: Report | None = None, clock: Clock = now
) -> RunRecord:
    """Run a notebook for a case and keep it: give its record, with the run's number.

    Raises UsageError for unknown or wrong-typed values before anything starts, AuthorityError where the
    officer may not read the case. What goes wrong in the notebook is in the record, not an exception.
    """
    Access.of(job.folder, department, clock).require(actor)
    ready = prepare(job)
    case = CaseFile(job.folder, department, actor, clock)
    evidence = _evidence(job.folder)
    if job.skip_unchanged and (last := _last_same(job.folder, ready, evidence)) is not None:
        return msgspec.structs.replace(last, unchanged=True)
    audit(job.folder, actor, "run", {"name": ready.name}, clock)
    with Scratch("wb-run-") as place:
        staged = place.path
        started, position = stamp(clock()), log.reached(job.folder).seq
        outcome = _executed(job, ready, staged, _surroundings(job, department, actor), report)
        record = RunRecord(
            case=job.folder.name,
            name=ready.name,
            status="complete" if outcome.complete else "failed",
            reason=outcome.reason,
            error=outcome.error,
            started=started,
            ended=stamp(clock()),
            position=position,
            evidence=evidence,
            attempts=outcome.attempts,
            cells=outcome.cells,
            source_sha256=ready.sha256,
            values=parameters.plain(ready.values),
            dropped=ready.dropped,
            programs={program: version(program) for program in _PROGRAMS}
            | {"python": sys.version.split()[0]},
        )
        number = case.add_run(ready.name, record.status, _files(staged, ready, record))
    sealing.finish(case, None)
    return msgspec.structs.replace(record, number=number)


def prepare(job: Job) -> _Ready:
    """Check what is asked against the notebook, before anything starts."""
    source = notebooks.find(job.notebook)
    name = _run_name(source)
    declared = parameters.read(source)
    known = {parameter.name for parameter in declared}
    given = parameters.check(declared, job.given, str(source))
    kept = stored_values(job.folder, name)
    usable = parameters.check(
        declared, {key: kept[key] for key in kept if key in known - _NOT_KEPT}, str(source)
    )
    chosen = usable | given
    fixed: dict[str, Value] = {CASE: job.folder.name} if CASE in known else {}
    if job.collect:
        if COLLECT not in known:
            raise UsageError("this notebook does not collect", where=str(source), todo="leave --collect out")
        fixed[COLLECT] = True
    return _Ready(
        source=source,
        name=name,
        sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
        given={key: value for key, value in chosen.items() if key not in _NOT_KEPT},
        values=parameters.effective(declared, chosen | fixed),
        dropped=tuple(sorted(set(kept) - known)),
    )


def _evidence(folder: Path) -> int:
    """Give the last line of the log that a notebook could answer from."""
    last = 0
    for entry in log.rare(folder):
        if entry.action not in _NO_EVIDENCE:
            last = entry.seq
    return last


def _last_same(folder: Path, ready: _Ready, evidence: int) -> RunRecord | None:
    last = last_record(folder, ready.name)
    if last is None or not last.complete or ready.values.get(COLLECT):
        return None
    now_asked = (ready.sha256, parameters.plain(ready.values), evidence, version("casefile-workbench"))
    then = (last.source_sha256, last.values, last.evidence, last.programs.get("casefile-workbench"))
    return last if now_asked == then else None


def _run_name(source: Path) -> str:
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in source.stem.lower()).strip("-")[:32]
    return name if name[:1].isalpha() else f"n-{name}"[:32].rstrip("-")


def _surroundings(job: Job, department: Department, actor: str) -> dict[str, str]:
    """Say where the cases and the register are and who asks, for the kernel and for what it asks for."""
    return {
        "WORKBENCH_CASEFILES": str(job.folder.resolve().parent),
        "WORKBENCH_DEPARTMENT": str(department.folder.resolve()),
        "WORKBENCH_OFFICER": actor,
    }


def _executed(
    job: Job, ready: _Ready, staged: Path, where: Mapping[str, str], report: Report | None
) -> Outcome:
    plan = Plan(
        source=str(ready.source),
        output=str(staged),
        title=f"{job.folder.name} {ready.name}",
        values=parameters.plain(ready.values),
        limits=job.limits,
    )
    with broker.listening(broker.Allowance(case=job.folder.name), where) as path:
        extra = {**where, "WORKBENCH_CASE": str(job.folder.resolve()), BROKER: str(path)}
        return process.execute(plan, extra, report)


def _files(staged: Path, ready: _Ready, record: RunRecord) -> dict[str, Path]:
    given = {"notebook": ready.name, "given": parameters.plain(ready.given), "values": record.values}
    for name, content in ((PARAMETERS, given), (RECORD, record)):
        data = msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=2) + b"\n"
        disk.write_new(staged / name, data)
    return {name: staged / name for name in (NOTEBOOK, HTML, PARAMETERS, RECORD)}
