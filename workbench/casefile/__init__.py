"""The only writer under a case: versions, captures, imports, runs, the audit chain, and recovery.

The order is always the same (docs/casefile-format.md, 2.11): the bytes, synced; then the log line, synced.
"""

from workbench.casefile.capture import CaptureWriter
from workbench.casefile.case import CaseFile, audit
from workbench.casefile.files import Receipt, Slice, Stored
from workbench.casefile.imports import ImportWriter

__all__ = ["CaptureWriter", "CaseFile", "ImportWriter", "Receipt", "Slice", "Stored", "audit"]
