from __future__ import annotations

import msgspec
import pytest

from tests.desk import FACTS, SCOPE, TARGET, Desk
from workbench.errors import AuthorityError, IntegrityError, UsageError, WorkbenchError
from workbench.policy.gate import may_collect
from workbench.policy.purposes import PURPOSES, Fact
from workbench.policy.versions import DAY, GIVEN_ONLY, CaseVersion, Oral, Scope, ScopeLimits
from workbench.records import Order, Target
from workbench.times import stamp

HOUR = DAY // 24


def test_from_draft_to_approved_to_closed(desk: Desk) -> None:
    case = desk.draft()
    assert case.standing().state == "draft"
    case.act(desk.sign_in("1001"), "request", scope=SCOPE, days=10)
    assert case.standing().state == "requested"
    desk.approve(case, "2001", 10)
    standing = case.standing()
    assert (standing.state, standing.authority and standing.authority.by) == ("approved", "2001")
    desk.now += 10 * DAY
    assert case.standing().state == "expired"
    case.act(desk.sign_in("1001"), "close", reason="found safe")
    assert (case.standing().state, case.standing().authority) == ("closed", None)
    with pytest.raises(AuthorityError, match="closed"):
        case.act(desk.sign_in("1001"), "request", scope=SCOPE, days=10)


def test_a_renewal_needs_a_reason_and_a_fresh_approval(desk: Desk) -> None:
    case = desk.approved(days=30)
    with pytest.raises(UsageError, match="reason"):
        case.act(desk.sign_in("1001"), "renew", days=30)
    case.act(desk.sign_in("1001"), "renew", days=30, reason="new sightings")
    assert case.standing().state == "approved", "what was approved stands until it expires"
    desk.now += 29 * DAY
    desk.approve(case, "2002", 30)
    desk.now += 20 * DAY
    assert case.standing().state == "approved"


def test_a_refused_request_leaves_the_earlier_approval_standing(desk: Desk) -> None:
    case = desk.approved()
    wider = Scope(targets=(TARGET, Target(source="mastodon", target="x")), hosts=SCOPE.hosts)
    case.act(desk.sign_in("1001"), "request", scope=wider, days=5)
    pending = case.standing().pending
    assert pending is not None
    case.act(desk.sign_in("2001"), "refuse", refuses=pending.sha256, reason="too wide")
    standing = case.standing()
    assert standing.state == "approved"
    assert standing.authority is not None
    assert standing.authority.scope == SCOPE


def test_a_renewal_keeps_the_scope_last_approved_not_the_one_refused(desk: Desk) -> None:
    case = desk.approved()
    wider = Scope(targets=(TARGET, Target(source="mastodon", target="x")), hosts=SCOPE.hosts)
    case.act(desk.sign_in("1001"), "request", scope=wider, days=5)
    pending = case.standing().pending
    assert pending is not None
    case.act(desk.sign_in("2001"), "refuse", refuses=pending.sha256, reason="too wide")
    with pytest.raises(AuthorityError, match="keeps the scope last approved"):
        case.act(desk.sign_in("1001"), "renew", days=5, reason="again")
    case.act(desk.sign_in("1001"), "renew", days=5, reason="again", scope=SCOPE)


@pytest.mark.parametrize("badge", ["1001", "c1"])
def test_nobody_approves_what_they_asked_for(desk: Desk, badge: str) -> None:
    case = desk.draft()
    if badge == "c1":
        case.act(desk.sign_in("1001"), "assign", assigned=("c1",))
        case.act(desk.sign_in("c1"), "request", scope=SCOPE, days=3)
    else:
        case.act(desk.sign_in("1001"), "request", scope=SCOPE, days=3)
    with pytest.raises(AuthorityError, match="nobody decides"):
        desk.approve(case, badge)


def test_who_has_collected_does_not_approve(desk: Desk) -> None:
    case = desk.draft()
    case.act(desk.sign_in("1001"), "assign", assigned=("2002",))
    case.act(desk.sign_in("1001"), "request", scope=SCOPE, days=3)
    desk.approve(case, "2001", 3)
    theirs = desk.open(case, "2002")
    theirs.begin_capture(desk.order(), key="SHA256:x", collector="test 1", head=b"head")
    case.act(desk.sign_in("1001"), "assign", assigned=())
    case.act(desk.sign_in("1001"), "renew", days=3, reason="more")
    with pytest.raises(AuthorityError, match="nobody decides"):
        desk.approve(case, "2002", 3)


