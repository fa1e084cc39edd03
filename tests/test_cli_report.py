"""``workbench report`` and ``workbench export`` as a person types them: words, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.report_kit import CASE, Bureau, notebook
from workbench import times
from workbench.cli.main import run
from workbench.production import printing

GIVE = ("release", "give", CASE, "--to", "the court", "--purpose", "motion 7", "--as", "c1")


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    made = Bureau(tmp_path, now=times.now() - 60_000_000)
    made.desk.at_terminal(monkeypatch, "c1", "1001")
    monkeypatch.chdir(tmp_path)
    return made


def test_a_report_is_refused_until_it_can_be_made(
    bureau: Bureau, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["report", CASE, "--out", "out", "--format", "html"]
    assert run([*words, "--release", "1"]) == 4
    assert "nothing leaves without a release" in capsys.readouterr().err
    assert run([*GIVE, "--kind", "report"]) == 0
    assert run([*words, "--release", "1"]) == 2
    assert f"workbench run {CASE}" in capsys.readouterr().err
    bureau.run(notebook())
    assert run([*GIVE, "--kind", "report"]) == 0
    capsys.readouterr()
    assert run([*words, "--release", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["runs"], told["exhibits"]) == (["report.html"], ["run-0001"], 2)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["SHA256SUMS", "report.html"]
    assert run(["release", "list", CASE]) == 0
    assert told["sha256"] in capsys.readouterr().out
    assert run(["verify", CASE]) == 0
    # What is there already is not written over.
    assert run([*words, "--release", "2"]) == 2
    (run_file,) = bureau.case.folder.glob("runs/*/parameters.json")
    run_file.write_text("{ }")
    assert run(["report", CASE, "--out", "again", "--format", "html", "--release", "2"]) == 3


def test_without_a_browser_the_page_is_left_and_the_exit_code_tells(
    bureau: Bureau, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bureau.run(notebook())
    assert run([*GIVE, "--kind", "report"]) == 0
    monkeypatch.setenv(printing.BROWSER, str(tmp_path / "none"))
    assert run(["report", CASE, "--out", "out", "--release", "1"]) == 2
    told = capsys.readouterr()
    assert "there is no PDF" in told.err
    assert "install Chromium" in told.err
    assert "report.html" in told.out
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize(
    "words",
    [
        ["report", CASE, "--out", "out", "--release", "1", "--paper", "A5"],
        ["report", CASE, "--out", "out", "--release", "1", "--format", "docx"],
        ["report", CASE, "--out", "out.zip", "--release", "1"],
        ["export", CASE, "--out", "out", "--release", "1"],
        ["export", CASE, "--out", "out", "--release", "1", "--all", "--table", "posts"],
        ["export", CASE, "--out", "out", "--release", "1", "--all", "--format", "xlsx"],
        ["export", CASE, "--out", "out", "--release", "1", "--table", "people"],
    ],
)
@pytest.mark.usefixtures("bureau")
def test_words_that_do_not_fit_are_refused(words: list[str], tmp_path: Path) -> None:
    assert run(words) == 2
    assert not (tmp_path / words[3]).exists()


def test_tables_are_exported(bureau: Bureau, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["export", CASE, "--release", "1", "--out"]
    assert run([*words, "out", "--all"]) == 4
    assert run([*GIVE, "--kind", "export"]) == 0
    assert run([*words, "out", "--table", "posts", "--table", "accounts"]) == 0
    told = capsys.readouterr().out
    assert "posts.csv, 1 left out" in told
    assert "cells defused" in told
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("posts.csv", "accounts.csv", "README.txt", "manifest.json", "SHA256SUMS")
    }
    assert run([*words, "network", "--format", "graphml"]) == 0
    assert (tmp_path / "network" / "interactions.graphml").is_file()
    assert run(["verify", str(bureau.case.folder)]) == 0
