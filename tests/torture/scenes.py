"""What officers do to a case, each part acknowledged as soon as it has returned."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.desk import FACTS, HEAD, Desk, exchange, signer
from workbench import intake
from workbench.capture.recorder import Recorder
from workbench.casefile import CaptureWriter, CaseFile, ImportWriter, Receipt, Slice, audit
from workbench.custody import log, seals
from workbench.custody.sshsig import fingerprint
from workbench.importers import container
from workbench.policy.officers import REVIEW
from workbench.policy.versions import Scope
from workbench.records import Citation, Order, Record, Result, Target

NUMBER = "2026-0417"
THREADS, FETCHES = 3, 3


class Ack(Record, frozen=True, kw_only=True):
    """What had returned as durable: an exhibit with its hash, or the log up to a line with its hash.

    ``kind`` is exhibit, log, audit or done (the scene is over).
    """

    kind: str
    number: int = 0
    sha256: str = ""


class Stage:
    """A case in the middle of its life, what is to be given to it, and who listens to acknowledgements."""

    def __init__(self, desk: Desk, folder: Path, say: Callable[[Ack], None], url: str = "") -> None:
        self.desk = desk
        self.folder = folder
        self.say = say
        self.url = url

    def open(self, badge: str = "1001") -> CaseFile:
        return CaseFile(self.folder, self.desk.department, badge, self.desk.clock)

    def at(self, folder: Path, say: Callable[[Ack], None]) -> Stage:
        """Give the same stage in another folder."""
        return Stage(self.desk, folder, say, self.url)

    @property
    def given(self) -> list[Path]:
        """Give the files that an import brings: a text, a picture of some size, an archive."""
        home = self.desk.casefiles.parent / "given"
        if not home.exists():
            home.mkdir()
            (home / "a.txt").write_text("given " * 40, "utf-8")
            (home / "b.jpg").write_bytes(bytes(range(256)) * 300)
            with zipfile.ZipFile(home / "c.zip", "w") as archive:
                for index in range(5):
                    archive.writestr(f"member {index}.txt", f"words {index} " * 90)
        return sorted(home.iterdir())

    def say_log(self) -> None:
        """Acknowledge the log as it stands: the call that wrote its last line has returned."""
        found = log.reached(self.folder)
        self.say(Ack(kind="log", number=found.seq, sha256=found.prev))

    def say_exhibit(self, number: int, stored: bytes) -> None:
        self.say(Ack(kind="exhibit", number=number, sha256=hashlib.sha256(stored).hexdigest()))


Scene = Callable[[Stage], None]


def prepare(home: Path, url: str = "") -> Stage:
    """Make a department and an approved case that has seen a little of everything already."""
    home.mkdir(parents=True, exist_ok=True)
    desk = Desk(home)
    host = url.partition("://")[2] or "social.example"
    if url:
        desk.grant(host)
    target = Target(source="mastodon", target=f"{url or 'https://social.example'}/@ada")
    desk.approved(Scope(targets=(target,), hosts=(host,)))
    stage = Stage(desk, desk.casefiles / NUMBER, lambda _: None, url)
    for scene in (append, give, keep, seal):
        scene(stage)
    return stage


def begin(stage: Stage, case: CaseFile) -> CaptureWriter:
    """Begin a capture of the approved target."""
    authority = case.standing().authority
    assert authority is not None
    order = Order(target=authority.scope.targets[0])
    writer = case.begin_capture(
        order, key=fingerprint(signer("1001").blob), collector="mastodon 1", head=HEAD
    )
    stage.say_log()
    return writer


def append(stage: Stage) -> None:
    """Capture by hand: no network, one thread."""
    case = stage.open()
    writer = begin(stage, case)
    result = Result(verdict="partial", reason="interrupted")
    try:
        for turn in range(3):
            stored = exchange(b"%d" % turn * 900)
            stage.say_exhibit(writer.append(stored).number, stored)
        writer.refused("host-not-in-scope", "https://elsewhere.example/")
        result = Result(verdict="complete", items=3)
    finally:
        writer.end(result, requests=3)
    stage.say_log()


class _Telling:
    """A sink that acknowledges what the case's own has taken."""

    def __init__(self, stage: Stage, writer: CaptureWriter) -> None:
        self._stage = stage
        self._writer = writer

    def append(self, stored: bytes, *, rule: str = "") -> Citation:
        cited = self._writer.append(stored, rule=rule)
        self._stage.say_exhibit(cited.number, stored)
        return cited

    def refused(self, reason: str, url: str) -> None:
        self._writer.refused(reason, url)


