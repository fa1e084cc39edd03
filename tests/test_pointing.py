"""What people write is about something that is there: a pointer that no row has is refused, and nothing is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import workbench
from tests import notebook_kit
from tests.runner_kit import DETECTIVE, Office
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.custody import annotations as written
from workbench.custody.verify import verify
from workbench.errors import UsageError

FIXED: dict[str, Any] = {"said": {"directed_at_target": "yes"}, "supports": [], "undercuts": []}


@pytest.fixture
def office(tmp_path: Path) -> tuple[Office, CaseFile, str]:
    """Give a case, and the citation of a post of it."""
    office, case = notebook_kit.made(tmp_path, "cyberstalking", "platform")
    with notebook_kit.officer(case):
        return office, case, str(workbench.open_case().posts()["exhibit"].iloc[0])


def _annotate(office: Office, case: CaseFile, kind: str, *exhibits: int | str, **added: Any) -> int:
    acting = CaseFile(case.folder, office.department, DETECTIVE)
    return annotate(acting, office.sessions[DETECTIVE], kind, exhibits, "what it is", **added)


@pytest.mark.parametrize("short", [False, True])
def test_a_note_about_a_row_is_written_and_about_none_it_is_not(
    office: tuple[Office, CaseFile, str], short: bool
) -> None:
    desk, case, cite = office
    whole, _, pointer = cite.partition("#")
    named = whole.removeprefix(f"{case.number}-") if short else whole
    _annotate(desk, case, "note", f"{named}#{pointer}")
    for wrong in ("/0/data/9999", f"{pointer}/9", "/"):
        with pytest.raises(UsageError) as refused:
            _annotate(desk, case, "note", f"{named}#{wrong}")
        told = str(refused.value)
        assert "no row has this citation" in told
        assert f"where: {whole}" in told
        assert f"#{wrong}" in told
        assert "cite the whole exhibit" in told
    _annotate(desk, case, "note", named)
    assert len(written.read(case.folder)) == 2
    assert verify(case.folder, processes=1).defects == []


def test_an_act_cannot_be_where_nothing_is(office: tuple[Office, CaseFile, str]) -> None:
    desk, case, _ = office
    with pytest.raises(UsageError, match="no row has this citation"):
        _annotate(desk, case, "act", 1, act="E0001#/0/data/9999", replaces=0, **FIXED)
    assert written.read(case.folder) == []


def test_what_was_written_before_is_read_and_can_still_be_answered(
    office: tuple[Office, CaseFile, str],
) -> None:
    desk, case, _ = office
    acting = CaseFile(case.folder, desk.department, DETECTIVE)
    old = {"kind": "act", "exhibits": [1], "text": "old", "replaces": 0, **FIXED}
    acting.annotate(old | {"act": f"{case.number}-E0001#/0/data/9999"})  # as an older version took it
    number = _annotate(desk, case, "act", 1, act="E0001#/0/data/9999", replaces=1, **FIXED)
    assert number == 2
    with notebook_kit.officer(case):
        opened = workbench.open_case()
        assert opened.annotations("act")["act"].nunique() == 1
        page = notebook_kit.executed(case, "cyberstalking", {"target": "ann@far.test"})
    assert "data/9999" in page


def test_a_case_whose_tables_were_not_built_says_so(office: tuple[Office, CaseFile, str]) -> None:
    desk, case, cite = office
    shutil.rmtree(case.folder / "tables")
    with pytest.raises(UsageError, match="tables rebuild"):
        _annotate(desk, case, "note", cite)
