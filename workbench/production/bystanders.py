"""Bystanders in what is exported, where the case's purpose minimises them: under neutral names, as in its notebook.

Captured words are left as they are, and the exhibits are cited: who may open them finds the names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import networkx as nx
import pandas as pd
import pyarrow as pa

from workbench.analysis.minimising import SEVERAL, is_known, minimised, neutral_names
from workbench.handles import folded
from workbench.production import rowsout
from workbench.production.rowsout import Covered
from workbench.tables import read
from workbench.tables.schema import LOGGED, SCHEMAS
from workbench.workspace.people import resolved

_ACCOUNTS: Final = ("entity_id", "handle", "uri", "url", "server")
_POSTS: Final = ("author", "author_handle", "server")
_ACTS: Final = ("actor", "actor_handle", "target", "target_handle")
_ALSO: Final = ("in_reply_to_author", "moved_to")
"""Columns that name an account by whatever the source had: a handle, or the platform's own number."""

_THINGS: Final = (
    *("about", "conversation", "entity_id", "in_reply_to", "media", "native_id", "object", "post"),
    *("quotes", "uri"),
)
"""Columns that name a thing by its address: what is equal must stay equal, and what is not, not."""

_OF: Final = "address of "
"""How ``minimised`` tells an address."""

_SENTENCES: Final = {"issues": ("where", "found"), "leads": ("value", "reason")}
"""Columns of our own words around what was found, which may be a name."""

_TOKEN: Final = re.compile(r"[\w@](?:[\w@./:#?=&%+~-]*[\w/])?")


class Bystanders:
    """The accounts of a case that nobody named, and their neutral names: the same in every table of one seal.

    ``targets`` are the approved targets, ``others`` whoever else is shown: subjects, and those
    whom the exporting officer names.
    """

    def __init__(self, folder: Path, covered: Covered, targets: Sequence[str], others: Sequence[str]) -> None:
        sealed = Covered(last=covered.last, lines=covered.lines, wanted=None, stay=frozenset())
        accounts = _distinct(folder, "accounts", sealed, _ACCOUNTS)
        posts = _distinct(folder, "posts", sealed, _POSTS)
        acts = _distinct(folder, "interactions", sealed, _ACTS)
        self._known = (*resolved((*targets, *others), accounts, posts), *others)
        nodes = accounts[["entity_id", "handle"]].rename(columns={"entity_id": "node"})
        self._names = neutral_names(nodes, posts, acts, known=self._known)
        self._addresses: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many accounts have a neutral name."""
        return self._names.count

    def rows(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give rows with neutral names; what describes a bystander's account is left out.

        What the custody log says of captures and imports names only what was approved or given, and stays.
        """
        if table in LOGGED:
            return batch
        found = read.to_frame(pa.Table.from_batches([batch]))
        keys = {"entity_id": "node"} if table == "accounts" else {}
        told = minimised(found.rename(columns=keys), known=self._known, names=self._names)
        told = told.rename(columns={new: old for old, new in keys.items()})
        if table == "accounts":
            mine = ["entity_id", "handle"]
            told = told[(told[mine] == found[mine]).all(axis="columns")]
        made = told.assign(**self._more(found.loc[told.index], told))
        for name in _SENTENCES.get(table, ()):
            made[name] = made[name].map(self._sentence).astype("str")
        rows = pa.Table.from_pandas(made, schema=SCHEMAS[table], preserve_index=False)
        return pa.RecordBatch.from_arrays(
            [each.combine_chunks() for each in rows.columns], schema=rows.schema
        )

    def _more(self, was: pd.DataFrame, told: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """Take away what names somebody by other means than an account's handle or identifier; number addresses."""
        ways: dict[str, Callable[[Any, Any], Any]] = {
            **dict.fromkeys(_ALSO, self._name),
            **dict.fromkeys(_THINGS, self._thing),
            "links": self._links,
        }
        made: dict[str, pd.Series[Any]] = {}
        for name in (each for each in ways if each in told.columns):
            texts = list(map(ways[name], was[name], told[name]))
            made[name] = pd.Series(texts, told.index, dtype=told[name].dtype)
        if "signature" in told.columns:
            made["signature"] = told["signature"].where(told["author"] == was["author"], "")
        return made

    def _name(self, was: str, told: str) -> str:
        """Take a name away that was not told as a known account's or a bystander's."""
        stands = was != told or not told or is_known(folded(told), self._names.known)
        return told if stands else SEVERAL

    def _thing(self, was: str, told: str) -> str:
        """Give an address its own neutral one; an account's identifier has its name, as everywhere."""
        if was == told or not told.startswith((_OF, SEVERAL)):
            return told
        whose = told.removeprefix(_OF)
        return self._addresses.setdefault(was, f"address {len(self._addresses) + 1}, of {whose}")

    def _links(self, was: tuple[str, ...], told: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self._thing, was, told))

    def _sentence(self, text: str) -> str:
        return _TOKEN.sub(lambda found: self._names.of(found.group()), text)

    def network(self, graph: nx.MultiDiGraph[Any]) -> nx.MultiDiGraph[Any]:
        """Give a network whose nodes have neutral names."""
        return nx.MultiDiGraph(minimised(graph, known=self._known, names=self._names))


def _distinct(folder: Path, table: str, covered: Covered, columns: Sequence[str]) -> pd.DataFrame:
    """Give each different row of these columns once; never the whole table."""
    held: dict[tuple[str, ...], None] = {}
    for batch in rowsout.batches(folder, table, covered):
        held.update(dict.fromkeys(zip(*(batch[name].to_pylist() for name in columns), strict=True)))
    return pd.DataFrame(list(held), columns=list(columns), dtype="str")
