"""verify.sh, with nothing on PATH but stock tools: it passes what is sound, and names what is not."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import package_kit as kit
from tests.desk import Desk
from tests.package_kit import Court
from tests.tsa import Tsa, enrol


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    return Court(tmp_path_factory.mktemp("court"))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.stock(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def bag(court: Court, tmp_path: Path) -> Path:
    return Path(shutil.copytree(court.out, tmp_path / "bag"))


def relist(bag: Path) -> None:
    """Write both manifests anew, as a forger would."""
    files = {
        p.relative_to(bag).as_posix(): p for p in sorted(bag.rglob("*")) if p.is_file() and not p.is_symlink()
    }
    payload = [name for name in files if name.startswith("data/")]
    tags = ["VERIFY.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "verify.sh"]
    for manifest, names in (("manifest-sha256.txt", payload), ("tagmanifest-sha256.txt", tags)):
        rows = [f"{hashlib.sha256((bag / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
        (bag / manifest).write_text("".join(rows), "utf-8")


def change(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def flip(path: Path, place: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


def test_python_is_not_among_the_tools(tools: Path) -> None:
    assert not [path.name for path in tools.iterdir() if "python" in path.name]


def test_a_sound_package_passes_and_is_tied_to_what_is_known(court: Court, tools: Path) -> None:
    done = kit.verify(court.out, tools, *court.anchors)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "FAIL" not in done.stdout
    assert re.findall(r"^PASS  ([1-7])", done.stdout, re.MULTILINE) == list("1234567")
    assert done.stdout.rstrip().endswith("tied to the root and seal that were given")


def test_without_anchors_it_says_that_it_is_not_tied_to_anything(court: Court, tools: Path) -> None:
    done = kit.verify(court.out, tools)
    assert done.returncode == 0
    assert "not tied to a root" in done.stdout
    for given, lacking in ((court.anchors[:2], "--seal"), (court.anchors[2:4], "--root")):
        half = kit.verify(court.out, tools, *given)
        assert half.returncode == 0
        assert f"tied to the {given[0][2:]} that was given, but to no {lacking[2:]} known" in half.stdout
    assert court.desk.department.root in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "step"),
    [("--root", "SHA256:x", "4"), ("--seal", "0" * 64, "2"), ("--manifest", "0" * 64, "1")],
)
def test_another_root_seal_or_manifest_fails(
    court: Court, tools: Path, option: str, value: str, step: str
) -> None:
    done = kit.verify(court.out, tools, option, value)
    assert done.returncode == 1
    assert re.search(rf"^FAIL  {step} ", done.stdout, re.MULTILINE)


def test_words_it_does_not_know_end_in_2(court: Court, tools: Path) -> None:
    assert kit.verify(court.out, tools, "--no-such").returncode == 2
    assert kit.verify(court.out, tools, "--rooot", "x").returncode == 2


# --- every change is found, though the manifests are written anew -------------------------------


def exhibit_flipped(bag: Path) -> None:
    flip(bag / "data/exhibits/E0001.warc.gz")


def exhibits_swapped(bag: Path) -> None:
    one, other = bag / "data/exhibits/E0001.warc.gz", bag / "data/exhibits/E0003.warc.gz"
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


def exhibit_added(bag: Path) -> None:
    (bag / "data/exhibits/E0099.warc.gz").write_bytes(b"x")


def exhibit_twice(bag: Path) -> None:
    (bag / "data/exhibits/E001.txt").write_bytes(b"x")


def log_line_edited(bag: Path) -> None:
    change(bag / "data/case/log/000001.jsonl", b'"actor":"1001"', b'"actor":"1002"')


def log_line_cut(bag: Path) -> None:
    path = bag / "data/case/log/000001.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def log_segment_gone(bag: Path) -> None:
    (bag / "data/case/log/000001.jsonl").unlink()


def log_segment_added(bag: Path) -> None:
    (bag / "data/case/log/000099.jsonl").write_bytes(b"{}\n")


def seal_edited(bag: Path) -> None:
    change(bag / "data/case/seals/0001.txt", b"# by 1001", b"# by 1002")


def newest_seal_edited(bag: Path) -> None:
    newest = max((bag / "data/case/seals").glob("????.txt"))
    change(newest, b"# audit ", b"# audit 1")


def seal_gone(bag: Path) -> None:
    for path in (bag / "data/case/seals").glob("0001.txt*"):
        path.unlink()


def seal_signature_of_another_seal(bag: Path) -> None:
    seals = bag / "data/case/seals"
    shutil.copy(seals / "0002.txt.1001.sig", seals / "0001.txt.1001.sig")


def approval_edited(bag: Path) -> None:
    change(bag / "data/case/case/0003.json", b'"act": "approve"', b'"act": "refuse"')


def approval_unsigned(bag: Path) -> None:
    (bag / "data/case/case/0003.json.2001.sig").unlink()


def decision_edited(bag: Path) -> None:
    change(bag / "data/case/decisions/0001.json", b"the wrong Ada", b"the right Ada")


def annotation_gone(bag: Path) -> None:
    (bag / "data/case/annotations/0003.json").unlink()


def officers_edited(bag: Path) -> None:
    change(bag / "data/case/officers/0002", b" detective", b" supervisor")


def officers_unsigned(bag: Path) -> None:
    (bag / "data/case/officers/0002.c1.sig").unlink()


def release_edited(bag: Path) -> None:
    change(bag / "data/case/releases/0001.json", b"the court", b"the press")


def release_gone(bag: Path) -> None:
    for path in (bag / "data/case/releases").iterdir():
        path.unlink()


def later_line_edited(bag: Path) -> None:
    change(bag / "data/case/after-seal.jsonl", b'"action":"release"', b'"action":"refused"')


def paper_added(bag: Path) -> None:
    (bag / "data/case/annotations/0099.json").write_text("{}", "utf-8")


FORGERIES: dict[Callable[[Path], None], str] = {
    exhibit_flipped: r"6 exhibits: data/exhibits/E0001.warc.gz",
    exhibits_swapped: r"6 exhibits: data/exhibits/E0003.warc.gz",
    exhibit_added: r"6 exhibits: data/exhibits/E0099.warc.gz",
    exhibit_twice: r"6 exhibits: data/exhibits/E0*1",
    log_line_edited: r"3 log: data/case/log: line [0-9]+",
    log_line_cut: r"3 log: data/case/seals/0001.txt: '# lines'",
    log_segment_gone: r"2 seals: log/000001.jsonl",
    log_segment_added: r"3 log: ",
    seal_edited: r"2 seals: data/case/seals/0002.txt: '# previous'",
    newest_seal_edited: r"3 log: data/case/after-seal.jsonl",
    seal_gone: r"2 seals: ",
    seal_signature_of_another_seal: r"4 signatures: data/case/seals/0001.txt.1001.sig",
    approval_edited: r"4 signatures: data/case/case/0003.json.2001.sig",
    approval_unsigned: r"2 seals: case/0003.json.2001.sig",
    decision_edited: r"4 signatures: data/case/decisions/0001.json.2002.sig",
    annotation_gone: r"2 seals: annotations/0003.json",
    officers_edited: r"4 signatures: data/case/officers/0002",
    officers_unsigned: r"4 signatures: data/case/officers/0002: no chief",
    release_edited: r"4 signatures: data/case/releases/0001.json.c1.sig",
    release_gone: r"7 release: ",
    later_line_edited: r"7 release: ",
    paper_added: r"4 signatures: data/case/annotations/0099.json: neither",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_found_and_named(
    court: Court, bag: Path, tools: Path, forge: Callable[[Path], None]
) -> None:
    forge(bag)
    assert kit.verify(bag, tools).returncode == 1
    relist(bag)
    done = kit.verify(bag, tools, *court.anchors[:4])
    assert done.returncode == 1, done.stdout
    assert re.search(f"^FAIL  {FORGERIES[forge]}", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert "PASS  nothing" not in done.stdout


def test_a_page_is_covered_by_the_manifest_and_the_manifest_by_what_was_logged(
    court: Court, bag: Path, tools: Path
) -> None:
    change(bag / "data/pages/E0001.html", b"firstly", b"lastly")
    assert "FAIL  1 bag: data/pages/E0001.html" in kit.verify(bag, tools).stdout
    relist(bag)
    assert kit.verify(bag, tools).returncode == 0
    assert kit.verify(bag, tools, *court.anchors).returncode == 1


def test_what_no_manifest_names_and_what_is_a_link_fails(bag: Path, tools: Path) -> None:
    (bag / "data/more.txt").write_text("x", "utf-8")
    (bag / "data/link").symlink_to("index.csv")
    (bag / "data/\x1b[2JPASS\\033[2J").write_text("x", "utf-8")
    said = kit.verify(bag, tools).stdout
    assert "FAIL  1 bag: data/more.txt: no manifest names it" in said
    assert "FAIL  1 bag: ./data/link: a link" in said
    assert "\x1b" not in said


# --- timestamps ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the home of a package whose seals a real authority has stamped; beside it, another authority's CA."""
    home = tmp_path_factory.mktemp("stamped")
    tsa, other = Tsa(home), Tsa(home, "other")
    desk = Desk(home)
    with tsa.serve() as server:
        enrol(desk, tsa.authority(server))
        case = desk.approved()
        kit.fill(desk, case)
        desk.open(case).refused("target-not-approved")  # something new, for a second seal
        release = kit.released(desk, case)
        kit.build(desk, case, home / "out", release, kit.sealed(case, release))
    (home / "ca").mkdir()
    (home / "ca/tsa.pem").write_bytes(tsa.ca)
    (home / "wrong").mkdir()
    (home / "wrong/tsa.pem").write_bytes(other.ca)
    return home


