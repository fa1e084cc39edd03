"""Officers files: OpenSSH ``allowed_signers`` text to records and back (docs/casefile-format.md, 3)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from workbench.errors import IntegrityError, UsageError
from workbench.records import Record
from workbench.times import from_micros, read_stamp, stamp, to_micros

BADGE = re.compile(r"[0-9a-z][0-9a-z.-]{0,31}")

SESSION = "workbench-session"
REQUEST = "workbench-request"
SEAL = "workbench-seal"
APPROVE = "workbench-approve"
REVIEW = "workbench-review"
REGISTER = "workbench-register"
REGISTER_SECOND = "workbench-register-second"
RELEASE = "workbench-release"

_DETECTIVE = (SESSION, REQUEST, SEAL)
_SUPERVISOR = (*_DETECTIVE, APPROVE, REVIEW)
ROLES: dict[str, tuple[str, ...]] = {
    "detective": _DETECTIVE,
    "supervisor": _SUPERVISOR,
    "deputy": (*_SUPERVISOR, RELEASE),
    "chief": (*_SUPERVISOR, REGISTER, RELEASE),
    "administrator": (SESSION, REGISTER_SECOND),
    "records": (SESSION,),
    "auditor": (SESSION,),
    "service": (SESSION, SEAL),
}
"""Role -> the OpenSSH namespaces in which its holder's signature counts (clause 3.2)."""

_LINE = re.compile(
    r'(?P<badge>\S+) namespaces="(?P<namespaces>[^"]*)",valid-after="(?P<after>\d{14}Z)"'
    r'(?:,valid-before="(?P<before>\d{14}Z)")? ssh-ed25519 (?P<key>[A-Za-z0-9+/=]+)(?: (?P<comment>.*))?'
)
_SECOND = 1_000_000


class OfficerKey(Record, frozen=True, kw_only=True):
    """One line of an officers file: a badge's key, what it may sign, and from when to when.

    ``after`` and ``before`` are microseconds since 1970 UTC, whole seconds; ``before`` may be None.
    ``key`` is the SSH public key blob.
    """

    badge: str
    role: str
    key: bytes
    after: int
    before: int | None = None
    compromised: bool = False

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of its role."""
        return ROLES[self.role]

    def valid_at(self, at: int) -> bool:
        """Whether the line is valid at that time: valid-after ≤ T < valid-before."""
        return self.after <= at and (self.before is None or at < self.before)


class Officers(Record, frozen=True, kw_only=True):
    """One numbered officers file."""

    number: int
    previous: str
    at: int
    keys: tuple[OfficerKey, ...]

    def may(self, badge: str, namespace: str, at: int, key: bytes) -> bool:
        """Whether that key, for that badge, may sign in that namespace at that time."""
        return any(
            line.badge == badge and line.key == key and namespace in line.namespaces and line.valid_at(at)
            for line in self.keys
        )

    def current(self, badge: str, at: int) -> OfficerKey | None:
        """Give the badge's valid key line at that time."""
        return next((k for k in reversed(self.keys) if k.badge == badge and k.valid_at(at)), None)

    def role(self, badge: str, at: int) -> str:
        """Give the badge's role at that time, or an empty string."""
        line = self.current(badge, at)
        return line.role if line else ""


def check_badge(badge: str) -> str:
    """Give the badge back, or raise UsageError."""
    if not BADGE.fullmatch(badge):
        raise UsageError(
            "this is not a badge", expected="digits, small letters, '.' and '-', at most 32", found=badge[:40]
        )
    return badge


def whole_second(micros: int) -> int:
    """Round down to whole seconds, as officers files keep times."""
    return micros - micros % _SECOND


def _ssh_time(micros: int) -> str:
    return from_micros(micros).strftime("%Y%m%d%H%M%SZ")


def _read_ssh_time(text: str) -> int:
    return to_micros(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC))


def render(officers: Officers) -> bytes:
    """Write an officers file (clause 3.1)."""
    lines = [
        "# workbench-officers/1",
        f"# number {officers.number}",
        f"# previous {officers.previous}",
        f"# at {stamp(officers.at)}",
    ]
    for key in officers.keys:
        before = f',valid-before="{_ssh_time(key.before)}"' if key.before is not None else ""
        comment = f"{key.role} compromised" if key.compromised else key.role
        blob = base64.b64encode(key.key).decode("ascii")
        options = f'namespaces="{",".join(key.namespaces)}",valid-after="{_ssh_time(key.after)}"{before}'
        lines.append(f"{key.badge} {options} ssh-ed25519 {blob} {comment}")
    return ("\n".join(lines) + "\n").encode("utf-8")


def parse(data: bytes, where: str) -> Officers:
    """Read an officers file; raise IntegrityError naming the line that does not fit."""
    lines = data.decode("utf-8", "replace").split("\n")
    head = re.fullmatch(
        r"# workbench-officers/1\n# number ([0-9]+)\n# previous ([0-9a-f]{64})\n# at ([0-9T:.Z-]{27})",
        "\n".join(lines[:4]),
    )
    if head is None or lines[-1] != "":
        raise IntegrityError(
            "this is not an officers file",
            where=where,
            expected="four comment lines and a final line feed (clause 3.1)",
        )
    keys = tuple(_read_line(line, f"{where}, line {n}") for n, line in enumerate(lines[4:-1], 5))
    try:
        return Officers(number=int(head[1]), previous=head[2], at=read_stamp(head[3]), keys=keys)
    except ValueError as error:
        raise IntegrityError(f"this officers file's time cannot be read: {error}", where=where) from error


def check_follows(new: Officers, earlier: Sequence[Officers], sha256: str, where: str) -> None:
    """Raise IntegrityError where an officers file does not continue the ones before it.

    ``sha256`` is that of the last of them. Without this an old file, rightly signed in its day, could be
    put in force again, or one be signed with a key of yesterday by dating it back.
    """
    number = len(earlier) + 1
    if (new.number, new.previous) != (number, sha256 if earlier else "0" * 64):
        raise IntegrityError(
            "this officers file does not follow the one before it",
            where=where,
            expected=f"number {number}, previous {sha256[:12]}…",
            found=f"number {new.number}, previous {new.previous[:12]}…",
        )
    if earlier and new.at < earlier[-1].at:
        raise IntegrityError("this officers file is dated before the one it follows", where=where)


def _read_line(line: str, where: str) -> OfficerKey:
    match = _LINE.fullmatch(line)
    role, _, flag = (match["comment"] or "").partition(" ") if match else ("", "", "")
    if match is None or role not in ROLES or match["namespaces"] != ",".join(ROLES[role]):
        raise IntegrityError(
            "this line of an officers file does not fit its role",
            where=where,
            expected="badge, the role's namespaces, validity, key and role (clauses 3.1 and 3.2)",
        )
    try:
        return OfficerKey(
            badge=check_badge(match["badge"]),
            role=role,
            key=base64.b64decode(match["key"], validate=True),
            after=_read_ssh_time(match["after"]),
            before=_read_ssh_time(match["before"]) if match["before"] else None,
            compromised=flag == "compromised",
        )
    except (ValueError, binascii.Error, UsageError) as error:
        raise IntegrityError(f"this line of an officers file cannot be read: {error}", where=where) from error
