from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk
from tests.test_release import capture
from workbench.annotating import annotate, number_of
from workbench.casefile import CaseFile, audit
from workbench.custody import annotations as written
from workbench.custody import log, seals
from workbench.custody.verify import verify
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy import acts
from workbench.policy import annotations as rules
from workbench.records import Citation
from workbench.workspace.exhibits import look


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    opened = desk.approved()
    capture(desk, opened)
    return opened


def test_what_is_written_is_kept_logged_and_sealed(desk: Desk, case: CaseFile) -> None:
    session = desk.sign_in("1001")
    assert annotate(case, session, "note", [2, 1], "the same bus") == 1
    fact = {"account": "@ada@social.example", "side": "contrary"}
    assert annotate(case, session, "authorship", [3], "another hand", **fact) == 2
    found = written.read(case.folder)
    assert [(one.annotation, one.by, one.kind, one.exhibits) for one in found] == [
        (1, "1001", "note", (2, 1)),
        (2, "1001", "authorship", (3,)),
    ]
    assert (found[1].account, found[1].side, found[1].text) == (
        "@ada@social.example",
        "contrary",
        "another hand",
    )
    newest = seals.newest(case.folder)
    assert newest is not None
    assert "annotations/0002.json" in {name for _, name in newest.files}


def test_an_authorship_fact_is_withdrawn_once_with_a_reason_and_stays(desk: Desk, case: CaseFile) -> None:
    session = desk.sign_in("1001")
    fact = annotate(case, session, "authorship", [1, 2], "her words", account="@ada", side="confirming")
    note = annotate(case, session, "note", [1], "a note")
    for number in (0, note, 99):
        with pytest.raises(UsageError, match="no such authorship fact"):
            annotate(case, session, "withdrawal", [1], "wrong", of=number)
    with pytest.raises(UsageError, match="says something"):
        annotate(case, session, "withdrawal", [], "", of=fact)
    annotate(case, session, "withdrawal", [], "they were quoted", of=fact)
    with pytest.raises(UsageError, match="withdrawn before"):
        annotate(case, session, "withdrawal", [1], "again", of=fact)
    last = written.read(case.folder)[-1]
    assert (last.kind, last.of, last.exhibits, last.text) == ("withdrawal", fact, (1, 2), "they were quoted")
    assert rules.standing_facts(written.read(case.folder)) == {}
    assert verify(case.folder, processes=1).defects == []


@pytest.mark.parametrize("of", [0, 1, 3, 9])
def test_a_withdrawal_of_nothing_that_stands_is_a_defect(
    desk: Desk, case: CaseFile, monkeypatch: pytest.MonkeyPatch, of: int
) -> None:
    session = desk.sign_in("1001")
    annotate(case, session, "note", [1], "a note")
    fact = annotate(case, session, "authorship", [1], "her words", account="@ada", side="confirming")
    annotate(case, session, "withdrawal", [1], "they were quoted", of=fact)
    monkeypatch.setattr(rules, "check_withdrawal", lambda _body, _written: None)
    annotate(case, session, "withdrawal", [1], "forged", of=of)
    found = verify(case.folder, processes=1).defects
    assert [(each.clause, each.file) for each in found] == [("7.3", "annotations/0004.json")]


def test_no_words_of_an_annotation_stand_in_the_log(desk: Desk, case: CaseFile) -> None:
    annotate(case, desk.sign_in("1001"), "note", [1], "Ada took the bus to Hohenems")
    assert not [path for path in log.segments(case.folder) if b"Hohenems" in path.read_bytes()]


def test_marks_are_read_as_they_stand(desk: Desk, case: CaseFile) -> None:
    session = desk.sign_in("1001")
    annotate(case, session, "mark", [1, 2], "a minor", mark="hidden")
    annotate(case, session, "mark", [1], "of age", mark="none")
    annotate(desk.open(case, "2001"), desk.sign_in("2001"), "mark", [3], "seen", mark="contraband")
    assert written.marks(case.folder) == {2: "hidden", 3: "contraband"}
    with pytest.raises(UsageError, match="stays contraband"):
        annotate(case, session, "mark", [3], "no", mark="none")
    assert written.marks(case.folder) == {2: "hidden", 3: "contraband"}


