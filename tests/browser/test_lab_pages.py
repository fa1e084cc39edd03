"""JupyterLab as ``workbench lab`` opens it: forms and figures show, the case stays as it was."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import looking
from tests.browser.conftest import Cases
from tests.browser.devtools import Browser, Page
from tests.browser.lab_kit import CELLS, Desk, choose, ended, leaving, opened, rows, run_all
from tests.browser.looking import look_over
from workbench.custody import log

pytestmark = pytest.mark.slow

CASE = "2026-0001"
_TALL = 30_000
"""Pixels in which a whole notebook is in sight, so that all its cells are drawn."""
_OPENED = looking.HEIGHT if looking.asked() else _TALL


def _digest(folder: Path) -> dict[str, str]:
    """Hash every file of the case but the audit chain, which notes that somebody looked."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "audit"
    }


def test_start_shows_its_forms(chromium: Browser, lab: Desk) -> None:
    page = opened(chromium, lab, "start.ipynb")
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
        look_over(page, f"lab-start-{tab.lower().replace(' ', '-')}", CELLS)
    assert "news" not in page.evaluate("document.body.innerText")
    assert leaving(page, lab[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy"))]


def test_a_notebook_runs_shows_and_is_saved_without_touching_the_case(
    chromium: Browser, cases: Cases, lab: Desk
) -> None:
    case, copy = cases.casefiles / CASE, lab[2] / CASE / "missing.ipynb"
    before, written = _digest(case), copy.read_bytes()
    looked = len(list(log.entries(case, "audit")))
    page = opened(chromium, lab, f"{CASE}/missing.ipynb", height=_OPENED)
    run_all(page)
    look_over(page, "lab-missing", CELLS, then=_TALL)
    _silent_since(page)
    assert (
        page.evaluate("document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=err]').length") == 0
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
    assert leaving(page, lab[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy"))]


def _silent_since(page: Page) -> None:
    ((author, since, _, still, *_),) = [row for row in rows(page, "The longest silences") if row[3] == "yes"]
    assert (author, still) == ("@wren_a@quillhaven.example", "yes")
    assert since.startswith("2026-05-07 21:47:54 EDT")
    (met,) = [row for row in rows(page, "New in the 14 days") if "@dez_northbound" in row[0]]
    assert met[1].startswith("2026-04-30 22:58:34 EDT")
    assert any("Cutler's Landing is unreal tonight" in row[-1] for row in rows(page, "The last entries"))


def _resembles(page: Page) -> None:
    (like,) = rows(page, "Accounts of a similar name")
    assert "@branoch_teal@quillhaven.example" in like[1]
    assert "0.9714" in like
    (hours,) = rows(page, "Hours of the day in common")
    assert hours[1].startswith("@branoch_teal@")
    assert float(hours[2]) > 0.6
    assert len(rows(page, "Accounts in touch with the same others")) > 0


def _comes_back(page: Page) -> None:
    (grey,) = [row for row in rows(page, "Occasions for each") if "@greywether_77" in row[0]]
    assert grey[1:3] == ["19", "6"]
    spoken = [row for row in rows(page, "Acts by occasion") if "@greywether_77" in row[0]]
    assert len(spoken) == 6
    assert any("you wore the blue apron today" in cell for cell in spoken[0])
    (pair,) = rows(page, "The same words within seconds")
    assert {name.partition("@quill")[0] for name in pair[:2]} == {"@kiln_gossip", "@lampwatch_3"}
    assert {row[3] for row in rows(page, "Evidence cited, or none cited")} == {"none cited"}


def _tied(page: Page) -> None:
    ties = {(row[0], row[1], row[2]): row[3] for row in rows(page, "Ties of the named accounts")}
    named = [f"@{name}@quillhaven.example" for name in ("dray_van_9", "saw_teeth_6", "tarp_runner")]
    assert ties[named[0], named[1], "reply"] == "3"
    # What answers and names is an answer: one mention is left, in a post that answers nobody.
    assert ties[named[0], named[1], "mention"] == "1"
    others = {name for pair in ties for name in pair[:2]} - set(named)
    assert others
    assert all(name.startswith("account ") for name in others)
    assert len(rows(page, "What the named accounts wrote")) > 10
    assert rows(page, "Ties that go one way only")


def _pictured(page: Page) -> None:
    (first, *_) = page.evaluate(
        "[...document.querySelectorAll('.wb-group')].map(each => each.nextElementSibling.innerText)"
    )
    assert "@jax_orlo" in first
    assert "@dock_reposts" in first
    painted = page.wait(
        "(tiles => tiles.length > 3 && tiles.every(each => each.complete) && tiles.map(each => each.naturalWidth))"
        "([...document.querySelectorAll('.wb-tile img')])"
    )
    assert min(painted) > 0
    assert [row[2:4] for row in rows(page, "Near duplicates, pair by pair")] == [["videos", "0"]]
    passed = rows(page, "Who passed it on")
    assert any("order of time only" in row and "@dock_reposts" in row[2] for row in passed)


def _waits(page: Page) -> None:
    waiting = {row[0] for row in rows(page, "Waiting for review")}
    assert {"capture-0001", "capture-0003", "run-0001"} <= waiting
    assert any("run-0001" in row for row in rows(page, "What the custody log took in"))


def _harmless(page: Page) -> None:
    page.wait("document.body.innerText.includes(\"<img src=x onerror=alert('ESCAPED')>\")")
    assert (
        page.evaluate("document.querySelectorAll('.jp-OutputArea :is(img[src=x], a[href], script)').length")
        == 0
    )
    assert page.evaluate("getComputedStyle(document.body).display") != "none"


_ANSWERS: dict[str, Callable[[Page], None]] = {
    "2026-0002/wanted": _resembles,
    "2026-0003/cyberstalking": _comes_back,
    "2026-0004/missing": _harmless,
    "2026-0005/gang": _tied,
    "2026-0005/supervisor-digest": _waits,
    "2026-0006/crime-media": _pictured,
}
"""Notebook, on a case of its purpose -> what must be read on it; ``start`` and 2026-0001 have tests of their own."""


@pytest.mark.parametrize("path", _ANSWERS)
def test_a_notebook_answers_its_purpose(chromium: Browser, lab: Desk, path: str) -> None:
    page = opened(chromium, lab, f"{path}.ipynb", height=_OPENED)
    run_all(page)
    look_over(page, f"lab-{path.replace('/', '-')}", CELLS, then=_TALL)
    failed = "[...document.querySelectorAll('[data-mime-type*=err]')].map(e => e.innerText)"
    assert page.evaluate(failed) == []
    _ANSWERS[path](page)
    for frame in page.frames:
        page.wait("document.querySelector('#vis svg, canvas')?.localName", frame)
    assert leaving(page, lab[0]) == []
    assert not [said for said in page.complaints if said.startswith(("exception", "policy", "dialog"))]
    ended(page, lab)


def _later(path: Path, before: bytes) -> bool:
    for _ in range(100):
        if path.read_bytes() != before:
            return True
        threading.Event().wait(0.1)
    return False
