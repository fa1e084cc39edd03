"""How ``workbench review`` tells what waits and what is shown. Captured words are escaped where they are said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.counts import counted, rows_told
from workbench.custody import seals
from workbench.errors import UsageError
from workbench.policy.decisions import ACTS
from workbench.review.claims import Claim
from workbench.review.compared import Compared, Outcome, Trouble
from workbench.review.deciding import Made
from workbench.review.looking import Change, Original, Row
from workbench.review.queue import Item, Queue

_LINES = 3
"""Most lines of captured words that are shown of one row."""
_CLAIMS = 5
"""Most claims about one exhibit that are told."""


def chosen(queue: Queue, names: Sequence[str]) -> list[Item]:
    """Give the items named, or all that are open; raise UsageError for one that the case does not have."""
    if not names:
        return [item for item in queue.items if item.open]
    found = [queue.item(name) for name in dict.fromkeys(names)]
    for name, item in zip(dict.fromkeys(names), found, strict=True):
        if item is None:
            raise UsageError(
                "the case has no such thing",
                where=queue.case,
                found=name,
                todo="see 'workbench review list --all'",
            )
    return [item for item in found if item is not None]


def listed(queue: Queue, *, everything: bool) -> dict[str, Any]:
    """Give a case's queue for programs."""
    told: dict[str, Any] = msgspec.to_builtins(queue, str_keys=True)
    told["items"] = [msgspec.to_builtins(item) for item in queue.items if everything or item.open]
    return told


def shown(
    queue: Queue, items: Sequence[Item], originals: Mapping[str, Original], change: Change
) -> dict[str, Any]:
    """Give what was shown for programs."""
    told: dict[str, Any] = msgspec.to_builtins(queue, str_keys=True)
    told["items"] = [msgspec.to_builtins(item) for item in items]
    told["originals"] = msgspec.to_builtins(dict(originals))
    told["changed"] = msgspec.to_builtins(change, str_keys=True)
    return told


def list_lines(queue: Queue, *, everything: bool) -> Iterator[str]:
    """Tell a case's queue, a line an item."""
    items = [item for item in queue.items if everything or item.open]
    yield f"{_head(queue)}; {counted(sum(item.open for item in queue.items), 'item')} to look at"
    for item in items:
        yield f"  {_line(item)}"
    yield from _notes(queue)


def show_lines(
    queue: Queue,
    items: Sequence[Item],
    originals: Mapping[str, Original],
    change: Change,
    when: Callable[[str], str],
) -> Iterator[str]:
    """Tell what was shown: the change since the last look, then item by item; ``when`` writes a stamp."""
    yield _head(queue)
    yield _changed(change, when)
    yield from _notes(queue)
    for item in items:
        yield ""
        yield _line(item)
        yield from _item(item, when)
        for name in item.sample:
            yield from _original(originals[name], when)
    if not items:
        yield "nothing waits"


def made_lines(made: Made, badge: str) -> Iterator[str]:
    """Tell a decision that was made."""
    yield f"{ACTS[made.act]}: {', '.join(made.subjects)}; decision {made.number}, signed by {badge}"
    yield f"  on what you saw at seal {made.seen_seal}: {', '.join(made.looked) or 'no exhibit'}"
    if made.seal is not None:
        yield f"  sealed: seal {made.seal.number} ({seals.short(made.seal.sha256)})"


def _head(queue: Queue) -> str:
    seal = f"seal {queue.seal} ({seals.short(queue.seal_sha256)})" if queue.seal else "no seal"
    return f"{queue.case}  line {queue.position}, {seal}, {counted(queue.decisions, 'decision')}"


def _notes(queue: Queue) -> Iterator[str]:
    yield from (f"  note: {note}" for note in queue.notes)
    yield from (f"  PROBLEM: {problem}" for problem in queue.problems)


def _changed(change: Change, when: Callable[[str], str]) -> str:
    if change.since is None:
        return "your first look"
    parts = [f"{action} {count}" for action, count in change.actions.items()]
    parts += [f"decision {number} is by {by}" for number, by in change.decided.items()]
    what = ", ".join(parts)
    return (
        f"since your last look ({when(change.since.at)}, line {change.since.position}): {what or 'nothing'}"
    )


