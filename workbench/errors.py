"""The exception tree: every error that a person may see, with what to do about it.

::

    WorkbenchError               exit 1
    ├── UsageError               exit 2  the words of a command or call are off
    ├── IntegrityError           exit 3  bytes are not what was sealed, logged or signed
    ├── AuthorityError           exit 4  no signed permission covers this
    │   ├── Locked               exit 4  the officer's key is not unlocked
    │   └── Refused              exit 4  the gate said no (``reason`` is its code)
    ├── SourceError              exit 5  blocked, unreachable, malformed answer
    ├── InputError               exit 1  a file given to us cannot be read as what it claims to be
    ├── StorageError             exit 1  the disk refused (full, read-only, failing)
    └── ReviewNeeded             exit 6  a person has to look first

Every error of a dependency is mapped to one of these at the boundary where it enters.
"""

from __future__ import annotations

from typing import ClassVar


class WorkbenchError(Exception):
    """What happened, where, what was expected and found, and what to do next.

    ``where`` names a file, a line, a byte range or a field; all parts but ``what`` may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: str, *, where: str = "", expected: str = "", found: str = "", todo: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.found = found
        self.todo = todo

    def lines(self) -> list[str]:
        """Give the four lines a person reads, without control characters; empty parts are left out.

        What was found and where is one line each, whatever a file's name or a source's words hold: they cannot write a
        line of their own below, such as what to do next.
        """
        contrast = [f"expected {_flat(self.expected)}"] * bool(self.expected)
        contrast += [f"found {_flat(self.found)}"] * bool(self.found)
        parts = [self.what, self.where and f"where: {_flat(self.where)}", ", ".join(contrast)]
        return [_visible(part) for part in [*parts, self.todo and f"next: {self.todo}"] if part]

    def __str__(self) -> str:
        """Join the lines, so that a traceback ends in the whole message."""
        return "\n".join(self.lines())

    def _render_traceback_(self) -> list[str]:
        """Give what IPython shows under a cell: the message, and nothing of the program's own lines around it."""
        return self.lines()


def _flat(text: str) -> str:
    return " \u23ce ".join(text.splitlines())


def _visible(text: str) -> str:
    """Make what a file's name or a server brought in harmless to a terminal; line breaks stay."""
    return "".join(c if c in "\n\t" or c.isprintable() else f"\\u{ord(c):04x}" for c in text)


class UsageError(WorkbenchError):
    """The words of a command, a parameter or a call do not fit."""

    exit_code = 2


class IntegrityError(WorkbenchError):
    """Bytes are not what was logged, sealed or signed."""

    exit_code = 3


class AuthorityError(WorkbenchError):
    """No signed permission covers what was asked."""

    exit_code = 4


class Locked(AuthorityError):  # noqa: N818 - the field's own word
    """The officer's key is not unlocked, so nothing can be signed."""


class Refused(AuthorityError):  # noqa: N818 - the field's own word
    """The gate said no; ``reason`` is its code in ``workbench.policy.gate``."""

    def __init__(self, what: str, *, reason: str, where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.reason = reason


class SourceError(WorkbenchError):
    """A source was blocked, unreachable or answered something unreadable.

    ``verdict`` and ``reason`` are those of a capture result (see ``records.Result``).
    """

    exit_code = 5

    def __init__(self, what: str, *, verdict: str, reason: str, where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.verdict = verdict
        self.reason = reason


class InputError(WorkbenchError):
    """A file given to us cannot be read as what it claims to be."""


class StorageError(WorkbenchError):
    """The disk refused: full, read-only or failing."""


class ReviewNeeded(WorkbenchError):  # noqa: N818 - the field's own word
    """A person has to look before this can go on."""

    exit_code = 6
