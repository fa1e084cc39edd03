"""The table of acts: what was done towards someone, act by act, with what people have said about each.

What a program can count stands beside what only a person can say (annotations of the kinds ``act``, ``act-review`` and
``notice``); neither overwrites the other's column. Nothing here judges a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis import abouts, frames, told
from workbench.analysis.changing import THERE
from workbench.analysis.occasions import DIRECTED, directed, gap_of, of_actors, parameters_of
from workbench.analysis.parameters import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

ACTS: Final = "interactions gathered by the post that carries them, with what people have entered about each"
COUNTED, ENTERED = "merge gap", "entered"
UNDATED, NOT_DIRECTED = "not counted: no usable time", "not counted: entered as not directed"
UNNAMED: Final = "not counted: neither account nor person known"
_SEEN: Final = ("author", "author_handle", "state", "platform", "server", "native_id", "uri")
_COLUMNS: Final = (
    *("act", "occasion", "posted", "actor", "actor_handle", "mechanism", "words", "state", "after_notice"),
    *("directed_at_target", "directed_because", "attributed_person", "attribution_basis", "contrary_facts"),
    *("prior_notice", "protected_reading", "supports", "undercuts", "remarks", "threat_reviewed_by"),
    *(
        "reviewer",
        "annotation",
        "written_by",
        "occasion_basis",
        "counted_for",
        "target",
        "target_handle",
        "as_captured",
    ),
    *("observed", "captured", "exhibits", "exhibit_count"),
)


@checked
def acts(  # noqa: PLR0913 - two tables and six named choices
    interactions: pd.DataFrame,
    posts: pd.DataFrame,
    *,
    target: str | Sequence[str],
    actor: str | Sequence[str] = (),
    merge_gap: str = "1h",
    kinds: Sequence[str] = DIRECTED,
    entered: pd.DataFrame | None = None,
    exhibits: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List the acts towards someone in order of time, one row for each, with what people have entered.

    In: interactions as ``incidents``; posts, all observations, with ``entity_id, exhibit, content, published`` and, if
    there, ``author, author_handle, state``; ``entered``, the case's annotations (``case.annotations()``); ``exhibits``,
    the table of that name. ``target`` names the accounts of **one** person: an act towards several of them is one act.
    ``actor`` keeps acts of these accounts (entity_ids or handles; none: of all), and what people added.

    Out: act (entity_id of the post, or of the interaction without one; or the citation that a person named), posted
    (UTC, as the platform says), observed (when the bytes were first received), captured (when the custody log took
    the first of them in; needs ``exhibits``), actor, actor_handle, attributed_person, attribution_basis,
    contrary_facts, target, target_handle, directed_at_target (yes, no, unclear), directed_because, mechanism (as
    entered, else the kinds as captured), words (verbatim, empty if not captured), state (as last observed), occasion
    and occasion_basis, prior_notice (as entered), after_notice (notices that were given before it), protected_reading
    (innocent or protected), supports and undercuts (elements, as ``offence/element``), remarks, threat_reviewed_by and
    reviewer (badges; empty where what they had read was replaced since), annotation and written_by (the newest about
    this act; 0 and empty where there is none), as_captured (kinds), and what every result carries; exhibits are the
    post's that has the words, the last one's where the post was gone then, the interactions', then what the annotation
    cites.

    Occasions are numbered for each who acted (counted_for), from 1, in order of time. That is the attributed person;
    for an act without one, the person to whom all attributed acts of that account are; else the account. Acts for
    which the same ``occasion`` was entered are one; the others are parted by a pause longer than ``merge_gap``. 0 is
    an act that is not counted: without a usable time, of which neither account nor person is known, or entered as not
    directed at the target. Acts that people
    added (a post about the target, a screenshot) are rows like the others; their mechanism is "posts about" until
    one is entered.

    Method: counting and joining. Raises as ``incidents``. Limits: what nobody entered is empty, and that says nothing.
    """
    kept, counts = of_actors(*directed(interactions, "acts", kinds, target), actor)
    seen = frames.prepared(posts, "acts", needs=("content",), optional=_SEEN)
    seen["entity_id"] = abouts.observed(seen)
    latest, _ = frames.once(seen)
    said = told.newest(entered, told.identities(entered, seen, kept))
    found = _found(kept)
    found = pd.concat([found, _added(said, found, latest, interactions)], ignore_index=True)
    found = _with_words(found, latest, _last(seen))
    found = told.noticed(told.joined(found, said), entered)
    found = _timed(found, exhibits)
    found = found.join(_occasions(found, gap_of(merge_gap)))
    ordered = found[list(_COLUMNS)].sort_values(
        ["posted", "act"], kind="stable", na_position="last", ignore_index=True
    )
    parameters = parameters_of(kinds, target, actor) | {"merge_gap": merge_gap}
    counts |= {"entered": int((ordered["annotation"] > 0).sum())}
    return frames.result(
        ordered, method=ACTS, parameters=parameters, counts=counts, order="the earliest first"
    )


