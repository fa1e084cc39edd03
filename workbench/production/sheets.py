"""The sheets that grow with the exhibits, written while these go by: index (HTML and CSV) and threads."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import BinaryIO, Self

from workbench.production import markup
from workbench.production.bag import Bag
from workbench.production.views import ExhibitFact, ExhibitView, Neighbour
from workbench.rows import Moment
from workbench.times import stamp

_COLUMNS = (
    *("exhibit", "kind", "posted_first_utc", "posted_last_utc", "posted_basis", "posted_first_raw"),
    *("posted_last_raw", "observed_utc", "captured_utc", "source", "address", "given_name", "status"),
    *("bytes", "sha256", "log_line", "rule", "mark", "copy", "page"),
)
_NOTES = (
    "Exhibits are in the folder exhibits as they were stored, byte for byte. Pages are our rendering of them.",
    (
        "Posted: what the source says of the time of the posts that the exhibit shows, first and last; nobody here has "
        "checked it. Observed: when the bytes were received. Captured: when the custody log took them in. These are "
        "three different things."
    ),
)
_THREAD_NOTES = (
    (
        "For each exhibit: the posts before it (what it answers, and the messages before it in the same chat) and "
        "after it (answers to it, and the messages after it), as far as this package holds them. A post that is not "
        "here may exist."
    ),
)


class Sheets:
    """Writes the three sheets. Use it in a ``with``; ``add`` takes the exhibits in order."""

    def __init__(self, bag: Bag, title: str) -> None:
        self._bag = bag
        self._title = title
        self._stack = contextlib.ExitStack()
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> Self:
        for name in ("index.html", "index.csv", "thread.html"):
            self._open[name] = self._stack.enter_context(self._bag.file(f"data/{name}"))
        self._html("index.html", markup.head(f"Exhibits of {self._title}", _NOTES, _WIDE))
        self._html("index.html", f"{_others()}<table>{_columns()}<thead>{markup.row(_HEADS, 'th')}</thead>")
        self._open["index.csv"].write(markup.csv_row(_COLUMNS))
        self._html("thread.html", markup.head(f"Before and after: {self._title}", _THREAD_NOTES))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._html("index.html", "</table>" + markup.END)
                self._html("thread.html", markup.END)
        finally:
            self._stack.__exit__(kind, error, trace)

    def _html(self, name: str, text: str) -> None:
        self._open[name].write(text.encode())

    def add(self, view: ExhibitView, fact: ExhibitFact, page: str) -> None:
        """Enter an exhibit; ``page`` is the path of its page in the package."""
        self._open["index.csv"].write(markup.csv_row(_csv(view, fact, page)))
        self._html("index.html", markup.row(_row(view, fact, page)))
        if view.before or view.after:
            self._html("thread.html", _thread(view, page))


_WIDTHS = {
    "Exhibit": "11em",
    "Posted (as the source says)": "11.5em",
    "Observed": "11.5em",
    "Captured": "11.5em",
    "What": "auto",
    "Bytes and SHA-256": "auto",
    "Mark": "7.5em",
}
"""The columns of the index. Fixed widths: no captured word can squeeze a column, and a long table is shown at once."""
_HEADS = tuple(_WIDTHS)
_WIDE = (
    "body{margin:1cm}table{table-layout:fixed;min-width:74em;font-size:9pt}thead{display:table-header-group}"
    "@page{size:landscape;margin:12mm}@media print{body{margin:0}table{min-width:0}}"
)


def _columns() -> str:
    cols = "".join(f'<col style="width:{width}">' for width in _WIDTHS.values())
    return f"<colgroup>{cols}</colgroup>"


def _others() -> str:
    names = {
        "thread.html": "threads",
        "authorship.html": "authorship sheet",
        "acts.html": "acts",
        "search-log.csv": "search log",
        "transformations.csv": "transformations",
        "declaration.pdf": "declaration of capture (draft)",
        "replay.wacz": "replay (WACZ)",
        "case-uco.jsonld": "CASE/UCO",
    }
    return "<p>" + " · ".join(markup.link(name, words) for name, words in names.items()) + "</p>\n"


def _csv(view: ExhibitView, fact: ExhibitFact, page: str) -> list[object]:
    first, last = view.times.posted_first, view.times.posted_last
    return [
        fact.citation,
        fact.kind,
        _utc(first),
        _utc(last),
        _basis(first, last),
        first.raw if first else "",
        last.raw if last else "",
        fact.observed,
        fact.logged,
        fact.source,
        fact.url,
        fact.given_name,
        view.http.status if view.http else "",
        fact.length,
        fact.sha256,
        fact.seq,
        view.rule,
        fact.mark,
        fact.copy or "withheld",
        page,
    ]


def _row(view: ExhibitView, fact: ExhibitFact, page: str) -> list[str]:
    first, last = view.times.posted_first, view.times.posted_last
    posted = dict.fromkeys(_utc(one) for one in (first, last) if _utc(one))
    status = f" (status {view.http.status})" if view.http else ""
    held = (
        markup.link(_relative(fact.copy), fact.copy.rpartition("/")[2]) if fact.copy else "bytes are withheld"
    )
    return [
        markup.link(_relative(page), fact.citation),
        " to ".join(map(markup.time, posted)) or "not stated",
        markup.time(fact.observed),
        markup.time(fact.logged),
        markup.safe(f"{fact.url or fact.given_name or fact.kind}{status}"),
        f"{held}, {fact.length}<br><code>{fact.sha256}</code>",
        markup.safe("" if fact.mark == "none" else fact.mark),
    ]


def _thread(view: ExhibitView, page: str) -> str:
    names = ("Exhibit", "Posted", "Author", "Words")
    parts = [f"<h2>{markup.link(_relative(page), view.citation)}</h2>\n"]
    for words, found in (("Before", view.before), ("After", view.after)):
        parts.append(f"<p>{words}</p>" + markup.table(names, map(_cells, found)) if found else "")
    return "".join(parts)


def _cells(one: Neighbour) -> tuple[str, ...]:
    return one.exhibit, one.posted, one.author, one.words


def _relative(path: str) -> str:
    """Give a path as seen from ``data/``."""
    return path.removeprefix("data/")


def _utc(moment: Moment | None) -> str:
    return "" if moment is None or moment.utc is None else stamp(moment.utc)


def _basis(first: Moment | None, last: Moment | None) -> str:
    return " ".join(dict.fromkeys(one.basis for one in (first, last) if one))
