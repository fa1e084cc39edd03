"""Reading only some accounts' rows gives exactly what reading all and choosing gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench
from tests import notebook_kit
from tests.archive_kit import ROE
from tests.notebook_kit import NAMES
from tests.runner_kit import DETECTIVE
from workbench import analysis
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.errors import UsageError
from workbench.workspace import Case
from workbench.workspace.people import INTERACTIONS, NAMELESS, NOBODY, OBSERVED, POSTS, between, borne


@pytest.fixture(params=["many", "scripts"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    _, made = notebook_kit.made(tmp_path, "missing", request.param)
    with notebook_kit.officer(made, DETECTIVE):
        return workbench.open_case()


@pytest.mark.parametrize(
    "people", [("@ROE@social.test",), (ROE,), (f"@{NAMES[0]}@far.test", "ann@far.test"), ("nobody",), ()]
)
def test_rows_of_people_are_those_that_choosing_keeps(case: Case, people: tuple[str, ...]) -> None:
    accounts = case.people(",".join(people)) if people else ()
    for names in (people, accounts):
        posts = case.by(case.posts(columns=POSTS), names)
        assert case.posts_of(names).equals(posts)
        acts = case.involving(case.interactions(columns=INTERACTIONS), names)
        assert case.interactions_of(names).equals(acts)
        since = "2026-03-05"
        assert case.posts_of(names, since).equals(case.by(case.posts(since, columns=POSTS), names))


def test_between_keeps_what_one_of_them_does_towards_another(case: Case) -> None:
    acts = case.interactions(columns=INTERACTIONS)
    everybody = tuple({*acts["actor_handle"], *acts["target_handle"]} - {""})
    found = case.between(acts, everybody)
    assert 0 < len(found) <= len(acts)
    assert (found["actor_handle"] != found["target_handle"]).all()
    assert case.between(acts, everybody[:1]).empty


def test_an_act_towards_whom_only_the_handle_names_is_between_them_too() -> None:
    one, two, town = "https://town.test/users/one", "https://town.test/users/two", "@two@town.test"
    rows = [
        ("mastodon", one, "@one@town.test", "", town, "reply"),
        ("mastodon", two, town, one, "@one@town.test", "mention"),
        # Another platform's account of that handle, one that two bear, and one towards itself.
        ("telegram", one, "@one@town.test", "", town, "message"),
        ("mastodon", "https://town.test/users/three", "@twin@town.test", one, "@one@town.test", "like"),
        ("mastodon", "https://town.test/users/four", "@twin@town.test", one, "@one@town.test", "like"),
        ("mastodon", one, "@one@town.test", "", "@twin@town.test", "reply"),
        ("mastodon", two, town, "", town, "reply"),
    ]
    acts = pd.DataFrame(
        rows, columns=["platform", "actor", "actor_handle", "target", "target_handle", "kind"]
    )
    acts.attrs = {"undated": 3}
    found = between(acts, (one, two))
    assert found["kind"].tolist() == ["reply", "mention"]
    assert found["target"].tolist() == ["", one]
    assert found.attrs == {"undated": 3}
    assert between(acts, (one, "https://town.test/users/three"))["kind"].tolist() == ["like"]


def test_posts_by_id_are_those_named_whoever_wrote_them(case: Case) -> None:
    every = case.posts(columns=POSTS)
    some = every["entity_id"].drop_duplicates().head(3)
    expected = every[every["entity_id"].isin(some)].reset_index(drop=True)
    assert case.posts_by_id(some.head(2), ["", *some.tail(1)]).equals(expected)
    assert case.posts_by_id([""]).empty


def test_every_look_at_posts_of_a_period_holds_notices_that_they_are_gone(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice has no time and names nobody: neither a period nor accounts would find it."""
    since, own = "2026-03-05", case.table
    posts = case.posts_of((ROE,), since, columns=OBSERVED)
    early = case.posts_of((ROE,), until="2026-03-04", columns=OBSERVED)
    notices = pd.concat([posts.head(1), early.head(1)], ignore_index=True)
    notices = notices.assign(
        **dict.fromkeys(("author", "author_handle", "uri", "content_raw"), ""),
        state="not found",
        entity_id=["social.test/statuses/0", "social.test/statuses/1"],
        exhibit=["E9000", "E9001"],
        published=notices["published"].mask(notices["published"].notna()),
    )

    def table(name: str, columns: Any = None, where: Any = None) -> pd.DataFrame:
        asked = isinstance(where, dict) and "not found" in where.get("state", ())
        return notices if asked else own(name, columns, where)

    monkeypatch.setattr(case, "table", table)
    found = case.observations((ROE,), since)
    assert found["exhibit"].tolist() == [*posts["exhibit"], "E9000"]
    changed = analysis.changes(found)
    assert changed[["post", "state"]].to_numpy().tolist() == [[posts["entity_id"].iloc[0], "not found"]]


