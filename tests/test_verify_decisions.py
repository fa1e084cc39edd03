"""Clauses 7.3, 11 and 12 of docs/casefile-format.md: decisions, releases and what left, annotations."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import casemaker
from tests.casemaker import SCOPE, START, Edit, Maker, make, make_2, stamp
from workbench.custody import verify

DECISION, RELEASE, NOTE = "decisions/0001.json", "releases/0001.json", "annotations/0001.json"
LOG = "log/000003.jsonl"


def found(folder: Path, **options: Any) -> set[tuple[str, str]]:
    return {(each.clause, each.file) for each in verify.verify(folder, **options).defects}


def reviewed(maker: Maker) -> None:
    """Tell of a capture, an import and a run that were sealed, decided on, released and given away."""
    maker.approved()
    maker.staff(2, s2=casemaker.officer("s2", "deputy"))
    maker.capture()
    maker.given()
    maker.seal()
    maker.run()
    maker.annotate("authorship", [1, 2], "the same words", account="ada", side="contrary")
    maker.annotate("mark", [6], "a picture", mark="contraband")
    fixed: dict[str, Any] = {"act": "https://a.test/1", "supports": ["stalking/threat"], "undercuts": []}
    maker.annotate("act", [1], "", replaces=0, said={"occasion": "one"}, **fixed)
    maker.act("assign", "d1", assigned=["d2"])
    maker.annotate("act", [1, 2], "", "d2", replaces=4, said={}, **fixed)
    maker.annotate("act-review", [1], "read", "s1", act="https://a.test/1", of=5, review="threat")
    given = {"form": "request", "given": stamp(START), "reached": ""}
    maker.annotate("notice", [2], "leave me alone", **given, replaces=0)
    maker.annotate("notice", [2], "leave me alone now", **given, replaces=7)
    maker.annotate("poster", [2], "behind the camera", account="ada", said={"role": "participant"})
    basis = {"suspicion_basis": "seen there", "review_due": "2027-01-31"}
    maker.annotate("association", [2], "seen", account="ada", said=basis)
    maker.seal()
    maker.decide("approve", "capture-0001", "import-0001", "run-0001", looked=["2026-0417-E0001"])
    maker.decide("return", "2026-0417-E0004", by="s1")
    maker.release("package", exhibits=[1, 2, 3])
    maker.release("report", by="s2")
    maker.disseminate(1, "package", 3)
    maker.disseminate(2, "report", 6)
    maker.seal()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_2(tmp_path_factory.mktemp("good"), story=reviewed)


@pytest.fixture
def case(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / good.name))


def test_what_was_reviewed_and_released_as_the_document_says_holds(good: Path) -> None:
    assert verify.verify(good).defects == []


def test_what_claims_to_be_written_long_before_it_was_logged_is_said(tmp_path: Path) -> None:
    early = "2025-12-24T00:00:00.000000Z"
    found = verify.verify(make_2(tmp_path, {"annotation-1": _set(at=early)}, story=reviewed))
    assert found.defects == []
    said = [note for note in found.notes if note.kind == "written"]
    assert [(note.file, early in note.what) for note in said] == [(NOTE, True)]


@pytest.mark.parametrize("file", [DECISION, f"{DECISION}.s2.sig", RELEASE, f"{RELEASE}.c1.sig", NOTE])
@pytest.mark.parametrize("gone", [False, True])
def test_a_changed_byte_of_a_document_is_named(case: Path, file: str, gone: bool) -> None:
    data = bytearray((case / file).read_bytes())
    data[len(data) // 2] ^= 1
    (case / file).write_bytes(data)
    if gone:
        (case / file).unlink()
    assert ("1.4", file) in found(case)


def _note_by_who_left(maker: Maker) -> None:
    maker.act("assign", "d1", assigned=["d2"])
    maker.act("assign", "d1", assigned=[])
    maker.annotate("note", [1], "mine", "d2")


def _note_before_it_was_theirs(maker: Maker) -> None:
    maker.annotate("note", [1], "mine", "d2")
    maker.act("assign", "d1", assigned=["d2"])


def _review_by_a_colleague(maker: Maker) -> None:
    maker.annotate(
        "act",
        [1],
        "",
        act="https://a.test/1",
        replaces=0,
        said={"occasion": "one"},
        supports=[],
        undercuts=[],
    )
    maker.annotate("act-review", [1], "read", "d2", act="https://a.test/1", of=1, review="act")


_WRITERS: dict[str, Callable[[Maker], None]] = {
    "a-note-by-who-was-never-assigned": lambda maker: maker.annotate("note", [1], "mine", "d2"),
    "a-note-by-who-left": _note_by_who_left,
    "a-note-before-it-was-theirs": _note_before_it_was_theirs,
    "a-note-by-a-supervisor": lambda maker: maker.annotate("note", [1], "mine", "s1"),
    "a-mark-by-a-detective": lambda maker: maker.annotate("mark", [1], "why", "d2", mark="hidden"),
    "a-review-by-a-detective": _review_by_a_colleague,
    "a-mark-by-nobody": lambda maker: maker.annotate("mark", [1], "why", "x9", mark="hidden"),
}


@pytest.mark.parametrize("row", _WRITERS)
def test_only_who_works_the_case_writes(row: str, tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        _WRITERS[row](maker)

    report = verify.verify(make_2(tmp_path, story=story))
    told = [(each.clause, each.found) for each in report.defects]
    assert told == [
        ("7.3", "x9" if row == "a-mark-by-nobody" else "s1" if row.endswith("supervisor") else "d2")
    ]


def test_a_supervisor_marks_without_working_the_case(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        maker.annotate("mark", [1], "why", "s1", mark="hidden")

    assert verify.verify(make_2(tmp_path, story=story)).defects == []


@pytest.mark.parametrize("file", ["decisions/0009.json", "releases/0009.json", "restores/0009.json"])
def test_a_document_without_a_line_is_named(case: Path, file: str) -> None:
    (case / file).parent.mkdir(exist_ok=True)
    (case / file).write_bytes(b"{}")
    assert found(case) == {("1.4", file)}


def _set(**changes: Any) -> Edit:
    return lambda value: value | changes


def _less(key: str) -> Edit:
    return lambda value: {name: value[name] for name in value if name != key}


def _only(badge: str, key: str, namespace: str) -> Edit:
    return lambda _: {badge: (key, namespace)}


def _line(which: str, nth: int = 0, /, **changes: Any) -> Edit:
    def edit(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        places = [place for place, line in enumerate(lines) if line["action"] == which]
        lines[places[nth]] |= changes
        return lines

    return edit


def _first(action: str) -> Edit:
    """Move the first line of an action to where nothing has been sealed yet."""

    def edit(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        (line, *_) = [each for each in lines if each["action"] == action]
        rest = [each for each in lines if each is not line]
        place = next(place for place, each in enumerate(rest) if each["action"] == "seal")
        return [*rest[:place], line, *rest[place:]]

    return edit


LATE = stamp(START + timedelta(days=2))
FORGED: dict[str, tuple[str, Edit, str, str]] = {
    "decision-format": ("decision-1", _set(format="workbench-decision/2"), "11.1", DECISION),
    "decision-of-another-case": ("decision-1", _set(case="2026-0001"), "11.1", DECISION),
    "decision-number": ("decision-1", _set(decision=2), "11.1", DECISION),
    "decision-number-gap": ("lines", _line("decision", 1, decision=3), "1.5", LOG),
    "decision-chain": ("decision-2", _set(previous="0" * 64), "11.1", "decisions/0002.json"),
    "decision-without-a-time": ("decision-1", _set(at="today"), "11.1", DECISION),
    "decision-dated-later-than-its-line": ("decision-1", _set(at=LATE), "11.1", DECISION),
    "decision-with-another-key": ("decision-1", _set(note="x"), "11.1", DECISION),
    "decision-without-its-seal": ("decision-1", _less("seal"), "11.1", DECISION),
    "decision-unknown-act": ("decision-1", _set(act="wave"), "11.1", DECISION),
    "decision-on-nothing": ("decision-1", _set(subjects=[]), "11.1", DECISION),
    "decision-on-one-thing-twice": ("decision-1", _set(subjects=["run-0001"] * 2), "11.1", DECISION),
    "decision-on-what-is-not": ("decision-1", _set(subjects=["capture-0007"]), "11.1", DECISION),
    "decision-on-no-subject": ("decision-1", _set(subjects=["everything"]), "11.1", DECISION),
    "decision-on-no-exhibit": ("decision-1", _set(subjects=["2026-0417-E0099"]), "11.1", DECISION),
    "decision-on-a-citation-written-otherwise": ("decision-1", _set(subjects=["2026-0417-E00001"]), "11.1", DECISION),
    "decision-on-another-case": ("decision-1", _set(subjects=["2026-0001-E0001"]), "11.1", DECISION),
    "decision-looked-at-nothing": ("decision-1", _set(looked=["2026-0417-E0099"]), "11.1", DECISION),
    "returned-without-a-reason": ("decision-2", _set(reason=" "), "11.1", "decisions/0002.json"),
    "decision-unsigned": ("decision-1-signers", lambda _: {}, "11.1", DECISION),
    "decision-by-a-detective": (
        "decision-1-signers", _only("d2", "d2", "workbench-review"), "3.4", f"{DECISION}.d2.sig",
    ),
    "decision-for-something-else": ("decision-1-signers", _only("s2", "s2", "workbench-approve"), "11.1", DECISION),
    "decision-with-anothers-key": (
        "decision-1-signers", _only("s2", "s1", "workbench-review"), "3.4", f"{DECISION}.s2.sig",
    ),
    "decision-on-a-seal-of-another-hash": ("decision-1", _set(seal_sha256="0" * 64), "11.2", DECISION),
    "decision-on-a-later-seal": ("decision-1", _set(seal=3), "11.2", DECISION),
    "decision-on-no-seal": ("decision-1", _set(seal=0, seal_sha256="0" * 64), "11.2", DECISION),
    "decision-before-any-seal": ("lines", _first("decision"), "11.2", DECISION),
    "release-format": ("release-1", _set(format="workbench-release/2"), "12.1", RELEASE),
    "release-chain": ("release-2", _set(previous="0" * 64), "12.1", "releases/0002.json"),
    "release-number-gap": ("lines", _line("release", 1, release=3), "1.5", LOG),
    "release-dated-later-than-its-line": ("release-1", _set(at=LATE), "12.1", RELEASE),
    "release-unknown-kind": ("release-1", _set(kind="gift"), "12.1", RELEASE),
    "release-to-nobody": ("release-1", _set(recipient=""), "12.1", RELEASE),
    "release-for-nothing": ("release-1", _set(purpose=" "), "12.1", RELEASE),
    "release-for-ever": ("release-1", _set(expires=None), "12.1", RELEASE),
    "release-with-another-key": ("release-1", _set(note="x"), "12.1", RELEASE),
    "release-of-what-is-not": ("release-1", _set(exhibits=[1, 99]), "12.1", RELEASE),
    "release-of-one-thing-twice": ("release-1", _set(exhibits=[1, 1, 2]), "12.1", RELEASE),
    "release-of-words": ("release-1", _set(exhibits=["1"]), "12.1", RELEASE),
    "release-of-a-state-that-is-not": ("release-1", _set(seal=3), "12.1", RELEASE),
    "release-of-another-state": ("release-1", _set(seal_sha256="0" * 64), "12.1", RELEASE),
    "release-unsigned": ("release-1-signers", lambda _: {}, "12.1", RELEASE),
    "release-by-a-supervisor": (
        "release-1-signers", _only("s1", "s1", "workbench-release"), "3.4", f"{RELEASE}.s1.sig",
    ),
    "release-for-something-else": ("release-1-signers", _only("c1", "c1", "workbench-review"), "12.1", RELEASE),
    "release-by-another-than-it-says": ("release-1", _set(by="s2"), "12.1", RELEASE),
    "left-without-a-release": ("lines", _line("disseminated", 0, release=9), "12.4", LOG),
    "left-before-its-release": ("lines", _first("disseminated"), "12.4", "log/000001.jsonl"),
    "left-as-another-kind": ("lines", _line("disseminated", 0, kind="copy"), "12.4", LOG),
    "left-as-no-kind": ("lines", _line("disseminated", 0, kind="gift"), "12.4", LOG),
    "left-too-late": ("lines", _line("disseminated", 0, at=LATE), "12.4", LOG),
    "more-left-than-was-released": ("lines", _line("disseminated", 0, exhibits=4), "12.3", LOG),
    "more-left-than-there-is": ("lines", _line("disseminated", 1, exhibits=7), "12.3", LOG),
    "annotation-format": ("annotation-1", _set(format="mine"), "7.3", NOTE),
    "annotation-number": ("annotation-1", _set(annotation=2), "7.3", NOTE),
    "annotation-kind": ("annotation-1", _set(kind="joke"), "7.3", NOTE),
    "annotation-with-another-key": ("annotation-1", _set(side="confirming"), "7.3", NOTE),
    "annotation-without-words": ("annotation-1", _less("text"), "7.3", NOTE),
    "annotation-of-what-is-not": ("annotation-1", _set(exhibits=[99]), "7.3", NOTE),
    "annotation-by-nobody": ("annotation-1", _set(by="Nobody At All"), "7.3", NOTE),
    "annotation-from-the-future": ("annotation-1", _set(at="2031-01-01T00:00:00.000000Z"), "7.3", NOTE),
    "authorship-with-no-side": ("annotation-2", _set(side="neither"), "7.3", "annotations/0002.json"),
    "mark-unknown": ("annotation-3", _set(mark="secret"), "7.3", "annotations/0003.json"),
    "act-without-a-name": ("annotation-4", _set(act=" "), "7.3", "annotations/0004.json"),
    "act-that-replaces-nothing": ("annotation-4", _set(replaces=3), "7.3", "annotations/0004.json"),
    "act-that-replaces-what-nobody-showed": ("annotation-5", _set(replaces=0), "7.3", "annotations/0005.json"),
    "act-that-says-another-thing": ("annotation-4", _set(said={"guilt": "all"}), "7.3", "annotations/0004.json"),
    "act-that-says-nothing-with-a-name": ("annotation-4", _set(said={"words": ""}), "7.3", "annotations/0004.json"),
    "act-filed-twice": ("annotation-4", _set(supports=["a", "a"]), "7.3", "annotations/0004.json"),
    "act-filed-under-a-number": ("annotation-4", _set(undercuts=[7]), "7.3", "annotations/0004.json"),
    "act-filed-under-no-element": ("annotation-4", _set(supports=["stalking"]), "7.3", "annotations/0004.json"),
    "act-filed-under-nothing": ("annotation-4", _set(supports=["other:  "]), "7.3", "annotations/0004.json"),
    "act-that-is-perhaps-directed": (
        "annotation-4", _set(said={"directed_at_target": "perhaps"}), "7.3", "annotations/0004.json",
    ),
    "act-without-a-side": ("annotation-4", _less("undercuts"), "7.3", "annotations/0004.json"),
    "review-of-what-was-replaced": ("annotation-6", _set(of=4), "7.3", "annotations/0006.json"),
    "review-of-another-act": ("annotation-6", _set(act="https://a.test/2"), "7.3", "annotations/0006.json"),
    "review-of-a-person": ("annotation-6", _set(review="person"), "7.3", "annotations/0006.json"),
    "review-of-own-words": ("annotation-6", _set(by="d1"), "7.3", "annotations/0006.json"),
    "written-by-another-than-its-line-says": ("annotation-5", _set(by="s1"), "7.3", "annotations/0005.json"),
    "notice-of-no-form": ("annotation-7", _set(form="plea"), "7.3", "annotations/0007.json"),
    "notice-at-no-time": ("annotation-7", _set(given="once"), "7.3", "annotations/0007.json"),
    "notice-withdrawn-that-was-not-given": (
        "annotation-7", _set(form="withdrawn"), "7.3", "annotations/0007.json",
    ),
    "notice-that-replaces-no-notice": ("annotation-8", _set(replaces=6), "7.3", "annotations/0008.json"),
    "poster-of-no-role": ("annotation-9", _set(said={"role": "suspect"}), "7.3", "annotations/0009.json"),
    "poster-of-a-list": ("annotation-9", _set(said={"role": []}), "7.3", "annotations/0009.json"),
    "poster-of-an-object": ("annotation-9", _set(said={"role": {}}), "7.3", "annotations/0009.json"),
    "poster-that-says-more": (
        "annotation-9", _set(said={"role": "observer", "x": "y"}), "7.3", "annotations/0009.json",
    ),
    "poster-of-nobody": ("annotation-9", _set(account=" "), "7.3", "annotations/0009.json"),
    "association-without-a-basis": (
        "annotation-10", _set(said={"review_due": "2027-01-31"}), "7.3", "annotations/0010.json",
    ),
    "association-of-a-day-that-is-not": (
        "annotation-10",
        _set(said={"suspicion_basis": "x", "review_due": "2027-02-30"}), "7.3", "annotations/0010.json",
    ),
    "association-of-a-day-in-another-form": (
        "annotation-10",
        _set(said={"suspicion_basis": "x", "review_due": "20270131"}), "7.3", "annotations/0010.json",
    ),
    "association-of-a-list-of-days": (
        "annotation-10",
        _set(said={"suspicion_basis": "x", "review_due": []}), "7.3", "annotations/0010.json",
    ),
    "annotation-no-object": ("annotation-1", lambda _: [], "7.3", NOTE),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_document_is_named(name: str, tmp_path: Path) -> None:
    part, edit, clause, file = FORGED[name]
    assert (clause, file) in found(make_2(tmp_path, {part: edit}, story=reviewed))


def test_signatures_and_what_they_sign_are_steps_of_their_own(tmp_path: Path) -> None:
    edit: dict[str, Edit] = {"decision-1-signers": lambda _: {}, "release-1": _set(exhibits=[99])}
    steps = {
        (each.step, each.clause) for each in verify.verify(make_2(tmp_path, edit, story=reviewed)).defects
    }
    assert steps >= {(12, "11.1"), (13, "12.1")}


# Who may decide (11.2): each story is right but for the one who decides.


def _collected(maker: Maker) -> None:
    maker.approved()
    maker.act("assign", "d1", assigned=["s2"])
    maker.capture(1, "s2")
    maker.act("assign", "d1", assigned=[])


def _asked(maker: Maker) -> None:
    """A supervisor asks while assigned, another collects, and the first is no longer assigned."""
    maker.act("open", "d1")
    maker.act("assign", "d1", assigned=["s2"])
    asked = maker.act("request", "s2", scope=SCOPE, days=30)
    until = stamp(maker.now + timedelta(days=30))
    maker.act("approve", "s1", "workbench-approve", approves=asked, expires=until)
    maker.act("assign", "d1", assigned=[])
    maker.capture(1, "d1", authority=4)


def _spoken(maker: Maker) -> None:
    """The one who asked on an oral authority hands the case over."""
    maker.now += timedelta(seconds=1)
    until = stamp(maker.now + timedelta(hours=1))
    words = {"supervisor": "s1", "at": stamp(maker.now), "words": "go ahead", "danger": "the cold"}
    maker.act("oral", "s2", scope=SCOPE, oral=words, expires=until, owner="s2")
    maker.act("handover", "s2", owner="d1")
    maker.capture(1, "d1", authority=1)


def _owned(maker: Maker) -> None:
    maker.approved()
    maker.capture()
    maker.act("handover", "d1", owner="s2")


def _assigned(maker: Maker) -> None:
    maker.approved()
    maker.capture()
    maker.act("assign", "d1", assigned=["s2"])


def _assigned_then(maker: Maker) -> None:
    """Assigned while another collected, and no longer when it is decided."""
    maker.approved()
    maker.act("assign", "d1", assigned=["s2"])
    maker.capture()
    maker.act("assign", "d1", assigned=[])


def _assigned_between(maker: Maker) -> None:
    maker.approved()
    maker.capture()
    maker.act("assign", "d1", assigned=["s2"])
    maker.act("assign", "d1", assigned=[])


WHO = {
    "then": _assigned_then,
    "between": _assigned_between,
    "collected": _collected,
    "asked": _asked,
    "spoken": _spoken,
    "owned": _owned,
    "assigned": _assigned,
}


@pytest.mark.parametrize("subject", ["capture-0001", "2026-0417-E0002"])
@pytest.mark.parametrize("name", WHO)
def test_nobody_decides_on_their_own_work(name: str, subject: str, tmp_path: Path) -> None:
    def story(maker: Maker, by: str) -> None:
        WHO[name](maker)
        maker.seal()
        maker.decide("approve", subject, by=by)

    assert found(make_2(tmp_path / "own", story=lambda maker: story(maker, "s2"))) == {("11.2", DECISION)}
    assert found(make_2(tmp_path / "another", story=lambda maker: story(maker, "c1"))) == set()


def test_who_worked_the_case_before_may_decide_on_what_came_later(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.act("open", "d1")
        maker.act("assign", "d1", assigned=["s2"])
        maker.act("assign", "d1", assigned=[])
        maker.given()
        maker.seal()
        maker.decide("approve", "import-0001")

    assert found(make_2(tmp_path, story=story)) == set()


def _open_capture(maker: Maker) -> None:
    maker.approved()
    maker.capture(end=False)
    maker.seal()
    maker.decide("approve", "capture-0001")


def _not_sealed(maker: Maker) -> None:
    maker.approved()
    maker.capture()
    maker.seal()
    maker.capture(2)
    maker.decide("approve", "capture-0002")


def _exhibit_not_sealed(maker: Maker) -> None:
    maker.approved()
    maker.capture()
    maker.seal()
    maker.capture(2)
    maker.decide("approve", "2026-0417-E0004")


@pytest.mark.parametrize("story", [_open_capture, _not_sealed, _exhibit_not_sealed])
def test_what_is_decided_on_had_ended_and_was_sealed(story: Callable[[Maker], None], tmp_path: Path) -> None:
    assert found(make_2(tmp_path, story=story)) == {("11.2", DECISION)}


def test_a_later_decision_may_differ(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        maker.seal()
        maker.decide("approve")
        maker.decide("reject", by="s1")

    assert found(make_2(tmp_path, story=story)) == set()


def test_a_release_reaches_no_further_than_its_seal(tmp_path: Path) -> None:
    """What was captured after the state released is not released by it, whatever the release names."""

    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        maker.seal()
        maker.given()
        maker.release("package", exhibits=[1, 2, 4])
        maker.release("report")
        maker.disseminate(2, "report", 3)
        maker.disseminate(2, "report", 4)
        maker.seal()

    folder = make_2(tmp_path, story=story)
    assert found(folder) == {("12.1", RELEASE), ("12.3", "log/000002.jsonl")}
    assert sum(each.clause == "12.3" for each in verify.verify(folder).defects) == 1


def test_contraband_stays(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        maker.annotate("mark", [1], "", mark="contraband")
        maker.annotate("mark", [1, 2], "", mark="none")

    answer = verify.verify(make_2(tmp_path, story=story))
    assert answer.defects == []
    told = {each.kind: (each.what, each.file) for each in answer.notes}
    assert told["contraband"] == (
        "exhibits [1] stay marked 'contraband' all the same",
        "annotations/0002.json",
    )


def test_annotations_of_format_1_are_read_by_format_1(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        maker.run()
        maker.log("format", format="workbench-casefile/2")

    assert found(make(tmp_path, story=story)) == set()


# Hostile documents.


@pytest.mark.parametrize("value", [None, [], "x", 1.5, {"a": []}, -1, 10**30, True])
@pytest.mark.parametrize("part", ["decision-1", "release-1", "annotation-1"])
def test_no_value_makes_the_checker_fail(part: str, value: object, tmp_path: Path) -> None:
    """Each key in turn would be many cases: all keys at once are the same types in the same places."""
    file = {"decision-1": DECISION, "release-1": RELEASE, "annotation-1": NOTE}[part]

    def edit(body: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(body, value)

    assert file in {
        each.file for each in verify.verify(make_2(tmp_path, {part: edit}, story=reviewed)).defects
    }


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b'{"a":1,"a":2}', b"x" * 5_000_000])
@pytest.mark.parametrize("file", [DECISION, RELEASE, NOTE])
def test_no_bytes_make_the_checker_fail(case: Path, file: str, data: bytes) -> None:
    (case / file).write_bytes(data)
    assert ("1.4", file) in found(case)
