"""All captured accounts at one look, in an order that a case of hundreds can be read in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.analysis import frames
from workbench.analysis.contacts import COLUMNS, parties
from workbench.analysis.naming import Named, naming
from workbench.analysis.occasions import DIRECTED, carriers, directed, parameters_of
from workbench.analysis.parameters import checked

METHOD: Final = "captured accounts, each as last captured, with plain counts of what was captured of them"
ORDER: Final = (
    "accounts that the case names ({}), then the others by acts towards the target, captured posts and acts"
)
"""How the rows stand; the number of named accounts goes in."""


@checked
def account_overview(
    accounts: pd.DataFrame,
    posts: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    named: Named = (),
    target: str | Sequence[str] = (),
) -> pd.DataFrame:
    """List captured accounts, each as last captured: those that the case names first, then by plain counts.

    In: accounts with ``entity_id, exhibit, handle`` and, if there, ``name, platform, moved_to, published``; posts with
    ``entity_id, exhibit, author, author_handle, published``; interactions as ``incidents``; ``named`` as
    ``named_first``; ``target``: the accounts towards which acts are counted apart. Out: handle, name, named_as (how the
    case names it, where ``named`` says so, else "yes"; empty: not at all), acts_towards (posts, or acts that no post
    carries, that address the target), captured_posts, captured_acts (the same, that address or pass on anybody),
    platform, published (when it was made), moved_to, captured_at, entity_id, and what every result carries. Named
    accounts first, in the order of ``named``; then by acts_towards, captured_posts, captured_acts, the most first.

    Raises UsageError for missing columns. Method: counting. Limits: accounts of which no profile was captured are not
    here; the counts say what was captured, not what was done.
    """
    kept, counts = _latest(accounts)
    ways = _ways(kept, named)
    towards, undated = _towards(interactions, target)
    found = kept.assign(
        named_as=[", ".join(each) for each in ways],
        acts_towards=_of(kept, towards),
        captured_posts=_of(kept, _posts(posts)),
        captured_acts=_of(kept, _acts(interactions)),
    )
    found = found.iloc[_places(found, ways, named)].reset_index(drop=True)
    columns = [
        *("handle", "name", "named_as", "acts_towards", "captured_posts"),
        *("captured_acts", "platform", "published", "moved_to"),
    ]
    return frames.result(
        found[[*columns, "captured_at", "entity_id"]].join(
            frames.cited(found["exhibit"], np.arange(len(found)), len(found))
        ),
        method=METHOD,
        parameters=parameters_of(DIRECTED, target)
        | {"named": sorted(named) if isinstance(named, Mapping) else len(named)},
        counts=counts | {"undated": undated},
        order=ORDER.format(sum(map(bool, ways))),
    )


def _latest(accounts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Keep the newest observation of each account."""
    rows = frames.prepared(
        accounts,
        "account_overview",
        needs=("handle",),
        optional=("name", "platform", "moved_to"),
        times=(),
        optional_times=("published",),
    )
    return frames.once(rows, time="captured_at")


def _ways(kept: pd.DataFrame, named: Named) -> list[list[str]]:
    """Say of each account in what ways the case names it."""
    ways = named if isinstance(named, Mapping) else {"yes": named}
    mine = {words: naming(kept, names, ("entity_id", "handle")) for words, names in ways.items()}
    return [[words for words, rows in mine.items() if rows[place]] for place in range(len(kept))]


def _places(found: pd.DataFrame, ways: Sequence[Sequence[str]], named: Named) -> NDArray[np.int64]:
    """Order accounts: by the first way in which the case names them, by counts, by handle."""
    places = {words: place for place, words in enumerate(named)} if isinstance(named, Mapping) else {"yes": 0}
    way = np.array([places[each[0]] if each else len(places) for each in ways], dtype=np.int64)
    counts = [-found[name].to_numpy() for name in ("captured_acts", "captured_posts", "acts_towards")]
    order = np.lexsort([frames.rank(found["entity_id"]), frames.rank(found["handle"]), *counts, way])
    return order.astype(np.int64)


def _of(kept: pd.DataFrame, counts: pd.Series[int]) -> NDArray[np.int64]:
    """Look up each account's count: under its identifier, and under its handle where only that was known."""
    by_id = kept["entity_id"].map(counts).fillna(0)
    bare = frames.filled(kept["handle"], "\0")
    address = kept["platform"] + ":@" + bare.str.removeprefix("@").str.lower()
    by_handle = bare.map(counts).fillna(0) + address.map(counts).fillna(0)
    return np.asarray(by_id + by_handle, dtype=np.int64)


def _posts(posts: pd.DataFrame) -> pd.Series[int]:
    rows = frames.prepared(posts, "account_overview", needs=("author", "author_handle"))
    kept, _ = frames.keyed(*frames.once(rows))
    return kept["author"].value_counts()


def _acts(interactions: pd.DataFrame) -> pd.Series[int]:
    rows = frames.prepared(interactions, "account_overview", needs=COLUMNS, optional=("platform", "post"))
    kept, _ = parties(*frames.once(rows))
    # A post that answers somebody also names them, and may name more: it is one act all the same.
    acts = pd.DataFrame({"actor": kept["actor"], "carrier": carriers(kept)}).drop_duplicates()
    return acts["actor"].value_counts()


def _towards(interactions: pd.DataFrame, target: str | Sequence[str]) -> tuple[pd.Series[int], int]:
    """Count the posts and acts that address the target; and acts without a usable time, which are not among them."""
    kept, counts = directed(interactions, "account_overview", DIRECTED, target)
    return kept.drop_duplicates(["actor", "carrier"])["actor"].value_counts(), counts["undated"]
