"""Bystanders minimised: accounts outside the named ones are shown under a neutral name that stays the same.

This is done last, to what is shown or leaves: nothing is computed from neutral names. Citations stay, so an
authorised reader finds each handle again in the exhibit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, overload

import networkx as nx
import pandas as pd

from workbench.analysis.parameters import refused, texts
from workbench.handles import folded
from workbench.records import Record

NEUTRAL: Final = "account"
SEVERAL: Final = "an account"
ACCOUNTS: Final = (
    ("a", "a_handle"),
    ("account", "account_handle"),
    ("actor", "actor_handle"),
    ("author", "author_handle"),
    ("b", "b_handle"),
    ("candidate_id", "candidate"),
    ("node", "handle"),
    ("peer", "peer_handle"),
    ("target", "target_handle"),
    ("who", "who_handle"),
    ("whom", "whom_handle"),
)
"""Columns that name an account: by identifier, and by handle."""

VERBATIM: Final = frozenset(
    {"content", "content_raw", "exhibit", "exhibits", "method", "parameters", "summary", "words"}
)
"""Columns left as they are: captured words, which are evidence, and how a row came about."""

CODES: Final = frozenset(
    {"application", "case", "kind", "language", "media_type", "parser", "parser_version", "platform"}
    | {"published_basis", "state", "visibility"}
)
"""Columns of few fixed values, which name nobody: an account may well be called ``mastodon`` or ``reply``."""

_PARTS: Final = re.compile(r"[/:?#&=]+")


class Neutral(Record, frozen=True, kw_only=True):
    """Neutral names of bystanders.

    ``known``: folded names of those who are shown. ``names``: from every folded identifier and handle of a bystander to
    ``account 17``; a handle that several of them bear is ``an account``. ``locals``: from a handle's part
    before the server to its servers and neutral names, for addresses. ``count``: how many bystanders there are.
    """

    known: frozenset[str]
    names: Mapping[str, str]
    locals: Mapping[str, Mapping[str, str]]
    count: int

    def of(self, text: str) -> str:
        """Give what stands for a text that may name a bystander, or be an address that does."""
        name = folded(text)
        # An account of which only the handle is known is called platform:@handle; an act's address ends in such a name.
        platform, _, handle = name.rpartition(":@")
        bare = name if "/" in platform else handle
        if name in self.known or bare in self.known:
            return text
        if name in self.names or bare in self.names:
            return self.names.get(name) or self.names[bare]
        # What has a space in it is words, not an address.
        address = ("/" in name or ":" in name) and len(name.split()) == 1
        whose = self._addressed(name) if address else ""
        return f"address of {whose}" if whose else text

    def _addressed(self, address: str) -> str:
        """Find the bystander whose name is a part of an address, empty for none."""
        parts = [part.removeprefix("@") for part in _PARTS.split(address)]
        # An act's address may hold an account's own, whole: of whom it is, and towards whom.
        held = [piece for each in address.split("#") for piece in (each, each.partition(":")[2])]
        whole = next((self.names[part] for part in (*held, *parts) if part in self.names), "")
        if whole:
            return whole
        for bearers in (self.locals[part] for part in parts if part in self.locals):
            here = [name for server, name in bearers.items() if server in parts]
            # A name that a known account bears too stands for the bystander on the bystander's server alone.
            mine = here or ([] if "" in bearers else list(bearers.values()))
            if mine:
                return mine[0] if len(set(mine)) == 1 else SEVERAL
        return ""


def neutral_names(*results: pd.DataFrame | nx.Graph[Any], known: Sequence[str]) -> Neutral:
    """Number the accounts outside the known ones, so that several results can share their names.

    In: tables, results or graphs that name accounts (``ACCOUNTS``); ``known``: identifiers and handles; a handle
    without a server means every account of that name. Out: ``Neutral``. Numbers follow the order of identifiers, so
    that the same tables give the same names in any order of rows. Raises UsageError for one name
    instead of a list, and for what is no table or network.
    """
    return _numbered(_bearers(pair for result in results for pair in _pairs(result)), known_names(known), 0)


def _numbered(bearers: Mapping[str, set[str]], named: set[str], count: int) -> Neutral:
    """Name the bystanders among these accounts; ``count`` have a name already."""
    shown = {
        key for key, handles in bearers.items() if any(is_known(part, named) for part in (key, *handles))
    }
    hidden = [key for key in sorted(bearers) if key not in shown]
    seen = named | {part for key in shown for part in (key, *bearers[key])}
    numbers = {key: f"{NEUTRAL} {number}" for number, key in enumerate(hidden, start=count + 1)}
    names: dict[str, str] = {}
    for key in hidden:
        for part in {key, *bearers[key]} - seen:
            names[part] = numbers[key] if names.get(part, numbers[key]) == numbers[key] else SEVERAL
    return Neutral(
        known=frozenset(seen),
        names=names | numbers,
        locals=_locals(names, {part.partition("@")[0] for part in seen}),
        count=count + len(hidden),
    )


def _bearers(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Give each account's handles; one of which only the handle is known is called by it."""
    held = set(pairs)
    found: dict[str, set[str]] = {}
    for key, handle in held:
        if key:
            found.setdefault(key, set()).update({handle} - {""})
    of_some = {handle for handles in found.values() for handle in handles}
    for key, handle in held:
        if not key and handle and handle not in of_some:
            found.setdefault(handle, set())
    return found


