"""Is a case fit to leave? It verifies, its tables are what its evidence gives, and contraband stays."""

from __future__ import annotations

from workbench.casefile import CaseFile
from workbench.custody import verify
from workbench.custody.annotations import marks
from workbench.errors import IntegrityError
from workbench.policy.annotations import CONTRABAND
from workbench.production.state import State
from workbench.tables import check
from workbench.tables.check import Checked


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


def withheld(found: State) -> frozenset[int]:
    """Give the exhibits whose bytes stay (12.5), as they are marked now, whether asked for or not."""
    marked = (number for number, mark in marks(found.folder).items() if mark == CONTRABAND)
    return found.sharing({number for number in marked if number <= found.last})
