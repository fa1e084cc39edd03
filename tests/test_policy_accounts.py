"""Notes about accounts: a poster's role, an association's basis and day of review; refused where they lack it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench
from tests import notebook_kit
from tests.archive_kit import ROE
from tests.runner_kit import DETECTIVE, Office
from workbench import annotating
from workbench.casefile import CaseFile
from workbench.custody.verify import verify
from workbench.errors import AuthorityError, UsageError
from workbench.policy import accounts
from workbench.policy.annotations import check_fields

BASIS = {"suspicion_basis": "named in report 26-7", "review_due": "2026-05-01"}


def _body(
    kind: str, said: dict[str, str], account: str = "roe@social.test", text: str = "why"
) -> dict[str, Any]:
    return {"kind": kind, "exhibits": [1], "text": text, "account": account, "said": said}


@pytest.mark.parametrize("role", ["participant", "observer", "unknown"])
def test_a_poster_has_one_of_three_roles_and_a_reason(role: str) -> None:
    check_fields(_body("poster", {"role": role}))
    with pytest.raises(UsageError, match="says something"):
        check_fields(_body("poster", {"role": role}, text=" "))


@pytest.mark.parametrize(
    ("kind", "said", "account"),
    [
        ("poster", {"role": "suspect"}, "roe"),
        ("poster", {}, "roe"),
        ("poster", {"role": "observer", "relevance": "x"}, "roe"),
        ("poster", {"role": "observer"}, " "),
        ("association", {"suspicion_basis": "seen there"}, "roe"),
        ("association", {"review_due": "2026-05-01"}, "roe"),
        ("association", BASIS | {"review_due": "in May"}, "roe"),
        ("association", BASIS | {"review_due": "20260501"}, "roe"),
        ("association", BASIS | {"review_due": "2026-W18-5"}, "roe"),
        ("association", BASIS | {"review_due": "2026-02-30"}, "roe"),
        ("association", BASIS | {"score": "9"}, "roe"),
        ("association", BASIS | {"relevance": "x" * 4001}, "roe"),
    ],
)
def test_what_lacks_something_or_says_more_is_refused(kind: str, said: dict[str, str], account: str) -> None:
    with pytest.raises(UsageError):
        check_fields(_body(kind, said, account))


def test_other_fields_do_not_belong() -> None:
    with pytest.raises(UsageError, match="do not belong"):
        check_fields(_body("poster", {"role": "observer"}) | {"side": "contrary"})


def _write(office: Office, case: CaseFile, body: dict[str, Any], badge: str = DETECTIVE) -> None:
    added = {name: value for name, value in body.items() if name not in {"kind", "exhibits", "text"}}
    acting = CaseFile(case.folder, office.department, badge)
    annotating.annotate(acting, office.sessions[badge], body["kind"], body["exhibits"], body["text"], **added)


def test_the_last_role_noted_counts_and_the_case_still_verifies(tmp_path: Path) -> None:
    office, case = notebook_kit.made(tmp_path, "crime-media", "platform")
    with notebook_kit.officer(case):
        opened = workbench.open_case()
        before = opened.posters(opened.posts(), opened.media())
        _write(office, case, _body("poster", {"role": "participant"}, text="speaks behind the camera <b>"))
        _write(
            office, case, _body("poster", {"role": "observer"}, account=ROE, text="stands across the road")
        )
        opened = workbench.open_case()
        after = opened.posters(opened.posts(), opened.media())
    assert before[["account", "role", "noted_by"]].to_numpy().tolist() == [[ROE, "unknown", ""]]
    assert before["posts"].tolist() == [8]
    assert after[["role", "noted_by", "exhibits"]].to_numpy().tolist() == [
        ["observer", DETECTIVE, ("2026-0001-E0001",)]
    ]
    assert "stands across the road" in notebook_kit.executed(case, "crime-media")
    assert verify(case.folder, processes=1).defects == []


def test_an_association_shows_its_basis_and_what_is_overdue(tmp_path: Path) -> None:
    office, case = notebook_kit.made(tmp_path, "gang", "platform")
    with notebook_kit.officer(case):
        bare = workbench.open_case().associations((ROE,))
        _write(office, case, _body("association", BASIS | {"reviewer": "s.cleo"}))
        late = workbench.open_case().associations((ROE,))
        _write(office, case, _body("association", BASIS | {"review_due": "2999-01-01"}))
        due = workbench.open_case().associations((ROE, "nobody"))
    assert bare[["account", "suspicion_basis", "overdue"]].to_numpy().tolist() == [[ROE, "", "no day is set"]]
    assert late[["suspicion_basis", "reviewer", "overdue"]].to_numpy().tolist() == [
        ["named in report 26-7", "s.cleo", "yes"]
    ]
    assert due[["reviewer", "overdue"]].to_numpy().tolist() == [["", "no"]]
    assert verify(case.folder, processes=1).defects == []


def test_a_forged_role_is_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, case = notebook_kit.made(tmp_path, "crime-media", "one")
    monkeypatch.setattr(accounts, "check", lambda kind, given: None)  # noqa: ARG005 - its interface
    _write(office, case, _body("poster", {"role": "guilty"}))
    found = verify(case.folder, processes=1).defects
    assert [(defect.clause, defect.file) for defect in found] == [("7.3", "annotations/0001.json")]


def test_only_who_works_the_case_notes_it(tmp_path: Path) -> None:
    office, case = notebook_kit.made(tmp_path, "gang", "one")
    with pytest.raises(AuthorityError):
        _write(office, case, _body("association", BASIS), "s.cleo")


def test_an_association_noted_of_an_account_that_is_not_among_the_named_is_shown(tmp_path: Path) -> None:
    office, case = notebook_kit.made(tmp_path, "gang", "platform")
    with notebook_kit.officer(case):
        for name in ("@ROE@social.test", "@gone@far.test"):
            _write(office, case, _body("association", BASIS, account=name))
        found = workbench.open_case().associations(("nobody",))
        both = workbench.open_case().associations((ROE,))
        page = notebook_kit.executed(case, "gang", {"handles": "ann@far.test"})
    assert found[["account", "suspicion_basis"]].to_numpy().tolist() == [
        [ROE, "named in report 26-7"],
        ["@gone@far.test", "named in report 26-7"],
    ]
    assert both["account"].tolist() == [ROE, "@gone@far.test"]
    assert "@gone@far.test" in page.replace("<wbr>", "")
