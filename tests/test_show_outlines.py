"""Outlines: land is where land is, at the antimeridian and the pole as well."""

from __future__ import annotations

import numpy as np
import pytest

from tests.map_kit import inside
from workbench.show import outlines
from workbench.show.outlines import Window

WORLD = Window(west=-180, east=180, south=-90, north=90)
PLACES = {
    "Boston": (-71.2, 42.3, True),
    "Kansas": (-98.0, 38.5, True),
    "Paris": (2.35, 48.85, True),
    "Sydney": (150.5, -33.5, True),
    "Chukotka, beyond the antimeridian": (-175.0, 66.8, True),
    "Antarctica": (20.0, -80.0, True),
    "Atlantic": (-40.0, 35.0, False),
    "Pacific": (-150.0, 0.0, False),
    "Arctic Sea": (0.0, 86.0, False),
    "Caspian Sea": (51.0, 41.0, False),
}


@pytest.mark.parametrize("name", PLACES)
def test_land_is_where_land_is(name: str) -> None:
    x, y, dry = PLACES[name]
    around = Window(west=x - 12, east=x + 12, south=max(y - 6, -90), north=min(y + 6, 90))
    assert inside((x, y), [ring.tolist() for ring in outlines.land(WORLD, fine=False)]) is dry
    for fine in (True, False):
        assert inside((x, y), [ring.tolist() for ring in outlines.land(around, fine=fine)]) is dry


def test_a_window_beyond_the_antimeridian_sees_the_same_land() -> None:
    beyond = Window(west=170, east=200, south=60, north=72)
    rings = [ring.tolist() for ring in outlines.land(beyond, fine=False)]
    assert inside((185.0, 66.8), rings)
    assert inside((178.0, 67.0), rings)
    assert not inside((190.0, 61.0), rings)


def test_rings_are_closed_and_within_the_window() -> None:
    window = Window(west=-80, east=-70, south=38, north=45)
    for ring in outlines.land(window, fine=True):
        assert (ring[0] == ring[-1]).all()
        assert (ring.min(axis=0) >= (-80 - 1e-9, 38 - 1e-9)).all()
        assert (ring.max(axis=0) <= (-70 + 1e-9, 45 + 1e-9)).all()


def test_no_line_jumps_across_the_globe() -> None:
    for line in outlines.borders(WORLD, "countries", fine=False):
        assert np.abs(np.diff(line[:, 0])).max(initial=0) < 30


def test_states_and_counties_are_drawn_in_the_united_states_only() -> None:
    france = Window(west=0, east=5, south=45, north=50)
    massachusetts = Window(west=-73, east=-70, south=41, north=43)
    for level in ("states", "counties"):
        assert outlines.borders(france, level, fine=True) == []
        assert outlines.borders(massachusetts, level, fine=True)
