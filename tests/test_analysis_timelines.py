"""The timeline: one order of time, each thing told once."""

from __future__ import annotations

from tests.analysis_kit import act, interactions, post, posts
from workbench import analysis


def test_posts_and_acts_without_a_post_stand_in_one_order() -> None:
    table = posts(
        post("2026-03-08T07:30:00Z", content="later", entity_id="p2"),
        post("2026-03-08T06:30:00Z", content="earlier", entity_id="p1", published_basis="explicit"),
    )
    more = interactions(
        act("2026-03-08T06:30:00Z", post="p1", entity_id="i1"),
        act("2026-03-08T07:00:00Z", kind="like", entity_id="i2"),
        act(None, kind="like", entity_id="i3"),
    )
    told = analysis.timeline(table, more, zone="America/New_York")
    assert told["what"].tolist() == ["post", "like", "post"]
    assert told["words"].tolist() == ["earlier", "", "later"]
    assert told["towards"].tolist() == ["b@town", "b@town", ""]
    # Clocks in New York went from 2:00 to 3:00 that night.
    assert told["local"].dt.strftime("%H:%M %Z").tolist() == ["01:30 EST", "03:00 EDT", "03:30 EDT"]
    assert told["basis"].tolist()[0] == "explicit"
    assert told.attrs["counts"]["undated"] == 1


def test_an_act_without_a_post_is_not_told_by_a_post_without_identity() -> None:
    told = analysis.timeline(
        posts(post("2026-03-08T07:00:00Z", entity_id="")),
        interactions(act("2026-03-08T08:00:00Z", kind="like")),
    )
    assert told["what"].tolist() == ["post", "like"]


def test_a_repost_says_whom_it_passes_on() -> None:
    told = analysis.timeline(
        posts(post("2026-03-08T07:00:00Z", kind="repost", content="", entity_id="r1")),
        interactions(act("2026-03-08T07:00:00Z", kind="repost", post="r1", target_handle="ada@far")),
    )
    assert told[["what", "towards"]].to_numpy().tolist() == [["repost", "ada@far"]]


def test_a_post_says_whom_it_addresses_where_that_is_one_account() -> None:
    table = posts(*(post("2026-03-08T07:00:00Z", entity_id=name) for name in ("p1", "p2", "p3")))
    acts = interactions(
        act("2026-03-08T07:00:00Z", kind="mention", post="p1", entity_id="i1"),
        act("2026-03-08T07:00:00Z", kind="quote", post="p1", entity_id="i2"),
        act("2026-03-08T07:00:00Z", kind="mention", post="p2", entity_id="i3"),
        act("2026-03-08T07:00:00Z", kind="mention", post="p2", entity_id="i4", target="c"),
        # Who likes a post does not make it address anybody.
        act("2026-03-08T08:00:00Z", kind="like", post="p3", entity_id="i5"),
    )
    told = analysis.timeline(table, acts)
    assert told[["entity_id", "towards"]].to_numpy().tolist() == [["p1", "b@town"], ["p2", ""], ["p3", ""]]


def test_of_a_post_that_is_not_there_the_answer_is_told_and_not_its_mention_too() -> None:
    acts = interactions(
        act("2026-03-08T08:00:00Z", kind="mention", post="p9", entity_id="i1"),
        act("2026-03-08T08:00:00Z", kind="reply", post="p9", entity_id="i2"),
        act("2026-03-08T08:00:00Z", kind="mention", post="p9", entity_id="i3", target="c"),
    )
    told = analysis.timeline(posts(), acts)
    assert told[["what", "towards"]].to_numpy().tolist() == [["reply", "b@town"], ["mention", "c@town"]]
    assert told.attrs["counts"]["answered"] == 1
