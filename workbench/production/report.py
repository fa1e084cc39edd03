"""The report: executed notebooks as one page and as PDF, where every citation leads to its exhibit.

Made from a seal and the runs that it covers, under a signed release; there is no clock in it, so that the same
seal, release and runs give the same page. The PDF is a browser's print of that page, with page numbers (docs/adr/0010).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from workbench import qr
from workbench.casefile import CaseFile
from workbench.counts import exhibits_told
from workbench.custody import annotations as written
from workbench.custody import disk, log
from workbench.custody.lines import Lines
from workbench.department import Session
from workbench.errors import AuthorityError, InputError, UsageError
from workbench.policy.annotations import CONTRABAND, HIDDEN
from workbench.production import paged, printing, reported, runs, sound, state, sums
from workbench.production.appendix import PAGES, Appendix, Wanted
from workbench.production.content import Contents
from workbench.production.cover import cover
from workbench.production.executed import Executed, Stays
from workbench.production.facts import seal_fact
from workbench.production.reported import Paper
from workbench.production.runs import Run
from workbench.production.store import Store
from workbench.records import Record
from workbench.release import Permit, check_outside

Format = Literal["html", "pdf", "both"]
PAGE: Final = "report.html"
PRINT: Final = "report.pdf"
_BYSTANDERS: Final = "show_bystanders"
"""The parameter of a notebook by which somebody asks for bystanders' names."""


class Made(Record, frozen=True, kw_only=True):
    """What was made: the folder, its files, the SHA-256 of its ``SHA256SUMS``, and what it holds.

    ``unprinted`` says why there is no PDF, where one was asked for beside the page.
    """

    out: str
    files: tuple[str, ...]
    sha256: str
    seal: int
    runs: tuple[str, ...]
    exhibits: int
    pages: int
    withheld: tuple[str, ...]
    unprinted: str = ""


class Asked(Record, frozen=True, kw_only=True):
    """What is asked for: notebooks by name (none: every one that has run), paper and format."""

    notebooks: tuple[str, ...] = ()
    paper: Paper = "A4"
    format: Format = "both"


def report(case: CaseFile, session: Session, out: Path, *, release: int, asked: Asked) -> Made:
    """Report a case's newest complete runs as of the seal that a release names, into the new folder ``out``.

    Raises AuthorityError where no release of kind ``report`` covers what the runs cite, IntegrityError where the
    case does not verify, UsageError where there is no run, no browser (format ``pdf``), or ``out`` exists or lies
    in a case. Whatever fails leaves nothing there. Without a browser ``both`` gives the page alone and says why.
    """
    check_outside(out)
    if out.suffix.lower() == ".zip":
        raise UsageError("a report is a folder", found=out.name, todo="name a folder that is not there yet")
    program, unprinted = _browser(asked.format)
    exhibits = sound.covered(case, release)
    with sound.departing(case, "report", exhibits, release, session=session, out=out) as leaves:
        place = leaves.place.partial
        work = _Work(case, leaves.permit, asked)
        work.write(place / PAGE)
        unprinted = _print(place, program, asked.format) if program else unprinted
        made = work.made(out, place, unprinted)
        leaves.permit.left(made.sha256, made.exhibits)
    return made


def _browser(wanted: Format) -> tuple[str, str]:
    """Find the browser; give it, or why there is none where the page does without."""
    if wanted == "html":
        return "", ""
    try:
        return printing.find(), ""
    except UsageError as error:
        if wanted == "pdf":
            raise
        return "", str(error)


def _print(folder: Path, program: str, wanted: Format) -> str:
    try:
        paged.pdf(folder / PAGE, folder / PRINT, program)
    except InputError as error:
        if wanted == "pdf":
            raise
        (folder / PRINT).unlink(missing_ok=True)
        return str(error)
    if wanted == "pdf":
        (folder / PAGE).unlink()
    return ""


