"""How a report looks, on the screen, on A4 and on Letter, in colour and in grey; and how its parts hang together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Final, Literal

from workbench.counts import exhibits_told
from workbench.production import pages
from workbench.production.cover import pairs
from workbench.production.markup import END, safe
from workbench.production.runs import Run
from workbench.show.style import STYLE as SHOWN

__all__ = ["END", "Paper", "contents", "head", "linked", "run", "unshown"]

Paper = Literal["A4", "Letter"]

_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
"""Nothing runs, and nothing is fetched: pictures are in the page."""

_NAMED: Final = 10
_FONT: Final = '8pt "Liberation Sans", Arial, sans-serif'
_PAPER: Final = """
@page {{ size: {paper}; margin: 20mm 14mm 18mm;
  @top-left {{ content: "{line}"; font: {font}; width: 100%; vertical-align: bottom; border-bottom: .5pt solid #000;
    padding-bottom: 1.5mm; margin-bottom: 4mm }}
  @bottom-right {{ content: "page " counter(page) " of " counter(pages); font: {font}; white-space: nowrap }} }}
@page exhibit {{ @bottom-left {{ content: "{label}"; font: {font}; white-space: nowrap }} }}
"""
_LINK: Final = re.compile(r'<a href="#(E[0-9]+)((?:/[0-9A-Za-z_]+)*)" class="cite"')
_ID: Final = re.compile(r'<[a-z0-9]+(?: class="[a-z ]*")? id="([^"]+)"')


def head(title: str, line: str, paper: Paper) -> str:
    """Begin the page. ``line`` is the running head: only letters that mean nothing in a style sheet are kept."""
    plain = "".join(letter for letter in line if letter.isalnum() or letter in " -.,:")
    own = files("workbench.production").joinpath("report.css").read_text("utf-8")
    style = f"{SHOWN}{own}{_PAPER.format(line=plain, paper=paper, font=_FONT, label=pages.LABEL)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{safe(title)}</title><style>{style}</style></head><body>\n"
    )


def contents(runs: Sequence[Run], sections: Iterable[Sequence[tuple[str, str]]], *, behind: int) -> str:
    """Give the list of what follows, each a link.

    ``sections`` are those of each run, names and words; ``behind`` is how many exhibits have an entry.
    """
    items = "".join(
        f'<li><a href="#{one.label}">{safe(_title(one))}</a>{_sections(inside)}</li>'
        for one, inside in zip(runs, sections, strict=True)
    )
    listed = '<li><a href="#exhibits">Exhibits cited</a>' + f", {behind} with an entry each</li>"
    return f'<section class="contents"><h2>Contents</h2><ol>{items}{listed}</ol></section>\n'


def _sections(inside: Sequence[tuple[str, str]]) -> str:
    lines = "".join(f'<li><a href="#{name}">{safe(words)}</a></li>' for name, words in inside)
    return f"<ul>{lines}</ul>" if lines else ""


def _title(one: Run) -> str:
    return f"Notebook {one.name}, run {one.number:04d}"


def run(one: Run, review: str, cells: Iterable[str]) -> str:
    """Give one notebook run: what it was asked, then its words and results, without code."""
    later = f"A later run, run-{one.failed:04d}, failed and is not shown." * bool(one.failed)
    facts = [
        ("Ran", f"{one.at[:19]}Z, by {one.by}, on what the custody log held up to line {one.position}"),
        ("Kept as", f"{one.folder}/notebook.ipynb, SHA-256 {one.sha256}"),
        ("Asked with", ", ".join(f"{name} = {value or 'none'}" for name, value in one.values.items())),
        ("On review", review or "not yet decided on"),
        ("Note", later),
    ]
    body = "".join(cells)
    return (
        f'<section class="run" id="{one.label}"><h2>{safe(_title(one))}</h2>{pairs(facts)}{body}</section>\n'
    )


def unshown(marked: Sequence[int]) -> str:
    """Say why nothing of a run is shown."""
    named = exhibits_told(marked[:_NAMED]) + " …" * (len(marked) > _NAMED)
    words = f"Nothing of this run is shown: after it, this was marked as contraband: {named}. Run the notebook again."
    return f'<p class="note">{safe(words)}</p>'


def linked(bodies: Iterable[str], known: Collection[int], behind: Iterable[str]) -> Iterator[str]:
    """Have each citation lead to its row, else its exhibit's entry, else its line of the list, else the list."""
    there = {name for page in behind for name in _ID.findall(page)}
    lines = set(known)

    def target(found: re.Match[str]) -> str:
        exhibit, pointer = found[1], found[2]
        line = f"L{int(exhibit[1:])}" if int(exhibit[1:]) in lines else "exhibits"
        name = next((each for each in (exhibit + pointer, exhibit) if each in there), line)
        return f'<a href="#{name}" class="cite"'

    for body in bodies:
        yield _LINK.sub(target, body)
