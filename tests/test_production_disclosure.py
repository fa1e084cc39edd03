"""A disclosure is checked with sh, openssl and ssh-keygen alone; nothing that was tampered with passes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import HEAD, Desk, exchange
from workbench.casefile import CaseFile, Receipt
from workbench.casefile.files import Slice
from workbench.department import Session
from workbench.errors import IntegrityError, UsageError
from workbench.policy.officers import SEAL
from workbench.production.disclosure import Disclosure, check_place, write
from workbench.records import Result

TOOLS = ("sh", "openssl", "ssh-keygen", "cat", "tr")
COUNT = 30


def filled(desk: Desk, number: str = "2026-0417", count: int = COUNT) -> CaseFile:
    """Make a case of one capture with so many exhibits, sealed and countersigned."""
    case = desk.approved(number=number)
    writer = case.begin_capture(desk.order(), key=desk.sign_in("1001").key, collector="m 1", head=HEAD)
    for index in range(count):
        writer.append(exchange(b'{"n":%d,"case":"%s"}' % (index, number.encode())))
    writer.end(Result(verdict="complete", items=count), requests=count)
    case.seal(desk.sign_in("1001"))
    case.countersign(desk.sign_in("2001"), 1)
    return case


class Made:
    """A disclosure of three exhibits, one of them withheld, and another case's beside it."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home)
        self.case = filled(self.desk)
        self.root = self.desk.department.root
        self.folder = home / "out"
        self.folder.mkdir()
        self.done = write(self.case.folder, 1, [3, 12, 30], self.folder, withheld={12})
        other = filled(self.desk, "2026-0418", COUNT + 1)
        self.other = home / "other"
        self.other.mkdir()
        write(other.folder, 1, [3, 12, 30], self.other, withheld={12})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the few tools that are allowed, to be the whole PATH: no Python among them."""
    folder = tmp_path_factory.mktemp("tools")
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def verify(folder: Path, tools: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run verify.sh from elsewhere, with nothing but the tools on PATH."""
    command = [str(tools / "sh"), str(folder / "verify.sh"), *words]
    return subprocess.run(
        command, env={"PATH": str(tools)}, cwd=tools, capture_output=True, text=True, check=False
    )


def anchors(made: Made) -> tuple[str, ...]:
    return ("--root", made.root, "--seal", made.done.seal_sha256)