class _Work:
    """Makes one report of one case."""

    def __init__(self, case: CaseFile, permit: Permit, asked: Asked) -> None:
        self._case = case
        self._asked = asked
        self._state = state.read(case.folder, permit.release)
        self._kept = sound.withheld(self._state)
        self._withheld = self._kept.marked(CONTRABAND, self._state.last)
        self._hidden = self._kept.marked(HIDDEN, self._state.last)
        self._lines = list(log.rare(case.folder))
        self._marks = written.marks(case.folder, self._lines)
        self._runs = runs.chosen(self._state, asked.notebooks)
        _check_covered(permit, self._runs, self._state.last)
        self._reviews = runs.reviews(self._state)
        self._wanted = Wanted(cited={}, paged=frozenset(), last=self._state.last)
        self._sections: list[list[tuple[str, str]]] = []

    def write(self, path: Path) -> None:
        """Write the page."""
        seal = seal_fact(self._state)
        line = f"Case {self._state.case}, {qr.seal_line(seal.number, seal.sha256)}"
        bodies = self._bodies()
        with (
            Store(path.with_name("rows.partial")) as store,
            disk.mapped(path),
            path.open("x", encoding="utf-8", newline="\n") as file,
        ):
            runs = [run.folder for run in self._runs]
            appendix = Appendix(self._wanted, self._reviews, runs, minimised=self._minimised)
            behind = list(appendix.pages(self._contents(store)))
            file.write(reported.head(f"Report, case {self._state.case}", line, self._asked.paper))
            file.write(cover(self._state, self._case.department, seal, self._runs, self._reviews))
            file.write(reported.contents(self._runs, self._sections, behind=len(behind)))
            file.writelines(reported.linked(bodies, self._wanted.known, behind))
            file.write(appendix.listing())
            file.writelines(behind)
            file.write(reported.END)

    def _contents(self, store: Store) -> Contents:
        """Read the rows of the exhibits that have an entry; nothing of those that are hidden or stay."""
        unshown = self._withheld | self._hidden
        pointed = self._wanted.pointed(self._state.case)
        store.fill(self._case.folder, self._state.last, self._wanted.paged, unshown, pointed)
        return Contents(self._state, store, self._kept)

    def _bodies(self) -> list[str]:
        """Render the runs; what they cite is known after."""
        cited: dict[int, set[str]] = {}
        bodies = []
        for run in self._runs:
            executed = Executed(self._state.case, self._stays(run), run.label)
            stale = self._marked_since(run)
            cells = [reported.unshown(stale)] if stale else executed.sections(run.notebook)
            bodies.append(reported.run(run, self._reviews.get(run.label, ""), cells))
            self._sections.append(executed.headings)
            for number, pointers in executed.cited.items():
                cited.setdefault(number, set()).update(pointers)
            # What only a picture's points cite is listed too; no row of it is the one that is meant.
            for number in sorted(run.cited):
                cited.setdefault(number, set())
        known = [number for number in cited if 1 <= number <= self._state.last]
        self._wanted = Wanted(cited=cited, paged=frozenset(known[:PAGES]), last=self._state.last)
        return bodies

    @property
    def _minimised(self) -> bool:
        """Whether bystanders stand under neutral names in the runs: where the purpose has it so and nobody asked."""
        asked = any(run.values.get(_BYSTANDERS) == "yes" for run in self._runs)
        return not asked and self._state.minimised

    def _stays(self, run: Run) -> Stays:
        """Say what of a run's outputs is not shown: a picture may be of what was marked since it ran."""
        then = self._marks_at(run)
        fresh = any(then.get(number) != mark for number, mark in self._marks.items())
        return Stays(
            withheld=self._withheld,
            hidden=self._hidden,
            sensitive=sound.sensitive(self._state),
            pictures=fresh,
        )

    def _marks_at(self, run: Run) -> dict[int, str]:
        """Give the marks as they stood when a run was kept."""
        return written.marks(self._case.folder, [line for line in self._lines if line.seq <= run.line])

    def _marked_since(self, run: Run) -> list[int]:
        """Give what was marked as contraband since a run that may have read it: any of its words may say that."""
        then = self._marks_at(run)
        before = Lines(self._case.folder).last_exhibit(run.line)
        return sorted(
            number
            for number, mark in self._marks.items()
            if mark == CONTRABAND and then.get(number) != CONTRABAND and number <= before
        )

    def made(self, out: Path, folder: Path, unprinted: str) -> Made:
        """Hash what was written, and say what it is."""
        names = tuple(name for name in (PAGE, PRINT) if (folder / name).is_file())
        known = self._wanted.known
        kept = [number for number in known if number in self._withheld]
        return Made(
            out=str(out),
            files=names,
            sha256=sums.write(folder, names),
            seal=self._state.seal.number,
            runs=tuple(run.label for run in self._runs),
            exhibits=len(known) - len(kept),
            pages=len(self._wanted.paged),
            withheld=tuple(f"{self._state.case}-E{number:04d}" for number in kept),
            unprinted=unprinted,
        )


def _check_covered(permit: Permit, made_from: Sequence[Run], last: int) -> None:
    """Raise AuthorityError where the runs cite what the release does not name."""
    named = permit.release.exhibits
    cited = {number for run in made_from for number in run.cited if 1 <= number <= last}
    beyond = [] if named is None else sorted(cited - set(named))
    if beyond:
        raise AuthorityError(
            "the notebooks cite exhibits that this release does not cover",
            where=f"release {permit.release.release}",
            found=exhibits_told(beyond[:10]) + " …" * (len(beyond) > 10),
            todo="ask for a release of all exhibits, or of these too; or choose other runs with --notebook",
        )
