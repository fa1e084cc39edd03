"""Each notebook on cases of every kind: no posts, one post, one platform, several, words that are not Latin."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pandas as pd
import pytest

import workbench
from tests import notebook_kit
from tests.archive_kit import ROE
from tests.notebook_kit import HOSTILE, NAMES, picture
from tests.runner_kit import SUPERVISOR, Office, fetched
from workbench.casefile import CaseFile
from workbench.custody import log
from workbench.errors import AuthorityError
from workbench.media import pictures
from workbench.policy.versions import GIVEN_ONLY, GIVEN_WORDS
from workbench.records import Citation
from workbench.show import Words
from workbench.show.columns import COLUMNS, PLAIN
from workbench.show.words import escaped

KINDS = ("none", "one", "platform", "many", "scripts")
PURPOSES = {
    "crime-media": "crime-media",
    "cyberstalking": "cyberstalking",
    "gang": "gang",
    "missing": "missing",
    "supervisor-digest": "gang",
    "wanted": "wanted",
}
WORDS: dict[str, set[str]] = {"supervisor-digest": set(), "crime-media": {"platform", "many"}}
"""Notebooks that show words of some kinds of case only: of reviews, and of posts that carry pictures."""
TARGETS = ", ".join(f"{name}@far.test" for name in ("ann", "bob", *NAMES))
GIVEN = {"cyberstalking": {"target": TARGETS}}
HEADINGS = ("Stated facts", "Captures", "Open questions")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PURPOSES)
def test_it_runs_to_its_end_escaped_and_without_any_request(tmp_path: Path, name: str, kind: str) -> None:
    _, case = notebook_kit.made(tmp_path, PURPOSES[name], kind)
    page = notebook_kit.executed(case, name, GIVEN.get(name))
    shown = WORDS.get(name, set(KINDS))
    for heading in HEADINGS:
        assert heading in page
    assert HOSTILE not in page
    assert (escaped(HOSTILE) in page) == (kind in {"one", "platform", "many"} & shown)
    assert list(fetched(page)) == []
    assert _columns(page) <= {*COLUMNS, *PLAIN}
    if kind in {"scripts"} & shown:
        # Bystanders of a gang case stand under neutral names.
        assert all(each in page for each in NAMES) == (name != "gang")
        assert "明天我会回家" in page
        assert "⟨U+202E⟩evil" in page


def _columns(page: str) -> set[str]:
    """Name the columns that the page's tables show, as heads and under the rows."""
    heads = {head.replace("<wbr>", "") for head in re.findall(r'<th scope="col">(.*?)</th>', page)}
    return heads | set(re.findall(r'<span class="wb-name">([\w ]*)</span>', page)) - {"drawn from"}


def test_gang_refuses_without_a_supervisor_s_approval_before_anything_is_computed(tmp_path: Path) -> None:
    case = Office(tmp_path / "cases").case(purpose="gang")
    with pytest.raises(AuthorityError, match="no supervisor's approval stands"):
        notebook_kit.executed(case, "gang")


@pytest.mark.parametrize("purpose", list(PURPOSES))
def test_it_runs_where_the_approval_is_for_given_files_only(tmp_path: Path, purpose: str) -> None:
    office = Office(tmp_path / "cases")
    case = office.case(purpose=PURPOSES[purpose])
    office.approve(case, scope=GIVEN_ONLY)
    notebook_kit.fill(case, tmp_path / "given", "one")
    page = notebook_kit.executed(case, purpose)
    assert GIVEN_WORDS in page


def test_gang_refuses_a_case_of_another_purpose(tmp_path: Path) -> None:
    _, case = notebook_kit.made(tmp_path, "missing", "none")
    with pytest.raises(AuthorityError, match="not 'gang'"):
        notebook_kit.executed(case, "gang")


def test_bystanders_are_shown_only_when_asked_for_and_the_asking_is_entered(tmp_path: Path) -> None:
    _, case = notebook_kit.made(tmp_path, "gang", "scripts")
    page = notebook_kit.executed(case, "gang")
    assert not [each for each in NAMES if f"{each}@far.test" in page]
    assert "account 1" in page
    assert _viewed(case) == []
    page = notebook_kit.executed(case, "gang", {"show_bystanders": True})
    assert all(f"{each}<wbr>@far.test" in page for each in NAMES)
    assert set(_viewed(case)) == {"unminimised"}


def _viewed(case: CaseFile) -> list[str]:
    entries = log.entries(case.folder, "audit")
    return [entry.action for entry in entries if entry.action in {"viewed", "asked-hidden", "unminimised"}]


