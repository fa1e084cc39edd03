"""The tamper matrix: every row is caught where it says, by the clause that it says, and nowhere before.

``python -m bench.tamper`` runs the tools of others over the same rows and writes docs/tamper-matrix.md; our own
columns there are compared with the rows here.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import make_casefile_vectors
from tests.casemaker import NUMBER
from tests.environment import ROOT
from tests.tamper_files import WITHOUT_KEYS, before
from tests.tamper_rows import LIMITS, ROWS
from tests.tampering import (
    FORMAT_1,
    FORMAT_2,
    SETTINGS,
    STORY,
    VECTORS,
    WARC,
    Change,
    altered,
    members,
    stored,
    tell,
)
from tests.third import checker as third
from workbench.custody import verify
from workbench.custody.verify import Anchor, Report

pytestmark = pytest.mark.slow

EXPECTED = json.loads((FORMAT_2 / "expected.json").read_text("utf-8"))
CA = (FORMAT_2 / "ca.pem").read_bytes()


def options(setting: str, expected: dict[str, Any] = EXPECTED) -> dict[str, Any]:
    """Give what who checks has in a setting; each has what the one before it had."""
    anchors = [Anchor(seal=number, sha256=sha256) for number, sha256 in expected["anchors"]]
    held = {"root": expected["root"], "anchors": anchors, "tsa_cas": [CA]}
    return dict(list(held.items())[: SETTINGS.index(setting)])


def look(case: Path, setting: str) -> Report:
    return verify.verify(case, processes=1, **options(setting))


def changed(change: Change, into: Path) -> Path:
    case = Path(shutil.copytree(FORMAT_2 / NUMBER, into / NUMBER))
    change(case)
    return case


def test_the_matrix_is_as_large_as_it_says() -> None:
    assert len(ROWS) >= 130
    assert {row.caught for row in ROWS.values()} == set(SETTINGS)
    assert not ROWS.keys() & LIMITS.keys()


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_case_that_is_altered_holds(setting: str) -> None:
    answer = look(FORMAT_2 / NUMBER, setting)
    assert answer.defects == []
    assert (answer.anchored, answer.anchors) == (setting != "alone", 5 if setting in {"anchor", "tsa"} else 0)
    assert ("stamp-unchecked" in {note.kind for note in answer.notes}) == (setting != "tsa")


def test_a_case_of_the_first_format_still_holds() -> None:
    expected = json.loads((FORMAT_1 / "expected.json").read_text("utf-8"))
    answer = verify.verify(FORMAT_1 / NUMBER, root=expected["root"])
    assert answer.defects == expected["defects"] == []
    assert answer.anchored


@pytest.mark.parametrize("name", ROWS)
def test_tampering_is_caught_where_it_says_and_by_which_clause(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    case = (
        altered(VECTORS / "invalid" / name, tmp_path)
        if name in WITHOUT_KEYS
        else changed(row.change, tmp_path)
    )
    found = {setting: look(case, setting) for setting in SETTINGS}
    first = SETTINGS.index(row.caught)
    assert [each.ok for each in found.values()] == [True] * first + [False] * (len(SETTINGS) - first)
    assert (row.clause, row.file) in {(each.clause, each.file) for each in found[row.caught].defects}


# The same, at every place there is: with nothing but the folder where nothing else is said.

FILES = sorted(
    path.relative_to(FORMAT_2 / NUMBER).as_posix()
    for path in (FORMAT_2 / NUMBER).rglob("*")
    if path.is_file()
)
LINES = [
    (path.name, place)
    for path in sorted((FORMAT_2 / NUMBER / "log").iterdir())
    for place in range(path.read_bytes().count(b"\n"))
]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one copy for all of them: each puts back what it changed."""
    return Path(shutil.copytree(FORMAT_2 / NUMBER, tmp_path_factory.mktemp("scratch") / NUMBER))


def _caught(case: Path, file: str, data: bytes | None, setting: str = "alone") -> bool:
    """Say whether other bytes of a file, or None for no such file, are a defect; then put it back."""
    path, old = case / file, (case / file).read_bytes()
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    try:
        return not look(case, setting).ok
    finally:
        path.write_bytes(old)


