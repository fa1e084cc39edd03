"""Page numbers where paper needs them, in the contents and in the list of exhibits: found by printing twice.

No browser yet fills in the page on which a link's place stands (CSS Generated Content 3, ``target-counter``). So a
copy of the page is printed with a blank for each number, the places are read from that print, and the copy is printed
again with the numbers. They are laid over the copy by its style alone: the page itself has none, and not a word of it
differs. Where the places cannot be read, or move, the page is printed without numbers.

A print of Skia, which all browsers of the Chromium family print with, writes its objects plainly (ISO 32000-1, 7.3
and 12.3.2.3): a tree of pages, and a dictionary of named places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from workbench.custody.scratch import Scratch
from workbench.production import printing

_BLANK: Final = "000"
_MOST: Final = 100_000
_HEAD: Final = b"</head>"
_SHOWN: Final = ".list .at{display:table-cell}"
_NAMED: Final = re.compile(rb"/(E[0-9]{4,9}|run-[0-9]{4,9}(?:-[0-9]{1,4})?|exhibits) \[([0-9]{1,9}) 0 R /XYZ")
_WHOLE: Final = re.compile(r"E[0-9]+")


def pdf(page: Path, out: Path, program: str) -> None:
    """Print ``page`` to ``out`` with numbers of pages, or without them where they cannot be found.

    Raises InputError as ``printing.pdf`` does.
    """
    with Scratch("wb-paged-") as aside:
        draft, copy = aside.path / "draft.pdf", aside.path / page.name
        _lay(page, copy, style({}))
        printing.pdf(copy, draft, program)
        if found := places(draft.read_bytes()):
            _lay(page, copy, style(found))
            printing.pdf(copy, out, program)
            if places(out.read_bytes()) == found:
                return
            out.unlink()
    printing.pdf(page, out, program)


def style(found: Mapping[str, int]) -> str:
    """Give the rules that write each number beside its link, and a blank beside all others."""
    lines = [
        _SHOWN,
        f'.list td.at[data-at]::after{{content:"{_BLANK}"}}',
        f'.contents a::after{{content:", page {_BLANK}"}}',
    ]
    for name, number in found.items():
        if _WHOLE.fullmatch(name):
            lines.append(f'.list td.at[data-at="{name}"]::after{{content:"{number}"}}')
        else:
            lines.append(f'.contents a[href="#{name}"]::after{{content:", page {number}"}}')
    return "<style>" + "\n".join(lines) + "</style>"


def places(data: bytes) -> dict[str, int]:
    """Read on which page each run, the list and each exhibit begin; nothing where a print is written otherwise."""
    named, root = (re.search(rb"/" + name + rb" ([0-9]{1,9}) 0 R", data) for name in (b"Dests", b"Pages"))
    if named is None or root is None:
        return {}
    number = {page: place for place, page in enumerate(_leaves(data, int(root[1])), 1)}
    found = _NAMED.findall(_object(data, int(named[1])))
    return {name.decode(): number[int(page)] for name, page in found if int(page) in number}


def _lay(page: Path, copy: Path, rules: str) -> None:
    """Copy a page with more rules at the end of its head, which its author's words come after."""
    copy.write_bytes(page.read_bytes().replace(_HEAD, rules.encode() + _HEAD, 1))


def _object(data: bytes, number: int) -> bytes:
    start = data.find(b"\n%d 0 obj\n" % number)
    return data[start : data.find(b"\nendobj", start)] if start >= 0 else b""


def _leaves(data: bytes, root: int) -> Iterator[int]:
    """Give the pages under a node of the tree in order, by the numbers of their objects."""
    waiting, seen = [root], 0
    while waiting and seen < _MOST:
        seen += 1
        node = waiting.pop()
        kids = re.search(rb"/Kids \[([^\]]*)\]", _object(data, node))
        if kids is None:
            yield node
        else:
            waiting += [int(kid) for kid in reversed(re.findall(rb"([0-9]{1,9}) 0 R", kids[1]))]