def _last(seen: pd.DataFrame) -> pd.DataFrame:
    """Give each post's last observation: a notice that it is gone has neither words nor a time."""
    named = seen[seen["entity_id"] != ""].sort_values(["captured_at", "exhibit", "state"], kind="stable")
    return named.drop_duplicates("entity_id", keep="last").set_index("entity_id")[["state", "exhibit"]]


def _found(kept: pd.DataFrame) -> pd.DataFrame:
    """Gather interactions by who acted and the post that carries them."""
    code, keys = frames.groups_of(kept, ("actor", "carrier"))
    grouped = kept["published"].groupby(code, sort=True)
    in_time = kept.sort_values("published", kind="stable")
    found = keys.rename(columns={"carrier": "act"}).assign(
        posted=grouped.min().astype(frames.TIME).reset_index(drop=True),
        observed=kept["captured_at"]
        .groupby(code, sort=True)
        .min()
        .astype(frames.TIME)
        .reset_index(drop=True),
        target=frames.kinds_of(kept["target"], code, len(keys)),
        target_handle=frames.kinds_of(kept["target_handle"], code, len(keys)),
        as_captured=frames.kinds_of(kept["kind"], code, len(keys)),
    )
    handles = frames.handles(in_time, "actor", "actor_handle").to_dict()
    found["actor_handle"] = told.looked_up(found["actor"], handles)
    return found.join(frames.cited(kept["exhibit"], code, len(keys)))


def _added(
    said: pd.DataFrame, found: pd.DataFrame, latest: pd.DataFrame, interactions: pd.DataFrame
) -> pd.DataFrame:
    """Give a row to each act that people named and that addresses none of the target's accounts."""
    missing = said[~said["act"].isin(found["act"])].set_index("act")
    posts = latest[latest["entity_id"].isin(missing.index)].set_index("entity_id")
    posts = posts.rename(columns={"author": "actor", "author_handle": "actor_handle"})
    others = missing.index.difference(posts.index)
    acted, _ = frames.once(frames.prepared(interactions, "acts", needs=("actor", "actor_handle")))
    acted = acted[acted["entity_id"].isin(others)].set_index("entity_id")
    columns = ["actor", "actor_handle", "published", "captured_at", "exhibit"]
    held = pd.concat([posts[columns], acted[columns]]).reindex(missing.index)
    texts = held[["actor", "actor_handle", "exhibit"]].fillna("")
    own = [(each,) if each else () for each in texts["exhibit"]]
    return pd.DataFrame(
        {
            "act": missing.index.astype("str"),
            "posted": held["published"].reset_index(drop=True),
            "observed": held["captured_at"].reset_index(drop=True),
            "actor": texts["actor"].to_numpy(),
            "actor_handle": texts["actor_handle"].to_numpy(),
            "target": "",
            "target_handle": "",
            "as_captured": "",
            "exhibits": pd.Series(own, dtype=object),
            "exhibit_count": np.array([len(each) for each in own], dtype=np.int64),
        }
    ).astype({"posted": frames.TIME, "observed": frames.TIME})


