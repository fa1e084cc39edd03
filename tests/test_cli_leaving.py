"""The commands by which people write about exhibits, release, copy and take back: run as a person types them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.desk import FACTS, Desk
from workbench import times
from workbench.cli.main import run
from workbench.custody import log, releases

CASE = "2026-0417"
AS_CHIEF = ("--as", "c1")
RELEASED = ("--to", "the court", "--purpose", "motion 7", *AS_CHIEF)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A department at today's time with a case that holds two exhibits, E0001 and E0002."""
    desk = Desk(tmp_path, now=times.now())
    desk.at_terminal(monkeypatch, "c1", "a1", "1001", "1002", "2001")
    monkeypatch.chdir(tmp_path)
    facts = [word for name, text in FACTS.items() for word in ("--fact", f"{name}={text}")]
    assert run(["case", "open", CASE, "--purpose", "missing", *facts, "--subject", "Ada"]) == 0
    for number in (1, 2):
        given = tmp_path / f"{number}.txt"
        given.write_bytes(b"screenshot %d" % number)
        assert run(["import", CASE, str(given), "--giver", "Ada's sister", "--basis", "consent"]) == 0
    return desk


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def _folder(desk: Desk) -> Path:
    return desk.casefiles / CASE


# --- annotations and marks ------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_what_is_annotated_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    fact = ["--kind", "authorship", "--account", "@ada@x.example", "--side", "contrary"]
    assert run(["annotate", CASE, "--exhibit", "E0001", "--text", "a bus \x1b[31m stop"]) == 0
    assert run(["annotate", CASE, *fact, "--exhibit", f"{CASE}-E0002", "--text", "another hand"]) == 0
    rows = _json(capsys, "annotate", CASE, "--list")
    assert [(row["kind"], row["exhibits"], row["by"]) for row in rows] == [
        ("note", [1], "1001"),
        ("authorship", [2], "1001"),
    ]
    assert run(["annotate", CASE, "--list"]) == 0
    out = capsys.readouterr().out
    assert "contrary @ada@x.example" in out
    assert re.search(r"^2  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T  1001  authorship", out, re.MULTILINE)
    assert run(["annotate", CASE, "--kind", "withdrawal", "--of", "2", "--text", "another day"]) == 0
    assert "(withdrawal) about annotation 2; written by 1001" in capsys.readouterr().out
    assert "\x1b" not in out


