"""Conversations: what was said before and after a post, also where a part of it was not captured."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

METHOD: Final = "replies followed to what they answer; messages of one chat in order of time"
MISSING: Final = "not captured"
CIRCLE: Final = "answers itself in a circle"
_NEEDS: Final = ("kind", "author", "author_handle", "content", "in_reply_to")
_OPTIONAL: Final = ("platform", "server", "native_id", "uri", "in_reply_to_author", "conversation")


@checked
def threads(posts: pd.DataFrame, *, around: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Put conversations together, each post below what it answers.

    In: ``entity_id, exhibit, kind, author, author_handle, content, in_reply_to, published`` and, if there, ``platform,
    server, native_id, uri, in_reply_to_author, conversation``. Out: root (entity_id of the conversation's first
    post, or what names it), order (from 0), depth (0: the first; 1: answers it), post, parent, author, author_handle,
    at (UTC), words, place ("it": asked for; "before": it answers that; "after": answers it; "beside": elsewhere in
    the conversation; empty where nothing was asked for), note ("not captured", "answers itself in a circle"), and what
    every result carries. Conversations in order of their first time, in each every post after what it answers.

    ``around`` names posts by entity_id, native_id or exhibit (with or without the pointer): only their conversations
    are given. A post that is answered but was not captured has a row of its own, with the exhibits of its answers.
    Messages of a chat that answer nothing stand at depth 0 in order of time; before and after are then earlier and
    later ones. Posts without any answer are given only when asked for by ``around``.
    Raises UsageError for missing columns or a time without a zone.

    Limits: answers that were deleted, hidden or not captured are missing without a trace where nothing answers them.
    Platforms name what is answered; a quotation or a mention is no answer.
    """
    kept, counts = _read(posts)
    web = _Web(kept)
    asked = None if around is None else web.named([around] if isinstance(around, str) else around)
    rows = list(_rows(web, asked))
    parameters = {"around": around if around is None or isinstance(around, str) else list(around)}
    return frames.result(_table(web, rows), method=METHOD, parameters=parameters, counts=counts)


@checked
def thread_of(posts: pd.DataFrame, around: str, *, before: int = 10, after: int = 10) -> pd.DataFrame:
    """Give a post or an exhibit's posts with what stands nearest before and after in the conversation.

    In and Out: as ``threads``; without those beside it. At most ``before`` nearest posts before and ``after`` posts
    after, the nearest first to be kept. What was cut is counted ("not_shown"). Raises as ``threads``.
    Limits: as ``threads``.
    """
    whole = threads(posts, around=around)
    earlier, later = whole[whole["place"] == "before"], whole[whole["place"] == "after"]
    near = pd.concat([earlier.tail(max(before, 0)), whole[whole["place"] == "it"], later.head(max(after, 0))])
    found = near.sort_values(["root", "order"], kind="stable", ignore_index=True)
    cut = len(earlier) + len(later) + int((whole["place"] == "it").sum()) - len(found)
    found.attrs["counts"] = whole.attrs["counts"] | {"not_shown": cut}
    parameters = frames.as_text({"around": around, "before": before, "after": after})
    return found.assign(parameters=pd.Series([parameters] * len(found), dtype="str"))


class _Row(NamedTuple):
    """One post in its conversation, by number."""

    thread: int
    root: str
    depth: int
    node: int
    place: str


class _Missing(NamedTuple):
    """A post that is answered but was not captured, with the numbers of its answers."""

    name: str
    answers: list[int]


