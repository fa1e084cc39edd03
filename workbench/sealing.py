"""What follows each act on a case: a seal, anchored in the department's log, and its timestamps."""

from __future__ import annotations

from workbench.casefile import CaseFile
from workbench.custody.seals import Seal
from workbench.department import Session


def finish(case: CaseFile, session: Session | None) -> Seal | None:
    """Seal what an act has closed; None where nothing new is there."""
    return case.seal(session)
