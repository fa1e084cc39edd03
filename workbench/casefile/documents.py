"""Numbered documents that people write (docs/casefile-format.md, 7.3 and 11 to 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from workbench.casefile.ledger import Ledger
from workbench.casefile.recovery import clear
from workbench.custody import disk, log
from workbench.department import Session
from workbench.errors import UsageError
from workbench.times import stamp

_KINDS = {"decision": ("decisions", "decision"), "release": ("releases", "release")}
_KINDS |= {"restore": ("restores", "restored")}
"""Kind -> folder and action of a signed document."""

_CHAINED = frozenset({"decision", "release"})


def add_signed(
    case: Ledger, kind: str, session: Session, namespace: str, body: Mapping[str, object], *, seen: int | None
) -> tuple[int, str]:
    """Write the next document of a kind, signed; give its number and SHA-256.

    ``seen`` is how many of them the officer knew of: UsageError where there are more by now, so that nobody
    decides over what they have not seen.
    """
    folder, action = _KINDS[kind]
    with case.chain.lock:
        case.go_on_as_format_2()
        found = getattr(case.history(), folder)
        if seen is not None and len(found) != seen:
            raise UsageError(
                f"somebody else has just written a {kind}",
                where=f"{folder}/{len(found):04d}.json, by {found[len(found)].actor}",
                todo="look again, then decide",
            )
        number = len(found) + 1
        fixed: dict[str, object] = {kind: number, "by": session.badge}
        if kind in _CHAINED:
            fixed["previous"] = found[number - 1].fields["sha256"] if found else log.GENESIS
        data = _document(case, kind, {**body, **fixed})
        armored = session.sign(data, namespace)
        name = f"{folder}/{number:04d}.json"
        clear(case, folder, number)
        disk.write_new(case.folder / name, data)
        disk.write_new(case.folder / f"{name}.{session.badge}.sig", armored)
        digest = hashlib.sha256(data).hexdigest()
        signatures = {session.badge: hashlib.sha256(armored).hexdigest()}
        case.chain.append_locked(
            session.badge, [(action, {kind: number, "sha256": digest, "signatures": signatures})]
        )
    return number, digest


def annotate(case: Ledger, body: Mapping[str, object]) -> int:
    """Keep what a person adds (7.3); give the annotation's number."""
    with case.chain.lock:
        case.go_on_as_format_2()
        number = max(case.history().annotations, default=0) + 1
        clear(case, "annotations", number)
        data = _document(case, "annotation", {**body, "annotation": number, "by": case.actor})
        disk.write_new(case.folder / f"annotations/{number:04d}.json", data)
        fields = {"annotation": number, "sha256": hashlib.sha256(data).hexdigest()}
        case.chain.append_locked(case.actor, [("annotation", fields)])
    return number


def disseminated(case: Ledger, release: int, kind: str, sha256: str, exhibits: int) -> None:
    """Enter what has left under a release (12.4)."""
    fields = {"release": release, "kind": kind, "sha256": sha256, "exhibits": exhibits}
    case.chain.append(case.actor, [("disseminated", fields)])


def _document(case: Ledger, kind: str, body: Mapping[str, object]) -> bytes:
    whole = {
        "format": f"workbench-{kind}/1",
        "case": case.number,
        "at": stamp(case.clock()),
        **body,
    }
    return msgspec.json.format(msgspec.json.encode(whole, order="sorted"), indent=2) + b"\n"
