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
    from workbench.collectors import collectors
    from workbench.collectors.base import Collector
    from workbench.importers import importers
    from workbench.importers.base import Importer

    found: list[tuple[str, Collector | Importer]] = [("collector", one) for one in collectors().values()]
    found += [("importer", one) for one in importers().values()]
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
    if as_json:
        common.as_json(rows)
        return
    for row in rows:
        say(f"{row['kind']:9} {row['name']} {row['version']}: {row['title']}")
        for key in ("licence", "needs", "state"):
            say(f"{'':10}{key}: {row[key]}")
