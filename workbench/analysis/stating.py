"""What places were stated, by whom, and when."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked

PLACES: Final = "places as posts, profiles and files state them"


@checked
def places(
    stated: pd.DataFrame,
    posts: pd.DataFrame | None = None,
    *,
    zone: str = "UTC",
    media: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Put stated places in order of time.

    In: ``entity_id, exhibit, about, source, name, latitude, longitude, precision_m, published``; posts, if given,
    with ``entity_id, exhibit, author, author_handle, published``. Out: what (entity_id of what the place
    belongs to), who, who_handle (the post's author, if it is given), when (UTC), local (in ``zone``), source
    (geotag, exif or stated), name, latitude, longitude (degrees, WGS 84), precision_m (radius, metres), and
    what every result carries. A place without a time of its own takes its post's; without any it comes last. With
    ``media`` (as ``media_overview`` gives it) a place that a file states has who posted that file first, as captured;
    the post's time is not taken for the file's.

    Raises UsageError for missing columns, an unknown zone or a time without a zone.
    Limits: where a device or a person said it was; a stated place is a claim, a geotag can be set by hand.
    """
    numbers = ("latitude", "longitude", "precision_m")
    rows = frames.prepared(stated, "places", needs=("about", "source", "name", *numbers))
    kept, counts = frames.once(rows)
    said_by = _authors(posts, kept["about"])
    if media is not None:
        said_by = pd.concat([said_by, _posters(media, said_by)])
    when = kept["published"].fillna(said_by["published"].reindex(kept["about"]).set_axis(kept.index))
    found = kept.assign(
        what=kept["about"],
        who=said_by["author"].reindex(kept["about"], fill_value="").set_axis(kept.index),
        who_handle=said_by["author_handle"].reindex(kept["about"], fill_value="").set_axis(kept.index),
        when=when,
        local=when.dt.tz_convert(frames.zone_of(zone)),
        **{name: pd.to_numeric(kept[name], errors="coerce").astype(np.float64) for name in numbers},
    )
    found = found.join(frames.cited(kept["exhibit"], np.arange(len(kept), dtype=np.int64), len(kept)))
    columns = [
        *("what", "who", "who_handle", "when", "local", "source", "name"),
        *(*numbers, "exhibits", "exhibit_count"),
    ]
    ordered = found[columns].sort_values(
        ["when", "what", "source", "name"], kind="stable", na_position="last"
    )
    return frames.result(ordered, method=PLACES, parameters={"zone": zone}, counts=counts)


def _authors(posts: pd.DataFrame | None, about: pd.Series[str]) -> pd.DataFrame:
    """Give author and time of the posts that places belong to: mostly few, so the others are cut first."""
    given = pd.DataFrame() if posts is None else posts
    rows = frames.prepared(given, "places", needs=("author", "author_handle"))
    kept, _ = frames.once(rows[frames.among(rows["entity_id"], about)].reset_index(drop=True))
    return kept[kept["entity_id"] != ""].set_index("entity_id")[["author", "author_handle", "published"]]


def _posters(media: pd.DataFrame, said_by: pd.DataFrame) -> pd.DataFrame:
    """Give who posted each file; its time is the file's own, never the post's."""
    media = frames.having(media, "places", ("media", "author", "author_handle"))
    named = media[~media["media"].isin(said_by.index)].drop_duplicates("media").set_index("media")
    never = pd.Series(pd.NaT, index=named.index, dtype=frames.TIME)
    return named[["author", "author_handle"]].assign(published=never)
