"""The audit chain: the log's line rules, but actions of its own (docs/casefile-format.md, 1.2 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.custody.verify import log
from workbench.custody.verify.report import Findings


def check(
    folder: Path, sizes: dict[str, int], findings: Findings, processes: int, marks: Sequence[int]
) -> log.Log:
    """Walk ``audit/`` where there is one; give it with the hashes of the lines at the marks."""
    if not any(name.startswith("audit/") for name in sizes):
        return log.Log()
    kind = log.Kind(folder="audit", free=True, marks=marks)
    found = log.read(folder, sizes, findings, processes, kind)
    findings.counts["audit lines"] = found.total
    return found
