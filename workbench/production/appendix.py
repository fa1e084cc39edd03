"""The exhibits of a report: a list of all that are cited, and a page for each, to which citations lead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from workbench.counts import exhibits_told
from workbench.production import pages
from workbench.production.content import Contents
from workbench.production.markup import row, safe, time
from workbench.production.views import CitedBy, ExhibitView, Http, Rows, RowView
from workbench.records import Record
from workbench.times import stamp

PAGES: Final = 500
"""Most exhibits that have a page in a report; the list names all that are cited."""

PICTURE_BYTES: Final = 48 << 20
"""Most bytes of pictures in all pages of a report together."""

_LINES: Final = 100
_ROWS: Final = 5
_LETTERS: Final = 800
_SAID: Final = frozenset(
    {"platform", "server", "native_id", "entity_id", "parser", "parser_version", "captured_at"}
    | {"content_raw", "content_repaired", "note_raw", "note_repaired"}
)
"""Columns that a report does not print: what the address says too, the parser, and words with their markup."""
_NAMED: Final = 20
_UNSHOWN = {
    "hidden": "It is hidden: nothing of its content is shown in a report.",
    "contraband": "Its bytes never leave the case. Its hash and its line in the custody log are given.",
}
_PAGED = (
    "An exhibit's page here gives its facts and times and the rows that are cited; where no row was read from it, the "
    "beginning of its words. Left out are header fields, rows that are not cited, the posts around it, and what was "
    "written about it; a court package has them all."
)
_MINIMISED = (
    "No row of it and none of its words is printed here: they name accounts that stand under neutral names above. The "
    "exhibit itself lies in the case, as the list says; a package or a disclosure brings it."
)
_WHERE = "The exhibit itself lies in the case, as the list says; a package or a disclosure brings it."


class Wanted(Record, frozen=True, kw_only=True):
    """What is cited: exhibit number -> pointers; ``paged`` are those that get a page; ``last`` is the last sealed."""

    cited: Mapping[int, Collection[str]]
    paged: frozenset[int]
    last: int

    @property
    def known(self) -> list[int]:
        """The cited exhibits that the seal covers, in order."""
        return sorted(number for number in self.cited if 1 <= number <= self.last)

    def pointed(self, case: str) -> list[str]:
        """Give the citations of single rows."""
        every = ((number, pointer) for number, pointers in self.cited.items() for pointer in pointers)
        return [f"{case}-E{number:04d}#{pointer}" for number, pointer in every if pointer]

    @property
    def unknown(self) -> list[int]:
        """Cited numbers that no sealed exhibit has, in order."""
        return sorted(number for number in self.cited if not 1 <= number <= self.last)


class Appendix:
    """Makes the list and the pages, exhibit by exhibit.

    ``reviews`` are decisions in words: citation -> words; ``runs`` the folders of the runs that are reported.
    ``minimised``: bystanders stand under neutral names in these runs, so that no page may name them.
    """

    def __init__(
        self, wanted: Wanted, reviews: Mapping[str, str], runs: Collection[str], *, minimised: bool = False
    ) -> None:
        self._runs = frozenset(runs)
        self._minimised = minimised
        self._wanted = wanted
        self._reviews = reviews
        self._left = PICTURE_BYTES
        self._lines: list[str] = []

    def pages(self, contents: Contents) -> Iterator[str]:
        """Give the page of each exhibit that has one; its line of the list is kept for ``listing``."""
        for view in contents.views(frozenset(self._wanted.known)):
            self._lines.append(self._line(view))
            if view.number in self._wanted.paged:
                yield self._page(view)

    def listing(self) -> str:
        """Give the table of the exhibits that have gone by: number, kind, captured, SHA-256, file, decision."""
        heads = ("Exhibit", "Kind", "Captured (UTC)", "SHA-256 of the stored bytes", "Stored in", "On review")
        count = len(self._lines)
        notes = "".join(f'<p class="note">{safe(note)}</p>' for note in self._notes(count))
        head = f"<thead>{row([safe(name) for name in heads], 'th')}</thead>"
        # A browser that prints keeps a whole table in memory once for each of its pages.
        tables = "".join(
            f'<table class="list">{head}<tbody>{"".join(self._lines[first : first + _LINES])}</tbody></table>'
            for first in range(0, max(count, 1), _LINES)
        )
        return f'<section class="listing" id="exhibits"><h2>Exhibits cited ({count})</h2>{notes}{tables}</section>\n'

    def _notes(self, count: int) -> Iterator[str]:
        if not count:
            yield "No exhibit is cited."
        if self._wanted.paged:
            yield _PAGED
        paged = len(self._wanted.paged)
        if count > paged:
            yield (
                f"{paged} of {count} exhibits have a page below: those that the report cites first. "
                f"The citations of the other {count - paged} lead to their lines in this list."
            )
        if unknown := self._wanted.unknown:
            named = exhibits_told(unknown[:_NAMED])
            more = f" and {len(unknown) - _NAMED} more" * (len(unknown) > _NAMED)
            yield f"Cited, but no exhibit that this seal covers: {named}{more}."

    def _line(self, view: ExhibitView) -> str:
        name = safe(view.citation)
        paged = view.number in self._wanted.paged
        cells = [
            f'<a href="#{safe(pages.anchor(view.citation))}">{name}</a>' if paged else name,
            safe(_kind(view)),
            time(stamp(view.times.logged)[:19]),
            f"<code>{view.stored.sha256}</code>",
            f"<code>{safe(view.stored.path)} {view.stored.offset}+{view.stored.length}</code>",
            safe(self._reviews.get(view.citation, "–").partition(",")[0]),
        ]
        return f'<tr id="L{view.number}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"

    def _page(self, view: ExhibitView) -> str:
        name = pages.anchor(view.citation)
        unshown = _UNSHOWN.get(view.mark, "")
        shown = self._bare(view) if unshown else self._bounded(view)
        decided = self._reviews.get(view.citation, "")
        note = "".join(
            f'<p class="note">{safe(words)}</p>'
            for words in (
                unshown or (_MINIMISED if self._minimised else _WHERE),
                f"On review: {decided}." * bool(decided),
            )
            if words
        )
        return (
            f'<section class="exhibit" id="{safe(name)}"><h2>Exhibit {safe(view.citation)}</h2>'
            f'<p class="label">{pages.LABEL}</p>{note}{pages.inside(shown, _Brief(name).rows)}'
            f'<p class="note"><a href="#L{view.number}">In the list of exhibits</a></p></section>\n'
        )

    def _bare(self, view: ExhibitView) -> ExhibitView:
        """Leave what says nothing of the content: where it lies, its hash, its times, the runs that cite it.

        What an exhibit was called, its address and what officers wrote of it, a mark's reason too, may say much.
        """
        return msgspec.structs.replace(
            view, copy="", given_name="", http=None, before=(), after=(), cited_by=self._citing(view)
        )

    def _citing(self, view: ExhibitView) -> tuple[CitedBy, ...]:
        return tuple(one for one in view.cited_by if one.file in self._runs)

    def _bounded(self, view: ExhibitView) -> ExhibitView:
        """Cut a view to what a report shows: the rows that are cited, the beginning of the words, pictures.

        The posts around it are not cited, and are other people's: they stay out.
        """
        cited = {
            f"{view.citation}#{pointer}" for pointer in self._wanted.cited.get(view.number, ()) if pointer
        }
        if self._minimised:
            view = msgspec.structs.replace(
                view, rows=(), shown=b"", http=view.http and self._headless(view.http)
            )
        return msgspec.structs.replace(
            view,
            rows=_rows(view.rows, cited),
            shown=self._words(view.shown, read=bool(view.rows)),
            http=view.http and self._http(view.http, read=bool(view.rows)),
            before=(),
            after=(),
            cited_by=self._citing(view),
        )

    def _headless(self, http: Http) -> Http:
        return msgspec.structs.replace(http, url="", body=b"")

    def _http(self, http: Http, *, read: bool) -> Http:
        return msgspec.structs.replace(http, body=self._words(http.body, read=read))

    def _words(self, data: bytes, *, read: bool) -> bytes:
        """Cut what is shown of the bytes: a picture whole, while there is room; words only where no row says them."""
        if data.startswith(tuple(pages.PICTURES)) and len(data) <= self._left:
            self._left -= len(data)
            return data
        return b"" if read else data[:_LETTERS]


class _Brief:
    """Writes the rows of one exhibit in few lines; each has its citation for an id, the first of its name."""

    def __init__(self, name: str) -> None:
        self._taken = {name}

    def rows(self, rows: Rows) -> str:
        """Write the rows of a table, each as its citation and a paragraph of columns."""
        shown = "".join(f'<p class="row"{self._id(one.exhibit)}>{_cells(one)}</p>' for one in rows.rows)
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


def _cells(one: RowView) -> str:
    told = "; ".join(
        f"<i>{safe(name.replace('_', ' '))}</i> {safe(text)}" for name, text in one.cells if name not in _SAID
    )
    return f"<code>{safe(one.exhibit)}</code><br>{told}"


def _rows(every: tuple[Rows, ...], cited: Collection[str]) -> tuple[Rows, ...]:
    """Keep the rows that are cited; where none of the exhibit is, the first few of each table."""
    some = any(one.exhibit in cited for rows in every for one in rows.rows)
    return tuple(
        msgspec.structs.replace(
            rows,
            rows=tuple(one for one in rows.rows if one.exhibit in cited) if some else rows.rows[:_ROWS],
        )
        for rows in every
    )


def _kind(view: ExhibitView) -> str:
    kind = {"http": "answer", "file": "file given", "member": "member of an archive"}[view.kind]
    mime = view.http.mime if view.http else ""
    return f"{kind} {mime}".strip() + ("" if view.mark == "none" else f"; marked {view.mark}")
