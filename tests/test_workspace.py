"""A notebook's view of a case: who may read, pinned tables, exhibits that are checked, open questions."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pandas as pd
import pytest

import workbench
from tests.runner_kit import CHIEF, DETECTIVE, OTHER, SUPERVISOR, Office, give_archive
from workbench import qr
from workbench.casefile import CaseFile
from workbench.custody import log, seals
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.importers import importer
from workbench.show import exported
from workbench.workspace import Case, banner, questions
from workbench.workspace.people import resolved
from workbench.workspace.shown import Shown

WORDS = ("<p>I am <b>fine</b></p>", "<p>see you &lt;script&gt; at six</p>", "<p>bye\u202e</p>")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "cases")


@pytest.fixture
def filled(office: Office, tmp_path: Path) -> CaseFile:
    case = office.case()
    office.approve(case)
    give_archive(case, tmp_path, WORDS)
    return case


def _open(monkeypatch: pytest.MonkeyPatch, case: CaseFile, badge: str = DETECTIVE) -> Case:
    monkeypatch.setenv("WORKBENCH_CASEFILES", str(case.folder.parent))
    monkeypatch.setenv("WORKBENCH_OFFICER", badge)
    return workbench.open_case(case.number)


def _audited(case: CaseFile) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in log.entries(case.folder, "audit")]


def test_its_officer_and_those_who_oversee_may_open_it_and_each_opening_is_audited(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.case()
    before = log.head(case.folder)
    for badge in (DETECTIVE, SUPERVISOR, CHIEF):
        assert _open(monkeypatch, case, badge).number == case.number
    assert _audited(case) == [(badge, "opened") for badge in (DETECTIVE, SUPERVISOR, CHIEF)]
    assert log.head(case.folder) == before


@pytest.mark.parametrize("badge", [OTHER, "nobody", ""])
def test_nobody_else_may(office: Office, monkeypatch: pytest.MonkeyPatch, badge: str) -> None:
    case = office.case()
    with pytest.raises((AuthorityError, UsageError)):
        _open(monkeypatch, case, badge)
    assert _audited(case) == []


def test_a_case_whose_papers_do_not_hold_is_not_opened(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.case()
    path = case.folder / "case" / "0001.json"
    path.write_bytes(path.read_bytes().replace(DETECTIVE.encode(), OTHER.encode()))
    with pytest.raises(IntegrityError):
        _open(monkeypatch, case, OTHER)


def test_a_case_of_another_department_is_not_opened(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.case()
    other = Office(tmp_path / "elsewhere")
    case.folder.rename(other.casefiles / case.number)
    monkeypatch.setenv("WORKBENCH_OFFICER", DETECTIVE)
    with pytest.raises(IntegrityError, match="papers do not hold"):
        workbench.open_case(case.number, other.casefiles)


def test_which_case_is_said_by_number_path_or_surroundings(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = office.case()
    assert _open(monkeypatch, case).folder == case.folder.resolve()
    assert workbench.open_case(case.folder).number == case.number
    monkeypatch.setenv("WORKBENCH_CASE", str(case.folder))
    assert workbench.open_case("").number == case.number
    with pytest.raises(UsageError, match="no such case"):
        workbench.open_case("2026-0009")
    monkeypatch.delenv("WORKBENCH_CASE")
    with pytest.raises(UsageError, match="which case"):
        workbench.open_case()
    assert workbench.open_case(case.number, tmp_path / "cases").number == case.number


def test_the_banner_tells_purpose_authority_scope_expiry_and_escapes(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    told = dict(zip(case.summary()["what"], case.summary()["value"], strict=True))
    assert told["Purpose"].startswith("Missing person")
    assert told["Authority"] == f"approved by {SUPERVISOR}, case version 3"
    assert "mastodon roe@social.test" in told["Scope"]
    assert "UTC" in told["Expires"]
    markup = case._repr_html_()
    assert "R. Roe &lt;b&gt;" in markup
    assert "<b>" not in markup
    assert "R. Roe <b>" in repr(case)
    assert list(case.known()["fact"])[-1] == "Subject"


def test_no_name_writes_a_line_of_the_banner_or_turns_it_round(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    named = msgspec.structs.replace(case.access.version, subjects=("Ann\u202e\x1b[31m\nAuthority: approved",))
    access = msgspec.structs.replace(case.access, version=named)
    plain = banner.text(access, case.position, 0)
    assert "Subjects: Ann⟨U+202E⟩⟨U+001B⟩[31m Authority: approved" in plain.split("\n")
    markup = banner.markup(access, case.position, 0)
    assert "Ann⟨U+202E⟩⟨U+001B⟩[31m" in markup
    assert not {"\u202e", "\x1b"} & set(markup)


def test_a_case_with_nothing_in_it_says_so_before_anything_else(
    office: Office, filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = _open(monkeypatch, office.case("2026-0002"))
    for shown in (empty._repr_html_(), repr(empty)):
        assert "Nothing has been captured for this case yet" in shown
    full = _open(monkeypatch, filled)
    for shown in (full._repr_html_(), repr(full)):
        assert "Nothing has been captured" not in shown


def test_the_banner_bears_the_newest_seal_also_where_it_is_exported(
    office: Office, filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsealed = _open(monkeypatch, office.case("2026-0002"))
    assert "nothing of this case is sealed" in repr(unsealed)
    assert "<img" not in unsealed._repr_html_()
    filled.seal(office.sessions[DETECTIVE])
    seal = seals.newest(filled.folder)
    assert seal is not None
    case = _open(monkeypatch, filled)
    assert f"Newest seal: seal {seal.number}, {seals.short(seal.sha256)}, up to line {seal.lines}" in repr(
        case
    )
    source = qr.image(f"2026-0001 seal {seal.number} sha256 {seal.sha256}", millimetres=22)
    assert f'src="{source}"' in case._repr_html_()
    assert f'src="{source}"' in exported.clean(case._repr_html_())


def test_tables_are_pinned_to_where_the_log_stood(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = _open(monkeypatch, filled)
    more = tmp_path / "more"
    more.mkdir()
    give_archive(filled, more, ["<p>later</p>"])
    assert len(case.posts()) == len(WORDS)
    assert len(case.imports()) == 1
    assert len(_open(monkeypatch, filled).posts()) == len(WORDS) + 1


def test_a_period_is_in_local_days_and_says_what_has_no_time(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The posts are of 1 March, 0:00 to 2:00 UTC: the evening of 28 February in New York.
    case = _open(monkeypatch, filled)
    assert len(case.posts(until=date(2026, 2, 28))) == len(WORDS)
    assert len(case.posts(since=date(2026, 3, 1))) == 0
    assert len(case.posts(since="2026-03-01T01:00:00+00:00", until="2026-03-01T01:00:00Z")) == 1
    assert case.posts(since="2026-02-28").attrs["undated"] == 0
    assert case.moment("2026-03-01") == datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert case.moment(date(2026, 3, 8), end=True) == datetime(2026, 3, 9, 3, 59, 59, 999999, tzinfo=UTC)
    assert case.before(datetime(2026, 3, 8, tzinfo=UTC), 7) == datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(UsageError, match="no time before"):
        case.before(datetime(2026, 3, 8, tzinfo=UTC), 0)
    assert list(case.posts(columns=["exhibit"], where={"author_handle": "nobody"}).columns) == ["exhibit"]
    with pytest.raises(UsageError):
        case.posts(since="last week")
    with pytest.raises(UsageError, match="before the first"):
        case.posts(since="2026-03-02", until=date(2026, 3, 1))
    # A moment that was computed is another thing: nothing lies between.
    assert case.interactions(since=case.now(), until="2026-03-01").empty
    with pytest.raises(UsageError, match="no zone"):
        case.posts(since=datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point


def test_an_exhibit_shows_its_bytes_hash_and_history_and_looking_is_audited(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    citation = case.posts()["exhibit"].iloc[0]
    view = case.exhibit(citation)
    assert b"orderedItems" in view.data
    assert [step.action for step in view.history] == [
        "import.begin",
        "import.file",
        "exhibit",
        "import.end",
    ]
    assert view.sha256 in repr(view)
    assert "<p>" not in view._repr_html_().replace("<pre>", "")
    assert _audited(filled)[-1] == (DETECTIVE, "viewed")
    with pytest.raises(UsageError, match="no such exhibit"):
        case.exhibit(f"{case.number}-E0099")
    with pytest.raises(UsageError, match="another case"):
        case.exhibit("2026-0777-E0001")


def test_an_exhibit_whose_bytes_changed_is_not_shown(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    citation = case.posts()["exhibit"].iloc[0]
    path = filled.folder / str(case.exhibits(where={"exhibit": citation.partition("#")[0]})["file"].iloc[0])
    path.write_bytes(path.read_bytes().replace(b"fine", b"fire"))
    with pytest.raises(IntegrityError, match="not those that were logged"):
        case.exhibit(citation)


def test_open_questions_name_what_the_record_leaves_open(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.case()
    asked = _open(monkeypatch, case).open_questions()
    assert list(asked["question"]) == ["Nothing stands approved."]
    office.approve(case)
    asked = _open(monkeypatch, case).open_questions()
    assert list(asked["question"]) == ["An approved target has never been tried."]
    assert "mastodon roe@social.test" in asked["todo"].iloc[0]


def test_tables_read_by_an_older_parser_are_an_open_question(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    words = "read by another version of a parser"
    assert not case.open_questions()["question"].str.contains(words).any()
    monkeypatch.setattr(type(importer("mastodon-archive")), "version", "9")
    asked = case.open_questions()
    (told,) = asked["question"][asked["question"].str.contains(words)]
    assert "mastodon-archive 2 (now 9)" in told
    assert asked["todo"].str.contains("workbench tables rebuild").sum() == 1


def test_an_account_that_moved_to_one_that_is_not_here_is_an_open_question() -> None:
    accounts = pd.DataFrame(
        {
            "entity_id": ["https://a/1", "https://a/1", "https://a/2"],
            "uri": ["https://a/1", "https://a/1", "https://a/2"],
            "handle": ["ada@a", "ada@a", "bea@a"],
            "moved_to": ["", "https://b/1", "https://a/1"],
            "captured_at": pd.to_datetime(["2026-03-01", "2026-03-02", "2026-03-02"], utc=True),
        }
    )
    asked = list(questions.moved(accounts))
    assert [(where, "ada@a" in words) for words, where, _ in asked] == [("https://b/1", True)]


def _posts(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Make posts of (native_id, in_reply_to, in_reply_to_author)."""
    return pd.DataFrame(
        [
            ("a.test", name, answered or None, author, f"a.test/{name}", f"2026-0417-E0001#/{place}")
            for place, (name, answered, author) in enumerate(rows)
        ],
        columns=list(questions.ANSWERS),
    )


