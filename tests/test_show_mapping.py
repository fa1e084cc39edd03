"""What part of the globe a map shows: all places, their circles, the short way around the antimeridian."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from workbench.show.mapping import ASIDE, HEIGHT, WIDTH, View, looked_at, region


def seen(*said: tuple[float, float, float]) -> View:
    latitude, longitude, precision = (
        pd.Series(list(each), dtype="float64") for each in zip(*said, strict=True)
    )
    return looked_at(latitude, longitude, precision)


@pytest.mark.parametrize(
    "said",
    [
        [(42.485, -71.433, 0.0)],
        [(42.4, -71.4, 5_000.0), (34.05, -118.2, 10.0)],
        [(-17.7, 178.0, 0.0), (-17.0, -179.5, 0.0)],
        [(42.4, -71.4, 0.0), (48.85, 2.35, 0.0), (-33.9, 151.2, 0.0), (35.7, 139.7, 0.0)],
        [(89.0, 10.0, 0.0), (88.0, -170.0, 100_000.0)],
        [(-90.0, 0.0, 0.0)],
        [(0.0, 0.0, 30_000_000.0)],
    ],
)
def test_all_places_are_in_the_picture(said: list[tuple[float, float, float]]) -> None:
    view = seen(*said)
    assert 0 < view.height <= HEIGHT
    for latitude, longitude, _ in said:
        x, y = view.pixel(latitude, longitude)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= view.height


def test_places_on_both_sides_of_the_antimeridian_are_near() -> None:
    view = seen((-17.7, 178.0, 0.0), (-17.0, -179.5, 0.0))
    assert abs(abs(view.longitude) - 179.25) < 0.01
    assert view.metres * WIDTH < 1_000_000
    assert view.pixel(-17.7, 178.0)[0] < view.pixel(-17.0, -179.5)[0]
    assert view.lines["countries"]


def east(metres: float) -> float:
    """Give a longitude so many metres east of the first place."""
    return -71.433 + metres / 111_320 / math.cos(math.radians(42.485))


FIRST = (42.485, -71.433, 0.0)


@pytest.mark.parametrize(
    ("apart", "wide"),
    [(0, 54_500), (40, 54_500), (100, 545), (300, 545), (1_000, 1_702), (15_000, 25_500), (47_000, 80_000),
     (100_000, 125_000), (900_000, 1_125_000)],
)  # fmt: skip
def test_how_wide_a_map_is_follows_from_how_far_apart_the_places_are(apart: float, wide: float) -> None:
    view = seen(FIRST, (42.485, east(apart), 0.0))
    assert view.metres * WIDTH == pytest.approx(wide, rel=0.02)


@pytest.mark.parametrize(("apart", "wide"), [(0, 2_000), (100, 600), (300, 600), (5_000, 6_250)])
def test_with_streets_it_is_nearer(apart: float, wide: float) -> None:
    latitude, longitude = pd.Series([42.485, 42.485]), pd.Series([-71.433, east(apart)])
    view = looked_at(latitude, longitude, latitude * 0, street=True)
    assert view.metres * WIDTH == pytest.approx(wide, rel=0.01)
    assert view.lines == {}


@pytest.mark.parametrize("apart", [0.0, 100.0, 3_000.0, 30_000.0])
@pytest.mark.parametrize("turned", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("where", [(42.485, -71.433), (-17.0, 179.9999), (69.0, 18.9)])
def test_too_close_for_outlines_no_place_lies_where_the_small_map_is(
    apart: float, turned: float, where: tuple[float, float]
) -> None:
    latitude, longitude = where
    other = (
        latitude + turned * apart / 111_320,
        longitude + (1 - turned) * apart / 111_320 / math.cos(math.radians(latitude)),
    )
    other = (other[0], (other[1] + 180) % 360 - 180)
    view = seen((*where, 20.0), (*other, 20.0))
    assert view.close
    assert view.lines == {}
    for place in (where, other):
        x, y = view.pixel(*place)
        assert 20 < x < WIDTH - ASIDE
        assert 0 <= y <= view.height


def test_the_region_of_a_close_map_is_the_nearest_with_outlines() -> None:
    boston, paris, ocean = (seen((*at, 0.0)) for at in ((42.36, -71.06), (48.85, 2.35), (-40.0, -110.0)))
    widths = [region(each, 154, 116).metres * WIDTH for each in (boston, paris, ocean)]
    assert widths == pytest.approx([300_000, 1_000_000, 3_000_000], rel=0.05)
    around = region(boston, 154, 116)
    assert {"counties", "states"} <= set(around.lines)
    assert around.pixel(boston.latitude, boston.longitude) == pytest.approx(
        (WIDTH / 2, around.height / 2), abs=1
    )


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ([(42.4, -71.4, 0.0), (36.7, -79.0, 0.0)], {"countries", "states"}),
        ([(42.4, -71.4, 0.0), (48.85, 2.35, 0.0)], {"countries"}),
        ([(48.85, 2.35, 0.0), (51.5, 0.1, 0.0)], {"countries"}),
    ],
)
def test_finer_outlines_are_drawn_where_there_are_some(
    said: list[tuple[float, float, float]], levels: set[str]
) -> None:
    assert set(seen(*said).lines) <= levels
    assert seen(*said).lines


def test_the_bar_has_a_round_length() -> None:
    metres, pixels = seen((42.4, -71.4, 0.0), (42.9, -71.4, 0.0)).bar
    assert str(int(metres)).rstrip("0") in {"1", "2", "5"}
    assert 0 < pixels <= WIDTH / 4


def test_lines_are_cut_to_the_picture() -> None:
    view = seen((42.485, -71.433, 0.0), (42.485, -70.433, 0.0))
    points = [point for lines in view.lines.values() for line in lines for point in line]
    # One point may lie outside, where a line leaves the picture; nothing runs on from there.
    assert len(points) < 4_000
    assert all(-WIDTH <= x <= 2 * WIDTH for x, _ in points)
