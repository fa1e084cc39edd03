from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.desk import SCOPE, TARGET, Desk
from workbench.casefile import CaseFile
from workbench.casefile.ledger import Ledger
from workbench.custody import disk, history, sshsig
from workbench.custody.chain import Chain
from workbench.custody.verify import verify
from workbench.department import Session
from workbench.errors import IntegrityError, WorkbenchError
from workbench.policy import gate
from workbench.policy import officers as register
from workbench.policy.officers import APPROVE, REGISTER, REQUEST, Officers
from workbench.policy.versions import DAY, CaseVersion, Oral
from workbench.records import Order
from workbench.times import from_micros, stamp

HOUR = DAY // 24


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _place(
    desk: Desk,
    case: CaseFile,
    name: str,
    data: bytes,
    signatures: dict[str, bytes],
    *,
    at: int | None = None,
) -> None:
    """Write a file, its signatures and its line, as somebody with write access to the folder could."""
    disk.write_new(case.folder / name, data)
    for badge, armored in signatures.items():
        disk.write_new(case.folder / f"{name}.{badge}.sig", armored)
    kind, _, rest = name.partition("/")
    number = int(rest[:4])
    fields: dict[str, object] = {
        "sha256": _sha(data),
        "signatures": {badge: _sha(armored) for badge, armored in signatures.items()},
    }
    if kind == "case":
        act = msgspec.json.decode(data)["act"]
        fields |= {"version": number, "act": act}
    else:
        fields |= {"number": number}
    Chain(case.folder, "log", lambda: desk.now if at is None else at).append("1001", [(kind, fields)])


def _approval(desk: Desk, case: CaseFile, by: str, **changes: Any) -> CaseVersion:
    found = history.read(case.folder)
    last = found.versions[-1]
    fields = {"act": "approve", "by": by, "at": stamp(desk.now), "approves": last.sha256}
    fields |= {"expires": stamp(desk.now + DAY), "previous": last.sha256}
    return last.version.changed(**(fields | changes))


def _refused(desk: Desk, case: CaseFile, actor: str = "1001") -> str:
    """Ask the gate as collecting does; give its reason, having made sure that it says no."""
    for standing in (case.standing(), case.history().standing(desk.now)):
        decision = gate.may_collect(standing, actor, Order(target=TARGET), desk.now, signed_in=True)
        assert not decision.allowed
        assert gate.may_reach(standing, actor, "https://social.example/", None, desk.now, ()).reason != "ok"
    return decision.reason


def _signed(session: Session, namespace: str) -> Callable[[bytes], dict[str, bytes]]:
    return lambda data: {session.badge: sshsig.sign(session.signer, data, namespace)}


def test_a_sound_case_is_read_as_it_was_written(desk: Desk) -> None:
    case = desk.approved()
    found = case.history()
    assert [signed.version.act for signed in found.versions] == ["open", "request", "approve"]
    assert (found.problem, found.root) == ("", desk.department.root)
    assert len(found.officers) == 2
    assert found.lines == 6
    decision = gate.may_collect(case.standing(), "1001", Order(target=TARGET), desk.now, signed_in=True)
    assert decision.allowed


@pytest.mark.parametrize(
    ("badge", "role", "namespace"),
    [
        ("2001", "supervisor", REQUEST),
        ("2001", "supervisor", "workbench-session"),
        ("1002", "detective", APPROVE),
        ("1001", "supervisor", APPROVE),
        ("a1", "administrator", APPROVE),
        ("9999", "chief", APPROVE),
    ],
)
def test_an_approval_in_another_role_or_namespace_is_no_approval(
    desk: Desk, badge: str, role: str, namespace: str
) -> None:
    case = desk.requested()
    data = _approval(desk, case, badge).render()
    _place(desk, case, "case/0003.json", data, _signed(desk.forge(badge, role), namespace)(data))
    assert case.standing().state == "unsound"
    assert case.standing().authority is None
    assert _refused(desk, case) == "unsound"


def test_naming_a_badge_is_not_being_it(desk: Desk) -> None:
    case = desk.requested()
    data = _approval(desk, case, "2001").render()
    forged = sshsig.sign(desk.signer("1001"), data, APPROVE)
    _place(desk, case, "case/0003.json", data, {"2001": forged})
    assert "no valid signature of 2001" in case.standing().problem
    assert _refused(desk, case) == "unsound"


