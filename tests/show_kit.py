"""What a browser would fetch, and what it would run, if it opened what is shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HOSTILE = "</script><img src=x onerror=alert(1)><!-- href=javascript:alert(2) \"'`\u202e\x00"
"""A display name as an attacker would choose it."""

_FETCHING = {
    *("src", "href", "xlink:href", "srcset", "poster", "data", "action", "formaction"),
    *("background", "ping", "manifest", "archive", "cite", "longdesc", "profile"),
}
_IN_STYLE = re.compile(r"@import|url\(\s*(?!['\"]?data:image/)", re.IGNORECASE)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.found: list[str] = []
        self.pages: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.tags.append((tag, held))
        self._style = tag == "style"
        self.pages += [held["srcdoc"]] if "srcdoc" in held else []
        for name, value in held.items():
            outside = name in _FETCHING and not value.startswith(("data:image/", "#"))
            if outside or name.startswith("on") or (name == "style" and _IN_STYLE.search(value)):
                self.found.append(f"<{tag} {name}={value[:60]!r}>")
        if tag in {"link", "base", "object", "embed", "video", "audio", "form"}:
            self.found.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._style and _IN_STYLE.search(data):
            self.found.append(f"style: {data[:60]!r}")


def requests_of(markup: str) -> list[str]:
    """List whatever markup would fetch, or run without a script element of ours, frames included."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return [*reader.found, *(each for page in reader.pages for each in requests_of(page))]


def tags_of(markup: str) -> list[tuple[str, dict[str, str]]]:
    """List the elements of markup with their attributes, frames not entered."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.tags
