"""Which accounts share the same things within seconds of each other: coordination as the literature counts it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from workbench.analysis import abouts, frames
from workbench.analysis.parameters import checked
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


@checked
def coordination(  # noqa: PLR0913 - each is a table, or a parameter of the method
    shares: pd.DataFrame,
    *,
    kind: str,
    window_s: float = 10,
    at_least: int = 2,
    min_participation: int = 1,
    min_length: int = 20,
    max_pairs: int = 5_000_000,
    posts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count how often two accounts shared the same object within a window of time.

    In, by ``kind``: for "co-retweet" (reposts of one post) and "co-reply" (replies to one post) interactions
    with ``entity_id, exhibit, kind, actor, actor_handle, object, published`` and, if there, ``platform, server``; for
    "co-tweet" (the same words), "co-link" (the same address) and "co-hashtag" posts with ``entity_id, exhibit, kind,
    author, author_handle, published`` and ``content``, ``links`` or ``tags``. ``posts``, for interactions, with
    ``entity_id, exhibit, native_id`` and, if there, ``platform, server, uri``: they tell under which names a post goes;
    without them one that is now named by its address, now by its number on a server, is two (``abouts``).
    Out: a, a_handle, b, b_handle (accounts, in order of their names), kind, weight (pairs of shares), n_objects
    (different objects among them), shares_a, shares_b (different shares on each side), objects (at most 5 of them, the
    first shared first), first, last (UTC, first and last of these shares), median_s (between the two shares of a pair),
    window_s, and what every result carries. Greatest weight first.

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
    kept, counts = _shares(shares, kind, min_length, posts)
    often = np.bincount(kept.account)[kept.account] >= min_participation
    kept, counts = kept.only(often), counts | {"too_few": int((~often).sum())}
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


class _Shares(NamedTuple):
    """One line a share, in numbers; only of those that come to a pair are texts looked up, in ``rows``."""

    rows: pd.DataFrame
    row: NDArray[np.int64]
    account: NDArray[np.int64]
    object: NDArray[np.int64]
    names: pd.Series[str]
    """The texts of the objects, by number."""

    def only(self, kept: NDArray[np.bool_]) -> _Shares:
        return self._replace(row=self.row[kept], account=self.account[kept], object=self.object[kept])


def _shares(
    shares: pd.DataFrame, kind: str, min_length: int, posts: pd.DataFrame | None
) -> tuple[_Shares, dict[str, int]]:
    acts = SOURCES[kind] == "interactions"
    side = "actor" if acts else "author"
    needs = [side, f"{side}_handle", "kind", "object" if acts else "content" if kind == "co-tweet" else ""]
    _has(shares, _LISTS.get(kind, ""))
    optional = ("platform", "server", "post")
    rows = frames.prepared(shares, "coordination", needs=[each for each in needs if each], optional=optional)
    rows = rows.rename(columns={side: "author", f"{side}_handle": "author_handle"})
    rows["author"] = frames.filled(rows["author"], rows["author_handle"])
    if acts:
        rows["entity_id"] = abouts.identities(rows, _ACTS[kind])
    row, counts = _usable(rows, kind)
    if acts:
        objects = abouts.objects(rows[["platform", "server", "object"]].iloc[row], posts, "coordination")
    elif kind == "co-tweet":
        objects = pd.Series(folded(rows["content"].iloc[row]), dtype="str")
        enough = (objects.str.len() >= max(min_length, 1)).to_numpy(dtype=bool)
        row, objects, counts = row[enough], objects[enough], counts | {"short": int((~enough).sum())}
    else:
        row, objects = _listed(row, shares, _LISTS[kind])
    code, names = pd.factorize(objects)
    account = pd.factorize(rows["author"])[0][row]
    return _Shares(rows, row, account, code, pd.Series(names, dtype="str")), counts


def _usable(rows: pd.DataFrame, kind: str) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Give the numbers of the rows that count, and count the others."""
    out = {"undated": rows["published"].isna(), "unattributed": rows["author"] == ""}
    if kind in _ACTS:
        out |= {"other_kinds": rows["kind"] != _ACTS[kind], "no_object": rows["object"] == ""}
    else:
        # A repost has the words and links of what it reposts: that is co-retweet.
        out |= {"other_kinds": rows["kind"] == "repost"}
    row, counts = frames.latest(rows)
    for name, those in out.items():
        gone = those.to_numpy(dtype=bool)[row]
        row, counts = row[~gone], counts | {name: int(gone.sum())}
    return row, counts


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


def _listed(
    row: NDArray[np.int64], shares: pd.DataFrame, name: str
) -> tuple[NDArray[np.int64], pd.Series[str]]:
    """Give each different address or tag of a post a line of its own."""
    lists = shares[name].to_numpy(dtype=object)[row].tolist() if len(row) else []
    fold = str.casefold if name == "tags" else str.strip
    each = [[] if _none(held) else list(dict.fromkeys(fold(str(one)) for one in held)) for held in lists]
    objects = pd.Series([one for several in each for one in several], dtype="str")
    told = (objects != "").to_numpy(dtype=bool)
    return np.repeat(row, [len(one) for one in each])[told], objects[told]


