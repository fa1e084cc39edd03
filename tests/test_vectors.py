"""Small inputs, one folder for each defect: ``vectors/<format>/{valid,invalid}/<defect>/``.

``expected.json`` says what is made of a folder, whole and in order. An issue names the member, what stands
there at the byte that it names (``stands``), the field and the pointer; what is empty is left out, and so is a
count of 1. A defect of a custody log names clause and line, the first being 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.importer_kit import VECTORS, folder_bundle, only
from tests.make_casefile_vectors import whole
from workbench import times
from workbench.capture import reading, warc
from workbench.collectors.mastodon import MastodonCollector
from workbench.custody import log
from workbench.custody.verify import log as checked
from workbench.custody.verify.report import Findings
from workbench.errors import IntegrityError
from workbench.importers import recognise
from workbench.importers.base import rows
from workbench.rows import Account, AnyRow, Interaction, Issue, Media, Moment, Post, PostVersion

ELSEWHERE = {"http", "media", "telegram", "zip"}
"""Formats whose vectors are walked by the tests of their own modules."""
SEGMENT = "log/000001.jsonl"
_PLACE = re.compile(r"(.*), byte ([0-9]+)")
_SHOWN = 80

Told = dict[str, Any]


def given(folder: Path) -> Told:
    """Read what a folder's ``expected.json`` says."""
    return dict(json.loads((folder / "expected.json").read_text(encoding="utf-8")))


# What is made of a folder, in the words of expected.json.


def _time(moment: Moment | None) -> list[str | None]:
    if moment is None:
        return [None, None, ""]
    return [moment.raw, None if moment.utc is None else times.stamp(moment.utc), moment.basis]


def _row(row: AnyRow) -> list[Any]:
    match row:
        case Account():
            return ["account", row.native_id, row.handle]
        case Post():
            words = row.content.plain if row.content else None
            return [row.kind, row.native_id, words, row.state, *_time(row.published)]
        case PostVersion():
            return ["version", row.native_id, row.version, row.content.plain if row.content else None]
        case Interaction():
            return [row.kind, row.native_id, row.object]
        case Media():
            return [row.kind, row.native_id, row.media_type]
        case _:
            return [type(row).__name__]


def _issue(issue: Issue, folder: Path) -> Told:
    place = _PLACE.fullmatch(issue.where)
    told: Told = {"kind": issue.kind, "where": place[1] if place else issue.where}
    if place:
        rest = (folder / place[1]).read_bytes()[int(place[2]) :][: 4 * _SHOWN]
        told["stands"] = b" ".join(rest.split())[:_SHOWN].decode("latin-1")
    told |= {"field": issue.field, "pointer": issue.pointer, "count": issue.count if issue.count > 1 else ""}
    return {key: value for key, value in told.items() if value != "" or key == "stands"}


def _told(found: Iterable[AnyRow], folder: Path) -> Told:
    every = list(found)
    for row in every:
        _ids_are_strings(row)
    return {
        "rows": [_row(row) for row in every if not isinstance(row, Issue)],
        "issues": [_issue(issue, folder) for issue in only(every, Issue)],
    }


def _ids_are_strings(row: AnyRow) -> None:
    names = ("native_id", "entity_id", "uri", "author", "in_reply_to", "conversation", "actor", "target")
    for name in (*names, "object", "post", "pointer"):
        assert isinstance(getattr(row, name, ""), str), name


def imported(name: str, folder: Path) -> Told:
    """Import a folder; the importer that recognises it must be that of its format."""
    bundle = folder_bundle(folder)
    importer = recognise(bundle)
    assert importer.name == name
    return _told((cited.row for cited in rows(importer, bundle)), folder)


def answered(folder: Path) -> Told:
    """Parse a server's answer as it comes out of a capture."""
    uri = given(folder)["uri"]
    asked = warc.Asked(uri=uri, at=0, address="192.0.2.7", request=b"GET / HTTP/1.1\r\n\r\n")
    head, gap, body = (folder / "answer.http").read_bytes().partition(b"\n\n")
    stored = warc.answered(asked, head=head + gap, body=body, truncated="").stored
    return {"uri": uri} | _told(MastodonCollector().parse(reading.exchange(stored)), folder)


def logged(folder: Path) -> Told:
    """Check a custody log, and read it as the workbench does: ``read`` is None where that refuses."""
    raw = (folder / SEGMENT).read_bytes()
    findings = Findings()
    found = checked.read(folder, {SEGMENT: len(raw)}, findings, 1)
    try:
        read = sum(1 for _ in log.entries(folder))
    except IntegrityError as error:
        assert SEGMENT in error.where  # noqa: PT017 - a refusal is one of the answers
        read = None
    return {
        "format": checked.other_format(folder, {SEGMENT: len(raw)}),
        "defects": [[one.clause, raw.count(b"\n", 0, one.offset) + 1, one.what] for one in findings.defects],
        "notes": [note.kind for note in findings.notes],
        "good": [line.action for line in found.lines] + ["exhibit"] * found.exhibits,
        "read": read,
    }


READERS: dict[str, Callable[[Path], Told]] = {
    "casefile": logged,
    "mastodon": answered,
    "mastodon-archive": partial(imported, "mastodon-archive"),
    "twarc": partial(imported, "twarc"),
    "x-archive": partial(imported, "x-archive"),
}
WHOLE = {*whole(VECTORS / "casefile" / "valid"), *whole(VECTORS / "casefile" / "invalid")}
"""Whole cases, and what differs from them: walked by the tests of the tamper matrix."""
FOLDERS = sorted({path for name in READERS for path in (VECTORS / name).glob("*/*")} - WHOLE)


def _name(folder: Path) -> str:
    return folder.relative_to(VECTORS).as_posix()


def test_every_folder_is_walked() -> None:
    assert {path.name for path in VECTORS.iterdir() if path.is_dir()} == {*READERS, *ELSEWHERE}
    for name in READERS:
        assert {path.name for path in (VECTORS / name).iterdir()} == {"valid", "invalid"}
    assert [_name(folder) for folder in FOLDERS if not (folder / "expected.json").is_file()] == []
    # Brackets must stand deeper than the 10,000 that Python 3.13 still reads; all else is for reading.
    most = {folder: 32_768 if "nested" in folder.name else 4_096 for folder in FOLDERS}
    large = [folder for folder in FOLDERS for size in _held(folder).values() if len(size[1]) > most[folder]]
    assert large == []


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_a_vector_gives_what_it_says(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = _held(folder)
    assert READERS[folder.parent.parent.name](folder) == given(folder)
    assert _held(folder) == before
    assert list(tmp_path.iterdir()) == []


def _held(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_what_is_called_invalid_is_said_with_its_place(folder: Path) -> None:
    expected = given(folder)
    wrong = expected.get("issues", expected.get("defects"))
    assert bool(wrong) == (folder.parent.name == "invalid")
    places = [
        one.get("where") or one.get("pointer") or one.get("field") for one in expected.get("issues", ())
    ]
    assert all(places)
