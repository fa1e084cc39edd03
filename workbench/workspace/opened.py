"""What a case says of itself to whoever reads it: its papers, its place in the custody log, its time.

``Opened`` is what the other parts of a notebook's case build on: ``Tables`` reads, ``Written`` and ``Evidence`` show.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.casefile import audit
from workbench.custody import log
from workbench.department import FOLDER, Department
from workbench.errors import UsageError
from workbench.policy.purposes import PURPOSES
from workbench.show import Words
from workbench.times import Clock, beside_utc, from_micros, now
from workbench.workspace import banner, standing, warrant
from workbench.workspace.access import Access
from workbench.workspace.shown import ROWS

Day = date | datetime | str | None
"""A day (the department's local time), a moment with its zone, either as ISO 8601 text, or None for open."""


class Opened:
    """A case as one officer reads it, as it stood at one line of its custody log (``position``)."""

    rows = ROWS
    """The most rows that a table on the page shows, unless a cell asks for more."""
    more = "limit"
    """The parameter that shows more: of ``show``, or of the notebook."""

    def __init__(self, access: Access, badge: str, clock: Clock = now) -> None:
        self._clock = clock
        self.badge = badge
        self.folder = access.folder
        self._look(access)

    def entered(self, action: str, fields: Mapping[str, object]) -> None:
        """Enter in the audit chain what was looked at; on a read-only medium, warn that nothing is entered."""
        if not audit(self.folder, self.badge, action, fields, self._clock):
            warnings.warn("not entered in the audit chain: the medium is read-only", stacklevel=3)

    def _look(self, access: Access) -> None:
        self.access = access
        self.position = log.reached(self.folder).seq

    def refresh(self) -> None:
        """Read on at the newest line of the custody log, after something was added."""
        self._look(Access.of(self.folder, department(self.folder, self._clock), self._clock))

    @property
    def number(self) -> str:
        """The case number."""
        return self.access.version.case

    @property
    def purpose(self) -> str:
        """The purpose's name: missing, wanted, gang, cyberstalking or crime-media."""
        return self.access.version.purpose

    @property
    def facts(self) -> dict[str, str]:
        """What the purpose required to be stated."""
        return dict(self.access.version.facts)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom the case is about, as its papers name them."""
        return self.access.version.subjects

    @property
    def zone(self) -> ZoneInfo:
        """The department's time zone: local time stands beside UTC."""
        return self.access.department.zone

    @property
    def timezone(self) -> str:
        """The name of the department's time zone."""
        return self.access.department.settings.timezone

    def summary(self) -> pd.DataFrame:
        """Number, purpose, subjects, authority, scope, expiry, position. Columns: what, value."""
        return pd.DataFrame(banner.rows(self.access, self.position, self._clock()), columns=["what", "value"])

    def require(self, *facts: str, purpose: str = "", approved: bool = False) -> None:
        """Go on only where the case's papers bear it: this purpose, these facts stated, a supervisor's approval.

        Raises AuthorityError naming what is missing. An oral authority counts once it is ratified; one that is
        over does not end the analysis of what was collected under it.
        """
        standing.require(self.access, facts, purpose=purpose, approved=approved)

    def warrant(self) -> Words:
        """Show the warrant's reference, when it was verified active, as stated, and how long ago that is."""
        return warrant.shown(self.facts, self._clock(), self.zone)

    def known(self) -> pd.DataFrame:
        """What was stated when the case was opened. Columns: fact, value.

        Facts of the purpose that nobody stated are there, with an empty value.
        """
        version = self.access.version
        purpose = PURPOSES[version.purpose]
        rows = [(fact.title, version.facts.get(fact.name, "")) for fact in purpose.facts]
        rows += [("Subject", subject) for subject in version.subjects]
        return pd.DataFrame(rows, columns=["fact", "value"], dtype="str")

    def _repr_html_(self) -> str:
        return banner.markup(self.access, self.position, self._clock())

    def __repr__(self) -> str:
        """Give the banner as plain text."""
        return banner.text(self.access, self.position, self._clock())

    # --- time -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Give the moment of reading, by the workbench's clock."""
        return from_micros(self._clock())

    def moment(self, day: Day, *, end: bool = False) -> datetime | None:
        """Turn a day of local time into its first moment, or its last with ``end``; None stays None."""
        if isinstance(day, str):
            day = _read_day(day)
        if day is None:
            return None
        if isinstance(day, datetime):
            if day.tzinfo is None:
                raise UsageError("this time names no zone", expected="2026-01-31T20:00-05:00", found=str(day))
            return day
        first = datetime.combine(day + timedelta(days=int(end)), time.min, self.zone)
        return first - timedelta(microseconds=1) if end else first

    def divide(self, day: Day, silences: pd.DataFrame) -> datetime:
        """Give the moment that parts before from after.

        The day given; else just after the first silence that ``analysis.silence`` names began; else now.
        """
        given = self.moment(day)
        if given is not None:
            return given
        if len(silences):
            first: datetime = silences["gap_start"].iloc[0].to_pydatetime()
            # A silence begins with a post, which still belongs to what was before.
            return first + timedelta(microseconds=1)
        return self.now()

    def before(self, moment: datetime, days: int) -> datetime:
        """Give the moment so many whole days earlier; raise UsageError where that is none."""
        if days < 1:
            raise UsageError(
                "this is no time before", where="days", expected="1 day or more", found=str(days)
            )
        return moment - timedelta(days=days)

    def when(self, moment: datetime) -> str:
        """Write a moment in local time and in UTC."""
        return beside_utc(moment, self.zone)


def _read_day(text: str) -> date | datetime | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("this is not a day", expected="2026-01-31", found=text[:40]) from error


def department(folder: Path, clock: Clock) -> Department:
    """Open the register: the one named by the runner, else the one beside the case. The case must be its own."""
    return Department(Path(os.environ.get("WORKBENCH_DEPARTMENT") or folder.parent / FOLDER), clock)
