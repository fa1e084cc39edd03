"""An executed notebook as part of a report: its words, its results, no code; nothing of it acts.

Every output is reduced to an allow-list (``show.exported.clean``) and the live pictures' frames are taken out, so
that only their still pictures are left. Citations become links, but only where they stand as citations: in what the
notebook's author wrote, and in ``code`` elements that hold nothing else, as the workbench's own tables write them.
Captured words that look like a citation stay words.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import lxml.etree
import lxml.html
import nbformat

from workbench.production.markup import safe
from workbench.production.pages import anchor
from workbench.records import Record
from workbench.show import exported
from workbench.show.words import visible
from workbench.workspace.hiding import SENSITIVE

_GROUPS: Final = frozenset({"tbody", "tr", "figure", "li"})
"""What is taken out where it cites an exhibit that stays: a row with the line under it, a figure, an item."""
_ROWS: Final = _GROUPS - {"figure"}
"""Of these the words go as well where the exhibit is hidden; a figure is drawn from many, and loses its pictures."""
_RASTER: Final = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp", "data:image/avif")
_TEXT_LETTERS: Final = 20_000
"""The most of one output of plain text that is shown."""
_KINDS: Final = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/plain")

_BETWEEN: Final = re.compile(r"[\s,;()\[\]'\"]+")
"""What parts the citations of one cell."""

_NUMBER: Final = re.compile(r"E([0-9]{4,9})")
_NUMBERS: Final = re.compile(rf"{_NUMBER.pattern}(?:, {_NUMBER.pattern})*")

_Element = lxml.etree._Element  # noqa: SLF001 - lxml names its class of elements so


class Stays(Record, frozen=True, kw_only=True):
    """What is not shown: exhibits that never leave, those that are hidden, and those of sensitive posts, by number.

    Of the last only pictures are not shown. ``pictures`` is True where no picture of an output is shown, whatever
    it cites.
    """

    withheld: Collection[int] = frozenset()
    hidden: Collection[int] = frozenset()
    sensitive: Collection[int] = frozenset()
    pictures: bool = False


class Executed:
    """The cells of an executed notebook as markup; gathers what it cites, in order of places, and its sections.

    ``label`` names the run, for the names of its sections: ``headings`` has these, with their words.
    """

    def __init__(self, case: str, stays: Stays, label: str = "") -> None:
        self._stays = stays
        self._label = label
        self.headings: list[tuple[str, str]] = []
        self._whole = re.compile(rf"{re.escape(case)}-E([0-9]{{4,9}})(#(?:/[0-9A-Za-z_]{{1,64}}){{1,32}})?")
        self._within = re.compile(rf"(?<![0-9A-Z-]){self._whole.pattern}(?![0-9])")
        self.cited: dict[int, set[str]] = {}

    def sections(self, notebook: nbformat.NotebookNode) -> Iterator[str]:
        """Give the markup of each cell that says something."""
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                yield self._words(cell)
            elif cell.cell_type == "code":
                yield from (self._output(output) for output in cell.get("outputs", ()))

    def _words(self, cell: nbformat.NotebookNode) -> str:
        from nbconvert.filters.markdown_mistune import markdown2html_mistune  # noqa: PLC0415 - 0.3 s, heavy

        root = _parsed(exported.clean(markdown2html_mistune("".join(cell.source))))
        _quiet(root)
        _lower(root)
        self._link_words(root)
        for heading in root.iter("h3"):
            self._head(heading)
        return _written(root, "words")

    def _head(self, heading: _Element) -> None:
        """Give a section a name to link to."""
        name = f"{self._label}-{len(self.headings) + 1}"
        heading.set("id", name)
        self.headings.append((name, " ".join("".join(map(str, heading.itertext())).split())))

    def _output(self, output: nbformat.NotebookNode) -> str:
        if output.output_type == "stream":
            return self._plain(output.get("text", ""))
        if output.output_type == "error":
            return self._plain(f"{output.get('ename', '')}: {output.get('evalue', '')}")
        data = output.get("data", {})
        kind = next((kind for kind in _KINDS if kind in data), "")
        if kind == "text/plain":
            return self._plain(data[kind])
        return self._marked(_markup(kind, data[kind])) if kind else ""

    def _plain(self, data: Any) -> str:  # noqa: ANN401 - JSON of a notebook
        """Give plain words; none of an output that cites what is not shown, since nothing parts its rows."""
        cited = {int(found[1]) for found in self._within.finditer("".join(data))}
        unshown = cited & {*self._stays.withheld, *self._stays.hidden}
        return _text(
            f"Not shown: it cites E{min(unshown):04d}, which is not to be seen." if unshown else data
        )

    def _marked(self, markup: str) -> str:
        root = _parsed(exported.clean(markup))
        _quiet(root)
        self._withhold(root)
        for code in list(root.iter("code")):
            self._link_code(code)
        return _written(root, "output")

    # --- what stays --------------------------------------------------------------------------

    def _withhold(self, root: _Element) -> None:
        for cites, number in self._citing(root, self._stays.withheld):
            if root in cites.iterancestors():
                _replace(_group(cites, root), f"Not shown: it cites E{number:04d}, whose bytes are withheld.")
        for cites, number in self._citing(root, self._stays.hidden):
            group = _group(cites, root)
            if root not in cites.iterancestors():
                continue
            if group.tag == "figure":
                _only(group, cites)
            elif group.tag in _ROWS:
                _replace(group, f"Not shown: it cites E{number:04d}, which is hidden.")
        for image in list(root.iter("img")):
            if image.get("src", "").startswith(_RASTER) and (why := self._unseen(image, root)):
                _replace(image, f"Picture not shown: {why}.")

    def _citing(self, root: _Element, unshown: Collection[int]) -> list[tuple[_Element, int]]:
        """Find what cites one of these exhibits: codes of our own tables, cells of others that only cite."""
        found = ((each, self._numbers(each) & set(unshown)) for each in root.iter("code", "td", "span"))
        return [(each, min(numbers)) for each, numbers in found if numbers]

    def _numbers(self, element: _Element) -> set[int]:
        if len(element):
            return set()
        if element.tag == "span":
            # A row prints its first citations; of the others it tells the numbers where one points at their count.
            told = element.get("title") or ""
            return {int(number) for number in _NUMBER.findall(told)} if _NUMBERS.fullmatch(told) else set()
        parts = [part for part in _BETWEEN.split(element.text or "") if part]
        cites = [self._whole.fullmatch(part) for part in parts]
        return {int(found[1]) for found in cites if found} if all(cites) else set()

    def _unseen(self, image: _Element, root: _Element) -> str:
        if self._stays.pictures:
            return "an exhibit was marked after this notebook ran; run it again"
        near = {self._number(code) for code in _group(image, root).iter("code")}
        if marked := near & set(self._stays.hidden):
            return f"E{min(marked):04d} is hidden"
        marked = near & set(self._stays.sensitive)
        return f"E{min(marked):04d} is {SENSITIVE}" if marked else ""

    def _number(self, code: _Element) -> int:
        found = self._whole.fullmatch((code.text or "").strip())
        return int(found[1]) if found and not len(code) else 0

    # --- links -------------------------------------------------------------------------------

    def _link_code(self, code: _Element) -> None:
        found = self._whole.fullmatch((code.text or "").strip())
        if found and not len(code):
            code.text = None
            code.append(self._link(found))

    def _link_words(self, root: _Element) -> None:
        """Link every citation in an author's words, but not within a link."""
        for element in list(root.iter(lxml.etree.Element)):
            if element.tag == "a":
                continue
            for place, text in ((None, element.text), *((each, each.tail) for each in element)):
                if text:
                    self._split(element, place, text)

    def _split(self, parent: _Element, after: _Element | None, text: str) -> None:
        at, last = 0, after
        for found in self._within.finditer(text):
            link = self._link(found)
            _set(parent, last, text[at : found.start()])
            parent.insert(0 if last is None else parent.index(last) + 1, link)
            at, last = found.end(), link
        if last is not after:
            _set(parent, last, text[at:])

    def _link(self, found: re.Match[str]) -> _Element:
        number, pointer = int(found[1]), found[2] or ""
        self.cited.setdefault(number, set()).add(pointer.removeprefix("#"))
        link: _Element = lxml.html.Element("a", {"href": f"#{anchor(found[0])}", "class": "cite"})
        link.text = found[0]
        if pointer:
            link.set("title", "the row that is cited")
        return link


