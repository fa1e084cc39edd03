"""``workbench review`` as a supervisor types it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.desk import Desk
from tests.review_kit import annotated, capture, post, ran
from workbench import times
from workbench.casefile import CaseFile
from workbench.cli.main import run
from workbench.custody import log, seals, verify

CASE = "2026-0417"
HOSTILE = "first\x1b[2J\u202e\nAPPROVED  by 2001\n" + "line\n" * 20


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A department at today's time; supervisor 2001 is at the keyboard."""
    desk = Desk(tmp_path, now=times.now())
    desk.at_terminal(monkeypatch, "1001", "1002", "2001", "2002", officer="2001")
    monkeypatch.chdir(tmp_path)
    return desk


@pytest.fixture
def case(home: Desk) -> CaseFile:
    """A case with a capture of two exhibits, and a run that cites the second."""
    made = home.approved()
    capture(home, made, [post(1, HOSTILE.replace("\n", "<br>"))], [post(2, "on my way")])
    ran(home, made, f"{CASE}-E0002#/0")
    return made


def _json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def _told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run([*words]) == code
    said = capsys.readouterr()
    return said.out if code == 0 else said.err


@pytest.mark.usefixtures("case")
def test_the_list_names_each_item_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _told(capsys, "review", "list", CASE).splitlines()
    assert "3 items to look at" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["capture-0001", "run-0001", f"{CASE}-E0002"]
    assert "complete (ok): 2 requests, 2 items, 2 exhibits" in lines[1]
    assert "cited by run-0001 missing" in lines[3]


