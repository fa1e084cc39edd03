"""One printable page for each exhibit: our rendering, not the exhibit.

A page loads nothing and runs nothing (its policy allows pictures written into it and its own style). Whatever was
captured stands in it as words, escaped, with control and direction characters visible, each piece cut at a bound
that is named where it cuts. A picture is shown only where the exhibit is itself that picture, byte for byte, and
neither anybody here has marked it as hidden nor its author or platform as sensitive.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from workbench import qr
from workbench.importers.pixels import dimensions
from workbench.production.markup import END, safe, table
from workbench.production.views import IMAGE_BYTES, CitedBy, ExhibitView, Http, Neighbour, Rows, SealFact
from workbench.records import Citation
from workbench.rows import Moment
from workbench.times import stamp

LABEL = "Our rendering, not the exhibit"
CELL_LETTERS = 8_000
"""The most of one cell that a page shows."""
BODY_LETTERS = 16_000
"""The most of a body or file that a page shows as words."""
MOST_HEADERS = 200
IMAGE_PIXELS = 50_000_000
"""A picture larger than this, or than ``IMAGE_BYTES``, is not shown: a browser may not come through it."""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_BODY = (
    "body { font: 10pt/1.4 sans-serif; margin: 1.2cm auto; max-width: 19cm; padding: 0 .5cm; "
    "color: #000; background: #fff }"
)
_RULES = """
header { display: flex; gap: .5cm; justify-content: space-between; border-bottom: 2px solid #000 }
header svg { flex: none } header p { margin: .1cm 0 }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 11.5pt; margin: .7cm 0 .1cm; break-after: avoid }
.label { font-weight: bold; border: 1.5px solid #000; padding: .5mm 2mm; display: inline-block }
table { border-collapse: collapse; width: 100%; margin: .1cm 0 .3cm; table-layout: fixed }
td, th { border: 1px solid #999; padding: 1mm 1.5mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate }
th { background: #eee; font-weight: 600 } .pairs th { width: 3.6cm }
table:not(.pairs) th:last-child { width: 42% } tr { break-inside: avoid }
code, pre { font: 8pt/1.35 monospace; overflow-wrap: anywhere; white-space: pre-wrap }
pre { border: 1px solid #999; padding: 2mm; margin: 0 }
img { max-width: 100%; max-height: 20cm; border: 1px solid #999 }
.t { white-space: nowrap }
.note { font-size: 9pt; margin: .1cm 0 } .cite { font: 8pt monospace; margin: .2cm 0 0; break-after: avoid }
"""
_PRINT = """
@page {{ margin: 18mm 12mm 16mm;
  @top-center {{ content: "{label}"; font: bold 9pt sans-serif }}
  @bottom-left {{ content: "{citation}"; font: 8pt sans-serif }}
  @bottom-right {{ content: counter(page) " / " counter(pages); font: 8pt sans-serif }} }}
@media print {{ body {{ margin: 0; padding: 0; max-width: none }} }}
"""
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""How a picture that is shown begins -> its type."""
_BASES = {
    "explicit": "the source named a zone",
    "unix": "the source gave a count of seconds since 1970",
    "assumed": "the zone is assumed by us",
    "ambiguous": "the source does not say of which zone",
}
PROVES = (
    "The SHA-256 shows that the stored bytes are those of the log line named here. It does not show that what they "
    "say is true, who wrote it, or that the server sent the same to anyone else."
)


def page(view: ExhibitView, seal: SealFact) -> str:
    """Give the page of an exhibit as of a seal: self-contained HTML, equal for equal views.

    Raises UsageError where the view's citation is none.
    """
    case = Citation.parse(view.citation).case
    title = f"Exhibit {view.citation}"
    style = _BODY + _RULES + _PRINT.format(label=LABEL, citation=view.citation)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{safe(title)}</title><style>{style}</style></head><body>\n"
        + _banner(view, seal, case)
        + "".join([_facts(view), _times(view), *_content(view), _around(view), _cited(view)])
        + f'<p class="note">{PROVES}</p>'
        + END
    )


def anchor(citation: str) -> str:
    """Name the place of a citation in a page: ``E0012``, or ``E0012/3`` for a row of it."""
    exhibit, _, pointer = citation.rpartition("-E")[2].partition("#")
    return f"E{exhibit}{pointer}"


def _banner(view: ExhibitView, seal: SealFact, case: str) -> str:
    code = qr.svg(qr.seal_text(case, seal.number, seal.sha256), millimetres=26)
    return (
        f'<header><div><p class="label">{LABEL}</p><h1>Exhibit {safe(view.citation)}</h1>'
        f"<p>Case {safe(case)}, as of {safe(qr.seal_line(seal.number, seal.sha256))} ({safe(seal.at)})</p>"
        f'<p class="note">{safe(_where(view))}</p></div>{code}</header>\n'
    )


def _where(view: ExhibitView) -> str:
    if view.copy:
        return f"The exhibit itself, byte for byte, is {view.copy} in this package."
    return "The bytes of this exhibit are withheld. Its hash and its line in the custody log are given."


def _facts(view: ExhibitView) -> str:
    stored = view.stored
    end = stored.offset + stored.length
    pairs = [
        *_asked(view.http),
        ("Given name", view.given_name),
        ("Source", view.source),
        ("Stored in", f"{stored.path}, bytes {stored.offset} to {end} ({stored.length} bytes)"),
        ("SHA-256 of the stored bytes", stored.sha256),
        ("Custody log", f"line {view.seq}, by {view.actor}, SHA-256 of the line {view.line_sha256}"),
        ("Replaced before writing", f"secrets, by the rule {view.rule}" if view.rule else ""),
        ("Mark", "" if view.mark == "none" else view.mark),
        ("Not readable", view.problem),
    ]
    return f"<h2>Facts</h2>{_pairs(pairs)}"


def _asked(http: Http | None) -> list[tuple[str, str]]:
    if http is None:
        return []
    status = str(http.status) if http.status else f"no readable answer: {http.outcome or 'unknown'}"
    return [
        ("Address (URL)", http.url),
        ("Method", http.method),
        ("Status", status),
        ("Type, as the server says", http.header("content-type")),
        ("Answer ends early", http.truncated),
    ]


def _times(view: ExhibitView) -> str:
    times = view.times
    received = (
        "the recorder's clock, when it asked" if view.kind == "http" else "the log's clock, when it was given"
    )
    rows = [
        ("Posted, first", *_moment(times.posted_first)),
        ("Posted, last", *_moment(times.posted_last)),
        ("Observed", stamp(times.observed), "", received),
        ("Captured", stamp(times.logged), "", "the custody log's clock, when its line was written"),
    ]
    note = '<p class="note">Posted, observed and captured are three different things.</p>'
    return f"<h2>Times</h2>{table(('', 'UTC', 'As the source wrote it', 'Basis'), rows)}{note}"


def _moment(moment: Moment | None) -> tuple[str, str, str]:
    if moment is None:
        return "none known", "", ""
    utc = "" if moment.utc is None else stamp(moment.utc)
    return utc, cut(moment.raw, 200), f"{moment.basis}: {_BASES.get(moment.basis, '')}"


def _content(view: ExhibitView) -> Iterable[str]:
    if not view.copy:
        return
    yield from picture(view)
    for rows in view.rows:
        yield _rows(rows)
    if view.http is not None:
        yield _headers(view.http)
    yield from words(view)


def picture(view: ExhibitView, heading: str = "h2") -> Iterable[str]:
    """Give the picture that an exhibit is, below a heading, or why it is not shown; nothing of what is none."""
    data, length = _bytes(view)
    kind = next((name for start, name in PICTURES.items() if data.startswith(start)), "")
    if not kind:
        return
    if why := _unseen(view, data, length, kind):
        yield f'<{heading}>Picture</{heading}><p class="note">Not shown here: {why}.</p>'
        return
    coded = base64.b64encode(data).decode("ascii")
    head = f"<{heading}>Picture, as stored</{heading}>"
    yield f'{head}<img alt="The exhibit is this picture" src="data:{kind};base64,{coded}">'


def _unseen(view: ExhibitView, data: bytes, length: int, kind: str) -> str:
    width, height = dimensions(data, kind)
    if view.mark != "none":
        return f"it is marked {view.mark}"
    if view.sensitive:
        return f"it is {view.sensitive}"
    if len(data) > IMAGE_BYTES or len(data) != length:
        return (
            f"it is larger than this page holds ({length} bytes)" if length > 0 else "its end is not at hand"
        )
    if width is None or height is None or width * height > IMAGE_PIXELS:
        return "its size in pixels is not known, or beyond what a browser may come through"
    return ""


def _bytes(view: ExhibitView) -> tuple[bytes, int]:
    """Give what is at hand of the body or file, and how long it is whole (-1: unknown)."""
    if view.http is not None:
        return view.http.body, view.http.body_length
    return view.shown, view.whole_length


def _rows(rows: Rows) -> str:
    shown = "".join(
        f'<p class="cite">{safe(one.exhibit)}</p>{_pairs((name.replace("_", " "), text) for name, text in one.cells)}'
        for one in rows.rows
    )
    left = rows.count - len(rows.rows)
    are = (
        "row of this table cites this exhibit and is"
        if left == 1
        else "rows of this table cite this exhibit and are"
    )
    more = f'<p class="note">{left} more {are} not shown here.</p>' * (left > 0)
    return f"<h2>Read from it: {safe(rows.table.replace('_', ' '))} ({rows.count})</h2>{shown}{more}"


def _headers(http: Http) -> str:
    if not http.headers:
        return ""
    left = len(http.headers) - MOST_HEADERS
    are = "field is" if left == 1 else "fields are"
    more = f'<p class="note">{left} more header {are} not shown here.</p>' * (left > 0)
    lines = "\n".join(safe(cut(f"{name}: {value}", 2_000)) for name, value in http.headers[:MOST_HEADERS])
    return f"<h2>Header of the answer, as received</h2><pre>{lines}</pre>{more}"


def words(view: ExhibitView, heading: str = "h2") -> Iterable[str]:
    """Give the beginning of an exhibit's bytes as words, below a heading; nothing of what is marked or a picture."""
    data, length = _bytes(view)
    if not data or view.mark != "none":
        return
    text = data.decode("utf-8", "backslashreplace")
    if any(data.startswith(start) for start in PICTURES):
        return
    if "\x00" in text:
        told = f"Not words: {length if length >= 0 else 'unknown'} bytes."
        yield f'<{heading}>Content</{heading}><p class="note">{told}</p>'
        return
    whole = f"{length} bytes" if length >= 0 else "of unknown length"
    part = len(data) != length or len(text) > BODY_LETTERS
    head = f"<{heading}>Content as words{', its beginning' * part} ({whole})</{heading}>"
    yield f"{head}<pre>{safe(text[:BODY_LETTERS])}</pre>"


def _around(view: ExhibitView) -> str:
    return _neighbours("Before it in the thread", view.before) + _neighbours(
        "After it in the thread", view.after
    )


def _neighbours(title: str, posts: tuple[Neighbour, ...]) -> str:
    if not posts:
        return ""
    rows = [(one.exhibit, one.author, one.posted, cut(one.words, 500)) for one in posts]
    return f"<h2>{title}</h2>{table(('Exhibit', 'By', 'Posted', 'Words'), rows)}"


def _cited(view: ExhibitView) -> str:
    if not view.cited_by:
        return ""
    rows = [_citing(one) for one in view.cited_by]
    return f"<h2>Cited by</h2>{table(('File', 'At', 'By', 'What it says'), rows)}"


def _citing(one: CitedBy) -> tuple[str, str, str, str]:
    return one.file, one.at, one.by, cut(one.what, 2_000)


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><th>{safe(name)}</th><td>{safe(cut(text))}</td></tr>\n" for name, text in pairs if text
    )
    return f'<table class="pairs">{lines}</table>\n'


def cut(text: str, most: int = CELL_LETTERS) -> str:
    """Cut a text, and say in its place of how many letters."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\n[cut here: {len(text) - most} more letters stand in the exhibit]"
