"""Tables and banners as HTML: captured words escaped and whole, times with their zone, citations in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench import analysis
from workbench.analysis import frames
from workbench.records import Record
from workbench.show.arranged import Arranged, arranged
from workbench.show.cells import plain
from workbench.show.style import STYLE
from workbench.show.words import escaped, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

ROWS: Final = 200
_DRAWN: Final = 10_000
"""Of more rows nobody is told that a page could show them all: a browser draws no such table in good time."""
_ROOMY: Final = 8
"""Columns, a time counting twice, that are few enough for no time to be broken on paper."""
_STYLE: Final = f"<style>{STYLE}</style>"


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
    more: str = "rows",
) -> Words:
    """Show a result or a table of the case.

    Citations and long identifiers stand on a line under each row; an account's handle stands for its stable
    identifier, which is added where a handle alone says too little. ``columns`` chooses and orders, and keeps
    exactly those; ``zone`` writes the local time above UTC. At most ``rows`` rows are shown; the note says of how many,
    in which order, and that the parameter ``more`` shows the others. Words are never cut; long ones scroll on the
    screen. What is the same for all rows (method, parameters, seed, platform) stands once, below, and what a column
    means whose name does not say it (``show.columns``). Raises UsageError for an unknown zone.
    """
    if zone is not None:
        frames.zone_of(zone)
    chosen = frame if columns is None else frame[[name for name in columns if name in frame.columns]]
    drawn = arranged(chosen, zone=zone, fixed=columns is not None, rows=rows)
    undated = frame.attrs.get("undated")
    notes = [
        _of_all(frame, rows, more),
        analysis.said(frame),
        f"{undated} without a usable time are not in this period." if undated else "",
        *drawn.notes,
    ]
    text = " ".join(note for note in notes if note)
    means = _meaning(drawn) if len(frame) else ""
    shown = _drawn(drawn, title) if len(frame) else f'<p class="wb-title">{escaped(title)}</p>'
    markup = (
        f'<div class="wb-shown mathjax_ignore">{shown}{means}<p class="wb-note">{escaped(text)}</p></div>'
    )
    return Words(markup=markup, plain=visible(f"{title or 'Table'}: {text}"))


def _drawn(drawn: Arranged, title: str) -> str:
    """Draw each row as a body of its own, so that it is not parted from its citations at a page's end."""
    head = "".join(f'<th scope="col">{name}</th>' for name in drawn.heads)
    width = len(drawn.heads)
    under = [
        f'<tr class="wb-under"><td colspan="{width}">{line}</td></tr>' if line else "" for line in drawn.under
    ]
    under = under or [""] * len(drawn.rows)
    bodies = "".join(
        f"<tbody><tr>{''.join(cells)}</tr>{line}</tbody>"
        for cells, line in zip(drawn.rows, under, strict=True)
    )
    caption = f'<caption class="wb-title">{escaped(title)}</caption>' if title else ""
    # With few columns a time has room for its line on paper, too.
    times = sum('class="wb-time"' in cell for cell in drawn.rows[0]) if drawn.rows else 0
    kind = "wb-table wb-roomy" if width + times <= _ROOMY else "wb-table"
    return f'<div class="wb-wide"><table class="{kind}">{caption}<thead><tr>{head}</tr></thead>{bodies}</table></div>'


def _meaning(drawn: Arranged) -> str:
    """Say what the columns mean whose names do not say it."""
    said = "; ".join(
        f'<span class="wb-name">{escaped(name)}</span>: {escaped(words)}' for name, words in drawn.meanings
    )
    return f'<p class="wb-note wb-means">{said}.</p>' if said else ""


def _of_all(frame: pd.DataFrame, rows: int, more: str) -> str:
    count = len(frame)
    if count == 0:
        # Said of what cites evidence; a list of open questions, or of what people noted, may simply be empty.
        names = {str(name) for name in frame.columns}
        cited = {"exhibit", "exhibits"} & names and "annotation" not in names
        return f"No rows.{' What was not captured is not thereby absent.' if cited else ''}"
    if count > rows:
        order = frame.attrs.get("order", "")
        told = f", in this order: {order}" if order else ""
        rest = f"{more}={count} shows all" if count <= _DRAWN else f"a greater {more} shows more"
        return f"The first {rows:,} of {count:,} rows are shown{told}; {rest}."
    return "1 row." if count == 1 else f"{count:,} rows."


def case_banner(facts: Mapping[str, object], *, title: str, warnings: Sequence[str] = ()) -> Words:
    """Show the facts of a case as labels and values, warnings first; all of it escaped."""
    pairs = {str(label): plain(value) for label, value in facts.items()}
    listed = "".join(
        f"<dt>{escaped(label)}</dt><dd><bdi>{escaped(text)}</bdi></dd>" for label, text in pairs.items()
    )
    warned = "".join(f'<p class="wb-warning"><strong>Note:</strong> {escaped(text)}</p>' for text in warnings)
    markup = (
        f'<section class="wb-banner mathjax_ignore" aria-label="{escaped(title)}"><h2>{escaped(title)}</h2>'
        f"{warned}<dl>{listed}</dl></section>"
    )
    told = [title, *warnings, *(f"{label}: {text}" for label, text in pairs.items())]
    return Words(markup=markup, plain=visible("\n".join(told)))
