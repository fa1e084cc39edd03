"""Under a map too close for outlines: lines as far apart as the scale is long, and the region with a cross."""

from __future__ import annotations

import numpy as np
import pytest

from tests.map_kit import places
from tests.test_show_maps import spec_of, symbols
from workbench import show
from workbench.show.mapping import ASIDE, WIDTH

NEAR = (("geotag", "", 42.485, -71.433, None), ("exif", "", 42.4865, -71.431, 15.0))


def test_the_lines_are_as_far_apart_as_the_scale_says() -> None:
    figure = show.map(places(*NEAR))
    assert "The lines are 100 m apart" in figure.note
    spec = spec_of(figure)
    lines = spec["layer"][0]["data"]["values"][0]["geometry"]["coordinates"]
    (bar,) = next(each for each in spec["layer"] if each["mark"]["type"] == "rule")["data"]["values"]
    assert bar["words"] == "100 m"
    across = sorted(x for (x, y), (x2, y2) in lines if x == x2)
    assert np.diff(across) == pytest.approx(bar["x2"] - bar["x"], abs=0.2)
    assert min(abs(x - bar["x"]) for x in across) < 0.2
    assert min(abs(y - bar["y"]) for (_, y), (_, y2) in lines if y == y2) < 0.2
    # Two places of known distance give the scale independently: 0.0015 degrees of latitude are 167 m.
    one, other = (symbols(figure)[each] for each in "12")
    assert (one["y"] - other["y"]) / (bar["x2"] - bar["x"]) == pytest.approx(1.67, rel=0.01)


def test_the_small_map_keeps_inside_its_corner() -> None:
    figure = show.map(places(*NEAR))
    shapes = [each for each in spec_of(figure)["layer"] if each["mark"]["type"] == "geoshape"]
    small = [each["data"]["values"][0]["geometry"]["coordinates"] for each in shapes[1:6]]
    for shape in small:
        points = np.concatenate([np.array(line) for line in shape])
        assert points[:, 0].min() >= WIDTH - ASIDE
        assert points[:, 0].max() <= WIDTH
        assert points[:, 1].min() >= 0
        assert points[:, 1].max() <= 130
    assert "the small map shows the region" in figure.note
    assert "Natural Earth" in figure.note


def test_farther_away_there_are_outlines_and_no_small_map() -> None:
    figure = show.map(places(NEAR[0], ("exif", "", 42.0, -72.5, None)))
    assert "Outlines of counties" in figure.note
    assert "small map" not in figure.note
    assert "apart" not in figure.note


def test_across_continents_the_note_says_how_far_the_scale_holds() -> None:
    far = show.map(places(NEAR[0], ("exif", "", 48.85, 2.35, None)))
    assert "The scale holds from north to south" in far.note
    assert "The scale holds" not in show.map(places(*NEAR)).note
