"""Which accounts share the same things within seconds of each other: coordination as the literature counts it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHOD: Final = (
    "pairs of shares of one object by two accounts within window_s seconds, counted by pair of accounts"
)
SOURCES: Final = {
    "co-retweet": "interactions",
    "co-reply": "interactions",
    "co-tweet": "posts",
    "co-link": "posts",
    "co-hashtag": "posts",
}
"""Kind of coordination -> the table that it is read from."""
OBJECTS: Final = 5
"""The most shared objects that one result row names."""
_ACTS: Final = {"co-retweet": "repost", "co-reply": "reply"}
_LISTS: Final = {"co-link": "links", "co-hashtag": "tags"}
_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)


def coordination(
    shares: pd.DataFrame,
    *,
    kind: str,
    window_s: float = 10,
    at_least: int = 2,
    min_participation: int = 1,
    min_length: int = 20,
    max_pairs: int = 5_000_000,
) -> pd.DataFrame:
    """Count how often two accounts shared the same object within a window of time.

    In, by ``kind``: for "co-retweet" (reposts of one post) and "co-reply" (replies to one post) interactions
    with ``entity_id, exhibit, kind, actor, actor_handle, object, published`` and, if there, ``platform``; for
    "co-tweet" (the same words), "co-link" (the same address) and "co-hashtag" posts with ``entity_id, exhibit, kind,
    author, author_handle, published`` and ``content``, ``links`` or ``tags``. Out: a, a_handle, b, b_handle (accounts,
    in order of their names), kind, weight (pairs of shares), n_objects (different objects among them), shares_a,
    shares_b (different shares on each side), objects (at most 5 of them, the first shared first), first,
    last (UTC, first and last of these shares), median_s (between the two shares of a pair), window_s, and
    what every result carries. Greatest weight first.

    ``at_least`` is the least weight given. ``min_participation`` is CooRTweet's: accounts with fewer shares in the
    table are left out, and so are pairs of shares of which neither account has as many that pair. ``min_length``
    is the fewest characters that "co-tweet" compares; words are compared without case (NFKC folded), addresses
    and differences of white space. Where there would be more than ``max_pairs`` pairs of shares, the objects with
    most pairs are left out first, and their shares counted as "crowded": what a crowd shares says least of two.
    Raises UsageError for missing columns, an unknown kind or parameters out of range.

    Source: Giglietto et al., It takes a village to manipulate the media, 2020; CooRTweet (Righetti and Balluff;
    window_s=10, min_participation=2); QUT Coordination Network Toolkit (Graham, 2020; window_s=60, at_least=2).
    Limits: fans of one page, followers of one newswire and bots of one news site share within seconds without any
    arrangement; a link with other tracking parameters is another address. It is a reason to look, not an arrangement.
    """
    _checked(kind, window_s, at_least, min_participation, max_pairs)
    kept, counts = _shares(shares, kind, min_length)
    rarely = kept.groupby("author")["author"].transform("size") < min_participation
    kept, counts = frames.dropped(kept, rarely, counts, "too_few")
    found, counts = _found(kept, counts, window_s, at_least, min_participation, max_pairs)
    found.insert(4, "kind", pd.Series([kind] * len(found), dtype="str"))
    found.insert(len(found.columns) - 2, "window_s", np.full(len(found), float(window_s)))
    parameters = {"kind": kind, "window_s": window_s, "at_least": at_least, "min_length": min_length}
    more = {"min_participation": min_participation, "max_pairs": max_pairs}
    return frames.result(found, method=METHOD, parameters=parameters | more, counts=counts)


def _checked(kind: str, window_s: float, at_least: int, min_participation: int, max_pairs: int) -> None:
    for name, fits, expected, value in (
        ("kind", kind in SOURCES, ", ".join(SOURCES), kind),
        ("window_s", 0 <= window_s <= 86_400, "seconds, from 0 to a day", window_s),
        ("at_least", at_least >= 1, "1 or more", at_least),
        ("min_participation", min_participation >= 1, "1 or more", min_participation),
        ("max_pairs", 0 <= max_pairs <= 50_000_000, "from 0 to 50,000,000", max_pairs),
    ):
        if not fits:
            raise UsageError(
                "this parameter does not fit", where=name, expected=expected, found=str(value)[:80]
            )


def _shares(shares: pd.DataFrame, kind: str, min_length: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Read one row a share: author, author_handle, object, published, exhibit."""
    acts = SOURCES[kind] == "interactions"
    side = "actor" if acts else "author"
    needs = ["kind", side, f"{side}_handle", "object" if acts else "content" if kind == "co-tweet" else ""]
    name = _LISTS.get(kind, "")
    _has(shares, name)
    rows = frames.prepared(
        shares, "coordination", needs=[each for each in needs if each], optional=("platform",)
    )
    rows = rows.rename(columns={side: "author", f"{side}_handle": "author_handle"}).assign(row=rows.index)
    kept, counts = frames.dated(*frames.once(rows))
    kept, counts = frames.keyed(kept, counts)
    if acts:
        kept, counts = frames.dropped(kept, kept["kind"] != _ACTS[kind], counts, "other_kinds")
        kept, counts = frames.dropped(kept, kept["object"] == "", counts, "no_object")
        return kept.assign(object=kept["platform"] + " " + kept["object"]), counts
    # A repost has the words and links of what it reposts: that is co-retweet.
    kept, counts = frames.dropped(kept, kept["kind"] == "repost", counts, "other_kinds")
    if kind == "co-tweet":
        kept = kept.assign(object=pd.Series(folded(kept["content"]), dtype="str"))
        return frames.dropped(kept, kept["object"].str.len() < max(min_length, 1), counts, "short")
    return _listed(kept, shares, name), counts


