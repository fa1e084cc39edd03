"""What to ask next, made from what the analyses found: a question, what it rests on, whom it is for.

Each sentence is a fixed form filled with figures of one result row and cites that row's exhibits. No form says what
the answer might be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.analysis import frames
from workbench.analysis.parameters import checked
from workbench.counts import counted
from workbench.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

METHOD: Final = (
    "fixed sentences filled from the rows of other results, in the order of those results; nothing weighed"
)
_FAMILY: Final = "family and friends"
_PLATFORM: Final = "the platform, by lawful process"
_GIVER: Final = "who gave us the file; or capture the account"

Asked = tuple[str, str, str, tuple[str, ...], int]
"""Question, what it rests on, whom to ask, exhibits, how many exhibits there are."""

Form = Callable[[Any, Callable[[Any], str]], tuple[str, str, str] | None]
"""Fills a sentence from a row; None where the row raises no question. The second argument writes a time."""


@checked
def what_to_ask(*, zone: str, top: int = 5, **found: pd.DataFrame) -> pd.DataFrame:
    """Turn results into questions, none into a conclusion.

    In: by name, any of ``activity`` (of ``last_activity``), ``silence``, ``new_contacts``, ``last_contacts``,
    ``routine_shift``, ``places``, ``media`` (of ``posted_media``), ``after`` (of ``timeline``), ``candidates`` (of
    ``handle_candidates``). At most ``top`` rows of each are asked about; ``zone`` is the local time used in the words.
    Out: question, rests_on (which result, with its figures), ask (whom), and what every result carries.
    Raises UsageError for an unknown zone, another name, or a result that lacks columns.

    Limits: it knows only what was captured. The order is that of the results, not one of importance.
    """
    place = frames.zone_of(zone)
    unknown = sorted(set(found) - set(FORMS))
    if unknown:
        raise UsageError(
            "these results raise no questions", expected=", ".join(sorted(FORMS)), found=", ".join(unknown)
        )
    given = {name: frames.having(frame, "what_to_ask", NEEDS[name]) for name, frame in found.items()}
    if "last_contacts" in given:
        given["last_contacts"] = _each_peer(given["last_contacts"])
    asked = [
        row for name, form in FORMS.items() if name in given for row in _asked(given[name], form, place, top)
    ]
    columns = ["question", "rests_on", "ask", "exhibits", "exhibit_count"]
    made = pd.DataFrame(asked, columns=columns)
    made = made.astype({"question": "str", "rests_on": "str", "ask": "str", "exhibit_count": np.int64})
    rows = sum(len(frame) for frame in found.values())
    parameters = {"zone": zone, "top": top, "from": sorted(found)}
    return frames.result(made, method=METHOD, parameters=parameters, counts={"rows": rows})


def _asked(frame: pd.DataFrame, form: Form, zone: ZoneInfo, top: int) -> list[Asked]:
    """Fill the form from the first rows that raise a question, each question once."""

    def when(moment: Any) -> str:  # noqa: ANN401 - a pandas time
        if pd.isna(moment):
            return "an unknown time"
        local = frames.local(moment, zone)
        return f"{local.day} {local:%B %Y, %H:%M %Z}"

    asked: dict[str, Asked] = {}
    rows: Iterable[Any] = frame.itertuples(index=False)
    for row in rows:
        if len(asked) >= top:
            break
        said = form(row, when)
        if said is not None and said[0] not in asked:
            question, rests, whom = (_written(text) for text in said)
            asked[said[0]] = (question, rests, whom, tuple(row.exhibits), int(row.exhibit_count))
    return list(asked.values())


def _each_peer(contacts: pd.DataFrame) -> pd.DataFrame:
    """Put both directions of a peer into one row, at the place of the later one: nobody is to be asked twice."""
    rows: dict[str, dict[str, Any]] = {}
    for record in contacts.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        peer, out = str(row["peer"]), row["direction"] == "out"
        held = rows.setdefault(peer, {**row, "n_out": 0, "n_in": 0, "exhibits": (), "exhibit_count": 0})
        held["n_out" if out else "n_in"] += int(row["n"])
        held["first"] = min((held["first"], row["first"]), key=lambda at: (pd.isna(at), at))
        held["exhibits"] = (*held["exhibits"], *row["exhibits"])[: frames.CAP]
        held["exhibit_count"] += int(row["exhibit_count"])
    return pd.DataFrame(list(rows.values()), columns=[*contacts.columns, "n_out", "n_in"])


def _written(text: str) -> str:
    """Give text that can be written: a result of a cell's own making may hold half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _activity(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str] | None:  # noqa: ANN401, ARG001 - a row
    if pd.notna(row.at):
        return None
    return f"Is {row.account_handle or row.account} in use?", f"last activity: {row.sign}", _FAMILY


