"""The table of acts: counted from captures, and beside it what people have said, of acts that are there or added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pandas as pd
import pytest

from tests.analysis_kit import CASE, act, at, interactions, made, post, posts
from workbench import analysis
from workbench.analysis.acts import UNNAMED
from workbench.errors import UsageError
from workbench.policy import acts
from workbench.policy.annotations import FORMAT, Annotation
from workbench.workspace import annotated

FOR_A_PERSON = (
    *("attributed_person", "attribution_basis", "contrary_facts", "directed_at_target", "directed_because"),
    *("prior_notice", "protected_reading", "remarks", "threat_reviewed_by", "reviewer", "written_by"),
)
CALLS = interactions(
    act("2026-03-01T00:00:00Z", post="p1", kind="reply", exhibit=f"{CASE}-E0001#/0"),
    act("2026-03-01T00:00:00Z", post="p1", kind="mention", exhibit=f"{CASE}-E0001#/0"),
    act("2026-03-01T00:30:00Z", post="p2", exhibit=f"{CASE}-E0001#/1"),
    act("2026-03-02T05:00:00Z", kind="message", entity_id="m1", exhibit=f"{CASE}-E0002#/0"),
)
WORDS = posts(
    post(
        "2026-03-01T00:00:00Z",
        entity_id="p1",
        content="I know where you <b>live</b>",
        exhibit=f"{CASE}-E0001#/0",
    ),
    post("2026-03-01T00:30:00Z", entity_id="p2", content="سأجدك", exhibit=f"{CASE}-E0004#/7"),
    post("2026-03-03T00:00:00Z", entity_id="p3", content="ask her what she did", exhibit=f"{CASE}-E0003#/0"),
)


def written(*bodies: Mapping[str, Any]) -> pd.DataFrame:
    """Make the case's annotations as the workspace gives them."""
    fixed: dict[str, Any] = {
        "format": FORMAT,
        "case": CASE,
        "at": "2026-03-21T00:00:00.000000Z",
        "by": "1001",
        "text": "",
    }
    made = [
        msgspec.convert(fixed | {"annotation": number, "exhibits": (1,)} | dict(body), Annotation)
        for number, body in enumerate(bodies, 1)
    ]
    return annotated.table(CASE, made)


def said(name: str, **more: Any) -> dict[str, Any]:
    sides = {side: more.pop(side, ()) for side in ("supports", "undercuts")}
    own: dict[str, Any] = {
        name: more.pop(name) for name in ("text", "by", "exhibits", "replaces") if name in more
    }
    return {"kind": "act", "act": name, "replaces": 0, "said": more, **sides, **own}


def notice(given: str, **more: Any) -> dict[str, Any]:
    return {"kind": "notice", "form": "request", "given": given, "reached": "", "replaces": 0, **more}


def found(*bodies: Mapping[str, Any], **more: Any) -> pd.DataFrame:
    return analysis.acts(CALLS, WORDS, target="b", entered=written(*bodies), **more)


def of(table: pd.DataFrame, name: str) -> Any:
    return table.set_index("act").loc[name]


def test_what_only_a_person_can_say_is_empty_until_somebody_says_it() -> None:
    table = analysis.acts(CALLS, WORDS, target="b")
    assert table["words"].tolist() == ["I know where you <b>live</b>", "سأجدك", ""]
    assert table["mechanism"].tolist() == ["mention, reply", "mention", "message"]
    assert table["occasion"].tolist() == [1, 1, 2]
    assert table["observed"].tolist() == [at("2026-03-20T12:00:00Z")] * 3
    assert table["captured"].isna().all()
    assert (table[list(FOR_A_PERSON)] == "").all(axis=None)
    assert table["annotation"].tolist() == [0, 0, 0]
    pd.testing.assert_frame_equal(table, found())


