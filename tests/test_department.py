from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.desk import PASSPHRASE, STAFF, Desk, signer
from workbench.custody import agent, disk, log, sshsig
from workbench.custody.chain import Chain
from workbench.department import FOLDER, Department, NewOfficer
from workbench.errors import AuthorityError, IntegrityError, Locked, StorageError, UsageError
from workbench.policy import officers as register
from workbench.policy.gate import Grant
from workbench.policy.officers import APPROVE, REGISTER, REQUEST, OfficerKey
from workbench.policy.versions import DAY

HOUR = DAY // 24


def _again(desk: Desk) -> Department:
    return Department(desk.department.folder, desk.clock)


def _ended(desk: Desk, badge: str, at: int, **marks: Any) -> list[OfficerKey]:
    end = register.whole_second(at)
    return [
        msgspec.structs.replace(key, before=end, **marks) if key.badge == badge else key
        for key in desk.department.officers.keys
    ]


def test_a_department_begins_with_a_chief_who_is_its_root(desk: Desk) -> None:
    department = _again(desk)
    assert department.root == sshsig.fingerprint(signer("c1").blob)
    assert [department.role(badge) for badge in ("c1", "a1")] == ["chief", "administrator"]
    assert {badge: department.role(badge) for badge in STAFF} == STAFF
    assert department.settings.department == "Test Department"
    assert department.zone.key == "America/New_York"


def _init(folder: Path, *roles: str, timezone: str = "Europe/Paris") -> Department:
    officers = [NewOfficer(f"b{n}", "Name", role, signer(f"b{n}")) for n, role in enumerate(roles)]
    return Department.init(folder, name="D", timezone=timezone, officers=officers)


def test_what_a_department_cannot_begin_with(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="chief"):
        _init(tmp_path, "administrator", "supervisor")
    with pytest.raises(UsageError, match="role"):
        _init(tmp_path, "king")
    with pytest.raises(UsageError, match="time zone"):
        _init(tmp_path, "chief", timezone="Atlantis/Deep")
    with pytest.raises(UsageError, match="badge"):
        NewOfficer("../x", "Name", "chief", signer("x"))
    assert list(tmp_path.iterdir()) == [], "a refused beginning leaves nothing"


def test_a_department_is_made_once(desk: Desk) -> None:
    with pytest.raises(UsageError, match="already"):
        _init(desk.department.folder, "chief")


def test_where_there_is_none_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no department"):
        Department(tmp_path / FOLDER)


def test_the_administrator_enters_an_officer_with_the_chief(desk: Desk) -> None:
    lines = [*desk.department.officers.keys, desk.line("3001", "records")]
    with pytest.raises(AuthorityError, match="chief"):
        desk.department.change([desk.sign_in("a1")], lines=lines)
    desk.department.change([desk.sign_in("a1"), desk.sign_in("c1")], lines=lines)
    assert _again(desk).role("3001") == "records"
    entry = list(log.entries(desk.department.folder))[-1]
    assert sorted(entry.fields["signatures"]) == ["a1", "c1"]
    session = desk.sign_in("3001")
    with pytest.raises(AuthorityError, match="records cannot"):
        session.sign(b"x", REQUEST)


@pytest.mark.parametrize("badge", ["1001", "2001", "a1"])
def test_nobody_but_a_chief_changes_the_register(desk: Desk, badge: str) -> None:
    with pytest.raises(AuthorityError, match="chief"):
        desk.department.change([desk.sign_in(badge)], settings={"per_host_ms": 0})


def test_who_claims_to_be_chief_is_found_out(desk: Desk) -> None:
    with pytest.raises(IntegrityError, match="no chief"):
        desk.department.change([desk.forge("1001", "chief")], settings={"per_host_ms": 0})


def test_a_new_key_takes_the_place_of_the_old_one(desk: Desk) -> None:
    desk.now += HOUR
    fresh = desk.line("1001", "detective", "1001 anew")
    desk.department.change([desk.sign_in("c1")], lines=[*_ended(desk, "1001", desk.now), fresh])
    line = _again(desk).officers.current("1001", desk.now)
    assert line is not None
    assert line.key == fresh.key
    assert desk.department.officers.may("1001", REQUEST, desk.now - 1, signer("1001").blob)
    assert not desk.department.officers.may("1001", REQUEST, desk.now, signer("1001").blob)


@pytest.mark.parametrize("marks", [{}, {"compromised": True}])
def test_a_retired_or_compromised_key_signs_in_no_more(desk: Desk, marks: dict[str, bool]) -> None:
    words = desk.write_keys("1001")
    desk.now += HOUR
    desk.department.change([desk.sign_in("c1")], lines=_ended(desk, "1001", desk.now, **marks))
    with pytest.raises(AuthorityError, match="no valid key"):
        _again(desk).sign_in("1001", lambda _: words.read_text("utf-8").strip(), desk.keys)


def test_the_last_chief_stays(desk: Desk) -> None:
    desk.now += HOUR
    with pytest.raises(UsageError, match="last chief"):
        desk.department.change([desk.sign_in("c1")], lines=_ended(desk, "c1", desk.now))
    with pytest.raises(UsageError, match="last chief"):
        desk.department.change([desk.sign_in("c1")], lines=[])
    assert _again(desk).role("c1") == "chief"


