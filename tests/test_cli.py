from __future__ import annotations

import ast
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

import workbench
from tests.capture_kit import Asked, FileSink, Server, recorder
from tests.desk import FACTS, PASSPHRASE, Desk
from tests.runner_kit import notebook
from tests.tsa import Tsa
from workbench import times
from workbench.cli.casewords import items_words
from workbench.cli.main import COMMANDS, app, run
from workbench.errors import Refused, UsageError
from workbench.policy.purposes import check_facts
from workbench.policy.versions import Scope
from workbench.records import Target
from workbench.runner.kept import RunRecord

Run = Callable[..., int]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A department at today's time whose officers have key files, named in the environment."""
    desk = Desk(tmp_path, now=times.now())
    desk.at_terminal(monkeypatch, "c1", "a1", "1001", "1002", "2001")
    monkeypatch.chdir(tmp_path)
    return desk


def _open(number: str = "2026-0417", *more: str) -> int:
    facts = [word for name, text in FACTS.items() for word in ("--fact", f"{name}={text}")]
    return run(["case", "open", number, "--purpose", "missing", *facts, "--subject", "Ada", *more])


def _walk() -> Iterator[tuple[str, Any]]:
    root = typer.main.get_command(app)
    context = click.Context(root, info_name="workbench")  # type: ignore[arg-type] # typer vendors its own

    def below(command: Any, name: str) -> Iterator[tuple[str, Any]]:
        yield name, command
        if hasattr(command, "list_commands"):
            for each in command.list_commands(context):
                yield from below(command.get_command(context, each), f"{name} {each}")

    yield from below(root, "workbench")


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# --- help ---------------------------------------------------------------------------------------


def test_a_group_tells_each_command_in_a_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("department", "officer", "case", "tables", "review", "release"):
        assert run([name, "--help"]) == 0
        assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: ")
    assert len(out.splitlines()) > 5


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    shown = capsys.readouterr().out
    for name, (_, line) in COMMANDS.items():
        assert re.search(rf"^  {name}\s+{re.escape(line[:30])}", shown, re.MULTILINE)
    modules = {path.stem for path in Path(workbench.__file__).parent.joinpath("cli").glob("*.py")}
    used = {where.partition(":")[0] for where, _ in COMMANDS.values()}
    assert used <= modules


def test_every_option_and_command_has_words_of_help() -> None:
    for name, command in _walk():
        assert (command.help or "").strip(), name
        for parameter in command.params:
            if getattr(parameter, "help", None) is None or parameter.name == "help":
                continue
            assert parameter.help.strip(), f"{name} {parameter.name}"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom workbench.cli.main import run\nrun(['--help'])\n"
        "heavy = {'pyarrow', 'pandas', 'numpy', 'requests', 'rich', 'mastodon', 'lxml', 'cryptography', 'networkx'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"workbench {workbench.__version__}\n"


# --- what a person reads when it fails ----------------------------------------------------------


