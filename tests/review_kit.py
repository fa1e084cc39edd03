"""Cases to review: captures with posts, imports, kept runs and annotations that cite, all through the writers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.desk import HEAD, Desk, exchange
from workbench import sealing
from workbench.casefile import CaseFile
from workbench.department import Session
from workbench.records import Result
from workbench.review.deciding import Made, decide
from workbench.review.looking import enter
from workbench.review.queue import Item, Queue, queue
from workbench.runner.kept import RunRecord
from workbench.tables import build

PAGE = "https://social.example/api/v1/accounts/7/statuses"
ADA = {
    "id": "7",
    "username": "ada",
    "acct": "ada",
    "uri": "https://social.example/users/ada",
    "url": "https://social.example/@ada",
    "display_name": "Ada",
    "note": "",
    "created_at": "2024-01-01T00:00:00.000Z",
}


def post(number: int, text: str = "hello") -> dict[str, Any]:
    """Make a status as a Mastodon server gives it."""
    return {
        "id": str(number),
        "uri": f"https://social.example/users/ada/statuses/{number}",
        "url": f"https://social.example/@ada/{number}",
        "created_at": "2026-03-01T12:00:00.000Z",
        "edited_at": None,
        "content": f"<p>{text}</p>",
        "account": ADA,
        "reblog": None,
        "media_attachments": [],
        "mentions": [],
        "tags": [],
    }


def capture(desk: Desk, case: CaseFile, *pages: Sequence[dict[str, Any]], badge: str = "1001") -> list[str]:
    """Capture pages of posts, build the tables and seal; give the exhibits' citations."""
    opened = desk.open(case, badge)
    session = desk.sign_in(badge)
    writer = opened.begin_capture(desk.order(), key=session.key, collector="mastodon 1", head=HEAD)
    cited = [writer.append(exchange(json.dumps(page).encode(), PAGE)) for page in pages]
    writer.end(Result(verdict="complete", items=sum(map(len, pages))), requests=len(pages))
    build.build(case.folder, f"capture-{writer.number:04d}")
    sealing.finish(opened, session)
    return [str(one) for one in cited]


def ran(desk: Desk, case: CaseFile, *cited: str, badge: str = "1001", name: str = "missing") -> str:
    """Keep a run whose executed notebook cites exhibits under a heading; give its name."""
    heading = {"cell_type": "markdown", "id": "h", "metadata": {}, "source": ["## When it fell silent\n"]}
    shown = [f"<td>{one}</td>" for one in cited]
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": shown}}
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": ["x"], "outputs": [output]}
    notebook = {"cells": [heading, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    record = RunRecord(
        case=case.number,
        name=name,
        status="complete",
        reason="ok",
        started="",
        ended="",
        position=1,
        evidence=1,
        attempts=1,
        cells=(),
        source_sha256="",
        values={"since": "2026-03-01"},
        programs={},
    )
    parts = {
        "notebook.ipynb": json.dumps(notebook).encode(),
        "notebook.html": "".join(shown).encode(),
        "parameters.json": b"{}",
        "record.json": msgspec.json.encode(record),
    }
    with tempfile.TemporaryDirectory() as place:
        for file, data in parts.items():
            (Path(place) / file).write_bytes(data)
        opened = desk.open(case, badge)
        number = opened.add_run(name, "complete", {file: Path(place) / file for file in parts})
    sealing.finish(opened, desk.sign_in(badge))
    return f"run-{number:04d}"


def annotated(desk: Desk, case: CaseFile, *numbers: int, badge: str = "1001", **more: Any) -> str:
    """Write an annotation about exhibits and seal; give its name."""
    opened = desk.open(case, badge)
    body = {"kind": "note", "text": "she writes of leaving", "exhibits": list(numbers)} | more
    number = opened.annotate(body)
    sealing.finish(opened, desk.sign_in(badge))
    return f"annotation-{number:04d}"


def waiting(desk: Desk, case: CaseFile, badge: str = "2001") -> Queue:
    """Read the queue as a supervisor does."""
    return queue(desk.open(case, badge).folder, badge)


def item(desk: Desk, case: CaseFile, name: str, badge: str = "2001") -> Item:
    """Give one item of it."""
    found = waiting(desk, case, badge).item(name)
    assert found is not None, name
    return found


def look(desk: Desk, case: CaseFile, *names: str, badge: str = "2001") -> Queue:
    """Look at items (all, where none is named), as ``review show`` does."""
    found = queue(case.folder, badge, also=[name for name in names if "-E" in name])
    chosen = [one for one in found.items if not names or one.name in names]
    enter(case.folder, badge, found, chosen, desk.clock)
    return found


def decides(
    desk: Desk, case: CaseFile, act: str, *names: str, badge: str = "2001", reason: str = "because"
) -> Made:
    """Decide without looking first."""
    session: Session = desk.sign_in(badge)
    return decide(desk.open(case, badge), session, act, names, reason)
