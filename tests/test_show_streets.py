"""Streets under a map: each tile where its corners are, under the places; or a note that says why not."""

from __future__ import annotations

import base64
import io
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.map_kit import places
from tests.show_kit import HOSTILE, requests_of
from tests.test_show_maps import spec_of, symbols
from tests.tile_kit import WORDS, tile
from workbench import mercator, show
from workbench.mercator import Area, Tile, covering
from workbench.show.mapping import WIDTH, looked_at
from workbench.show.streets import Piece, Street, drawn, shown

ACTON = (("geotag", "Acton", 42.485, -71.433, None), ("exif", "", 42.483, -71.431, 10.0))


def _street(frame: pd.DataFrame, note: str = WORDS) -> Street:
    area = show.street_area(frame)
    assert area is not None
    found = covering(area, 18)
    colours = [(number * 15 % 256, 90, 200) for number in range(len(found))]
    pieces = tuple(
        Piece(tile=each, media_type="image/png", data=tile(colour))
        for each, colour in zip(found, colours, strict=True)
    )
    return Street(note=note, pieces=pieces)


def _images(figure: show.Figure) -> list[dict[str, Any]]:
    return [each for each in spec_of(figure)["layer"] if each["mark"]["type"] == "image"]


def test_the_tiles_fill_the_map_and_lie_under_the_places() -> None:
    frame = places(*ACTON)
    figure = show.map(frame, street=_street(frame))
    spec = spec_of(figure)
    kinds = [each["mark"]["type"] for each in spec["layer"]]
    images = _images(figure)
    assert kinds[: len(images)] == ["image"] * len(images)
    assert "geoshape" not in kinds[: len(images)]
    filled = np.zeros((spec["height"], WIDTH), dtype=int)
    for each in images:
        (at,) = each["data"]["values"]
        x, y = at["x"], at["y"]
        filled[max(y, 0) : y + each["mark"]["height"], max(x, 0) : x + each["mark"]["width"]] += 1
    assert (filled == 1).all(), "no gap, and none over another"
    assert len(symbols(figure)) == 2
    assert "Outlines" not in figure.note


def test_a_place_lies_on_the_pixel_of_its_tile() -> None:
    """The projection's own formula says where in a tile a place is; the map puts it there, to a pixel."""
    frame = places(*ACTON)
    figure = show.map(frame, street=_street(frame))
    spot = symbols(figure)["1"]
    street = _street(frame)
    count = 2 ** street.pieces[0].tile.zoom
    column = (-71.433 + 180) / 360 * count
    row = (1 - math.log(math.tan(math.pi / 4 + math.radians(42.485) / 2)) / math.pi) / 2 * count
    place = [(each.tile.x, each.tile.y) for each in street.pieces].index((int(column), int(row)))
    image = _images(figure)[place]
    (at,) = image["data"]["values"]
    assert spot["x"] == pytest.approx(at["x"] + column % 1 * image["mark"]["width"], abs=1)
    assert spot["y"] == pytest.approx(at["y"] + row % 1 * image["mark"]["height"], abs=1)


@pytest.mark.parametrize(("degrees", "most"), [(0.01, 1.0), (0.15, 1.0), (0.5, 2.0)])
@pytest.mark.parametrize("latitude", [-60.0, 0.0, 42.0, 60.0])
def test_what_lies_inside_a_tile_is_off_by_no_more_than_is_said(
    latitude: float, degrees: float, most: float
) -> None:
    at = pd.Series([latitude - degrees / 2, latitude + degrees / 2])
    view = looked_at(at, pd.Series([20.0, 20.01]), pd.Series([0.0, 0.0]), street=True)
    worst = 0.0
    for each in covering(shown(view), 18):
        area, top = each.area, view.pixel(each.area.north, 20.0)[1]
        bottom = view.pixel(area.south, 20.0)[1]
        for part in (0.25, 0.5, 0.75):
            inner = mercator._latitude((each.y + part) / 2**each.zoom)
            worst = max(worst, abs(view.pixel(inner, 20.0)[1] - (top + part * (bottom - top))))
    assert worst < most