def _locals(names: Mapping[str, str], taken: set[str]) -> dict[str, dict[str, str]]:
    """Give for each handle's part before the server its bearers by server; "" marks one a known account has too."""
    found: dict[str, dict[str, str]] = {}
    for part, name in sorted(names.items()):
        local, _, server = part.partition("@")
        if local and "/" not in local and ":" not in local:
            found.setdefault(local, {})[server or local] = name
    for local in taken & set(found):
        found[local][""] = ""
    return found


@overload
def minimised(
    found: pd.DataFrame, *, known: Sequence[str], names: Neutral | None = None, shown: bool = False
) -> pd.DataFrame: ...
@overload
def minimised(
    found: nx.Graph[Any], *, known: Sequence[str], names: Neutral | None = None, shown: bool = False
) -> nx.Graph[Any]: ...
def minimised(
    found: pd.DataFrame | nx.Graph[Any],
    *,
    known: Sequence[str],
    names: Neutral | None = None,
    shown: bool = False,
) -> pd.DataFrame | nx.Graph[Any]:
    """Show accounts outside the known ones under neutral names.

    In: a result, a table or a graph; ``known``: identifiers and handles of those the case names. Out: the same, where
    every other account is ``account 17``, in columns that name accounts, in any other column or list that holds the
    same name, and in addresses that contain it; ``server`` beside such a node is emptied. The count is in
    ``attrs["counts"]["minimised"]`` (a graph's ``graph["counts"]``), and ``said`` tells it. ``names``, from
    ``neutral_names`` over several results, keeps names the same between them; without it they are those of this result.
    ``shown`` asks for everything: it comes back unchanged. Raises UsageError for one name
    instead of a list, and for what is no table or network.

    Limits: captured words (``VERBATIM``) are left as they are, and may name anyone; pictures too. ``CODES`` stay.
    An address that holds a word which is a bystander's name, as ``status`` may be, is taken for theirs. Exhibits are
    cited as before: whoever may open them finds the handle. It shields a bystander on the page, it is no
    anonymisation: a rare time or place may still tell who it is.
    """
    if not isinstance(found, pd.DataFrame | nx.Graph):
        raise refused("found", "a table or a network", found)
    if shown:
        return found
    neutral = neutral_names(found, known=known) if names is None else _covering(found, names)
    if isinstance(found, pd.DataFrame):
        return _frame(found, neutral)
    return _graph(found, neutral)


def _covering(found: pd.DataFrame | nx.Graph[Any], names: Neutral) -> Neutral:
    """Name also those who are in this result alone: nobody is shown because they were not counted before."""
    missing = {
        key: handles
        for key, handles in _bearers(_pairs(found)).items()
        if names.of(key) == key and not any(part in names.known for part in (key, *handles))
    }
    if not missing:
        return names
    more = _numbered(missing, set(names.known), names.count)
    both = {key: {**more.locals.get(key, {}), **held} for key, held in names.locals.items()}
    return Neutral(
        known=names.known | more.known,
        names={**more.names, **names.names},
        locals={**more.locals, **both},
        count=more.count,
    )


