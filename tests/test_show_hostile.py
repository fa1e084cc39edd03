"""Whatever a table holds: it is shown without any request, and captured words are words; nothing is raised."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import made, post, posts
from tests.hostile_kit import TEXTS, table
from tests.show_kit import HOSTILE, requests_of
from workbench import analysis, show

ACTING = ("<script>alert", "<img src=x", "\u202e", "\0")
ENDS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
ZONES = ("UTC", "America/New_York", "Pacific/Apia")
SHOWN: dict[str, Callable[[Random, str], Any]] = {
    "table": lambda chance, zone: show.table(_some(chance, "posts"), zone=zone, title=HOSTILE),
    "places": lambda chance, zone: show.table(_places(chance, zone), title=HOSTILE),
    "map": lambda chance, zone: show.map(_places(chance, zone), zone=zone, title=HOSTILE),
    "network": lambda chance, _: show.network(
        analysis.interaction_network(_some(chance, "interactions")), title=HOSTILE
    ),
    "timeline": lambda chance, zone: show.timeline(
        analysis.timeline(_some(chance, "posts"), _some(chance, "interactions"), zone=zone)
    ),
    "hours": lambda chance, zone: show.hours(analysis.active_hours(_some(chance, "posts"), zone=zone)),
    "banner": lambda chance, _: show.case_banner(
        {text: text for text in TEXTS}, title=chance.choice(TEXTS), warnings=[*TEXTS, HOSTILE]
    ),
}


def _some(chance: Random, name: str) -> pd.DataFrame:
    return table(chance, name, chance.choice([0, 1, 8, 25]))


def _places(chance: Random, zone: str) -> pd.DataFrame:
    return analysis.places(_some(chance, "places"), _some(chance, "posts"), zone=zone)


@pytest.mark.parametrize("name", sorted(SHOWN))
@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=8, deadline=None)
def test_whatever_a_table_holds_is_shown_as_words(name: str, seed: int, zone: str) -> None:
    markup = SHOWN[name](Random(seed), zone).fragment()  # noqa: S311 - a test's
    assert requests_of(markup) == []
    assert not [each for each in ACTING if each in markup]


@pytest.mark.parametrize("zone", ZONES)
def test_times_at_the_ends_of_the_calendar_are_told_in_utc_where_there_is_no_local_one(zone: str) -> None:
    given_posts = posts(*(post(time) for time in ENDS))
    told = analysis.timeline(given_posts, zone=zone)
    for markup in (
        show.table(given_posts, zone=zone).fragment(),
        show.table(told).fragment(),
        show.timeline(told).fragment(),
    ):
        assert "9999" in markup
    beyond = {"America/New_York": "<span>1-01-01</span> <span>00:00:00 UTC</span>"}.get(zone, "00:00:00")
    assert beyond.partition(" ")[2] in show.table(given_posts, zone=zone).fragment()


def test_a_precision_beyond_the_earth_is_none() -> None:
    place = {"about": "p", "latitude": 42.0, "longitude": -71.0, "source": "exif"}
    rows = [place | {"precision_m": size, "entity_id": str(size)} for size in (float("inf"), 1e308, 5.0)]
    drawn = show.map(analysis.places(made("places", rows)))
    assert "2 of 3 state no precision" in drawn.note