def _with_words(found: pd.DataFrame, latest: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Add the words, the state and, before the other exhibits, that of the post which has the words, and of its end."""
    by_post = latest[latest["entity_id"].isin(found["act"])].set_index("entity_id")
    cites = by_post["exhibit"].to_dict()
    gone = last.loc[~last["state"].isin(("", *THERE)), "exhibit"].to_dict()
    own = [[held[act] for held in (cites, gone) if act in held] for act in found["act"]]
    new = [len(set(cite) - set(held)) for cite, held in zip(own, found["exhibits"], strict=True)]
    every = [tuple(dict.fromkeys((*cite, *held))) for cite, held in zip(own, found["exhibits"], strict=True)]
    return found.assign(
        exhibits=pd.Series([each[: frames.CAP] for each in every], index=found.index, dtype=object),
        exhibit_count=found["exhibit_count"] + np.array(new, dtype=np.int64),
        words=told.looked_up(found["act"], by_post["content"].to_dict()),
        state=told.looked_up(found["act"], last["state"].to_dict()),
    )


def _timed(found: pd.DataFrame, exhibits: pd.DataFrame | None) -> pd.DataFrame:
    """Add when the custody log took in the first exhibit of each act."""
    if exhibits is None or frames.having(exhibits, "acts", ("exhibit", "at")).empty:
        return found.assign(captured=pd.Series(pd.NaT, index=found.index, dtype=frames.TIME))
    first = found["exhibits"].map(lambda cites: cites[0].partition("#")[0] if cites else "")
    wanted = exhibits[exhibits["exhibit"].isin(set(first))]
    at = wanted.drop_duplicates("exhibit").set_index("exhibit")["at"]
    return found.assign(captured=at.reindex(first.to_numpy()).set_axis(found.index).astype(frames.TIME))


def _occasions(found: pd.DataFrame, gap: int) -> pd.DataFrame:
    """Number the occasions of each who acted; give also on what ground."""
    who = _counted_for(found)
    label = found["occasion_label"]
    basis = pd.Series(np.where(label != "", ENTERED, COUNTED), index=found.index, dtype="str")
    # Nobody knows that two such acts are of one person: counted together they would make a pattern out of strangers.
    basis = basis.mask(who == "", UNNAMED)
    basis = basis.mask((label == "") & found["posted"].isna(), UNDATED)
    basis = basis.mask(found["directed_at_target"] == "no", NOT_DIRECTED)
    rows = pd.DataFrame(
        {"who": who, "label": label, "basis": basis, "posted": found["posted"], "act": found["act"]}
    )
    rows = rows[basis.isin([ENTERED, COUNTED])].sort_values(["who", "posted", "act"], kind="stable")
    rows["group"] = "=" + rows["label"]
    gapped = rows[rows["basis"] == COUNTED]
    at = pd.Series(frames.stamps(gapped["posted"]), index=gapped.index)
    begins = (gapped["who"] != gapped["who"].shift()) | (at.diff() > gap)
    rows.loc[gapped.index, "group"] = begins.cumsum().astype("str")
    number = pd.Series(0, index=found.index, dtype=np.int64)
    number.loc[rows.index] = _ranked(rows)
    return pd.DataFrame({"occasion": number, "occasion_basis": basis, "counted_for": who})


def _counted_for(found: pd.DataFrame) -> pd.Series[str]:
    """Name for each act who is counted; one attributed act must not make two out of one account."""
    # An act of which no account is known is nobody's but whom it was attributed to: it makes no two of one account.
    named = found[(found["attributed_person"] != "") & (found["actor"] != "")]
    people = {
        actor: names.iloc[0]
        for actor, names in named.groupby("actor")["attributed_person"]
        if len(set(names)) == 1
    }
    by_account = found["actor"].map(lambda actor: people.get(actor, actor))
    return frames.filled(found["attributed_person"], by_account).astype("str")


def _ranked(rows: pd.DataFrame) -> pd.Series[Any]:
    """Number each who's groups in order of their first act; groups without a time come last."""
    start = rows.groupby(["who", "group"], sort=True)["posted"].transform("min")
    keyed = rows.assign(start=start).sort_values(["who", "start", "group"], kind="stable", na_position="last")
    first = ~keyed.duplicated(["who", "group"])
    return first.astype(np.int64).groupby(keyed["who"]).cumsum().reindex(rows.index)