def test_what_was_said_stands_beside_what_was_captured() -> None:
    table = found(
        said("p1", mechanism="through third parties", attributed_person="R. Roe", directed_at_target="yes"),
        said(
            f"{CASE}-E0002#/0",
            directed_because="names her door",
            supports=("stalking/threat",),
            undercuts=("threats/ability",),
            exhibits=(7, 2),
            text="he was abroad",
        ),
    )
    one, two = of(table, "p1"), of(table, "m1")
    assert (one.mechanism, one.as_captured, one.attributed_person, one.annotation) == (
        "through third parties",
        "mention, reply",
        "R. Roe",
        1,
    )
    assert (two.directed_because, two.remarks, two.supports, two.undercuts) == (
        "names her door",
        "he was abroad",
        ("stalking/threat",),
        ("threats/ability",),
    )
    assert two.exhibits == (f"{CASE}-E0002#/0", f"{CASE}-E0007")
    assert two.exhibit_count == 2
    assert of(table, "p2").annotation == 0


def test_the_newest_words_about_an_act_count() -> None:
    table = found(
        said("p1", attributed_person="R. Roe"), said("p1", directed_at_target="no", by="1002", replaces=1)
    )
    one = of(table, "p1")
    assert (one.attributed_person, one.written_by, one.annotation) == ("", "1002", 2)


def test_acts_of_one_entered_occasion_are_one_and_others_are_parted_by_the_gap() -> None:
    assert found()["occasion"].tolist() == [1, 1, 2]
    joined = found(said("p1", occasion="door"), said("m1", occasion="door"))
    assert joined["occasion"].tolist() == [1, 2, 1]
    assert joined["occasion_basis"].tolist() == ["entered", "merge gap", "entered"]
    split = found(said("p2", occasion="the second"))
    assert split["occasion"].tolist() == [1, 2, 3]


def test_an_act_that_is_not_directed_or_has_no_time_is_not_counted() -> None:
    table = found(said("p1", directed_at_target="no"), said(f"{CASE}-E0009", words="seen on a wall"))
    assert of(table, "p1").occasion == 0
    assert of(table, "p2").occasion == 1
    undated = of(table, f"{CASE}-E0009")
    assert (undated.occasion, undated.words, undated.mechanism) == (0, "seen on a wall", "posts about")
    assert undated.occasion_basis == "not counted: no usable time"
    assert table["act"].tolist()[-1] == f"{CASE}-E0009"


def test_one_person_behind_two_accounts_has_one_count() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", "a", post="p1"), act("2026-03-01T00:10:00Z", "x", post="p2")
    )
    entered = written(*(said(name, attributed_person="R. Roe") for name in ("p1", "p2")))
    assert analysis.acts(table, WORDS, target="b")["occasion"].tolist() == [1, 1]
    assert analysis.acts(table, WORDS, target="b", entered=entered)["occasion"].tolist() == [1, 1]
    apart = interactions(
        act("2026-03-01T00:00:00Z", "a", post="p1"), act("2026-03-02T00:10:00Z", "x", post="p2")
    )
    assert analysis.acts(apart, WORDS, target="b")["occasion"].tolist() == [1, 1]
    assert analysis.acts(apart, WORDS, target="b", entered=entered)["occasion"].tolist() == [1, 2]


def test_one_attributed_act_does_not_make_two_out_of_one_account() -> None:
    table = found(said("p2", attributed_person="R. Roe"))
    assert table["occasion"].tolist() == [1, 1, 2]
    assert table["counted_for"].tolist() == ["R. Roe"] * 3
    assert of(table, "p1").attributed_person == ""
    assert analysis.acts_by_occasion(table)["who"].tolist() == ["R. Roe (a@town)"] * 2
    shared = found(said("p2", attributed_person="R. Roe"), said("m1", attributed_person="J. Doe"))
    assert shared["counted_for"].tolist() == ["a", "R. Roe", "J. Doe"]


def test_an_act_towards_two_accounts_of_one_person_is_one_act() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", "a", "b", post="p1"), act("2026-03-01T00:00:00Z", "a", "c", post="p1")
    )
    row = analysis.acts(table, WORDS, target=["b", "c"])
    assert row[["target", "occasion"]].to_numpy().tolist() == [["b, c", 1]]


def test_acts_of_some_accounts_are_looked_at_with_what_people_added() -> None:
    table = interactions(
        act("2026-03-01T00:00:00Z", "a", post="p1"), act("2026-03-01T00:10:00Z", "x", post="p2")
    )
    entered = written(said("p3", directed_because="her street"))
    row = analysis.acts(table, WORDS, target="b", actor="@X@town", entered=entered)
    assert row["act"].tolist() == ["p2", "p3"]
    assert row.attrs["counts"]["other_actors"] == 1