@pytest.mark.usefixtures("home")
def test_everything_about_an_act_can_be_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    act = ["annotate", CASE, "--kind", "act", "--act", f"{CASE}-E0001"]
    said = ["--say", "directed_because=a=b", "--say", "directed_at_target=yes"]
    assert run([*act, *said, "--supports", "stalking/threat", "--undercuts", "other: a joke"]) == 0
    assert run([*act, "--say", "occasion=one"]) == 2
    assert run([*act, "--say", "occasion=one", "--replaces", "1"]) == 0
    review = [
        "annotate",
        CASE,
        "--kind",
        "act-review",
        "--act",
        f"{CASE}-E0001",
        "--review",
        "threat",
        "--text",
        "read",
    ]
    assert run([*review, "--of", "2"]) == 4
    assert run([*review, "--of", "2", "--as", "2001"]) == 0
    notice = [
        "annotate",
        CASE,
        "--kind",
        "notice",
        "--form",
        "order",
        "--exhibit",
        "E0002",
        "--text",
        "served",
    ]
    assert run([*notice, "--given", "2026-03-01T20:00-05:00"]) == 0
    rows = _json(capsys, "annotate", CASE, "--list")
    assert [row["kind"] for row in rows] == ["act", "act", "act-review", "notice"]
    assert rows[0]["said"] == {"directed_because": "a=b", "directed_at_target": "yes"}
    assert (rows[0]["exhibits"], rows[0]["supports"], rows[0]["undercuts"]) == (
        [1],
        ["stalking/threat"],
        ["other: a joke"],
    )
    assert rows[3]["given"] == "2026-03-02T01:00:00.000000Z"
    document = tmp_path / "act.json"
    body = {
        "kind": "act",
        "act": "x",
        "replaces": 0,
        "said": {"words": "soon"},
        "supports": [],
        "undercuts": [],
    }
    document.write_text(json.dumps(body | {"exhibits": ["E0002"]}), "utf-8")
    assert run(["annotate", CASE, "--from", str(document)]) == 0
    capsys.readouterr()
    assert run(["annotate", CASE, "--list"]) == 0
    out = capsys.readouterr().out
    for words in ("directed because: a=b", "replaces annotation 1", "of annotation 2", "words: soon"):
        assert words in out


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"kind": "note", "exhibits": ["E0001"], "more": 1}', b"\xff"]
)
def test_a_document_that_is_no_annotation_is_refused(home: Desk, tmp_path: Path, content: bytes) -> None:
    before = log.head(_folder(home))
    document = tmp_path / "no.json"
    document.write_bytes(content)
    assert run(["annotate", CASE, "--from", str(document)]) == 2
    document.write_bytes(b" " * 900_001)
    assert run(["annotate", CASE, "--from", str(document)]) == 2
    assert run(["annotate", CASE, "--from", str(tmp_path / "none.json")]) == 2
    assert log.head(_folder(home)) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["annotate", CASE, "--text", "no exhibit"], 2),
        (["annotate", CASE, "--exhibit", "E0001", "--text", "x", "--say", "occasion=one"], 2),
        (["annotate", CASE, "--kind", "act", "--act", f"{CASE}-E0001", "--say", "guilt=all"], 2),
        (["annotate", CASE, "--kind", "act", "--act", f"{CASE}-E0001", "--say", "occasion"], 2),
        (["annotate", CASE, "--kind", "notice", "--form", "block", "--exhibit", "E1", "--text", "x"], 2),
        (
            [
                "annotate",
                CASE,
                "--kind",
                "notice",
                "--given",
                "2026-03-01T00:00",
                "--exhibit",
                "E1",
                "--text",
                "x",
            ],
            2,
        ),
        (["annotate", CASE, "--exhibit", "E0001"], 2),
        (["annotate", CASE, "--exhibit", "E0009", "--text", "not there"], 2),
        (["annotate", CASE, "--exhibit", "2026-0418-E0001", "--text", "another case"], 2),
        (["annotate", CASE, "--kind", "mark", "--exhibit", "E0001", "--text", "x"], 2),
        (["annotate", CASE, "--kind", "authorship", "--exhibit", "E0001", "--text", "x"], 2),
        (["annotate", CASE, "--exhibit", "E0001", "--text", "x", "--as", "1002"], 4),
        (["annotate", CASE, "--exhibit", "E0001", "--text", "x", "--as", "2001"], 4),
        (["mark", CASE, "E0001", "--contraband"], 2),
        (["mark", CASE, "E0001", "--reason", "why"], 2),
        (["mark", CASE, "E0001", "--hidden", "--none", "--reason", "why"], 2),
        (["mark", CASE, "E0001", "--hidden", "--reason", "why", "--as", "1002"], 4),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_written_is_refused_and_nothing_is_logged(
    home: Desk, words: list[str], code: int
) -> None:
    before = log.head(_folder(home))
    assert run(words) == code
    assert log.head(_folder(home)) == before


@pytest.mark.usefixtures("home")
def test_a_marked_exhibit_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mark", CASE, "E0001", "--hidden", "--reason", "a minor"]) == 0
    assert run(["mark", CASE, "E0002", "--contraband", "--reason", "seen", "--as", "2001"]) == 0
    capsys.readouterr()
    assert run(["exhibit", CASE, "E0001"]) == 0
    out = capsys.readouterr().out
    assert "screenshot" not in out
    assert "marked as hidden" in out
    assert run(["exhibit", CASE, "E0001", "--hidden"]) == 0
    assert "screenshot 1" in capsys.readouterr().out
    for words in ([], ["--hidden"]):
        assert run(["exhibit", CASE, "E0002", *words]) == 0
        out = capsys.readouterr().out
        assert "screenshot" not in out
        assert hashlib.sha256(b"screenshot 2").hexdigest() in out
    assert run(["exhibit", CASE, "E0002", "--raw", "--hidden"]) == 4
    assert "screenshot" not in capsys.readouterr().out
    assert run(["mark", CASE, "E0002", "--none", "--reason", "no"]) == 2


