"""What people wrote in a case: annotations, marks, authorship facts. Reads only (docs/casefile-format.md, 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.custody import log
from workbench.custody.history import read_checked
from workbench.errors import IntegrityError
from workbench.policy.annotations import Annotation, marked

_FREE = "workbench-casefile/1"
"""The format in which an annotation's content is not laid down (clause 9.1): such files are passed over."""


def read(folder: Path, lines: Iterable[log.Entry] | None = None) -> list[Annotation]:
    """Read a case's annotations, in order; raise IntegrityError where one cannot be believed.

    ``lines`` are the case's rare lines (``log.rare``) where the caller has read them already.
    """
    return list(_read(folder, log.rare(folder) if lines is None else lines))


def _read(folder: Path, lines: Iterable[log.Entry]) -> Iterator[Annotation]:
    case, free = "", True
    for entry in lines:
        if entry.action in {"open", "format"}:
            case = entry.fields.get("case", case)
            free = entry.fields["format"] == _FREE
        elif entry.action == "annotation" and not free:
            name = f"annotations/{entry.fields['annotation']:04d}.json"
            found = Annotation.parse(read_checked(folder, name, entry.fields["sha256"]), name)
            if (found.case, found.annotation) != (case, entry.fields["annotation"]):
                raise IntegrityError("this annotation is not the one that its line names", where=name)
            yield found


def marks(folder: Path, lines: Iterable[log.Entry] | None = None) -> dict[int, str]:
    """Give the mark, ``contraband`` or ``hidden``, of each exhibit that has one (see ``withholding``)."""
    return marked(read(folder, lines))