def test_an_unsigned_approval_is_no_approval(desk: Desk) -> None:
    case = desk.requested()
    _place(desk, case, "case/0003.json", _approval(desk, case, "2001").render(), {})
    assert "not signed" in case.standing().problem
    assert _refused(desk, case) == "unsound"


@pytest.mark.parametrize("junk", [b"", b"junk", b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH"])
def test_junk_is_no_signature(desk: Desk, junk: bytes) -> None:
    case = desk.requested()
    _place(desk, case, "case/0003.json", _approval(desk, case, "2001").render(), {"2001": junk})
    assert _refused(desk, case) == "unsound"


def test_a_signature_over_another_version_does_not_count(desk: Desk) -> None:
    case = desk.requested()
    data = _approval(desk, case, "2001").render()
    other = _approval(desk, case, "2001", expires=stamp(desk.now + HOUR)).render()
    _place(desk, case, "case/0003.json", data, _signed(desk.sign_in("2001"), APPROVE)(other))
    assert _refused(desk, case) == "unsound"


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": stamp(2**52)},
        {"approves": "0" * 64},
        {"scope": None},
        {"at": stamp(2**51), "expires": stamp(2**51 + DAY)},
        {"at": "junk"},
        {"expires": "junk"},
        {"case": "2026-0001"},
        {"owner": "2001"},
        {"previous": "0" * 64},
        {"version": 7},
        {"purpose": "wanted"},
        {"by": "2001", "format": "other/1"},
    ],
)
def test_an_approval_against_the_rules_is_none_even_when_signed(
    desk: Desk, changes: dict[str, object]
) -> None:
    case = desk.requested()
    data = msgspec.structs.replace(_approval(desk, case, "2001"), **changes).render()
    _place(desk, case, "case/0003.json", data, _signed(desk.sign_in("2001"), APPROVE)(data))
    assert _refused(desk, case) == "unsound"


def test_self_approval_with_the_right_key_is_none(desk: Desk) -> None:
    case = desk.draft()
    case.act(desk.sign_in("1001"), "assign", assigned=("2001",))
    case.act(desk.sign_in("2001"), "request", scope=SCOPE, days=3)
    data = _approval(desk, case, "2001").render()
    _place(desk, case, "case/0004.json", data, _signed(desk.sign_in("2001"), APPROVE)(data))
    assert _refused(desk, case) == "unsound"


def _retire(desk: Desk, badge: str, at: int, **marks: Any) -> None:
    lines = [
        msgspec.structs.replace(key, before=register.whole_second(at), **marks) if key.badge == badge else key
        for key in desk.department.officers.keys
    ]
    desk.department.change([desk.sign_in("c1")], lines=lines)


def test_a_retired_key_approves_no_more_but_what_it_signed_stands(desk: Desk) -> None:
    old = desk.approved(number="2026-0001")
    new = desk.requested(number="2026-0002")
    desk.now += HOUR
    session = desk.sign_in("2001")
    _retire(desk, "2001", desk.now)
    old, new = desk.open(old), desk.open(new)
    assert old.standing().state == "approved"
    data = _approval(desk, new, "2001").render()
    _place(desk, new, "case/0003.json", data, _signed(session, APPROVE)(data))
    assert _refused(desk, new) == "unsound"


def test_a_retired_key_cannot_be_dated_back(desk: Desk) -> None:
    case = desk.requested()
    began = desk.now
    desk.now += HOUR
    session = desk.sign_in("2001")
    _retire(desk, "2001", desk.now)
    case = desk.open(case)
    data = _approval(desk, case, "2001", at=stamp(began)).render()
    _place(desk, case, "case/0003.json", data, _signed(session, APPROVE)(data), at=began)
    assert _refused(desk, case) == "unsound"


def test_what_a_compromised_key_approved_covers_nothing_but_can_be_asked_for_again(desk: Desk) -> None:
    case = desk.approved()
    desk.now += HOUR
    _retire(desk, "2001", desk.now - 2 * HOUR, compromised=True)
    case = desk.open(case)
    assert (case.standing().authority, case.standing().problem) == (None, "")
    assert _refused(desk, case) == "no-authority"
    case.act(desk.sign_in("1001"), "request", scope=SCOPE, days=3)
    desk.approve(case, "2002", 3)
    assert case.standing().state == "approved"
    report = verify(case.folder, root=desk.department.root, processes=1)
    assert report.defects == []
    assert ("void", "case/0003.json") in [(note.kind, note.file) for note in report.notes]


