"""What a notebook needs of the case's papers, and the age of a warrant's verification."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

import workbench
from tests import notebook_kit
from tests.runner_kit import Office
from workbench.casefile import CaseFile
from workbench.errors import AuthorityError
from workbench.policy.standing import Authority
from workbench.policy.versions import Scope
from workbench.times import to_micros
from workbench.workspace import Case, standing, warrant

ZONE = ZoneInfo("America/New_York")
NOW = to_micros(datetime(2026, 3, 10, 12, tzinfo=ZONE))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "cases")


def _opened(case: CaseFile) -> Case:
    with notebook_kit.officer(case):
        return workbench.open_case()


def test_a_gang_case_goes_on_only_with_predicate_and_approval(office: Office) -> None:
    case = office.case(purpose="gang")
    with pytest.raises(AuthorityError, match="no supervisor's approval stands"):
        _opened(case).require("crime", "suspicion_basis", purpose="gang", approved=True)
    office.approve(case)
    _opened(case).require("crime", "suspicion_basis", purpose="gang", approved=True)


def test_what_is_missing_is_named(office: Office) -> None:
    case = _opened(office.case(purpose="missing"))
    with pytest.raises(AuthorityError) as caught:
        case.require("crime", purpose="gang", approved=True)
    told = str(caught.value)
    assert "the case's purpose is 'missing', not 'gang'" in told
    assert "'Criminal predicate' is not stated" in told
    assert "no supervisor's approval" in told
    case.require("report_number", purpose="missing")


@pytest.mark.parametrize(("unratified", "goes_on"), [(True, False), (False, True)])
def test_an_oral_authority_counts_once_it_is_ratified(
    office: Office, *, unratified: bool, goes_on: bool
) -> None:
    access = _opened(office.case(purpose="gang")).access
    oral = Authority(
        version=1,
        kind="oral",
        by="s.cleo",
        scope=Scope(targets=(), hosts=()),
        expires=0,
        unratified=unratified,
    )
    spoken = msgspec.structs.replace(
        access, standing=msgspec.structs.replace(access.standing, authority=oral)
    )
    if goes_on:
        standing.require(spoken, ("crime",), purpose="gang", approved=True)
    else:
        with pytest.raises(AuthorityError, match="not ratified"):
            standing.require(spoken, ("crime",), purpose="gang", approved=True)


@pytest.mark.parametrize(
    ("said", "age", "warning"),
    [
        ("2026-03-10T09:00-04:00", "3 hours", "verify again"),
        ("2026-03-10 09:00", "3 hours", "verify again"),
        ("2026-03-01", "9 days", "verify again"),
        ("2026-03-10 09:00 by the records desk", "3 hours", "verify again"),
        ("2026-03-10T09:00-04:00, by telephone", "3 hours", "verify again"),
        ("2026-03-01, seen by 1001", "9 days", "verify again"),
        ("2026-03-01 9:30", "not known", "cannot be told from these words"),
        ("", "not known", "No time of verification is stated"),
        ("on Monday, by Cleo <b>", "not known", "cannot be told from these words"),
        ("2026-03-11", "not known", "lies in the future"),
    ],
)
def test_the_age_of_a_verification_is_said_or_said_to_be_unknown(said: str, age: str, warning: str) -> None:
    words = warrant.shown({"warrant": "W-1", "warrant_verified": said}, NOW, ZONE)
    assert f"How long ago: {age}" in words.plain
    assert warning in words.plain
    assert "<b>" not in words.markup


def test_a_case_without_a_warrant_says_so(office: Office) -> None:
    assert "Warrant: not stated" in _opened(office.case(purpose="missing")).warrant().plain
