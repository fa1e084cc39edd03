"""Which accounts bear a name like one that is sought: leads, each with what speaks for and against it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from workbench.analysis import frames
from workbench.analysis.lookalikes import Codes, look
from workbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_ENOUGH: Final = 4
_SLACK: Final = 1e-6
_AT_ONCE: Final = 5_000_000
_DAYS: Final = 7
_PART: Final = 10_000
_SPACE: Final = re.compile(r"[^\S\n]")
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_TEXT: Final = ("handle", "name", "url", "icon", "moved_to", "bot", "platform", "server")


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
    kept, counts = frames.once(rows, time="captured_at")
    kept, counts = frames.dropped(kept, kept["handle"] == "", counts, "unattributed")
    names = _Names(kept)
    sought = list(dict.fromkeys([handles] if isinstance(handles, str) else handles))
    near = names.near([_local(handle) for handle in sought], at_least) if sought else []
    parts = [_candidates(names, *each, at_least, top) for each in zip(sought, near, strict=True)]
    found = pd.concat([_none(), *(part for part in parts if len(part))], ignore_index=True)
    parameters = {"handles": sought, "at_least": at_least, "top": top}
    return frames.result(found, method=METHOD, parameters=parameters, counts=counts)


class _Names:
    """The handles of a table in each of the forms that are compared."""

    def __init__(self, accounts: pd.DataFrame) -> None:
        self.accounts = accounts
        handles = accounts["handle"].tolist()
        parts = (handles[start : start + _PART] for start in range(0, len(handles), _PART))
        self.full = [name for part in parts for name in _all_full(part)]
        self.local = [name.partition("@")[0] for name in self.full]
        codes = Codes.of(self.local)
        self.looks, self.letters = codes.folded().names(), codes.only(_is_letter).names()

    def near(self, sought: list[str], at_least: float) -> list[NDArray[np.int64]]:
        """Give for each sought name the numbers of all that are as similar in any form, and maybe a few more."""
        forms = (
            (sought, self.local),
            ([look(name) for name in sought], self.looks),
            ([_letters(name) for name in sought], self.letters),
        )
        found = [_reaching(each, names, at_least) for each, names in forms]
        return [np.unique(np.concatenate(parts)) for parts in zip(*found, strict=True)]

    def known_as(self, full: str) -> list[int]:
        """Give the numbers of the accounts of that whole handle."""
        return [number for number, name in enumerate(self.full) if name == full]


def _reaching(sought: list[str], names: list[str], at_least: float) -> list[NDArray[np.int64]]:
    """Give for each sought name the numbers of the names that similar; all at once is much faster than each."""
    codes, different = pd.factorize(pd.Series(names, dtype="str"))
    choices, step = different.tolist(), max(_AT_ONCE // max(len(sought), 1), 1)
    least = max(at_least - _SLACK, 0)
    hits: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for start in range(0, len(choices), step):
        part = choices[start : start + step]
        matrix = cdist(
            sought, part, scorer=JaroWinkler.similarity, score_cutoff=least, dtype=np.float32, workers=-1
        )
        number, place = np.nonzero(matrix >= least)
        hits.append((number, place + start))
    return [
        _holders(codes, len(choices), [place[who == number] for who, place in hits])
        for number in range(len(sought))
    ]


def _holders(codes: NDArray[np.int64], choices: int, places: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Give the numbers of all that bear one of the names found."""
    found = np.zeros(choices, dtype=bool)
    found[np.concatenate([*places, np.empty(0, dtype=np.int64)])] = True
    return np.flatnonzero(found[codes])


def _none() -> pd.DataFrame:
    texts = ("handle", "candidate", "candidate_id", "platform", "server", "measure")
    columns: dict[str, pd.Series[str]] = {name: pd.Series([], dtype="str") for name in texts}
    empty = pd.DataFrame(columns)
    empty.insert(5, "similarity", pd.Series([], dtype=np.float64))
    for name in ("reasons_for", "reasons_against", "exhibits"):
        empty[name] = pd.Series([], dtype=object)
    return empty.assign(exhibit_count=pd.Series([], dtype=np.int64))


def _full(handle: str) -> str:
    folded = handle if handle.isascii() else unicodedata.normalize("NFKC", handle)
    return folded.strip().removeprefix("@").casefold()


def _all_full(handles: list[str]) -> list[str]:
    """Do as ``_full`` does with each, all as one line where plain letters allow it."""
    line = "\n".join(handles)
    if not line.isascii() or line.count("\n") >= len(handles) or _SPACE.search(line):
        return [_full(handle) for handle in handles]
    return ("\n" + line.lower()).replace("\n@", "\n")[1:].split("\n")


def _local(handle: str) -> str:
    return _full(handle).split("@")[0]


def _letters(local: str) -> str:
    return _NOT_LETTERS.sub("", local)


def _is_letter(character: str) -> bool:
    return _NOT_LETTERS.match(character) is None


