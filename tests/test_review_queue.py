"""What waits: every item with its result, its authority, its issues, its sample; and what opens it again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.desk import HEAD, SCOPE, Desk, exchange
from tests.review_kit import (
    PAGE,
    annotated,
    capture,
    decides,
    item,
    look,
    post,
    ran,
    waiting,
)
from workbench import sealing
from workbench.casefile import CaseFile, Receipt, documents
from workbench.custody import seals
from workbench.errors import IntegrityError, UsageError
from workbench.intake import take_in
from workbench.policy.versions import Scope
from workbench.records import Result, Target
from workbench.review.queue import drawn, queue
from workbench.tables import build


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    """An approved case of detective 1001 with one capture of six exhibits."""
    made = desk.approved()
    capture(desk, made, *([post(n)] for n in range(6)))
    return made


def test_an_empty_case_has_nothing_to_review(desk: Desk) -> None:
    found = waiting(desk, desk.approved())
    assert found.items == ()
    assert found.seal == 0
    assert "nothing is sealed yet" in found.notes[0]


def test_a_capture_waits_with_result_counts_and_authority(desk: Desk, case: CaseFile) -> None:
    one = item(desk, case, "capture-0001")
    assert (one.state, one.sealed, one.actor, one.barred) == ("waiting", True, "1001", "")
    assert one.outcome is not None
    assert (one.outcome.verdict, one.outcome.reason) == ("complete", "ok")
    assert one.outcome.counts == {"requests": 6, "items": 6, "exhibits": 6}
    told = {line.what: line for line in one.scope}
    assert told["target"].took == "mastodon https://social.example/@ada"
    assert told["requests"].allowed == f"{SCOPE.limits.requests} at most"
    assert told["refused by the gate"].took == "0"
    assert all(line.fits for line in one.scope)


def test_refusals_of_the_gate_are_counted_by_reason(desk: Desk) -> None:
    case = desk.approved()
    opened = desk.open(case)
    writer = opened.begin_capture(desk.order(), key="k", collector="mastodon 1", head=HEAD)
    for url in ("https://evil.example/1", "https://evil.example/2"):
        writer.refused("host-out-of-scope", url)
    writer.end(Result(verdict="blocked", reason="host-out-of-scope"), requests=0)
    told = {line.what: line for line in item(desk, case, "capture-0001").scope}
    assert told["refused by the gate"].took == "host-out-of-scope 2"


def test_more_than_was_allowed_is_named(desk: Desk, case: CaseFile) -> None:
    opened = desk.open(case)
    writer = opened.begin_capture(desk.order(), key="k", collector="mastodon 1", head=HEAD)
    writer.end(Result(verdict="partial", reason="byte-limit"), requests=SCOPE.limits.requests + 1)
    told = {line.what: line.fits for line in item(desk, case, "capture-0002").scope}
    assert not told.pop("requests")
    assert all(told.values())


def test_a_capture_that_goes_on_is_unfinished(desk: Desk, case: CaseFile) -> None:
    writer = desk.open(case).begin_capture(desk.order(), key="k", collector="mastodon 1", head=HEAD)
    one = item(desk, case, "capture-0002")
    assert (one.state, one.sealed, one.open) == ("unfinished", False, True)
    writer.end(Result(verdict="empty", reason="nothing-visible"), requests=1)


def test_issues_are_told_of_their_source(desk: Desk) -> None:
    case = desk.approved()
    (cited,) = capture(desk, case, [post(1) | {"surprise\x1b[2J": 1}])
    capture(desk, case, [post(2)])
    first, second = item(desk, case, "capture-0001"), item(desk, case, "capture-0002")
    assert [trouble.kind for trouble in first.issues] == ["unknown-key"]
    assert first.issues[0].example.startswith(cited)
    assert second.issues == ()


def test_issues_of_a_marked_exhibit_hold_no_captured_words(desk: Desk) -> None:
    case = desk.approved()
    capture(desk, case, [post(1) | {"surprise": "unspeakable"}])
    assert item(desk, case, "capture-0001").issues[0].found == "unspeakable"
    annotated(desk, case, 1, kind="mark", mark="hidden", text="")
    for name in ("capture-0001", "2026-0417-E0001"):
        assert [(one.kind, one.found) for one in item(desk, case, name).issues] == [("unknown-key", "")]


def test_a_run_without_a_record_is_listed_all_the_same(desk: Desk, case: CaseFile) -> None:
    desk.open(case).add_run("bare", "failed", {"notebook.ipynb": case.folder / "log/000001.jsonl"})
    one = item(desk, case, "run-0001")
    assert one.outcome is not None
    assert (one.outcome.verdict, one.outcome.reason, one.state) == ("failed", "no-record", "waiting")


def test_an_import_tells_its_basis_and_a_missing_one_does_not_fit(
    desk: Desk, case: CaseFile, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("hello", "utf-8")
    for basis in ("consent", ""):
        take_in(
            desk.open(case), [(tmp_path / "note.txt", "note.txt")], Receipt(giver="a friend", basis=basis)
        )
    told = [item(desk, case, f"import-000{n}").scope[0] for n in (1, 2)]
    assert [(line.took, line.fits) for line in told] == [("consent", True), ("not stated", False)]


def test_tables_that_were_not_built_are_a_note(desk: Desk, case: CaseFile) -> None:
    writer = desk.open(case).begin_capture(desk.order(), key="k", collector="mastodon 1", head=HEAD)
    writer.append(exchange(b"[]", PAGE))
    writer.end(Result(verdict="complete"), requests=1)
    assert any("capture-0002" in note and "never built" in note for note in waiting(desk, case).notes)
    build.refresh(case.folder)
    assert waiting(desk, case).notes == ()


# --- the sample --------------------------------------------------------------------------------


def test_the_sample_is_drawn_from_the_seal_and_can_be_drawn_again(desk: Desk, case: CaseFile) -> None:
    seal = seals.newest(case.folder)
    assert seal is not None
    names = [f"2026-0417-E{n:04d}" for n in range(1, 7)]
    ranked = sorted(names, key=lambda name: hashlib.sha256(f"{seal.sha256} {name}".encode()).hexdigest())
    assert item(desk, case, "capture-0001").sample == tuple(sorted(ranked[:5]))
    found = queue(case.folder, "2001", sample=2).item("capture-0001")
    assert found is not None
    assert found.sample == tuple(sorted(ranked[:2]))


def test_another_seal_draws_another_sample() -> None:
    names = [f"2026-0417-E{n:04d}" for n in range(1, 100)]
    drawings = {drawn(hashlib.sha256(bytes([n])).hexdigest(), names, 5) for n in range(20)}
    assert len(drawings) > 15
    assert all(len(set(one)) == 5 for one in drawings)


# --- citations are items of their own ----------------------------------------------------------


def test_what_a_run_cites_is_an_item_of_its_own(desk: Desk, case: CaseFile) -> None:
    name = ran(desk, case, "2026-0417-E0002#/0", "2026-0417-E0003")
    found = waiting(desk, case)
    cited = [one for one in found.items if one.cited_by]
    assert [one.name for one in cited] == ["2026-0417-E0002", "2026-0417-E0003"]
    claim = cited[0].cited_by[0]
    assert (claim.by, claim.name, claim.places) == (name, "missing", ("When it fell silent",))
    assert claim.pointers == {"/0"}
    assert cited[1].cited_by[0].pointers == frozenset()
    assert item(desk, case, name).outcome is not None


def test_what_an_annotation_cites_is_an_item_with_its_words(desk: Desk, case: CaseFile) -> None:
    name = annotated(desk, case, 4, 4, 5)
    one = item(desk, case, "2026-0417-E0004")
    assert [(claim.by, claim.words) for claim in one.cited_by] == [(name, "she writes of leaving")]
    assert item(desk, case, "2026-0417-E0005").cited_by


def test_what_is_said_of_an_act_is_cited_singly_and_reopens_what_was_decided(
    desk: Desk, case: CaseFile
) -> None:
    said = {"directed_because": "names her door"}
    fields: dict[str, Any] = {"act": "https://a.test/1", "replaces": 0, "said": said, "undercuts": []}
    name = annotated(desk, case, 4, kind="act", text="", supports=["stalking/threat"], **fields)
    look(desk, case)
    (claim,) = item(desk, case, "2026-0417-E0004").cited_by
    assert (claim.by, claim.places) == (name, ("act https://a.test/1",))
    assert claim.words == "directed because: names her door\nsupports: stalking/threat"
    decides(desk, case, "approve", "2026-0417-E0004")
    assert item(desk, case, "2026-0417-E0004").state == "approved"
    later = {"replaces": 1, "said": {"directed_at_target": "no"}, "supports": []}
    annotated(desk, case, 4, kind="act", text="", **fields | later)
    assert item(desk, case, "2026-0417-E0004").state == "reopened"


def test_a_capture_does_not_cover_what_is_cited(desk: Desk, case: CaseFile) -> None:
    ran(desk, case, "2026-0417-E0002")
    look(desk, case)
    decides(desk, case, "approve", "capture-0001")
    assert item(desk, case, "capture-0001").state == "approved"
    assert item(desk, case, "2026-0417-E0002").state == "waiting"


@pytest.mark.parametrize(
    "text",
    ["2026-0418-E0002", "12026-0417-E0002", "2026-0417-E002", "2026-0417-E00020000000", "E0002"],
)
def test_what_only_looks_like_a_citation_is_none(desk: Desk, case: CaseFile, text: str) -> None:
    ran(desk, case, text)
    assert not [one for one in waiting(desk, case).items if one.cited_by]


def test_a_citation_of_nothing_is_said(desk: Desk, case: CaseFile) -> None:
    name = ran(desk, case, "2026-0417-E0999")
    found = waiting(desk, case)
    assert found.notes == (f"{name} cites what the case does not hold: 2026-0417-E0999",)
    assert not [one for one in found.items if one.cited_by]


@pytest.mark.parametrize("pointer", ["/0.", "/a~1b", "/0&amp;x", "/ü"])
def test_a_pointer_that_is_not_certain_means_the_whole_exhibit(
    desk: Desk, case: CaseFile, pointer: str
) -> None:
    ran(desk, case, f"2026-0417-E0002#{pointer}")
    assert item(desk, case, "2026-0417-E0002").cited_by[0].pointers == frozenset()


def test_an_altered_notebook_is_not_searched(desk: Desk, case: CaseFile) -> None:
    ran(desk, case, "2026-0417-E0002")
    path = case.folder / "runs/0001-missing/notebook.html"
    path.write_bytes(path.read_bytes().replace(b"E0002", b"E0003"))
    with pytest.raises(IntegrityError) as altered:
        waiting(desk, case)
    assert altered.value.where == "runs/0001-missing/notebook.html"


def test_a_damaged_notebook_is_searched_all_the_same(desk: Desk, case: CaseFile, tmp_path: Path) -> None:
    (tmp_path / "notebook.ipynb").write_text('{"cells": [{"source": "2026-0417-E0002"', "utf-8")
    record = case.folder / "runs/0001-missing/record.json"
    ran(desk, case)
    files = {"notebook.ipynb": tmp_path / "notebook.ipynb", "record.json": record}
    desk.open(case).add_run("missing", "failed", files)
    assert [claim.by for claim in item(desk, case, "2026-0417-E0002").cited_by] == ["run-0002"]


def test_contraband_stays_whatever_is_marked_later(desk: Desk, case: CaseFile) -> None:
    for mark in ("hidden", "contraband", "none"):
        annotated(desk, case, 1, kind="mark", mark=mark, text="")
    annotated(desk, case, 2, kind="mark", mark="hidden", text="")
    annotated(desk, case, 2, kind="mark", mark="none", text="")
    assert waiting(desk, case).marks == {1: "contraband", 2: "none"}


def test_an_exhibit_that_nobody_cites_can_be_asked_for(case: CaseFile) -> None:
    found = queue(case.folder, "2001", also=["2026-0417-E0006"])
    assert found.item("2026-0417-E0006") is not None
    with pytest.raises(UsageError):
        queue(case.folder, "2001", also=["2026-0417-E0007"])


# --- opened again ------------------------------------------------------------------------------


def _cited_and_decided(desk: Desk, case: CaseFile, citation: str, act: str = "approve") -> None:
    ran(desk, case, citation)
    look(desk, case)
    decides(desk, case, act, citation.partition("#")[0])


def test_new_evidence_about_the_same_thing_opens_a_cited_exhibit_again(desk: Desk, case: CaseFile) -> None:
    _cited_and_decided(desk, case, "2026-0417-E0002#/0")
    assert item(desk, case, "2026-0417-E0002").state == "approved"
    (later,) = capture(desk, case, [post(1, "I was never there")])
    one = item(desk, case, "2026-0417-E0002")
    assert one.state == "reopened"
    assert one.reopened is not None
    assert one.reopened.by == (later,)
    assert one.decided is not None
    assert (one.decided.act, one.decided.by) == ("approve", "2001")


def test_evidence_about_something_else_does_not(desk: Desk, case: CaseFile) -> None:
    _cited_and_decided(desk, case, "2026-0417-E0002#/0")
    capture(desk, case, [post(77)])
    assert item(desk, case, "2026-0417-E0002").state == "approved"


def test_a_claim_about_the_whole_exhibit_is_about_its_author_too(desk: Desk, case: CaseFile) -> None:
    _cited_and_decided(desk, case, "2026-0417-E0002")
    (later,) = capture(desk, case, [post(77)])
    found = item(desk, case, "2026-0417-E0002").reopened
    assert found is not None
    assert found.by == (later,)


def test_evidence_that_came_between_the_look_and_the_decision_opens_it_again(
    desk: Desk, case: CaseFile
) -> None:
    ran(desk, case, "2026-0417-E0002#/0")
    look(desk, case)
    capture(desk, case, [post(1, "changed")])
    decides(desk, case, "approve", "2026-0417-E0002")
    assert item(desk, case, "2026-0417-E0002").state == "reopened"


def test_a_new_decision_closes_it(desk: Desk, case: CaseFile) -> None:
    _cited_and_decided(desk, case, "2026-0417-E0002#/0")
    capture(desk, case, [post(1)])
    look(desk, case)
    decides(desk, case, "reject", "2026-0417-E0002")
    assert item(desk, case, "2026-0417-E0002").state == "rejected"


def test_looking_never_opens_anything(desk: Desk, case: CaseFile) -> None:
    _cited_and_decided(desk, case, "2026-0417-E0002")
    log = sorted(case.folder.glob("log/*"))
    before = [path.read_bytes() for path in log]
    for badge in ("2001", "2002", "1001"):
        look(desk, case, badge=badge)
    assert [path.read_bytes() for path in sorted(case.folder.glob("log/*"))] == before
    assert item(desk, case, "2026-0417-E0002").state == "approved"


def test_what_was_returned_is_opened_by_a_later_capture_of_its_target(desk: Desk) -> None:
    other = Target(source="mastodon", target="https://social.example/@bo")
    scope = Scope(targets=(*SCOPE.targets, other), hosts=SCOPE.hosts)
    case = desk.approved(scope)
    capture(desk, case, [post(1)])
    look(desk, case)
    decides(desk, case, "return", "capture-0001", reason="the replies are missing")
    opened = desk.open(case)
    writer = opened.begin_capture(desk.order(other), key="k", collector="mastodon 1", head=HEAD)
    writer.end(Result(verdict="complete"), requests=1)
    sealing.finish(opened, desk.sign_in("1001"))
    assert item(desk, case, "capture-0001").state == "returned"
    capture(desk, case, [post(2)])
    one = item(desk, case, "capture-0001")
    assert one.state == "reopened"
    assert one.reopened is not None
    assert one.reopened.by == ("capture-0003",)


# --- decisions that do not count ---------------------------------------------------------------


def _forge(desk: Desk, case: CaseFile, badge: str, role: str, **changes: object) -> None:
    """Write a decision that the workbench would not: signed by whoever claims whatever."""
    seal = seals.newest(case.folder)
    assert seal is not None
    body = {
        "act": "approve",
        "subjects": ["capture-0001"],
        "seal": seal.number,
        "seal_sha256": seal.sha256,
        "looked": [],
        "reason": "",
    }
    opened = desk.open(case, badge)
    documents.add_signed(
        opened, "decision", desk.forge(badge, role), "workbench-review", body | changes, seen=0
    )


@pytest.mark.parametrize(
    ("badge", "role", "changes", "why"),
    [
        ("1002", "supervisor", {}, "no valid signature"),
        ("2001", "supervisor", {"act": "reject"}, "needs a reason"),
        ("2001", "supervisor", {"seal_sha256": "0" * 64}, "no seal that you saw covers it"),
        ("2001", "supervisor", {"seal": 99}, "no seal that you saw covers it"),
        ("2001", "supervisor", {"subjects": ["capture-0009"]}, "no such thing"),
    ],
)
def test_a_decision_against_the_rules_does_not_count(
    desk: Desk, case: CaseFile, badge: str, role: str, changes: dict[str, object], why: str
) -> None:
    _forge(desk, case, badge, role, **changes)
    found = waiting(desk, case)
    assert len(found.problems) == 1
    assert why in found.problems[0]
    one = found.item("capture-0001")
    assert one is not None
    assert one.state == "waiting"


def test_an_altered_decision_is_no_decision_at_all(desk: Desk, case: CaseFile) -> None:
    look(desk, case)
    decides(desk, case, "return", "capture-0001", reason="again")
    path = case.folder / "decisions/0001.json"
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps(said | {"act": "approve"}), "utf-8")
    with pytest.raises(IntegrityError) as altered:
        waiting(desk, case)
    assert altered.value.where == "decisions/0001.json"
