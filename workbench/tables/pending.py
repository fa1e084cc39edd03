"""Which sources the tables do not show as the custody log has them. Read by what builds nothing, too."""

from __future__ import annotations

from pathlib import Path

from workbench.tables import logged, parts
from workbench.tables.schema import fingerprint


def pending(folder: Path) -> dict[str, str]:
    """Say which sources the tables do not show as the custody log has them: source -> why."""
    known = logged.Logged(folder)
    reasons = {source: _reason(folder, source, known.exhibits[source]) for source in known.begun}
    return {source: reason for source, reason in reasons.items() if reason}


def _reason(folder: Path, source: str, exhibits: int) -> str:
    note = parts.note(folder, source)
    if note is None:
        return "never built"
    if note.format != parts.FORMAT or note.schema != fingerprint():
        return "built with other columns"
    if note.cover.exhibits != exhibits:
        return f"built from {note.cover.exhibits} exhibits, the log names {exhibits}"
    gone = [table for table in note.rows if not parts.path(folder, table, source).is_file()]
    return f"{gone[0]} is missing" if gone else ""
