"""The demonstration's cases: what they state, whom they look at, and that a wrong name is refused."""

from __future__ import annotations

import pytest

from workbench.cli import main
from workbench.demo.scenarios import SCENARIOS, SHOWN, DemoCase
from workbench.demo.town import build
from workbench.policy.purposes import PURPOSES, check_facts
from workbench.runner import notebooks, parameters

CASES = pytest.mark.parametrize("case", SCENARIOS.values(), ids=SCENARIOS)


@CASES
def test_a_scenario_states_what_its_purpose_asks_for(case: DemoCase) -> None:
    check_facts(case.purpose, case.facts)
    assert "FICTION" in case.facts["predicate"]


@CASES
def test_a_scenario_looks_at_accounts_that_exist(case: DemoCase) -> None:
    people = {person.handle: person for person in build().people}
    assert len(set(case.alone.accounts)) == len(case.accounts) + len(case.beside)
    assert set(case.alone.accounts) <= set(people)
    assert case.look_for


@CASES
def test_a_scenario_gives_its_notebook_parameters_that_it_has(case: DemoCase) -> None:
    known = {one.name for one in parameters.read(notebooks.find(case.purpose))}
    assert set(case.parameters) <= known


def test_every_purpose_has_a_scenario() -> None:
    assert {case.purpose for case in SCENARIOS.values()} == set(PURPOSES)
    assert len({case.number for case in SCENARIOS.values()}) == len(SCENARIOS)
    assert set(SHOWN) <= set(SCENARIOS)


def test_an_unknown_scenario_is_refused_and_the_known_ones_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["demo", "--purpose", "nosuch"]) == 2
    assert ", ".join(SCENARIOS) in capsys.readouterr().err
