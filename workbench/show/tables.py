"""Tables and banners as HTML: captured words escaped and whole, times with their zone, citations in sight."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pandas as pd

from workbench import analysis
from workbench.analysis import frames
from workbench.records import Record
from workbench.show.words import escaped, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROWS: Final = 200
_LONG: Final = 400
_ONCE: Final = ("method", "parameters", "seed")
_CITES: Final = ("exhibit", "exhibits")
_STYLE: Final = (
    "<style>.wb-table{border-collapse:collapse;font-size:.9em}.wb-table caption{text-align:left;font-weight:bold}"
    ".wb-table th,.wb-table td{border:1px solid #767676;padding:.2em .5em;text-align:left;vertical-align:top}"
    ".wb-table .wb-words{white-space:pre-wrap;overflow-wrap:anywhere;max-width:40em}"
    "@media screen{.wb-long{max-height:9em;overflow:auto}}"
    ".wb-note{font-size:.9em}.wb-banner{border:3px solid #0072B2;padding:.5em 1em;margin:0 0 1em 0}"
    ".wb-banner dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em;margin:0}"
    ".wb-banner dt{font-weight:bold}.wb-banner dd{margin:0;overflow-wrap:anywhere}"
    ".wb-warning{border-left:6px solid #D55E00;padding-left:.6em}</style>"
)


class Words(Record, frozen=True, kw_only=True):
    """HTML made here, with the same as plain text; nothing in it runs or is fetched."""

    markup: str
    plain: str

    def fragment(self) -> str:
        """Give HTML to stand inside a page."""
        return _STYLE + self.markup

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002 - IPython's signature
        return {"text/html": self.fragment(), "text/plain": self.plain}


def table(
    frame: pd.DataFrame,
    *,
    title: str = "",
    columns: Sequence[str] | None = None,
    zone: str | None = None,
    rows: int = ROWS,
) -> Words:
    """Show a result or a table of the case.

    ``columns`` chooses and orders; ``zone`` writes the local time beside UTC; at most ``rows`` rows are shown and
    the note says of how many. Words are never cut; long ones scroll on the screen. What is the same for all rows
    (method, parameters, seed) stands once, below. Raises UsageError for an unknown zone.
    """
    if zone is not None:
        frames.zone_of(zone)
    names = [str(name) for name in (columns or frame.columns) if name in frame.columns]
    once = [name for name in _ONCE if name in names and columns is None]
    shown = [
        name for name in names if name not in once and not (name == "exhibit_count" and "exhibits" in names)
    ]
    head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in shown)
    body = "".join(_row(row, shown, zone) for row in frame.head(rows).to_dict(orient="records"))
    notes = [_of_all(len(frame), rows), analysis.said(frame), *_same_for_all(frame, once)]
    text = " ".join(note for note in notes if note)
    markup = (
        f'<table class="wb-table"><caption>{escaped(title)}</caption><thead><tr>{head}</tr></thead>'
        f'<tbody>{body}</tbody></table><p class="wb-note">{escaped(text)}</p>'
    )
    return Words(markup=markup, plain=visible(f"{title or 'Table'}: {text}"))


def _of_all(count: int, rows: int) -> str:
    if count == 0:
        return "No rows."
    return f"The first {rows:,} of {count:,} rows are shown." if count > rows else f"{count:,} rows."


def _same_for_all(frame: pd.DataFrame, once: Sequence[str]) -> list[str]:
    return [f"{name}: {frame[name].iloc[0]}." for name in once if len(frame)]


def _row(row: Mapping[object, object], shown: list[str], zone: str | None) -> str:
    cells = [
        _cites(row[name], row.get("exhibit_count")) if name in _CITES else _cell(row[name], zone)
        for name in shown
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cites(value: object, count: object) -> str:
    cites = list(value) if isinstance(value, (tuple, list)) else [value]
    listed = " ".join(f"<code>{escaped(str(cite))}</code>" for cite in cites)
    more = int(str(count)) - len(cites) if isinstance(value, (tuple, list)) and count is not None else 0
    return f"<td>{listed}{f' and {more} more' if more > 0 else ''}</td>"


def _cell(value: object, zone: str | None) -> str:
    text = _text(value, zone)
    # Long words scroll on the screen and are whole in print; nothing is folded away or cut.
    long = ' tabindex="0" class="wb-long"' if len(text) > _LONG else ""
    return f'<td class="wb-words"><div{long}><bdi>{escaped(text)}</bdi></div></td>'


def _text(value: object, zone: str | None) -> str:
    """Write one value: a time with its zone, a missing one as a dash, several with semicolons."""
    if isinstance(value, (tuple, list)):
        return "; ".join(_text(each, zone) for each in value)
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, datetime):
        return _moment(value, zone)
    if type(value).__name__ in {"bool", "bool_"}:
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) and not value.is_integer() else str(value)


def _moment(value: datetime, zone: str | None) -> str:
    written = f"{value:%Y-%m-%d %H:%M:%S} {value.tzname() or 'no zone'}"
    if zone is None or value.tzinfo is None:
        return written
    return f"{written}\n{value.astimezone(frames.zone_of(zone)):%Y-%m-%d %H:%M:%S %Z}"


def case_banner(facts: Mapping[str, object], *, title: str, warnings: Sequence[str] = ()) -> Words:
    """Show the facts of a case as labels and values, warnings first; all of it escaped."""
    pairs = {str(label): _text(value, None) for label, value in facts.items()}
    listed = "".join(
        f"<dt>{escaped(label)}</dt><dd><bdi>{escaped(text)}</bdi></dd>" for label, text in pairs.items()
    )
    warned = "".join(f'<p class="wb-warning"><strong>Note:</strong> {escaped(text)}</p>' for text in warnings)
    markup = (
        f'<section class="wb-banner" aria-label="{escaped(title)}"><h2>{escaped(title)}</h2>'
        f"{warned}<dl>{listed}</dl></section>"
    )
    told = [title, *warnings, *(f"{label}: {text}" for label, text in pairs.items())]
    return Words(markup=markup, plain=visible("\n".join(told)))
