"""The first pages of a report: whose case, on what authority, sealed and reviewed how, released to whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from workbench import qr
from workbench.custody import history
from workbench.department import Department
from workbench.errors import IntegrityError
from workbench.policy.standing import standing
from workbench.production.markup import safe, table
from workbench.production.runs import Run
from workbench.production.state import State
from workbench.production.views import SealFact
from workbench.times import read_stamp
from workbench.workspace import banner
from workbench.workspace.access import Access

_SHA256 = re.compile("[0-9a-f]{64}")
_OPEN = "not yet decided on"
_SCOPE = (
    "Made from executed notebooks as they lie in the case, sealed. Every row and figure names its exhibits: a citation "
    "leads to the exhibit's entry behind. Pictures are still; captured words are shown as words, with unseen "
    "characters made visible. What is not shown is named where it would stand."
)


def cover(
    state: State, department: Department, seal: SealFact, runs: Sequence[Run], reviews: Mapping[str, str]
) -> str:
    """Give the cover: banner, seal with its code, release, review state, and what is in the report."""
    access = _as_of(state, department)
    at = read_stamp(state.seal.at)
    warned = "".join(f'<p class="warning"><strong>{safe(note)}</strong></p>' for note in banner.notes(access))
    code = qr.svg(qr.seal_text(state.case, seal.number, seal.sha256), millimetres=30)
    return (
        f'<section class="cover"><header><div><p class="kind">Report</p><h1>Case {safe(state.case)}</h1>'
        f"<p>{safe(department.settings.department)}</p><p>As of {safe(qr.seal_line(seal.number, seal.sha256))}"
        f"</p></div>{code}</header>\n{warned}"
        f"<h2>The case</h2>{pairs(banner.papers(access, at))}"
        f"<h2>Seal and position</h2>{pairs(_seal(seal))}"
        f"<h2>Release</h2>{pairs(_release(state))}"
        f"<h2>Review</h2>{_review(state, runs, reviews)}{_people(access, department, seal, state, runs)}"
        f'<p class="note">{_SCOPE}</p><p class="note">{banner.LIMITS}</p></section>\n'
    )


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Write labels and values, the empty ones left out."""
    lines = "".join(
        f'<tr><th scope="row">{safe(name)}</th><td>{_value(text)}</td></tr>' for name, text in rows if text
    )
    return f'<table class="pairs">{lines}</table>\n'


def _value(text: str) -> str:
    """Write a value; a hash stands in one line, in letters that are told apart."""
    return f"<code>{text}</code>" if _SHA256.fullmatch(text) else safe(text)


def _as_of(state: State, department: Department) -> Access:
    """See the case as its papers stood when it was sealed."""
    found = history.read(state.folder)
    versions = [one for one in found.versions if one.seq <= state.seal.lines]
    collectors = [one for one in found.collectors if one[0] <= state.seal.lines]
    stood = standing(versions, collectors, read_stamp(state.seal.at))
    if stood.latest is None or stood.problem:
        raise IntegrityError(
            "the case's papers do not hold as of this seal", where=stood.problem or str(state.folder)
        )
    return Access(folder=state.folder, standing=stood, version=stood.latest, department=department)


def _seal(seal: SealFact) -> list[tuple[str, str]]:
    return [
        ("Seal", f"{qr.seal_line(seal.number, seal.sha256)}, at {seal.at}, by {seal.by}"),
        ("Fingerprint", seal.sha256),
        ("Custody log", f"{seal.lines} lines are sealed"),
        ("Signed by", ", ".join(seal.signed_by) or "nobody yet"),
        ("Countersigned by", ", ".join(seal.countersigned_by)),
        ("Timestamps of", ", ".join(seal.stamped_by)),
    ]


def _release(state: State) -> list[tuple[str, str]]:
    release = state.release
    return [
        ("Release", f"{release.release}, given by {release.by}, {release.at[:16]}Z"),
        ("For", release.recipient),
        ("Purpose", release.purpose),
    ]


def _people(access: Access, department: Department, seal: SealFact, state: State, runs: Sequence[Run]) -> str:
    """Say who the badges of these pages are, as the department's chief signed their names."""
    authority = access.standing.authority
    badges = {*access.standing.workers, *seal.signed_by, *seal.countersigned_by, state.release.by}
    badges |= {seal.by, *(run.by for run in runs), *(str(one["by"]) for one in state.decisions)}
    badges |= {authority.by} if authority else set()
    names = department.settings.people
    rows = [(badge, names[badge]) for badge in sorted(badges) if names.get(badge)]
    return f"<h2>People</h2>{pairs(rows)}" if rows else ""


def _review(state: State, runs: Sequence[Run], said: Mapping[str, str]) -> str:
    rows = [(f"{one.label}, {one.name}", said.get(one.label, _OPEN)) for one in runs]
    works = [str(one["capture"]) for one in state.captures] + [str(one["import"]) for one in state.imports]
    counts = Counter(said.get(name, _OPEN).partition(" by ")[0] for name in works)
    if counts:
        told = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
        rows.append((f"{len(works)} captures and imports", told))
    rows += [(name, said[name]) for name in works if said.get(name, "").startswith(("returned", "rejected"))]
    return table(("What", "Decision of a supervisor"), rows)
