"""Charts over time: what was posted when, and at which hours of the week."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from workbench import analysis
from workbench.analysis import frames
from workbench.counts import counted
from workbench.errors import UsageError
from workbench.show import colours
from workbench.show.figure import Figure, cites, nothing, page
from workbench.show.words import escaped, line

if TYPE_CHECKING:
    from collections.abc import Mapping

_POINTS: Final = 1500
_LANES: Final = 30
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS: Final = {
    "year": "%Y",
    "quarter": "%b %Y",
    "month": "%b %Y",
    "week": "%b %d",
    "date": "%b %d",
    "day": "%b %d",
    "hours": "%b %d %H:%M",
    "minutes": "%b %d %H:%M",
    "seconds": "%H:%M:%S",
    "milliseconds": "%H:%M:%S.%L",
}
_DATES: Final = alt.Axis(tickCount=8, labelOverlap="greedy", labelSeparation=8, format=_UNITS)
"""Few enough dates that each can be read, each with its month: the usual labels have weekdays without one."""
_NOBODY: Final = "no known account"
"""The lane of what a file tells without its account."""
_SHAPES: Final = (
    "circle",
    "triangle-up",
    "square",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
)


def timeline(
    frame: pd.DataFrame, *, zone: str | None = None, marks: Mapping[str, object] | None = None
) -> Figure:
    """Draw what was posted when, one lane for each account.

    Takes what ``analysis.timeline`` gives, or a table of posts. Times are drawn in ``zone`` (default: that of
    the analysis, else UTC). ``marks`` names moments to draw as vertical lines. Above 1,500 entries the
    dots count entries by day, week or month; above 30 accounts those with most entries are drawn; the note
    says both.

    Raises UsageError for missing columns, an unknown zone or a mark without a zone.
    """
    told = frame if "at" in frame.columns else analysis.timeline(frame, zone=zone or "UTC")
    if told.empty:
        return nothing("Timeline", "Timeline without any entry.", analysis.said(told))
    zone = zone or _zone(told)
    shown, left_out = _lanes(told)
    many = len(shown) > _POINTS
    values, each = _binned(shown, zone) if many else (_entries(shown, zone), "")
    moments = [
        {"at": _local(frames.instant(at, name), zone), "mark": line(name, 80)}
        for name, at in (marks or {}).items()
    ]
    notes = [f"Times are local ({zone})", f"each dot counts the entries of a {each}" if many else ""]
    notes += [
        f"Not drawn: {counted(left_out, 'account')} with fewer entries" if left_out else "",
        analysis.said(told),
    ]
    return chart(
        _timeline_spec(values, moments, zone, many=many),
        title="Timeline",
        alt=_timeline_alt(told, zone),
        note=". ".join(note.rstrip(".") for note in notes if note),
        height=120 + 24 * max(shown["lane"].nunique(), 3),
        room=10 + 2 * max(map(len, shown["lane"]), default=0),
        below=drawn_from(shown),
    )


def _zone(told: pd.DataFrame) -> str:
    return str(frames.parameters_of(told).get("zone", "UTC"))


def _lanes(told: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    sizes = told["who"].value_counts(sort=False)
    chosen = sizes.sort_index().sort_values(ascending=False, kind="stable").index[:_LANES]
    shown = told[told["who"].isin(chosen)]
    names = {who: line(who, 60) or _NOBODY for who in chosen}
    handles = shown[shown["who_handle"] != ""].drop_duplicates("who", keep="last")
    names |= {
        who: line(handle, 40) for who, handle in zip(handles["who"], handles["who_handle"], strict=True)
    }
    # Two accounts may bear one handle, at different times or places: their lanes stay apart.
    twice = {name for name, times in Counter(names.values()).items() if times > 1}
    names = {who: f"{name} [{line(who, 60)}]" if name in twice else name for who, name in names.items()}
    return shown.assign(lane=shown["who"].map(names)), len(sizes) - len(chosen)


def _local(at: pd.Timestamp, zone: str) -> str:
    # The chart's scale is UTC: local times written as if they were, so that every viewer sees the same.
    return frames.local(at, frames.zone_of(zone)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entries(shown: pd.DataFrame, zone: str) -> list[dict[str, Any]]:
    place = frames.zone_of(zone)
    local = [frames.local(at, place) for at in shown["at"]]
    return [
        {
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "when": at.strftime("%Y-%m-%d %H:%M:%S %Z"),
            "who": who,
            "kind": line(kind, 30),
            "words": line(words, 160),
            "exhibit": ", ".join(exhibits[:3]),
        }
        for at, who, kind, words, exhibits in zip(
            local, shown["lane"], shown["what"], shown["words"], shown["exhibits"], strict=True
        )
    ]


def _binned(shown: pd.DataFrame, zone: str) -> tuple[list[dict[str, Any]], str]:
    """Count entries by the finest of day, week and month that keeps the number of dots drawable."""
    local = shown["at"].dt.tz_convert(frames.zone_of(zone)).dt.tz_localize(None)
    for each in ("day", "week", "month"):
        start = local.dt.to_period(each[0].upper()).dt.start_time.dt.strftime("%Y-%m-%d")
        counted = shown.assign(start=start).groupby(["start", "lane", "what"]).size().reset_index(name="n")
        if len(counted) <= _POINTS:
            break
    values = [
        {"at": f"{start}T12:00:00Z", "when": f"{each} of {start}", "who": who, "kind": line(kind, 30), "n": n}
        for start, who, kind, n in zip(
            counted["start"], counted["lane"], counted["what"], counted["n"].tolist(), strict=True
        )
    ]
    return values, each


def _timeline_spec(
    values: list[dict[str, Any]], moments: list[dict[str, str]], zone: str, *, many: bool
) -> dict[str, Any]:
    kinds = sorted({value["kind"] for value in values})
    place = colours.places(kinds)
    height = {"step": 24}
    legend = alt.Legend(orient="bottom", title=None)
    tips = ["when:N", "who:N", "kind:N", *(["n:Q"] if many else ["words:N", "exhibit:N"])]
    dots = (
        alt.Chart(_data(values))
        .mark_point(filled=True, opacity=0.75, size=60)
        .encode(
            x=alt.X("at:T", scale=alt.Scale(type="utc"), title=f"local time ({zone})", axis=_DATES),
            y=alt.Y("who:N", title=None, sort=None, axis=alt.Axis(labelLimit=320)),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[colours.OKABE_ITO[place[kind]] for kind in kinds]),
                legend=legend,
            ),
            shape=alt.Shape(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[_SHAPES[place[kind]] for kind in kinds]),
                legend=legend,
            ),
            tooltip=tips,
            **(
                {"size": alt.Size("n:Q", title="entries", legend=alt.Legend(orient="bottom"))} if many else {}
            ),
        )
    )
    lines = (
        alt.Chart(_data(moments))
        .mark_rule(strokeDash=[4, 3], size=2, color="#000000")
        .encode(x=alt.X("at:T", scale=alt.Scale(type="utc")), tooltip="mark:N")
    )
    names = lines.mark_text(align="left", baseline="bottom", dx=4, y=-2).encode(text="mark:N")
    layered = alt.layer(dots, lines, names) if moments else dots
    spec: dict[str, Any] = layered.properties(width=640, height=height).to_dict()
    return spec


def _data(values: list[Any]) -> Any:  # noqa: ANN401 - altair's classes are untyped
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _timeline_alt(told: pd.DataFrame, zone: str) -> str:
    first, last = (frames.local(told["at"].iloc[end], frames.zone_of(zone)) for end in (0, -1))
    return (
        f"Timeline of {len(told)} entries by {counted(told['who'].nunique(), 'account')}, from {first:%Y-%m-%d %H:%M} "
        f"to {last:%Y-%m-%d %H:%M} local time ({zone})."
    )


def hours(active: pd.DataFrame, *, title: str = "Hours of the week") -> Figure:
    """Draw how many posts fall in each hour of the week; takes what ``analysis.active_hours`` gives.

    Several accounts are added up; choose rows first for one. Raises UsageError for missing columns.
    """
    missing = {"hour_of_week", "posts"} - set(active.columns)
    if missing and len(active.columns):
        raise UsageError(
            "this table has no hours of the week",
            expected=", ".join(sorted(missing)),
            todo="pass what analysis.active_hours gives",
        )
    counts = np.zeros(168, dtype=np.int64)
    if len(active):
        np.add.at(counts, active["hour_of_week"].to_numpy(), active["posts"].to_numpy())
    values = [
        {"day": _DAYS[place // 24], "hour": place % 24, "posts": int(n)} for place, n in enumerate(counts)
    ]
    if not counts.any():
        return nothing(title, "No posts to count by weekday and hour.", analysis.said(active))
    zone = _zone(active)
    busiest = int(counts.argmax())
    alt_text = (
        f"Posts by weekday and hour, {counts.sum()} in all, local time ({zone}); "
        f"most in the hour from {busiest % 24}:00 on {_DAYS[busiest // 24]} ({counts[busiest]})."
    )
    note = f"Local time ({zone}). {analysis.said(active)}".strip()
    return chart(
        _hours_spec(values), title=title, alt=alt_text, note=note, height=240, below=drawn_from(active)
    )


def _hours_spec(values: list[dict[str, Any]]) -> dict[str, Any]:
    base = alt.Chart(_data(values)).encode(
        x=alt.X("hour:O", title="hour of the day"),
        y=alt.Y("day:O", sort=list(_DAYS), title=None),
        tooltip=["day:N", "hour:O", "posts:Q"],
    )
    most = max((value["posts"] for value in values), default=0)
    shades = alt.Scale(domain=[0, max(most, 1)], range=["#ffffff", "#0072B2"], interpolate="rgb")
    cells = base.mark_rect(stroke="#d0d0d0").encode(
        color=alt.Color("posts:Q", scale=shades, legend=alt.Legend(values=[0, max(most, 1)], format="d"))
    )
    # The number stands in the cell too, so that colour is not the only sign.
    numbers = base.mark_text(fontSize=9).encode(
        text="posts:Q",
        color=alt.condition(f"datum.posts > {most * 0.6}", alt.value("white"), alt.value("black")),
        opacity=alt.condition("datum.posts > 0", alt.value(1), alt.value(0)),
    )
    spec: dict[str, Any] = alt.layer(cells, numbers).properties(width=640, height=170).to_dict()
    return spec


def drawn_from(frame: pd.DataFrame) -> str:
    """Give the line that names the exhibits of the rows that are drawn."""
    if "exhibits" not in frame.columns:
        return ""
    return cites(frame["exhibits"], frame.get("exhibit_count", ()))


def chart(
    spec: dict[str, Any],
    *,
    title: str,
    alt: str,
    note: str = "",
    height: int = 420,
    room: int = 5,
    below: str = "",
) -> Figure:
    """Make a figure of a Vega-Lite specification that holds its own data.

    ``room`` is how many pixels stay free left and right of the still picture: a viewer's letters may be wider than
    those it was measured with, and nothing may be cut off. ``below`` is HTML made here, to stand under it.
    """
    described = {**spec, "description": alt}
    still = {**described, "padding": {"left": room, "right": room, "top": 5, "bottom": 5}}
    return Figure(
        title=title,
        alt=alt,
        note=note,
        height=height,
        svg=vl_convert.vegalite_to_svg(still, vl_version=_version(), allowed_base_urls=[]),
        page=_live(described, alt),
        below=below,
    )


def _live(spec: dict[str, Any], alt_text: str) -> str:
    # In a script only "<" can end it or open a comment; JSON has another way to write it.
    data = json.dumps(spec).replace("<", "\\u003c")
    # "ast" interprets expressions instead of compiling them, so the policy need not allow eval.
    options = '{"mode":"vega-lite","actions":false,"ast":true,"renderer":"svg"}'
    body = f'<div id="vis" role="img" aria-label="{escaped(alt_text)}"></div>'
    return page(
        f"<script>{_bundle()}</script>", f'{body}<script>vegaEmbed("#vis", {data}, {options})</script>'
    )


def _version() -> str:
    major, minor, _ = alt.SCHEMA_VERSION.lstrip("v").split(".")
    return f"{major}.{minor}"


_GLOBALS: Final = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"


@cache
def _bundle() -> str:
    """Give the drawing program, which the installed package carries; it is the same for every chart."""
    script: str = vl_convert.javascript_bundle(snippet=_GLOBALS, vl_version=_version())
    return script.replace("</script", "<\\/script")