def test_a_post_about_somebody_is_an_act_once_a_person_adds_it() -> None:
    row = of(found(said(f"{CASE}-E0003#/0", directed_because="her street")), "p3")
    assert (row.words, row.actor, row.mechanism, row.target) == (
        "ask her what she did",
        "a",
        "posts about",
        "",
    )
    assert row.posted == at("2026-03-03T00:00:00Z")
    assert row.occasion == 3


def test_a_screenshot_is_an_act_with_what_a_person_reads_from_it() -> None:
    shot = f"{CASE}-E0040"
    row = of(
        found(said(shot, account="@roe", posted="2026-03-09T20:00-05:00", words="soon", exhibits=(40,))), shot
    )
    assert (row.actor, row.actor_handle, row.words, row.exhibits) == ("@roe", "@roe", "soon", (shot,))
    assert row.posted == at("2026-03-10T01:00:00Z")
    assert row.occasion == 1


def test_acts_after_a_notice_are_shown_as_after_it() -> None:
    table = found(
        notice("2026-03-01T00:10:00.000000Z", exhibits=(5,)),
        notice("2026-03-01T12:00:00.000000Z", form="order", reached="@A@town", exhibits=(6,)),
        notice("2026-03-01T12:00:00.000000Z", form="block", reached="other"),
    )
    assert table["after_notice"].tolist() == [
        "",
        f"request 2026-03-01 00:10 UTC ({CASE}-E0005)",
        f"request 2026-03-01 00:10 UTC ({CASE}-E0005); order 2026-03-01 12:00 UTC ({CASE}-E0006)",
    ]
    taken_back = found(
        notice("2026-03-01T00:10:00.000000Z"),
        notice("2026-03-01T00:10:00.000000Z", form="withdrawn", replaces=1),
    )
    assert (taken_back["after_notice"] == "").all()


def test_a_review_counts_for_the_words_that_were_read() -> None:
    reviews = [
        {"kind": "act-review", "act": "p1", "of": 1, "review": kind, "by": "2001", "text": "read"}
        for kind in ("act", "threat")
    ]
    row = of(found(said("p1", directed_at_target="yes"), *reviews), "p1")
    assert (row.reviewer, row.threat_reviewed_by) == ("2001", "2001")
    later = said("p1", directed_at_target="unclear", replaces=1)
    row = of(found(said("p1", directed_at_target="yes"), *reviews, later), "p1")
    assert (row.reviewer, row.threat_reviewed_by) == ("", "")


def test_when_the_log_took_it_in_is_a_third_time() -> None:
    taken = pd.DataFrame(
        {
            "exhibit": [f"{CASE}-E0001", f"{CASE}-E0002", f"{CASE}-E0004"],
            "at": [at(f"2026-03-{day}T13:00:00Z") for day in (20, 21, 22)],
        }
    )
    table = analysis.acts(CALLS, WORDS, target="b", exhibits=taken)
    assert table["captured"].tolist() == [at(f"2026-03-{day}T13:00:00Z") for day in (20, 22, 21)]


def test_a_case_without_posts_has_a_table_without_rows() -> None:
    nothing = analysis.acts(interactions(), posts(), target="b", entered=written())
    assert len(nothing) == 0
    assert list(nothing.columns) == list(found().columns)
    assert len(analysis.acts(pd.DataFrame(), pd.DataFrame(), target="b")) == 0


def test_another_table_is_not_taken_for_annotations() -> None:
    with pytest.raises(UsageError, match="not the case's annotations"):
        analysis.acts(CALLS, WORDS, target="b", entered=WORDS)


# --- by occasion, by element, as they were before ---------------------------------------------------

FILED = (
    said("p1", supports=("stalking/threat", "stalking/directed"), prior_notice="told at the door"),
    said("p2", supports=("stalking/threat", "other: a tag of her own"), undercuts=("stalking/directed",)),
    said("m1", protected_reading="a quotation"),
    notice("2026-03-01T12:00:00.000000Z", exhibits=(5,)),
)


