"""The answer key, asked of the workbench's own analyses: collected from the server, tabled, analysed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from workbench import analysis
from workbench.demo import answers, asking
from workbench.demo.answers import Answer
from workbench.demo.model import DOMAIN
from workbench.demo.scenarios import SCENARIOS
from workbench.demo.tabled import Tables, tables
from workbench.demo.town import before, build, files_of

ENDS = pd.Timestamp("2026-05-11T00:00:00Z")
ZONE = "America/New_York"
KEY = answers.answers()


def _name(handle: str) -> str:
    return f"@{handle}@{DOMAIN}"


class Held:
    """Tables of each set of accounts, collected when first asked for."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._held: dict[tuple[str, ...], Tables] = {}

    def of(self, answer: Answer) -> Tables:
        """Give the tables that an entry of the key is about."""
        handles = asking.accounts_of(answer)
        if handles not in self._held:
            folder = self._home / str(len(self._held))
            folder.mkdir()
            towns = (before(build()), build()) if answer.analysis == "changes" else (build(),)
            self._held[handles] = tables(folder, handles, *towns)
        return self._held[handles]

    def scenario(self, name: str) -> Tables:
        """Give the tables of a scenario's accounts."""
        return self.of(next(one for one in KEY if one.scenario == name and one.analysis != "changes"))


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return Held(tmp_path_factory.mktemp("town"))


# --- the key itself


def test_every_entry_of_the_key_names_what_exists() -> None:
    town = build()
    known = {person.handle for person in town.people} | {post.key for post in town.posts}
    known |= {file.key for file in files_of()}
    for one in KEY:
        for name in (*one.found, *one.never, *one.either, *one.taken):
            assert set(name.split(" + ")) <= known, (one.scenario, one.analysis, name)
            assert name == " + ".join(sorted(name.split(" + ")))


def test_no_entry_of_the_key_contradicts_itself() -> None:
    for one in KEY:
        assert one.scenario in SCENARIOS
        assert not set(one.found) & {*one.never, *one.either}
        assert set(one.missed) <= set(one.found)
        assert not set(one.taken) & {*one.found, *one.either}
        assert bool(one.taken or one.missed) <= bool(one.because), (one.scenario, one.analysis)


def test_every_scenario_is_described_where_people_read() -> None:
    text = (Path(__file__).parent.parent / "docs" / "demo-town.md").read_text("utf-8")
    for name, case in SCENARIOS.items():
        assert f"## {case.title}\n" in text, name


def test_a_score_counts_right_wrong_and_missed() -> None:
    key = Answer(
        scenario="wanted", analysis="x", rule="y", found=("a", "b", "c"), never=("d",), either=("e",)
    )
    found = answers.score(key, {"a", "b", "d", "e"})
    assert (found.right, found.wrong, found.missed) == (("a", "b"), ("d",), ("c",))
    assert [found.precision, found.recall] == pytest.approx([2 / 3, 2 / 3])
    nothing = answers.score(Answer(scenario="wanted", analysis="x", rule="y", found=()), ())
    assert (nothing.precision, nothing.recall) == (None, None)


# --- the key, asked


@pytest.mark.parametrize("key", KEY, ids=[f"{one.scenario}-{one.analysis}" for one in KEY])
def test_an_analysis_finds_what_it_should_and_no_more_than_is_known(key: Answer, held: Held) -> None:
    found = answers.score(key, asking.ask(key, held.of(key)))
    assert set(found.missed) <= set(key.missed)
    assert set(found.wrong) <= set(key.taken)


# --- more than names


def test_silence_puts_her_first(held: Held) -> None:
    first = analysis.silence(held.scenario("missing")("posts"), until=ENDS).iloc[0]
    assert (first["author_handle"], bool(first["open"])) == (_name("wren_a"), True)
    assert first["gap_start"] == pd.Timestamp("2026-05-08T01:47:54Z")
    assert first["ratio"] > 4


def test_routine_shift_says_that_her_hours_changed(held: Held) -> None:
    posts = held.scenario("missing")("posts")
    hers = posts[posts["author_handle"] == _name("wren_a")]
    shift = analysis.routine_shift(hers, split="2026-05-03T04:00:00Z", zone=ZONE, bins="hour_of_day")
    nights = shift[shift["hour_of_day"] < 3]
    assert (nights["before"].sum(), nights["after"].sum()) == (0, 10)
    assert shift["divergence"].iloc[0] > shift["by_chance"].iloc[0]


def test_last_contacts_show_the_one_who_is_new(held: Held) -> None:
    contacts = analysis.last_contacts(held.scenario("missing")("interactions"), person=_name("wren_a"))
    week = contacts[contacts["first"] >= ENDS - pd.Timedelta("11D")]
    assert set(week[week["n"] > 5]["peer_handle"]) == {_name("dez_northbound")}
    assert set(week["direction"]) == {"in", "out"}


def test_pattern_counts_occasions_as_the_key_does(held: Held) -> None:
    acts = held.scenario("cyberstalking")("interactions")
    counted = analysis.pattern(acts, target=_name("ione_clay")).set_index("actor_handle")
    columns = ["n_incidents_10min", "n_incidents_1h", "n_incidents_24h"]
    assert list(counted.loc[_name("greywether_77"), columns]) == [7, 6, 6]
    assert list(counted.loc[_name("tobin_farrow"), columns]) == [2, 1, 1]
    # Counting alone cannot tell the friend from the campaign: a person has to read.
    assert counted.loc[_name("marguerite_oak"), "three_or_more"]
    assert not counted.loc[_name("tobin_farrow"), "three_or_more"]


def test_one_camera_took_photos_of_two_accounts(held: Held) -> None:
    files = held.scenario("wanted")("media_files")
    serials = files[files["serial"] != ""].groupby("serial")["sha256"].nunique()
    assert dict(serials) == {"NB8-77140": 2, "NB8-20036": 1}
