"""Rows of a case's tables by the exhibit that they cite, and the threads that their posts stand in.

Tables may hold millions of rows, so they are streamed once into a database on disk that is thrown away; what
a page needs is then read back, within bounds.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import pyarrow as pa
import pyarrow.dataset as ds

from workbench.counts import yes
from workbench.errors import IntegrityError, StorageError
from workbench.lineage import ancestors
from workbench.production.views import Neighbour, Rows, RowView
from workbench.rows import TABLES, Moment
from workbench.tables import columnar, parts
from workbench.tables.schema import SCHEMAS
from workbench.times import stamp, to_micros

ROWS_SHOWN = 100
"""Most rows of one table that a page shows of one exhibit; their count is always told."""
CELL_CHARACTERS = 2_000
WORDS_CHARACTERS = 280
ANCESTORS, REPLIES, BESIDE, NEIGHBOURS = 10, 20, 3, 50
"""How far a thread is followed: posts answered, answers, messages of a chat on either side, most in all."""

_MADE = """
create table rows (exhibit integer, kind text, cite text, cells blob);
create table counts (exhibit integer, kind text, count integer, primary key (exhibit, kind));
create table posted (exhibit integer primary key, first blob, last blob);
create table posts (exhibit integer, cite text, network text, native text, parent text, chat text,
                    published integer, shown text, author text, words text);
