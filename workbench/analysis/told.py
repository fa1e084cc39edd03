"""What people have said about acts, joined to the acts: the newest counts, reviews of it, notices before it.

In: the case's annotations as ``case.annotations()`` gives them, with ``annotation, at, by, kind, exhibits, text, act,
of, review, form, given, reached, replaces, supports, undercuts`` and the columns of ``workbench.policy.acts.SAID``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench import times
from workbench.analysis import frames
from workbench.errors import UsageError
from workbench.handles import folded
from workbench.policy.acts import FORMS, SAID

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOUT: Final = "posts about"
_NEEDS: Final = (
    *("annotation", "by", "kind", "exhibits", "text", "act", "of", "review", "form", "given", "reached"),
    *("replaces", "supports", "undercuts", *SAID),
)
_FROM_PEOPLE: Final = (
    *("attributed_person", "attribution_basis", "contrary_facts", "directed_at_target", "directed_because"),
    *("prior_notice", "protected_reading", "threat_reviewed_by", "reviewer"),
)


def of_kind(entered: pd.DataFrame | None, kind: str) -> pd.DataFrame:
    """Keep one kind of annotation; raise UsageError where the table lacks columns."""
    given = pd.DataFrame() if entered is None else entered
    if not len(given.columns):
        given = pd.DataFrame({name: pd.Series(dtype=object) for name in _NEEDS})
    missing = [name for name in _NEEDS if name not in given.columns]
    if missing:
        raise UsageError(
            "this table is not the case's annotations",
            expected=", ".join(missing),
            todo="pass case.annotations()",
        )
    return given[given["kind"] == kind].reset_index(drop=True)


def identities(entered: pd.DataFrame | None, seen: pd.DataFrame, kept: pd.DataFrame) -> dict[str, str]:
    """Give, for the citations by which people named acts, the post or interaction that each is of."""
    named = of_kind(entered, "act")["act"]
    acts, posts = (
        kept[kept["exhibit"].isin(named)],
        seen[seen["exhibit"].isin(named) & (seen["entity_id"] != "")],
    )
    by_act = dict(zip(acts["exhibit"], acts["carrier"], strict=True))
    return by_act | dict(zip(posts["exhibit"], posts["entity_id"], strict=True))


def newest(entered: pd.DataFrame | None, known: Mapping[str, str]) -> pd.DataFrame:
    """Keep the newest annotation about each act, with the badges of who reviewed it.

    A review of an earlier annotation no longer counts: the words that it was of were replaced.
    """
    rows = of_kind(entered, "act")
    rows = rows.assign(act=rows["act"].map(lambda act: known.get(act, act)).astype("str"))
    rows = rows.sort_values("annotation", kind="stable").drop_duplicates("act", keep="last")
    reviews = of_kind(entered, "act-review")
    for review, column in (("threat", "threat_reviewed_by"), ("act", "reviewer")):
        mine = reviews[reviews["review"] == review]
        by = {of: ", ".join(dict.fromkeys(badges)) for of, badges in mine.groupby("of")["by"]}
        rows[column] = looked_up(rows["annotation"], by)
    return rows.reset_index(drop=True)


def joined(found: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Set what was said beside the acts; what is as captured is kept apart from what was entered."""
    by_act = said.set_index("act")

    def column(name: str) -> pd.Series[str]:
        return looked_up(found["act"], by_act[name].to_dict())

    more = {name: column(name) for name in _FROM_PEOPLE}
    entered, account = column("mechanism"), column("account")
    as_captured = frames.filled(found["as_captured"], ABOUT)
    numbers = by_act["annotation"].to_dict()
    words, posted = column("words"), _times(column("posted"))
    return found.assign(
        **more,
        mechanism=frames.filled(entered, as_captured),
        words=frames.filled(found["words"], words),
        posted=found["posted"].fillna(posted),
        actor=frames.filled(found["actor"], account),
        actor_handle=frames.filled(found["actor_handle"], account),
        # Blanks around a label are slips of the hand: they make no second occasion.
        occasion_label=column("occasion").map(lambda label: " ".join(label.split())).astype("str"),
        remarks=column("text"),
        written_by=column("by"),
        annotation=np.array([numbers.get(act, 0) for act in found["act"]], dtype=np.int64),
        supports=_lists(found, by_act["supports"]),
        undercuts=_lists(found, by_act["undercuts"]),
        **_cites(found, by_act["exhibits"]),
    )


def _times(said: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """Read the times that people entered as ``policy.acts`` does: pandas reads fewer forms of ISO 8601."""
    known = [times.iso(text).utc for text in said]
    moments = pd.Series(known, index=said.index, dtype="Int64").astype("datetime64[us]")
    return moments.dt.tz_localize("UTC").astype(frames.TIME)


def looked_up(keys: pd.Series[Any], held: Mapping[Any, str]) -> pd.Series[str]:
    """Give the text that each key has, or an empty one."""
    return pd.Series([held.get(key, "") for key in keys], index=keys.index, dtype="str")


def _lists(found: pd.DataFrame, held: pd.Series[Any]) -> pd.Series[Any]:
    lists = held.to_dict()
    return pd.Series([tuple(lists.get(act, ())) for act in found["act"]], index=found.index, dtype=object)


def _cites(found: pd.DataFrame, held: pd.Series[Any]) -> dict[str, Any]:
    """Add what an annotation cites to the act's own exhibits, unless a citation into it stands there."""
    lists: list[tuple[str, ...]] = []
    counts: list[int] = []
    cited = held.to_dict()
    for act, own, count in zip(found["act"], found["exhibits"], found["exhibit_count"], strict=True):
        whole = {cite.partition("#")[0] for cite in own}
        more = [cite for cite in cited.get(act, ()) if cite not in whole]
        lists.append((*own, *more)[: frames.CAP])
        counts.append(count + len(more))
    return {
        "exhibits": pd.Series(lists, index=found.index, dtype=object),
        "exhibit_count": np.array(counts, dtype=np.int64),
    }


def noticed(found: pd.DataFrame, entered: pd.DataFrame | None) -> pd.DataFrame:
    """Name the notices that stand and were given before each act, to the account that acted or to all."""
    notices = _standing(of_kind(entered, "notice"))
    after = [
        "; ".join(_notice(notice) for notice in notices if _applies(notice, posted, (actor, handle)))
        for posted, actor, handle in zip(found["posted"], found["actor"], found["actor_handle"], strict=True)
    ]
    return found.assign(after_notice=pd.Series(after, index=found.index, dtype="str"))


def _standing(rows: pd.DataFrame) -> list[dict[str, Any]]:
    replaced = set(rows["replaces"])
    kept = rows[~rows["annotation"].isin(replaced) & (rows["form"] != FORMS[-1])]
    return kept.sort_values(["given", "annotation"], kind="stable").to_dict("records")  # type: ignore[return-value]


def _applies(notice: dict[str, Any], posted: pd.Timestamp, who: tuple[str, str]) -> bool:
    reached = folded(notice["reached"])
    # A comparison with a time that is missing is false.
    return bool(notice["given"] < posted) and (not reached or reached in map(folded, who))


def _notice(notice: dict[str, Any]) -> str:
    return f"{notice['form']} {notice['given']:%Y-%m-%d %H:%M} UTC ({', '.join(notice['exhibits'])})"
