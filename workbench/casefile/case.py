"""One case, open for work: its versions, captures, imports and runs."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from filelock import FileLock, Timeout

from workbench.casefile import documents, seals, signers
from workbench.casefile.capture import CaptureWriter
from workbench.casefile.files import Receipt, Stored, lease_of, suffix
from workbench.casefile.imports import ImportWriter
from workbench.casefile.ledger import FORMAT_2, Ledger
from workbench.casefile.recovery import clear, recover
from workbench.custody import aside, disk, history, log
from workbench.custody.chain import Chain
from workbench.custody.history import History
from workbench.custody.seals import Seal
from workbench.department import Department, Session
from workbench.errors import AuthorityError, IntegrityError, StorageError, UsageError
from workbench.policy.officers import APPROVE, REQUEST, ROLES
from workbench.policy.purposes import check_facts
from workbench.policy.versions import FORMAT, GENESIS, NAMESPACES, CaseVersion, check_next
from workbench.records import CASE_NUMBER, Order
from workbench.times import Clock, now, stamp

CASE_FORMAT = FORMAT_2
_LAST = 9999
"""The highest number of four digits (1.2)."""


def audit(folder: Path, actor: str, action: str, fields: Mapping[str, object], clock: Clock = now) -> bool:
    """Enter who looked at what, in the audit chain, so that looking never changes the custody log.

    False where nothing can be entered because the case lies on a read-only medium: whoever can read a copy there
    needs no leave of ours, and their looking at it is not the original's history. Say so to them.
    """
    try:
        _enter(folder, actor, (action, fields), clock)
    except StorageError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EROFS:
            return False
        raise
    return True


def _enter(folder: Path, actor: str, act: log.Act, clock: Clock) -> None:
    chain = Chain(folder, "audit", clock)
    try:
        chain.append(actor, [act])
    except IntegrityError:
        # A crash may have torn its last line. The custody log names what is moved aside, as for everything.
        custody = Chain(folder, "log", clock)
        with custody.lock, chain.lock:
            aside.mend(custody, actor)
            aside.mend(chain, actor, naming=custody)
            chain.append_locked(actor, [act])


def new_folder(casefiles: Path, number: str) -> Path:
    """Give a new case's folder; raise UsageError where the number is none, or there is such a case already."""
    if not CASE_NUMBER.fullmatch(number):
        raise UsageError(
            "this is not a case number",
            expected="four digits, '-', up to 12 digits or capitals",
            found=number,
        )
    folder = casefiles / number
    # A log without a case version is of a crash, and no case yet.
    if (folder / "log").is_dir() and any(entry.action == "case" for entry in log.entries(folder)):
        raise UsageError(
            "there is a case of this number already",
            where=str(folder),
            todo="see 'workbench case list', and take another number",
        )
    return folder


