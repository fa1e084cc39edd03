"""XMP packets (ISO 16684-1; the exif schema of CIPA DC-010): where and when, as editors and phones copy it.

Parsed with defusedxml: a document type with entities is refused, whatever it stands for. ``GPSCoordinate`` is
``DDD,MM,SSk`` or ``DDD,MM.mmk`` with k one of N, S, E, W; dates are ISO 8601.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from workbench import times
from workbench.media import spots
from workbench.media.facts import Gathered
from workbench.rows import Moment

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_EXIF: Final = "{http://ns.adobe.com/exif/1.0/}"
_TIFF: Final = "{http://ns.adobe.com/tiff/1.0/}"
_BASIC: Final = "{http://ns.adobe.com/xap/1.0/}"
_PHOTOSHOP: Final = "{http://ns.adobe.com/photoshop/1.0/}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_WRITTEN: Final = (f"{_EXIF}DateTimeOriginal", f"{_PHOTOSHOP}DateCreated")
_ANGLE: Final = re.compile(r"([0-9]{1,3}),([0-9]{1,2})(?:,([0-9]{1,2})|\.([0-9]{1,30}))?([NSEW])")


def read(found: Gathered, packet: bytes) -> None:
    """Take what an XMP packet says; what EXIF said before stands."""
    if len(packet) > found.limits.xmp:
        expected = f"at most {found.limits.xmp} bytes"
        found.problem("refused", "xmp", expected=expected, found=f"{len(packet)} bytes")
        return
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - only for files that have a packet

    trimmed = packet.strip(b"\0 \t\r\n")
    root = found.attempt("xmp", "an XMP packet", lambda: fromstring(trimmed), None)
    if root is not None:
        said = _properties(root, found.limits.fields)
        found.fields += len(said)
        _take(found, said)


def _properties(root: Element, most: int) -> dict[str, str]:
    """Give the simple properties of all descriptions, written as attributes or as elements."""
    said: dict[str, str] = {}
    for description in root.iter(f"{_RDF}Description"):
        pairs = list(description.items()) + [(child.tag, child.text or "") for child in description]
        for name, value in pairs:
            if len(said) < most and not name.startswith(_RDF) and name.startswith("{"):
                said.setdefault(name, value)
    return said


def _take(found: Gathered, said: dict[str, str]) -> None:
    found.say("make", said.get(f"{_TIFF}Make", ""))
    found.say("model", said.get(f"{_TIFF}Model", ""))
    found.say("software", said.get(f"{_BASIC}CreatorTool", ""))
    for name in _WRITTEN:
        found.taken = found.taken or _moment(found, said.get(name, ""))
    latitude, longitude = said.get(f"{_EXIF}GPSLatitude", ""), said.get(f"{_EXIF}GPSLongitude", "")
    if latitude or longitude:
        _place(found, said, latitude, longitude)


def _place(found: Gathered, said: dict[str, str], latitude: str, longitude: str) -> None:
    north, east = angle(latitude, "NS"), angle(longitude, "EW")
    if north is None or east is None:
        shown = f"{latitude}; {longitude}"
        found.problem("bad-value", "xmp GPS", expected="DDD,MM.mmk or DDD,MM,SSk", found=shown)
        return
    error = _ratio(said.get(f"{_EXIF}GPSHPositioningError", ""))
    dop = _ratio(said.get(f"{_EXIF}GPSDOP", ""))
    stated = spots.Stated(
        latitude=north[0],
        longitude=east[0],
        digits_m=max(north[1], east[1]),
        said_m=error or (dop * spots.DOP_M if dop else None),
        datum=found.clean(said.get(f"{_EXIF}GPSMapDatum", "")),
    )
    spots.add(found, "xmp", stated, at=_moment(found, said.get(f"{_EXIF}GPSTimeStamp", "")))


def angle(text: str, letters: str) -> tuple[float, float] | None:
    """Read a GPSCoordinate: degrees, and metres for a unit of the last digit; None where it is none."""
    match = _ANGLE.fullmatch(text.strip())
    if match is None or match[5] not in letters or int(match[2]) >= 60 or int(match[3] or 0) >= 60:
        return None
    minutes = float(f"{match[2]}.{match[4] or 0}")
    degrees = int(match[1]) + minutes / 60 + int(match[3] or 0) / 3600
    digits = spots.worth(0, 3600) if match[3] else spots.worth(len(match[4] or ""), 60)
    return (degrees if match[5] == letters[0] else -degrees), digits


def _ratio(text: str) -> float:
    """Read ``12/5`` or ``2.4``; 0 for anything else."""
    above, slash, below = text.strip().partition("/")
    try:
        return float(above) / (float(below) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        return 0.0


def _moment(found: Gathered, text: str) -> Moment | None:
    cleaned = found.clean(text)
    return times.iso(cleaned) if cleaned else None
