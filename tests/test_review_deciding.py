"""Deciding: on what was seen, never over somebody else, signed, logged and sealed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.desk import HEAD, Desk
from tests.review_kit import annotated, capture, decides, item, look, post, ran
from workbench import sealing
from workbench.casefile import CaseFile
from workbench.custody import seals, verify
from workbench.errors import AuthorityError, ReviewNeeded, UsageError
from workbench.policy.officers import REVIEW, ROLES
from workbench.policy.standing import OVERSEERS
from workbench.records import Result
from workbench.review import deciding
from workbench.review.deciding import decide, sign


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    """An approved case of detective 1001 with one sealed capture."""
    made = desk.approved()
    capture(desk, made, [post(1)], [post(2)])
    return made


def _document(case: CaseFile, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((case.folder / f"decisions/{number:04d}.json").read_bytes())
    return found


def test_a_decision_holds_what_was_seen_and_is_sealed(desk: Desk, case: CaseFile) -> None:
    seen = look(desk, case)
    made = decides(desk, case, "approve", "capture-0001", reason="")
    said = _document(case, 1)
    assert (said["by"], said["act"], said["subjects"]) == ("2001", "approve", ["capture-0001"])
    assert (said["seal"], said["seal_sha256"]) == (seen.seal, seen.seal_sha256)
    assert said["looked"] == ["2026-0417-E0001", "2026-0417-E0002"]
    assert made.seal is not None
    assert made.seal.by == "2001"
    assert "decisions/0001.json" in [path for _, path in made.seal.files]
    assert item(desk, case, "capture-0001").state == "approved"


def test_verify_finds_nothing_wrong_with_it(desk: Desk, case: CaseFile) -> None:
    ran(desk, case, "2026-0417-E0002")
    annotated(desk, case, 1)
    look(desk, case)
    decides(desk, case, "return", "capture-0001", "run-0001")
    decides(desk, case, "approve", "2026-0417-E0001", "2026-0417-E0002", reason="")
    sign(desk.open(case, "2001"), desk.sign_in("2001"))
    report = verify.verify(case.folder, root=desk.department.root)
    assert [str(defect) for defect in report.defects] == []


def test_who_has_not_looked_does_not_decide(desk: Desk, case: CaseFile) -> None:
    with pytest.raises(ReviewNeeded) as refused:
        decides(desk, case, "approve", "capture-0001")
    assert refused.value.exit_code == 6
    assert "workbench review show 2026-0417 capture-0001" in refused.value.todo
    look(desk, case, badge="2002")
    with pytest.raises(ReviewNeeded):
        decides(desk, case, "approve", "capture-0001")
    assert not (case.folder / "decisions").exists()


def test_a_look_at_one_thing_is_no_look_at_another(desk: Desk, case: CaseFile) -> None:
    ran(desk, case, "2026-0417-E0002")
    look(desk, case, "capture-0001")
    with pytest.raises(ReviewNeeded, match="not looked"):
        decides(desk, case, "approve", "capture-0001", "2026-0417-E0002")


def test_looks_at_two_states_of_the_case_are_not_one(desk: Desk, case: CaseFile) -> None:
    look(desk, case, "capture-0001")
    name = ran(desk, case)
    look(desk, case, name)
    with pytest.raises(ReviewNeeded, match="different states"):
        decides(desk, case, "approve", "capture-0001", name)
    decides(desk, case, "approve", "capture-0001")
    decides(desk, case, "approve", name)


def test_nobody_decides_on_what_no_seal_covered(desk: Desk, case: CaseFile) -> None:
    opened = desk.open(case)
    writer = opened.begin_capture(desk.order(), key="k", collector="mastodon 1", head=HEAD)
    writer.end(Result(verdict="empty", reason="nothing-visible"), requests=1)
    look(desk, case)
    with pytest.raises(UsageError, match="no seal that you saw covers it"):
        decides(desk, case, "approve", "capture-0002")
    sealing.finish(opened, desk.sign_in("1001"))
    with pytest.raises(UsageError, match="no seal that you saw covers it"):
        decides(desk, case, "approve", "capture-0002")
    look(desk, case)
    decides(desk, case, "approve", "capture-0002")


def test_nothing_is_decided_while_nothing_is_sealed(desk: Desk) -> None:
    case = desk.approved()
    writer = desk.open(case).begin_capture(desk.order(), key="k", collector="mastodon 1", head=HEAD)
    writer.end(Result(verdict="empty", reason="nothing-visible"), requests=1)
    look(desk, case)
    with pytest.raises(UsageError, match="nothing was sealed"):
        decides(desk, case, "approve", "capture-0001")


@pytest.mark.parametrize("act", ["return", "reject"])
def test_without_a_reason_nothing_is_written(desk: Desk, case: CaseFile, act: str) -> None:
    look(desk, case)
    with pytest.raises(UsageError, match="needs a reason"):
        decides(desk, case, act, "capture-0001", reason="")
    assert not (case.folder / "decisions").exists()


def test_who_collects_decides_on_none_of_it(desk: Desk) -> None:
    case = desk.approved()
    case.act(desk.sign_in("1001"), "assign", assigned=("2002",))
    capture(desk, case, [post(1)], badge="2002")
    ran(desk, case, "2026-0417-E0001", badge="2002")
    case.act(desk.sign_in("1001"), "assign", assigned=())
    look(desk, case, badge="2002")
    for name in ("capture-0001", "run-0001", "2026-0417-E0001"):
        with pytest.raises(AuthorityError):
            decides(desk, case, "approve", name, badge="2002")
    look(desk, case)
    decides(desk, case, "approve", "capture-0001", "run-0001", "2026-0417-E0001")


def test_every_role_that_reviews_may_read_what_it_reviews() -> None:
    assert {role for role, spaces in ROLES.items() if REVIEW in spaces} <= OVERSEERS


def test_who_is_assigned_decides_nothing(desk: Desk, case: CaseFile) -> None:
    case.act(desk.sign_in("1001"), "assign", assigned=("2002",))
    look(desk, case, badge="2002")
    with pytest.raises(AuthorityError):
        decides(desk, case, "approve", "capture-0001", badge="2002")


@pytest.mark.parametrize("badge", ["1002", "a1"])
def test_who_neither_reviews_nor_reads_decides_nothing(desk: Desk, case: CaseFile, badge: str) -> None:
    with pytest.raises(AuthorityError):
        decides(desk, case, "approve", "capture-0001", badge=badge)


def test_a_detective_of_the_case_decides_nothing(desk: Desk, case: CaseFile) -> None:
    look(desk, case, badge="1001")
    with pytest.raises(AuthorityError, match="does not decide on review"):
        decides(desk, case, "approve", "capture-0001", badge="1001")


def test_what_the_case_does_not_hold_is_no_subject(desk: Desk, case: CaseFile) -> None:
    look(desk, case)
    for name in ("capture-0009", "2026-0417-E0009", "run-0001"):
        with pytest.raises(UsageError, match="no such thing"):
            decides(desk, case, "approve", name)


# --- two supervisors ---------------------------------------------------------------------------


def test_the_second_is_told_who_decided_what(desk: Desk, case: CaseFile) -> None:
    look(desk, case, badge="2001")
    look(desk, case, badge="2002")
    decides(desk, case, "return", "capture-0001", badge="2001", reason="the replies are missing")
    with pytest.raises(UsageError) as refused:
        decides(desk, case, "approve", "capture-0001", badge="2002")
    assert "2001 returned it at" in refused.value.found
    assert "the replies are missing" in refused.value.found
    assert item(desk, case, "capture-0001").state == "returned"
    look(desk, case, badge="2002")
    decides(desk, case, "approve", "capture-0001", badge="2002")
    assert item(desk, case, "capture-0001").state == "approved"
    assert [_document(case, n)["by"] for n in (1, 2)] == ["2001", "2002"]


def test_who_decides_on_something_else_is_not_in_the_way(desk: Desk, case: CaseFile) -> None:
    name = ran(desk, case)
    look(desk, case, badge="2001")
    look(desk, case, badge="2002")
    decides(desk, case, "approve", "capture-0001", badge="2001")
    decides(desk, case, "approve", name, badge="2002")


def test_one_may_think_again(desk: Desk, case: CaseFile) -> None:
    look(desk, case)
    decides(desk, case, "approve", "capture-0001")
    decides(desk, case, "reject", "capture-0001", reason="the wrong account after all")
    assert item(desk, case, "capture-0001").state == "rejected"


def _faster(desk: Desk, case: CaseFile, monkeypatch: pytest.MonkeyPatch, *names: str) -> CaseFile:
    """Let 2001 decide in the very moment between the look at the decisions and the writing."""
    slow = desk.open(case, "2002")
    write = slow.add_signed
    waiting = [names]

    def race(*words: Any, **more: Any) -> tuple[int, str]:
        if waiting:
            decides(desk, case, "reject", *waiting.pop(), badge="2001", reason="faster")
        return write(*words, **more)

    monkeypatch.setattr(slow, "add_signed", race)
    return slow


def test_a_race_for_the_same_is_won_by_one(
    desk: Desk, case: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(desk, case, badge="2001")
    look(desk, case, badge="2002")
    slow = _faster(desk, case, monkeypatch, "capture-0001")
    with pytest.raises(UsageError) as refused:
        decide(slow, desk.sign_in("2002"), "approve", ["capture-0001"])
    assert "2001 rejected it" in refused.value.found
    assert len(list(case.folder.glob("decisions/*.json"))) == 1


def test_a_race_for_different_things_is_won_by_both(
    desk: Desk, case: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ran(desk, case)
    look(desk, case, badge="2001")
    look(desk, case, badge="2002")
    slow = _faster(desk, case, monkeypatch, name)
    made = decide(slow, desk.sign_in("2002"), "approve", ["capture-0001"])
    assert made.number == 2
    assert _document(case, 2)["previous"] == seals_sha256(case, "decisions/0001.json")


def seals_sha256(case: CaseFile, path: str) -> str:
    """Give a file's hash as the newest seal or the one before it has it."""
    return next(sha256 for seal in seals.every(case.folder) for sha256, name in seal.files if name == path)


