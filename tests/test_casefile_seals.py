from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.desk import HEAD, Desk, exchange
from workbench import intake, sealing
from workbench.casefile import CaptureWriter, CaseFile, audit
from workbench.casefile import seals as casefile_seals
from workbench.custody import log, seals
from workbench.custody.chain import Chain
from workbench.custody.verify import verify
from workbench.department import Department
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy import officers as register
from workbench.policy.officers import SEAL
from workbench.records import Result


def begin(desk: Desk, case: CaseFile) -> CaptureWriter:
    return case.begin_capture(desk.order(), key=desk.sign_in("1001").key, collector="tests 1", head=HEAD)


def capture(desk: Desk, case: CaseFile, count: int = 2) -> None:
    writer = begin(desk, case)
    for index in range(count):
        writer.append(exchange(b"%d" % index))
    writer.end(Result(verdict="complete", items=count), requests=count)


def stock(folder: Path, command: str) -> str:
    """Run stock tools in the case folder."""
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}{done.stderr}"


def test_a_seal_names_what_was_closed_and_stock_tools_check_it(desk: Desk) -> None:
    case = desk.approved()
    made = case.seal(desk.sign_in("1001"))
    assert made is not None
    assert [path for _, path in made.files] == [
        "log/000001.jsonl",
        *(f"officers/000{n}{end}" for n in (1, 2) for end in ("", ".c1.sig")),
        "case/0001.json",
        "case/0001.json.1001.sig",
        "case/0002.json",
        "case/0002.json.1001.sig",
        "case/0003.json",
        "case/0003.json.2001.sig",
    ]
    capture(desk, case)
    case.seal(desk.sign_in("1001"))
    assert stock(case.folder, "cat seals/*.txt | sha256sum -c --quiet").startswith("0 ")
    verified = (
        "ssh-keygen -Y verify -f officers/0002 -I 1001 -n workbench-seal -Overify-time=20260302140000Z "
        "-s seals/0002.txt.1001.sig < seals/0002.txt"
    )
    assert stock(case.folder, verified).startswith("0 Good")
    assert verify(case.folder, root=desk.department.root).defects == []


def test_a_seal_costs_what_is_new_and_says_nothing_of_itself(desk: Desk) -> None:
    case = desk.approved()
    session = desk.sign_in("1001")
    first, again = case.seal(session), case.seal(session)
    assert first is not None
    assert again is None
    capture(desk, case)
    second = case.seal(session)
    assert second is not None
    assert second.previous == first.sha256
    # It reads the open segment only: an earlier one that has become unreadable is none of its business.
    (case.folder / "log/000001.jsonl").chmod(0o000)
    begin_line = log.first(case.folder / "log/000003.jsonl")
    assert begin_line is not None
    assert (begin_line.action, begin_line.fields["seal"]) == ("seal", 2)
    (case.folder / "log/000001.jsonl").chmod(0o644)


def test_an_open_capture_is_sealed_only_once_it_has_ended(desk: Desk) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    writer = begin(desk, case)
    writer.append(exchange(b"1"))
    during = case.seal(session)
    writer.end(Result(verdict="complete", items=1), requests=1)
    after = case.seal(session)
    assert during is not None
    assert after is not None
    assert not any(path.startswith("warc/") for _, path in during.files)
    assert [path for _, path in after.files if path.startswith("warc/")] == ["warc/0001-mastodon.warc.gz"]
    assert verify(case.folder).defects == []


def test_every_seal_is_entered_in_the_departments_log(desk: Desk) -> None:
    case = desk.approved()
    made = case.seal(desk.sign_in("1001"))
    assert made is not None
    last = list(log.entries(desk.department.folder))[-1]
    assert (last.action, last.fields) == ("sealed", {"case": case.number, "seal": 1, "sha256": made.sha256})


