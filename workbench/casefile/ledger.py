"""A case's log and history, and the appending of exhibits: what every writer under a case stands on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from workbench.casefile.files import hash_slice
from workbench.custody import aside, history, log
from workbench.custody.chain import Chain
from workbench.department import Department
from workbench.policy.standing import Standing
from workbench.records import Record, Result
from workbench.times import Clock

FORMAT_1 = "workbench-casefile/1"
FORMAT_2 = "workbench-casefile/2"


class _Known(Record, frozen=True, kw_only=True):
    """What stood signed at ``since``, for as many signed files as there were."""

    signed: int
    history: history.History
    standing: Standing
    since: int

    def holds(self, now: int) -> bool:
        """Whether the clock alone has changed nothing: it went on, and not past the authority's end."""
        authority = self.standing.authority
        return self.since <= now and (authority is None or not self.since < authority.expires <= now)


class Ledger:
    """The log of one case in the hands of one officer."""

    def __init__(self, folder: Path, department: Department, actor: str, clock: Clock) -> None:
        self.folder = folder
        self.department = department
        self.actor = actor
        self.clock = clock
        self.chain = Chain(folder, "log", clock, mend=aside.mend)
        self._known: _Known | None = None
        self._format_known = False

    @property
    def number(self) -> str:
        """The case number, which is the folder's name."""
        return self.folder.name

    def history(self) -> history.History:
        """Read what the log says; officers unknown to the department's register make the case unsound."""
        found = history.read(self.folder)
        if found.case != self.number and not found.problem:
            problem = f"the folder is named {self.number}, the case is {found.case}"
            return msgspec.structs.replace(found, problem=problem)
        if found.root and found.root != self.department.root and not found.problem:
            problem = "its officers are not those of this department's register"
            return msgspec.structs.replace(found, problem=problem)
        return found

    def go_on_as_format_2(self) -> None:
        """Say once, in a case opened in format 1, that it goes on in format 2 (9.2). The chain's lock is held."""
        if self._format_known:
            return
        opening = log.first(log.segments(self.folder)[0])
        if opening is not None and opening.fields.get("format") == FORMAT_1:
            named = [entry for entry in log.rare(self.folder) if entry.action == "format"]
            if not named:
                self.chain.append_locked(self.actor, [("format", {"format": FORMAT_2})])
        self._format_known = True

    def standing(self) -> Standing:
        """Give what stands signed now. Asked for every request, so it reads the log only after a change."""
        signed, now = self._signed_files(), self.clock()
        known = self._known
        if known is None or known.signed != signed:
            found = self.history()
            named = sum(name.startswith(("case/", "officers/")) for name in found.files)
            known = _Known(signed=signed, history=found, standing=found.standing(now), since=now)
            # While another process is between a version and its line, nothing may be remembered.
            self._known = known if named == signed else None
        elif not known.holds(now):
            known = _Known(
                signed=signed, history=known.history, standing=known.history.standing(now), since=now
            )
            self._known = known
        return known.standing

    def _signed_files(self) -> int:
        count = 0
        for name in ("case", "officers"):
            with contextlib.suppress(FileNotFoundError), os.scandir(self.folder / name) as found:
                count += sum(1 for _ in found)
        return count

    def log_exhibits(self, acts: Sequence[dict[str, object]]) -> list[int]:
        """Log exhibits with the next free numbers, in one write; give the numbers."""
        with self.chain.lock:
            first = self.chain.last_exhibit_locked(self.actor) + 1
            numbered = [
                ("exhibit", {**fields, "exhibit": first + index}) for index, fields in enumerate(acts)
            ]
            self.chain.append_locked(self.actor, numbered)
        return list(range(first, first + len(acts)))

    def log_capture_end(self, number: int, file: str, result: Result, requests: int) -> None:
        """Hash the closed WARC and log how its capture ended."""
        path = self.folder / file
        length = path.stat().st_size
        fields = {
            "capture": number,
            "verdict": result.verdict,
            "reason": result.reason,
            "requests": requests,
            "items": result.items,
            "length": length,
            "sha256": hash_slice(path, 0, length),
        }
        self.chain.append(self.actor, [("capture.end", fields)])
