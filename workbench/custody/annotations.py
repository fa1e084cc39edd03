"""What people wrote in a case: annotations, marks, authorship facts. Reads only (docs/casefile-format.md, 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from workbench.custody import log
from workbench.custody.history import read_checked
from workbench.custody.lines import exhibit_lines
from workbench.errors import IntegrityError
from workbench.policy.annotations import CONTRABAND, Annotation, marked
from workbench.records import Exhibit

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
    """Give the mark, ``contraband`` or ``hidden``, of each exhibit that has one."""
    return marked(read(folder, lines))


def contraband(
    folder: Path, wanted: Sequence[int], lines: Iterable[log.Entry] | None = None
) -> dict[int, str]:
    """Give those of the exhibits ``wanted`` whose bytes never leave (12.5), with the reason in words.

    Those marked as contraband, and those whose bytes are the same, hold them (an archive around its member), or
    lie within them. Reads the log lines of those wanted and those marked, and no others; what shares content
    but no stored bytes, such as a second capture of the same picture, is not found by this.
    """
    found = marks(folder, lines)
    marked_ones = sorted(number for number, mark in found.items() if mark == CONTRABAND)
    withheld = {number: "marked as contraband" for number in wanted if found.get(number) == CONTRABAND}
    others = [number for number in wanted if number not in withheld]
    if marked_ones and others:
        shielded = _exhibits(folder, marked_ones)
        for one in _exhibits(folder, others):
            near = [other for other in shielded if shares_bytes(one, other)]
            if near:
                number = near[0].citation.number
                withheld[one.citation.number] = f"sharing bytes with E{number:04d}, which is contraband"
    return withheld


def shares_bytes(one: Exhibit, other: Exhibit) -> bool:
    """Whether two exhibits of a case are the same bytes, or one's stored slice reaches into the other's."""
    return one.sha256 == other.sha256 or (
        one.file == other.file
        and one.offset < other.offset + other.length
        and other.offset < one.offset + one.length
    )


def _exhibits(folder: Path, numbers: Sequence[int]) -> list[Exhibit]:
    found = exhibit_lines(folder, numbers)
    return [log.exhibit_of(folder.name, log.read_line(line.raw, folder)) for line in found]


def authorship(folder: Path, lines: Iterable[log.Entry] | None = None) -> list[Annotation]:
    """Give what was said for and against an account being somebody's, in order."""
    return [one for one in read(folder, lines) if one.kind == "authorship"]
