"""The exported page of a real run: asks for nothing, shows its pictures, fits the paper, runs no captured word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import CASES, HOSTILE, Cases
from tests.browser.devtools import Browser, Page
from tests.browser.looking import look_over

pytestmark = pytest.mark.slow

_TOWN = [number for number in CASES if number != "2026-0004"]
_FIGURES = {
    "missing": ["canvas", "svg", "svg", "svg"],
    "wanted": ["canvas", "svg", "svg", "svg", "svg"],
    "cyberstalking": ["canvas", "svg", "svg"],
    "gang": ["canvas", "svg"],
    "crime-media": ["svg", "svg"],
}
"""Purpose -> what its figures are drawn as: a network on a canvas, timelines, hours and maps as SVG."""
_A4, _LETTER = (8.27, 11.69), (8.5, 11.0)
_BOTH_MARGINS_PX = 24 * 96 / 25.4
_TOO_WIDE = """
[...document.querySelectorAll('main, .wb-wide, pre, figure')].filter(each => each.scrollWidth > each.clientWidth + 1)
.map(each => each.querySelector('caption')?.innerText ?? each.className)
"""


def _opened(browser: Browser, cases: Cases, number: str) -> Page:
    page = browser.page(cases.page(number).as_uri())
    page.wait("document.readyState == 'complete'")
    return page


def _show_frames(page: Page) -> None:
    """Scroll to each picture in turn: a browser draws no frame that nobody sees."""
    count = page.evaluate("document.querySelectorAll('iframe').length")
    for place in range(count):
        page.evaluate(f"document.querySelectorAll('iframe')[{place}].scrollIntoView()")
        page.wait("new Promise(done => requestAnimationFrame(() => done(true)))")


def test_what_these_tests_look_for_would_be_seen(chromium: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<meta http-equiv=Content-Security-Policy content='img-src http:'><img src='data:image/png,x'>"
        "<iframe srcdoc='<img src=http://198.51.100.7/a onerror=alert(1)>'></iframe>"
        "<script>throw new Error('seen')</script>"
    )
    page = chromium.page(bad.as_uri())
    page.wait("document.querySelectorAll('iframe').length")
    for _ in range(100):
        kinds = {said.partition(":")[0] for said in page.complaints}
        if kinds >= {"dialog", "exception", "policy"} and page.outside():
            break
        page.evaluate("new Promise(done => setTimeout(done, 50))")
    assert page.outside() == ["http://198.51.100.7/a"]
    assert kinds >= {"dialog", "exception", "policy"}


@pytest.mark.parametrize("number", _TOWN)
def test_a_page_asks_for_nothing_and_shows_its_pictures(chromium: Browser, cases: Cases, number: str) -> None:
    page = _opened(chromium, cases, number)
    figures = _FIGURES[CASES[number].purpose]
    assert page.evaluate("document.querySelectorAll('iframe').length") == len(figures)
    _show_frames(page)
    assert len(page.frames) == len(figures)
    drawn = [
        page.wait("document.querySelector('#vis svg, canvas')?.localName", frame) for frame in page.frames
    ]
    assert sorted(drawn) == figures
    for frame in page.frames:
        # A sandbox without an origin of its own: it reads neither the page nor what the browser keeps.
        assert page.evaluate("self.origin", frame) == "null"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth", frame) <= 0
    assert page.outside() == []
    assert page.complaints == []
    look_over(page, f"page-{number}-{CASES[number].purpose}")


@pytest.mark.parametrize("number", _TOWN)
def test_nothing_is_cut_off_on_the_screen_or_on_paper(chromium: Browser, cases: Cases, number: str) -> None:
    page = _opened(chromium, cases, number)
    assert page.evaluate(_TOO_WIDE) == []
    for width, _ in (_A4, _LETTER):
        page.as_paper(round(width * 96 - _BOTH_MARGINS_PX))
        assert page.evaluate(_TOO_WIDE) == []
        # Code is folded away in print; what was asked for, the still pictures and all citations are there.
        assert page.evaluate("[...document.querySelectorAll('.wb-live')].every(each => !each.offsetHeight)")
        assert page.evaluate(
            "[...document.querySelectorAll('.wb-still')].every(each => each.offsetHeight > 50)"
        )
        assert page.evaluate("document.querySelectorAll('.wb-under code').length") > 20
    assert page.printed(width=_A4[0], height=_A4[1]).startswith(b"%PDF")


def test_captured_words_are_words(chromium: Browser, cases: Cases) -> None:
    page = _opened(chromium, cases, "2026-0004")
    _show_frames(page)
    text = page.evaluate("document.body.innerText")
    for words in (
        HOSTILE[0],
        HOSTILE[3],
        HOSTILE[4],
        "invoice_⟨U+202E⟩gnp.exe",
        "javascript:alert('ESCAPED')",
    ):
        assert words in text
    assert "]]> --> */ '); DROP TABLE posts; --" in text
    assert page.evaluate("document.title") == "2026-0004 missing"
    assert page.evaluate("getComputedStyle(document.body).display") != "none"
    assert page.evaluate("[...document.querySelectorAll('script, a[href]')].length") == 0
    # Pictures that are no figures: the code of the newest seal, and one on the contact sheet, described by an attacker.
    pictures = "[...document.querySelectorAll('img:not(.wb-still)')].map(each => each.alt)"
    seal, posted = page.evaluate(pictures)
    assert seal == "QR code of the newest seal's fingerprint"
    assert "\" onload=\"alert('ESCAPING FAILED in the description')" in posted
    assert page.evaluate("[...document.querySelectorAll('img')].every(each => !each.hasAttribute('onload'))")
    assert page.evaluate("[...document.querySelectorAll('iframe:not(.wb-live)')].length") == 0
    assert page.evaluate("getComputedStyle(document.querySelector('bdi')).unicodeBidi") == "isolate"
    assert page.outside() == []
    # A script that ran, a dialog or a forbidden request would be among these.
    assert page.complaints == []
    for frame in page.frames:
        page.wait("document.querySelector('#vis svg, canvas')?.localName", frame)
        assert page.evaluate("document.querySelectorAll('img, a[href], iframe').length", frame) == 0
