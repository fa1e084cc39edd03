"""What stands signed in a case right now: its state, and the authority that covers collection, if any."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import WorkbenchError
from workbench.policy.versions import CaseVersion, Scope, Signed, check_next, last_request
from workbench.records import Record
from workbench.times import read_stamp

CLOCK_SLACK = 300_000_000
"""Microseconds by which two machines' clocks may differ; a later date would stretch an authority."""

OVERSEERS = frozenset({"supervisor", "deputy", "chief", "auditor", "records"})
"""Roles that read cases they do not work; each opening is in the audit chain."""


class Authority(Record, frozen=True, kw_only=True):
    """A signed permission: the version that gives it, its scope and its end (microseconds since 1970)."""

    version: int
    kind: str
    by: str
    scope: Scope
    expires: int
    unratified: bool = False


class Standing(Record, frozen=True, kw_only=True):
    """The case as it stands. ``problem`` is empty only where every version is sound and signed.

    ``oral`` tells of a case that began with an oral authority what became of it: ratified, refused or unratified.
    It stays so whatever was approved later: what was captured under it rests on it.
    """

    state: str
    latest: CaseVersion | None
    authority: Authority | None
    pending: Signed | None = None
    problem: str = ""
    oral: str = ""

    @property
    def workers(self) -> frozenset[str]:
        """The badges that work the case."""
        return frozenset((self.latest.owner, *self.latest.assigned)) if self.latest else frozenset()


def standing(versions: Sequence[Signed], collectors: Sequence[tuple[int, str]], now: int) -> Standing:
    """Walk all versions; give the state: draft, requested, approved, oral, refused, expired, closed, unsound.

    Total: anything unsigned, out of order or against a rule gives ``unsound`` and no authority.
    """
    for index, signed in enumerate(versions):
        earlier = [(seq, actor) for seq, actor in collectors if seq < signed.seq]
        problem = signed.problem or _problem(versions[:index], signed.version, earlier, now)
        if problem:
            where = f"case/{signed.version.version:04d}.json: {problem}"
            return Standing(state="unsound", latest=signed.version, authority=None, problem=where)
    if not versions:
        return Standing(state="unsound", latest=None, authority=None, problem="the case has no version")
    authority = _authority(versions)
    return Standing(
        state=_state(versions, authority, now),
        latest=versions[-1].version,
        authority=authority,
        pending=last_request(versions),
        oral=_oral(versions),
    )


def _oral(versions: Sequence[Signed]) -> str:
    first = versions[0]
    if first.version.oral is None:
        return ""
    for signed in versions:
        if not signed.void and signed.version.refuses == first.sha256:
            return "refused"
        if not signed.void and signed.version.ratifies == first.sha256:
            return "ratified"
    return "unratified"


def _problem(
    history: Sequence[Signed], version: CaseVersion, collectors: Sequence[tuple[int, str]], now: int
) -> str:
    try:
        check_next(history, version, collectors)
        if read_stamp(version.at) > now + CLOCK_SLACK:
            return "it is dated later than now"
    except WorkbenchError as error:
        return error.what
    except ValueError as error:
        return f"a time cannot be read: {error}"
    return ""


def _authority(versions: Sequence[Signed]) -> Authority | None:
    """Give the newest permission that has not been taken back, expired or not."""
    if versions[-1].version.act == "close":
        return None
    for signed in reversed(versions):
        version = signed.version
        if version.act in {"approve", "oral"} and version.scope is not None:
            if signed.void or any(other.version.refuses == signed.sha256 for other in versions):
                return None
            return Authority(
                version=version.version,
                kind="oral" if version.act == "oral" else "approved",
                by=version.oral.supervisor if version.oral else version.by,
                scope=version.scope,
                expires=read_stamp(version.expires),
                unratified=version.act == "oral"
                and not any(other.version.ratifies == signed.sha256 and not other.void for other in versions),
            )
    return None


def _state(versions: Sequence[Signed], authority: Authority | None, now: int) -> str:
    last = versions[-1].version
    if last.act == "close":
        return "closed"
    if authority is not None and now < authority.expires:
        return authority.kind
    if last_request(versions) is not None:
        return "requested"
    if authority is not None:
        return "expired"
    return "refused" if any(signed.version.act == "refuse" for signed in versions) else "draft"
