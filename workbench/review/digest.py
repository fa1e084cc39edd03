"""What a supervisor reads of a case at one go: what came in, what changed, what waits, and for whose signature.

For the notebook ``supervisor-digest``. All of it is read from the case's own log and papers; nothing is written
but what opening the case enters in the audit chain. It tells who decided, and of nobody else what they did: it is about
the case, not about its officers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pandas as pd

from workbench.counts import counted
from workbench.custody import history, log, seals
from workbench.policy.standing import Authority
from workbench.review.queue import Item, Queue, queue
from workbench.times import from_micros, read_stamp, to_micros
from workbench.workspace import Case

NOTEBOOK = "supervisor-digest"
SOON = 7
"""Days before its end from which an authority is among what waits."""

_Counted = tuple[log.Entry, log.Entry, int]
_DAY = 86_400_000_000
_COUNTED = {"exhibit": "exhibits", "refused": "requests refused by the gate"}
_WORDS = {
    "open": "the log begins",
    "officers": "register of officers",
    "case": "case version",
    "capture.begin": "capture begun",
    "capture.end": "capture ended",
    "import.begin": "import begun",
    "import.file": "file given to us",
    "import.end": "import ended",
    "run": "notebook run",
    "annotation": "annotation written",
    "recovered": "torn bytes set aside",
    "format": "later format of the case file",
    "seal": "sealed",
    "seal.signed": "seal signed later",
    "seal.stamped": "seal timestamped",
    "decision": "decision",
    "release": "release signed",
    "disseminated": "left the department",
    "restored": "restored from a copy",
    "disposed": "disposed of by order",
    "handled": "handled",
}
"""What a line of the log tells, in words; an action of a later format stands as it is."""

_FIELDS = ("verdict", "reason", "act", "kind", "name", "status", "collector", "items", "requests")
"""Fields of a log line that are told; none holds personal text (docs/casefile-format.md)."""


def begin(case: Case, since: datetime | None) -> datetime:
    """Give the moment from which the digest tells: the given one, else the last kept digest's, else the first line."""
    return _begun(case, since)[0]


def _begun(case: Case, since: datetime | None) -> tuple[datetime, str]:
    """Give that moment, and what it is."""
    if since is not None:
        return since, "the day asked for"
    runs = history.read(case.folder).runs.values()
    if earlier := [work.begin.at for work in runs if work.begin.fields.get("name") == NOTEBOOK]:
        return from_micros(max(earlier)), "the last digest kept with the case"
    return from_micros(next(iter(log.entries(case.folder))).at), "the first line of the custody log"


def happened(case: Case, since: datetime) -> pd.DataFrame:
    """List what the custody log took in since a moment; exhibits and refused requests are counted by source.

    Columns: at (UTC), what, about, detail, line; of what is counted, of the last one. In the log's order.
    """
    first, counts = to_micros(since), dict[tuple[str, str], _Counted]()
    rows: list[tuple[datetime, str, str, str, int]] = []
    for entry in log.entries(case.folder):
        if entry.seq > case.position or entry.at < first:
            continue
        if entry.action in _COUNTED:
            # Its first, its last and how many: a case has far more exhibits than a digest should hold.
            key = _COUNTED[entry.action], _about(entry)
            begun, _, count = counts.get(key, (entry, entry, 0))
            counts[key] = begun, entry, count + 1
        else:
            what = _WORDS.get(entry.action, entry.action)
            rows.append((from_micros(entry.at), what, _about(entry), _detail(entry), entry.seq))
    rows += [
        (from_micros(last.at), what, about, _span(begun.seq, last.seq, count), last.seq)
        for (what, about), (begun, last, count) in counts.items()
    ]
    rows.sort(key=lambda row: row[-1])
    return _frame(rows, ["at", "what", "about", "detail", "line"])


def _span(first: int, last: int, count: int) -> str:
    return f"{count:,} in all, lines {first} to {last}" if first < last else f"{count:,} in all"


def told(case: Case, since: datetime | None) -> str:
    """Say from which moment the digest tells, and why from that one."""
    moment, why = _begun(case, since)
    return f"Told from {case.when(moment)} on, {why}.\nWhat still waits is told whenever it began."


def review(case: Case) -> Queue:
    """Read what there is to review, for who reads the case; the next three take it."""
    return queue(case.folder, case.badge)


def waiting(found: Queue) -> pd.DataFrame:
    """List what waits for review, as ``workbench review list`` does, for who reads it.

    Exhibits of one source that wait alike are one row, though each is decided singly. Columns: item, about, waits (how
    far it is), result, sealed, issues (counted), cited_by (runs and annotations that cite it), mark, reopened (by
    what), exhibits (those cited; of a source none: to name a sample of it here would be to cite it, and each cited
    exhibit waits for a decision of its own), barred (why the reader may not decide).
    """
    return pd.DataFrame(
        [_row(items) for items in _alike(item for item in found.items if item.open)],
        columns=[
            *("item", "about", "waits", "result", "sealed", "issues", "cited_by", "mark", "reopened"),
            *("exhibits", "barred"),
        ],
    )


