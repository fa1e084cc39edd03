from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from workbench.custody import citing
from workbench.custody.citing import Citing
from workbench.errors import IntegrityError

CASE = "2026-0417"


def found(text: str) -> dict[int, set[str]]:
    told = Citing(CASE)
    told.text(text.encode(), "")
    return told.pointers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see 2026-0417-E0012.", {12: {""}}),
        ("<td>2026-0417-E0012#/a/0</td>", {12: {"/a/0"}}),
        ("2026-0417-E0012#/a/0 and 2026-0417-E0012", {12: {"/a/0", ""}}),
        ("2026-0417-E12345", {12345: {""}}),
        ("12026-0417-E0012 A-2026-0417-E0012", {}),
        ("2026-0417-E012 2026-0417-E1234567890 2026-0418-E0012", {}),
        ("2026-0417-E0012#/a~1b", {12: {""}}),
    ],
)
def test_a_citation_is_one_of_this_case_with_its_pointer(text: str, expected: dict[int, set[str]]) -> None:
    assert found(text) == expected


def test_a_notebook_tells_the_heading_above_and_its_outputs_count() -> None:
    cells = [
        {
            "cell_type": "code",
            "source": ["x"],
            "outputs": [{"data": {"text/html": "<b>2026-0417-E0001</b>"}}],
        },
        {"cell_type": "markdown", "source": ["# One\n", "## Two\n", "2026-0417-E0002"]},
        {"cell_type": "code", "source": ["show('2026-0417-E0001#/3')"], "outputs": []},
    ]
    told = Citing(CASE)
    told.notebook(json.dumps({"cells": cells}).encode())
    assert told.pointers == {1: {"", "/3"}, 2: {""}}
    assert {number: list(places) for number, places in told.places.items()} == {
        1: ["before the first heading", "Two"],
        2: ["Two"],
    }


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"cells": 7}', b'{"cells": [{}]}', b"[" * 100_000])
def test_a_damaged_notebook_is_searched_as_text(data: bytes) -> None:
    told = Citing(CASE)
    told.notebook(data + b" 2026-0417-E0005")
    assert told.pointers == {5: {""}}


def test_a_run_is_read_as_its_log_line_hashes_it(tmp_path: Path) -> None:
    folder = tmp_path / "runs/0002-weekly"
    folder.mkdir(parents=True)
    files = {
        "notebook.ipynb": b'{"cells": []}',
        "notebook.html": b"2026-0417-E0009",
        "chart.svg": b"2026-0417-E0008",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    fields = {"run": 2, "name": "weekly", "files": hashes}
    assert citing.of_run(tmp_path, CASE, fields).pointers == {9: {""}}
    (folder / "notebook.html").write_bytes(b"2026-0417-E0001")
    with pytest.raises(IntegrityError):
        citing.of_run(tmp_path, CASE, fields)
