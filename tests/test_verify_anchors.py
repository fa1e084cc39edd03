"""Clauses 10.7 and 13 of docs/casefile-format.md: what is known outside the folder, and what a restore says is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests import casemaker
from tests.casemaker import NUMBER, Edit, Maker, made, make, make_2, sealed
from workbench.cli import verify as command
from workbench.custody import verify
from workbench.custody.verify import anchors
from workbench.custody.verify.anchors import Anchor
from workbench.errors import IntegrityError, UsageError

ROOT = casemaker.fingerprint("c1")


def found(folder: Path, **options: Any) -> set[tuple[str, str]]:
    return {(each.clause, each.file) for each in verify.verify(folder, **options).defects}


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return made(Maker(tmp_path_factory.mktemp("good") / NUMBER, second=True), sealed)


@pytest.fixture
def case(maker: Maker, tmp_path: Path) -> Path:
    return Path(shutil.copytree(maker.folder, tmp_path / NUMBER))


def _known(maker: Maker) -> list[Anchor]:
    return [Anchor(seal=number, sha256=sha256) for number, sha256 in enumerate(maker.sealed, 1)]


def _rolled_back(case: Path) -> None:
    """Take the last seal away as if it had never been: the folder alone does not tell."""
    (case / "log/000005.jsonl").unlink()
    (case / "seals/0004.txt").unlink()
    (case / "seals/0004.txt.s1.sig").unlink()


def test_a_case_that_holds_every_seal_given_is_anchored_in_them(maker: Maker) -> None:
    answer = verify.verify(maker.folder, root=ROOT, anchors=_known(maker)[:3])
    assert answer.ok
    assert (answer.anchors, answer.newest_anchor, answer.restored) == (3, 3, False)
    assert "anchored in the root given and in 3 seals given, newest seal 3 (" in answer.to_text()
    told = {each.kind: each.what for each in answer.notes}
    assert told["not-anchored-after"].startswith("nothing outside the folder fixes line 22 ")


def test_one_seal_anchors_without_a_root(maker: Maker) -> None:
    answer = verify.verify(maker.folder, anchors=_known(maker)[:1])
    assert (
        answer.to_text().splitlines()[-1].startswith(f"{NUMBER}: anchored in 1 seal given, newest seal 1 (")
    )
    told = json.loads(answer.to_json())
    assert (told["anchored"], told["anchors"], told["newest_anchor"]) == (False, 1, 1)


def test_what_was_rolled_back_holds_by_itself_and_not_against_its_anchor(maker: Maker, case: Path) -> None:
    _rolled_back(case)
    assert verify.verify(case, root=ROOT).ok
    answer = verify.verify(case, root=ROOT, anchors=_known(maker))
    assert [(each.clause, each.file, each.expected, each.found) for each in answer.defects] == [
        ("10.7", "seals/0004.txt", maker.sealed[3], "no such seal")
    ]
    assert answer.defects[0].step == 15


def test_a_case_made_anew_is_not_the_one_anchored(maker: Maker, tmp_path: Path) -> None:
    """Everything signed and chained once more, one word changed: the root holds, the seals differ."""
    edit: dict[str, Edit] = {"receipt": lambda value: value | {"giver": "another"}}
    other = make_2(tmp_path, edit)
    assert verify.verify(other, root=ROOT).ok
    assert found(other, anchors=_known(maker)) == {("10.7", "seals/0003.txt"), ("10.7", "seals/0004.txt")}


def test_a_case_without_seals_holds_no_anchor(tmp_path: Path) -> None:
    assert found(make(tmp_path), anchors=[Anchor(seal=1, sha256="0" * 64)]) == {("10.7", "seals/0001.txt")}


# What a person gives as an anchor.


def _department(folder: Path, *lines: dict[str, Any]) -> Path:
    at = "2026-03-02T14:00:00.000000Z"
    opened = {"action": "open", "department": "1", "format": "workbench-department/1"}
    raw = casemaker.chain([{"actor": "c1", "at": at} | line for line in [opened, *lines]])
    (folder / "log").mkdir(parents=True)
    (folder / "log/000001.jsonl").write_bytes(raw)
    return folder


def _entered(maker: Maker, case: str = NUMBER) -> list[dict[str, Any]]:
    return [
        {"action": "sealed", "case": case, "seal": number, "sha256": sha256}
        for number, sha256 in enumerate(maker.sealed, 1)
    ]


def test_anchors_are_read_as_people_have_them(maker: Maker, tmp_path: Path) -> None:
    number, whole = 2, maker.sealed[1]
    short = " ".join(whole[place : place + 4] for place in range(0, 20, 4))
    copy = shutil.copy(maker.folder / "seals/0002.txt", tmp_path / "copy")
    for value, sha256 in ((f"2:{whole}", whole), (f"2:{short}", whole[:20]), (str(copy), whole)):
        (anchor,) = anchors.read(value, NUMBER)
        assert (anchor.seal, anchor.sha256) == (number, sha256)
        assert verify.verify(maker.folder, anchors=[anchor]).newest_anchor == number


def test_a_departments_log_anchors_each_case_it_names(maker: Maker, tmp_path: Path) -> None:
    others = [line | {"sha256": "0" * 64} for line in _entered(maker, "2026-0001")]
    folder = _department(tmp_path / "department", *_entered(maker), *others)
    for value in (folder, folder / "log", folder / "log/000001.jsonl"):
        read = anchors.read(str(value), NUMBER)
        assert [(each.seal, each.sha256) for each in read] == list(enumerate(maker.sealed, 1))
    assert verify.verify(maker.folder, anchors=read).anchors == 4
    assert anchors.read(str(folder), "2026-0002") == []


@pytest.mark.parametrize("value", [".", "000001.jsonl", "../log", ".."])
def test_a_departments_log_is_found_from_within(
    value: str, maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _department(tmp_path / "department", *_entered(maker))
    monkeypatch.chdir(folder / "log")
    assert len(anchors.read(value, NUMBER)) == len(maker.sealed)


def _shorter(raw: bytes) -> bytes:
    return b"".join(raw.splitlines(keepends=True)[1:])


@pytest.mark.parametrize(
    "edit", [lambda raw: raw.replace(b'"seal":2', b'"seal":3'), _shorter, lambda _: b"x\n"]
)
def test_a_departments_log_that_does_not_chain_anchors_nothing(
    maker: Maker, tmp_path: Path, edit: Callable[[bytes], bytes]
) -> None:
    folder = _department(tmp_path / "department", *_entered(maker))
    file = folder / "log/000001.jsonl"
    file.write_bytes(edit(file.read_bytes()))
    with pytest.raises(IntegrityError, match=r"clause 2\.[23]"):
        anchors.read(str(folder), NUMBER)


def test_a_sealed_line_names_a_seal_and_its_hash(maker: Maker, tmp_path: Path) -> None:
    folder = _department(
        tmp_path / "department", *_entered(maker), {"action": "sealed", "case": NUMBER, "seal": "5"}
    )
    with pytest.raises(IntegrityError, match=r"10\.7"):
        anchors.read(str(folder), NUMBER)


@pytest.mark.parametrize("value", ["0:" + "0" * 64, "2:abc", "nothing-here", "2:" + "G" * 64])
def test_what_is_no_anchor_is_a_usage_error(value: str) -> None:
    with pytest.raises(UsageError):
        anchors.read(value, NUMBER)


def test_an_empty_folder_and_a_seal_of_another_case_are_usage_errors(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        anchors.read(str(tmp_path), NUMBER)
    with pytest.raises(UsageError, match="2026-0001"):
        anchors.read(str(maker.folder / "seals/0001.txt"), "2026-0001")


def test_the_command_takes_anchors_and_authorities(maker: Maker, case: Path, tmp_path: Path) -> None:
    base = [NUMBER, "--casefiles", str(case.parent), "--root", ROOT]
    given = ["--anchor", f"4:{maker.sealed[3]}", "--anchor", str(maker.folder / "seals/0002.txt")]
    good = CliRunner().invoke(command.app, [*base, *given])
    assert good.exit_code == 0
    assert "anchored in the root given and in 2 seals given, newest seal 4" in good.output
    _rolled_back(case)
    bad = CliRunner().invoke(command.app, [*base, *given, "--json"])
    assert bad.exit_code == 3
    assert [each["clause"] for each in json.loads(bad.output)["defects"]] == ["10.7"]
    (tmp_path / "ca.pem").write_text("none")
    none = CliRunner().invoke(command.app, [*base, "--tsa-ca", str(tmp_path / "ca.pem")])
    assert isinstance(none.exception, UsageError)


def test_an_anchor_that_knows_nothing_of_the_case_is_said(maker: Maker, case: Path, tmp_path: Path) -> None:
    folder = _department(tmp_path / "department", *_entered(maker, "2026-0001"))
    base = [NUMBER, "--casefiles", str(case.parent), "--root", ROOT]
    done = CliRunner().invoke(command.app, [*base, "--anchor", str(folder)])
    assert "enters no seal of 2026-0417" in done.stderr
    assert "seals given" not in done.output


# A case that was taken back from a backup of its first seal.


def _backed_up(maker: Maker, lost: list[dict[str, Any]], **more: Any) -> None:
    maker.approved()
    maker.seal()
    maker.restore(lost, **more)
    maker.seal()


def _lost(maker: Maker) -> list[dict[str, Any]]:
    return [{"seal": number, "sha256": sha256} for number, sha256 in enumerate(maker.sealed, 1) if number > 1]


def test_a_restored_case_says_so_and_its_lost_seals_are_no_defect(maker: Maker, tmp_path: Path) -> None:
    folder = make_2(tmp_path, story=partial(_backed_up, lost=_lost(maker)))
    answer = verify.verify(folder, root=ROOT, anchors=_known(maker))
    assert answer.defects == []
    assert answer.restored
    assert (answer.anchors, answer.newest_anchor) == (1, 1)
    assert "in 1 seal given, newest seal 1, restored (" in answer.to_text()
    assert "restored from a backup of 6 lines, up to seal 1; seals lost: 3" in {
        each.what for each in answer.notes
    }


def test_a_lost_seal_that_the_restore_does_not_name_is_a_defect(maker: Maker, tmp_path: Path) -> None:
    folder = make_2(tmp_path, story=partial(_backed_up, lost=_lost(maker)[:-1]))
    assert found(folder, anchors=_known(maker)) == {("10.7", "seals/0004.txt")}


def test_the_seal_that_took_a_lost_number_is_held(maker: Maker, tmp_path: Path) -> None:
    restored = made(Maker(tmp_path / NUMBER, second=True), partial(_backed_up, lost=_lost(maker)))
    assert restored.sealed[1] != maker.sealed[1]
    both = [*_known(maker), Anchor(seal=2, sha256=restored.sealed[1])]
    assert verify.verify(restored.folder, anchors=both).newest_anchor == 2


def test_an_administrator_may_restore(maker: Maker, tmp_path: Path) -> None:
    story = partial(_backed_up, lost=_lost(maker), by="a1", space="workbench-register-second")
    assert found(make_2(tmp_path, story=story)) == set()


RESTORE = "restores/0001.json"


def _set(**changes: Any) -> Edit:
    return lambda value: value | changes


def _only(badge: str, key: str, namespace: str) -> Edit:
    return lambda _: {badge: (key, namespace)}


FORGED: dict[str, tuple[str, Edit, str, str]] = {
    "lines": ("restore-1", _set(lines=5), "13.2", RESTORE),
    "seal": ("restore-1", _set(seal=0, seal_sha256="0" * 64), "13.2", RESTORE),
    "seal-of-another-hash": ("restore-1", _set(seal_sha256="1" * 64), "13.2", RESTORE),
    "loses-what-it-has": ("restore-1", _set(lost=[{"seal": 1, "sha256": "0" * 64}]), "13.2", RESTORE),
    "loses-no-seal": ("restore-1", _set(lost=[{"seal": "2"}]), "13.2", RESTORE),
    "dated-later-than-its-line": ("restore-1", _set(at="2027-03-02T14:00:00.000000Z"), "13.2", RESTORE),
    "no-reason": ("restore-1", _set(reason=" "), "13.2", RESTORE),
    "another-case": ("restore-1", _set(case="2026-0001"), "13.2", RESTORE),
    "previous": ("restore-1", _set(previous="0" * 64), "13.2", RESTORE),
    "number": ("restore-1", _set(restore=True), "13.2", RESTORE),
    "unsigned": ("restore-1-signers", lambda _: {}, "13.2", RESTORE),
    "by-a-detective": (
        "restore-1-signers",
        _only("d1", "d1", "workbench-review"),
        "3.4",
        f"{RESTORE}.d1.sig",
    ),
    "for-something-else": ("restore-1-signers", _only("s1", "s1", "workbench-approve"), "13.2", RESTORE),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_restore_is_named(name: str, maker: Maker, tmp_path: Path) -> None:
    part, edit, clause, file = FORGED[name]
    assert (clause, file) in found(
        make_2(tmp_path, {part: edit}, story=partial(_backed_up, lost=_lost(maker)))
    )
