"""What officers write about a case's evidence: annotations as a table, sheets of them, and the forms to write more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from workbench.analysis.acts import acts
from workbench.custody import annotations as noting
from workbench.custody import log
from workbench.policy.annotations import Annotation
from workbench.workspace import acttables, annotated, asking, authorship, noted
from workbench.workspace.people import being
from workbench.workspace.shown import Several, Shown
from workbench.workspace.tables import Tables

if TYPE_CHECKING:
    from workbench.workspace.accounts_editor import AccountsEditor
    from workbench.workspace.authorship import Sheet
    from workbench.workspace.authorship_editor import AuthorshipEditor
    from workbench.workspace.editor import ActEditor


POSTERS: Final = "Posters: participant, observer or unknown"
ASSOCIATIONS: Final = "Accounts: basis of suspicion, relevance, reviewer, day of review"


class Written(Tables):
    """What was written up to ``position``; in the lab, with the forms to write more."""

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
            return acttables.tables(listing(entered=self.annotations()), self)
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

    def noted_accounts(self) -> tuple[str, ...]:
        """Give the accounts about which officers noted something, and who acted where they noted it of an act."""
        notes = self._noted()
        acts = [note.act for note in notes if note.act]
        said = [name for note in notes for name in (note.account, (note.said or {}).get("account", ""))]
        held = chain(said, *(self._acted(acts) if acts else ()))
        return tuple(dict.fromkeys(name for name in held if name))

    def _acted(self, acts: Sequence[str]) -> Iterator[list[str]]:
        """Give who is behind acts, by post or interaction: identifiers, then handles, of each table."""
        columns = ["author", "author_handle"], ["actor", "actor_handle"]
        posts = self.posts_by_id(acts, columns=columns[0])
        interactions = self.interactions(columns=columns[1], where=being("entity_id", acts))
        for frame in (posts, interactions):
            yield from (column.tolist() for _, column in frame.items())

    def posters(self, posts: pd.DataFrame, media: pd.DataFrame) -> pd.DataFrame:
        """List who posted media: participant, observer or unknown, as an officer noted last.

        See ``workspace.noted``. An officer notes it with ``edit_posters`` or ``workbench annotate --kind poster``.
        """
        return noted.posters(posts, media, self._noted())

    def associations(self, people: Sequence[str]) -> pd.DataFrame:
        """List these accounts with the basis, relevance, reviewer and day of review that an officer noted last.

        See ``workspace.noted``. An officer notes it with ``edit_associations`` or ``annotate --kind association``.
        """
        accounts = self.accounts(["entity_id", "handle", "exhibit"])
        return noted.associations(accounts, people, self._noted(), self.now().astimezone(self.zone).date())

    def edit_posters(self, posts: pd.DataFrame, media: pd.DataFrame) -> Shown | AccountsEditor:
        """Show who posted media and in which role; in the lab, with the form to note one."""
        return self._accounts("poster", POSTERS, partial(self.posters, posts, media))

    def edit_associations(self, people: Sequence[str]) -> Shown | AccountsEditor:
        """Show on what basis associations with these accounts are kept; in the lab, with the form to note one."""
        return self._accounts("association", ASSOCIATIONS, partial(self.associations, people))

    def _accounts(self, kind: str, title: str, listing: Callable[[], pd.DataFrame]) -> Shown | AccountsEditor:
        if not asking.in_lab():
            return noted.shown(listing(), self, title)
        from workbench.workspace.accounts_editor import AccountsEditor  # noqa: PLC0415 - a run needs no widgets

        return AccountsEditor(self, kind, title, listing)

    def _noted(self) -> list[Annotation]:
        lines = [line for line in log.rare(self.folder) if line.seq <= self.position]
        return noting.read(self.folder, lines)
