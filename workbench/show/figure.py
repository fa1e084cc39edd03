"""A figure that needs nothing from outside: live in a sandbox, a still picture for print and for readers.

The live part sits in ``<iframe sandbox="allow-scripts" srcdoc=…>``: its scripts run in an origin of their
own, see neither the notebook nor its server, and a policy in the page refuses every request. The still
picture is an SVG inside ``<img>``, where no script runs. Where a viewer removes the frame (an untrusted
notebook), the still picture remains.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Final

import vl_convert

from workbench.records import Record
from workbench.show.style import STYLE
from workbench.show.words import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)
"""What a live page may do: run the scripts inside it. It may fetch nothing."""

_CITED: Final = 12
_STYLE: Final = f"<style>{STYLE}</style>"


class Figure(Record, frozen=True, kw_only=True):
    """A picture with its words.

    ``title`` and ``note`` are shown under it, ``alt`` is for people who do not see it, ``svg`` is the still
    picture, ``page`` a whole HTML page for the live one (empty: there is none), ``height`` its pixels. ``below``
    is HTML made here that stands under it: what it cites, as a line or a table.
    """

    title: str
    alt: str
    svg: str
    note: str = ""
    page: str = ""
    height: int = 420
    below: str = ""

    def fragment(self) -> str:
        """Give HTML to stand inside a page; it makes no request."""
        words = ". ".join(escaped(part.rstrip(".")) for part in (self.title, self.note) if part)
        pictures = f"{_STYLE}{self._live()}{self._still()}"
        caption = f"<figcaption>{words}.</figcaption>"
        return f'<figure class="wb-figure mathjax_ignore">{pictures}{caption}</figure>{self.below}'

    def html(self) -> str:
        """Give a whole page of its own; it makes no request."""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>{escaped(self.title)}</title></head><body>{self.fragment()}</body></html>\n"
        )

    def png(self, scale: float = 2) -> bytes:
        """Draw the still picture as PNG; ``scale`` is pixels for each CSS pixel."""
        return bytes(vl_convert.svg_to_png(self.svg, scale=scale))

    def _live(self) -> str:
        if not self.page:
            return ""
        return (
            f'<iframe class="wb-live" sandbox="allow-scripts" title="{escaped(self.alt)}" '
            f'style="height:{self.height}px" srcdoc="{html.escape(self.page, quote=True)}"></iframe>'
        )

    def _still(self) -> str:
        data = base64.b64encode(self.svg.encode()).decode()
        return f'<img class="wb-still" alt="{escaped(self.alt)}" src="data:image/svg+xml;base64,{data}">'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002 - IPython's signature
        return {"text/html": self.fragment(), "text/plain": f"{self.title}. {self.alt}"}


def cites(citations: Iterable[Sequence[str]], counts: Iterable[int] = ()) -> str:
    """Give the line under a picture that names the exhibits it is drawn from, each once, without its rows.

    ``citations`` are those of the rows drawn; ``counts`` how many each row has, where it may list only some.
    """
    held = [list(each) for each in citations]
    names = list(dict.fromkeys(cite.partition("#")[0] for each in held for cite in each if cite))
    if not names:
        return ""
    cut = any(count > len(each) for each, count in zip(held, counts, strict=False))
    shown = " ".join(f"<code>{escaped(name)}</code>" for name in names[:_CITED])
    more = f" and {'at least ' * cut}{len(names) - _CITED} more" if len(names) > _CITED else " and more" * cut
    return f'<p class="wb-cites"><span class="wb-name">drawn from</span> {shown}{more}</p>'


def nothing(title: str, alt: str, note: str = "") -> Figure:
    """Make a figure of what holds nothing: a line of words that says so, where axes would look like a finding."""
    words = escaped(alt.rstrip("."))
    width = 20 + 7 * len(alt)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="32" role="img">'
        f'<text x="4" y="20" font-family="sans-serif" font-size="12" font-style="italic">{words}</text></svg>'
    )
    return Figure(title=title, alt=alt, note=note, svg=svg, height=32)


def page(head: str, body: str) -> str:
    """Make a live page: the policy first, then what is given, which the caller has escaped."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"{head}</head><body>{body}</body></html>"
    )
