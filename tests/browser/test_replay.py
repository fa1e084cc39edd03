"""A WACZ of ours in ReplayWeb.page, served from loopback: the page, its picture and its script come back.

The program is not part of the project and nothing fetches it here: REPLAYWEBPAGE names the folder of its npm package
(``npm pack replaywebpage@2.5.3``, unpacked), as ``.ci/run`` does; without it these tests are skipped.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.devtools import Browser, Page
from tests.desk import START
from tests.production_kit import PIXEL, Shelf
from workbench.production import wacz

pytestmark = pytest.mark.slow

_PROGRAM = Path(os.environ.get("REPLAYWEBPAGE", "/nonexistent"))
_INDEX = '<!doctype html><meta charset="utf-8"><script src="./ui.js"></script><body><replay-app-main></replay-app-main>'
_HTML = (
    b"<!doctype html><title>Ada</title><h1>Ada was here</h1><img src='/media/1.png'>"
    b"<script>document.body.append('the script ran')</script>"
)
_INNER = """
(() => {
  const frames = (root) => [...root.querySelectorAll('*')].flatMap((each) =>
    each.localName === 'iframe' ? [each] : each.shadowRoot ? frames(each.shadowRoot) : []);
  return frames(document).map((each) => each.contentDocument).find((each) => each?.body?.innerText) })()
"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, byte ranges too: that is how a WACZ is read."""

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            super().do_GET()
            return
        data = Path(self.translate_path(self.path)).read_bytes()
        first = int(wanted[1]) if wanted[1] else max(0, len(data) - int(wanted[2]))
        last = min(int(wanted[2]), len(data) - 1) if wanted[1] and wanted[2] else len(data) - 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(data[first : last + 1])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The program and a WACZ behind one loopback address, which is given."""
    if not (_PROGRAM / "ui.js").is_file():
        pytest.skip("there is no ReplayWeb.page here (REPLAYWEBPAGE names its unpacked npm package)")
    root = tmp_path / "site"
    root.mkdir()
    for name in ("ui.js", "sw.js"):
        shutil.copy(_PROGRAM / name, root / name)
    (root / "index.html").write_text(_INDEX)
    shelf = Shelf(tmp_path / "case")
    shelf.answer("https://social.example/@ada", _HTML, kind="text/html; charset=utf-8")
    chunked = "Transfer-Encoding: chunked\r\n"
    shelf.answer("https://social.example/media/1.png", PIXEL, kind="image/png", more=chunked)
    shelf.answer("https://social.example/api/v1/statuses/1?limit=40", b'{"content": "words as captured"}')
    with (root / "replay.wacz").open("wb") as out:
        wacz.write(out, shelf.slices, "Case 2026-0417, seal 3", START)
    handler = functools.partial(_Handler, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _replayed(browser: Browser, site: str, url: str, ts: str) -> Page:
    return browser.page(f"{site}/?source={site}/replay.wacz#view=pages&url={url}&ts={ts}")


def test_a_page_comes_back_with_its_picture_and_its_script(chromium: Browser, site: str) -> None:
    page = _replayed(chromium, site, "https://social.example/@ada", "20260302140000")
    page.wait(f"{_INNER}?.body.innerText.includes('the script ran')")
    assert page.evaluate(f"{_INNER}.querySelector('h1').innerText") == "Ada was here"
    assert page.wait(f"{_INNER}.querySelector('img').naturalWidth") == 1
    assert [url for url in page.outside() if not url.startswith(f"{site}/")] == []


def test_an_answer_of_an_interface_comes_back_as_its_words(chromium: Browser, site: str) -> None:
    page = _replayed(chromium, site, "https://social.example/api/v1/statuses/1?limit=40", "20260302140002")
    page.wait(f"{_INNER}?.body.innerText.includes('words as captured')")
