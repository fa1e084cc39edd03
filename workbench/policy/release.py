"""Releases: signed permission for something to leave (docs/casefile-format.md, 12). Pure rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import msgspec

from workbench.counts import exhibits_told
from workbench.errors import IntegrityError, UsageError
from workbench.policy.gate import ALLOWED, Decision
from workbench.policy.standing import CLOCK_SLACK
from workbench.policy.versions import DAY
from workbench.records import Record
from workbench.times import read_stamp, stamp

FORMAT = "workbench-release/1"
KINDS: dict[str, str] = {
    "package": "a court package",
    "disclosure": "chosen exhibits with their proofs",
    "report": "a report or figure made from the case",
    "copy": "a copy of exhibits",
    "export": "rows and networks read from exhibits, for other programs",
}
"""What may leave -> what it is."""

DAYS = 30
MAX_DAYS = 90
WORDS_LENGTH = 2000
"""Most characters of a recipient or purpose."""


class Release(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One release. ``exhibits`` are exhibit numbers, or None for all that the seal covers."""

    format: str
    case: str
    release: int
    previous: str
    at: str
    by: str
    kind: str
    exhibits: tuple[int, ...] | None
    seal: int
    seal_sha256: str
    recipient: str
    purpose: str
    expires: str

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Read a release; raise IntegrityError naming what does not fit."""
        try:
            found = msgspec.json.decode(data, type=cls)
            check_fields(found.kind, found.recipient, found.purpose, found.exhibits)
            read_stamp(found.expires)
            read_stamp(found.at)
        except (msgspec.DecodeError, UsageError, ValueError) as error:
            raise IntegrityError(f"this release cannot be read: {error}", where=where) from error
        if found.format != FORMAT:
            raise IntegrityError(
                "this is not a release", where=where, expected=FORMAT, found=found.format[:80]
            )
        return found


def check_fields(kind: str, recipient: str, purpose: str, exhibits: Sequence[int] | None) -> None:
    """Raise UsageError where a release does not say what may leave, to whom and what for."""
    if kind not in KINDS:
        raise UsageError("nothing of this kind leaves", expected=", ".join(KINDS), found=kind[:40])
    for name, text in (("recipient", recipient), ("purpose", purpose)):
        if not text.strip():
            raise UsageError(f"a release names its {name}", todo="say to whom it goes and what for")
        if len(text) > WORDS_LENGTH:
            raise UsageError(f"the {name} is too long", expected=f"at most {WORDS_LENGTH} characters")
    if exhibits is not None and (not exhibits or len(set(exhibits)) != len(exhibits)):
        raise UsageError("a release names its exhibits, each once, or all of them")


def check(body: Mapping[str, Any], *, exhibits: int, days: int) -> None:
    """Raise UsageError where a new release breaks a rule.

    ``body`` has kind, recipient, purpose and exhibits; the seal that it is to name covers the first
    ``exhibits`` exhibits.
    """
    check_fields(body["kind"], body["recipient"], body["purpose"], body["exhibits"])
    beyond = [number for number in body["exhibits"] or () if not 1 <= number <= exhibits]
    if beyond:
        raise UsageError(
            "the newest seal covers no such exhibit",
            expected=f"1 to {exhibits}",
            found=", ".join(map(str, beyond[:10])),
        )
    if not 1 <= days <= MAX_DAYS:
        raise UsageError("a release lasts some days", expected=f"1 to {MAX_DAYS}", found=str(days))


def until(now: int, days: int) -> str:
    """Give the time at which a release of so many days ends."""
    return stamp(now + days * DAY)


def covers(
    release: Release, kind: str, exhibits: Collection[int] | None, now: int, seal: int | None = None
) -> Decision:
    """Decide whether a release lets something leave: its kind, its exhibits (None for all), its time, its seal.

    ``seal`` is None where the caller leaves the state to the release.
    """
    if release.kind != kind:
        return _no(
            "other-kind", f"release {release.release} is for {KINDS.get(release.kind, 'something else')}"
        )
    if not read_stamp(release.at) - CLOCK_SLACK <= now:
        return _no("not-yet", f"release {release.release} is dated later than now")
    if now >= read_stamp(release.expires):
        return _no("expired", f"release {release.release} ended on {release.expires[:10]}")
    if seal is not None and seal != release.seal:
        return _no("other-seal", f"release {release.release} is for seal {release.seal}, not for seal {seal}")
    return _within(release, exhibits)


def _within(release: Release, exhibits: Collection[int] | None) -> Decision:
    if release.exhibits is None:
        return ALLOWED
    if exhibits is None:
        return _no("not-all", f"release {release.release} is for chosen exhibits, not for all")
    beyond = sorted(set(exhibits) - set(release.exhibits))
    if beyond:
        return _no(
            "exhibits-not-covered", f"release {release.release} does not cover {exhibits_told(beyond[:10])}"
        )
    return ALLOWED


def chosen(
    releases: Sequence[Release],
    kind: str,
    exhibits: Collection[int] | None,
    now: int,
    *,
    number: int | None = None,
    seal: int | None = None,
) -> tuple[Release | None, Decision]:
    """Find the newest release that lets something leave, or only look at ``number``; give the reasoned answer."""
    wanted = [one for one in releases if number in {None, one.release}]
    if number is not None and not wanted:
        return None, _no("no-release", f"the case has no release {number} that counts")
    answers = [(one, covers(one, kind, exhibits, now, seal)) for one in reversed(wanted)]
    allowed = next((pair for pair in answers if pair[1].allowed), None)
    if allowed is not None:
        return allowed
    # Of those that do not do, the newest of the right kind tells most.
    refused = [answer for one, answer in answers if one.kind == kind or number is not None]
    return None, refused[0] if refused else _no("no-release", f"nobody has released {KINDS.get(kind, kind)}")


def _no(reason: str, words: str) -> Decision:
    return Decision(allowed=False, reason=reason, words=words)