"""
_INDEXED = """
create index rows_by on rows (exhibit, kind);
create index posts_by on posts (exhibit);
create index posts_native on posts (network, native);
create index posts_parent on posts (network, parent);
create index posts_chat on posts (network, chat, published);
"""
_POST = "exhibit, cite, shown, author, words, network, native, parent, chat, published"


class Store:
    """What the tables say, by exhibit number. Use it in a ``with``: the file is removed at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pointed: frozenset[str] = frozenset()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("pragma journal_mode=off; pragma synchronous=off; begin;" + _MADE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise StorageError(
                "the disk refused: a temporary file could not be written",
                where=str(self._path),
                found=str(error),
                todo="free some space, then run the same command again",
            ) from error

    def fill(
        self,
        folder: Path,
        last: int,
        wanted: Collection[int] | None,
        without: Collection[int],
        pointed: Collection[str] = (),
    ) -> None:
        """Stream in the rows of exhibits up to number ``last``: those wanted (None: all), but for ``without``.

        Of rows of other exhibits only their number is kept. ``pointed`` are citations of rows that are kept beyond
        ``ROWS_SHOWN``. Raises IntegrityError for a part that cannot be read.
        """
        self._pointed = frozenset(pointed)
        for said in parts.notes(folder):
            for table in (name for name in TABLES if name in said.rows):
                try:
                    for batch in _batches(folder, table, said.source):
                        self._take(table, batch, last, wanted, without)
                except (pa.ArrowException, FileNotFoundError, TypeError) as error:
                    raise IntegrityError(
                        f"the table {table} cannot be read",
                        where=f"tables/{table}/{said.source}.parquet",
                        todo="run 'workbench tables rebuild'",
                    ) from error
        self._db.executescript(_INDEXED)

    def _take(
        self,
        table: str,
        rows: list[dict[str, Any]],
        last: int,
        wanted: Collection[int] | None,
        without: Collection[int],
    ) -> None:
        counts: Counter[int] = Counter()
        for row in rows:
            number = columnar.number(row["exhibit"])
            if number > last:
                continue
            counts[number] += 1
            if number in without or (wanted is not None and number not in wanted):
                continue
            self._keep(table, number, row, counts)
        for number, count in counts.items():
            self._db.execute(
                "insert into counts values (?, ?, ?) on conflict do update set count = count + excluded.count",
                (number, table, count),
            )

    def _keep(self, table: str, number: int, row: dict[str, Any], counts: Counter[int]) -> None:
        shown = counts[number] + self._count(number, table) <= ROWS_SHOWN
        if shown or row["exhibit"] in self._pointed:
            cells = msgspec.json.encode(_cells(row))
            self._db.execute("insert into rows values (?, ?, ?, ?)", (number, table, row["exhibit"], cells))
        if table == "posts":
            self._posted(number, row)
            self._db.execute("insert into posts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _post(number, row))

    def _count(self, number: int, table: str) -> int:
        found = self._db.execute(
            "select count from counts where exhibit = ? and kind = ?", (number, table)
        ).fetchone()
        return int(found[0]) if found else 0

    def _posted(self, number: int, row: dict[str, Any]) -> None:
        moment = _moment(row, "published")
        if moment is None or moment.utc is None:
            return
        first, last = self.posted(number)
        if first is None or first.utc is None or moment.utc < first.utc:
            first = moment
        if last is None or last.utc is None or moment.utc >= last.utc:
            last = moment
        pair = (msgspec.json.encode(first), msgspec.json.encode(last))
        self._db.execute("insert or replace into posted values (?, ?, ?)", (number, *pair))

    def posted(self, number: int) -> tuple[Moment | None, Moment | None]:
        """Give the earliest and the latest time of an exhibit's posts, as the source says."""
        found = self._db.execute("select first, last from posted where exhibit = ?", (number,)).fetchone()
        if found is None:
            return None, None
        return msgspec.json.decode(found[0], type=Moment), msgspec.json.decode(found[1], type=Moment)

    def rows(self, number: int) -> tuple[Rows, ...]:
        """Give the first rows of each table that cite an exhibit, and how many there are."""
        return tuple(
            Rows(table=table, count=count, rows=self._shown(number, table))
            for table in TABLES
            if (count := self._count(number, table))
        )

    def _shown(self, number: int, table: str) -> tuple[RowView, ...]:
        found = self._db.execute(
            "select cite, cells from rows where exhibit = ? and kind = ? order by rowid", (number, table)
        )
        return tuple(
            RowView(exhibit=cite, cells=msgspec.json.decode(cells, type=tuple[tuple[str, str], ...]))
            for cite, cells in found.fetchall()
        )

    def issues(self) -> Iterator[tuple[int, str, dict[str, str]]]:
        """Give the rows of ``issues`` that were kept: exhibit number, citation, cells."""
        for number, cite, cells in self._db.execute(
            "select exhibit, cite, cells from rows where kind = 'issues' order by rowid"
        ).fetchall():
            yield number, cite, dict(msgspec.json.decode(cells, type=list[tuple[str, str]]))

    def totals(self) -> dict[str, int]:
        """Count the rows of each table, those of exhibits that were not wanted included."""
        return dict(self._db.execute("select kind, sum(count) from counts group by kind order by kind"))

    # --- threads -----------------------------------------------------------------------------

    def thread(self, number: int) -> tuple[tuple[Neighbour, ...], tuple[Neighbour, ...]]:
        """Give the posts before and after those of an exhibit: what they answer, their answers, a chat's neighbours.

        Only posts of exhibits that were wanted are known; none of the exhibit itself is given.
        """
        own = self._posts("where exhibit = ? order by rowid limit ?", (number, ROWS_SHOWN))
        before: dict[str, tuple[Any, ...]] = {}
        after: dict[str, tuple[Any, ...]] = {}
        for post in own:
            network, native, parent, chat, published = post[5:]
            for one in self._ancestors(network, parent):
                before.setdefault(one[6], one)
            for one in self._posts(
                "where network = ? and parent = ? and parent <> '' order by published, rowid limit ?",
                (network, native, REPLIES),
            ):
                after.setdefault(one[6], one)
            # The signs are ours; a value never becomes part of a statement.
            for found, sign, order in ((before, "<", "desc"), (after, ">", "asc")):
                for one in self._posts(
                    f"where network = ? and chat = ? and chat <> '' and published {sign} ?"
                    f" order by published {order}, rowid limit ?",
                    (network, chat, published, BESIDE),
                ):
                    found.setdefault(one[6], one)
        return _neighbours(number, before), _neighbours(number, after)

    def _ancestors(self, network: str, parent: str) -> Iterator[tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = {}

        def above(name: str) -> str:
            posts = self._posts(
                "where network = ? and native = ? order by rowid desc limit 1", (network, name)
            )
            found.update((name, post) for post in posts)
            return str(posts[0][7]) if posts else ""

        if parent:
            names = [parent, *ancestors(parent, above, most=ANCESTORS - 1)]
            yield from (found[name] for name in names if name in found)

    def _posts(self, condition: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self._db.execute(f"select {_POST} from posts {condition}", values).fetchall()  # noqa: S608 - ours


def _batches(folder: Path, table: str, source: str) -> Iterator[list[dict[str, Any]]]:
    part = ds.dataset(parts.path(folder, table, source), schema=SCHEMAS[table], format="parquet")
    for batch in part.to_batches(batch_size=parts.BATCH_ROWS):
        yield batch.to_pylist()


def _cells(row: dict[str, Any]) -> list[tuple[str, str]]:
    told = ((name, _text(value)) for name, value in row.items() if name not in {"case", "exhibit"})
    return [(name, text) for name, text in told if text]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return stamp(to_micros(value))
    if isinstance(value, bool):
        return yes(value)
    if isinstance(value, float):
        # Ten digits are more than any source states; more are the machine's, not the evidence's.
        return f"{value:.10g}"
    text = ", ".join(value) if isinstance(value, list) else str(value)
    more = len(text) - CELL_CHARACTERS
    return text if more <= 0 else f"{text[:CELL_CHARACTERS]} … ({more} more characters)"


def _moment(row: dict[str, Any], name: str) -> Moment | None:
    raw, utc, basis = (row.get(name + suffix) for suffix in ("_raw", "", "_basis"))
    if raw is None or basis is None:
        return None
    return Moment(raw, None if utc is None else to_micros(utc), basis)


def _post(number: int, row: dict[str, Any]) -> tuple[object, ...]:
    utc = row["published"]
    words = (row["content"] or "").strip()
    return (
        number,
        row["exhibit"],
        f"{row['platform']} {row['server']}",
        row["native_id"],
        row["in_reply_to"] or "",
        row["conversation"] if row["kind"] == "message" else "",
        0 if utc is None else to_micros(utc),
        _text(utc) or row["published_raw"] or "",
        row["author_handle"] or row["author"],
        words[:WORDS_CHARACTERS] + " …" * (len(words) > WORDS_CHARACTERS),
    )


def _neighbours(number: int, found: dict[str, tuple[Any, ...]]) -> tuple[Neighbour, ...]:
    others = [post for post in found.values() if post[0] != number]
    others.sort(key=lambda post: (post[9], post[1]))
    return tuple(
        Neighbour(exhibit=post[1], posted=post[2], author=post[3], words=post[4])
        for post in others[:NEIGHBOURS]
    )
