"""What collectors and importers have in common: how they describe themselves, and how third parties join.

A third party's package names an object under an entry point group; ours cannot be replaced by theirs, and a
package that cannot be loaded is told apart from one that is not there, without stopping the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

from workbench.errors import UsageError
from workbench.records import Record


class Described(Protocol):
    """A source of evidence. ``state`` says truthfully what works today, ``needs`` what it takes."""

    @property
    def name(self) -> str:
        """Its short name, as in a scope's targets, in a WARC's file name and in the column ``parser``."""

    @property
    def version(self) -> str:
        """Version of the parser: rows of another version may differ."""

    @property
    def licence(self) -> str:
        """Licences of what it drives or uses."""

    @property
    def title(self) -> str:
        """What it is or reads, in a few words."""

    @property
    def needs(self) -> str:
        """What it takes: nothing, a token, a library."""

    @property
    def state(self) -> str:
        """What is known to work, and what is not."""


class Broken(Record, frozen=True, kw_only=True):
    """An installed package that offers a source which cannot be used, and why."""

    entry: str
    why: str


_S = TypeVar("_S", bound=Described)


def joined(group: str, kind: type[_S], ours: Mapping[str, _S]) -> dict[str, _S]:
    """Give third parties' sources of a group, then ours; ``broken`` tells of those that cannot be used."""
    found = {one.name: one for one in _loaded(group, kind) if not isinstance(one, Broken)}
    return {**{name: one for name, one in found.items() if name not in ours}, **ours}


def broken(group: str, kind: type[_S]) -> list[Broken]:
    """List the sources of a group that are installed and cannot be used."""
    return [one for one in _loaded(group, kind) if isinstance(one, Broken)]


def chosen(name: str, known: Mapping[str, _S], what: str) -> _S:
    """Give a source by name; raise UsageError where there is none."""
    if name not in known:
        raise UsageError(
            f"no {what} has this name",
            found=name[:60],
            expected=", ".join(known),
            todo="see 'workbench sources', which also lists what is installed and broken",
        )
    return known[name]


def _loaded(group: str, kind: type[_S]) -> Iterator[_S | Broken]:
    for entry in entry_points(group=group):
        named = f"{entry.name} = {entry.value}"
        try:
            one = _load(entry)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's package does must not stop ours
            yield Broken(entry=named, why=f"{type(error).__name__}: {error}")
            continue
        if isinstance(one, kind):
            yield one
        else:
            yield Broken(entry=named, why=f"not an object as {kind.__module__}.{kind.__name__} describes")


def _load(entry: EntryPoint) -> object:
    loaded = entry.load()
    return loaded() if isinstance(loaded, type) else loaded
