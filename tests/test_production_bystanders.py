"""Bystanders in exports of a gang case: nobody whom the case does not name is named, and nothing else is lost."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import pyarrow.parquet as pq
import pytest

from tests import archive_kit
from tests.desk import HEAD, exchange
from tests.package_kit import SERVER
from tests.report_kit import Bureau
from workbench import sealing
from workbench.casefile import Receipt
from workbench.custody import log
from workbench.intake import take_in
from workbench.policy.release import Release
from workbench.production import state
from workbench.production.export import MANIFEST, Asked, Exported, export
from workbench.records import Result
from workbench.tables import read
from workbench.tables.schema import SCHEMAS

_WORDS = {"content", "content_raw"}


def _account(name: str, number: str) -> dict[str, Any]:
    home = "https://social.example"
    return {
        "id": number,
        "username": name,
        "acct": name,
        "display_name": f"{name.title()} Surname",
        "uri": f"{home}/users/{name}",
        "url": f"{home}/@{name}",
        "note": f"<p>{name} of the choir</p>",
    }


def _status(number: int, who: dict[str, Any], **more: Any) -> bytes:
    told = {
        "id": str(number),
        "uri": f"{who['uri']}/statuses/{number}",
        "url": f"{who['url']}/{number}",
        "created_at": f"2026-03-01T11:00:{number % 60:02d}.000Z",
        "account": who,
        "content": f"<p>words of {who['username']}</p>",
        "visibility": "public",
    }
    return json.dumps(told | more).encode()


_ADA, _BEA, _CAL = _account("ada", "7"), _account("birgit", "8111111"), _account("corvin", "8122222")


def _card(number: int) -> dict[str, str]:
    return {"url": f"https://social.example/@birgit/{number}", "title": "a post", "type": "link"}


def _spoken(bureau: Bureau) -> None:
    """Capture what passes between the case's target and two whom it does not name, and seal."""
    at_bea, at_ada = ({key: who[key] for key in ("id", "username", "acct", "url")} for who in (_BEA, _ADA))
    session, case = bureau.desk.sign_in("1001"), bureau.desk.open(bureau.case)
    writer = case.begin_capture(bureau.desk.order(), key=session.key, collector="mastodon 1.0", head=HEAD)
    for number, body in (
        (31, _status(31, _ADA, mentions=[at_bea], in_reply_to_id="40", in_reply_to_account_id="8111111")),
        (32, _status(32, _BEA, mentions=[at_ada])),
        (33, _status(33, _BEA, in_reply_to_id="77", in_reply_to_account_id="8999999")),
        (34, _status(34, _CAL, card=_card(32))),
        (35, _status(35, _ADA, card=_card(33))),
    ):
        writer.append(exchange(body, f"{SERVER}/statuses/{number}"))
    writer.end(Result(verdict="complete", reason="ok", items=5), requests=5)
    sealing.finish(case, session)


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    made = Bureau(tmp_path)
    _spoken(made)
    made.number = made.release(kind="export")
    plain = state.read

    def gang(folder: Path, given: Release) -> state.State:
        found = plain(folder, given)
        versions = tuple(msgspec.structs.replace(one, purpose="gang") for one in found.versions)
        return msgspec.structs.replace(found, versions=versions)

    monkeypatch.setattr(state, "read", gang)
    return made


def _exported(bureau: Bureau, out: Path, asked: Asked) -> Exported:
    case, session = bureau.desk.open(bureau.case), bureau.desk.sign_in("1001")
    return export(case, session, out, release=bureau.number, asked=asked)


def _cells(folder: Path) -> Iterator[tuple[str, str, str]]:
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield from ((path.stem, column, text) for column, text in row.items())


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_nobody_is_named_but_whom_the_case_names(bureau: Bureau, tmp_path: Path) -> None:
    made = _exported(bureau, tmp_path / "out", Asked())
    assert made.minimised == 2
    named = {
        (table, column)
        for table, column, text in _cells(tmp_path / "out")
        if any(name in text.casefold() for name in ("birgit", "corvin", "8111111", "8122222", "8999999"))
        and column not in _WORDS
    }
    assert named == set()
    posts = _rows(tmp_path / "out", "posts")
    assert any("birgit" in row["content"] for row in posts), "captured words are as captured"
    assert {row["author_handle"].strip("'@") for row in posts} == {
        "ada@social.example",
        "account 1",
        "account 2",
    }
    links = [link for row in posts for link in json.loads(row["links"])]
    assert len(set(links)) == len(links) == 2
    assert all(link.endswith(", of account 1") for link in links)
    answered = [row["in_reply_to_author"] for row in posts if row["in_reply_to_author"]]
    assert set(answered) <= {"account 1", "an account", "'@ada@social.example"}
    assert len(answered) > 1
    told = json.loads((tmp_path / "out" / MANIFEST).read_bytes())
    assert told["minimised"] == 2
    assert "2 accounts that the case does not name" in (tmp_path / "out" / "README.txt").read_text("utf-8")


def test_nothing_else_is_lost(bureau: Bureau, tmp_path: Path) -> None:
    made = _exported(bureau, tmp_path / "out", Asked(format="parquet"))
    for one in made.tables:
        held = read.frame(bureau.case.folder, one.table)
        found = pq.read_table(tmp_path / "out" / one.file)
        assert found.schema.equals(SCHEMAS[one.table])
        assert one.rows + one.left_out + one.bystanders == len(held)
        assert (one.bystanders > 0) == (one.table == "accounts")
        if one.table not in {"accounts", "exhibits"} and "entity_id" in held.columns:
            kept = held[held["exhibit"].isin(found["exhibit"].to_pylist())]
            told = read.to_frame(found)
            pairs = set(zip(kept["entity_id"], told["entity_id"], strict=True))
            assert len(pairs) == kept["entity_id"].nunique() == told["entity_id"].nunique()
            assert told["exhibit"].tolist() == kept["exhibit"].tolist()


