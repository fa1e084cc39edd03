"""Tiles: against the projection's own formula, at the edges of the map, and within their bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UsageError
from workbench.mercator import MOST_TILES, Area, Tile, covering, read

ACTON = "-71.45,42.47,-71.42,42.49"


def _merc(latitude: float) -> float:
    """EPSG:3857: northing of the unit sphere, 0 at the northern edge of the map and 1 at the southern."""
    return (1 - math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / math.pi) / 2


def test_the_tiles_are_those_of_the_projection() -> None:
    found = covering(read(ACTON), 18)
    zoom = found[0].zoom
    count = 2**zoom
    columns = range(int((-71.45 + 180) / 360 * count), int((-71.42 + 180) / 360 * count) + 1)
    rows = range(int(_merc(42.49) * count), int(_merc(42.47) * count) + 1)
    assert {(each.x, each.y) for each in found} == {(x, y) for x in columns for y in rows}
    assert len(found) <= MOST_TILES
    area = found[0].area
    assert _merc(area.north) * count == pytest.approx(found[0].y)
    assert _merc(area.south) * count == pytest.approx(found[0].y + 1)


@given(
    st.floats(-180, 179.9), st.floats(-84, 84), st.floats(0.001, 0.5), st.floats(0.001, 0.5),
    st.integers(14, 22),
)  # fmt: skip
def test_the_tiles_cover_the_area_and_are_few(
    west: float, south: float, wide: float, high: float, highest: int
) -> None:
    asked = Area(west=west, south=south, east=west + wide, north=south + high)
    try:
        found = covering(asked, highest)
    except UsageError as error:
        assert "no streets" in error.what or asked.widest > 50_000  # noqa: PT017 - both are right
        return
    assert len(set(found)) == len(found) <= MOST_TILES
    count = 2 ** found[0].zoom
    assert all(each.zoom <= highest and 0 <= each.x < count and 0 <= each.y < count for each in found)
    for longitude in (west, west + wide / 2, west + wide):
        x = (longitude + 180) / 360 * count % count
        assert any(each.x - 1e-6 <= x <= each.x + 1 + 1e-6 for each in found)
    for latitude in (south, south + high / 2, south + high):
        assert any(each.area.south - 1e-9 <= latitude <= each.area.north + 1e-9 for each in found)


def test_an_area_may_cross_the_line_where_longitudes_begin_anew() -> None:
    found = covering(read("179.99,-17,180.01,-16.99"), 15)
    count = 2 ** found[0].zoom
    assert {0, count - 1} <= {each.x for each in found} <= {*range(8), *range(count - 8, count)}


def test_what_has_no_streets() -> None:
    for area, highest, words in (
        ("-72,42,-70,43", 18, "too wide"),
        ("10,86,10.5,86.2", 18, "no tile"),
        (ACTON, 8, "shows no streets"),
    ):
        with pytest.raises(UsageError, match=words):
            covering(read(area), highest)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,1,2,3", "1,2,1,3", "2,1,1,2", "1,2,2,1", "0,0,inf,1"),
        *("0,-91,1,0", "0,0,1,91", "0,0,361,1", "-600,0,-599,1", "0,0,1,1;rm"),
    ],
)
def test_what_is_no_area(text: str) -> None:
    with pytest.raises(UsageError, match="not an area"):
        read(text)


def test_an_area_is_read_as_it_is_written() -> None:
    assert read(read(ACTON).text) == read(ACTON)
    assert Tile(zoom=0, x=0, y=0).area.east == 180