def _line(item: Item) -> str:
    parts = [item.name, _flat(item.about), f"by {item.actor}", item.state.upper()]
    parts += [_outcome(item.outcome)] if item.outcome else []
    parts += [f"cited by {', '.join(_citers(item.cited_by))}"] if item.cited_by else []
    misfits = [one.what for one in item.scope if not one.fits]
    parts += [f"OUTSIDE ITS AUTHORITY: {', '.join(misfits)}"] if misfits else []
    parts += [f"{counted(sum(one.count for one in item.issues), 'issue')}"] if item.issues else []
    parts += [f"MARKED {item.mark}"] if item.mark not in {"", "none"} else []
    parts += [f"{item.reopened.reason}: {', '.join(item.reopened.by[:5])}"] if item.reopened else []
    parts += [] if item.sealed or item.outcome is None else ["not sealed yet"]
    parts += [f"not yours to decide: you {_you(item.barred)}"] if item.barred else []
    return "  ".join(parts)


def _you(barred: str) -> str:
    return barred.replace("works the case, or worked it then", "work the case, or worked it then")


def _outcome(outcome: Outcome) -> str:
    counts = dict(outcome.counts)
    if "ran" in counts:
        told = f"{counts['ran']} of {counted(counts['cells'], 'cell')} ran"
    else:
        told = rows_told(counts) if counts else "nothing counted"
    return f"{outcome.verdict} ({outcome.reason}): {told}"


def _citers(claims: Sequence[Claim]) -> list[str]:
    names = [f"{claim.by} {claim.name}" for claim in claims]
    return names[:_CLAIMS] + ([f"{len(names) - _CLAIMS} more"] if len(names) > _CLAIMS else [])


def _item(item: Item, when: Callable[[str], str]) -> Iterator[str]:
    if item.decided is not None:
        one = item.decided
        why = f": {_flat(one.reason)}" if one.reason else ""
        yield f"  last decision: {ACTS[one.act]} by {one.by} at {when(one.at)} (decision {one.number}){why}"
    for compared in item.scope:
        yield f"  {_compared(compared, when)}"
    for trouble in item.issues:
        yield f"  {_trouble(trouble)}"
    for claim in item.cited_by[:_CLAIMS]:
        yield from _claim(claim)


def _compared(one: Compared, when: Callable[[str], str]) -> str:
    allowed = f"  allowed {_flat(one.allowed)}" if one.allowed else ""
    return f"{one.what:20}{'' if one.fits else 'OUTSIDE '}{when(_flat(one.took))}{allowed}"


def _trouble(one: Trouble) -> str:
    field = f" {_flat(one.field)}" if one.field else ""
    found = f", found {_flat(one.found)}" if one.found else ""
    return (
        f"issue {one.kind}{field}: {one.count} in {counted(one.rows, 'place')}, such as {one.example}{found}"
    )


def _claim(claim: Claim) -> Iterator[str]:
    places = "; ".join(_flat(place) for place in claim.places)
    yield f"  claim: {claim.by} {claim.name} by {claim.actor}{f': {places}' if places else ''}"
    yield from (f"    | {line}" for line in _first(claim.words))


def _original(original: Original, when: Callable[[str], str]) -> Iterator[str]:
    end = original.offset + original.length
    bytes_ok = "bytes as logged" if original.matches else "BYTES ALTERED"
    yield f"  {original.citation}  {original.file}, bytes {original.offset} to {end}, {bytes_ok}"
    yield f"    SHA-256 {original.sha256}; captured {when(original.captured)}; {original.authority}"
    if original.given_name:
        yield f"    given to us as: {_flat(original.given_name)}"
    if original.withheld:
        yield f"    {original.withheld}"
        return
    for row in original.shown:
        yield from _row(row, when)
    if not original.rows:
        yield "    no row was read from it; its bytes: workbench exhibit"
    else:
        yield f"    rows: {rows_told(original.rows)}"


def _row(row: Row, when: Callable[[str], str]) -> Iterator[str]:
    raw = f' ("{_flat(row.posted_raw)}")' if row.posted_raw else ""
    verb = "dated" if row.table == "places" else "posted"  # a file's own time is no time of posting
    posted = f", {verb} {when(row.posted or 'at no certain time')}{raw}" if row.posted or raw else ""
    yield f"    {row.exhibit} {row.table}: {_flat(row.who)}{posted}, observed {when(row.observed)}"
    yield from (f"      | {line}" for line in _first(row.words))


def _first(words: str) -> list[str]:
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[:_LINES] + (["…"] if len(lines) > _LINES else [])


def _flat(text: str) -> str:
    """Keep captured words on one line, so that none of them passes for a line of ours."""
    return " ".join(text.split())