def _silence(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str] | None:  # noqa: ANN401 - a row
    who = row.author_handle or row.author
    if pd.isna(row.gap_end):
        rests = f"silence: the last post known is of {when(row.gap_start)}"
        return f"Until when does what was given to us of {who} reach?", rests, _GIVER
    if pd.isna(row.ratio) or row.ratio < 1:
        return None
    rests = f"silence: {row.hours:.0f} h, {row.ratio:.1f} times the account's own 95th percentile"
    end = "when it was last looked at" if row.open else when(row.gap_end)
    return (
        f"Is a reason known why {who} posted nothing from {when(row.gap_start)} until {end}?",
        rests,
        _FAMILY,
    )


def _new(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str]:  # noqa: ANN401 - a row
    rests = (
        f"new contacts: {counted(row.n_out, 'act')} towards it, {row.n_in} from it, the last {when(row.last)}"
    )
    return f"Who is {row.peer_handle or row.peer}? First contact {when(row.first)}.", rests, _FAMILY


def _last(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str]:  # noqa: ANN401 - a row
    who = row.peer_handle or row.peer
    rests = f"last contacts: {counted(row.n_out, 'act')} towards {who}, {row.n_in} from it, first {when(row.first)}"
    return f"What does {who} know of the contact of {when(row.last)} ({row.last_kind})?", rests, "that person"


def _shift(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str] | None:  # noqa: ANN401, ARG001 - a row
    if pd.isna(row.chance) or row.chance > SHIFTED:
        return None
    rests = (
        f"routine: divergence {row.divergence:.2f} (0: the same hours as before, 1: none in common), "
        f"{row.by_chance:.2f} by chance alone, chance {row.chance:.3f}"
    )
    who = row.author_handle or row.author
    return f"Did anything change for {who}, whose hours of posting changed?", rests, _FAMILY


def _place(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str]:  # noqa: ANN401 - a row
    named = row.name or f"{row.latitude:.5f}, {row.longitude:.5f}"
    exact = "" if pd.isna(row.precision_m) else f", to {row.precision_m:.0f} m"
    return f"What is known of the place {named}?", f"places: {row.source}{exact}, {when(row.when)}", _FAMILY


def _media(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str]:  # noqa: ANN401 - a row
    who = row.author_handle or row.author
    rests = f"media: {row.kind or 'file'}" + ("" if row.file else "; its bytes are not held")
    return f"When, where and by whom was what {who} posted on {when(row.published)} made?", rests, _FAMILY


def _after(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str]:  # noqa: ANN401 - a row
    rests = f"acts from that moment on: {row.what}, basis of the time: {row.basis or 'not told'}"
    return f"Who used {row.who_handle or row.who} at {when(row.at)}?", rests, _PLATFORM


def _candidate(row: Any, when: Callable[[Any], str]) -> tuple[str, str, str]:  # noqa: ANN401, ARG001 - a row
    rests = f"similar names, a lead: for: {_words(row.reasons_for)}; against: {_words(row.reasons_against)}"
    return f"Is {row.candidate} known to be used by the same person as {row.handle}?", rests, _FAMILY


def _words(value: object) -> str:
    told = "; ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return told or "none"


SHIFTED: Final = 0.05
"""Share of random deals at which a routine's shift is asked about."""

FORMS: Final[dict[str, Form]] = {
    "new_contacts": _new,
    "last_contacts": _last,
    "silence": _silence,
    "routine_shift": _shift,
    "places": _place,
    "media": _media,
    "after": _after,
    "candidates": _candidate,
    "activity": _activity,
}
"""Result -> the sentence made of its rows."""

_CITED: Final = ("exhibits", "exhibit_count")
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "new_contacts": ("peer", "peer_handle", "first", "last", "n_out", "n_in", *_CITED),
    "last_contacts": ("peer", "peer_handle", "direction", "n", "first", "last", "last_kind", *_CITED),
    "silence": ("author", "author_handle", "gap_start", "gap_end", "open", "hours", "ratio", *_CITED),
    "routine_shift": ("author", "author_handle", "divergence", "by_chance", "chance", *_CITED),
    "places": ("name", "latitude", "longitude", "precision_m", "source", "when", *_CITED),
    "media": ("author", "author_handle", "kind", "file", "published", *_CITED),
    "after": ("who", "who_handle", "at", "what", "basis", *_CITED),
    "candidates": ("candidate", "handle", "reasons_for", "reasons_against", *_CITED),
    "activity": ("account", "account_handle", "sign", "at", *_CITED),
}
"""Result -> the columns that its sentence is filled with."""
