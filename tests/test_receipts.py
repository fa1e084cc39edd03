from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.desk import Desk
from workbench import qr
from workbench.casefile import CaseFile, Receipt
from workbench.custody import seals
from workbench.errors import IntegrityError
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


def test_a_receipt_bears_the_newest_seal_and_none_where_there_is_none(desk: Desk, tmp_path: Path) -> None:
    before = _page(desk, tmp_path, Receipt(giver="Bea"), "a")
    assert "<svg" not in before
    assert "newest seal" not in before
    case = CaseFile(desk.casefiles / "2026-0417", desk.department, "1001", desk.clock)
    first = case.seal(desk.sign_in("1001"))
    case.annotate({"kind": "note", "exhibits": [], "text": "later"})
    second = case.seal(desk.sign_in("1001"))
    assert first is not None
    assert second is not None
    text = page(case.folder, 1)
    assert f"seal 2, {seals.short(second.sha256)}" in text
    assert seals.short(first.sha256) not in text
    assert qr.svg(f"2026-0417 seal 2 sha256 {second.sha256}") in text
    seen = Seen()
    seen.feed(text)
    assert not seen.tags & {"a", "img", "link", "iframe", "object", "form", "script"}


def test_a_receipt_bears_no_seal_that_is_not_the_logged_one(desk: Desk, tmp_path: Path) -> None:
    _page(desk, tmp_path, Receipt(giver="Bea"), "a")
    case = CaseFile(desk.casefiles / "2026-0417", desk.department, "1001", desk.clock)
    assert case.seal(desk.sign_in("1001")) is not None
    path = case.folder / "seals/0001.txt"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"# by 1001", b"# by 1002"))
    with pytest.raises(IntegrityError):
        page(case.folder, 1)
