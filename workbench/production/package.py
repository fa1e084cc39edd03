"""The court package: a bag of exhibits as they were captured, with all that it takes to check them without us.

Built from a seal, never from the present: the same seal and release give the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from workbench import __version__
from workbench.casefile import CaseFile
from workbench.custody import releases, seals
from workbench.department import Department, Session
from workbench.errors import UsageError
from workbench.policy.annotations import CONTRABAND
from workbench.production import acts, authored, caseuco, declaration, ledgers, pages, sound, state, wacz
from workbench.production.bag import Bag, Place
from workbench.production.content import Contents, fact, slice_of
from workbench.production.facts import certificates, facts, seal_fact
from workbench.production.sheets import Sheets
from workbench.production.state import State
from workbench.production.store import Store
from workbench.production.views import Bundle, ExhibitFact, ExhibitView, Facts, StoredSlice
from workbench.records import Record
from workbench.release import Permit, check_outside
from workbench.tables.check import Checked

_TEXTS: Final = ("VERIFY.txt", "verify.sh")
_HASH_DIGITS: Final = 8


class Made(Record, frozen=True, kw_only=True):
    """What was made: where, the SHA-256 of its manifest, how many exhibits, and which are withheld."""

    out: str
    sha256: str
    seal: int
    seal_sha256: str
    exhibits: int
    withheld: tuple[str, ...]


def package(
    case: CaseFile, session: Session, out: Path, *, seal: int, release: int, wanted: Collection[int] | None
) -> Made:
    """Make the package of a case as of a seal, under a signed release, at ``out`` (a folder, or a ``.zip``).

    ``wanted`` are exhibit numbers, None for all that the release covers. Raises AuthorityError where no
    release of kind ``package`` covers it, IntegrityError where the case does not verify or its tables are not
    what the evidence gives, UsageError where ``out`` exists or lies in a case; whatever fails leaves nothing there.
    """
    check_outside(out)
    numbers = _numbers(case, release, wanted)
    with sound.departing(case, "package", numbers, release, session=session, seal=seal, out=out) as leaves:
        made = _fill(case, leaves.permit, leaves.place, numbers, leaves.since)
        leaves.permit.left(made.sha256, made.exhibits)
    return made


def _numbers(case: CaseFile, release: int, wanted: Collection[int] | None) -> Sequence[int] | None:
    """Give the exhibits asked for; where none are named, those that the release names."""
    if wanted is not None:
        return sorted(set(wanted))
    return sound.covered(case, release)


def _fill(
    case: CaseFile, permit: Permit, place: Place, numbers: Sequence[int] | None, since: Sequence[Checked]
) -> Made:
    found = state.read(case.folder, permit.release)
    bag = Bag(place.partial)
    wanted = None if numbers is None else frozenset(numbers)
    withheld = sound.withheld(found)
    with Store(place.partial / "rows.partial") as store:
        store.fill(case.folder, found.last, wanted, withheld.marked(CONTRABAND))
        contents = Contents(found, store, withheld)
        work = _Work(found, bag, contents)
        work.exhibits(wanted)
        bag.add("data/search-log.csv", ledgers.search_log(found))
        bag.add("data/transformations.csv", ledgers.transformations(found, store, work.truncated, since))
    bag.add("data/authorship.html", authored.page(found, wanted))
    bag.add("data/acts.html", acts.page(found, wanted))
    bag.add("data/acts.csv", acts.table(found))
    _papers(found, bag, case.department)
    told = facts(found, case.department, tuple(work.facts), work.truncated, bag.sha256)
    _renderings(bag, told, found, work)
    for name in _TEXTS:
        bag.add(name, files("workbench.production").joinpath(name).read_bytes())
    sha256 = bag.close(_info(told))
    stem = f"{found.case}-seal-{found.seal.number:04d}-release-{found.release.release:04d}"
    place.pack(stem, told.created)
    return Made(
        out=str(place.out),
        sha256=sha256,
        seal=found.seal.number,
        seal_sha256=found.seal.sha256,
        exhibits=len(told.exhibits) - len(told.withheld),
        withheld=told.withheld,
    )


class _Work:
    """Takes the exhibits one by one: copy, page, lines of the sheets. Holds no bytes of any."""

    def __init__(self, found: State, bag: Bag, contents: Contents) -> None:
        self._state = found
        self._bag = bag
        self._contents = contents
        self._seal = seal_fact(found)
        self.facts: list[ExhibitFact] = []
        self.slices: list[StoredSlice] = []
        self.truncated: dict[str, str] = {}

    def exhibits(self, wanted: Collection[int] | None) -> None:
        """Put all exhibits wanted into the bag."""
        with Sheets(self._bag, f"case {self._state.case}, seal {self._state.seal.number}") as sheets:
            for view in self._contents.views(wanted):
                page = f"data/pages/E{view.number:04d}.html"
                self._copy(view)
                self._bag.add(page, pages.page(view, self._seal).encode())
                told = fact(view)
                sheets.add(view, told, page)
                self.facts.append(told)
                self._note(view)

    def _copy(self, view: ExhibitView) -> None:
        stored = view.stored
        if view.copy:
            source = self._state.folder / stored.path
            self._bag.copy(view.copy, source, stored.sha256, offset=stored.offset, length=stored.length)

    def _note(self, view: ExhibitView) -> None:
        if (replayed := slice_of(self._state, view)) is not None:
            self.slices.append(replayed)
        if view.http is not None and view.http.truncated:
            self.truncated[view.citation] = view.http.truncated


def _papers(found: State, bag: Bag, department: Department) -> None:
    """Copy the case's papers, the later lines that name some of them, and the authorities' certificates."""
    for paper in found.papers():
        bag.copy(f"data/case/{paper.path}", found.folder / paper.path, paper.sha256)
    bag.add("data/case/after-seal.jsonl", b"".join(line.raw for line in found.after))
    stamped = {paper.path.split(".")[-2] for paper in found.papers() if paper.path.endswith(".tsr")}
    for name, pem in certificates(department, found.released_at, stamped).items():
        bag.add(f"data/certificates/{name}.pem", pem)


def _renderings(bag: Bag, told: Facts, found: State, work: _Work) -> None:
    with bag.file("data/replay.wacz") as out:
        wacz.write(out, work.slices, f"Case {told.case}, seal {told.seal.number}", told.created)
    subjects = found.versions[-1].subjects if found.versions else ()
    bag.add("data/case-uco.jsonld", caseuco.graph(Bundle(facts=told, subjects=subjects)))
    bag.add("data/declaration.pdf", declaration.pdf(told))


def _info(told: Facts) -> dict[str, str]:
    """Give the fields of ``bag-info.txt``; the date is the seal's."""
    return {
        "Source-Organization": told.department,
        "External-Identifier": f"{told.case} seal {told.seal.number} {told.seal.sha256}",
        "External-Description": f"Case {told.case} as of seal {told.seal.number}: exhibits as captured, see VERIFY.txt",
        "Internal-Sender-Identifier": f"release {told.release}",
        "Internal-Sender-Description": f"for {told.recipient}: {told.released_for}",
        "Bagging-Date": told.date[:10],
        "Bag-Software-Agent": f"casefile-workbench {__version__}",
    }


def released_seal(case: CaseFile, release: int) -> int:
    """Give the seal that a release names; where there is no such release the newest, and its lack is refused later."""
    named = [one.seal for one in releases.releases_for(case.folder) if one.release == release]
    newest = seals.newest(case.folder)
    return named[0] if named else newest.number if newest else 0


def seal_number(case: CaseFile, text: str) -> int:
    """Read what a seal is called: its number, or the beginning of its SHA-256 (8 digits at least)."""
    if text.isascii() and text.isdigit() and len(text) < _HASH_DIGITS:
        return int(text)
    wanted = text.replace(" ", "").lower()
    newest = seals.newest(case.folder)
    for number in range(newest.number if newest else 0, 0, -1):
        if len(wanted) >= _HASH_DIGITS and seals.read(case.folder, number).sha256.startswith(wanted):
            return number
    raise UsageError(
        "the case has no such seal",
        expected="a seal's number or fingerprint",
        found=text[:80],
        todo="see seals/",
    )
