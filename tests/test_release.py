from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence

import pytest

from tests.desk import HEAD, Desk, exchange
from workbench import sealing
from workbench.annotating import annotate
from workbench.casefile import CaseFile, Receipt, documents
from workbench.casefile.files import Slice
from workbench.custody import log, releases, seals
from workbench.custody.releases import releases_for
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy.officers import RELEASE, REVIEW, OfficerKey
from workbench.policy.release import Release
from workbench.policy.versions import DAY
from workbench.records import Citation, Result
from workbench.release import give, leaving
from workbench.times import stamp
from workbench.workspace.exhibits import look

HASH = hashlib.sha256(b"what left").hexdigest()


def capture(desk: Desk, case: CaseFile, exhibits: int = 3) -> None:
    session = desk.sign_in("1001")
    writer = case.begin_capture(desk.order(), key=session.key, collector="tests 1", head=HEAD)
    for number in range(exhibits):
        writer.append(exchange(b"body %d" % number))
    writer.end(Result(verdict="complete", items=exhibits), requests=exhibits)
    sealing.finish(case, session)


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    opened = desk.approved()
    capture(desk, opened)
    return opened


def given(
    desk: Desk, case: CaseFile, kind: str = "package", exhibits: Sequence[int] | None = None, days: int = 30
) -> Release:
    chief = desk.open(case, "c1")
    return give(
        chief, desk.sign_in("c1"), kind, exhibits, recipient="the court", purpose="motion 7", days=days
    )


def enter(desk: Desk, badge: str, role: str) -> None:
    lines = [*desk.department.officers.keys, desk.line(badge, role)]
    desk.department.change([desk.sign_in("c1")], lines=lines)


def refused(case: CaseFile, kind: str, exhibits: Sequence[int] | None, number: int | None = None) -> str:
    with pytest.raises(AuthorityError) as error, leaving(case, kind, exhibits, number):
        pytest.fail("it was let leave")
    assert error.value.exit_code == 4
    return error.value.found


# --- giving -------------------------------------------------------------------------------------


def test_a_release_is_signed_by_the_chief_and_names_the_newest_seal(desk: Desk, case: CaseFile) -> None:
    release = given(desk, case, exhibits=[2, 1])
    newest = seals.read(case.folder, release.seal)
    assert (release.by, release.exhibits, release.seal_sha256) == ("c1", (1, 2), newest.sha256)
    assert newest.lines < log.head(case.folder).seq
    assert releases_for(case.folder) == [release]
    second = given(desk, case, "copy")
    assert [one.release for one in releases_for(case.folder)] == [1, 2]
    assert second.previous == hashlib.sha256((case.folder / "releases/0001.json").read_bytes()).hexdigest()


def test_a_deputy_releases_and_nobody_below(desk: Desk, case: CaseFile) -> None:
    enter(desk, "d1", "deputy")
    deputy = desk.open(case, "d1")
    release = give(deputy, desk.sign_in("d1"), "report", None, recipient="the press", purpose="appeal")
    assert releases_for(case.folder) == [release]
    for badge in ("1001", "2001", "a1"):
        with pytest.raises(AuthorityError, match="cannot release"):
            give(case, desk.sign_in(badge), "report", None, recipient="the press", purpose="appeal")


@pytest.mark.parametrize(("recipient", "purpose"), [("", "motion"), ("the court", ""), (" ", " ")])
def test_a_release_without_recipient_or_purpose_writes_nothing(
    desk: Desk, case: CaseFile, recipient: str, purpose: str
) -> None:
    chief = desk.open(case, "c1")
    before = log.head(case.folder)
    with pytest.raises(UsageError):
        give(chief, desk.sign_in("c1"), "package", None, recipient=recipient, purpose=purpose)
    assert log.head(case.folder) == before


def test_an_exhibit_that_is_not_there_cannot_be_released(desk: Desk, case: CaseFile) -> None:
    with pytest.raises(UsageError, match="covers no such exhibit"):
        given(desk, case, exhibits=[4])


# --- leaving ------------------------------------------------------------------------------------


def test_nothing_leaves_without_a_release(desk: Desk, case: CaseFile) -> None:
    assert "nobody has released" in refused(case, "package", None)
    given(desk, case, exhibits=[1, 2], days=1)
    assert "nobody has released" in refused(case, "copy", [1])
    assert "not for all" in refused(case, "package", None)
    assert "does not cover E0003" in refused(case, "package", [1, 3])
    assert "no release 7" in refused(case, "package", [1], 7)
    desk.now += DAY
    assert "ended on" in refused(case, "package", [1])
    assert not releases.left(case.folder)


