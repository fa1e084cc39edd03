"""Acts by occasion and by element: what evidence is cited for which element of a candidate offence, and what against.

An element is never said to be met. People file acts under elements; here they are counted and their exhibits listed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked
from workbench.errors import UsageError
from workbench.policy.elements import FREE, offence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BY_OCCASION: Final = "acts gathered by who acted and occasion; elements as people filed the acts under them"
ELEMENTS: Final = "acts counted by the elements under which people filed them"
CITED, NONE_CITED = "evidence cited", "none cited"
WORDS: Final = 20
"""The most posts of one occasion whose words are written out."""

_NEEDS: Final = (
    *("act", "posted", "occasion", "counted_for"),
    *("supports", "undercuts", "exhibits", "exhibit_count"),
)
_SIDES: Final = ("supports", "undercuts")
_Held = dict[str, list[Any]]
"""The acts of one occasion: column -> values."""


@checked
def acts_by_occasion(acts: pd.DataFrame, *, offence_name: str = "stalking") -> pd.DataFrame:
    """Give one row for each occasion of the table of acts, in order of time.

    In: what ``acts`` gives. Out: who (the attributed person with the handles, else the handle), accounts (stable
    identifiers), occasion, start, end (UTC), n_posts, words (verbatim, in order of time, the first 20 posts),
    mechanism, prior_notice (as entered, and notices before its first act), protected_reading, evidence_cited and
    undercut (elements of the candidate offence, each with the number of acts filed under it), none_cited (the other
    elements), and what every result carries. Acts that are not counted (occasion 0) are not here.

    Raises UsageError for a table that is not of acts, or an offence that is not on the list.
    Method: gathering. Limits: an element under evidence_cited is not thereby met; an occasion is no act in law.
    """
    chosen = offence(offence_name)
    rows = _counted(acts)
    rows = rows.assign(handle=frames.filled(rows["actor_handle"], rows["actor"]))
    names = [f"{chosen.name}/{element.name}" for element in chosen.elements]
    made = [_occasion(held, names) for held in _groups(rows)]
    found = pd.DataFrame(made, columns=list(_OCCASION)).astype(_TYPES)
    found = found.sort_values(["start", "who"], kind="stable", na_position="last", ignore_index=True)
    counts = {"rows": len(acts), "not_counted": len(acts) - len(rows)}
    return frames.result(
        found,
        method=BY_OCCASION,
        parameters={"offence": chosen.name},
        counts=counts,
        order="the earliest occasion first",
    )


_OCCASION: Final = (
    *("who", "accounts", "occasion", "start", "end", "n_posts", "words", "mechanism", "prior_notice"),
    *("evidence_cited", "undercut", "none_cited", "protected_reading", "exhibits", "exhibit_count"),
)
_TYPES: Final[dict[str, Any]] = {
    **dict.fromkeys(("who", "accounts", "words", "mechanism", "prior_notice", "protected_reading"), "str"),
    **dict.fromkeys(("evidence_cited", "undercut", "none_cited"), "str"),
    **dict.fromkeys(("occasion", "n_posts", "exhibit_count"), "int64"),
    **dict.fromkeys(("start", "end"), frames.TIME),
    "exhibits": "object",
}


def _groups(rows: pd.DataFrame) -> Iterator[_Held]:
    """Part the acts, which are in order of time, by who is counted and occasion; plain lists, for speed."""
    code, keys = frames.groups_of(
        rows.assign(occasion=rows["occasion"].astype("str")), ("counted_for", "occasion")
    )
    order = np.argsort(code, kind="stable")
    lists = {str(name): column.iloc[order].tolist() for name, column in rows.items()}
    edges = np.searchsorted(code[order], np.arange(len(keys) + 1)).tolist()
    for start, end in pairwise(edges):
        yield {name: values[start:end] for name, values in lists.items()}


def _occasion(held: _Held, names: Sequence[str]) -> dict[str, Any]:
    times = [moment for moment in held["posted"] if moment is not pd.NaT]
    cites = list(dict.fromkeys(cite for each in held["exhibits"] for cite in each))
    supported, undercut = (_tally(held[side], names) for side in _SIDES)
    return {
        "who": _who(held),
        "accounts": _each(held["actor"]),
        "occasion": held["occasion"][0],
        "start": min(times, default=pd.NaT),
        "end": max(times, default=pd.NaT),
        "n_posts": len(held["act"]),
        "words": _words(held["words"]),
        "mechanism": _each(held["mechanism"]),
        "prior_notice": _each([*held["prior_notice"], held["after_notice"][0]]),
        "protected_reading": _each(held["protected_reading"]),
        "evidence_cited": ", ".join(supported),
        "undercut": ", ".join(undercut),
        "none_cited": ", ".join(
            _short(name) for name in names if not any(name in each for each in held["supports"])
        ),
        "exhibits": tuple(cites[: frames.CAP]),
        # Acts of one occasion may share an exhibit, so that their counts do not add up; what is capped is told anyway.
        "exhibit_count": max(len(cites), *held["exhibit_count"]),
    }


def _who(held: _Held) -> str:
    """Name who is counted: the person with the accounts' handles, or the handle alone."""
    handles, who = _each(held["handle"]), str(held["counted_for"][0])
    if who in set(held["actor"]):
        return handles
    return f"{who} ({handles})" if handles else who


