"""The original beside the claim: an exhibit's bytes, times and first words, and what changed since the last look.

Looking is entered in the audit chain, never in the custody log: it changes nothing and reopens nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
from msgspec import structs

from workbench.casefile import audit
from workbench.casefile.files import hash_slice
from workbench.custody import log
from workbench.errors import IntegrityError
from workbench.records import Citation, Record
from workbench.review.lines import Lines
from workbench.review.queue import Item, Queue
from workbench.tables import logged, read
from workbench.times import Clock, now, stamp
from workbench.withholding import Withheld, reached

REVIEWED = "reviewed"
ROWS = 3
"""Most rows of one table that are shown of one exhibit."""
WORDS = 300
"""Most letters of a row's words that are shown."""
_AUDIT_BYTES = 30_000

_TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    "posts": (("author_handle", "kind", "state"), ("summary", "content"), True),
    "post_versions": (("version",), ("content",), True),
    "accounts": (("handle", "name"), ("note",), True),
    "media": (("kind", "media_type"), ("description",), False),
    "interactions": (("actor_handle", "kind", "target_handle"), (), True),
    "places": (("source", "name"), (), True),
    "leads": (("kind",), ("value", "reason"), False),
}
"""Table -> columns that say who or what, columns of words, and whether its rows have a time of posting."""


class Row(Record, frozen=True, kw_only=True):
    """One row read from an exhibit. ``who`` and ``words`` are captured text, bounded but not escaped.

    ``posted`` is when the source says it was posted, ``posted_raw`` in its own words, ``observed`` when the
    bytes were received; log stamps in UTC, empty where there is none.
    """

    table: str
    exhibit: str
    who: str
    words: str
    posted: str
    posted_raw: str
    observed: str


class Original(Record, frozen=True, kw_only=True):
    """An exhibit to look at. ``matches`` says whether its bytes are those logged; ``captured`` when they were.

    ``given_name`` is that under which a file was given to us, of a member of an archive that of the archive.
    ``withheld`` says why no text is shown; ``rows`` counts all rows of it by table, ``shown`` holds the first.
    """

    citation: str
    source: str
    file: str
    offset: int
    length: int
    sha256: str
    matches: bool
    captured: str
    authority: str
    given_name: str = ""
    withheld: str = ""
    rows: dict[str, int]
    shown: tuple[Row, ...] = ()


class Look(Record, frozen=True, kw_only=True):
    """One look of one officer: what was shown, at which line of the log, under which seal.

    ``items`` maps the name of what was looked at to the numbers of the exhibits shown with it.
    """

    at: str
    position: int
    seal: int
    seal_sha256: str
    decisions: int
    items: dict[str, tuple[int, ...]]


class Change(Record, frozen=True, kw_only=True):
    """What the custody log took in since the officer's last look; ``since`` is None where it is the first.

    ``decided`` names the decisions among it: their numbers and who made them.
    """

    since: Look | None
    actions: dict[str, int]
    decided: dict[int, str]


def originals(folder: Path, items: Sequence[Item], marks: Mapping[int, str]) -> dict[str, Original]:
    """Read the exhibits that the items name to look at: citation -> original.

    Raises IntegrityError where tables cannot be read; altered bytes are shown as such, not raised.
    """
    names = list(dict.fromkeys(name for item in items for name in item.sample))
    if not names:
        return {}
    columns = ["exhibit", "source", "file", "offset", "length", "sha256", "at", "authority", "disposed"]
    known = read.frame(folder, "exhibits", columns, pc.field("exhibit").isin(names))
    kept = reached(folder, marks)
    shown = [name for name in names if not _withheld(kept, name)]
    counts, rows = _rows(folder, shown, _pointed(items))
    found, given = {}, logged.GivenNames(folder)
    for held in known.to_dict("records"):
        name = str(held["exhibit"])
        one = _original(folder, held, _withheld(kept, name), counts.get(name, {}), rows.get(name, ()))
        found[name] = structs.replace(one, given_name=given.name(one.source, one.file))
    return found


def _withheld(kept: Withheld, name: str) -> str:
    number = Citation.parse(name).number
    found = kept.of(number)
    if found is None:
        return ""
    return f"{f'marked {found.mark}' if found.by == number else found.why}: its text is not shown"


def _original(
    folder: Path, held: Mapping[Any, Any], withheld: str, counts: dict[str, int], rows: Sequence[Row]
) -> Original:
    file, offset, length = str(held["file"]), int(held["offset"]), int(held["length"])
    gone = "disposed of by order: only its hash is left" if held["disposed"] else ""
    return Original(
        citation=str(held["exhibit"]),
        source=str(held["source"]),
        file=file,
        offset=offset,
        length=length,
        sha256=str(held["sha256"]),
        matches=bool(gone) or _hash(folder, file, offset, length) == held["sha256"],
        captured=_stamp(held["at"]),
        authority=str(held["authority"]),
        withheld=gone or withheld,
        rows=counts,
        shown=tuple(rows),
    )


