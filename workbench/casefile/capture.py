"""Writing one WARC: many threads, one sync for all who wait."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence

from filelock import FileLock

from workbench.casefile.ledger import Ledger
from workbench.custody import disk
from workbench.errors import StorageError, WorkbenchError
from workbench.records import Citation, Result


class CaptureWriter:
    """Writes one WARC. ``append`` may be called from many threads: those waiting share one sync."""

    def __init__(self, case: Ledger, number: int, file: str, offset: int, lease: FileLock) -> None:
        self.number = number
        self.file = file
        self._case = case
        self._lease = lease
        self._offset = offset
        path = case.folder / file
        with disk.mapped(path):
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._group = threading.Condition()
        self._waiting: list[_Pending] = []
        self._writing = False
        self._broken: BaseException | None = None

    def append(self, stored: bytes, *, rule: str = "") -> Citation:
        """Store one exhibit's records; return when bytes and log line are on the medium."""
        mine = _Pending(stored, rule)
        with self._group:
            self._waiting.append(mine)
            while self._writing and not mine.done:
                self._group.wait()
            if not mine.done:
                self._writing = True
        if not mine.done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return Citation(case=self._case.folder.name, number=mine.number)

    def _lead(self) -> None:
        """Write for everybody who waits, then let the next one lead."""
        with self._group:
            batch, self._waiting = self._waiting, []
        try:
            self._write(batch)
        except BaseException as error:
            # After a failed or interrupted write the file's end is unknown: nothing more may follow it.
            self._broken = error
            said = error if isinstance(error, WorkbenchError) else self._stopped()
            for pending in batch:
                pending.error = said
            if said is not error:
                raise
        finally:
            with self._group:
                for pending in batch:
                    pending.done = True
                self._writing = False
                self._group.notify_all()

    def _write(self, batch: Sequence[_Pending]) -> None:
        if self._broken is not None:
            raise self._stopped() from self._broken
        with disk.mapped(self._case.folder / self.file):
            disk.write_all(self._fd, b"".join(pending.stored for pending in batch))
            disk.sync(self._fd)
        acts = []
        offset = self._offset
        for pending in batch:
            fields: dict[str, object] = {
                "capture": self.number,
                "file": self.file,
                "offset": offset,
                "length": len(pending.stored),
                "sha256": pending.sha256,
            }
            acts.append({**fields, "rule": pending.rule} if pending.rule else fields)
            offset += len(pending.stored)
        for pending, number in zip(batch, self._case.log_exhibits(acts), strict=True):
            pending.number = number
        self._offset = offset

    def _stopped(self) -> StorageError:
        return StorageError(
            "an earlier write of this capture failed",
            where=self.file,
            todo="what was logged before is safe; collect again: it goes on from there",
        )

    def refused(self, reason: str, url: str) -> None:
        """Log a refusal of the gate; the address itself is not written, only its hash."""
        digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        fields = {"capture": self.number, "reason": reason, "url_sha256": digest}
        self._case.chain.append(self._case.actor, [("refused", fields)])

    def end(self, result: Result, *, requests: int) -> None:
        """Close the WARC for good and log how the capture ended.

        After a failed write nothing is logged: recovery parts the unknown tail from what is covered first.
        """
        try:
            os.close(self._fd)
            if self._broken is None:
                self._case.log_capture_end(self.number, self.file, result, requests)
        finally:
            self._lease.release()


class _Pending:
    """One exhibit waiting for the next sync."""

    def __init__(self, stored: bytes, rule: str) -> None:
        self.stored = stored
        self.rule = rule
        # Here, in the thread that brings it, so that those who wait for the sync do not wait for this too.
        self.sha256 = hashlib.sha256(stored).hexdigest()
        self.number = 0
        self.done = False
        self.error: WorkbenchError | None = None
