"""Whom a case's handles mean, and accounts outside its scope under neutral names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import pandas as pd

from workbench.analysis.minimising import Neutral, minimised, neutral_names
from workbench.analysis.naming import holding
from workbench.workspace.people import between, borne, chosen, involving, resolved
from workbench.workspace.tables import Tables

if TYPE_CHECKING:
    import networkx as nx


class Named(Tables):
    """Accounts of a case: chosen by handle or identifier, and minimised."""

    def people(self, handles: str) -> tuple[str, ...]:
        """Read handles as a notebook's parameter has them, separated by commas; empty: the approved targets.

        Gives the stable identifiers and handles of the captured accounts that bear one; a name that none
        bears stays as it is.
        """
        named = [part.strip() for part in handles.split(",") if part.strip()]
        authority = self.access.standing.authority
        if not named and authority is not None:
            named = [target.target for target in authority.scope.targets]
        asked = self.position, tuple(named)
        if asked not in self._resolved:
            accounts = self.accounts(["entity_id", "handle", "uri", "url", "server"])
            posts = self.posts(columns=["author", "author_handle", "server"])
            self._resolved[asked] = resolved(named, accounts, posts)
        return self._resolved[asked]

    @cached_property
    def _resolved(self) -> dict[tuple[int, tuple[str, ...]], tuple[str, ...]]:
        """Whom names mean: asked for again and again, and each time all posts would be read."""
        return {}

    def meant(self, people: Sequence[str]) -> pd.DataFrame:
        """List the captured accounts that names mean, and names that none bears. See ``workspace.people.borne``."""
        return borne(people, self.accounts(["entity_id", "handle", "exhibit"]))

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

    def holding(
        self, found: pd.DataFrame, people: Sequence[str] = (), *, part: str = "", shown: bool = False
    ) -> pd.DataFrame:
        """Keep the rows in which an approved target, a subject or one of these people stands; count the others.

        See ``analysis.holding``. ``shown`` asks for everything; ``minimised``, to which the result is given next,
        enters that in the audit chain.
        """
        return (
            found if shown else holding(found, named=(*self.people(""), *self.subjects, *people), part=part)
        )

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
