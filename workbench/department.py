"""The department's register: officers, their keys and roles, and the settings that the chief signed.

A folder of its own beside the cases, kept like a case file: numbered signed files and a chained log.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from workbench.custody import agent, aside, disk, keys, log, sshsig
from workbench.custody.chain import Chain
from workbench.custody.history import read_checked
from workbench.custody.sshsig import Signer
from workbench.errors import AuthorityError, IntegrityError, Locked, UsageError
from workbench.policy import officers as register
from workbench.policy.gate import Grant
from workbench.policy.officers import OfficerKey, Officers
from workbench.policy.services import TileServer, TimestampAuthority
from workbench.records import Record
from workbench.times import Clock, now

FOLDER = "department"
FORMAT = "workbench-department/1"


class Settings(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the chief signed beside the officers: names, zone, grants, pace, tokens, services.

    ``per_host_ms`` is the least time between two requests to one host; ``tokens`` maps a server to the
    environment variable that holds the department's read-only application token, never the token;
    ``timestamps`` are the authorities that are asked for a token of each seal; ``tiles`` is the server that is
    asked for the streets under a map, None for nobody.
    """

    format: str = "workbench-settings/1"
    number: int
    previous: str
    department: str
    timezone: str
    people: dict[str, str]
    grants: tuple[Grant, ...] = ()
    per_host_ms: int = 1000
    tokens: dict[str, str] = msgspec.field(default_factory=dict)
    timestamps: tuple[TimestampAuthority, ...] = ()
    tiles: TileServer | None = None

    def render(self) -> bytes:
        """Write the settings as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2) + b"\n"


class Session:
    """An officer who has proved to hold their key, and can sign with it."""

    def __init__(self, badge: str, role: str, signer: Signer) -> None:
        self.badge = badge
        self.role = role
        self.signer = signer
        self.key = sshsig.fingerprint(signer.blob)

    def may(self, namespace: str) -> bool:
        """Whether the officer's role signs in a namespace."""
        return namespace in register.ROLES[self.role]

    def sign(self, data: bytes, namespace: str) -> bytes:
        """Sign bytes in a namespace of the officer's role; raise AuthorityError for another."""
        if not self.may(namespace):
            raise AuthorityError(
                f"a {self.role} cannot do this",
                expected=f"a role that signs in {namespace}",
                todo="have an officer of that role do it",
            )
        return sshsig.sign(self.signer, data, namespace)


