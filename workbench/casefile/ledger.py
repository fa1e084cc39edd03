"""A case's log and history, and the appending of exhibits: what every writer under a case stands on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from workbench.casefile.files import hash_slice
from workbench.custody import history, log
from workbench.department import Department
from workbench.policy.standing import Standing
from workbench.records import Result
from workbench.times import Clock


class Ledger:
    """The log of one case in the hands of one officer."""

    def __init__(self, folder: Path, department: Department, actor: str, clock: Clock) -> None:
        self.folder = folder
        self.department = department
        self.actor = actor
        self.clock = clock
        self.chain = log.Chain(folder, "log", clock)
        self._standing: tuple[int, history.History] | None = None

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

    def standing(self) -> Standing:
        """Give what stands signed now. Asked for every request, so it reads the log only after a change."""
        signed = self._signed_files()
        if self._standing is None or self._standing[0] != signed:
            found = self.history()
            named = sum(name.startswith(("case/", "officers/")) for name in found.files)
            # While another process is between a version and its line, nothing may be remembered.
            self._standing = (signed, found) if named == signed else None
            return found.standing(self.clock())
        return self._standing[1].standing(self.clock())

    def _signed_files(self) -> int:
        folders = [self.folder / "case", self.folder / "officers"]
        return sum(1 for folder in folders if folder.is_dir() for _ in folder.iterdir())

    def log_exhibits(self, acts: Sequence[dict[str, object]]) -> list[int]:
        """Log exhibits with the next free numbers, in one write; give the numbers."""
        with self.chain.lock:
            first = log.last_exhibit(self.folder) + 1
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