def test_acts_are_gathered_by_occasion_with_what_is_cited_and_what_is_not() -> None:
    table = analysis.acts_by_occasion(found(*FILED))
    assert table[["who", "accounts", "occasion", "n_posts"]].to_numpy().tolist() == [
        ["a@town", "a", 1, 2],
        ["a@town", "a", 2, 1],
    ]
    one, two = table.iloc[0], table.iloc[1]
    assert (one["start"], one["end"]) == (at("2026-03-01T00:00:00Z"), at("2026-03-01T00:30:00Z"))
    assert one["words"] == "“I know where you <b>live</b>”\n“سأجدك”"
    assert one["mechanism"] == "mention, reply; mention"
    assert one["evidence_cited"] == "directed (1), threat (2), other: a tag of her own (1)"
    assert one["undercut"] == "directed (1)"
    assert one["none_cited"] == "wilful, three-acts, alarm, distress"
    assert two["none_cited"] == "wilful, three-acts, directed, alarm, distress, threat"
    assert (one["prior_notice"], two["prior_notice"]) == (
        "told at the door",
        f"request 2026-03-01 12:00 UTC ({CASE}-E0005)",
    )
    assert two["protected_reading"] == "a quotation"


def test_what_is_not_counted_is_left_out_of_the_occasions() -> None:
    table = analysis.acts_by_occasion(found(said("m1", directed_at_target="no")))
    assert table["occasion"].tolist() == [1]
    assert table.attrs["counts"]["not_counted"] == 1


def test_many_words_of_one_occasion_are_counted_not_dropped() -> None:
    many = interactions(*(act(f"2026-03-01T00:{n:02d}:00Z", post=f"p{n}") for n in range(30)))
    words = posts(
        *(post(f"2026-03-01T00:{n:02d}:00Z", entity_id=f"p{n}", content=f"word {n}") for n in range(30))
    )
    row = analysis.acts_by_occasion(analysis.acts(many, words, target="b")).iloc[0]
    assert row["words"].splitlines()[-2:] == ["“word 19”", "… and 10 more posts"]
    assert (row["n_posts"], len(row["exhibits"]), row["exhibit_count"]) == (30, 25, 30)


def test_an_element_has_evidence_cited_or_none_and_is_never_met() -> None:
    table = analysis.elements(found(*FILED)).set_index("element")
    threat, directed = table.loc["threat"], table.loc["directed"]
    assert (threat["cited"], threat["cited_against"], threat["n_acts"], threat["n_occasions"]) == (
        "evidence cited",
        "none cited",
        2,
        1,
    )
    assert (directed["cited"], directed["cited_against"]) == ("evidence cited", "evidence cited")
    assert threat["supporting"] == (
        f"{CASE}-E0001#/0",
        f"{CASE}-E0004#/7",
        f"{CASE}-E0001#/1",
    )
    assert directed["undercutting"] == (f"{CASE}-E0004#/7", f"{CASE}-E0001#/1")
    assert table.loc["other", "title"] == "a tag of her own"
    assert table.loc["alarm", "cited"] == "none cited"
    assert not any("met" in str(value).split() for value in table.to_numpy().ravel())


def test_an_act_whose_post_is_gone_says_so_keeps_its_words_and_cites_the_last_look() -> None:
    calls = interactions(act("2026-03-01T00:00:00Z", post="p1", exhibit="E1#/0"))
    seen = posts(
        post("2026-03-01T00:00:00Z", entity_id="p1", content="wait", exhibit="E1#/0"),
        post(
            None,
            "",
            entity_id="p1",
            author_handle="",
            state="not found",
            exhibit="E9#/",
            captured_at="2026-04-01T00:00:00Z",
        ),
    )
    table = analysis.acts(calls, seen, target="b")
    row = table.iloc[0]
    assert (row["state"], row["words"]) == ("not found", "wait")
    assert (row["exhibits"], row["exhibit_count"]) == (("E1#/0", "E9#/"), 2)
    told = analysis.act_histories(table, seen, changes=analysis.changes(seen))
    assert told[["what", "words"]].to_numpy().tolist() == [
        ["words as captured", "wait"],
        ["present → not found", ""],
    ]


def test_an_act_that_is_not_counted_is_filed_but_makes_no_occasion() -> None:
    filed = {"supports": ("stalking/threat",)}
    table = analysis.elements(found(said("p1", **filed), said("m1", directed_at_target="no", **filed)))
    threat = table.set_index("element").loc["threat"]
    assert (threat["n_acts"], threat["n_occasions"]) == (2, 1)


