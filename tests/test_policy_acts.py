"""What may be said about an act, who may review it, and what replaces what."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import AuthorityError, UsageError
from workbench.policy import acts, elements
from workbench.policy import annotations as rules
from workbench.policy.annotations import Annotation
from workbench.policy.officers import ROLES

ACT: dict[str, Any] = {
    "kind": "act",
    "exhibits": [1],
    "text": "",
    "act": "https://a.test/1",
    "replaces": 0,
    "said": {"occasion": "one"},
    "supports": [],
    "undercuts": [],
}
REVIEW: dict[str, Any] = {
    "kind": "act-review",
    "exhibits": [1],
    "text": "read",
    "act": "https://a.test/1",
    "of": 1,
    "review": "act",
}
NOTICE: dict[str, Any] = {
    "kind": "notice",
    "exhibits": [1],
    "text": "leave me alone",
    "form": "request",
    "reached": "",
    "given": "2026-03-01T00:00:00.000000Z",
    "replaces": 0,
}


def written(number: int, body: dict[str, Any], by: str = "1001") -> Annotation:
    fixed = {"format": rules.FORMAT, "case": "2026-0417", "annotation": number, "at": "", "by": by}
    return msgspec.convert(fixed | body, Annotation)


@pytest.mark.parametrize("body", [ACT, REVIEW, NOTICE], ids=lambda body: body["kind"])
def test_what_fits_is_taken(body: dict[str, Any]) -> None:
    rules.check_new(body, {}, exhibits=1)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (ACT | {"act": " "}, "empty or too long"),
        (ACT | {"act": "x" * 2_001}, "empty or too long"),
        (ACT | {"said": {"verdict": "guilty"}}, "not said about an act"),
        (ACT | {"said": {"occasion": "x" * 81}}, "empty or too long"),
        (ACT | {"said": {"contrary_facts": ""}}, "empty or too long"),
        (ACT | {"said": {"directed_at_target": "surely"}}, "no answer"),
        (ACT | {"said": {"posted": "2026-03-01"}}, "time with its zone"),
        (ACT | {"said": {"posted": "on Sunday"}}, "time with its zone"),
        (ACT | {"supports": ["stalking/malice"]}, "not on the list"),
        (ACT | {"supports": ["stalking/threat"] * 2}, "named once"),
        (ACT | {"undercuts": ["other: "]}, "not on the list"),
        (ACT | {"undercuts": [f"other: {n}" for n in range(61)]}, "named once"),
        (ACT | {"said": {}}, "says something"),
        ({name: value for name, value in ACT.items() if name != "said"}, "do not belong"),
        (ACT | {"mark": "hidden"}, "do not belong"),
        (REVIEW | {"review": "person"}, "not reviewed"),
        (REVIEW | {"text": ""}, "says something"),
        (NOTICE | {"form": "plea"}, "not a form of notice"),
        (NOTICE | {"form": "withdrawn"}, "taken back"),
        (NOTICE | {"given": "yesterday"}, "when it was given"),
        (NOTICE | {"reached": "x" * 501}, "too long"),
    ],
)
def test_what_does_not_fit_is_refused(body: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        rules.check_new(body, {}, exhibits=1)


def test_only_the_newest_about_an_act_is_replaced() -> None:
    before = [written(1, ACT), written(2, ACT | {"act": "https://a.test/2"})]
    acts.check_order(ACT | {"replaces": 1}, "1002", before)
    acts.check_order(ACT | {"act": "https://a.test/3"}, "1002", before)
    for replaces in (0, 2, 9):
        with pytest.raises(UsageError, match="somebody else has written"):
            acts.check_order(ACT | {"replaces": replaces}, "1002", before)
    with pytest.raises(UsageError, match="nothing to replace"):
        acts.check_order(ACT | {"act": "https://a.test/3", "replaces": 1}, "1002", before)


def test_nobody_reviews_what_they_have_written() -> None:
    before = [written(1, ACT), written(2, ACT | {"replaces": 1}, "1002")]
    acts.check_order(REVIEW | {"of": 2}, "2001", before)
    for badge in ("1001", "1002"):
        with pytest.raises(AuthorityError, match="their own words"):
            acts.check_order(REVIEW | {"of": 2}, badge, before)
    with pytest.raises(UsageError, match="somebody else has written"):
        acts.check_order(REVIEW | {"of": 1}, "2001", before)
    with pytest.raises(UsageError, match="nobody has written"):
        acts.check_order(REVIEW | {"act": "https://a.test/9"}, "2001", before)


def test_a_notice_is_replaced_once_and_withdrawn_once() -> None:
    before = [written(1, NOTICE), written(2, NOTICE | {"replaces": 1})]
    acts.check_order(NOTICE | {"form": "withdrawn", "replaces": 2}, "1001", before)
    for replaces in (1, 9):
        with pytest.raises(UsageError, match="replaced before"):
            acts.check_order(NOTICE | {"replaces": replaces}, "1001", before)
    withdrawn = written(3, NOTICE | {"form": "withdrawn", "replaces": 2})
    assert [one.annotation for one in acts.standing_notices(before)] == [2]
    assert acts.standing_notices([*before, withdrawn]) == []


def test_a_supervisor_reviews_but_does_not_describe() -> None:
    workers = frozenset({"1001"})
    rules.check_writer("act-review", "2001", workers, ROLES["supervisor"])
    for kind in ("act", "notice"):
        rules.check_writer(kind, "1001", workers, ROLES["detective"])
        with pytest.raises(AuthorityError):
            rules.check_writer(kind, "2001", workers, ROLES["supervisor"])
    with pytest.raises(AuthorityError):
        rules.check_writer("act-review", "1002", workers, ROLES["detective"])


def test_the_elements_are_those_of_the_statutes_and_none_is_a_conclusion() -> None:
    assert [one.statute for one in elements.OFFENCES.values()] == [
        "M.G.L. c.265 §43",
        "M.G.L. c.265 §43A",
        "M.G.L. c.275 §2",
        "M.G.L. c.71 §37O",
    ]
    every = elements.entries()
    assert len(set(every)) == len(every)
    assert all(map(elements.known, every))
    assert all(len(entry) <= acts.ENTRY_LENGTH for entry in every)
    for odd in ("stalking", "stalking/", "/threat", "other:", "theft/taking"):
        assert not elements.known(odd)
    with pytest.raises(UsageError, match="not on the list") as told:
        rules.check_new(ACT | {"supports": ["stalking/malice"]}, {}, exhibits=1)
    assert "stalking/wilful, stalking/" in told.value.todo
    assert "harassment/" not in told.value.todo
    with pytest.raises(UsageError, match="not on the list"):
        elements.offence("theft")


WORDS = st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip()))
UTF8 = WORDS.filter(lambda text: text.encode("utf-8", "replace").decode() == text)
FILED = st.lists(
    st.sampled_from(elements.entries()) | UTF8.map(lambda text: f"other: {text}"), max_size=6, unique=True
)
SAID = st.dictionaries(
    st.sampled_from(sorted(set(acts.SAID) - {"directed_at_target", "posted"})), UTF8, min_size=1
)
NUMBERS = st.lists(st.integers(1, 9_999), min_size=1, max_size=5, unique=True)


@given(act=UTF8, said=SAID, supports=FILED, undercuts=FILED, text=UTF8 | st.just(""), exhibits=NUMBERS)
def test_what_is_written_about_an_act_comes_back_as_it_was(**given_: Any) -> None:
    body = {"kind": "act", "replaces": 0, **given_}
    rules.check_new(body, {}, exhibits=9_999)
    fixed = {"format": rules.FORMAT, "case": "2026-0417", "annotation": 1, "at": "x", "by": "1001"}
    assert rules.added(Annotation.parse(msgspec.json.encode(fixed | body), "here")) == body | {
        name: tuple(body[name]) for name in ("supports", "undercuts")
    }


@given(
    form=st.sampled_from(acts.FORMS[:-1]),
    reached=UTF8 | st.just(""),
    text=UTF8,
    exhibits=NUMBERS,
    number=st.integers(0, 9),
)
def test_a_notice_and_a_review_come_back_as_they_were(number: int, **given_: Any) -> None:
    fixed = {"format": rules.FORMAT, "case": "2026-0417", "annotation": 11, "at": "x", "by": "1001"}
    notice = NOTICE | given_ | {"replaces": number}
    review = REVIEW | {"of": number, "exhibits": given_["exhibits"], "text": given_["text"]}
    for body in (notice, review):
        rules.check_new(body, {}, exhibits=9_999)
        assert rules.added(Annotation.parse(msgspec.json.encode(fixed | body), "here")) == body


def test_words_for_people_hold_all_that_was_said() -> None:
    body = ACT | {
        "text": "seen",
        "replaces": 3,
        "supports": ["stalking/threat"],
        "undercuts": ["other: a joke"],
    }
    assert acts.told(written(4, body)).splitlines() == [
        "seen",
        "occasion: one",
        "supports: stalking/threat",
        "undercuts: other: a joke",
        "replaces annotation 3",
    ]
    assert acts.told(written(2, REVIEW)).splitlines() == ["read", "of annotation 1"]
    assert "reached whoever acts" in acts.told(written(1, NOTICE))
