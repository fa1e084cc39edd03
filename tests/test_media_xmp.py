"""XMP: places and times as editors write them, and packets that mean harm."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media_kit import drawing, gps, photo, xmp
from workbench.media import pictures
from workbench.media.facts import Gathered, Limits
from workbench.media.xmp import angle, read
from workbench.rows import Moment
from workbench.times import read_stamp

PLACE = 'exif:GPSLatitude="42,29.1012N" exif:GPSLongitude="71,26,12W"'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def said(properties: str, head: str = "", limits: Limits | None = None) -> Gathered:
    found = Gathered(limits or Limits())
    read(found, xmp(properties, head))
    return found


def test_a_place_with_what_its_digits_are_worth() -> None:
    found = said(PLACE)
    (spot,) = found.spots
    assert spot.source == "xmp"
    assert spot.latitude == pytest.approx(42 + 29.1012 / 60)
    assert spot.longitude == pytest.approx(-(71 + 26 / 60 + 12 / 3600))
    assert spot.precision_m == pytest.approx(111_320 / 3600, abs=0.001)
    assert found.fields == 2


def test_the_error_that_it_states_and_its_own_time() -> None:
    found = said(f'{PLACE} exif:GPSHPositioningError="130/2" exif:GPSTimeStamp="2024-05-06T14:27:07Z"')
    (spot,) = found.spots
    assert spot.precision_m == 65.0
    assert spot.at == Moment("2024-05-06T14:27:07Z", read_stamp("2024-05-06T14:27:07.000000Z"), "explicit")


@pytest.mark.parametrize(
    ("properties", "basis"),
    [
        ('exif:DateTimeOriginal="2024-05-06T07:08:09-04:00"', "explicit"),
        ('photoshop:DateCreated="2024-05-06T07:08:09"', "ambiguous"),
    ],
)
def test_when_it_was_taken(properties: str, basis: str) -> None:
    found = said(f'{properties} tiff:Make="Maker" xmp:CreatorTool="Editor 1"')
    assert found.taken is not None
    assert found.taken.basis == basis
    assert found.device == {"make": "Maker", "software": "Editor 1"}


def test_properties_may_be_elements() -> None:
    packet = xmp("").replace(b"/></rdf:RDF>", b">%s</rdf:Description></rdf:RDF>") % (
        b"<exif:GPSLatitude>1,2,3S</exif:GPSLatitude><exif:GPSLongitude>1,2,3E</exif:GPSLongitude>"
    )
    found = Gathered()
    read(found, packet)
    assert [round(spot.latitude, 6) for spot in found.spots] == [-1.034167]


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE])
def test_entities_are_refused_whatever_they_stand_for(head: str) -> None:
    found = said(f'{PLACE} tiff:Make="&a;"', head)
    assert (found.spots, found.device) == ([], {})
    assert [(issue.kind, issue.field) for issue in found.problems] == [("bad-value", "xmp")]
    assert "EntitiesForbidden" in found.problems[0].found


def test_a_packet_beyond_the_limit_is_not_parsed() -> None:
    found = said(PLACE, limits=Limits(xmp=100))
    assert [(issue.kind, issue.expected) for issue in found.problems] == [("refused", "at most 100 bytes")]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_packets_are_found_in_each_format(form: str) -> None:
    if form == "PNG":
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - PNG has its own way to be given text

        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp(PLACE).decode())
        given_png = photo(form=form, gps=gps(), pnginfo=text)
        found = pictures.look(io.BytesIO(given_png), "image/png")
    elif form == "TIFF":
        stream = io.BytesIO()
        drawing().save(stream, form, tiffinfo={700: xmp(PLACE)})
        found = pictures.look(stream, "image/tiff")
        assert [spot.source for spot in found.spots] == ["xmp"]
        return
    else:
        found = pictures.look(
            io.BytesIO(photo(form=form, gps=gps(), xmp=xmp(PLACE))), f"image/{form.lower()}"
        )
    assert [spot.source for spot in found.spots] == ["exif", "xmp"]


@pytest.mark.parametrize("text", ["", "42,60N", "42,29,60N", "42.5N", "42,29N,", "N", "42,29.1X"])
def test_what_is_no_coordinate(text: str) -> None:
    assert angle(text, "NS") is None


@given(st.binary(max_size=300) | st.text(max_size=80).map(lambda text: xmp(f'exif:GPSLatitude="{text}"')))
def test_any_packet_is_read_or_named(packet: bytes) -> None:
    found = Gathered()
    read(found, packet)
    assert all(abs(spot.latitude) <= 90 for spot in found.spots)
