"""``workbench street``: fetch the map tiles that show streets under a case's places."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import common
from workbench.cli.common import HERE, Badge, Casefiles, CaseName, PassphraseFile, say
from workbench.counts import counted
from workbench.errors import SourceError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.capture.tiles import Gap

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Fetch the map tiles of an area, where the department has a tile server.",
)
_MOST_TEXT = 200


@app.command()
def command(
    case: CaseName,
    area: Annotated[str, typer.Option(help="WEST,SOUTH,EAST,NORTH in degrees, at most 200 km wide.")] = "",
    source: Annotated[str, typer.Option("--from", help="'-' reads the area from standard input.")] = "",
    casefiles: Casefiles = HERE,
    badge: Badge = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Fetch at most 16 tiles from the department's tile server; what is kept here is not asked for again in 30 days.

    Tiles that do not come are counted, with the exit code 5; the others are kept. The server's owner learns which
    area is looked at, and when. That tiles were asked for is entered in the case's audit chain, without the area.
    """
    from workbench import mercator
    from workbench.capture import tiles
    from workbench.capture.tilecache import FOLDER, Cache
    from workbench.casefile import audit
    from workbench.workspace.access import Access

    if bool(area) == bool(source) or source not in {"", "-"}:
        raise UsageError("which area?", todo="add --area WEST,SOUTH,EAST,NORTH, or --from -")
    asked = mercator.read(area or sys.stdin.read(_MOST_TEXT).strip())
    opened, session = common.open_case(case, casefiles, badge, passphrase_file)
    Access.of(opened.folder, opened.department).require(session.badge)
    server = opened.department.settings.tiles
    if server is None:
        raise UsageError(
            "no tile server is configured", todo="the chief names one with 'workbench department tiles'"
        )
    wanted = mercator.covering(asked, server.highest)
    cache = Cache(opened.department.folder.parent / FOLDER, opened.clock())
    cache.trim()
    lacking = tiles.missing(server, wanted, cache)
    # Entered first: nothing is asked for that nobody can read about later.
    if not audit(opened.folder, session.badge, "street-tiles", {"tiles": len(wanted), "asked": len(lacking)}):
        raise StorageError("the audit chain cannot be written, so nothing is asked", where=str(opened.folder))
    gate = tiles.gate_of(opened.department.settings, wanted)
    gaps = tiles.fetch(server, lacking, cache, gate=gate, clock=opened.clock)
    came = len(lacking) - len(gaps)
    say(f"{counted(len(wanted), 'tile')}, {came} of them from {server.host} now")
    if gaps:
        raise _lacking(gaps, len(wanted))


def _lacking(gaps: Sequence[Gap], wanted: int) -> SourceError:
    """Make the error of tiles that did not come, in the words of the first."""
    first = gaps[0].error
    return SourceError(
        f"{len(gaps)} of {counted(wanted, 'tile')} did not come: {first.what}",
        verdict=first.verdict if len(gaps) == wanted else "partial",
        reason=first.reason,
        where=first.where,
        todo=first.todo,
    )
