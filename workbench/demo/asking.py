"""The questions of the answer key, put to the workbench's own analyses over collected tables.

Each gives names as the key has them: handles, pairs of handles ("a + b"), keys of posts and files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import pandas as pd

from workbench import analysis
from workbench.demo.answers import Answer
from workbench.demo.model import DOMAIN, ZONE
from workbench.demo.scenarios import SCENARIOS
from workbench.demo.tabled import Tables
from workbench.demo.town import build

Names = set[str]
ENDS = pd.Timestamp("2026-05-11T00:00:00Z")
"""The town's end: until then its accounts were seen."""
_LAST_WEEK = pd.Timestamp("2026-05-03T04:00:00Z")
_TWO_WEEKS = ENDS - pd.Timedelta("14D")
_NEAR_M = 100
_WANTED = "brannoch_teale"
_HANDLES = ("branoch_teal", "brannock_teague", "brann0ch_teale")
_WORDS = 250
_NOTICED = "v_small"
_NAMED = SCENARIOS["gang"].accounts
AGAINST_HER = {
    "cyberstalking": ("greywether_77", "lampwatch_3", "kiln_gossip", "ninth_door"),
    "bullying": ("bram_kettle", "cass_oru", "penn_rilo"),
}
"""Scenario -> the accounts that ``changes`` is asked about; they are collected twice."""


def ask(answer: Answer, tables: Tables) -> Names:
    """Put the question of one entry of the key; the tables are those of its scenario's accounts."""
    return QUESTIONS[answer.analysis](tables, answer.scenario)


def accounts_of(answer: Answer) -> tuple[str, ...]:
    """Give whose posts an answer is about."""
    if answer.analysis == "changes":
        return AGAINST_HER[answer.scenario]
    return SCENARIOS[answer.scenario].alone.accounts


def _full(handle: str) -> str:
    return f"@{handle}@{DOMAIN}"


def _short(handle: object) -> str:
    return str(handle).removeprefix("@").split("@")[0]


def _shorts(handles: Iterable[object]) -> Names:
    return {_short(handle) for handle in handles} - {""}


def _pair(one: str, two: str) -> str:
    return " + ".join(sorted((one, two)))


def _pairs(found: pd.DataFrame, a: str, b: str) -> Names:
    return {_pair(_short(one), _short(two)) for one, two in zip(found[a], found[b], strict=True)}


@cache
def _posts() -> dict[str, str]:
    """Post's number on the server -> its key."""
    return {post.id: post.key for post in build().posts}


@cache
def _files() -> dict[str, str]:
    """Number of a served file -> the file's key."""
    return {str(int(post.id) + 1): post.file for post in build().posts if post.file}


def _of_post(entity: object) -> str:
    return _posts().get(str(entity).rstrip("/").removesuffix("/activity").split("/")[-1], "")


def _of_file(uri: object) -> str:
    """Name a file by the address that it was fetched from."""
    return _files().get(str(uri).split("/")[-1].split(".")[0], "")


def _by_entity(tables: Tables) -> dict[str, str]:
    """Entity of a held file -> the file's key; what has none is no file of the key."""
    held = tables("media_files")
    return {entity: _of_file(uri) for entity, uri in zip(held["entity_id"], held["uri"], strict=True)}


# --- people and their times


def _silence(tables: Tables, _: str) -> Names:
    found = analysis.silence(tables("posts"), until=ENDS)
    return _shorts(found.loc[found["open"].astype(bool) & (found["ratio"] >= 1.5), "author_handle"])


def _routine_shift(tables: Tables, scenario: str) -> Names:
    posts = tables("posts")
    shifted: Names = set()
    for handle in SCENARIOS[scenario].accounts:
        own = posts[posts["author_handle"] == _full(handle)]
        found = analysis.routine_shift(own, split=_LAST_WEEK, zone=ZONE, bins="hour_of_day")
        if len(found) and found["divergence"].iloc[0] > found["by_chance"].iloc[0]:
            shifted.add(handle)
    return shifted


def _last_contacts(tables: Tables, scenario: str) -> Names:
    person = SCENARIOS[scenario].parameters["person"]
    found = analysis.last_contacts(tables("interactions"), person=_full(person))
    return _shorts(found.loc[(found["first"] >= _TWO_WEEKS) & (found["n"] > 5), "peer_handle"])


def _places(tables: Tables, _: str) -> Names:
    found = analysis.places(tables("places"))
    names = _by_entity(tables)
    near = found.loc[found["precision_m"] <= _NEAR_M, "what"]
    return {names.get(entity, "") for entity in near} - {""}


# --- names and words


def _handle_candidates(tables: Tables, _: str) -> Names:
    found = analysis.handle_candidates(tables("accounts"), handles=_full(_WANTED))
    return _shorts(found["candidate"])


def _shared_contacts(tables: Tables, _: str) -> Names:
    found = analysis.shared_contacts(tables("interactions"), accounts=_full(_WANTED))
    return (_others(found) & set(_HANDLES)) - {""}


def _style_distance(tables: Tables, _: str) -> Names:
    found = analysis.style_distance(tables("posts"), accounts=[_full(_WANTED)], min_tokens=_WORDS)
    return _others(found.head(1))


