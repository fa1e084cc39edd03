"""What verifying sets aside: in memory while it is little, in a file without a name, and what of no room for it."""

from __future__ import annotations

import errno
import io
import os
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import casemaker
from tests.casemaker import Maker, make, make_2
from workbench.custody import verify
from workbench.custody.verify import aside, exhibits, imports, kept, log, slices
from workbench.custody.verify.aside import Aside
from workbench.custody.verify.report import Findings
from workbench.errors import StorageError

LOG = "log/000001.jsonl"


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold next to nothing in memory, so that a small case goes the way of a large one."""
    limits: list[tuple[Any, dict[str, int]]] = [
        (aside, {"HELD": 100}),
        (slices, {"_PIECE": 3, "_OPEN": 5, "_RUN": 4, "_SHORT": 2, "_AT_ONCE": 2}),
        (kept, {"_OPEN": 300}),
        (exhibits, {"_PAGE": 2, "_PAGES": 2}),
    ]
    for module, values in limits:
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)


def test_what_is_added_is_read_back_before_and_after_it_went_to_the_file() -> None:
    store = Aside()
    places = [store.add(b"%d" % number * 100_000) for number in range(10)]
    store.settle()
    places += [store.add(b"a", b"b")]
    assert [store.read(place, 3) for place in places[:10]] == [b"%d" % number * 3 for number in range(10)]
    assert store.read(places[10], 2) == b"ab"


def test_another_process_reads_the_file_by_its_descriptor() -> None:
    store = Aside()
    place = store.add(b"from here")
    other = Aside(store.settle())
    assert other.read(place, 4) == b"from"
    beyond = other.add(b"from there")
    other.settle()
    assert store.grown().read(beyond, 10) == b"from there"


def test_a_part_is_written_over_and_beyond_the_end() -> None:
    store = Aside()
    store.add(b"abcdef")
    store.put(2, b"XY")
    store.put(10, b"Z")
    assert store.read(0, 11) == b"abXYef\0\0\0\0Z"


def test_what_is_no_longer_there_is_a_storage_error_and_no_defect() -> None:
    store = Aside()
    place = store.add(b"abcdef")
    os.ftruncate(store.settle(), 3)
    with pytest.raises(StorageError):
        store.read(place, 6)


def test_a_small_case_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path)

    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "nowhere")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert verify.verify(folder).ok


@pytest.mark.parametrize("made", [make, make_2])
@pytest.mark.usefixtures("little")
def test_without_room_it_says_so_and_nothing_of_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], Path]
) -> None:
    folder = made(tmp_path)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StorageError) as caught:
        verify.verify(folder, processes=1)
    assert caught.value.found == "No space left on device"
    assert "TMPDIR" in caught.value.todo


def test_a_folder_for_it_that_cannot_be_used_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    monkeypatch.setattr(aside, "_PLACES", (str(tmp_path),))
    store = Aside()
    store.add(b"x")
    assert store.settle() >= 0
    monkeypatch.setattr(aside, "_PLACES", (str(tmp_path / "gone"),))
    with pytest.raises(StorageError):
        Aside().settle()
    assert list(tmp_path.iterdir()) == []


# A zip archive of many members, named in no order, more than once, wrongly.


def _archive(_: object) -> tuple[bytes, list[tuple[int, int]]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for number in range(30):
            out.writestr(f"{number}.txt", b"%d" % number * (number + 1))
    data = packed.getvalue()
    starts = [info.header_offset for info in zipfile.ZipFile(packed).infolist()]
    ends = [*starts[1:], data.index(b"PK\1\2")]
    return data, [(start, end - start) for start, end in zip(starts, ends, strict=True)]


def _named(*changes: tuple[int, dict[str, Any]]) -> Callable[[Any], Any]:
    """Name the members in another order, each once, then those of ``changes`` again, changed."""

    def edit(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        place = next(n for n, line in enumerate(lines) if "member" in line)
        members = [line for line in lines if "member" in line]
        order = [members[number * 7 % 30] for number in range(30)]
        order += [members[member] | changed for member, changed in changes]
        lines = [line for line in lines if "member" not in line]
        lines[place:place] = [line | {"at": members[0]["at"]} for line in order]
        exhibits = [line for line in lines if line["action"] == "exhibit"]
        for number, line in enumerate(exhibits, 1):
            line["exhibit"] = number
        for line in lines:
            if line["action"] == "import.end":
                line["exhibits"] = len(exhibits) - 3
        return lines

    return edit


def _case(folder: Path, *changes: tuple[int, dict[str, Any]]) -> Path:
    return make(folder, edit={"archive": _archive, "lines": _named(*changes)})


def _told(folder: Path, **options: Any) -> list[tuple[str, str]]:
    return [(each.clause, each.what) for each in verify.verify(folder, **options).defects]


@pytest.mark.parametrize("processes", [1, 2])
def test_members_in_no_order_are_all_found(tmp_path: Path, processes: int) -> None:
    folder = _case(tmp_path)
    answer = verify.verify(folder, processes=processes)
    assert answer.defects == []
    assert answer.counts["exhibits"] == 34


@pytest.mark.usefixtures("little")
def test_so_they_are_where_they_are_sorted_in_many_runs(tmp_path: Path) -> None:
    assert _told(_case(tmp_path)) == []


ODD: list[tuple[int, dict[str, Any]]] = [
    (3, {}),
    (3, {"sha256": "0" * 64}),
    (9, {"member": 30}),
    (11, {"length": 1 << 40}),
    (2, {"offset": 5}),
]
BY_PLACE = [f"the slice of exhibit {number} overlaps another" for number in (38, 34, 35, 36, 37)]


def test_slices_that_overlap_or_are_no_member_are_told_one_by_one(tmp_path: Path) -> None:
    told = _told(_case(tmp_path, *ODD))
    assert [what for _, what in told if "overlaps" in what] == BY_PLACE
    assert ("6.3", "the bytes of exhibit 35 are not those that the log names") in told
    assert ("6.4", "exhibit 36 names a member that the archive lacks") in told
    assert [what for _, what in told if "is not that member" in what] == [
        f"the slice of exhibit {number} is not that member or file" for number in (37, 38)
    ]


def test_however_little_is_held_the_report_is_the_same(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = _case(tmp_path, *ODD)
    before = verify.verify(folder).to_json()
    request.getfixturevalue("little")
    assert verify.verify(folder).to_json() == before


def test_of_many_that_are_off_the_first_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_MOST", 2)
    wrong: list[tuple[int, dict[str, Any]]] = [(number, {"member": 40 - number}) for number in (4, 2, 9, 1)]
    told = [what for clause, what in _told(_case(tmp_path, *wrong)) if clause in {"6.3", "6.4"}]
    assert [what for what in told if "lacks" in what] == [
        f"exhibit {number} names a member that the archive lacks" for number in (34, 35)
    ]
    assert told[-1] == "more exhibits of this file are off, and are not told one by one"


@pytest.mark.usefixtures("little")
def test_what_people_wrote_of_exhibits_is_looked_up_page_by_page(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        maker.given()
        maker.annotate("note", [6, 1, 4, 5], "seen")
        maker.annotate("note", [2, 7], "one too many")

    found = [(each.clause, each.found) for each in verify.verify(make_2(tmp_path, story=story)).defects]
    assert found == [("7.3", "[7]")]


# Memory, and lines that are not exhibits.


def _long(folder: Path, count: int) -> int:
    """Write a log of exhibits and of refusals; give its size."""
    at = "2026-03-02T14:00:00.000000Z"
    line = {"actor": "d1", "at": at}
    file = {"capture": 1, "file": "warc/0001-mastodon.warc.gz", "length": 1, "sha256": "0" * 64}
    lines: list[dict[str, Any]] = [
        line | {"action": "open", "case": "2026-0417", "format": "workbench-casefile/1"}
    ]
    for number in range(count):
        lines.append(line | file | {"action": "exhibit", "exhibit": number + 1, "offset": number})
        lines.append(line | {"action": "refused", "capture": 1, "reason": "rate"})
    (folder / "log").mkdir(parents=True)
    return (folder / LOG).write_bytes(casemaker.chain(lines))


def _peak(folder: Path, size: int) -> tuple[log.Log, int]:
    findings = Findings()
    tracemalloc.start()
    try:
        found = log.read(folder, {LOG: size}, findings, 1)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        assert findings.defects == []


def test_memory_does_not_grow_with_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "HELD", 1 << 16)
    monkeypatch.setattr(slices, "_PIECE", 512)
    peaks = {}
    for count in (2_000, 10_000):
        folder = tmp_path / str(count)
        found, peaks[count] = _peak(folder, _long(folder, count))
        assert (found.exhibits, len(found.of("refused"))) == (count, count)
        assert [line.ordinal for line in found.of("refused")] == list(range(2, 2 * count + 1, 2))
    # The larger log holds 16,000 lines more: 100 bytes of each would be six times this.
    assert peaks[10_000] - peaks[2_000] < 250_000


def test_lines_come_back_as_they_stood(tmp_path: Path) -> None:
    size = _long(tmp_path, 5)
    found = log.read(tmp_path, {LOG: size}, Findings(), 1)
    raw = (tmp_path / LOG).read_bytes().splitlines(keepends=True)
    assert [line.raw for line in found.lines] == raw[:1] + raw[2::2]
    first = found.of("refused").first()
    assert first is not None
    assert (first.actor, first.place) == ("d1", (len(raw[0] + raw[1]), len(raw[2])))
    assert {"capture", "reason"} <= set(first.fields)
    assert not {"action", "actor", "at"} & set(first.fields)
    assert found.of("disposed").first() is None
