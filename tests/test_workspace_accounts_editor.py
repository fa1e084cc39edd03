"""The editors of posters' roles and kept associations: noted by a person, saved through a real broker, and kept."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from workbench.workspace.accounts_editor import AccountsEditor

from tests.archive_kit import ROE as ME
from tests.editor_kit import HOSTILE, lab, place, said
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.custody import annotations as written
from workbench.custody import verify
from workbench.errors import UsageError
from workbench.workspace import Case
from workbench.workspace.asking import LAB
from workbench.workspace.shown import Shown

__all__ = ["lab", "place"]


def _associations(case: Case) -> AccountsEditor:
    found = case.edit_associations((ME,))
    assert isinstance(found, AccountsEditor)
    return found


def _posters(case: Case) -> AccountsEditor:
    posts = case.posts()
    # None of the posts carries media; for the form it only counts that they do.
    media = pd.DataFrame({"post": posts["entity_id"]})
    found = case.edit_posters(posts, media)
    assert isinstance(found, AccountsEditor)
    return found


def _fill(editor: AccountsEditor, **values: str) -> None:
    for name, value in values.items():
        editor.panel.fields[name].value = value


def test_a_poster_s_role_is_noted_shown_and_kept(lab: tuple[CaseFile, Any]) -> None:
    case, sit = lab
    editor = _posters(sit("1001"))
    panel = editor.panel
    assert panel.key == ME
    assert (panel.value("role"), panel.value("text"), panel.seen) == ("unknown", "", 0)
    assert panel.value("exhibits").startswith("2026-0417-E")
    panel.press(panel.save)
    assert "a note says what it rests on\nwhere: Remarks\n" in said(panel)
    _fill(editor, role="observer", text=HOSTILE)
    panel.press(panel.save)
    assert "Saved." in said(panel)
    one = written.read(case.folder)[-1]
    assert (one.kind, one.account, one.by, one.said) == ("poster", ME, "1001", {"role": "observer"})
    assert editor.accounts[["role", "noted_by", "annotation"]].to_numpy().tolist() == [
        ["observer", "1001", one.annotation]
    ]
    assert "<img src=x" not in editor.shown._repr_html_()
    again = _posters(sit("1001")).panel
    assert (again.value("role"), again.value("text"), again.seen) == (
        "observer",
        HOSTILE.strip(),
        one.annotation,
    )
    assert f"[annotation {one.annotation}]" in again.picker.options[0][0]
    assert verify.verify(case.folder).defects == []


def test_an_association_is_noted_with_its_basis_and_day(lab: tuple[CaseFile, Any]) -> None:
    case, sit = lab
    editor = _associations(sit("1001"))
    assert list(editor.accounts["overdue"]) == ["no day is set"]
    _fill(editor, suspicion_basis="named in report 26-7", text="as the report says", review_due="soon")
    editor.panel.press(editor.panel.save)
    assert "this is no day" in said(editor.panel)
    assert editor.panel.value("suspicion_basis") == "named in report 26-7"
    _fill(editor, review_due="2999-01-01", relevance="the shop", reviewer="s.cleo")
    editor.panel.press(editor.panel.save)
    one = written.read(case.folder)[-1]
    assert one.said == {
        "suspicion_basis": "named in report 26-7",
        "relevance": "the shop",
        "reviewer": "s.cleo",
        "review_due": "2999-01-01",
    }
    assert list(editor.accounts["overdue"]) == ["no"]
    held = editor.case.annotations("association").iloc[-1]
    assert (held["suspicion_basis"], held["review_due"], held["account"]) == (
        "named in report 26-7",
        "2999-01-01",
        ME,
    )


@pytest.mark.parametrize("name", [ME, "@Roe@social.test"])
def test_a_second_officer_s_note_is_refused_until_they_have_seen_the_first(
    lab: tuple[CaseFile, Any], place: tuple[Any, CaseFile, Any], name: str
) -> None:
    case, sit = lab
    desk = place[0]
    editor = _associations(sit("1002"))
    _fill(editor, suspicion_basis="mine", text="mine", review_due="2999-01-01")
    basis = {"suspicion_basis": "theirs", "review_due": "2026-01-31"}
    first = desk.open(case, "1001")
    annotate(first, desk.sign_in("1001"), "association", [1], "theirs", account=name, said=basis)
    before = len(written.read(case.folder))
    editor.panel.press(editor.panel.save)
    assert len(written.read(case.folder)) == before
    told = said(editor.panel)
    assert "by 1001 was written about this account meanwhile" in told
    assert "suspicion basis: theirs" in told
    assert editor.panel.value("suspicion_basis") == "mine"
    editor.panel.press(editor.panel.save)
    assert "Saved." in said(editor.panel)
    last = written.read(case.folder)[-1]
    assert (last.by, last.text, last.account) == ("1002", "mine", name)


def test_the_writer_itself_compares_under_the_lock(
    lab: tuple[CaseFile, Any], place: tuple[Any, CaseFile, Any]
) -> None:
    case, _ = lab
    desk = place[0]
    opened, session = desk.open(case), desk.sign_in("1001")
    role: dict[str, Any] = {"account": "@somebody@else.test", "said": {"role": "observer"}}
    number = annotate(opened, session, "poster", [1], "seen", **role, replaces=0)
    for seen, account in ((0, "Somebody@else.test"), (number - 1, "@somebody@else.test")):
        with pytest.raises(UsageError, match="meanwhile"):
            annotate(opened, session, "poster", [1], "again", **role | {"account": account}, replaces=seen)
    # Another kind, another account, or who asks for no comparison, goes on.
    annotate(opened, session, "poster", [1], "again", **role, replaces=number)
    annotate(opened, session, "poster", [1], "again", **role)
    annotate(opened, session, "poster", [1], "other", account="@x@else.test", said=role["said"], replaces=0)
    assert written.read(case.folder)[-1].replaces is None
    assert verify.verify(case.folder).defects == []


def test_what_is_typed_is_kept_while_looking_elsewhere_and_nothing_is_chosen_by_an_empty_search(
    lab: tuple[CaseFile, Any],
) -> None:
    _, sit = lab
    panel = _associations(sit("1001")).panel
    _fill(panel.editor, relevance="typed")
    panel.find.value = "nobody is called so"
    assert (panel.picker.value, panel.key) == (None, "")
    panel.press(panel.save)
    assert "no account is chosen" in said(panel)
    panel.find.value = "ROE"
    assert (panel.key, panel.value("relevance")) == (ME, "typed")


def test_a_run_shows_the_table_and_no_form(
    lab: tuple[CaseFile, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sit = lab
    case = sit("1001")
    monkeypatch.delenv(LAB)
    for shown in (case.edit_associations((ME,)), case.edit_posters(case.posts(), case.media())):
        assert isinstance(shown, Shown)


def test_a_poster_of_whom_no_picture_is_captured_is_listed_once_noted(
    lab: tuple[CaseFile, Any], place: tuple[Any, CaseFile, Any]
) -> None:
    case, sit = lab
    desk = place[0]
    nothing = pd.DataFrame({"post": pd.Series([], dtype="str")})
    opened, session = desk.open(case), desk.sign_in("1001")
    for role in ("unknown", "observer"):
        noted = {"account": "@gone@else.test", "said": {"role": role}}
        annotate(opened, session, "poster", [1], "brought the card", **noted)
    found = sit("1001").posters(sit("1001").posts(), nothing)
    (row,) = found[found["account"] == "@gone@else.test"].to_dict("records")
    assert (row["posts"], row["role"]) == (0, "observer")
    assert row["exhibits"] == ("2026-0417-E0001",)
    assert str(found["first"].dt.tz) == "UTC"
