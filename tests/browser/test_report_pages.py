"""A report in a real browser: asks for nothing, runs no captured word, leads from citation to exhibit, fits paper."""

from __future__ import annotations

import pytest

from tests.browser.conftest import HOSTILE, Cases
from tests.browser.devtools import Browser, Page
from tests.browser.looking import look_over

pytestmark = pytest.mark.slow

_SIDES_MM = 28
_PAPERS = {"A4": 8.27, "Letter": 8.5}
_TOO_WIDE = """
[...document.querySelectorAll('body, section, table, pre, figure')]
.filter(each => each.scrollWidth > each.clientWidth + 1 && each.offsetWidth)
.map(each => each.localName + ' ' + each.className + ' ' + each.innerText.slice(0, 60))
"""


def _opened(browser: Browser, cases: Cases, number: str) -> Page:
    page = browser.page(cases.reports[number].as_uri())
    page.wait("document.readyState == 'complete'")
    return page


def test_hostile_words_stay_words(chromium: Browser, cases: Cases) -> None:
    page = _opened(chromium, cases, "2026-0004")
    counted = "document.querySelectorAll('script, iframe, link, base, form, object, video').length"
    assert page.evaluate(counted) == 0
    assert page.evaluate("document.querySelectorAll('style').length") == 1
    text = page.evaluate("document.body.textContent")
    for words in (HOSTILE[0], HOSTILE[3], HOSTILE[4], "invoice_⟨U+202E⟩gnp.exe"):
        assert words in text
    assert "]]> --> */ '); DROP TABLE posts; --" in text
    assert page.evaluate("document.title") == "Report, case 2026-0004"
    assert page.evaluate("getComputedStyle(document.body).display") != "none"
    assert page.evaluate(
        "[...document.querySelectorAll('a[href]')].every(a => a.hash && a.protocol == 'file:')"
    )
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert page.outside() == []
    assert page.complaints == []


def test_a_citation_leads_to_its_exhibit(chromium: Browser, cases: Cases) -> None:
    page = _opened(chromium, cases, "2026-0003")
    cited = page.evaluate("document.querySelector('.output a.cite').innerText")
    page.click("document.querySelector('.output a.cite')")
    assert page.wait(
        "document.querySelector(':target')?.closest('section.exhibit')?.querySelector('h2').innerText"
    )
    there = page.evaluate("document.querySelector(':target').closest('section.exhibit').innerText")
    assert cited.partition("#")[0] in there
    # Every link leads somewhere in the page, and every picture says what it shows.
    lost = "[...document.querySelectorAll('a[href]')].filter(a => !document.getElementById(a.hash.slice(1))).length"
    assert page.evaluate(lost) == 0
    assert page.evaluate("[...document.images].every(each => each.alt && each.naturalWidth)")
    assert page.outside() == []
    assert page.complaints == []
    look_over(page, "report-2026-0003")


@pytest.mark.parametrize("paper", _PAPERS)
def test_nothing_leaves_the_paper(chromium: Browser, cases: Cases, paper: str) -> None:
    for number in ("2026-0003", "2026-0004"):
        page = _opened(chromium, cases, number)
        assert page.evaluate(_TOO_WIDE) == []
        page.as_paper(round(_PAPERS[paper] * 96 - _SIDES_MM * 96 / 25.4))
        assert page.evaluate(_TOO_WIDE) == []


_BROKEN = """[...document.querySelectorAll('th')].filter(each => each.innerText.trim()).map(each => {
  const range = document.createRange(); range.selectNodeContents(each);
  const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
  return [each.innerText, lines, each.innerText.split(/[\\s_]+/).length]
}).filter(([, lines, words]) => lines > words + 1)"""
"""Heads of columns or rows that stand in more lines than they have words."""


@pytest.mark.parametrize("paper", _PAPERS)
def test_no_head_of_a_table_is_broken_into_letters(chromium: Browser, cases: Cases, paper: str) -> None:
    page = _opened(chromium, cases, "2026-0003")
    assert page.evaluate(_BROKEN) == []
    page.as_paper(round(_PAPERS[paper] * 96 - _SIDES_MM * 96 / 25.4))
    assert page.evaluate(_BROKEN) == []
    # The words of the banner, which the notebook writes itself.
    assert page.evaluate(
        "[...document.querySelectorAll('.run th')].some(each => each.innerText == 'Authority')"
    )