def test_a_locked_key_leaves_a_seal_that_is_signed_later(desk: Desk) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    assert case.seal(None) is not None
    told = verify(case.folder)
    assert "unsigned" in {note.kind for note in told.notes}
    assert told.answer == "self-consistent, not anchored, 1 seal NOT SIGNED by who made it"
    assert case.sign_pending(session) == [1]
    assert case.sign_pending(session) == []
    assert "unsigned" not in {note.kind for note in verify(case.folder).notes}
    assert verify(case.folder).defects == []


def test_a_retired_key_seals_nothing_new_and_its_old_seals_stand(desk: Desk) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    case.seal(session)
    desk.now += 10_000_000
    ended = [
        register.OfficerKey(
            badge=k.badge,
            role=k.role,
            key=k.key,
            after=k.after,
            before=register.whole_second(desk.now) if k.badge == "1001" else k.before,
        )
        for k in desk.department.officers.keys
    ]
    desk.department.change([desk.sign_in("c1")], lines=ended)
    case = desk.open(case)
    with pytest.raises(AuthorityError, match="may not sign a seal now"):
        case.seal(session)
    # What follows an act by itself seals all the same, and says that nobody signed.
    assert sealing.finish(case, session) is not None
    assert list(case.history().seals[2].signed) == []
    assert verify(case.folder).defects == []


def _ends_elsewhere(desk: Desk, badge: str) -> Department:
    """Have the chief end a badge's key from another process, which this one does not hear of."""
    elsewhere = Department(desk.department.folder, desk.clock)
    end = register.whole_second(desk.now)
    lines = [
        msgspec.structs.replace(line, before=end) if line.badge == badge else line
        for line in elsewhere.officers.keys
    ]
    elsewhere.change([desk.sign_in("c1")], lines=lines)
    return elsewhere


@pytest.mark.parametrize("opened_elsewhere", [False, True])
def test_a_key_that_ended_meanwhile_signs_nothing_more_in_a_session_of_before(
    desk: Desk, opened_elsewhere: bool
) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    case.seal(session)
    desk.now += 10_000_000
    elsewhere = _ends_elsewhere(desk, "1001")
    if opened_elsewhere:
        CaseFile(case.folder, elsewhere, "2001", desk.clock)
    with pytest.raises(AuthorityError, match="may not sign a seal now"):
        case.seal(session)
    with pytest.raises(AuthorityError, match="may not sign in workbench-request now"):
        case.act(session, "close", reason="done")
    assert verify(case.folder, root=desk.department.root).defects == []


def test_a_key_that_ended_meanwhile_collects_nothing(desk: Desk) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    desk.now += 10_000_000
    _ends_elsewhere(desk, "1001")
    with pytest.raises(AuthorityError, match="may not sign in workbench-session now"):
        intake.collect(case, session, desk.order(), report=lambda _, __: None)
    assert case.history().captures == {}


def test_a_key_that_ended_by_the_registers_clock_has_ended_by_a_slower_one(desk: Desk) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    desk.now += 600_000_000
    _ends_elsewhere(desk, "1001")
    desk.now -= 300_000_000
    with pytest.raises(AuthorityError, match="may not sign a seal now"):
        case.seal(session)
    assert sealing.finish(case, session) is not None
    assert verify(case.folder, root=desk.department.root).defects == []


def test_a_supervisor_whose_key_ended_countersigns_no_more(desk: Desk) -> None:
    case = desk.approved()
    case.seal(desk.sign_in("1001"))
    opened, session = desk.open(case, "2001"), desk.sign_in("2001")
    desk.now += 10_000_000
    _ends_elsewhere(desk, "2001")
    with pytest.raises(AuthorityError, match="may not sign in workbench-review now"):
        opened.countersign(session, 1)
    assert verify(case.folder).defects == []


def test_a_torn_line_of_the_audit_chain_stops_no_seal(desk: Desk) -> None:
    case = desk.approved()
    audit(case.folder, "1001", "looked", {"exhibit": 1}, desk.clock)
    with (case.folder / "audit/000001.jsonl").open("ab") as file:
        file.write(b'{"action":"lo')
    made = case.seal(desk.sign_in("1001"))
    assert made is not None
    assert made.audit_lines == 1
    assert verify(case.folder).defects == []


