"""What part of the globe a map shows: all places, their circles, the short way around the antimeridian."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.show.mapping import HEIGHT, WIDTH, View, looked_at


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


def test_one_place_is_shown_with_some_country_around_it() -> None:
    view = seen((42.485, -71.433, 0.0))
    assert view.metres * WIDTH >= 40_000
    assert set(view.lines) == {"counties", "states"} or set(view.lines) == {"counties"}


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
    view = seen((42.485, -71.433, 0.0))
    points = [point for lines in view.lines.values() for line in lines for point in line]
    # One point may lie outside, where a line leaves the picture; nothing runs on from there.
    assert len(points) < 4_000
    assert all(-WIDTH <= x <= 2 * WIDTH for x, _ in points)