def test_timestamps_hold_by_the_authority_s_own_certificate(stamped: Path, tools: Path) -> None:
    for words in ((), ("--ca", str(stamped / "ca"))):
        done = kit.verify(stamped / "out", tools, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"^PASS  5 timestamps: [1-9] timestamps hold", done.stdout, re.MULTILINE)
    assert "FAIL  5 timestamps" in kit.verify(stamped / "out", tools, "--ca", str(stamped / "wrong")).stdout


def test_a_timestamp_that_is_damaged_or_another_seal_s_fails(
    stamped: Path, tmp_path: Path, tools: Path
) -> None:
    bag = Path(shutil.copytree(stamped / "out", tmp_path / "bag"))
    found = sorted((bag / "data/case/seals").glob("*.tsr"))
    shutil.copy(found[0], found[-1])
    relist(bag)
    said = kit.verify(bag, tools).stdout
    assert re.search(rf"^FAIL  5 timestamps: data/case/seals/{found[-1].name}: openssl", said, re.MULTILINE)


def test_it_reads_like_a_shell_script(court: Court) -> None:
    subprocess.run(["sh", "-n", court.out / "verify.sh"], check=True)
    words = (court.out / "VERIFY.txt").read_text("utf-8")
    assert len(words.split()) < 1500  # ten minutes
    for step in range(1, 8):
        assert re.search(rf"^{step} ", words, re.MULTILINE)
