"""JupyterLab as ``workbench lab`` opens it: forms and figures show, the case stays as it was."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Cases
from tests.browser.devtools import Browser
from tests.browser.lab_kit import choose, leaving, opened, run_all, running
from workbench.custody import log

pytestmark = pytest.mark.slow

CASE = "2026-0001"


@pytest.fixture(scope="module")
def desk(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    with running(cases, CASE, tmp_path_factory.mktemp("lab")) as found:
        yield found


def _digest(folder: Path) -> dict[str, str]:
    """Hash every file of the case but the audit chain, which notes that somebody looked."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "audit"
    }


def test_start_shows_its_forms(chromium: Browser, desk: tuple[str, str, Path]) -> None:
    page = opened(chromium, desk, "start.ipynb")
    run_all(page)
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
    assert leaving(page, desk[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy"))]


def test_a_notebook_runs_shows_and_is_saved_without_touching_the_case(
    chromium: Browser, cases: Cases, desk: tuple[str, str, Path]
) -> None:
    case, copy = cases.casefiles / CASE, desk[2] / CASE / "missing.ipynb"
    before, written = _digest(case), copy.read_bytes()
    looked = len(list(log.entries(case, "audit")))
    page = opened(chromium, desk, f"{CASE}/missing.ipynb")
    run_all(page)
    assert (
        page.evaluate("document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=error]').length") == 0
    )
    assert page.evaluate("document.querySelectorAll('.wb-under code').length") > 20
    count = page.evaluate("document.querySelectorAll('iframe.wb-live').length")
    for place in range(count):
        figure = f"document.querySelectorAll('iframe.wb-live')[{place}]"
        page.wait(f"({figure}?.scrollIntoView(), {figure}?.offsetHeight > 100)")
    drawn = [
        page.wait("document.querySelector('#vis svg, canvas')?.localName", frame) for frame in page.frames
    ]
    assert sorted(drawn) == ["canvas", *["svg"] * (count - 1)]
    assert count > 2
    choose(page, "File", "docmanager:save")
    page.wait(
        "document.querySelector('.jp-NotebookPanel.jp-mod-dirty, .lm-TabBar-tab.jp-mod-dirty') === null"
    )
    assert _later(copy, written)
    assert _digest(case) == before
    assert len(list(log.entries(case, "audit"))) > looked
    assert leaving(page, desk[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy"))]


def _later(path: Path, before: bytes) -> bool:
    for _ in range(100):
        if path.read_bytes() != before:
            return True
        threading.Event().wait(0.1)
    return False
