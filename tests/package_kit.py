"""A case worth a package, on a desk: captures, an import, marks, annotations, seals, signatures, a release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.desk import HEAD, Desk, exchange
from workbench import sealing
from workbench.annotating import annotate
from workbench.casefile import CaseFile, Receipt
from workbench.casefile.files import Slice
from workbench.custody import releases, seals
from workbench.importers import container
from workbench.policy.officers import REVIEW
from workbench.production.package import Made, package
from workbench.records import Result
from workbench.release import give
from workbench.times import stamp

TOOLS = (
    *(
        "sh",
        "awk",
        "cat",
        "comm",
        "cut",
        "date",
        "dirname",
        "grep",
        "ls",
        "mkdir",
        "mktemp",
        "openssl",
        "paste",
    ),
    *("rm", "sed", "sha256sum", "sort", "split", "ssh-keygen", "tail", "tr", "uniq", "wc"),
)
SERVER = "https://social.example/api/v1"
NOTEBOOK = [
    {"cell_type": "markdown", "source": ["# Seen <b>first</b>\n", "in 2026-0417-E0001#/0"]},
    {"cell_type": "code", "source": ["draw()"], "outputs": [{"text": "2026-0417-E0003, 2026-0418-E0002"}]},
    {"cell_type": "markdown", "source": ["## Later\n", "2026-0417-E0001 again, and 2026-0417-E0999"]},
]
HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>\u202e"


def status(number: int, words: str, answers: str | None = None) -> bytes:
    """Make a status as a Mastodon server gives it."""
    account = {
        "id": "7",
        "username": "ada",
        "acct": "ada",
        "display_name": "Ada",
        "url": "https://social.example/@ada",
    }
    return json.dumps(
        {
            "id": str(number),
            "uri": f"https://social.example/users/ada/statuses/{number}",
            "url": f"https://social.example/@ada/{number}",
            "created_at": f"2026-03-01T10:00:{number % 60:02d}.000Z",
            "account": account,
            "content": f"<p>{words}</p>",
            "in_reply_to_id": answers,
            "visibility": "public",
        }
    ).encode()


def fill(desk: Desk, case: CaseFile) -> None:
    """Capture three statuses (a thread), a picture and an error; take in a file and an archive; seal."""
    session = desk.sign_in("1001")
    writer = case.begin_capture(desk.order(), key=session.key, collector="mastodon 1.0", head=HEAD)
    for number, words, answers in (
        (11, "firstly", None),
        (12, "second &lt;b&gt;", "11"),
        (13, HOSTILE, "12"),
    ):
        rule = "secrets-1" if number == 11 else ""
        writer.append(exchange(status(number, words, answers), f"{SERVER}/statuses/{number}"), rule=rule)
    writer.append(exchange(b"never to be seen", f"{SERVER}/statuses/99"))
    writer.end(Result(verdict="partial", reason="rate-limited", items=4), requests=5)
    desk.now += 1_000_000
    writer = case.begin_capture(desk.order(), key=session.key, collector="mastodon 1.0", head=HEAD)
    writer.end(Result(verdict="empty", reason="nothing-new"), requests=1)
    take_in(desk, case)
    sealing.finish(case, session)


def take_in(desk: Desk, case: CaseFile) -> None:
    """Take in a text and an archive with one member."""
    given = desk.casefiles.parent / "given"
    given.mkdir(exist_ok=True)
    (given / "=note.txt").write_text("seen on the bus", "utf-8")
    member = zipfile.ZipInfo("chat.txt", (2026, 3, 1, 0, 0, 0))
    archived(given / "phone.zip", {member: b"meet me there " * 40})
    give_in(case, [given / "=note.txt", given / "phone.zip"])


def archived(path: Path, members: Mapping[zipfile.ZipInfo, bytes]) -> Path:
    """Write an archive whose members are packed as each of them says."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def give_in(case: CaseFile, files: Sequence[Path]) -> None:
    """Take in files, and the members of those that are archives."""
    paths = [(path, path.name) for path in files]
    writer = case.begin_import(paths, "", Receipt(giver="a neighbour"))
    listing = container.listing([case.folder / one.file for one in writer.files], [name for _, name in paths])
    slices = [
        Slice(file=writer.files[one.file_index].file, offset=one.offset, length=one.length, member=one.member)
        for one in listing.slices
    ]
    writer.end(Result(verdict="complete", items=len(slices)), len(writer.exhibits(slices)))


def released(desk: Desk, case: CaseFile, exhibits: Sequence[int] | None = None) -> int:
    """Have the chief release a package as of the newest seal; give the release's number."""
    desk.now += 1_000_000
    chief = desk.open(case, "c1")
    chiefs = desk.sign_in("c1")
    return give(chief, chiefs, "package", exhibits, recipient="the court", purpose="motion 7").release


