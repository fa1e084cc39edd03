"""Places: whose they are, and when."""

from __future__ import annotations

from tests.analysis_kit import made, post, posts
from workbench import analysis


def test_places_without_posts_are_of_nobody() -> None:
    table = made("places", [{"about": "sha256:1", "source": "exif", "published": "2026-02-28T23:00:00Z"}])
    found = analysis.places(table)
    assert (found["who"].tolist(), found["who_handle"].tolist()) == ([""], [""])


def test_a_place_takes_the_time_of_its_post() -> None:
    table = made(
        "places",
        [
            {
                "about": "p",
                "source": "geotag",
                "name": "Mühle",
                "latitude": 42.48,
                "longitude": -71.43,
                "precision_m": 10.0,
            },
            {"about": "elsewhere", "source": "stated", "name": "</td>"},
            {"about": "p", "source": "exif", "published": "2026-02-28T23:00:00Z"},
        ],
    )
    found = analysis.places(
        table, posts(post("2026-03-01T00:00:00Z", entity_id="p")), zone="America/New_York"
    )
    assert found["source"].tolist() == ["exif", "geotag", "stated"]
    assert found["who_handle"].tolist() == ["a@town", "a@town", ""]
    assert found["local"].iloc[1].isoformat() == "2026-02-28T19:00:00-05:00"
    assert found["when"].isna().tolist() == [False, False, True]
    assert (found["latitude"].iloc[1], found["precision_m"].iloc[1]) == (42.48, 10)