def test_nothing_is_written_that_may_not_be(desk: Desk, case: CaseFile) -> None:
    before = log.head(case.folder)
    with pytest.raises(AuthorityError):
        annotate(case, desk.sign_in("2001"), "note", [1], "looks guilty")
    with pytest.raises(AuthorityError):
        annotate(case, desk.sign_in("1002"), "mark", [1], "a minor", mark="hidden")
    with pytest.raises(UsageError):
        annotate(case, desk.sign_in("1001"), "note", [4], "not there")
    assert log.head(case.folder) == before
    assert not list((case.folder).glob("annotations/*"))


def test_an_altered_annotation_is_an_error(desk: Desk, case: CaseFile) -> None:
    annotate(case, desk.sign_in("1001"), "mark", [1], "a minor", mark="contraband")
    file = case.folder / "annotations/0001.json"
    file.write_bytes(file.read_bytes().replace(b"contraband", b"none"))
    with pytest.raises(IntegrityError):
        written.marks(case.folder)


def test_a_marked_exhibit_is_not_shown_in_a_notebook(desk: Desk, case: CaseFile) -> None:
    session = desk.sign_in("1001")
    audit(case.folder, "1001", "opened", {"position": 1}, desk.clock)
    annotate(case, session, "mark", [1], "a minor", mark="hidden")
    annotate(case, session, "mark", [2], "seen", mark="contraband")
    one, two = (Citation(case=case.number, number=number) for number in (1, 2))
    with pytest.raises(AuthorityError, match="marked as hidden"):
        look(case.folder, one)
    assert look(case.folder, one, hidden=True).data
    with pytest.raises(AuthorityError, match="marked as contraband"):
        look(case.folder, two, hidden=True)


@pytest.mark.parametrize("text", ["2026-0417-E0012", "2026-0417-E0012#/3", "E0012", "E12", "12", "E12#/0"])
def test_a_citation_is_read_whole_or_short(text: str) -> None:
    assert number_of(text, "2026-0417") == 12


@pytest.mark.parametrize("text", ["2026-0418-E0012", "E", "", "twelve", "2026-0417"])
def test_what_is_no_citation_of_the_case_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        number_of(text, "2026-0417")


def test_an_act_named_by_a_short_citation_is_kept_under_its_whole_name(desk: Desk, case: CaseFile) -> None:
    said: dict[str, Any] = {"replaces": 0, "said": {"occasion": "one"}, "supports": [], "undercuts": []}
    annotate(case, desk.sign_in("1001"), "act", [1], "", act="E0001", **said)
    annotate(case, desk.sign_in("1001"), "act", [1], "", act="Evening post", **said)
    names = [one.act for one in written.read(case.folder)]
    assert names == ["2026-0417-E0001", "Evening post"]
    assert [one.annotation for one in acts.newest(written.read(case.folder)).values()] == [1, 2]


def test_two_who_write_about_one_act_do_not_lose_each_others_words(desk: Desk, case: CaseFile) -> None:
    said: dict[str, Any] = {
        "act": "https://a.test/1",
        "said": {"occasion": "one"},
        "supports": [],
        "undercuts": [],
    }
    annotate(case, desk.sign_in("1001"), "act", [1], "", replaces=0, **said)
    before = log.head(case.folder)
    with pytest.raises(UsageError, match="meanwhile"):
        annotate(case, desk.sign_in("1001"), "act", [1], "", replaces=0, **said)
    with pytest.raises(AuthorityError, match="their own words"):
        annotate(case, desk.sign_in("1001"), "act-review", [1], "read", act=said["act"], of=1, review="act")
    assert log.head(case.folder) == before
    opened = desk.open(case, "2001")
    annotate(opened, desk.sign_in("2001"), "act-review", [1], "read", act=said["act"], of=1, review="act")
    assert [one.kind for one in written.read(case.folder)] == ["act", "act-review"]
