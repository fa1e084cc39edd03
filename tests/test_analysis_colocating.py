"""Co-location: beside a plain loop with the haversine formula, over the antimeridian and the poles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis_kit import at, made, post, posts
from tests.looks_kit import carried, file, files, media
from workbench import analysis
from workbench.analysis import colocating
from workbench.errors import UsageError

NOON = "2026-03-01T12:00:00Z"


def spot(
    about: str, latitude: float, longitude: float, when: str | None = NOON, **more: Any
) -> dict[str, Any]:
    return {
        "about": about,
        "source": "geotag",
        "latitude": latitude,
        "longitude": longitude,
        "precision_m": 0.0,
        "published": when,
        **more,
    }


def places(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return made("places", rows)


def told(*names: str) -> pd.DataFrame:
    """Make one post for each name, by an account of that name's first letter."""
    return posts(*(post(NOON, name[0], entity_id=name) for name in names))


def haversine(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    a, b, c, d = (math.radians(each[n]) for each in (one, other) for n in ("latitude", "longitude"))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * colocating.EARTH_M * math.asin(math.sqrt(h))


def test_a_file_known_by_its_address_alone_is_of_whoever_posted_it() -> None:
    address = "https://cdn.example/one.jpg"
    table = places(spot("sha256:one", 42.48, -71.43, source="exif"), spot("b1", 42.48, -71.43))
    shown, held = media(carried("a1", uri=address)), files(file("one", 1 << 40, uri=address))
    assert not len(analysis.co_location(table, told("a1", "b1"), shown))
    found = analysis.co_location(table, told("a1", "b1"), shown, media_files=held)
    assert found[["a", "b"]].to_numpy().tolist() == [["a", "b"]]


def test_a_lead_says_who_where_when_how_near_and_what_speaks_for_and_against() -> None:
    table = places(
        spot("a1", 42.48, -71.43, precision_m=5.0),
        spot(
            "b1", 42.4801, -71.43, "2026-03-01T12:20:00Z", name="Bandstand", source="exif", precision_m=10.0
        ),
        spot("c1", 42.49, -71.43),
    )
    found = analysis.co_location(table, told("a1", "b1", "c1"))
    assert len(found) == 1
    lead = found.iloc[0]
    assert (lead["a"], lead["b"], lead["place"], lead["n"]) == ("a", "b", "Bandstand", 1)
    assert (lead["start"], lead["end"], lead["minutes"]) == (at(NOON), at("2026-03-01T12:20:00Z"), 20.0)
    assert lead["distance_m"] == pytest.approx(11.1, abs=0.1)
    assert lead["precision_m"] == 15
    assert lead["reasons_for"] == (
        "within the radius whatever the stated errors are",
        "both places come with a device's coordinates",
    )
    assert lead["reasons_against"] == ("an account is not its holder, and a place can be set by hand",)
    assert lead["exhibits"] == (table["exhibit"][0], table["exhibit"][1])


def test_the_distance_is_the_published_one() -> None:
    """Land's End to John o' Groats, 968.9 km: the example of Veness, movable-type.co.uk, for the same formula."""
    ends = places(
        spot("a", 50 + 3 / 60 + 59 / 3600, -(5 + 42 / 60 + 53 / 3600)),
        spot("b", 58 + 38 / 60 + 38 / 3600, -(3 + 4 / 60 + 12 / 3600)),
    )
    points = colocating._points(ends)
    assert colocating.distance_m(points[:1], points[1:])[0] == pytest.approx(968_900, abs=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0.0, 179.9999), (0.0, -179.9999)),
        ((52.0, 180.0), (52.0, -180.0)),
        ((89.9999, 0.0), (89.9999, 180.0)),
        ((-90.0, 12.0), (-90.0, -77.0)),
        ((90.0, 0.0), (89.9996, 133.0)),
    ],
)
def test_there_is_no_edge_at_the_antimeridian_and_no_knot_at_the_poles(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    table = places(spot("a", *one), spot("b", *other))
    found = analysis.co_location(table, told("a", "b"))
    assert len(found) == 1
    expected = haversine(spot("a", *one), spot("b", *other))
    assert found["distance_m"].iloc[0] == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("precision", "listed"), [(0.0, False), (30.0, False), (60.0, True)])
def test_both_precisions_widen_the_radius(precision: float, listed: bool) -> None:
    table = places(spot("a", 0, 0, precision_m=precision), spot("b", 0, 0.0019, precision_m=precision))
    found = analysis.co_location(table, told("a", "b"))
    assert len(found) == listed
    if listed:
        assert "within the radius only if the errors allow it" in found["reasons_against"].iloc[0]


def test_what_cannot_be_placed_in_time_or_space_is_left_out_and_counted() -> None:
    table = places(
        spot("a", 0, 0),
        spot("b", 0, 0, published_basis="ambiguous"),
        spot("c", 0, 0, None),
        spot("x", 0, 0),
        spot("d", 91, 0),
        spot("e", 0, 0, precision_m=20_000.0),
        spot("f", 0, 0) | {"latitude": None},
        spot("g", 0, 0, precision_m=-1.0),
    )
    known = posts(*(post(None, name, entity_id=name) for name in "abcdefg"))
    found = analysis.co_location(table, known)
    assert len(found) == 0
    counts = found.attrs["counts"]
    assert (counts["undated"], counts["nowhere"], counts["unattributed"], counts["coarse"]) == (2, 3, 1, 1)