def _each(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _words(texts: Sequence[str]) -> str:
    said = [text for text in texts if text]
    more = len(said) - WORDS
    return "\n".join(
        [*(f"“{text}”" for text in said[:WORDS]), *([f"… and {more} more posts"] if more > 0 else [])]
    )


def _tally(side: Sequence[tuple[str, ...]], names: Sequence[str]) -> list[str]:
    """Count the acts filed under each element; entries of our own come last."""
    counts = {name: sum(name in entries for entries in side) for name in names}
    for entries in side:
        for entry in entries:
            if entry.startswith(FREE):
                counts[entry] = counts.get(entry, 0) + 1
    return [f"{_short(name)} ({count})" for name, count in counts.items() if count]


def _short(name: str) -> str:
    return name if name.startswith(FREE) else name.partition("/")[2]


@checked
def elements(acts: pd.DataFrame, *, offence_name: str = "stalking") -> pd.DataFrame:
    """Say for each element of a candidate offence whether evidence is cited for it, and what is cited against it.

    In: what ``acts`` gives. Out: element, title, statute, rows_that_serve (where in a case to look), cited and
    cited_against ("evidence cited" or "none cited"; never that an element is met), n_acts and n_occasions (filed as
    supporting), supporting and undercutting (exhibits, at most 25 of ``supporting_count`` and
    ``undercutting_count``), and what every result carries; exhibits are those of both sides. Entries of people's own
    (``other: …``) follow the list.

    Raises as ``acts_by_occasion``. Method: counting. Limits: the list is plain words for filing, and a lawyer's look
    at it is needed; acts that people said are not directed at the target are counted where people filed them.
    """
    chosen = offence(offence_name)
    rows = _read(acts)
    own = sorted({e for side in _SIDES for entries in rows[side] for e in entries if e.startswith(FREE)})
    listed = [(f"{chosen.name}/{each.name}", each.name, each.title, each.rows) for each in chosen.elements]
    listed += [(entry, "other", entry.removeprefix(FREE), "") for entry in own]
    made = [
        {
            "element": name,
            "title": title,
            "statute": chosen.statute,
            "rows_that_serve": serve,
            **_sides(rows, entry),
        }
        for entry, name, title, serve in listed
    ]
    found = pd.DataFrame(made)
    counts = {"rows": len(acts)}
    return frames.result(found, method=ELEMENTS, parameters={"offence": chosen.name}, counts=counts)


def _sides(rows: pd.DataFrame, entry: str) -> dict[str, Any]:
    def holding(side: str) -> pd.DataFrame:
        return rows[np.array([entry in entries for entries in rows[side]], dtype=bool)]

    supporting, undercutting = (_cites(holding(side)) for side in _SIDES)
    mine = holding("supports")
    counted = mine[mine["occasion"] > 0]
    both = tuple(dict.fromkeys((*supporting, *undercutting)))
    return {
        "cited": CITED if supporting else NONE_CITED,
        "cited_against": CITED if undercutting else NONE_CITED,
        "n_acts": len(mine),
        "n_occasions": len(counted[["counted_for", "occasion"]].drop_duplicates()),
        "supporting": supporting[: frames.CAP],
        "supporting_count": len(supporting),
        "undercutting": undercutting[: frames.CAP],
        "undercutting_count": len(undercutting),
        "exhibits": both[: frames.CAP],
        "exhibit_count": len(both),
    }


def _cites(held: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cite for each in held["exhibits"] for cite in each))


def _read(acts: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _NEEDS if name not in acts.columns]
    if missing:
        raise UsageError(
            "this is not the table of acts", expected=", ".join(missing), todo="pass what analysis.acts gives"
        )
    return acts.sort_values(["posted", "act"], kind="stable", na_position="last", ignore_index=True)


def _counted(acts: pd.DataFrame) -> pd.DataFrame:
    rows = _read(acts)
    return rows[rows["occasion"] > 0].reset_index(drop=True)
