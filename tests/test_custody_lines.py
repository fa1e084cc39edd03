from __future__ import annotations

from pathlib import Path

import pytest

from workbench.custody.lines import Lines, exhibit_lines
from workbench.errors import IntegrityError


def made(folder: Path, sizes: list[int], *, every: int = 3, wide: int = 0) -> list[bytes]:
    """Write a log of segments of so many lines; every third line is no exhibit."""
    (folder / "log").mkdir(parents=True)
    raws: list[bytes] = []
    exhibit = 0
    for number, size in enumerate(sizes, 1):
        first = len(raws)
        for _ in range(size):
            seq = len(raws) + 1
            if seq % every == 0:
                raws.append(b'{"action":"run","files":{"seq":"%d"},"seq":%d}\n' % (seq, seq))
                continue
            exhibit += 1
            pad = b"x" * (wide * seq % 7_000)
            said = b'{"action":"exhibit","actor":"%b","exhibit":%d,"seq":%d,"sha256":"0"}\n'
            raws.append(said % (pad, exhibit, seq))
        (folder / f"log/{number:06d}.jsonl").write_bytes(b"".join(raws[first:]))
    return raws


@pytest.mark.parametrize("wide", [0, 997])
@pytest.mark.parametrize("sizes", [[1], [40], [7, 1, 0, 30, 2]])
def test_every_line_is_found_by_number_and_by_exhibit(tmp_path: Path, sizes: list[int], wide: int) -> None:
    raws = made(tmp_path, sizes, wide=wide)
    exhibits = [raw for raw in raws if raw.startswith(b'{"action":"exhibit"')]
    lines = Lines(tmp_path)
    for seq, raw in enumerate(raws, 1):
        found = lines.numbered(seq)
        assert found is not None
        assert (found.seq, found.raw) == (seq, raw)
        assert found.start == sum(map(len, raws[: seq - 1]))
        assert list(lines.stream(seq, 5)) == raws[seq - 1 : seq + 4]
    for number, raw in enumerate(exhibits, 1):
        found = lines.exhibit(number)
        assert found is not None
        assert found.raw == raw
    assert lines.numbered(0) is lines.numbered(len(raws) + 1) is None
    assert lines.exhibit(0) is lines.exhibit(len(exhibits) + 1) is None


def test_a_long_stretch_without_exhibits_is_passed_over(tmp_path: Path) -> None:
    made(tmp_path, [2])
    others = b"".join(b'{"action":"refused","seq":%d}\n' % seq for seq in range(3, 40_000))
    last = b'{"action":"exhibit","exhibit":3,"seq":40000}\n'
    (tmp_path / "log/000002.jsonl").write_bytes(others + last)
    lines = Lines(tmp_path)
    assert [getattr(lines.exhibit(number), "seq", None) for number in (1, 2, 3, 4)] == [1, 2, None, None]
    (tmp_path / "log/000002.jsonl").write_bytes(
        others + last.replace(b'"exhibit":3', b'"actor":"a","exhibit":3')
    )
    lines = Lines(tmp_path)
    found = lines.exhibit(3)
    assert found is not None
    assert found.seq == 40_000


def test_the_last_exhibit_up_to_a_line(tmp_path: Path) -> None:
    made(tmp_path, [7, 30], wide=997)
    lines = Lines(tmp_path)
    assert [lines.last_exhibit(seq) for seq in (1, 2, 3, 4, 37, 99)] == [1, 2, 2, 3, 25, 25]


def test_a_torn_last_line_is_no_line(tmp_path: Path) -> None:
    raws = made(tmp_path, [5])
    with (tmp_path / "log/000001.jsonl").open("ab") as file:
        file.write(b'{"action":"exhibit","actor":"a","exhibit":5,"seq":6')
    lines = Lines(tmp_path)
    assert lines.numbered(6) is None
    assert lines.exhibit(5) is None
    found = lines.numbered(5)
    assert found is not None
    assert found.raw == raws[4]


def test_an_exhibit_that_is_not_there_is_told(tmp_path: Path) -> None:
    made(tmp_path, [5])
    assert [line.seq for line in exhibit_lines(tmp_path, [4, 1])] == [5, 1]
    with pytest.raises(IntegrityError) as told:
        exhibit_lines(tmp_path, [1, 77])
    assert told.value.where == "exhibit 77"