def test_a_detective_cannot_sign_an_approval(desk: Desk) -> None:
    case = desk.requested()
    with pytest.raises(AuthorityError, match="detective cannot"):
        desk.approve(case, "1002")


def test_an_approval_names_the_request_and_does_not_outlast_it(desk: Desk) -> None:
    case = desk.requested(days=5)
    pending = case.standing().pending
    assert pending is not None
    supervisor = desk.sign_in("2001")
    with pytest.raises(AuthorityError, match="must name"):
        case.act(supervisor, "approve", approves="0" * 64, expires=stamp(desk.now + DAY))
    with pytest.raises(AuthorityError, match="5 days at most"):
        case.act(supervisor, "approve", approves=pending.sha256, expires=stamp(desk.now + 6 * DAY))
    with pytest.raises(AuthorityError, match="scope"):
        case.act(
            supervisor,
            "approve",
            approves=pending.sha256,
            expires=stamp(desk.now + DAY),
            scope=Scope(targets=(), hosts=()),
        )


@pytest.mark.parametrize("field", ["purpose", "facts", "subjects", "case"])
def test_what_a_case_is_about_never_changes(desk: Desk, field: str) -> None:
    case = desk.draft()
    changed = {
        "purpose": "wanted",
        "facts": {**FACTS, "predicate": "other"},
        "subjects": ("B",),
        "case": "2026-9",
    }
    with pytest.raises(WorkbenchError):
        case.act(desk.sign_in("1001"), "request", scope=SCOPE, days=3, **{field: changed[field]})


@pytest.mark.parametrize("days", [0, 31])
def test_authority_lasts_one_to_thirty_days(desk: Desk, days: int) -> None:
    with pytest.raises(UsageError, match="days"):
        desk.requested(days=days)


def test_a_request_needs_targets(desk: Desk) -> None:
    with pytest.raises(UsageError, match="scope"):
        desk.requested(scope=Scope(targets=(), hosts=("a.example",)))


@pytest.mark.parametrize("lets", [{"media": True}, {"limits": ScopeLimits()}, {"hosts": ("a.example",)}])
def test_a_request_for_given_files_only_lets_nothing_be_collected(
    desk: Desk, lets: dict[str, object]
) -> None:
    case = desk.requested(scope=GIVEN_ONLY)
    desk.approve(case, "2001", 10)
    authority = case.standing().authority
    assert authority is not None
    assert authority.scope == GIVEN_ONLY
    order = Order(target=TARGET, since=None, until=None, limit=1, media=False, context=False)
    decision = may_collect(case.standing(), "1001", order, case.clock(), signed_in=True)
    assert (decision.allowed, decision.reason) == (False, "target-out-of-scope")
    with pytest.raises(UsageError, match="scope"):
        case.act(desk.sign_in("1001"), "request", scope=msgspec.structs.replace(GIVEN_ONLY, **lets), days=3)


def test_only_who_works_the_case_asks(desk: Desk) -> None:
    case = desk.draft()
    with pytest.raises(AuthorityError, match="works the case"):
        case.act(desk.sign_in("1002"), "request", scope=SCOPE, days=3)
    case.act(desk.sign_in("1001"), "assign", assigned=("1002",))
    case.act(desk.sign_in("1002"), "request", scope=SCOPE, days=3)


def test_a_handover_changes_the_owner_only(desk: Desk) -> None:
    case = desk.draft()
    with pytest.raises(AuthorityError, match="one new owner"):
        case.act(desk.sign_in("1001"), "handover", owner="1001")
    case.act(desk.sign_in("1001"), "handover", owner="1002", reason="shift change")
    latest = case.standing().latest
    assert latest is not None
    assert latest.owner == "1002"


def test_a_bystander_cannot_assign_themselves(desk: Desk) -> None:
    case = desk.draft()
    with pytest.raises(AuthorityError):
        case.act(desk.sign_in("1002"), "assign", assigned=("1002",))


def test_an_oral_authority_lasts_a_day_and_is_not_renewed(desk: Desk) -> None:
    case = desk.oral()
    standing = case.standing()
    assert (standing.state, standing.authority and standing.authority.unratified) == ("oral", True)
    assert standing.oral == "unratified"
    with pytest.raises(AuthorityError, match="oral authority cannot"):
        case.act(desk.sign_in("1001"), "renew", days=1, reason="still missing")
    desk.now += DAY
    assert case.standing().state == "expired"


