"""All media of a case at one look: each file once, with the earliest captured post that carries it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked

METHOD: Final = "held files, each content once, and posted media not held, beside the earliest captured post"
FRAMES: Final = "key frames of films, each with what is known of its film"
_FILE: Final = ("sha256", "kind", "media_type", "taken_raw", "make", "model", "note")
_SIZES: Final = ("width", "height", "duration")
_GIVEN: Final = (
    *("published", "author", "author_handle", "kind", "media_type", "description", "post", "media", "sha256"),
    *("sensitive", "exhibits"),
)
_POSTED: Final = ("author", "author_handle", "kind", "media_type", "description", "post", "media", "sha256")


@checked
def media_overview(
    media_files: pd.DataFrame, posted: pd.DataFrame, groups: pd.DataFrame | None = None
) -> pd.DataFrame:
    """List each picture, video and sound once, near duplicates together.

    In: media_files with ``entity_id, exhibit, sha256, kind, media_type`` and, if there, ``width, height, duration,
    taken, taken_raw, make, model, note``; posted as ``posted_media`` gives it (made with these files); groups, if
    given, as ``duplicate_groups`` gives it.
    Out: group (words: which near duplicates it is among; empty: none), media (entity_id of the file, else of the
    attachment), kind, media_type, width, height (pixels), duration (seconds), taken (UTC, as the file says; missing
    where it names no zone), taken_raw (in its own words), make, model, published (UTC, of the earliest captured
    post), author, author_handle (of that post), n_posts (posts that carry it), sensitive (any of them marked so),
    description, file (citation of the bytes; empty: not held), note, and what every result carries; exhibits: the
    file, then the posts' and media's. Groups first, then by time.

    Raises UsageError for missing columns. Limits: the earliest captured post is not the origin. What a file says of
    itself can be set by hand.
    """
    files, counts = _files(media_files)
    shown = _posted(posted)
    both = files.merge(shown, on="media", how="outer", suffixes=("", "_posted"))
    for name in ("kind", "media_type"):
        both[name] = both[name].where(both[name].notna() & (both[name] != ""), both[f"{name}_posted"])
    found = _grouped(_filled(both), groups)
    found = found.sort_values(
        ["order", "published", "media"], kind="stable", na_position="last", ignore_index=True
    )
    counts["rows"] += len(posted)
    counts["repeated"] += len(posted) - len(shown)
    return frames.result(
        _cited(found), method=METHOD, parameters={"groups": groups is not None}, counts=counts
    )


@checked
def frame_overview(key_frames: pd.DataFrame, overview: pd.DataFrame) -> pd.DataFrame:
    """List the key frames of films, those of the earliest posted film first, with what is known of each film.

    In: key_frames with ``entity_id, exhibit, media, number, at``; overview as ``media_overview`` gives it. Out: group
    (words naming the film), media, number (from 0), at (seconds), published, taken and taken_raw (as the film's
    file says), author, author_handle, sensitive, file (citation of the film's bytes), note (the second), and what
    every result carries.
    Raises UsageError for missing columns.
    """
    rows = frames.prepared(key_frames, "frame_overview", needs=("media", "number", "at"), times=())
    kept, counts = frames.once(rows, time="captured_at")
    kept["number"] = pd.to_numeric(kept["number"], errors="coerce").fillna(0).astype(np.int64)
    kept["at"] = pd.to_numeric(kept["at"], errors="coerce").astype(np.float64)
    columns = ["media", "published", "taken", "taken_raw", "author", "author_handle", "sensitive"]
    found = kept.merge(frames.having(overview, "frame_overview", columns)[columns], on="media", how="left")
    found = found.assign(
        file=found["exhibit"],
        group="film " + found["exhibit"],
        note=["" if np.isnan(second) else f"at {second:.1f} s" for second in found["at"]],
        sensitive=found["sensitive"].astype("boolean").fillna(False).astype(bool),
        taken_raw=found["taken_raw"].fillna(""),
        author=found["author"].fillna(""),
        author_handle=found["author_handle"].fillna(""),
    )
    order = ["published", "media", "number", "at", "file", *columns[2:]]
    found = found.sort_values(order, kind="stable", ignore_index=True)
    columns = [
        *("group", "media", "number", "at", "published", "taken", "taken_raw"),
        *("author", "author_handle", "sensitive", "file", "note"),
    ]
    cites = frames.cited(found["exhibit"], np.arange(len(found)), len(found))
    return frames.result(found[columns].join(cites), method=FRAMES, parameters={}, counts=counts)


def _files(media_files: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    rows = frames.prepared(
        media_files,
        "media_overview",
        needs=_FILE[:3],
        optional=(*_FILE[3:], *_SIZES),
        times=(),
        optional_times=("taken",),
    )
    kept, counts = frames.once(rows, time="captured_at")
    numbers = {name: pd.to_numeric(kept[name], errors="coerce").astype(np.float64) for name in _SIZES}
    named = kept.assign(**numbers).rename(columns={"entity_id": "media", "exhibit": "file"})
    return named.drop(columns=["captured_at", "sha256"]), counts


def _posted(posted: pd.DataFrame) -> pd.DataFrame:
    """Gather the posts of each media: the earliest one, how many, whether any is marked sensitive, all citations."""
    posted = frames.having(posted, "media_overview", _GIVEN)
    content = "sha256:" + posted["sha256"]
    named = posted.assign(media=content.where(posted["sha256"] != "", posted["media"]))
    ordered = named.sort_values(
        ["published", "post", *_POSTED[:5]], kind="stable", na_position="last", ignore_index=True
    )
    grouped = ordered.groupby("media", sort=True)
    first = ordered.drop_duplicates("media")[["media", "published", *_POSTED[:5]]]
    counted = grouped.agg(n_posts=("post", "nunique"), sensitive=("sensitive", "any")).reset_index()
    cites = {
        str(name): tuple(dict.fromkeys(cite for row in each for cite in row))
        for name, each in grouped["exhibits"]
    }
    told = first.merge(counted, on="media")
    held = pd.Series([cites[name] for name in told["media"]], index=told.index, dtype=object)
    return told.assign(posts_cited=held)


def _filled(both: pd.DataFrame) -> pd.DataFrame:
    texts = (
        *("author", "author_handle", "description", "kind", "media_type"),
        *("taken_raw", "make", "model", "note", "file"),
    )
    told = both.assign(**{name: both[name].fillna("").astype("str") for name in texts})
    posts = [cites if isinstance(cites, tuple) else () for cites in told["posts_cited"]]
    return told.assign(
        n_posts=told["n_posts"].fillna(0).astype(np.int64),
        sensitive=told["sensitive"].astype("boolean").fillna(False).astype(bool),
        published=told["published"].astype(frames.TIME),
        taken=told["taken"].astype(frames.TIME),
        posts_cited=pd.Series(posts, index=told.index, dtype=object),
    )


def _grouped(found: pd.DataFrame, groups: pd.DataFrame | None) -> pd.DataFrame:
    """Name each near-duplicate group in words; what is in none comes after, in order of time."""
    if groups is None or groups.empty:
        return found.assign(group="", order=np.inf)
    groups = frames.having(groups, "media_overview", ("media", "group", "size", "all_alike"))
    of = (
        groups.drop_duplicates("media")
        .set_index("media")[["group", "size", "all_alike"]]
        .reindex(found["media"])
        .reset_index(drop=True)
    )
    words = [
        ""
        if pd.isna(number)
        else f"near duplicates {int(number) + 1}: {int(size)} files"
        + ("" if alike else "; not each pair is alike, look at each")
        for number, size, alike in zip(of["group"], of["size"], of["all_alike"], strict=True)
    ]
    order = of["group"].astype(np.float64).fillna(np.inf)
    return found.assign(group=words, order=order.to_numpy())


def _cited(found: pd.DataFrame) -> pd.DataFrame:
    cites = ((file, *posts) for file, posts in zip(found["file"], found["posts_cited"], strict=True))
    columns = [
        *("group", "media", "kind", "media_type", "width", "height"),
        *("duration", "taken", "taken_raw", "make", "model"),
    ]
    columns += ["published", "author", "author_handle", "n_posts", "sensitive", "description", "file", "note"]
    return found[columns].join(frames.citing(cites))