# --- countersigning and ratifying --------------------------------------------------------------


def test_a_supervisor_countersigns_the_seal_they_saw(desk: Desk, case: CaseFile) -> None:
    seen = look(desk, case)
    capture(desk, case, [post(3)])
    signed = sign(desk.open(case, "2001"), desk.sign_in("2001"))
    assert signed.number == seen.seal
    assert (case.folder / f"seals/{seen.seal:04d}.txt.2001.sig").is_file()
    with pytest.raises(UsageError, match="already"):
        sign(desk.open(case, "2001"), desk.sign_in("2001"))


def test_nobody_countersigns_their_own_seal(desk: Desk, case: CaseFile) -> None:
    look(desk, case)
    made = decides(desk, case, "approve", "capture-0001")
    assert made.seal is not None
    with pytest.raises(AuthorityError, match="their own seal"):
        sign(desk.open(case, "2001"), desk.sign_in("2001"), made.seal.number)
    assert sign(desk.open(case, "2002"), desk.sign_in("2002"), made.seal.number).number == made.seal.number


def test_of_the_seals_that_were_seen_ones_own_are_passed_over(desk: Desk, case: CaseFile) -> None:
    seen = look(desk, case)
    decides(desk, case, "approve", "capture-0001")
    assert look(desk, case).seal == seen.seal + 1
    assert sign(desk.open(case, "2001"), desk.sign_in("2001")).number == seen.seal


def test_a_seal_that_nobody_has_seen_is_not_countersigned(desk: Desk, case: CaseFile) -> None:
    with pytest.raises(ReviewNeeded):
        sign(desk.open(case, "2001"), desk.sign_in("2001"))
    with pytest.raises(UsageError):
        sign(desk.open(case, "2001"), desk.sign_in("2001"), 99)


def test_a_detective_countersigns_nothing(desk: Desk, case: CaseFile) -> None:
    case.act(desk.sign_in("1001"), "assign", assigned=("1002",))
    with pytest.raises(AuthorityError):
        sign(desk.open(case, "1002"), desk.sign_in("1002"), 1)
    assert not list(case.folder.glob("seals/*.1002.sig"))


def test_a_ratification_is_sealed(desk: Desk) -> None:
    case = desk.oral()
    deciding.ratify(desk.open(case, "2001"), desk.sign_in("2001"), "as I said")
    authority = desk.open(case).standing().authority
    assert authority is not None
    assert not authority.unratified
    newest = seals.newest(case.folder)
    assert newest is not None
    assert "case/0002.json" in [path for _, path in newest.files]