class Department:
    """The register, read and checked: every officers file signed by a chief of the one before it."""

    def __init__(self, folder: Path, clock: Clock = now) -> None:
        self.folder = folder
        self.clock = clock
        self._files: list[Officers] = []
        self._settings: Settings | None = None
        self.root = ""
        self._load()

    @classmethod
    def init(
        cls, folder: Path, *, name: str, timezone: str, officers: Sequence[NewOfficer], clock: Clock = now
    ) -> Self:
        """Make a department; the first chief among the officers signs for themselves."""
        check_timezone(timezone)
        chief = next((officer for officer in officers if officer.role == "chief"), None)
        if chief is None:
            raise UsageError("a department begins with a chief")
        if (folder / "log").exists():
            raise UsageError("there is a department here already", where=str(folder))
        at = clock()
        after = register.whole_second(at)
        lines = tuple(
            OfficerKey(badge=o.badge, role=o.role, key=o.signer.blob, after=after) for o in officers
        )
        session = Session(chief.badge, chief.role, chief.signer)
        first = Officers(number=1, previous=log.GENESIS, at=at, keys=lines)
        settings = Settings(
            number=1,
            previous=log.GENESIS,
            department=name,
            timezone=timezone,
            people={officer.badge: officer.name for officer in officers},
        )
        disk.private_folder(folder)
        chain = Chain(folder, "log", clock)
        chain.append(chief.badge, [("open", {"department": "1", "format": FORMAT})])
        _write_signed(folder, chain, "officers", first.number, register.render(first), [session])
        _write_signed(folder, chain, "settings", settings.number, settings.render(), [session])
        return cls(folder, clock)

    def renew(self) -> None:
        """Read the register again where it has another officers file by now; costs one look where it has not."""
        if (self.folder / _name("officers", self.officers.number + 1)).exists():
            # Read apart, so that another thread never sees half a register.
            vars(self).update(vars(type(self)(self.folder, self.clock)))

    @property
    def officers(self) -> Officers:
        """The officers file in force."""
        return self._files[-1]

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        if self._settings is None:
            raise IntegrityError("the department has no settings", where=str(self.folder))
        return self._settings

    @property
    def zone(self) -> ZoneInfo:
        """The department's time zone."""
        return ZoneInfo(self.settings.timezone)

    def role(self, badge: str) -> str:
        """Give a badge's present role, or an empty string."""
        return self.officers.role(badge, self.clock())

    def sign_in(
        self, badge: str, unlock: Callable[[Path], str] | None, folder: Path | None = None
    ) -> Session:
        """Have an officer prove their key: through an agent, or with a passphrase asked for by ``unlock``.

        Raises AuthorityError for an unknown or retired badge, Locked where no key can be had.
        """
        at = self.clock()
        line = self.officers.current(register.check_badge(badge), at)
        if line is None:
            raise AuthorityError(
                "this badge has no valid key in the register",
                found=badge,
                todo="see 'workbench officer list'",
            )
        signer = self._signer(line, unlock, folder or keys.default_folder())
        challenge = secrets.token_bytes(32)
        proof = sshsig.sign(signer, challenge, register.SESSION)
        key = sshsig.verify(proof, challenge, register.SESSION, "sign-in")
        if not self.officers.may(badge, register.SESSION, at, key):
            raise AuthorityError(
                "this key is not the one that the register holds for this badge",
                expected=sshsig.fingerprint(line.key),
                found=sshsig.fingerprint(key),
                todo="naming a badge is not being it: unlock that badge's own key",
            )
        return Session(badge, line.role, signer)

    def _signer(self, line: OfficerKey, unlock: Callable[[Path], str] | None, folder: Path) -> Signer:
        held = agent.find({line.key})
        if held is not None:
            return held
        path = keys.path_of(folder, line.badge)
        if unlock is None:
            raise Locked("the officer's key is locked", where=str(path), todo="run 'workbench unlock' first")
        return keys.load(path, unlock(path))

    def change(
        self,
        sessions: Sequence[Session],
        *,
        lines: Sequence[OfficerKey] | None = None,
        settings: dict[str, object] | None = None,
    ) -> None:
        """Write the next officers file, settings, or both, signed by the officers at hand, a chief among them."""
        check_chief(sessions)
        known = (self.officers.number, self.settings.number)
        chain = Chain(self.folder, "log", self.clock)
        with chain.lock:
            self._recover(chain, sessions[0].badge)
            self._load()
            if (self.officers.number, self.settings.number) != known:
                raise UsageError("the register has just been changed by somebody else", todo="look again")
            self._write(chain, sessions, lines, settings)
        self._load()

    def _write(
        self,
        chain: Chain,
        sessions: Sequence[Session],
        lines: Sequence[OfficerKey] | None,
        settings: dict[str, object] | None,
    ) -> None:
        at = max(self.clock(), self.officers.at)
        if lines is not None and not any(line.role == "chief" and line.valid_at(at) for line in lines):
            raise UsageError("the last chief cannot be taken out", todo="enter another chief first")
        if settings is not None:
            after = msgspec.structs.replace(
                self.settings,
                number=self.settings.number + 1,
                previous=self._hash("settings", self.settings.number),
            )
            after = msgspec.structs.replace(after, **settings)
            _write_signed(self.folder, chain, "settings", after.number, after.render(), sessions)
        if lines is not None:
            number = self.officers.number
            following = Officers(
                number=number + 1, previous=self._hash("officers", number), at=at, keys=tuple(lines)
            )
            data = register.render(following)
            _write_signed(self.folder, chain, "officers", following.number, data, sessions)

    def _recover(self, chain: Chain, actor: str) -> None:
        """Move aside what a crash left behind: a torn line, and files that no line names."""
        aside.mend(chain, actor)
        named: set[str] = set()
        for entry in log.entries(self.folder):
            if entry.action in {"officers", "settings"}:
                name = _name(entry.action, entry.fields["number"])
                named |= {name, *(f"{name}.{badge}.sig" for badge in entry.fields["signatures"])}
        for kind in ("officers", "settings"):
            for path in sorted((self.folder / kind).iterdir()):
                if path.is_file() and f"{kind}/{path.name}" not in named:
                    aside.move(chain, actor, f"{kind}/{path.name}", 0)

    def file(self, name: str) -> tuple[bytes, dict[str, bytes]]:
        """Give an officers file's bytes and its signatures by badge, as the log names them."""
        fields = self._logged[name]
        signatures = {
            badge: read_checked(self.folder, f"{name}.{badge}.sig", sha256)
            for badge, sha256 in fields["signatures"].items()
        }
        return read_checked(self.folder, name, fields["sha256"]), signatures

    def anchor(self, actor: str, action: str, fields: dict[str, object]) -> None:
        """Enter something about a case in the department's log."""
        chain = Chain(self.folder, "log", self.clock)
        with chain.lock:
            aside.mend(chain, actor)
            chain.append_locked(actor, [(action, fields)])

    def _hash(self, kind: str, number: int) -> str:
        return hashlib.sha256((self.folder / _name(kind, number)).read_bytes()).hexdigest()

    def _load(self) -> None:
        if not (self.folder / "log").is_dir():
            raise UsageError(
                "there is no department here", where=str(self.folder), todo="run 'workbench department init'"
            )
        self._files, self._settings, self.root = [], None, ""
        self._logged: dict[str, dict[str, Any]] = {}
        for entry in log.entries(self.folder):
            if entry.action == "officers":
                self._take_officers(entry)
            elif entry.action == "settings":
                self._take_settings(entry)
        if not self._files:
            raise IntegrityError("the register lists no officers", where=str(self.folder))

    def _take_officers(self, entry: log.Entry) -> None:
        name = _name("officers", entry.fields["number"])
        self._logged[name] = entry.fields
        data, signed = self.file(name)
        found = register.parse(data, name)
        before = self._hash("officers", len(self._files)) if self._files else log.GENESIS
        register.check_follows(found, self._files, before, name)
        key = _check_chief(name, data, signed, self._files[-1] if self._files else found, found.at)
        self.root = self.root or sshsig.fingerprint(key)
        self._files.append(found)

    def _take_settings(self, entry: log.Entry) -> None:
        name = _name("settings", entry.fields["number"])
        self._logged[name] = entry.fields
        data, signed = self.file(name)
        if not self._files:
            raise IntegrityError("settings stand before the first officers", where=name)
        _check_chief(name, data, signed, self._files[-1], max(entry.at, self._files[-1].at))
        try:
            found = msgspec.json.decode(data, type=Settings)
        except msgspec.DecodeError as error:
            raise IntegrityError(f"the settings cannot be read: {error}", where=name) from error
        before = self._settings
        expected = (
            (1, log.GENESIS) if before is None else (before.number + 1, self._hash("settings", before.number))
        )
        if (found.number, found.previous) != expected:
            raise IntegrityError("these settings do not follow the ones before them", where=name)
        self._settings = found


