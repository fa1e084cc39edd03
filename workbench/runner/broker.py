"""What a kernel may ask its parent for: a short list of commands, run as the person would run them.

The parent (``workbench run``, ``batch``, ``lab``) listens on a local socket in a folder only this user can
enter. A question names a command of ``COMMANDS``; the parent runs it as a process of its own, with its own
environment, so that keys and locks stay out of the kernel. The command asks the gate like any other.
"""

from __future__ import annotations

import contextlib
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from workbench.errors import UsageError
from workbench.records import Record
from workbench.runner import sockets
from workbench.workspace.asking import LINE_BYTES, Finished, Option, Progress, Question

_SHOWN = 2000
_WORD_BYTES = 100_000
"""Longer than any word that is meant; Linux refuses one of 128 KiB."""
_FLAGS = frozenset({"plan", "collect", "given-files"})
_PAIRS = "parameter"
"""The one option that takes a name and a value as words of their own; asked for as NAME=VALUE."""


class Command(Record, frozen=True, kw_only=True):
    """A command that a notebook may ask for: how many words it takes, which options, and whether a document."""

    words: tuple[int, int]
    options: frozenset[str] = frozenset()
    document: bool = False
    in_lab_only: bool = True


COMMANDS: dict[str, Command] = {
    "collect": Command(
        words=(1, 3), options=frozenset({"since", "until", "limit", "plan"}), in_lab_only=False
    ),
    "case open": Command(words=(1, 1), options=frozenset({"purpose", "fact", "subject"})),
    "case request": Command(
        words=(1, 1),
        options=frozenset({"target", "host", "given-files", "since", "until", "days", "requests", "reason"}),
    ),
    "import": Command(
        words=(2, 2),
        options=frozenset(
            {"giver", "device", "received", "manner", "basis", "reference", "stated-url", "as-format"}
        ),
    ),
    "street": Command(words=(1, 1), document=True, in_lab_only=False),
    "annotate": Command(words=(1, 1), document=True),
    "run": Command(words=(1, 1), options=frozenset({"notebook", "collect", "parameter"})),
}
"""Verb -> what may be asked. Approving, closing, exporting and the register are not here."""


class Allowance(Record, frozen=True, kw_only=True):
    """What one parent allows: everything of ``COMMANDS`` in a lab, else what a run may ask, of one case."""

    case: str = ""
    lab: bool = False


def arguments(question: Question, allowance: Allowance) -> list[str]:
    """Turn a question into the command's arguments; raise UsageError where it is not on the list."""
    command = COMMANDS.get(question.verb)
    if command is None or (command.in_lab_only and not allowance.lab):
        raise _unasked(question, "a notebook cannot ask for this command", ", ".join(COMMANDS))
    low, high = command.words
    if not low <= len(question.words) <= high:
        raise _unasked(question, "the command takes another number of words", f"{low} to {high}")
    if allowance.case and question.words[0] != allowance.case:
        raise _unasked(question, "this notebook runs for another case", allowance.case)
    if command.document != bool(question.document):
        raise _unasked(
            question, "the command takes no document, or lacks one", "one for 'annotate' and 'street' only"
        )
    options = [part for name, value in question.options.items() for part in _option(question, name, value)]
    options += ["--from=-"] if command.document else []
    # What follows "--" is never read as an option, whatever it begins with.
    words = [*question.verb.split(), *options, "--", *question.words]
    if any("\0" in word or len(word.encode()) >= _WORD_BYTES for word in words):
        raise _unasked(question, "a word cannot stand on a command line", "shorter words, without zero bytes")
    return words


def _option(question: Question, name: str, value: Option) -> list[str]:
    if name not in COMMANDS[question.verb].options:
        raise _unasked(question, f"the option '{name}' cannot be asked for", "another one")
    if isinstance(value, bool) != (name in _FLAGS):
        # A flag's form for another option would make it take the next word, even the "--" before the words.
        raise _unasked(
            question, f"the option '{name}' is not asked for so", "a flag as true, another as words"
        )
    if isinstance(value, bool):
        return [f"--{name}"] if value else []
    if name == _PAIRS:
        pairs = (each.partition("=") for each in ((value,) if isinstance(value, str) else value))
        return [part for key, _, words in pairs for part in (f"--{name}", key, words)]
    return [f"--{name}={each}" for each in ((value,) if isinstance(value, str) else value)]


def _unasked(question: Question, what: str, expected: str) -> UsageError:
    return UsageError(what, where=question.verb[:40], expected=expected, todo="type it in a terminal")


@contextlib.contextmanager
def listening(allowance: Allowance, environment: Mapping[str, str]) -> Iterator[Path]:
    """Answer questions while the block runs; give the socket's path.

    ``environment`` is added to the parent's own for the commands: where the cases are, and who asks.
    """
    with sockets.private_folder() as folder:
        path = folder / "ask"
        with _Server(path, allowance, environment) as server:
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            )
            thread.start()
            try:
                yield path
            finally:
                server.shutdown()
                server.stop_commands()
                thread.join()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, allowance: Allowance, environment: Mapping[str, str]) -> None:
        self.allowance = allowance
        self.environment = os.environ | dict(environment)
        self.running: set[subprocess.Popen[str]] = set()
        super().__init__(str(path), _Conversation)

    def stop_commands(self) -> None:
        """End what is still running: nobody is left to read its answer."""
        for process in list(self.running):
            process.terminate()


def _give(words: IO[str] | None, document: str) -> None:
    """Hand a document over, none being an end of file; a command that ended without reading it says why itself."""
    # It is read before anything is printed, so that neither waits for the other.
    with contextlib.suppress(BrokenPipeError):
        if words is not None:
            words.write(document)
            words.close()


class _Conversation(socketserver.StreamRequestHandler):
    """One question and its answer."""

    server: _Server

    def handle(self) -> None:
        try:
            question = msgspec.json.decode(self.rfile.readline(LINE_BYTES), type=Question)
            words = arguments(question, self.server.allowance)
        except (UsageError, msgspec.DecodeError) as error:
            self._say(Finished(code=-1, refused=str(error)))
            return
        self._say(Finished(code=self._run(words, question.document)))

    def _run(self, words: Sequence[str], document: str) -> int:
        with subprocess.Popen(  # noqa: S603 - the words are from the list above
            [sys.executable, "-m", "workbench.cli.main", *words],
            env=self.server.environment | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            self.server.running.add(process)
            try:
                _give(process.stdin, document)
                self._stream(process.stdout)
            finally:
                self.server.running.discard(process)
            return process.wait()

    def _stream(self, output: IO[str] | None) -> None:
        for line in output or ():
            if text := line.rstrip():
                self._say(Progress(text=text[:_SHOWN]))

    def _say(self, message: Progress | Finished) -> None:
        # A kernel that has gone away no longer listens; the command it asked for still comes to its end.
        with contextlib.suppress(OSError):
            self.wfile.write(msgspec.json.encode(message) + b"\n")
            self.wfile.flush()
