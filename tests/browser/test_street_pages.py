"""Streets from a department's own server: real commands, a real kernel, and the pixels that a real browser paints."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import OFFICER, Told, captured
from tests.browser.devtools import Browser, Page
from tests.desk import Desk
from tests.tile_kit import WORDS, Landmark, Painter, town
from workbench import sealing, times
from workbench.casefile import CaseFile
from workbench.custody import keys
from workbench.custody.verify import verify
from workbench.demo.server import SampleNetwork
from workbench.demo.town import build
from workbench.production.report import PAGE, Asked, report
from workbench.release import give

pytestmark = pytest.mark.slow

CASE = "2026-0001"
TOLD = Told(purpose="missing", accounts=("wren_a",), values={})
FERRY = Landmark(latitude=41.295, longitude=-66.69, colour=(200, 0, 200))
MILL = Landmark(latitude=41.308, longitude=-66.715, colour=(0, 140, 0))
"""Where two of the town's photos were taken, by their EXIF; the tiles have a ring around each."""

_MAP = "iframe.wb-live[title^='Map of']"
_PALE = 0.75
_RING = 150
"""Pixels of a ring's colour that are a ring."""
_SECONDS = 20.0


class Office:
    """A department with a case, and its commands as its officers type them."""

    def __init__(self, desk: Desk, case: CaseFile) -> None:
        self.desk, self.case = desk, case
        passphrase = desk.write_keys(OFFICER, "c1")
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("WORKBENCH_")} | {
            "WORKBENCH_CASEFILES": str(desk.casefiles),
            "WORKBENCH_KEYS": str(desk.keys),
            "WORKBENCH_OFFICER": OFFICER,
            "WORKBENCH_PASSPHRASE_FILE": str(passphrase),
        }

    def __call__(self, *words: str) -> None:
        command = [sys.executable, "-m", "workbench.cli.main", *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def name(self, server: Painter) -> None:
        """Name a server as the administrator's tutorial says: the grant for its loopback host, then its address."""
        self("department", "grant", server.host, "127.0.0.1/32", "--reason", "our own tiles", "--as", "c1")
        address = server.named.address
        self("department", "tiles", address, "--attribution", WORDS, "--as", "c1")

    def page(self) -> Path:
        """Run the notebook with streets, in a kernel; give its exported page."""
        before = set(self.case.folder.glob("runs/*"))
        values = ("-p", "street", "true", "-p", "person", "wren_a")
        self("run", CASE, "--notebook", "missing", *values)
        (run,) = set(self.case.folder.glob("runs/*")) - before
        return run / "notebook.html"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(keys, "KDF_ROUNDS", 1)
    desk = Desk(tmp_path, now=times.now())
    with SampleNetwork(build()) as network:
        desk.grant(network.host)
        case = captured(desk, network, CASE, TOLD)
    return Office(desk, case)


def _opened(chromium: Browser, path: Path) -> tuple[Page, str]:
    """Open a page and wait until its map is drawn; give the page and the map's frame."""
    page = chromium.page(path.as_uri())
    page.wait("document.readyState == 'complete'")
    page.evaluate(f"document.querySelector(\"{_MAP}\").scrollIntoView({{block: 'center'}})")
    for frame in page.frames:
        page.wait("document.querySelector('#vis svg, canvas')?.localName", frame)
    (drawn,) = [
        each
        for each in page.frames
        if page.evaluate(
            "[...document.querySelectorAll('#vis svg text')].some(t => / k?m$/.test(t.textContent))", each
        )
    ]
    return page, drawn


def _painted(page: Page, selector: str) -> Any:
    """Give the pixels of an element once both landmarks' rings are painted: a frame paints when it comes to it."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        pixels = _shot(page, selector)
        if all(_ring(pixels, each).sum() > _RING for each in (FERRY, MILL)):
            return pixels
        time.sleep(0.2)
    raise AssertionError(f"the rings are not painted within {_SECONDS} s: {selector}")


def _shot(page: Page, selector: str) -> Any:
    """Give the pixels of an element, as painted now."""
    box = page.evaluate(
        f'(() => {{ const box = document.querySelector("{selector}").getBoundingClientRect(); '
        "return [box.x + scrollX, box.y + scrollY, box.width, box.height] })()"
    )
    clip = dict(zip(("x", "y", "width", "height"), box, strict=True)) | {"scale": 1}
    shot = page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB"), dtype=int)


def _ring(pixels: Any, landmark: Landmark) -> Any:
    """Find a landmark's ring by its colour, which lies pale on the map."""
    pale = np.array(landmark.colour) * _PALE + 255 * (1 - _PALE)
    return np.abs(pixels - pale).max(axis=2) < 40


def _middle(pixels: Any, landmark: Landmark) -> tuple[float, float]:
    """Find the middle of a landmark's ring."""
    down, across = np.nonzero(_ring(pixels, landmark))
    return (across.min() + across.max() + 1) / 2, (down.min() + down.max() + 1) / 2


def test_tiles_are_painted_where_they_belong_and_nothing_is_asked(
    chromium: Browser, office: Office, tmp_path: Path
) -> None:
    with Painter(town([FERRY, MILL])) as server:
        office.name(server)
        path = office.page()
        asked = len(server.seen)
        assert 1 <= asked <= 16
        page, frame = _opened(chromium, path)
        live = _painted(page, _MAP)
        symbols = page.evaluate(
            "[...document.querySelectorAll('#vis .mark-symbol.role-mark path')].map(each => { "
            "const box = each.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] })",
            frame,
        )
        page.as_paper(720)
        still = _painted(page, f"{_MAP} + img.wb-still")
        assert page.outside() == []
        assert page.complaints == []
        assert len(server.seen) == asked, "the page asks for nothing"
    for landmark in (FERRY, MILL):
        # The place's own symbol stands in the middle of the ring that the tile has around it, to a pixel and a half.
        x, y = _middle(live, landmark)
        assert min(np.hypot(x - left, y - top) for left, top in symbols) < 1.5
        assert _middle(still, landmark)[0] - _middle(still, FERRY)[0] == pytest.approx(
            (x - _middle(live, FERRY)[0]) * still.shape[1] / _width(page), abs=1.5
        )
    assert page.evaluate(f"document.querySelector(\"{_MAP}\").closest('figure').innerText").count(WORDS) == 1
    _reported(office, chromium, tmp_path)


def _width(page: Page) -> int:
    width: int = page.evaluate(f'document.querySelector("{_MAP} + img.wb-still").naturalWidth')
    return width


def _reported(office: Office, chromium: Browser, folder: Path) -> None:
    """See that the report's picture of the map shows the tiles too."""
    desk, case = office.desk, office.case
    sealing.finish(case, desk.sign_in(OFFICER))
    chief = CaseFile(case.folder, desk.department, "c1", desk.clock)
    given = give(chief, desk.sign_in("c1"), "report", None, recipient="DA", purpose="trial")
    report(case, desk.sign_in(OFFICER), folder / "report", release=given.release, asked=Asked(format="html"))
    page = chromium.page((folder / "report" / PAGE).as_uri())
    page.wait("document.readyState == 'complete'")
    _painted(page, "img[alt^='Map of']")
    assert page.outside() == []
    assert page.complaints == []
    assert verify(case.folder, root=desk.department.root, processes=1).defects == []


def test_without_a_server_that_is_named_nobody_is_asked(chromium: Browser, office: Office) -> None:
    with Painter(town([])) as server:
        path = office.page()
        assert server.connections == 0
    page, _ = _opened(chromium, path)
    words = page.evaluate(f"document.querySelector(\"{_MAP}\").closest('figure').innerText")
    assert "No street level: no tile server is configured" in words
    assert "the small map shows the region" in words
    assert page.outside() == []
