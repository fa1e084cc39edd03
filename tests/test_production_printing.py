"""A page is printed as it is: paper, page numbers, running head, links; and a browser that fails is told."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report_kit import CASE, Bureau, notebook
from workbench.errors import InputError, UsageError
from workbench.production import printing
from workbench.production.report import PRINT, Asked


def _fake(folder: Path, words: str) -> Path:
    program = folder / "browser"
    program.write_text(f"#!/bin/sh\n{words}\n", "utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    made = Bureau(tmp_path_factory.mktemp("bureau"))
    made.run(notebook(*(f"<p><code>{CASE}-E{number:04d}</code></p>" for number in range(1, 9))))
    made.number = made.release()
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("paper", "size"), [("A4", "(A4)"), ("Letter", "(letter)")])
def test_a_report_is_printed_on_its_paper(bureau: Bureau, tmp_path: Path, paper: str, size: str) -> None:
    for tool in ("pdfinfo", "pdftotext"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here (Debian: apt-get install poppler-utils)")
    try:
        printing.find()
    except UsageError as error:
        pytest.skip(error.what)
    asked = Asked(paper="A4" if paper == "A4" else "Letter", format="both")
    assert bureau.report(tmp_path / "out", bureau.number, asked).unprinted == ""
    made = tmp_path / "out" / PRINT
    told = subprocess.run(["pdfinfo", made], capture_output=True, text=True, check=True).stdout
    assert size in told
    assert "JavaScript:      no" in told
    pages = int(re.findall(r"Pages: +(\d+)", told)[0])
    text = subprocess.run(
        ["pdftotext", "-layout", made, "-"], capture_output=True, text=True, check=True
    ).stdout
    sheets = text.removesuffix("\f").split("\f")
    assert len(sheets) == pages > 3
    for number, sheet in enumerate(sheets, 1):
        assert f"page {number} of {pages}" in sheet
        assert f"Case {CASE}, seal" in sheet.splitlines()[0]
    # The list names, on paper, the page on which each exhibit's entry stands.
    listed = next(sheet for sheet in sheets if "Exhibits cited (" in sheet)
    numbers = [int(found) for found in re.findall(rf"(?m)^ *{CASE}-.* (\d+)$", listed)]
    found = ((at, re.findall(rf"Exhibit {CASE}-E\d+", sheet)) for at, sheet in enumerate(sheets, 1))
    headed = [at for at, heads in found for _ in heads]
    assert len(set(headed)) > 1
    assert numbers == headed
    assert f"Exhibits cited, page {sheets.index(listed) + 1}" in text
    named = subprocess.run(["pdfinfo", "-dests", made], capture_output=True, text=True, check=True).stdout
    assert '"E0003"' in named
    # Skia writes its objects plainly: each link to a place of this file, none out of it.
    data = made.read_bytes()
    assert data.count(b"/Subtype /Link") >= 5
    assert b"/URI" not in data
    assert b"/Outlines" in data


def test_no_browser_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(printing, "_APPLICATIONS", ())
    with pytest.raises(UsageError, match="no browser") as told:
        printing.find()
    assert "chromium" in told.value.expected
    assert "WORKBENCH_BROWSER" in told.value.todo


@pytest.mark.parametrize("version", ["Chromium 130.0.6723.58", "something else", ""])
def test_a_browser_without_page_numbers_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    monkeypatch.setenv(printing.BROWSER, str(_fake(tmp_path, f"echo '{version}'")))
    with pytest.raises(UsageError, match="too old"):
        printing.find()


def test_a_browser_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = _fake(tmp_path, "echo Google Chrome 140.0.1.2")
    program.rename(tmp_path / "google-chrome")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if not shutil.which("chromium") else str(tmp_path))
    (tmp_path / "sh").symlink_to("/bin/sh")
    assert printing.find() == str(tmp_path / "google-chrome")


@pytest.mark.parametrize(
    ("words", "seconds", "found"),
    [
        ("exit 3", 60, "no PDF"),
        ("echo broken >&2; exit 1", 60, "broken"),
        ("exec sleep 600", 0.2, "nothing after"),
    ],
)
def test_a_browser_that_does_not_print_is_told(
    tmp_path: Path, words: str, seconds: float, found: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>words</p>")
    with pytest.raises(InputError, match="did not print") as told:
        printing.pdf(page, tmp_path / "out.pdf", str(_fake(tmp_path, words)), seconds=seconds)
    assert found in told.value.found