def test_only_offences_of_the_list_have_elements() -> None:
    assert analysis.elements(found(), offence_name="cyberbullying")["cited"].unique().tolist() == [
        "none cited"
    ]
    for call in (analysis.elements, analysis.acts_by_occasion):
        with pytest.raises(UsageError, match="not on the list"):
            call(found(), offence_name="treason")
        with pytest.raises(UsageError, match="not the table of acts"):
            call(WORDS)


def test_earlier_words_and_later_states_of_acts_are_shown() -> None:
    seen = posts(
        post("2026-03-01T00:00:00Z", entity_id="p1", content="first", captured_at="2026-03-02T00:00:00Z"),
        post("2026-03-01T00:00:00Z", entity_id="p1", content="second", captured_at="2026-03-03T00:00:00Z"),
        post(
            "2026-03-01T00:00:00Z",
            entity_id="p1",
            content="second",
            state="deleted by author",
            captured_at="2026-03-04T00:00:00Z",
        ),
        post("2026-03-01T00:30:00Z", entity_id="p2", content="once"),
        post("2026-03-01T00:30:00Z", entity_id="elsewhere", content="no act"),
    )
    versions = made(
        "post_versions",
        [{"entity_id": "p1", "version": 0, "published": "2026-02-28T23:00:00Z", "content": "zero"}],
    )
    table = analysis.act_histories(
        analysis.acts(CALLS, seen, target="b"), seen, versions=versions, changes=analysis.changes(seen)
    )
    assert table[["act", "what", "words"]].to_numpy().tolist() == [
        ["p1", "version kept by the platform", "zero"],
        ["p1", "words as captured", "first"],
        ["p1", "words as captured", "second"],
        ["p1", "present → deleted by author", ""],
    ]
    assert table["exhibits"].tolist()[1] == (f"{CASE}-E0000#/0",)


def test_an_attribution_does_not_reach_acts_of_which_no_account_is_known() -> None:
    shot = {"words": "a picture of a screen", "posted": "2026-03-05T00:00:00Z"}
    made = found(
        said(f"{CASE}-E0007", attributed_person="Bob", **shot),
        said(f"{CASE}-E0008", **shot | {"posted": "2026-03-06T00:00:00Z"}),
        said(f"{CASE}-E0009", account="x", **shot | {"posted": "2026-03-07T00:00:00Z"}),
    ).set_index("act")
    assert list(made.loc[[f"{CASE}-E000{n}" for n in (7, 8, 9)], "counted_for"]) == ["Bob", "", "x"]
    assert made.loc[f"{CASE}-E0008", ["occasion", "occasion_basis"]].to_list() == [0, UNNAMED]  # type: ignore[operator]
    who = analysis.acts_by_occasion(made.reset_index()).sort_values("start")["who"]
    assert list(who)[-2:] == ["Bob", "x"]


def test_blanks_around_an_occasion_make_no_second_one() -> None:
    made = found(said("p1", occasion="the  party"), said("p2", occasion=" the party ")).set_index("act")
    assert list(made.loc[["p1", "p2"], "occasion"]) == [1, 1]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-W10-1T00:00+00:00", "2026-03-02T00:00:00Z"),
        ("20260305T0000Z", "2026-03-05T00:00:00Z"),
        ("2026-03-05T00:00+05:30:30", "2026-03-04T18:29:30Z"),
    ],
)
def test_a_time_that_may_be_entered_can_be_read(text: str, utc: str) -> None:
    """What was written stays written: the table of acts must never break over it."""
    acts.check("act", _added(text))
    made = found(said(f"{CASE}-E0007", posted=text, account="x")).set_index("act")
    assert made.loc[f"{CASE}-E0007", "posted"] == at(utc)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_outside_all_years_is_refused_and_an_old_one_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="zone"):
        acts.check("act", _added(text))
    made = found(said(f"{CASE}-E0007", posted=text, account="x")).set_index("act")
    assert pd.isna(made.loc[f"{CASE}-E0007", "posted"])  # type: ignore[arg-type]


def _added(posted: str) -> dict[str, Any]:
    return {"act": "x", "replaces": 0, "said": {"posted": posted}, "supports": (), "undercuts": ()}
