"""The streets under a case's places: fetched by the parent process, read from its cache, drawn anew in the child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench import mercator, show
from workbench.capture import tilecache
from workbench.capture.tilecache import Cache
from workbench.errors import UsageError, WorkbenchError
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
        _ask(case, area)
        pieces = _pieces(server, tiles, Cache(case.access.department.folder.parent / tilecache.FOLDER))
    except WorkbenchError as error:
        return Street(note=f"{_NONE}{error.what}; this says nothing of the places")
    return Street(
        pieces=pieces, note=f"Streets: {server.attribution}, from {server.host}, zoom {tiles[0].zoom}"
    )


def _ask(case: Opened, area: mercator.Area) -> None:
    """Have the parent fetch what is not here yet; raise WorkbenchError in the command's own words."""
    # Over standard input: everybody on the machine sees what stands on a command line.
    answer = asking.ask("street", (case.number,), report=lambda _: None, document=area.text)
    if answer.code:
        said = [line.removeprefix(_SAID) for line in answer.lines if line.startswith(_SAID)]
        raise WorkbenchError(said[0] if said else f"'workbench street' ended with {answer.code}")


def _pieces(server: TileServer, tiles: Sequence[Tile], cache: Cache) -> tuple[Piece, ...]:
    worker = Worker()
    try:
        return tuple(_piece(server, tile, cache, worker) for tile in tiles)
    finally:
        worker.close()


def _piece(server: TileServer, tile: Tile, cache: Cache, worker: Worker) -> Piece:
    """Give a tile as a picture written anew: what the server sent is not what a browser is given."""
    kept = cache.find(server.url(tile))
    if kept is None:
        raise UsageError("a tile that was fetched is gone from the cache")
    made = worker.ask(Job(media_type=kept.media_type, data=kept.data, edge=max(tilecache.EDGES))).picture
    found = tilecache.media_type(made)
    if not found:
        raise UsageError("the tile server gave a picture that cannot be read")
    return Piece(tile=tile, media_type=found, data=made)