def test_a_map_across_the_line_where_longitudes_begin_anew_is_filled() -> None:
    frame = places(("geotag", "", -16.8, 179.999, None), ("geotag", "", -16.8, -179.999, None))
    images = _images(show.map(frame, street=_street(frame)))
    left = min(each["data"]["values"][0]["x"] for each in images)
    right = max(each["data"]["values"][0]["x"] + each["mark"]["width"] for each in images)
    assert left <= 0
    assert right >= WIDTH


def test_the_still_picture_shows_the_tiles_and_nothing_is_fetched() -> None:
    frame = places((HOSTILE, HOSTILE, *ACTON[0][2:4], 5.0))
    figure = show.map(frame, street=_street(frame, note=HOSTILE))
    assert requests_of(figure.html()) == []
    assert "<img src=x" not in figure.fragment()
    addresses = re.findall(r'(?:xlink:)?href="([^"#]{0,30})', figure.svg)
    assert addresses
    assert all(each.startswith("data:image/png;base64,") for each in addresses)
    picture = Image.open(io.BytesIO(figure.png(scale=1))).convert("RGB")
    red, blue = (np.asarray(picture, dtype=int)[..., channel] for channel in (0, 2))
    assert (blue > red + 60).any(), "a painted tile shines through"
    assert all(
        base64.b64decode(each["mark"]["url"].partition(",")[2]).startswith(b"\x89PNG")
        for each in _images(figure)
    )


def test_the_attribution_stands_under_the_map_as_words() -> None:
    frame = places(*ACTON)
    fragment = show.map(frame, street=_street(frame)).fragment()
    assert "© Town &lt;b&gt;survey&lt;/b&gt;" in fragment
    assert "<b>survey" not in fragment


def test_without_tiles_the_map_is_as_ever_and_says_why() -> None:
    frame = places(*ACTON)
    plain = show.map(frame)
    without = show.map(frame, street=Street(note="No street level: no tile server is configured"))
    assert spec_of(without) == spec_of(plain)
    assert "No street level: no tile server is configured" in without.note
    assert "Outlines" in without.note


def test_the_area_is_what_the_map_shows() -> None:
    frame = places(*ACTON)
    area = show.street_area(frame)
    assert area is not None
    assert area.west < -71.433
    assert area.east > -71.431
    assert area.south < 42.483
    assert area.north > 42.485
    assert area.widest == pytest.approx(600, rel=0.01)
    alone = show.street_area(places(ACTON[0]))
    assert alone is not None
    assert alone.widest == pytest.approx(2_000, rel=0.01)
    assert show.street_area(frame.iloc[:0]) is None
    assert show.street_area(pd.DataFrame()) is None


def test_a_tile_that_did_not_come_is_crossed_out_where_it_would_be() -> None:
    frame = places(*ACTON)
    whole = _street(frame)
    lost, *rest = whole.pieces
    street = Street(note="", pieces=tuple(rest), gaps=(lost.tile,))
    (at,) = _images(show.map(frame, street=whole))[0]["data"]["values"]
    mark = _images(show.map(frame, street=whole))[0]["mark"]
    figure = show.map(frame, street=street)
    assert len(_images(figure)) == len(rest)
    (lines,) = [each for each in spec_of(figure)["layer"] if each["mark"].get("strokeDash") == [4, 3]]
    outline, falling, rising = lines["data"]["values"][0]["geometry"]["coordinates"]
    x2, y2 = at["x"] + mark["width"], at["y"] + mark["height"]
    assert outline[0] == outline[-1] == [at["x"], at["y"]]
    assert falling == [[at["x"], at["y"]], [x2, y2]]
    assert rising == [[x2, at["y"]], [at["x"], y2]]
    assert "no tile" in figure.svg


def test_a_tile_that_is_not_on_the_map_is_not_drawn() -> None:
    view = looked_at(pd.Series([42.4]), pd.Series([-71.4]), pd.Series([0.0]), street=True)
    far = Piece(tile=Tile(zoom=15, x=1, y=1), media_type="image/png", data=tile())
    assert drawn(Street(note="", pieces=(far,)), view) == []
    assert isinstance(shown(view), Area)