def test_a_place_of_a_post_takes_its_time_and_one_of_a_file_does_not() -> None:
    shown = media(
        carried("b1", sha256="f"),
        carried("c1", sha256="g"),
        carried("b1", sha256="both"),
        carried("c1", sha256="both"),
    )
    table = places(
        spot("a1", 0, 0, None),
        spot("sha256:f", 0, 0),
        spot("sha256:g", 0, 0, None),
        spot("sha256:both", 0, 0),
    )
    found = analysis.co_location(table, told("a1", "b1", "c1"), shown)
    assert found[["a", "b"]].to_numpy().tolist() == [["a", "b"]]
    assert found.attrs["counts"]["undated"] == 1
    assert found.attrs["counts"]["unattributed"] == 1


def test_sightings_that_follow_are_one_row_and_a_pause_begins_another() -> None:
    times = ["2026-03-01T12:00:00Z", "2026-03-01T12:30:00Z", "2026-03-01T18:00:00Z"]
    table = places(
        *(spot(f"a{n}", 0, 0, when) for n, when in enumerate(times)),
        *(spot(f"b{n}", 0, 0, when) for n, when in enumerate(times)),
    )
    found = analysis.co_location(table, told(*(f"{who}{n}" for who in "ab" for n in range(3))))
    assert found["n"].tolist() == [4, 1]
    # Each sighting counted is cited: two of each account here, then one of each.
    assert found["exhibit_count"].tolist() == [4, 2]
    assert found["end"].tolist() == [at(times[1]), at(times[2])]
    assert found["minutes"].tolist() == [0.0, 0.0]


def test_a_crowd_and_an_unknown_precision_speak_against_it() -> None:
    table = places(*(spot(name, 0, 0, precision_m=None, source="stated") for name in "abcd"))
    found = analysis.co_location(table, told(*"abcd"))
    assert found["accounts_there"].tolist() == [4] * 6
    against = found["reasons_against"].iloc[0]
    assert "4 accounts state this place at this time" in against
    assert "a precision is unknown and taken as 100 m" in against
    assert "a place is stated in words, not measured" in against


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcд"),
            st.sampled_from([0.0, 0.0005, 0.002, 89.9999]),
            st.sampled_from([0.0, 0.001, 179.9999, -179.9999]),
            st.integers(0, 5),
            st.sampled_from([0.0, 40.0, 200.0]),
        ),
        max_size=14,
    )
)
@settings(max_examples=60, deadline=None)
def test_pairs_are_those_of_a_plain_loop(rows: list[tuple[str, float, float, int, float]]) -> None:
    spots = [
        spot(f"{who}{n}", lat, lon, f"2026-03-01T{12 + hour}:00:00Z", precision_m=radius)
        for n, (who, lat, lon, hour, radius) in enumerate(rows)
    ]
    known = posts(*(post(NOON, who, entity_id=f"{who}{n}") for n, (who, *_) in enumerate(rows)))
    found = analysis.co_location(places(*spots), known, radius_m=50, window="2h")
    expected = {
        tuple(sorted((one[0], other[0])))
        for one, a in zip(rows, spots, strict=True)
        for other, b in zip(rows, spots, strict=True)
        if one[0] != other[0] and abs(one[3] - other[3]) <= 2 and haversine(a, b) <= 50 + one[4] + other[4]
    }
    assert set(zip(found["a"], found["b"], strict=True)) == expected
    turned = analysis.co_location(places(*spots).iloc[::-1], known.iloc[::-1], radius_m=50, window="2h")
    pd.testing.assert_frame_equal(found, turned)
    some = analysis.co_location(places(*spots), known, accounts=["b"], radius_m=50, window="2h")
    held = found[(found["a"] == "b") | (found["b"] == "b")].reset_index(drop=True)
    apart = ["accounts_there", "reasons_against", "parameters"]
    pd.testing.assert_frame_equal(some.drop(columns=apart), held.drop(columns=apart))


@pytest.mark.parametrize("bound", ["_PAIRS", "_MEETINGS"])
def test_too_many_pairs_are_refused_and_said(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(colocating, bound, 2)
    with pytest.raises(UsageError, match="too many places"):
        analysis.co_location(places(*(spot(name, 0, 0) for name in "abc")), told(*"abc"))
    few = [spot("a", 0, 0), spot("b", 0, 0), *(spot(name, 50, 0) for name in "cdef")]
    assert len(analysis.co_location(places(*few), told(*"abcdef"), accounts=["a"])) == 1, (
        "what is asked for is few"
    )
    assert analysis.co_location(places(*few), told(*"abcdef"), accounts=[]).empty, "nobody is named"


@pytest.mark.parametrize(
    "wrong",
    [{"radius_m": -1}, {"radius_m": np.inf}, {"window": "soon"}, {"window": "30D"}, {"coarsest_m": np.nan}],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        analysis.co_location(places(), posts(), **wrong)
