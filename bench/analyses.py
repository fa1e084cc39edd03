"""Analyses over large tables, each beside the tool that one would use without it, in turns in one process.

Run as ``python -m bench.analyses``. Tables are made as the case gives them (text as text, times in UTC), with a
fixed seed. Seconds are wall-clock, bests of the rounds. That both did the same work is asserted.
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bench import notes

SEED = 20260417
MILLION = 1_000_000
NAMES = [
    "james",
    "mary",
    "robert",
    "patricia",
    "john",
    "jennifer",
    "michael",
    "linda",
    "david",
    "elizabeth",
    "william",
    "barbara",
    "richard",
    "susan",
]
LAST = [
    "smith",
    "johnson",
    "williams",
    "brown",
    "jones",
    "garcia",
    "miller",
    "davis",
    "rodriguez",
    "martinez",
    "hernandez",
    "lopez",
    "wilson",
]
WORDS = [
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "is",
    "you",
    "that",
    "it",
    "he",
    "was",
    "for",
    "on",
    "are",
    "as",
    "with",
    "his",
    "they",
    "at",
    "be",
    "this",
    "have",
    "from",
    "or",
]


# On equal spans of time, too: on the object alone, popular ones make minutes of it.
JOINED = """, least(a.account, b.account) * 1000000 + greatest(a.account, b.account) as pair from
    (select *, span as near from shares union all select *, span + 1 from shares) a join shares b
    on a.object = b.object and a.near = b.span and a.account <> b.account
    and b.at between a.at and a.at + 10000000 and (b.at > a.at or b.id > a.id)"""


class Pair(NamedTuple):
    """One analysis and its peer; each gives what they must agree on."""

    what: str
    ours: Callable[[], Any]
    peer_name: str
    peer: Callable[[], Any]
    aim_s: float


def text(values: object) -> pd.Series[str]:
    """Make a column of text as the case's tables have it."""
    return pd.Series(values, dtype="str")


def moments(seconds: np.ndarray[Any, Any]) -> pd.Series[pd.Timestamp]:
    """Make a column of times."""
    start = np.datetime64("2026-03-01T00:00:00", "us")
    found: pd.Series[pd.Timestamp] = pd.Series(start + seconds.astype("timedelta64[s]")).dt.tz_localize("UTC")
    return found


def exhibits(count: int) -> pd.Series[str]:
    """Cite forty rows an exhibit, as a page of posts gives them."""
    return text([f"2026-0417-E{number // 40:06d}#/{number % 40}" for number in range(count)])


def shares(count: int) -> pd.DataFrame:
    """Make reposts: few posts widely shared, most hardly; 100,000 accounts over 30 days."""
    rng = np.random.default_rng(SEED)
    actor, target = rng.integers(0, 100_000, count), rng.zipf(1.3, count) % 50_000
    return pd.DataFrame(
        {
            "entity_id": text([f"mastodon:act:{number}" for number in range(count)]),
            "exhibit": exhibits(count),
            "kind": text(["repost"] * count),
            "actor": text([f"account-{number}" for number in actor]),
            "actor_handle": text([f"h{number}@town" for number in actor]),
            "object": text([f"post-{number}" for number in target]),
            "platform": text(["mastodon"] * count),
            "published": moments(rng.integers(0, 30 * 86_400, count)),
        }
    )


