"""Boxes of films: where and when, in each of the ways that devices write it; and sizes that lie."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media_kit import box, header, keyed, loci, movie, said
from workbench.media import boxes, films
from workbench.media.facts import Gathered
from workbench.rows import Moment
from workbench.times import read_stamp

SECONDS = 3_570_596_428
"""2017-02-22 08:20:28, counted from 1904."""
THEN = read_stamp("2017-02-22T08:20:28.000000Z")


def read(data: bytes) -> Gathered:
    found = Gathered()
    boxes.read(found, io.BytesIO(data), len(data))
    return found


@pytest.mark.parametrize("version", [0, 1])
def test_the_creation_time_is_assumed_to_be_utc(version: int) -> None:
    found = read(movie(header(SECONDS, version=version)))
    assert found.taken == Moment(str(SECONDS), THEN, "assumed")


def test_no_creation_time_is_none_and_one_beyond_all_calendars_is_open() -> None:
    assert read(movie(header(0))).taken is None
    assert read(movie(header(2**63, version=1))).taken == Moment(str(2**63), None, "ambiguous")


def test_a_point_of_quicktime_user_data() -> None:
    inside = (said(b"\xa9xyz", "+51.4169-000.0806/"), said(b"\xa9mak", "Maker"), said(b"\xa9mod", "M 1"))
    found = read(movie(header(SECONDS), box(b"udta", *inside)))
    (spot,) = found.spots
    assert (spot.source, spot.latitude, spot.longitude) == ("container", 51.4169, -0.0806)
    assert spot.precision_m == pytest.approx(11.132)
    assert found.device == {"make": "Maker", "model": "M 1"}
    assert found.fields == 3


def test_keys_of_quicktime_with_the_error_that_they_state() -> None:
    values = {
        "location_ISO6709": "+32.09291+034.86201+060.349/",
        "location_accuracy_horizontal": "14.5",
        "creationdate": "2019-07-24T11:25:40+0300",
        "make": "Apple",
        "software": "12.3",
    }
    found = read(movie(header(SECONDS), keyed(**values)))
    (spot,) = found.spots
    assert (spot.latitude, spot.precision_m) == (32.09291, 14.5)
    assert found.taken == Moment(
        "2019-07-24T11:25:40+0300", read_stamp("2019-07-24T08:25:40.000000Z"), "explicit"
    )
    assert found.device == {"make": "Apple", "software": "12.3"}


def test_the_location_of_3gpp_with_its_name() -> None:
    found = read(movie(box(b"udta", loci(-33.8568, 151.2153, name="Opera House"))))
    (spot,) = found.spots
    assert (spot.latitude, spot.longitude) == pytest.approx((-33.8568, 151.2153), abs=1e-4)
    assert (spot.name, spot.precision_m) == ("Opera House", 5.0)


@pytest.mark.parametrize(("role", "body"), [(2, "earth"), (0, "Mars")])
def test_a_place_of_fiction_or_of_another_body_is_none(role: int, body: str) -> None:
    found = read(movie(box(b"udta", loci(1.0, 2.0, role=role, body=body))))
    assert found.spots == []
    assert [issue.field for issue in found.problems] == ["loci"]


def test_the_same_point_in_two_ways_is_one_place() -> None:
    text = "+32.0929+034.8620/"
    found = read(movie(box(b"udta", said(b"\xa9xyz", text)), keyed(location_ISO6709=text)))
    assert len(found.spots) == 1


def test_keys_within_user_data_are_read_where_ffmpeg_writes_them() -> None:
    values = {"location_ISO6709": "+41.3012-066.7034/", "make": "Fictic", "model": "Slab 2"}
    found = read(movie(header(SECONDS), box(b"udta", keyed(**values), loci(41.3012, -66.7034))))
    assert found.device == {"make": "Fictic", "model": "Slab 2"}
    assert found.fields == 4
    # The same place twice, to a few millionths of a degree: the statement with more digits stands.
    (spot,) = found.spots
    assert (spot.latitude, spot.longitude) == pytest.approx((41.3012, -66.7034), abs=2e-5)
    assert spot.precision_m == 5.0


@pytest.mark.parametrize(
    ("other", "name", "places"),
    [
        ((41.30121, -66.70341), "", 1),
        ((41.3012, -66.7034), "Bandstand", 1),
        ((41.3016, -66.7034), "", 2),
        ((41.3012, -66.7030), "", 2),
    ],
)
def test_statements_of_two_places_stand_both(other: tuple[float, float], name: str, places: int) -> None:
    parts = (said(b"\xa9xyz", "+41.3012-066.7034/"), loci(*other, name=name))
    for order in (parts, parts[::-1]):
        found = read(movie(box(b"udta", *order)))
        assert len(found.spots) == places


def test_an_error_that_is_told_is_not_lost_to_one_with_more_digits() -> None:
    values = {"location_ISO6709": "+41.3012-066.7034/", "location_accuracy_horizontal": "65"}
    found = read(movie(box(b"udta", loci(41.3012, -66.7034)), keyed(**values)))
    assert sorted(spot.precision_m or 0 for spot in found.spots) == [5.0, 65.0]


def test_a_place_with_a_name_is_not_lost_to_one_with_more_digits() -> None:
    finer = said(b"\xa9xyz", "+41.301200-066.703400/")
    found = read(movie(box(b"udta", finer, loci(41.3012, -66.7034, name="Bandstand"))))
    assert sorted(spot.name for spot in found.spots) == ["", "Bandstand"]


def test_a_file_that_states_a_crowd_of_places_keeps_them_all() -> None:
    found = read(movie(box(b"udta", *[loci(41.3012, -66.7034)] * 50)))
    assert len(found.spots) == 50


def test_a_point_that_is_none_is_said() -> None:
    found = read(movie(box(b"udta", said(b"\xa9xyz", "somewhere"))))
    assert [(issue.field, issue.found) for issue in found.problems] == [("location", "somewhere")]


@pytest.mark.parametrize(
    "tail",
    [
        struct.pack(">I4s", 0x7FFFFFFF, b"mdat"),
        struct.pack(">I4sQ", 1, b"mdat", 2**62),
        struct.pack(">I4sQ", 1, b"mdat", 3),
        struct.pack(">I4s", 7, b"mdat"),
    ],
)
def test_sizes_that_lie_are_named_and_what_stands_before_is_kept(tail: bytes) -> None:
    found = read(movie(header(SECONDS)) + tail)
    assert found.taken is not None
    assert [(issue.kind, issue.field[:8]) for issue in found.problems] == [("truncated", "box mdat")]


def test_more_boxes_than_anyone_needs_end_the_walk() -> None:
    found = read(movie(box(b"udta", *[box(b"free")] * 60_000), header(SECONDS)))
    assert found.taken is None


def test_a_box_of_no_size_reaches_to_the_end_of_the_file() -> None:
    inside = header(SECONDS)
    data = box(b"ftyp", b"mp42") + struct.pack(">I4s", 0, b"moov") + inside
    assert read(data).taken == Moment(str(SECONDS), THEN, "assumed")


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda data: movie(box(b"udta", data), data)))
def test_any_bytes_are_read_or_named(data: bytes) -> None:
    found = read(data)
    assert all(abs(spot.latitude) <= 90 for spot in found.spots)


def test_a_movie_without_tracks_still_says_where_and_when() -> None:
    data = movie(header(SECONDS), box(b"udta", said(b"\xa9xyz", "+51.4169-000.0806/")))
    found = films.look(io.BytesIO(data), len(data), "video/mp4")
    assert (len(found.spots), found.taken is not None, found.frames) == (1, True, [])
