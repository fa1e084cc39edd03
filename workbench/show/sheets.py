"""A contact sheet: small pictures side by side, each with its citation, time and account; some not shown, and why."""

from __future__ import annotations

import base64
from itertools import groupby
from typing import TYPE_CHECKING, Final

from workbench.records import Record
from workbench.show.cells import breaking
from workbench.show.tables import Words
from workbench.show.words import escaped, line, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURE_BYTES: Final = 400_000
"""The largest small picture that goes into a page; a larger one is left out, with a note."""

BLURRED: Final = "Blurred"
"""How what stands over a blurred picture begins."""

_KINDS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_WHAT: Final = ("picture or video", "pictures and videos")
_ALT: Final = 160


class Tile(Record, frozen=True, kw_only=True):
    """One place of the sheet.

    ``picture`` is a PNG or JPEG made by us, empty where none is shown; then ``note`` says why. ``alt`` is for people
    who do not see it, ``lines`` are what stands under it, ``citation`` the exhibit of the bytes; neighbours of equal
    ``group`` stand together under it. ``hidden`` is what stands over a picture that is hidden: why, and whether it is
    blurred or shown because somebody asked.
    """

    citation: str
    alt: str
    lines: tuple[str, ...] = ()
    picture: bytes = b""
    note: str = ""
    group: str = ""
    hidden: str = ""


def contact_sheet(
    tiles: Sequence[Tile], *, title: str, note: str = "", what: tuple[str, str] = _WHAT
) -> Words:
    """Show small pictures in a grid, in their order; captured words are escaped and nothing is fetched.

    ``what`` one of them is called, and several.
    """
    blurred = sum(bool(tile.hidden.startswith(BLURRED) and _source(tile.picture)) for tile in tiles)
    parts = [_group(name, list(held)) for name, held in groupby(tiles, key=lambda tile: tile.group)]
    shown = sum(bool(_source(tile.picture)) for tile in tiles)
    one, several = what
    count = f"{len(tiles):,} {one if len(tiles) == 1 else several}"
    counted = f"{count}, {shown:,} of them shown." if tiles else f"No {one}."
    veiled = f"Blurred, since hidden or sensitive: {blurred:,} of them." if blurred else ""
    said = " ".join(part for part in (counted, veiled, note) if part)
    markup = (
        f'<section class="wb-shown wb-sheet mathjax_ignore" aria-label="{escaped(title)}">'
        f'<p class="wb-title">{escaped(title)}</p>{"".join(parts)}<p class="wb-note">{escaped(said)}</p></section>'
    )
    return Words(markup=markup, plain=visible(f"{title}: {said}"))


def _group(name: str, tiles: Sequence[Tile]) -> str:
    head = f'<p class="wb-group"><bdi>{escaped(name)}</bdi></p>' if name else ""
    return f'{head}<div class="wb-tiles">{"".join(map(_tile, tiles))}</div>'


def _tile(tile: Tile) -> str:
    source = _source(tile.picture)
    words = tile.note or ("too large for a page" if tile.picture else "not held")
    alt = escaped(line(f"{tile.hidden}: {tile.alt}" if tile.hidden else tile.alt, _ALT))
    over = f'<p class="wb-veil">{escaped(line(tile.hidden, _ALT))}</p>' if tile.hidden and source else ""
    # The source is base64 of bytes that begin as a PNG or JPEG does, so it needs no escaping.
    seen = f'<img alt="{alt}" src="{source}">' if source else f'<div class="wb-blank">{escaped(words)}</div>'
    under = "".join(f"<bdi>{breaking(line(text, _ALT))}</bdi><br>" for text in tile.lines if text)
    cite = f"<code>{escaped(tile.citation)}</code>" if tile.citation else ""
    return f'<figure class="wb-tile">{over}{seen}<figcaption>{under}{cite}</figcaption></figure>'


def _source(picture: bytes) -> str:
    kind = next((kind for start, kind in _KINDS.items() if picture.startswith(start)), "")
    if not kind or len(picture) > PICTURE_BYTES:
        return ""
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"
