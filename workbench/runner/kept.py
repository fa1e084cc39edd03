"""The runs that a case keeps: their records, and the values that the next run begins with."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.custody import log
from workbench.errors import InputError
from workbench.records import Record
from workbench.runner import parameters
from workbench.runner.outcome import CellRecord, Reason

PARAMETERS = "parameters.json"
RECORD = "record.json"


class RunRecord(Record, frozen=True, kw_only=True):
    """The truth about a run. ``position`` is the last line of the custody log when it began.

    ``status`` is that of the log line: complete or failed. ``dropped`` names values of an earlier run that
    the notebook no longer takes. ``number`` is 0 in the record's own file, which is older than its number.
    """

    format: str = "workbench-run/1"
    number: int = 0
    case: str
    name: str
    status: str
    reason: Reason
    error: str = ""
    started: str
    ended: str
    position: int
    evidence: int
    attempts: int
    cells: tuple[CellRecord, ...]
    source_sha256: str
    values: dict[str, str | int | float | bool | None]
    dropped: tuple[str, ...] = ()
    programs: dict[str, str]
    unchanged: bool = False

    @property
    def complete(self) -> bool:
        """Say whether every cell ran to its end."""
        return self.reason == "ok"

    @property
    def folder(self) -> str:
        """Give the run's folder under the case; empty where it has no number."""
        return f"runs/{self.number:04d}-{self.name}" if self.number else ""


def stored_values(folder: Path, name: str) -> dict[str, object]:
    """Give the values that the latest complete run of a notebook was given; they are the defaults of the next.

    Those of a failed run may be why it failed, and would make every later one fail.
    """
    runs = _runs(folder, name, complete=True)
    return parameters.stored(runs[-1] / PARAMETERS) if runs else {}


def last_record(folder: Path, name: str) -> RunRecord | None:
    """Give the record of the latest run of a notebook, with its number; None where there is none."""
    runs = _runs(folder, name)
    return read_record(runs[-1]) if runs else None


def read_record(run: Path) -> RunRecord:
    """Read a run's record; raise InputError where it is damaged."""
    try:
        record = msgspec.json.decode((run / RECORD).read_bytes(), type=RunRecord)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            "the record of a run cannot be read", where=str(run / RECORD), todo="run 'workbench verify'"
        ) from error
    return msgspec.structs.replace(record, number=int(run.name[:4]))


def _runs(folder: Path, name: str, *, complete: bool = False) -> list[Path]:
    """List the logged runs of a notebook, oldest first; what a crash left without a line is no run.

    With ``complete`` those only that ended so.
    """
    return [
        folder / f"runs/{entry.fields['run']:04d}-{name}"
        for entry in log.rare(folder)
        if entry.action == "run"
        and entry.fields["name"] == name
        and (not complete or entry.fields["status"] == "complete")
    ]
