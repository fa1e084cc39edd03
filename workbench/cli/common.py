"""What the commands share: where the cases are, who acts, and how results are told."""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from workbench.casefile import CaseFile
from workbench.custody.keys import read_passphrase_file
from workbench.department import FOLDER, Department, Session
from workbench.errors import Locked, UsageError, WorkbenchError
from workbench.records import CASE_NUMBER
from workbench.times import beside_utc, from_micros, now, read_stamp, to_micros

Casefiles = Annotated[
    Path,
    typer.Option("--casefiles", envvar="WORKBENCH_CASEFILES", help="Folder of the cases and the department."),
]
Badge = Annotated[str, typer.Option("--as", envvar="WORKBENCH_OFFICER", help="Your badge.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="WORKBENCH_PASSPHRASE_FILE",
        help="File that holds your passphrase, readable by you only; without it an agent or a prompt is used.",
    ),
]
CaseName = Annotated[str, typer.Argument(metavar="CASE", help="Case number, or path of a case folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the case.")]
_LONG = 1000
"""Letters of a sentence of help: all of any."""
HERE = Path("casefiles")
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"(\*\.(?={_LABEL}\.)|)({_LABEL}(\.{_LABEL})*|\[[0-9a-f:.]+\])(:[0-9]{{1,5}})?")


def department_of(casefiles: Path) -> Department:
    """Open the department beside the cases."""
    return Department(casefiles / FOLDER)


def folder_of(case: str, casefiles: Path) -> Path:
    """Find a case's folder from its number or path; raise UsageError where there is none."""
    by_number = bool(CASE_NUMBER.fullmatch(case))
    folder = casefiles / case if by_number else Path(case)
    if not (folder / "log").is_dir():
        raise UsageError(
            "there is no such case",
            where=str(folder),
            expected="a case number or the path of a case folder",
            todo="see 'workbench case list', or name the folder of the cases with --casefiles",
        )
    return folder


def home_of(folder: Path, casefiles: Path) -> Path:
    """Give the folder whose department a case is of: the one beside it, else that of the cases."""
    return folder.parent if (folder.parent / FOLDER).is_dir() else casefiles


def passphrase(badge: str, file: Path | None) -> str:
    """Get a passphrase from a named file or a prompt, never from an argument."""
    if file is not None:
        return read_passphrase_file(file)
    if not sys.stdin.isatty():
        raise Locked(
            f"the key of {badge} is locked and nobody is here to ask",
            todo="run 'workbench unlock' first, or use --passphrase-file FILE",
        )
    return ask(f"Passphrase of {badge}", hide_input=True, err=True)


def ask(question: str, **how: Any) -> str:  # noqa: ANN401 - typer's own options
    """Ask at a terminal. Ctrl-C and Ctrl-D there are what they are anywhere else: the command is interrupted."""
    try:
        return str(typer.prompt(question, **how))
    except typer.Abort:
        raise KeyboardInterrupt from None


class Group(TyperGroup):
    """A group of commands whose help tells each command's first sentence whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer vendors its own
        """Write the list of commands."""
        with formatter.section("Commands"):
            found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
            formatter.write_dl([(name, each.get_short_help_str(_LONG)) for name, each in found if each])


def acting(badge: str) -> str:
    """Give the badge back; raise UsageError where nobody said who acts."""
    if not badge:
        raise UsageError("who acts?", todo="name your badge with --as BADGE or WORKBENCH_OFFICER")
    return badge


def sign_in(department: Department, badge: str, file: Path | None) -> Session:
    """Have the officer prove their key."""
    acting(badge)
    return department.sign_in(badge, lambda _: passphrase(badge, file))


def open_case(
    case: CaseName, casefiles: Casefiles = HERE, badge: Badge = "", passphrase_file: PassphraseFile = None
) -> tuple[CaseFile, Session]:
    """Open a case for writing, signed in."""
    folder = folder_of(case, casefiles)
    department = department_of(home_of(folder, casefiles))
    session = sign_in(department, badge, passphrase_file)
    return CaseFile(folder, department, session.badge), session


_ASKED = inspect.signature(open_case, eval_str=True).parameters


def on_case(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command of what is done to a case by who signs in: ``command`` is given the open case and the session.

    It asks for what ``open_case`` takes: for the case first, for the rest before what is keyword-only.
    """

    @wraps(command)
    def run(**given: Any) -> None:  # noqa: ANN401 - what the command asks for
        opened, session = open_case(*(given.pop(name) for name in _ASKED))
        command(opened, session, **given)

    case, *who = _ASKED.values()
    own = list(inspect.signature(command, eval_str=True).parameters.values())[2:]
    first, last = (
        [each for each in own if (each.kind is each.KEYWORD_ONLY) == late] for late in (False, True)
    )
    asked = [case, *first, *who, *last]
    # What typer reads of a command.
    run.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in asked}
    return run


