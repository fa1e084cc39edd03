"""A case with three posts, opened as a kernel of a lab does; saving goes through a real broker and command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench
from tests.archive_kit import created, give
from tests.desk import Desk
from workbench import intake, times
from workbench.casefile import CaseFile, Receipt
from workbench.custody import keys
from workbench.runner.broker import Allowance, listening
from workbench.workspace import Case
from workbench.workspace.asking import BROKER, LAB

HOSTILE = "</script><img src=x onerror=alert(1)> $\\href{javascript:alert(1)}{x}$ \u202esoon سأجدك"
ADA = {"type": "Mention", "href": "https://social.test/users/ada", "name": "@ada@social.test"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, CaseFile, dict[str, str]]:
    """A case with three posts, two of them towards ada, and what a command needs to act in it."""
    home = tmp_path_factory.mktemp("editor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "KDF_ROUNDS", 1)
        for name in [name for name in os.environ if name.startswith("WORKBENCH_")]:
            patch.delenv(name)
        desk = Desk(home, now=times.now())
        case = desk.approved()
        _give(case, home)
        case.act(desk.sign_in("1001"), "assign", assigned=["1002"])
        passphrase = desk.write_keys("1001", "1002", "2001")
    return (
        desk,
        case,
        {
            "WORKBENCH_CASEFILES": str(desk.casefiles),
            "WORKBENCH_KEYS": str(desk.keys),
            "WORKBENCH_PASSPHRASE_FILE": str(passphrase),
        },
    )


def _give(case: CaseFile, home: Path) -> None:
    said = [(HOSTILE.replace("<", "&lt;"), [ADA]), ("again", [ADA]), ("ask her what she did", [])]
    posts = [
        created(number, f"2026-03-{1 + number:02d}T10:00:00Z", words, tag=tags)
        for number, (words, tags) in enumerate(said)
    ]
    give(case, home / "archive", posts)
    shot = home / "shot.txt"
    shot.write_bytes(b"a screenshot")
    intake.take_in(case, [(shot, "shot.txt")], Receipt(giver="ada"))


@pytest.fixture
def lab(
    place: tuple[Desk, CaseFile, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[CaseFile, Any]]:
    """Open the case as a kernel of a lab does, for a badge; each badge has a parent of its own."""
    desk, case, where = place
    monkeypatch.setenv("WORKBENCH_CASEFILES", str(desk.casefiles))
    monkeypatch.setenv(LAB, "1")
    with (
        listening(Allowance(lab=True), where | {"WORKBENCH_OFFICER": "1001"}) as one,
        listening(Allowance(lab=True), where | {"WORKBENCH_OFFICER": "1002"}) as two,
        listening(Allowance(lab=True), where | {"WORKBENCH_OFFICER": "2001"}) as three,
    ):
        parents = {"1001": one, "1002": two, "2001": three}

        def sit(badge: str) -> Case:
            monkeypatch.setenv("WORKBENCH_OFFICER", badge)
            monkeypatch.setenv(BROKER, str(parents[badge]))
            return workbench.open_case(case.number)

        yield case, sit


def said(panel: Any) -> str:
    """Give what a form said."""
    return "".join(output["text"] for output in panel.output.outputs)
