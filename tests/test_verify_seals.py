"""Clauses 2.1, 9.2 and 10 of docs/casefile-format.md: seals forged before they were signed, and after."""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import casemaker, tsa
from tests.casemaker import NUMBER, START, Edit, Maker, make, make_2, stamp
from workbench.custody import verify
from workbench.custody.verify import log, merkle, report
from workbench.custody.verify.seals import marks
from workbench.custody.verify.signatures import ROLES

SEAL = "seals/0002.txt"
Change = Callable[[Path], object]


def found(folder: Path, **options: Any) -> set[tuple[str, str]]:
    return {(each.clause, each.file) for each in verify.verify(folder, **options).defects}


def notes(folder: Path) -> dict[str, str]:
    return {each.kind: each.what for each in verify.verify(folder).notes}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_2(tmp_path_factory.mktemp("good"))


@pytest.fixture
def case(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / good.name))


def test_a_sealed_case_made_from_the_document_alone_holds(good: Path) -> None:
    answer = verify.verify(good, root=casemaker.fingerprint("c1"))
    assert answer.defects == []
    assert answer.counts["seals"] == 4
    assert notes(good) | {"not-anchored": ""} == {
        "not-anchored": "",
        "unsealed-own": "line 26 is not sealed: only those that name the last seal and its marks",
        "unsealed-audit": "audit lines 3 to 4 are not sealed",
        "not-countersigned": "seals 1, 3 to 4 are not countersigned",
        "unstamped": "seals 1 to 4 are not timestamped",
    }


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
def test_processes_find_the_same_seals(case: Path, processes: int) -> None:
    _flip("log/000002.jsonl", 300)(case)
    assert verify.verify(case, processes=processes).to_json() == verify.verify(case).to_json()
    assert not verify.verify(case).ok


def _flip(file: str, place: int) -> Change:
    def change(case: Path) -> None:
        data = bytearray((case / file).read_bytes())
        data[place] ^= 1
        (case / file).write_bytes(data)

    return change


def _gone(file: str) -> Change:
    return lambda case: (case / file).unlink()


def _joined(case: Path) -> None:
    """Put the second segment's lines at the end of the first: the chain holds, the segments do not."""
    with (case / "log/000001.jsonl").open("ab") as out:
        out.write((case / "log/000002.jsonl").read_bytes())
    for number in range(3, 6):
        (case / f"log/{number:06d}.jsonl").rename(case / f"log/{number - 1:06d}.jsonl")


def _rolled_back(case: Path) -> None:
    """Cut the log before its last seal and take the files of that seal away: only its anchor tells."""
    (case / "log/000005.jsonl").unlink()
    (case / "seals/0004.txt").unlink()
    (case / "seals/0004.txt.s1.sig").unlink()


BYTES: dict[str, tuple[Change, str, str]] = {
    "seal-edited": (_flip(SEAL, 60), "1.4", SEAL),
    "seal-gone": (_gone(SEAL), "1.4", SEAL),
    "signature-edited": (_flip(f"{SEAL}.d1.sig", 200), "1.4", f"{SEAL}.d1.sig"),
    "signature-gone": (_gone(f"{SEAL}.d1.sig"), "1.4", f"{SEAL}.d1.sig"),
    "countersignature-gone": (_gone(f"{SEAL}.s1.sig"), "1.4", f"{SEAL}.s1.sig"),
    "segment-edited": (_flip("log/000002.jsonl", 300), "10.2", "log/000002.jsonl"),
    "segments-joined": (_joined, "2.1", "log/000001.jsonl"),
    "segment-without-its-seal": (lambda case: (case / "log/000006.jsonl").touch(), "2.1", "log/000005.jsonl"),
    "line-sealed-and-edited": (_flip("log/000001.jsonl", 900), "10.1", "seals/0001.txt"),
    "audit-line-sealed-and-edited": (_flip("audit/000001.jsonl", 250), "10.8", SEAL),
    "audit-emptied": (lambda case: (case / "audit/000001.jsonl").write_bytes(b""), "10.8", SEAL),
    "seal-without-line": (lambda case: (case / "seals/0009.txt").touch(), "1.4", "seals/0009.txt"),
    "timestamp-without-line": (lambda case: (case / "seals/0001.x.tsr").touch(), "1.4", "seals/0001.x.tsr"),
    "timestamp-without-name": (lambda case: (case / "seals/0001.tsr").touch(), "1.3", "seals/0001.tsr"),
}


