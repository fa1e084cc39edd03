"""``workbench sources``: what can be collected and read, and what really works."""

from __future__ import annotations

import typer

from workbench.cli import common
from workbench.cli.common import Json, say

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="List collectors and importers with their true state."
)


@app.command()
def command(*, as_json: Json = False) -> None:
    """List collectors and importers: version, licence, needs and state."""
    from workbench import collectors as live
    from workbench import importers as given
    from workbench import sources
    from workbench.collectors.base import Collector
    from workbench.importers.base import Importer

    found: list[tuple[str, sources.Described]] = [("collector", one) for one in live.collectors().values()]
    found += [("importer", one) for one in given.importers().values()]
    rows = [
        {
            "kind": kind,
            "name": one.name,
            "title": one.title,
            "version": one.version,
            "licence": one.licence,
            "needs": one.needs,
            "state": one.state,
        }
        for kind, one in found
    ]
    broken = [*sources.broken(live.GROUP, Collector), *sources.broken(given.GROUP, Importer)]  # type: ignore[type-abstract]
    if as_json:
        common.as_json([*rows, *({"kind": "broken", "name": one.entry, "state": one.why} for one in broken)])
        return
    for row in rows:
        say(f"{row['kind']:9} {row['name']} {row['version']}: {row['title']}")
        for key in ("licence", "needs", "state"):
            say(f"{'':10}{key}: {row[key]}")
    for one in broken:
        say(f"broken    {common.visible(one.entry)}: {common.visible(one.why)}")