@pytest.mark.parametrize("file", FILES)
def test_no_file_can_go_and_no_end_of_it_change(file: str, scratch: Path) -> None:
    data = (scratch / file).read_bytes()
    torn = [data[:-1], data[:-1] + bytes([data[-1] ^ 1])]
    changes = [None, b"", bytes([data[0] ^ 1]) + data[1:]]
    # The audit chain's last line is not sealed yet, and a last line that is torn is said and no defect (2.9).
    changes += [] if file == "audit/000001.jsonl" else torn
    assert [_caught(scratch, file, each) for each in changes] == [True] * len(changes)


@pytest.mark.parametrize(("segment", "place"), LINES)
def test_no_line_can_go_come_twice_or_change_places(segment: str, place: int, scratch: Path) -> None:
    file = f"log/{segment}"
    raw = (scratch / file).read_bytes().splitlines(keepends=True)
    less, twice = [*raw[:place], *raw[place + 1 :]], [*raw[: place + 1], *raw[place:]]
    moved = [raw[place], *raw[:place], *raw[place + 1 :]] if place else [*less, raw[place]]
    for each in (less, twice, *([moved] if moved != raw else [])):
        assert _caught(scratch, file, b"".join(each))


def test_the_warc_cut_between_any_two_records_is_caught(scratch: Path) -> None:
    data = (scratch / WARC).read_bytes()
    sizes = [len(stored(each)) for each in members(data)]
    cuts = [sum(sizes[:count]) for count in range(len(sizes))]
    assert sum(sizes) == len(data)
    assert [_caught(scratch, WARC, data[:cut]) for cut in cuts] == [True] * 7


def test_the_case_as_it_was_before_any_step_is_caught_by_the_anchors(tmp_path: Path) -> None:
    """A state of before, with no file that came later, holds by itself: no key is needed to go back to it."""
    for step in list(STORY)[1 : list(STORY).index("seal-5") + 1]:
        case = tmp_path / step / NUMBER
        tell(case, before(step))
        assert look(case, "root").ok
        assert {each.clause for each in look(case, "anchor").defects} == {"10.7"}


THIRD = [name for name in WITHOUT_KEYS if name.startswith(("log-", "seal"))]


@pytest.mark.parametrize("name", THIRD)
def test_the_third_checker_agrees_on_what_the_folder_alone_shows(name: str, tmp_path: Path) -> None:
    """Log and seals; what may be done when, the audit chain and timestamps it leaves to the others."""
    found = third.check(altered(VECTORS / "invalid" / name, tmp_path))
    assert bool(found) == (ROWS[name].caught == "alone")


@pytest.mark.parametrize("name", LIMITS)
def test_what_nothing_catches_is_said_to_be_so(name: str, tmp_path: Path) -> None:
    """A limit that has become a defect belongs among the rows, and out of the note's section on limits."""
    change, anchors = LIMITS[name]
    case = changed(change, tmp_path)
    expected = EXPECTED | {"anchors": EXPECTED["anchors"][:anchors]}
    answer = verify.verify(case, processes=1, **options("tsa", expected))
    assert answer.defects == []
    assert answer.anchored
    assert f"`{name}`" in (ROOT / "docs/tamper-matrix.md").read_text("utf-8")


@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_one_command_makes_the_vectors_once_more_byte_for_byte(kind: str, tmp_path: Path) -> None:
    make_casefile_vectors.write(tmp_path, kind)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == [path.name for path in make_casefile_vectors.whole(VECTORS / kind)], (
        "run: python -m tests.make_casefile_vectors"
    )
    assert [name for name in made if not _same(filecmp.dircmp(tmp_path / name, VECTORS / kind / name))] == []


def _same(compared: filecmp.dircmp[str]) -> bool:
    files = [(Path(compared.left) / name, Path(compared.right) / name) for name in compared.common_files]
    if compared.left_only or compared.right_only or compared.funny_files:
        return False
    return all(one.read_bytes() == two.read_bytes() for one, two in files) and all(
        map(_same, compared.subdirs.values())
    )


def test_vectors_stay_small() -> None:
    sizes = [path.stat().st_size for path in VECTORS.rglob("*") if path.is_file()]
    assert sum(sizes) < 1_000_000


def test_the_note_on_the_matrix_is_up_to_date_for_our_columns() -> None:
    note = (ROOT / "docs/tamper-matrix.md").read_text("utf-8")
    told = [line for line in note.splitlines() if line.startswith("| `")]
    assert len(told) == len(ROWS)
    off = [row.name for row, line in zip(ROWS.values(), told, strict=True) if not line.startswith(row.told())]
    assert off == [], "run: python -m bench.tamper"
