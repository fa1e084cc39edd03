"""A map in a real browser: asks for nothing, is drawn live, and captured names stay words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import HOSTILE
from tests.browser.devtools import Browser
from tests.map_kit import places
from workbench import show

pytestmark = pytest.mark.slow


def test_a_map_asks_for_nothing(chromium: Browser, tmp_path: Path) -> None:
    figure = show.map(
        places(
            ("geotag", HOSTILE[0], 42.485, -71.433, None),
            ("exif", HOSTILE[4], 42.46, -71.35, 10.0),
            (HOSTILE[3], HOSTILE[1], 42.36, -71.06, 10_000.0),
        )
    )
    path = tmp_path / "map.html"
    path.write_text(figure.html(), "utf-8")
    page = chromium.page(path.as_uri())
    page.wait("document.readyState == 'complete'")
    (frame,) = page.frames
    page.wait("document.querySelector('#vis svg')?.localName", frame)
    assert page.evaluate("document.querySelectorAll('#vis svg [aria-roledescription]').length", frame) > 0
    assert page.evaluate("document.querySelectorAll('img, a[href], iframe').length", frame) == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth", frame) <= 0
    assert (
        -40
        < page.evaluate("document.querySelector('#vis').getBoundingClientRect().bottom - innerHeight", frame)
        <= 0
    )
    assert page.evaluate("document.querySelector('.wb-still').naturalWidth") > 600
    assert page.evaluate("document.querySelectorAll('.wb-under code').length") == 3
    assert page.evaluate("document.querySelectorAll('script').length") == 0
    assert page.outside() == []
    assert page.complaints == []
