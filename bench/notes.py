"""The note of results: one section a benchmark, each with its command, date, machine and verdict on the aim."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "RESULTS.md"
PEERS = ROOT / "bench" / "peers"


def head(command: str) -> str:
    """Say what was run, when and where, and how busy the machine was."""
    command = " ".join([command, *sys.argv[1:]])
    load = f"load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else "load unknown"
    today = dt.datetime.now(dt.UTC).date()
    machine = f"{os.cpu_count()} cores ({platform.system()}, {platform.machine()}), {load}"
    return f"`{command}`, {today}, Python {platform.python_version()}, {machine}."


def verdict(what: str, found: float, aim: float, *, most: bool = False, unit: str = "") -> str:
    """Say whether an aim was reached; where not, by how much it was missed."""
    bound = "≤" if most else "≥"
    aimed = f"{what} {bound} {aim:g}{unit}"
    if found <= aim if most else found >= aim:
        return f"- {aimed}: reached with {found:.3g}{unit}."
    off = abs(found - aim) / aim
    return f"- {aimed}: missed by {off:.0%}, with {found:.3g}{unit}."


def put(section: str) -> None:
    """Print a section (its first line is ``## title``) and put it in place of the one of the same name."""
    print(section, flush=True)
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Measured\n"
    start, *others = ("\n" + old).split("\n## ")
    title = _title(section.removeprefix("## "))
    kept = [each.strip() for each in others if _title(each) != title]
    sections = sorted([*kept, section.removeprefix("## ").strip()])
    RESULTS.write_text("\n\n## ".join([start.strip(), *sections]) + "\n", encoding="utf-8")


def _title(section: str) -> str:
    return section.partition("\n")[0].strip()
