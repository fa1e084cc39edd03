"""Last signs: each account's own beside others' acts towards it, against a plain loop."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions, made, post, posts
from workbench import analysis

PEOPLE = ("a", "a@town")
_DAYS = st.integers(1, 28)


def test_each_account_has_its_last_post_its_last_act_and_who_addressed_it() -> None:
    told = posts(
        post("2026-03-01T10:00:00Z", published_basis="explicit"),
        post("2026-03-03T10:00:00Z", published_basis="unix", in_reply_to_author="b@town", kind="reply"),
        post("2026-03-09T10:00:00Z", "b"),
        post(None),
    )
    acts = interactions(
        act("2026-03-04T10:00:00Z", "a", "c", "like"), act("2026-03-08T10:00:00Z", "b", "a", "mention")
    )
    found = analysis.last_activity(told, acts, people=PEOPLE)
    assert found[["sign", "own", "what", "towards", "basis", "n"]].to_numpy().tolist() == [
        ["was addressed", False, "mention", "b@town", "", 1],
        ["acted", True, "like", "c@town", "", 1],
        ["posted", True, "reply", "b@town", "unix", 2],
    ]
    assert set(found["account"]) == {"a"}
    assert found["at"].tolist()[2] == at("2026-03-03T10:00:00Z")
    assert found["exhibits"].tolist()[2] == ("2026-0417-E0001#/0",)
    assert found.attrs["counts"] == {
        "rows": 6,
        "repeated": 0,
        "undated": 1,
        "unattributed": 0,
        "no_peer": 0,
        "answered": 0,
        "unknown_names": 0,
    }


def test_the_account_whose_own_sign_is_latest_stands_first_and_silent_ones_are_named() -> None:
    told = posts(post("2026-03-01T10:00:00Z", "a"), post("2026-03-05T10:00:00Z", "z"))
    acts = interactions(act("2026-03-09T10:00:00Z", "b", "a"))
    accounts = made(
        "accounts", [{"entity_id": "q", "handle": "q@town"}, {"entity_id": "a", "handle": "a@town"}]
    )
    found = analysis.last_activity(told, acts, accounts, people=("a", "@Z@town", "Q@town", "gone@town"))
    assert found[["account", "sign"]].to_numpy().tolist() == [
        ["z", "posted"],
        ["a", "was addressed"],
        ["a", "posted"],
        ["q", "nothing captured"],
    ]
    assert found["exhibits"].tolist()[3:] == [("2026-0417-E0000#/0",)]
    assert "1 name that no captured account bears" in analysis.said(found)


def test_an_account_named_by_its_handle_in_one_place_is_one_account() -> None:
    told = posts(post("2026-03-01T10:00:00Z", "a"))
    acts = interactions(act("2026-03-02T10:00:00Z", "", "b", "like", actor_handle="@A@town"))
    found = analysis.last_activity(told, acts, people=PEOPLE)
    assert found["account"].tolist() == ["a", "a"]


def test_nothing_at_all_gives_nothing_and_counts_the_names() -> None:
    found = analysis.last_activity(posts(), interactions(), made("accounts", []), people=("a",))
    assert found.empty
    assert found.attrs["counts"]["unknown_names"] == 1
    assert analysis.last_activity(posts(), people=()).empty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(_DAYS, st.sampled_from("ab"), st.sampled_from("abc"), st.booleans()), max_size=12))
def test_it_is_what_a_plain_loop_finds_in_any_order(drawn: list[tuple[int, str, str, bool]]) -> None:
    told = [post(f"2026-03-{day:02d}T10:00:00Z", who) for day, who, _, is_post in drawn if is_post]
    acts = [
        act(f"2026-03-{day:02d}T10:00:00Z", who, peer) for day, who, peer, is_post in drawn if not is_post
    ]
    found = analysis.last_activity(posts(*told), interactions(*acts), people=("a", "b"))
    expected = {
        ("posted", who): max(row["published"] for row in told if row["author"] == who)
        for who in {row["author"] for row in told}
    }
    for row in acts:
        sides = [("acted", row["actor"])] + [("was addressed", row["target"])] * (
            row["actor"] not in {"a", "b"}
        )
        for key in sides:
            if key[1] in {"a", "b"}:
                expected[key] = max(expected.get(key, ""), row["published"])
    dated = found[found["at"].notna()]
    got = {(row.sign, row.account): row.at for row in dated.itertuples()}
    for row in acts:  # an act of one of the person's accounts towards another is that account's own
        if row["actor"] in {"a", "b"} and row["target"] in {"a", "b"}:
            got.pop(("was addressed", row["target"]), None)
            expected.pop(("was addressed", row["target"]), None)
    assert got == {key: at(text) for key, text in expected.items()}
    again = analysis.last_activity(posts(*told[::-1]), interactions(*acts[::-1]), people=("b", "a"))
    assert again[["account", "sign", "at"]].equals(found[["account", "sign", "at"]])
