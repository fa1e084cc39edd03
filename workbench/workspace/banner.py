"""The head of every notebook: number, purpose, authority, scope, expiry, newest seal, and what is not ratified."""

from __future__ import annotations

from workbench import qr
from workbench.custody import log, seals
from workbench.policy.purposes import PURPOSES
from workbench.policy.versions import GIVEN_ONLY, GIVEN_WORDS, Scope
from workbench.show.words import escaped, visible
from workbench.times import beside_utc, from_micros, read_stamp
from workbench.workspace.access import Access

NOTHING = (
    "Nothing has been captured for this case yet, and no file was given to us: the tables below are empty."
)
ORAL = {
    "unratified": "UNRATIFIED: what rests on this oral authority is not yet ratified by the supervisor's signature.",
    "refused": "REFUSED: the supervisor refused by signature the oral authority under which this case was begun. "
    "What was captured under it has no other.",
}
"""What became of an oral authority, where a reader must know it."""
LIMITS = (
    "This notebook cites what was captured or given to us. It gives no score and draws no conclusion; "
    "what was not captured is not thereby absent."
)


def rows(access: Access, position: int, at: int) -> list[tuple[str, str]]:
    """Give the banner's lines: what, value. ``at`` is now, in microseconds since 1970 UTC."""
    return [
        *papers(access, at),
        ("Read at", f"line {position} of the custody log, {_when(access, at)}"),
        ("Newest seal", _seal(access)),
    ]


def papers(access: Access, at: int) -> list[tuple[str, str]]:
    """Give what the case's own papers say at a time: number, purpose, people, state, authority, scope, expiry."""
    version = access.version
    purpose = PURPOSES[version.purpose]
    return [
        ("Case", version.case),
        ("Purpose", f"{purpose.title} (policy {purpose.clause})"),
        ("Subjects", ", ".join(version.subjects) or "none named"),
        ("Worked by", ", ".join(sorted(access.standing.workers))),
        ("State", access.standing.state),
        *_authority(access, at),
    ]


def text(access: Access, position: int, at: int) -> str:
    """Give the banner as plain text."""
    return "\n".join(
        [
            *(f"{what}: {visible(_flat(value))}" for what, value in rows(access, position, at)),
            *_warnings(access, position),
            LIMITS,
        ]
    )


def markup(access: Access, position: int, at: int) -> str:
    """Give the banner as HTML; every value is escaped, what cannot be seen is shown."""
    lines = "".join(
        f"<tr><th style='text-align:left'>{escaped(what)}</th>"
        f"<td style='text-align:left'>{escaped(value)}</td></tr>"
        for what, value in rows(access, position, at)
    )
    warned = "".join(f"<p><strong>{escaped(note)}</strong></p>" for note in _warnings(access, position))
    told = f"<table>{lines}</table>{_code(access)}{warned}<p>{LIMITS}</p>"
    return f'<div class="mathjax_ignore">{told}</div>'


def _flat(value: str) -> str:
    """Give a value as one line: no name in it writes a line of its own."""
    return " ".join(value.splitlines())


def _seal(access: Access) -> str:
    seal = seals.newest(access.folder)
    if seal is None:
        return "none yet: nothing of this case is sealed"
    return f"{qr.seal_line(seal.number, seal.sha256)}, up to line {seal.lines}"


def _code(access: Access) -> str:
    seal = seals.newest(access.folder)
    if seal is None:
        return ""
    source = qr.image(qr.seal_text(seal.case, seal.number, seal.sha256), millimetres=22)
    return f'<p><img alt="QR code of the newest seal&#39;s fingerprint" src="{source}"></p>'


def _authority(access: Access, at: int) -> list[tuple[str, str]]:
    authority = access.standing.authority
    if authority is None:
        return [("Authority", "none: nothing may be collected")]
    ended = " (over: nothing more may be collected)" if authority.expires <= at else ""
    return [
        ("Authority", f"{authority.kind} by {authority.by}, case version {authority.version}"),
        ("Scope", _scope(authority.scope)),
        ("Expires", _when(access, authority.expires) + ended),
    ]


def _warnings(access: Access, position: int) -> list[str]:
    """Say the notes, and that there is nothing to read where nothing came in up to ``position``."""
    taken = (
        line for line in log.rare(access.folder) if line.action.partition(".")[0] in {"capture", "import"}
    )
    first = next(taken, None)
    nothing = first is None or first.seq > position
    return [*notes(access), *([NOTHING] if nothing else [])]


def notes(access: Access) -> list[str]:
    """Say what a reader must know before anything else: that an oral authority is not ratified, or was refused."""
    said = ORAL.get(access.standing.oral)
    return [said] if said else []


def _scope(scope: Scope) -> str:
    if scope == GIVEN_ONLY:
        return GIVEN_WORDS
    targets = "; ".join(f"{target.source} {target.target}" for target in scope.targets)
    since, until = scope.window.since, scope.window.until
    period = f"posts from {_day(since) or 'the beginning'} to {_day(until) or 'any day'}"
    return f"{targets}; {period}; {'with' if scope.media else 'without'} media"


def _day(stamp: str | None) -> str:
    return "" if stamp is None else f"{from_micros(read_stamp(stamp)):%Y-%m-%d %H:%M} UTC"


def _when(access: Access, micros: int) -> str:
    return beside_utc(from_micros(micros), access.department.zone)