def build(
    desk: Desk, case: CaseFile, out: Path, release: int, seal: int, wanted: Sequence[int] | None = None
) -> Made:
    """Make a package as the owner of the case."""
    return package(desk.open(case), desk.sign_in("1001"), out, seal=seal, release=release, wanted=wanted)


def stock(folder: Path) -> Path:
    """Make a folder of the few tools that verify.sh may use, to be the whole PATH: no Python among them."""
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def verify(bag: Path, tools: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a package's verify.sh from elsewhere."""
    command = [str(tools / "sh"), str(bag / "verify.sh"), *words]
    env = {"PATH": str(tools), "TMPDIR": os.environ.get("TMPDIR", "/tmp")}  # noqa: S108 - where mktemp goes
    return subprocess.run(command, env=env, cwd=tools, capture_output=True, text=True, check=False)


def sealed(case: CaseFile, release: int) -> int:
    """Give the seal that a release names."""
    return releases.releases_for(case.folder)[release - 1].seal


def _describe(desk: Desk, opened: CaseFile, case: CaseFile) -> None:
    """Say something of two acts, the first of them twice; have it reviewed; note a request to stop."""
    detective = desk.sign_in("1001")
    fixed: dict[str, list[str]] = {"supports": [], "undercuts": []}
    said = {"directed_because": "names her <b>door</b>", "directed_at_target": "yes"}
    first = {"act": "https://social.example/1", "replaces": 0, "said": said, **fixed}
    number = annotate(opened, detective, "act", [1], "", **first)
    filed = {"supports": ["stalking/threat", "other: =cmd"], "undercuts": ["stalking/directed"]}
    later = annotate(
        opened, detective, "act", [1, 3], "he was abroad", **first | filed | {"replaces": number}
    )
    annotate(opened, detective, "act", [3], "=1+1", act="2026-0417-E0003", replaces=0, said={}, **fixed)
    notice = {"form": "request", "given": stamp(desk.now), "reached": "", "replaces": 0}
    annotate(opened, detective, "notice", [1], "leave me alone <i>now</i>", **notice)
    review = {"act": "https://social.example/1", "of": later, "review": "threat"}
    annotate(desk.open(case, "2002"), desk.sign_in("2002"), "act-review", [1], "read so", **review)


class Court:
    """A case with a bit of everything, whose fourth exhibit is contraband and whose second is hidden; packaged."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home)
        self.case = self.desk.approved()
        fill(self.desk, self.case)
        detective, opened = self.desk.sign_in("1001"), self.desk.open(self.case)
        opened.refused("target-not-approved")
        annotate(opened, detective, "mark", [4], "an image of a child", mark="contraband")
        annotate(opened, detective, "mark", [2], "a minor", mark="hidden")
        annotate(
            opened,
            detective,
            "authorship",
            [1],
            "signs with her <b>nickname</b>",
            account="@ada",
            side="confirming",
        )
        fact = annotate(opened, detective, "authorship", [3], "another hand", account="@ada", side="contrary")
        annotate(opened, detective, "withdrawal", [3], "it was hers <after all>", of=fact)
        _describe(self.desk, opened, self.case)
        self.desk.now -= 500_000  # a clock that goes back
        self._run(home / "run")
        self._review()
        opened.seal(detective)
        self.release = released(self.desk, self.case)
        self.seal = sealed(self.case, self.release)
        self.out = home / "out"
        self.made = self.build(self.out)

    def _run(self, folder: Path) -> None:
        folder.mkdir()
        files = {
            "parameters.json": '{"case_number": "2026-0417"}',
            "record.json": "{}",
            "notebook.ipynb": json.dumps({"cells": NOTEBOOK}),
        }
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        self.desk.open(self.case).add_run("missing", "failed", {name: folder / name for name in files})

    def _review(self) -> None:
        supervisor, opened = self.desk.sign_in("2002"), self.desk.open(self.case, "2002")
        seal = opened.seal(supervisor) or seals.newest(self.case.folder)
        assert seal
        self.desk.open(self.case, "2001").countersign(self.desk.sign_in("2001"), seal.number)
        body = {
            "act": "reject",
            "subjects": ["2026-0417-E0003"],
            "seal": seal.number,
            "seal_sha256": seal.sha256,
            "looked": [],
            "reason": "the wrong Ada",
        }
        opened.add_signed("decision", supervisor, REVIEW, body, seen=0)

    def build(self, out: Path) -> Made:
        """Package the case once more."""
        return build(self.desk, self.case, out, self.release, self.seal)

    @property
    def anchors(self) -> tuple[str, ...]:
        """What somebody outside would know: root, seal and manifest."""
        known = (self.desk.department.root, self.made.seal_sha256, self.made.sha256)
        return tuple(
            part for pair in zip(("--root", "--seal", "--manifest"), known, strict=True) for part in pair
        )
