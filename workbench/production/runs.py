"""The notebook runs that a report is made from: those that the seal covers, newest first for each notebook."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec
import nbformat

from workbench.counts import yes
from workbench.custody import citing
from workbench.custody.history import read_checked
from workbench.custody.log import Entry
from workbench.errors import IntegrityError, UsageError
from workbench.policy.decisions import ACTS
from workbench.production.state import State
from workbench.records import Record
from workbench.times import stamp

_RECORD: Final = "record.json"


class _Said(msgspec.Struct):
    """What a run's record says, as far as a report tells it."""

    position: int
    values: dict[str, str | int | float | bool | None]
    programs: dict[str, str] = msgspec.field(default_factory=dict)


class Run(Record, frozen=True, kw_only=True):
    """One run to report. ``cited`` are the exhibits that the notebook cites: number -> pointers.

    ``failed`` is the number of a later run of the same notebook that did not come to its end; 0 where none.
    """

    number: int
    name: str
    line: int
    at: str
    by: str
    position: int
    sha256: str
    values: dict[str, str]
    programs: dict[str, str]
    notebook: nbformat.NotebookNode
    cited: dict[int, set[str]]
    failed: int

    @property
    def label(self) -> str:
        """Give the name by which decisions call it."""
        return f"run-{self.number:04d}"

    @property
    def folder(self) -> str:
        """Give its folder under the case."""
        return f"runs/{self.number:04d}-{self.name}"


def chosen(state: State, names: Collection[str]) -> list[Run]:
    """Give the newest complete run of each notebook, or of those named, in order of their numbers.

    Raises UsageError where there is none, IntegrityError where a run's file is not what its line names.
    """
    newest: dict[str, Entry] = {}
    failed: dict[str, int] = {}
    for entry in state.entries:
        if entry.action == "run":
            name = entry.fields["name"]
            if entry.fields["status"] == "complete":
                newest[name] = entry
                failed.pop(name, None)
            else:
                failed[name] = entry.fields["run"]
    missing = [name for name in names if name not in newest]
    if missing or not newest:
        raise _none(state, missing, newest, failed)
    wanted = [entry for name, entry in newest.items() if not names or name in names]
    return [_read(state, entry, failed.get(entry.fields["name"], 0)) for entry in wanted]


def _none(
    state: State, missing: Collection[str], newest: Collection[str], failed: Collection[str]
) -> UsageError:
    named = ", ".join(missing) or "any notebook"
    there = ", ".join(newest) or "none"
    return UsageError(
        "there is no run to report",
        where=f"{state.case} as of seal {state.seal.number}",
        expected=f"a complete run of {named}",
        found=there + "".join(f"; {name} failed" for name in failed if name not in newest),
        todo=f"workbench run {state.case} --notebook NAME, then 'workbench seal' and a new release",
    )


def _read(state: State, entry: Entry, failed: int) -> Run:
    fields = entry.fields
    folder = citing.folder_of(fields)
    data = _file(state, fields, citing.NOTEBOOK)
    found = citing.Citing(state.case)
    found.notebook(data)
    said = _record(_file(state, fields, _RECORD), f"{folder}/{_RECORD}")
    return Run(
        number=fields["run"],
        name=fields["name"],
        line=entry.seq,
        at=stamp(entry.at),
        by=entry.actor,
        position=said.position,
        sha256=fields["files"][citing.NOTEBOOK],
        values={name: _written(value) for name, value in said.values.items()},
        programs=said.programs,
        notebook=_notebook(data, f"{folder}/{citing.NOTEBOOK}"),
        cited=found.pointers,
        failed=failed,
    )


def _file(state: State, fields: dict[str, Any], name: str) -> bytes:
    folder = citing.folder_of(fields)
    sha256 = fields["files"].get(name)
    if sha256 is None:
        raise IntegrityError("a run lacks a file", where=folder, expected=name)
    return read_checked(state.folder, f"{folder}/{name}", sha256)


def _record(data: bytes, where: str) -> _Said:
    try:
        return msgspec.json.decode(data, type=_Said)
    except msgspec.DecodeError as error:
        raise IntegrityError("the record of a run cannot be read", where=where, found=str(error)) from error


def _notebook(data: bytes, where: str) -> nbformat.NotebookNode:
    try:
        found: nbformat.NotebookNode = nbformat.reads(data.decode(), as_version=4)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        # nbformat's own errors are ValueErrors; JSON of another shape fails wherever it is first used.
        raise IntegrityError(
            "the notebook of a run cannot be read", where=where, found=str(error)[:120]
        ) from error
    return found


def reviews(state: State) -> dict[str, str]:
    """Say of everything that was decided on what the newest decision is, as of the seal: name -> words."""
    found = {}
    for one in state.decisions:
        reason = f": {one['reason']}" if one["reason"] else ""
        words = f"{ACTS[one['act']]} by {one['by']}, {one['at'][:16]}Z (decision {one['decision']}){reason}"
        found.update(dict.fromkeys(one["subjects"], words))
    return found


def _written(value: str | float | bool | None) -> str:  # noqa: FBT001 - a parameter's value, whatever it is
    """Write a parameter's value for readers; what was not given is empty."""
    if isinstance(value, bool):
        return yes(value)
    return "" if value is None else str(value)
