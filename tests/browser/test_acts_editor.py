"""The editor of acts in JupyterLab: fill it in, save, run again, and what was saved is still there."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OFFICER, Cases
from tests.browser.devtools import Browser
from tests.browser.lab_kit import Desk, field, fill, leaving, opened, press, run_all, value
from tests.browser.looking import look
from workbench.custody import annotations as written
from workbench.custody import verify

pytestmark = pytest.mark.slow

CASE = "2026-0009"
HOSTILE = "</script><img src=x onerror=alert('ESCAPED')> $\\href{javascript:alert(1)}{x}$ \u202e سأجدك"


def test_what_is_entered_is_saved_and_still_there_after_a_new_run(
    chromium: Browser, cases: Cases, lab: Desk
) -> None:
    folder = cases.casefiles / CASE
    page = opened(chromium, lab, f"{CASE}/cyberstalking.ipynb")
    run_all(page)
    assert (
        page.evaluate("document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=err]').length") == 0
    )
    fill(page, "Why", HOSTILE)
    fill(page, "Directed at the person", "yes")
    fill(page, "Attributed to", "R. Roe")
    fill(page, "A threat, meant to place in imminent fear of death or bodily injury", "supports it")
    look(page, "editor-filled")
    press(page, "Save")
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
    look(page, "editor-saved")
    again = opened(chromium, lab, f"{CASE}/cyberstalking.ipynb")
    run_all(again)
    again.wait(f"{field('Attributed to')}?.value == 'R. Roe'")
    assert value(again, "Why") == HOSTILE
    assert again.evaluate("document.querySelectorAll('img[src=x]').length") == 0
    assert leaving(again, lab[0]) == []
    assert not [
        each
        for each in (*page.complaints, *again.complaints)
        if each.startswith(("exception", "policy", "dialog"))
    ]
    assert verify.verify(folder).defects == []