def coordination() -> list[Pair]:
    """Co-retweet within 10 seconds over a million shares, whole and the join alone, beside DuckDB's self-join."""
    import duckdb

    from workbench import analysis
    from workbench.analysis import coordinating

    table = shares(MILLION)
    plain = pd.DataFrame(
        {
            "object": pd.factorize(table["object"])[0],
            "account": pd.factorize(table["actor"])[0],
            "at": table["published"].to_numpy(dtype="datetime64[us]").astype(np.int64),
            "id": np.arange(len(table)),
        }
    ).assign(span=lambda held: held["at"] // 10_000_000)
    db = duckdb.connect(config={"threads": 1})
    db.execute("set enable_progress_bar = false")
    db.execute("create table shares as select * from plain")

    def whole() -> int:
        return len(analysis.coordination(table, kind="co-retweet", window_s=10, at_least=2))

    def join() -> int:
        order = np.lexsort((plain["at"], plain["object"]))
        code, at = (plain[name].to_numpy()[order] for name in ("object", "at"))
        account = plain["account"].to_numpy()[order]
        early, late = coordinating._pairs(coordinating._neighbours(code, at, 10_000_000))  # noqa: SLF001
        return int((account[early] != account[late]).sum())

    def repeated() -> int:
        found = db.execute(
            f"select count(*) from (select 1 {JOINED} group by pair having count(*) > 1)"  # noqa: S608 - ours
        ).fetchone()
        assert found is not None
        return int(found[0])

    def in_duckdb() -> int:
        found = db.execute(f"select count(*) from (select 1 {JOINED})").fetchone()  # noqa: S608 - ours
        assert found is not None
        return int(found[0])

    return [
        Pair(
            "coordination, 1M shares: the join on numbers",
            join,
            "DuckDB self-join by object and span of time, one thread",
            in_duckdb,
            0.5,
        ),
        Pair(
            "coordination, 1M shares: the whole analysis, cited",
            whole,
            "the same, pairs of 2 or more",
            repeated,
            0.5,
        ),
    ]


def handle_candidates() -> list[Pair]:
    """Fifty handles among a million, three measures, beside one measure of rapidfuzz alone."""
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cdist

    from workbench import analysis

    rng = np.random.default_rng(SEED)
    parts = [rng.integers(0, len(held), MILLION) for held in (NAMES, LAST, ("_", ".", "", "x"))]
    numbers = rng.integers(0, 9999, MILLION)
    handles = [
        f"{NAMES[first]}{('_', '.', '', 'x')[sign]}{LAST[last]}{number}@town{number % 7}.example"
        for first, last, sign, number in zip(*parts, numbers, strict=True)
    ]
    table = pd.DataFrame(
        {
            "entity_id": text([f"account-{number}" for number in range(MILLION)]),
            "exhibit": exhibits(MILLION),
            "handle": text(handles),
        }
    )
    sought = list(dict.fromkeys(handles[::19_000]))[:50]
    local = [handle.partition("@")[0] for handle in handles]

    def ours() -> int:
        return analysis.handle_candidates(table, handles=sought, at_least=0.9, top=20)["handle"].nunique()

    def peer() -> int:
        queries = [handle.partition("@")[0] for handle in sought]
        scorer = JaroWinkler.similarity
        found = cdist(queries, local, scorer=scorer, score_cutoff=0.9, dtype=np.float32, workers=-1)
        return int((found > 0).any(axis=1).sum())

    return [Pair("handle_candidates, 50 × 1M, three measures", ours, "rapidfuzz cdist, one measure", peer, 1)]


def bursts() -> list[Pair]:
    """Bursts among 31,000 acts, beside the algorithm as its paper states it, in plain Python."""
    from workbench import analysis

    rng = np.random.default_rng(SEED)
    gaps = np.where(rng.random(31_000) < 0.1, rng.exponential(5, 31_000), rng.exponential(600, 31_000))
    table = pd.DataFrame(
        {
            "entity_id": text([f"post-{number}" for number in range(31_000)]),
            "exhibit": exhibits(31_000),
            "author": text(["a"] * 31_000),
            "author_handle": text(["a@town"] * 31_000),
            "published": moments(np.cumsum(gaps).astype(np.int64)),
        }
    )
    at = table["published"].to_numpy(dtype="datetime64[us]").astype(np.int64)

    def ours() -> int:
        return int((analysis.bursts(table, gamma=0.5)["level"] == 1).sum())

    def peer() -> int:
        states = plain_viterbi(np.maximum(np.diff(at) / 1e6, 1).tolist(), 2, 0.5)
        return sum(now > 0 and before == 0 for before, now in zip([0, *states], states, strict=False))

    return [Pair("bursts, 31,000 acts", ours, "the same automaton, plain Python", peer, 0.15)]


def plain_viterbi(gaps: list[float], s: float, gamma: float) -> list[int]:
    """Kleinberg's automaton as published: every level from every level, step by step."""
    import math

    mean = sum(gaps) / len(gaps)
    levels = range(math.ceil(math.log(sum(gaps) / min(gaps), s)) + 1)
    climb = gamma * math.log(len(gaps))
    paces = [s**level / mean for level in levels]
    spent = [0.0] + [math.inf] * (len(levels) - 1)
    came: list[list[int]] = []
    for gap in gaps:
        now, origin = [], []
        for level in levels:
            ways = [spent[before] + max(level - before, 0) * climb for before in levels]
            best = ways.index(min(ways))
            now.append(ways[best] + paces[level] * gap - math.log(paces[level]))
            origin.append(best)
        came.append(origin)
        spent = now
    state = spent.index(min(spent))
    states = [state]
    for origin in reversed(came[1:]):
        state = origin[state]
        states.append(state)
    return states[::-1]


def search() -> list[Pair]:
    """A word and letters among a million posts, beside FTS5 with its own copy of the texts and plain Python."""
    from workbench import analysis

    rng = np.random.default_rng(SEED)
    picked = rng.integers(0, len(WORDS), (MILLION, 12))
    texts = [
        " ".join(WORDS[word] for word in row) + f" {number}" for number, row in enumerate(picked.tolist())
    ]
    for number in range(0, MILLION, 10_000):
        texts[number] += " the Bridge, 東京"
    table = pd.DataFrame(
        {
            "entity_id": text([f"post-{number}" for number in range(MILLION)]),
            "exhibit": exhibits(MILLION),
            "author": text(["a"] * MILLION),
            "author_handle": text(["a@town"] * MILLION),
            "content": text(texts),
            "summary": text([""] * MILLION),
            "published": moments(np.arange(MILLION)),
        }
    )

    def words() -> int:
        return len(analysis.search(table, "bridge"))

    def fts5() -> int:
        db = sqlite3.connect(":memory:")
        db.execute("create virtual table t using fts5(x)")
        db.executemany("insert into t(rowid, x) values (?, ?)", enumerate(texts))
        return int(db.execute("select count(*) from t where t match 'bridge'").fetchone()[0])

    def letters() -> int:
        return len(analysis.search(table, "東京"))

    def scan() -> int:
        return sum("東京" in each.casefold() for each in texts)

    return [
        Pair("search, 1M posts, a word", words, "FTS5, built and asked", fts5, 15),
        Pair(
            "search, 1M posts, two letters of a script without spaces",
            letters,
            "plain Python, `in`",
            scan,
            15,
        ),
    ]


GROUPS = {
    "coordination": coordination,
    "handle_candidates": handle_candidates,
    "bursts": bursts,
    "search": search,
}


def timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Run once; give seconds, processor seconds and what it found."""
    gc.collect()
    began, used = time.perf_counter(), time.process_time()
    found = run()
    return time.perf_counter() - began, time.process_time() - used, found


def measured(pair: Pair, rounds: int) -> tuple[str, str]:
    """Measure ours and the peer in turns; give the row of the table and the verdict."""
    ours, theirs = [], []
    for _ in range(rounds):
        *spent, found = timed(pair.ours)
        ours.append(spent)
        *spent, expected = timed(pair.peer)
        theirs.append(spent)
        assert found == expected, (pair.what, found, expected)
    (wall, cpu), (their_wall, their_cpu) = (
        [min(column) for column in zip(*each, strict=True)] for each in (ours, theirs)
    )
    row = (
        f"| {pair.what} | {wall:.2f} | {cpu:.2f} | {pair.peer_name} | {their_wall:.2f} | {their_cpu:.2f} |"
        f" {cpu / their_cpu:.2f} |"
    )
    return row, notes.verdict(pair.what, wall, pair.aim_s, most=True, unit=" s")


def main() -> None:
    """Measure all, or those named."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("names", nargs="*", choices=[*GROUPS, []])
    given = words.parse_args()
    rows, verdicts = [], []
    for name in given.names or GROUPS:
        for pair in GROUPS[name]():
            row, said = measured(pair, given.rounds)
            print(row, flush=True)
            rows.append(row)
            verdicts.append(said)
    lines = [
        "## Analyses",
        "",
        notes.head("python -m bench.analyses"),
        f"Ours and the peer in turns in one process, best of {given.rounds}. Where other work shares the cores,",
        "processor seconds are the fairer figure.",
        "",
        "| what | seconds | processor | peer | seconds | processor | ratio of processor seconds |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        *verdicts,
        "",
        WHY,
    ]
    notes.put("\n".join(lines))


WHY = """The join of coordination is a sort and two binary searches over one sorted line of times, so that storms can be
counted, and cut, before any pair is written out; texts are looked up only for shares that come to a pair. Of the
rest, finding entities observed twice is the largest part.
handle_candidates compares handles in three forms (whole, letters alone, look-alike letters) where the
peer compares one, and reads the accounts. Search builds its index for each call and keeps no copy of the texts in
it; for scripts without spaces it reads all texts, since FTS5's index of three letters (trigram) finds no word of two:
asked for 東京 it gave none of the 100 posts."""


if __name__ == "__main__":
    main()
