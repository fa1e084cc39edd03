"""Pictures of what the tests here open, for somebody to look at: TEST_PICTURES names the folder (``make pictures``)."""

from __future__ import annotations

import os
from pathlib import Path

from tests.browser.devtools import Page

_SLICE = 1800
"""Pixels of a page that one picture shows from top to bottom: more is too small to read."""
HEIGHT = _SLICE + 200
"""Pixels of a window to look at it in."""
_MOST = 99


def asked() -> bool:
    """Whether somebody wants to look."""
    return _folder() is not None


def look(page: Page, name: str, of: str = "document.querySelector('.widget-tab')") -> None:
    """Keep a picture of a page where an element is in sight."""
    if folder := _folder():
        size = {"width": 1500, "height": 2400, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        page.evaluate(f"{of}?.scrollIntoView({{block: 'center'}})")
        page.evaluate("new Promise(done => setTimeout(done, 1500))")
        page.picture(folder / f"{name}.png")


def look_over(page: Page, name: str, of: str = "document.scrollingElement", *, then: int = HEIGHT) -> None:
    """Keep pictures of all that a page, or an element of it, shows to who scrolls from its top to its end.

    The window has ``then`` pixels of height afterwards.
    """
    if folder := _folder():
        size = {"width": 1500, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        for number in range(_MOST):
            page.evaluate(f"void ({of}.scrollTop = {number * _SLICE})")
            page.evaluate("new Promise(done => setTimeout(done, 1500))")
            # What is not in sight is not drawn, so no picture is taken beyond it.
            page.picture(folder / f"{name}-{number:02d}.png", beyond=False)
            if page.evaluate(f"{of}.scrollTop + {of}.clientHeight >= {of}.scrollHeight - 2"):
                break
        page.call("Emulation.setDeviceMetricsOverride", **(size | {"height": then}))


def _folder() -> Path | None:
    if not (named := os.environ.get("TEST_PICTURES")):
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