def test_only_the_columns_asked_for_are_given_and_undated_rows_counted(case: Case) -> None:
    found = case.posts_of(("roe@social.test",), "2026-03-05", "2026-03-06", ["author", "published"])
    assert list(found.columns) == ["author", "published"]
    assert found.attrs["undated"] == 0
    assert len(found) == 6


def test_a_name_that_no_captured_profile_bears_is_said_to_be_one(case: Case) -> None:
    meant = case.meant((*case.people("@roe@social.test"), "@nobody@else.test"))
    told = dict(zip(meant["handle"], meant["note"], strict=True))
    assert told["@nobody@else.test"] == NOBODY
    assert [note for handle, note in told.items() if handle != "@nobody@else.test"] == [""]
    assert (meant["exhibit"] != "").tolist() == (meant["note"] == "").tolist()


def test_where_nobody_is_named_that_is_said_and_not_that_nothing_was_found(case: Case) -> None:
    assert case.meant(())[["handle", "note"]].to_numpy().tolist() == [["", NAMELESS]]


def test_whom_the_case_names_is_told_by_how_and_rows_without_any_are_left_out(case: Case) -> None:
    named = case.named(complainant=("@ann@far.test",), asked_for=())
    assert list(named) == ["complainant", "asked for", "approved target", "subject", "noted"]
    assert named["complainant"] == ("@ann@far.test",)
    assert set(named["approved target"]) >= {ROE}
    assert named["subject"] == case.subjects
    assert named["noted"] == ()
    acts = case.interactions(columns=INTERACTIONS)
    assert len(case.holding(acts)) == len(acts)  # the approved target acted in each
    others = acts.assign(actor="x", actor_handle="x")
    found = case.holding(others, (f"@{NAMES[0]}@far.test", "ann@far.test"))
    assert 0 < len(found) < len(others)
    assert found.attrs["counts"]["unnamed"] == len(others) - len(found)
    assert case.holding(others, shown=True) is others


def test_rows_says_how_many_every_table_shows(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_OFFICER", DETECTIVE)
    posts = case.posts(columns=["content", "exhibit"])
    assert "The first 3 of 40 rows are shown; limit=40 shows all." in repr(case.show(posts, limit=3))
    asked = workbench.open_case(case.folder, rows=7)
    assert "The first 7 of 40 rows are shown; rows=40 shows all." in repr(asked.show(posts, limit=3))
    assert "The first 9 of 40 rows are shown" in repr(asked.show(posts, limit=9))
    with pytest.raises(UsageError, match="rows"):
        workbench.open_case(case.folder, rows=0)


def test_a_name_that_an_account_gave_up_is_told_with_it_and_not_called_unknown() -> None:
    rows = [
        ("https://social.test/users/1", "@roe@social.test", "2026-0417-E0001"),
        ("https://social.test/users/1", "@Roe@social.test", "2026-0417-E0002"),
        ("https://social.test/users/1", "@rowan@social.test", "2026-0417-E0003"),
        ("https://social.test/users/2", "@ann@social.test", "2026-0417-E0004"),
    ]
    accounts = pd.DataFrame(rows, columns=["entity_id", "handle", "exhibit"], dtype="str")
    people = ["https://social.test/users/1", "roe@social.test", "ann@social.test", "bo@social.test"]
    found = borne(people, accounts)
    assert found[["handle", "note", "exhibit"]].to_numpy().tolist() == [
        ["@rowan@social.test", "captured before as @roe@social.test", "2026-0417-E0003"],
        ["@ann@social.test", "", "2026-0417-E0004"],
        ["bo@social.test", NOBODY, ""],
    ]


def test_who_acted_where_an_officer_noted_it_of_an_act_is_noted(tmp_path: Path) -> None:
    office, made = notebook_kit.made(tmp_path, "cyberstalking", "platform")
    fixed: dict[str, Any] = {"said": {"directed_at_target": "yes"}, "supports": [], "undercuts": []}
    with notebook_kit.officer(made):
        act = str(workbench.open_case().posts(columns=["entity_id"])["entity_id"].iloc[0])
        acting = CaseFile(made.folder, office.department, DETECTIVE)
        annotate(acting, office.sessions[DETECTIVE], "act", [1], "", act=act, replaces=0, **fixed)
        case = workbench.open_case()
    assert case.noted_accounts() == (ROE, "@roe@social.test")
    assert case.named()["noted"] == case.noted_accounts()
