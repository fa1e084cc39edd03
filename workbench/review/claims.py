"""What notebooks and annotations claim: which exhibits they cite, and which exhibits are marked.

An executed notebook and its HTML are searched for citations of this case; an annotation names its exhibits
(clause 7.3). A citation of an exhibit that the log does not name is kept too, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from workbench.custody import citing
from workbench.custody.history import read_checked
from workbench.errors import IntegrityError
from workbench.policy.acts import told
from workbench.policy.annotations import CONTRABAND, Annotation
from workbench.records import Record
from workbench.review.lines import Lines
from workbench.withholding import reached

PLACES = 8
"""Most places of one notebook that are told for one exhibit."""


class Claim(Record, frozen=True, kw_only=True):
    """One run or annotation that cites an exhibit.

    ``by`` is ``run-0003`` or ``annotation-0002``; ``places`` are headings of a notebook, or the annotation's kind;
    ``words`` are an annotation's own; ``pointers`` where in the exhibit, empty where the whole of it is meant.
    """

    by: str
    name: str
    actor: str
    line: int
    places: tuple[str, ...] = ()
    words: str = ""
    pointers: frozenset[str] = frozenset()


class Claims:
    """All claims of a case by exhibit number, and the marks that stand. Raises IntegrityError."""

    def __init__(self, lines: Lines) -> None:
        self.of: dict[int, list[Claim]] = {}
        self.marks: dict[int, str] = {}
        self._lines = lines
        for entry in lines.annotations:
            self._annotation(entry.fields["annotation"], entry.fields["sha256"], entry.seq)
        for name, work in lines.works.items():
            if name.startswith("run-"):
                self._run(name, work.begin.fields, work.begin.actor, work.begin.seq)

    @cached_property
    def withheld(self) -> frozenset[int]:
        """The exhibits of which no captured words are shown: what the marks reach."""
        return frozenset(reached(self._lines.folder, self.marks).exhibits)

    def unknown(self) -> dict[str, list[str]]:
        """Give the citations that no line of the log knows, by the run or annotation that makes them."""
        found: dict[str, list[str]] = {}
        for number, claims in sorted(self.of.items()):
            if not self._lines.source_of(number)[0]:
                for claim in claims:
                    found.setdefault(claim.by, []).append(self._lines.citation(number))
        return found

    def known(self) -> dict[int, list[Claim]]:
        """Give the claims about exhibits that the log names, by exhibit number, rising."""
        return {n: claims for n, claims in sorted(self.of.items()) if self._lines.source_of(n)[0]}

    def _annotation(self, number: int, sha256: str, line: int) -> None:
        where = f"annotations/{number:04d}.json"
        data = read_checked(self._lines.folder, where, sha256)
        try:
            # Its form only: what breaks a rule is still to be seen by who reviews it.
            said = msgspec.json.decode(data, type=Annotation)
        except msgspec.DecodeError as error:
            raise IntegrityError(f"this annotation cannot be read: {error}", where=where) from error
        parts = (said.kind, said.mark, said.side, said.account, said.form, said.review, said.act)
        for exhibit in dict.fromkeys(said.exhibits):
            if said.kind == "mark" and self.marks.get(exhibit) != CONTRABAND:
                self.marks[exhibit] = said.mark
            claim = Claim(
                by=f"annotation-{number:04d}",
                name=said.kind,
                actor=said.by,
                line=line,
                places=(" ".join(part for part in parts if part),),
                words=told(said),
            )
            self.of.setdefault(exhibit, []).append(claim)

    def _run(self, name: str, fields: Mapping[str, Any], actor: str, line: int) -> None:
        found = citing.of_run(self._lines.folder, self._lines.case, fields)
        for number, pointers in found.pointers.items():
            claim = Claim(
                by=name,
                name=fields["name"],
                actor=actor,
                line=line,
                places=tuple(found.places.get(number, ()))[:PLACES],
                # One citation without a pointer means the whole exhibit.
                pointers=frozenset() if "" in pointers else frozenset(pointers),
            )
            self.of.setdefault(number, []).append(claim)
