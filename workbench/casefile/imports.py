"""Naming the exhibits of an import."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from workbench.casefile.files import Slice, Stored, hash_slice
from workbench.casefile.ledger import Ledger
from workbench.records import Result


class ImportWriter:
    """Names the exhibits of an import once its files lie in the case."""

    def __init__(
        self, case: Ledger, number: int, files: Sequence[Stored], lease: contextlib.ExitStack
    ) -> None:
        self.case = case
        self.number = number
        self.files = tuple(files)
        self._lease = lease

    def exhibits(self, slices: Iterable[Slice]) -> list[int]:
        """Hash each slice and log it as an exhibit; give the numbers, in order."""
        known = {stored.file: stored for stored in self.files}
        acts = [self._fields(part, known[part.file]) for part in slices]
        return self.case.log_exhibits(acts) if acts else []

    def _fields(self, part: Slice, stored: Stored) -> dict[str, object]:
        whole = part.offset == 0 and part.length == stored.length
        digest = (
            stored.sha256 if whole else hash_slice(self.case.folder / part.file, part.offset, part.length)
        )
        fields: dict[str, object] = {
            "import": self.number,
            "file": part.file,
            "offset": part.offset,
            "length": part.length,
            "sha256": digest,
        }
        return fields if part.member is None else {**fields, "member": part.member}

    def end(self, result: Result, exhibits: int) -> None:
        """Log how the import ended."""
        fields = {
            "import": self.number,
            "verdict": result.verdict,
            "reason": result.reason,
            "exhibits": exhibits,
        }
        with self._lease:
            self.case.chain.append(self.case.actor, [("import.end", fields)])
