"""Contacts and the network: counts beside plain loops, who is who, and nothing from nowhere."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, at, interactions
from workbench import analysis
from workbench.errors import UsageError


def test_last_contacts_are_the_latest_first_with_their_direction() -> None:
    table = interactions(
        act("2026-03-01T10:00:00Z", "a", "b"),
        act("2026-03-02T10:00:00Z", "b", "a", "reply"),
        act("2026-03-03T10:00:00Z", "a", "b", "like"),
        act("2026-03-04T10:00:00Z", "c", "a"),
        act("2026-03-05T10:00:00Z", "b", "c"),
        act(None, "a", "d"),
    )
    found = analysis.last_contacts(table, person="@A@Town")
    assert found[["peer", "direction", "n"]].to_numpy().tolist() == [
        ["c", "in", 1],
        ["b", "out", 2],
        ["b", "in", 1],
        ["d", "out", 1],
    ]
    both = found[(found["peer"] == "b") & (found["direction"] == "out")].iloc[0]
    assert (both["first"], both["last"]) == (at("2026-03-01T10:00:00Z"), at("2026-03-03T10:00:00Z"))
    assert (both["last_kind"], both["kinds"]) == ("like", "like, mention")
    assert both["exhibits"] == ("2026-0417-E0002#/0", "2026-0417-E0000#/0")
    assert found["n_undated"].tolist() == [0, 0, 0, 1]
    earlier = analysis.last_contacts(table, person="a", until="2026-03-02T12:00:00Z")
    assert earlier.attrs["counts"]["out_of_window"] == 2
    assert earlier["peer"].tolist() == ["b", "b", "d"]


def test_two_accounts_of_one_person_are_not_contacts_of_each_other() -> None:
    table = interactions(act("2026-03-01T10:00:00Z", "a", "a2"), act("2026-03-01T11:00:00Z", "a2", "b"))
    assert analysis.last_contacts(table, person=["a", "a2"])["peer"].tolist() == ["b"]


def test_a_handle_names_the_account_that_alone_bears_it_on_that_platform() -> None:
    table = interactions(
        act("2026-03-01T10:00:00Z", "a", "b"),
        act("2026-03-01T11:00:00Z", "a", "", target_handle="@B@Town"),
        act("2026-03-01T12:00:00Z", "a", "", target_handle="b@town", platform="telegram"),
        act("2026-03-01T13:00:00Z", "a", ""),
    )
    graph = analysis.interaction_network(table)
    assert sorted(graph) == ["a", "b", "telegram:@b@town"]
    assert graph.edges["a", "b", "mention"]["n"] == 2
    assert graph.graph["counts"]["no_peer"] == 1


def test_a_handle_of_two_accounts_names_neither() -> None:
    table = interactions(
        act("2026-03-01T10:00:00Z", "a", "b"),
        act("2026-03-01T10:00:00Z", "a", "b2", target_handle="b@town"),
        act("2026-03-01T11:00:00Z", "a", "", target_handle="b@town"),
    )
    assert sorted(analysis.interaction_network(table)) == ["a", "b", "b2", "mastodon:@b@town"]


def test_edges_say_when_how_often_and_from_which_bytes() -> None:
    table = interactions(
        act("2026-03-02T10:00:00Z"),
        act("2026-03-01T10:00:00.5Z"),
        act(None),
        act("2026-03-03T10:00:00Z", kind="like"),
    )
    graph = analysis.interaction_network(table)
    assert isinstance(graph, nx.MultiDiGraph)
    edge = graph.edges["a", "b", "mention"]
    assert (edge["n"], edge["n_undated"]) == (3, 1)
    assert (edge["first"], edge["last"]) == ("2026-03-01T10:00:00.500000Z", "2026-03-02T10:00:00.000000Z")
    assert edge["exhibits"] == ("2026-0417-E0001#/0", "2026-0417-E0000#/0", "2026-0417-E0002#/0")
    assert graph.nodes["b"] == {"handle": "b@town", "platform": "mastodon", "server": ""}
    only = analysis.interaction_network(table, kinds=["like"])
    assert list(only.edges(keys=True)) == [("a", "b", "like")]
    assert only.graph["counts"]["other_kinds"] == 3
    assert analysis.interaction_network(interactions(act(None))).edges["a", "b", "mention"]["first"] == ""


def test_one_kind_as_a_word_is_refused() -> None:
    with pytest.raises(UsageError, match="list"):
        analysis.interaction_network(interactions(act(None)), kinds="like")


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abcд"), st.sampled_from(["reply", "like"])),
        max_size=30,
    )
)
@settings(max_examples=40, deadline=None)
def test_the_network_counts_what_a_plain_loop_counts(triples: list[tuple[str, str, str]]) -> None:
    table = interactions(*(act("2026-03-01T00:00:00Z", *triple) for triple in triples))
    graph = analysis.interaction_network(table)
    expected = Counter(triple for triple in triples if triple[0] != triple[1])
    assert {edge: about["n"] for edge, about in graph.edges.items()} == dict(expected)
    assert graph.graph["counts"]["to_self"] == sum(a == b for a, b, _ in triples)


def test_a_post_that_answers_and_names_an_account_counts_once_as_the_answer() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", "a", "b", "reply", post="p1"),
        act("2026-03-01T00:00:00Z", "a", "b", "mention", post="p1"),
        act("2026-03-01T00:00:00Z", "a", "c", "mention", post="p1"),
        act("2026-03-02T00:00:00Z", "a", "b", "mention", post="p2"),
        act("2026-03-03T00:00:00Z", "b", "a", "quote", post="p3"),
        act("2026-03-03T00:00:00Z", "b", "a", "mention", post="p3"),
        act("2026-03-04T00:00:00Z", "b", "a", "mention"),
        act("2026-03-04T00:00:00Z", "b", "a", "reply"),
    )
    found = analysis.last_contacts(table, person="a")
    rows = {(row.peer, row.direction): (row.n, row.kinds) for row in found.itertuples()}
    assert rows == {
        ("b", "in"): (3, "mention, quote, reply"),
        ("b", "out"): (2, "mention, reply"),
        ("c", "out"): (1, "mention"),
    }
    assert found.attrs["counts"]["answered"] == 2
    assert "2 mentions of an account that the same post answers" in analysis.said(found)
    tied = analysis.ties(table)
    assert {(row.a, row.b, row.kind): row.n for row in tied.itertuples()} == {
        ("a", "b", "mention"): 1,
        ("a", "b", "reply"): 1,
        ("a", "c", "mention"): 1,
        ("b", "a", "mention"): 1,
        ("b", "a", "quote"): 1,
        ("b", "a", "reply"): 1,
    }
    (both,) = analysis.mutual_contacts(table, person="a").itertuples()
    assert (both.n_out, both.n_in) == (2, 3)


def test_several_accounts_can_be_looked_at_apart_and_acts_among_them_count() -> None:
    acts = interactions(
        act("2026-03-01T10:00:00Z", "a", "x"),
        act("2026-03-02T10:00:00Z", "b", "x"),
        act("2026-03-03T10:00:00Z", "a", "b"),
        act("2026-03-04T10:00:00Z", "a", "a"),
    )
    joined = analysis.last_contacts(acts, person=("a", "b"))
    assert joined[["peer", "direction", "n"]].to_numpy().tolist() == [["x", "out", 2]]
    apart = analysis.last_contacts(acts, person=("a", "b"), apart=True)
    assert apart[["account", "peer", "direction", "n"]].to_numpy().tolist() == [
        ["b", "a", "in", 1],
        ["a", "b", "out", 1],
        ["b", "x", "out", 1],
        ["a", "x", "out", 1],
    ]
    assert apart["account_handle"].tolist() == ["b@town", "a@town", "b@town", "a@town"]


def test_what_one_post_does_towards_one_account_counts_once_however_it_is_identified() -> None:
    """Captured twice: one source names the account by its number, the other by its handle."""
    when = "2026-03-01T10:00:00Z"
    table = interactions(
        act(when, "a", "b", "mention", entity_id="p1#mention:b@town", post="p1"),
        act(when, "a", "b", "mention", entity_id="p1#mention:accounts/b", post="p1"),
        act(when, "a", "", "mention", entity_id="p1#mention:@b", post="p1", target_handle="@B@town"),
        act(when, "a", "c", "mention", entity_id="p1#mention:c@town", post="p1"),
        act(when, "a", "b", "mention", entity_id="p2#mention:b@town", post="p2"),
        act("2026-03-01T11:00:00Z", "a", "b", "like", entity_id="l1", post="p2"),
        act("2026-03-01T12:00:00Z", "a", "b", "like", entity_id="l2", post="p2"),
    )
    found = analysis.last_contacts(table, person="a").set_index("peer")
    assert found["n"].to_dict() == {"b": 4, "c": 1}
    assert found.attrs["counts"]["repeated"] == 2
    ties = analysis.ties(table).set_index(["b", "kind"])["n"].to_dict()
    assert ties == {("b", "mention"): 2, ("b", "like"): 2, ("c", "mention"): 1}
