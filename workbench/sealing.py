"""What follows each act on a case: a seal, anchored in the department's log, and its timestamps."""

from __future__ import annotations

from workbench.casefile import CaseFile
from workbench.custody.seals import Seal
from workbench.department import Session
from workbench.errors import AuthorityError


def finish(case: CaseFile, session: Session | None) -> Seal | None:
    """Seal what an act has closed, and have it timestamped; None where nothing new is there.

    Without a session the officer's key is looked for in their agent. Where no key may sign, the seal stands
    unsigned; where no authority answers, without a timestamp: the act itself is done and nothing of it is lost.
    """
    signer = session if session is not None else _at_hand(case)
    try:
        made = case.seal(signer)
    except AuthorityError:
        made = case.seal(None)
    if made is not None and case.department.settings.timestamps:
        from workbench.capture.timestamps import stamp_pending  # noqa: PLC0415 - few departments ask any

        stamp_pending(case, only_newest=True)
    return made


def _at_hand(case: CaseFile) -> Session | None:
    try:
        return case.department.sign_in(case.actor, None)
    except AuthorityError:
        return None
