"""Case versions: what is asked, on whose authority, within what scope (docs/casefile-format.md, 4).

``check_next`` holds the rules of the acts in one place: a shell calls it before it signs a new version, and
``standing`` calls it for every version it reads, so that nothing unsound is written or believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

import msgspec

from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy.officers import APPROVE, REQUEST
from workbench.policy.purposes import purpose
from workbench.records import Record, Target
from workbench.times import read_stamp

FORMAT = "workbench-case/1"
GENESIS = "0" * 64
DAY = 86_400_000_000
MAX_DAYS = 30
ORAL_HOURS = 24
ORAL_TARGETS = 5
ORAL_REQUESTS = 500

NAMESPACES: dict[str, tuple[str, ...]] = {
    "open": (REQUEST,),
    "oral": (REQUEST,),
    "request": (REQUEST,),
    "renew": (REQUEST,),
    "close": (REQUEST,),
    "approve": (APPROVE,),
    "refuse": (APPROVE,),
    "ratify": (APPROVE,),
    "assign": (APPROVE, REQUEST),
    "handover": (APPROVE, REQUEST),
}
"""Act -> the namespaces in which its author may sign; the first that his role holds is used."""


class Window(Record, frozen=True, kw_only=True):
    """The period whose posts may be collected: log stamps, or None for open ends."""

    since: str | None = None
    until: str | None = None


class ScopeLimits(Record, frozen=True, kw_only=True):
    """How much one capture may fetch."""

    requests: int = 2000
    bytes: int = 2_000_000_000


class Scope(Record, frozen=True, kw_only=True):
    """What may be collected: addresses, hosts, period, amounts (clause 4.4)."""

    targets: tuple[Target, ...]
    hosts: tuple[str, ...]
    window: Window = Window()
    limits: ScopeLimits = ScopeLimits()
    media: bool = True
    context: bool = True


GIVEN_ONLY: Final = Scope(
    targets=(), hosts=(), limits=ScopeLimits(requests=0, bytes=0), media=False, context=False
)
"""What a case that rests on given files alone asks for: to be worked, and nothing to be collected."""
GIVEN_WORDS: Final = "files given to us only: nothing may be collected"


class Oral(Record, frozen=True, kw_only=True):
    """An authority given by word of mouth: by whom, when, in what words, against what danger."""

    supervisor: str
    at: str
    words: str
    danger: str


class CaseVersion(Record, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One immutable version of the case: the whole of it, and the act that made it."""

    format: str
    case: str
    version: int
    act: str
    at: str
    by: str
    previous: str
    purpose: str
    facts: dict[str, str]
    subjects: tuple[str, ...]
    owner: str
    assigned: tuple[str, ...]
    scope: Scope | None
    reason: str
    days: int = 0
    expires: str = ""
    approves: str = ""
    refuses: str = ""
    ratifies: str = ""
    oral: Oral | None = None

    def render(self) -> bytes:
        """Write the version as people and other programs read it: indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2) + b"\n"

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Read a version; raise IntegrityError naming the field that does not fit."""
        try:
            return msgspec.json.decode(data, type=cls)
        except msgspec.DecodeError as error:
            raise IntegrityError(f"this case version cannot be read: {error}", where=where) from error

    def changed(self, **changes: Any) -> CaseVersion:  # noqa: ANN401 - any field of the record
        """Give the next version: the same whole, with what an act adds or changes."""
        kept = {
            name: getattr(self, name)
            for name in ("format", "case", "purpose", "facts", "subjects", "owner", "assigned", "scope")
        }
        return CaseVersion(**{**kept, "reason": "", "version": self.version + 1, **changes})


class Signed(Record, frozen=True, kw_only=True):
    """A version as found: its hash, its log line's number, and what is wrong with its signature, if so.

    ``void`` says that the key was reported as compromised from before the signature on.
    """

    version: CaseVersion
    sha256: str
    seq: int
    problem: str = ""
    void: bool = False


def _refuse(what: str, todo: str = "") -> AuthorityError:
    return AuthorityError(what, todo=todo)


