from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from workbench.cli import reference
from workbench.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("casefiles/*.md"), *ROOT.glob("bench/*.md")]
)
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_the_commands_page_is_made_from_the_commands() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == reference.page(), "run: python -m workbench.cli.reference > docs/commands.md"


def test_every_command_and_option_has_a_sentence_of_help() -> None:
    lines = reference.page().splitlines()
    assert not [line for line in lines if line.endswith((": None", ": ", ":"))]
    assert all(f"## workbench {name}" in reference.page() for name in COMMANDS)


def test_the_readme_is_short_and_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) < 150
    assert "make demo" in text
    assert "make test" in text
    assert "untried" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = [link for link in _LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_pages_exist(page: Path) -> None:
    known = set(COMMANDS)
    named = re.findall(r"(?:^|`|\$ )workbench ([a-z]+)\b", page.read_text("utf-8"), re.MULTILINE)
    assert not [name for name in named if name not in known]


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_nothing_that_is_committed_names_a_home_folder_or_an_index() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    forbidden = re.compile(rb"/root/|/home/[a-z]|pypi\.org|files\.pythonhosted")
    named = [
        name
        for name in listed.stdout.splitlines()
        if (ROOT / name).is_file()
        and name != "tests/test_docs.py"
        and forbidden.search((ROOT / name).read_bytes())
    ]
    assert not named