def _has(shares: pd.DataFrame, name: str) -> None:
    if name and len(shares.columns) and name not in shares.columns:
        raise UsageError(
            "this table lacks a column that coordination needs",
            expected=name,
            found=", ".join(map(str, shares.columns[:12])),
            todo="pass posts as the case gives them",
        )


def folded(words: pd.Series[str]) -> list[str]:
    """Fold words for comparing: NFKC, no case, no addresses, single spaces."""
    return [" ".join(_LINK.sub(" ", _plain(text)).split()) for text in words]


def _plain(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _listed(kept: pd.DataFrame, shares: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give each different address or tag of a post a row of its own."""
    if not len(kept):
        return kept.assign(object=pd.Series([], dtype="str"))
    lists = shares[name].to_numpy(dtype=object)[kept["row"].to_numpy()]
    fold = str.casefold if name == "tags" else str.strip
    each = [[] if _none(held) else list(dict.fromkeys(fold(str(one)) for one in held)) for held in lists]
    spread = kept.iloc[np.repeat(np.arange(len(kept)), [len(one) for one in each])].reset_index(drop=True)
    spread = spread.assign(object=pd.Series([one for several in each for one in several], dtype="str"))
    return spread[spread["object"] != ""].reset_index(drop=True)


def _none(held: object) -> bool:
    return held is None or isinstance(held, (float, str)) or held is pd.NA


def _found(
    kept: pd.DataFrame,
    counts: dict[str, int],
    window_s: float,
    at_least: int,
    min_participation: int,
    max_pairs: int,
) -> tuple[pd.DataFrame, dict[str, int]]:
    code, names = pd.factorize(kept["object"])
    order = np.argsort(code, kind="stable")  # by object, in it by time
    at = frames.stamps(kept["published"])
    many = _neighbours(code[order], at[order], round(window_s * 1_000_000))
    crowded = _crowded(code[order], many, names, max_pairs)
    counts = counts | {"crowded": int(crowded.sum())}
    early, late = (order[place] for place in _pairs(np.where(crowded, 0, many)))
    account = frames.rank(kept["author"])
    early, late = _between(early, late, account, min_participation)
    return _counted(kept, code, account, early, late, at_least), counts


def _neighbours(code: NDArray[np.int64], at: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """Count for each share those after it, of the same object, within the window.

    Steps longer than the window count as just longer, and so does the step to the next object. Then
    the sum of steps is within the window exactly where the time between is, and one sorted line serves all objects.
    """
    step = np.minimum(np.diff(at, prepend=at[:1]), window + 1)
    step[1:][code[1:] != code[:-1]] = window + 1
    line = np.cumsum(step)
    return np.searchsorted(line, line + window, side="right") - np.arange(len(line)) - 1


def _crowded(
    code: NDArray[np.int64], many: NDArray[np.int64], names: pd.Index[str], max_pairs: int
) -> NDArray[np.bool_]:
    """Mark the shares of the objects that have most pairs, until the rest has at most ``max_pairs``."""
    pairs = np.bincount(code, weights=many, minlength=len(names)).astype(np.int64)
    if pairs.sum() <= max_pairs:
        return np.zeros(len(code), dtype=bool)
    order = np.lexsort((frames.rank(pd.Series(names, dtype="str")), pairs))
    out = np.zeros(len(names), dtype=bool)
    out[order[np.cumsum(pairs[order]) > max_pairs]] = True
    return out[code] & (pairs[code] > 0)


def _pairs(many: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Write out each share with each of those that follow it, by their row numbers."""
    early = np.repeat(np.arange(len(many)), many)
    nth = np.arange(len(early)) - np.repeat(np.cumsum(many) - many, many)
    return early, early + 1 + nth


def _between(
    early: NDArray[np.int64], late: NDArray[np.int64], account: NDArray[np.int64], min_participation: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep pairs of two accounts of which at least one takes part as often as asked."""
    two = account[early] != account[late]
    early, late = early[two], late[two]
    if min_participation == 1:
        return early, late
    paired = np.unique(np.concatenate([early, late]))
    often = np.bincount(account[paired], minlength=int(account.max(initial=0)) + 1) >= min_participation
    kept = often[account[early]] | often[account[late]]
    return early[kept], late[kept]


def _counted(
    kept: pd.DataFrame,
    code: NDArray[np.int64],
    account: NDArray[np.int64],
    early: NDArray[np.int64],
    late: NDArray[np.int64],
    at_least: int,
) -> pd.DataFrame:
    """Count the pairs of shares by pair of accounts."""
    width = int(account.max(initial=0)) + 1
    key = np.minimum(account[early], account[late]) * width + np.maximum(account[early], account[late])
    _, group, weight = np.unique(key, return_inverse=True, return_counts=True)
    often = weight[group] >= at_least
    early, late = early[often], late[often]
    keys, group, weight = np.unique(key[often], return_inverse=True, return_counts=True)
    at = frames.stamps(kept["published"])
    turned = account[early] > account[late]
    side_a, side_b = np.where(turned, late, early), np.where(turned, early, late)
    names = pd.Series(np.sort(kept["author"].unique()), dtype="str")
    handles = frames.mapped(names, frames.handles(kept))
    of_a, of_b = keys // width, keys % width
    groups = len(keys)
    first, last = np.full(groups, np.iinfo(np.int64).max), np.full(groups, np.iinfo(np.int64).min)
    np.minimum.at(first, group, at[early])
    np.maximum.at(last, group, at[late])
    found = pd.DataFrame(
        {
            "a": names.iloc[of_a].to_numpy(),
            "a_handle": handles.iloc[of_a].to_numpy(),
            "b": names.iloc[of_b].to_numpy(),
            "b_handle": handles.iloc[of_b].to_numpy(),
            "weight": weight,
            "n_objects": _different(group, code[early], groups),
            "shares_a": _different(group, side_a, groups),
            "shares_b": _different(group, side_b, groups),
            "objects": _objects(kept, group, early, groups),
            "first": pd.Series(first.astype("datetime64[us]")).dt.tz_localize("UTC"),
            "last": pd.Series(last.astype("datetime64[us]")).dt.tz_localize("UTC"),
            "median_s": pd.Series((at[late] - at[early]) / 1e6).groupby(group).median().to_numpy(),
        }
    ).join(_citing(kept, group, early, late, groups))
    return found.sort_values(
        ["weight", "n_objects", "a", "b"], ascending=[False, False, True, True], ignore_index=True
    )


def _different(group: NDArray[np.int64], value: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    pairs = pd.DataFrame({"group": group, "value": value}).drop_duplicates()
    return np.bincount(pairs["group"].to_numpy(), minlength=groups)


def _objects(
    kept: pd.DataFrame, group: NDArray[np.int64], early: NDArray[np.int64], groups: int
) -> pd.Series[Any]:
    """Name each pair's first objects, in order of their first share (rows are in order of time)."""
    order = np.lexsort((early, group))
    named = frames.cited(kept["object"].iloc[early[order]], group[order], groups)["exhibits"]
    return pd.Series([objects[:OBJECTS] for objects in named], dtype=object)


def _citing(
    kept: pd.DataFrame,
    group: NDArray[np.int64],
    early: NDArray[np.int64],
    late: NDArray[np.int64],
    groups: int,
) -> pd.DataFrame:
    """Cite the shares on both sides, in order of time."""
    both, rows = np.concatenate([group, group]), np.concatenate([early, late])
    order = np.lexsort((rows, both))
    return frames.cited(kept["exhibit"].iloc[rows[order]], both[order], groups)
