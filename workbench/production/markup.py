"""The few words of HTML and CSV that a package's sheets are written in; whatever was captured is disarmed."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence

_STYLE = (
    "body{font:10pt/1.4 sans-serif;margin:1.5cm;color:#000;background:#fff}h1{font-size:15pt}h2{font-size:12pt}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:1.5mm;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{background:#eee;overflow-wrap:normal}"
    "td:first-child{min-width:5.5em}.t{white-space:nowrap}"
    "code{font:8pt monospace}.note{max-width:50em}@media print{tr{page-break-inside:avoid}}"
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_HANDLE = re.compile(r"(@?[\w.+-]{1,60})(@[\w.-]{1,80})")
_FORMULA = tuple("=+-@|%\t\r\n＝＋－＠﹢﹣﹦﹫")


def safe(text: str) -> str:
    """Escape markup, and make control and direction characters visible; line breaks stay."""
    return html.escape("".join(c if c == "\n" or c.isprintable() else f"\\u{ord(c):04x}" for c in text))


def head(title: str, notes: Iterable[str] = (), style: str = "") -> str:
    """Begin a page that loads nothing and runs nothing; ``notes`` are plain words, ``style`` more of our own CSS."""
    told = "".join(f'<p class="note">{safe(note)}</p>' for note in notes)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{safe(title)}</title><style>{_STYLE}{style}</style></head><body><h1>{safe(title)}</h1>{told}\n"
    )


END = "</body></html>\n"


def row(cells: Sequence[str], tag: str = "td") -> str:
    """Write a row of a table; the cells are markup already."""
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of plain words."""
    body = "".join(row([words(cell) for cell in cells]) for cells in rows)
    return f"<table>{row([safe(name) for name in names], 'th')}{body}</table>\n"


def time(stamped: str) -> str:
    """Write a time so that a narrow column breaks it before its hour and nowhere else."""
    parts = stamped.partition("T")
    whole = '<span class="t">'
    return f"{whole}{safe(parts[0])}</span><wbr>{whole}{safe(''.join(parts[1:]))}</span>"


def words(text: str) -> str:
    """Write plain words; a time that we stamped, and a handle, are broken where they may be and nowhere else."""
    if _STAMP.fullmatch(text):
        return time(text)
    handle = _HANDLE.fullmatch(text)
    return "<wbr>".join(map(safe, handle.groups())) if handle else safe(text)


def link(target: str, words: str) -> str:
    """Link to a file of the package, by a path that is ours."""
    return f'<a href="{html.escape(target, quote=True)}">{safe(words)}</a>'


def csv_row(cells: Iterable[object]) -> bytes:
    """Write a line of CSV (RFC 4180), such that no spreadsheet takes a cell for a formula.

    A cell that could be one gets an apostrophe in front; control characters become visible.
    """
    out = io.StringIO()
    csv.writer(out).writerow([_cell(str(cell)) for cell in cells])
    return out.getvalue().encode()


def _cell(text: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) else shown
