"""Contact sheets: what is shown, what is not and why; captured words never act; nothing is fetched."""

from __future__ import annotations

import lxml.etree
import lxml.html

from tests.notebook_kit import HOSTILE, picture
from tests.runner_kit import fetched
from workbench import show
from workbench.show import exported
from workbench.show.sheets import PICTURE_BYTES

CITE = "2026-0001-E0007"


def _tile(**given: object) -> show.Tile:
    words = {
        "citation": CITE,
        "alt": f'a cat" {HOSTILE}',
        "lines": ("2026-03-01 10:00 EST", f"@roe {HOSTILE}"),
    }
    return show.Tile(**(words | given))  # type: ignore[arg-type]


def _words(element: lxml.etree._Element) -> str:
    return "".join(map(str, element.itertext()))


def test_a_picture_stands_with_its_citation_time_account_and_words_for_the_blind() -> None:
    words = show.contact_sheet([_tile(picture=picture(1))], title="Pictures")
    for page in (words.fragment(), exported.clean(words.fragment())):
        root = lxml.html.fromstring(f"<div>{page}</div>")
        (image,) = root.iter("img")
        assert image.get("src", "").startswith("data:image/png;base64,")
        assert image.get("alt") == f'a cat" {HOSTILE}'
        (caption,) = root.iter("figcaption")
        assert CITE in _words(caption)
        assert "10:00 EST" in _words(caption)
        assert list(fetched(page)) == []
    assert words.plain == "Pictures: 1 picture or video, 1 of them shown."


def test_what_is_not_shown_says_why() -> None:
    tiles = [
        _tile(note="marked as hidden"),
        _tile(),
        _tile(picture=b"<svg onload=alert(1)>"),
        _tile(picture=b"\xff\xd8\xff" + bytes(PICTURE_BYTES)),
    ]
    page = show.contact_sheet(tiles, title=HOSTILE).markup
    assert "<img" not in page
    assert "<svg" not in page
    assert page.count("wb-blank") == 4
    for words in (
        "marked as hidden",
        "not held",
        "too large for a page",
        "4 pictures and videos, 0 of them shown",
    ):
        assert words in page


def test_groups_stand_together_under_their_words_and_none_says_so() -> None:
    tiles = [_tile(group="near <1>"), _tile(group="near <1>"), _tile(group="alone")]
    root = lxml.html.fromstring(show.contact_sheet(tiles, title="Pictures").markup)
    assert [_words(each) for each in root.iter("p") if each.get("class") == "wb-group"] == [
        "near <1>",
        "alone",
    ]
    assert [len(each) for each in root.iter("div") if each.get("class") == "wb-tiles"] == [2, 1]
    assert "No picture or video." in show.contact_sheet([], title="Pictures").markup
