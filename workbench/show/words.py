"""Captured words made safe and honest to show: escaped, unseen characters visible, never cut in silence.

What holds them carries the class ``mathjax_ignore``: JupyterLab sets ``$…$`` in HTML as mathematics, links among it.
"""

from __future__ import annotations

import html
import re
from typing import Final

# Controls, bidi marks and overrides, zero-width characters, tags, lone surrogates. A joiner between letters
# that are not ASCII is part of an emoji or of a script, so it stays.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_BREAKS: Final = re.compile(r"\s*\n\s*")


def visible(text: str) -> str:
    """Show each unseen character as its code point, ``⟨U+202E⟩``; line breaks and tabs stay."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def line(text: str, limit: int) -> str:
    """Make one visible line of at most ``limit`` characters of the text; what is cut off is counted."""
    whole = _BREAKS.sub(" ⏎ ", text.strip())
    if len(whole) <= limit:
        return visible(whole)
    return f"{visible(whole[:limit])}… ({len(whole) - limit} more characters)"


def escaped(text: str) -> str:
    """Show unseen characters and escape markup, for an element's text or a quoted attribute."""
    return html.escape(visible(text), quote=True)