def _told(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> list[str]:
    capsys.readouterr()
    assert run(list(words)) == code
    lines = capsys.readouterr().err.splitlines()
    assert not any("Traceback" in line for line in lines)
    return lines


def test_a_wrong_word_is_two(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    lines = _told(capsys, 2, "case", "show", "2026-9999")
    assert lines[0] == "workbench: there is no such case"
    assert lines[1].startswith("  where: ")
    assert lines[2].startswith("  expected ")
    assert lines[3].startswith("  next: ")
    assert len(lines) == 4
    assert _told(capsys, 2, "case", "open", "2026-1", "--purpose", "curiosity")
    assert _told(capsys, 2, "fly")
    assert _told(capsys, 2, "case", "open", "2026-0001", "--purpose", "missing", "--fact", "junk")
    assert list(home.casefiles.iterdir()) == [home.department.folder]


def test_altered_bytes_are_three(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert _open() == 0
    assert run(["verify", "2026-0417"]) == 0
    path = home.casefiles / "2026-0417/case/0001.json"
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Eva"))
    lines = _told(capsys, 3, "case", "show", "2026-0417")
    assert "not what the log says" in lines[0]
    assert run(["verify", "2026-0417"]) == 3


def test_what_is_not_authorised_is_four(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert _open() == 0
    lines = _told(capsys, 4, "collect", "2026-0417")
    assert lines[0] == "workbench: no signed approval covers this case"
    assert any("case request" in line for line in lines)
    refused = [e for e in home.draft("2026-0002").history().versions if e.problem]
    assert refused == []
    assert _told(capsys, 4, "case", "approve", "2026-0417", "--as", "9999")


def test_a_source_that_fails_is_five(
    home: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def members_only(asked: Asked) -> None:
        asked.reply(401, b"{}", Content_Type="application/json")

    with Server({"/api/v1/accounts/lookup": members_only}) as server:
        host = f"127.0.0.1:{server.server_port}"
        home.grant(host)
        target = Target(source="mastodon", target=f"http://{host}/@nobody")
        home.approved(Scope(targets=(target,), hosts=(host,)))
        assert run(["collect", "2026-0417"]) == 5
        assert "BLOCKED (login-required)" in capsys.readouterr().out
        with monkeypatch.context() as patch:
            # The notebook itself is told of elsewhere; here the command must not hide what was not collected.
            patch.setattr("workbench.runner.run.run_case", lambda *_, **__: _record(position=1))
            assert run(["run", "2026-0417", "--collect"]) == 0
    out = capsys.readouterr().out
    assert "COMPLETE" in out
    assert f"not complete: capture 1 mastodon {target.target} " in out
    assert "blocked (login-required)" in out


def _record(position: int) -> RunRecord:
    return RunRecord(
        case="2026-0417",
        name="missing",
        status="complete",
        reason="ok",
        started="",
        ended="",
        position=position,
        evidence=0,
        attempts=1,
        cells=(),
        source_sha256="",
        values={"collect": True},
        programs={},
    )


@pytest.mark.usefixtures("home")
def test_an_error_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for lines in (
        _told(capsys, 2, "case", "show", "\x1b[2Jevil\u202etxt"),
        _told(capsys, 2, "case", "open", "2026-1", "--purpose", "missing", "--fact", "\x1b[31mx"),
    ):
        assert "\x1b" not in "".join(lines)
        assert "\u202e" not in "".join(lines)


@pytest.mark.usefixtures("home")
def test_ctrl_c_is_said_and_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.cli.common.department_of", stop)
    assert run(["department", "show"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_ctrl_c_at_a_question_is_130_and_leaves_nothing(
    home: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object, **__: object) -> str:
        raise typer.Abort  # as typer does where Ctrl-C or Ctrl-D is typed

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", stop)
    assert run(["case", "open", "2026-0417", "--purpose", "gang"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert not (home.casefiles / "2026-0417").exists()


def test_what_the_system_refuses_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr("workbench.cli.common.department_of", refuse)
    assert run(["department", "show"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "workbench: the system refused: Permission denied",
        "  where: /somewhere",
    ]


def test_trace_shows_what_python_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--trace", "case", "show", "2026-9999"]) == 2
    assert "workbench: there is no such case" in capsys.readouterr().err


# --- passphrases --------------------------------------------------------------------------------


def test_a_passphrase_is_never_an_argument() -> None:
    for name, command in _walk():
        for parameter in command.params:
            words = [str(word) for word in (*parameter.opts, *parameter.secondary_opts, parameter.name)]
            if any("pass" in word for word in words):
                assert all(word.endswith("file") for word in words), f"{name} {words}"


def test_without_a_terminal_nobody_is_asked(
    home: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WORKBENCH_PASSPHRASE_FILE")
    lines = _told(capsys, 4, "case", "open", "2026-1", "--purpose", "missing", *_facts())
    assert "locked" in lines[0]
    assert not (home.casefiles / "2026-1").exists()


def _facts() -> list[str]:
    return [word for name, text in FACTS.items() for word in ("--fact", f"{name}={text}")]


def test_a_passphrase_file_that_others_may_read_is_not_read(
    home: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    (home.keys / "passphrase").chmod(0o644)
    assert any(
        "chmod 600" in line
        for line in _told(capsys, 4, "case", "open", "2026-1", "--purpose", "missing", *_facts())
    )


def test_no_passphrase_ends_up_in_any_file(home: Desk) -> None:
    assert _open() == 0
    for path in home.casefiles.rglob("*"):
        assert not path.is_file() or PASSPHRASE.encode() not in path.read_bytes()


# --- department and officers --------------------------------------------------------------------


def test_a_department_is_made_and_its_root_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "keys"))
    words = tmp_path / "words"
    words.write_text(PASSPHRASE, "utf-8")
    words.chmod(0o600)
    base = ["department", "init", "--casefiles", str(tmp_path / "c"), "--name", "D", "--timezone", "UTC"]
    people = ["--chief-name", "C", "--administrator-name", "A", "--chief-passphrase-file", str(words)]
    people += ["--administrator-passphrase-file", str(words), "--chief", "c1"]
    assert run([*base, *people, "--administrator", "c1"]) == 2, "chief and administrator are two people"
    assert run([*base, *people, "--administrator", "a1"]) == 0
    printed = re.search(r"SHA256:\S+", capsys.readouterr().out)
    assert printed is not None
    shown = _json(capsys, "department", "show", "--casefiles", str(tmp_path / "c"))
    assert (shown["root"], shown["department"]) == (printed[0], "D")
    assert run([*base, *people, "--administrator", "a1"]) == 2, "only once"
    capsys.readouterr()
    assert run(["department", "init", "--casefiles", str(tmp_path / "c")]) == 2
    assert "there is a department here already" in capsys.readouterr().err, "said before anything is asked"


def _officer(home: Desk, *words: str, badge: str = "a1", second: str = "c1") -> int:
    file = str(home.keys / "passphrase")
    both = ["--with", second, "--with-passphrase-file", file] if second else []
    return run(["officer", *words, "--as", badge, "--passphrase-file", file, *both])


def test_officers_come_and_go(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    new = ["--new-passphrase-file", str(home.keys / "passphrase")]
    assert _officer(home, "add", "3001", "Cleo", "records", *new) == 0
    assert (home.keys / "3001").is_file()
    assert _officer(home, "add", "3001", "Cleo", "records", *new) == 2, "in the register already"
    assert _officer(home, "rekey", "3001", *new) == 0
    assert _officer(home, "compromised", "3001") == 0
    assert _officer(home, "retire", "1002") == 0
    assert _officer(home, "retire", "c1", badge="c1", second="") == 2, "the last chief"
    rows = _json(capsys, "officer", "list")
    assert [row["badge"] for row in rows].count("3001") == 2
    assert [row["compromised"] for row in rows if row["badge"] == "3001"] == [False, True]
    assert next(row for row in rows if row["badge"] == "1002")["until"]


def test_an_act_of_a_compromised_key_is_shown_as_void(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert _open() == 0
    assert run(["case", "request", "2026-0417", "--target", "mastodon=@ada@social.example"]) == 0
    since = times.stamp(times.now())
    assert run(["case", "approve", "2026-0417", "--as", "2001"]) == 0
    assert "VOID" not in _shown(capsys, "case", "show", "2026-0417")
    assert _officer(home, "compromised", "2001", "--since", since) == 0
    assert run(["case", "assign", "2026-0417", "1002"]) == 0, "any act takes the new register in"
    told = [line for line in _shown(capsys, "case", "show", "2026-0417").splitlines() if "VOID" in line]
    assert [line.split()[:2] for line in told] == [["3", "approve"]]
    assert "state: draft" in _shown(capsys, "case", "show", "2026-0417")
    listed = _shown(capsys, "officer", "list")
    assert re.search(r"2001 +supervisor .* to .* E[SD]T  COMPROMISED", listed)


def _shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert run([*words]) == 0
    return capsys.readouterr().out


def test_without_a_chief_no_key_is_made_or_moved(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    new = ["--new-passphrase-file", str(home.keys / "passphrase")]
    before = {path.name: path.read_bytes() for path in home.keys.iterdir()}
    assert _officer(home, "add", "3001", "Cleo", "records", *new, second="") == 4
    assert "chief" in capsys.readouterr().err
    assert _officer(home, "rekey", "1001", *new, second="") == 4
    assert {path.name: path.read_bytes() for path in home.keys.iterdir()} == before


def test_a_rekey_with_a_short_passphrase_leaves_the_old_key(home: Desk) -> None:
    short = home.keys / "short"
    short.write_text("1234", "utf-8")
    short.chmod(0o600)
    before = (home.keys / "1001").read_bytes()
    assert _officer(home, "rekey", "1001", "--new-passphrase-file", str(short)) == 2
    assert (home.keys / "1001").read_bytes() == before


def test_a_key_is_one_persons_and_is_not_taken_up_again(home: Desk, tmp_path: Path) -> None:
    new = ["--new-passphrase-file", str(home.keys / "passphrase")]
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    public = ["--public-key", str(tmp_path / "key.pub")]
    assert _officer(home, "add", "3001", "Cleo", "detective", *public) == 0
    assert _officer(home, "add", "3002", "Dana", "supervisor", *public) == 2
    assert _officer(home, "compromised", "3001", "--since", "2999-01-01") == 2, (
        "a key is not lost in the future"
    )
    assert _officer(home, "compromised", "3001") == 0
    assert _officer(home, "add", "3001", "Cleo", "detective", *public) == 2
    assert _officer(home, "add", "3001", "Cleo", "detective", *new) == 0
    assert _officer(home, "retire", "1001") == 0
    old = (home.keys / "1001").read_bytes()
    assert _officer(home, "add", "1001", "Ada", "detective", *new) == 0, "an old key file is in nobody's way"
    assert (home.keys / "1001").read_bytes() != old
    assert not list(home.keys.glob("*.new"))


def test_a_refused_department_leaves_no_key(home: Desk, tmp_path: Path) -> None:
    file = str(home.keys / "passphrase")
    people = ["--chief", "7001", "--chief-name", "C", "--administrator", "1001", "--administrator-name", "A"]
    files = ["--chief-passphrase-file", file, "--administrator-passphrase-file", file]
    where = ["--casefiles", str(tmp_path / "other"), "--name", "D", "--timezone", "Europe/Paris"]
    assert run(["department", "init", *where, *people, *files]) == 2
    assert not (home.keys / "7001").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("x.example", "8.8.8.8/32"),
        ("x.example", "0.0.0.0/0"),
        ("x.example", "::/0"),
        ("http://x.example/", "10.0.0.1"),
    ],
)
def test_a_grant_opens_no_more_than_a_private_network(home: Desk, words: tuple[str, str]) -> None:
    chief = ["--as", "c1", "--passphrase-file", str(home.keys / "passphrase"), "--reason", "r"]
    assert run(["department", "grant", *words, *chief]) == 2


@pytest.mark.usefixtures("home")
def test_who_locks_or_unlocks_must_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WORKBENCH_OFFICER")
    for word in ("lock", "unlock"):
        assert run([word]) == 2
        assert "who acts?" in capsys.readouterr().err


def test_settings_are_the_chiefs(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    file = ["--passphrase-file", str(home.keys / "passphrase")]
    assert run(["department", "pace", "5", "--as", "1001", *file]) == 4
    assert run(["department", "pace", "5", "--as", "c1", *file]) == 0
    assert run(["department", "grant", "127.0.0.1:1", "127.0.0.1/32", "--as", "c1", *file]) == 2
    reason = ["--reason", "the sample network"]
    assert run(["department", "grant", "127.0.0.1:1", "127.0.0.1/32", "--as", "c1", *file, *reason]) == 0
    assert run(["department", "token", "social.example", "not a name", "--as", "c1", *file]) == 2
    assert run(["department", "token", "social.example", "SOCIAL_TOKEN", "--as", "c1", *file]) == 0
    shown = _json(capsys, "department", "show")
    assert (shown["per_host_ms"], shown["tokens"]) == (5, {"social.example": "SOCIAL_TOKEN"})


@pytest.mark.usefixtures("home")
def test_timestamp_authorities_are_the_chiefs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tsa, other = Tsa(tmp_path), Tsa(tmp_path, "other")
    url, chief = "http://tsa.example/tsr", ["--as", "c1"]
    name = ["department", "timestamp", "town"]
    assert run([*name, url, "--ca", str(tsa.ca_file)]) == 4, "a detective's signature does not do"
    assert run([*name, *chief]) == 2
    assert run([*name, url, *chief]) == 2
    assert run([*name, url, "--ca", str(tmp_path / "none"), *chief]) == 2
    assert run([*name, url, "--ca", str(tsa.folder / "tsa.pem"), *chief]) == 2
    assert run([*name, url, "--remove", *chief]) == 2
    assert run([*name, "--remove", *chief]) == 2
    assert run(["department", "timestamp", "Town", url, "--ca", str(tsa.ca_file), *chief]) == 2
    assert _json(capsys, "department", "show")["timestamps"] == []
    assert run([*name, url, "--ca", str(tsa.ca_file), *chief]) == 0
    printed = capsys.readouterr().out
    assert f"town at {url}, CA SHA-256 " in printed
    assert run(["department", "show"]) == 0
    assert printed.partition(";")[0] in capsys.readouterr().out
    shown = _json(capsys, "department", "show")["timestamps"]
    assert shown == [{"name": "town", "url": url, "ca": tsa.ca.decode()}]
    assert run([*name, f"{url}/2", "--ca", str(other.ca_file), *chief]) == 0, "a name is there once"
    shown = _json(capsys, "department", "show")["timestamps"]
    assert shown == [{"name": "town", "url": f"{url}/2", "ca": other.ca.decode()}]
    assert run([*name, "--remove", *chief]) == 0
    assert _json(capsys, "department", "show")["timestamps"] == []


# --- cases --------------------------------------------------------------------------------------


def test_a_case_from_opening_to_closing(home: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert _open() == 0
    assert _open() == 2, "a number is used once"
    assert (
        run(["case", "request", "2026-0417", "--target", "mastodon=@ada@social.example", "--days", "5"]) == 0
    )
    assert run(["case", "approve", "2026-0417", "--as", "1001"]) == 4
    assert run(["case", "approve", "2026-0417", "--as", "2001", "--days", "2"]) == 0
    plan = _json(capsys, "collect", "2026-0417", "--plan")
    assert [row["target"] for row in plan] == ["@ada@social.example"]
    assert run(["collect", "2026-0417", "--plan"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].split() == ["source", "target", "limit", "media", "threads"]
    assert said[2].split()[:2] == ["mastodon", "@ada@social.example"]
    assert run(["case", "renew", "2026-0417", "--reason", "still missing"]) == 0
    assert run(["case", "refuse", "2026-0417", "--as", "2001", "--reason", "enough"]) == 0
    assert run(["case", "assign", "2026-0417", "1002"]) == 0
    assert run(["case", "assign", "2026-0417", "9999"]) == 2
    assert run(["case", "handover", "2026-0417", "1002", "--as", "2001"]) == 0
    assert run(["case", "close", "2026-0417", "--reason", "found"]) == 0
    assert run(["case", "request", "2026-0417", "--target", "mastodon=@ada@social.example"]) == 4
    shown = _json(capsys, "case", "show", "2026-0417")
    acts = [line.split()[1] for line in shown["versions"]]
    assert acts == ["open", "request", "approve", "renew", "refuse", "assign", "handover", "close"]
    assert [row["state"] for row in _json(capsys, "case", "list")] == ["closed"]
    assert run(["import", "2026-0417", str(home.keys / "passphrase")]) == 2, (
        "before anybody is asked who gave it"
    )
    assert "the case is closed" in capsys.readouterr().err
    _check_told_to_people(capsys)
    [row] = _json(capsys, "department", "report")
    assert (row["approvals"], row["refusals"], row["renewals"]) == (1, 1, 1)
    assert _json(capsys, "verify", "2026-0417")["ok"] is True
    assert _json(capsys, "verify", "2026-0417", "--root", home.department.root)["anchored"] is True
    assert run(["verify", str(home.casefiles / "2026-0417"), "--root", "SHA256:other"]) == 3


def _check_told_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns with their names, times in the department's zone and not as the log writes them."""
    assert run(["case", "list"]) == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert heads.split()[:4] == ["case", "purpose", "state", "owner"]
    assert row.index("closed") == heads.index("state")
    assert run(["case", "show", "2026-0417"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"2 request by 1001 at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T\n", shown)
    assert not re.search(r"\d\dT\d\d:", shown)
    assert "captures: none" in shown
    assert run(["department", "report"]) == 0
    assert "gate refusals" in capsys.readouterr().out


def test_a_case_without_its_facts_is_not_opened(
    home: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = _told(capsys, 2, "case", "open", "2026-0417", "--purpose", "missing")
    assert "needs more" in lines[0]
    assert all(any(name in line for line in lines) for name in FACTS)
    assert not (home.casefiles / "2026-0417").exists()
    # At a terminal each missing fact is asked for; empty answers are refused as well.
    asked: list[str] = []

    def answer(text: str, **_: object) -> str:
        asked.append(text)
        return "  "

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", answer)
    assert _told(capsys, 2, "case", "open", "2026-0417", "--purpose", "missing")
    assert len(asked) == len(FACTS)
    assert not (home.casefiles / "2026-0417").exists()


@pytest.mark.parametrize(
    ("fact", "said"), [("poser=unknown", "has no such fact"), ("poster=somebody", "begins with one of")]
)
def test_a_fact_that_cannot_stand_is_said_before_the_others_are_asked_for(
    fact: str, said: str, home: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: pytest.fail("asked"))
    lines = _told(capsys, 2, "case", "open", "2026-0417", "--purpose", "crime-media", "--fact", fact)
    assert said in lines[0]
    assert not (home.casefiles / "2026-0417").exists()


def test_a_poster_may_be_said_in_more_words() -> None:
    facts = {"predicate": "a film", "incident": "17", "poster": "Observer: calls for help in the film"}
    check_facts("crime-media", facts)
    with pytest.raises(UsageError, match="begins with one of 3 words"):
        check_facts("crime-media", facts | {"poster": "the observer"})


def test_a_number_that_is_taken_is_said_before_the_facts_are_asked_for(
    home: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    lines = _told(capsys, 2, "case", "open", "2026-0417", "--purpose", "missing")
    assert "already" in lines[0]
    assert lines[-1].strip().startswith("next:")
    assert "not a case number" in _told(capsys, 2, "case", "open", "17", "--purpose", "missing")[0]
    assert len(list(home.casefiles.glob("2026-*"))) == 1


def _oral(*more: str) -> int:
    said = ["--words", "go ahead", "--danger", "cold", "--target", "mastodon=@ada@social.example"]
    return _open("2026-0417", *said, *more)


def test_spoken_words_without_a_supervisor_open_nothing(home: Desk) -> None:
    assert _oral() == 2
    assert not (home.casefiles / "2026-0417").exists()


@pytest.mark.usefixtures("home")
def test_a_spoken_authority_runs_from_when_it_was_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    hour = 3_600_000_000
    for away in (-25, 2):
        said = times.stamp(times.now() + away * hour)
        assert _oral("--oral-authority", "2001", "--spoken-at", said) == 2, away
    at = times.now() - 5 * hour
    assert _oral("--oral-authority", "2001", "--spoken-at", times.stamp(at)) == 0
    [row] = _json(capsys, "case", "list")
    assert times.read_stamp(row["expires"]) == at + 24 * hour
    shown = " ".join(_json(capsys, "case", "show", "2026-0417")["versions"])
    assert "go ahead" in shown
    assert "cold" in shown


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "words",
    [
        ("--since", "2026-05-01", "--until", "2026-04-01"),
        ("--host", "https://media.example/"),
        ("--host", "*.example"),
        ("--host", "a b"),
    ],
)
def test_a_request_that_cannot_be_meant_is_not_written(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    ask = ["case", "request", "2026-0417", "--target", "mastodon=@ada@social.example"]
    assert run([*ask, *words]) == 2
    assert run(["case", "request", "2026-0417"]) == 2
    assert len(_json(capsys, "case", "show", "2026-0417")["versions"]) == 1
    assert run([*ask, "--host", "*.media.example", "--host", "127.0.0.1:8080"]) == 0


def test_a_case_of_given_files_is_approved_for_them_alone(
    home: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    ask = ["case", "request", "2026-0417", "--given-files"]
    assert run([*ask, "--target", "mastodon=@ada@social.example"]) == 2
    assert run(ask) == 0
    assert "files given to us only" in capsys.readouterr().out
    assert run(["case", "approve", "2026-0417", "--as", "2001"]) == 0
    assert _json(capsys, "case", "show", "2026-0417")["scope"] == [
        "files given to us only: nothing may be collected"
    ]
    for words in ([], ["--plan"], ["mastodon", "@ada@social.example"]):
        assert run(["collect", "2026-0417", *words]) == 4
        assert "covers given files only" in capsys.readouterr().err
    assert run(["case", "renew", "2026-0417", "--reason", "still open"]) == 0
    assert _json(capsys, "verify", "2026-0417", "--root", home.department.root)["ok"] is True


@pytest.mark.usefixtures("home")
def test_a_supervisor_sees_what_is_asked_beside_what_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert _open() == 0
    ask = ["case", "request", "2026-0417", "--target"]
    assert run([*ask, "mastodon=@ada@social.example"]) == 0
    assert run(["case", "approve", "2026-0417", "--as", "2001"]) == 0
    assert run([*ask, "mastodon=@bob@social.example", "--days", "7"]) == 0
    shown = _json(capsys, "case", "show", "2026-0417")
    assert shown["summary"]["waiting"]
    scope = shown["scope"]
    asked = next(place for place, line in enumerate(scope) if "asked for by 1001" in line)
    assert "7 days" in scope[asked]
    assert any("ada" in line for line in scope[:asked])
    assert any("bob" in line for line in scope[asked:])


@pytest.mark.usefixtures("home")
def test_a_spoken_authority(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--words",
        "go ahead",
        "--danger",
        "a child in the cold",
        "--target",
        "mastodon=@ada@social.example",
    ]
    assert _open("2026-0417", "--oral-authority", "1002", *words) == 2
    assert _open("2026-0417", "--oral-authority", "2001", "--target", "mastodon=@ada@social.example") == 2
    assert _open("2026-0417", "--oral-authority", "2001", *words) == 0
    [row] = _json(capsys, "case", "list")
    assert (row["state"], row["unratified"]) == ("oral", "UNRATIFIED oral authority")
    assert [row["oral"] for row in _json(capsys, "department", "report")] == [1]
    assert run(["case", "ratify", "2026-0417", "--as", "2001"]) == 0
    [row] = _json(capsys, "case", "list")
    assert row["unratified"] == ""
    [row] = _json(capsys, "department", "report")
    assert (row["unratified"], row["oral_authority"]) == (False, "ratified")
    assert run(["department", "report"]) == 0
    heads, told = capsys.readouterr().out.splitlines()
    assert told[heads.index("oral authority") :].startswith("ratified ")


def test_an_import_its_receipt_and_its_exhibits(
    home: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    (tmp_path / "note.txt").write_text("words \x1b[2J", "utf-8")
    receipt = ["--receipt", str(tmp_path / "receipt.html")]
    words = ["import", "2026-0417", str(tmp_path / "note.txt"), "--basis", "consent"]
    assert run(words) == 2, "who gave it?"
    taken = _json(capsys, *words, "--giver", "Bea", *receipt)
    assert (taken["import"], taken["exhibits"]) == ("import-0001", 1)
    assert "Bea" in (tmp_path / "receipt.html").read_text("utf-8")
    assert run([*words, "--giver", "Bea", *receipt]) == 2, "the receipt is not overwritten"
    shown = _json(capsys, "exhibit", "2026-0417", "2026-0417-E0001")
    assert shown["matches"] == "yes"
    assert run(["exhibit", "2026-0417", "E0001"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "words" in out
    assert "given as  note.txt" in out
    assert run(["exhibit", "2026-0417", "E0009"]) == 2
    assert run(["exhibit", "2026-0417", "2026-0001-E0001"]) == 2
    assert _json(capsys, "tables", "rebuild", "2026-0417")
    assert _json(capsys, "tables", "show", "2026-0417")["exhibits"] == 1
    (home.casefiles / "2026-0417/imports/0001/000001.txt").write_text("other", "utf-8")
    assert run(["exhibit", "2026-0417", "E0001"]) == 3


@pytest.mark.usefixtures("home")
def test_bytes_that_are_no_text_are_not_poured_onto_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)))
    words = ["import", "2026-0417", str(tmp_path / "a.jpg"), "--basis", "consent", "--giver", "Bea"]
    assert run(words) == 0
    capsys.readouterr()
    assert run(["exhibit", "2026-0417", "E0001"]) == 0
    out = capsys.readouterr().out
    assert "not text" in out
    assert "JFIF" not in out


def test_what_is_wrong_with_an_import_is_told_before_it_begins(home: Desk, tmp_path: Path) -> None:
    assert _open() == 0
    (tmp_path / "note.txt").write_text("words", "utf-8")
    words = ["import", "2026-0417", str(tmp_path / "note.txt"), "--basis", "consent", "--giver", "Bea"]
    assert run([*words, "--receipt", str(tmp_path / "nowhere" / "receipt.html")]) == 2
    assert run([*words, "--received", "2999-01-01"]) == 2
    assert run([*words, "--as", "2001"]) == 4, "only who works the case"
    assert not (home.casefiles / "2026-0417" / "imports").exists()
    assert run(words) == 0


@pytest.mark.parametrize(
    ("verdict", "items", "said"),
    [
        ("partial", 0, "items not counted"),
        ("partial", 7, "7 items"),
        ("complete", 1, "1 item"),
        ("empty", 0, "0 items"),
    ],
)
def test_what_was_cut_short_is_not_said_to_have_brought_nothing(verdict: str, items: int, said: str) -> None:
    assert items_words(verdict, items) == said


def test_sources_tell_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _json(capsys, "sources")
    assert {"mastodon", "telegram"} <= {row["name"] for row in rows if row["kind"] == "collector"}
    assert all(row["state"] and row["version"] and row["licence"] for row in rows)


# --- it only observes ---------------------------------------------------------------------------

_FORBIDDEN = re.compile(
    r"(^|_|-)(follow|unfollow|message_to|send_message|dm|login_to|log_in|logon|publish|favourite|reblog_status"
    r"|status_post|toot|like_post|friend_request|befriend|impersonate|alias|sockpuppet|face_match)(_|-|$)"
)


def test_no_command_or_option_posts_follows_messages_or_logs_in() -> None:
    for name, command in _walk():
        words = [name.rpartition(" ")[2]]
        words += [option.lstrip("-") for parameter in command.params for option in parameter.opts]
        assert not [
            word for word in words if _FORBIDDEN.search(word) or word in {"post", "send", "message"}
        ], name


def _modules() -> list[str]:
    found = pkgutil.walk_packages(workbench.__path__, "workbench.")
    return [each.name for each in found if "__main__" not in each.name and ".demo" not in each.name]


def test_no_public_name_of_the_package_is_named_for_acting_on_people() -> None:
    for name in _modules():
        path = import_module(name).__file__
        tree = ast.parse(Path(path or "").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                private = node.name.startswith("_")
                assert private or not _FORBIDDEN.search(node.name.lower()), f"{name}.{node.name}"


def test_nothing_outside_the_recorder_opens_the_network() -> None:
    allowed = ("workbench.capture", "workbench.custody.agent", "workbench.runner", "workbench.demo")
    for name in _modules():
        source = inspect.getsource(import_module(name))
        # A notebook asks its broker through a socket in the file system: no network is in that.
        if name.startswith(allowed) or ("AF_UNIX" in source and "AF_INET" not in source):
            continue
        for word in ("import socket", "urlopen", "http.client", "requests.get(", "requests.post("):
            assert word not in source, f"{name}: {word}"
        assert not re.search(r"(session|requests|client)\.(post|put|patch|delete)\(", source), name


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_recorder_sends_nothing_but_questions(tmp_path: Path, method: str) -> None:
    with Server() as server, recorder(FileSink(tmp_path / "w")) as taking:
        with pytest.raises(Refused) as caught:
            taking.session().request(method, server.url("/api/v1/statuses"), data={"status": "hello"})
        assert (caught.value.reason, server.connections) == ("method", 0)


def test_the_command_line_is_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli.main", "case", "list"],
        cwd=tmp_path,
        env={**os.environ, "WORKBENCH_CASEFILES": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "no cases" in done.stdout


def test_a_batch_goes_on_past_cases_that_cannot_be_run(
    home: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = str(notebook(tmp_path / "small.ipynb", 'word: str = "a"  # a word', "print(word)"))
    assert _open() == 0
    assert _open("2026-0418") == 0
    (home.casefiles / "2026-0418/log/000001.jsonl").write_bytes(b"junk\n")
    capsys.readouterr()
    words = ["batch", "--cases", "2026-0999,2026-0418,2026-0417", "--notebook", small, "--json"]
    assert run(words) == 1
    results = json.loads(capsys.readouterr().out)
    assert [result["case"] for result in results] == ["2026-0999", "2026-0418", "2026-0417"]
    assert [bool(result["record"]) for result in results] == [False, False, True]
    assert results[2]["record"]["status"] == "complete"
    assert "no such case" in results[0]["error"]
    values = tmp_path / "values.json"
    values.write_text('{"2026-0555": {"word": "b"}}', "utf-8")
    assert run(["batch", "--all", "--notebook", small, "--values", str(values)]) == 2
    assert "2026-0555" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_a_run_that_was_refused_says_why_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    refused = "import workbench\nfrom workbench.errors import AuthorityError"
    more = 'raise AuthorityError("no approval", todo="ask your supervisor")'
    captured = 'raise ValueError("words of a stranger")'
    small = str(notebook(tmp_path / "small.ipynb", 'word: str = "a"  # a word', refused, more))
    assert run(["run", "2026-0417", "--notebook", small]) == 1
    told = capsys.readouterr().out
    assert "no approval" in told
    assert "next: ask your supervisor" in told
    other = str(notebook(tmp_path / "other.ipynb", 'word: str = "a"  # a word', captured))
    assert run(["run", "2026-0417", "--notebook", other]) == 1
    told = capsys.readouterr().out
    assert "words of a stranger" not in told
    assert "next: open the page" in told


@pytest.mark.usefixtures("home")
def test_what_is_no_basis_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _open() == 0
    (tmp_path / "note.txt").write_text("words", "utf-8")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: pytest.fail("asked"))
    lines = _told(capsys, 2, "import", "2026-0417", str(tmp_path / "note.txt"), "--basis", "a whim")
    assert "not a basis" in lines[0]
    assert any("consent or warrant" in line for line in lines)
