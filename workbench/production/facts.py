"""The facts of a package that its declaration and its graph are made from: from signed files and the log alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import msgspec

from workbench.custody import log, seals
from workbench.custody.history import read_checked
from workbench.department import Department, Settings
from workbench.production.ledgers import tools
from workbench.production.state import State
from workbench.production.views import Authority, CaptureFact, ExhibitFact, Facts, SealFact
from workbench.tables import logged
from workbench.times import read_stamp, stamp, to_micros


def facts(
    state: State,
    department: Department,
    exhibits: tuple[ExhibitFact, ...],
    truncated: dict[str, str],
    sha256: Callable[[str], str],
) -> Facts:
    """Gather the facts; ``truncated`` are exhibits whose bytes end early as received: citation -> why.

    ``sha256`` gives the hash of a file of the package that was written already.
    """
    return Facts(
        case=state.case,
        purpose=state.versions[-1].purpose if state.versions else "",
        department=_settings(department, state.released_at)[-1].department,
        root_of_trust=department.root,
        release=state.release.release,
        recipient=state.release.recipient,
        released_for=state.release.purpose,
        seal=seal_fact(state),
        authorities=tuple(_authorities(state)),
        captures=tuple(_captures(state)),
        exhibits=exhibits,
        withheld=tuple(one.citation for one in exhibits if not one.copy),
        tools=tools(),
        notes=tuple(_notes(state, truncated)),
        index_sha256=sha256("data/index.csv"),
        search_log_sha256=sha256("data/search-log.csv"),
        transformations_sha256=sha256("data/transformations.csv"),
        created=read_stamp(state.seal.at),
    )


def seal_fact(state: State) -> SealFact:
    """Say what a seal is, and who signed, countersigned and stamped it up to the release."""
    seal = state.seal
    signed, countersigned, stamped = state.signers()
    return SealFact(
        number=seal.number,
        sha256=seal.sha256,
        short=seals.short(seal.sha256),
        at=seal.at,
        by=seal.by,
        lines=seal.lines,
        root=seal.root,
        signed_by=signed,
        countersigned_by=countersigned,
        stamped_by=stamped,
    )


def certificates(department: Department, at: int, names: Collection[str]) -> dict[str, bytes]:
    """Give the CA certificates (PEM) of timestamp authorities, as the chief had last signed them by a time."""
    found = {
        authority.name: authority.ca.encode("ascii")
        for settings in _settings(department, at)
        for authority in settings.timestamps
    }
    return {name: found[name] for name in sorted(names) if name in found}


def _settings(department: Department, at: int) -> list[Settings]:
    """Read the department's settings up to a time, the oldest first; the department has checked their signatures."""
    found: list[Settings] = []
    for entry in log.entries(department.folder):
        if entry.action == "settings" and (entry.at <= at or not found):
            name = f"settings/{entry.fields['number']:04d}.json"
            data = read_checked(department.folder, name, entry.fields["sha256"])
            found.append(msgspec.json.decode(data, type=Settings))
    return found


def _authorities(state: State) -> Iterator[Authority]:
    asked = ""
    for one in state.versions:
        if one.act in {"request", "renew"}:
            asked = one.by
        elif one.act == "approve":
            yield Authority(
                version=one.version, asked_by=asked, approved_by=one.by, at=one.at, expires=one.expires
            )
        elif one.act == "oral" and one.oral is not None:
            spoke = f"{one.oral.supervisor} (by word of mouth)"
            yield Authority(
                version=one.version, asked_by=one.by, approved_by=spoke, at=one.oral.at, expires=one.expires
            )


def _captures(state: State) -> Iterator[CaptureFact]:
    lines: dict[str, list[int]] = {}
    for entry in state.entries:
        if entry.action in {"capture.begin", "capture.end", "import.begin", "import.end"}:
            lines.setdefault(logged.source_of(entry), []).append(entry.seq)
    for one in state.captures:
        yield _capture(one, one["capture"], f"{one['source']} {one['target']}", one["collector"], lines)
    for one in state.imports:
        yield _capture(
            one, one["import"], "files given to us", one["importer"] or "importer by content", lines
        )


def _capture(
    one: dict[str, Any], name: str, what: str, tool: str, lines: dict[str, list[int]]
) -> CaptureFact:
    return CaptureFact(
        name=name,
        what=what,
        actor=one["actor"],
        tool=tool,
        begun=stamp(to_micros(one["begun"])),
        ended=stamp(to_micros(one["ended"])) if one["ended"] else "",
        verdict=one["verdict"],
        reason=one["reason"],
        exhibits=one["exhibits"],
        first_seq=lines[name][0],
        last_seq=lines[name][-1],
    )


def _notes(state: State, truncated: dict[str, str]) -> Iterator[str]:
    for (source, rule), count in sorted(state.removed.items()):
        yield f"In {count} exhibits of {source} secrets were replaced before writing, by the rule {rule}."
    for one in (*state.captures, *state.imports):
        if one["verdict"] not in {"complete", "empty"}:
            name = one.get("capture") or one.get("import")
            yield f"{name} did not come to its end as asked: {one['verdict']}, {one['reason']}."
    for citation, why in sorted(truncated.items()):
        yield f"The answer in {citation} ends early: {why}."
    for entry in state.entries:
        if entry.action == "recovered":
            yield (
                f"After a crash {entry.fields['length']} bytes of {entry.fields['file']} were set aside as "
                f"{entry.fields['quarantine']} (log line {entry.seq})."
            )
        elif entry.action == "restored":
            yield f"The case was restored from a backup (log line {entry.seq})."
    if state.backwards:
        yield f"The recording machine's clock went back at log lines {', '.join(map(str, state.backwards))}."
