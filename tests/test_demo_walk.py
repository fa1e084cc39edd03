"""The demonstration's own words: it stops where a step goes wrong, and says at the end what to look for."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.demo import walk
from workbench.demo.scenarios import SCENARIOS, SHOWN
from workbench.errors import IntegrityError


def test_a_step_that_ends_otherwise_than_it_should_stops_the_demonstration() -> None:
    said: list[str] = []
    step = walk._Step(lambda *_: 3, said.append)
    step("verify", "a case", expect=3)
    assert said[0] == '$ workbench verify "a case"'
    with pytest.raises(IntegrityError) as caught:
        step("verify", "a case")
    assert (caught.value.expected, caught.value.found) == ("exit code 0", "3")


def test_every_demonstration_takes_a_folder_of_its_own(tmp_path: Path) -> None:
    homes = [walk.new_home(tmp_path / "out").home.name for _ in range(2)]
    assert homes == ["1", "2"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_with_what_to_look_for(name: str, tmp_path: Path) -> None:
    case = SCENARIOS[name]
    text = walk.closing(walk.new_home(tmp_path), case)
    assert all(f"  - {line}\n" in text for line in case.look_for)
    assert f"workbench run {case.number} --notebook {case.purpose}" in text
    assert "receipt.html" not in text


def test_the_whole_demonstration_names_the_other_scenarios(tmp_path: Path) -> None:
    text = walk.closing(walk.new_home(tmp_path))
    others = sorted(set(SCENARIOS) - set(SHOWN))
    assert f"workbench demo --purpose {' | '.join(others)}" in text


def test_one_byte_of_a_copy_is_changed_and_named(tmp_path: Path) -> None:
    (tmp_path / "warc").mkdir()
    path = tmp_path / "warc" / "0001.warc.gz"
    path.write_bytes(bytes(9))
    assert walk.alter(tmp_path) == "warc/0001.warc.gz, byte 4"
    assert path.read_bytes() == b"\0\0\0\0\1\0\0\0\0"