def _read(posts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    rows = frames.prepared(posts, "threads", needs=_NEEDS, optional=_OPTIONAL)
    return frames.once(rows)


class _Web:
    """Who answers whom, by number: posts in order of time first, then those that were not captured."""

    def __init__(self, kept: pd.DataFrame) -> None:
        self.kept = kept
        network = (kept["platform"] + " " + kept["server"]).tolist()
        self._natives, self._addresses = _names(kept, network)
        chat = [
            f"{net} {name}" if kind == "message" and name else ""
            for net, name, kind in zip(network, kept["conversation"], kept["kind"], strict=True)
        ]
        self.missing: list[_Missing] = []
        self.parent = self._parents(network, kept["in_reply_to"].tolist())
        self.chat = chat + [chat[one.answers[0]] for one in self.missing]
        self.circle = self._cut_circles()
        self.children: defaultdict[int, list[int]] = defaultdict(list)
        for number, above in enumerate(self.parent):
            self.children[above].append(number)

    def _parents(self, network: list[str], replied: list[str]) -> list[int]:
        parent, numbers = [-1] * len(replied), dict[tuple[str, str], int]()
        for number, (net, name) in enumerate(zip(network, replied, strict=True)):
            if not name:
                continue
            found = self._natives.get((net, name), self._addresses.get(name, -1))
            if found < 0:
                found = numbers.setdefault((net, name), len(replied) + len(self.missing))
                if found == len(replied) + len(self.missing):
                    self.missing.append(_Missing(name, []))
                self.missing[found - len(replied)].answers.append(number)
            parent[number] = found
        return parent + [-1] * len(self.missing)

    def _cut_circles(self) -> set[int]:
        """Let the earliest post of each circle answer nothing; give those posts."""
        cut: set[int] = set()
        done = [False] * len(self.parent)
        for start in range(len(self.parent)):
            way: list[int] = []
            on_way: set[int] = set()
            now = start
            while now >= 0 and not done[now] and now not in on_way:
                way.append(now)
                on_way.add(now)
                now = self.parent[now]
            if now in on_way:
                first = min(way[way.index(now) :])
                self.parent[first] = -1
                cut.add(first)
            for each in way:
                done[each] = True
        return cut

    def named(self, around: Sequence[str]) -> set[int]:
        """Give the numbers of the posts that are asked for."""
        wanted = set(around)
        columns = (self.kept[name].tolist() for name in ("entity_id", "native_id", "exhibit"))
        return {
            number
            for number, (entity, native, exhibit) in enumerate(zip(*columns, strict=True))
            if {entity, native, exhibit, exhibit.partition("#")[0]} & wanted
        }

    def above(self, numbers: Iterable[int]) -> set[int]:
        """Give these posts and all that they answer, directly or not, each walked over once."""
        found: set[int] = set()
        for number in numbers:
            now = number
            while now >= 0 and now not in found:
                found.add(now)
                now = self.parent[now]
        return found

    def all_below(self, numbers: Iterable[int]) -> set[int]:
        """Give these posts and all that answer them, directly or not."""
        found: set[int] = set()
        stack = list(numbers)
        while stack:
            now = stack.pop()
            if now not in found:
                found.add(now)
                stack.extend(self.children.get(now, ()))
        return found

    def below(self, number: int) -> list[tuple[int, int]]:
        """Give a post and all below it with their depths, each after what it answers."""
        found: list[tuple[int, int]] = []
        stack = [(number, 0)]
        while stack:
            now, depth = stack.pop()
            found.append((now, depth))
            stack.extend((child, depth + 1) for child in reversed(self.children.get(now, [])))
        return found


def _names(kept: pd.DataFrame, network: list[str]) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Give the number of each post by all that an answer may call it: native id on its server; address, entity_id."""
    natives: dict[tuple[str, str], int] = {}
    addresses: dict[str, int] = {}
    columns = zip(network, kept["native_id"], kept["uri"], kept["entity_id"], strict=True)
    for number, (net, native, uri, entity) in enumerate(columns):
        natives.setdefault((net, native), number)
        for name in (uri, entity):
            addresses.setdefault(name, number)
    return natives, addresses


def _rows(web: _Web, asked: set[int] | None) -> Iterator[_Row]:
    tops = [number for number in range(len(web.parent)) if web.parent[number] < 0]
    gathered: dict[str, list[int]] = {}
    for top in tops:
        gathered.setdefault(_key(web, top), []).append(top)
    wanted = None if asked is None else {_key(web, top) for top in web.above(asked) if web.parent[top] < 0}
    for thread, (key, several) in enumerate(gathered.items()):
        if wanted is not None and key not in wanted:
            continue
        members = [one for top in several for one in web.below(top)]
        if wanted is None and len(members) < 2:
            continue
        places = _places(web, members, asked or set(), chat=bool(web.chat[several[0]]))
        root = key.partition(" ")[2].partition(" ")[2] if web.chat[several[0]] else _name(web, several[0])
        if web.chat[several[0]]:
            members.sort(key=lambda one: _time(web, one[0]))
        for number, depth in members:
            yield _Row(thread, root, depth, number, places.get(number, "beside") if asked else "")


def _key(web: _Web, top: int) -> str:
    return web.chat[top] or f"\0{top}"


def _time(web: _Web, number: int) -> tuple[int, int]:
    """Put what was not captured right before its first answer."""
    own = number < len(web.kept)
    return (number, 1) if own else (web.missing[number - len(web.kept)].answers[0], 0)


def _places(web: _Web, members: list[tuple[int, int]], asked: set[int], *, chat: bool) -> dict[int, str]:
    mine = sorted(number for number, _ in members if number in asked)
    if not mine:
        return {}
    places: dict[int, str] = {}
    if chat:
        first, last = _time(web, mine[0]), _time(web, mine[-1])
        for number, _ in members:
            when = _time(web, number)
            places[number] = "before" if when < first else "after" if when > last else "beside"
    else:
        places = dict.fromkeys(web.all_below(mine), "after") | dict.fromkeys(web.above(mine), "before")
    return places | dict.fromkeys(mine, "it")


def _name(web: _Web, number: int) -> str:
    if number >= len(web.kept):
        return web.missing[number - len(web.kept)].name
    return str(web.kept["entity_id"].iloc[number]) or str(web.kept["exhibit"].iloc[number])


def _table(web: _Web, rows: list[_Row]) -> pd.DataFrame:
    nodes = np.array([row.node for row in rows], dtype=np.int64)
    size = len(web.kept)
    missing = nodes >= size
    held = web.kept.reindex(np.where(missing, -1, nodes)).reset_index(drop=True)
    text = {name: held[name].fillna("") for name in ("author", "author_handle", "content")}
    asked = [web.missing[node - size].answers if node >= size else [node] for node in nodes.tolist()]
    group = np.repeat(np.arange(len(rows)), [len(one) for one in asked])
    sources = web.kept["exhibit"].iloc[[number for one in asked for number in one]]
    handles = [
        _answered(web, answers) if gone else handle
        for gone, answers, handle in zip(missing, asked, text["author_handle"], strict=True)
    ]
    found = pd.DataFrame(
        {
            "thread": np.array([row.thread for row in rows], dtype=np.int64),
            "root": pd.Series([row.root for row in rows], dtype="str"),
            "depth": np.array([row.depth for row in rows], dtype=np.int64),
            "post": pd.Series([_name(web, node) for node in nodes.tolist()], dtype="str"),
            "parent": pd.Series(
                [_name(web, web.parent[node]) if web.parent[node] >= 0 else "" for node in nodes.tolist()],
                dtype="str",
            ),
            "author": text["author"],
            "author_handle": pd.Series(handles, dtype="str"),
            "at": held["published"].astype(frames.TIME),
            "words": text["content"],
            "place": pd.Series([row.place for row in rows], dtype="str"),
            "note": pd.Series(
                [
                    MISSING if node >= size else CIRCLE if node in web.circle else ""
                    for node in nodes.tolist()
                ],
                dtype="str",
            ),
        }
    ).join(frames.cited(sources, group, len(rows)))
    return _ordered(found)


def _answered(web: _Web, answers: list[int]) -> str:
    named = (str(web.kept["in_reply_to_author"].iloc[number]) for number in answers)
    return next((name for name in named if name), "")


def _ordered(found: pd.DataFrame) -> pd.DataFrame:
    """Put conversations in order of their first time; number the posts of each."""
    first = found.groupby("thread")["at"].transform("min")
    found = found.assign(first=first).sort_values(
        ["first", "root", "thread"], kind="stable", na_position="last", ignore_index=True
    )
    found.insert(2, "order", found.groupby("thread", sort=False).cumcount().to_numpy(dtype=np.int64))
    return found.drop(columns=["first", "thread"])