def _set(parent: _Element, after: _Element | None, text: str) -> None:
    if after is None:
        parent.text = text
    else:
        after.tail = text


def _markup(kind: str, data: Any) -> str:  # noqa: ANN401 - JSON of a notebook
    text = "".join(data)
    if kind == "text/html":
        return text
    coded = base64.b64encode(text.encode()).decode() if kind == "image/svg+xml" else "".join(text.split())
    return f'<p><img alt="Picture that the notebook shows" src="data:{kind};base64,{safe(coded)}"></p>'


def _text(data: Any) -> str:  # noqa: ANN401 - JSON of a notebook
    text = "".join(data).strip()
    more = len(text) - _TEXT_LETTERS
    cut = f"\n[cut here: {more} more letters stand in the notebook]" if more > 0 else ""
    return f"<pre>{safe(text[:_TEXT_LETTERS])}{cut}</pre>\n" if text else ""


def _parsed(markup: str) -> _Element:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    page = lxml.html.document_fromstring(f"<div>{markup}</div>".encode(), parser=parser)
    return next(page.iter("div"))


def _quiet(root: _Element) -> None:
    """Take out the live pictures, ids and styles that are not ours, and links that lead out of the page."""
    for gone in [*root.iter("iframe"), *root.iterfind(".//a[@class='anchor-link']")]:
        _drop(gone)
    for element in root.iter(lxml.etree.Element):
        for name in {"id", "href", "style"} & set(element.attrib):
            del element.attrib[name]
        element.text, element.tail = (text and visible(text) for text in (element.text, element.tail))
        if element.tag == "img":
            element.set("alt", element.get("alt") or "Picture in an output of the notebook")