def _check_chief(name: str, data: bytes, signed: dict[str, bytes], allowing: Officers, at: int) -> bytes:
    """Give the key of a chief who signed a file of the register; raise IntegrityError where none did."""
    for badge, armored in signed.items():
        try:
            key = sshsig.verify(armored, data, register.REGISTER, name)
        except IntegrityError:
            continue
        if allowing.may(badge, register.REGISTER, at, key):
            return key
    raise IntegrityError("no chief has signed this file of the register", where=name)


class NewOfficer:
    """An officer about to be entered: badge, name, role and key."""

    def __init__(self, badge: str, name: str, role: str, signer: Signer) -> None:
        self.badge = register.check_badge(badge)
        self.name = name
        self.role = check_role(role)
        self.signer = signer


def check_chief(sessions: Sequence[Session]) -> None:
    """Raise AuthorityError where no chief is among the officers at hand."""
    if not any(session.may(register.REGISTER) for session in sessions):
        raise AuthorityError("the register changes only with a chief's signature", todo="add --with CHIEF")


def check_role(role: str) -> str:
    """Give the role back, or raise UsageError."""
    if role not in register.ROLES:
        raise UsageError("this is not a role", expected=", ".join(register.ROLES), found=role[:40])
    return role


def check_timezone(name: str) -> str:
    """Give the zone's name back, or raise UsageError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            "this is not a time zone", expected="such as America/New_York", found=name[:60]
        ) from error
    return name


def _name(kind: str, number: int) -> str:
    return f"{kind}/{number:04d}" + (".json" if kind == "settings" else "")


def _write_signed(
    folder: Path, chain: Chain, kind: str, number: int, data: bytes, sessions: Sequence[Session]
) -> None:
    """Write a numbered file and its signatures, then the line that names them."""
    name = _name(kind, number)
    signatures = {}
    disk.write_new(folder / name, data)
    for session in sessions:
        namespace = register.REGISTER if session.may(register.REGISTER) else register.REGISTER_SECOND
        armored = session.sign(data, namespace)
        disk.write_new(folder / f"{name}.{session.badge}.sig", armored)
        signatures[session.badge] = hashlib.sha256(armored).hexdigest()
    fields = {"number": number, "sha256": hashlib.sha256(data).hexdigest(), "signatures": signatures}
    chain.append(sessions[0].badge, [(kind, fields)])