def _none(held: object) -> bool:
    return held is None or isinstance(held, (float, str)) or held is pd.NA


def _found(
    kept: _Shares,
    counts: dict[str, int],
    window_s: float,
    at_least: int,
    min_participation: int,
    max_pairs: int,
) -> tuple[pd.DataFrame, dict[str, int]]:
    at = frames.stamps(kept.rows["published"])[kept.row]
    order = np.argsort(at)
    order = order[np.argsort(kept.object[order] * len(order) + np.arange(len(order)))]
    code = kept.object[order]
    many = _neighbours(code, at[order], round(window_s * 1_000_000))
    crowded = _crowded(code, many, kept.names, max_pairs)
    counts = counts | {"crowded": int(crowded.sum())}
    early, late = (order[place] for place in _pairs(np.where(crowded, 0, many)))
    early, late = _between(early, late, kept.account, min_participation)
    early, late = _repeated(early, late, kept.account, at_least)
    return _counted(*_told(kept, early, late)), counts


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
    code: NDArray[np.int64], many: NDArray[np.int64], names: pd.Series[str], max_pairs: int
) -> NDArray[np.bool_]:
    """Mark the shares of the objects that have most pairs, until the rest has at most ``max_pairs``."""
    pairs = np.bincount(code, weights=many, minlength=len(names)).astype(np.int64)
    if pairs.sum() <= max_pairs:
        return np.zeros(len(code), dtype=bool)
    order = np.lexsort((frames.rank(names), pairs))
    out = np.zeros(len(names), dtype=bool)
    out[order[np.cumsum(pairs[order]) > max_pairs]] = True
    return out[code] & (pairs[code] > 0)


def _pairs(many: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Write out each share with each of those that follow it, by their row numbers."""
    place = np.flatnonzero(many)
    return np.repeat(place, many[place]), frames.ranges(place + 1, many[place])


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


def _repeated(
    early: NDArray[np.int64], late: NDArray[np.int64], account: NDArray[np.int64], at_least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep the pairs of shares whose two accounts have as many of them as asked."""
    _, group, weight = np.unique(_key(account[early], account[late]), return_inverse=True, return_counts=True)
    often = weight[group] >= at_least
    return early[often], late[often]


def _key(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Make one number of two, whichever comes first."""
    return np.minimum(one, other) << 32 | np.maximum(one, other)


def _told(
    kept: _Shares, early: NDArray[np.int64], late: NDArray[np.int64]
) -> tuple[pd.DataFrame, NDArray[np.int64], NDArray[np.int64]]:
    """Look up all shares of the accounts in pairs, in order of time, and number the pairs after that."""
    seen = np.zeros(int(kept.account.max(initial=-1)) + 1, dtype=bool)
    seen[kept.account[early]] = seen[kept.account[late]] = True
    some = np.flatnonzero(seen[kept.account])
    some = some[frames.in_time(kept.rows, kept.row[some])]
    place = np.zeros(len(kept.row), dtype=np.int64)
    place[some] = np.arange(len(some))
    rows = kept.rows.iloc[kept.row[some]].reset_index(drop=True)
    told = rows.assign(object=kept.names.iloc[kept.object[some]].to_numpy())
    ends = place[early], place[late]
    return told, np.minimum(*ends), np.maximum(*ends)


def _counted(kept: pd.DataFrame, early: NDArray[np.int64], late: NDArray[np.int64]) -> pd.DataFrame:
    """Count the pairs of shares by pair of accounts; ``kept`` in order of time."""
    code, account = pd.factorize(kept["object"])[0], frames.rank(kept["author"])
    keys, group, weight = np.unique(
        _key(account[early], account[late]), return_inverse=True, return_counts=True
    )
    at = frames.stamps(kept["published"])
    turned = account[early] > account[late]
    side_a, side_b = np.where(turned, late, early), np.where(turned, early, late)
    names = pd.Series(np.sort(kept["author"].unique()), dtype="str")
    handles = frames.mapped(names, frames.handles(kept))
    of_a, of_b = keys >> 32, keys & 0xFFFFFFFF
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
            "n_objects": frames.different(code[early], group, groups),
            "shares_a": frames.different(side_a, group, groups),
            "shares_b": frames.different(side_b, group, groups),
            "objects": _objects(kept, group, early, groups),
            "first": pd.Series(first.astype("datetime64[us]")).dt.tz_localize("UTC"),
            "last": pd.Series(last.astype("datetime64[us]")).dt.tz_localize("UTC"),
            "median_s": pd.Series((at[late] - at[early]) / 1e6).groupby(group).median().to_numpy(),
        }
    ).join(_citing(kept, group, early, late, groups))
    return found.sort_values(
        ["weight", "n_objects", "a", "b"], ascending=[False, False, True, True], ignore_index=True
    )


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