def test_no_name_and_no_release_writes_a_line_of_its_own_on_the_terminal(
    home: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = "x.png\nmatches   yes\n  next: run this\x1b[31m"
    given = tmp_path / forged
    given.write_bytes(b"bytes")
    words = [
        "--giver",
        "a friend",
        "--device",
        "none",
        "--manner",
        "mail",
        "--basis",
        "consent",
        "--reference",
        "1",
    ]
    assert run(["import", CASE, str(given), *words]) == 0
    number = max(one.citation.number for one in log.exhibits(_folder(home)))
    chief = ["--as", "c1"]
    assert run(["seal", CASE]) == 0
    assert run(["release", "give", CASE, "--kind", "copy", "--to", forged, "--purpose", forged, *chief]) == 0
    capsys.readouterr()
    for asked in (
        ["exhibit", CASE, f"E{number:04d}"],
        ["release", "list", CASE],
        ["import", CASE, f"{given}/no"],
    ):
        run(asked)
        told = capsys.readouterr()
        shown = (told.out + told.err).split("\n")
        assert any(
            "x.png \u23ce matches   yes \u23ce   next: run this\\u001b[31m" in line for line in shown
        ), asked
        assert not [line for line in shown if line.strip() == "next: run this\\u001b[31m"]


# --- releases -------------------------------------------------------------------------------------


def test_a_copy_is_refused_until_it_is_released_and_then_logged(
    home: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "copy.txt"
    save = ["exhibit", CASE, "E0001", "--save", str(saved)]
    assert run(save) == 4
    assert f"ask the chief: workbench release give {CASE} --kind copy" in capsys.readouterr().err
    assert run(["release", "give", CASE, "--kind", "copy", "--exhibit", "E0001", *RELEASED]) == 0
    said = capsys.readouterr().out
    assert f"next: workbench exhibit {CASE} E0001 --release 1 --save FILE" in said
    assert re.search(r"until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T; signed by", said)
    assert run(["exhibit", CASE, "E0002", "--save", str(saved)]) == 4
    assert not saved.exists()
    assert run(save) == 0
    assert saved.read_bytes() == b"screenshot 1"
    assert not list(tmp_path.glob("*.partial"))
    rows = _json(capsys, "release", "list", CASE)
    assert [(row["release"], row["to"], row["exhibits"], row["state"]) for row in rows] == [
        (1, "the court", [1], "in force")
    ]
    assert rows[0]["left"][0]["sha256"] == hashlib.sha256(b"screenshot 1").hexdigest()
    assert run(["release", "list", CASE]) == 0
    assert "the court: motion 7" in capsys.readouterr().out
    assert run(save) == 2
    assert len(releases.left(_folder(home))) == 1


def test_nothing_that_leaves_is_written_into_a_case(home: Desk, tmp_path: Path) -> None:
    for kind in ("copy", "package", "disclosure"):
        assert run(["release", "give", CASE, "--kind", kind, *RELEASED]) == 0
    folder = _folder(home)
    held = sorted(folder.rglob("*"))
    for inside in (folder / "warc" / "x", folder / "x", home.department.folder / "x"):
        assert run(["exhibit", CASE, "E0001", "--save", str(inside)]) == 2
        assert run(["disclose", CASE, "E1", "--out", str(inside)]) == 2
        assert run(["package", CASE, "--as-of", "2", "--release", "2", "--out", str(inside)]) == 2
        assert run(["seal", CASE, "--copy-to", str(inside)]) == 2
    assert run(["exhibit", CASE, "E0001", "--save", str(tmp_path / "no" / "folder")]) == 2
    assert not (tmp_path / "no").exists()
    found = [path for path in folder.rglob("*") if path.parts[-2] not in {"audit", "locks"}]
    assert [path for path in found if path not in held] == []
    assert releases.left(folder) == []


@pytest.mark.usefixtures("home")
def test_contraband_is_not_copied_whatever_was_released(tmp_path: Path) -> None:
    assert run(["mark", CASE, "E0001", "--contraband", "--reason", "seen"]) == 0
    assert run(["release", "give", CASE, "--kind", "copy", *RELEASED]) == 0
    saved = tmp_path / "copy.txt"
    assert run(["exhibit", CASE, "E0001", "--save", str(saved)]) == 4
    assert run(["exhibit", CASE, "E0002", "--save", str(saved)]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--kind", "package", "--purpose", "motion", *AS_CHIEF], 2),
        (["--kind", "package", "--to", "the court", *AS_CHIEF], 2),
        (["--kind", "loan", *RELEASED], 2),
        (["--kind", "copy", "--exhibit", "E0009", *RELEASED], 2),
        (["--kind", "copy", "--days", "91", *RELEASED], 2),
        (["--kind", "copy", *RELEASED[:-2], "--as", "1001"], 4),
        (["--kind", "copy", *RELEASED[:-2], "--as", "2001"], 4),
        (["--kind", "copy", *RELEASED[:-2], "--as", "a1"], 4),
    ],
    ids=str,
)
def test_a_release_that_does_not_fit_is_refused(home: Desk, words: list[str], code: int) -> None:
    assert run(["release", "give", CASE, *words]) == code
    assert not releases.read(_folder(home))


def test_a_deputy_whom_the_chief_entered_releases(home: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    words = home.write_keys()
    assert (
        run(
            ["officer", "add", "3001", "D. Example", "deputy", *AS_CHIEF, "--new-passphrase-file", str(words)]
        )
        == 0
    )
    monkeypatch.setenv("WORKBENCH_OFFICER", "3001")
    assert run(["release", "give", CASE, "--kind", "report", "--to", "the press", "--purpose", "appeal"]) == 0
    assert [one.by for one in releases.releases_for(_folder(home))] == ["3001"]
    assert run(["release", "list", CASE]) == 0


# --- backup and restore ---------------------------------------------------------------------------


def _backup(capsys: pytest.CaptureFixture[str], to: Path) -> Path:
    rows = _json(capsys, "backup", "--all", "--to", str(to), "--as", "a1")
    assert [row["name"] for row in rows] == [CASE, "department"]
    assert "problem" not in rows[0]
    return Path(rows[0]["folder"])


def test_all_cases_are_copied_and_one_is_taken_back(
    home: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = _backup(capsys, tmp_path / "backup")
    assert run(["verify", str(made), "--root", home.department.root]) == 0
    assert "copied" in {entry.action for entry in log.entries(_folder(home), "audit")}
    assert run(["mark", CASE, "E0001", "--hidden", "--reason", "a minor"]) == 0
    words = ["restore", str(made), "--to", str(home.casefiles), "--reason", "disk died", "--as", "a1"]
    assert run(words) == 2
    _folder(home).rename(tmp_path / "what was left")
    assert run([*words[:-2], "--as", "1001"]) == 4
    assert run([*words[:4], "--as", "a1"]) == 2
    assert run([*words[:3], str(tmp_path / "nowhere"), *words[4:]]) == 2
    assert "make no new one" in capsys.readouterr().err
    found = _json(capsys, *words)
    assert found["lost"]
    assert list((_folder(home) / "tables").rglob("*.parquet"))
    assert run(["annotate", CASE, "--exhibit", "E0002", "--text", "goes on"]) == 0
    anchor = str(home.department.folder / "log")
    assert run(["verify", CASE, "--root", home.department.root, "--anchor", anchor]) == 0
    assert "restored" in capsys.readouterr().out


def test_a_backup_is_refused_where_it_makes_no_sense(home: Desk, tmp_path: Path) -> None:
    to = ["--to", str(tmp_path / "backup"), "--as", "a1"]
    assert run(["backup", *to]) == 2
    assert run(["backup", CASE, "--all", *to]) == 2
    assert run(["backup", "--all", "--as", "a1"]) == 2
    assert run(["backup", "2026-9999", *to]) == 2
    assert run(["backup", "--all", "--to", str(home.casefiles / "backup"), "--as", "a1"]) == 2
    assert run(["backup", "--all", *to[:2], "--as", "1001"]) == 4
    assert not (tmp_path / "backup").exists()
    assert not (home.casefiles / "backup").exists()


def test_a_case_that_is_not_good_does_not_stop_the_others(
    home: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.now = times.now()
    broken = home.draft("2026-0001").folder
    (broken / "case/0001.json.1001.sig").unlink()
    capsys.readouterr()
    assert run(["backup", "--all", "--to", str(tmp_path / "backup"), "--as", "a1"]) == 3
    out = capsys.readouterr().out
    assert "2026-0001  NOT GOOD" in out
    assert f"{CASE}  copied and verified" in out
    made = next((tmp_path / "backup").iterdir())
    assert sorted(path.name for path in made.iterdir()) == ["2026-0001.partial", CASE, "department"]


@pytest.mark.usefixtures("home")
def test_an_authorship_fact_is_withdrawn_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    fact = ["--kind", "authorship", "--account", "@ada@x.example", "--side", "contrary"]
    assert run(["annotate", CASE, *fact, "--exhibit", "E0001", "--text", "another hand"]) == 0
    assert run(["annotate", CASE, "--kind", "withdrawal", "--of", "2", "--text", "no"]) == 2
    assert run(["annotate", CASE, "--kind", "withdrawal", "--of", "1", "--text", "it was hers"]) == 0
    rows = _json(capsys, "annotate", CASE, "--list")
    assert [(row["kind"], row["exhibits"], row.get("of")) for row in rows] == [
        ("authorship", [1], None),
        ("withdrawal", [1], 1),
    ]


@pytest.mark.usefixtures("home")
def test_a_note_about_an_account_replaces_only_what_was_seen() -> None:
    note = ["annotate", CASE, "--kind", "poster", "--account", "@ada@x.example", "--say", "role=observer"]
    note += ["--exhibit", "E0001", "--text", "stands by"]
    assert run([*note, "--replaces", "0"]) == 0
    assert run([*note, "--replaces", "0"]) == 2
    assert run([*note, "--replaces", "1"]) == 0
    assert run(note) == 0