def test_what_leaves_is_entered_in_the_dissemination_log_and_sealed(desk: Desk, case: CaseFile) -> None:
    release = given(desk, case)
    with leaving(case, "package", None, session=desk.sign_in("1001")) as permit:
        assert permit.release == release
        assert permit.count == 3
        assert not releases.left(case.folder)
        permit.left(HASH)
        assert len(releases.left(case.folder)) == 1
    found = releases.left(case.folder)[0]
    assert (found.actor, found.release, found.kind, found.sha256, found.exhibits) == (
        "1001",
        1,
        "package",
        HASH,
        3,
    )
    newest = seals.newest(case.folder)
    assert newest is not None
    assert newest.lines >= found.line


def test_what_was_given_up_is_not_entered(desk: Desk, case: CaseFile) -> None:
    given(desk, case)
    before = log.head(case.folder).seq
    with leaving(case, "package", None):
        pass
    with contextlib.suppress(RuntimeError), leaving(case, "package", None):
        raise RuntimeError("the disk is full")
    assert log.head(case.folder).seq == before


def test_only_who_works_or_oversees_the_case_takes_something_out(desk: Desk, case: CaseFile) -> None:
    given(desk, case)
    with leaving(desk.open(case, "2001"), "package", None) as permit:
        permit.left(HASH)
    for badge in ("1002", "a1"):
        with (
            pytest.raises(AuthorityError, match="works the case"),
            leaving(desk.open(case, badge), "package", None),
        ):
            pytest.fail("it was let leave")


def test_what_was_added_after_the_released_seal_does_not_leave(desk: Desk, case: CaseFile) -> None:
    release = given(desk, case)
    capture(desk, case)
    assert f"seal {release.seal}, which was released, does not cover E0004" in refused(case, "package", [4])
    with leaving(case, "package", None, seal=release.seal) as permit:
        assert permit.count == 3
    with pytest.raises(AuthorityError) as error, leaving(case, "package", None, seal=release.seal + 1):
        pytest.fail("it was let leave")
    assert "not for seal" in error.value.found


def test_a_release_whose_seal_is_not_the_one_it_names_lets_nothing_leave(desk: Desk, case: CaseFile) -> None:
    release = given(desk, case)
    seal = case.folder / f"seals/{release.seal:04d}.txt"
    seal.write_bytes(seal.read_bytes() + b"\n")
    assert "does not hold seal" in refused(case, "package", None)


def test_contraband_never_leaves_as_a_copy_and_its_bytes_are_withheld_elsewhere(
    desk: Desk, case: CaseFile
) -> None:
    given(desk, case, "copy")
    given(desk, case, "package")
    annotate(desk.open(case, "2001"), desk.sign_in("2001"), "mark", [2], "a child", mark="contraband")
    with pytest.raises(AuthorityError, match="contraband"), leaving(case, "copy", [1, 2]):
        pytest.fail("it was let leave")
    with leaving(case, "copy", [1, 3]) as permit:
        assert permit.withheld == frozenset()
    with leaving(case, "package", None) as permit:
        assert permit.withheld == {2}
        assert permit.count == 2


def test_what_is_marked_while_a_package_is_made_stops_it(desk: Desk, case: CaseFile) -> None:
    given(desk, case)
    with leaving(case, "package", None) as permit:
        annotate(case, desk.sign_in("1001"), "mark", [1], "a child", mark="contraband")
        with pytest.raises(AuthorityError, match="meanwhile"):
            permit.left(HASH)
    assert not releases.left(case.folder)


def test_a_release_that_ends_while_a_package_is_made_stops_it(desk: Desk, case: CaseFile) -> None:
    given(desk, case, days=1)
    with leaving(case, "package", None) as permit:
        desk.now += DAY
        with pytest.raises(AuthorityError, match="without a release"):
            permit.left(HASH)
    assert not releases.left(case.folder)


# --- what does not count ------------------------------------------------------------------------


def body(desk: Desk, case: CaseFile) -> dict[str, object]:
    seal = seals.newest(case.folder)
    assert seal is not None
    return {
        "kind": "package",
        "exhibits": None,
        "recipient": "me",
        "purpose": "mine",
        "seal": seal.number,
        "seal_sha256": seal.sha256,
        "expires": stamp(desk.now + DAY),
    }


def test_a_release_that_a_supervisor_forged_does_not_count(desk: Desk, case: CaseFile) -> None:
    supervisor = desk.open(case, "2001")
    forged = desk.forge("2001", "chief")
    with pytest.raises(AuthorityError, match="may not sign in workbench-release now"):
        supervisor.add_signed("release", forged, RELEASE, body(desk, case), seen=0)
    documents.add_signed(supervisor, "release", forged, RELEASE, body(desk, case), seen=0)
    assert releases_for(case.folder) == []
    assert "may release" in releases.read(case.folder)[0].problem
    assert "nobody has released" in refused(case, "package", None)


