"""Three readings of one document agree: the writer, ``workbench verify`` and the checker here."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import casemaker
from tests.desk import HEAD, Desk, exchange
from tests.third.checker import check
from workbench.casefile import CaseFile, Receipt, signers
from workbench.casefile.files import Slice
from workbench.custody import seals
from workbench.custody.verify import verify
from workbench.policy.officers import REVIEW
from workbench.records import Result

Tamper = Callable[[Path], object]


def told(desk: Desk, home: Path) -> CaseFile:
    """Tell a story with the writer: approved, captured, imported, run, annotated; three seals, one countersigned."""
    case = desk.approved()
    session = desk.sign_in("1001")
    writer = case.begin_capture(desk.order(), key=session.key, collector="m 1", head=HEAD)
    for index in range(9):
        writer.append(exchange(b"%d" % index))
    writer.refused("host", "https://elsewhere.example/")
    writer.end(Result(verdict="complete", items=9), requests=10)
    case.seal(session)
    case.countersign(desk.sign_in("2001"), 1)
    desk.now += 3_600_000_000
    given = home / "given.json"
    given.write_bytes(b'{"a": 1}\n')
    imported = case.begin_import([(given, "given.json")], "", Receipt(giver="a citizen"))
    stored = imported.files[0]
    imported.exhibits([Slice(file=stored.file, offset=0, length=stored.length)])
    imported.end(Result(verdict="complete", items=1), 1)
    case.seal(session)
    case.add_run("missing", "complete", {"record.json": given})
    case.annotate({"kind": "note", "exhibits": [1], "text": "the same bus"})
    desk.open(case, "2002").seal(desk.sign_in("2002"))
    return case


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, CaseFile]:
    home = tmp_path_factory.mktemp("written")
    desk = Desk(home)
    return desk, told(desk, home)


@pytest.fixture
def case(written: tuple[Desk, CaseFile], tmp_path: Path) -> Path:
    return Path(shutil.copytree(written[1].folder, tmp_path / "2026-0417"))


def both(folder: Path) -> tuple[bool, bool]:
    return not check(folder), verify(folder, processes=1).ok


# --- what holds ---------------------------------------------------------------------------------


def test_all_agree_on_what_the_writer_wrote(case: Path) -> None:
    assert check(case) == []
    assert verify(case).defects == []


@pytest.mark.parametrize("make", [casemaker.make, casemaker.make_2], ids=["format 1", "format 2"])
def test_all_agree_on_what_was_made_from_the_document(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    folder = make(tmp_path)
    assert check(folder) == []
    assert verify(folder).defects == []


def test_a_case_that_has_only_begun_and_one_that_is_open_hold(desk: Desk) -> None:
    assert check(desk.draft("2026-0500").folder) == []
    case = desk.approved()
    writer = case.begin_capture(desk.order(), key=desk.sign_in("1001").key, collector="m 1", head=HEAD)
    writer.append(exchange(b"x"))
    assert both(case.folder) == (True, True)
    case.seal(desk.sign_in("1001"))
    assert both(case.folder) == (True, True)


def test_a_log_longer_than_a_power_of_two_and_not_holds(desk: Desk) -> None:
    case = desk.approved()
    writer = case.begin_capture(desk.order(), key=desk.sign_in("1001").key, collector="m 1", head=HEAD)
    for index in range(34):
        writer.append(exchange(b"%d" % index))
        if index % 3 == 0:
            case.seal(desk.sign_in("1001"))
    assert both(case.folder) == (True, True)


# --- what does not ------------------------------------------------------------------------------


def flipped(name: str, place: int) -> Tamper:
    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[place] ^= 1
        (folder / name).write_bytes(data)

    return change


def edited(name: str, old: bytes, new: bytes) -> Tamper:
    def change(folder: Path) -> None:
        data = (folder / name).read_bytes()
        assert old in data
        (folder / name).write_bytes(data.replace(old, new, 1))

    return change


def removed(name: str) -> Tamper:
    return lambda folder: (folder / name).unlink()


def added(name: str) -> Tamper:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")

    return change


def linked(folder: Path) -> None:
    (folder / "annotations/0001.json").rename(folder.parent / "aside")
    (folder / "annotations/0001.json").symlink_to(folder.parent / "aside")


def swapped(one: str, other: str) -> Tamper:
    def change(folder: Path) -> None:
        data = (folder / one).read_bytes()
        (folder / one).write_bytes((folder / other).read_bytes())
        (folder / other).write_bytes(data)

    return change


def lines(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    def run(folder: Path) -> None:
        found = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(change(found)))

    return run


def rechained(folder: Path, change: Callable[[list[dict[str, object]]], None]) -> None:
    """Change lines and chain the whole log anew, as somebody without keys can."""
    paths = sorted((folder / "log").iterdir())
    parts = [[json.loads(raw) for raw in path.read_bytes().splitlines()] for path in paths]
    every = [line for part in parts for line in part]
    change(every)
    chained = iter(
        casemaker.chain([{k: v for k, v in line.items() if k != "prev"} for line in every]).splitlines(True)
    )
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(b"".join(next(chained) for _ in part))


def under_old_seals(folder: Path) -> None:
    rechained(folder, lambda every: every[9].update(at="2026-03-02T14:00:00.000001Z"))


def another_actor(folder: Path) -> None:
    def change(every: list[dict[str, object]]) -> None:
        next(line for line in every if line["action"] == "exhibit")["actor"] = "1002"

    rechained(folder, change)


def rolled_back_within(folder: Path) -> None:
    """Take the last segment away: the third seal's file is then named by no line."""
    max((folder / "log").iterdir()).unlink()