def test_a_new_chief_takes_over_and_the_root_stays(desk: Desk) -> None:
    root = desk.department.root
    desk.department.change(
        [desk.sign_in("c1")], lines=[*desk.department.officers.keys, desk.line("c2", "chief")]
    )
    desk.now += HOUR
    former = desk.sign_in("c1")
    desk.department.change([desk.sign_in("c2")], lines=_ended(desk, "c1", desk.now))
    assert (_again(desk).root, _again(desk).role("c1")) == (root, "")
    desk.department.change([desk.sign_in("c2")], settings={"per_host_ms": 5})
    with pytest.raises(IntegrityError, match="no chief"):
        desk.department.change([former], settings={"per_host_ms": 7})


def test_a_clock_that_went_back_does_not_stop_the_register(desk: Desk) -> None:
    desk.now -= 30_000_000
    desk.department.change([desk.sign_in_at("c1", desk.now + 30_000_000)], settings={"per_host_ms": 5})
    lines = [*desk.department.officers.keys]
    desk.department.change([desk.sign_in_at("c1", desk.now + 30_000_000)], lines=lines)
    assert _again(desk).officers.number == 3


def test_signing_in_needs_the_right_passphrase(desk: Desk) -> None:
    desk.write_keys("1001")
    session = desk.department.sign_in("1001", lambda _: PASSPHRASE, desk.keys)
    assert (session.badge, session.role) == ("1001", "detective")
    assert session.key == sshsig.fingerprint(signer("1001").blob)
    with pytest.raises(Locked, match="passphrase"):
        desk.department.sign_in("1001", lambda _: "wrong", desk.keys)
    with pytest.raises(Locked, match="no key"):
        desk.department.sign_in("1002", lambda _: PASSPHRASE, desk.keys)
    with pytest.raises(Locked, match="unlock"):
        desk.department.sign_in("1001", None, desk.keys)


def test_naming_a_badge_is_not_being_it(desk: Desk) -> None:
    desk.write_keys("1001")
    (desk.keys / "2001").write_bytes((desk.keys / "1001").read_bytes())
    with pytest.raises(AuthorityError, match="not the one that the register holds"):
        desk.department.sign_in("2001", lambda _: PASSPHRASE, desk.keys)


