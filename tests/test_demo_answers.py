"""The answer key, asked of the workbench's own analyses: collected from the server, tabled, analysed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import requests

from workbench import analysis
from workbench.collectors import COLLECTORS
from workbench.demo.model import DOMAIN
from workbench.demo.server import SampleNetwork
from workbench.demo.town import build
from workbench.records import Exchange, Order, Target
from workbench.tables import parts
from workbench.tables.read import to_frame
from workbench.tables.schema import Parsed

Tables = Callable[[str], pd.DataFrame]
ENDS = pd.Timestamp("2026-05-11T00:00:00Z")
ZONE = "America/New_York"


def _name(handle: str) -> str:
    return f"@{handle}@{DOMAIN}"


def _exchanges(handles: tuple[str, ...]) -> Iterator[Exchange]:
    kept: list[requests.Response] = []

    def keep(response: requests.Response, **_: object) -> None:
        assert response.content is not None
        kept.append(response)

    with SampleNetwork(build()) as network, requests.Session() as session:
        session.hooks["response"].append(keep)
        for handle in handles:
            target = Target(source="mastodon", target=f"{network.url}/@{handle}")
            result = COLLECTORS["mastodon"].collect(Order(target=target), session, report=lambda *_: None)
            assert (result.verdict, result.reason) == ("complete", "ok")
    for response in kept:
        headers = tuple(response.headers.items())
        uri, status, body = response.url, response.status_code, response.content
        yield Exchange(method="GET", uri=uri, status=status, headers=headers, body=body, at=0)


def _tables(folder: Path, *handles: str) -> Tables:
    rows = (
        Parsed(
            exhibit=f"2026-0001-E{number:04d}",
            captured_at=1_795_000_000_000_000,
            parser="mastodon",
            parser_version="1",
            row=row,
        )
        for number, exchange in enumerate(_exchanges(handles), 1)
        for row in COLLECTORS["mastodon"].parse(exchange)
    )
    parts.write_parts(folder, "capture-0001", rows)
    return lambda table: to_frame(pq.read_table(parts.path(folder, table, "capture-0001")))


@pytest.fixture(scope="module")
def missing(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return _tables(tmp_path_factory.mktemp("missing"), "wren_a", "odell_k", "hal_birdnote", "dez_northbound")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return _tables(tmp_path_factory.mktemp("wanted"), "brannoch_teale", "branoch_teal", "brannock_teague")


@pytest.fixture(scope="module")
def stalking(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return _tables(
        tmp_path_factory.mktemp("stalking"), "ione_clay", "greywether_77", "tobin_farrow", "marguerite_oak"
    )


def test_silence_puts_her_first(missing: Tables) -> None:
    first = analysis.silence(missing("posts"), until=ENDS).iloc[0]
    assert (first["author_handle"], bool(first["open"])) == (_name("wren_a"), True)
    assert first["gap_start"] == pd.Timestamp("2026-05-08T01:47:54Z")
    assert first["ratio"] > 4


def test_routine_shift_says_that_her_hours_changed(missing: Tables) -> None:
    posts = missing("posts")
    hers = posts[posts["author_handle"] == _name("wren_a")]
    shift = analysis.routine_shift(hers, split="2026-05-03T04:00:00Z", zone=ZONE, bins="hour_of_day")
    nights = shift[shift["hour_of_day"] < 3]
    assert (nights["before"].sum(), nights["after"].sum()) == (0, 10)
    assert shift["divergence"].iloc[0] > shift["by_chance"].iloc[0]


def test_last_contacts_show_the_one_who_is_new(missing: Tables) -> None:
    contacts = analysis.last_contacts(missing("interactions"), person=_name("wren_a"))
    week = contacts[contacts["first"] >= ENDS - pd.Timedelta("11D")]
    assert set(week[week["n"] > 5]["peer_handle"]) == {_name("dez_northbound")}
    assert set(week["direction"]) == {"in", "out"}


def test_handle_candidates_give_both_the_second_handle_and_the_namesake(wanted: Tables) -> None:
    found = analysis.handle_candidates(wanted("accounts"), handles=_name("brannoch_teale"))
    assert list(found["candidate"]) == [_name("branoch_teal"), _name("brannock_teague")]
    assert [round(one, 2) for one in found["similarity"]] == [0.97, 0.93]


def test_pattern_counts_occasions_as_the_key_does(stalking: Tables) -> None:
    counted = analysis.pattern(stalking("interactions"), target=_name("ione_clay")).set_index("actor_handle")
    columns = ["n_incidents_10min", "n_incidents_1h", "n_incidents_24h"]
    assert list(counted.loc[_name("greywether_77"), columns]) == [7, 6, 6]
    assert list(counted.loc[_name("tobin_farrow"), columns]) == [2, 1, 1]
    # Counting alone cannot tell the friend from the campaign: a person has to read.
    assert counted.loc[_name("marguerite_oak"), "three_or_more"]
    assert not counted.loc[_name("tobin_farrow"), "three_or_more"]
