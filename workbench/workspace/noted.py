"""What officers noted about accounts, beside the accounts: posters' roles, and the basis of kept associations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from workbench.analysis import frames
from workbench.handles import bearing, folded, folded_all
from workbench.policy.accounts import ROLES, SAID
from workbench.policy.annotations import Annotation
from workbench.records import Citation
from workbench.times import from_micros, read_stamp
from workbench.workspace.opened import Opened
from workbench.workspace.shown import Shown

_NOTED = ("remarks", "noted_by", "noted_at", "annotation")
OVERDUE = {None: "no day is set", True: "yes", False: "no"}


def posters(posts: pd.DataFrame, media: pd.DataFrame, notes: Iterable[Annotation]) -> pd.DataFrame:
    """List who posted media, with the role that an officer noted last; ``unknown`` where nobody has.

    Accounts of which no post with media is here, but which an officer noted, follow: what was noted is never lost.

    Columns: account, account_handle, posts (that carry media), first, last (UTC), role, remarks, noted_by, noted_at
    (UTC), annotation (the note's number, 0 for none), exhibits (that the note cites, else the posts'), exhibit_count.
    Raises nothing for empty tables.
    """
    carrying = posts[posts["entity_id"].isin(media["post"])].drop_duplicates("entity_id", keep="last")
    named = carrying.assign(account=frames.filled(carrying["author"], carrying["author_handle"]))
    rows = [
        {
            "account": account,
            "account_handle": held["author_handle"].iloc[-1],
            "posts": len(held),
            "first": held["published"].min(),
            "last": held["published"].max(),
            "exhibits": tuple(held["exhibit"]),
        }
        for account, held in named.groupby("account", sort=True)
    ]
    columns = [
        *("account", "account_handle", "posts", "first", "last", "role"),
        *(*_NOTED, "exhibits", "exhibit_count"),
    ]
    notes = list(notes)
    captured = _names(rows)
    alone = {folded(note.account): note.account for note in notes if note.kind == "poster"}
    rows += [
        {"account": name, "account_handle": name, "posts": 0, "first": pd.NaT, "last": pd.NaT, "exhibits": ()}
        for key, name in alone.items()
        if key not in captured
    ]
    found = _joined(rows, notes, "poster", {"role": ROLES[-1]}, columns)
    return found.assign(**{name: pd.to_datetime(found[name], utc=True) for name in ("first", "last")})


def associations(
    accounts: pd.DataFrame, people: Sequence[str], notes: Iterable[Annotation], today: date
) -> pd.DataFrame:
    """List these accounts with what an officer noted last of why the association is kept.

    Other accounts of which an officer noted it follow, whether or not they are captured: what was noted is never lost.

    Columns: account, account_handle, suspicion_basis, relevance, reviewer, review_due, overdue (whether its
    day is past: yes, no, or no day is set), remarks, noted_by, noted_at (UTC), annotation (the note's number, 0 for
    none), exhibits (that the note cites, else the account's),
    exhibit_count. What nobody noted is empty. ``accounts`` needs entity_id, handle, exhibit.
    """
    notes = [note for note in notes if note.kind == "association"]
    rows = _captured(accounts, people)
    rows += _captured(accounts, [note.account for note in notes], but=_names(rows))
    known = _names(rows)
    alone = {folded(note.account): note.account for note in notes if folded(note.account) not in known}
    rows += [{"account": name, "account_handle": name, "exhibits": ()} for name in alone.values()]
    said = list(SAID["association"])
    columns = ["account", "account_handle", *said, "overdue", *_NOTED, "exhibits", "exhibit_count"]
    found = _joined(rows, notes, "association", dict.fromkeys(said, ""), columns)
    late = [date.fromisoformat(due) < today if due else None for due in found["review_due"]]
    found["overdue"] = pd.Series([OVERDUE[each] for each in late], index=found.index, dtype="str")
    return found


def _captured(
    accounts: pd.DataFrame, names: Iterable[str], but: Collection[str] = ()
) -> list[dict[str, object]]:
    """Give the captured accounts that bear one of the names, each as last captured, without some."""
    wanted = folded_all(names) - set(but)
    latest = accounts[bearing(accounts, ("entity_id", "handle"), wanted)].drop_duplicates(
        "entity_id", keep="last"
    )
    return [
        {"account": entity, "account_handle": handle, "exhibits": (exhibit,)}
        for entity, handle, exhibit in zip(
            latest["entity_id"], latest["handle"], latest["exhibit"], strict=True
        )
    ]


def _names(rows: Iterable[Mapping[str, object]]) -> set[str]:
    return {folded(str(row[name])) for row in rows for name in ("account", "account_handle")}


def shown(table: pd.DataFrame, case: Opened, title: str) -> Shown:
    """Show one of these tables; the number of a note is for the form, which names it in its list."""
    frame = table.drop(columns="annotation")
    return Shown(frame=frame, zone=case.zone, title=title, limit=case.rows, more=case.more)


def _joined(
    rows: Sequence[dict[str, object]],
    notes: Iterable[Annotation],
    kind: str,
    unsaid: dict[str, str],
    columns: Sequence[str],
) -> pd.DataFrame:
    newest = {folded(note.account): note for note in notes if note.kind == kind}
    told = []
    for row in rows:
        names = (folded(str(row["account"])), folded(str(row["account_handle"])))
        # Under whichever of its names: the last one written counts.
        mine = [newest[name] for name in names if name in newest]
        note = max(mine, key=lambda one: one.annotation, default=None)
        cites = _cited(note) or row["exhibits"]
        told.append(row | unsaid | _said(note) | {"exhibits": cites})
    made = pd.DataFrame(told, columns=list(columns))
    made["exhibit_count"] = [len(cites) for cites in made["exhibits"]]
    made["annotation"] = made["annotation"].astype("int64")
    made["noted_at"] = pd.to_datetime(made["noted_at"], utc=True)
    return made


def _said(note: Annotation | None) -> dict[str, object]:
    if note is None:
        return {"remarks": "", "noted_by": "", "noted_at": None, "annotation": 0}
    when = from_micros(read_stamp(note.at))
    return {
        **(note.said or {}),
        "remarks": note.text,
        "noted_by": note.by,
        "noted_at": when,
        "annotation": note.annotation,
    }


def _cited(note: Annotation | None) -> tuple[str, ...]:
    if note is None:
        return ()
    return tuple(str(Citation(case=note.case, number=number)) for number in note.exhibits)
