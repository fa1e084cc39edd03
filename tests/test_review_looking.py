"""The original beside the claim: its bytes, its times, its first words; what is marked shows none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tests.desk import START, Desk
from tests.review_kit import annotated, capture, decides, look, post, ran, waiting
from workbench.casefile import CaseFile, Receipt, audit
from workbench.cli import reviewwords
from workbench.custody import log
from workbench.errors import IntegrityError
from workbench.intake import take_in
from workbench.records import Citation
from workbench.review import looking
from workbench.review.lines import Lines
from workbench.review.looking import Original
from workbench.review.queue import queue
from workbench.times import stamp

HOSTILE = "\x1b[2Jcleared\u202e"


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    """A case whose second exhibit is a page of five posts."""
    made = desk.approved()
    capture(desk, made, [post(1, HOSTILE)], [post(n, f"post {n}") for n in range(2, 7)])
    return made


def _originals(case: CaseFile, names: Sequence[str] = ()) -> dict[str, Original]:
    found = queue(case.folder, "2001")
    chosen = [one for one in found.items if not names or one.name in names]
    return looking.originals(case.folder, chosen, found.marks)


def test_an_original_gives_place_hash_and_three_times(desk: Desk, case: CaseFile) -> None:
    one = _originals(case)["2026-0417-E0001"]
    exhibit = next(e for e in log.exhibits(case.folder) if e.citation.number == 1)
    assert (one.file, one.offset, one.length) == (exhibit.file, exhibit.offset, exhibit.length)
    assert (one.sha256, one.matches, one.authority) == (exhibit.sha256, True, "approved")
    row = next(row for row in one.shown if row.table == "posts")
    assert row.posted == "2026-03-01T12:00:00.000000Z"
    assert row.posted_raw == "2026-03-01T12:00:00.000Z"
    assert row.observed == stamp(START)
    assert one.captured == stamp(desk.now)
    assert "cleared" in row.words


def test_what_is_shown_is_bounded_and_the_rest_counted(desk: Desk, case: CaseFile) -> None:
    capture(desk, case, [post(9, "x" * 5000)])
    one = _originals(case)["2026-0417-E0002"]
    assert len([row for row in one.shown if row.table == "posts"]) == looking.ROWS
    assert one.rows["posts"] == 5
    long = next(row for row in _originals(case)["2026-0417-E0003"].shown if row.table == "posts")
    assert len(long.words) == looking.WORDS + 1


def test_the_row_that_is_cited_is_shown_first(desk: Desk, case: CaseFile) -> None:
    ran(desk, case, "2026-0417-E0002#/4")
    one = _originals(case, ["2026-0417-E0002"])["2026-0417-E0002"]
    assert next(row.words for row in one.shown if row.table == "posts") == "post 6"


@pytest.mark.parametrize("mark", ["contraband", "hidden"])
def test_what_is_marked_shows_no_text(desk: Desk, case: CaseFile, mark: str) -> None:
    annotated(desk, case, 1, kind="mark", mark=mark, text="")
    found = _originals(case)
    one = found["2026-0417-E0001"]
    assert one.withheld == f"marked {mark}: its text is not shown"
    assert (one.shown, one.rows) == ((), {})
    assert "cleared" not in str(msgspec.to_builtins(one))
    assert found["2026-0417-E0002"].shown


def test_altered_bytes_are_said(case: CaseFile) -> None:
    path = next((case.folder / "warc").iterdir())
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    found = _originals(case)
    assert found["2026-0417-E0001"].matches
    assert not found["2026-0417-E0002"].matches


def test_a_look_is_kept_in_the_audit_chain_with_what_was_shown(desk: Desk, case: CaseFile) -> None:
    before = log.head(case.folder)
    seen = look(desk, case)
    assert log.head(case.folder) == before
    (one,) = looking.looks(case.folder, "2001")
    assert (one.position, one.seal, one.decisions) == (seen.position, seen.seal, 0)
    assert one.items == {"capture-0001": (1, 2)}
    assert looking.looks(case.folder, "2002") == []


def test_changes_are_counted_from_the_last_look_on(desk: Desk, case: CaseFile) -> None:
    first = looking.changes(Lines(case.folder), [])
    assert first.since is None
    assert first.actions["exhibit"] == 2
    look(desk, case)
    seen = looking.looks(case.folder, "2001")
    assert looking.changes(Lines(case.folder), seen).actions == {}
    capture(desk, case, [post(7)])
    actions = looking.changes(Lines(case.folder), seen).actions
    assert (actions["capture.begin"], actions["capture.end"], actions["exhibit"]) == (1, 1, 1)


def test_decisions_of_others_are_named_among_the_changes(desk: Desk, case: CaseFile) -> None:
    look(desk, case, badge="2002")
    look(desk, case)
    decides(desk, case, "approve", "capture-0001")
    change = looking.changes(Lines(case.folder), looking.looks(case.folder, "2002"))
    assert change.decided == {1: "2001"}


def test_a_long_look_is_divided_among_lines(
    desk: Desk, case: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_AUDIT_BYTES", 60)
    numbers = range(1, 3)
    ran(desk, case, *(str(Citation(case=case.number, number=n)) for n in numbers))
    found = look(desk, case)
    seen = looking.looks(case.folder, "2001")
    assert len(seen) > 1
    assert {name for one in seen for name in one.items} == {one.name for one in found.items}


def test_a_look_that_cannot_be_read_is_no_look(desk: Desk, case: CaseFile) -> None:
    audit(case.folder, "2001", "reviewed", {"items": ["capture-0001"]}, desk.clock)
    with pytest.raises(IntegrityError, match="cannot be read"):
        looking.looks(case.folder, "2001")
    assert waiting(desk, case).items


def test_the_name_under_which_a_file_was_given_is_told(case: CaseFile, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"words")
    take_in(case, [(path, "my \x1b[2J notes.txt")], Receipt(giver="a friend"))
    found = _originals(case)
    assert [one.given_name for one in found.values() if one.source == "import-0001"] == [
        "my \x1b[2J notes.txt"
    ]
    assert {one.given_name for one in found.values() if one.source != "import-0001"} == {""}
    asked = queue(case.folder, "2001")
    items = [item for item in asked.items if item.name == "import-0001"]
    lines = [*reviewwords.show_lines(asked, items, found, looking.changes(Lines(case.folder), []), str)]
    assert (
        "    given to us as: my \x1b[2J notes.txt" in lines
    )  # what is said is made visible where it is said
