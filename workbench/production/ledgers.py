"""What was looked for, what was changed on the way, and what speaks for and against an authorship."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator
from importlib.metadata import version
from typing import Any

from workbench import __version__
from workbench.custody.history import read_checked
from workbench.custody.log import Entry
from workbench.policy.annotations import Annotation
from workbench.production import markup
from workbench.production.state import State
from workbench.production.store import Store
from workbench.records import Citation
from workbench.tables import parts
from workbench.tables.check import Checked
from workbench.times import stamp, to_micros

Row = tuple[object, ...]
_AUTHORSHIP = (
    "Facts that officers noted for and against an account being somebody's, each with the exhibits it rests on. "
    "An account that bears a name is not enough; nothing here concludes who wrote anything."
)
_SEARCH = (
    "kind",
    "name",
    "log_line",
    "by",
    "begun_utc",
    "ended_utc",
    "source",
    "target",
    "window_since",
    "window_until",
    "limit",
    "verdict",
    "reason",
    "requests",
    "items",
    "exhibits",
    "detail",
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


def _capture(one: dict[str, Any], seq: int) -> Row:
    nil = "; nothing was found" if one["verdict"] in _NOTHING else ""
    resumed = f"resumes {one['predecessor']}; " if one["predecessor"] else ""
    return (
        "capture",
        one["capture"],
        seq,
        one["actor"],
        _at(one["begun"]),
        _at(one["ended"]),
        one["source"],
        one["target"],
        _at(one["since"]),
        _at(one["until"]),
        one["limit"],
        one["verdict"],
        one["reason"],
        _blank(one["requests"]),
        _blank(one["items"]),
        one["exhibits"],
        f"{resumed}{one['collector']}; authority: version {one['authority_version']}, {one['authority']}{nil}",
    )


def _import(one: dict[str, Any], seq: int) -> Row:
    importer = one["importer"] or "importer by content"
    head: Row = ("import", one["import"], seq, one["actor"], _at(one["begun"]), _at(one["ended"]))
    tail: Row = (one["verdict"], one["reason"], "", one["files"], one["exhibits"], importer)
    return (*head, "given", "", "", "", "", *tail)


def _other(kind: str, name: str, entry: Entry, verdict: str, reason: str, detail: str) -> Row:
    at = stamp(entry.at)
    blanks: Row = ("", "", "", "", "")
    return (kind, name, entry.seq, entry.actor, at, at, *blanks, verdict, reason, "", "", "", detail)


def _refused(entry: Entry) -> Row:
    fields = entry.fields
    name = f"capture-{fields['capture']:04d}" if fields["capture"] else ""
    address = fields.get("url_sha256", "")
    detail = f"SHA-256 of the address: {address}" if address else "before any capture had begun"
    return _other("refused", name, entry, "refused", fields["reason"], detail)


def _run(state: State, entry: Entry) -> Row:
    fields = entry.fields
    name = f"run-{fields['run']:04d}"
    path = f"runs/{fields['run']:04d}-{fields['name']}/parameters.json"
    sha256 = fields["files"].get("parameters.json", "")
    given = read_checked(state.folder, path, sha256).decode("utf-8", "backslashreplace") if sha256 else "none"
    detail = f"{fields['name']}, parameters: {' '.join(given.split())}"
    return _other("run", name, entry, fields["status"], "", detail)


def _decision(state: State, entry: Entry) -> Row:
    number = entry.fields["decision"]
    found = next(one for one in state.decisions if one["decision"] == number)
    about = ", ".join(map(str, found["subjects"]))
    return _other(
        "decision", f"decision-{number:04d}", entry, found["act"], found["reason"], f"about {about}"
    )


def _untried(state: State) -> Iterator[Row]:
    """Name the approved targets that no capture has tried: that too is a result."""
    tried = {(one["source"], one["target"]) for one in state.captures}
    version = state.approved.version if state.approved else 0
    for target in state.targets:
        if (target.source, target.target) not in tried:
            blanks: Row = ("", "", "", "", "")
            tail: Row = ("never tried", "", "", "", "", f"approved in version {version}")
            yield (
                "target",
                "",
                state.seal.lines,
                "",
                *blanks[:2],
                target.source,
                target.target,
                *blanks[:3],
                *tail,
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


# --- authorship ------------------------------------------------------------------------------


def authorship(state: State, wanted: Collection[int] | None) -> bytes:
    """Give ``authorship.html``: for each account, confirming and contrary facts side by side, each citing exhibits.

    Exhibits among ``wanted`` (None: all) have a page in the package to link to.
    """
    facts = [one for one in state.annotations if one.kind == "authorship"]
    accounts = list(dict.fromkeys(one.account for one in facts))
    notes = [_AUTHORSHIP]
    notes += ["Nobody has noted any such fact: this is not a finding either way."] * (not facts)
    body = "".join(_account(state, account, facts, wanted) for account in accounts)
    title = f"Authorship: case {state.case}"
    return (markup.head(title, notes) + body + markup.END).encode()


def _account(
    state: State, account: str, facts: Collection[Annotation], wanted: Collection[int] | None
) -> str:
    own = [one for one in facts if one.account == account]
    sides = [
        "".join(_fact(state, one, wanted) for one in own if one.side == side) or "none noted"
        for side in ("confirming", "contrary")
    ]
    heads = markup.row(["Confirming", "Contrary"], "th")
    return f"<h2>{markup.safe(account)}</h2><table>{heads}{markup.row(sides)}</table>\n"


def _fact(state: State, one: Annotation, wanted: Collection[int] | None) -> str:
    cites = ", ".join(cited(state, number, wanted) for number in one.exhibits)
    words = markup.safe(one.text).replace("\n", "<br>")
    told = f"{cites}<br><code>{markup.safe(f'{one.by}, {one.at}')}</code>"
    gone = next(
        (each for each in state.annotations if each.kind == "withdrawal" and each.of == one.annotation), None
    )
    if gone is None:
        return f"<p>{words}<br>{told}</p>"
    why = markup.safe(f"Withdrawn by {gone.by}, {gone.at}: {gone.text}").replace("\n", "<br>")
    return f"<p><s>{words}</s><br>{told}<br>{why}</p>"


def cited(state: State, number: int, wanted: Collection[int] | None) -> str:
    """Write a citation, as a link to its page where the package has one."""
    citation = str(Citation(case=state.case, number=number))
    if number > state.last or (wanted is not None and number not in wanted):
        return f"{markup.safe(citation)} (not in this package)"
    return markup.link(f"pages/E{number:04d}.html", citation)


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _at(moment: Any) -> str:  # noqa: ANN401 - a datetime of a table, or nothing
    return "" if moment is None else stamp(to_micros(moment))


def _blank(value: object) -> object:
    return "" if value is None else value
