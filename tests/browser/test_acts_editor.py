"""The editor of acts in JupyterLab: fill it in, save, run again, and what was saved is still there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.browser.conftest import OFFICER, Cases
from tests.browser.devtools import Browser, Page
from tests.browser.lab_kit import Desk, leaving, opened, run_all
from workbench.custody import annotations as written
from workbench.custody import verify

pytestmark = pytest.mark.slow

CASE = "2026-0003"
HOSTILE = "</script><img src=x onerror=alert('ESCAPED')> $\\href{javascript:alert(1)}{x}$ \u202e سأجدك"
_ROWS = "[...document.querySelectorAll('.widget-inline-hbox')]"


def _field(title: str) -> str:
    return (
        f"{_ROWS}.find(row => row.querySelector('.widget-label')?.textContent == {json.dumps(title)})"
        "?.querySelector('input, textarea, select')"
    )


def _fill(page: Page, title: str, value: str) -> None:
    page.wait(f"{_field(title)} != null")
    page.evaluate(
        f"(() => {{ const each = {_field(title)}; each.scrollIntoView({{block: 'center'}});"
        f"const kind = each.localName == 'select' ? HTMLSelectElement : each.localName == 'input' "
        f"? HTMLInputElement : HTMLTextAreaElement;"
        f"Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(each, {json.dumps(value)});"
        "for (const event of ['input', 'change', 'blur']) each.dispatchEvent(new Event(event, {bubbles: true})) })()"
    )


def _value(page: Page, title: str) -> str:
    return str(page.evaluate(f"{_field(title)}.value"))


def _press(page: Page, title: str) -> None:
    page.click(
        f"[...document.querySelectorAll('button.widget-button')].find(each => each.innerText == {json.dumps(title)}"
        " && each.offsetHeight > 0)"
    )


def _said(page: Page) -> str:
    return str(
        page.evaluate(
            "[...document.querySelectorAll('.widget-output')].map(each => each.innerText).join(' ')"
        )
    )


def _look(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look: TEST_PICTURES names the folder."""
    if folder := os.environ.get("TEST_PICTURES"):
        size = {"width": 1500, "height": 2400, "deviceScaleFactor": 1, "mobile": False}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        page.evaluate("document.querySelector('.widget-tab')?.scrollIntoView({block: 'center'})")
        page.evaluate("new Promise(done => setTimeout(done, 1500))")
        page.picture(Path(folder) / f"{name}.png")


def test_what_is_entered_is_saved_and_still_there_after_a_new_run(
    chromium: Browser, cases: Cases, lab: Desk
) -> None:
    folder = cases.casefiles / CASE
    page = opened(chromium, lab, f"{CASE}/cyberstalking.ipynb")
    run_all(page)
    assert (
        page.evaluate("document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=error]').length") == 0
    )
    _fill(page, "Why", HOSTILE)
    _fill(page, "Directed at the person", "yes")
    _fill(page, "Attributed to", "R. Roe")
    _fill(page, "A threat, meant to place in imminent fear of death or bodily injury", "supports it")
    _look(page, "editor-filled")
    _press(page, "Save")
    page.wait(
        "[...document.querySelectorAll('.widget-output')].some(each => /Saved/.test(each.innerText))",
        seconds=40,
    )
    (said,) = [one for one in written.read(folder) if one.kind == "act"]
    assert (said.by, said.replaces, said.supports) == (OFFICER, 0, ("stalking/threat",))
    assert said.said == {
        "directed_because": HOSTILE,
        "directed_at_target": "yes",
        "attributed_person": "R. Roe",
    }
    # The table above the form shows it at once, as words.
    page.wait(
        "[...document.querySelectorAll('.wb-table')].some(each => each.innerText.includes('onerror=alert'))"
    )
    assert page.evaluate("document.querySelectorAll('mjx-container').length") == 0
    _look(page, "editor-saved")
    again = opened(chromium, lab, f"{CASE}/cyberstalking.ipynb")
    run_all(again)
    again.wait(f"{_field('Attributed to')}?.value == 'R. Roe'")
    assert _value(again, "Why") == HOSTILE
    assert again.evaluate("document.querySelectorAll('img[src=x]').length") == 0
    assert leaving(again, lab[0]) == []
    assert not [
        each
        for each in (*page.complaints, *again.complaints)
        if each.startswith(("exception", "policy", "dialog"))
    ]
    assert verify.verify(folder).defects == []
