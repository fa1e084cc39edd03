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

if TYPE_CHECKING:
    from collections.abc import Sequence

METHOD: Final = (
    "Jaro-Winkler similarity of handles (Winkler 1990), prefix weight 0.1; a lead, never an identification"
)
WHOLE: Final = "Jaro-Winkler"
LETTERS: Final = "Jaro-Winkler, letters only"
MOVED: Final = "moved to"
_SHORT: Final = 5
_DAYS: Final = 7
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

    Compared is the part before the server, without case and with compatibility characters folded (NFKC); and
    once more its letters alone, if both have at least 4. The greater counts. An account that the sought one
    says it moved to is given whatever its handle. At most ``top`` for each handle, of at least ``at_least``.
    The facts of the sought account are compared if it is in the table. It is itself no candidate.
    Raises UsageError for missing columns.

    Source: Winkler, String Comparator Metrics and Enhanced Decision Rules, 1990. Limits: common names resemble
    each other, impostors choose to; look-alike letters of other scripts are not folded. A similar name is a
    reason to look, not a finding.
    """
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
    full = [_full(handle) for handle in kept["handle"].tolist()]
    local = [each.split("@")[0] for each in full]
    letters = [_letters(each) for each in local]
    names = {"full": full, "local": local, "letters": letters}
    kept = kept.assign(**{name: pd.Series(held, dtype="str") for name, held in names.items()})
    sought = list(dict.fromkeys([handles] if isinstance(handles, str) else handles))
    parts = [_candidates(kept, handle, at_least, top) for handle in sought]
    found = pd.concat([_none(), *(part for part in parts if len(part))], ignore_index=True)
    parameters = {"handles": sought, "at_least": at_least, "top": top}
    return frames.result(found, method=METHOD, parameters=parameters, counts=counts)


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


def _local(handle: str) -> str:
    return _full(handle).split("@")[0]


def _letters(local: str) -> str:
    return _NOT_LETTERS.sub("", local)


def _candidates(kept: pd.DataFrame, handle: str, at_least: float, top: int) -> pd.DataFrame:
    """Compare one sought handle with all accounts."""
    same = (kept["full"] == _full(handle)).to_numpy()
    known = kept[same].iloc[-1] if same.any() else None
    local = _local(handle)
    whole = _similar(local, kept["local"])
    letters = _similar(_letters(local), kept["letters"])
    enough = (kept["letters"].str.len() >= 4).to_numpy() & (len(_letters(local)) >= 4)
    letters = np.where(enough, letters, 0)
    moved = (kept["full"] == _full(str(known["moved_to"]))).to_numpy() if known is not None else same
    moved = moved & (known is not None and known["moved_to"] != "")
    similar = np.maximum(whole, letters)
    chosen = np.flatnonzero(((similar >= at_least) | moved) & ~same)
    by_name = frames.rank(kept["full"])[chosen]
    order = chosen[np.lexsort((by_name, -whole[chosen], -similar[chosen], ~moved[chosen]))][:top]
    leads = kept.iloc[order]
    measure = np.where(whole[order] >= letters[order], WHOLE, LETTERS)
    reasons = [
        _reasons(lead, local, known, moved=bool(moved[row]))
        for row, (_, lead) in zip(order, leads.iterrows(), strict=True)
    ]
    cites = [_cites(lead, known) for lead in leads["exhibit"]]
    return pd.DataFrame(
        {
            "handle": handle,
            "candidate": leads["handle"].to_numpy(),
            "candidate_id": leads["entity_id"].to_numpy(),
            "platform": leads["platform"].to_numpy(),
            "server": leads["server"].to_numpy(),
            "similarity": similar[order].round(4),
            "measure": np.where((similar[order] < at_least) & moved[order], MOVED, measure),
            "reasons_for": pd.Series([pro for pro, _ in reasons], dtype=object),
            "reasons_against": pd.Series([contra for _, contra in reasons], dtype=object),
            "exhibits": pd.Series(cites, dtype=object),
            "exhibit_count": np.array([len(cite) for cite in cites], dtype=np.int64),
        }
    )


def _similar(sought: str, names: pd.Series[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    matrix = cdist([sought], names.tolist(), scorer=JaroWinkler.similarity, dtype=np.float64)
    return np.asarray(matrix[0] if len(names) else [], dtype=np.float64)


def _cites(exhibit: str, known: pd.Series[str] | None) -> tuple[str, ...]:
    both = (exhibit, "" if known is None else str(known["exhibit"]))
    return tuple(dict.fromkeys(cite for cite in both if cite))


def _reasons(
    lead: pd.Series[str], local: str, known: pd.Series[str] | None, *, moved: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say what speaks for and against the two being one person's; both from captured facts only."""
    pro = [
        (moved, "the sought account says it moved here"),
        (lead["local"] == local, "same handle on another server or platform"),
        (
            lead["local"] != local and lead["letters"] == _letters(local),
            "same letters, other digits or signs",
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