def known_names(known: Sequence[str]) -> set[str]:
    """Fold the names of those who are known."""
    return {folded(name) for name in texts(known, "known") if name.strip()}


def is_known(part: str, shown: Collection[str]) -> bool:
    """Say whether a name is a known one; a known handle without server is one on any."""
    local, _, server = part.partition("@")
    return part in shown or (bool(server) and "/" not in local and local in shown)


def _pairs(result: pd.DataFrame | nx.Graph[Any]) -> Iterator[tuple[str, str]]:
    """Give each account's folded identifier and handle, either empty where not there."""
    if isinstance(result, pd.DataFrame):
        for columns in ACCOUNTS:
            there = [name for name in columns if holds_names(result, name)]
            for row in result[there].drop_duplicates().itertuples(index=False, name=None):
                texts = dict(zip(there, row, strict=True))
                yield _text(texts.get(columns[0])), _text(texts.get(columns[1]))
    else:
        for node, about in result.nodes(data=True):
            yield _text(node), _text(about.get("handle"))


def holds_names(frame: pd.DataFrame, name: str) -> bool:
    """Say whether a column names accounts: ``a`` and ``b`` of near duplicates name files."""
    if name not in frame.columns or frame[name].dtype not in ("str", "object"):
        return False
    return name not in {"a", "b"} or f"{name}_handle" in frame.columns


def _text(value: object) -> str:
    return folded(value) if isinstance(value, str) else ""


def _frame(found: pd.DataFrame, neutral: Neutral) -> pd.DataFrame:
    columns = {
        name: found[name].tolist()
        for name in found.columns
        if name not in VERBATIM | CODES and found[name].dtype in ("str", "object")
    }
    of = cache(neutral.of)
    told = {name: [_shown(value, of) for value in values] for name, values in columns.items()}
    for key, handle in ACCOUNTS:
        # A handle goes with the account of its row: two accounts may bear the same.
        if key in told and handle in told and holds_names(found, key):
            told[handle] = [
                neutral.names.get(_text(one), new) if _text(other) else new
                for one, other, new in zip(columns[key], columns[handle], told[handle], strict=True)
            ]
    there = {_text(one) or _text(other) for one, other in _pairs(found)}
    # An account of which only the handle is known is called platform:@handle.
    both = {part for text in there for part in (text, text.rpartition(":@")[2])}
    hidden = {neutral.names[text] for text in both - neutral.known if text in neutral.names}
    made = {
        name: pd.Series(values, index=found.index, dtype=found[name].dtype) for name, values in told.items()
    }
    result = found.assign(**made)
    result.attrs = {
        **found.attrs,
        "counts": {**found.attrs.get("counts", {}), "minimised": len(hidden)},
    }
    return result


def _shown(value: object, of: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return of(value)
    if isinstance(value, tuple):
        return tuple(_shown(each, of) for each in value)
    return value


def _graph(found: nx.Graph[Any], neutral: Neutral) -> nx.Graph[Any]:
    """Rename nodes; what is known of a bystander's node is emptied but for the platform."""
    names = _apart({node: _node(node, about, neutral) for node, about in found.nodes(data=True)})
    told: nx.Graph[Any] = nx.relabel_nodes(found, names, copy=True)
    hidden = set(_changed(names))
    for node in hidden:
        told.nodes[node].update(handle=node, server="")
    told.graph = found.graph | {"counts": {**found.graph.get("counts", {}), "minimised": len(hidden)}}
    return told


def _node(node: object, about: Mapping[str, Any], neutral: Neutral) -> object:
    texts = [text for text in (_text(node), _text(about.get("handle"))) if text]
    if any(text in neutral.known for text in texts):
        return node
    return next((neutral.names[text] for text in texts if text in neutral.names), node)


def _apart(names: Mapping[object, object]) -> dict[object, object]:
    """Number the nodes of which no one account's name is known: they are not one."""
    several = sorted((node for node, name in names.items() if name == SEVERAL), key=str)
    if len(several) < 2:
        return dict(names)
    return {**names, **{node: f"{SEVERAL} ({number})" for number, node in enumerate(several, start=1)}}


def _changed(names: Mapping[object, object]) -> Iterable[object]:
    return (new for old, new in names.items() if new is not old)