def test_a_release_signed_for_something_else_does_not_count(desk: Desk, case: CaseFile) -> None:
    chief = desk.open(case, "c1")
    chief.add_signed("release", desk.sign_in("c1"), REVIEW, body(desk, case), seen=0)
    assert releases.read(case.folder)[0].problem
    assert releases_for(case.folder) == []


def test_a_key_reported_compromised_lets_nothing_leave_any_more(desk: Desk, case: CaseFile) -> None:
    enter(desk, "d1", "deputy")
    give(desk.open(case, "d1"), desk.sign_in("d1"), "report", None, recipient="the press", purpose="appeal")
    assert len(releases_for(case.folder)) == 1

    def reported(line: OfficerKey) -> OfficerKey:
        ended = {"before": line.after, "compromised": True}
        return OfficerKey(badge=line.badge, role=line.role, key=line.key, after=line.after, **ended)  # type: ignore[arg-type] # two fields of two types

    lines = [reported(line) if line.badge == "d1" else line for line in desk.department.officers.keys]
    desk.now += DAY
    desk.department.change([desk.sign_in("c1")], lines=lines)
    desk.open(case)
    assert releases_for(case.folder) == []
    assert "compromised" in releases.read(case.folder)[0].problem


def test_an_altered_release_is_an_error_not_a_permission(desk: Desk, case: CaseFile) -> None:
    given(desk, case)
    file = case.folder / "releases/0001.json"
    said = json.loads(file.read_bytes())
    file.write_bytes(json.dumps(said | {"recipient": "me"}).encode())
    with pytest.raises(IntegrityError, match="not what the log says"), leaving(case, "package", None):
        pytest.fail("it was let leave")


def test_an_unsound_case_lets_nothing_leave(desk: Desk, case: CaseFile) -> None:
    given(desk, case)
    file = case.folder / "case/0002.json.1001.sig"
    file.unlink()
    with (
        pytest.raises(IntegrityError, match="nothing of it leaves"),
        leaving(CaseFile(case.folder, desk.department, "1001", desk.clock), "package", None),
    ):
        pytest.fail("it was let leave")


# --- what shares bytes with contraband ----------------------------------------------------------


def archive(desk: Desk, case: CaseFile) -> None:
    """Take in one file as exhibit 4, and parts of it as exhibits 5 and 6, as an archive and its members are."""
    given_file = desk.casefiles.parent / "phone.zip"
    given_file.write_bytes(b"first member, second member")
    imported = case.begin_import([(given_file, "phone.zip")], "", Receipt(giver="a citizen"))
    file = imported.files[0].file
    places = ((0, 27, None), (0, 12, 0), (14, 13, 1))
    imported.exhibits([Slice(file=file, offset=at, length=size, member=m) for at, size, m in places])
    imported.end(Result(verdict="complete", items=3), 3)
    sealing.finish(case, desk.sign_in("1001"))


def test_an_archive_does_not_carry_its_contraband_member_out(desk: Desk, case: CaseFile) -> None:
    archive(desk, case)
    given(desk, case, "copy")
    given(desk, case, "disclosure")
    with leaving(case, "copy", [4]):
        pass
    annotate(case, desk.sign_in("1001"), "mark", [5], "must not be copied", mark="contraband")
    for number in (4, 5):
        assert f"E{number:04d}" in refused(case, "copy", [number])
        with pytest.raises(AuthorityError, match="contraband"):
            look(case.folder, Citation(case=case.number, number=number), hidden=True)
    with leaving(case, "disclosure", [4, 5, 6]) as permit:
        assert permit.withheld == {4, 5}
    with leaving(case, "copy", [6]):
        pass
    assert look(case.folder, Citation(case=case.number, number=6)).data == b"second member"


def test_a_member_of_a_contraband_archive_does_not_leave(desk: Desk, case: CaseFile) -> None:
    archive(desk, case)
    given(desk, case, "copy")
    annotate(case, desk.sign_in("1001"), "mark", [4], "must not be copied", mark="contraband")
    assert refused(case, "copy", [6]) == "E0006"


def test_a_mark_while_something_leaves_stops_what_holds_it_too(desk: Desk, case: CaseFile) -> None:
    archive(desk, case)
    given(desk, case, "copy")
    with leaving(case, "copy", [4]) as permit:
        annotate(case, desk.sign_in("1001"), "mark", [5], "must not be copied", mark="contraband")
        with pytest.raises(AuthorityError, match="meanwhile"):
            permit.left(HASH)
    assert not releases.left(case.folder)