def test_what_was_approved_before_the_key_was_compromised_stands(desk: Desk) -> None:
    case = desk.approved()
    desk.now += HOUR
    _retire(desk, "2001", desk.now - HOUR // 2, compromised=True)
    assert desk.open(case).standing().state == "approved"


def test_an_oral_authority_by_who_is_no_supervisor_is_unsound(desk: Desk) -> None:
    words = Oral(supervisor="1002", at=stamp(desk.now), words="yes", danger="cold")
    with pytest.raises(WorkbenchError, match="supervisor"):
        desk.oral(oral=words)
    assert not (desk.casefiles / "2026-0417").exists(), "a refused opening leaves nothing"
    case = desk.oral()
    name = case.folder / "case/0001.json"
    version = CaseVersion.parse(name.read_bytes(), "x")
    other = desk.casefiles / "2026-0002"
    Chain(other, "log", desk.clock).append(
        "1001", [("open", {"case": "2026-0002", "format": "workbench-casefile/1"})]
    )
    forged = CaseFile(other, desk.department, "1001", desk.clock)
    data = msgspec.structs.replace(version, case="2026-0002", oral=words).render()
    _place(desk, forged, "case/0001.json", data, _signed(desk.sign_in("1001"), REQUEST)(data))
    assert "not a supervisor" in forged.standing().problem
    assert _refused(desk, forged) == "unsound"


def test_a_retired_supervisor_cannot_be_named_by_dating_back(desk: Desk) -> None:
    case = desk.oral(number="2026-0002")
    began = desk.now
    desk.now += HOUR
    _retire(desk, "2001", desk.now)
    other = desk.casefiles / "2026-0417"
    opening = ("open", {"case": "2026-0417", "format": "workbench-casefile/1"})
    Chain(other, "log", lambda: began).append("1001", [opening])
    forged = CaseFile(other, desk.department, "1001", lambda: began)
    version = CaseVersion.parse((case.folder / "case/0001.json").read_bytes(), "x")
    data = msgspec.structs.replace(version, case="2026-0417").render()
    _place(desk, forged, "case/0001.json", data, _signed(desk.sign_in("1001"), REQUEST)(data), at=began)
    assert "not a supervisor" in forged.standing().problem


@pytest.mark.parametrize(("ahead", "state"), [(300, "approved"), (301, "unsound")])
def test_an_act_dated_later_than_its_line_stays_unsound_once_that_time_has_come(
    desk: Desk, ahead: int, state: str
) -> None:
    case = desk.requested()
    at = desk.now + ahead * 1_000_000
    data = _approval(desk, case, "2001", at=stamp(at), expires=stamp(at + DAY)).render()
    _place(desk, case, "case/0003.json", data, _signed(desk.sign_in("2001"), APPROVE)(data))
    desk.now += HOUR
    assert desk.open(case).standing().state == state


def test_a_ratification_with_a_compromised_key_can_be_given_again(desk: Desk) -> None:
    case = desk.oral()
    first = case.history().versions[0].sha256
    case.act(desk.sign_in("2001"), "ratify", ratifies=first)
    desk.now += HOUR
    _retire(desk, "2001", desk.now - 2 * HOUR, compromised=True)
    lines = [*desk.department.officers.keys, desk.line("2001", "supervisor", key="2001 again")]
    desk.department.change([desk.sign_in("c1")], lines=lines)
    case = desk.open(case)
    authority = case.standing().authority
    assert authority is not None
    assert authority.unratified
    case.act(Session("2001", "supervisor", desk.signer("2001 again")), "ratify", ratifies=first)
    authority = case.standing().authority
    assert authority is not None
    assert not authority.unratified


def test_officers_of_another_department_are_not_believed(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", town="elsewhere")
    case = other.approved()
    assert case.standing().state == "approved", "at home it is"
    here = Ledger(case.folder, desk.department, "1001", desk.clock)
    assert "not those of this department" in here.standing().problem
    standing = here.standing()
    decision = gate.may_collect(standing, "1001", Order(target=TARGET), desk.now, signed_in=True)
    assert decision.reason == "unsound"


def test_a_case_under_another_number_is_unsound(desk: Desk) -> None:
    case = desk.approved()
    copied = case.folder.rename(case.folder.with_name("2026-0999"))
    moved = CaseFile(copied, desk.department, "1001", desk.clock)
    assert "2026-0417" in moved.standing().problem
    assert _refused(desk, moved) == "unsound"


def _officers_file(desk: Desk, case: CaseFile, session: Session, **changes: Any) -> None:
    """Put a third officers file into a case, one that enters 1001 as a supervisor."""
    last = case.history().officers[-1]
    previous = _sha((case.folder / "officers/0002").read_bytes())
    fields: dict[str, Any] = {"number": 3, "previous": previous, "at": desk.now, "keys": last.keys}
    data = register.render(Officers(**(fields | changes)))
    _place(desk, case, "officers/0003", data, _signed(session, REGISTER)(data))


def test_a_register_that_a_detective_signs_is_not_believed(desk: Desk) -> None:
    case = desk.approved()
    _officers_file(desk, case, desk.forge("1001", "chief"))
    assert "no chief" in case.standing().problem
    assert _refused(desk, case) == "unsound"


@pytest.mark.parametrize(
    "changes",
    [{"number": 1}, {"number": 4}, {"previous": "0" * 64}, {"previous": "f" * 64}, {"at": 0}],
)
def test_a_register_out_of_its_order_is_not_believed(desk: Desk, changes: dict[str, object]) -> None:
    case = desk.approved()
    _officers_file(desk, case, desk.sign_in("c1"), **changes)
    assert _refused(desk, case) == "unsound"


def test_an_old_register_cannot_be_put_in_force_again(desk: Desk) -> None:
    case = desk.requested()
    desk.now += HOUR
    session = desk.sign_in("2001")
    _retire(desk, "2001", desk.now)
    case = desk.open(case)
    old = (case.folder / "officers/0002").read_bytes()
    sig = (case.folder / "officers/0002.c1.sig").read_bytes()
    _place(desk, case, "officers/0004", old, {"c1": sig})
    data = _approval(desk, case, "2001").render()
    _place(desk, case, "case/0003.json", data, _signed(session, APPROVE)(data))
    assert "does not follow" in case.standing().problem
    assert _refused(desk, case) == "unsound"


@pytest.mark.parametrize("name", ["officers/0001", "officers/0002", "officers/0002.c1.sig"])
@pytest.mark.parametrize("change", ["altered", "gone"])
def test_officers_files_that_are_not_as_logged_make_it_unsound(desk: Desk, name: str, change: str) -> None:
    case = desk.approved()
    path = case.folder / name
    data = path.read_bytes()
    path.unlink()
    if change == "altered":
        path.write_bytes(data + b"\n")
    assert case.history().problem
    assert _refused(desk, case) == "unsound"


@pytest.mark.parametrize("change", ["altered", "gone"])
def test_a_case_version_that_is_not_as_logged_stops_everything(desk: Desk, change: str) -> None:
    case = desk.approved()
    path = case.folder / "case/0003.json"
    data = path.read_bytes()
    path.unlink()
    if change == "altered":
        path.write_bytes(data.replace(b"social.example", b"evil00.example"))
    with pytest.raises(IntegrityError) as caught:
        desk.open(case)
    assert caught.value.where == "case/0003.json"


def test_an_altered_signature_stops_the_authority(desk: Desk) -> None:
    case = desk.approved()
    path = case.folder / "case/0003.json.2001.sig"
    path.write_bytes(path.read_bytes().replace(b"A", b"B"))
    assert desk.open(case).standing().state == "unsound"


def test_a_line_without_its_fields_is_an_integrity_error(desk: Desk) -> None:
    case = desk.approved()
    Chain(case.folder, "log", desk.clock).append("1001", [("case", {"version": 4})])
    with pytest.raises(IntegrityError, match="lacks a field"):
        case.history()


def test_a_folder_without_a_log_is_no_case(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="no case"):
        history.read(tmp_path)


@pytest.mark.parametrize(
    ("name", "badge", "namespace", "good"),
    [
        ("case/0003.json", "2001", APPROVE, True),
        ("case/0002.json", "1001", REQUEST, True),
        ("case/0002.json", "1001", APPROVE, False),
        ("case/0003.json", "1001", APPROVE, False),
        ("officers/0002", "c1", REGISTER, True),
    ],
)
def test_stock_ssh_keygen_judges_a_case_as_the_gate_does(
    desk: Desk, name: str, badge: str, namespace: str, good: bool
) -> None:
    folder = desk.approved().folder
    at = from_micros(desk.now).strftime("%Y%m%d%H%M%SZ")
    signer = "2001" if name == "case/0003.json" else badge
    words = ["ssh-keygen", "-Y", "verify", "-f", "officers/0002", "-I", badge, "-n", namespace]
    words += [f"-Overify-time={at}", "-s", f"{name}.{signer}.sig"]
    done = subprocess.run(
        words, input=(folder / name).read_bytes(), cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode == 0) == good, done.stderr
