"""A case's tables, as they stood at a place in its custody log: each row cites its bytes, none is read unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any, Final

import pandas as pd
import pyarrow.compute as pc

from workbench.analysis import abouts
from workbench.analysis.changing import ENDS
from workbench.custody import log
from workbench.errors import UsageError
from workbench.policy.annotations import CONTRABAND
from workbench.tables import logged, read
from workbench.tables.conditions import Where
from workbench.withholding import Withheld, withheld
from workbench.workspace import unsaid
from workbench.workspace.opened import Day, Opened
from workbench.workspace.people import INTERACTIONS, LOOKED, OBSERVED, POSTS, being, touching, written_by

_NAMES: Final = 10
"""The most given names that one row names."""


class Tables(Opened):
    """The tables of a case that is read; docs/tables.md lists them and their columns."""

    def table(
        self, name: str, columns: Iterable[str] | None = None, where: Where | None = None
    ) -> pd.DataFrame:
        """Read a table as it stood at ``position``; docs/tables.md lists tables and columns.

        Rows of contraband are there, their captured words are not (``workspace.unsaid``).
        """
        contraband = self.kept.marked(CONTRABAND)
        if not contraband:
            return read.frame(self.folder, name, columns, where, self.position)
        wanted = None if columns is None else list(columns)
        found = read.frame(self.folder, name, unsaid.columns(name, wanted), where, self.position)
        return unsaid.without(found, name, contraband, wanted)

    @property
    def kept(self) -> Withheld:
        """What the case withholds now: somebody may have marked something since it was opened."""
        newest = log.reached(self.folder).seq
        if newest not in self._kept:
            self._kept.clear()
            self._kept[newest] = withheld(self.folder)
        return self._kept[newest]

    @cached_property
    def _kept(self) -> dict[int, Withheld]:
        return {}

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

    def observations(
        self, people: Sequence[str] | None = None, since: Day = None, until: Day = None
    ) -> pd.DataFrame:
        """Every look at the posts of these accounts and this period, for ``analysis.changes``; as ``posts_of``.

        Notices that one of these posts is gone are among them, though they have no time, and some no account.
        """
        notices = self.table("posts", OBSERVED, {"published": None, "state": list(ENDS)})
        whole = len(notices) or len(self.captures(["capture"]))
        found = self.posts_of(people, since, until, OBSERVED if whole else LOOKED)
        more = _notices_of(found, notices)
        if more.empty:
            return found
        both = pd.concat([found, more], ignore_index=True)
        both.attrs = dict(found.attrs)
        return both

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

    def given(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Give the same with the names under which the files were given (``given_names``, at most 10 of them).

        They stand after the import's name, which ``columns`` has to hold.
        """
        found = self.imports(columns, where)
        names = [_few(logged.given_names(self.folder, each)) for each in found["import"]]
        place = list(found.columns).index("import") + 1
        found.insert(place, "given_names", pd.Series(names, index=found.index, dtype=object))
        return found

    def exhibits(self, columns: Iterable[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Everything that can be cited: file, offset, length, SHA-256."""
        return self.table("exhibits", columns, where)

    def latest(self, observed: pd.DataFrame) -> pd.DataFrame:
        """Keep the newest observation of each thing; needs the columns entity_id and captured_at.

        Of several of one moment, as the members of a given archive are, the one that tells most.
        """
        told = ((observed != "") & observed.notna()).sum(axis="columns")
        order = told.to_numpy().argsort(kind="stable")
        return read.latest(observed.iloc[order]).sort_index().reset_index(drop=True)

    def _within(
        self, table: str, since: Day, until: Day, columns: Iterable[str] | None, where: Where | None
    ) -> pd.DataFrame:
        first, last = self.moment(since), self.moment(until, end=True)
        # A moment that was computed may lie after the last day; who types two days the wrong way round errs.
        typed = not isinstance(since, datetime) and not isinstance(until, datetime)
        if typed and first is not None and last is not None and first > last:
            raise _reversed(since, until)
        if first is None and last is None:
            return self.table(table, columns, where)
        found = self.table(table, columns, _both(where, first, last))
        found.attrs["undated"] = len(self.table(table, ["exhibit"], _undated(where)))
        return found


def _notices_of(found: pd.DataFrame, notices: pd.DataFrame) -> pd.DataFrame:
    """Keep the notices that are of one of these posts and not among them already."""
    if notices.empty:
        return notices
    new = notices[~notices["exhibit"].isin(found["exhibit"])]
    # Of a million posts few bear a notice's name: the others are not looked at.
    alike = found["native_id"].isin(new["native_id"]) | found["entity_id"].isin(new["entity_id"])
    near = found[alike]
    whose = abouts.observed(pd.concat([near, new], ignore_index=True)).iloc[len(near) :]
    return new[whose.isin(set(near["entity_id"])).to_numpy(dtype=bool)]


def _reversed(since: Day, until: Day) -> UsageError:
    return UsageError(
        "the last day to look at is before the first",
        where="since, until",
        expected=f"until on {since} or later",
        found=str(until),
        todo="change one of the two",
    )


def _few(names: Sequence[str]) -> tuple[str, ...]:
    more = len(names) - _NAMES
    return (*names[:_NAMES], *([f"and {more} more"] if more > 0 else []))


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
