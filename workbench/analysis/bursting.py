"""When an account acted in bursts: Kleinberg's automaton over the gaps between what it posted or did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

METHOD: Final = (
    "bursts by Kleinberg's automaton (2002): exponential gaps, each level s times faster, gamma ln n to go up"
)
MOST_LEVELS: Final = 40
"""Levels beyond this are not looked for, whatever s and the gaps ask for."""
_MICROS: Final = 1_000_000


@checked
def bursts(
    acts: pd.DataFrame,
    *,
    s: float = 2.0,
    gamma: float = 1.0,
    levels: int | None = None,
    floor_s: float = 1.0,
    min_posts: int = 10,
    kinds: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Find the times in which an account acted faster than its own average, level by level.

    In: posts (``entity_id, exhibit, author, author_handle, published``) or interactions (``actor, actor_handle``
    in place of author) and, if there, ``kind``. Out: actor, actor_handle, level (1 is the first above the
    account's own average; a burst of level 2 lies within one of level 1), start, end (UTC, of the first and
    last act in it), n_posts (acts from start to end), and what every result carries. In order of actor, start
    and level; an account without bursts has no row.

    ``s`` (> 1) is how much faster each level is, ``gamma`` (>= 0) what going up costs: greater values find
    fewer bursts. ``levels`` is how many levels above the average there are (1: Kleinberg's two-state
    automaton); by default as many as the shortest gap can ask for. Gaps shorter than ``floor_s`` seconds count as
    ``floor_s``: the model has no place for gaps of zero, and platforms state whole seconds. Accounts with fewer than
    ``min_posts`` dated acts are left out and counted. ``kinds`` keeps only these kinds.
    Raises UsageError for missing columns, a time without a zone or parameters out of range.

    Source: Kleinberg, Bursty and Hierarchical Structure in Streams, KDD 2002, the automaton A*(s, gamma); going
    down is free, the way starts at the average, the optimal way is found by Viterbi's algorithm. Limits: a burst is
    relative to the account's own average over what was captured; a capture of one busy day has no slow time to
    compare with. It says that acts came fast, not why.
    """
    _checked(s, gamma, levels, floor_s)
    rows, counts = _rows(acts, kinds)
    size = rows.groupby("author")["author"].transform("size")
    kept, counts = frames.dropped(rows, size < max(min_posts, 2), counts, "too_few")
    found = _found(kept, s, gamma, levels, floor_s)
    parameters = {"s": s, "gamma": gamma, "levels": levels, "floor_s": floor_s, "min_posts": min_posts}
    asked = {"kinds": None if kinds is None else sorted(kinds)}
    return frames.result(found, method=METHOD, parameters=parameters | asked, counts=counts)


def _checked(s: float, gamma: float, levels: int | None, floor_s: float) -> None:
    for name, fits, expected, value in (
        ("s", 1.01 <= s <= 1000, "from 1.01 to 1000", s),
        ("gamma", 0 <= gamma < np.inf, "0 or more", gamma),
        ("levels", levels is None or 1 <= levels <= MOST_LEVELS, f"from 1 to {MOST_LEVELS}", levels),
        ("floor_s", 1e-6 <= floor_s < np.inf, "seconds, more than 0", floor_s),
    ):
        if not fits:
            raise UsageError(
                "this parameter is out of range", where=name, expected=expected, found=str(value)
            )


def _rows(acts: pd.DataFrame, kinds: Sequence[str] | None) -> tuple[pd.DataFrame, dict[str, int]]:
    """Read posts or interactions; name who acted ``author`` in both."""
    side = "actor" if "actor" in acts.columns else "author"
    rows = frames.prepared(acts, "bursts", needs=(side, f"{side}_handle"), optional=("kind",))
    rows = rows.rename(columns={side: "author", f"{side}_handle": "author_handle"})
    kept, counts = frames.dated(*frames.once(rows))
    kept, counts = frames.keyed(kept, counts)
    if kinds is None:
        return kept, counts
    return frames.dropped(kept, ~kept["kind"].isin(list(kinds)), counts, "other_kinds")


