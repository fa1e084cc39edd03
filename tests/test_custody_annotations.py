from __future__ import annotations

from pathlib import Path

from tests import casemaker
from tests.desk import Desk
from tests.test_release import capture
from workbench.annotating import annotate
from workbench.custody import annotations as written
from workbench.custody import log


def test_what_the_first_format_left_free_is_passed_over(tmp_path: Path) -> None:
    folder = casemaker.make(tmp_path)
    assert [entry for entry in log.entries(folder) if entry.action == "annotation"]
    assert written.read(folder) == []


def _story(maker: casemaker.Maker) -> None:
    casemaker.sealed(maker)
    maker.annotate("note", [1, 2], "the same bus")
    maker.annotate("authorship", [3], "another hand", account="@ada@social.example", side="contrary")
    maker.annotate("mark", [1], "a minor", mark="hidden")
    maker.annotate("mark", [2], "seen", "s1", mark="contraband")
    maker.annotate("mark", [1, 2], "no", mark="none")
    maker.seal()


def test_what_the_document_alone_makes_is_read(tmp_path: Path) -> None:
    folder = casemaker.make_2(tmp_path, story=_story)
    assert [one.kind for one in written.read(folder)][-5:] == ["note", "authorship", "mark", "mark", "mark"]
    assert written.marks(folder) == {2: "contraband"}
    assert [one.side for one in written.read(folder) if one.kind == "authorship"] == ["contrary"]


def test_lines_that_were_read_already_are_not_read_again(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    capture(desk, case)
    annotate(case, desk.sign_in("1001"), "mark", [1], "a minor", mark="hidden")
    lines = list(log.rare(case.folder))
    segments = case.folder / "log"
    segments.rename(tmp_path / "log")
    assert written.marks(case.folder, lines) == {1: "hidden"}
    assert [one.annotation for one in written.read(case.folder, lines)] == [1]
