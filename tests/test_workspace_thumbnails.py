"""Thumbnails: small, written anew without metadata, entered in the audit chain, and never of what is withheld."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import workbench
from tests.desk import Desk
from tests.media_kit import drawing, film, gps, photo
from tests.real.case_kit import given
from tests.third import checker
from workbench.annotating import annotate
from workbench.casefile import CaseFile
from workbench.custody import log, verify
from workbench.errors import AuthorityError, InputError, UsageError
from workbench.show import Words
from workbench.workspace import Case

PHOTO = photo(
    drawing(300, 200), base={0x0112: 6, 0x010F: "Maker"}, gps=gps(), comment=b"a comment", quality=95
)
FILM = film(2)
NAMED = {"a.jpg": PHOTO, "b.mp4": FILM, "c.txt": b"words", "d.png": photo(drawing(mode="RGBA"), form="PNG")}


@pytest.fixture
def filled(desk: Desk, tmp_path: Path) -> CaseFile:
    case = desk.approved()
    folder = tmp_path / "given"
    folder.mkdir()
    for name, content in NAMED.items():
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "e.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("again.jpg", PHOTO)
        archive.writestr("other.jpg", photo(drawing(seed=7)))
    given(case, folder)
    return case


@pytest.fixture
def case(filled: CaseFile, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setenv("WORKBENCH_OFFICER", "1001")
    return workbench.open_case(filled.folder)


def _cited(case: Case, media_type: str) -> list[str]:
    files = case.media_files(["exhibit", "media_type"])
    return list(files.loc[files["media_type"] == media_type, "exhibit"])


def _shown(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_a_thumbnail_is_turned_small_and_says_nothing_of_its_maker(case: Case) -> None:
    whole, member, other = _cited(case, "image/jpeg")
    made = case.thumbnail(whole, edge=64)
    picture = _shown(made)
    assert (picture.format, max(picture.size), picture.width < picture.height) == ("JPEG", 64, True)
    assert (dict(picture.getexif()), picture.info.get("comment")) == ({}, None)
    assert b"Maker" not in made
    assert case.thumbnail(member, edge=64) == made != case.thumbnail(other, edge=64)


def test_a_film_shows_a_key_frame_and_what_is_clear_stays_clear(case: Case) -> None:
    (cited,) = _cited(case, "video/mp4")
    first, second = case.thumbnail(cited), case.thumbnail(cited, at=1.5)
    assert _shown(first).size == (96, 64)
    assert first != second
    assert list(case.key_frames(["at"])["at"]) == [0.0, 1.0]
    (clear,) = _cited(case, "image/png")
    assert (_shown(case.thumbnail(clear)).format, _shown(case.thumbnail(clear)).mode) == ("PNG", "RGBA")


def test_each_thumbnail_is_a_look_in_the_audit_chain(case: Case) -> None:
    cited = _cited(case, "image/jpeg")[0]
    case.thumbnail(cited, edge=32)
    entry = list(log.entries(case.folder, "audit"))[-1]
    assert (entry.action, entry.fields["thumbnail"]) == ("viewed", 32)
    assert cited.endswith(f"E{entry.fields['exhibit']:04d}")


def test_what_is_no_picture_is_said(case: Case) -> None:
    files = case.exhibits(["exhibit", "length"])
    (words,) = files.loc[files["length"] == len(b"words"), "exhibit"]
    with pytest.raises(InputError, match="holds no picture"):
        case.thumbnail(words)
    with pytest.raises(UsageError, match="another size"):
        case.thumbnail(words, edge=9_000)
    with pytest.raises(UsageError, match="another case"):
        case.thumbnail("2020-0001-E0001")


def _mark(desk: Desk, filled: CaseFile, cited: str, mark: str) -> None:
    badge = "2001" if mark == "contraband" else "1001"
    number = int(cited.rpartition("E")[2])
    annotate(desk.open(filled, badge), desk.sign_in(badge), "mark", [number], "seen", mark=mark)


def test_hidden_pictures_need_asking_for_and_so_do_their_copies(
    desk: Desk, filled: CaseFile, case: Case
) -> None:
    whole, member, other = _cited(case, "image/jpeg")
    _mark(desk, filled, whole, "hidden")
    for cited in (whole, member):
        with pytest.raises(AuthorityError, match="not shown"):
            case.thumbnail(cited)
        assert case.thumbnail(cited, hidden=True)
    assert case.thumbnail(other)


def test_contraband_has_no_thumbnail_ever_nor_has_the_same_picture_elsewhere(
    desk: Desk, filled: CaseFile, case: Case
) -> None:
    whole, member, other = _cited(case, "image/jpeg")
    _mark(desk, filled, whole, "contraband")
    before = len(list(log.entries(case.folder, "audit")))
    for cited in (whole, member):
        with pytest.raises(AuthorityError, match="not shown"):
            case.thumbnail(cited, hidden=True)
    assert len(list(log.entries(case.folder, "audit"))) == before
    assert case.thumbnail(other)
    assert len(_cited(case, "image/jpeg")) == 3


def test_what_lies_in_an_archive_that_is_contraband_is_shown_nowhere(
    desk: Desk, filled: CaseFile, case: Case
) -> None:
    whole, member, _ = _cited(case, "image/jpeg")
    exhibits = case.exhibits(["exhibit", "file", "offset", "length"]).set_index("exhibit")
    same = exhibits[(exhibits["file"] == exhibits.loc[member, "file"]) & (exhibits["offset"] == 0)]
    archive = str(same.sort_values("length").index[-1])
    assert archive != member
    _mark(desk, filled, archive, "contraband")
    for cited in (member, whole):
        with pytest.raises(AuthorityError, match="not shown"):
            case.thumbnail(cited, hidden=True)


# --- blurred, and what the audit chain says ------------------------------------------------------


def _looks(case: Case) -> list[dict[str, object]]:
    return [entry.fields for entry in log.entries(case.folder, "audit") if entry.action == "viewed"]


def test_the_audit_chain_says_that_what_is_hidden_was_asked_for_and_of_which_exhibit(
    desk: Desk, filled: CaseFile, case: Case
) -> None:
    whole, member, other = _cited(case, "image/jpeg")
    numbers = [int(cite.rpartition("E")[2]) for cite in (whole, member, other)]
    _mark(desk, filled, whole, "hidden")
    with pytest.raises(AuthorityError, match="marked as hidden: it is not shown"):
        case.exhibit(whole)
    assert _looks(case) == []
    shown = case.exhibit(whole, hidden=True)
    assert "Hidden, shown because it was asked for: marked as hidden" in shown._repr_html_()
    case.thumbnail(member, hidden=True)
    case.thumbnail(whole, blurred=True)
    case.thumbnail(other, hidden=True)
    assert _looks(case) == [
        {"exhibit": numbers[0], "hidden": True},
        {"exhibit": numbers[1], "hidden": True, "thumbnail": 256},
        {"exhibit": numbers[0], "blurred": True, "thumbnail": 256},
        {"exhibit": numbers[2], "thumbnail": 256},
    ]
    actors = {entry.actor for entry in log.entries(case.folder, "audit") if entry.action == "viewed"}
    assert actors == {"1001"}
    assert verify.verify(case.folder, processes=1).defects == []
    assert checker.check(case.folder) == []


def test_a_mark_that_is_set_while_the_case_is_open_counts_at_once(
    desk: Desk, filled: CaseFile, case: Case
) -> None:
    whole, _, _ = _cited(case, "image/jpeg")
    plain = case.thumbnail(whole)
    _mark(desk, filled, whole, "hidden")
    with pytest.raises(AuthorityError, match="not shown"):
        case.thumbnail(whole)
    assert case.thumbnail(whole, blurred=True) != plain == case.thumbnail(whole, hidden=True)
    _mark(desk, filled, whole, "none")
    assert case.thumbnail(whole) == plain


def test_a_sheet_looks_at_marks_and_at_the_posts_whatever_its_frame_says(
    desk: Desk, filled: CaseFile, case: Case
) -> None:
    whole, member, other = _cited(case, "image/jpeg")
    _mark(desk, filled, whole, "hidden")
    frame = pd.DataFrame({"file": [whole, member, other]})
    sheet = case.contact_sheet(frame)
    assert isinstance(sheet, Words)
    page = sheet.fragment()
    assert re.findall(r'<p class="wb-veil">(.*?)</p>', page) == [
        "Blurred: marked as hidden",
        f"Blurred: holding the same picture as {whole.rpartition('-')[2]}, which is hidden",
    ]
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", page)
    blurred = case.thumbnail(whole, edge=160, blurred=True)
    assert [base64.b64decode(each) for each in pictures] == [
        blurred,
        blurred,
        case.thumbnail(other, edge=160),
    ]
    assert base64.b64encode(case.thumbnail(whole, edge=160, hidden=True)).decode() not in page
    assert "Blurred, since hidden or sensitive: 2 of them." in page
    with pytest.raises(UsageError, match="shows nothing"):
        case.contact_sheet(frame, limit=0)
