"""ISO 6709: the standard's own forms, what devices write, and every point read back as it was written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.media import iso6709


@pytest.mark.parametrize(
    ("text", "latitude", "longitude", "digits_m"),
    [
        ("+40.20361-075.00417CRSWGS_84/", 40.20361, -75.00417, 1.1132),  # Annex H: the Atlantic, three forms
        ("+4012.22-07500.25CRSWGS_84/", 40 + 12.22 / 60, -(75 + 0.25 / 60), 18.5533),
        ("+401213.1-0750015.1+2.79CRSWGS_84/", 40 + 12 / 60 + 13.1 / 3600, -(75 + 15.1 / 3600), 3.0922),
        ("+51.4169-000.0806/", 51.4169, -0.0806, 11.132),  # an Android phone
        ("+32.0929+034.8620+060.349/", 32.0929, 34.8620, 11.132),  # an iPhone
        ("+40-075", 40.0, -75.0, 111_320.0),
        ("-00+000/", 0.0, 0.0, 111_320.0),
    ],
)
def test_points_as_written(text: str, latitude: float, longitude: float, digits_m: float) -> None:
    point = iso6709.parse(text)
    assert point is not None
    assert (point.latitude, point.longitude) == pytest.approx((latitude, longitude), abs=1e-9)
    assert point.digits_m == pytest.approx(digits_m, rel=1e-4)


def test_the_reference_system_is_kept() -> None:
    point = iso6709.parse("+40.20361-075.00417+2.79CRSTOKYO/")
    assert point is not None
    assert point.crs == "TOKYO"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "40.2-075.0/",
        "+4060.00-07500.00/",
        "+401260-0750000/",
        "+40.2",
        "+40.2-75.0/",
        "+40.2-075.0/x",
        "+٤٠-075/",
    ],
)
def test_what_is_no_point(text: str) -> None:
    assert iso6709.parse(text) is None


@given(
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
    st.integers(0, 9),
    st.sampled_from([1, 2, 3]),
)
def test_a_point_written_is_read_within_what_its_last_digit_is_worth(
    latitude: float, longitude: float, decimals: int, units: int
) -> None:
    text = _written(latitude, 2, decimals, units) + _written(longitude, 3, decimals, units) + "/"
    point = iso6709.parse(text)
    assert point is not None
    worth = 1 / 60 ** (units - 1) / 10**decimals
    assert abs(point.latitude - latitude) <= worth + 1e-9
    assert abs(point.longitude - longitude) <= worth + 1e-9
    assert point.digits_m == pytest.approx(111_320 * worth)


def _written(degrees: float, wide: int, decimals: int, units: int) -> str:
    """Write an angle, cut after the last digit, in whole counts of it: so that no 60 is ever written."""
    count = math.floor(abs(degrees) * 60 ** (units - 1) * 10**decimals)
    whole, part = divmod(count, 10**decimals)
    digits = ""
    for _ in range(units - 1):
        whole, rest = divmod(whole, 60)
        digits = f"{rest:02d}{digits}"
    sign = "-" if degrees < 0 else "+"
    return f"{sign}{whole:0{wide}d}{digits}" + (f".{part:0{decimals}d}" if decimals else "")


@given(st.text(alphabet="+-.0123456789CRS/WGS_84 ", max_size=40))
def test_any_text_is_a_point_or_none(text: str) -> None:
    point = iso6709.parse(text)
    assert point is None or math.isfinite(point.latitude + point.longitude + point.digits_m)