def test_an_act_leads_to_its_post(bureau: Bureau, tmp_path: Path) -> None:
    _exported(bureau, tmp_path / "out", Asked())
    posts = {row["entity_id"]: row for row in _rows(tmp_path / "out", "posts")}
    acts = [row for row in _rows(tmp_path / "out", "interactions") if row["actor_handle"] == "account 1"]
    assert acts
    assert {posts[row["post"]]["author_handle"] for row in acts} == {"account 1"}


def test_different_posts_that_are_answered_stay_different(bureau: Bureau, tmp_path: Path) -> None:
    dora = "https://far.test/users/dora"
    tag = [{"type": "Mention", "href": dora, "name": "@dora@far.test"}]
    given = [
        archive_kit.created(
            number,
            f"2026-03-02T10:00:0{number}Z",
            "<p>words</p>",
            inReplyTo=f"{dora}/statuses/{number}",
            tag=tag,
        )
        for number in (1, 2)
    ]
    archive_kit.give(bureau.desk.open(bureau.case), tmp_path / "taken", given)
    sealing.finish(bureau.desk.open(bureau.case), bureau.desk.sign_in("1001"))
    bureau.number = bureau.release(kind="export")
    _exported(bureau, tmp_path / "out", Asked())
    mine = [row for row in _rows(tmp_path / "out", "posts") if row["parser"] == "mastodon-archive"]
    answered = [row["in_reply_to"] for row in mine]
    assert len(set(answered)) == len(answered) == 2
    acts = _rows(tmp_path / "out", "interactions")
    assert set(answered) == {
        row["object"] for row in acts if row["kind"] == "reply" and row["object"] in answered
    }
    told = "".join(text for _, column, text in _cells(tmp_path / "out") if column not in _WORDS)
    assert "dora" not in told


def test_what_was_found_beside_our_own_words_names_nobody(bureau: Bureau, tmp_path: Path) -> None:
    detail = "User has been suspended: [birgit@social.example]."
    error = {
        "value": "8111111",
        "detail": detail,
        "title": detail,
        "type": "https://api.twitter.com/2/problems/x",
    }
    tweet = {"id": "9", "text": "words", "author_id": "5", "created_at": "2026-03-01T10:00:00.000Z"}
    line = {
        "data": [tweet],
        "includes": {"users": [{"id": "5", "username": "ada", "name": "A"}]},
        "errors": [error],
    }
    (tmp_path / "taken").write_text(json.dumps(line) + "\n", "utf-8")
    files = [(tmp_path / "taken", "tweets.jsonl")]
    take_in(bureau.desk.open(bureau.case), files, Receipt(giver="a friend"))
    sealing.finish(bureau.desk.open(bureau.case), bureau.desk.sign_in("1001"))
    bureau.number = bureau.release(kind="export")
    _exported(bureau, tmp_path / "out", Asked(tables=("issues",)))
    found = [row["found"] for row in _rows(tmp_path / "out", "issues") if "suspended" in row["found"]]
    assert found == ["User has been suspended: [account 1]."]


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_a_networks_nodes_have_neutral_names(bureau: Bureau, tmp_path: Path, form: Any) -> None:
    _exported(bureau, tmp_path / "out", Asked(format=form))
    path = tmp_path / "out" / f"interactions.{form}"
    graph = nx.read_graphml(path) if form == "graphml" else nx.read_gexf(path)
    assert {about["label"] for _, about in graph.nodes(data=True)} >= {"account 1"}
    assert "birgit" not in path.read_text("utf-8")


def test_whom_the_officer_names_is_shown(bureau: Bureau, tmp_path: Path) -> None:
    made = _exported(bureau, tmp_path / "out", Asked(tables=("posts",), named=("@birgit@social.example",)))
    assert made.minimised == 1
    handles = {row["author_handle"].strip("'@") for row in _rows(tmp_path / "out", "posts")}
    assert handles == {"ada@social.example", "birgit@social.example", "account 1"}


def test_everybody_is_shown_where_asked_for_and_the_asking_is_logged(bureau: Bureau, tmp_path: Path) -> None:
    made = _exported(bureau, tmp_path / "out", Asked(tables=("posts", "accounts"), bystanders=True))
    assert made.minimised is None
    assert sum(one.bystanders for one in made.tables) == 0
    assert any(row["name"] == "Birgit Surname" for row in _rows(tmp_path / "out", "accounts"))
    entries = [entry for entry in log.entries(bureau.case.folder, "audit") if entry.action == "unminimised"]
    assert [(entry.actor, entry.fields["release"]) for entry in entries] == [("1001", bureau.number)]


def test_other_purposes_name_whom_they_captured(tmp_path: Path) -> None:
    made = Bureau(tmp_path)
    _spoken(made)
    made.number = made.release(kind="export")
    told = _exported(made, tmp_path / "out", Asked(tables=("posts",)))
    assert told.minimised is None
    assert any("birgit@" in row["author_handle"] for row in _rows(tmp_path / "out", "posts"))
