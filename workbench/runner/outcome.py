"""What a runner asks of the engine's process, and what it hears back. Light: papermill is not loaded."""

from __future__ import annotations

from typing import Literal

import msgspec

from workbench.records import Record

NOTEBOOK = "notebook.ipynb"
HTML = "notebook.html"
PARTIAL = NOTEBOOK + ".partial"

Reason = Literal[
    "ok",
    "cell-error",
    "cell-timeout",
    "wall-clock",
    "kernel-died",
    "exited-early",
    "start-failed",
    "cells-not-run",
    "runner-died",
    "interrupted",
]
"""Why a run ended as it did; only ``ok`` is complete."""


class Limits(Record, frozen=True, kw_only=True):
    """Bounds in seconds: for the kernel to start, for one cell, for all cells together."""

    start_s: float = 60
    cell_s: float = 900
    total_s: float = 3600


class Plan(Record, frozen=True, kw_only=True):
    """What to execute. ``values`` are as JSON has them; ``output`` is an empty folder of this run's own.

    ``sockets`` is a private folder with a short name, which the parent removes even if the engine dies.
    """

    source: str
    output: str
    title: str
    values: dict[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)
    limits: Limits = Limits()
    sockets: str = ""


class Step(Record, frozen=True, kw_only=True, tag=True):
    """Progress: how many of the cells have been done."""

    done: int
    cells: int


class CellRecord(Record, frozen=True, kw_only=True):
    """What became of one code cell. ``index`` counts all executed cells, with words or code, from 0."""

    id: str
    index: int
    state: Literal["ran", "failed", "not-run"]
    execution_count: int | None
    seconds: float | None = None


class Outcome(Record, frozen=True, kw_only=True, tag=True):
    """How an execution ended. ``error`` is an exception's type; ``cells`` are the code cells with words."""

    reason: Reason
    error: str = ""
    cells: tuple[CellRecord, ...] = ()
    attempts: int = 1

    @property
    def complete(self) -> bool:
        """Say whether every cell ran to its end."""
        return self.reason == "ok"
