"""Who may decide on what (clause 11), without a disk."""

from __future__ import annotations

import msgspec
import pytest

from tests.desk import FACTS, SCOPE
from workbench.errors import AuthorityError, IntegrityError, UsageError, WorkbenchError
from workbench.policy import decisions
from workbench.policy.decisions import FORMAT, Decision, Subject
from workbench.policy.officers import ROLES
from workbench.policy.versions import CaseVersion, Signed

CAPTURE = Subject(
    name="capture-0001", ended=20, actor="1001", asked="1003", workers=frozenset({"1002", "1001"})
)


def check(act: str = "approve", by: str = "2001", role: str = "supervisor", **more: object) -> None:
    given: dict[str, object] = {"reason": "", "subjects": [CAPTURE], "sealed": 20} | more
    decisions.check(act, by, role, **given)  # type: ignore[arg-type] # a table of cases


@pytest.mark.parametrize("role", [role for role, spaces in ROLES.items() if "workbench-review" in spaces])
def test_who_reviews_may_decide_on_the_work_of_others(role: str) -> None:
    check(role=role)


@pytest.mark.parametrize("role", ["detective", "administrator", "records", "auditor", "service", "", "king"])
def test_other_roles_decide_nothing(role: str) -> None:
    with pytest.raises(AuthorityError):
        check(role=role)


@pytest.mark.parametrize(
    ("by", "why"),
    [("1001", "collected"), ("1003", "asked for its authority"), ("1002", "works the case")],
)
def test_nobody_decides_on_their_own_work(by: str, why: str) -> None:
    with pytest.raises(AuthorityError) as refused:
        check(by=by)
    assert why in refused.value.found
    assert refused.value.where == "capture-0001"


def test_one_own_work_among_others_stops_the_whole_decision() -> None:
    others = Subject(name="import-0001", ended=5, actor="2001")
    with pytest.raises(AuthorityError):
        check(subjects=[CAPTURE, others])


@pytest.mark.parametrize("act", ["return", "reject"])
@pytest.mark.parametrize("reason", ["", " \n\t"])
def test_to_return_or_reject_needs_a_reason(act: str, reason: str) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        check(act, reason=reason)
    check(act, reason="the wrong account")


def test_an_approval_needs_no_reason() -> None:
    check("approve", reason="")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"act": "endorse"}, "not a decision"),
        ({"subjects": []}, "each once"),
        ({"subjects": [CAPTURE, CAPTURE]}, "each once"),
        ({"sealed": 19}, "no seal that you saw covers it"),
        ({"subjects": [msgspec.structs.replace(CAPTURE, ended=0)]}, "has not ended"),
    ],
)
def test_what_does_not_fit_is_said(more: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check(**more)  # type: ignore[arg-type] # a table of cases


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("capture-1", "capture-0001"),
        ("import-0012", "import-0012"),
        ("run-12345", "run-12345"),
        ("E12", "2026-0417-E0012"),
        ("2026-0417-E0012", "2026-0417-E0012"),
    ],
)
def test_items_are_named_as_people_write_them(text: str, name: str) -> None:
    assert decisions.subject_name(text, "2026-0417") == name


@pytest.mark.parametrize(
    "text",
    ["", "capture", "capture-", "seal-0001", "capture-0001 ", "2026-0418-E0012", "2026-0417-E0012#/3", "E"],
)
def test_what_names_no_item_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        decisions.subject_name(text, "2026-0417")


# --- who asked, who worked ---------------------------------------------------------------------


def version(number: int, act: str, by: str, seq: int, **more: object) -> Signed:
    fixed: dict[str, object] = {
        "format": "workbench-case/1",
        "case": "2026-0417",
        "version": number,
        "act": act,
        "at": "",
        "by": by,
        "previous": "",
        "purpose": "missing",
        "facts": FACTS,
        "subjects": (),
        "owner": "1001",
        "assigned": (),
        "scope": SCOPE,
        "reason": "",
    }
    return Signed(version=CaseVersion(**(fixed | more)), sha256=f"{number:064}", seq=seq)  # type: ignore[arg-type]


def test_who_asked_is_who_signed_the_request_that_the_approval_names() -> None:
    versions = [
        version(1, "open", "1001", 2),
        version(2, "request", "1001", 3),
        version(3, "approve", "2001", 4, approves=f"{2:064}"),
        version(4, "renew", "1002", 9),
        version(5, "approve", "2001", 10, approves=f"{4:064}"),
    ]
    assert decisions.asked_by(versions, 3) == "1001"
    assert decisions.asked_by(versions, 5) == "1002"
    assert decisions.asked_by(versions, 9) == ""


def test_of_an_oral_authority_who_wrote_it_down_asked() -> None:
    assert decisions.asked_by([version(1, "oral", "1001", 2)], 1) == "1001"


def test_workers_are_counted_from_the_beginning_of_the_work_to_the_decision() -> None:
    versions = [
        version(1, "open", "1001", 2),
        version(2, "assign", "1001", 5, assigned=("1004",)),
        version(3, "assign", "1001", 8, assigned=("1002",)),
        version(4, "handover", "1001", 12, owner="1003"),
    ]
    assert decisions.workers(versions, begun=9, until=10) == {"1001", "1002"}
    assert decisions.workers(versions, begun=9, until=20) == {"1001", "1002", "1003"}
    assert decisions.workers(versions, begun=6, until=9) == {"1001", "1002", "1004"}


# --- the document ------------------------------------------------------------------------------

DECISION = {
    "format": FORMAT,
    "case": "2026-0417",
    "decision": 1,
    "previous": "0" * 64,
    "at": "2026-03-02T14:00:00.000000Z",
    "by": "2001",
    "act": "approve",
    "subjects": ["capture-0001"],
    "seal": 1,
    "seal_sha256": "1" * 64,
    "looked": [],
    "reason": "",
}


def test_a_decision_is_read_whole() -> None:
    found = Decision.parse(msgspec.json.encode(DECISION), "decisions/0001.json")
    assert (found.by, found.subjects, found.seal) == ("2001", ("capture-0001",), 1)


@pytest.mark.parametrize(
    "change", [{"format": "workbench-decision/2"}, {"also": 1}, {"seal": "1"}, {"subjects": "capture-0001"}]
)
def test_another_document_is_no_decision(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError) as refused:
        Decision.parse(msgspec.json.encode(DECISION | change), "decisions/0001.json")
    assert refused.value.where == "decisions/0001.json"


@pytest.mark.parametrize("key", list(DECISION))
def test_a_decision_lacks_nothing(key: str) -> None:
    short = {name: value for name, value in DECISION.items() if name != key}
    with pytest.raises(WorkbenchError):
        Decision.parse(msgspec.json.encode(short), "decisions/0001.json")
