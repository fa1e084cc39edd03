"""An exhibit's page in a real browser: asks for nothing, runs no captured word, fits the paper."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.browser.devtools import Browser, Page
from tests.production_kit import HOSTILE, SEAL, picture, view
from workbench.production import pages
from workbench.production.views import ExhibitView

pytestmark = pytest.mark.slow

_A4, _LETTER = (8.27, 11.69), (8.5, 11.0)
_ATTACK = (
    f"{HOSTILE}<img src=http://198.51.100.7/a onerror=alert(1)><style>@import 'http://198.51.100.7/b'</style>"
)


def _opened(browser: Browser, folder: Path, told: ExhibitView) -> Page:
    path = folder / "page.html"
    path.write_text(pages.page(told, SEAL), "utf-8")
    page = browser.page(path.as_uri())
    page.wait("document.readyState == 'complete'")
    return page


def test_hostile_words_stay_words(chromium: Browser, tmp_path: Path) -> None:
    told = view(words=_ATTACK, given_name=_ATTACK, problem=_ATTACK)
    page = _opened(chromium, tmp_path, told)
    assert page.evaluate("document.querySelectorAll('script, img, iframe, link, a').length") == 0
    assert page.evaluate("document.querySelectorAll('style').length") == 1
    assert "alert('ESCAPED')" in page.evaluate("document.body.innerText")
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert page.outside() == []
    assert page.complaints == []


def test_a_picture_and_the_code_are_drawn(chromium: Browser, tmp_path: Path) -> None:
    page = _opened(chromium, tmp_path, picture())
    assert page.wait("document.querySelector('img').naturalWidth") == 1
    assert page.evaluate("document.querySelector('svg').getBoundingClientRect().width") > 90
    assert page.complaints == []


@pytest.mark.parametrize("size", [_A4, _LETTER], ids=["A4", "Letter"])
def test_nothing_leaves_the_paper(chromium: Browser, tmp_path: Path, size: tuple[float, float]) -> None:
    long = msgspec.structs.replace(view(words="w" * 9000), given_name="n" * 700)
    page = _opened(chromium, tmp_path, long)
    page.as_paper(round(size[0] * 96 - 24 * 96 / 25.4))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.printed(width=size[0], height=size[1]).startswith(b"%PDF")
