"""SSHSIG signatures and officers files, read by the document alone (clause 3; OpenSSH PROTOCOL.sshsig)."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workbench.custody.verify.lines import BADGE, HASH, is_stamp

_DETECTIVE: Final = ("workbench-session", "workbench-request", "workbench-seal")
_SUPERVISOR: Final = (*_DETECTIVE, "workbench-approve", "workbench-review")
ROLES: Final = {
    "detective": _DETECTIVE,
    "supervisor": _SUPERVISOR,
    "deputy": (*_SUPERVISOR, "workbench-release"),
    "chief": (*_SUPERVISOR, "workbench-register", "workbench-release"),
    "administrator": ("workbench-session", "workbench-register-second"),
    "records": ("workbench-session",),
    "auditor": ("workbench-session",),
    "service": ("workbench-session", "workbench-seal"),
}
"""Clause 3.2 as a table, in its order."""

_ARMOR: Final = re.compile(
    r"\s*-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\s*", re.ASCII
)
_LINE: Final = re.compile(
    r'(?P<badge>[^ ]+) namespaces="(?P<namespaces>[^" ]+)",valid-after="(?P<after>[0-9]{14}Z)"'
    r'(?:,valid-before="(?P<before>[0-9]{14}Z)")? ssh-ed25519 (?P<key>[A-Za-z0-9+/=]+)'
    r" (?P<role>[^ ]+)(?P<compromised> compromised)?"
)


class BadSignature(ValueError):  # noqa: N818 - what it is, in the field's words
    """The signature does not hold; the message says why."""


class Signed(NamedTuple):
    """A signature that fits its bytes: whose key, in which namespace."""

    key: bytes
    namespace: str


class Officer(NamedTuple):
    """One line of an officers file; times are ``YYYYMMDDHHMMSS``, ``before`` may be empty."""

    badge: str
    namespaces: frozenset[str]
    after: str
    before: str
    key: bytes
    role: str
    compromised: bool

    def valid(self, at: str) -> bool:
        """Say whether the line is valid at a time written as 2.3: valid-after ≤ T < valid-before (3.3)."""
        moment = compact(at)
        return self.after <= moment and (not self.before or moment < self.before)


class Officers(NamedTuple):
    """One officers file: number, previous hash, the time it was made, its lines."""

    number: int
    previous: str
    at: str
    lines: list[Officer]

    def allows(self, badge: str, key: bytes, namespace: str, at: str) -> str:
        """Say why this key may not act so at that time (as 2.3), or nothing."""
        of_badge = [line for line in self.lines if line.badge == badge]
        of_key = [line for line in of_badge if line.key == key]
        in_role = [line for line in of_key if namespace in line.namespaces]
        if not of_badge:
            return "the badge is not in the officers file"
        if not of_key:
            return "the key is not that badge's"
        if not in_role:
            return f"the officer's role does not sign in {namespace}"
        if not any(line.valid(at) for line in in_role):
            return "the officer's line is not valid at that time"
        return ""

    def signs(self, badge: str, namespace: str, at: str) -> bool:
        """Say whether any of the badge's keys may sign in that namespace at that time (as 2.3)."""
        lines = (line for line in self.lines if line.badge == badge and namespace in line.namespaces)
        return any(line.valid(at) for line in lines)

    def current(self, badge: str, at: str) -> Officer | None:
        """Give the badge's last line that is valid at that time (4.3)."""
        return next((each for each in reversed(self.lines) if each.badge == badge and each.valid(at)), None)

    def ended(self, badge: str, key: bytes) -> str:
        """Give from when that key was reported compromised, ``YYYYMMDDHHMMSS`` or nothing (3.6)."""
        ends = [
            line.before
            for line in self.lines
            if (line.badge, line.key) == (badge, key) and line.compromised and line.before
        ]
        return ends[-1] if ends else ""


def compact(at: str) -> str:
    """Write a time as 2.3 as ``YYYYMMDDHHMMSS``."""
    return re.sub(r"[^0-9]", "", at[:19])


