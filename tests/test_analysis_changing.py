"""Changes between captures, where "not observed" is not "deleted"."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.analysis_kit import CASE, at, made, post, posts
from workbench import analysis

FIRST, SECOND = "2026-03-10T00:00:00Z", "2026-03-20T00:00:00Z"


def observed(entity: str, number: int, words: str = "x", **more: Any) -> dict[str, Any]:
    captured = FIRST if number == 1 else SECOND
    cite = f"{CASE}-E{number:04d}#/{entity}"
    return post(
        "2026-03-01T00:00:00Z",
        entity_id=entity,
        exhibit=cite,
        captured_at=captured,
        content_raw=words,
        **more,
    )


def runs(**second: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "source": "mastodon",
        "target": "@a",
        "verdict": "complete",
        "items": 2,
        "limit": 100,
    }
    one = {**base, "capture": "capture-0001", "begun": FIRST}
    two = {**base, "capture": "capture-0002", "begun": SECOND, **second}
    exhibits = [{"exhibit": f"{CASE}-E{n:04d}", "source": f"capture-{n:04d}"} for n in (1, 2)]
    return {"exhibits": made("exhibits", exhibits), "captures": made("captures", [one, two])}


def test_edited_words_and_another_state_are_two_changes() -> None:
    found = analysis.changes(posts(observed("p", 1, "old"), observed("p", 2, "new", state="edited")))
    assert found["change"].tolist() == ["state", "words"]
    assert found[["words_before", "words"]].to_numpy()[0].tolist() == ["", ""]
    row = found.iloc[1]
    assert (row["words_before"], row["words"]) == ("old", "new")
    assert (row["old_hash"], row["new_hash"]) == tuple(
        hashlib.sha256(w).hexdigest() for w in (b"old", b"new")
    )
    assert (row["state_before"], row["state"]) == ("present", "edited")
    assert row["exhibits"] == (f"{CASE}-E0001#/p", f"{CASE}-E0002#/p")
    assert row["seen_at"] == at(SECOND)


def test_the_same_words_again_are_no_change() -> None:
    assert analysis.changes(posts(observed("p", 1), observed("p", 2)), **runs()).empty


def test_a_post_that_a_later_whole_capture_lacks_is_not_observed() -> None:
    found = analysis.changes(posts(observed("p", 1), observed("q", 1), observed("q", 2)), **runs())
    assert found[["post", "change", "state_before", "state"]].to_numpy().tolist() == [
        ["p", "not observed", "present", "not observed"]
    ]
    assert found["exhibits"].tolist() == [(f"{CASE}-E0001#/p", f"{CASE}-E0002")]
    assert "deleted" not in str(found.drop(columns="parameters").to_numpy())


def gone(number: int, entity: str, **more: Any) -> dict[str, Any]:
    """Give a notice that a post is not there: neither words nor a time."""
    cite = f"{CASE}-E{number:04d}#/"
    return post(None, more.pop("author", ""), entity_id=entity, exhibit=cite, author_handle="", **more)


def test_a_notice_that_a_post_is_gone_edits_no_words() -> None:
    table = posts(
        observed("p", 1, "old"),
        gone(2, "p", state="deleted by author", captured_at=SECOND, author="a"),
        {**observed("p", 3, "new"), "captured_at": "2026-03-25T00:00:00Z"},
    )
    found = analysis.changes(table)
    told = found[["change", "state_before", "state"]].to_numpy().tolist()
    assert told[:2] == [
        ["state", "present", "deleted by author"],
        ["state", "deleted by author", "present"],
    ]
    words = found[found["change"] == "words"].iloc[0]
    assert len(found) == 3
    assert (words["old_hash"], words["new_hash"]) == tuple(
        hashlib.sha256(w).hexdigest() for w in (b"old", b"new")
    )


def test_a_number_that_a_server_shows_nothing_of_is_the_post_that_bore_it_there() -> None:
    address = "https://town.example/@a/7"
    named = {"native_id": "7", "uri": address, "platform": "mastodon", "server": "town.example"}
    stub = {"native_id": "7", "platform": "mastodon", "state": "not found", "captured_at": SECOND}
    table = posts(
        {**observed(address, 1, "old"), **named},
        gone(2, "town.example/statuses/7", server="town.example", **stub),
        gone(3, "far.example/statuses/7", server="far.example", **stub),
    )
    found = analysis.changes(table)
    assert found[["post", "change", "state"]].to_numpy().tolist() == [[address, "state", "not found"]]
    assert found["exhibits"].iloc[0] == (table["exhibit"][0], table["exhibit"][1])
    assert found[["author", "author_handle"]].to_numpy().tolist() == [["a", "a@town"]]


@pytest.mark.parametrize(
    ("state", "missed"),
    [
        ("present", True),
        ("edited", True),
        ("deleted by author", False),
        ("not found", False),
        ("blocked", False),
    ],
)
def test_an_edited_post_that_is_gone_is_missed_and_one_that_was_gone_before_is_not(
    state: str, missed: bool
) -> None:
    table = posts(observed("p", 1, state=state), observed("q", 1), observed("q", 2))
    assert analysis.changes(table, **runs())["post"].tolist() == (["p"] if missed else [])


@pytest.mark.parametrize(
    "second",
    [
        {"verdict": "partial"},
        {"verdict": "blocked"},
        {"verdict": "failed"},
        {"target": "@somebody"},
        {"source": "telegram"},
        {"items": 100},
        {"since": "2026-03-05T00:00:00Z"},
        {"until": "2026-02-01T00:00:00Z"},
    ],
    ids=lambda second: next(iter(second)) + " " + str(next(iter(second.values()))),
)
def test_a_capture_that_could_not_have_it_proves_nothing(second: dict[str, Any]) -> None:
    assert analysis.changes(posts(observed("p", 1), observed("q", 2)), **runs(**second)).empty


def test_without_the_captures_what_is_missing_is_not_looked_for_and_that_is_said() -> None:
    found = analysis.changes(posts(observed("p", 1, "old"), observed("p", 2, "new")))
    assert '"missing_looked_for": false' in found["parameters"].iloc[0]


def told(entity: str, number: int, answers: str, native: str = "") -> dict[str, Any]:
    """Give a post as it stands in Mastodon's answer about a conversation."""
    seen = observed(entity, number, in_reply_to=answers, native_id=native or entity, server="town")
    return {**seen, "exhibit": f"{CASE}-E{number:04d}#/descendants/0"}


def test_a_conversation_that_was_not_asked_for_again_says_nothing_of_its_posts() -> None:
    found = analysis.changes(
        posts(told("p", 1, answers="gone"), observed("q", 1), observed("q", 2)), **runs()
    )
    assert found.empty
    assert found.attrs["counts"]["not_asked_again"] == 1
    assert "not asked for again" in analysis.said(found)


def test_a_reply_is_not_observed_where_what_it_answers_still_is() -> None:
    parent = {"native_id": "10", "server": "town"}
    found = analysis.changes(
        posts(told("p", 1, answers="10"), observed("q", 1, **parent), observed("q", 2, **parent)), **runs()
    )
    assert found["post"].tolist() == ["p"]


def test_a_reply_is_not_observed_where_another_of_its_conversation_still_is() -> None:
    found = analysis.changes(
        posts(told("p", 1, answers="10"), told("r", 1, answers="10"), told("r", 2, answers="10")), **runs()
    )
    assert found["post"].tolist() == ["p"]


def test_what_was_listed_once_counts_wherever_else_it_was_seen() -> None:
    found = analysis.changes(
        posts(told("p", 1, answers="gone"), observed("p", 1), observed("q", 2)), **runs()
    )
    assert found["post"].tolist() == ["p"]