def test_an_answer_to_what_is_in_no_table_is_an_open_question() -> None:
    # To one that is here, to one that is not, to somebody whose post is not named, and to nobody.
    told = _posts(("1", "", ""), ("2", "1", "x"), ("3", "9", "x"), ("4", "", "x"))
    ((sentence, where, _),) = questions.unanswered(told, told[["server", "native_id"]])
    assert sentence.startswith("2 posts of the approved targets answer what no table holds")
    assert where == "2026-0417-E0001#/2, 2026-0417-E0001#/3"
    assert list(questions.unanswered(told.head(2), told)) == []
    ((one, _, _),) = questions.unanswered(told.tail(1), told)
    assert one.startswith("1 post of the approved targets answers ")


def test_what_nobody_said_of_an_account_is_an_open_question_until_it_is_said() -> None:
    accounts = pd.DataFrame({"entity_id": ["https://a/1", "https://a/2"], "handle": ["@ada@a", "@bea@a"]})
    notes = pd.DataFrame({"kind": ["authorship", "association"], "account": ["ada@a", "https://a/2"]})
    people = ("https://a/1", "bea@a")
    gang = list(questions.unsaid("gang", accounts, people, notes))
    assert [(words.split(" among ")[0], where) for words, where, _ in gang] == [
        ("Of 1 account", "@bea@a"),
        ("For 1 account", "@ada@a"),
    ]
    assert list(questions.unsaid("missing", accounts, ("ada@a",), notes)) == []
    nothing = list(questions.unsaid("cyberstalking", accounts.head(0), (), notes))
    assert [words.split()[0] for words, _, _ in nothing] == ["No", "Of"]