def _found(kept: pd.DataFrame, s: float, gamma: float, levels: int | None, floor_s: float) -> pd.DataFrame:
    ordered = kept.sort_values("author", kind="stable", ignore_index=True)
    at = frames.stamps(ordered["published"])
    edges = np.flatnonzero(np.diff(frames.rank(ordered["author"]), prepend=-1, append=-1))
    spans: list[tuple[int, int, int]] = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        gaps = np.maximum(np.diff(at[start:end]) / _MICROS, floor_s)
        states = optimal_states(gaps, s=s, gamma=gamma, levels=levels)
        spans += [(level, start + first, start + last) for level, first, last in _intervals(states)]
    return _table(ordered, spans)


def optimal_states(
    gaps: NDArray[np.float64], *, s: float, gamma: float, levels: int | None = None
) -> NDArray[np.int64]:
    """Give the level (0: average) at which each gap is explained at the least cost; gaps are above 0.

    Cost of a way: going from level i up to j costs (j - i) gamma ln n, a gap x at level j costs
    -ln(a e^(-a x)) with a = s^j / (mean gap). Of equally cheap ways the one lower at its end is taken.
    """
    count, mean = len(gaps), gaps.mean()
    if levels is None:  # Kleinberg's bound: no optimal way goes higher
        levels = int(np.ceil(np.log(gaps.sum() / gaps.min()) / np.log(s)))
    level = np.arange(min(max(levels, 0), MOST_LEVELS) + 1)
    pace = s**level / mean
    up = level * (gamma * np.log(count))
    spent = np.empty((count, len(level)))
    before = up  # the way starts at level 0
    step = gaps[:, None] * pace - np.log(pace)
    for number in range(count):
        spent[number] = after = before + step[number]
        # From below: the cheapest start so far, plus the climb. From above: down is free.
        before = np.minimum(np.minimum.accumulate(after - up) + up, np.minimum.accumulate(after[::-1])[::-1])
    return _traced(spent, up)


def _traced(spent: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.int64]:
    """Walk back from the cheapest end."""
    states = np.empty(len(spent), dtype=np.int64)
    climbs = np.maximum(up[:, None] - up, 0)  # a row for each level that a way ends at
    states[-1] = now = int(spent[-1].argmin())
    for number in range(len(spent) - 2, -1, -1):
        states[number] = now = int((spent[number] + climbs[now]).argmin())
    return states


def _intervals(states: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Give each longest run at or above a level: level, number of its first act, number of its last."""
    for level in range(1, int(states.max(initial=0)) + 1):
        edges = np.flatnonzero(np.diff((states >= level).astype(np.int8), prepend=0, append=0))
        # A gap lies between two acts, so a run of gaps ends one act further on.
        yield from ((level, first, last) for first, last in edges.reshape(-1, 2).tolist())


def _table(ordered: pd.DataFrame, spans: list[tuple[int, int, int]]) -> pd.DataFrame:
    level, first, last = (
        (np.array(column, dtype=np.int64) for column in zip(*spans, strict=True))
        if spans
        else (np.empty(0, dtype=np.int64) for _ in range(3))
    )
    sizes = last - first + 1
    inside = frames.ranges(first, sizes)
    group = np.repeat(np.arange(len(sizes)), sizes)
    names = ordered["author"].iloc[first].reset_index(drop=True)
    found = pd.DataFrame(
        {
            "actor": names,
            "actor_handle": frames.mapped(names, frames.handles(ordered)),
            "level": level,
            "start": ordered["published"].iloc[first].reset_index(drop=True),
            "end": ordered["published"].iloc[last].reset_index(drop=True),
            "n_posts": sizes,
        }
    ).join(frames.cited(ordered["exhibit"].iloc[inside], group, len(sizes)))
    return found.sort_values(["actor", "start", "level", "end"], kind="stable", ignore_index=True)
