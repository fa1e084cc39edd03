"""The audit chain: the log's line rules, but actions of its own (docs/casefile-format.md, 1.2 and 2)."""

from __future__ import annotations

from pathlib import Path

from workbench.custody.verify import log
from workbench.custody.verify.report import Findings


def check(folder: Path, sizes: dict[str, int], findings: Findings, processes: int) -> None:
    """Walk ``audit/`` where there is one."""
    if any(name.startswith("audit/") for name in sizes):
        findings.counts["audit lines"] = log.read(folder, sizes, findings, processes, kind="audit").total