@pytest.mark.parametrize("name", BYTES)
def test_a_changed_byte_of_what_is_sealed_is_named(name: str, case: Path) -> None:
    change, clause, file = BYTES[name]
    change(case)
    assert (clause, file) in found(case)


def test_a_defect_of_a_seal_names_its_bytes(tmp_path: Path) -> None:
    folder = make_2(tmp_path, {"seal-2": _row(7, "# root " + "0" * 64)})
    (defect,) = [each for each in verify.verify(folder).defects if each.clause == "10.1"]
    data = (folder / SEAL).read_bytes()
    assert data[defect.offset : defect.offset + defect.length] == b"# root " + b"0" * 64
    assert defect.found == "0" * 64
    assert defect.step == 11


def _row(place: int, text: str) -> Edit:
    return lambda rows: [*rows[:place], text, *rows[place + 1 :]]


def _as(place: int, old: str, new: str) -> Edit:
    def edit(rows: list[str]) -> list[str]:
        assert old in rows[place]
        return [*rows[:place], rows[place].replace(old, new), *rows[place + 1 :]]

    return edit


def _swapped(rows: list[str]) -> list[str]:
    return [*rows[:11], rows[12], rows[11], *rows[13:]]


def _line(which: str, nth: int = 0, /, **changes: Any) -> Edit:
    def edit(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        places = [place for place, line in enumerate(lines) if line["action"] == which]
        lines[places[nth]] |= changes
        return lines

    return edit


def _only(badge: str, key: str, namespace: str) -> Edit:
    return lambda _: {badge: (key, namespace)}


LOG_2, LOG_3 = "log/000002.jsonl", "log/000003.jsonl"
FORGED: dict[str, tuple[str, Edit, str, str]] = {
    "another-version": ("seal-2", _row(0, "# workbench-seal/2"), "10.1", SEAL),
    "another-case": ("seal-2", _row(1, "# case 2026-0001"), "10.1", SEAL),
    "another-number": ("seal-2", _row(2, "# number 3"), "10.3", SEAL),
    "number-with-zeros": ("seal-2", _row(2, "# number 02"), "10.1", SEAL),
    "another-previous": ("seal-2", _row(3, "# previous " + "0" * 64), "10.1", SEAL),
    "dated-later-than-its-line": ("seal-2", _row(4, "# at " + stamp(START + timedelta(days=1))), "10.3", SEAL),
    "no-time": ("seal-2", _row(4, "# at 2026-02-30T14:00:00.000000Z"), "10.1", SEAL),
    "by-another": ("seal-2", _row(5, "# by d2"), "10.3", SEAL),
    "fewer-lines": ("seal-2", _row(6, "# lines 11"), "10.2", SEAL),
    "no-more-lines": ("seal-2", _row(6, "# lines 5"), "10.2", SEAL),
    "lines-beyond-the-log": ("seal-2", _row(6, "# lines 99999999"), "10.1", SEAL),
    "another-root": ("seal-2", _row(7, "# root " + "0" * 64), "10.1", SEAL),
    "another-subtree": ("seal-2", _row(8, "# subtrees " + " ".join(["0" * 64] * 2)), "10.1", SEAL),
    "one-subtree-more": ("seal-2", lambda rows: _row(8, rows[8] + " " + "0" * 64)(rows), "10.1", SEAL),
    "another-audit-line": ("seal-2", _row(9, "# audit 2 " + "0" * 64), "10.8", SEAL),
    "audit-lines-beyond": ("seal-2", _as(9, "audit 2", "audit 9"), "10.8", SEAL),
    "no-audit-but-a-hash": ("seal-1", _row(9, "# audit 0 " + "1" * 64), "10.8", "seals/0001.txt"),
    "head-line-missing": ("seal-2", lambda rows: [*rows[:5], *rows[6:]], "10.1", SEAL),
    "head-only-half": ("seal-2", lambda rows: rows[:5], "10.1", SEAL),
    "empty-line": ("seal-2", lambda rows: [*rows[:11], "", *rows[11:]], "10.1", SEAL),
    "another-comment": ("seal-2", lambda rows: [*rows, "# so far"], "10.1", SEAL),
    "carriage-returns": ("seal-2", lambda rows: [f"{row}\r" for row in rows], "10.1", SEAL),
    "segment-left-out": ("seal-2", lambda rows: [*rows[:10], *rows[11:]], "10.2", SEAL),
    "segment-of-another-hash": ("seal-2", _row(10, "0" * 64 + "  log/000002.jsonl"), "10.2", "log/000002.jsonl"),
    "file-left-out": ("seal-2", lambda rows: rows[:-1], "10.2", SEAL),
    "file-added": ("seal-2", lambda rows: [*rows, "0" * 64 + "  warc/0002-x.warc.gz"], "10.2", SEAL),
    "files-out-of-order": ("seal-2", _swapped, "10.2", SEAL),
    "file-of-another-hash": ("seal-2", lambda rows: _row(13, "0" * 64 + rows[13][64:])(rows), "10.2", SEAL),
    "list-with-a-tab": ("seal-2", lambda rows: [row.replace("  ", "\t") for row in rows], "10.1", SEAL),
    "not-first-of-its-segment": ("split", lambda _: False, "2.1", "log/000001.jsonl"),
    "seal-number-gap": ("lines", _line("seal", 1, seal=7), "1.5", LOG_3),
    "signed-by-nobody-known": ("seal-2-signers", _only("d1", "x9", "workbench-seal"), "10.4", f"{SEAL}.d1.sig"),
    "signed-for-something-else": ("seal-2-signers", _only("d1", "d1", "workbench-request"), "10.4", f"{SEAL}.d1.sig"),
    "signed-by-another-beside": ("seal-2-signers", _only("s1", "s1", "workbench-review"), "10.4", f"{SEAL}.s1.sig"),
    "countersigned-by-a-detective": (
        "countersign-2", _only("d2", "d2", "workbench-review"), "10.5", f"{SEAL}.d2.sig",
    ),
    "countersigned-as-a-seal": ("countersign-2", _only("s1", "s1", "workbench-seal"), "10.5", f"{SEAL}.s1.sig"),
    "countersigned-with-anothers-key": (
        "countersign-2", _only("s1", "s2", "workbench-review"), "10.5", f"{SEAL}.s1.sig",
    ),
    "countersigned-before-it-was-made": ("lines", _line("seal.signed", 0, seal=4), "10.4", LOG_3),
    "signatures-of-no-badge": ("lines", _line("seal.signed", 0, signatures={"No One": "0" * 64}), "2.8", LOG_3),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_seal_is_named(name: str, tmp_path: Path) -> None:
    part, edit, clause, file = FORGED[name]
    assert (clause, file) in found(make_2(tmp_path, {part: edit}))


def test_a_service_may_seal_and_an_auditor_may_not() -> None:
    assert "workbench-seal" in ROLES["service"]
    assert "workbench-seal" not in ROLES["auditor"]


def test_files_with_their_own_hash_agree_with_sha256sum(good: Path) -> None:
    """10.1: stock tools read the list."""
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum (coreutils) is not installed")
    for seal in sorted(good.glob("seals/*.txt")):
        subprocess.run(["sha256sum", "-c", "--strict", str(seal)], cwd=good, capture_output=True, check=True)


# Keys that come and go.


def _retired(maker: Maker, *, gap: int) -> None:
    """Seal with a key whose line ends at once, a while before the next officers file says so."""
    maker.act("open", "d1")
    maker.seal()
    maker.now += timedelta(seconds=gap)
    end = maker.now.strftime("%Y%m%d%H%M%SZ")
    maker.staff(2, d1=casemaker.officer("d1", "detective", before=end))
    maker.now += timedelta(seconds=5)


def test_old_seals_are_verified_as_of_their_time(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        _retired(maker, gap=10)
        maker.seal("d2")

    assert found(make_2(tmp_path, story=story)) == set()


@pytest.mark.parametrize("locked", [False, True])
def test_a_retired_key_seals_nothing_more(tmp_path: Path, locked: bool) -> None:
    def story(maker: Maker) -> None:
        _retired(maker, gap=10)
        maker.seal(locked=locked)
        if locked:
            maker.countersign(2, "d1", "workbench-seal")

    assert found(make_2(tmp_path, story=story)) == {("10.4", f"{SEAL}.d1.sig")}


def test_a_key_that_has_ended_makes_no_seal_that_is_dated_back(tmp_path: Path) -> None:
    """The key's end was written beforehand; the seal is dated before it, its line after."""

    def story(maker: Maker) -> None:
        maker.act("open", "d1")
        end = (maker.now + timedelta(seconds=30)).strftime("%Y%m%d%H%M%SZ")
        maker.staff(2, d1=casemaker.officer("d1", "detective", before=end))
        maker.now += timedelta(seconds=60)
        maker.seal()

    edit: dict[str, Edit] = {"seal-1": _row(4, f"# at {stamp(START + timedelta(seconds=20))}")}
    folder = make_2(tmp_path, edit, story=story)
    assert found(folder) == {("10.4", "seals/0001.txt.d1.sig")}
    assert notes(folder)["unsigned"] == "seal 1 is not signed by the officer who made it"


def test_a_retired_key_signs_no_old_seal_even_when_dated_back(tmp_path: Path) -> None:
    """The signature is entered after the key's end, on a line whose date lies before it."""

    def story(maker: Maker) -> None:
        maker.act("open", "d1")
        maker.seal(locked=True)
        maker.now += timedelta(seconds=10)
        end = maker.now.strftime("%Y%m%d%H%M%SZ")
        maker.staff(2, d1=casemaker.officer("d1", "detective", before=end))
        maker.countersign(1, "d1", "workbench-seal")

    edit = {"lines": _line("seal.signed", 0, at=stamp(START + timedelta(seconds=4)), clock="back")}
    folder = make_2(tmp_path, edit, story=story)
    assert found(folder) == {("10.4", "seals/0001.txt.d1.sig")}
    assert notes(folder)["unsigned"] == "seal 1 is not signed by the officer who made it"


def test_a_key_that_came_later_does_not_sign_for_the_time_of_the_seal(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.act("open", "d1")
        maker.seal(locked=True)
        maker.now += timedelta(seconds=60)
        start = maker.now.strftime("%Y%m%d%H%M%SZ")
        maker.staff(2, d1=casemaker.officer("d1", "detective", start))
        maker.now += timedelta(seconds=1)
        maker.countersign(1, "d1", "workbench-seal")

    edit: dict[str, Edit] = {
        "officers-1": lambda rows: (
            [row for row in rows if not row.startswith("d1 ")]
            + [
                casemaker.officer("d1", "detective", before="20260302140030Z").replace(
                    _ssh("d1"), _ssh("d1 old")
                )
            ]
        ),
        "version-1-signers": _only("d1", "d1 old", "workbench-request"),
    }
    folder = make_2(tmp_path, edit, story=story)
    assert found(folder) == set()
    assert notes(folder)["unsigned"] == "seal 1 is not signed by the officer who made it"
    assert "seal-late" in notes(folder)


def _ssh(badge: str) -> str:
    return base64.b64encode(casemaker.blob(badge)).decode()


def test_a_seal_by_a_key_reported_compromised_is_said(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.act("open", "d1")
        maker.seal()
        end = maker.now.strftime("%Y%m%d%H%M%SZ")
        maker.staff(2, d1=casemaker.officer("d1", "detective compromised", before=end))

    folder = make_2(tmp_path, story=story)
    assert found(folder) == set()
    told = [each.file for each in verify.verify(folder).notes if each.kind == "compromised"]
    assert "seals/0001.txt.d1.sig" in told


def test_what_is_not_sealed_is_said(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.seal(locked=True)
        maker.capture()

    told = notes(make_2(tmp_path, story=story))
    assert told["unsealed-lines"] == "lines 6 to 12 are not sealed"
    assert told["unsigned"] == "seal 1 is not signed by the officer who made it"


def test_disposed_files_are_left_out_of_a_seal(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        digest = maker.lines[-1]["sha256"]
        warc = "warc/0001-mastodon.warc.gz"
        maker.log("disposed", "s1", file=warc, sha256=digest, order="2026/1")
        (maker.folder / warc).unlink()
        maker.seal()

    folder = make_2(tmp_path, story=story)
    assert found(folder) == set()
    assert "warc" not in (folder / "seals/0001.txt").read_text()


@pytest.mark.parametrize("locked", [None, True, False])
def test_a_sealed_file_is_gone_only_by_a_line_that_a_signed_seal_covers(
    tmp_path: Path, locked: bool | None
) -> None:
    """Anybody who can write in the folder can write a line; what was sealed is taken away by whom one can ask."""
    warc = "warc/0001-mastodon.warc.gz"

    def story(maker: Maker) -> None:
        maker.approved()
        maker.capture()
        digest = maker.lines[-1]["sha256"]
        maker.seal()
        maker.log("disposed", "s1", file=warc, sha256=digest, order="2026/1")
        (maker.folder / warc).unlink()
        if locked is not None:
            maker.seal(locked=locked)

    folder = make_2(tmp_path, story=story)
    assert found(folder) == (set() if locked is False else {("2.10", LOG_2)})


def test_a_recovered_file_is_sealed_where_it_lies(tmp_path: Path) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        digest = maker.write("quarantine/0001-log", b'{"half":')
        fields: dict[str, Any] = {
            "offset": 900,
            "length": 8,
            "sha256": digest,
            "quarantine": "quarantine/0001-log",
        }
        maker.log("recovered", file="log/000001.jsonl", **fields)
        maker.seal()

    folder = make_2(tmp_path, story=story)
    assert found(folder) == set()
    assert "quarantine/0001-log" in (folder / "seals/0001.txt").read_text()


# Timestamps.


def _stamping(authority: tsa.Tsa, folder: Path) -> Callable[[bytes], bytes]:
    def ask(digest: bytes) -> bytes:
        query = folder / "query"
        tsa.openssl(
            "ts", "-query", "-digest", digest.hex(), "-sha256", "-cert", "-out", str(query), check=True
        )
        return authority.stamp(query.read_bytes())

    return ask


def _stamped(maker: Maker, ask: Callable[[bytes], bytes]) -> None:
    maker.approved()
    maker.seal()
    maker.stamp(1, ask)
    maker.capture()
    maker.seal()


def test_a_timestamp_holds_against_the_authority_given(tmp_path: Path) -> None:
    authority = tsa.Tsa(tmp_path)
    ask = _stamping(authority, tmp_path)
    folder = make_2(tmp_path, story=lambda maker: _stamped(maker, ask))
    answer = verify.verify(folder, tsa_cas=[authority.ca])
    assert answer.defects == []
    told = {each.kind: each.what for each in answer.notes}
    assert "stamp-unchecked" not in told
    assert told["unstamped"] == "seal 2 is not timestamped"
    assert "stamp-unchecked" in notes(folder)
    stranger = tsa.Tsa(tmp_path, "stranger")
    assert found(folder, tsa_cas=[stranger.ca]) == {("10.6", "seals/0001.tsa.tsr")}


def test_a_timestamp_of_other_bytes_is_a_defect(tmp_path: Path) -> None:
    ask = _stamping(tsa.Tsa(tmp_path), tmp_path)
    others: list[Callable[[bytes], bytes]] = [
        lambda _: ask(b"x" * 32),
        lambda _: b"no timestamp",
        lambda _: b"",
    ]
    for number, other in enumerate(others):
        folder = make_2(tmp_path / str(number), story=partial(_stamped, ask=other))
        assert found(folder) == {("10.6", "seals/0001.tsa.tsr")}
        assert notes(folder)["unstamped"] == "seals 1 to 2 are not timestamped"


@pytest.mark.parametrize(("key", "value", "clause"), [("seal", 2, "10.6"), ("name", "No One", "1.2")])
def test_a_timestamp_belongs_to_a_seal_made_before(
    tmp_path: Path, key: str, value: object, clause: str
) -> None:
    edit = {"lines": _line("seal.stamped", 0, **{key: value})}
    folder = make_2(tmp_path, edit, story=lambda maker: _stamped(maker, lambda _: b"x"))
    assert (clause, "log/000002.jsonl") in found(folder)


# Format 1 and format 2 (9.2).


def _format_2(maker: Maker) -> None:
    maker.approved()
    maker.log("format", format="workbench-casefile/2")
    maker.second = True
    maker.seal()
    maker.capture()
    maker.run()
    maker.seal()


def test_a_case_of_format_1_goes_on_in_format_2(tmp_path: Path) -> None:
    assert found(make(tmp_path, story=_format_2)) == set()


def _deputy(maker: Maker) -> None:
    maker.act("open", "d1")
    maker.staff(2, s2=casemaker.officer("s2", "deputy"))


def _without_format(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in lines if each["action"] != "format"]


def _format_again(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    (line,) = [each for each in lines if each["action"] == "format"]
    return [*lines, line | {"at": stamp(START + timedelta(days=1))}]


OLD: dict[str, tuple[Edit, Callable[[Maker], object], str, str]] = {
    "seal-before": (_without_format, _format_2, "9.2", "log/000002.jsonl"),
    "file-before": (_without_format, _format_2, "9.2", "seals/0001.txt"),
    "twice": (_format_again, _format_2, "9.2", "log/000003.jsonl"),
    "back-to-1": (_line("format", format="workbench-casefile/1"), _format_2, "9.2", "log/000001.jsonl"),
    "later-format": (_line("format", format="workbench-casefile/3"), _format_2, "9.1", "log/000001.jsonl"),
    "no-format": (_line("format", format="mine"), _format_2, "2.8", "log/000001.jsonl"),
    "deputy-before": (lambda lines: lines, _deputy, "9.2", "officers/0002"),
}  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_nothing_of_format_2_stands_in_format_1(name: str, tmp_path: Path) -> None:
    edit, story, clause, file = OLD[name]
    assert (clause, file) in found(make(tmp_path, {"lines": edit}, story=story))


def test_a_later_format_stops_the_checker_at_its_line(tmp_path: Path) -> None:
    edit = {"lines": OLD["later-format"][0], "end-1": lambda value: value | {"brand": "new"}}
    answer = verify.verify(make(tmp_path, edit, story=_format_2))
    assert [(each.clause, each.found) for each in answer.defects] == [("9.1", "workbench-casefile/3")]


def test_a_deputy_is_known_in_format_2(tmp_path: Path) -> None:
    assert found(make_2(tmp_path, story=_deputy)) == set()


# Hostile seals, and trees of any size.


@pytest.mark.parametrize(
    "data", [b"", b"\n" * 100_000, b"\xff" * 5000, b"# lines 9\n" * 5000, b"x" * 3_000_000]
)
def test_no_bytes_of_a_seal_make_the_checker_fail(case: Path, data: bytes) -> None:
    (case / SEAL).write_bytes(data)
    assert ("1.4", SEAL) in found(case)
    assert ("10.1", SEAL) in found(case)


def test_a_seal_with_many_wrong_lines_stays_few_defects(tmp_path: Path) -> None:
    edit: Edit = lambda rows: [*rows, *["0" * 64 + "  x"] * 100_000]  # noqa: E731 - an edit of the table's kind
    answer = verify.verify(make_2(tmp_path, {"seal-2": edit}))
    assert sum(each.file == SEAL for each in answer.defects) == 21


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_of_what_is_sealed_is_found(
    good: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(good, tmp_path_factory.mktemp("flip") / good.name))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    file = data.draw(st.sampled_from([path for path in files if path.name != "000005.jsonl"]))
    content = bytearray(file.read_bytes())
    # What the last seal leaves open is told as such: its own line, and the audit lines after it.
    end = (
        content.rfind(b"\n", 0, content.rfind(b"\n", 0, -1)) if file.parent.name == "audit" else len(content)
    )
    content[data.draw(st.integers(0, end - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    assert not verify.verify(folder).ok


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 20), text=st.text(max_size=80))
def test_no_line_of_a_seal_makes_the_checker_fail(
    tmp_path_factory: pytest.TempPathFactory, place: int, text: str
) -> None:
    words = text.encode("utf-8", "replace").decode()
    folder = make_2(tmp_path_factory.mktemp("seal"), {"seal-2": _row(place, words)})
    assert SEAL in {each.file for each in verify.verify(folder).defects}


def _root(lines: list[bytes]) -> bytes:
    """Say RFC 6962, 2.1, in its own words: the largest power of two smaller than n."""
    if not lines:
        return hashlib.sha256().digest()
    if len(lines) == 1:
        return hashlib.sha256(b"\0" + lines[0]).digest()
    half = max(1 << power for power in range(30) if 1 << power < len(lines))
    return hashlib.sha256(b"\1" + _root(lines[:half]) + _root(lines[half:])).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 64, 100, 129])
def test_spans_join_to_the_tree_of_rfc_6962_wherever_they_are_cut(size: int) -> None:
    source = random.Random(size)  # noqa: S311 - cuts, the same in each run
    lines = [b"%d\n" % number for number in range(size)]
    for _ in range(20):
        cuts = sorted({0, size, *[source.randrange(size + 1) for _ in range(5)]})
        whole = merkle.Growing(0)
        for begin, end in pairwise(cuts):
            part = merkle.Growing(begin)
            middle = source.randrange(begin, end + 1)
            part.extend(merkle.leaves(lines[begin:middle]))
            part.extend(merkle.leaves(lines[middle:end]))
            assert whole.join(part.span())
            assert merkle.fold(whole.span().hashes) == _root(lines[:end])
        assert len(whole.span().hashes) == size.bit_count()


def test_spans_that_do_not_touch_do_not_join() -> None:
    part = merkle.Growing(2)
    part.extend(merkle.leaves([b"x\n"]))
    assert not merkle.Growing(0).join(part.span())


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_a_long_log_gives_each_seal_its_tree(tmp_path: Path, processes: int) -> None:
    def story(maker: Maker) -> None:
        maker.approved()
        for count in (1, 700, 5, 3000):
            for _ in range(count):
                maker.log("handled", what="copied")
            maker.seal()

    folder = make_2(tmp_path, story=story)
    assert found(folder, processes=processes) == set()
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*.*")}
    assert marks(folder, sizes) == [6, 707, 713, 3714]
    read = log.read(folder, sizes, report.Findings(), processes, log.Kind(marks=[1, 6, 713]))
    raw = b"".join((folder / f"log/{n:06d}.jsonl").read_bytes() for n in range(1, 6)).splitlines(
        keepends=True
    )
    assert {mark: merkle.fold(read.tree(mark) or ()) for mark in read.marks} == {
        mark: _root(raw[:mark]) for mark in (1, 6, 713)
    }
    assert NUMBER in str(folder)


def _disposing(maker: Maker, *, sealed: bool, locked: bool = False) -> None:
    """Dispose of a capture that was sealed, and perhaps seal that."""
    maker.approved()
    maker.capture()
    digest = maker.lines[-1]["sha256"]
    maker.seal()
    maker.log("disposed", "s1", file="warc/0001-mastodon.warc.gz", sha256=digest, order="2026/1")
    (maker.folder / "warc/0001-mastodon.warc.gz").unlink()
    if sealed:
        maker.seal(locked=locked)


def test_what_is_sealed_is_disposed_of_under_a_signed_seal_only(tmp_path: Path) -> None:
    """2.10: anybody can chain a line, or make a seal without a signature."""
    signed, locked, tail = (
        make_2(tmp_path / name, story=partial(_disposing, sealed=name != "tail", locked=name == "locked"))
        for name in ("signed", "locked", "tail")
    )
    assert found(signed) == set()
    assert found(locked) == found(tail) == {("2.10", "log/000002.jsonl")}
