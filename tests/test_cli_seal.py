from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desk import FACTS, Desk
from tests.test_cli import home
from workbench.casefile import CaseFile
from workbench.cli.main import run
from workbench.custody import log, seals
from workbench.custody.verify import verify

__all__ = ["home"]
CASE = "2026-0417"


@pytest.fixture
def case(home: Desk, capsys: pytest.CaptureFixture[str]) -> Path:
    """A case opened and asked for with the commands, as a detective would."""
    facts = [word for name, text in FACTS.items() for word in ("--fact", f"{name}={text}")]
    assert run(["case", "open", CASE, "--purpose", "missing", *facts, "--subject", "Ada"]) == 0
    assert run(["case", "request", CASE, "--target", "mastodon=@ada@social.example"]) == 0
    assert run(["case", "approve", CASE, "--as", "2001"]) == 0
    capsys.readouterr()
    return home.casefiles / CASE


def _listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["seal", CASE, "--list", "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_each_act_is_sealed_and_signed_by_who_took_it(
    case: Path, home: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [(row["by"], row["signed"]) for row in _listed(capsys)] == [
        ("1001", ["1001"]),
        ("1001", ["1001"]),
        ("2001", ["2001"]),
    ]
    assert verify(case, root=home.department.root).defects == []


def test_nothing_new_is_said_and_nothing_written(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seal", CASE]) == 0
    assert "nothing new to seal" in capsys.readouterr().out
    assert len(_listed(capsys)) == 3
    assert run(["seal", CASE, "--list"]) == 0
    shown = capsys.readouterr().out.splitlines()
    newest = seals.newest(case)
    assert newest is not None
    assert seals.short(newest.sha256) in shown[-1]
    assert "signed: 2001  no timestamp" in shown[-1]


def test_an_import_is_sealed_by_itself(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "note.txt"
    given.write_text("hello")
    words = ["--giver", "a citizen", "--device", "phone", "--manner", "in person", "--basis", "consent"]
    assert run(["import", CASE, str(given), *words]) == 0
    last = _listed(capsys)[-1]
    assert (last["seal"], last["signed"]) == (4, ["1001"])
    newest = seals.newest(case)
    assert newest is not None
    assert "imports/0001/receipt.json" in {path for _, path in newest.files}


def test_copies_outside_are_added_to_and_never_overwritten(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "safe"
    assert run(["seal", CASE, "--copy-to", str(out)]) == 0
    assert sorted(p.name for p in (out / CASE).iterdir()) == sorted(
        p.name for p in (case / "seals").iterdir()
    )
    assert run(["seal", CASE, "--copy-to", str(out)]) == 0
    assert "copied: 0 files" in capsys.readouterr().out
    (out / CASE / "0002.txt").write_text("another seal")
    assert run(["seal", CASE, "--copy-to", str(out)]) == 3
    assert "the copy kept outside is of another seal" in capsys.readouterr().err


def test_a_seal_made_while_the_key_was_locked_is_signed_later(
    case: Path, home: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = CaseFile(case, home.department, "1001", home.clock)
    opened.annotate({"kind": "note", "exhibits": [], "text": "later"})
    opened.seal(None)
    assert _listed(capsys)[-1]["signed"] == []
    assert run(["seal", CASE, "--sign-pending"]) == 0
    assert "signed now: seals 4" in capsys.readouterr().out
    assert _listed(capsys)[-1]["signed"] == ["1001"]
    assert [e.action for e in log.rare(case)][-1] == "seal.signed"


def test_who_holds_no_key_for_seals_is_refused(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seal", CASE, "--as", "a1"]) == 4
    assert "may not sign a seal" in capsys.readouterr().err
    assert run(["seal", "2026-9999"]) == 2
    assert len(_listed(capsys)) == 3
    assert case.is_dir()
