"""Words of contraband stand in no table; its rows do, and it is said that what they say is not shown."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from tests import notebook_kit
from tests.report_kit import CASE, Bureau
from tests.runner_kit import SUPERVISOR
from workbench.casefile import CaseFile
from workbench.records import Citation
from workbench.tables import build, read
from workbench.tables.schema import SCHEMAS
from workbench.workspace import unsaid
from workbench.workspace.access import Access
from workbench.workspace.case import Case

SAID, MARKED = "second", 2


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    made = Bureau(tmp_path_factory.mktemp("bureau"))
    made.mark(MARKED, "contraband")
    made.mark(1, "hidden")
    build.refresh(made.case.folder)
    return made


def opened(bureau: Bureau) -> Case:
    return Case(Access.of(bureau.case.folder, bureau.desk.department), "1001", bureau.case.clock)


def test_the_rows_of_contraband_stay_without_their_words(bureau: Bureau) -> None:
    held = read.frame(bureau.case.folder, "posts")
    assert SAID in " ".join(held["content"].dropna())
    shown = opened(bureau).posts()
    assert shown["exhibit"].tolist() == held["exhibit"].tolist()
    assert shown["published"].tolist() == held["published"].tolist()
    assert SAID not in shown.to_csv()
    own = shown["exhibit"].str.startswith(f"{CASE}-E0002")
    assert own.any()
    assert (shown.loc[own, list(unsaid.WORDS["posts"])].map(len) == 0).all().all()
    pd.testing.assert_frame_equal(shown[~own], held[~own])
    assert shown.dtypes.tolist() == held.dtypes.tolist()


def test_they_are_not_shown_either_where_no_citation_is_asked_for(bureau: Bureau) -> None:
    case = opened(bureau)
    assert case.posts(columns=["content"]).columns.tolist() == ["content"]
    assert SAID not in case.posts(columns=["content"]).to_csv()
    # Of what is hidden the words are there: who works the case reads them.
    assert "firstly" in case.posts(columns=["content"]).to_csv()


def test_it_is_said_that_they_are_not_shown(bureau: Bureau) -> None:
    told = opened(bureau).open_questions()
    (row,) = told[told["question"].str.contains("contraband")].to_dict("records")
    assert row["where"] == f"{CASE}-E0002, {CASE}-E0004"


def test_a_mark_made_while_the_case_is_open_counts_at_once(tmp_path: Path) -> None:
    made = Bureau(tmp_path)
    build.refresh(made.case.folder)
    case = opened(made)
    before = case.accounts(["note", "exhibit"])
    made.mark(1, "contraband")
    after = case.accounts(["note", "exhibit"])
    own = before["exhibit"].str.startswith(f"{CASE}-E0001")
    assert own.any()
    assert before["exhibit"].tolist() == after["exhibit"].tolist()
    assert (after.loc[own, "note"] == "").all()


def test_every_column_named_is_there() -> None:
    for table, names in unsaid.WORDS.items():
        assert set(names) <= set(SCHEMAS[table].names), table


@pytest.mark.parametrize("purpose", ["missing", "cyberstalking", "crime-media"])
def test_no_notebook_shows_them(tmp_path: Path, purpose: str) -> None:
    office, case = notebook_kit.made(tmp_path, purpose, "platform")
    with notebook_kit.officer(case):
        cite = str(read.frame(case.folder, "posts", ["exhibit"])["exhibit"].iloc[0])
    body = {"kind": "mark", "exhibits": [Citation.parse(cite).number], "text": "as the law asks"}
    CaseFile(case.folder, office.department, SUPERVISOR).annotate({**body, "mark": "contraband"})
    page = notebook_kit.executed(case, purpose)
    assert "What these exhibits say is shown in no table: they are contraband." in page
    assert not re.search(r"post [0-9]+ ", page)
    assert "alert(1)" not in page


@pytest.mark.parametrize("few", [500, 0])
def test_many_marks_are_found_as_few_are(bureau: Bureau, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(unsaid, "_FEW", few)
    shown = opened(bureau).posts()
    own = shown["exhibit"].str.startswith(f"{CASE}-E0002")
    assert ((shown["content"] == "") == own).all()
    assert own.any()