def _others(found: pd.DataFrame) -> Names:
    """Name the other side of each pair that he is one of."""
    pairs = zip(found["a_handle"].map(_short), found["b_handle"].map(_short), strict=True)
    return {other for one, two in pairs for other in (one, two) if _WANTED in {one, two}} - {_WANTED}


# --- acts


def _pattern(tables: Tables, scenario: str) -> Names:
    target = _full(SCENARIOS[scenario].parameters["target"])
    found = analysis.pattern(tables("interactions"), target=target)
    return _shorts(found.loc[found["n_incidents_1h"] >= 3, "actor_handle"])


def _bursts(tables: Tables, scenario: str) -> Names:
    acts = tables("interactions")
    towards = acts[acts["target_handle"] == _full(SCENARIOS[scenario].parameters["target"])]
    found = analysis.bursts(towards)
    return _shorts(found.loc[found["level"] >= 3, "actor_handle"])


def _coordination(tables: Tables, _: str) -> Names:
    kinds = {
        "co-tweet": "posts",
        "co-link": "posts",
        "co-retweet": "interactions",
        "co-reply": "interactions",
    }
    found = [analysis.coordination(tables(table), kind=kind) for kind, table in kinds.items()]
    return {name for each in found for name in _pairs(each, "a_handle", "b_handle")}


def _changes(tables: Tables, scenario: str) -> Names:
    found = analysis.changes(tables("posts"), exhibits=tables("exhibits"), captures=tables("captures"))
    asked = ["not observed"] if scenario == "bullying" else ["words", "not observed"]
    theirs = found["author_handle"].map(_short).isin(AGAINST_HER[scenario])
    return {_of_post(post) for post in found.loc[theirs & found["change"].isin(asked), "post"]} - {""}


# --- who is tied to whom


def _ties(tables: Tables, _: str) -> Names:
    found = analysis.ties(tables("interactions"))
    met: dict[str, Names] = {}
    for one, two in zip(found["a_handle"].map(_short), found["b_handle"].map(_short), strict=True):
        for named, other in ((one, two), (two, one)):
            if named in _NAMED:
                met.setdefault(other, set()).add(named)
    return {other for other, named in met.items() if len(named) >= 2} - {""}


def _groups(tables: Tables, _: str) -> Names:
    found = analysis.groups(tables("interactions"))
    handles = found["handle"].map(_short)
    beside = found["community"].isin(found.loc[handles.isin(_NAMED), "community"])
    return set(handles[beside]) - set(_NAMED) - {""}


def _co_appearance(tables: Tables, _: str) -> Names:
    found = analysis.co_appearance(
        tables("interactions"), tables("media"), tables("posts"), media_files=tables("media_files")
    )
    shown = found["media"].map(lambda held: any("/statuses/" not in str(one) for one in held))
    pairs = _pairs(found[shown.astype(bool)], "a_handle", "b_handle")
    return {pair for pair in pairs if set(pair.split(" + ")) & set(_NAMED)}


# --- photos and videos


def _near(tables: Tables) -> pd.DataFrame:
    return analysis.near_duplicates(tables("media_files"), tables("key_frames"), mirrored=True)


def _near_duplicates(tables: Tables, _: str) -> Names:
    names, found = _by_entity(tables), _near(tables)
    pairs = zip(found["a"].map(names), found["b"].map(names), strict=True)
    return {_pair(one, two) for one, two in pairs if one and two}


def _like_the_copy(tables: Tables, found: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keep what is about the copy that was noticed first by the desk, and all that is like it."""
    names = _by_entity(tables)
    near = _near(tables)
    alike = {entity for entity, key in names.items() if key == _NOTICED}
    for one, two in zip(near["a"], near["b"], strict=True):
        alike |= {one, two} if {one, two} & alike else set()
    return found[found[name].isin(alike)]


def _first_seen(tables: Tables, _: str) -> Names:
    media, posts, held = tables("media"), tables("posts"), tables("media_files")
    found = analysis.first_seen(media, posts, media_files=held, near=_near(tables))
    about = _like_the_copy(tables, found, "group")
    return {_of_post(post) for post in about.loc[about["rank"] == 1, "post"]}


def _spread(tables: Tables, _: str) -> Names:
    found = analysis.spread(
        tables("media"),
        tables("posts"),
        tables("interactions"),
        media_files=tables("media_files"),
        near=_near(tables),
    )
    return _shorts(_like_the_copy(tables, found, "group")["who_handle"])


def _co_location(tables: Tables, _: str) -> Names:
    found = analysis.co_location(
        tables("places"),
        tables("posts"),
        tables("media"),
        media_files=tables("media_files"),
        window="30min",
    )
    return _pairs(found, "a_handle", "b_handle")


QUESTIONS: dict[str, Callable[[Tables, str], Names]] = {
    "silence": _silence,
    "routine_shift": _routine_shift,
    "last_contacts": _last_contacts,
    "places": _places,
    "handle_candidates": _handle_candidates,
    "shared_contacts": _shared_contacts,
    "style_distance": _style_distance,
    "pattern": _pattern,
    "bursts": _bursts,
    "coordination": _coordination,
    "changes": _changes,
    "ties": _ties,
    "groups": _groups,
    "co_appearance": _co_appearance,
    "near_duplicates": _near_duplicates,
    "first_seen": _first_seen,
    "spread": _spread,
    "co_location": _co_location,
}
"""Analysis -> how its question is put."""
