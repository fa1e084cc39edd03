"""EXIF: moments with and without a zone, places with what is known of their precision, and what is no place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.TiffImagePlugin import IFDRational

from tests.media_kit import HERE, gps, photo
from workbench import times
from workbench.media import exif, pictures
from workbench.media.facts import Gathered
from workbench.rows import Moment
from workbench.times import read_stamp

LATITUDE = 42 + 29 / 60 + 6.07 / 3600
LONGITUDE = -(71 + 26 / 60 + 12.31 / 3600)


def look(**tags: Any) -> Gathered:
    return pictures.look(io.BytesIO(photo(**tags)), "image/jpeg")


@pytest.mark.parametrize(
    ("tags", "moment"),
    [
        ({}, None),
        ({0x9003: "    :  :     :  :  "}, None),
        ({0x9003: "2024:05:06 07:08:09"}, Moment("2024:05:06 07:08:09", None, "ambiguous")),
        (
            {0x9003: "2024:05:06 07:08:09", 0x9011: "-04:00", 0x9291: "25"},
            Moment("2024:05:06 07:08:09.25 -04:00", read_stamp("2024-05-06T11:08:09.250000Z"), "explicit"),
        ),
        (
            {0x9003: "2024:05:06 07:08:09", 0x9011: "   :  "},
            Moment("2024:05:06 07:08:09 :", None, "ambiguous"),
        ),
        ({0x9003: "0000:00:00 00:00:00"}, None),
        ({0x9003: "yesterday", 0x9011: "-04:00"}, Moment("yesterday -04:00", None, "ambiguous")),
    ],
)
def test_when_it_was_taken(tags: dict[int, str], moment: Moment | None) -> None:
    assert look(detail=tags).taken == moment


def test_with_what_it_was_taken() -> None:
    found = look(
        base={0x010F: "Maker\0\0", 0x0110: "M 1", 0x0131: "S\n2 " + "x" * 999}, detail={0xA431: "0042"}
    )
    assert (found.device["make"], found.device["model"], found.device["serial"]) == ("Maker", "M 1", "0042")
    assert found.device["software"].startswith("S 2 xxx")
    assert len(found.device["software"]) <= 200


def test_a_place_with_its_own_time_in_utc() -> None:
    clock = (14.0, 27.0, IFDRational(724, 100))
    (spot,) = look(gps=gps(t7=clock, t29="2024:05:06", t18="WGS-84")).spots
    assert (spot.source, spot.precision_m) == ("exif", 5.0)
    assert (spot.latitude, spot.longitude) == pytest.approx((LATITUDE, LONGITUDE), abs=1e-9)
    assert spot.at == Moment("2024:05:06 14:27:07.240", read_stamp("2024-05-06T14:27:07.240000Z"), "explicit")


@pytest.mark.parametrize(
    ("more", "precision"),
    [
        ({}, 5.0),  # a hundredth of a second is 0.3 m, which no receiver is trusted with unsaid
        ({"t31": 65.0}, 65.0),
        ({"t31": 2.0}, 2.0),
        ({"t11": IFDRational(12, 5)}, 12.0),
        ({"t31": 30.0, "t11": 9.0}, 30.0),
        ({"t2": (42.0, 29.0, 6.0), "t4": (71.0, 26.0, 12.0)}, 30.922),
        ({"t2": (42.0, IFDRational(2910, 100), 0.0), "t31": 4.0}, 185.533),
        ({"t2": (42.0, 29.0, 0.0)}, 1855.333),
    ],
)
def test_precision_is_what_the_file_says_or_what_its_digits_are_worth(
    more: dict[str, Any], precision: float
) -> None:
    (spot,) = look(gps=gps(**more)).spots
    assert spot.precision_m == pytest.approx(precision, abs=0.001)


def test_another_datum_leaves_the_precision_unknown() -> None:
    found = look(gps=gps(t18="TOKYO"))
    assert [spot.precision_m for spot in found.spots] == [None]
    assert [(said.field, said.found) for said in found.problems] == [("exif datum", "TOKYO")]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"t1": "X"}, "exif GPS"),
        ({"t3": ""}, "exif GPS"),
        ({"t2": (95.0, 0.0, 0.0)}, "exif place"),
        ({"t2": (0.0, 0.0, 0.0), "t4": (0.0, 0.0, 0.0)}, "exif place"),
        ({"t2": (42.0, 61.0, 0.0)}, "exif GPS"),
    ],
)
def test_what_is_no_place_is_said(more: dict[str, Any], field: str) -> None:
    found = look(gps=gps(**more))
    assert found.spots == []
    assert [(said.kind, said.field) for said in found.problems] == [("bad-value", field)]


def test_a_place_of_an_interrupted_measurement_stands_with_a_word_of_warning() -> None:
    found = look(gps=gps(t9="V"))
    assert len(found.spots) == 1
    assert [said.field for said in found.problems] == ["exif GPSStatus"]


@pytest.mark.parametrize(
    ("date", "apart"), [("2024:05:06", False), ("2024:05:07", True), ("2024:05:05", True)]
)
def test_clocks_that_no_time_zone_brings_together_are_named(date: str, apart: bool) -> None:
    found = look(
        gps=gps(t7=(14.0, 27.0, 7.0), t29=date), detail={0x9003: "2024:05:06 16:28:39", 0x9011: "+02:00"}
    )
    assert [said.kind for said in found.problems] == ["disagreement"] * apart
    assert len(found.spots) == 1


def test_a_time_without_a_day_stays_open() -> None:
    (spot,) = look(gps=gps(t7=(14.0, 27.0, 7.0))).spots
    assert spot.at == Moment("14:27:07.000", None, "ambiguous")


_VALUES = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.integers(),
    st.floats(),
    st.builds(IFDRational, st.integers(-9, 2**32), st.integers(0, 2**32)),
    st.tuples(st.floats(), st.integers(), st.builds(IFDRational, st.integers(0, 99), st.integers(0, 99))),
)
_TAGS = st.dictionaries(st.sampled_from([1, 2, 3, 4, 7, 9, 11, 18, 29, 31]), _VALUES)
_DETAIL = st.dictionaries(st.sampled_from([0x9003, 0x9011, 0x9291, 0xA431]), _VALUES)


@given(_DETAIL, st.one_of(_TAGS, _TAGS.map(lambda tags: {**gps(HERE), **tags})))
def test_any_values_are_rows_or_problems(detail: dict[int, Any], tags: dict[int, Any]) -> None:
    found = Gathered()
    exif.read(found, {}, detail, tags)
    for spot in found.spots:
        assert abs(spot.latitude) <= 90
        assert abs(spot.longitude) <= 180
        assert spot.precision_m is None or spot.precision_m > 0


def test_a_time_that_no_calendar_has_in_utc_stays_open() -> None:
    late = exif.taken(Gathered(), {0x9003: "9999:12:31 23:59:59", 0x9011: "-14:00"})
    assert late == Moment("9999:12:31 23:59:59 -14:00", None, "ambiguous")
    early = times.iso("0001-01-01T00:00:00+14:00")
    assert early == Moment("0001-01-01T00:00:00+14:00", None, "ambiguous")


@pytest.mark.parametrize("values", [(-42.0, 0.0, 0.0), (42.0, -1.0, 0.0), (42.0, 0.0, -0.1)])
def test_an_angle_has_no_sign_of_its_own(values: tuple[float, ...]) -> None:
    """The letter gives the sign; a signed value says that something else was written."""
    assert exif.angle(values, "N", "NS") is None
