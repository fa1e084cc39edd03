"""Writing seals: what was closed since the last one, signed where the key is at hand (docs/casefile-format.md, 10)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from workbench.casefile import signers
from workbench.casefile.ledger import Ledger
from workbench.casefile.recovery import clear
from workbench.custody import disk, log, naming, seals
from workbench.custody.chain import Chain
from workbench.custody.merkle import Compact
from workbench.custody.seals import Seal
from workbench.department import Session
from workbench.errors import AuthorityError, IntegrityError, Locked, UsageError
from workbench.policy.officers import REVIEW, SEAL
from workbench.times import read_stamp, stamp

MOST = 9999
"""The highest number of a seal (clause 1.2: four digits)."""

_ABOUT_SEALS = frozenset({"seal", "seal.signed", "seal.stamped"})
"""Lines that alone are no reason for another seal: sealing would never end."""


def seal(case: Ledger, session: Session | None) -> Seal | None:
    """Seal what is new, signed by the acting officer; give None where only lines about seals are new.

    Costs what is new costs, however much is sealed already. Where the key is locked the seal stands unsigned.
    Raises AuthorityError where the key at hand may not sign seals now.
    """
    with case.chain.lock:
        # First, since what is moved aside takes a line of its own, which would be missing from the count.
        case.chain.mended_locked(case.actor)
        check_key(case, session)
        before = seals.newest(case.folder)
        clear(case, "seals", before.number + 1 if before else 1)
        case.go_on_as_format_2()
        made = _next(case, before)
        if made is None:
            return None
        data = seals.render(made)
        disk.write_new(case.folder / made.name, data)
        signatures = {}
        if armored := _signed(session, data):
            signatures[case.actor] = _put_signature(case, made.number, case.actor, armored)
        made = msgspec.structs.replace(made, sha256=hashlib.sha256(data).hexdigest())
        fields = {"seal": made.number, "sha256": made.sha256, "signatures": signatures}
        case.chain.append_locked(case.actor, [("seal", fields)], at=read_stamp(made.at), close=True)
    anchored: dict[str, object] = {"case": case.number, "seal": made.number, "sha256": made.sha256}
    case.department.anchor(case.actor, "sealed", anchored)
    return made


def check_key(case: Ledger, session: Session | None) -> None:
    """Raise AuthorityError where the key is retired, compromised or out of its time."""
    if session is None:
        return
    if session.badge != case.actor:
        raise AuthorityError("a seal is signed by who acts", expected=case.actor, found=session.badge)
    signers.check_signer(case, session, SEAL)


def _signed(session: Session | None, data: bytes) -> bytes:
    if session is None:
        return b""
    try:
        return session.sign(data, SEAL)
    except Locked:
        return b""  # it stands, unsigned, until 'seal --sign-pending'


def _put_signature(case: Ledger, number: int, badge: str, armored: bytes) -> str:
    disk.write_new(case.folder / f"{seals.path_of(number)}.{badge}.sig", armored)
    return hashlib.sha256(armored).hexdigest()


def _next(case: Ledger, before: Seal | None) -> Seal | None:
    """Read the lines since the last seal and say what the next one seals; the chain's lock is held."""
    tree = Compact(before.lines, [bytes.fromhex(one) for one in before.subtrees]) if before else Compact()
    segments = list(_unsealed(case.folder))
    closed: naming.Named = []
    named: naming.Named = []
    gone: set[str] = set()
    news = False
    for path in segments:
        digest = hashlib.sha256()
        for raw, entry in log.walk(path):
            digest.update(raw)
            tree.extend([raw])
            news = news or entry is None or entry.action not in _ABOUT_SEALS
            if entry is not None:
                named += _named(case, entry)
                gone |= {entry.fields["file"]} if entry.action == "disposed" else set()
        closed.append((digest.hexdigest(), f"log/{path.name}"))
    if not news:
        return None
    if before and before.number >= MOST:
        raise UsageError(
            f"this case has {MOST} seals, as many as its format can number",
            where=before.name,
            todo="what was done stands in the log; close the case and go on in another that refers to it",
        )
    audit = _audited(case)
    return Seal(
        sha256="",
        case=case.number,
        number=before.number + 1 if before else 1,
        previous=before.sha256 if before else log.GENESIS,
        at=stamp(case.clock()),
        by=case.actor,
        lines=tree.size,
        root=tree.root().hex(),
        subtrees=tuple(one.hex() for one in tree.hashes),
        audit_lines=audit.seq,
        audit_last=audit.prev,
        files=(*closed, *(one for one in named if one[1] not in gone)),
    )


def _audited(case: Ledger) -> log.Head:
    """Give the audit chain's last line. Under its lock, so that what the seal says of it is on the medium."""
    with Chain(case.folder, "audit", case.clock).lock:
        return log.reached(case.folder, "audit")


def _unsealed(folder: Path) -> Iterator[Path]:
    """List the segments after the last sealed one, in order."""
    found: list[Path] = []
    for path in reversed(log.segments(folder)):
        found.append(path)
        entry = log.first(path)
        if entry is not None and entry.action == "seal":
            break
    return reversed(found)


def _named(case: Ledger, entry: log.Entry) -> naming.Named:
    if entry.action != "capture.end":
        return naming.files(entry)
    number = entry.fields["capture"]
    found = sorted((case.folder / "warc").glob(f"{number:04d}-*.warc.gz"))
    if len(found) != 1:
        raise IntegrityError(
            "a capture's WARC is not there, or twice", where=f"warc/{number:04d}-…", found=str(len(found))
        )
    return [(entry.fields["sha256"], f"warc/{found[0].name}")]


def sign_pending(case: Ledger, session: Session) -> list[int]:
    """Sign the seals that this officer made while their key was locked; give their numbers."""
    check_key(case, session)
    signed = []
    for number, kept in case.history().seals.items():
        if kept.begin.actor == session.badge and session.badge not in kept.signed:
            _add_signature(case, session, number, SEAL)
            signed.append(number)
    return signed


def countersign(case: Ledger, session: Session, number: int) -> Seal:
    """Have a supervisor sign the seal they saw; not one that they made themselves (10.5)."""
    found = seals.read(case.folder, number)
    if found.by == session.badge:
        raise AuthorityError("nobody countersigns their own seal", todo="ask another supervisor")
    if session.badge in case.history().seals[number].signed:
        raise UsageError("you have countersigned this seal already", found=f"seal {number}")
    _add_signature(case, session, number, REVIEW)
    return found


def _add_signature(case: Ledger, session: Session, number: int, namespace: str) -> None:
    data = seals.render(seals.read(case.folder, number))
    armored = session.sign(data, namespace)
    with case.chain.lock:
        signers.check_signer(case, session, namespace)
        clear(case, "seals", number, f".txt.{session.badge}.sig")
        digest = _put_signature(case, number, session.badge, armored)
        fields = {"seal": number, "signatures": {session.badge: digest}}
        case.chain.append_locked(session.badge, [("seal.signed", fields)])


def stamped(case: Ledger, number: int, name: str, token: bytes) -> None:
    """Keep an authority's timestamp of a seal (10.6); where another process has just kept one, that one stays."""
    file = case.folder / f"seals/{number:04d}.{name}.tsr"
    with case.chain.lock:
        if file.exists():
            return
        disk.write_new(file, token)
        fields = {"seal": number, "name": name, "sha256": hashlib.sha256(token).hexdigest()}
        case.chain.append_locked(case.actor, [("seal.stamped", fields)])
