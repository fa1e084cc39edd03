"""Pictures of what the tests here open, for somebody to look at: TEST_PICTURES names the folder (``make pictures``)."""

from __future__ import annotations

import os
from pathlib import Path

from tests.browser.devtools import Page

_SLICE = 1800
"""Pixels of a page that one picture shows from top to bottom: more is too small to read."""
_MOST = 99


def look(page: Page, name: str, of: str = "document.querySelector('.widget-tab')") -> None:
    """Keep a picture of a page where an element is in sight."""
    if folder := _folder():
        size = {"width": 1500, "height": 2400, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        page.evaluate(f"{of}?.scrollIntoView({{block: 'center'}})")
        page.evaluate("new Promise(done => setTimeout(done, 1500))")
        page.picture(folder / f"{name}.png")


def look_over(page: Page, name: str) -> None:
    """Keep pictures of a whole page, from its top to its end."""
    if folder := _folder():
        size = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        for number, top in enumerate(range(0, size[1], _SLICE)):
            clip = {"x": 0, "y": top, "width": size[0], "height": min(_SLICE, size[1] - top), "scale": 1}
            page.picture(folder / f"{name}-{number:02d}.png", clip=clip)


def scroll_over(page: Page, name: str, of: str) -> None:
    """Keep pictures of all that an element shows to who scrolls from its top to its end."""
    if folder := _folder():
        size = {"width": 1500, "height": _SLICE + 200, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        for number in range(_MOST):
            page.evaluate(f"void ({of}.scrollTop = {number * _SLICE})")
            page.evaluate("new Promise(done => setTimeout(done, 1500))")
            page.picture(folder / f"{name}-{number:02d}.png", clip=clip)
            if page.evaluate(f"{of}.scrollTop + {of}.clientHeight >= {of}.scrollHeight - 2"):
                break


def _folder() -> Path | None:
    if not (named := os.environ.get("TEST_PICTURES")):
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
