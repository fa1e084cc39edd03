"""JupyterLab as ``workbench lab`` opens it: forms and figures show, the case stays as it was."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import IO

import pytest

from tests.browser.conftest import Cases
from tests.browser.devtools import Browser, Page
from workbench.custody import log

pytestmark = pytest.mark.slow

CASE = "2026-0001"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\S*\?token=(\w+)")
_SECONDS = 60.0
_PROMPTS = (
    "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(each => each.textContent.trim())"
)
_UNRUN = f"{_PROMPTS}.filter(text => !/^\\[\\d+\\]:$/.test(text)).length"
_BEGUN = f"{_PROMPTS}.some(text => /[*\\d]/.test(text))"


@pytest.fixture(scope="module")
def desk(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """Start the real command; give the server's address, its token and the folder of working copies."""
    folder = tmp_path_factory.mktemp("lab")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("WORKBENCH_")}
    environment |= cases.environment | {"HOME": str(tmp_path_factory.mktemp("home"))}
    words = ["lab", CASE, "--no-browser", "--dir", str(folder)]
    command = [sys.executable, "-m", "workbench.cli.main", *words]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as process:
        lines: Queue[str] = Queue()
        assert process.stderr is not None
        threading.Thread(target=_read, args=(process.stderr, lines), daemon=True).start()
        try:
            while not (found := _ADDRESS.search(lines.get(timeout=_SECONDS))):
                pass
            yield f"http://127.0.0.1:{found[1]}", found[2], folder
        finally:
            # As Ctrl-C does: the command ends its server, the server its kernels.
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_SECONDS)


def _read(source: IO[str], lines: Queue[str]) -> None:
    for line in source:
        lines.put(line)


def _opened(browser: Browser, desk: tuple[str, str, Path], path: str) -> Page:
    address, token, _ = desk
    page = browser.page(f"{address}/lab/tree/{path}?reset&token={token}", width=1500, height=1000)
    page.wait("document.querySelector('.jp-NotebookPanel .jp-Notebook .jp-Cell') !== null")
    page.wait(
        "/Workbench.*Idle/.test(document.querySelector('#jp-bottom-panel, .jp-StatusBar-Widget, body').innerText)"
    )
    return page


def _choose(page: Page, menu: str, command: str) -> None:
    page.click(
        f"[...document.querySelectorAll('.lm-MenuBar-item')].find(each => each.innerText.trim() == '{menu}')"
    )
    page.click(f"document.querySelector('.lm-Menu-item[data-command=\"{command}\"]')")


def _run_all(page: Page) -> None:
    for _ in range(5):
        _choose(page, "Run", "runmenu:run-all")
        with contextlib.suppress(AssertionError):
            page.wait(_BEGUN, seconds=2)
            break
    page.wait(f"{_UNRUN} == 0", seconds=_SECONDS)


def _leaving(page: Page, address: str) -> list[str]:
    here = (f"{address}/", f"{address.replace('http', 'ws', 1)}/")
    return [url for url in page.outside() if not url.startswith(here)]


def _digest(folder: Path) -> dict[str, str]:
    """Hash every file of the case but the audit chain, which notes that somebody looked."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "audit"
    }


def test_start_shows_its_forms(chromium: Browser, desk: tuple[str, str, Path]) -> None:
    page = _opened(chromium, desk, "start.ipynb")
    _run_all(page)
    tabs = page.wait(
        "[...document.querySelectorAll('.widget-tab .lm-TabBar-tabLabel')].map(each => each.innerText)"
    )
    assert tabs == ["New case", "Add a file", "Capture", "Run a notebook"]
    for tab in tabs:
        page.click(
            f"[...document.querySelectorAll('.widget-tab .lm-TabBar-tab')].find(each => each.innerText == '{tab}')"
        )
        page.wait("[...document.querySelectorAll('.widget-tab button')].some(each => each.offsetHeight > 10)")
        assert page.evaluate(
            "[...document.querySelectorAll('.widget-tab input')].some(each => each.offsetHeight > 10)"
        )
    assert "news" not in page.evaluate("document.body.innerText")
    assert _leaving(page, desk[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy"))]


def test_a_notebook_runs_shows_and_is_saved_without_touching_the_case(
    chromium: Browser, cases: Cases, desk: tuple[str, str, Path]
) -> None:
    case, copy = cases.casefiles / CASE, desk[2] / CASE / "missing.ipynb"
    before, written = _digest(case), copy.read_bytes()
    looked = len(list(log.entries(case, "audit")))
    page = _opened(chromium, desk, f"{CASE}/missing.ipynb")
    _run_all(page)
    assert (
        page.evaluate("document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=error]').length") == 0
    )
    assert page.evaluate("document.querySelectorAll('.wb-under code').length") > 20
    for place in range(3):
        figure = f"document.querySelectorAll('iframe.wb-live')[{place}]"
        page.wait(f"({figure}?.scrollIntoView(), {figure}?.offsetHeight > 100)")
    drawn = [
        page.wait("document.querySelector('#vis svg, canvas')?.localName", frame) for frame in page.frames
    ]
    assert sorted(drawn) == ["canvas", "svg", "svg"]
    _choose(page, "File", "docmanager:save")
    page.wait(
        "document.querySelector('.jp-NotebookPanel.jp-mod-dirty, .lm-TabBar-tab.jp-mod-dirty') === null"
    )
    assert _later(copy, written)
    assert _digest(case) == before
    assert len(list(log.entries(case, "audit"))) > looked
    assert _leaving(page, desk[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy"))]


def _later(path: Path, before: bytes) -> bool:
    for _ in range(100):
        if path.read_bytes() != before:
            return True
        threading.Event().wait(0.1)
    return False