def record(stage: Stage) -> None:
    """Capture with the real recorder, several threads at once, from a server on loopback."""
    case = stage.open()
    writer = begin(stage, case)
    recorder = Recorder(
        sink=_Telling(stage, writer), gate=intake._gate(case), limits=intake._limits(case), clock=case.clock
    )

    def fetch(name: int) -> None:
        session = recorder.session()
        for turn in range(FETCHES):
            session.get(f"{stage.url}/{name}/{turn}")

    with recorder:
        threads = [threading.Thread(target=fetch, args=(name,)) for name in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    writer.end(Result(verdict="complete", items=THREADS * FETCHES), requests=recorder.requests)
    stage.say_log()


def give(stage: Stage) -> None:
    """Import three files, one of them an archive of several members."""
    case = stage.open()
    files = stage.given
    writer = case.begin_import([(path, path.name) for path in files], "file", Receipt(giver="Bea"))
    count, result = 0, Result(verdict="failed", reason="interrupted")
    try:
        stage.say_log()
        count = _name_exhibits(stage, case, writer)
        result = Result(verdict="complete", items=count)
    finally:
        # As workbench.intake does, whatever has happened.
        writer.end(result, count)
    stage.say_log()


def _name_exhibits(stage: Stage, case: CaseFile, writer: ImportWriter) -> int:
    files = stage.given
    listing = container.listing([case.folder / each.file for each in writer.files], [p.name for p in files])
    slices = [
        Slice(file=writer.files[s.file_index].file, offset=s.offset, length=s.length, member=s.member)
        for s in listing.slices
    ]
    numbers = writer.exhibits(slices)
    for number, part in zip(numbers, slices, strict=True):
        data = (case.folder / part.file).read_bytes()[part.offset : part.offset + part.length]
        stage.say_exhibit(number, data)
    return len(numbers)


def keep(stage: Stage) -> None:
    """Keep a notebook run of two files."""
    case = stage.open()
    files = stage.given
    case.add_run("missing", "complete", {"notebook.ipynb": files[1], "record.json": files[0]})
    stage.say_log()


def act(stage: Stage) -> None:
    """Act on the case: two versions, and officers new to it."""
    case = stage.open()
    assigned = case.standing().workers
    session = stage.desk.sign_in("1001")
    case.act(session, "assign", assigned=() if "1002" in assigned else ("1002",))
    stage.say_log()
    if audit(stage.folder, "1001", "opened", {"position": 1}, stage.desk.clock):
        found = log.reached(stage.folder, "audit")
        stage.say(Ack(kind="audit", number=found.seq, sha256=found.prev))


def seal(stage: Stage) -> None:
    """Seal what is new, then have a supervisor countersign it."""
    case = stage.open()
    case.refused("expired")
    made = case.seal(stage.desk.sign_in("1001"))
    stage.say_log()
    if made is None:  # another officer's seal has just taken it in
        return
    stage.open("2001").countersign(stage.desk.sign_in("2001"), made.number)
    stage.say_log()


def decide(stage: Stage) -> None:
    """Annotate an exhibit, decide on what the newest seal holds, and seal the decision."""
    case, session = stage.open("2002"), stage.desk.sign_in("2002")
    case.annotate({"kind": "mark", "mark": "hidden", "exhibits": [1], "text": "seen"})
    stage.say_log()
    seen = seals.newest(stage.folder)
    assert seen is not None
    body: dict[str, object] = {"act": "return", "subjects": ["capture-0001"], "reason": "say where from"}
    body |= {"seal": seen.number, "seal_sha256": seen.sha256, "looked": [f"{NUMBER}-E0001"]}
    case.add_signed("decision", session, REVIEW, body, seen=0)
    stage.say_log()
    case.seal(session)
    stage.say_log()


def create(stage: Stage) -> None:
    """Open a new case in a folder that is not there yet."""
    first: dict[str, Any] = {
        "case": stage.folder.name,
        "act": "open",
        "purpose": "missing",
        "facts": FACTS,
        "subjects": ("Ada",),
    }
    desk = stage.desk
    CaseFile.create(stage.folder.parent, desk.department, desk.sign_in("1001"), first, desk.clock)
    stage.say_log()


def recover(stage: Stage) -> None:
    """Open the case, which recovers what a crash has left."""
    stage.open()
    stage.say_log()


def wreck(stage: Stage) -> None:
    """Leave behind what several crashes would: open work, torn lines, tails, files without a line, a lone folder."""
    folder, case = stage.folder, stage.open()
    writer = begin(stage, case)
    stored = exchange(b"kept")
    stage.say_exhibit(writer.append(stored).number, stored)
    case.begin_import([(stage.given[0], "a.txt")], "file", Receipt(giver="Bea"))._lease.close()
    stage.say_log()
    os.close(writer._fd)
    writer._lease.release()
    audit(folder, "1001", "opened", {"position": 1}, stage.desk.clock)
    for path in (folder / writer.file, log.segments(folder)[-1], log.segments(folder, "audit")[-1]):
        with path.open("ab") as file:
            file.write(b'{"action":"exhibit","actor":"1001","at":"2026')
    for name in ("case/0099.json", "case/0099.json.2001.sig", "officers/0099", "imports/0099/000001.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"half a " + name.encode())
    (folder / "warc/0099-mastodon.warc.gz").write_bytes(b"half a head")
    (folder / "runs/0099-missing").mkdir()
    (folder / "annotations").mkdir(exist_ok=True)
    (folder / "annotations/.a name of somebody\n.txt").write_bytes(b"stray")


def copied(folder: Path, home: Path) -> Path:
    """Copy a case to another place, and nothing of its locks."""
    to = home / folder.name
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("locks"))
    return to


ALL: dict[str, Scene] = {
    "append": append,
    "give": give,
    "keep": keep,
    "act": act,
    "seal": seal,
    "decide": decide,
    "recover": recover,
}
"""Scenes that need no network."""

encode = msgspec.json.Encoder().encode
decode: Callable[[bytes], Ack] = msgspec.json.Decoder(Ack).decode


def told(lines: Sequence[bytes]) -> list[Ack]:
    """Read acknowledgements as a child wrote them; one that death cut short counts as unsaid."""
    return [decode(line) for line in lines if line.endswith(b"\n")]
