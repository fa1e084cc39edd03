from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from tests.desk import Desk
from workbench.casefile import Receipt
from workbench.receipts import page
from workbench.records import Result

HOSTILE = "<script>alert(1)</script>\"'&\u202egpj.exe\x1b[2J"


class Seen(HTMLParser):
    """Collects tags, attributes and words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(desk: Desk, tmp_path: Path, receipt: Receipt, name: str) -> str:
    given = tmp_path / "given"
    given.write_bytes(b"bytes")
    case = desk.draft()
    case.begin_import([(given, name)], "file", receipt).end(Result(verdict="complete"), 0)
    return page(case.folder, 1)


def test_hostile_names_are_words_and_nothing_else(desk: Desk, tmp_path: Path) -> None:
    fields = ("giver", "device", "received_at", "manner", "basis", "reference", "stated_url")
    text = _page(desk, tmp_path, Receipt(**dict.fromkeys(fields, HOSTILE)), f"{HOSTILE}.jpg")
    seen = Seen()
    seen.feed(text)
    assert "script" not in seen.tags
    assert seen.attributes <= {"lang", "charset", "class"}
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert sum("<script>alert(1)</script>" in word for word in seen.words) == len(fields) + 1
    assert any("\\u202e" in word for word in seen.words), "what was hidden is visible"


def test_a_receipt_says_what_was_given(desk: Desk, tmp_path: Path) -> None:
    given = Receipt(giver="Bea", device="a telephone", basis="consent")
    text = _page(desk, tmp_path, given, "photo.jpg")
    for word in ("Bea", "a telephone", "consent", "photo.jpg", "2026-0417", "1001", "not stated"):
        assert word in text
    assert "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9" in text


def test_a_receipt_asks_the_network_for_nothing(desk: Desk, tmp_path: Path) -> None:
    text = _page(desk, tmp_path, Receipt(giver="Bea", stated_url="https://evil.example/x"), "a")
    seen = Seen()
    seen.feed(text)
    assert not seen.tags & {"a", "img", "link", "iframe", "object", "form"}
    assert "url(" not in text