@pytest.mark.parametrize(
    ("badge", "error"), [("9999", AuthorityError), ("../c1", UsageError), ("", UsageError)]
)
def test_an_unknown_badge_signs_in_nowhere(desk: Desk, badge: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        desk.department.sign_in(badge, lambda _: PASSPHRASE, desk.keys)


def test_an_agent_that_signs_something_else_is_found_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lying:
        blob = signer("2001").blob

        def sign(self, data: bytes) -> bytes:
            return signer("2001").sign(data + b"!")

    monkeypatch.setattr(agent, "find", lambda _: Lying())
    with pytest.raises(IntegrityError):
        desk.department.sign_in("2001", None, desk.keys)


@pytest.mark.parametrize(
    "name", ["officers/0001", "officers/0002", "settings/0001.json", "officers/0002.c1.sig"]
)
@pytest.mark.parametrize("change", ["altered", "gone"])
def test_a_register_that_was_altered_is_not_read(desk: Desk, name: str, change: str) -> None:
    path = desk.department.folder / name
    data = path.read_bytes()
    path.unlink()
    if change == "altered":
        path.write_bytes(data.replace(b"a", b"b"))
    with pytest.raises(IntegrityError) as caught:
        _again(desk)
    assert name in caught.value.where


def test_a_line_of_the_register_whose_role_was_raised_is_not_read(desk: Desk) -> None:
    path = desk.department.folder / "officers/0002"
    raised = path.read_bytes().replace(b" detective\n", b" supervisor\n")
    assert raised != path.read_bytes()
    with pytest.raises(IntegrityError, match="role"):
        register.parse(raised, "officers/0002")


def _log(desk: Desk, kind: str, number: int, name: str, *, at: int | None = None) -> None:
    folder = desk.department.folder
    found = {path.name: path.read_bytes() for path in (folder / kind).glob(f"{number:04d}*.sig")}
    fields = {
        "number": number,
        "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        "signatures": {each.split(".")[-2]: hashlib.sha256(data).hexdigest() for each, data in found.items()},
    }
    Chain(folder, "log", lambda: desk.now if at is None else at).append("c1", [(kind, fields)])


@pytest.mark.parametrize(("kind", "ending"), [("officers", ""), ("settings", ".json")])
def test_an_old_file_cannot_be_put_in_force_again(desk: Desk, kind: str, ending: str) -> None:
    desk.grant("127.0.0.1:1")
    desk.department.change([desk.sign_in("c1")], settings={"grants": ()})
    folder = desk.department.folder / kind
    data = (folder / f"0001{ending}").read_bytes()
    following = 1 + len(list(folder.glob("*.sig")))
    (folder / f"{following:04d}{ending}").write_bytes(data)
    sig = (folder / f"0001{ending}.c1.sig").read_bytes()
    (folder / f"{following:04d}{ending}.c1.sig").write_bytes(sig)
    _log(desk, kind, following, f"{kind}/{following:04d}{ending}")
    with pytest.raises(IntegrityError, match="follow"):
        _again(desk)


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("change", [{"lines": True}, {"settings": {"per_host_ms": 3}}])
def test_a_crash_before_the_line_does_not_block_the_next_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    if "lines" in change:
        change = {"lines": [*desk.department.officers.keys, desk.line("3001", "records")]}
    with monkeypatch.context() as patched:
        patched.setattr(Chain, "append", _die)
        patched.setattr(Chain, "append_locked", _die)
        with pytest.raises(KeyboardInterrupt):
            desk.department.change([desk.sign_in("c1")], **change)
    department = _again(desk)
    assert (department.officers.number, department.settings.number) == (2, 1), "nothing of it counts"
    department.change([desk.sign_in("c1")], **change)
    assert (_again(desk).officers.number, _again(desk).settings.number) in {(3, 1), (2, 2)}
    kept = sorted(path.name for path in (department.folder / "quarantine").iterdir())
    assert len(kept) == 2
    moved = [
        entry.fields["quarantine"] for entry in log.entries(department.folder) if entry.action == "recovered"
    ]
    assert sorted(moved) == [f"quarantine/{name}" for name in kept]


def test_a_torn_line_does_not_block_the_next_change(desk: Desk) -> None:
    path = log.segments(desk.department.folder)[-1]
    path.write_bytes(path.read_bytes() + b'{"action":"settings","actor":"c1"')
    department = _again(desk)
    department.change([desk.sign_in("c1")], settings={"per_host_ms": 3})
    assert _again(desk).settings.per_host_ms == 3
    assert [entry.seq for entry in log.entries(department.folder)] == list(range(1, 7))


def test_a_full_disk_leaves_the_register_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(disk, "write_all", full)
        with pytest.raises(StorageError, match="space"):
            desk.department.change([desk.sign_in("c1")], settings={"per_host_ms": 3})
    desk.department.change([desk.sign_in("c1")], settings={"per_host_ms": 4})
    assert _again(desk).settings.per_host_ms == 4


def test_two_who_change_at_once_do_not_undo_each_other(desk: Desk) -> None:
    other = _again(desk)
    desk.department.change([desk.sign_in("c1")], settings={"per_host_ms": 3})
    with pytest.raises(UsageError, match="just been changed"):
        other.change([desk.sign_in("c1")], settings={"per_host_ms": 4})
    other.change([desk.sign_in("c1")], settings={"per_host_ms": 4})
    assert _again(desk).settings.per_host_ms == 4


def test_settings_with_unknown_fields_are_not_believed(desk: Desk) -> None:
    folder = desk.department.folder
    body = json.loads((folder / "settings/0001.json").read_bytes()) | {"number": 2, "gate": "off"}
    data = json.dumps(body).encode()
    (folder / "settings/0002.json").write_bytes(data)
    armored = desk.sign_in("c1").sign(data, REGISTER)
    (folder / "settings/0002.json.c1.sig").write_bytes(armored)
    _log(desk, "settings", 2, "settings/0002.json")
    with pytest.raises(IntegrityError, match="cannot be read"):
        _again(desk)


def test_settings_of_before_there_were_timestamps_are_still_read(desk: Desk) -> None:
    old = (
        b'{"format": "workbench-settings/1", "number": 1, "previous": "%s", "department": "D", "timezone": "UTC",'
        b' "people": {"c1": "Chief"}, "grants": [], "per_host_ms": 1000, "tokens": {}}' % (b"0" * 64)
    )
    folder = desk.department.folder
    log_file = folder / "log/000001.jsonl"
    lines = log_file.read_bytes()
    lines = lines[: lines.index(b"\n", lines.index(b'"action":"settings"')) + 1]
    for name, data in [
        ("settings/0001.json", old),
        ("settings/0001.json.c1.sig", desk.sign_in("c1").sign(old, REGISTER)),
    ]:
        before = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines = lines.replace(before.encode(), hashlib.sha256(data).hexdigest().encode())
        (folder / name).write_bytes(data)
    log_file.write_bytes(lines)
    found = Department(folder, desk.clock)
    assert (found.settings.department, found.settings.timestamps) == ("D", ())
    found.change([desk.sign_in("c1")], settings={"per_host_ms": 5})
    assert Department(folder, desk.clock).settings.number == 2


def test_grants_are_the_chiefs(desk: Desk) -> None:
    desk.grant("127.0.0.1:8000")
    assert _again(desk).settings.grants == (
        Grant(host="127.0.0.1:8000", address="127.0.0.1/32", reason="test"),
    )
    assert not desk.sign_in("2001").may(REGISTER)
    assert desk.sign_in("2001").may(APPROVE)


def test_the_departments_log_can_hold_anchors_of_cases(desk: Desk) -> None:
    desk.department.anchor("1001", "sealed", {"case": "2026-0417", "seal": "0" * 64})
    assert [entry.action for entry in log.entries(desk.department.folder)][-1] == "sealed"
    _again(desk)
