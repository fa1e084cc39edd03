from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.custody import aside, disk, log
from workbench.custody.chain import Chain
from workbench.errors import StorageError, UsageError
from workbench.times import read_stamp

START = read_stamp("2026-03-02T14:00:00.000000Z")


def _chain(folder: Path, *, at: int = START) -> Chain:
    return Chain(folder, "log", lambda: at)


def _lines(folder: Path) -> list[bytes]:
    return b"".join(path.read_bytes() for path in log.segments(folder)).splitlines(keepends=True)


def _follows(lines: list[bytes]) -> bool:
    previous = log.GENESIS
    for number, raw in enumerate(lines, 1):
        line = json.loads(raw)
        if (line["seq"], line["prev"]) != (number, previous):
            return False
        previous = hashlib.sha256(raw).hexdigest()
    return True


def test_each_line_names_the_hash_of_the_one_before(tmp_path: Path) -> None:
    chain = _chain(tmp_path)
    chain.append("1001", [("open", {"case": "2026-1", "format": "x"}), ("handled", {"what": "copied"})])
    chain.append("1002", [("handled", {"what": "restored"})])
    lines = _lines(tmp_path)
    assert len(lines) == 3
    assert _follows(lines)
    assert [entry.actor for entry in log.entries(tmp_path)] == ["1001", "1001", "1002"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text("abcxyz", min_size=1), st.text() | st.integers(-(2**60), 2**60)), max_size=6
    )
)
def test_whatever_is_appended_comes_back(
    tmp_path_factory: pytest.TempPathFactory, acts: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("case")
    clean = [{f"x{key}": _encodable(value) for key, value in fields.items()} for fields in acts]
    for fields in clean:
        _chain(folder).append("1001", [("handled", fields)])
    assert [entry.fields for entry in log.entries(folder)] == clean
    assert _follows(_lines(folder))


def _encodable(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def test_lines_are_canonical(tmp_path: Path) -> None:
    _chain(tmp_path).append("1001", [("handled", {"b": 'q"\\\n\x01é', "a": None})])
    raw = _lines(tmp_path)[0]
    assert (
        raw
        == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        + b"\n"
    )


def test_two_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    chains = [_chain(tmp_path) for _ in range(4)]

    def work(chain: Chain) -> None:
        for _ in range(25):
            chain.append("1001", [("handled", {"what": "x"})])

    threads = [threading.Thread(target=work, args=(chain,)) for chain in chains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = _lines(tmp_path)
    assert len(lines) == 100
    assert _follows(lines)


def test_a_clock_that_jumps_back_is_recorded_as_given_with_a_note(tmp_path: Path) -> None:
    _chain(tmp_path).append("1001", [("handled", {})])
    _chain(tmp_path, at=START - 1).append("1001", [("handled", {})])
    _chain(tmp_path, at=START).append("1001", [("handled", {})])
    marks = [json.loads(raw).get("clock") for raw in _lines(tmp_path)]
    assert marks == [None, "back", None]


def test_a_full_segment_is_closed_and_the_chain_runs_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "SEGMENT_BYTES", 300)
    for _ in range(10):
        _chain(tmp_path).append("1001", [("handled", {"what": "copied"})])
    assert len(log.segments(tmp_path)) > 2
    assert all(path.stat().st_size >= 300 for path in log.segments(tmp_path)[:-1])
    assert _follows(_lines(tmp_path))


def test_a_line_that_is_too_long_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    chain = _chain(tmp_path)
    chain.append("1001", [("handled", {})])
    with pytest.raises(UsageError, match="one line"):
        chain.append("1001", [("handled", {"what": "x" * log.LINE_BYTES})])
    chain.append("1001", [("handled", {})])
    assert _follows(_lines(tmp_path))


@pytest.mark.parametrize("native", [True, False])
def test_two_writers_take_turns_and_one_may_hold_the_lock_twice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    native: bool,
) -> None:
    if not native:  # a file system without locks of its own
        monkeypatch.setattr(disk, "take_lock", lambda _: None)
    chains = [_chain(tmp_path), _chain(tmp_path)]

    def work(chain: Chain) -> None:
        for _ in range(20):
            with chain.lock:
                chain.append("1001", [("handled", {"what": "copied"})])

    threads = [threading.Thread(target=work, args=[chain]) for chain in chains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_lines(tmp_path)) == 40
    assert _follows(_lines(tmp_path))


def _mending(folder: Path) -> Chain:
    return Chain(folder, "log", lambda: START, mend=aside.mend)


def test_what_another_process_tore_is_moved_aside_before_the_next_line(tmp_path: Path) -> None:
    chain, other = _mending(tmp_path), _mending(tmp_path)
    chain.append("1001", [("handled", {"what": "copied"})])
    path = tmp_path / "log/000001.jsonl"
    with path.open("ab") as file:
        file.write(b'{"action":"han')
    assert other.append("1002", [("handled", {"what": "copied"})]) == [3]
    assert chain.append("1001", [("handled", {"what": "copied"})]) == [4]
    assert [entry.action for entry in log.entries(tmp_path)] == ["handled", "recovered", "handled", "handled"]
    assert _follows(_lines(tmp_path))
    assert (tmp_path / "quarantine/0001-log-000001.jsonl").read_bytes() == b'{"action":"han'


def test_after_a_failed_write_the_same_chain_writes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = _mending(tmp_path)
    chain.append("1001", [("handled", {"what": "copied"})])

    def full(_: int, __: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StorageError, match="No space left") as first:
            chain.append("1001", [("handled", {"what": "copied"})])
    with pytest.raises(StorageError, match="No space left") as second:
        chain.append("1001", [("handled", {"what": "copied"})])
    assert second.value.lines() == first.value.lines(), "whoever comes later is told the cause"
    assert _mending(tmp_path).append("1001", [("handled", {"what": "copied"})]) == [2]