def decided(found: Queue, since: datetime) -> pd.DataFrame:
    """List what was decided since a moment. Columns: at (UTC), item, act, by, reason, decision (its number)."""
    rows = [
        (from_micros(read_stamp(one.at)), item.name, one.act, one.by, one.reason, one.number)
        for item in found.items
        if (one := item.decided) and read_stamp(one.at) >= to_micros(since)
    ]
    return _frame(sorted(rows), ["at", "item", "act", "by", "reason", "decision"])


def notes(found: Queue) -> pd.DataFrame:
    """List what the review could not tell, and decisions that do not count. Columns: note."""
    return pd.DataFrame({"note": pd.Series([*found.notes, *found.problems], dtype="str")})


def sealed(case: Case) -> pd.DataFrame:
    """List the seals. Columns: seal, at (UTC), lines (sealed up to), fingerprint, signed (by whom), stamped."""
    kept = history.read(case.folder).seals
    rows = [
        (
            seal.number,
            from_micros(read_stamp(seal.at)),
            seal.lines,
            seals.short(seal.sha256),
            ", ".join(sorted(kept[seal.number].signed)) or "UNSIGNED",
            ", ".join(sorted(kept[seal.number].stamped)),
        )
        for seal in seals.every(case.folder)
    ]
    return _frame(rows, ["seal", "at", "lines", "fingerprint", "signed", "stamped"])


def unsigned(case: Case, at: datetime) -> pd.DataFrame:
    """List what waits for a signature or a request at a moment. Columns: what, where, todo."""
    rows = [*_papers(case, to_micros(at)), *_seals(case)]
    return pd.DataFrame(rows, columns=["what", "where", "todo"], dtype="str")


def _papers(case: Case, at: int) -> Iterator[tuple[str, str, str]]:
    standing = case.access.standing
    pending = standing.pending
    if pending is not None:
        yield (
            f"A request waits for approval: {pending.version.act}.",
            f"case version {pending.version.version}",
            f"workbench case approve {case.number}, or refuse",
        )
    if standing.authority is None:
        if pending is None:
            yield (
                "Nothing stands approved.",
                f"state {standing.state}",
                "its officers ask with 'case request'",
            )
    else:
        yield from _authority(standing.authority, at, case)


def _authority(authority: Authority, at: int, case: Case) -> Iterator[tuple[str, str, str]]:
    where = f"case version {authority.version}"
    if authority.unratified:
        yield (
            "The oral authority is not ratified.",
            where,
            f"{authority.by}: workbench case ratify {case.number}",
        )
    left, when = (authority.expires - at) / _DAY, case.when(from_micros(authority.expires))
    if left < 0:
        yield (
            f"The authority ended at {when}.",
            where,
            "renew with a reason, or close the case",
        )
    elif left <= SOON:
        yield f"The authority ends at {when}.", where, "renew with a reason, or let it end"


def _seals(case: Case) -> Iterator[tuple[str, str, str]]:
    for number, kept in history.read(case.folder).seals.items():
        if not kept.signed:
            yield (
                "A seal is not signed.",
                f"seal {number}",
                "its officer runs 'workbench seal --sign-pending'",
            )
    newest = seals.newest(case.folder)
    covered = newest.lines if newest else 0
    # The newest seal's own lines stand after those that it covers; they are not work that waits.
    loose = [
        entry.seq
        for entry in log.rare(case.folder)
        if entry.seq > covered and entry.seq <= case.position and not entry.action.startswith("seal")
    ]
    if loose:
        yield (
            f"Not sealed: {counted(len(loose), 'act')} since the newest seal.",
            f"from line {loose[0]} of the log",
            f"workbench seal {case.number}",
        )


def _alike(items: Iterable[Item]) -> Iterable[list[Item]]:
    """Put exhibits of one source together that wait in the same way; every other item is alone."""
    groups = dict[object, list[Item]]()
    for item in items:
        alike = (item.about, item.state, item.sealed, item.mark, item.reopened, item.barred)
        groups.setdefault(item.name if item.outcome else alike, []).append(item)
    return groups.values()


def _row(items: Sequence[Item]) -> tuple[object, ...]:
    first, count = items[0], len(items)
    result = f"{first.outcome.verdict} ({first.outcome.reason})" if first.outcome else ""
    return (
        first.name if count == 1 else counted(count, "exhibit"),
        first.about if count == 1 else first.about.replace("exhibit of", "of", 1),
        first.state,
        result,
        first.sealed,
        sum(trouble.count for item in items for trouble in item.issues),
        ", ".join(dict.fromkeys(claim.by for item in items for claim in item.cited_by)),
        first.mark,
        f"{first.reopened.reason}: {', '.join(first.reopened.by)}" if first.reopened else "",
        () if first.outcome else tuple(item.name for item in items),
        first.barred,
    )


def _about(entry: log.Entry) -> str:
    for kind in ("capture", "import", "run", "annotation", "decision", "seal", "release", "version"):
        number = entry.fields.get(kind)
        # 0 stands for none: what was refused before any capture began.
        if isinstance(number, int) and number:
            return f"{kind}-{number:04d}"
    return ""


def _detail(entry: log.Entry) -> str:
    told = {name: entry.fields[name] for name in _FIELDS if isinstance(entry.fields.get(name), str | int)}
    return ", ".join(f"{name} {value}" for name, value in told.items() if value != "")


def _frame(rows: Sequence[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=columns)
    return made.assign(at=pd.to_datetime(made["at"], utc=True).astype("datetime64[us, UTC]"))
