"""What a notebook may ask its parent for, and what comes of everything else."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec
import pytest

from tests.runner_kit import DETECTIVE, Office
from workbench.errors import AuthorityError, UsageError, WorkbenchError
from workbench.runner import broker
from workbench.runner.broker import Allowance, arguments, listening
from workbench.workspace import asking
from workbench.workspace.asking import BROKER, Answer, Finished, Question

ONE = Allowance(case="2026-0001")
LAB = Allowance(lab=True)


def test_a_run_may_collect_its_own_case_only() -> None:
    question = Question(
        verb="collect", words=("2026-0001", "mastodon", "-x"), options={"since": "2026-03-01"}
    )
    assert arguments(question, ONE) == ["collect", "--since=2026-03-01", "--", "2026-0001", "mastodon", "-x"]
    with pytest.raises(UsageError, match="another case"):
        arguments(Question(verb="collect", words=("2026-0002",)), ONE)


def test_a_lab_may_ask_for_the_forms_commands() -> None:
    opened = Question(
        verb="case open",
        words=("2026-0009",),
        options={"purpose": "missing", "fact": ("predicate=a=b", "report_number=1")},
    )
    assert arguments(opened, LAB) == [
        *(
            "case",
            "open",
            "--purpose=missing",
            "--fact=predicate=a=b",
            "--fact=report_number=1",
            "--",
            "2026-0009",
        )
    ]
    run = Question(verb="run", words=("2026-0009",), options={"collect": True, "parameter": ("since=-1=2",)})
    assert arguments(run, LAB) == ["run", "--collect", "--parameter", "since", "-1=2", "--", "2026-0009"]


@pytest.mark.parametrize("word", ["a\0b", "x" * 200_000])
def test_what_no_command_line_can_hold_is_refused_in_words(word: str) -> None:
    for question in (
        Question(verb="collect", words=("2026-0001", word)),
        Question(verb="collect", words=("2026-0001",), options={"since": word}),
    ):
        with pytest.raises(UsageError, match="command line"):
            arguments(question, ONE)


def test_words_to_be_written_are_handed_over_apart_from_the_command_line() -> None:
    asked = Question(verb="annotate", words=("2026-0009",), document='{"text": "a secret"}')
    assert arguments(asked, LAB) == ["annotate", "--from=-", "--", "2026-0009"]


def test_what_is_too_long_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(LAB, {}) as path:
        monkeypatch.setenv(BROKER, str(path))
        with pytest.raises(UsageError, match="too long"):
            asking.ask("annotate", ["2026-0001"], report=print, document="x" * asking.LINE_BYTES)
        with pytest.raises(UsageError, match="cannot be written"):
            asking.ask("annotate", ["2026-0001"], report=print, document="\ud800")


@pytest.mark.parametrize(
    ("question", "allowance"),
    [
        (Question(verb="case approve", words=("2026-0001",)), LAB),
        (Question(verb="officer add", words=("x",)), LAB),
        (Question(verb="case open", words=("2026-0001",)), ONE),
        (Question(verb="collect", words=("2026-0001",), options={"as": "s.cleo"}), LAB),
        (Question(verb="collect", words=("2026-0001",), options={"casefiles": "/x"}), ONE),
        (Question(verb="collect", words=()), LAB),
        (Question(verb="import", words=("2026-0001", "a", "b")), LAB),
        (Question(verb="import", words=("2026-0001", "a"), document="{}"), LAB),
        (Question(verb="annotate", words=("2026-0001",)), LAB),
        (Question(verb="annotate", words=("2026-0001",), document="{}"), ONE),
        (
            Question(verb="annotate", words=("2026-0001",), options={"from": "/etc/passwd"}, document="{}"),
            LAB,
        ),
        (Question(verb="annotate", words=("2026-0001",), options={"casefiles": "/x"}, document="{}"), LAB),
        # Another option asked for as a flag would take the "--" before the words for its value.
        (Question(verb="run", words=("2026-0001",), options={"notebook": True}), LAB),
        (Question(verb="run", words=("2026-0001",), options={"notebook": False}), LAB),
        (Question(verb="run", words=("2026-0001",), options={"collect": "yes"}), LAB),
    ],
)
def test_everything_else_is_refused(question: Question, allowance: Allowance) -> None:
    with pytest.raises(UsageError):
        arguments(question, allowance)


def test_the_parent_runs_the_command_and_streams_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path / "cases")
    case = office.case()
    where = {"WORKBENCH_CASEFILES": str(office.casefiles), "WORKBENCH_OFFICER": DETECTIVE}
    where |= {
        "WORKBENCH_KEYS": str(tmp_path),
        "WORKBENCH_AGENT": str(tmp_path / "agent"),
        "SSH_AUTH_SOCK": "",
    }
    lines: list[str] = []
    with listening(Allowance(case=case.number), where) as path:
        monkeypatch.setenv(BROKER, str(path))
        answer = asking.ask("collect", [case.number], report=lines.append)
        with pytest.raises(AuthorityError, match="cannot ask for this command"):
            asking.ask("case open", ["2026-0002"], report=lines.append)
    # The key is locked: the command said so and nothing was collected.
    assert answer.code == AuthorityError.exit_code
    assert "workbench: " in lines[0]
    assert isinstance(asking.error_of(answer, "collect"), AuthorityError)
    assert not path.parent.exists()
    with pytest.raises(WorkbenchError, match="does not answer"):
        asking.ask("collect", [case.number], report=lines.append)


def test_without_a_parent_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BROKER, raising=False)
    with pytest.raises(UsageError, match="not started by the workbench"):
        asking.ask("collect", ["2026-0001"], report=print)


def test_words_that_are_no_question_are_refused() -> None:
    with listening(LAB, {}) as path:
        for raw in (
            b"\n",
            b"{}\n",
            b'{"verb": 3}\n',
            b'{"verb": "collect", "more": 1}\n',
            b"\xff" * 100 + b"\n",
        ):
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(str(path))
                link.sendall(raw)
                with link.makefile("rb") as stream:
                    said = msgspec.json.decode(stream.readline(), type=Finished)
            assert said.code == -1
            assert said.refused


def test_an_error_comes_back_in_the_command_s_own_words_and_once() -> None:
    lines = ("12 pages", "workbench: the case has no such exhibit", "  expected 1 to 51, found 9999")
    error = asking.error_of(Answer(code=2, lines=lines), "annotate")
    assert isinstance(error, UsageError)
    assert str(error) == "the case has no such exhibit\nexpected 1 to 51, found 9999"
    untold = asking.error_of(Answer(code=2, lines=("12 pages",)), "annotate")
    assert str(untold) == "'workbench annotate' did not succeed\nfound 12 pages"


def test_exit_codes_come_back_as_the_errors_they_stand_for() -> None:
    kinds = {
        code: type(asking.error_of(Answer(code=code, lines=("x",)), "run")).__name__ for code in range(1, 7)
    }
    assert kinds == {
        1: "WorkbenchError",
        2: "UsageError",
        3: "IntegrityError",
        4: "AuthorityError",
        5: "SourceError",
        6: "ReviewNeeded",
    }


def test_no_verb_approves_or_leaves() -> None:
    verbs = {"annotate", "collect", "case open", "case request", "import", "run", "street"}
    assert set(broker.COMMANDS) == verbs


def test_a_run_may_ask_for_the_streets_of_its_own_case_and_the_area_stands_on_no_command_line() -> None:
    asked = Question(verb="street", words=("2026-0001",), document="-71.45,42.47,-71.42,42.49")
    for allowance in (ONE, LAB):
        assert arguments(asked, allowance) == ["street", "--from=-", "--", "2026-0001"]
    for wrong in (
        Question(verb="street", words=("2026-0002",), document="1,2,3,4"),
        Question(verb="street", words=("2026-0001",)),
        Question(verb="street", words=("2026-0001",), document="1,2,3,4", options={"area": "1,2,3,4"}),
    ):
        with pytest.raises(UsageError):
            arguments(wrong, ONE)
