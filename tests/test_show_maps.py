"""Maps: numbered places with citations, precision to scale, sources by shape, nothing fetched."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.map_kit import places
from tests.show_kit import HOSTILE, requests_of, tags_of
from workbench import analysis, show
from workbench.errors import UsageError

ACTON = (42.485, -71.433)
TOWNS = (
    ("geotag", "Acton", *ACTON, None),
    ("exif", "", 42.46, -71.35, 10.0),
    ("stated", "Concord", 42.4604, -71.3489, 10_000.0),
)


def spec_of(figure: show.Figure) -> dict[str, Any]:
    found = re.search(r'vegaEmbed\("#vis", (\{.*\}), \{"mode"', figure.page)
    assert found is not None
    spec: dict[str, Any] = json.loads(found[1])
    return spec


def symbols(figure: show.Figure) -> dict[str, dict[str, Any]]:
    """Give what each numbered symbol says, by its number."""
    layers = [each for each in spec_of(figure)["layer"] if each["mark"]["type"] == "point"]
    return {value["no"]: {**value, **layer["mark"]} for layer in layers for value in layer["data"]["values"]}


def test_each_place_has_its_number_and_the_table_cites_it() -> None:
    figure = show.map(places(*TOWNS), zone="America/New_York")
    drawn = symbols(figure)
    assert [drawn[each]["source"] for each in "123"] == ["geotag", "exif", "stated"]
    assert drawn["1"]["when"] == "2026-05-01 06:00 EDT"
    assert drawn["2"]["exhibits"] == "2026-0001-E0002#/0"
    assert figure.below.count("<tbody>") == 3
    for number in (1, 2, 3):
        assert f"<code>2026-0001-E{number:04d}#/0</code>" in figure.below
    assert "42.48500" in figure.below
    assert figure.below in figure.fragment()
    assert "3 places (1 exif, 1 geotag, 1 stated)" in figure.alt


def test_a_precision_is_a_circle_of_its_size_and_no_point() -> None:
    figure = show.map(places(*TOWNS))
    drawn = symbols(figure)
    assert [drawn[each]["kind"] for each in "123"] == ["unknown", "exact", "area"]
    assert drawn["2"]["filled"]
    assert drawn["3"]["fill"] == "#ffffff"
    assert drawn["1"]["strokeDash"]
    assert "1 of 3 state no precision" in figure.note
    (ring,) = [
        layer["data"]["values"][0]["geometry"]["coordinates"][0][0]
        for layer in spec_of(figure)["layer"]
        if layer["mark"]["type"] == "geoshape" and layer["mark"].get("fillOpacity")
    ]
    x, y = np.array(ring).T
    # Two towns of known distance (haversine, 9.6 km apart) give the scale independently of the drawing.
    apart = math.dist((drawn["1"]["x"], drawn["1"]["y"]), (drawn["3"]["x"], drawn["3"]["y"]))
    metres = _haversine(ACTON, (42.4604, -71.3489)) / apart
    assert (y.max() - y.min()) / 2 * metres == pytest.approx(10_000, rel=0.02)
    assert (x.max() - x.min()) / 2 * metres == pytest.approx(10_000, rel=0.02)


def _haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    a1, o1, a2, o2 = (math.radians(each) for each in (*one, *other))
    half = math.sin((a2 - a1) / 2) ** 2 + math.cos(a1) * math.cos(a2) * math.sin((o2 - o1) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def test_sources_differ_in_shape_as_well_as_colour() -> None:
    sources = ("geotag", "exif", "xmp", "container", "stated", "something else")
    figure = show.map(
        places(*((each, "", 42 + number / 10, -71.0, 5.0) for number, each in enumerate(sources)))
    )
    layer = next(each for each in spec_of(figure)["layer"] if each["mark"]["type"] == "point")
    for channel in ("shape", "color"):
        scale = layer["encoding"][channel]["scale"]
        assert scale["domain"] == sorted(sources)
        assert len(set(scale["range"])) == len(sources)


def test_places_at_one_spot_share_a_symbol_and_near_ones_a_label() -> None:
    figure = show.map(places(TOWNS[0], TOWNS[0], ("geotag", "", 42.4851, -71.4331, None), TOWNS[2]))
    assert set(symbols(figure)) == {"1, 2", "3", "4"}
    labels = spec_of(figure)["layer"]
    numbers = next(each["data"]["values"] for each in labels if each["mark"]["type"] == "text")
    assert sorted(each["no"] for each in numbers) == ["1, 2, 3", "4"]


def test_what_has_no_usable_coordinates_is_counted() -> None:
    figure = show.map(places(*TOWNS, ("stated", "home", None, None, None), ("exif", "", 0.0, 200.0, 1.0)))
    assert "1 place without coordinates not drawn" in figure.note
    assert "1 place with impossible ones not drawn" in figure.note
    assert "3 places" in figure.alt


def test_no_place_is_said_in_the_picture() -> None:
    for frame in (pd.DataFrame(), analysis.places(_stated()), places(("stated", "home", None, None, None))):
        figure = show.map(frame)
        assert figure.alt == "Map without any place."
        assert "No place with coordinates" in figure.svg
        assert figure.below == ""


def _stated() -> pd.DataFrame:
    columns = ["entity_id", "exhibit", "about", "source", "name"]
    numbers = ["latitude", "longitude", "precision_m"]
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in columns})
    frame = frame.assign(**{name: pd.Series(dtype="float64") for name in numbers})
    return frame.assign(published=pd.Series(dtype="datetime64[us, UTC]"))


def test_what_the_analysis_gives_is_drawn_with_its_zone_and_counts() -> None:
    row = {"entity_id": "p", "exhibit": "2026-0001-E0001#/0", "about": "p", "source": "geotag", "name": "x"}
    stated = pd.DataFrame([{**row, "latitude": 1.0, "longitude": 2.0, "precision_m": 30.0}]).assign(
        published=pd.Series(["2026-05-01T00:00Z"], dtype="datetime64[us, UTC]")
    )
    figure = show.map(analysis.places(stated, zone="America/New_York"))
    assert symbols(figure)["1"]["when"] == "2026-04-30 20:00 EDT"
    assert "America/New_York" in figure.note


def test_ten_thousand_places_are_counted_by_squares() -> None:
    chance = np.random.default_rng(1)
    count = 10_000
    one = places(*[TOWNS[1]])
    frame = pd.concat([one] * count, ignore_index=True).assign(
        latitude=42 + chance.normal(0, 1, count),
        longitude=-72 + chance.normal(0, 1.5, count),
        source=chance.choice(["geotag", "exif"], count),
    )
    figure = show.map(frame)
    values = next(each for each in spec_of(figure)["layer"] if each["mark"]["type"] == "point")["data"][
        "values"
    ]
    assert sum(each["n"] for each in values) == count
    assert len(values) < 1500
    assert "Each symbol counts" in figure.note
    assert "precision is not drawn: it is from 10 m to 10 m" in figure.note
    assert figure.below.count("<tbody>") == 60


def test_hostile_words_neither_end_the_script_nor_fetch_anything() -> None:
    figure = show.map(places((HOSTILE, HOSTILE, *ACTON, 5.0), ("stated", HOSTILE, 42.4, -71.4, 900.0)))
    assert requests_of(figure.html()) == []
    assert [tag for tag, _ in tags_of(figure.page)].count("script") == 2
    assert [tag for tag, _ in tags_of(figure.page)].count("img") == 0
    assert "<img" not in figure.svg
    assert "⟨U+202E⟩" in symbols(figure)["1"]["name"]


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(UsageError, match="no places"):
        show.map(pd.DataFrame({"x": [1]}))
    with pytest.raises(UsageError, match="zone"):
        show.map(places(*TOWNS), zone="Nowhere/Town")