def resum(folder: Path) -> None:
    """Write SHA256SUMS anew, as a forger would."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    rows = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(rows), "utf-8")


# --- what is in it ------------------------------------------------------------------------------


def test_it_holds_the_chosen_exhibits_and_nothing_else_of_the_case(made: Made) -> None:
    found = sorted(
        path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()
    )
    names = ("2026-0417-E0003", "2026-0417-E0012", "2026-0417-E0030")
    assert found == sorted(
        ["README.txt", "SHA256SUMS", "exhibits.txt", "signatures.txt", "verify.sh"]
        + [f"exhibits/{name}.warc.gz" for name in names if name != "2026-0417-E0012"]
        + [f"lines/{name}.jsonl" for name in names]
        + [f"proofs/{name}.txt" for name in names]
        + ["seals/0001.txt", "seals/0001.txt.1001.sig", "seals/0001.txt.2001.sig"]
        + ["officers/0001", "officers/0001.c1.sig", "officers/0002", "officers/0002.c1.sig"]
    )
    data = (made.folder / "exhibits/2026-0417-E0003.warc.gz").read_bytes()
    assert b'{"n":2,"case":"2026-0417"}' in gzip.decompress(data)
    whole = b"".join(path.read_bytes() for path in sorted((made.case.folder / "log").iterdir()))
    assert (made.folder / "lines/2026-0417-E0012.jsonl").read_bytes() in whole.splitlines(keepends=True)


def test_it_says_how_much_there_is_and_how_much_is_withheld(made: Made) -> None:
    done = made.done
    assert done == Disclosure(
        folder=str(made.folder),
        case="2026-0417",
        seal=1,
        seal_sha256=hashlib.sha256((made.case.folder / "seals/0001.txt").read_bytes()).hexdigest(),
        root=done.root,
        sealed_lines=done.sealed_lines,
        sealed_exhibits=COUNT,
        given=("2026-0417-E0003", "2026-0417-E0030"),
        withheld=("2026-0417-E0012",),
        sha256=hashlib.sha256((made.folder / "SHA256SUMS").read_bytes()).hexdigest(),
    )
    page = (made.folder / "README.txt").read_text("utf-8")
    assert f"2 of the {COUNT} exhibits" in page
    assert f"{COUNT - 3} exhibits of this case and {done.sealed_lines - 3} of its {done.sealed_lines}" in page


# --- checking it --------------------------------------------------------------------------------


def test_verify_sh_accepts_it_with_python_absent(made: Made, tools: Path) -> None:
    said = verify(made.folder, tools, *anchors(made))
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith("All holds.\n")
    assert "countersigned by 2001" in said.stdout
    assert said.stdout.count("is under the seal") == 3
    short = made.done.seal_sha256[:20]
    grouped = " ".join(short[place : place + 4] for place in range(0, 20, 4))
    assert verify(made.folder, tools, "--root", made.root, "--seal", grouped).returncode == 0


def test_without_anchors_the_answer_is_not_all_holds(made: Made, tools: Path) -> None:
    said = verify(made.folder, tools)
    assert said.returncode == 2
    assert said.stdout.count("UNKNOWN") == 3
    assert "All holds" not in said.stdout


def test_without_ssh_keygen_the_proofs_are_still_checked(made: Made, tools: Path, tmp_path: Path) -> None:
    for name in TOOLS:
        if name != "ssh-keygen":
            (tmp_path / name).symlink_to(tools / name)
    said = verify(made.folder, tmp_path, *anchors(made))
    assert said.returncode == 2
    assert said.stdout.count("is under the seal") == 3


def test_other_anchors_are_refused(made: Made, tools: Path) -> None:
    wrong = "0" * 64
    assert verify(made.folder, tools, "--root", made.root, "--seal", wrong).returncode == 1
    assert (
        verify(made.folder, tools, "--root", "SHA256:other", "--seal", made.done.seal_sha256).returncode == 1
    )
    # Too short to mean anything.
    assert (
        verify(made.folder, tools, "--root", made.root, "--seal", made.done.seal_sha256[:8]).returncode == 1
    )


@pytest.mark.parametrize("words", [["--root"], ["--what", "x"], ["x"]])
def test_other_words_are_refused(made: Made, tools: Path, words: list[str]) -> None:
    said = verify(made.folder, tools, *words)
    assert said.returncode == 2
    assert said.stderr.startswith("usage")


Tamper = Callable[[Made, Path], None]
FIRST, SECOND, LAST = "2026-0417-E0003", "2026-0417-E0012", "2026-0417-E0030"


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def proof_rows(folder: Path) -> tuple[Path, list[str], list[str]]:
    path = folder / f"proofs/{FIRST}.txt"
    rows = path.read_text("utf-8").splitlines(keepends=True)
    return path, [row for row in rows if row[0] == "#"], [row for row in rows if row[0] != "#"]


def altered_exhibit(_: Made, folder: Path) -> None:
    path = folder / f"exhibits/{FIRST}.warc.gz"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def another_exhibit(_: Made, folder: Path) -> None:
    shutil.copy(folder / f"exhibits/{LAST}.warc.gz", folder / f"exhibits/{FIRST}.warc.gz")


def another_proof(_: Made, folder: Path) -> None:
    shutil.copy(folder / f"proofs/{LAST}.txt", folder / f"proofs/{FIRST}.txt")


def another_proof_renamed(_: Made, folder: Path) -> None:
    path, head, _rows = proof_rows(folder)
    others = (folder / f"proofs/{LAST}.txt").read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([*head, *(row for row in others if row[0] != "#")]), "utf-8")


def another_line(_: Made, folder: Path) -> None:
    for kind in ("lines/{}.jsonl", "proofs/{}.txt", "exhibits/{}.warc.gz"):
        shutil.copy(folder / kind.format(LAST), folder / kind.format(FIRST))


def altered_line(_: Made, folder: Path) -> None:
    edited(folder / f"lines/{FIRST}.jsonl", '"actor":"1001"', '"actor":"1002"')


def altered_line_to_fit(_: Made, folder: Path) -> None:
    path = folder / f"exhibits/{FIRST}.warc.gz"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(exchange(b"forged"))
    edited(folder / f"lines/{FIRST}.jsonl", before, hashlib.sha256(path.read_bytes()).hexdigest())


def another_seal(made: Made, folder: Path) -> None:
    for path in (made.other / "seals").iterdir():
        shutil.copy(path, folder / "seals" / path.name)


def another_seal_and_proofs(made: Made, folder: Path) -> None:
    another_seal(made, folder)
    for path in (made.other / "proofs").iterdir():
        name = path.name.replace("2026-0418", "2026-0417")
        (folder / "proofs" / name).write_text(
            path.read_text("utf-8").replace("2026-0418", "2026-0417"), "utf-8"
        )


def another_case(made: Made, folder: Path) -> None:
    for kind in ("exhibits", "lines", "proofs"):
        for path in (made.other / kind).iterdir():
            text = (
                path.read_bytes().replace(b"2026-0418", b"2026-0417")
                if kind == "proofs"
                else path.read_bytes()
            )
            (folder / kind / path.name.replace("2026-0418", "2026-0417")).write_bytes(text)


def swapped_siblings(_: Made, folder: Path) -> None:
    path, head, rows = proof_rows(folder)
    path.write_text("".join([*head, rows[1], rows[0], *rows[2:]]), "utf-8")


def altered_sibling(_: Made, folder: Path) -> None:
    path, head, rows = proof_rows(folder)
    path.write_text("".join([*head, "0" * 64 + "\n", *rows[1:]]), "utf-8")


def shorter_proof(_: Made, folder: Path) -> None:
    path, head, rows = proof_rows(folder)
    path.write_text("".join([*head, *rows[:-1]]), "utf-8")


def longer_proof(_: Made, folder: Path) -> None:
    path, head, rows = proof_rows(folder)
    path.write_text("".join([*head, *rows, rows[-1]]), "utf-8")


def wrong_index(_: Made, folder: Path) -> None:
    edited(folder / f"proofs/{FIRST}.txt", "# line 10", "# line 11")


def wrong_index_everywhere(_: Made, folder: Path) -> None:
    edited(folder / f"proofs/{FIRST}.txt", "# line 10", "# line 11")
    edited(folder / f"lines/{FIRST}.jsonl", '"seq":10,', '"seq":11,')


def wrong_size(made: Made, folder: Path) -> None:
    lines = made.done.sealed_lines
    edited(folder / f"proofs/{FIRST}.txt", f"# lines {lines}", f"# lines {lines - 1}")


def altered_seal(made: Made, folder: Path) -> None:
    lines = made.done.sealed_lines
    edited(folder / "seals/0001.txt", f"# lines {lines}", f"# lines {lines + 1}")
    for path in (folder / "proofs").iterdir():
        edited(path, f"# lines {lines}", f"# lines {lines + 1}")


def unproven_exhibit(_: Made, folder: Path) -> None:
    (folder / "exhibits/2026-0417-E0007.warc.gz").write_bytes(exchange(b"slipped in"))


def unproven_exhibit_listed(_: Made, folder: Path) -> None:
    unproven_exhibit(_, folder)
    with (folder / "exhibits.txt").open("a", encoding="utf-8") as file:
        file.write("2026-0417-E0007 exhibits/2026-0417-E0007.warc.gz\n")


def missing_exhibit(_: Made, folder: Path) -> None:
    (folder / f"exhibits/{FIRST}.warc.gz").unlink()


def missing_line(_: Made, folder: Path) -> None:
    (folder / f"lines/{SECOND}.jsonl").unlink()


def nothing_listed(_: Made, folder: Path) -> None:
    (folder / "exhibits.txt").write_text("", "utf-8")


def unsigned(_: Made, folder: Path) -> None:
    (folder / "seals/0001.txt.1001.sig").unlink()
    edited(folder / "signatures.txt", "1001 workbench-seal", "2001 workbench-review")


def signed_by_another(made: Made, folder: Path) -> None:
    data = (folder / "seals/0001.txt").read_bytes()
    forged = made.desk.forge("1002", "detective").sign(data, SEAL)
    (folder / "seals/0001.txt.1001.sig").write_bytes(forged)


def signed_at_another_time(_: Made, folder: Path) -> None:
    edited(folder / "signatures.txt", "workbench-seal 2026", "workbench-seal 2027")


def officers_of_another_town(_: Made, folder: Path) -> None:
    home = folder.parent / "elsewhere"
    desk = Desk(home, town="elsewhere")
    for path in (desk.department.folder / "officers").iterdir():
        shutil.copy(path, folder / "officers" / path.name)
    data = (folder / "seals/0001.txt").read_bytes()
    (folder / "seals/0001.txt.1001.sig").write_bytes(desk.sign_in("1001").sign(data, SEAL))
    (folder / "seals/0001.txt.2001.sig").unlink()
    edited(folder / "signatures.txt", "2001 workbench-review 20260302140000 officers/0002\n", "")
    shutil.rmtree(home)


def altered_register(made: Made, folder: Path) -> None:
    blob = base64.b64encode(made.desk.signer("1001").blob).decode()
    other = base64.b64encode(made.desk.signer("1002").blob).decode()
    edited(folder / "officers/0002", blob, other)


def stamped_by_nobody(_: Made, folder: Path) -> None:
    (folder / "seals/0001.tsa.tsr").write_bytes(b"no timestamp")
    (folder / "certificates").mkdir()
    (folder / "certificates/tsa.pem").write_bytes(b"no certificate")


def signed_by_a_register_beside(made: Made, folder: Path) -> None:
    """A register that no chief signed, reached by a path that only looks like one of the chain."""
    forger = made.desk.forge("1001", "detective")
    signed_by(forger, folder)
    real = base64.b64encode(made.desk.signer("1001").blob).decode()
    text = (folder / "officers/0002").read_text("utf-8")
    (folder / "a").write_text(text.replace(real, base64.b64encode(forger.signer.blob).decode()), "utf-8")
    edited(folder / "signatures.txt", "officers/0002", "officers/../a")


def signed_by_a_register_in_a_folder(made: Made, folder: Path) -> None:
    signed_by_a_register_beside(made, folder)
    (folder / "a").rename(folder / "officers/abcd")
    edited(folder / "signatures.txt", "officers/../a", "officers/abcd")


def signed_by(forger: Session, folder: Path) -> None:
    data = (folder / "seals/0001.txt").read_bytes()
    (folder / "seals/0001.txt.1001.sig").write_bytes(forger.sign(data, SEAL))


def countersigned_badly_on_a_torn_line(made: Made, folder: Path) -> None:
    forged = made.desk.forge("2001", "supervisor").sign(b"something else", SEAL)
    (folder / "seals/0001.txt.2001.sig").write_bytes(forged)
    path = folder / "signatures.txt"
    path.write_text(path.read_text("utf-8").rstrip("\n"), "utf-8")


def countersignature_not_listed(_: Made, folder: Path) -> None:
    shutil.copy(folder / "seals/0001.txt.2001.sig", folder / "seals/0001.txt.2009.sig")


def hidden_files(_: Made, folder: Path) -> None:
    (folder / ".more").write_text("slipped in", "utf-8")
    (folder / "exhibits/.more").write_text("slipped in", "utf-8")


def a_deeper_folder(_: Made, folder: Path) -> None:
    (folder / "exhibits/a/b/c").mkdir(parents=True)
    (folder / "exhibits/a/b/c/d").write_text("slipped in", "utf-8")


def another_paper(_: Made, folder: Path) -> None:
    (folder / "NOTE.txt").write_text("slipped in", "utf-8")


def another_line_slipped_in(_: Made, folder: Path) -> None:
    shutil.copy(folder / f"lines/{FIRST}.jsonl", folder / "lines/2026-0417-E0009.jsonl")


def another_seal_beside(_: Made, folder: Path) -> None:
    shutil.copy(folder / "seals/0001.txt", folder / "seals/00002.txt")


def linked_folder(_: Made, folder: Path) -> None:
    moved = folder.parent / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    shutil.move(folder / "exhibits", moved)
    (folder / "exhibits").symlink_to(moved)


def a_pipe(_: Made, folder: Path) -> None:
    (folder / "signatures.txt").unlink()
    os.mkfifo(folder / "signatures.txt")


def taken_out_and_called_withheld(_: Made, folder: Path) -> None:
    (folder / f"exhibits/{FIRST}.warc.gz").unlink()
    edited(folder / "exhibits.txt", f"exhibits/{FIRST}.warc.gz", "withheld")


def taken_out_altogether(_: Made, folder: Path) -> None:
    edited(folder / "exhibits.txt", f"{FIRST} exhibits/{FIRST}.warc.gz\n", "")
    for name in (f"exhibits/{FIRST}.warc.gz", f"lines/{FIRST}.jsonl", f"proofs/{FIRST}.txt"):
        (folder / name).unlink()


def fewer_said_to_be_there(_: Made, folder: Path) -> None:
    edited(folder / "README.txt", f"of the {COUNT} exhibits", "of the 3 exhibits")
    edited(folder / "README.txt", f"{COUNT - 3} exhibits of this case", "0 exhibits of this case")


def fewer_lines_said_to_be_withheld(made: Made, folder: Path) -> None:
    lines = made.done.sealed_lines
    edited(folder / "README.txt", f"and {lines - 3} of its {lines}", f"and 0 of its {lines}")


def listed_twice(_: Made, folder: Path) -> None:
    with (folder / "exhibits.txt").open("a", encoding="utf-8") as file:
        file.write(f"{FIRST} exhibits/{FIRST}.warc.gz\n")


TAMPERS = [
    signed_by_a_register_beside,
    signed_by_a_register_in_a_folder,
    countersigned_badly_on_a_torn_line,
    countersignature_not_listed,
    hidden_files,
    a_deeper_folder,
    another_paper,
    another_line_slipped_in,
    another_seal_beside,
    linked_folder,
    a_pipe,
    taken_out_and_called_withheld,
    taken_out_altogether,
    fewer_said_to_be_there,
    fewer_lines_said_to_be_withheld,
    listed_twice,
    altered_exhibit,
    another_exhibit,
    another_proof,
    another_proof_renamed,
    another_line,
    altered_line,
    altered_line_to_fit,
    another_seal,
    another_seal_and_proofs,
    another_case,
    swapped_siblings,
    altered_sibling,
    shorter_proof,
    longer_proof,
    wrong_index,
    wrong_index_everywhere,
    wrong_size,
    altered_seal,
    unproven_exhibit,
    unproven_exhibit_listed,
    missing_exhibit,
    missing_line,
    nothing_listed,
    unsigned,
    signed_by_another,
    signed_at_another_time,
    officers_of_another_town,
    altered_register,
    stamped_by_nobody,
]


@pytest.mark.parametrize("tamper", TAMPERS, ids=lambda tamper: tamper.__name__)
def test_what_was_tampered_with_does_not_hold_even_with_sums_made_anew(
    made: Made, tools: Path, tmp_path: Path, tamper: Tamper
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    tamper(made, folder)
    assert verify(folder, tools, *anchors(made)).returncode == 1
    resum(folder)
    said = verify(folder, tools, *anchors(made))
    assert said.returncode == 1
    assert "DOES NOT HOLD" in said.stdout


def test_a_folder_with_fewer_exhibits_is_told_by_the_sums_that_the_department_entered(
    made: Made, tools: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    words = (*anchors(made), "--sums", made.done.sha256)
    assert verify(folder, tools, *words).returncode == 0
    taken_out_and_called_withheld(made, folder)
    edited(folder / "README.txt", "2 of the 30", "1 of the 30")
    resum(folder)
    assert verify(folder, tools, *anchors(made)).returncode == 0
    said = verify(folder, tools, *words)
    assert said.returncode == 1
    assert "not the one given with --sums" in said.stdout


@pytest.mark.parametrize("name", ["x\x1b[31mred", "a $(touch pwned) `touch pwned`", "two\nlines", "-n", "*"])
def test_names_neither_run_nor_reach_the_terminal_as_they_are(
    made: Made, tools: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    (folder / name).write_text("x", "utf-8")
    (folder / "exhibits" / name).write_text("x", "utf-8")
    for path in (folder / "exhibits.txt", folder / "signatures.txt", folder / "SHA256SUMS"):
        path.write_text(path.read_text("utf-8") + f"{name} {name} {name} {name}\n", "utf-8")
    said = verify(folder, tools, *anchors(made))
    assert said.returncode == 1
    assert "\x1b" not in said.stdout + said.stderr
    assert not list(tmp_path.rglob("pwned"))


def test_the_same_copy_holds_where_nothing_was_tampered_with(made: Made, tools: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a name with spaces é"
    shutil.copytree(made.folder, folder)
    resum(folder)
    assert verify(folder, tools, *anchors(made)).returncode == 0


@pytest.mark.skipif(shutil.which("xxd") is None, reason="the page's way by hand needs xxd")
@pytest.mark.parametrize("name", [FIRST, SECOND, LAST])
def test_the_way_by_hand_of_the_verifiers_page_leads_to_the_root(made: Made, name: str) -> None:
    page = (Path(__file__).parent.parent / "docs" / "tutorial-verifier.md").read_text("utf-8")
    block = next(part for part in page.split("```sh\n") if part.startswith("E=2026")).partition("```")[0]
    seq = json.loads((made.folder / f"lines/{name}.jsonl").read_bytes())["seq"]
    words = f"E={name} place=$(({seq} - 1)) last=$(({made.done.sealed_lines} - 1))"
    script = block.replace("E=2026-0417-E0012 place=$((41 - 1)) last=$((1000 - 1))", words)
    assert words in script
    said = subprocess.run(["sh", "-c", script], cwd=made.folder, capture_output=True, text=True, check=True)
    assert said.stdout == f"0 {made.done.root}\n"


# --- what is not disclosed ----------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "disclosed"
    folder.mkdir()
    return folder


def test_an_exhibit_whose_bytes_changed_is_not_disclosed(desk: Desk, empty: Path) -> None:
    case = filled(desk)
    path = case.folder / "warc/0001-mastodon.warc.gz"
    path.write_bytes(path.read_bytes()[:-5] + b"12345")
    write(case.folder, 1, [3], empty)
    with pytest.raises(IntegrityError) as told:
        write(case.folder, 1, [COUNT], empty.parent)
    assert told.value.what == "the exhibit's bytes are not those that were logged"


def test_a_line_that_changed_is_not_disclosed(desk: Desk, empty: Path) -> None:
    case = filled(desk)
    path = case.folder / "log/000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"exhibit":7,', b'"exhibit":8,', 1))
    with pytest.raises(IntegrityError) as told:
        write(case.folder, 1, [3], empty)
    assert told.value.what == "a line of the custody log does not lead to the sealed root"
    assert not list(empty.iterdir())


def test_what_is_not_sealed_or_not_there_is_not_disclosed(desk: Desk, empty: Path) -> None:
    case = filled(desk)
    writer = case.begin_capture(desk.order(), key=desk.sign_in("1001").key, collector="m 1", head=HEAD)
    late = writer.append(exchange(b"late"))
    for number in (late.number, 99):
        with pytest.raises(IntegrityError):
            write(case.folder, 1, [number], empty)
    assert not list(empty.iterdir())


def test_an_altered_seal_or_signature_is_not_disclosed(desk: Desk, empty: Path) -> None:
    case = filled(desk)
    for name in ("seals/0001.txt", "seals/0001.txt.1001.sig", "officers/0002"):
        path = case.folder / name
        before = path.read_bytes()
        path.write_bytes(before[:-1] + b"x")
        with pytest.raises(IntegrityError):
            write(case.folder, 1, [3], empty)
        path.write_bytes(before)
    write(case.folder, 1, [3], empty)


def test_an_imported_file_and_a_member_keep_their_endings(desk: Desk, tools: Path, empty: Path) -> None:
    case = desk.approved()
    given = desk.casefiles.parent / "Photo.JPG"
    given.write_bytes(b"\xff\xd8 picture")
    imported = case.begin_import([(given, "Photo.JPG")], "", Receipt(giver="a citizen"))
    stored = imported.files[0]
    whole = Slice(file=stored.file, offset=0, length=stored.length)
    imported.exhibits([whole, Slice(file=stored.file, offset=2, length=4, member=0)])
    imported.end(Result(verdict="complete", items=2), 2)
    case.seal(desk.sign_in("1001"))
    done = write(case.folder, 1, [1, 2], empty)
    assert (empty / "exhibits/2026-0417-E0001.jpg").read_bytes() == b"\xff\xd8 picture"
    assert (empty / "exhibits/2026-0417-E0002.zip-member").read_bytes() == b" pic"
    words = ("--root", desk.department.root, "--seal", done.seal_sha256)
    assert verify(empty, tools, *words).returncode == 0


def test_the_place_must_be_new_and_outside_the_case(desk: Desk, tmp_path: Path) -> None:
    case = desk.approved()
    (tmp_path / "there").mkdir()
    for out in (tmp_path / "there", tmp_path / "no/parent", case.folder / "out"):
        with pytest.raises(UsageError):
            check_place(out)
    check_place(tmp_path / "new")
