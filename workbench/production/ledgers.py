"""What was looked for, and what was changed on the way: the two ledgers of a package."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator
from importlib.metadata import version
from typing import Any

from workbench import __version__
from workbench.custody.history import read_checked
from workbench.custody.log import Entry
from workbench.production import markup
from workbench.production.state import State
from workbench.production.store import Store
from workbench.tables import parts
from workbench.tables.check import Checked
from workbench.times import stamp, to_micros

Row = tuple[object, ...]
_SEARCH = (
    *("kind", "name", "log_line", "by", "begun_utc", "ended_utc", "source", "target", "window_since"),
    *("window_until", "limit", "verdict", "reason", "requests", "items", "exhibits", "detail"),
)
_CHANGES = ("kind", "where", "count", "detail")
_TOOLS = ("bagit", "msgspec", "typst", "segno", "lxml", "requests", "urllib3")
_NOTHING = frozenset({"empty", "gone", "blocked", "failed"})


def search_log(state: State) -> bytes:
    """Give ``search-log.csv``: what was looked for, and what came of it.

    Every capture with its target, window and result (what brought nothing too), every import, refusal of the
    gate, decision on review (rejected and returned items among them), and every notebook run with its parameters.
    """
    rows = sorted(_searches(state), key=lambda row: (int(str(row[2])), str(row[1])))
    return b"".join(markup.csv_row(row) for row in (_SEARCH, *rows))


def _searches(state: State) -> Iterator[Row]:
    begun = {entry.fields["capture"]: entry.seq for entry in state.entries if entry.action == "capture.begin"}
    imported = {
        entry.fields["import"]: entry.seq for entry in state.entries if entry.action == "import.begin"
    }
    for one in state.captures:
        yield _capture(one, begun[_number(one["capture"])])
    for one in state.imports:
        yield _import(one, imported[_number(one["import"])])
    for entry in state.entries:
        if entry.action == "refused":
            yield _refused(entry)
        elif entry.action == "run":
            yield _run(state, entry)
        elif entry.action == "decision":
            yield _decision(state, entry)
    yield from _untried(state)


def _row(**said: object) -> Row:
    """Put what is said under its columns; the others stay empty, as what is not known does."""
    return tuple("" if said.get(name) is None else said[name] for name in _SEARCH)


def _work(kind: str, one: dict[str, Any], seq: int, **said: object) -> Row:
    """Tell a capture or an import, each by the row of its table."""
    told = {name: one[name] for name in ("verdict", "reason", "exhibits")}
    begun, ended = _at(one["begun"]), _at(one["ended"])
    return _row(
        kind=kind,
        name=one[kind],
        log_line=seq,
        by=one["actor"],
        begun_utc=begun,
        ended_utc=ended,
        **told,
        **said,
    )


def _capture(one: dict[str, Any], seq: int) -> Row:
    nil = "; nothing was found" if one["verdict"] in _NOTHING else ""
    resumed = f"resumes {one['predecessor']}; " if one["predecessor"] else ""
    authority = f"authority: version {one['authority_version']}, {one['authority']}"
    return _work(
        "capture",
        one,
        seq,
        window_since=_at(one["since"]),
        window_until=_at(one["until"]),
        detail=f"{resumed}{one['collector']}; {authority}{nil}",
        **{name: one[name] for name in ("source", "target", "limit", "requests", "items")},
    )


def _import(one: dict[str, Any], seq: int) -> Row:
    importer = one["importer"] or "importer by content"
    return _work("import", one, seq, source="given", items=one["files"], detail=importer)


def _other(kind: str, name: str, entry: Entry, **said: object) -> Row:
    """Tell what the log says in one line."""
    at = stamp(entry.at)
    return _row(kind=kind, name=name, log_line=entry.seq, by=entry.actor, begun_utc=at, ended_utc=at, **said)


def _refused(entry: Entry) -> Row:
    fields = entry.fields
    name = f"capture-{fields['capture']:04d}" if fields["capture"] else ""
    address = fields.get("url_sha256", "")
    detail = f"SHA-256 of the address: {address}" if address else "before any capture had begun"
    return _other("refused", name, entry, verdict="refused", reason=fields["reason"], detail=detail)


def _run(state: State, entry: Entry) -> Row:
    fields = entry.fields
    path = f"runs/{fields['run']:04d}-{fields['name']}/parameters.json"
    sha256 = fields["files"].get("parameters.json", "")
    given = read_checked(state.folder, path, sha256).decode("utf-8", "backslashreplace") if sha256 else "none"
    detail = f"{fields['name']}, parameters: {' '.join(given.split())}"
    return _other("run", f"run-{fields['run']:04d}", entry, verdict=fields["status"], detail=detail)


def _decision(state: State, entry: Entry) -> Row:
    number = entry.fields["decision"]
    found = next(one for one in state.decisions if one["decision"] == number)
    detail = f"about {', '.join(map(str, found['subjects']))}"
    name = f"decision-{number:04d}"
    return _other("decision", name, entry, verdict=found["act"], reason=found["reason"], detail=detail)


def _untried(state: State) -> Iterator[Row]:
    """Name the approved targets that no capture has tried: that too is a result."""
    tried = {(one["source"], one["target"]) for one in state.captures}
    version = state.approved.version if state.approved else 0
    for target in state.targets:
        if (target.source, target.target) not in tried:
            yield _row(
                kind="target",
                log_line=state.seal.lines,
                source=target.source,
                target=target.target,
                verdict="never tried",
                detail=f"approved in version {version}",
            )


# --- transformations -------------------------------------------------------------------------


def transformations(
    state: State, store: Store, truncated: dict[str, str], since: Collection[Checked]
) -> bytes:
    """Give ``transformations.csv``: what was replaced, cut, missing, recovered or dated back, and with which tools.

    ``truncated`` are exhibits whose bytes end early as they were received: citation -> why. ``since`` are the parts
    of the tables whose rows an older parser read.
    """
    rows = (*_replaced(state), *_cut(truncated), *_gaps(state, store), *_moved(state), *_clocks(state))
    rows = (*rows, *_copying(), *_parsed_since(state, since), *_tools(state))
    return b"".join(markup.csv_row(row) for row in (_CHANGES, *rows))


def _replaced(state: State) -> Iterator[Row]:
    for (source, rule), count in sorted(state.removed.items()):
        yield "removal rule", source, count, f"{rule}: exhibits in which secrets were replaced before writing"


def _cut(truncated: dict[str, str]) -> Iterator[Row]:
    for citation, why in sorted(truncated.items()):
        yield "truncation", citation, 1, f"the answer ends early: {why}"


def _gaps(state: State, store: Store) -> Iterator[Row]:
    for one in (*state.captures, *state.imports):
        name = one.get("capture") or one.get("import")
        if one["verdict"] not in {"complete", "empty"}:
            yield "gap", name, 1, f"{one['verdict']}: {one['reason']}"
    for _, citation, cells in store.issues():
        said = (
            f"{name} {cells[name]}"
            for name in ("kind", "where", "field", "expected", "found")
            if name in cells
        )
        yield "not read", citation, cells.get("count", "1"), "; ".join(said)
    for table, count in store.totals().items():
        yield "rows", table, count, "rows that were read from all sealed exhibits"


def _moved(state: State) -> Iterator[Row]:
    for entry in state.entries:
        fields = entry.fields
        if entry.action == "recovered":
            yield (
                "recovered tail",
                f"log line {entry.seq}",
                fields["length"],
                f"{fields['file']} from byte {fields['offset']}, kept as {fields['quarantine']}",
            )
        elif entry.action == "disposed":
            yield "disposed", fields["file"], 1, f"by order {fields['order']}, SHA-256 was {fields['sha256']}"
        elif entry.action == "restored":
            yield (
                "restored",
                f"log line {entry.seq}",
                1,
                f"from a backup: restores/{fields['restore']:04d}.json",
            )


def _clocks(state: State) -> Iterator[Row]:
    for seq in state.backwards:
        yield (
            "clock went back",
            f"log line {seq}",
            1,
            "its time is earlier than the line before it; order is by line",
        )


def _copying() -> Iterator[Row]:
    yield "rendering", "data/pages", 1, "our rendering of the exhibits: decoded, cut, escaped; no evidence"
    yield (
        "repackaging",
        "data/replay.wacz",
        1,
        "the exhibits' bytes again, for replay; the originals are data/exhibits",
    )


def _parsed_since(state: State, since: Collection[Checked]) -> Iterator[Row]:
    """Name the sealed parts whose rows a newer parser would read otherwise, and how many rows differ."""
    known = {str(one.get("capture") or one.get("import")) for one in (*state.captures, *state.imports)}
    for one in (each for each in since if each.source in known):
        counts = f"{one.stored} rows are only in these tables, {one.parsed} only in what is read now"
        first = f", first {one.example}" if one.example else ""
        yield "parsed differently since", one.part, one.stored + one.parsed, f"{one.detail}: {counts}{first}"


def _tools(state: State) -> Iterator[Row]:
    collectors = {str(one["collector"]) for one in state.captures}
    for name in sorted(collectors):
        yield "tool", "captured with", 1, name
    sealed = (note for note in parts.notes(state.folder) if note.cover.first_seq <= state.seal.lines)
    for name in sorted({parser for note in sealed for parser in note.parsers}):
        yield "tool", "rows read with", 1, name
    for name, number in tools():
        yield "tool", "package made with", 1, f"{name} {number}"


def tools() -> tuple[tuple[str, str], ...]:
    """Name what a package is made with, and its versions."""
    ours = [("casefile-workbench", __version__), ("Python", platform.python_version())]
    return (*ours, *((name, version(name)) for name in _TOOLS))


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _at(moment: Any) -> str:  # noqa: ANN401 - a datetime of a table, or nothing
    return "" if moment is None else stamp(to_micros(moment))