def _hash(folder: Path, file: str, offset: int, length: int) -> str:
    try:
        return hash_slice(folder / file, offset, length)
    except OSError as error:
        raise IntegrityError("the exhibit's file cannot be read", where=file) from error


def _pointed(items: Sequence[Item]) -> frozenset[str]:
    """Give the rows that claims point at, which are shown before others."""
    return frozenset(
        f"{item.name}#{pointer}" for item in items for claim in item.cited_by for pointer in claim.pointers
    )


def _rows(
    folder: Path, names: Sequence[str], pointed: frozenset[str]
) -> tuple[dict[str, dict[str, int]], dict[str, list[Row]]]:
    """Count the rows of exhibits by table, and give the first of each."""
    counts: dict[str, dict[str, int]] = {}
    rows: dict[str, list[Row]] = {}
    whole = pc.replace_substring_regex(pc.field("exhibit"), pattern=r"#(?s:.*)$", replacement="")
    for table, (who, words, dated) in _TABLES.items() if names else ():
        times = ["published_raw", "published"] if dated else []
        columns = ["exhibit", "captured_at", *who, *words, *times]
        frame = read.frame(folder, table, columns, whole.isin(list(names)))
        name = frame["exhibit"].str.split("#", n=1).str[0]
        for each, count in name.value_counts(sort=False).items():
            counts.setdefault(str(each), {})[table] = int(count)
        # Of an exhibit of a million rows only these few are taken apart.
        first = frame.assign(whole=name, later=~frame["exhibit"].isin(pointed)).sort_values(
            "later", kind="stable"
        )
        for row in first.groupby("whole", sort=False).head(ROWS).to_dict("records"):
            rows.setdefault(str(row["whole"]), []).append(_row(table, row, who, words))
    return counts, rows


def _row(table: str, row: Mapping[Any, Any], who: Sequence[str], words: Sequence[str]) -> Row:
    return Row(
        table=table,
        exhibit=str(row["exhibit"]),
        who=_bounded(" ".join(_text(row[name]) for name in who if _text(row[name]))),
        words=_bounded("\n".join(_text(row[name]) for name in words if _text(row[name]))),
        posted=_stamp(row.get("published")),
        posted_raw=_text(row.get("published_raw"))[:60],
        observed=_stamp(row["captured_at"]),
    )


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload] # a cell, not a frame


def _bounded(text: str) -> str:
    return text if len(text) <= WORDS else f"{text[:WORDS]}…"


def _stamp(value: Any) -> str:  # noqa: ANN401 - a cell of a frame
    return "" if value is None or pd.isna(value) else stamp(value.value // 1000)


# --- looks -----------------------------------------------------------------------------------------


def looks(folder: Path, badge: str) -> list[Look]:
    """Give an officer's looks at a case, oldest first."""
    return [
        _look(entry)
        for entry in log.entries(folder, "audit")
        if entry.action == REVIEWED and entry.actor == badge
    ]


def _look(entry: log.Entry) -> Look:
    fields = entry.fields
    try:
        items = {str(name): tuple(numbers) for name, numbers in fields["items"].items()}
        return Look(
            at=stamp(entry.at),
            position=fields["position"],
            seal=fields["seal"],
            seal_sha256=fields["seal_sha256"],
            decisions=fields["decisions"],
            items=items,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            "a look in the audit chain cannot be read", where=f"audit line {entry.seq}"
        ) from error


def changes(lines: Lines, seen: Sequence[Look]) -> Change:
    """Say what the log took in since the last look: actions and how often."""
    last = seen[-1] if seen else None
    since = last.position if last else 0
    counts = Counter(entry.action for entry in lines.rare if entry.seq > since)
    exhibits = sum(line > since for held in lines.exhibits.values() for line in held.lines)
    decided = {entry.fields["decision"]: entry.actor for entry in lines.decisions if entry.seq > since}
    return Change(
        since=last, actions=dict(counts) | ({"exhibit": exhibits} if exhibits else {}), decided=decided
    )


def enter(folder: Path, badge: str, queue: Queue, items: Sequence[Item], clock: Clock = now) -> None:
    """Enter in the audit chain what an officer was shown, and in which state of the case."""
    fixed: dict[str, object] = {
        "position": queue.position,
        "seal": queue.seal,
        "seal_sha256": queue.seal_sha256,
        "decisions": queue.decisions,
    }
    for part in _parts(items):
        audit(folder, badge, REVIEWED, {**fixed, "items": part}, clock)


def _parts(items: Sequence[Item]) -> Iterator[dict[str, list[int]]]:
    """Divide what was shown so that each part fits one line."""
    part: dict[str, list[int]] = {}
    size = 0
    for item in items:
        numbers = [Citation.parse(name).number for name in item.sample]
        size += len(json.dumps({item.name: numbers}))
        part[item.name] = numbers
        if size > _AUDIT_BYTES:
            yield part
            part, size = {}, 0
    if part or not items:
        yield part