class CaseFile(Ledger):
    """One case, open for work by one officer. Opening recovers what a crash left behind."""

    def __init__(self, folder: Path, department: Department, actor: str, clock: Clock = now) -> None:
        _check_ours(folder, department)
        super().__init__(folder, department, actor, clock)
        recover(self)
        signers.take_officers(self)

    @classmethod
    def create(
        cls,
        casefiles: Path,
        department: Department,
        session: Session,
        first: Mapping[str, Any],
        clock: Clock = now,
    ) -> Self:
        """Open a new case; ``first`` holds the fields of version 1 that are asked for."""
        number = str(first["case"])
        folder = new_folder(casefiles, number)
        version = _first_version(first, session.badge, clock())
        check_facts(version.purpose, version.facts)
        check_next([], version, [])
        _check_opener(department, session, version)
        disk.private_folder(folder)
        chain = Chain(folder, "log", clock)
        with chain.lock:
            new_folder(casefiles, number)  # another may have opened it since
            if not any(log.entries(folder)):
                # Also where a crash tore the very first line: it said nothing yet.
                for torn in log.segments(folder):
                    torn.unlink()
                opening: log.Act = ("open", {"case": number, "format": CASE_FORMAT})
                chain.append_locked(session.badge, [opening])
        case = cls(folder, department, session.badge, clock)
        case._write_version(version, session)
        return case

    # --- case versions -----------------------------------------------------------------------

    def act(self, session: Session, act: str, **changes: Any) -> CaseVersion:  # noqa: ANN401 - fields of the record
        """Write the next case version, signed; refused where it breaks a rule of clause 4."""
        found = self._sound_history()
        last = found.versions[-1]
        version = last.version.changed(
            act=act, by=session.badge, at=stamp(self.clock()), previous=last.sha256, **changes
        )
        check_next(found.versions, version, found.collectors)
        return self._write_version(version, session, following=len(found.versions))

    def _sound_history(self) -> History:
        found = self.history()
        problem = found.standing(self.clock()).problem
        if problem or not found.versions:
            raise IntegrityError(
                "the case's authority does not hold",
                where=problem,
                todo="run 'workbench verify' and tell your supervisor",
            )
        return found

    def _write_version(self, version: CaseVersion, session: Session, *, following: int = 0) -> CaseVersion:
        namespaces = NAMESPACES[version.act]
        by_owner = version.act in {"assign", "handover"} and self._owner() == session.badge
        namespace = REQUEST if by_owner else namespaces[0]
        data, name = version.render(), f"case/{version.version:04d}.json"
        armored = session.sign(data, namespace)
        with self.chain.lock:
            signers.check_signer(self, session, namespace)
            if len(self.history().versions) != following:
                raise UsageError(
                    "somebody else has just acted on this case",
                    where=name,
                    todo="see 'workbench case show', then decide again",
                )
            clear(self, "case", version.version)
            disk.write_new(self.folder / name, data)
            disk.write_new(self.folder / f"{name}.{session.badge}.sig", armored)
            fields = {
                "version": version.version,
                "act": version.act,
                "sha256": hashlib.sha256(data).hexdigest(),
                "signatures": {session.badge: hashlib.sha256(armored).hexdigest()},
            }
            self.chain.append_locked(session.badge, [("case", fields)])
        return version

    def _owner(self) -> str:
        versions = self.history().versions
        return versions[-1].version.owner if versions else ""

    # --- seals, and what people write ------------------------------------------------------------

    def seal(self, session: Session | None) -> Seal | None:
        """Seal what is new; None where only lines about seals are new. See ``casefile.seals.seal``."""
        return seals.seal(self, session)

    def check_seal_key(self, session: Session) -> None:
        """Raise AuthorityError where the officer's key is retired, compromised or out of its time."""
        seals.check_key(self, session)

    def check_signer(self, session: Session, namespace: str) -> None:
        """Raise AuthorityError where the officer's key may not sign so now. See ``casefile.signers``."""
        signers.check_signer(self, session, namespace)

    def sign_pending(self, session: Session) -> list[int]:
        """Sign the seals that this officer made while their key was locked; give their numbers."""
        return seals.sign_pending(self, session)

    def countersign(self, session: Session, number: int) -> Seal:
        """Have a supervisor sign the seal they saw."""
        return seals.countersign(self, session, number)

    def stamped(self, number: int, name: str, token: bytes) -> None:
        """Keep an authority's timestamp of a seal."""
        seals.stamped(self, number, name, token)

    def add_signed(
        self, kind: str, session: Session, namespace: str, body: Mapping[str, object], *, seen: int | None
    ) -> tuple[int, str]:
        """Write the next decision, release or restore, signed; give its number and SHA-256."""
        with self.chain.lock:
            signers.check_signer(self, session, namespace)
            return documents.add_signed(self, kind, session, namespace, body, seen=seen)

    def annotate(self, body: Mapping[str, object]) -> int:
        """Keep what a person adds; give the annotation's number."""
        return documents.annotate(self, body)

    def disseminated(self, release: int, kind: str, sha256: str, exhibits: int) -> None:
        """Enter what has left under a release."""
        documents.disseminated(self, release, kind, sha256, exhibits)

    # --- captures, imports, runs -------------------------------------------------------------

    def refused(self, reason: str) -> None:
        """Log that the gate refused before any capture had begun."""
        self.chain.append(self.actor, [("refused", {"capture": 0, "reason": reason})])

    def begin_capture(
        self,
        order: Order,
        *,
        key: str,
        collector: str,
        head: bytes,
        predecessor: int = 0,
        token: bool = False,
    ) -> CaptureWriter:
        """Begin a capture whose WARC starts with the record ``head``; the gate has been asked before."""
        standing = self.standing()
        if standing.authority is None:
            raise UsageError("nothing stands approved", todo="ask the gate before a capture begins")
        with self.chain.lock:
            number = self._next("warc")
            file = f"warc/{number:04d}-{order.target.source}.warc.gz"
            fields: dict[str, object] = {
                "capture": number,
                "source": order.target.source,
                "file": file,
                "authority": standing.authority.version,
                "target": standing.authority.scope.targets.index(order.target),
                "predecessor": predecessor,
                "since": stamp(order.since) if order.since is not None else None,
                "until": stamp(order.until) if order.until is not None else None,
                "limit": order.limit,
                "media": order.media,
                "context": order.context,
                "token": token,
                "key": key,
                "collector": collector,
                "length": len(head),
                "sha256": hashlib.sha256(head).hexdigest(),
            }
            with contextlib.ExitStack() as failed:
                lease = self._lease("capture", number)
                failed.callback(lease.release)
                disk.write_new(self.folder / file, head)
                self.chain.append_locked(self.actor, [("capture.begin", fields)])
                writer = CaptureWriter(self, number, file, len(head), lease)
                failed.pop_all()
        return writer

    def begin_import(
        self, paths: Sequence[tuple[Path, str]], importer: str, receipt: Receipt
    ) -> ImportWriter:
        """Copy files given to us into the case, byte for byte, with their receipt; nothing is parsed yet.

        ``importer`` is the one asked for, empty where the files' content is to decide later.
        """
        standing = self.standing()
        if standing.state == "closed":
            raise UsageError("the case is closed: it receives nothing more", todo="use an open case")
        self._sound_history()
        if self.actor not in standing.workers:
            raise AuthorityError(
                "only who works the case may do this", todo="ask its owner for 'case assign'"
            )
        with self._staged("imports") as staged:
            taken = [
                self._take_in(path, name, f"{staged}/{index:06d}{suffix(name)}")
                for index, (path, name) in enumerate(paths, 1)
            ]
            with self._settled("imports", staged) as (number, lease):
                folder = f"imports/{number:04d}"
                files = [
                    msgspec.structs.replace(each, file=f"{folder}/{each.file.rpartition('/')[2]}")
                    for each in taken
                ]
                self._begin_import(number, importer, receipt, files)
                # Held until the import ends, so that nobody takes it for abandoned while it is being read.
                return ImportWriter(self, number, files, lease.pop_all())

    def _begin_import(self, number: int, importer: str, receipt: Receipt, files: Sequence[Stored]) -> None:
        document = {
            "format": "workbench-receipt/1",
            "import": number,
            "importer": importer,
            **msgspec.structs.asdict(receipt),
            "received_by": self.actor,
            "files": [msgspec.structs.asdict(stored) for stored in files],
        }
        data = msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"
        disk.write_new(self.folder / f"imports/{number:04d}/receipt.json", data)
        digest = hashlib.sha256(data).hexdigest()
        acts: list[log.Act] = [("import.begin", {"import": number, "files": len(files), "receipt": digest})]
        acts += [
            ("import.file", {"import": number, "file": f.file, "length": f.length, "sha256": f.sha256})
            for f in files
        ]
        self.chain.append_locked(self.actor, acts)

    def add_run(self, name: str, status: str, files: Mapping[str, Path]) -> int:
        """Keep a notebook run: copy its files in, then log them; give the run's number."""
        with self._staged("runs", f"-{name}") as staged:
            hashes = {
                part: self._take_in(path, part, f"{staged}/{part}").sha256
                for part, path in sorted(files.items())
            }
            with self._settled("runs", staged) as (number, _):
                fields = {"run": number, "name": name, "status": status, "files": hashes}
                self.chain.append_locked(self.actor, [("run", fields)])
        return number

    def _take_in(self, source: Path, given_name: str, file: str) -> Stored:
        target = self.folder / file
        try:
            reader = source.open("rb")
        except OSError as error:
            raise UsageError(
                "this file cannot be read", where=str(source), found=str(error.strerror)
            ) from error
        with reader, disk.mapped(target):
            disk.make_folder(target.parent)
            with target.open("xb") as writer:
                digest, length = disk.copy_hashed(reader, writer)
                writer.flush()
                os.fsync(writer.fileno())
            disk.sync_folder(target.parent)
        return Stored(file=file, given_name=given_name, length=length, sha256=digest)

    @contextlib.contextmanager
    def _staged(self, kind: str, suffix: str = "") -> Iterator[str]:
        """Make a folder to copy into, under a number from the far end that nobody is given.

        The number that lines name is given when the copies are there (``_settled``): numbers rise by one in
        the log's order (1.5), and who copies for an hour, or dies over it, must not keep one from the others.
        """
        with contextlib.ExitStack() as held:
            with self.chain.lock:
                folder = self.folder / kind
                taken = {path.name[:4] for path in folder.iterdir()} if folder.is_dir() else set()
                free = (n for n in range(_LAST, 0, -1) if f"{n:04d}" not in taken)
                number = next(n for n in free if self._leased(kind, n, held))
                name = f"{kind}/{number:04d}{suffix}"
                with disk.mapped(folder):
                    disk.make_folder(self.folder / name)
            yield name

    def _leased(self, kind: str, number: int, held: contextlib.ExitStack) -> bool:
        """Take a lease, unless who has settled from there holds it still."""
        with contextlib.suppress(Timeout):
            held.callback(self._lease(kind, number).release)
            return True
        return False

    @contextlib.contextmanager
    def _settled(self, kind: str, staged: str) -> Iterator[tuple[int, contextlib.ExitStack]]:
        """Give a staged folder the next number, for a block that logs it; the lock is held, and a lease on it."""
        with self.chain.lock, contextlib.ExitStack() as lease:
            number = self._next(kind)
            lease.callback(self._lease(kind, number).release)
            path = self.folder / staged
            with disk.mapped(path):
                disk.rename(path, path.with_name(f"{number:04d}{path.name[4:]}"))
            yield number, lease

    def _next(self, kind: str) -> int:
        """Give the next number of a kind, cleared of what a dead process left there; the lock is held."""
        found = self.history()
        logged = {"warc": found.captures, "imports": found.imports, "runs": found.runs}[kind]
        number = max(logged, default=0) + 1
        clear(self, kind, number)
        return number

    def _lease(self, kind: str, number: int) -> FileLock:
        lease = lease_of(self.folder, kind, number)
        with disk.mapped_lock(self.folder):
            lease.acquire(timeout=0)
        return lease


def _check_ours(folder: Path, department: Department) -> None:
    """Raise IntegrityError before anything is written into a case of another department."""
    root = history.root(folder)
    if root and root != department.root:
        raise IntegrityError(
            "this case belongs to another department: its officers are not those of this register",
            where=str(folder),
            expected=department.root,
            found=root,
            todo="open it with the register of the department whose case it is",
        )


def _check_opener(department: Department, session: Session, version: CaseVersion) -> None:
    """Raise AuthorityError before anything is written where the role, or the authority named, does not do."""
    if not session.may(REQUEST):
        raise AuthorityError(f"a {session.role} cannot open a case", todo="have a detective open it")
    if version.oral is not None and APPROVE not in ROLES.get(department.role(version.oral.supervisor), ()):
        raise AuthorityError("an oral authority is a supervisor's", found=version.oral.supervisor)


def _first_version(first: Mapping[str, Any], badge: str, at: int) -> CaseVersion:
    fixed = {
        "format": FORMAT,
        "version": 1,
        "at": stamp(at),
        "by": badge,
        "previous": GENESIS,
        "owner": badge,
    }
    return CaseVersion(**{"assigned": (), "scope": None, "reason": "", **first, **fixed})