def _candidates(
    names: _Names, handle: str, some: NDArray[np.int64], at_least: float, top: int
) -> pd.DataFrame:
    """Compare one sought handle with the accounts of these numbers, and with those it moved to."""
    full, local = _full(handle), _local(handle)
    # An account of the very same handle is as similar as can be, so it is among these.
    same = [number for number in some.tolist() if names.local[number] == local and names.full[number] == full]
    known = names.accounts.iloc[same[-1]] if same else None
    goal = "" if known is None else _full(str(known["moved_to"]))
    moved_to = names.known_as(goal) if goal else []
    some = np.setdiff1d(np.union1d(some, np.array(moved_to, dtype=np.int64)), same)
    measured = _measured(local, names, some.tolist())
    similar, moved = measured.max(axis=1), np.isin(some, moved_to)
    by_name = frames.rank(pd.Series([names.full[number] for number in some.tolist()], dtype="str"))
    order = np.lexsort((by_name, -measured[:, 0], -similar, ~moved))
    order = order[((similar >= at_least) | moved)[order]][:top]
    similar, moved = similar[order], moved[order]
    measure = np.array([WHOLE, LETTERS, LOOKS], dtype=object)[measured[order].argmax(axis=1)]
    leads = names.accounts.iloc[some[order]]
    reasons = [
        _reasons(lead, names.local[number], local, known, moved=bool(went))
        for number, went, (_, lead) in zip(some[order].tolist(), moved, leads.iterrows(), strict=True)
    ]
    cites = [_cites(lead, known) for lead in leads["exhibit"]]
    return pd.DataFrame(
        {
            "handle": handle,
            "candidate": leads["handle"].to_numpy(),
            "candidate_id": leads["entity_id"].to_numpy(),
            "platform": leads["platform"].to_numpy(),
            "server": leads["server"].to_numpy(),
            "similarity": similar.round(4),
            "measure": np.where((similar < at_least) & moved, MOVED, measure),
            "reasons_for": pd.Series([pro for pro, _ in reasons], dtype=object),
            "reasons_against": pd.Series([contra for _, contra in reasons], dtype=object),
            "exhibits": pd.Series(cites, dtype=object),
            "exhibit_count": np.array([len(cite) for cite in cites], dtype=np.int64),
        }
    )


def _measured(sought: str, names: _Names, some: list[int]) -> NDArray[np.float64]:
    """Compare a name with others: a row each, with the similarity as a whole, of letters alone, of looks."""
    alone = _similar(_letters(sought), [names.letters[number] for number in some])
    few = len(_letters(sought)) < _ENOUGH
    alone[[few or len(names.letters[number]) < _ENOUGH for number in some]] = 0
    whole = _similar(sought, [names.local[number] for number in some])
    looks = _similar(look(sought), [names.looks[number] for number in some])
    return np.column_stack([whole, alone, looks])


def _similar(sought: str, names: list[str]) -> NDArray[np.float64]:
    matrix = cdist([sought], names, scorer=JaroWinkler.similarity, dtype=np.float64)
    return np.asarray(matrix[0] if names else [], dtype=np.float64)


def _cites(exhibit: str, known: pd.Series[str] | None) -> tuple[str, ...]:
    both = (exhibit, "" if known is None else str(known["exhibit"]))
    return tuple(dict.fromkeys(cite for cite in both if cite))


def _reasons(
    lead: pd.Series[str], found: str, local: str, known: pd.Series[str] | None, *, moved: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what speaks for and against the two being one person's; both from captured facts only."""
    pro = [
        (moved, "the sought account says it moved here"),
        (found == local, "same handle on another server or platform"),
        (found != local and _letters(found) == _letters(local), "same letters, other digits or signs"),
        (
            found != local and look(found) == look(local),
            "looks the same: other letters or digits of the same shape",
        ),
    ]
    contra = [
        (len(local) < _SHORT, f"the handle is short: fewer than {_SHORT} characters"),
        (lead["bot"] == "True", "declared automated"),
        (known is None, "the sought account is not in the table: nothing but the name is compared"),
    ]
    if known is not None:
        more_pro, more_contra = _compared(lead, known)
        pro, contra = pro + more_pro, contra + more_contra
    contra.append((not moved, "a similar name alone identifies nobody"))
    return tuple(words for holds, words in pro if holds), tuple(words for holds, words in contra if holds)


def _compared(
    lead: pd.Series[str], known: pd.Series[str]
) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    name, other = (_full(str(account["name"])) for account in (lead, known))
    made = [pd.Timestamp(account["published"]) for account in (lead, known)]
    dated = not any(pd.isna(each) for each in made)
    days = abs(made[0] - made[1]) / pd.Timedelta(1, "D") if dated else np.nan
    pro = [
        (bool(name) and name == other, "same display name"),
        (bool(lead["icon"]) and lead["icon"] == known["icon"], "same address of the profile picture"),
        (_full(str(lead["moved_to"])) == _full(str(known["handle"])), "says it moved to the sought account"),
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
