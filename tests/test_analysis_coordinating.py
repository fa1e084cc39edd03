"""Coordination: beside plain loops, the published definitions' edges, and a storm that must not fill memory."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions, post, posts
from workbench import analysis
from workbench.errors import UsageError

START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = "Come all to the square tonight at nine"


def when(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def share(seconds: float, actor: str, target: str, kind: str = "repost", **more: Any) -> dict[str, Any]:
    return act(when(seconds), actor, "", kind, object=target, **{"platform": "x", "server": "", **more})


def test_two_accounts_that_repost_the_same_within_the_window_are_paired_once() -> None:
    table = interactions(
        share(0, "b", "p1"),
        share(10, "a", "p1"),
        share(100, "a", "p2"),
        share(111, "b", "p2"),
        share(200, "b", "p3"),
        share(201, "a", "p3"),
        share(201, "c", "p3"),
        share(202, "a", "p3", "like"),
    )
    found = analysis.coordination(table, kind="co-retweet", window_s=10)
    row = found.iloc[0]
    assert len(found) == 1
    assert row[["a", "b", "kind", "weight", "n_objects", "shares_a", "shares_b"]].tolist() == [
        "a",
        "b",
        "co-retweet",
        2,
        2,
        2,
        2,
    ]
    assert row["objects"] == ("x p1", "x p3")
    assert (row["first"], row["last"], row["median_s"], row["window_s"]) == (
        at(when(0)),
        at(when(201)),
        5.5,
        10,
    )
    assert row["exhibits"] == tuple(f"2026-0417-E000{n}#/0" for n in (0, 1, 4, 5))
    assert (row["a_handle"], row["b_handle"]) == ("a@town", "b@town")
    assert found.attrs["counts"]["other_kinds"] == 1


def test_one_object_shared_again_and_again_is_many_pairs_but_one_object() -> None:
    table = interactions(*(share(n, actor, "p") for n in range(3) for actor in "ab"))
    found = analysis.coordination(table, kind="co-retweet", window_s=60)
    assert found[["weight", "n_objects", "shares_a", "shares_b"]].to_numpy().tolist() == [[9, 1, 3, 3]]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("co-tweet", {"content": WORDS}, {"content": f"  {WORDS.upper()}\nhttps://t.example/x"}),
        (
            "co-tweet",
            {"content": "قال إن الاجتماع سيعقد غدا مساء"},
            {"content": "قال إن  الاجتماع سيعقد غدا مساء"},
        ),
        ("co-tweet", {"content": "Ｔｏｎｉｇｈｔ at the square 🙂"}, {"content": "tonight AT the square 🙂"}),
        (
            "co-link",
            {"links": ["https://a.example/1", "https://b.example"]},
            {"links": ["https://b.example"]},
        ),
        ("co-hashtag", {"tags": ["Город"]}, {"tags": ["город", "город"]}),
    ],
)
def test_each_kind_finds_what_is_the_same(kind: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    table = posts(
        post(when(0), "a", **one), post(when(5), "b", **other), post(when(6), "c", kind="repost", **one)
    )
    found = analysis.coordination(table, kind=kind, at_least=1)
    assert found[["a", "b", "weight", "n_objects"]].to_numpy().tolist() == [["a", "b", 1, 1]]
    assert found.attrs["counts"]["other_kinds"] == 1


def test_replies_to_one_post_are_paired_and_short_words_are_not() -> None:
    table = interactions(share(0, "a", "p", "reply"), share(3, "b", "p", "reply"), share(4, "c", "", "reply"))
    found = analysis.coordination(table, kind="co-reply", at_least=1)
    assert found[["a", "b"]].to_numpy().tolist() == [["a", "b"]]
    assert found.attrs["counts"]["no_object"] == 1
    short = analysis.coordination(
        posts(post(when(0), "a", content="Yes!"), post(when(1), "b", content="Yes!")),
        kind="co-tweet",
        at_least=1,
    )
    assert (len(short), short.attrs["counts"]["short"]) == (0, 2)


ADDRESS = "https://town.example/users/v/statuses/7"


def test_a_post_is_one_whether_an_act_names_it_by_address_or_by_its_number_on_the_server() -> None:
    """Mastodon names what is answered by its number; by its address where the answered post came along."""
    mastodon = {"platform": "mastodon", "server": "town.example"}
    table = interactions(share(0, "a", ADDRESS, "reply", **mastodon), share(3, "b", "7", "reply", **mastodon))
    said = posts(post(when(-60), "v", entity_id=ADDRESS, native_id="7", uri=ADDRESS))
    found = analysis.coordination(table, kind="co-reply", at_least=1, posts=said)
    assert found[["a", "b", "weight"]].to_numpy().tolist() == [["a", "b", 1]]
    assert found["objects"].tolist() == [(f"mastodon {ADDRESS}",)]
    assert len(analysis.coordination(table, kind="co-reply", at_least=1)) == 0


def test_one_answer_that_two_captures_identify_in_two_ways_is_one() -> None:
    """An act's identity has the account's handle where that was captured beside it, else a number."""
    ways = ("v@town.example", "accounts/7", "7")
    table = interactions(
        *(
            share(3 * n, who, "p", "reply", entity_id=f"{who}1#reply:{way}", post=f"{who}1")
            for n, who in enumerate("ab")
            for way in ways
        )
    )
    found = analysis.coordination(table, kind="co-reply", at_least=1)
    assert found[["weight", "shares_a", "shares_b"]].to_numpy().tolist() == [[1, 1, 1]]
    assert len(analysis.coordination(table, kind="co-reply")) == 0


def test_the_same_number_on_two_servers_is_two_posts() -> None:
    """Some servers number their posts from 1."""
    table = interactions(
        share(0, "a", "7", "reply", platform="mastodon", server="one.example"),
        share(1, "b", "7", "reply", platform="mastodon", server="two.example"),
        share(2, "c", "7", "reply", platform="mastodon", server="two.example"),
    )
    twice = posts(
        post(when(0), entity_id="p", native_id="7", uri=ADDRESS, server="two.example"),
        post(when(0), entity_id="q", native_id="7", uri=ADDRESS, server="two.example"),
    )
    for said in (None, twice):
        found = analysis.coordination(table, kind="co-reply", at_least=1, posts=said)
        assert found[["a", "b"]].to_numpy().tolist() == [["b", "c"]]
        assert found["objects"].tolist() == [("mastodon two.example 7",)]


def test_a_storm_is_cut_and_said_and_the_rest_is_kept() -> None:
    crowd = 20_000
    rows = pd.DataFrame(
        {
            "entity_id": [f"s{n}" for n in range(crowd + 2)],
            "exhibit": "E",
            "kind": "repost",
            "actor": [f"u{n}" for n in range(crowd)] + ["u1", "u2"],
            "actor_handle": "",
            "object": ["storm"] * crowd + ["quiet"] * 2,
            "published": at(when(0)),
        }
    )
    found = analysis.coordination(rows, kind="co-retweet", at_least=1)
    assert found[["a", "b", "n_objects"]].to_numpy().tolist() == [["u1", "u2", 1]]
    assert found.attrs["counts"]["crowded"] == crowd
    assert "that too many shared at once" in analysis.said(found)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from("abcde"), st.sampled_from(["p", "q", "مرحبا", "日本"])),
        max_size=25,
    ),
    st.sampled_from([0, 3, 10]),
    st.sampled_from([1, 2, 3]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_counts_are_those_of_plain_loops_in_any_order(
    shares: list[tuple[int, str, str]], window: int, participation: int, rng: Any
) -> None:
    made = interactions(*(share(seconds, actor, target) for seconds, actor, target in shares))
    mixed = made.iloc[rng.sample(range(len(made)), len(made))]
    options: dict[str, Any] = {
        "kind": "co-retweet",
        "window_s": window,
        "at_least": 1,
        "min_participation": participation,
    }
    one, other = analysis.coordination(made, **options), analysis.coordination(mixed, **options)
    pd.testing.assert_frame_equal(one, other)
    assert {(a, b): n for a, b, n in one[["a", "b", "weight"]].itertuples(index=False)} == plain_loops(
        shares, window, participation
    )


def plain_loops(
    shares: list[tuple[int, str, str]], window: int, participation: int
) -> dict[tuple[str, str], int]:
    """CooRTweet's steps, as its R code takes them: filter, all pairs of an object, loops out, filter again."""
    often = Counter(actor for _, actor, _ in shares)
    kept = [(number, *one) for number, one in enumerate(shares) if often[one[1]] >= participation]
    near = [
        (one, other)
        for one, other in combinations(kept, 2)
        if one[3] == other[3] and abs(one[1] - other[1]) <= window and one[2] != other[2]
    ]
    taking_part = Counter(actor for _, _, actor, _ in {one for pair in near for one in pair})
    return dict(
        Counter(
            (min(one[2], other[2]), max(one[2], other[2]))
            for one, other in near
            if max(taking_part[one[2]], taking_part[other[2]]) >= participation
        )
    )