def _looks(case: CaseFile) -> list[dict[str, object]]:
    return [entry.fields for entry in log.entries(case.folder, "audit") if entry.action == "viewed"]


def _pictures(page: str) -> list[bytes]:
    """Give the pictures on a page's contact sheets."""
    tiles = re.findall(r'<figure class="wb-tile">(.*?)</figure>', page, re.DOTALL)
    return [
        base64.b64decode(each)
        for tile in tiles
        for each in re.findall(r"data:image/(?:png|jpeg);base64,([A-Za-z0-9+/=]+)", tile)
    ]


def _plain(page: str) -> int:
    """Count those that show what the case's two pictures show."""
    plain = [pictures.thumbnail(io.BytesIO(picture(each)), "image/png", 160) for each in (1, 2)]
    return sum(each in plain for each in _pictures(page))


def test_sensitive_pictures_are_blurred_until_asked_for_and_the_asking_is_entered(tmp_path: Path) -> None:
    _, case = notebook_kit.made(tmp_path, "crime-media", "platform")
    page = notebook_kit.executed(case, "crime-media")
    # One of the two pictures is on posts that are marked sensitive.
    assert page.count("Blurred: marked as sensitive by its author or platform</p>") == 1
    assert (len(_pictures(page)), _plain(page)) == (2, 1)
    assert _viewed(case) == ["viewed", "viewed"]
    veiled = [look for look in _looks(case) if look.get("blurred")]
    assert len(veiled) == 1
    assert not any("hidden" in look for look in _looks(case))
    page = notebook_kit.executed(case, "crime-media", {"show_hidden": True})
    assert (len(_pictures(page)), _plain(page)) == (2, 2)
    assert (
        page.count("Shown because it was asked for: marked as sensitive") == 2
    )  # over it, and for the blind
    assert _viewed(case)[2:] == ["asked-hidden", "viewed", "viewed", "asked-hidden"]
    assert [look["exhibit"] for look in _looks(case) if look.get("hidden")] == [veiled[0]["exhibit"]]


def test_what_posts_call_sensitive_is_blurred_though_a_frame_does_not_say_so(tmp_path: Path) -> None:
    _, case = notebook_kit.made(tmp_path, "crime-media", "platform")
    with notebook_kit.officer(case):
        opened = workbench.open_case()
        sheet = opened.contact_sheet(pd.DataFrame({"file": opened.media_files(["exhibit"])["exhibit"]}))
        assert isinstance(sheet, Words)
        page = sheet.fragment()
    assert page.count("Blurred: marked as sensitive by its author or platform</p>") == 1
    assert (len(_pictures(page)), _plain(page)) == (2, 1)


def test_what_is_marked_hidden_is_blurred_until_asked_for_and_contraband_never_appears(
    tmp_path: Path,
) -> None:
    office, case = notebook_kit.made(tmp_path, "missing", "platform")
    with notebook_kit.officer(case):
        files = workbench.open_case().media_files(["exhibit"])["exhibit"]
    one, two = (Citation.parse(cite).number for cite in files)
    for mark, number in (("hidden", one), ("contraband", two)):
        body = {"kind": "mark", "exhibits": [number], "text": "as the law asks", "mark": mark}
        CaseFile(case.folder, office.department, SUPERVISOR).annotate(body)
    page = notebook_kit.executed(case, "missing")
    assert "Blurred: marked as hidden" in page
    assert (len(_pictures(page)), _plain(page)) == (page.count("Blurred: marked as hidden</p>"), 0)
    asked = notebook_kit.executed(case, "missing", {"show_hidden": True})
    assert "Blurred" not in asked
    assert _plain(asked) == len(_pictures(asked)) > 0
    for shown in (page, asked):
        assert "this exhibit is marked as contraband: it is not shown" in shown
    assert {look["exhibit"] for look in _looks(case)} == {one}
    assert {look.get("hidden", False) for look in _looks(case)} == {True, False}


def test_pictures_of_posts_without_a_usable_time_are_shown_and_their_posts_counted(tmp_path: Path) -> None:
    office = Office(tmp_path / "cases")
    case = office.case()
    office.approve(case)
    posts = [
        notebook_kit.post(number, f"post {number}", picture="/media_attachments/2.png")
        for number in (0, 2, 4)
    ]
    for each in posts:
        each["published"] = each["object"]["published"] = "one evening"
    notebook_kit.give_posts(case, tmp_path / "given", posts)
    page = notebook_kit.executed(case, "missing", {"person": ROE})
    assert "No picture or video." not in page
    assert page.count("time not known") >= len(posts)
    after = page.partition("Posts from that moment on</p>")[2].partition("</p>")[0]
    assert "3 without a usable time" in after
