"""Which exhibits are withheld, and why: the one answer for whatever shows an exhibit or lets it leave.

Contraband is never shown and its bytes never leave (docs/casefile-format.md, 12.5); hidden exhibits are shown only
where somebody asks. A mark reaches beyond the exhibit that bears it::

    the same stored bytes          given or captured twice
    what lies in it, or around it  a member of a marked archive; the archive around a marked member
    the same picture, film, sound  in another exhibit, however it is packed there: in the body of an exchange, in an
                                   archive, in a gzip file (``media_files.sha256``), and what lies around that one

Limits: content is compared by its SHA-256, so another cut or size of a picture is another content
(``analysis.near_duplicates`` lists such), and of content that is no picture, film or sound only stored bytes are
compared. Sources whose tables were never built hold no known content; whatever leaves builds them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.custody import log
from workbench.custody.annotations import marks as marks_of
from workbench.policy.annotations import CONTRABAND, HIDDEN
from workbench.records import Record
from workbench.withholding.kept import Kept as Kept


class Withheld(Record, frozen=True, kw_only=True):
    """All that is withheld of a case, by exhibit number and by the SHA-256 of what an exhibit holds."""

    exhibits: Mapping[int, Kept] = {}
    contents: Mapping[str, Kept] = {}

    def of(self, number: int, content: str = "") -> Kept | None:
        """Give why an exhibit is withheld; ``content`` is the SHA-256 of what it holds, where the caller read it."""
        found = self.exhibits.get(number), self.contents.get(content)
        held = [each for each in found if each is not None]
        return min(held, key=lambda kept: kept.mark != CONTRABAND, default=None)

    def marked(self, mark: str, last: int | None = None) -> frozenset[int]:
        """Give the exhibits withheld as ``contraband`` or as ``hidden``, up to a number."""
        return frozenset(
            number
            for number, kept in self.exhibits.items()
            if kept.mark == mark and (last is None or number <= last)
        )


def withheld(folder: Path, lines: Iterable[log.Entry] | None = None, *, leaving: bool = False) -> Withheld:
    """Say what is withheld of a case, as it is marked now.

    ``lines`` are the case's rare lines (``log.rare``) where the caller has read them. ``leaving``: tables that lack
    a source are built first. Without a mark nothing more is read. Raises IntegrityError where an annotation or a
    table cannot be believed.
    """
    return reached(folder, marks_of(folder, lines), leaving=leaving)


def reached(folder: Path, marks: Mapping[int, str], *, leaving: bool = False) -> Withheld:
    """Say what marks, by exhibit number, reach; as ``withheld`` does for those that stand."""
    if not {HIDDEN, CONTRABAND}.intersection(marks.values()):
        return Withheld()
    # Tables bring pandas: only where something is marked.
    from workbench.withholding.reach import Held  # noqa: PLC0415

    if leaving and CONTRABAND in marks.values():
        from workbench.tables import build  # noqa: PLC0415 - with all parsers

        build.refresh(folder)
    case = Held(folder)
    exhibits: dict[int, Kept] = {}
    contents: dict[str, Kept] = {}
    # What is both is contraband, whoever finds it first.
    for mark in (HIDDEN, CONTRABAND):
        chosen = sorted(number for number, each in marks.items() if each == mark)
        numbers, digests = case.reached(mark, chosen)
        exhibits |= numbers
        contents |= digests
    return Withheld(exhibits=exhibits, contents=contents)
