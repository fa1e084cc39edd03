"""Threads: before and after a post, what was not captured named, circles survived, the same in any order."""

from __future__ import annotations

from random import Random
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import post, posts
from workbench import analysis
from workbench.lineage import ancestors


def said(number: int, answers: int | str | None = None, **more: Any) -> dict[str, Any]:
    name = "" if answers is None else str(answers)
    when = f"2026-03-01T10:{number:02d}:00Z"
    names = {"entity_id": f"e{number}", "native_id": str(number), "exhibit": f"2026-0417-E{number:04d}#/0"}
    return post(when, "abc"[number % 3], in_reply_to=name, content=f"words {number}", **names, **more)


def told(found: pd.DataFrame) -> list[tuple[str, int, str]]:
    return list(zip(found["post"], found["depth"], found["place"], strict=True))


CONVERSATION = posts(said(0), said(1, 0), said(2, 0), said(3, 1), said(4, 3), said(5, 1), said(9))


def test_a_conversation_is_told_from_its_first_post_down() -> None:
    found = analysis.threads(CONVERSATION)
    assert told(found) == [
        ("e0", 0, ""),
        ("e1", 1, ""),
        ("e3", 2, ""),
        ("e4", 3, ""),
        ("e5", 2, ""),
        ("e2", 1, ""),
    ]
    assert set(found["root"]) == {"e0"}
    assert found["order"].tolist() == list(range(6))
    assert found["parent"].tolist() == ["", "e0", "e1", "e3", "e1", "e0"]
    assert found["words"].tolist()[:2] == ["words 0", "words 1"]


@pytest.mark.parametrize("around", ["e3", "3", "2026-0417-E0003#/0", "2026-0417-E0003"])
def test_before_and_after_are_told_from_beside(around: str) -> None:
    assert told(analysis.threads(CONVERSATION, around=around)) == [
        ("e0", 0, "before"),
        ("e1", 1, "before"),
        ("e3", 2, "it"),
        ("e4", 3, "after"),
        ("e5", 2, "beside"),
        ("e2", 1, "beside"),
    ]
    near = analysis.thread_of(CONVERSATION, around, before=1)
    assert told(near) == [("e1", 1, "before"), ("e3", 2, "it"), ("e4", 3, "after")]
    assert near.attrs["counts"]["not_shown"] == 1


def test_a_post_alone_is_given_when_asked_for() -> None:
    assert told(analysis.threads(CONVERSATION, around="e9")) == [("e9", 0, "it")]
    assert len(analysis.threads(CONVERSATION, around="nothing")) == 0


def test_what_was_not_captured_is_named_and_cites_its_answers() -> None:
    table = posts(said(1, 77, in_reply_to_author="ghost@town"), said(2, 77), said(3, 2))
    found = analysis.threads(table, around="e3")
    first = found.iloc[0]
    assert told(found) == [("77", 0, "before"), ("e1", 1, "beside"), ("e2", 1, "before"), ("e3", 2, "it")]
    assert (first["note"], first["author_handle"], first["words"], first["root"]) == (
        "not captured",
        "ghost@town",
        "",
        "77",
    )
    assert first["exhibits"] == ("2026-0417-E0001#/0", "2026-0417-E0002#/0")
    assert pd.isna(first["at"])


def test_answers_are_found_by_address_and_not_on_another_server() -> None:
    table = posts(
        said(0, uri="https://town.example/0"),
        said(1, "https://town.example/0"),
        said(2, 0, server="other.example"),
    )
    found = analysis.threads(table)
    assert told(found) == [("e0", 0, ""), ("e1", 1, ""), ("0", 0, ""), ("e2", 1, "")]


def test_circles_are_cut_at_their_earliest_post() -> None:
    found = analysis.threads(posts(said(1, 2), said(2, 3), said(3, 1), said(4, 4), said(5, 2)))
    assert told(found) == [("e1", 0, ""), ("e3", 1, ""), ("e2", 2, ""), ("e5", 3, "")]
    assert found["note"].tolist() == ["answers itself in a circle", "", "", ""]


def test_a_chain_of_any_length_is_walked_whole_and_once_however_much_of_it_is_asked_for() -> None:
    """An archive is one exhibit with all its posts: as many walks as posts would take hours."""
    long = 12_000
    minutes = pd.date_range("2026-03-01T00:00:00Z", periods=long, freq="min").astype(str).tolist()
    table = posts(
        *(
            post(
                at, entity_id=f"p{n}", native_id=str(n), exhibit=f"E{n // 6000}#/{n}", in_reply_to=str(n - 1)
            )
            for n, at in enumerate(minutes)
        )
    )
    found = analysis.threads(table, around=f"p{long - 1}")
    assert found["place"].value_counts().to_dict() == {"before": long, "it": 1}  # with what p0 answers
    found = analysis.threads(table, around="E1")
    assert found["place"].value_counts().to_dict() == {"before": 6001, "it": 6000}


def test_messages_of_a_chat_stand_in_order_of_time() -> None:
    chat = {"kind": "message", "conversation": "room 7"}
    table = posts(
        said(0, **chat), said(1, **chat), said(2, 0, **chat), said(3, **chat), said(4, kind="message")
    )
    found = analysis.thread_of(table, "e2", before=1)
    assert told(found) == [("e1", 0, "before"), ("e2", 1, "it"), ("e3", 0, "after")]
    assert set(found["root"]) == {"room 7"}


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=10),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_any_answers_in_any_order_give_forests_that_are_those_of_networkx(
    answers: list[int | None], rng: Random
) -> None:
    table = posts(*(said(number, above) for number, above in enumerate(answers)))
    mixed = table.iloc[rng.sample(range(len(table)), len(table))]
    one = analysis.threads(table)
    pd.testing.assert_frame_equal(one, analysis.threads(mixed))
    graph: nx.Graph[int] = nx.Graph()
    graph.add_edges_from(
        (number, above) for number, above in enumerate(answers) if above not in {None, number}
    )
    parts = sorted(len(part) for part in nx.connected_components(graph))
    assert sorted(one.groupby("root").size().tolist()) == parts
    for _, part in one.groupby("root"):
        places = dict(zip(part["post"], zip(part["order"], part["depth"], strict=True), strict=True))
        for name, above in zip(part["post"], part["parent"], strict=True):
            if above:
                assert places[above][0] < places[name][0]
                assert places[above][1] + 1 == places[name][1]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.integers(0, 5))
def test_walking_up_ends(parents: dict[str, str], most: int) -> None:
    way = list(ancestors("a", lambda name: parents.get(name, ""), most=most))
    assert len(way) == len(set(way)) <= most
    assert "a" not in way