def last_request(history: Sequence[Signed]) -> Signed | None:
    """Give the request or renewal that still waits for a decision."""
    for signed in reversed(history):
        if signed.version.act in {"approve", "refuse"}:
            return None
        if signed.version.act in {"request", "renew"}:
            return signed
    return None


def check_next(history: Sequence[Signed], new: CaseVersion, collectors: Sequence[tuple[int, str]]) -> None:
    """Raise AuthorityError, UsageError or IntegrityError where the new version breaks a rule of clause 4.

    ``collectors`` are the log numbers and actors of the captures begun so far. Which facts a purpose asks for is
    no rule of the format and may change: who opens a case is asked for them (``check_facts``), and what was accepted
    once still stands.
    """
    _check_shape(history, new)
    purpose(new.purpose)
    if not history:
        _check_first(new)
        return
    last = history[-1].version
    if last.act == "close":
        raise _refuse("the case is closed", "open a new case that refers to this one")
    if new.act not in _RULES:
        raise UsageError("this act cannot follow", expected=", ".join(_RULES), found=new.act)
    if new.act not in {"assign", "handover"} and (new.owner, new.assigned) != (last.owner, last.assigned):
        raise _refuse("this act may not change who works the case")
    if new.act not in {"request", "renew"} and new.scope != last.scope:
        raise _refuse("this act may not change the scope", "use 'case request' to ask for another scope")
    _RULES[new.act](history, new, collectors)


def _check_shape(history: Sequence[Signed], new: CaseVersion) -> None:
    expected = (FORMAT, len(history) + 1, history[-1].sha256 if history else GENESIS)
    if (new.format, new.version, new.previous) != expected:
        raise IntegrityError(
            "this case version does not follow the one before it",
            where=f"case/{new.version:04d}.json",
            expected=f"{expected[0]}, version {expected[1]}, previous {expected[2][:12]}…",
            found=f"{new.format}, version {new.version}, previous {new.previous[:12]}…",
        )
    if history and (new.case, new.purpose, new.facts, new.subjects) != _identity(history[-1].version):
        raise _refuse("number, purpose, facts and subjects of a case never change", "open another case")


def _identity(version: CaseVersion) -> tuple[str, str, dict[str, str], tuple[str, ...]]:
    return version.case, version.purpose, version.facts, version.subjects


def _check_first(new: CaseVersion) -> None:
    if new.act == "open":
        if new.scope is not None or new.oral is not None:
            raise _refuse("a case opens without a scope: it is asked for with 'case request'")
    elif new.act == "oral":
        _check_oral(new)
    else:
        raise _refuse("a case begins with 'open'")
    if new.owner != new.by or new.assigned:
        raise _refuse("who opens a case owns it")


def _check_oral(new: CaseVersion) -> None:
    oral, scope = new.oral, new.scope
    if oral is None or scope is None or not all((oral.supervisor, oral.words.strip(), oral.danger.strip())):
        raise UsageError("an oral authority needs the supervisor, when, the words, the danger and a scope")
    if oral.supervisor == new.by:
        raise _refuse("nobody authorises themselves")
    _check_window(scope.window)
    if not scope.targets or len(scope.targets) > ORAL_TARGETS or scope.limits.requests > ORAL_REQUESTS:
        raise _refuse(f"an oral authority covers at most {ORAL_TARGETS} targets and {ORAL_REQUESTS} requests")
    if read_stamp(new.expires) - read_stamp(new.at) > ORAL_HOURS * DAY // 24:
        raise _refuse(f"an oral authority lasts {ORAL_HOURS} hours at most")


def _check_request(history: Sequence[Signed], new: CaseVersion, _: Sequence[tuple[int, str]]) -> None:
    _check_worker(history, new)
    scope = new.scope
    if scope is None or (scope != GIVEN_ONLY and not (scope.targets and scope.hosts)):
        raise UsageError(
            "a request needs a scope", todo="name at least one --target SOURCE=ADDRESS, or say --given-files"
        )
    _check_window(scope.window)
    _check_days(new)


def _check_window(window: Window) -> None:
    for text in (window.since, window.until):
        if text is not None:
            read_stamp(text)


