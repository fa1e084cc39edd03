"""Live sources: fetch through the recorder's transport, parse from bytes; they open nothing themselves.

``COLLECTORS`` is what this package brings. Third parties join through the entry point group
``workbench.collectors``: each entry names an object that fulfils ``base.Collector``.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from workbench.collectors.base import Collector
from workbench.collectors.mastodon import MastodonCollector
from workbench.collectors.telegram import TelegramCollector
from workbench.errors import UsageError

GROUP = "workbench.collectors"

COLLECTORS: dict[str, Collector] = {one.name: one for one in (MastodonCollector(), TelegramCollector())}
"""Name -> collector, in the order in which ``workbench sources`` lists them."""


def collectors() -> dict[str, Collector]:
    """Give our collectors and those of installed third parties; ours cannot be replaced by theirs."""
    found = {}
    for entry in entry_points(group=GROUP):
        loaded = entry.load()
        joined = loaded() if isinstance(loaded, type) else loaded
        if not isinstance(joined, Collector):
            raise UsageError(
                "an installed package offers a collector that is none",
                where=f"entry point {entry.name} = {entry.value}",
                expected="an object as workbench.collectors.base.Collector describes",
                todo="remove that package, or tell its makers",
            )
        found[joined.name] = joined
    return found | COLLECTORS


def collector(name: str) -> Collector:
    """Give the collector of a source; raise UsageError when there is none."""
    known = collectors()
    if name not in known:
        raise UsageError(
            "no collector has this name", found=name, expected=", ".join(known), todo="see: workbench sources"
        )
    return known[name]
