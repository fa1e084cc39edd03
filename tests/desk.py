"""A department on a desk: officers with keys, a clock that stands still, and cases in every state."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbench.capture import warc
from workbench.casefile import CaseFile
from workbench.custody import keys
from workbench.custody.keys import KeySigner
from workbench.department import FOLDER, Department, NewOfficer, Session, Settings
from workbench.policy import officers as register
from workbench.policy.gate import Grant
from workbench.policy.officers import OfficerKey
from workbench.policy.versions import DAY, Oral, Scope, ScopeLimits
from workbench.records import Order, Target
from workbench.times import read_stamp, stamp

PASSPHRASE = "correct horse battery"
START = read_stamp("2026-03-02T14:00:00.000000Z")
TARGET = Target(source="mastodon", target="https://social.example/@ada")
SCOPE = Scope(targets=(TARGET,), hosts=("social.example",))
FACTS = {"predicate": "reported missing", "report_number": "26-1", "last_contact": "Sunday, by telephone"}
STAFF = {"1001": "detective", "1002": "detective", "2001": "supervisor", "2002": "supervisor"}


HEAD = warc.warcinfo({"software": "tests"}, START)


def exchange(body: bytes, url: str = "https://social.example/api") -> bytes:
    """Make the records of one exhibit: an answer with that body, and its request."""
    asked = warc.Asked(uri=url, at=START, address="192.0.2.1", request=b"GET /api HTTP/1.1\r\n\r\n")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    return warc.answered(asked, head=head, body=body, truncated="").stored


def settings(*granted: str, **named: Any) -> Settings:
    """Make a department's settings: these hosts granted at a loopback address, and the services that are named."""
    return Settings(
        number=1,
        previous="0" * 64,
        department="D",
        timezone="UTC",
        people={},
        grants=tuple(Grant(host=host, address="127.0.0.1/32", reason="test") for host in granted),
        **named,
    )


@cache
def signer(badge: str, town: str = "here") -> KeySigner:
    """Give a badge's key: always the same, in memory only; another ``town`` has other keys."""
    seed = hashlib.sha256(f"{town} {badge}".encode()).digest()
    return KeySigner(Ed25519PrivateKey.from_private_bytes(seed))


class Desk:
    """Everything that a test of authority needs. ``now`` is the clock: add to it to let time pass.

    Keys are held in memory; ``write_keys`` writes the encrypted files where a test needs them.
    """

    def __init__(self, home: Path, *, town: str = "here", now: int = START) -> None:
        self.now = now
        self.town = town
        self.casefiles = home / "casefiles"
        self.keys = home / "keys"
        chief, admin = self.signer("c1"), self.signer("a1")
        self.department = Department.init(
            self.casefiles / FOLDER,
            name="Test Department",
            timezone="America/New_York",
            officers=[
                NewOfficer("c1", "Chief", "chief", chief),
                NewOfficer("a1", "Administrator", "administrator", admin),
            ],
            clock=self.clock,
        )
        lines = [*self.department.officers.keys]
        for badge, role in STAFF.items():
            lines.append(self.line(badge, role))
        self.department.change([self.sign_in("c1")], lines=lines)

    def clock(self) -> int:
        """Read the stopped clock."""
        return self.now

    def signer(self, badge: str) -> KeySigner:
        """Give a badge's key."""
        return signer(badge, self.town)

    def line(self, badge: str, role: str, key: str = "") -> OfficerKey:
        """Make a line of the register, valid from now on; ``key`` names another key than the badge's own."""
        blob = self.signer(key or badge).blob
        return OfficerKey(badge=badge, role=role, key=blob, after=register.whole_second(self.now))

    def sign_in(self, badge: str) -> Session:
        """Sign an officer in as the register has them, without a passphrase."""
        return self.sign_in_at(badge, self.now)

    def sign_in_at(self, badge: str, at: int) -> Session:
        """Do so at another time than now."""
        line = self.department.officers.current(badge, at)
        assert line is not None
        assert line.key == self.signer(badge).blob
        return Session(badge, line.role, self.signer(badge))

    def forge(self, badge: str, role: str) -> Session:
        """Give a session that claims a role whatever the register says: what a forger would sign with."""
        return Session(badge, role, self.signer(badge))

    def write_keys(self, *badges: str) -> Path:
        """Write encrypted key files, as officers have them, and a passphrase file; give that file's path."""
        for badge in badges:
            keys.write(keys.path_of(self.keys, badge), self.signer(badge).key, PASSPHRASE)
        words = self.keys / "passphrase"
        words.write_text(PASSPHRASE + "\n", "utf-8")
        words.chmod(0o600)
        return words

    def at_terminal(self, patch: pytest.MonkeyPatch, *badges: str, officer: str = "1001") -> None:
        """Name cases, key files of these badges and who acts in the environment, as at an officer's terminal."""
        words = self.write_keys(*badges)
        patch.setenv("WORKBENCH_KEYS", str(self.keys))
        patch.setenv("WORKBENCH_CASEFILES", str(self.casefiles))
        patch.setenv("WORKBENCH_PASSPHRASE_FILE", str(words))
        patch.setenv("WORKBENCH_OFFICER", officer)

    def grant(self, host: str, address: str = "127.0.0.1/32") -> None:
        """Have the chief grant a loopback address."""
        grants = (*self.department.settings.grants, Grant(host=host, address=address, reason="test"))
        self.department.change([self.sign_in("c1")], settings={"grants": grants, "per_host_ms": 0})

    def draft(self, number: str = "2026-0417", **changes: Any) -> CaseFile:
        """Open a missing-person case by detective 1001."""
        first = {"case": number, "act": "open", "purpose": "missing", "facts": FACTS, "subjects": ("Ada",)}
        return CaseFile.create(
            self.casefiles, self.department, self.sign_in("1001"), first | changes, self.clock
        )

    def oral(self, scope: Scope | None = None, **changes: Any) -> CaseFile:
        """Open a case on the oral authority of supervisor 2001."""
        limited = Scope(targets=SCOPE.targets, hosts=SCOPE.hosts, limits=ScopeLimits(requests=500))
        words = Oral(supervisor="2001", at=stamp(self.now), words="go ahead", danger="a child in the cold")
        defaults: dict[str, Any] = {
            "act": "oral",
            "oral": words,
            "scope": scope or limited,
            "expires": stamp(self.now + DAY),
        }
        return self.draft(**(defaults | changes))

    def requested(self, scope: Scope = SCOPE, days: int = 30, number: str = "2026-0417") -> CaseFile:
        """Open a case and ask for a scope."""
        case = self.draft(number)
        case.act(self.sign_in("1001"), "request", scope=scope, days=days)
        return case

    def approved(self, scope: Scope = SCOPE, days: int = 30, number: str = "2026-0417") -> CaseFile:
        """Open a case, ask for a scope, and have supervisor 2001 approve it."""
        case = self.requested(scope, days, number)
        self.approve(case, "2001", days)
        return case

    def approve(self, case: CaseFile, badge: str, days: int = 30) -> None:
        """Approve the request that waits."""
        pending = case.standing().pending
        assert pending is not None
        case.act(
            self.sign_in(badge), "approve", approves=pending.sha256, expires=stamp(self.now + days * DAY)
        )

    def open(self, case: CaseFile, badge: str = "1001") -> CaseFile:
        """Open a case anew, as a command would."""
        return CaseFile(case.folder, self.department, badge, self.clock)

    def order(self, target: Target = TARGET, **changes: Any) -> Order:
        """Make an order for a target."""
        return Order(target=target, **changes)
