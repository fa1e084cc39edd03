"""The walk over the log's bytes: batches, long lines and times that stand side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests import casemaker
from workbench.custody.verify import log
from workbench.custody.verify.report import Findings

AT = "2026-03-02T14:00:00.000000Z"
LOG = "log/000001.jsonl"


def _line(**changes: Any) -> dict[str, Any]:
    return {"actor": "d1", "at": AT, "action": "run", "run": 1, "name": "a", "status": "complete"} | {
        "files": {},
        **changes,
    }


def _exhibit(number: int, at: str) -> dict[str, Any]:
    file = {"file": "warc/0001-mastodon.warc.gz", "offset": 0, "length": 1, "sha256": "0" * 64}
    return {"actor": "d1", "at": at, "action": "exhibit", "capture": 1, "exhibit": number, **file}


def _open() -> dict[str, Any]:
    return {"actor": "d1", "at": AT, "action": "open", "case": "2026-0417", "format": "workbench-casefile/1"}


def _read(folder: Path, data: bytes, processes: int = 1) -> tuple[log.Log, Findings]:
    (folder / "log").mkdir()
    (folder / LOG).write_bytes(data)
    findings = Findings()
    return log.read(folder, {LOG: len(data)}, findings, processes, log.Kind(marks=[7, 5000])), findings


def test_a_log_of_many_batches_holds_in_one_process_and_in_three(tmp_path: Path) -> None:
    data = casemaker.chain([_open(), *(_line(run=number) for number in range(1, 6000))])
    found = {}
    for processes in (1, 3):
        (tmp_path / str(processes)).mkdir()
        made, findings = _read(tmp_path / str(processes), data, processes)
        assert not findings.defects
        assert made.total == 6000
        found[processes] = {mark: made.tree(mark) for mark in made.marks}
    assert set(found[1]) == {7, 5000}
    assert found[1] == found[3]


def test_a_line_longer_than_a_batch_is_one_defect_and_the_chain_goes_on(tmp_path: Path) -> None:
    data = casemaker.chain([_open(), _line(), _line(run=2, files={"x" * 200_000: "0" * 64}), _line(run=3)])
    made, findings = _read(tmp_path, data)
    assert {each.clause for each in findings.defects} == {"2.2"}
    assert made.total == 4


def test_two_times_of_a_wrong_length_do_not_make_up_for_each_other(tmp_path: Path) -> None:
    times = ["2026-03-02T14:00:00.000000", "2026-03-02T14:00:Z00.000000Z", "2026-03-02T14:01:00.000000Z"]
    exhibits = [_exhibit(number, at) for number, at in enumerate(times, 1)]
    data = casemaker.chain([_open() | {"at": "2026-03-02T13:59:00.000000Z"}, *exhibits])
    _, findings = _read(tmp_path, data)
    assert [each.clause for each in findings.defects if "'at'" in each.what] == ["2.3", "2.3"]


def test_a_minute_that_is_not_is_found_between_two_that_are(tmp_path: Path) -> None:
    times = ["2026-03-02T14:00:00.000000Z", "2026-03-02T14:61:00.000000Z", "2026-03-02T15:00:00.000000Z"]
    _, findings = _read(
        tmp_path, casemaker.chain([_open(), *(_exhibit(n, at) for n, at in enumerate(times, 1))])
    )
    assert len([each for each in findings.defects if "'at'" in each.what]) == 1
