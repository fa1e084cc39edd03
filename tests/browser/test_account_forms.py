"""Forms in JupyterLab: a hidden picture is asked for, a poster's role and an association's basis are noted and kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import OFFICER, Cases
from tests.browser.devtools import Browser, Page
from tests.browser.lab_kit import Desk, field, fill, leaving, opened, press, run_all, value
from tests.browser.looking import look
from tests.media_kit import drawing, photo
from workbench.custody import annotations as written
from workbench.custody import log, verify
from workbench.records import Citation
from workbench.tables import read

pytestmark = pytest.mark.slow

MEDIA, GANG = "2026-0008", "2026-0007"
HOSTILE = "</script><img src=x onerror=alert('ESCAPED')> \u202e سأجدك"
_SHEET = "[...document.querySelectorAll('.wb-sheet')]"


@contextmanager
def _sitting(chromium: Browser, lab: Desk, path: str) -> Iterator[Page]:
    page = opened(chromium, lab, path, height=12_000)
    run_all(page)
    errors = "document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=err]').length"
    assert page.evaluate(errors) == 0
    yield page
    assert leaving(page, lab[0]) == []
    assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
    assert not [each for each in page.complaints if each.startswith(("exception", "policy", "dialog"))]


def _command(cases: Cases, *words: str) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("WORKBENCH_")}
    command = [sys.executable, "-m", "workbench.cli.main", *words]
    subprocess.run(command, env=environment | cases.environment, check=True, capture_output=True)


def _given(cases: Cases, folder: Path) -> str:
    """Take in two pictures, and mark one as hidden; give its citation."""
    for number in (1, 2):
        path = folder / f"{number}.jpg"
        path.write_bytes(photo(drawing(300, 200, seed=number)))
        _command(cases, "import", MEDIA, str(path), "--giver", "a neighbour", "--basis", "consent")
    files = read.frame(cases.casefiles / MEDIA, "media_files", ["exhibit"])["exhibit"]
    cite = str(files.iloc[-1])
    _command(cases, "mark", MEDIA, cite, "--hidden", "--reason", "a minor")
    return cite


def _looks(folder: Path) -> list[dict[str, object]]:
    return [
        entry.fields
        for entry in log.entries(folder, "audit")
        if entry.action == "viewed" and entry.actor == OFFICER
    ]


def _saved(page: Page) -> None:
    page.wait(
        "[...document.querySelectorAll('.widget-output')].some(each => /Saved/.test(each.innerText))",
        seconds=40,
    )


def test_a_hidden_picture_is_blurred_until_it_is_asked_for_and_a_poster_is_noted(
    chromium: Browser, cases: Cases, lab: Desk, tmp_path: Path
) -> None:
    folder = cases.casefiles / MEDIA
    number = Citation.parse(_given(cases, tmp_path)).number
    before = len(_looks(folder))
    with _sitting(chromium, lab, f"{MEDIA}/crime-media.ipynb") as page:
        veiled = (
            f"{_SHEET}.flatMap(each => [...each.querySelectorAll('.wb-veil')]).map(each => each.textContent)"
        )
        said = page.evaluate(veiled)
        assert said
        assert set(said) == {"Blurred: marked as hidden"}
        seen = _looks(folder)[before:]
        assert {each["exhibit"] for each in seen if each.get("blurred")} == {number}
        assert not [each for each in seen if each.get("hidden")]
        look(page, "sheet-blurred", "document.querySelector('.wb-veil')")
        fill(page, "Hidden picture", page.evaluate(f"{field('Hidden picture')}.options[1].value"))
        press(page, "Show this one")
        page.wait(f"{veiled}.includes('Shown because {OFFICER} asked for it: marked as hidden')")
        asked = [each for each in _looks(folder)[before:] if each.get("hidden")]
        assert [each["exhibit"] for each in asked] == [number]
        look(page, "sheet-asked", "[...document.querySelectorAll('.wb-veil')].at(-1)")
        fill(page, "Role", "observer")
        fill(page, "Remarks", HOSTILE)
        look(page, "poster-filled", field("Role"))
        press(page, "Save")
        _saved(page)
        (note,) = [one for one in written.read(folder) if one.kind == "poster"]
        assert (note.by, note.said, note.text) == (OFFICER, {"role": "observer"}, HOSTILE)
        page.wait(
            "[...document.querySelectorAll('.wb-table')].some(each => each.innerText.includes('onerror=alert'))"
        )
    with _sitting(chromium, lab, f"{MEDIA}/crime-media.ipynb") as page:
        page.wait(f"{field('Remarks')}?.value?.length > 0")
        assert (value(page, "Role"), value(page, "Remarks")) == ("observer", HOSTILE)
    assert verify.verify(folder).defects == []


def test_an_association_is_noted_and_still_there_after_a_new_run(
    chromium: Browser, cases: Cases, lab: Desk
) -> None:
    folder = cases.casefiles / GANG
    with _sitting(chromium, lab, f"{GANG}/gang.ipynb") as page:
        fill(page, "Basis of suspicion", "named in report 26-7")
        fill(page, "Review due", "2999-01-01")
        fill(page, "Remarks", HOSTILE)
        look(page, "association-filled", field("Review due"))
        press(page, "Save")
        _saved(page)
    (note,) = [one for one in written.read(folder) if one.kind == "association"]
    assert note.said == {"suspicion_basis": "named in report 26-7", "review_due": "2999-01-01"}
    with _sitting(chromium, lab, f"{GANG}/gang.ipynb") as page:
        page.wait(f"{field('Basis of suspicion')}?.value == 'named in report 26-7'")
        assert value(page, "Review due") == "2999-01-01"
        assert value(page, "Remarks") == HOSTILE
    assert verify.verify(folder).defects == []