def test_a_seal_that_a_full_disk_stopped_leaves_no_segment_that_others_go_on_in(desk: Desk) -> None:
    case = desk.approved()
    case.seal(desk.sign_in("1001"))
    # What is left where the first byte of the seal's line found no room; nobody has recovered it yet.
    (case.folder / "log/000003.jsonl").touch()
    case.refused("no-authority")
    made = case.seal(desk.sign_in("1001"))
    assert made is not None
    assert verify(case.folder).defects == []


def test_a_supervisor_countersigns_the_seal_of_another_once(desk: Desk) -> None:
    case = desk.approved()
    case.seal(desk.sign_in("1001"))
    seen = desk.open(case, "2001")
    seen.countersign(desk.sign_in("2001"), 1)
    assert case.history().seals[1].signed == {"1001", "2001"}
    with pytest.raises(UsageError, match="already"):
        seen.countersign(desk.sign_in("2001"), 1)
    with pytest.raises(AuthorityError, match="their own seal"):
        case.countersign(desk.forge("1001", "supervisor"), 1)
    with pytest.raises(AuthorityError, match="a detective cannot"):
        desk.open(case, "1002").countersign(desk.sign_in("1002"), 1)
    with pytest.raises(UsageError, match="no such seal"):
        seen.countersign(desk.sign_in("2002"), 9)
    assert verify(case.folder).defects == []


def test_a_seal_is_signed_by_who_acts(desk: Desk) -> None:
    case = desk.approved()
    with pytest.raises(AuthorityError, match="signed by who acts"):
        case.seal(desk.sign_in("2001"))
    assert not (case.folder / "seals").exists()


def test_what_is_no_seal_is_refused_with_its_place(desk: Desk) -> None:
    case = desk.approved()
    made = case.seal(desk.sign_in("1001"))
    assert made is not None
    data = (case.folder / made.name).read_bytes()
    assert seals.render(seals.parse(data, "here")) == data
    for bad in (b"", data[:-1], data + b"\n", data.replace(b"# by", b"#by"), data + b"half a line"):
        with pytest.raises(IntegrityError, match="not a seal"):
            seals.parse(bad, "here")
    (case.folder / made.name).write_bytes(data.replace(b"# by 1001", b"# by 1002"))
    with pytest.raises(IntegrityError, match="not what the log says"):
        case.seal(desk.sign_in("1001"))


def test_a_case_of_format_1_goes_on_as_format_2(desk: Desk) -> None:
    case = desk.approved()
    first = case.folder / "log/000001.jsonl"
    lines = first.read_bytes().splitlines(keepends=True)
    first.unlink()
    chain = Chain(case.folder, "log", desk.clock)
    for raw in lines:
        entry = log._entry(raw, first)
        fields = entry.fields | ({"format": "workbench-casefile/1"} if entry.action == "open" else {})
        chain.append(entry.actor, [(entry.action, fields)])
    old = desk.open(case)
    assert old.history().format == "workbench-casefile/1"
    assert verify(case.folder).defects == []
    old.seal(desk.sign_in("1001"))
    capture(desk, old)
    old.seal(desk.sign_in("1001"))
    assert [e.action for e in log.rare(case.folder)].count("format") == 1
    assert old.history().format == "workbench-casefile/2"
    assert verify(case.folder, root=desk.department.root).defects == []


def test_the_last_number_is_said_to_be_the_last(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case, session = desk.approved(), desk.sign_in("1001")
    case.seal(session)
    monkeypatch.setattr(casefile_seals, "MOST", 1)
    capture(desk, case)
    with pytest.raises(UsageError, match="this case has 1 seals, as many as its format can number"):
        case.seal(session)
    assert verify(case.folder).defects == []


def test_the_short_form_is_for_paper() -> None:
    assert seals.short("0123456789abcdef01234567" + "0" * 40) == "0123 4567 89ab cdef 0123"
    assert SEAL == "workbench-seal"