@pytest.mark.usefixtures("case")
def test_without_a_case_all_readable_ones_are_listed(
    home: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.approved(number="2026-0500")
    assert [one["case"] for one in _json(capsys, "review", "list")] == [CASE, "2026-0500"]
    monkeypatch.setenv("WORKBENCH_OFFICER", "1002")
    assert _json(capsys, "review", "list") == []
    assert "no cases that you may read" in _told(capsys, "review", "list")
    assert "not assigned to you" in _told(capsys, "review", "list", CASE, code=4)


def test_one_damaged_case_hides_no_other(
    home: Desk, case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    other = home.approved(number="2026-0500")
    (other.folder / "case/0001.json").write_bytes(b"{}")
    capsys.readouterr()
    assert run(["review", "list"]) == 3
    out = capsys.readouterr().out
    assert out.startswith(case.number)
    assert "2026-0500  NOT READ" in out


@pytest.mark.usefixtures("case")
def test_what_is_shown_cannot_act_on_the_terminal_or_pass_for_ours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = _told(capsys, "review", "show", CASE, "capture-1")
    assert not re.search("[\x1b\u202e]", out)
    assert "\\u001b[2J" in out
    assert [line for line in out.splitlines() if "APPROVED" in line] == ["      | APPROVED  by 2001"]
    assert out.count("| line") == 1
    assert "SHA-256 " in out
    assert "posted 2026-03-01 07:00:00 EST" in out


def test_the_original_stands_beside_the_claim(
    home: Desk, case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    annotated(
        home, case, 2, text="she says where she goes", kind="authorship", side="contrary", account="ada"
    )
    found = _json(capsys, "review", "show", CASE, "E2")
    (one,) = found["items"]
    assert [(c["by"], c["places"], c["words"]) for c in one["cited_by"]] == [
        ("annotation-0001", ["authorship contrary ada"], "she says where she goes"),
        ("run-0001", ["When it fell silent"], ""),
    ]
    original = found["originals"][f"{CASE}-E0002"]
    assert original["matches"] is True
    assert [row["words"] for row in original["shown"] if row["table"] == "posts"] == ["on my way"]
    out = _told(capsys, "review", "show", CASE, f"{CASE}-E0002")
    assert "claim: run-0001 missing by 1001: When it fell silent" in out
    assert "| she says where she goes" in out
    assert "| on my way" in out


def test_marked_exhibits_are_named_and_not_shown(
    home: Desk, case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    annotated(home, case, 2, kind="mark", mark="contraband", text="")
    for words in (
        ("review", "show", CASE),
        ("review", "show", CASE, "E2"),
        ("review", "show", CASE, "--json"),
    ):
        out = _told(capsys, *words)
        assert "on my way" not in out
        assert "marked contraband: its text is not shown" in out


@pytest.mark.usefixtures("case")
def test_a_mark_as_contraband_names_the_runs_that_may_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert "run-0001" not in _told(capsys, "mark", CASE, "E1", "--hidden", "--reason", "why", "--as", "1001")
    told = _told(capsys, "mark", CASE, "E2", "--contraband", "--reason", "why", "--as", "1001")
    assert "made before this mark, and not changed by it: run-0001; also working copies of the lab" in told


def test_looking_writes_to_the_audit_chain_only(case: CaseFile, capsys: pytest.CaptureFixture[str]) -> None:
    before = log.head(case.folder)
    assert "your first look" in _told(capsys, "review", "show", CASE)
    assert "since your last look" in _told(capsys, "review", "show", CASE)
    assert _told(capsys, "review", "list", CASE)
    assert log.head(case.folder) == before
    looked = [entry.actor for entry in log.entries(case.folder, "audit") if entry.action == "reviewed"]
    assert looked == ["2001", "2001"]


def test_a_review_from_the_list_to_the_countersignature(
    home: Desk, case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "have not looked" in _told(capsys, "review", "approve", CASE, "capture-1", code=6)
    seen = _json(capsys, "review", "show", CASE)
    out = _told(capsys, "review", "approve", CASE, "capture-1", "run-1")
    assert "approved: capture-0001, run-0001; decision 1, signed by 2001" in out
    assert [one["name"] for one in _json(capsys, "review", "list", CASE)[0]["items"]] == [f"{CASE}-E0002"]
    assert "needs a reason" in _told(capsys, "review", "return", CASE, "E2", code=2)
    made = _json(capsys, "review", "return", CASE, "E2", "--reason", "the thread is missing")
    assert (made["number"], made["subjects"], made["seen_seal"]) == (2, [f"{CASE}-E0002"], seen["seal"])
    assert "0 items to look at" in _told(capsys, "review", "list", CASE)
    assert "the thread is missing" in _told(capsys, "review", "show", CASE, "E2")
    assert f"seal {seen['seal']} (" in _told(capsys, "review", "sign", CASE, "--seal", str(seen["seal"]))
    newest = seals.newest(case.folder)
    assert newest is not None
    assert "their own seal" in _told(capsys, "review", "sign", CASE, "--seal", str(newest.number), code=4)
    report = verify.verify(case.folder, root=home.department.root)
    assert [str(defect) for defect in report.defects] == []


@pytest.mark.usefixtures("case")
def test_the_second_supervisor_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for badge in ("2001", "2002"):
        monkeypatch.setenv("WORKBENCH_OFFICER", badge)
        assert run(["review", "show", CASE]) == 0
    assert run(["review", "reject", CASE, "capture-1", "--reason", "another account"]) == 0
    monkeypatch.setenv("WORKBENCH_OFFICER", "2001")
    told = _told(capsys, "review", "approve", CASE, "capture-1", code=2)
    assert "2002 rejected it at" in told
    assert "another account" in told


@pytest.mark.usefixtures("case")
def test_a_detective_sees_and_decides_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_OFFICER", "1001")
    assert "not yours to decide" in _told(capsys, "review", "show", CASE, "capture-1")
    assert "does not decide on review" in _told(capsys, "review", "approve", CASE, "capture-1", code=4)


def test_altered_bytes_are_shown_as_such_and_are_three(
    case: CaseFile, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next((case.folder / "warc").iterdir())
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    capsys.readouterr()
    assert run(["review", "show", CASE, "E2"]) == 3
    said = capsys.readouterr()
    assert "BYTES ALTERED" in said.out
    assert "not those that were logged" in said.err


def test_a_ratification_is_signed_and_sealed(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    case = home.oral()
    assert "signed by 2001, and sealed" in _told(capsys, "review", "ratify", CASE, "--reason", "as I said")
    assert seals.newest(case.folder) is not None
    assert "decided already" in _told(capsys, "review", "ratify", CASE, code=4)


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize(
    "words",
    [
        ("show", CASE, "capture-9"),
        ("show", CASE, "seal-1"),
        ("show", CASE, "2026-0500-E0001"),
        ("show", CASE, "E9"),
        ("approve", CASE, "E2#/0"),
        ("approve", CASE),
        ("list", "2026-0999"),
        ("sign", CASE, "--seal", "99"),
        ("show", CASE, "--sample", "101"),
    ],
)
def test_wrong_words_are_two_and_write_nothing(home: Desk, words: tuple[str, ...]) -> None:
    folder = home.casefiles / CASE
    before = log.head(folder)
    assert run(["review", *words]) == 2
    assert log.head(folder) == before


def test_looking_at_what_waits_loads_no_parser_and_reads_no_notebook() -> None:
    """Each would cost every command of the review more than all the rest of it."""
    code = (
        "import sys, workbench.cli.reviewwords, workbench.review.deciding, workbench.review.looking\n"
        "print(sorted({'nbformat', 'jsonschema', 'bs4', 'lxml', 'PIL', 'av', 'duckdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