def test_an_oral_authority_is_ratified_by_who_gave_it(desk: Desk) -> None:
    case = desk.oral()
    first = case.history().versions[0].sha256
    with pytest.raises(AuthorityError, match="only the supervisor who gave"):
        case.act(desk.sign_in("2002"), "ratify", ratifies=first)
    case.act(desk.sign_in("2001"), "ratify", ratifies=first)
    standing = case.standing()
    assert standing.authority is not None
    assert not standing.authority.unratified
    assert standing.oral == "ratified"
    with pytest.raises(AuthorityError, match="decided already"):
        case.act(desk.sign_in("2001"), "refuse", refuses=first, reason="no")


def test_a_refused_oral_authority_covers_nothing(desk: Desk) -> None:
    case = desk.oral()
    case.act(
        desk.sign_in("2001"), "refuse", refuses=case.history().versions[0].sha256, reason="I never said that"
    )
    assert case.standing().state == "refused"
    assert case.standing().authority is None
    assert case.standing().oral == "refused"


def test_what_became_of_an_oral_authority_is_not_forgotten_once_another_stands(desk: Desk) -> None:
    case = desk.oral()
    assert desk.draft("2026-0418").standing().oral == ""
    case.act(desk.sign_in("1001"), "request", scope=Scope(targets=(TARGET,), hosts=("a",)), days=3)
    desk.approve(case, "2001", days=3)
    standing = case.standing()
    assert (standing.state, standing.oral) == ("approved", "unratified")
    case.act(desk.sign_in("2001"), "refuse", refuses=case.history().versions[0].sha256, reason="not so")
    assert (case.standing().state, case.standing().oral) == ("approved", "refused")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"oral": Oral(supervisor="1001", at=stamp(0), words="yes", danger="cold")}, "themselves"),
        ({"oral": Oral(supervisor="2001", at=stamp(0), words=" ", danger="cold")}, "the words"),
        ({"oral": Oral(supervisor="2001", at=stamp(0), words="yes", danger="")}, "the danger"),
        ({"expires": None}, "24 hours"),
        ({"scope": Scope(targets=(TARGET,) * 6, hosts=("a",), limits=ScopeLimits(requests=1))}, "5 targets"),
        ({"scope": Scope(targets=(TARGET,), hosts=("a",), limits=ScopeLimits(requests=501))}, "500 requests"),
    ],
)
def test_what_an_oral_authority_may_not_be(desk: Desk, changes: dict[str, object], words: str) -> None:
    if "expires" in changes:
        changes = {"expires": stamp(desk.now + DAY + HOUR)}
    with pytest.raises(WorkbenchError, match=words):
        desk.oral(**changes)  # type: ignore[arg-type] # any field


def test_a_case_outside_the_five_purposes_is_refused(desk: Desk) -> None:
    with pytest.raises(UsageError, match="not a sanctioned purpose"):
        desk.draft(purpose="staff-speech")


@pytest.mark.parametrize("missing", list(FACTS))
def test_a_purpose_asks_for_its_facts(desk: Desk, missing: str) -> None:
    with pytest.raises(UsageError, match="needs more") as caught:
        desk.draft(facts={**FACTS, missing: "  "})
    assert missing in caught.value.expected


def test_facts_that_a_purpose_asks_for_later_take_nothing_from_a_case_that_stands(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.approved()
    later = Fact(name="court_order", title="Court order", help="its number")
    missing = PURPOSES["missing"]
    changed = msgspec.structs.replace(missing, facts=(*missing.facts, later))
    monkeypatch.setitem(PURPOSES, "missing", changed)
    assert desk.open(case).standing().state == "approved"
    case.act(desk.sign_in("1001"), "close", reason="found safe")
    assert desk.open(case).standing().state == "closed"
    with pytest.raises(UsageError, match="needs more") as caught:
        desk.draft(number="2026-0418")
    assert "court_order" in caught.value.expected


def test_a_version_survives_writing_and_reading(desk: Desk) -> None:
    version = desk.approved().history().versions[-1].version
    assert CaseVersion.parse(version.render(), "here") == version


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format":1}', b"\xff"])
def test_an_unreadable_version_is_an_integrity_error(damage: bytes) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        CaseVersion.parse(damage, "case/0001.json")


def test_unknown_fields_are_an_integrity_error(desk: Desk) -> None:
    version = desk.draft().history().versions[0].version
    fields = msgspec.json.decode(version.render())
    with pytest.raises(IntegrityError, match="unknown"):
        CaseVersion.parse(msgspec.json.encode({**fields, "score": 1}), "here")
