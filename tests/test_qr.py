from __future__ import annotations

import re

import pytest

from workbench import qr
from workbench.errors import UsageError

SHA256 = "3f2a9c1d" * 8


def test_a_code_is_one_svg_without_references() -> None:
    svg = qr.svg(qr.seal_text("2026-0417", 3, SHA256))
    assert svg.startswith('<svg width="28mm" height="28mm" ')
    assert svg.endswith("</svg>")
    assert not re.search(r"href|script|style|id=|class=", svg)


def test_a_code_holds_its_text() -> None:
    first, second = (qr.svg(qr.seal_text("2026-0417", number, SHA256)) for number in (3, 4))
    assert first == qr.svg(f"2026-0417 seal 3 sha256 {SHA256}")
    assert first != second


@pytest.mark.parametrize("text", ["", "x" * (qr.MOST_LETTERS + 1)])
def test_what_no_paper_could_show_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="QR code"):
        qr.svg(text)


def test_a_seal_for_the_eye() -> None:
    assert qr.seal_line(3, SHA256) == "seal 3, 3f2a 9c1d 3f2a 9c1d 3f2a"


@pytest.mark.parametrize("text", ["", "3f2a", SHA256.upper(), SHA256[:-1] + "g"])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no fingerprint"):
        qr.seal_line(3, text)
