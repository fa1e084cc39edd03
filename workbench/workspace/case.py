"""A case as a notebook sees it: tables pinned to a place in the custody log, exhibits, what is open.

::

    case = workbench.open_case(case_number)
    case                                  # number, purpose, authority, scope, expiry, what is unratified
    posts = case.posts(since=since)       # a DataFrame; the column exhibit cites the bytes
    case.exhibit("2026-0417-E0012")       # the bytes, their hash, their custody history

Reading leaves no trace in the custody log; each opening and each exhibit looked at is in the audit chain.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.compute as pc

from workbench.analysis.acts import acts
from workbench.analysis.minimising import Neutral, minimised, neutral_names
from workbench.casefile import audit
from workbench.custody import annotations as written
from workbench.custody import log
from workbench.department import FOLDER, Department
from workbench.errors import SourceError, UsageError
from workbench.policy.annotations import Annotation
from workbench.policy.purposes import PURPOSES
from workbench.records import CASE_NUMBER, Citation
from workbench.show import Words
from workbench.tables import read
from workbench.tables.conditions import Where
from workbench.times import Clock, from_micros, now
from workbench.workspace import (
    acttables,
    annotated,
    asking,
    authorship,
    banner,
    noted,
    pictures,
    questions,
    standing,
    streets,
    warrant,
)
from workbench.workspace.access import Access
from workbench.workspace.exhibits import View, look
from workbench.workspace.people import (
    INTERACTIONS,
    POSTS,
    being,
    between,
    chosen,
    involving,
    resolved,
    touching,
    written_by,
)
from workbench.workspace.shown import ROWS, Several, Shown
from workbench.workspace.thumbnails import EDGE, Thumbnail, Thumbnails

if TYPE_CHECKING:
    import networkx as nx

    from workbench.show import Street
    from workbench.workspace.authorship import Sheet
    from workbench.workspace.authorship_editor import AuthorshipEditor
    from workbench.workspace.editor import ActEditor

Day = date | datetime | str | None
"""A day (the department's local time), a moment with its zone, either as ISO 8601 text, or None for open."""


def open_case(
    case: str | Path | None = None, casefiles: str | Path | None = None, *, clock: Clock = now
) -> Case:
    """Open a case for reading, by number or folder; without one, the case this notebook runs for.

    ``casefiles`` is the folder of the cases, else WORKBENCH_CASEFILES, else ``casefiles`` here. Who opens is
    WORKBENCH_OFFICER. Raises AuthorityError where the badge neither works the case nor oversees it,
    UsageError where there is no such case.
    """
    folder = _folder(str(case or os.environ.get("WORKBENCH_CASE", "")), casefiles)
    badge = os.environ.get("WORKBENCH_OFFICER", "")
    if not badge:
        raise UsageError(
            "who opens the case?",
            todo="name your badge in WORKBENCH_OFFICER, or use 'workbench lab --as BADGE'",
        )
    access = Access.of(folder, _department(folder, clock), clock)
    access.require(badge)
    opened = Case(access, badge, clock)
    opened.entered("opened", {"position": opened.position})
    return opened


_SHEET_EDGE = 160
"""Pixels a side of a picture on a contact sheet."""


class Case:
    """One case, read by one officer, as it stood at one line of its custody log (``position``)."""

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
        self._look(Access.of(self.folder, _department(self.folder, self._clock), self._clock))

    # --- what the case says of itself ----------------------------------------------------------

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
        """What was stated when the case was opened. Columns: fact, value, by, stated (UTC), version.

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

    # --- tables ---------------------------------------------------------------------------------

    def table(
        self, name: str, columns: Iterable[str] | None = None, where: Where | None = None
    ) -> pd.DataFrame:
        """Read a table as it stood at ``position``; docs/tables.md lists tables and columns."""
        return read.frame(self.folder, name, columns, where, self.position)

    def posts(
        self,
        since: Day = None,
        until: Day = None,
        columns: Iterable[str] | None = None,
        where: Where | None = None,
    ) -> pd.DataFrame:
        """Posts and messages, each observation a row; ``until`` is included. See docs/tables.md.

        With a period, posts without a usable time are left out: ``frame.attrs["undated"]`` counts them.
        """
        return self._within("posts", since, until, columns, where)

    def posts_of(
        self,
        people: Sequence[str] | None,
        since: Day = None,
        until: Day = None,
        columns: Iterable[str] | None = None,
    ) -> pd.DataFrame:
        """Posts of these accounts (handles or entity_ids; None: all) and no others: the rest is not even read.

        ``columns``: by default those that most analyses read (``workspace.people.POSTS``).
        """
        theirs = None if people is None else written_by(people)
        return self._within("posts", since, until, columns or POSTS, theirs)

    def posts_by_id(self, *identifiers: Iterable[str], columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Posts with one of these ``entity_id``s, whoever wrote them: what carries an act, a picture or a place.

        Takes columns such as ``interactions["post"]`` or ``media["post"]``; the rest is not even read.
        """
        return self.table("posts", columns or POSTS, being("entity_id", chain.from_iterable(identifiers)))

    def versions_of(self, identifiers: Iterable[str]) -> pd.DataFrame:
        """What platforms keep of earlier words of these posts: published, version, words, entity_id, exhibit."""
        columns = ["published", "version", "content", "entity_id", "exhibit"]
        found = self.post_versions(columns, being("entity_id", identifiers))
        kept = found.drop_duplicates(["entity_id", "version", "content"]).rename(columns={"content": "words"})
        return kept.sort_values(["entity_id", "version"], ignore_index=True)

    def interactions_of(
        self,
        people: Sequence[str] | None,
        since: Day = None,
        until: Day = None,
        columns: Iterable[str] | None = None,
    ) -> pd.DataFrame:
        """Interactions in which one of these accounts acts or is acted towards; as ``posts_of``."""
        mine = None if people is None else touching(people)
        return self._within("interactions", since, until, columns or INTERACTIONS, mine)

    def interactions(
        self,
        since: Day = None,
        until: Day = None,
        columns: Iterable[str] | None = None,
        where: Where | None = None,
    ) -> pd.DataFrame:
        """Who acted towards whom: replies, mentions, reposts, likes, follows, messages; as ``posts``."""
        return self._within("interactions", since, until, columns, where)

    def accounts(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Accounts as they stood when captured."""
        return self.table("accounts", columns, where)

    def post_versions(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Earlier words of edited posts."""
        return self.table("post_versions", columns, where)

    def media(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Pictures, videos, sounds and documents that posts carry."""
        return self.table("media", columns, where)

    def places(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Places that posts, profiles or files state."""
        return self.table("places", columns, where)

    def media_files(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Pictures, videos and sounds whose bytes are held, read from those bytes; joins ``media``."""
        return self.table("media_files", columns, where)

    def key_frames(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Frames of the videos held at which the scene changes."""
        return self.table("key_frames", columns, where)

    def leads(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Possibilities, kept apart from evidence."""
        return self.table("leads", columns, where)

    def issues(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """What was not read, or not as expected, with counts."""
        return self.table("issues", columns, where)

    def captures(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Captures and how each ended; an approved target that was never tried has none."""
        return self.table("captures", columns, where)

    def imports(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Files that were given to us, import by import."""
        return self.table("imports", columns, where)

    def exhibits(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Everything that can be cited: file, offset, length, SHA-256."""
        return self.table("exhibits", columns, where)

    def annotations(self, *kinds: str) -> pd.DataFrame:
        """What people wrote, up to ``position``: all of it, or these kinds. See ``workspace.annotated``.

        Raises IntegrityError where a file is not what was logged.
        """
        return annotated.table(self.number, self._noted(), kinds)

    def edit_acts(
        self,
        interactions: pd.DataFrame,
        posts: pd.DataFrame,
        *,
        offence: str = "stalking",
        **options: Any,  # noqa: ANN401 - as analysis.acts takes them
    ) -> Several | ActEditor:
        """Show what was done and what people said of it; in the lab, with the forms to say it below.

        ``options`` are those of ``analysis.acts``. Saving writes an annotation under the officer's badge, through
        the process that started this notebook, and shows the tables anew; in a run there are only the tables.
        """
        listing = partial(acts, interactions, posts, exhibits=self.exhibits(), **options)
        if not asking.in_lab():
            return acttables.tables(listing(entered=self.annotations()), self.zone)
        from workbench.workspace.editor import ActEditor  # noqa: PLC0415 - a run needs no widgets

        return ActEditor(self, posts, listing, offence)

    def authorship(self, people: Sequence[str] = ()) -> Sheet | AuthorshipEditor:
        """Show confirming and contrary facts side by side for each account; in the lab, with the form to add one.

        ``people`` are stable identifiers or handles of accounts to show even where nobody noted a fact.
        """
        if not asking.in_lab():
            return authorship.of_case(self, people)
        from workbench.workspace.authorship_editor import AuthorshipEditor  # noqa: PLC0415 - a run needs no widgets

        return AuthorshipEditor(self, people)

    def posters(self, posts: pd.DataFrame, media: pd.DataFrame) -> pd.DataFrame:
        """List who posted media: participant, observer or unknown, as an officer noted last.

        An officer notes it with ``workbench annotate --kind poster``. See ``workspace.noted``.
        """
        return noted.posters(posts, media, self._noted())

    def associations(self, people: Sequence[str]) -> pd.DataFrame:
        """List these accounts with the basis, relevance, reviewer and day of review that an officer noted last.

        An officer notes it with ``workbench annotate --kind association``. See ``workspace.noted``.
        """
        accounts = self.accounts(["entity_id", "handle", "exhibit"])
        return noted.associations(accounts, people, self._noted(), self.now().astimezone(self.zone).date())

    def _noted(self) -> list[Annotation]:
        lines = [line for line in log.rare(self.folder) if line.seq <= self.position]
        return written.read(self.folder, lines)

    def nil_results(self) -> pd.DataFrame:
        """Captures that brought nothing, or not all.

        Columns: capture, source, target, ended, verdict, reason, requests, items.
        """
        columns = ["capture", "source", "target", "ended", "verdict", "reason", "requests", "items"]
        found = self.captures(columns)
        return found[found["verdict"] != "complete"].reset_index(drop=True)

    def open_questions(self) -> pd.DataFrame:
        """What this case's own record leaves open. Columns: question, where, todo.

        Unratified authority, targets never tried, captures that failed or ended early, what parsers did not
        read, tables not built. It knows nothing of the world outside the record.
        """
        return questions.found(self.access, self.position, self.captures(), self.issues())

    # --- evidence -------------------------------------------------------------------------------

    def exhibit(self, citation: str, *, hidden: bool = False) -> View:
        """Show an exhibit: its bytes, its hash (checked), its custody history.

        Raises UsageError for a citation of another case or one that does not exist, IntegrityError where the
        bytes are not what was logged, AuthorityError for one that is marked as contraband, or as hidden unless
        ``hidden`` asks for it.
        """
        wanted = self._own(citation)
        view = look(self.folder, wanted, hidden=hidden)
        self.entered("viewed", {"exhibit": wanted.number})
        return view

    def thumbnail(self, citation: str, *, edge: int = EDGE, at: float = 0.0, hidden: bool = False) -> bytes:
        """Give the picture that an exhibit holds, made small: at most ``edge`` pixels a side, JPEG or PNG.

        Written anew without any metadata, and turned as it is shown; of a video, the key frame at or before
        ``at`` seconds. Raises as ``exhibit`` does, and InputError where the exhibit holds no picture that can
        be read. Entered in the audit chain as a look at the exhibit.
        """
        wanted = self._own(citation)
        asked = Thumbnail(edge=edge, at=at, hidden=hidden)
        made = self._thumbnails.make(
            self.folder, wanted, lambda: self.media_files(["exhibit", "sha256"]), asked
        )
        self.entered("viewed", {"exhibit": wanted.number, "thumbnail": edge})
        return made

    def contact_sheet(
        self, frame: pd.DataFrame, title: str = "Pictures", *, show_hidden: bool = False, limit: int = 60
    ) -> Words:
        """Lay pictures on a sheet: small, each with its citation, time and account. See ``workspace.pictures``.

        ``frame``: what ``analysis.posted_media`` gives, or any result with the column file. What is marked hidden or
        sensitive is shown only with ``show_hidden``; the asking, and each picture shown, is in the audit chain.
        """
        if show_hidden:
            self.entered("asked-hidden", {"position": self.position, "pictures": min(len(frame), limit)})

        def small(citation: str, at: float, hidden: bool) -> bytes:  # noqa: FBT001 - as pictures.Small has it
            return self.thumbnail(citation, edge=_SHEET_EDGE, at=at, hidden=hidden)

        return pictures.sheet(frame, small, title=title, zone=self.zone, show_hidden=show_hidden, limit=limit)

    @cached_property
    def _thumbnails(self) -> Thumbnails:
        return Thumbnails()

    def street(self, places: pd.DataFrame) -> Street:
        """Get the streets under these places, for ``show.map(places, street=…)``: asked for by the parent process.

        Only where the chief named a tile server: its owner learns which area is looked at, and when. Where there is
        none, or it does not answer, the map says so and is drawn without. Entered in the audit chain, without the
        area. ``places``: what ``analysis.places`` gives.
        """
        return streets.of_places(self, places)

    def _own(self, citation: str) -> Citation:
        wanted = Citation.parse(citation)
        if wanted.case != self.number:
            raise UsageError("this exhibit is another case's", expected=self.number, found=citation[:60])
        return wanted

    def collect(self, source: str = "", target: str = "", **options: str) -> pd.DataFrame:
        """Capture the approved targets (or one), through the process that started this notebook.

        Options: since, until, limit. Prints progress; afterwards the tables reach to the new captures. Gives
        their rows of ``captures``: blocked, gone, empty and failed are results too. Raises AuthorityError where
        the gate refuses, and whatever else ``workbench collect`` ends with.
        """
        before = set(self.captures(["capture"])["capture"])
        words = [word for word in (self.number, source, target) if word]
        answer = asking.ask("collect", words, options, report=print)
        if answer.code not in {0, SourceError.exit_code}:
            raise asking.error_of(answer, "collect")
        self.refresh()
        after = self.captures()
        new = after[~after["capture"].isin(before)].reset_index(drop=True)
        if answer.code and new.empty:
            raise asking.error_of(answer, "collect")
        return new

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

    # --- for the page ---------------------------------------------------------------------------

    def people(self, handles: str) -> tuple[str, ...]:
        """Read handles as a notebook's parameter has them, separated by commas; empty: the approved targets.

        Gives the stable identifiers and handles of the captured accounts that bear one; a name that none
        bears stays as it is.
        """
        named = [part.strip() for part in handles.split(",") if part.strip()]
        authority = self.access.standing.authority
        if not named and authority is not None:
            named = [target.target for target in authority.scope.targets]
        accounts = self.accounts(["entity_id", "handle", "uri", "url", "server"])
        return resolved(named, accounts, self.posts(columns=["author", "author_handle", "server"]))

    def meant(self, people: Sequence[str]) -> pd.DataFrame:
        """List what names mean. Column name: identifiers and handles of captured accounts, else the name itself."""
        return pd.DataFrame({"name": pd.Series(list(people), dtype="str")})

    def by(self, posts: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
        """Keep the posts of these accounts (handles or entity_ids)."""
        return chosen(posts, people)

    def by_account(self, accounts: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
        """Keep the rows of the table accounts that are of these people."""
        return chosen(accounts, people, columns=("handle", "entity_id"))

    def involving(self, interactions: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
        """Keep the interactions in which one of these accounts acts or is acted towards."""
        return involving(interactions, people)

    def between(self, interactions: pd.DataFrame, people: Sequence[str]) -> pd.DataFrame:
        """Keep the interactions in which one of these accounts acts towards one of these."""
        return between(interactions, people)

    @overload
    def minimised(
        self, found: pd.DataFrame, people: Sequence[str] = (), *, shown: bool = False
    ) -> pd.DataFrame: ...
    @overload
    def minimised(
        self, found: nx.Graph[Any], people: Sequence[str] = (), *, shown: bool = False
    ) -> nx.Graph[Any]: ...
    def minimised(
        self, found: pd.DataFrame | nx.Graph[Any], people: Sequence[str] = (), *, shown: bool = False
    ) -> pd.DataFrame | nx.Graph[Any]:
        """Show accounts other than the approved targets, the subjects and these people under neutral names.

        Takes a result, a table or a network, as ``analysis.minimised`` does; an account has the same neutral
        name in all of them, as long as the case stands at this position. ``shown`` asks for the accounts
        themselves, and the asking is entered in the audit chain.
        """
        if shown:
            self.entered("unminimised", {"position": self.position})
            return found
        known = (*self.people(""), *self.subjects, *people)
        return minimised(found, known=known, names=self._neutral(known))

    def _neutral(self, known: tuple[str, ...]) -> Neutral:
        key = (self.position, known)
        if key not in self._neutrals:
            accounts = self.accounts(["entity_id", "handle"]).rename(columns={"entity_id": "node"})
            posts = self.posts(columns=["author", "author_handle"])
            acts = self.interactions(columns=["actor", "actor_handle", "target", "target_handle"])
            self._neutrals[key] = neutral_names(accounts, posts, acts, known=known)
        return self._neutrals[key]

    @cached_property
    def _neutrals(self) -> dict[tuple[int, tuple[str, ...]], Neutral]:
        return {}

    def latest(self, observed: pd.DataFrame) -> pd.DataFrame:
        """Keep the newest observation of each thing; needs the columns entity_id and captured_at."""
        return read.latest(observed).reset_index(drop=True)

    def when(self, moment: datetime) -> str:
        """Write a moment in local time and in UTC."""
        local, utc = moment.astimezone(self.zone), moment.astimezone(UTC)
        return f"{local:%Y-%m-%d %H:%M %Z} ({utc:%Y-%m-%d %H:%M} UTC)"

    def show(self, frame: pd.DataFrame, title: str = "", limit: int = ROWS) -> Shown:
        """Show a table or result: what it was made from, local time beside UTC, captured words escaped."""
        return Shown(frame=frame, zone=self.zone, title=title, limit=limit)

    def _within(
        self, table: str, since: Day, until: Day, columns: Iterable[str] | None, where: Where | None
    ) -> pd.DataFrame:
        first, last = self.moment(since), self.moment(until, end=True)
        if first is None and last is None:
            return self.table(table, columns, where)
        found = self.table(table, columns, _both(where, first, last))
        found.attrs["undated"] = len(self.table(table, ["exhibit"], _undated(where)))
        return found


def _both(where: Where | None, first: datetime | None, last: datetime | None) -> Where:
    if where is None or isinstance(where, Mapping):
        return {**(where or {}), "published": (first, last)}
    return where & _bounds(first, last)


def _bounds(first: datetime | None, last: datetime | None) -> Any:  # noqa: ANN401 - pyarrow has no types
    field = pc.field("published")
    low = field.is_valid() if first is None else field >= pd.Timestamp(first)
    return low if last is None else low & (field <= pd.Timestamp(last))


def _undated(where: Where | None) -> Where:
    if where is None or isinstance(where, Mapping):
        return {**(where or {}), "published": None}
    return where & pc.field("published").is_null()


def _read_day(text: str) -> date | datetime | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("this is not a day", expected="2026-01-31", found=text[:40]) from error


def _department(folder: Path, clock: Clock) -> Department:
    """Open the register: the one named by the runner, else the one beside the case. The case must be its own."""
    return Department(Path(os.environ.get("WORKBENCH_DEPARTMENT") or folder.parent / FOLDER), clock)


def _folder(case: str, casefiles: str | Path | None) -> Path:
    if not case:
        raise UsageError(
            "which case?", todo="open_case('2026-0417'), or start the notebook with 'workbench run' or 'lab'"
        )
    home = Path(casefiles or os.environ.get("WORKBENCH_CASEFILES", "") or "casefiles")
    folder = (home / case if CASE_NUMBER.fullmatch(case) else Path(case)).resolve()
    if not (folder / "log").is_dir():
        raise UsageError(
            "there is no such case",
            where=str(folder),
            expected="a case number, or the path of a case folder",
            todo="name the folder of the cases with WORKBENCH_CASEFILES",
        )
    return folder
