from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.custody import log
from workbench.custody.chain import Chain
from workbench.errors import IntegrityError
from workbench.times import read_stamp, stamp

START = read_stamp("2026-03-02T14:00:00.000000Z")


def _chain(folder: Path, *, at: int = START) -> Chain:
    return Chain(folder, "log", lambda: at)


def test_the_head_is_found_from_the_tail(tmp_path: Path) -> None:
    assert log.head(tmp_path).seq == 0
    _chain(tmp_path).append("1001", [("handled", {})] * 3)
    head = log.head(tmp_path)
    assert (head.seq, head.prev) == (
        3,
        hashlib.sha256(log.segments(tmp_path)[-1].read_bytes().splitlines(keepends=True)[-1]).hexdigest(),
    )


def test_a_torn_last_line_is_not_read_and_not_built_upon(tmp_path: Path) -> None:
    _chain(tmp_path).append("1001", [("handled", {})] * 2)
    path = log.segments(tmp_path)[0]
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"action":"exh')
    assert len(list(log.entries(tmp_path))) == 2
    assert log.covered_size(path) == whole
    with pytest.raises(IntegrityError, match="torn"):
        _chain(tmp_path).append("1001", [("handled", {})])


@pytest.mark.parametrize("junk", [b"junk\n", b"{}\n", b"\xff\xfe\n", b'{"seq":1}\n', b'["a"]\n'])
def test_junk_is_an_integrity_error_that_says_where(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "000001.jsonl").write_bytes(junk)
    with pytest.raises(IntegrityError, match="cannot be read") as caught:
        list(log.entries(tmp_path))
    assert "000001.jsonl" in caught.value.where


def test_rare_lines_and_the_last_exhibit_are_found_without_reading_all(tmp_path: Path) -> None:
    chain = _chain(tmp_path)
    chain.append("1001", [("open", {"case": "2026-1", "format": "x"})])
    exhibits: list[log.Act] = [("exhibit", {"exhibit": n, "capture": 1}) for n in range(1, 400)]
    chain.append("1001", exhibits)
    chain.append("1001", [("handled", {"what": "copied"})] * 5)
    assert log.last_exhibit(tmp_path) == 399
    assert [entry.action for entry in log.rare(tmp_path)] == ["open", *["handled"] * 5]


def test_the_last_exhibit_is_found_across_blocks_and_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LINE_BYTES", 400)
    _chain(tmp_path).append("1001", [("exhibit", {"exhibit": 7, "capture": 1})])
    for _ in range(100):
        _chain(tmp_path).append("1001", [("handled", {"what": "copied"})])
    assert log.last_exhibit(tmp_path) == 7


def test_the_last_exhibit_up_to_a_line_that_ends_a_segment_is_found(tmp_path: Path) -> None:
    chain = _chain(tmp_path)
    with chain.lock:
        for number in (1, 2, 3):
            acts: list[log.Act] = [("exhibit", {"exhibit": number, "capture": 1}), ("handled", {"what": "x"})]
            chain.append_locked("1001", acts, close=True)
    assert len(log.segments(tmp_path)) == 3
    assert [log.last_exhibit(tmp_path, lines) for lines in (0, 2, 4, 6)] == [0, 1, 2, 3]


@given(st.integers(0, 4_000_000_000_000_000))
def test_stamps_come_back(micros: int) -> None:
    assert read_stamp(stamp(micros)) == micros


@pytest.mark.parametrize(
    ("tail", "covered"),
    [
        (b"", 0),
        (b"\0" * 600, 0),
        (b'{"seq":9}\n', 10),
        (b'{"seq":9}\n{"se\0\0\0\n{"seq":11}\n', 10),
        (b"\0" * 512 + b'9}\n{"seq":10}\n', 0),
        (b'{"seq":9}\n' * 200_000 + b"\0", 2_000_000),
    ],
)
def test_zeros_of_a_power_loss_are_no_lines(tmp_path: Path, tail: bytes, covered: int) -> None:
    path = tmp_path / "000001.jsonl"
    path.write_bytes(tail)
    assert log.covered_size(path) == covered
