from __future__ import annotations

from typing import Any

import msgspec
import pytest

from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy import annotations as rules
from workbench.policy.annotations import Annotation
from workbench.policy.officers import ROLES

NOTE: dict[str, Any] = {"kind": "note", "exhibits": [1], "text": "he writes of a bus"}
FACT = NOTE | {"kind": "authorship", "account": "@ada@social.example", "side": "contrary"}
MARK = NOTE | {"kind": "mark", "mark": "hidden"}


def written(number: int = 1, **changes: Any) -> Annotation:
    known = {"format": rules.FORMAT, "case": "2026-0417", "annotation": number, "at": "", "by": "1001"}
    return msgspec.convert(known | NOTE | changes, Annotation)


@pytest.mark.parametrize("body", [NOTE, FACT, MARK], ids=lambda body: body["kind"])
def test_what_fits_its_kind_is_taken(body: dict[str, Any]) -> None:
    rules.check_new(body, {}, exhibits=1)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (NOTE | {"kind": "verdict"}, "not a kind"),
        (NOTE | {"text": " \n"}, "says something"),
        (NOTE | {"text": "x" * 20_001}, "too many"),
        (NOTE | {"exhibits": []}, "names its exhibits"),
        (NOTE | {"exhibits": [1, 1]}, "each once"),
        (NOTE | {"exhibits": [2]}, "no such exhibit"),
        (NOTE | {"exhibits": [0]}, "no such exhibit"),
        (NOTE | {"mark": "hidden"}, "do not belong"),
        (NOTE | {"side": "contrary"}, "do not belong"),
        (NOTE | {"kind": "authorship"}, "do not belong"),
        (FACT | {"side": "likely"}, "not a side"),
        (FACT | {"account": " "}, "one account"),
        (FACT | {"account": "x" * 501}, "one account"),
        (NOTE | {"kind": "mark"}, "do not belong"),
        (MARK | {"mark": "evidence"}, "not a mark"),
    ],
)
def test_what_does_not_fit_is_refused(body: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        rules.check_new(body, {}, exhibits=1)


def test_contraband_is_not_taken_back() -> None:
    marks = {1: "contraband", 2: "hidden"}
    for mark in ("hidden", "none"):
        with pytest.raises(UsageError, match="stays contraband"):
            rules.check_new(MARK | {"mark": mark}, marks, exhibits=2)
    rules.check_new(MARK | {"mark": "none", "exhibits": [2]}, marks, exhibits=2)
    rules.check_new(MARK | {"mark": "contraband"}, marks, exhibits=2)
    rules.check_new(NOTE, marks, exhibits=2)


def test_the_last_mark_counts_but_contraband_stays() -> None:
    def mark(name: str, *exhibits: int) -> Annotation:
        return written(kind="mark", mark=name, exhibits=exhibits)

    found = rules.marked(
        [mark("hidden", 1, 2, 3), written(), mark("contraband", 2), mark("none", 1, 2), mark("hidden", 4)]
    )
    assert found == {2: "contraband", 3: "hidden", 4: "hidden"}


def test_who_works_the_case_annotates_and_a_supervisor_may_mark() -> None:
    workers = frozenset({"1001"})
    rules.check_writer("note", "1001", workers, ROLES["detective"])
    rules.check_writer("mark", "2001", workers, ROLES["supervisor"])
    for kind, badge, role in (
        ("note", "2001", "supervisor"),
        ("authorship", "2001", "supervisor"),
        ("mark", "1002", "detective"),
        ("mark", "a1", "administrator"),
        ("mark", "r1", "records"),
    ):
        with pytest.raises(AuthorityError, match="works the case"):
            rules.check_writer(kind, badge, workers, ROLES[role])


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"exhibits": [1, 1]},
        {"kind": "other"},
        {"mark": "hidden"},
        {"format": "workbench-annotation/9"},
        {"more": 1},
        {"exhibits": "1"},
    ],
    ids=str,
)
def test_a_file_that_does_not_fit_is_not_read_as_an_annotation(changes: dict[str, Any]) -> None:
    whole = msgspec.to_builtins(written())
    said = {name: value for name, value in whole.items() if value != ""} | {"at": "x"}
    assert Annotation.parse(msgspec.json.encode(said), "here").exhibits == (1,)
    with pytest.raises(IntegrityError):
        Annotation.parse(msgspec.json.encode(said | changes), "here")
