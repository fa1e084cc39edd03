"""Who may sign now, and the officers files that decide it (docs/casefile-format.md, 3)."""

from __future__ import annotations

import hashlib

from workbench.casefile.ledger import Ledger
from workbench.casefile.recovery import clear
from workbench.custody import disk
from workbench.department import Session
from workbench.errors import AuthorityError
from workbench.policy.officers import SEAL


def check_signer(case: Ledger, session: Session, namespace: str) -> None:
    """Raise AuthorityError where the key may not sign so now, by the officers file in force in this case (3.3).

    A session may be days old: the register is looked at again, and the case takes what it does not hold yet, so
    that a key that has ended meanwhile leaves no signature that does not count. The time is that of clause 3.3,
    since this machine's clock may be behind the one that the register was changed on.
    """
    with case.chain.lock:
        case.department.renew()
        take_officers(case)
        officers = case.department.officers
        at = max(case.clock(), officers.at)
        if not officers.may(session.badge, namespace, at, session.signer.blob):
            what = "a seal" if namespace == SEAL else f"in {namespace}"
            raise AuthorityError(
                f"this key may not sign {what} now",
                found=f"{session.badge} {session.key}",
                todo="see 'workbench officer list'",
            )


def take_officers(case: Ledger) -> None:
    """Copy the register's officers files that the case does not hold yet.

    Never into a case whose officers are not ours: it would be damaged for those whose case it is.
    """
    newest = case.department.officers.number
    if (case.folder / f"officers/{newest:04d}").exists():
        return
    with case.chain.lock:
        found = case.history()
        if found.problem or len(found.officers) >= newest:
            return
        case.go_on_as_format_2()
        for number in range(len(found.officers) + 1, newest + 1):
            _take(case, f"officers/{number:04d}", number)


def _take(case: Ledger, name: str, number: int) -> None:
    data, signed = case.department.file(name)
    clear(case, "officers", number)
    disk.write_new(case.folder / name, data)
    signatures = {}
    for badge, armored in signed.items():
        disk.write_new(case.folder / f"{name}.{badge}.sig", armored)
        signatures[badge] = hashlib.sha256(armored).hexdigest()
    digest = hashlib.sha256(data).hexdigest()
    fields = {"number": number, "sha256": digest, "signatures": signatures}
    case.chain.append_locked(case.actor, [("officers", fields)])
