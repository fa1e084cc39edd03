"""The exhibits of a report: a list of all that are cited, and an entry for each, to which citations lead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from workbench.counts import exhibits_told
from workbench.production import entries, pages
from workbench.production.content import Contents
from workbench.production.markup import row, safe, time
from workbench.production.views import CitedBy, ExhibitView, Http
from workbench.records import Record
from workbench.times import stamp

PAGES: Final = 500
"""Most exhibits that have an entry in a report; the list names all that are cited."""

PICTURE_BYTES: Final = 48 << 20
"""Most bytes of pictures in all entries of a report together."""

_LINES: Final = 100
_LETTERS: Final = 800
_NAMED: Final = 20
_UNSHOWN = {
    "hidden": "It is hidden: nothing of its content is shown in a report.",
    "contraband": "Its bytes never leave the case. Its hash and its line in the custody log are given.",
}
_PAGED = (
    "The exhibits' entries follow this list, in its order. An entry gives an exhibit's facts and times and the rows "
    "that are cited; of an exhibit that is cited as a whole the first rows, in short; where no row was read from it, "
    "the beginning of its words. Left out are header fields, rows that are not cited, the posts around it, and what "
    "was written about it; a court package has them all. The exhibits themselves lie in the case, where the list "
    "says; a package or a disclosure brings them."
)
_MINIMISED = (
    "No row of them and none of their words is printed here: they name accounts that stand under neutral names "
    "above."
)
_BARE = "Neither rows nor words: they name accounts that stand under neutral names above."


class Wanted(Record, frozen=True, kw_only=True):
    """What is cited: exhibit number -> pointers; ``paged`` are those that get an entry; ``last`` is the last sealed."""

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
    """Makes the list and the entries, exhibit by exhibit.

    ``reviews`` are decisions in words: citation -> words; ``runs`` the folders of the runs that are reported.
    ``minimised``: bystanders stand under neutral names in these runs, so that no entry may name them.
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
        """Give the entry of each exhibit that has one; its line of the list is kept for ``listing``."""
        for view in contents.views(frozenset(self._wanted.known)):
            self._lines.append(self._line(view))
            if view.number in self._wanted.paged:
                yield self._page(view)

    def listing(self) -> str:
        """Give the table of the exhibits that have gone by: number, kind, captured, SHA-256, file, decision."""
        heads = ("Exhibit", "Kind", "Captured (UTC)", "SHA-256 of the stored bytes", "Stored in", "On review")
        numbered = '<th class="at">Page</th></tr>'
        count = len(self._lines)
        notes = "".join(f'<p class="note">{safe(note)}</p>' for note in self._notes(count))
        top = row([safe(name) for name in heads], "th").strip().removesuffix("</tr>") + numbered
        head = f"<thead>{top}</thead>"
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
            yield entries.READING
            if self._minimised:
                yield _MINIMISED
        paged = len(self._wanted.paged)
        if count > paged:
            yield (
                f"{paged} of {count} exhibits have an entry below: those that the report cites first. "
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
        # Empty, and unseen, but in a print: see ``paged``.
        at = (
            f'<td class="at" data-at="{safe(pages.anchor(view.citation))}"></td>'
            if paged
            else '<td class="at"></td>'
        )
        return f'<tr id="L{view.number}">' + "".join(f"<td>{cell}</td>" for cell in cells) + at + "</tr>\n"

    def _page(self, view: ExhibitView) -> str:
        unshown = _UNSHOWN.get(view.mark, "")
        cited = self._cited(view)
        shown = self._bare(view) if unshown else self._bounded(view, cited)
        note = unshown or (_BARE if self._minimised else "")
        return entries.entry(shown, cited, note, self._reviews.get(view.citation, ""))

    def _cited(self, view: ExhibitView) -> frozenset[str]:
        pointers = self._wanted.cited.get(view.number, ())
        return frozenset(f"{view.citation}#{pointer}" if pointer else view.citation for pointer in pointers)

    def _bare(self, view: ExhibitView) -> ExhibitView:
        """Leave what says nothing of the content: where it lies, its hash, its times, the runs that cite it.

        What an exhibit was called, its address and what officers wrote of it, a mark's reason too, may say much.
        """
        return msgspec.structs.replace(
            view, copy="", given_name="", http=None, before=(), after=(), cited_by=self._citing(view)
        )

    def _citing(self, view: ExhibitView) -> tuple[CitedBy, ...]:
        return tuple(one for one in view.cited_by if one.file in self._runs)

    def _bounded(self, view: ExhibitView, cited: Collection[str]) -> ExhibitView:
        """Cut a view to what a report shows: the rows that are cited, the beginning of the words, pictures.

        The posts around it are not cited, and are other people's: they stay out.
        """
        if self._minimised:
            view = msgspec.structs.replace(
                view, rows=(), shown=b"", http=view.http and self._headless(view.http)
            )
        return msgspec.structs.replace(
            view,
            rows=entries.chosen(view, cited),
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


def _kind(view: ExhibitView) -> str:
    kind = {"http": "answer", "file": "file given", "member": "member of an archive"}[view.kind]
    mime = view.http.mime if view.http else ""
    return f"{kind} {mime}".strip() + ("" if view.mark == "none" else f"; marked {view.mark}")
