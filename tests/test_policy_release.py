from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.desk import START
from workbench.errors import IntegrityError, UsageError
from workbench.policy import release as rules
from workbench.policy.release import Release
from workbench.policy.versions import DAY
from workbench.times import stamp

BODY: dict[str, Any] = {"kind": "package", "exhibits": None, "recipient": "the court", "purpose": "motion 7"}


def given(number: int = 1, days: int = 30, **changes: Any) -> Release:
    fields = {
        "format": rules.FORMAT,
        "case": "2026-0417",
        "release": number,
        "previous": "0" * 64,
        "at": stamp(START),
        "by": "c1",
        "seal": 3,
        "seal_sha256": "a" * 64,
        "expires": rules.until(START, days),
    }
    return msgspec.convert(fields | BODY | changes, Release)


def test_a_release_says_what_leaves_to_whom_and_what_for() -> None:
    rules.check(BODY, exhibits=0, days=1)
    rules.check(BODY | {"exhibits": (1, 4)}, exhibits=4, days=90)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"recipient": ""}, "recipient"),
        ({"recipient": " \t"}, "recipient"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "x" * 2001}, "too long"),
        ({"kind": "everything"}, "of this kind"),
        ({"kind": ""}, "of this kind"),
        ({"exhibits": ()}, "each once"),
        ({"exhibits": (1, 1)}, "each once"),
        ({"exhibits": (5,)}, "covers no such exhibit"),
        ({"exhibits": (0,)}, "covers no such exhibit"),
    ],
)
def test_a_release_that_does_not_is_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        rules.check(BODY | changes, exhibits=4, days=1)


@pytest.mark.parametrize("days", [0, 91, -1])
def test_a_release_lasts_some_days(days: int) -> None:
    with pytest.raises(UsageError, match="lasts"):
        rules.check(BODY, exhibits=4, days=days)


@pytest.mark.parametrize(
    ("release", "kind", "exhibits", "later", "reason"),
    [
        (given(), "package", None, 0, "ok"),
        (given(), "package", [1, 2], 0, "ok"),
        (given(), "copy", None, 0, "other-kind"),
        (given(), "package", None, 30 * DAY - 1, "ok"),
        (given(), "package", None, 30 * DAY, "expired"),
        (given(), "package", None, -DAY, "not-yet"),
        (given(exhibits=(1, 2)), "package", [2], 0, "ok"),
        (given(exhibits=(1, 2)), "package", [2, 3], 0, "exhibits-not-covered"),
        (given(exhibits=(1, 2)), "package", None, 0, "not-all"),
    ],
)
def test_a_release_covers_its_kind_its_exhibits_and_its_time(
    release: Release, kind: str, exhibits: list[int] | None, later: int, reason: str
) -> None:
    answer = rules.covers(release, kind, exhibits, START + later)
    assert (answer.allowed, answer.reason) == (reason == "ok", reason)
    assert answer.allowed or answer.words


def test_the_newest_release_that_covers_is_found_and_a_named_one_is_kept_to() -> None:
    some = [given(1), given(2, kind="copy"), given(3, exhibits=(1,)), given(4, days=1)]
    later = START + DAY
    assert rules.chosen(some, "package", None, START)[0] == some[3]
    assert rules.chosen(some, "package", None, later)[0] == some[0]
    assert rules.chosen(some, "package", [1], later)[0] == some[2]
    assert rules.chosen(some, "package", [1], later, number=1)[0] == some[0]
    for number, reason in ((2, "other-kind"), (3, "not-all"), (4, "expired"), (9, "no-release")):
        found, answer = rules.chosen(some, "package", None, later, number=number)
        assert (found, answer.reason) == (None, reason)
    assert rules.chosen(some, "report", None, START)[1].reason == "no-release"
    assert rules.chosen(some[2:], "package", None, later)[1].reason == "expired"


def test_the_release_of_the_state_that_was_asked_for_is_found() -> None:
    some = [given(1, seal=3), given(2, seal=5)]
    assert rules.chosen(some, "package", None, START, seal=3)[0] == some[0]
    assert rules.chosen(some, "package", None, START, seal=5)[0] == some[1]
    assert rules.chosen(some, "package", None, START, seal=4)[1].reason == "other-seal"


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": ""},
        {"kind": "loan"},
        {"expires": "tomorrow"},
        {"at": ""},
        {"exhibits": []},
        {"format": "workbench-release/9"},
        {"more": 1},
        {"seal": "3"},
    ],
    ids=str,
)
def test_a_file_that_does_not_fit_is_not_read_as_a_release(changes: dict[str, Any]) -> None:
    whole = msgspec.to_builtins(given())
    assert Release.parse(msgspec.json.encode(whole), "here") == given()
    with pytest.raises(IntegrityError):
        Release.parse(msgspec.json.encode(whole | changes), "here")
