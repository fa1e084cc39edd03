"""The editor of acts and the authorship sheet: filled in by a person, saved through a real broker by a real command."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from workbench.workspace.authorship_editor import AuthorshipEditor
    from workbench.workspace.editor import ActEditor

from tests.archive_kit import ROE as ME
from tests.editor_kit import HOSTILE, lab, place
from tests.editor_kit import said as _said
from workbench.casefile import CaseFile
from workbench.custody import annotations as written
from workbench.custody import verify
from workbench.show import exported
from workbench.workspace import Case
from workbench.workspace.asking import LAB
from workbench.workspace.authorship import Sheet
from workbench.workspace.shown import Several

__all__ = ["lab", "place"]


def _editor(case: Case) -> ActEditor:
    found = case.edit_acts(case.interactions(), case.posts(), target="ada@social.test")
    assert isinstance(found, ActEditor)
    return found


def test_an_act_is_described_saved_and_still_there_when_the_case_is_opened_anew(
    lab: tuple[CaseFile, Any],
) -> None:
    case, sit = lab
    editor = _editor(sit("1001"))
    panel = editor.panel
    assert panel.act == f"{ME}/statuses/0"
    assert "onerror" in panel.fields["verbatim"].value
    assert "⟨U+202E⟩" in panel.fields["verbatim"].value
    panel.fields["directed_because"].value = HOSTILE
    panel.fields["directed_at_target"].value = "yes"
    panel.fields["stalking/threat"].value = "both"
    panel.fields["supports"].value = "her door\nthreats/intent"
    panel.press(panel.save)
    assert "Saved." in _said(panel)
    one = written.read(case.folder)[-1]
    assert (one.kind, one.act, one.by, one.replaces) == ("act", f"{ME}/statuses/0", "1001", 0)
    assert one.said == {"directed_at_target": "yes", "directed_because": HOSTILE.strip()}
    assert one.supports == ("stalking/threat", "other: her door", "threats/intent")
    assert one.undercuts == ("stalking/threat",)
    row = editor.acts.set_index("act").loc[f"{ME}/statuses/0"]
    assert (row["directed_at_target"], row["annotation"]) == ("yes", one.annotation)
    again = _editor(sit("1001")).panel
    assert again.seen == one.annotation
    assert again.value("directed_because") == HOSTILE.strip()
    assert again.fields["stalking/threat"].widget.value == "both"
    assert again.fields["supports"].widget.value == "her door\nthreats/intent"
    assert verify.verify(case.folder).defects == []


def test_a_second_officers_save_is_refused_until_they_have_seen_the_first_and_nothing_typed_is_lost(
    lab: tuple[CaseFile, Any],
) -> None:
    case, sit = lab
    act = f"{ME}/statuses/1"
    first = _editor(sit("1001")).panel
    first.picker.value = act
    case_of_second = sit("1002")
    second = _editor(case_of_second).panel
    second.picker.value = act
    first.fields["attributed_person"].value = "R. Roe"
    sit("1001")
    first.press(first.save)
    second.fields["contrary_facts"].value = "he was at sea, E0001"
    before = len(written.read(case.folder))
    sit("1002")
    second.press(second.save)
    assert len(written.read(case.folder)) == before
    said = _said(second)
    assert "by 1001 was written about this act meanwhile" in said
    assert "attributed person: R. Roe" in said
    assert second.fields["contrary_facts"].value == "he was at sea, E0001"
    second.press(second.save)
    last = written.read(case.folder)[-1]
    assert (last.by, last.replaces, last.said) == ("1002", before, {"contrary_facts": "he was at sea, E0001"})


def test_what_was_typed_for_one_act_is_kept_while_looking_at_another(lab: tuple[CaseFile, Any]) -> None:
    _, sit = lab
    panel = _editor(sit("1001")).panel
    one, two = (act for _, act in panel.picker.options[:2])
    panel.picker.value = two
    panel.fields["occasion"].value = "at the door"
    panel.picker.value = one
    assert panel.fields["occasion"].value == ""
    panel.picker.value = two
    assert panel.fields["occasion"].value == "at the door"
    panel.find.value = "nothing has such words"
    assert panel.picker.value is None
    panel.press(panel.save)
    assert "no act is chosen" in _said(panel)


def test_a_post_about_somebody_and_a_screenshot_become_acts(lab: tuple[CaseFile, Any]) -> None:
    _, sit = lab
    editor = _editor(sit("1001"))
    panel = editor.panel
    about = editor.posts.set_index("entity_id").loc[f"{ME}/statuses/2"]
    panel.find.value = str(about["exhibit"])
    panel.press(panel.add)
    assert panel.act == f"{ME}/statuses/2"
    assert panel.fields["words"].widget.layout.display == "none"
    panel.fields["directed_because"].value = "her name is in the next line"
    panel.press(panel.save)
    assert editor.acts.set_index("act").loc[f"{ME}/statuses/2", "mechanism"] == "posts about"
    shot = editor.case.exhibits()["exhibit"].iloc[-1]
    panel.find.value = shot.rpartition("-")[2]
    panel.press(panel.add)
    assert panel.act == shot
    assert panel.fields["words"].widget.layout.display is None
    panel.fields["account"].value = "@roe"
    panel.fields["posted"].value = "2026-03-09T20:00-05:00"
    panel.fields["words"].value = "soon"
    panel.press(panel.save)
    row = editor.acts.set_index("act").loc[shot]
    assert (row["actor"], row["words"], row["exhibits"]) == ("@roe", "soon", (shot,))
    for typed, what in (
        ("E9999", "no such exhibit"),
        ("", "name the exhibit"),
        ("x", "not a citation"),
        ("E0001#/0/data/9999", "no row has this citation"),
    ):
        panel.find.value = typed
        panel.press(panel.add)
        assert what in _said(panel)


def test_acts_after_a_notice_are_shown_as_after_it_until_it_is_taken_back(lab: tuple[CaseFile, Any]) -> None:
    _, sit = lab
    editor = _editor(sit("1001"))
    notice = editor.notice
    notice.fields["exhibit"].value = str(editor.posts["exhibit"].iloc[0])
    notice.press(notice.look_up)
    assert notice.value("given") == "2026-03-01T10:00:00+00:00"
    notice.press(notice.save)
    assert "Saved." in _said(notice)
    after = editor.acts.set_index("act")["after_notice"]
    assert after[f"{ME}/statuses/0"] == ""
    assert after[f"{ME}/statuses/1"].startswith("request 2026-03-01 10:00 UTC (2026-0417-E")
    notice.fields["form"].value = "withdrawn"
    notice.fields["replaces"].widget.value = notice.fields["replaces"].widget.options[-1][1]
    notice.press(notice.save)
    assert (editor.acts["after_notice"] == "").all()
    notice.fields["given"].value = "yesterday"
    notice.press(notice.save)
    assert "this is not a day" in _said(notice)


def test_another_officer_reviews_and_nobody_their_own_words(lab: tuple[CaseFile, Any]) -> None:
    _, sit = lab
    own = _editor(sit("1001"))
    own.panel.fields["occasion"].value = "one"
    own.panel.press(own.panel.save)
    own.review.fields["text"].value = "read"
    own.review.press(lambda: own.review._review("act"))
    assert "nobody reviews their own words" in _said(own.review)
    other = _editor(sit("2001"))
    other.panel.picker.value = own.panel.act
    other.panel.press(other.panel.save)
    assert "only who works the case" in _said(other.panel)
    other.review.fields["text"].value = "read, and so"
    other.review.press(lambda: other.review._review("threat"))
    row = other.acts.set_index("act").loc[own.panel.act]
    assert (row["threat_reviewed_by"], row["reviewer"]) == ("2001", "")


def test_authorship_facts_stand_side_by_side_as_soon_as_they_are_saved(lab: tuple[CaseFile, Any]) -> None:
    case, sit = lab
    editor = sit("1001").authorship(["ada@social.test"])
    assert isinstance(editor, AuthorshipEditor)
    for side, words in (("confirming", "the same telephone"), ("contrary", HOSTILE)):
        editor.panel.fields["account"].value = ME
        editor.panel.fields["side"].value = side
        editor.panel.fields["text"].value = words
        editor.panel.fields["exhibits"].value = "E0001"
        editor.panel.press(editor.save)
        assert "Saved." in _said(editor.panel)
        assert editor.panel.value("text") == ""
    shown = editor.shown._repr_html_()
    assert shown.index("the same telephone") < shown.index("onerror")
    assert "<img src=x" not in shown
    assert "ada@social.test" in shown
    assert (
        'Nothing noted yet, for or against</p><ul class="wb-note"><li><bdi>ada@social.test</bdi></li>'
        in shown
    )
    editor.panel.fields["text"].value = "kept"
    editor.panel.press(editor.save)
    assert "cites what shows it" in _said(editor.panel)
    assert editor.panel.value("text") == "kept"
    facts = [one for one in written.read(case.folder) if one.kind == "authorship"]
    assert [one.side for one in facts] == ["confirming", "contrary"]
    first = facts[0]
    gone = editor.withdrawal
    gone.press(editor.withdraw)
    assert "no fact is chosen" in _said(gone)
    gone.fields["of"].widget.value = first.annotation
    gone.press(editor.withdraw)
    assert "a fact is withdrawn for a reason\nwhere: Why withdrawn\n" in _said(gone)
    gone.fields["reason"].value = "the telephone was lent <b>"
    gone.press(editor.withdraw)
    assert "Saved." in _said(gone)
    assert first.annotation not in [number for _, number in gone.fields["of"].widget.options]
    last = written.read(case.folder)[-1]
    assert (last.kind, last.of, last.exhibits) == ("withdrawal", first.annotation, first.exhibits)
    for shown in (editor.shown._repr_html_(), exported.clean(editor.shown._repr_html_())):
        assert "<s>the same telephone</s>" in shown
        assert "Withdrawn: the telephone was lent &lt;b&gt; (annotation" in shown
    assert "1 of them withdrawn" in repr(editor.shown)
    assert verify.verify(case.folder).defects == []


def test_a_run_shows_what_was_entered_and_no_buttons(
    lab: tuple[CaseFile, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sit = lab
    case = sit("1001")
    monkeypatch.delenv(LAB)
    shown = case.edit_acts(case.interactions(), case.posts(), target="ada@social.test")
    assert isinstance(shown, Several)
    assert "<img src=x" not in shown._repr_html_()
    sheet = case.authorship()
    assert isinstance(sheet, Sheet)
    assert "button" not in sheet._repr_html_()


def test_words_that_cannot_be_written_are_refused_and_stay(lab: tuple[CaseFile, Any]) -> None:
    case, sit = lab
    panel = _editor(sit("1001")).panel
    before = len(written.read(case.folder))
    for words, what in (
        ("\ud800", "cannot be written"),
        ("x" * 4_001, "too long"),
        ("x" * 1_000_001, "too long"),
    ):
        panel.fields["directed_because"].value = words
        panel.press(panel.save)
        assert what in _said(panel)
        assert panel.fields["directed_because"].value == words
    assert len(written.read(case.folder)) == before
