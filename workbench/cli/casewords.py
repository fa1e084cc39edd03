"""How ``workbench case`` tells where a case stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.counts import counted
from workbench.custody.history import Work
from workbench.policy.standing import Standing
from workbench.policy.versions import GIVEN_ONLY, GIVEN_WORDS, Scope, Signed
from workbench.times import stamp

When = Callable[[str], str]
"""How a time is written: as it stands, for programs, or in the department's zone, for people."""


_ORAL = {"unratified": "UNRATIFIED oral authority", "refused": "oral authority REFUSED"}


def summary(number: str, standing: Standing, when: When = str) -> dict[str, str]:
    """Tell the state of a case in a few words."""
    latest, authority = standing.latest, standing.authority
    return {
        "case": number,
        "purpose": latest.purpose if latest else "",
        "state": standing.state,
        "owner": latest.owner if latest else "",
        "assigned": ", ".join(latest.assigned) if latest else "",
        "expires": when(stamp(authority.expires)) if authority else "",
        "unratified": _ORAL.get(standing.oral, ""),
        "waiting": "a request waits for a decision" if authority and standing.pending else "",
        "problem": standing.problem,
    }


def scope_words(standing: Standing, when: When = str) -> list[str]:
    """Tell what may be collected and, apart from it, what is asked for: a supervisor decides on the latter."""
    lines = _scope(standing.authority.scope, when) if standing.authority else []
    pending = standing.pending.version if standing.pending else None
    if pending is not None and pending.scope is not None:
        days = counted(pending.days, "day")
        lines += [
            f"(asked for by {pending.by}, not approved: {pending.act} for {days})",
            *_scope(pending.scope, when),
        ]
    return lines or ["none yet"]


def _scope(scope: Scope, when: When) -> list[str]:
    if scope == GIVEN_ONLY:
        return [GIVEN_WORDS]
    megabytes = f"{scope.limits.bytes / 1_000_000:,.1f}".removesuffix(".0")
    return [
        *(f"{target.source}: {target.target}" for target in scope.targets),
        f"hosts: {', '.join(scope.hosts)}",
        f"period: {_end(scope.window.since, when, 'the beginning')} to {_end(scope.window.until, when, 'any day')}",
        f"limits: {scope.limits.requests:,} requests, {megabytes} MB a capture",
        f"media: {'yes' if scope.media else 'no'}, threads: {'yes' if scope.context else 'no'}",
    ]


def _end(edge: str | None, when: When, none: str) -> str:
    return when(edge) if edge else none


def act_words(signed: Signed, when: When = str) -> str:
    """Tell one act: who, when, until when, why, whether void; of an oral authority also whose, in which words."""
    version = signed.version
    until = f" until {when(version.expires)}" if version.expires else ""
    why = f": {version.reason}" if version.reason else ""
    oral = version.oral
    if oral is not None:
        why = f': {oral.supervisor} said at {when(oral.at)} "{oral.words}"; danger: {oral.danger}'
    to = {"handover": f" to {version.owner}", "assign": f" {', '.join(version.assigned)}"}.get(
        version.act, ""
    )
    void = "  VOID: signed with a key that was reported as compromised" if signed.void else ""
    return f"{version.version} {version.act}{to} by {version.by} at {when(version.at)}{until}{why}{void}"


def work_words(work: Work, versions: Sequence[Signed], when: When = str) -> str:
    """Tell one capture or import: of what, when, with which result."""
    begin, end = work.begin.fields, work.end.fields if work.end else {}
    how = f"{end.get('verdict', 'open')} ({end.get('reason', 'not ended')})"
    at = when(stamp(work.begin.at))
    if "source" not in begin:
        return f"{work.number} {at}: {how}, {counted(end.get('exhibits', 0), 'exhibit')}"
    what = f"{begin['source']} {_target(begin, versions)}"
    return (
        f"{work.number} {what} {at}: {how}, {items_words(str(end.get('verdict', '')), end.get('items', 0))}, "
        f"{counted(end.get('requests', 0), 'request')}"
    )


def items_words(verdict: str, items: int) -> str:
    """Tell how many items a capture brought; one that was cut short kept its bytes and did not count them."""
    return "items not counted" if verdict == "partial" and not items else counted(items, "item")


def _target(begin: dict[str, object], versions: Sequence[Signed]) -> str:
    number, index = begin.get("authority"), begin.get("target")
    scope = next((one.version.scope for one in versions if one.version.version == number), None)
    targets = dict(enumerate(scope.targets)) if scope is not None else {}
    return targets[index].target if isinstance(index, int) and index in targets else "?"