def _check_renew(history: Sequence[Signed], new: CaseVersion, _: Sequence[tuple[int, str]]) -> None:
    _check_worker(history, new)
    approved = next((s.version for s in reversed(history) if s.version.act == "approve"), None)
    if approved is None:
        raise _refuse("only an approved case can be renewed; an oral authority cannot")
    if new.scope != approved.scope:
        raise _refuse(
            "a renewal keeps the scope last approved", "use 'case request' to ask for another scope"
        )
    if not new.reason.strip():
        raise UsageError("a renewal needs a reason", todo="add --reason TEXT")
    _check_days(new)


def _check_days(new: CaseVersion) -> None:
    if not 1 <= new.days <= MAX_DAYS:
        raise UsageError("the authority's days do not fit", expected=f"1 to {MAX_DAYS}", found=str(new.days))


def _check_worker(history: Sequence[Signed], new: CaseVersion) -> None:
    last = history[-1].version
    if new.by not in {last.owner, *last.assigned}:
        raise _refuse("only who works the case may do this", "ask its owner for 'case assign'")


def _check_independent(
    history: Sequence[Signed], new: CaseVersion, asked: CaseVersion, collectors: Sequence[tuple[int, str]]
) -> None:
    last = history[-1].version
    if new.by in {asked.by, last.owner, *last.assigned} or new.by in {actor for _, actor in collectors}:
        raise _refuse(
            "nobody decides on what they asked for, work on or collect in", "ask another supervisor"
        )


def _check_approve(
    history: Sequence[Signed], new: CaseVersion, collectors: Sequence[tuple[int, str]]
) -> None:
    asked = last_request(history)
    if asked is None or new.approves != asked.sha256:
        raise _refuse("an approval must name the request that waits", "see 'case show'")
    _check_independent(history, new, asked.version, collectors)
    if read_stamp(new.expires) - read_stamp(new.at) > asked.version.days * DAY:
        raise _refuse(f"the approval may last {asked.version.days} days at most, as asked")


def _check_refuse(history: Sequence[Signed], new: CaseVersion, collectors: Sequence[tuple[int, str]]) -> None:
    asked = last_request(history)
    first = history[0]
    if asked is not None and new.refuses == asked.sha256:
        _check_independent(history, new, asked.version, collectors)
    elif first.version.oral is not None and new.refuses == first.sha256:
        _check_oral_decision(history, new)
    else:
        raise _refuse("a refusal must name the request or oral authority that waits", "see 'case show'")
    if not new.reason.strip():
        raise UsageError("a refusal needs a reason", todo="add --reason TEXT")


def _check_ratify(history: Sequence[Signed], new: CaseVersion, _: Sequence[tuple[int, str]]) -> None:
    if history[0].version.oral is None or new.ratifies != history[0].sha256:
        raise _refuse("there is no oral authority to ratify")
    _check_oral_decision(history, new)


def _check_oral_decision(history: Sequence[Signed], new: CaseVersion) -> None:
    first = history[0]
    if first.version.oral is None or new.by != first.version.oral.supervisor:
        raise _refuse("only the supervisor who gave the oral authority may ratify or refuse it")
    if any(first.sha256 in {s.version.ratifies, s.version.refuses} for s in history if not s.void):
        raise _refuse("the oral authority has been decided already")


def _check_staffing(history: Sequence[Signed], new: CaseVersion, _: Sequence[tuple[int, str]]) -> None:
    last = history[-1].version
    if new.act == "assign" and new.owner != last.owner:
        raise _refuse("an assignment does not change the owner", "use 'case handover'")
    if new.act == "handover" and (new.assigned != last.assigned or new.owner == last.owner):
        raise _refuse("a handover names one new owner and nothing else")


def _check_close(_: Sequence[Signed], new: CaseVersion, __: Sequence[tuple[int, str]]) -> None:
    if not new.reason.strip():
        raise UsageError("closing needs a reason", todo="add --reason TEXT")


_RULES = {
    "request": _check_request,
    "renew": _check_renew,
    "approve": _check_approve,
    "refuse": _check_refuse,
    "ratify": _check_ratify,
    "assign": _check_staffing,
    "handover": _check_staffing,
    "close": _check_close,
}