def fingerprint(key: bytes) -> str:
    """Give the SSH fingerprint of a raw Ed25519 key (3.5)."""
    digest = hashlib.sha256(_string(b"ssh-ed25519") + _string(key)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _strings(data: bytes, count: int) -> list[bytes]:
    """Take so many SSH strings, which must be all there is."""
    found = []
    for _ in range(count):
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            message = "the signature's bytes end early"
            raise BadSignature(message)
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    if data:
        message = "bytes are left over in the signature"
        raise BadSignature(message)
    return found


def digest_of(message: bytes) -> bytes:
    """Give what an SSHSIG signs of these bytes: their SHA-512 (3.3)."""
    return hashlib.sha512(message).digest()


def check(armored: bytes, digest: bytes) -> Signed:
    """Check an armored SSHSIG over the bytes of this SHA-512; raise BadSignature naming what is off (3.3)."""
    match = _ARMOR.fullmatch(armored.decode("latin-1").replace("\r\n", "\n"))
    _need(match is not None, "not an armored SSH signature")
    try:
        blob = base64.b64decode((match[1] if match else "").replace("\n", ""), validate=True)
    except ValueError as error:
        raise BadSignature("the armor is not base64") from error
    _need(blob[:10] == b"SSHSIG\x00\x00\x00\x01", "not an SSHSIG of version 1")
    public, namespace, reserved, algorithm, signature = _strings(blob[10:], 5)
    kind, key = _strings(public, 2)
    signature_kind, raw = _strings(signature, 2)
    _need(kind == signature_kind == b"ssh-ed25519" and len(key) == 32, "the key is not Ed25519")
    _need(algorithm == b"sha512", "the hash algorithm is not sha512")
    body = b"".join(map(_string, (namespace, reserved, algorithm, digest)))
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(raw, b"SSHSIG" + body)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("the signature does not fit the bytes") from error
    return Signed(key, namespace.decode("latin-1"))


def _need(good: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not good:
        raise BadSignature(message)


def read_officers(data: bytes) -> tuple[Officers | None, list[tuple[str, int, int, str, str]]]:
    """Read an officers file (3.1, 3.2); give it and its problems (clause, offset, length, what, found)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [("3.1", error.start, 1, "an officers file is not UTF-8", "")]
    problems: list[tuple[str, int, int, str, str]] = []
    if not text.endswith("\n") or "\r" in text or text.startswith("\ufeff"):
        problems.append(("3.1", 0, len(data), "an officers file is UTF-8 with LF at each line's end", ""))
    rows = text.split("\n")
    head = _head(rows[:4])
    if head is None:
        problems.append(("3.1", 0, len(data), "an officers file does not begin with its four lines", rows[0]))
        head = (0, "", "")
    officers: list[Officer] = []
    offset = sum(len(row.encode()) + 1 for row in rows[:4])
    for row in rows[4:-1] if text.endswith("\n") else rows[4:]:
        length = len(row.encode())
        line, problem = _officer(row)
        officers += [line] if line is not None else []
        if problem:
            problems.append((problem[0], offset, length, problem[1], row))
        offset += length + 1
    return Officers(*head, officers), problems


def _head(rows: list[str]) -> tuple[int, str, str] | None:
    pattern = r"# workbench-officers/1\n# number ([0-9]{1,9})\n# previous (.{64})\n# at (.{27})"
    match = re.fullmatch(pattern, "\n".join(rows))
    if match is None or not HASH.fullmatch(match[2]) or not is_stamp(match[3]):
        return None
    return int(match[1]), match[2], match[3]


def _officer(row: str) -> tuple[Officer | None, tuple[str, str] | None]:
    match = _LINE.fullmatch(row)
    key = _ssh_key(match["key"]) if match else None
    if match is None or key is None or not BADGE.fullmatch(match["badge"]):
        return None, ("3.1", "a line of an officers file does not have its form")
    if not (_is_time(match["after"]) and _is_time(match["before"] or match["after"])):
        return None, ("3.1", "a time in an officers file does not exist")
    namespaces = match["namespaces"].split(",")
    officer = Officer(
        match["badge"],
        frozenset(namespaces),
        match["after"][:14],
        (match["before"] or "")[:14],
        key,
        match["role"],
        match["compromised"] is not None,
    )
    if tuple(namespaces) != ROLES.get(match["role"]):
        return officer, ("3.2", "an officer's namespaces are not those of the role")
    return officer, None


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _ssh_key(text: str) -> bytes | None:
    try:
        kind, key = _strings(base64.b64decode(text, validate=True), 2)
    except ValueError:
        return None
    return key if kind == b"ssh-ed25519" and len(key) == 32 else None