@pytest.mark.parametrize("kind", ["co-retweet", "co-reply", "co-tweet", "co-link", "co-hashtag"])
def test_nothing_one_row_and_undated_rows_give_an_empty_table(kind: str) -> None:
    acts = kind in {"co-retweet", "co-reply"}
    verb = {"co-retweet": "repost", "co-reply": "reply"}.get(kind, "")
    one = (
        share(0, "a", "p", verb)
        if acts
        else post(when(0), "a", content=WORDS, links=["https://a"], tags=["t"])
    )
    undated = {**one, "published": None, "published_basis": "ambiguous"}
    fill = interactions if acts else posts
    for table in (pd.DataFrame(), fill(), fill(one), fill(undated, undated)):
        found = analysis.coordination(table, kind=kind)
        assert len(found) == 0
        assert list(found.columns)[:6] == ["a", "a_handle", "b", "b_handle", "kind", "weight"]
        assert list(found.columns)[-4:] == ["exhibits", "exhibit_count", "method", "parameters"]


def test_shares_years_apart_are_not_near_however_many_there_are() -> None:
    far = [share(n * 3e8, actor, f"p{n % 7}") for n in range(20) for actor in "a"]
    far += [share(n * 3e8 + 11, "b", f"p{n % 7}") for n in range(20)]
    table = interactions(*far)
    assert len(analysis.coordination(table, kind="co-retweet", window_s=10, at_least=1)) == 0
    found = analysis.coordination(table, kind="co-retweet", window_s=11, at_least=1)
    assert found["weight"].tolist() == [20]
    assert np.isclose(found["median_s"].iloc[0], 11)


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "co-like"}, {"window_s": -1}, {"at_least": 0}, {"max_pairs": 10**9}, {"min_participation": 0}],
)
def test_parameters_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        analysis.coordination(posts(), **{"kind": "co-tweet", **wrong})


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        analysis.coordination(posts().drop(columns="links"), kind="co-link")
    assert caught.value.expected == "links"
