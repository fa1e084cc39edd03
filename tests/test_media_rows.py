"""From what was read of a file to rows: a place has its own time where that can be used, else the file's."""

from __future__ import annotations

import pytest

from workbench.media.facts import Look, Spot
from workbench.media.rows import Held, rows
from workbench.rows import Moment, Place

TAKEN = Moment("2026:03:14 21:40:00 -04:00", 1_773_538_800_000_000, "explicit")
FIX = Moment("2026:03:15 01:39:00.000", 1_773_538_740_000_000, "explicit")
DAY = Moment("2026:03:15", None, "ambiguous")


@pytest.mark.parametrize(
    ("own", "taken", "said"),
    [
        (FIX, TAKEN, FIX),
        (None, TAKEN, TAKEN),
        (DAY, TAKEN, TAKEN),  # a GPS date without its time says less than the picture's own time
        (DAY, None, DAY),
        (None, None, None),
    ],
)
def test_a_place_without_a_usable_time_has_the_file_s(
    own: Moment | None, taken: Moment | None, said: Moment | None
) -> None:
    spot = Spot(source="exif", latitude=42.0, longitude=-71.0, precision_m=5.0, at=own)
    held = Held(platform="mastodon", sha256="ab", media_type="image/jpeg")
    places = [row for row in rows(held, Look(taken=taken, spots=(spot,))) if isinstance(row, Place)]
    assert [each.published for each in places] == [said]
