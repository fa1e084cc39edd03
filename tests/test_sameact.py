"""One act, whether it is named by its post or by a citation: one chain of words about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench
from tests import notebook_kit
from tests.runner_kit import DETECTIVE, SUPERVISOR, Office
from workbench import sameact
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.custody import annotations as written
from workbench.custody.verify import verify
from workbench.errors import UsageError

FIXED: dict[str, Any] = {"said": {"directed_at_target": "yes"}, "supports": [], "undercuts": []}


@pytest.fixture
def office(tmp_path: Path) -> tuple[Office, CaseFile, str, str]:
    """Give a case, and a post of it: its entity_id and its citation."""
    office, case = notebook_kit.made(tmp_path, "cyberstalking", "platform")
    with notebook_kit.officer(case):
        post = workbench.open_case().posts().iloc[0]
    return office, case, str(post["entity_id"]), str(post["exhibit"])


def _write(office: Office, case: CaseFile, act: str, replaces: int, badge: str = DETECTIVE) -> int:
    acting = CaseFile(case.folder, office.department, badge)
    return annotate(acting, office.sessions[badge], "act", [1], "", act=act, replaces=replaces, **FIXED)


@pytest.mark.parametrize("turned", [False, True])
def test_whoever_writes_under_the_other_name_writes_about_the_same_act(
    office: tuple[Office, CaseFile, str, str], turned: bool
) -> None:
    desk, case, *names = office
    first, second = reversed(names) if turned else names
    number = _write(desk, case, first, 0)
    with pytest.raises(UsageError, match="written about this act meanwhile"):
        _write(desk, case, second, 0)
    later = _write(desk, case, second, number)
    last = written.read(case.folder)[-1]
    assert (last.annotation, last.act, last.replaces) == (later, first, number)
    assert verify(case.folder, processes=1).defects == []


def test_a_review_is_of_the_same_act_too(office: tuple[Office, CaseFile, str, str]) -> None:
    desk, case, entity, cite = office
    number = _write(desk, case, entity, 0)
    acting = CaseFile(case.folder, desk.department, SUPERVISOR)
    session = desk.sessions[SUPERVISOR]
    annotate(acting, session, "act-review", [1], "read so", act=cite, of=number, review="act")
    assert written.read(case.folder)[-1].act == entity
    assert verify(case.folder, processes=1).defects == []


def test_what_cites_nothing_that_was_read_or_more_than_one_thing_stays_a_name_of_its_own(
    office: tuple[Office, CaseFile, str, str],
) -> None:
    desk, case, entity, _ = office
    _write(desk, case, entity, 0)
    for other in (f"{case.number}-E0001", "https://elsewhere.test/1"):
        number = _write(desk, case, other, 0)
        assert written.read(case.folder)[-1].act == other
        _write(desk, case, other, number)
    assert verify(case.folder, processes=1).defects == []


def test_two_chains_of_old_go_on_in_the_newer_one(
    office: tuple[Office, CaseFile, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, case, entity, cite = office
    with monkeypatch.context() as patch:
        patch.setattr(sameact, "name", lambda _folder, act, _before: act)
        _write(desk, case, entity, 0)
        newest = _write(desk, case, cite, 0)
    _write(desk, case, entity, newest)
    assert written.read(case.folder)[-1].act == cite
    assert verify(case.folder, processes=1).defects == []
