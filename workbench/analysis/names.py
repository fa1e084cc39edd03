"""Which accounts bear a name like one that is sought: leads, each with what speaks for and against it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA, Prefix

from workbench.analysis import frames
from workbench.analysis.lookalikes import look
from workbench.analysis.parameters import checked
from workbench.analysis.resembling import Near, full, letters, local, measured, near
from workbench.counts import counted
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

METHOD: Final = (
    "Jaro-Winkler similarity of handles (Winkler 1990), prefix weight 0.1, look-alike letters after UTS #39; "
    "a lead, never an identification"
)
WHOLE: Final = "Jaro-Winkler"
LETTERS: Final = "Jaro-Winkler, letters only"
LOOKS: Final = "Jaro-Winkler, look-alike letters as one"
MOVED: Final = "moved to"
_SHORT: Final = 5
_DAYS: Final = 7
_DIFFER: Final = 3
_TEXT: Final = ("handle", "name", "url", "icon", "moved_to", "bot", "platform", "server")
_NOBODY: Final = np.empty(0, dtype=np.int64)


@checked
def handle_candidates(
    accounts: pd.DataFrame, *, handles: str | Sequence[str], at_least: float = 0.85, top: int = 20
) -> pd.DataFrame:
    """List accounts whose handle resembles a known one, as leads.

    In: ``entity_id, exhibit, handle`` and, if there, ``name, icon, moved_to, bot, platform, server, published``.
    Out: handle (sought), candidate (handle found), candidate_id (entity_id), platform, server, similarity
    (0 to 1), measure, reasons_for, reasons_against (tuples of words), and what every result carries. Most
    similar first.

    Compared is the part before the server, without case and with compatibility characters folded (NFKC); once
    more its letters alone, if both have at least 4; and once more with letters of Cyrillic, Greek, Armenian and Latin
    and the digits 0 and 1 folded to the Latin letter that they look like. The greatest counts. An account that the
    sought one says it moved to is given whatever its handle. At most ``top`` for each handle, of at least ``at_least``.
    The facts of the sought account are compared if it is in the table. It is itself no candidate.
    Raises UsageError for missing columns or an ``at_least`` above 1.

    Source: Winkler, String Comparator Metrics and Enhanced Decision Rules, 1990; Unicode Technical Standard #39
    (confusables.txt), of which a table of our own takes single letters (``lookalikes.FOLDS``). Limits: common names
    resemble each other, impostors choose to; pairs of letters that look like one (rn, m) are not folded. A similar
    name is a reason to look, not a finding.
    """
    if at_least > 1:
        raise UsageError("no similarity is above 1", where="at_least", found=str(at_least))
    rows = frames.prepared(
        accounts,
        "handle_candidates",
        needs=("handle",),
        optional=_TEXT[1:],
        times=(),
        optional_times=("published",),
    )
    counted, counts = frames.latest(rows, time="captured_at")
    kept = rows if len(counted) == len(rows) else rows.iloc[counted].reset_index(drop=True)
    kept, counts = frames.dropped(kept, kept["handle"] == "", counts, "unattributed")
    sought = list(dict.fromkeys([handles] if isinstance(handles, str) else handles))
    names = _Names(kept)
    close = near(names.handles, [local(each) for each in sought], at_least)
    leads = [_leads(names, handle, some, top) for handle, some in zip(sought, close, strict=True)]
    found = _told(names.accounts, leads, at_least)
    parameters = {"handles": sought, "at_least": at_least, "top": top}
    return frames.result(found, method=METHOD, parameters=parameters, counts=counts)


class _Names:
    """The handles of a table, folded only where somebody asks."""

    def __init__(self, accounts: pd.DataFrame) -> None:
        self.accounts = accounts
        self.handles = accounts["handle"]

    def full(self, some: NDArray[np.int64]) -> list[str]:
        """Fold some handles."""
        return [full(handle) for handle in self.handles.iloc[some]]

    def bearing(self, handle: str) -> list[int]:
        """Give the numbers of all accounts of a whole handle."""
        return self._by_full.get(full(handle), [])

    def ordered(self, some: NDArray[np.int64]) -> NDArray[np.int64]:
        """Order accounts by handle, then by when they were captured."""
        in_time = some[frames.in_time(self.accounts, some, time="captured_at")]
        names = frames.rank(pd.Series(self.full(in_time), dtype="str"))
        ordered: NDArray[np.int64] = in_time[np.argsort(names, kind="stable")]
        return ordered

    @cached_property
    def _by_full(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, name in enumerate(self.full(np.arange(len(self.handles)))):
            found.setdefault(name, []).append(number)
        return found


class _Leads(NamedTuple):
    """Accounts that may be a sought one: their numbers, how similar in each form, whether it moved there."""

    handle: str
    known: int | None
    numbers: NDArray[np.int64]
    similar: NDArray[np.float64]
    moved: NDArray[np.bool_]


def _leads(names: _Names, handle: str, some: Near, top: int) -> _Leads:
    """Choose among the accounts near a sought handle, and those it moved to."""
    same = _same(names, handle, some)
    known = int(same[-1]) if len(same) else None
    goal = "" if known is None else names.accounts["moved_to"].iloc[known]
    moved_to = names.bearing(goal) if goal else []
    first = np.setdiff1d(np.array(moved_to, dtype=np.int64), same)
    others = ~np.isin(some.numbers, [*same.tolist(), *moved_to])
    nearest = _nearest(Near(some.numbers[others], some.similar[others], some.whole[others]), top)
    chosen = names.ordered(np.concatenate([first, nearest]))
    moved = np.isin(chosen, first)
    values = measured(local(handle), [name.partition("@")[0] for name in names.full(chosen)])
    order = np.lexsort((-values[:, 0], -values.max(axis=1, initial=0), ~moved))[:top]
    return _Leads(handle, known, chosen[order], values[order], moved[order])


def _same(names: _Names, handle: str, some: Near) -> NDArray[np.int64]:
    """Find the accounts of the very handle that is sought, the latest captured last: none is nearer."""
    equal = some.numbers[some.whole == 1]
    own: NDArray[np.int64] = equal[np.array([name == full(handle) for name in names.full(equal)], dtype=bool)]
    return own[frames.in_time(names.accounts, own, time="captured_at")]


def _nearest(some: Near, top: int) -> NDArray[np.int64]:
    """Give the nearest, as many as asked for: of those level with the last, the nearest as a whole, and level ones."""
    if len(some.numbers) <= top or top < 1:
        return some.numbers
    least = np.partition(some.similar, -top)[-top]
    sure, level = some.similar > least, some.similar == least
    wanted = top - np.count_nonzero(sure)
    level &= some.whole >= np.partition(some.whole[level], -wanted)[-wanted]
    nearest: NDArray[np.int64] = some.numbers[sure | level]
    return nearest


def _told(accounts: pd.DataFrame, leads: Sequence[_Leads], at_least: float) -> pd.DataFrame:
    """Say of each lead what speaks for and against it."""
    facts = accounts.iloc[np.concatenate([_NOBODY, *(lead.numbers for lead in leads)])]
    sought = np.array([lead.handle for lead in leads for _ in lead.numbers], dtype=object)
    known = _known(accounts, leads)
    values = np.concatenate([np.empty((0, 3)), *(lead.similar for lead in leads)])
    moved = np.concatenate([np.empty(0, dtype=bool), *(lead.moved for lead in leads)])
    nearness = values.max(axis=1, initial=0)
    measure = np.array([WHOLE, LETTERS, LOOKS], dtype=object)[values.argmax(axis=1)]
    each = list(zip(facts.to_dict("records"), sought, known, moved.tolist(), strict=True))
    reasons = [_reasons(lead, handle, other, moved=went) for lead, handle, other, went in each]
    cites = ((lead["exhibit"], other["exhibit"] if other else "") for lead, _, other, _ in each)
    return pd.DataFrame(
        {
            "handle": pd.Series(sought, dtype="str"),
            "candidate": facts["handle"].array,
            "candidate_id": facts["entity_id"].array,
            "platform": facts["platform"].array,
            "server": facts["server"].array,
            "similarity": nearness.round(4),
            "measure": pd.Series(np.where((nearness < at_least) & moved, MOVED, measure), dtype="str"),
            "reasons_for": pd.Series([pro for pro, _ in reasons], dtype=object),
            "reasons_against": pd.Series([contra for _, contra in reasons], dtype=object),
        }
    ).join(frames.citing(cites))


def _known(accounts: pd.DataFrame, leads: Sequence[_Leads]) -> list[Mapping[Hashable, Any] | None]:
    """Give, for each lead, the facts of the sought account; None where it is not in the table."""
    numbers = [lead.known for lead in leads if lead.known is not None]
    facts = dict(zip(numbers, accounts.iloc[numbers].to_dict("records"), strict=True))
    return [None if lead.known is None else facts[lead.known] for lead in leads for _ in lead.numbers]


def _reasons(
    lead: Mapping[Hashable, Any], handle: str, known: Mapping[Hashable, Any] | None, *, moved: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what speaks for and against the two being one person's; both from captured facts only."""
    found, sought = local(lead["handle"]), local(handle)
    pro = [
        (moved, "the sought account says it moved here"),
        (found == sought, "same handle on another server or platform"),
        (found != sought and letters(found) == letters(sought), "same letters, other digits or signs"),
        (
            found != sought and look(found) == look(sought),
            "looks the same: other letters or digits of the same shape",
        ),
    ]
    pro.append((not any(holds for holds, _ in pro), _spelled(found, sought)))
    contra = [
        (len(sought) < _SHORT, f"the handle is short: fewer than {_SHORT} characters"),
        (lead["bot"] == "True", "declared automated"),
        (known is None, "the sought account is not in the table: nothing but the name is compared"),
    ]
    if known is not None:
        more_pro, more_contra = _compared(lead, known)
        pro, contra = pro + more_pro, contra + more_contra
    contra.append((not moved, "a similar name alone identifies nobody"))
    return frames.holding(pro), frames.holding(contra)


