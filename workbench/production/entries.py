"""One exhibit as a report prints it: its facts, its times and the rows that are cited, in few lines of paper.

A court package gives each exhibit a page of its own (``pages``). A report of a hundred exhibits made so would be
hundreds of sheets of mostly white paper: here the same facts stand in one small table, entries follow one another,
and of rows that nobody cites only the first few are printed, the others counted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

from workbench.production import pages
from workbench.production.markup import safe
from workbench.production.views import CitedBy, ExhibitView, Http, Rows, RowView, Times
from workbench.rows import Moment
from workbench.times import stamp

FIRST: Final = 3
"""Rows of each table that are printed, in short, of an exhibit of which no row is cited."""
WHOLE: Final = 5
"""Rows printed where they stand for the exhibit as a whole, as those of a picture or a film do."""

_SIGNS: Final = 10
"""Most picture letters of one value that are named."""

_SAID: Final = frozenset(
    {"platform", "server", "native_id", "entity_id", "parser", "parser_version", "captured_at"}
    | {"content_raw", "content_repaired", "note_raw", "note_repaired"}
)
"""Columns that are not printed: what the address says too, the parser, and words with their markup."""
_SHORT: Final = frozenset(
    {
        "kind",
        "handle",
        "name",
        "author_handle",
        "actor_handle",
        "target_handle",
        "published",
        "content",
        "state",
    }
    | {"media_type", "sha256", "description", "title", "version", "number"}
)
"""Columns of a row in short: who, what, when; addresses, counts and flags are left out."""

READING: Final = (
    "In each entry, posted is what the source says; observed is when the bytes were received, by the recorder's clock "
    "when it asked or the log's when a file was given; captured is when the custody log's line was written. These are "
    "three different things. Unless a time names another zone, it is UTC."
)
"""What the times of an entry mean: said once, above all of them."""


def entry(view: ExhibitView, cited: Collection[str], note: str, review: str) -> str:
    """Write the entry of an exhibit of which these citations of rows are cited.

    ``note`` says what is not shown, ``review`` what a supervisor decided.
    """
    name = pages.anchor(view.citation)
    told = f'<p class="note">{safe(note)}</p>' if note else ""
    head = (
        f'<div class="top"><p class="label">{pages.LABEL}</p><h2>Exhibit {safe(view.citation)}</h2>'
        f"{_table(view, review)}{told}</div>"
    )
    shown = "".join(_content(view, name, cited)) if view.copy else ""
    return f'<section class="exhibit" id="{safe(name)}">{head}{shown}</section>\n'


def chosen(view: ExhibitView, cited: Collection[str]) -> tuple[Rows, ...]:
    """Keep the rows that are cited; where none of the exhibit is, the first few of each table.

    A row without a pointer of its own is cited where the exhibit is cited as a whole.
    """
    some = any(one.exhibit in cited and "#" in one.exhibit for rows in view.rows for one in rows.rows)
    return tuple(_kept(rows, view.citation, cited if some else None) for rows in view.rows)


def _kept(rows: Rows, citation: str, cited: Collection[str] | None) -> Rows:
    whole = bool(rows.rows) and rows.rows[0].exhibit == citation
    most = WHOLE if whole else FIRST if cited is None else len(rows.rows)
    kept = tuple(one for one in rows.rows if cited is None or one.exhibit in cited)[:most]
    return Rows(table=rows.table, count=rows.count, rows=kept)


# --- facts ---------------------------------------------------------------------------------------


def _table(view: ExhibitView, review: str) -> str:
    lines = "".join(
        f'<tr><th scope="row">{name}</th><td>{text}</td></tr>\n'
        for name, text in _facts(view, review)
        if text
    )
    return f'<table class="pairs">{lines}</table>\n'


def _facts(view: ExhibitView, review: str) -> Iterator[tuple[str, str]]:
    """Give labels and values, the values as markup."""
    stored, times = view.stored, view.times
    end = stored.offset + stored.length
    yield from _asked(view.http)
    yield "Given name", safe(pages.cut(view.given_name))
    bytes_ = f"{stored.path}, bytes {stored.offset} to {end} ({stored.length} bytes), from {view.source}"
    yield "Stored in", f'{safe(bytes_)} (<a href="#L{view.number}">in the list</a>)'
    yield "SHA-256", f"<code>{safe(stored.sha256)}</code>"
    yield (
        "Custody log",
        f"line {view.seq}, by {safe(view.actor)}; SHA-256 of the line <code>{safe(view.line_sha256)}</code>",
    )
    yield "Replaced", safe(f"secrets, by the rule {view.rule}, before writing" if view.rule else "")
    yield "Mark", safe("" if view.mark == "none" else view.mark)
    yield "Not readable", safe(view.problem)
    yield "Posted", _posted(times)
    yield "Observed", f"{safe(stamp(times.observed))}; captured {safe(stamp(times.logged))}"
    yield "Cited by", "; ".join(_citing(one) for one in view.cited_by)
    yield "On review", safe(review)


def _asked(http: Http | None) -> Iterator[tuple[str, str]]:
    if http is None:
        return
    status = f"status {http.status}" if http.status else f"no readable answer: {http.outcome or 'unknown'}"
    kind = http.header("content-type")
    early = f"it ends early: {http.truncated}" if http.truncated else ""
    yield "Asked", safe(pages.cut(f"{http.method} {http.url}".strip()) if http.url else "")
    yield "Answer", safe(pages.cut(", ".join(part for part in (status, kind, early) if part)))


def _posted(times: Times) -> str:
    first, last = times.posted_first, times.posted_last
    if first is None and last is None:
        return "none known"
    both = [each for each in (first, last) if each is not None]
    return safe(" to ".join(dict.fromkeys(_moment(each) for each in both)))


def _moment(moment: Moment) -> str:
    raw = pages.cut(moment.raw, 200)
    if moment.utc is None:
        return f"{raw} ({moment.basis}, as the source wrote it)"
    utc = stamp(moment.utc)
    wrote = "" if _same(moment.raw, utc) else f", as the source wrote it: {raw}"
    return f"{utc} ({moment.basis}{wrote})"


def _citing(one: CitedBy) -> str:
    # When it ran and by whom stands at the run itself, in the same report.
    return safe(pages.cut(f"{one.file}: {one.what}", 2_000))


# --- rows ----------------------------------------------------------------------------------------


def _content(view: ExhibitView, name: str, cited: Collection[str]) -> Iterator[str]:
    yield from pages.picture(view, heading="h3")
    brief = _Brief(name, cited)
    for rows in view.rows:
        if rows.rows:
            yield brief.rows(rows)
    if others := [f"{rows.table.replace('_', ' ')} {rows.count}" for rows in view.rows if not rows.rows]:
        yield f'<p class="note">Also read from it, not cited here: {safe(", ".join(others))}.</p>'
    yield from pages.words(view, heading="h3")


class _Brief:
    """Writes the rows of one exhibit in few lines; each has its citation for an id, the first of its name."""

    def __init__(self, name: str, cited: Collection[str]) -> None:
        self._taken = {name}
        self._cited = cited

    def rows(self, rows: Rows) -> str:
        """Write the rows of a table, each as its citation and a paragraph of columns."""
        shown = "".join(f'<p class="row"{self._id(one.exhibit)}>{self._cells(one)}</p>' for one in rows.rows)
        left = rows.count - len(rows.rows)
        are = "row of it is" if left == 1 else "rows of it are"
        more = f'<p class="note">{left} more {are} not shown here.</p>' * (left > 0)
        return f"<h3>Read from it: {safe(rows.table.replace('_', ' '))} ({rows.count})</h3>{shown}{more}"

    def _id(self, citation: str) -> str:
        name = pages.anchor(citation)
        if name in self._taken:
            return ""
        self._taken.add(name)
        return f' id="{safe(name)}"'

    def _cells(self, one: RowView) -> str:
        cells = list(_told(one.cells))
        # A row with a pointer of its own that nobody cites; one without stands for the exhibit, which is cited.
        if "#" in one.exhibit and one.exhibit not in self._cited:
            cells = [(name, text) for name, text in cells if name in _SHORT] or cells
        told = "; ".join(f"<i>{safe(names)}</i> {safe(text)}{_signs(text)}" for names, text in _merged(cells))
        return f"<code>{safe(one.exhibit)}</code> {told}"


def _told(cells: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Give the columns to print: a time once, with its basis, where the source wrote the same instant."""
    every = dict(cells)
    for name, text in cells:
        time = name.removesuffix("_raw").removesuffix("_basis")
        utc, basis = every.get(time, ""), every.get(f"{time}_basis", "")
        one = bool(utc and basis) and _same(every.get(f"{time}_raw", ""), utc)
        if name in _SAID or (one and name != time):
            continue
        yield name, f"{text} ({basis})" if one else text


def _signs(text: str) -> str:
    """Name the picture letters of a text by number and name: a print shows them small and grey, or as empty boxes."""
    found = list(dict.fromkeys(each for each in text if unicodedata.category(each) == "So"))
    named = ", ".join(f"U+{ord(each):04X} {unicodedata.name(each, '')}".strip() for each in found[:_SIGNS])
    more = f" and {len(found) - _SIGNS} more" * (len(found) > _SIGNS)
    return f" <small>[{named}{more}]</small>" if found else ""


def _merged(cells: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Give names and values, an address that several columns hold once, with all their names."""
    names: dict[str, list[str]] = {}
    for name, text in cells:
        names.setdefault(text if "://" in text else f"{name} {text}", []).append(name.replace("_", " "))
    for name, text in cells:
        if told := names.pop(text if "://" in text else f"{name} {text}", None):
            yield ", ".join(told), text


def _same(raw: str, utc: str) -> bool:
    """Say whether a source's writing of a time is ours but for the digits of its seconds' fraction."""
    return _short(raw) == _short(utc)


def _short(text: str) -> str:
    whole, point, fraction = text.removesuffix("Z").partition(".")
    return whole + (point + fraction).rstrip("0").rstrip(".") + "Z" * text.endswith("Z")