TAMPERS: dict[str, Tamper] = {
    "a byte of the log": flipped("log/000001.jsonl", 300),
    "a line cut out": lines("log/000001.jsonl", lambda found: found[:8] + found[9:]),
    "a line twice": lines("log/000001.jsonl", lambda found: [*found[:9], *found[8:]]),
    "two lines swapped": lines(
        "log/000001.jsonl", lambda found: [*found[:8], found[9], found[8], *found[10:]]
    ),
    "a space in a line": edited("log/000002.jsonl", b',"seq":', b', "seq":'),
    "a segment renamed": lambda folder: (folder / "log/000002.jsonl").rename(folder / "log/000009.jsonl"),
    "chained anew under old seals": under_old_seals,
    "another actor, chained anew": another_actor,
    "the last segment gone": rolled_back_within,
    "a byte of the capture": flipped("warc/0001-mastodon.warc.gz", -30),
    "a byte of the warcinfo": flipped("warc/0001-mastodon.warc.gz", 40),
    "a byte after the capture": lines("warc/0001-mastodon.warc.gz", lambda found: [*found, b"x"]),
    "the capture cut": lines("warc/0001-mastodon.warc.gz", lambda found: found[:-1]),
    "a byte of the import": flipped("imports/0001/000001.json", 2),
    "a byte of the receipt": flipped("imports/0001/receipt.json", 20),
    "a byte of a run": flipped("runs/0001-missing/record.json", 1),
    "a byte of an annotation": flipped("annotations/0001.json", 20),
    "an annotation gone": removed("annotations/0001.json"),
    "an annotation linked": linked,
    "an annotation slipped in": added("annotations/0002.json"),
    "a file that fits no row": added("case/notes.txt"),
    "a version edited": edited("case/0002.json", b'"mastodon"', b'"mostodan"'),
    "an approval's signature gone": removed("case/0003.json.2001.sig"),
    "another's signature": swapped("case/0002.json.1001.sig", "case/0003.json.2001.sig"),
    "officers edited": edited("officers/0002", b" detective", b" detectivf"),
    "officers' signature": flipped("officers/0002.c1.sig", 120),
    "a seal's line count": edited("seals/0001.txt", b"# lines ", b"# lines 1"),
    "a seal's root": lambda folder: _root_of(folder, "0" * 64),
    "a seal's list": lines("seals/0002.txt", lambda found: found[:-1]),
    "a seal gone": removed("seals/0002.txt"),
    "a seal's signature gone": removed("seals/0001.txt.1001.sig"),
    "a seal's signature": flipped("seals/0003.txt.2002.sig", 120),
    "seals swapped": swapped("seals/0001.txt", "seals/0002.txt"),
    "a countersignature gone": removed("seals/0001.txt.2001.sig"),
}


def _root_of(folder: Path, root: str) -> None:
    path = folder / "seals/0001.txt"
    path.write_text(re.sub(r"# root [0-9a-f]{64}", f"# root {root}", path.read_text("utf-8")), "utf-8")


@pytest.mark.parametrize("name", TAMPERS)
def test_both_checkers_reject_what_was_tampered_with(case: Path, name: str) -> None:
    TAMPERS[name](case)
    assert both(case) == (False, False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"# root [0-9a-f]{64}", b"# root " + b"1" * 64),
        (rb"# previous [0-9a-f]{64}", b"# previous " + b"0" * 63 + b"1"),
        (rb"# lines [0-9]+", b"# lines 3"),
        (rb"# number 1", b"# number 2"),
        (rb"\n[0-9a-f]{64}  case/0002.json\n", b"\n" + b"2" * 64 + b"  case/0002.json\n"),
        (rb"[0-9a-f]{64}  case/0001.json\n", b""),
        (rb"# case 2026-0417", b"# case 2026-0418"),
    ],
)
def test_a_seal_that_its_officer_signed_must_still_say_what_the_log_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes
) -> None:
    render = seals.render
    case = desk.approved()

    def forged(seal: seals.Seal) -> bytes:
        data = render(seal)
        assert re.search(old, data)
        return re.sub(old, new, data, count=1)

    monkeypatch.setattr(seals, "render", forged)
    case.seal(desk.sign_in("1001"))
    monkeypatch.undo()
    assert both(case.folder) == (False, False)


def test_a_countersignature_of_a_detective_does_not_count(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.approved()
    case.seal(desk.sign_in("1001"))
    assert both(case.folder) == (True, True)
    # As a program would write it that does not look at the register before it signs.
    monkeypatch.setattr(signers, "check_signer", lambda *_: None)
    case.countersign(desk.forge("1002", "supervisor"), 1)
    assert (case.folder / "seals/0001.txt.1002.sig").is_file()
    assert desk.forge("1002", "supervisor").may(REVIEW)
    assert both(case.folder) == (False, False)
