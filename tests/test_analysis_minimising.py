"""Bystanders minimised: a neutral name that stays, nothing of them on the page, and the way back by exhibit."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import act, interactions, post, posts
from tests.looks_kit import carried, file, files, media
from workbench import analysis
from workbench.errors import UsageError


def one(actor: str, target: str, **more: Any) -> dict[str, Any]:
    """Make an act of accounts known as Mastodon knows them."""
    names = {
        side: f"https://town.example/users/{name}" for side, name in (("actor", actor), ("target", target))
    }
    return act("2026-03-01T10:00:00Z", **names) | {
        "actor_handle": f"@{actor}@town.example",
        "target_handle": f"{target}@town.example",
        **more,
    }


def test_those_whom_the_case_names_are_shown_and_others_are_not() -> None:
    ties = analysis.ties(interactions(one("mira", "bob"), one("bob", "anna"), one("mira", "pavel")))
    found = analysis.minimised(ties, known=["@Mira@town.example", "pavel"])
    assert found[["a", "b"]].to_numpy().tolist() == [
        ["account 2", "account 1"],
        ["https://town.example/users/mira", "account 2"],
        ["https://town.example/users/mira", "https://town.example/users/pavel"],
    ]
    assert found["a_handle"].tolist() == ["account 2", "mira@town.example", "mira@town.example"]
    assert found.attrs["counts"]["minimised"] == 2
    assert "2 accounts outside the named ones are under neutral names" in analysis.said(found)
    pd.testing.assert_series_equal(found["exhibits"], ties["exhibits"])
    assert "bob" not in found.drop(columns="exhibits").to_csv()


def test_asked_for_they_are_shown() -> None:
    ties = analysis.ties(interactions(one("mira", "bob")))
    pd.testing.assert_frame_equal(analysis.minimised(ties, known=[], shown=True), ties)


def test_several_results_share_their_names() -> None:
    acts = interactions(one("mira", "bob"), one("bob", "anna"), one("zoe", "anna"))
    names = analysis.neutral_names(acts, known=["mira@town.example"])
    assert names.count == 3
    groups = analysis.minimised(analysis.groups(acts), known=[], names=names)
    contacts = analysis.last_contacts(acts, person="bob@town.example")
    told = analysis.minimised(contacts, known=[], names=names)
    assert sorted(groups["node"]) == [
        "account 1",
        "account 2",
        "account 3",
        "https://town.example/users/mira",
    ]
    assert dict(zip(contacts["peer"].str[-4:], told["peer"], strict=True))["anna"] == "account 1"


def test_who_was_not_counted_before_is_not_shown_for_it() -> None:
    names = analysis.neutral_names(interactions(one("mira", "bob")), known=["mira@town.example"])
    later = interactions(
        one("bob", "zoe"), act(None, "https://town.example/users/mira", "") | {"target_handle": "pat@x"}
    )
    found = analysis.minimised(analysis.ties(later), known=[], names=names)
    assert sorted(set(found["a"]) | set(found["b"])) == [
        "account 1",
        "account 2",
        "account 3",
        "https://town.example/users/mira",
    ]


def test_an_account_known_by_its_handle_alone_is_named_as_an_account() -> None:
    acts = interactions(act(None, "m", "") | {"target_handle": "@bob@town.example"})
    names = analysis.neutral_names(acts, known=["m"])
    assert names.of("mastodon:@bob@town.example") == "account 1"
    assert analysis.minimised(analysis.ties(acts), known=["m"], names=names)["b"].tolist() == ["account 1"]


def test_a_graph_is_renamed_whole() -> None:
    graph = analysis.interaction_network(interactions(one("mira", "bob"), one("bob", "mira")))
    found: Any = analysis.minimised(graph, known=["mira@town.example"])
    mira = "https://town.example/users/mira"
    assert sorted(found.edges(keys=True)) == [("account 1", mira, "mention"), (mira, "account 1", "mention")]
    assert found.nodes["account 1"] == {"handle": "account 1", "platform": "mastodon", "server": ""}
    assert found.nodes[mira]["server"] == "town.example"
    assert found.graph["counts"]["minimised"] == 1
    assert found.edges["account 1", mira, "mention"]["exhibits"]
    assert min(graph) == "https://town.example/users/bob"


def test_addresses_and_lists_that_name_a_bystander_are_withheld() -> None:
    told = posts(
        post(
            "2026-03-01T10:00:00Z",
            "https://town.example/users/bob",
            author_handle="bob@town.example",
            entity_id="p1",
        ),
        post(
            "2026-03-02T10:00:00Z",
            "https://town.example/users/mira",
            author_handle="mira@town.example",
            entity_id="p2",
        ),
    )
    addresses = told.assign(
        uri=["https://town.example/@bob/1", "https://town.example/@mira/2"],
        links=pd.Series(
            [("https://x.example/a", "https://town.example/users/Bob/statuses/1"), ()], dtype=object
        ),
    )
    found = analysis.minimised(addresses, known=["mira@town.example"])
    assert found["uri"].tolist() == ["address of account 1", "https://town.example/@mira/2"]
    assert found["links"].tolist() == [("https://x.example/a", "address of account 1"), ()]


def test_a_bystanders_act_towards_a_known_account_is_withheld_too() -> None:
    frame = pd.DataFrame(
        {
            "actor": ["https://town.example/users/bob", "https://town.example/users/mira"],
            "actor_handle": ["@bob@town.example", "@mira@town.example"],
            "entity_id": [
                "https://town.example/users/bob/statuses/1#mention:@mira@town.example",
                "https://town.example/users/mira/statuses/2#mention:@bob@town.example",
            ],
        }
    )
    found = analysis.minimised(frame, known=["mira@town.example"])
    assert found["entity_id"].tolist() == ["address of account 1"] * 2


def test_a_name_that_a_known_one_bears_elsewhere_is_told_apart_by_server() -> None:
    acts = interactions(one("mira", "anna"), act(None, "x", "y") | {"target_handle": "mira@other.example"})
    table = acts.assign(uri=["https://town.example/@mira/1", "https://other.example/@mira/1"])
    found = analysis.minimised(table, known=["mira@town.example"])
    assert found["uri"].tolist() == ["https://town.example/@mira/1", "address of account 3"]


def test_two_accounts_of_one_handle_stay_two() -> None:
    acts = interactions(
        act(None, "id-1", "m", actor_handle="bob"), act(None, "id-2", "m", actor_handle="bob", platform="x")
    )
    found = analysis.minimised(acts, known=["m"])
    assert found["actor"].tolist() == ["account 1", "account 2"]
    assert found["actor_handle"].tolist() == ["account 1", "account 2"]


def test_files_are_no_accounts_and_words_stay_verbatim() -> None:
    near = analysis.near_duplicates(files(file("one", 0x0123456789ABCDEF), file("two", 0x0123456789ABCDEF)))
    found = analysis.minimised(near, known=[])
    assert found["a"].tolist() == ["sha256:one"]
    told = analysis.timeline(posts(post("2026-03-01T10:00:00Z", "bob", content="bob@town")))
    assert analysis.minimised(told, known=[])["words"].tolist() == ["bob@town"]
    assert analysis.minimised(told, known=[])["who"].tolist() == ["account 1"]


def test_words_in_a_column_of_any_name_stay_whole() -> None:
    said = "look at https://town.example/@bob"
    table = interactions(one("mira", "bob")).assign(excerpt=said)
    assert analysis.minimised(table, known=["mira@town.example"])["excerpt"].tolist() == [said]


def test_who_reposted_is_minimised_too() -> None:
    told = posts(post("2026-03-01T10:00:00Z", "bob", entity_id="p"))
    acts = interactions(act("2026-03-01T11:00:00Z", "r", "bob", "repost", object="p"))
    found = analysis.minimised(analysis.spread(media(carried("p", sha256="x")), told, acts), known=["r"])
    assert (found["who"].iloc[0], found["whom"].iloc[0]) == ("r", "account 1")


@given(st.lists(st.tuples(st.sampled_from("abcд文"), st.sampled_from("abcд文")), max_size=12), st.randoms())
@settings(max_examples=40, deadline=None)
def test_names_do_not_depend_on_the_order_of_rows(pairs: list[tuple[str, str]], chance: Any) -> None:
    acts = interactions(*(act(None, a, b) for a, b in pairs))
    order = list(range(len(acts)))
    chance.shuffle(order)
    names = analysis.neutral_names(acts, known=["a"])
    assert analysis.neutral_names(acts.iloc[order], known=["a"]) == names
    outside = {name for pair in pairs for name in pair} - {"a"}
    assert {names.names[name] for name in outside} == {f"account {n + 1}" for n in range(len(outside))}
    shown = analysis.minimised(acts, known=["a"])
    assert not set(shown["actor"]) & outside
    assert not {handle.partition("@")[0] for handle in shown["actor_handle"]} & outside


def test_one_name_for_a_list_is_refused() -> None:
    with pytest.raises(UsageError, match="list"):
        analysis.minimised(interactions(), known="mira")


def test_an_account_known_by_its_handle_alone_is_counted_among_the_hidden() -> None:
    found = pd.DataFrame({"node": ["x:@ann", "x:@bob", "x:@cy"], "handle": ["ann", "bob", "cy"]})
    whole = analysis.neutral_names(
        pd.DataFrame({"node": ["1", "2", "3"], "handle": ["ann", "bob", "cy"]}), known=["cy"]
    )
    hidden = analysis.minimised(found, known=["cy"], names=whole)
    assert hidden["node"].tolist() == ["account 1", "account 2", "x:@cy"]
    assert hidden.attrs["counts"]["minimised"] == 2


def test_an_act_between_accounts_known_by_number_names_neither() -> None:
    named = {"actor": "x.com/accounts/42", "target": "x.com/accounts/7"}
    named["entity_id"] = f"{named['actor']}#follow:{named['target']}"
    found = analysis.minimised(interactions(one("mira", "bob") | named), known=["x.com/accounts/42"])
    assert found["entity_id"].tolist() == ["address of account 1"]


def test_an_account_called_as_a_platform_is_changes_no_code() -> None:
    told = [
        one("mira", "bob", kind="reply") | {"target": f"x.com/accounts/{number}", "target_handle": handle}
        for number, handle in ((7, "@Mastodon"), (8, "@reply"))
    ]
    acts = interactions(*told)
    found = analysis.minimised(acts, known=["mira@town.example"])
    assert found["platform"].tolist() == acts["platform"].tolist() == ["mastodon"] * 2
    assert found["kind"].tolist() == ["reply", "reply"]
    assert found["target_handle"].tolist() == ["account 1", "account 2"]


def test_nodes_whose_handles_several_bear_stay_apart() -> None:
    told = [
        one("mira", "bob") | {"target": target, "target_handle": f"@{name}@town.example"}
        for name, numbers in (("bob", "12"), ("eve", "34"))
        for target in (*(f"https://town.example/users/{number}" for number in numbers), "")
    ]
    acts, known = interactions(*told), ["mira@town.example"]
    graph = analysis.interaction_network(acts)
    found = analysis.minimised(graph, known=known, names=analysis.neutral_names(acts, known=known))
    assert found.number_of_nodes() == graph.number_of_nodes() == 7
    assert {"an account (1)", "an account (2)"} <= set(found.nodes)
