"""Words as sources give them: markup to plain text, and mis-decoded text repaired, the raw kept.

Captured text is hostile: nothing here ever yields markup, and what shows it must still escape.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from workbench.rows import Text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = frozenset({"p", "div", "li", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style", "template", "noscript"})
_TAG = re.compile(r"<[^<>]*>")
_MANY_BREAKS = re.compile(r"\n{3,}")
_LATIN_RUN = re.compile("[\x80-\xff]{2,}")


def from_plain(raw: str) -> Text:
    """Take text that is already plain."""
    return Text(raw, raw)


def from_html(raw: str) -> Text:
    """Take an HTML fragment: ``<br>`` is a line break, paragraphs are parted by an empty line."""
    return Text(raw, plain(raw))


def plain(markup: str) -> str:
    """Give the words of an HTML fragment, with its line breaks, without any markup."""
    if "<" not in markup and "&" not in markup:
        return markup
    import lxml.html  # noqa: PLC0415 - heavy, and most text needs none of it

    # Without huge_tree what stands deeper than 256 elements, and all behind it, would be left out unsaid.
    parser = lxml.html.HTMLParser(huge_tree=True)
    # The wrapper makes bare text and several top elements one tree.
    found = words(lxml.html.fromstring(f"<div>{markup}</div>", parser=parser))
    if parser.error_log.filter_from_fatals():  # too deep for that, too
        return html.unescape(_TAG.sub(" ", markup)).strip()
    return found


def words(element: HtmlElement) -> str:
    """Give the words of a parsed element; comments, scripts and styles are not words."""
    parts: list[str] = []
    _walk(element, parts)
    lines = (line.strip(" \t") for line in "".join(parts).split("\n"))
    return _MANY_BREAKS.sub("\n\n", "\n".join(lines)).strip()


def _walk(root: HtmlElement, parts: list[str]) -> None:
    # Not recursive: a captured page may nest deeper than the interpreter allows.
    stack: list[tuple[HtmlElement, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        if leaving:
            parts.append("\n\n" if tag == "p" else "\n" if tag in _BLOCKS else "")
            parts.append((node.tail or "") if node is not root else "")
            continue
        stack.append((node, True))
        if not tag or tag in _UNSEEN:
            continue
        if tag == "br" or (tag in _BLOCKS and parts and not parts[-1].endswith("\n")):
            parts.append("\n")
        parts.append(node.text or "")
        stack.extend((child, False) for child in reversed(node))


def repaired(raw: str) -> Text:
    """Undo UTF-8 that was read as Latin-1, only where every byte then decodes; the raw is kept."""
    if _LATIN_RUN.search(raw) is None:
        return Text(raw, raw)
    try:
        return Text(raw, raw.encode("latin-1").decode("utf-8"), repaired=True)
    except UnicodeError:
        return Text(raw, raw)
