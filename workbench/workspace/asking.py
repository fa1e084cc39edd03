"""How a notebook asks the process that started it: one line of JSON there, lines of progress back.

A kernel holds no key and opens no connection. Whatever needs either is asked of its parent (``workbench
run``, ``batch`` or ``lab``) over a private local socket; the parent runs the same ``workbench`` command
that a person would type, with the same checks.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence

import msgspec

from workbench.errors import (
    AuthorityError,
    IntegrityError,
    ReviewNeeded,
    SourceError,
    UsageError,
    WorkbenchError,
)
from workbench.records import Record

BROKER = "WORKBENCH_BROKER"
"""Environment variable: path of the private socket on which the parent process listens."""

LAB = "WORKBENCH_LAB"
"""Environment variable, set where a person sits before the notebook and may write: in ``workbench lab``."""

LINE_BYTES = 1_000_000
"""The longest line either side accepts."""


Option = str | bool | tuple[str, ...]
"""The value of an option: words, a flag, or several values."""


class Question(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command to run: its verb (``collect``, ``case open``), its words and its options.

    An option may be given several times; a flag has the value ``true``. ``document`` is what the command reads from
    its standard input: long words never stand on a command line, where every user of the machine sees them.
    """

    verb: str
    words: tuple[str, ...] = ()
    options: dict[str, Option] = msgspec.field(default_factory=dict)
    document: str = ""


class Progress(Record, frozen=True, kw_only=True, tag=True):
    """A line that the command printed."""

    text: str


class Finished(Record, frozen=True, kw_only=True, tag=True):
    """The command's exit code (see ``workbench.errors``), or -1 and why it was not run."""

    code: int
    refused: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """What a command printed last, and how it ended."""

    code: int
    lines: tuple[str, ...]


_KINDS: dict[int, type[WorkbenchError]] = {
    2: UsageError,
    3: IntegrityError,
    4: AuthorityError,
    6: ReviewNeeded,
}
_KEPT_LINES = 40
_SAID = "workbench: "


def ask(
    verb: str,
    words: Sequence[str] = (),
    options: Mapping[str, Option] | None = None,
    *,
    report: Callable[[str], None],
    document: str = "",
) -> Answer:
    """Have the parent run a command; ``report`` is called with each line that it prints.

    Raises UsageError where no parent listens or the question is too long, AuthorityError where the parent does
    not run this for a notebook.
    """
    where = os.environ.get(BROKER, "")
    asked = _line(Question(verb=verb, words=tuple(words), options=dict(options or {}), document=document))
    link = _connected(where)
    lines: list[str] = []
    with link, link.makefile("rwb") as stream:
        stream.write(asked)
        stream.flush()
        while raw := stream.readline(LINE_BYTES):
            message = msgspec.json.decode(raw, type=Progress | Finished)
            if isinstance(message, Finished):
                if message.refused:
                    raise AuthorityError(message.refused, where=verb, todo="type the command in a terminal")
                return Answer(code=message.code, lines=tuple(lines[-_KEPT_LINES:]))
            lines.append(message.text)
            report(message.text)
    raise WorkbenchError(
        "the process that started this notebook went away",
        where=verb,
        todo="look at its terminal; run it again",
    )


def in_lab() -> bool:
    """Say whether a person sits before this notebook and may write."""
    return bool(os.environ.get(LAB)) and bool(os.environ.get(BROKER))


def encoded(words: object) -> bytes:
    """Write what is asked or said as JSON; raise UsageError where a character of it cannot be written."""
    try:
        return msgspec.json.encode(words)
    except UnicodeEncodeError as error:
        raise UsageError(
            "these words hold a character that cannot be written", found=str(error)[:80]
        ) from error


def _line(question: Question) -> bytes:
    line = encoded(question) + b"\n"
    if len(line) > LINE_BYTES:
        raise UsageError(
            "this is too long to ask for", expected=f"at most {LINE_BYTES} bytes", found=str(len(line))
        )
    return line


def error_of(answer: Answer, verb: str) -> WorkbenchError:
    """Make the error that a command's exit code stands for, in the command's own words where it said why."""
    what, found = f"'workbench {verb}' did not succeed", "\n".join(answer.lines[-6:])
    if said := said_why(answer):
        what, found = "\n".join(said), ""
    if answer.code == SourceError.exit_code:
        return SourceError(what, verdict="failed", reason="source", where=found)
    return _KINDS.get(answer.code, WorkbenchError)(
        what, found=found or f"exit code {answer.code}" * (not said)
    )


def said_why(answer: Answer) -> list[str]:
    """Find the message that a command ended with: the lines that a person reads (``WorkbenchError.lines``)."""
    begun = [number for number, line in enumerate(answer.lines) if line.startswith(_SAID)]
    return [line.removeprefix(_SAID).strip() for line in answer.lines[begun[-1] :]] if begun else []


def _connected(where: str) -> socket.socket:
    if not where or not hasattr(socket, "AF_UNIX"):
        raise UsageError(
            "this notebook was not started by the workbench, so nothing here can reach the network or a key",
            todo="start it with 'workbench run' or 'workbench lab'",
        )
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(where)
    except OSError as error:
        link.close()
        raise WorkbenchError(
            "the process that started this notebook does not answer",
            found=str(error.strerror),
            todo="start the notebook again with 'workbench run' or 'workbench lab'",
        ) from error
    return link
