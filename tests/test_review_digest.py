"""The supervisor's digest: what came in, what waits, who decided; nothing of what officers otherwise did."""

from __future__ import annotations

from datetime import timedelta

import pytest

import workbench
from tests import review_kit
from tests.desk import Desk
from tests.notebook_kit import officer
from workbench.casefile import CaseFile
from workbench.custody.verify.lines import ACTIONS
from workbench.review import digest
from workbench.times import from_micros
from workbench.workspace import Case

BOSS = "2001"


@pytest.fixture
def case(desk: Desk) -> CaseFile:
    return desk.approved()


def _open(desk: Desk, case: CaseFile) -> Case:
    with officer(case, BOSS):
        return workbench.open_case(case.folder, clock=desk.clock)


def test_it_tells_from_the_day_given_else_the_last_digest_else_the_beginning(
    desk: Desk, case: CaseFile
) -> None:
    began = from_micros(desk.now)
    assert digest.begin(_open(desk, case), None) <= began
    desk.now += 3_600_000_000
    review_kit.ran(desk, case, name="supervisor-digest")
    last = from_micros(desk.now)
    desk.now += 3_600_000_000
    review_kit.ran(desk, case, name="missing")
    assert digest.begin(_open(desk, case), None) == last
    given = last - timedelta(days=3)
    assert digest.begin(_open(desk, case), given) == given


def test_it_says_from_when_it_tells_and_why(desk: Desk, case: CaseFile) -> None:
    opened = _open(desk, case)
    assert "the first line of the custody log" in digest.told(opened, None)
    assert f"Told from {opened.when(from_micros(desk.now))} on, the day asked for" in digest.told(
        opened, from_micros(desk.now)
    )
    review_kit.ran(desk, case, name="supervisor-digest")
    assert "the last digest kept with the case" in digest.told(_open(desk, case), None)


def test_every_action_of_the_log_is_told_in_words() -> None:
    assert set(digest._WORDS) | set(digest._COUNTED) == set(ACTIONS)


def test_what_the_log_took_in_is_listed_and_exhibits_are_counted(desk: Desk, case: CaseFile) -> None:
    desk.now += 3_600_000_000
    since = from_micros(desk.now)
    case.refused("no-authority")
    review_kit.capture(desk, case, [review_kit.post(1)], [review_kit.post(2)])
    found = digest.happened(_open(desk, case), since)
    first = int(found["line"].iloc[0])
    assert found[["what", "about", "line"]].to_numpy().tolist() == [
        # Refused before any capture began.
        ["requests refused by the gate", "", first],
        ["capture begun", "capture-0001", first + 1],
        ["exhibits", "capture-0001", first + 3],
        ["capture ended", "capture-0001", first + 4],
        ["sealed", "seal-0001", first + 5],
    ]
    assert list(found["detail"])[::2] == ["1 in all", f"2 in all, lines {first + 2} to {first + 3}", ""]
    assert "verdict complete" in found["detail"].iloc[3]
    assert found["at"].notna().all()
    assert not [cell for cell in found.to_numpy().ravel().tolist() if "1001" in str(cell)]
    desk.now += 1
    assert digest.happened(_open(desk, case), from_micros(desk.now)).empty


def test_what_waits_is_the_queue_s_and_goes_once_it_is_decided(desk: Desk, case: CaseFile) -> None:
    cited = review_kit.capture(desk, case, [review_kit.post(1)])
    review_kit.ran(desk, case, cited[0])
    before = digest.review(_open(desk, case))
    waiting = digest.waiting(before).set_index("item")
    assert set(waiting.index) == {"capture-0001", "run-0001", cited[0]}
    assert waiting.loc["capture-0001", "result"] == "complete (ok)"
    assert waiting.loc[cited[0], "cited_by"] == "run-0001"
    assert waiting["exhibits"].to_dict() == {"capture-0001": (), "run-0001": (), cited[0]: (cited[0],)}
    assert digest.decided(before, from_micros(0)).empty
    desk.now += 1_000_000
    review_kit.look(desk, case, "capture-0001")
    review_kit.decides(desk, case, "approve", "capture-0001")
    after = digest.review(_open(desk, case))
    assert "capture-0001" not in set(digest.waiting(after)["item"])
    made = digest.decided(after, from_micros(desk.now))
    assert made[["item", "act", "by"]].to_numpy().tolist() == [["capture-0001", "approve", BOSS]]
    assert digest.decided(after, from_micros(desk.now + 1)).empty


def test_exhibits_of_one_source_that_wait_alike_are_one_row(desk: Desk, case: CaseFile) -> None:
    cited = review_kit.capture(desk, case, [review_kit.post(1)], [review_kit.post(2)], [review_kit.post(3)])
    other = review_kit.capture(desk, case, [review_kit.post(4)])
    review_kit.ran(desk, case, *cited, *other)
    review_kit.ran(desk, case, cited[1])
    review_kit.annotated(desk, case, int(cited[2].rpartition("E")[2]), kind="mark", mark="hidden", text="")
    found = digest.waiting(digest.review(_open(desk, case))).set_index("item")
    assert set(found.index) == {
        *("capture-0001", "capture-0002", "run-0001", "run-0002", "2 exhibits"),
        *(cited[2], other[0]),
    }
    assert found.loc["2 exhibits", "about"] == "of capture-0001"
    assert found.loc["2 exhibits", "cited_by"] == "run-0001, run-0002"
    assert found["exhibits"].to_dict()["2 exhibits"] == (cited[0], cited[1])
    assert found.loc[cited[2], "mark"] == "hidden"


def test_signatures_and_authority_that_wait_are_named(desk: Desk, case: CaseFile) -> None:
    review_kit.capture(desk, case, [review_kit.post(1)])
    opened = _open(desk, case)
    authority = opened.access.standing.authority
    assert authority is not None
    expires = from_micros(authority.expires)

    def waits(days: float) -> list[str]:
        return list(digest.unsigned(opened, expires + timedelta(days=days))["what"])

    assert waits(-10) == []
    assert waits(-2) == [f"The authority ends at {opened.when(expires)}."]
    assert waits(3) == [f"The authority ended at {opened.when(expires)}."]
    desk.open(case).seal(None)
    loose = digest.unsigned(_open(desk, case), expires - timedelta(days=10))
    assert list(loose["what"]) == []
    desk.open(case).annotate({"kind": "note", "text": "x", "exhibits": [1]})
    unsealed = digest.unsigned(_open(desk, case), expires - timedelta(days=10))
    assert list(unsealed["what"]) == ["Not sealed: 1 act since the newest seal."]
    desk.open(case).seal(None)
    bare = digest.unsigned(_open(desk, case), expires - timedelta(days=10))
    assert list(bare["what"]) == ["A seal is not signed."]
    listed = digest.sealed(_open(desk, case))
    assert list(listed["signed"])[-1] == "UNSIGNED"


def test_a_request_that_waits_is_named(desk: Desk) -> None:
    case = desk.requested()
    found = digest.unsigned(_open(desk, case), from_micros(desk.now))
    assert found["what"].iloc[0] == "A request waits for approval: request."
    assert digest.notes(digest.review(_open(desk, case)))["note"].str.contains("nothing is sealed").any()
