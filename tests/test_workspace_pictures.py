"""What stands under a picture of a contact sheet."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import workbench
from tests import notebook_kit
from workbench.casefile import Receipt
from workbench.errors import AuthorityError
from workbench.intake import take_in
from workbench.show import Words
from workbench.workspace.pictures import LIKE_HIDDEN, Blurred, Laid, Sheet

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from workbench.workspace.unveiling import Unveiling


class Pictures:
    """No picture at all: what stands under it is looked at."""

    def hidden(self, citation: str) -> str:
        return "" if citation else "never"

    def given(self, citation: str) -> str:
        return "holiday <b>.jpg" if citation.endswith("E0002") else ""

    def small(self, citation: str, at: float, *, hidden: bool, blurred: bool) -> bytes:
        return f"{citation} {at} {hidden} {blurred}".encode()


def test_the_time_of_posting_comes_first_and_a_file_s_own_is_said_to_be_its_own() -> None:
    frame = pd.DataFrame(
        {
            "file": ["2026-0417-E0001", "2026-0417-E0002", "2026-0417-E0003", "2026-0417-E0004"],
            "published": pd.to_datetime(["2026-03-01T12:00:00Z", "", "", ""], utc=True),
            "taken": pd.to_datetime(["2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z", "", ""], utc=True),
            "taken_raw": ["2026:02:01 12:00:00+00:00", "3853224000", "2008:10:22 16:28:39", ""],
        }
    )
    zone = ZoneInfo("America/New_York")
    laid = Sheet(source=Pictures(), title="Pictures", zone=zone, show_hidden=False, limit=9).laid(frame)
    page = laid.words.markup
    assert "2026-03-01 07:00 EST" in page
    assert "the file says 2026-02-01 07:00 EST" in page
    assert "the file says 2008:10:22 16:28:39, no zone" in page
    assert page.count("time not known") == 1
    assert page.count("given as") == 1
    assert "given as holiday &lt;b&gt;.jpg" in page


class OneHidden(Pictures):
    def hidden(self, citation: str) -> str:
        return "marked as hidden" if citation.endswith("E0001") else ""


@pytest.mark.parametrize("limit", [9, 2])
def test_a_near_duplicate_of_what_is_hidden_is_blurred_as_well(limit: int) -> None:
    """A copy that was encoded anew is another file, and shows the same; also where the hidden one has no place."""
    files = [f"2026-0417-E000{number}" for number in (3, 2, 1, 4)]
    frame = pd.DataFrame({"file": files, "group": ["", "alike 1", "alike 1", "alike 2"]})
    sheet = Sheet(source=OneHidden(), title="P", zone=ZoneInfo("UTC"), show_hidden=False, limit=limit)
    laid = sheet.laid(frame)
    blurred = {each.citation[-1]: each.why for each in laid.blurred}
    both = {"2": LIKE_HIDDEN, "1": "marked as hidden"}
    assert blurred == ({name: both[name] for name in both if limit == 9 or name == "2"})
    shown = Sheet(source=OneHidden(), title="P", zone=ZoneInfo("UTC"), show_hidden=True, limit=limit).laid(
        frame
    )
    assert shown.blurred == ()


class Looked:
    """A case of which it is written down what was entered."""

    badge, position = "1001", 7

    def __init__(self) -> None:
        self.entries: list[tuple[str, object]] = []

    def entered(self, action: str, fields: Mapping[str, object]) -> None:
        self.entries.append((action, fields))

    def thumbnail(self, citation: str, **asked: object) -> bytes:
        self.entries.append(("viewed", (citation, asked)))
        return b"\xff\xd8\xff"


@pytest.mark.parametrize(("why", "asked"), [(LIKE_HIDDEN, 1), ("marked as hidden", 0)])
def test_asking_for_a_picture_that_only_looks_like_a_hidden_one_is_entered_as_well(
    why: str, asked: int
) -> None:
    """The look at a hidden one says so by itself."""
    case: Any = Looked()
    wanted = Blurred(name="E0002", citation="2026-0417-E0002", at=0.0, why=why)
    form = Unveiling(case, Laid(words=Words(markup="", plain=""), blurred=(wanted,)))
    form.panel.fields["picture"].widget.value = 0
    form.show()
    assert [action for action, _ in case.entries] == ["asked-hidden"] * asked + ["viewed"]


@pytest.mark.parametrize(
    ("limit", "left"),
    [(3, "1 more is not on this sheet; none held."), (1, "3 more are not on this sheet; 1 held.")],
)
def test_what_can_be_looked_at_has_the_places_of_a_sheet(limit: int, left: str) -> None:
    files = ["", "2026-0417-E0003", "", "2026-0417-E0001"]
    sheet = Sheet(source=Pictures(), title="P", zone=ZoneInfo("UTC"), show_hidden=False, limit=limit)
    page = sheet.laid(pd.DataFrame({"file": files})).words.markup
    cited = re.findall(r"<code>([^<]+)", page)
    assert cited == ["2026-0417-E0003", "2026-0417-E0001"][:limit], "in the order given"
    assert left in page
    whole = Sheet(source=Pictures(), title="P", zone=ZoneInfo("UTC"), show_hidden=False, limit=4)
    assert "not on this sheet" not in whole.laid(pd.DataFrame({"file": files})).words.markup


class Marked(Pictures):
    """The first is hidden, the second contraband, the third neither; each was given under a name that says much."""

    def hidden(self, citation: str) -> str:
        return "marked as hidden" if citation.endswith("1") else ""

    def given(self, citation: str) -> str:
        return f"her name {citation[-1]}.jpg"

    def small(self, citation: str, at: float, *, hidden: bool, blurred: bool) -> bytes:
        if citation.endswith("2"):
            raise AuthorityError("this exhibit is marked as contraband: it is not shown")
        return super().small(citation, at, hidden=hidden, blurred=blurred)


@pytest.mark.parametrize("asked", [False, True])
def test_what_is_not_shown_is_not_called_by_its_name_either(*, asked: bool) -> None:
    frame = pd.DataFrame({"file": [f"2026-0417-E000{number}" for number in (1, 2, 3)]})
    sheet = Sheet(source=Marked(), title="Pictures", zone=ZoneInfo("UTC"), show_hidden=asked, limit=9)
    page = sheet.laid(frame).words.markup
    assert ("her name 1" in page) == asked
    assert "her name 2" not in page
    assert "her name 3" in page


def test_the_names_of_given_files_are_told_and_who_read_them(tmp_path: Path) -> None:
    _, made = notebook_kit.made(tmp_path, "crime-media", "platform")
    files = []
    for number in range(12):
        path = tmp_path / f"{number}"
        path.write_bytes(notebook_kit.picture(number))
        files.append((path, f"stick/IMG_{number}.png"))
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(files[0][0], "inside.png")
    take_in(made, files, Receipt(giver="a friend"))
    take_in(made, [(packed, "from my phone.zip")], Receipt(giver="a friend"))
    with notebook_kit.officer(made):
        case = workbench.open_case()
        given = case.given()
        known = case.exhibits(["exhibit", "source", "kind"])
        page = notebook_kit.executed(made, "crime-media")
    assert given["importer"].tolist() == ["mastodon-archive", "file", "file"]
    assert given["given_names"].iloc[0][:2] == ("archive/outbox.json", "archive/actor.json")
    assert given["given_names"].iloc[1] == (*(f"stick/IMG_{n}.png" for n in range(10)), "and 2 more")
    assert given["given_names"].iloc[2] == ("from my phone.zip",)
    of_stick = known[known["source"] == "import-0002"]["exhibit"]
    assert [case.given_name(cite) for cite in of_stick] == [name for _, name in files]
    member = known[known["kind"] == "member"]["exhibit"].iloc[-1]
    assert case.given_name(member) == "from my phone.zip, a file in it"
    assert case.given_name(f"{case.number}-E9999") == ""
    told = re.search(
        r"given as (archive/media|stick/IMG_|from my phone.zip, a file)", page.replace("<wbr>", "")
    )
    assert told is not None
