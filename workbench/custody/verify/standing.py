"""Case versions as read, and what they allow at a place of the log (docs/casefile-format.md, 3.6, 4.3, 4.5)."""

from __future__ import annotations

import sys
from bisect import bisect_left
from datetime import UTC, datetime
from typing import Any

import msgspec

from workbench.custody.verify.kept import Line
from workbench.custody.verify.lines import is_stamp
from workbench.custody.verify.report import Findings


class Version(msgspec.Struct):
    """A version that could be read, with its log line and hash.

    ``void`` is the time from which its key had been compromised, where that makes it void (3.6).
    """

    line: Line
    sha256: str
    body: dict[str, Any]
    void: str = ""

    @property
    def act(self) -> str:
        """Give its act."""
        return str(self.body.get("act", ""))

    @property
    def name(self) -> str:
        """Give its file."""
        return f"case/{self.line.fields['version']:04d}.json"

    @property
    def giver(self) -> object:
        """Give the badge of who gave the authority: the oral one's supervisor, else who signed."""
        oral = self.body.get("oral")
        return (
            oral.get("supervisor") if self.act == "oral" and isinstance(oral, dict) else self.body.get("by")
        )


def moment(text: object) -> datetime | None:
    """Read a time as 2.3, or give None."""
    if not is_stamp(text):
        return None
    return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


class Standing:
    """What the case versions allow at a place of the log, looked up without going through them each time."""

    def __init__(self, history: list[Version]) -> None:
        self._history = history
        self._by_number = {each.line.fields["version"]: each for each in reversed(history)}
        self.closed = min((each.line.ordinal for each in history if each.act == "close"), default=sys.maxsize)
        self.refused = {
            str(each.body.get("refuses")): each.line.ordinal
            for each in reversed(history)
            if each.act == "refuse"
        }

    def last_before(self, ordinal: int) -> Version | None:
        """Give the last version whose line stands before that place."""
        place = bisect_left(self._history, ordinal, key=lambda each: each.line.ordinal)
        return self._history[place - 1] if place else None

    def approval(self, number: int, ordinal: int) -> Version | None:
        """Give that version, if it is an approval or oral authority before that place (4.5)."""
        version = self._by_number.get(number)
        fits = version is not None and version.act in {"approve", "oral"} and version.line.ordinal < ordinal
        return version if fits else None


def unratified(history: list[Version], findings: Findings) -> None:
    """Note an oral authority that nobody ratified or refused."""
    if not history or history[0].act != "oral":
        return
    counted = [each for each in history if not each.void or each.act != "ratify"]
    decided = {each.body.get(key) for each in counted for key in ("ratifies", "refuses")}
    if history[0].sha256 not in decided:
        findings.note("unratified", "the oral authority was neither ratified nor refused", history[0].name)


def voided(history: list[Version], findings: Findings) -> None:
    """Note the versions that a compromised key signed (3.6): a capture on one is a defect of its own."""
    for each in history:
        if each.void:
            what = f"act '{each.act}' was signed with a key that had been compromised since {each.void}"
            findings.note("void", what, each.name)