def test_a_case_with_nothing_has_every_table_with_its_columns(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, office.case())
    for read in (case.posts, case.interactions, case.accounts, case.media, case.places, case.leads):
        found = read()
        assert len(found) == 0
        assert "exhibit" in found.columns
    for other in (
        case.issues,
        case.captures,
        case.imports,
        case.exhibits,
        case.post_versions,
        case.nil_results,
    ):
        assert len(other()) == 0
    assert case.people("@Roe, mia") == ("@Roe", "mia")
    assert case.people("") == ()
    assert len(case.by(case.posts(), ("roe",))) == 0
    assert case.divide(None, pd.DataFrame()).tzinfo is not None


def test_accounts_are_chosen_by_handle(filled: CaseFile, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _open(monkeypatch, filled)
    posts = case.posts()
    handle = str(posts["author_handle"].iloc[0])
    assert len(case.by(posts, (f"@{handle.upper()}",))) == len(WORDS)
    assert len(case.by(posts, ("nobody",))) == 0
    stable = "https://social.test/users/roe"
    for name in ("", "roe", "@Roe@social.test", "https://social.test/@roe", stable):
        assert case.people(name) == (stable, "@roe@social.test")
        assert len(case.by(posts, case.people(name))) == len(WORDS)
    assert case.people("stranger") == ("stranger",)
    assert len(case.latest(posts)) == len(WORDS)
    assert len(case.involving(case.interactions(), ("roe",))) == 0
    assert case.when(datetime(2026, 3, 1, 5, tzinfo=UTC)) == "2026-03-01 00:00 EST (2026-03-01 05:00 UTC)"


def test_bystanders_are_minimised_and_asking_for_them_is_audited(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    names = {"author": "https://social.test/users/{}", "author_handle": "@{}@social.test"}
    table = pd.DataFrame(
        {column: [name.format(who) for who in ("roe", "pat")] for column, name in names.items()}
    )
    found = case.minimised(table)
    assert found["author"].tolist() == ["https://social.test/users/roe", "account 1"]
    assert found["author_handle"].tolist() == ["@roe@social.test", "account 1"]
    assert case.minimised(table, ["pat@social.test"])["author_handle"].iloc[1] == "@pat@social.test"
    assert case.minimised(table, shown=True) is table
    assert _audited(filled)[-1] == (DETECTIVE, "unminimised")


def test_an_account_is_meant_by_the_page_of_the_server_that_showed_it() -> None:
    columns = ["entity_id", "handle", "uri", "url", "server"]
    row = ("https://town.test/users/mia", "@mia@town.test", "", "https://town.test/@mia", "127.0.0.1:8080")
    accounts = pd.DataFrame([row], columns=columns)
    posts = pd.DataFrame([], columns=["author", "author_handle", "server"])
    assert resolved(["http://127.0.0.1:8080/@mia", "http://other.test/@mia"], accounts, posts) == (
        "https://town.test/users/mia",
        "@mia@town.test",
        "http://other.test/@mia",
    )


def test_what_is_shown_is_escaped_has_both_times_and_says_what_is_not_drawn(
    filled: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _open(monkeypatch, filled)
    shown = case.show(
        case.posts(columns=["published", "content", "likes", "tags", "exhibit"]), "Posts", limit=2
    )
    markup = re.sub("</?span>", "", shown._repr_html_())
    assert "&lt;script&gt;" in markup
    assert "<script>" not in markup
    assert "2026-03-01 00:00:00" in markup
    assert "2026-02-28 19:00:00" in markup
    assert "The first 2 of 3 rows" in markup
    assert "⟨U+202E⟩" in case.show(case.posts(columns=["content"]))._repr_html_()
    empty = Shown(frame=case.posts().iloc[:0], zone=case.zone)
    assert "No rows" in repr(empty)
    result = workbench.analysis.silence(case.posts())
    assert "Method: gaps between posts" in case.show(result)._repr_html_()