def facts(pairs: list[str]) -> dict[str, str]:
    """Read NAME=TEXT options."""
    found = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise UsageError("a fact is written NAME=TEXT", found=pair[:60])
        found[name.strip()] = text.strip()
    return found


def moment(text: str, *, end: bool = False) -> int | None:
    """Read a date or an ISO time with its zone; a bare date is that whole day in UTC."""
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            day = dt.date.fromisoformat(text)
            edge = dt.time.max if end else dt.time.min
            return to_micros(dt.datetime.combine(day, edge, dt.UTC))
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "this is not a time", expected="2026-01-31 or 2026-01-31T20:00-05:00", found=text
        ) from error
    if found.tzinfo is None:
        raise UsageError("this time names no zone", expected="such as 2026-01-31T20:00-05:00", found=text)
    return to_micros(found)


def past(text: str) -> int:
    """Read the time of what has happened already; now where nothing is said."""
    at = now()
    found = moment(text)
    if found is not None and found > at:
        raise UsageError("this time is still to come", expected="a time that has passed", found=text)
    return at if found is None else found


def period(since: str, until: str) -> tuple[int | None, int | None]:
    """Read the two ends of a period; raise UsageError where it ends before it begins."""
    first, last = moment(since), moment(until, end=True)
    if first is not None and last is not None and last < first:
        raise UsageError(
            "this period ends before it begins",
            expected="--since before --until",
            found=f"{since} to {until}",
        )
    return first, last


def host(text: str) -> str:
    """Read a host as a scope names it; a wildcard stands below a name of two parts at least."""
    found = text.lower()
    if not _HOST.fullmatch(found):
        raise UsageError(
            "this is not a host",
            expected="such as files.social.example, social.example:8443 or *.social.example",
            found=text[:80],
            todo="leave out https:// and the path",
        )
    return found


def local(micros: int, department: Department) -> str:
    """Write a time in the department's zone and in UTC."""
    return beside_utc(from_micros(micros), department.zone)


def clock(casefiles: Path) -> Callable[[str], str]:
    """Give what writes a stamp for people: in the department's zone, in UTC where its register is not here."""
    zone: dt.tzinfo = dt.UTC
    with contextlib.suppress(WorkbenchError):
        zone = department_of(casefiles).zone

    def written(text: str) -> str:
        with contextlib.suppress(ValueError, OverflowError):
            return f"{from_micros(read_stamp(text)).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
        return text

    return written


def say_rows(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows below their columns' names; a column that is empty in all of them is left out."""
    every = dict.fromkeys(name for row in rows for name in row)
    names = [name for name in every if any(_cell(row, name) for row in rows)]
    lines = [[_cell(row, name) for name in names] for row in rows]
    lines.insert(0, [name.replace("_", " ") for name in names])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        say("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(row: Mapping[str, object], name: str) -> str:
    value = row.get(name, "")
    return one_line(("yes" if value else "") if isinstance(value, bool) else str(value))


def say(text: str = "") -> None:
    """Print a line for people; captured text must have gone through ``visible`` before."""
    typer.echo(text)


def visible(text: str) -> str:
    """Make captured text safe for a terminal: control and direction characters become visible escapes."""
    return "".join(c if c in "\n\t" or c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def one_line(text: str) -> str:
    """Make captured text safe for a line of a terminal: it cannot write a line of its own."""
    return " \u23ce ".join(visible(line) for line in text.splitlines())


def as_json(value: Any) -> None:  # noqa: ANN401 - whatever the command tells
    """Print one JSON document."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True, default=str))


@contextlib.contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Show at a terminal that long work goes on."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