def _spelled(found: str, sought: str) -> str:
    """Say what is alike of two names that are spelled otherwise."""
    differ = OSA.distance(found, sought)
    same = Prefix.similarity(found, sought)
    if differ <= _DIFFER or same == 0:
        return f"the handles differ in {counted(differ, 'character')} of {max(len(found), len(sought))}"
    return f"the handles begin with the same {counted(same, 'character')}"


def _compared(
    lead: Mapping[Hashable, Any], known: Mapping[Hashable, Any]
) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    name, other = (full(str(account["name"])) for account in (lead, known))
    made = [pd.Timestamp(account["published"]) for account in (lead, known)]
    dated = not any(pd.isna(each) for each in made)
    days = abs(made[0] - made[1]) / pd.Timedelta(1, "D") if dated else np.nan
    pro = [
        (bool(name) and name == other, "same display name"),
        (bool(lead["icon"]) and lead["icon"] == known["icon"], "same address of the profile picture"),
        (full(str(lead["moved_to"])) == full(str(known["handle"])), "says it moved to the sought account"),
        (bool(days <= _DAYS), f"made within {_DAYS} days of the sought account"),
    ]
    contra = [
        (bool(name) and bool(other) and name != other, "another display name"),
        (
            lead["bot"] != known["bot"] and "" not in {lead["bot"], known["bot"]},
            "only one is declared automated",
        ),
    ]
    return pro, contra
