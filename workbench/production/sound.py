"""Is a case fit to leave? It verifies, its tables are what its evidence gives, and contraband stays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from workbench import withholding
from workbench.casefile import CaseFile
from workbench.custody import releases, verify
from workbench.department import Session
from workbench.errors import IntegrityError
from workbench.production import bag
from workbench.production.bag import Place
from workbench.production.state import State
from workbench.release import Permit, leaving
from workbench.tables import build, check, read
from workbench.tables.check import Checked
from workbench.withholding import Withheld
from workbench.workspace import hiding

_DONE: Final = {"package": "packaged", "report": "reported", "export": "exported"}


class Departure(NamedTuple):
    """What may leave, where it is made, and which parts of the tables are parsed differently since."""

    permit: Permit
    place: Place
    since: list[Checked]


@contextlib.contextmanager
def departing(
    case: CaseFile,
    kind: str,
    exhibits: Sequence[int] | None,
    release: int,
    *,
    session: Session,
    out: Path,
    seal: int | None = None,
) -> Iterator[Departure]:
    """Make room at ``out`` for what leaves under a release, of a case that is sound; take its name at the end.

    ``kind`` is that of the release: package, report or export. The caller calls ``permit.left`` last. Raises as
    ``release.leaving``, ``bag.making``, ``verified`` and ``tables`` do; whatever fails leaves nothing there.
    """
    with (
        leaving(case, kind, exhibits, release, session=session, seal=seal) as permit,
        bag.making(out) as place,
    ):
        verified(case, _DONE[kind])
        build.refresh(case.folder)
        yield Departure(permit, place, tables(case))
        place.take()


def covered(case: CaseFile, release: int) -> Sequence[int] | None:
    """Give the exhibits that a release names; None for all, or where there is no such release."""
    found = (one for one in releases.releases_for(case.folder) if one.release == release)
    return next((one.exhibits for one in found), None)


def verified(case: CaseFile, done: str) -> None:
    """Raise IntegrityError where a case does not verify; ``done`` says what is then not done: ``packaged``."""
    report = verify.verify(case.folder, root=case.department.root)
    if not report.ok:
        raise IntegrityError(
            f"the case does not verify, so nothing of it is {done}",
            where=case.number,
            found=f"{len(report.defects)} defects",
            todo="run 'workbench verify' to see every defect, and tell your supervisor",
        )


def tables(case: CaseFile) -> list[Checked]:
    """Compare the rows that will leave with the evidence; give the parts that are parsed differently since.

    Raises IntegrityError for rows that are not what the same parser reads from the exhibits.
    """
    found = check.check(case.folder)
    if defects := [one for one in found if one.state in check.DEFECTS]:
        raise IntegrityError(
            "the tables are not what the evidence gives, so nothing is printed from them",
            where=f"{case.number}: {defects[0].part}",
            found=f"{len(defects)} parts altered or missing",
            todo="run 'workbench tables check' to see each, then 'workbench tables rebuild'",
        )
    return [one for one in found if one.state == "since"]


def withheld(found: State) -> Withheld:
    """Say which exhibits' bytes stay (12.5), and which are shown nowhere, as they are marked now.

    Whether asked for or not; ``Withheld.marked(CONTRABAND, found.last)`` gives the first.
    """
    return withholding.withheld(found.folder, leaving=True)


def sensitive(found: State) -> frozenset[int]:
    """Give the exhibits whose pictures are not shown since posts that the seal covers are marked as sensitive."""
    return hiding.sensitive(
        lambda table, columns, where: read.frame(found.folder, table, columns, where, found.seal.lines)
    )
