"""Large networks, pictures that look alike and a million posts, beside what others take for the same.

Run as ``python -m bench.graphs`` (``--small`` for a quick look). Synthetic data of a fixed seed; each figure is the
best of a few runs in this process, the peers run on the same data, or, where that would take minutes, on a stated
part of it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa

from bench import notes
from workbench import analysis
from workbench.analysis import hamming, measures
from workbench.analysis.edges import Edges
from workbench.analysis.engines import Networkx
from workbench.tables import parts, read
from workbench.tables.schema import SCHEMAS, fingerprint

ACTS = 1_000_000
PEOPLE = 200_000
HASHES = 100_000
POSTS = 1_000_000
PART = 20
"""The peer's Louvain and core numbers run on one act in so many."""

_ROW_GROUP = 131_072
FEW = [
    "entity_id",
    "exhibit",
    "author",
    "author_handle",
    "published",
    "published_basis",
    "captured_at",
    "kind",
]
Rows = list[str]


def best(run: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Run a few times; give the least seconds, and what came out."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = run()
        times.append(time.perf_counter() - began)
    return min(times), found


def interactions(count: int, people: int, seed: int = 5) -> pd.DataFrame:
    """Make acts of people who mostly stay within circles of 500, some of them far busier than others."""
    chance = np.random.default_rng(seed)
    actor = (people * chance.random(count) ** 2).astype(np.int64)
    near = actor // 500 * 500 + chance.integers(0, 500, count)
    target = np.where(chance.random(count) < 0.7, near, chance.integers(0, people, count)) % people
    names = pd.Series([f"https://town.example/users/u{n}" for n in range(people)], dtype="str")
    number = pd.Series(np.arange(count)).astype("str")
    when = pd.to_datetime(chance.integers(1_700_000_000, 1_760_000_000, count), unit="s", utc=True)
    kinds = np.array(["mention", "reply", "repost"], dtype=object)
    return pd.DataFrame(
        {
            "entity_id": "i" + number,
            "exhibit": "2026-0417-E" + (pd.Series(np.arange(count) // 40).astype("str")) + "#/" + number,
            "kind": pd.Series(kinds[chance.integers(0, 3, count)], dtype="str"),
            "actor": names.iloc[actor].reset_index(drop=True),
            "actor_handle": "u" + pd.Series(actor).astype("str") + "@town.example",
            "target": names.iloc[target].reset_index(drop=True),
            "target_handle": "u" + pd.Series(target).astype("str") + "@town.example",
            "platform": pd.Series(["mastodon"] * count, dtype="str"),
            "published": pd.Series(when).astype("datetime64[us, UTC]"),
        }
    )


def plain_graph(acts: pd.DataFrame) -> nx.DiGraph[str]:
    """Build the network as one would with networkx alone: counted in pandas, then added edge by edge."""
    counted = acts.groupby(["actor", "target"], sort=False).size()
    graph: nx.DiGraph[str] = nx.DiGraph()
    ends = counted.index.to_frame()
    triples = zip(ends["actor"], ends["target"], counted, strict=True)
    graph.add_weighted_edges_from((a, b, n) for a, b, n in triples if a != b)
    return graph


def networks(acts: pd.DataFrame, rounds: int) -> tuple[Rows, float]:
    """Measure from a table of acts to each measure, beside networkx."""
    from_table, edges = best(lambda: analysis.interaction_edges(acts), rounds)
    taken = {
        "communities": best(lambda: measures.communities(edges), rounds)[0],
        "PageRank": best(lambda: measures.walk_shares(edges), rounds)[0],
        "core numbers": best(lambda: measures.core_numbers(edges), rounds)[0],
    }
    built, graph = best(lambda: plain_graph(acts), 1)
    simple: Any = nx.Graph(graph.to_undirected(as_view=True))
    theirs = {
        "PageRank": best(lambda: nx.pagerank(graph, tol=1e-10 / len(graph)), 1)[0],
        "core numbers": best(lambda: nx.core_number(simple), 1)[0],
    }
    part = analysis.interaction_edges(acts.iloc[: len(acts) // PART])
    few = best(lambda: Networkx().communities(part, 1.0, 0), 1)[0]
    ours_few = best(lambda: measures.communities(part), 1)[0]
    built_ours = best(lambda: analysis.interaction_network(acts), 1)[0]
    total = from_table + sum(taken.values())
    rows = [
        f"| acts to counted edges ({len(edges):,}; {len(edges.nodes):,} accounts) | {from_table:.2f} | {built:.2f} |",
        f"| communities (Louvain) | {taken['communities']:.2f} | not run: minutes |",
        f"| PageRank | {taken['PageRank']:.2f} | {theirs['PageRank']:.2f} |",
        f"| core numbers | {taken['core numbers']:.2f} | {theirs['core numbers']:.2f} |",
        f"| **together** | **{total:.2f}** | {built + sum(theirs.values()):.2f} without communities |",
        f"| communities of one act in {PART} ({len(part):,} edges) | {ours_few:.2f} | {few:.2f} |",
        f"| `ties` (with exhibits and times) | {best(lambda: analysis.ties(acts), 1)[0]:.2f} | |",
        f"| `groups` (with exhibits) | {best(lambda: analysis.groups(acts), 1)[0]:.2f} | |",
        f"| `interaction_network` (networkx, with exhibits) | {built_ours:.2f} | |",
        f"| quality of the division: modularity | {_modularity(edges):.3f} | |",
    ]
    return rows, total


def _modularity(edges: Edges) -> float:
    both = edges.both_ways()
    found = measures.communities(edges)
    part = np.array([found[node] for node in edges.nodes])
    total = both.weight.sum()
    inside = both.weight[part[both.source] == part[both.target]].sum() / total
    degree = np.bincount(np.append(both.source, both.target), weights=np.append(both.weight, both.weight))
    return float(inside - ((np.bincount(part, weights=degree) / (2 * total)) ** 2).sum())


def media_files(count: int, seed: int = 1) -> pd.DataFrame:
    """Make pictures of which each second one is a copy of another with a few bits changed."""
    chance = np.random.default_rng(seed)
    base = chance.integers(0, 2**63, count, dtype=np.uint64)
    half = count // 2
    for _ in range(3):
        base[half : 2 * half] = base[:half] if _ == 0 else base[half : 2 * half]
        base[half : 2 * half] ^= np.uint64(1) << chance.integers(0, 64, half).astype(np.uint64)
    name = pd.Series(np.arange(count)).astype("str")
    return pd.DataFrame(
        {
            "entity_id": "sha256:" + name,
            "sha256": name,
            "exhibit": "2026-0417-E" + name,
            "kind": pd.Series(["image"] * count, dtype="str"),
            "phash": pd.Series([f"{each:016x}" for each in base.tolist()], dtype="str"),
        }
    )


def brute(hashes: hamming.Hashes, within: int) -> int:
    """Compare each with each in numpy, a thousand at a time; count the pairs."""
    found = 0
    for start in range(0, len(hashes), 1000):
        differ = np.bitwise_count(hashes[start : start + 1000, None] ^ hashes[None, :])
        found += int((differ <= within).sum())
    return (found - len(hashes)) // 2


def looks(files: pd.DataFrame, rounds: int) -> tuple[Rows, float]:
    """Measure near-duplicates beside comparing each with each."""
    hashes, _ = hamming.read(files["phash"].tolist())
    tenth = hashes[::10]
    few, pairs = best(lambda: brute(tenth, 8), 1)
    assert pairs == len(hamming.pairs_within(tenth, 8, 10**7)[0][0])
    search = best(lambda: hamming.pairs_within(hashes, 8, 10**6), rounds)[0]
    whole, found = best(lambda: analysis.near_duplicates(files), rounds)
    wide = best(lambda: hamming.pairs_within(hashes, 10, 10**6), 1)[0]
    peer = f"{few * 100:.0f} (numpy, {len(tenth):,} in {few:.2f} s, × 100)"
    rows = [
        f"| exact search, {len(hashes):,} hashes, at most 8 bits | {search:.2f} | {peer} |",
        f"| … at most 10 bits | {wide:.2f} | |",
        f"| `near_duplicates`: {len(found):,} pairs with citations | {whole:.2f} | |",
    ]
    return rows, whole


def posts(folder: Path, count: int, seed: int = 3) -> Path:
    """Write a case's table of posts as the workbench writes it; ids have leading noughts and 20 digits."""
    chance = np.random.default_rng(seed)
    number = np.arange(count)
    words = np.array([f"words {n} " + "слово 文字 " * (n % 7) for n in range(1000)], dtype=object)
    native = pd.Series(10**19 + number.astype(np.uint64)).astype("str")
    native.iloc[::3] = "00" + native.iloc[::3].str[-6:]
    when = chance.integers(1_700_000_000, 1_760_000_000, count) * 1_000_000
    text = {"native_id": native, "entity_id": "https://town.example/posts/" + native}
    text |= {
        "exhibit": "2026-0417-E"
        + pd.Series(number // 40).astype("str")
        + "#/"
        + pd.Series(number % 40).astype("str")
    }
    text |= {"author": "https://town.example/users/u" + pd.Series(number % 5000).astype("str")}
    text |= {"author_handle": "u" + pd.Series(number % 5000).astype("str") + "@town.example"}
    text |= {"content": pd.Series(words[number % 1000]), "content_raw": pd.Series(words[number % 1000])}
    text |= {
        "published_raw": pd.Series(when).astype("str"),
        "published_basis": pd.Series(["explicit"] * count),
    }
    lists = pa.array([("tag", "other") if n % 10 == 0 else () for n in range(1000)], pa.list_(pa.string()))
    columns = []
    for field in SCHEMAS["posts"]:
        if field.name in text:
            columns.append(pa.array(text[field.name], pa.string()))
        elif pa.types.is_timestamp(field.type):
            columns.append(pa.array(when, pa.int64()).cast(field.type))
        elif pa.types.is_list(field.type):
            columns.append(lists.take(pa.array(number % 1000)))
        elif field.type == pa.string():
            columns.append(pa.array(np.full(count, "town"), pa.string()))
        else:
            columns.append(
                pa.nulls(count, field.type) if field.nullable else pa.array(np.zeros(count)).cast(field.type)
            )
    table = pa.Table.from_arrays(columns, schema=SCHEMAS["posts"])
    part = parts.path(folder, "posts", "import-0001")
    part.parent.mkdir(parents=True)
    with parts.parquet(part, SCHEMAS["posts"]) as writer:
        writer.write_table(table, row_group_size=_ROW_GROUP)
    said = parts.Note(
        format=parts.FORMAT,
        source="import-0001",
        schema=fingerprint(),
        cover=parts.Cover(),
        parsers=(),
        rows={"posts": count},
    )
    parts.note_path(folder, "import-0001").parent.mkdir(parents=True)
    parts.note_path(folder, "import-0001").write_bytes(msgspec.json.encode(said))
    return part


def _ducked(columns: str, part: Path) -> pd.DataFrame:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from '{part}'").df()  # noqa: S608 - names of our own


def reading(folder: Path, count: int, rounds: int) -> tuple[Rows, float]:
    """Measure Parquet to DataFrame beside pandas and duckdb; ids must be the very same."""
    part = posts(folder, count)
    few, ours = best(lambda: read.frame(folder, "posts", FEW), rounds)
    everything, whole = best(lambda: read.frame(folder, "posts"), rounds)
    words, _ = best(lambda: read.frame(folder, "posts", [*FEW, "content"]), rounds)
    panda_few = best(lambda: pd.read_parquet(part, columns=FEW), rounds)[0]
    panda_all, theirs = best(lambda: pd.read_parquet(part), rounds)
    chosen = ", ".join(FEW)
    duck_few = best(lambda: _ducked(chosen, part), rounds)[0]
    duck_all = best(lambda: _ducked("*", part), rounds)[0]
    assert len(ours) == len(whole) == count
    assert whole["native_id"].tolist() == theirs["native_id"].tolist()
    assert whole["native_id"].iloc[0] == "00000000"
    assert len(whole["native_id"].iloc[1]) == 20
    rows = [
        f"| {count:,} posts, the {len(FEW)} columns of analyses | {few:.2f} | {panda_few:.2f} | {duck_few:.2f} |",
        f"| … and their words | {words:.2f} | | |",
        f"| … all {len(whole.columns)} columns | {everything:.2f} | {panda_all:.2f} | {duck_all:.2f} |",
    ]
    return rows, few


def main() -> None:
    """Measure all and write the note."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", action="store_true", help="a twentieth of everything")
    options.add_argument("--rounds", type=int, default=3)
    words = options.parse_args()
    scale = 20 if words.small else 1
    nets, together = networks(interactions(ACTS // scale, PEOPLE // scale), words.rounds)
    alike, near = looks(media_files(HASHES // scale), words.rounds)
    with tempfile.TemporaryDirectory() as made:
        table, few = reading(Path(made), POSTS // scale, words.rounds)
    section = [
        "## Graphs and media",
        "",
        notes.head("python -m bench.graphs"),
        f"Synthetic data of a fixed seed; best of {words.rounds} runs in one process, peers once.",
        "",
        f"| {ACTS // scale:,} acts of {PEOPLE // scale:,} people | seconds | networkx alone |",
        "|---|---|---|",
        *nets,
        "",
        "| pictures that look alike | seconds | each with each |",
        "|---|---|---|",
        *alike,
        "",
        "| Parquet to DataFrame | seconds | `pd.read_parquet` | duckdb |",
        "|---|---|---|---|",
        *table,
        "",
        notes.verdict("acts to communities, PageRank and core numbers", together, 5, most=True, unit=" s"),
        notes.verdict("near-duplicates, citations included", near, 10, most=True, unit=" s"),
        notes.verdict(
            "posts from Parquet to DataFrame, the columns of analyses", few, 1, most=True, unit=" s"
        ),
        "",
        "networkx's Louvain on the whole network takes minutes; it was run on a part, named in the table.",
        "The brute force is measured on a tenth of the hashes; comparing each with each grows with the square.",
    ]
    notes.put("\n".join(section))


if __name__ == "__main__":
    main()
