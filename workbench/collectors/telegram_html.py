"""Small readers over a parsed t.me page; nothing here raises on what a page holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import unquote, urljoin

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from workbench.collectors.fields import Drift, decoded
from workbench.rows import Text
from workbench.text import words

BASE = "https://t.me/"

_NAME = r"[A-Za-z0-9_]{1,64}"
_MESSAGE = re.compile(
    rf"https?://(?:t|telegram)\.me/(?:s/)?(c/[0-9]{{1,20}}|{_NAME})/([0-9]{{1,19}})(?:[/?#].*)?"
)
_PEER = re.compile(rf"https?://(?:t|telegram)\.me/({_NAME})/?")
_HASHTAG = re.compile(r"(?:[^?#]*)\?q=%23([^&]+)")
_BACKGROUND = re.compile(r"background-image:\s*url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
_COUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMB]?)")
_FACTOR = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SOURCE_BREAK = re.compile(r"[ \t\r\n]*\n[ \t\r\n]*")


def document(body: bytes, drift: Drift) -> tuple[HtmlElement | None, str]:
    """Parse a page; give its root (None where it holds no markup) and the text it was parsed from."""
    text = _UNWRITABLE.sub("\ufffd", decoded(body, drift))
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None, text
    _make_writable(root)
    return root, text


def _make_writable(root: HtmlElement) -> None:
    # References like &#1; bring back what no tree lets itself be written with, and taking parts out writes.
    for node in root.iter():
        if node.text and _UNWRITABLE.search(node.text):
            node.text = _UNWRITABLE.sub("\ufffd", node.text)
        if node.tail and _UNWRITABLE.search(node.tail):
            node.tail = _UNWRITABLE.sub("\ufffd", node.tail)


def having(element: HtmlElement, name: str) -> Iterator[HtmlElement]:
    """Yield the descendants that carry a class, in document order."""
    for node in element.iter():
        if node is not element and name in classes(node):
            yield node


def first(element: HtmlElement, name: str) -> HtmlElement | None:
    """Give the first descendant with a class."""
    return next(having(element, name), None)


def classes(node: HtmlElement) -> list[str]:
    """List an element's classes; comments have none."""
    return (node.get("class") or "").split() if isinstance(node.tag, str) else []


def taken_out(element: HtmlElement, name: str) -> HtmlElement | None:
    """Remove the first descendant with a class, keeping the words behind it; give what was removed."""
    found = first(element, name)
    if found is not None:
        found.drop_tree()
    return found


def line(element: HtmlElement | None) -> str:
    """Give an element's words on one line; empty where there is none."""
    return " ".join(words(element).split()) if element is not None else ""


def text(element: HtmlElement) -> Text:
    """Give an element's words, with the line breaks that it shows: a break in the source is a blank."""
    raw = lxml.html.tostring(element, encoding="unicode", with_tail=False)
    for node in element.iter():
        if any(up.tag == "pre" for up in (node, *node.iterancestors())):
            continue
        node.text = (
            _SOURCE_BREAK.sub(" ", node.text) if node.text and isinstance(node.tag, str) else node.text
        )
        if node is not element and node.tail:
            node.tail = _SOURCE_BREAK.sub(" ", node.tail)
    return Text(raw, words(element))


def unbroken(shown: str) -> str:
    """Turn the breaks of a source into the blanks that a page shows."""
    return _SOURCE_BREAK.sub(" ", shown).strip()


def address(href: str | None) -> str:
    """Make a page's address absolute; empty where it is none of http."""
    try:
        made = urljoin(BASE, (href or "").strip())
    except ValueError:
        return ""
    return made if href and made.startswith(("https://", "http://")) else ""


def background(element: HtmlElement) -> str:
    """Give the address of an element's background picture."""
    found = _BACKGROUND.search(element.get("style") or "")
    return address(found[1]) if found else ""


def hashtag(href: str | None) -> str:
    """Give the tag that a link searches for, without its sign; empty where it is no such link."""
    found = _HASHTAG.fullmatch(href or "")
    return unquote(found[1]) if found else ""


def message_of(href: str) -> tuple[str, str]:
    """Give channel and number of the message that an address names; empty where it names none."""
    found = _MESSAGE.fullmatch(href)
    return (found[1], found[2]) if found else ("", "")


def peer_of(href: str) -> str:
    """Give the name that an address ``https://t.me/NAME`` is for; empty where it is none."""
    found = _PEER.fullmatch(href)
    return found[1] if found else ""


def count(shown: str) -> int | None:
    """Read a count as t.me shows it, rounded: ``746``, ``12 345``, ``33.4K``, ``1.2M``."""
    found = _COUNT.fullmatch("".join(shown.split()))
    return int(Decimal(found[1]) * _FACTOR[found[2]]) if found and len(found[1]) < 16 else None


def seconds(shown: str) -> float | None:
    """Read a length as t.me shows it: ``0:34``, ``1:02:03``."""
    parts = shown.strip().split(":")
    if not 2 <= len(parts) <= 3 or not all(
        part.isascii() and part.isdigit() and len(part) < 7 for part in parts
    ):
        return None
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return float(total)
