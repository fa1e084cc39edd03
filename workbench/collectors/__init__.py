"""Live sources: fetch through the recorder's transport, parse from bytes; they open nothing themselves.

``COLLECTORS`` is what this package brings. Third parties join through the entry point group
``workbench.collectors``: each entry names an object that fulfils ``base.Collector``.
"""

from __future__ import annotations

from workbench import sources
from workbench.collectors.base import Collector
from workbench.collectors.mastodon import MastodonCollector
from workbench.collectors.telegram import TelegramCollector

GROUP = "workbench.collectors"

COLLECTORS: dict[str, Collector] = {one.name: one for one in (MastodonCollector(), TelegramCollector())}
"""Name -> collector, in the order in which ``workbench sources`` lists them."""


def collectors() -> dict[str, Collector]:
    """Give third parties' collectors, then ours."""
    return sources.joined(GROUP, Collector, COLLECTORS)  # type: ignore[type-abstract] # a protocol, checked at run time


def collector(name: str) -> Collector:
    """Give the collector of a source; raise UsageError when there is none."""
    return sources.chosen(name, collectors(), "collector")
