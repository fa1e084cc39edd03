"""Places to draw: what ``analysis.places`` gives, made of a few words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

Said = tuple[str, str, float | None, float | None, float | None]
"""Source, name, latitude, longitude, precision in metres."""


def places(*said: Said) -> pd.DataFrame:
    """Make a result of places, an hour apart, each citing its own exhibit."""
    rows = [
        {
            "what": f"post {number}",
            "who": "a",
            "who_handle": "@a@b.example",
            "when": pd.Timestamp("2026-05-01T10:00Z") + pd.Timedelta(hours=number),
            "source": source,
            "name": name,
            "latitude": latitude,
            "longitude": longitude,
            "precision_m": precision,
            "exhibits": (f"2026-0001-E{number + 1:04d}#/0",),
            "exhibit_count": 1,
        }
        for number, (source, name, latitude, longitude, precision) in enumerate(said)
    ]
    return pd.DataFrame(rows)


def inside(point: tuple[float, float], rings: Sequence[Sequence[Sequence[float]]]) -> bool:
    """Say whether a point is in the area of rings, holes taken out: crossings of a ray to the right, counted."""
    x, y = point
    crossed = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                crossed += 1
    return crossed % 2 == 1
