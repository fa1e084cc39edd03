"""The streets under a case's places: fetched by the parent process, read from its cache, drawn anew in the child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from workbench import mercator, show, times
from workbench.capture import tilecache
from workbench.capture.tilecache import Cache
from workbench.errors import SourceError, WorkbenchError
from workbench.media.facts import Job
from workbench.media.looking import Worker
from workbench.show.streets import Piece, Street
from workbench.workspace import asking

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.mercator import Tile
    from workbench.policy.services import TileServer
    from workbench.workspace.opened import Opened

_NONE: Final = "No street level: "
_SAID: Final = "workbench: "
_UNREADABLE: Final = "the tile server gave pictures that cannot be read"


def of_places(case: Opened, places: pd.DataFrame) -> Street:
    """Give the tiles under these places, or a note that says why there are none; never fails for lack of tiles.

    Raises UsageError for a table without places.
    """
    server = case.access.department.settings.tiles
    area = show.street_area(places)
    if server is None:
        return Street(note=f"{_NONE}no tile server is configured")
    if area is None:
        return Street(note=f"{_NONE}no place to show it of")
    try:
        tiles = mercator.covering(area, server.highest)
        why = _ask(case, area)
        street = _drawn(server, tiles, case)
    except WorkbenchError as error:
        return Street(note=f"{_NONE}{error.what}; this says nothing of the places")
    if not street.pieces:
        return Street(note=f"{_NONE}{why or _UNREADABLE}; this says nothing of the places")
    whose = f"Streets: {server.attribution}, from {server.host}, zoom {tiles[0].zoom}"
    gap = f". Crossed out are gaps, not empty land: {why or _UNREADABLE}" * bool(street.gaps)
    return msgspec.structs.replace(street, note=whose + gap)


def _ask(case: Opened, area: mercator.Area) -> str:
    """Have the parent fetch what is not here yet; say why tiles lack where some do.

    Raises WorkbenchError in the command's own words where it failed otherwise.
    """
    # Over standard input: everybody on the machine sees what stands on a command line.
    answer = asking.ask("street", (case.number,), report=lambda _: None, document=area.text)
    told = [line.removeprefix(_SAID) for line in answer.lines if line.startswith(_SAID)]
    said = told[0] if told else f"'workbench street' ended with {answer.code}"
    if answer.code not in {0, SourceError.exit_code}:
        raise WorkbenchError(said)
    return said if answer.code else ""


def _drawn(server: TileServer, tiles: Sequence[Tile], case: Opened) -> Street:
    """Give the tiles that are here as pictures written anew, and the others as gaps."""
    cache = Cache(case.access.department.folder.parent / tilecache.FOLDER, times.now())
    worker = Worker()
    try:
        found = {tile: _piece(server, tile, cache, worker) for tile in tiles}
    finally:
        worker.close()
    return Street(
        note="",
        pieces=tuple(piece for piece in found.values() if piece is not None),
        gaps=tuple(tile for tile, piece in found.items() if piece is None),
    )


def _piece(server: TileServer, tile: Tile, cache: Cache, worker: Worker) -> Piece | None:
    """Give a tile as a picture written anew: what the server sent is not what a browser is given."""
    kept = cache.find(server.url(tile))
    if kept is None:
        return None
    made = worker.ask(Job(media_type=kept.media_type, data=kept.data, edge=max(tilecache.EDGES))).picture
    found = tilecache.media_type(made)
    return Piece(tile=tile, media_type=found, data=made) if found else None
