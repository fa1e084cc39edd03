"""An executed notebook as one HTML file that makes no request, where captured text is never markup.

Three walls, each enough alone: outputs are reduced to an allow-list of tags; scripts and links of the
exporter's own page are removed; a Content-Security-Policy forbids every connection, also to the
sandboxed frames that hold the pictures (frames made from ``srcdoc`` inherit it).
"""

from __future__ import annotations

import copy
import re
from typing import Any

import lxml.etree
import lxml.html
import nh3
from nbconvert.exporters.html import HTMLExporter
from nbformat import NotebookNode

from workbench.show.style import STYLE

POLICY = (
    "default-src 'none'; img-src data: blob:; media-src data:; font-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline' 'unsafe-eval'; connect-src 'none'; form-action 'none'; base-uri 'none'"
)
"""Scripts run only inside the sandboxed frames; evaluation is what the charts' expressions need."""

_KEPT_TYPES = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/plain")
_PAGE = """
main { max-width: 75em; margin: 0 auto }
.jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser { display: none }
.jp-Cell { padding: 0.2em 0 } .jp-RenderedHTMLCommon { padding-right: 0 }
.wb-code > summary { color: #595959; font-size: 12px; cursor: pointer; width: max-content }
.jp-CodeCell pre { white-space: pre-wrap; overflow-wrap: anywhere }
@page {
  margin: 14mm 12mm 16mm 12mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif }
}
@media print {
  body { padding: 0; font-size: 10pt } main { max-width: none }
  .wb-code:not([open]) { display: none }
  /* Outputs flow over pages: as table cells they would leave half of one empty. */
  .jp-Cell, .jp-OutputArea-child { break-inside: auto }
  .jp-OutputArea-child, .jp-OutputArea-child .jp-OutputArea-output, .jp-InputArea { display: block; overflow: visible }
  h1, h2, h3, h4 { break-after: avoid }
}
"""
"""The exported page: answers first, code folded (parameters stay open), page numbers in print."""

_TAGS = nh3.ALLOWED_TAGS | {"iframe", "figure", "figcaption", "section"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"class", "id", "lang", "title", "style", "role", "aria-label"},
    "iframe": {"srcdoc", "width", "height", "title", "style", "loading"},
    "img": {"src", "alt", "width", "height"},
    "a": {"href"},
}
_REFERENCES = (
    "src",
    "href",
    "srcset",
    "data",
    "action",
    "formaction",
    "poster",
    "background",
    "cite",
    "ping",
)


_NAMES_ADDRESS = re.compile(r"url|image|src|//|\\", re.IGNORECASE)


def render(notebook: NotebookNode, title: str) -> str:
    """Give the page. ``notebook`` is left as it is."""
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="lab",
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        mermaid_js_url="",
        mermaid_layout_elk_js_url="",
        exclude_anchor_links=True,
    )
    page, _ = exporter.from_notebook_node(_safe(notebook), {"metadata": {"name": title}})
    return _quiet(page, title)


def clean(markup: str) -> str:
    """Reduce an output's markup to the allow-list; frames keep their content, sandboxed."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_local,
        set_tag_attribute_values={"iframe": {"sandbox": "allow-scripts"}},
        url_schemes={"data"},
        url_relative="deny",
    )


def _local(tag: str, attribute: str, value: str) -> str | None:
    if attribute in {"src", "href"} and not value.startswith(("data:image/", "#")):
        return None
    # A style can name an address, in any letter case; one that does is dropped whole.
    return None if attribute == "style" and tag and _NAMES_ADDRESS.search(value) else value


def _safe(notebook: NotebookNode) -> NotebookNode:
    safe = copy.deepcopy(notebook)
    safe.metadata.pop("widgets", None)
    # The page is named for its case, not for the kind of notebook.
    safe.metadata.pop("title", None)
    for cell in safe.cells:
        for output in cell.get("outputs", ()):
            if "data" in output:
                output["data"] = _data(output["data"])
    return safe


def _data(data: dict[str, Any]) -> dict[str, Any]:
    kept = {kind: data[kind] for kind in _KEPT_TYPES if kind in data}
    if "text/html" in kept:
        kept["text/html"] = clean("".join(kept["text/html"]))
    return kept or {"text/plain": "(an output that is shown in JupyterLab only)"}


def _quiet(page: str, title: str) -> str:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = lxml.html.document_fromstring(page.encode(), parser=parser)
    for element in list(root.iter("script", "link", "base", "object", "embed", "meta")):
        if element.tag != "meta" or element.get("http-equiv"):
            _drop(element)
    for element in root.iter(lxml.etree.Element):
        for name in _REFERENCES:
            if not element.get(name, "#").startswith(("data:", "#")):
                del element.attrib[name]
        # Words between the cells may be markup as well: it never acts, nor has a frame more than its sandbox.
        for acting in [key for key in element.attrib if str(key).lower().startswith("on")]:
            del element.attrib[acting]
        if element.tag == "iframe":
            element.set("sandbox", "allow-scripts")
    policy = lxml.html.Element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    _fold_code(root)
    style = lxml.html.Element("style")
    style.text = STYLE + _PAGE + _footer(title)
    next(root.iter("head")).append(style)
    # After the charset, before anything that could fetch.
    next(root.iter("head")).insert(1, policy)
    page_text: str = lxml.html.tostring(root, doctype="<!DOCTYPE html>", encoding="unicode")
    return page_text


def _fold_code(root: lxml.etree._Element) -> None:
    """Put each code cell's words behind a line to click on; the parameters, which a reader needs, stay open."""
    for cell in root.iter("div"):
        classes = cell.get("class", "").split()
        if "jp-CodeCell" not in classes or any(name.endswith("parameters") for name in classes):
            continue
        for inside in cell.iterchildren("div"):
            if "jp-Cell-inputWrapper" in inside.get("class", "").split():
                folded = lxml.html.Element("details", {"class": "wb-code"})
                summary = lxml.html.Element("summary")
                summary.text = "Code"
                cell.replace(inside, folded)
                folded.extend([summary, inside])


def _footer(title: str) -> str:
    """Name the case at the foot of each printed page; only letters that mean nothing in a style sheet."""
    plain = "".join(letter for letter in title if letter.isalnum() or letter in " -.,:")
    return f'@page {{ @bottom-left {{ content: "{plain}"; font: 8pt sans-serif }} }}'


def _drop(element: lxml.etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.tail = None
        parent.remove(element)