def _lower(root: _Element) -> None:
    """Put headings below that of the notebook, which stands below that of the report."""
    for level in range(5, 0, -1):
        for heading in list(root.iter(f"h{level}")):
            heading.tag = f"h{min(level + 1, 6)}"


def _group(inside: _Element, root: _Element) -> _Element:
    element: _Element
    for element in (inside, *inside.iterancestors()):
        if element.tag in _GROUPS:
            # A cell's row stands in a body of its own with the line of citations under it.
            body = element.getparent() if element.tag == "tr" else None
            return body if body is not None and body.tag == "tbody" and len(body) <= 2 else element
        if element is root:
            break
    return root


def _only(figure: _Element, cites: _Element) -> None:
    """Leave of a figure its pictures and the citation: what it was called and who described it may say much."""
    cites.tail = None
    for part in [each for each in figure if each.tag != "img"]:
        figure.remove(part)
    figure.text = None
    for image in figure:
        image.tail = None
    figure.append(cites)


def _replace(element: _Element, words: str) -> None:
    """Put words where an element was, in whatever can stand there."""
    wrap = {"tbody": ("tr", "td"), "tr": ("td",)}.get(element.tag, ())
    tail = element.tail
    element.clear()
    element.tail = tail
    if element.tag == "img":
        element.tag = "span"
    inner = element
    for tag in wrap:
        inner = lxml.etree.SubElement(inner, tag, {"colspan": "20"} if tag == "td" else {})
    note = lxml.etree.SubElement(inner, "em")
    note.text = words


def _drop(element: _Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail:
        _set(parent, before, ((parent.text if before is None else before.tail) or "") + element.tail)
    parent.remove(element)


def _written(root: _Element, name: str) -> str:
    root.attrib.clear()
    root.set("class", name)
    text: str = lxml.html.tostring(root, encoding="unicode")
    return text + "\n"
